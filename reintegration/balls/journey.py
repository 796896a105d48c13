"""Who holds the ball while the journey is prepared and while the person travels."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from cases import ball, clocks
from cases.ball import Ball, Task
from cases.models import Case
from cases.permissions import Section
from cases.states import State
from partners.models import Organisation
from reintegration.models import Journey

ball.tasks(
    {
        "prepare_journey": Task(
            _("prepare the journey"), _("the person waits and answers from home expire"), "reintegration:journey"
        ),
        "confirm_departure": Task(
            _("confirm that the person has left"),
            _("nobody can be sure who is travelling"),
            "reintegration:confirm-departure",
        ),
        "answer_booking": Task(
            _("answer the booking notice"),
            _("nobody knows who meets the person"),
            "reintegration:answer-booking",
            Section.JOURNEY,
        ),
        "read_pack": Task(
            _("read the hand-over pack"), _("the person cannot leave"), "reintegration:hand-over", Section.JOURNEY
        ),
        "confirm_arrival": Task(
            _("meet the person and confirm the arrival"),
            _("IOM Helsinki and Länsstyrelsen are told"),
            "reintegration:arrival",
        ),
    }
)


@ball.holder(State.TRAVEL)
def preparing(case: Case) -> Ball:
    """IOM Helsinki; the local office while its answer or its reading of the pack is missing."""
    helsinki = Organisation.objects.iom_helsinki()
    journey = (
        Journey.objects.of(case)
        .only("case", "ticket_state", "booking_notice_sent_at", "booking_notice_answered_at", "pack_acknowledged_at")
        .first()
    )
    if journey is not None and journey.booking_notice_sent_at and not journey.booking_notice_answered_at:
        due = clocks.after(journey.booking_notice_sent_at, 1, "working_days", case.destination)
        return Ball(case.local_office, "answer_booking", due)
    if journey is None or not journey.is_issued:
        return Ball(helsinki, "prepare_journey", clocks.due("journey_not_booked", case, case.state_since))
    if journey.booking_notice_answered_at and not journey.pack_acknowledged_at and not case.has_departed:
        return Ball(case.local_office, "read_pack", _day_before(case))
    if case.departs_at is not None and (journey.pack_acknowledged_at or case.has_departed):
        return Ball(helsinki, "confirm_departure", clocks.due("departure_recorded", case, case.departs_at))
    return Ball(helsinki, "prepare_journey", case.departs_at)


def _day_before(case: Case) -> datetime | None:
    return clocks.due("pack_unopened", case, case.expected_at) if case.expected_at else None


@ball.holder(State.IN_TRANSIT)
def travelling(case: Case) -> Ball:
    """The local office: the arrival is watched."""
    due = clocks.due("arrival_watch", case, case.expected_at) if case.expected_at else None
    return Ball(case.local_office, "confirm_arrival", due)
