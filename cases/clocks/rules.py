"""The rules of reminding: which clocks are running, when what they wait for is due, and when they ring."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from cases.clocks.days import add_working_days, after, end_of, morning_of, working_days_between
from cases.clocks.pauses import Pause, merged, pauses_of
from cases.models import ClockRule, ProgrammeNumber
from returns_portal import clock

if TYPE_CHECKING:
    from cases.models import Case


@dataclass(frozen=True)
class Running:
    """A clock that runs now: in which case, since (or until) when, and for what row of it."""

    case_id: UUID
    start: datetime
    subject: str = ""
    # A day that people agreed on takes the place of the rule's own count.
    agreed: datetime | None = None
    # Where the reader goes, if not to the rule's own page.
    page: str = ""
    # Whose turn it is, where that is a matter of the row: a person, an organisation, and who asked it.
    person: UUID | None = None
    office: UUID | None = None
    asked_by: UUID | None = None
    # Whether the case is urgent, where the fact knows it anyway.
    is_urgent: bool | None = None
    # What need not be done again.
    done: frozenset[str] = frozenset()
    # The highest rung that rings: an answered alarm climbs no further.
    top: int | None = None


@dataclass(frozen=True)
class Reminder:
    """One ringing of a clock: the how-maniest, when, and whom it calls."""

    rung: int
    at: datetime
    to: tuple[str, ...]


Fact = Callable[[datetime], Iterable[Running]]
FACTS: dict[str, Fact] = {}
# Where the reader of a reminder goes: the end of the case's address.
PAGES: dict[str, str] = {}
# Rules that lead up to a moment: a pause does not move a departure, or the end of a permit.
FIXED: set[str] = set()
# Rules that ring although the case is paused, beside the safety rules.
IN_PAUSES: set[str] = set()


def fact(code: str, page: str = "", *, is_fixed: bool = False, rings_in_pauses: bool = False) -> Callable[[Fact], Fact]:
    """Register what starts the clock of the rule `code`: `f(at)` gives the clocks that run at that moment."""

    def register(function: Fact) -> Fact:
        FACTS[code] = function
        PAGES[code] = page or PAGES.get(code, "")
        if is_fixed:
            FIXED.add(code)
        if rings_in_pauses:
            IN_PAUSES.add(code)
        return function

    return register


def number(code: str) -> int:
    """A number of the programme, as the administrators have set it."""
    return int(ProgrammeNumber.objects.values_list("amount", flat=True).get(code=code))


def due(code: str, case: "Case", start: datetime, agreed: datetime | None = None) -> datetime:
    """When what the rule `code` waits for is due in this case, if its clock began at `start`."""
    rule = ClockRule.objects.get(code=code)
    return due_by(rule, case, start, stops_of(rule, [case]).get(case.pk, ()), agreed)


def stops_of(rule: ClockRule, cases: Iterable["Case"]) -> dict[UUID, list[Pause]]:
    """Case → when this rule's clock stood still; safety rules never do."""
    if rule.is_safety or rule.code in IN_PAUSES:
        return {}
    return pauses_of(rule.code, cases)


def due_by(
    rule: ClockRule, case: "Case", start: datetime, pauses: Sequence[Pause] = (), agreed: datetime | None = None
) -> datetime:
    """The due moment by this rule, later by the time for which its clock stood still."""
    amount = rule.urgent_amount if case.is_urgent and rule.urgent_amount is not None else rule.amount
    moment = agreed or after(start, amount, rule.unit, case.destination)
    if rule.code in FIXED:
        return moment
    for begins, ends in merged(pauses, start, clock.now()):
        moment = _later_by(moment, begins, ends, rule, case)
    return moment


def _later_by(moment: datetime, begins: datetime, ends: datetime, rule: ClockRule, case: "Case") -> datetime:
    if rule.unit == ClockRule.Unit.HOURS:
        return moment + (ends - begins)
    first, last = _day(begins), _day(ends)
    if rule.unit == ClockRule.Unit.DAYS:
        return moment + (last - first)
    lost = working_days_between(first, last, case.destination)
    return end_of(add_working_days(_day(moment), lost, case.destination)) if lost else moment


def reminders_of(rule: ClockRule, case: "Case", moment: datetime, at: datetime) -> list[Reminder]:
    """The reminders of a clock that is due at `moment` whose time has come by `at`.

    Of the warnings only the latest: whoever comes back after a week needs one, not three.
    """
    warned = [_warned_at(moment, offset, rule) for offset in rule.warnings]
    come = [when for when in warned if when <= at]
    found = [Reminder(1, max(come), tuple(rule.to))] if come else []
    for rung, (units, who) in enumerate(sorted(rule.escalations), start=2):
        when = _escalated_at(moment, units, rule, case)
        if when <= at:
            found.append(Reminder(rung, when, (who,)))
    return found


def _warned_at(moment: datetime, offset: int, rule: ClockRule) -> datetime:
    """Warnings count days, in a rule of hours hours; what rings on a day rings in its morning."""
    if rule.unit == ClockRule.Unit.HOURS:
        return moment + timedelta(hours=offset)
    return morning_of(_day(moment) + timedelta(days=offset))


def _escalated_at(moment: datetime, units: int, rule: ClockRule, case: "Case") -> datetime:
    if rule.unit == ClockRule.Unit.WORKING_DAYS:
        return morning_of(add_working_days(_day(moment), units, case.destination))
    return _warned_at(moment, units, rule)


def may_ring(rule: ClockRule, running: Running, at: datetime) -> bool:
    """A cheap look before the working days are counted: whether the first ringing could have come by `at`."""
    first = min([*rule.warnings, *(units for units, _who in rule.escalations)], default=0)
    amount = rule.amount
    if rule.urgent_amount is not None and running.is_urgent is not False:
        amount = rule.urgent_amount if running.is_urgent else min(amount, rule.urgent_amount)
    begins = running.agreed or running.start + _at_least(amount, rule.unit)
    return begins + _at_least(first, rule.unit) - timedelta(days=1) <= at


def _at_least(amount: int, unit: str) -> timedelta:
    """No more time than this can lie between a moment and `amount` units after it (holidays included)."""
    if unit == ClockRule.Unit.HOURS:
        return timedelta(hours=amount)
    if unit == ClockRule.Unit.WORKING_DAYS and amount < 0:
        return timedelta(days=2 * amount - 14)
    return timedelta(days=amount)


def _day(moment: datetime) -> date:
    return moment.astimezone(clock.STOCKHOLM).date()
