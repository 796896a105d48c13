"""What a request is in the portal, and the declaration every route makes: who may reach it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Literal, ParamSpec

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from partners.models import Organisation, User

Reach = Literal[
    "public",  # anyone, signed in or not
    "account",  # everyone with an account, administrators too: their own settings
    "signed-in",  # everyone who belongs to an organisation
    "managers",
    "oversight",  # managers, for their own organisation, and administrators
    "referring",
    "approving",
    "coordinating",
    "local",
    "case",  # decided by case_for, case by case
    "admin",
    "demo",  # anyone, and only in the demo
]
P = ParamSpec("P")


class PortalRequest(HttpRequest):
    """A request of somebody signed in."""

    user: User
    access: Any


View = Callable[Concatenate[PortalRequest, P], HttpResponseBase]


def reach(kind: Reach) -> Callable[[View[P]], View[P]]:
    """Declare who may reach this view, and hold everybody else off."""

    def declare(view: View[P]) -> View[P]:
        @wraps(view)
        def reached(request: PortalRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if kind == "demo" and not settings.DEMO:
                raise Http404
            if kind not in ("public", "demo"):
                if kind == "signed-in" and request.path == "/" and not request.user.organisation_id:
                    return redirect("admin:index")
                if not may_reach(request.user, kind):
                    raise PermissionDenied
            return view(request, *args, **kwargs)

        reached.reach = kind  # type: ignore[attr-defined]  # read by the test that walks every route
        return login_not_required(reached) if kind in ("public", "demo") else reached

    return declare


def may_reach(user: User, kind: Reach) -> bool:
    """Whether somebody signed in may open pages of this kind at all."""
    match kind:
        case "public" | "account" | "case" | "demo":
            return True
        case "signed-in":
            return user.organisation_id is not None
        case "managers":
            return user.is_manager
        case "oversight":
            return user.is_manager or user.is_staff
        case "referring":
            return user.organisation is not None and user.organisation.is_referring
        case "approving":
            return user.organisation_kind == Organisation.Kind.LANSSTYRELSEN
        case "coordinating":
            return user.organisation_kind == Organisation.Kind.IOM_HELSINKI
        case "local":
            return user.organisation_kind == Organisation.Kind.IOM_LOCAL
        case "admin":
            return user.is_staff
