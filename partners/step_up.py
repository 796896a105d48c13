"""Proving anew that it is you, before what cannot be taken back: to export, reveal, grant, destroy."""

import time
from collections.abc import Iterator
from functools import wraps
from urllib.parse import quote

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from partners.http import P, PortalRequest, View
from partners.models import User
from partners.oidc import session

# A page opens on a proof of the last minutes; whoever then fills it in has a quarter of an hour.
TO_OPEN, TO_SEND = 5 * 60, 15 * 60
SAFE = ("GET", "HEAD")
# An identity provider's clock may run a little before ours.
AHEAD = 60
# Written by the single sign-on: when the authority's identity provider last saw the person, and where to ask it again.
SSO_AT, SSO_AGAIN = "sso_auth_at", "sso_again"


def fresh_factor(view: View[P]) -> View[P]:
    """Open this page only to somebody who proved in this session, a moment ago, that it is them.

    The proof is asked for before the form is shown. What is sent after the proof has grown old is kept nowhere: it may
    be somebody's life, and a session is no place for it.
    """

    @wraps(view)
    def stepped(request: PortalRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if is_fresh(request, window(request)):
            return view(request, *args, **kwargs)
        return ask_again(request)

    stepped.steps_up = True  # type: ignore[attr-defined]  # read by the test that walks every route
    return stepped


def window(request: HttpRequest) -> int:
    """How old a proof may be for this request, in seconds."""
    return TO_OPEN if request.method in SAFE else TO_SEND


def is_fresh(request: HttpRequest, within: float = TO_OPEN) -> bool:
    """Whether whoever sits here proved it in the last `within` seconds."""
    if not isinstance(request.user, User):
        return False
    now = time.time()
    return any(-AHEAD < now - moment < within for moment in proofs(request, request.user))


def proofs(request: HttpRequest, user: User) -> Iterator[float]:
    """When this session proved whose it is, in the ways that count for this account."""
    enrolled = set(Authenticator.objects.filter(user=user).values_list("pk", flat=True))
    password_will_do = not (settings.REQUIRE_MFA and (enrolled or session.is_second_factor_of(user)))
    for record in get_authentication_records(request, user):
        by_factor = record["method"] == "mfa" and record["id"] in enrolled
        if by_factor or (record["method"] == "password" and password_will_do):
            yield record["at"]
    if moment := request.session.get(SSO_AT):
        yield float(moment)


def ask_again(request: HttpRequest) -> HttpResponse:
    """To the page that asks for the proof and leads back; what was sent is refused with the way there."""
    if request.method in SAFE:
        return redirect(way_to_prove(request, request.get_full_path()))
    page = way_to_prove(request, _page_of_form(request))
    return render(request, "partners/prove_again.html", {"page": page}, status=403)


def way_to_prove(request: HttpRequest, back: str) -> str:
    """Where this account proves itself: by its factor, else its password, else at the authority that it came from.

    Whoever has none of these signs out and in: the sign-in page would send them straight back here.
    """
    methods = get_adapter().get_reauthentication_methods(request.user)
    page = methods[0]["url"] if methods else request.session.get(SSO_AGAIN) or reverse("account_logout")
    return f"{page}?next={quote(back)}"


def _page_of_form(request: HttpRequest) -> str:
    """Where the form was that sent this: a button may stand on another page than the one it is sent to."""
    sender = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(sender, {request.get_host()}, require_https=request.is_secure()):
        return sender
    return request.get_full_path()
