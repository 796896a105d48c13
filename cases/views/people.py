"""Who answers for a case, and which office receives the person."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cases import actions
from cases import permissions as may
from cases.forms.people import ChangeOfficeForm, ReassignForm
from cases.models.case import RESPONSIBLE
from cases.states import WITH_LOCAL_OFFICE, State
from cases.views.case import may_reassign
from cases.views.lookup import case_for
from cases.views.registers import record_page
from partners.http import PortalRequest, reach
from partners.models import Organisation


@reach("case")
@require_http_methods(["GET", "POST"])
def reassign(request: PortalRequest, code: str) -> HttpResponse:
    """A manager names who is responsible; others can only take what nobody answers for."""
    case = case_for(request, code)
    user = request.user
    if not may_reassign(case, user):
        raise PermissionDenied
    people = actions.whom_to_name(case, user)
    if not user.is_manager:
        people = people.filter(pk=user.pk)
    present = getattr(case, f"{RESPONSIBLE[user.organisation_kind]}_id")
    form = ReassignForm(
        request.POST if request.method == "POST" else None,
        colleagues=people,
        initial={"colleague": present or user.pk},
    )

    def act(filled: BaseForm) -> None:
        actions.reassign(case, by=user, to=filled.cleaned_data["colleague"])

    return record_page(
        request,
        case,
        form,
        act,
        title=_("Name who is responsible"),
        submit_label=_("Save") if user.is_manager else _("Take the case"),
        back=case.get_absolute_url(),
        success=_("Saved. The case has a responsible person."),
        template="cases/reassign.html",
    )


@reach("case")
@require_POST
def take(request: PortalRequest, code: str) -> HttpResponse:
    """Take a case that nobody in one's organisation answers for."""
    case = case_for(request, code)
    actions.reassign(case, by=request.user, to=request.user)
    messages.success(request, _("You are responsible for %(code)s.") % {"code": case.code_shown})
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return redirect(back if back and is_ours else case.get_absolute_url())


@reach("case")
@require_http_methods(["GET", "POST"])
def change_office(request: PortalRequest, code: str) -> HttpResponse:
    """Give the case to another local office."""
    case = case_for(request, code)
    if not request.access.holds(may.COORDINATE):
        raise PermissionDenied
    if case.state not in WITH_LOCAL_OFFICE:
        if request.method == "POST":
            raise actions.StepRefused(case, "change_office")
        return render(request, "cases/change_office.html", {"case": case, "is_closed": True})
    offices = Organisation.objects.local_offices().exclude(pk__in=[case.local_office_id])
    suggested = offices.filter(country=case.destination).first()
    form = ChangeOfficeForm(
        request.POST if request.method == "POST" else None,
        offices=offices,
        initial={"local_office": suggested.pk if suggested else None},
    )

    def act(filled: BaseForm) -> None:
        actions.change_office(case, by=request.user, **filled.cleaned_data)

    return record_page(
        request,
        case,
        form,
        act,
        title=_("Change the local office"),
        submit_label=_("Change the local office"),
        back=case.get_absolute_url(),
        success=_("The local office is changed. Both offices and the Swedish partners have been told."),
        template="cases/change_office.html",
        context=_effects(case),
    )


def _effects(case: Any) -> dict[str, Any]:
    again = _("The new office is asked anew: support at home, the plan, whether it can receive the person.")
    return {
        "effects": [
            _("%(office)s can no longer open the case, and is told that nobody is coming.")
            % {"office": case.local_office},
            _("The new office sees what the old one saw.")
            if case.state == State.APPLICATION
            else _("The new office can open identity, needs, plan and journey."),
            again,
        ]
    }
