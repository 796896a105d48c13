"""Why a step cannot happen yet, in sentences with links to where each is mended."""

import inspect
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from cases.models import Case
    from partners.models import User

Guard = Callable[..., "Iterable[Blocker]"]


@dataclass(frozen=True)
class Blocker:
    """One thing that is missing: what to do, and the address of the page where it is done."""

    sentence: Any
    page: str


_guards: dict[str, list[Guard]] = defaultdict(list)


def guard(*verbs: str) -> Callable[[Guard], Guard]:
    """Register a condition of the transitions `verbs`: `f(case)` or `f(case, by)` yields what is missing."""

    def register(function: Guard) -> Guard:
        for verb in verbs:
            if function not in _guards[verb]:
                _guards[verb].append(function)
        return function

    return register


# Only these go while a case is on hold (process, section 2).
GO_DESPITE_HOLD = frozenset({"withdraw", "decline", "decline_return", "recall", "report_no_show", "end_early"})


def blockers(case: "Case", verb: str, *, by: "User | None" = None) -> list[Blocker]:
    """Everything that keeps `verb` from happening now, a hold included; empty when it may go."""
    found: list[Blocker] = []
    if case.is_on_hold and verb not in GO_DESPITE_HOLD and not (verb in PAST_DEPARTURE and case.has_departed):
        found.append(Blocker(_("The case is paused. End the pause first."), f"{case.get_absolute_url()}hold/"))
    for function in _guards[verb]:
        wants_actor = "by" in inspect.signature(function).parameters
        found.extend(function(case, by) if wants_actor else function(case))
    return found


# A fact is never refused: after the booked departure what is missing is recorded with a reason instead.
PAST_DEPARTURE = frozenset({"confirm_departure", "confirm_arrival"})
