"""The gate: the case, if this person may see it."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _

from cases.actions import may_take
from cases.actions.archive import CaseDestroyed
from cases.actions.move import StepRefused
from cases.guards import Blocker
from cases.models import Case
from cases.permissions import OPEN_IN, Access, Relation, Section
from partners.http import PortalRequest
from returns_portal import looks


def case_for(
    request: PortalRequest,
    code: str,
    *,
    read: Section | None = None,
    write: Section | None = None,
    step: str | None = None,
    side: Relation | None = None,
    beside: dict[str, Any] | None = None,
) -> Case:
    """The case, if this person may see it (404), read or write the section, stand on the side that the page is for,
    and ever take the step (403).

    `write` on a POST also wants the section to be open in the case's state (409). Every look leaves a line in the
    trail, and so does every refusal. `beside` is read together with the case.
    """
    case = _visible(request, code, beside)
    if case is not None and request.method == "POST":
        # Whoever writes waits for whoever was first, and is asked anew for right and state. A stranger never waits:
        # that would tell of a case that is not there for them.
        Case.objects.select_for_update(of=("self",), no_key=True).only("pk").get(pk=case.pk)
        case = _visible(request, code, beside)
    if case is None:
        looks.record(user=request.user, case_id=None, section="", action="refused", path_name=_name(request))
        raise Http404
    access = case.take_access(request.user)
    section = write or read
    refused = (
        (read is not None and not access.may_read(read))
        or (write is not None and not access.may_write(write))
        or (step is not None and not may_take(case, step, request.user))
        or (side is not None and access.relation != side)
    )
    looks.record(
        user=request.user,
        case_id=case.pk,
        section=section or Section.STATUS,
        action="refused" if refused else "view",
        path_name=_name(request),
    )
    if refused:
        raise PermissionDenied
    if case.destroyed_at is not None:
        request.access = access
        raise CaseDestroyed(case)
    if write is not None and request.method == "POST":
        require_open(case, write)
    request.access = access
    return case


def _visible(request: PortalRequest, code: str, beside: dict[str, Any] | None) -> Case | None:
    return (
        Case.objects.visible_to(request.user)
        .with_rights_of(request.user)
        .annotate(**beside or {})
        .select_related(
            "key",
            "referring",
            "approving",
            "local_office",
            "ball_with",
            "caseworker",
            "decider",
            "coordinator__organisation",
            "local_responsible",
        )
        .filter(code=code)
        .first()
    )


def require_open(case: Case, section: Section) -> None:
    """Raise StepRefused where the section is not open for writing in the case's present state."""
    if case.state not in OPEN_IN[section]:
        sentence = _("This part is read only now: the case is at “%(state)s”.") % {"state": case.get_state_display()}
        raise StepRefused(case, "", [Blocker(sentence, case.get_absolute_url())])


def is_open(case: Case, section: Section, access: Access) -> bool:
    """Whether this person may write the section now: what decides if a page shows its form."""
    return access.may_write(section) and case.state in OPEN_IN[section]


def _name(request: PortalRequest) -> str:
    match = request.resolver_match
    return match.view_name if match else ""
