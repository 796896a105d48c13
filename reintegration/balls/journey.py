"""Who holds the ball while the journey is prepared and while the person travels."""

from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases import ball, clocks
from cases.ball import Ball, Task
from cases.models import Case, ClockRule, WaitsFor
from cases.permissions import Section
from cases.states import State
from partners.models import Organisation
from reintegration.models import Journey
from returns_portal import clock

ball.tasks(
    {
        "prepare_journey": Task(
            _("prepare the journey"), _("the person waits and answers from home expire"), "reintegration:journey"
        ),
        "confirm_departure": Task(
            _("confirm that the person has left"),
            _("nobody can be sure who is travelling"),
            "reintegration:confirm-departure",
            is_safety=True,
        ),
        "answer_booking": Task(
            _("answer the booking notice"),
            _("nobody knows who meets the person"),
            "reintegration:answer-booking",
            Section.JOURNEY,
        ),
        "read_pack": Task(
            _("read the hand-over pack"),
            _("the person cannot leave"),
            "reintegration:hand-over",
            Section.JOURNEY,
            is_safety=True,
        ),
        "confirm_arrival": Task(
            _("meet the person and confirm the arrival"),
            _("IOM Helsinki and Länsstyrelsen are told"),
            "reintegration:arrival",
            is_safety=True,
        ),
    }
)

# No rule reminds of it (process, step 9: an answer within one working day); its clock stands still like the office's
# other ones.
BOOKING_ANSWER = ClockRule(code="local_office_answers", amount=1, unit=ClockRule.Unit.WORKING_DAYS)


@ball.holder(State.TRAVEL)
def preparing(case: Case) -> Ball:
    """IOM Helsinki; the local office while its answer or its reading of the pack is missing.

    Once the booked departure has passed it has to be recorded, and once the arrival is due somebody has to be met,
    whatever else is missing and whether or not the departure was confirmed.
    """
    if case.expected_at is not None and case.expected_at <= clock.now():
        return watching(case)
    helsinki = Organisation.objects.iom_helsinki()
    if case.departs_at is not None and case.has_departed:
        return Ball(helsinki, "confirm_departure", clocks.due("departure_recorded", case, case.departs_at))
    journey = journey_in_brief(case)
    if journey is not None and journey.booking_notice_sent_at and not journey.booking_notice_answered_at:
        pauses = clocks.stops_of(BOOKING_ANSWER, [case]).get(case.pk, ())
        due = clocks.due_by(BOOKING_ANSWER, case, journey.booking_notice_sent_at, pauses)
        return Ball(case.local_office, "answer_booking", due)
    if journey is None or not journey.is_issued:
        due = clocks.due("journey_not_booked", case, case.state_since)
        return Ball(helsinki, "prepare_journey", due, at_the_consulate(journey))
    if journey.booking_notice_answered_at and not journey.pack_acknowledged_at:
        return Ball(case.local_office, "read_pack", _day_before(case))
    if case.departs_at is not None and journey.pack_acknowledged_at:
        return Ball(helsinki, "confirm_departure", clocks.due("departure_recorded", case, case.departs_at))
    return Ball(helsinki, "prepare_journey", case.departs_at, at_the_consulate(journey))


def journey_in_brief(case: Case) -> Journey | None:
    """The journey as far as the ball depends on it; nothing sealed."""
    return (
        Journey.objects.of(case)
        .only(
            "case",
            "document_state",
            "ticket_state",
            "booking_notice_sent_at",
            "booking_notice_answered_at",
            "pack_acknowledged_at",
        )
        .first()
    )


def at_the_consulate(journey: Journey | None) -> str:
    """Whether a consulate has the travel document, and IOM Helsinki can but wait."""
    waits = {Journey.DocumentState.APPLIED, Journey.DocumentState.INTERVIEW}
    return WaitsFor.CONSULATE if journey is not None and journey.document_state in waits else ""


def _day_before(case: Case) -> datetime | None:
    return clocks.due("pack_unopened", case, case.expected_at) if case.expected_at else None


@ball.holder(State.IN_TRANSIT)
def watching(case: Case) -> Ball:
    """The local office: the arrival is watched."""
    due = clocks.due("arrival_watch", case, case.expected_at) if case.expected_at else None
    return Ball(case.local_office, "confirm_arrival", due)


@ball.moved_by_time
def departure_has_passed(at: datetime) -> Q:
    """The booked departure has passed, and somebody still prepares the journey."""
    return Q(state=State.TRAVEL, departs_at__lte=at) & ~Q(ball_what__in=["confirm_departure", "confirm_arrival"])


@ball.moved_by_time
def arrival_is_due(at: datetime) -> Q:
    """The person is expected by now, and nobody has confirmed the departure."""
    return Q(state=State.TRAVEL, expected_at__lte=at) & ~Q(ball_what="confirm_arrival")
