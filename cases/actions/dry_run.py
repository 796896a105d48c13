"""What a rule of reminding would do now, changed or not, asked of the code that walks the clocks. Writes nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cases import reminders
from cases.actions.remind import deeds, notices_of, would_ring
from cases.clocks import FACTS
from cases.models import ClockRule, Notification
from cases.reminders import Changes
from returns_portal import clock
from returns_portal.actor import acting_as_system

SHOWN = 200
# What these count from is closed to administrators: of which case it is would show, to whoever tries numbers.
CLOSED = {"reflection_period", "rights_request", "retention"}
# The same of a journey's moments. That a case is reminded by the rule in force, everybody whom it tells knows.
JOURNEY = {
    "risk_review_departure",
    "booking_notice",
    "ready_check",
    "pack_unopened",
    "arrival_watch",
    "departure_recorded",
}


@dataclass(frozen=True)
class DryRun:
    """What the next walk would do with a rule."""

    # The first of those that would go out.
    lines: list[Notification]
    # Of these, those whose cases an administrator may know.
    named: list[Notification]
    goes_out: int
    # Of these, those that would not go out by the rule as it stands.
    by_the_change: int
    stands_again: int
    settled: int
    # Other things than reminders, such as a report that is drafted.
    deeds: int

    @property
    def rest(self) -> int:
        """How many more would go out than are named."""
        return self.goes_out - len(self.named)


def dry_run(rule: ClockRule) -> DryRun:
    """What the next walk would do if `rule`, which need not be saved, were the one in force."""
    at = clock.now()
    with acting_as_system("administration"):  # whose cases they are, stays closed to administrators
        changed, acts = _walk(rule, at)
        present, _acts = _walk(ClockRule.objects.get(pk=rule.pk), at)
    anyway = {row.identity for row in present.new}
    # Not by their due moments, which are not told.
    new = sorted(changed.new, key=lambda row: (row.case.code if row.case else "", row.rung or 0, row.recipient.name))
    if rule.code in CLOSED:
        may_name = []
    elif rule.code in JOURNEY:
        may_name = [row for row in new if row.identity in anyway]
    else:
        may_name = new
    return DryRun(
        lines=new[:SHOWN],
        named=may_name[:SHOWN],
        goes_out=len(new),
        by_the_change=sum(row.identity not in anyway for row in new),
        stands_again=len(changed.back),
        settled=len(changed.gone),
        deeds=acts,
    )


def coming(within: timedelta) -> int:
    """How many reminders will go out in this time, if nobody does anything."""
    at = clock.now() + within
    with acting_as_system("administration"):
        return sum(len(_walk(rule, at)[0].new) for rule in ClockRule.objects.filter(is_active=True))


def _walk(rule: ClockRule, at: datetime) -> tuple[Changes, int]:
    told = would_ring(rule, at) if rule.is_active and rule.code in FACTS else {}
    acts = sum(word in deeds and word not in one.running.done for one in told for word in one.reminder.to)
    return reminders.changes(rule, notices_of(rule, told), at), acts
