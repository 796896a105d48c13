"""Which clocks of steps 9 and 10 run: from the booked journey to the arrival."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Count, F, Max, Q
from django.utils.translation import gettext_lazy as _

from cases import notices
from cases.clocks import Running, fact
from cases.models import Case
from cases.states import State
from reintegration.models import ArrivalAlarm, Journey
from reintegration.watch import ON_THE_WAY, tops

OF_THIS_ROUND = Q(round=F("case__round"))
ISSUED = Journey.TicketState.ISSUED


@fact("journey_not_booked", "journey/")
def journey_not_booked(at: datetime) -> Iterable[Running]:
    """Cleared for travel, and no ticket is booked."""
    booked = Journey.objects.filter(OF_THIS_ROUND).exclude(ticket_state=Journey.TicketState.NONE).values("case_id")
    rows = Case.objects.filter(state=State.TRAVEL).exclude(pk__in=booked).values_list("pk", "state_since")
    return [Running(pk, since) for pk, since in rows]


@fact("booking_notice", "journey/", is_fixed=True)
def booking_notice(at: datetime) -> Iterable[Running]:
    """The local office has not been told of the booking."""
    told = Journey.objects.filter(OF_THIS_ROUND, booking_notice_sent_at__isnull=False).values("case_id")
    rows = Case.objects.filter(state=State.TRAVEL, departs_at__gt=at).exclude(pk__in=told)
    return [Running(pk, moment) for pk, moment in rows.values_list("pk", "departs_at") if moment]


@fact("ready_check", "journey/", is_fixed=True)
def ready_check(at: datetime) -> Iterable[Running]:
    """72 and 24 hours before departure both offices look through everything once more."""
    travelling = Q(case__state=State.TRAVEL, case__departs_at__gt=at)
    checks = Journey.objects.filter(OF_THIS_ROUND, travelling).values_list("case_id", "ready_72h_at", "ready_24h_at")
    made = {case_id: (first, last) for case_id, first, last in checks}
    rows = Case.objects.filter(state=State.TRAVEL, departs_at__gt=at).values_list("pk", "departs_at")
    for pk, departs_at in rows:
        assert departs_at is not None
        first, last = made.get(pk, (None, None))
        hours, checked = (24, last) if departs_at - timedelta(hours=24) <= at else (72, first)
        # A check that was made for an earlier booking does not count.
        if checked is None or checked < departs_at - timedelta(hours=hours):
            yield Running(pk, departs_at)


@fact("pack_unopened", "hand-over/", is_fixed=True)
def pack_unopened(at: datetime) -> Iterable[Running]:
    """A day before landing nobody at the local office has opened the hand-over pack."""
    landing = Max("legs__arrives_at", filter=Q(legs__is_marked=False))
    rows = (
        Journey.objects.filter(
            OF_THIS_ROUND, ticket_state=ISSUED, pack_opened_at__isnull=True, case__state__in=ON_THE_WAY
        )
        .values_list("case_id")
        .annotate(landing=landing)
    )
    return [Running(case_id, moment) for case_id, moment in rows if moment]


# The notice leads to the case page, which everybody who is told may open; the watch stands first there.
@fact("arrival_watch", is_fixed=True)
def arrival_watch(at: datetime) -> Iterable[Running]:
    """From the booked legs, since the day of the ticket (from then on they stand on the case), departed or not.

    Once somebody has answered no higher rung rings for this time, while whoever answered is still there to act; a
    time that comes back after a move rings anew.
    """
    of_this_time = ArrivalAlarm.objects.filter(
        OF_THIS_ROUND, expected_at=F("case__expected_at"), case__state__in=ON_THE_WAY
    ).values_list("case_id")
    answered = tops()
    earlier = dict(of_this_time.filter(closed_at__isnull=False).annotate(Count("closed_at", distinct=True)))
    rows = Case.objects.filter(state__in=ON_THE_WAY, expected_at__lte=at).values_list("pk", "expected_at")
    for pk, moment in rows:
        if moment:
            yield Running(pk, moment, subject=f"again {earlier[pk]}" if pk in earlier else "", top=answered.get(pk))


@fact("departure_recorded", "confirm-departure/", is_fixed=True)
def departure_recorded(at: datetime) -> Iterable[Running]:
    """The booked departure has passed, and nobody has said whether the person left."""
    rows = Case.objects.filter(state=State.TRAVEL, departs_at__lte=at).values_list("pk", "departs_at")
    return [Running(pk, moment) for pk, moment in rows if moment]


notices.register(
    {
        "rule_journey_not_booked": _("The journey is not booked yet"),
        "rule_ready_check": _("Ready check before departure"),
        "rule_booking_notice": _("The booking notice has not been sent"),
        "rule_pack_unopened": _("The hand-over pack has not been opened"),
        "rule_arrival_watch": _("The arrival has not been confirmed"),
        "rule_departure_recorded": _("The departure has not been recorded"),
    }
)
