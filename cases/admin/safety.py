"""What keeps a safety rule from being made silent: it may ring earlier and more often, but hardly later."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from cases.admin.recipients import label_of
from cases.defaults import RULES
from cases.models import ClockRule

Unit = ClockRule.Unit
# How much later each of its reminders may come than it was made to (two hours, one day), and how much earlier.
LATER: Mapping[str, int] = {Unit.HOURS: 2, Unit.DAYS: 1, Unit.WORKING_DAYS: 1}
EARLIER: Mapping[str, int] = {Unit.HOURS: 14 * 24, Unit.DAYS: 14, Unit.WORKING_DAYS: 14}
# Warnings count days: a working day on may be this many of them, over a long holiday.
LONGEST = 5


@dataclass(frozen=True)
class Made:
    """A rule as the portal came with it."""

    amount: int
    urgent_amount: int | None
    unit: str
    warnings: Sequence[int]
    to: Sequence[str]
    escalations: Sequence[tuple[int, str]]

    @property
    def words(self) -> frozenset[str]:
        """Whom it tells, and what else it does."""
        return frozenset(self.to) | {who for _units, who in self.escalations}


class Fault(NamedTuple):
    """What would silence the rule, and at which field of the form."""

    field: str
    sentence: str


def made(code: str) -> Made | None:
    """The rule of this code as the portal came with it."""
    for rule in RULES:
        if rule[0] == code:
            return Made(*rule[2:8])
    return None


def faults(rule: Made, said: Mapping[str, Any]) -> Iterator[Fault]:
    """Why this safety rule may not be changed to what was said."""
    if not said["is_active"]:
        yield Fault("is_active", str(_("A safety rule stays in force.")))
    if gone := [who for who in rule.to if who not in said["to"]]:
        names = {"names": "; ".join(str(label_of(who)) for who in gone)}
        yield Fault("to", _("A safety rule goes on telling those whom it was made to tell: %(names)s.") % names)
    urgent = rule.amount if rule.urgent_amount is None else min(rule.amount, rule.urgent_amount)
    has_urgent = said["urgent_amount"] is not None
    pairs = [("amount", said["amount"], rule.amount if has_urgent else urgent)]
    pairs += [("urgent_amount", said["urgent_amount"], urgent)] if has_urgent else []
    for field, amount, was in pairs:
        shift = amount - was
        limits = {"most": was + LATER[rule.unit], "least": was - EARLIER[rule.unit], "unit": Unit(rule.unit).label}
        if shift > LATER[rule.unit]:
            sentence = _("A safety rule rings hardly later than it was made to: at most %(most)s (%(unit)s).")
            yield Fault(field, sentence % limits)
        elif shift < -EARLIER[rule.unit]:
            sentence = _("A safety rule rings hardly earlier than it was made to: at least %(least)s (%(unit)s).")
            yield Fault(field, sentence % limits)
        else:
            yield from _faults_of_rings(rule, said, was, amount)


def _faults_of_rings(rule: Made, said: Mapping[str, Any], was_due: int, due: int) -> Iterator[Fault]:
    """Each ring that the rule was made with must still have one of its own, near enough to its moment."""
    window = _Window(rule.unit, was_due, due)
    unit = Unit.HOURS if rule.unit == Unit.HOURS else Unit.DAYS
    if (missed := _unmatched(rule.warnings, said["warnings"], window)) is not None:
        limits = {"earliest": window.earliest(missed), "latest": window.latest(missed), "unit": unit.label}
        sentence = _("This safety rule needs a warning of its own from %(earliest)s to %(latest)s (%(unit)s).")
        yield Fault("warnings", sentence % limits)
    for who in dict.fromkeys(who for _units, who in rule.escalations):
        was, now = (
            [units for units, told in rungs if told == who] for rungs in (rule.escalations, said["escalations"])
        )
        if (missed := _unmatched(was, now, window)) is not None:
            limits = {"who": label_of(who), "latest": window.latest(missed), "unit": Unit(rule.unit).label}
            sentence = _("This safety rule must still tell “%(who)s”, at the latest %(latest)s (%(unit)s) after due.")
            yield Fault("escalations", sentence % limits)


class _Window(NamedTuple):
    """When a ring of before may come now: near its moment, and ahead of what it leads up to if it was ahead of it."""

    unit: str
    was_due: int
    due: int

    def earliest(self, ring: int) -> int:
        """Counted, like the ring itself, from the due moment."""
        return ring - EARLIER[self.unit] - (self.due - self.was_due)

    def latest(self, ring: int) -> int:
        """The same for its other end."""
        latest = ring + LATER[self.unit] - (self.due - self.was_due)
        if self.was_due + ring >= 0:
            return latest
        due = self.due * LONGEST if self.unit == Unit.WORKING_DAYS and self.due > 0 else self.due
        return min(latest, -1 - due)


def _unmatched(was: Sequence[int], now: Sequence[int], window: _Window) -> int | None:
    """The first ring of before that has none of its own now."""
    left = sorted(now)
    for ring in sorted(was):
        own = next((moment for moment in left if window.earliest(ring) <= moment <= window.latest(ring)), None)
        if own is None:
            return ring
        left.remove(own)
    return None
