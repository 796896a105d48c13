"""The end of a case on screen: two transitions."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _

from cases.clocks.retention import kept_until
from cases.models import Case
from cases.permissions import Section
from cases.states import State
from cases.views.lookup import case_for
from cases.views.steps import step_page
from partners.http import PortalRequest, reach
from reintegration.actions import closing as actions
from reintegration.forms.closing import CloseForm, EndEarlyForm
from returns_portal import clock
from returns_portal.ui import day_in_words


def _effects(case: Case) -> list[str]:
    last_day = kept_until(case, State.CLOSED, clock.now())
    return [
        _("The local office's access ends."),
        _("The referring organisation and Länsstyrelsen go on reading status, decision and released reports."),
        _("All reminders stop."),
        _("A closure report is made. The case is kept until %(day)s.") % {"day": day_in_words(last_day)}
        if last_day
        else _("A closure report is made."),
    ]


@reach("case")
def close(request: PortalRequest, code: str) -> HttpResponse:
    """Close the case at the end of the programme."""
    case = case_for(request, code, step="close", read=Section.FEEDBACK)
    form = CloseForm(request.POST or None, initial={"reason": "programme_over"})

    def act(given: dict[str, Any]) -> None:
        closed = actions.close_case(case, by=request.user, **given)
        said = _("Closed.")
        if closed.retention_on is not None:
            said = _("Closed. Data is erased on %(day)s.") % {"day": day_in_words(closed.retention_on)}
        messages.success(request, said)

    return step_page(
        request,
        case,
        "close",
        form,
        act,
        explanation=_("The programme is over, everybody has been heard, and the last report is out."),
        effects=_effects(case),
    )


@reach("case")
def end_early(request: PortalRequest, code: str) -> HttpResponse:
    """End the case before the programme is over."""
    case = case_for(request, code, step="end_early", read=Section.FEEDBACK)
    form = EndEarlyForm(request.POST or None, case=case)
    before = case.state not in {State.IN_TRANSIT, State.FOLLOW_UP}
    return step_page(
        request,
        case,
        "end_early",
        form,
        lambda given: actions.end_early(case, by=request.user, **given),
        explanation=_("If the person does not want to return, record that the person changed their mind instead.")
        if before
        else "",
        effects=_effects(case),
        success=_("Closed. The parties have been told."),
    )
