"""Identity and safe contact on screen: closed by default, opened only by a POST that leaves a line."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cases import actions
from cases.forms.identity import IdentityForm
from cases.models import Case, Person, SafeContact
from cases.permissions import Section
from cases.states import State
from cases.views.lookup import case_for, is_open
from partners.http import PortalRequest, reach
from returns_portal import looks
from returns_portal.ui import day_in_words


@reach("case")
@require_http_methods(["GET"])
def identity(request: PortalRequest, code: str) -> HttpResponse:
    """What opening means, and the button that opens."""
    case = case_for(request, code, read=Section.IDENTITY)
    if not actions.may_open_identity(case, request.user):
        return identity_closed(request, case)
    context = {"case": case, "may_write": is_open(case, Section.IDENTITY, request.access)}
    return render(request, "cases/referral/identity.html", context)


@reach("case")
@never_cache
@require_http_methods(["GET", "POST"])
def reveal(request: PortalRequest, code: str) -> HttpResponse:
    """Open identity and safe contact for this one answer; the look is logged where everybody of the case sees it."""
    case = case_for(request, code, read=Section.IDENTITY)
    if request.method == "GET":
        return redirect("cases:identity", case.code)
    if not actions.may_open_identity(case, request.user):
        return identity_closed(request, case)
    person, contact = actions.reveal_identity(case, by=request.user, page="cases:reveal")
    context = {
        "case": case,
        "rows": _opened(person, contact),
        "may_write": is_open(case, Section.IDENTITY, request.access),
    }
    return render(request, "cases/referral/revealed.html", context)


@reach("case")
@never_cache
@require_http_methods(["GET", "POST"])
def edit_identity(request: PortalRequest, code: str) -> HttpResponse:
    """Change identity and safe contact. The form shows what it opens, so it too comes only in answer to a POST."""
    case = case_for(request, code, write=Section.IDENTITY)
    if request.method == "GET":
        return redirect("cases:identity", case.code)
    if not actions.may_open_identity(case, request.user):
        return identity_closed(request, case)
    saves = "save" in request.POST
    if saves:
        person, contact = actions.person_of(case), actions.contact_of(case)
    else:
        person, contact = actions.reveal_identity(case, by=request.user, page="cases:edit-identity")
    form = IdentityForm(request.POST if saves else None, person=person, contact=contact)
    if saves and form.is_valid():
        actions.change_identity(case, by=request.user, **form.answers())
        messages.success(request, _("Identity and safe contact are saved."))
        return redirect("cases:referral-person" if case.state == State.DRAFT else "cases:identity", case.code)
    return render(request, "cases/referral/edit_identity.html", {"case": case, "form": form})


def identity_closed(request: PortalRequest, case: Case) -> HttpResponse:
    """The identity is protected: say who may open it. The attempt stays in the trail."""
    looks.record(request.user, case.pk, Section.IDENTITY, "refused", "cases:identity")
    context = {"case": case, "people": actions.named_people(case)}
    return render(request, "cases/referral/identity_closed.html", context, status=403)


def _opened(person: Person, contact: SafeContact) -> list[tuple[Any, str]]:
    """What is known, each with its label; the gaps are left out."""
    rows: list[tuple[Any, str]] = []
    for row, names in (
        (person, ("full_name", "birth_date", "identity_number", "phone", "gender")),
        (contact, ("channel", "details", "days_and_hours", "code_word", "voicemail", "who_may_hear")),
    ):
        for name in names:
            rows.append((row._meta.get_field(name).verbose_name, _in_words(row, name)))  # type: ignore[union-attr]  # no relation among them
    return [(label, value) for label, value in rows if value]


def _in_words(row: Person | SafeContact, name: str) -> str:
    if name == "birth_date" and isinstance(row, Person):
        return day_in_words(row.birth_date) if row.birth_date else ""
    if name == "gender" and isinstance(row, Person):
        return row.gender_in_words
    shown = getattr(row, f"get_{name}_display", None)
    return str(shown() if shown else getattr(row, name))
