"""Who held a case's ball how long: the turns are kept as the ball passes on, and split a waiting time by party."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.models import Case, Turn, WaitsFor
from cases.permissions import Access, Section
from cases.states import ENDED, State
from partners.models import Organisation
from returns_portal import clock
from returns_portal.ui import local_day


def keep(case: Case, holder: Organisation | None, waits_for: str) -> None:
    """End the open turn and begin the next where the ball has passed on; write nothing where it has not."""
    present = Turn.objects.filter(case=case, ended_at__isnull=True).first()
    if _holds(present, case, holder, waits_for):
        return
    now = clock.now()
    if present is not None:
        now = max(now, present.began_at)
        Turn.objects.filter(pk=present.pk).update(ended_at=now)
    if case.state not in ENDED:
        # Of a case that is older than the keeping of turns only its present state is known.
        is_first = present is None and not Turn.objects.filter(case=case).exists()
        began_at = case.state_since if is_first else now
        Turn.objects.create(
            case=case, round=case.round, state=case.state, organisation=holder, waits_for=waits_for, began_at=began_at
        )


def is_right(case: Case, holder: Organisation | None, waits_for: str) -> bool:
    """Whether the open turn says what it should."""
    return _holds(Turn.objects.filter(case=case, ended_at__isnull=True).first(), case, holder, waits_for)


def _holds(turn: Turn | None, case: Case, holder: Organisation | None, waits_for: str) -> bool:
    if case.state in ENDED or turn is None:
        return case.state in ENDED and turn is None
    wanted = (holder.pk if holder else None, case.state, case.round, waits_for)
    return (turn.organisation_id, turn.state, turn.round, turn.waits_for) == wanted


# The split


@dataclass(frozen=True)
class Part:
    """How many whole days one party had."""

    party: str
    days: int

    @property
    def text(self) -> str:
        """ "7 with the consulate", "1 paused"."""
        if self.party == WaitsFor.PAUSE:
            return _("%(n)d paused") % {"n": self.days}
        return _("%(n)d with %(party)s") % {"n": self.days, "party": self.party}


@dataclass(frozen=True)
class Split:
    """A time in whole days, and its parts by party, the longest first; they sum to the whole."""

    days: int
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """ "12 days: 7 with the consulate, 4 with IOM Helsinki, 1 paused"."""
        days = ngettext("%(n)d day", "%(n)d days", self.days) % {"n": self.days}
        return f"{days}: {', '.join(part.text for part in self.parts)}" if self.parts else days


@dataclass(frozen=True)
class Splits:
    """The split of a case since it was sent, and of the state in which it stands."""

    whole: Split
    by_state: dict[str, Split]
    state: str

    @property
    def present(self) -> Split:
        """The present state's."""
        return self.by_state.get(self.state, Split(0, ()))


def splits_of(case: Case, access: Access) -> Splits | None:
    """How the days of the present round went, for a reader who may know who held the ball; a draft has no days."""
    if not access.may_read(Section.STATUS) or case.state == State.DRAFT:
        return None
    turns = list(turns_of(case))
    by_state: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for turn in turns:
        by_state[turn["state"]].append(turn)
    return Splits(split(turns), {state: split(of_state) for state, of_state in by_state.items()}, case.state)


def turns_of(case: Case) -> Any:
    """The turns of the present round since the referral was sent, in their order; one statement."""
    found = Turn.objects.filter(case=case, round=case.round).exclude(state=State.DRAFT).order_by("began_at", "ended_at")
    return found.values("state", "waits_for", "began_at", "ended_at", "organisation__short_name")


def split(turns: list[dict[str, Any]]) -> Split:
    """The days that these turns took, by party: whole days that sum to the whole (largest remainder)."""
    days, time, end = 0, defaultdict[str, timedelta](timedelta), None
    for turn in turns:
        began, ended = turn["began_at"], turn["ended_at"] or max(clock.now(), turn["began_at"])
        days += (local_day(ended) - local_day(began)).days
        time[_party(turn)] += _wall(ended) - _wall(began)
        end = ended
    return Split(days, _shared(days, time)) if end else Split(0, ())


def _party(turn: dict[str, Any]) -> str:
    if turn["waits_for"] == WaitsFor.PAUSE:
        return WaitsFor.PAUSE
    if turn["waits_for"]:
        return str(WaitsFor(turn["waits_for"]).label)
    return turn["organisation__short_name"] or _("nobody")


def _wall(moment: datetime) -> datetime:
    """The moment as Stockholm's clocks show it: the night on which they change has as many hours as any other."""
    return moment.astimezone(clock.STOCKHOLM).replace(tzinfo=None)


def _shared(days: int, time: dict[str, timedelta]) -> tuple[Part, ...]:
    whole = sum(time.values(), timedelta())
    if not whole or not days:
        return ()
    exact = {party: days * (part / whole) for party, part in time.items()}
    whole_days = {party: int(share) for party, share in exact.items()}
    left = days - sum(whole_days.values())
    for party in sorted(exact, key=lambda party: (whole_days[party] - exact[party], party))[:left]:
        whole_days[party] += 1
    parts = [Part(party, number) for party, number in whole_days.items() if number]
    return tuple(sorted(parts, key=lambda part: (part.party == WaitsFor.PAUSE, -part.days, part.party)))
