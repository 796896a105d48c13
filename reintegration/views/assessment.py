"""From assessment to travel, and back."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from cases.views.lookup import case_for
from cases.views.steps import step_page
from partners.http import PortalRequest, reach
from reintegration.actions import clear as actions
from reintegration.forms.risks import BackForm, ClearForm


@reach("case")
def clear_for_travel(request: PortalRequest, code: str) -> HttpResponse:
    """Needs, plan and risks allow the journey."""
    case = case_for(request, code, step="clear_for_travel")

    def act(_cleaned: dict[str, Any]) -> None:
        actions.clear_for_travel(case, by=request.user)

    return step_page(
        request,
        case,
        "clear_for_travel",
        ClearForm(request.POST if request.method == "POST" else None),
        act,
        explanation=_("When needs, plan and risks allow it, the journey can be booked."),
        effects=[
            _("The case moves on to preparing the journey."),
            _("The local office is told."),
            _("The clocks of the journey start."),
        ],
        success=_("Done. The journey can be booked now."),
    )


@reach("case")
def back_to_assessment(request: PortalRequest, code: str) -> HttpResponse:
    """Something new must be assessed before anybody travels."""
    case = case_for(request, code, step="back_to_assessment")
    form = BackForm(request.POST or None)

    def act(_cleaned: dict[str, Any]) -> None:
        actions.back_to_assessment(case, by=request.user, note=form.note)

    return step_page(
        request,
        case,
        "back_to_assessment",
        form,
        act,
        explanation=_("Use this when something new must be assessed before the person travels."),
        effects=[_("Preparing the journey waits."), _("What is booked stays and is marked.")],
        success=_("The case is being assessed again. Booked journeys stay and are marked."),
    )
