"""When a clock stands still: while the case is paused, and while whoever it runs for waits for an answer."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.db.models import F

from cases.clocks.days import end_of
from cases.models import Decision, Hold, InformationRequest, Thread
from returns_portal import clock

if TYPE_CHECKING:
    from cases.models import Case


class Pause(NamedTuple):
    """From when and until when a clock stood still; it still does while there is no end."""

    begins: datetime
    ends: datetime | None


REFERRING = frozenset({"social_services", "ngo", "migration_agency", "police"})
APPROVING, COORDINATING, LOCAL = frozenset({"lansstyrelsen"}), frozenset({"iom_helsinki"}), frozenset({"iom_local"})
# Whose clock it is: their own open question stops it, nobody else's (process, section 5). A report to Sweden waits for
# no question, and what leads up to a departure cannot.
RUNS_FOR: dict[str, frozenset[str]] = {
    "decision": APPROVING,
    "more_information": REFERRING,
    "receipt_by_iom": COORDINATING,
    "first_contact": COORDINATING,
    "application_unsigned": COORDINATING,
    "assessment": COORDINATING,
    "journey_not_booked": COORDINATING,
    "closing": COORDINATING,
    "local_office_answers": LOCAL,
}


def pauses_of(code: str, cases: Iterable["Case"]) -> dict[UUID, list[Pause]]:
    """Case → the pauses of this rule's clock; the same number of statements however many cases."""
    here = {"case__in": [case.pk for case in cases]}
    found: dict[UUID, list[Pause]] = defaultdict(list)
    today = clock.today()
    for case_id, begins, ended, until in Hold.objects.filter(**here).values_list(
        "case_id", "created_at", "ended_at", "until"
    ):
        # A pause that nobody ended is over with its last day.
        is_open = ended is None and until >= today
        found[case_id].append(Pause(begins, None if is_open else min(ended or end_of(until), end_of(until))))
    kinds = RUNS_FOR.get(code, frozenset())
    if kinds:
        asked = Thread.objects.filter(
            round=F("case__round"), wants_answer=True, asked_by__kind__in=kinds, **here
        ).values_list("case_id", "created_at", "answered_at", "closed_at")
        for case_id, begins, answered, closed in asked:
            found[case_id].append(Pause(begins, answered or closed))
    if code == "decision":
        requests = InformationRequest.objects.filter(round=F("case__round"), **here)
        for case_id, begins, answered, recalled in requests.values_list(
            "case_id", "created_at", "answered_at", "recalled_at"
        ):
            found[case_id].append(Pause(begins, answered or recalled))
        # While an approval stood that was taken back later, there was nothing to decide.
        taken_back = Decision.objects.filter(round=F("case__round"), recalled_at__isnull=False, **here)
        for case_id, begins, recalled in taken_back.values_list("case_id", "created_at", "recalled_at"):
            found[case_id].append(Pause(begins, recalled))
    return found


def is_paused(pauses: Sequence[Pause]) -> bool:
    """Whether the clock stands still now."""
    return any(pause.ends is None for pause in pauses)


def merged(pauses: Sequence[Pause], start: datetime, now: datetime) -> list[tuple[datetime, datetime]]:
    """The pauses since `start`, in order; those that overlap stop the clock once."""
    found: list[tuple[datetime, datetime]] = []
    for begins, ends in sorted((max(pause.begins, start), pause.ends or now) for pause in pauses):
        if ends <= begins:
            continue
        if found and begins <= found[-1][1]:
            found[-1] = (found[-1][0], max(ends, found[-1][1]))
        else:
            found.append((begins, ends))
    return found
