"""What is known of a journey, and what is missing before anybody leaves: for guards, pages and papers."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _

from cases.clocks import add_working_days, number
from cases.guards import Blocker
from cases.models import Case
from cases.states import State
from reintegration.assessment import assessment_of
from reintegration.models import Journey
from reintegration.zones import zone_of
from returns_portal import clock
from returns_portal.ui import short_day


def journey_of(case: Case) -> Journey | None:
    """The journey of the present round with its legs, in two statements; all rows share the case's opened key."""
    journey = (
        Journey.objects.of(case)
        .select_related(
            "wish_asked_by",
            "booking_notice_answered_by",
            "pack_opened_by",
            "pack_acknowledged_by",
            "pocket_money_receipt",
        )
        .prefetch_related("legs")
        .first()
    )
    if journey is not None:
        journey.case = case
        for leg in journey.legs.all():
            leg.case, leg.journey = case, journey
    return journey


def page(case: Case, name: str) -> str:
    """The address of a page of the later chapters."""
    return reverse(f"reintegration:{name}", args=[case.code_shown])


def departure_day(journey: Journey | None) -> date | None:
    """The booked day of departure, on the clocks of the place where the journey begins."""
    leg = journey.first_leg if journey else None
    return leg.departs_local.date() if leg else None


def arrival_zone(case: Case, journey: Journey | None) -> str:
    """The zone where the person arrives."""
    leg = journey.last_leg if journey else None
    return leg.arrives_zone if leg else zone_of(case.destination)


def latest_notice_day(case: Case, departs_on: date) -> date:
    """The last day on which the booking notice is in time."""
    return add_working_days(departs_on, -number("booking_notice_working_days"), case.destination)


def is_notice_late(case: Case, journey: Journey, on: date) -> bool:
    """Whether a booking notice sent that day comes later than the programme wants."""
    departs_on = departure_day(journey)
    return departs_on is not None and on > latest_notice_day(case, departs_on)


def ticket_missing(case: Case, journey: Journey | None) -> Iterator[Blocker]:
    """Why the ticket cannot be issued yet (process, step 9)."""
    found = assessment_of(case)
    if case.state == State.ASSESSMENT:
        yield Blocker(_("The case is not cleared for travel."), page(case, "clear-for-travel"))
    if not found.can_receive:
        yield Blocker(_("The local office has not confirmed that it can receive the person."), page(case, "needs"))
    if any(risk.stops_travel for risk in found.risks):
        yield Blocker(_("A risk stands at hold or no-go."), page(case, "risks"))
    if journey is None or not journey.booked_legs:
        yield Blocker(_("The journey has no legs yet."), page(case, "journey"))


def departure_missing(case: Case, journey: Journey | None) -> Iterator[Blocker]:
    """What the journey itself lacks before the departure can be confirmed (process, section 2)."""
    if journey is None or journey.first_leg is None:
        yield Blocker(_("The journey is not booked: enter its legs."), page(case, "add-leg"))
        journey = journey or Journey(case=case)
    departs_on = departure_day(journey)
    first = journey.first_leg
    if first is not None and clock.now().astimezone(ZoneInfo(first.departs_zone)).date() < first.departs_local.date():
        words = {"day": short_day(first.departs_local.date())}
        yield Blocker(_("The booked departure is %(day)s. That day has not come.") % words, page(case, "journey"))
    if not journey.document_valid_on(departs_on or clock.today()):
        yield Blocker(_("There is no travel document that is valid on the day."), page(case, "travel-document"))
    if not journey.is_issued:
        yield Blocker(_("The ticket is not issued."), page(case, "ticket"))
    if journey.wish_confirmed_on is None:
        yield Blocker(_("The person has not been asked again whether the wish to return stands."), page(case, "wish"))
    yield from _notice_missing(case, journey)
    if journey.pack_acknowledged_at is None or journey.pack_opened_at is None:
        yield Blocker(_("Nobody at the local office has read the hand-over pack."), page(case, "hand-over"))
    if journey.expected_at is None:
        yield Blocker(_("The time of arrival is not set."), page(case, "journey"))
    if not journey.meeting_point:
        yield Blocker(_("The meeting point is not set."), page(case, "meeting"))


def _notice_missing(case: Case, journey: Journey) -> Iterator[Blocker]:
    sent_at = journey.booking_notice_sent_at
    if sent_at is None:
        yield Blocker(_("The local office has not had the booking notice."), page(case, "booking-notice"))
        return
    sent_on = sent_at.astimezone(clock.STOCKHOLM).date()
    if is_notice_late(case, journey, sent_on) and not journey.booking_notice_late_reason:
        words = {"day": short_day(sent_on), "number": number("booking_notice_working_days")}
        yield Blocker(
            _("The booking notice was sent %(day)s, less than %(number)d working days before. Write the reason.")
            % words,
            page(case, "booking-notice"),
        )


def time_left(moment: datetime) -> timedelta:
    """How long it is until `moment`; negative when it has passed."""
    return moment - clock.now()
