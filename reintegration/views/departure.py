"""The person leaves, or did not."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _

from cases.guards import blockers
from cases.states import State
from cases.views.lookup import case_for
from cases.views.steps import step_page
from partners.http import PortalRequest, reach
from reintegration import zones
from reintegration.actions import departure as actions
from reintegration.forms.journey import DepartureForm, NoShowForm
from reintegration.journey import arrival_zone, journey_of, page
from reintegration.views.journey import LegLine, posted
from returns_portal.ui import clock_time, day_in_words


@reach("case")
def confirm_departure(request: PortalRequest, code: str) -> HttpResponse:
    """The person has left. What was missing is listed; after the booked departure it is recorded with a reason."""
    case = case_for(request, code, step="confirm_departure")
    journey = journey_of(case)
    in_time = case.state == State.TRAVEL
    missing = blockers(case, "confirm_departure", by=request.user) if in_time else []
    past_fact = bool(missing) and case.has_departed
    form = DepartureForm(posted(request), asks_reason=past_fact)
    context: dict[str, Any] = {
        "legs": [LegLine(leg) for leg in journey.booked_legs] if journey else [],
        "expected": zones.in_words(journey.expected_at, [arrival_zone(case, journey)]) if journey else "",
    }
    if past_fact:
        context |= {"blockers": [], "missing": missing}

    def act(cleaned: dict[str, Any]) -> None:
        left = actions.confirm_departure(case, by=request.user, **cleaned)
        said = _("The departure is confirmed. The arrival is watched.")
        if left.expected_at is not None:
            since = f"{day_in_words(left.expected_at)} {clock_time(left.expected_at)}"
            said = _("The departure is confirmed. The arrival is watched from %(time)s.") % {"time": since}
        messages.success(request, said)

    return step_page(
        request,
        case,
        "confirm_departure",
        form,
        act,
        template="reintegration/journey/departure.html",
        context=context,
        effects=[
            _("The arrival is watched until the local office confirms it."),
            _("The referring organisation and Länsstyrelsen are told that the person has left."),
            _("A report on the departure is drafted."),
        ],
        past_fact=past_fact,
    )


@reach("case")
def report_no_show(request: PortalRequest, code: str) -> HttpResponse:
    """The person did not travel."""
    case = case_for(request, code, step="report_no_show")
    form = NoShowForm(posted(request))

    def act(cleaned: dict[str, Any]) -> None:
        actions.report_no_show(case, by=request.user, label=form.label, **cleaned)

    return step_page(
        request,
        case,
        "report_no_show",
        form,
        act,
        template="reintegration/journey/no_show.html",
        explanation=_("If the person does not want to return, record that the person changed their mind instead."),
        effects=[
            _("The arrival is no longer watched."),
            _("The legs stay on the page as history; the journey is prepared anew."),
            _("The wish to return, the booking notice and the hand-over pack are asked for again."),
            _("The local office, the referring organisation and Länsstyrelsen are told."),
        ],
        success=_("The watch has ended. The details of the journey are open again."),
        to=page(case, "journey"),
    )
