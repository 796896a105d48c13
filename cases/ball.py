"""Who must do what, by when, or else: the one place where every case's ball is computed (process, rule 3).

It follows from the state, the pauses, the open questions and the tasks of the state, and is stored on the case for
lists. `cases.sentences` puts it into words, `cases.turns` keeps who held it how long.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from cases import clocks, turns
from cases.models import Case, ClockRule, Thread
from cases.permissions import Section
from cases.states import ENDED, HOLDABLE
from partners.models import Organisation
from returns_portal import clock


@dataclass(frozen=True)
class Task:
    """What a ball holder has to do: the words of the ball sentence, and the page where it is done."""

    what: Any
    otherwise: Any
    page: str
    section: Section = Section.STATUS
    # It comes first, and nothing takes it from its holder (see `SAFETY_TASKS`).
    is_safety: bool = False
    # Whether its clock stands still, and the ball passes on, while its holder waits for an answer.
    waits_for_answers: bool = True


@dataclass(frozen=True)
class Ball:
    """One ball of a case: whose it is, what for, until when, and who outside the portal keeps the holder waiting."""

    holder: Organisation | None
    what: str
    due: datetime | None = None
    waits_for: str = ""


TASKS: dict[str, Task] = {
    "send_referral": Task(
        _("finish and send the referral"), _("the draft is deleted"), "cases:referral", waits_for_answers=False
    ),
    "decide": Task(_("decide on the referral"), _("the person waits without knowing"), "cases:decide"),
    "answer": Task(_("answer Länsstyrelsen's question"), _("the decision cannot be made"), "cases:answer"),
    "take_on": Task(_("take on the case"), _("the person waits without knowing"), "cases:start-application"),
    "application": Task(
        _("inform the person and receive the signed application"),
        _("Länsstyrelsen is told"),
        "cases:application",
        Section.APPLICATION,
    ),
    "answer_question": Task(
        _("answer the question"), _("work waits for the answer"), "cases:questions", Section.QUESTIONS
    ),
    "end_hold": Task(
        _("end the pause or extend it"), _("the case stays paused"), "cases:hold", waits_for_answers=False
    ),
    "nothing": Task(_("nothing"), "", "cases:case", waits_for_answers=False),
}

Holder = Callable[[Case], Ball | None]
AHolder = TypeVar("AHolder", bound=Holder)
_holders: dict[str, Holder] = {}
# Cases whose ball moves by the mere passing of time: `f(at)` says where what is stored no longer holds at that moment.
_moved_by_time: list[Callable[[datetime], Q]] = []

# Under this name stands who watches over a pause; it comes before the state's own holder.
ON_HOLD = "hold"


def tasks(new: dict[str, Task]) -> None:
    """Add the tasks of later chapters."""
    TASKS.update(new)


def holder(*states: str) -> Callable[[AHolder], AHolder]:
    """Register who holds the ball in `states`."""

    def register(function: AHolder) -> AHolder:
        for state in states:
            _holders[state] = function
        return function

    return register


def moved_by_time(function: Callable[[datetime], Q]) -> Callable[[datetime], Q]:
    """Register in which cases time alone has passed the ball on."""
    _moved_by_time.append(function)
    return function


# The computation


def compute(case: Case) -> Ball:
    """The ball of this case now."""
    return balls(case)[0]


def balls(case: Case) -> list[Ball]:
    """Every ball of the case: the main one, which is stored on it, and what others owe beside it.

    An open question stops the clock of the one who asked and starts the asked party's (process, section 5), so the
    main ball passes to whoever was asked by its holder. What anybody else was asked is owed beside it.
    """
    if case.state in ENDED:
        return [Ball(None, "nothing")]
    asked = open_questions(case)
    own = _of_state(case)
    hold = _holders[ON_HOLD](case) if case.held_until is not None and case.state in HOLDABLE else None
    if hold is not None and not (TASKS[own.what].is_safety and case.has_departed):
        return [hold, *(one.ball for one in asked)]
    main = own if TASKS[own.what].is_safety else _passed_on(own, asked)
    beside = [one.ball for one in asked if one.ball is not main]
    return [main, *beside, *([hold] if hold is not None else [])]


def _of_state(case: Case) -> Ball:
    found = _holders[case.state](case) if case.state in _holders else None
    return found or Ball(None, "nothing")


def _passed_on(ball: Ball, asked: list["Asked"]) -> Ball:
    """From whoever waits for an answer to whoever owes it, as long as a clock stands still for that."""
    waiting: set[UUID] = set()
    stands_still = TASKS[ball.what].waits_for_answers
    while ball.holder is not None and stands_still and ball.holder.pk not in waiting:
        waiting.add(ball.holder.pk)
        following = next((one for one in asked if one.by == ball.holder.pk), None)
        if following is None:
            break
        ball, stands_still = following.ball, following.stands_still
    return ball


# Open questions


class Asked(NamedTuple):
    """A question that waits for its answer: who asked it, the ball of the asked, and whether that one's clock stops."""

    by: UUID
    ball: Ball
    stands_still: bool


def waiting_threads() -> QuerySet[Thread]:
    """The questions of each case's present round that wait for their answer."""
    return Thread.objects.filter(
        round=F("case__round"), wants_answer=True, answered_at__isnull=True, closed_at__isnull=True
    ).exclude(case__state__in=ENDED)


def open_questions(case: Case) -> list[Asked]:
    """The open questions of this case, the one due first first."""
    threads = list(waiting_threads().filter(case=case).select_related("asked_by", "asked_of"))
    for thread in threads:
        thread.case = case
    due = dues_of(threads)
    threads.sort(key=lambda thread: (due[thread.pk], thread.created_at, thread.pk))
    return [
        Asked(
            thread.asked_by_id,
            Ball(thread.asked_of, "answer_question", due[thread.pk]),
            rule_of(thread) == "local_office_answers",
        )
        for thread in threads
    ]


def rule_of(thread: Thread) -> str:
    """The rule by which the question is due: the local office has one of its own for what IOM Helsinki asks."""
    asks_office = thread.asked_by.kind == Organisation.Kind.IOM_HELSINKI
    return "local_office_answers" if asks_office and thread.asked_of_id == thread.case.local_office_id else "question"


def dues_of(threads: Collection[Thread]) -> dict[UUID, datetime]:
    """Thread → when its answer is due: the day agreed on, or the rule's; the reminders count the same way.

    The threads have their case and who asked at hand. As many statements as there are rules, whatever the threads.
    """
    by_rule: dict[str, list[Thread]] = defaultdict(list)
    for thread in threads:
        by_rule[rule_of(thread)].append(thread)
    found: dict[UUID, datetime] = {}
    for rule in ClockRule.objects.filter(code__in=by_rule) if by_rule else ():
        stops = clocks.stops_of(rule, {thread.case_id: thread.case for thread in by_rule[rule.code]}.values())
        for thread in by_rule[rule.code]:
            agreed = clocks.end_of(thread.due_on) if thread.due_on else None
            pauses = stops.get(thread.case_id, ())
            found[thread.pk] = clocks.due_by(rule, thread.case, thread.created_at, pauses, agreed)
    return found


# What is stored


class Stored(NamedTuple):
    """The main ball as the case keeps it."""

    who: UUID | None
    what: str
    due: datetime | None
    waits_for: str


def stored(case: Case) -> Stored:
    """What stands on the case."""
    return Stored(case.ball_with_id, case.ball_what, case.ball_due, case.ball_waits_for)


def as_stored(ball: Ball) -> Stored:
    """What should stand on the case."""
    return Stored(ball.holder.pk if ball.holder else None, ball.what, ball.due, ball.waits_for)


def refresh(case: Case) -> None:
    """Compute the ball anew and store it: something has happened in the case that may have passed it on.

    The row is read again under its lock: what the caller holds may be older than what somebody else has just done.
    """
    now = _locked_rows().get(pk=case.pk)
    now.changed_at = clock.now()
    ball = compute(now)
    _write(now, ball, changed_at=now.changed_at)
    case.changed_at, case.ball_with = now.changed_at, ball.holder
    case.ball_what, case.ball_due, case.ball_waits_for = ball.what, ball.due, ball.waits_for


def correct(case: Case) -> bool:
    """Store the ball where it is not what it should be, without a change of the case; returns whether it was not."""
    ball = compute(case)
    is_wrong = as_stored(ball) != stored(case)
    if is_wrong:
        _write(case, ball)
    else:
        turns.keep(case, ball.holder, ball.waits_for)
    return is_wrong


def refresh_what_time_moved(at: datetime) -> int:
    """Store the balls that have moved by `at` although nobody did anything; returns how many."""
    with clock.moved_to(at):
        moved = _locked_rows(skip_locked=True).filter(has_moved(at), is_open())
        return sum(correct(case) for case in moved[:MOST_AT_ONCE])


def has_moved(at: datetime) -> Q:
    """Cases whose stored ball no longer holds at that moment."""
    return reduce(or_, [where(at) for where in _moved_by_time])


# A week may have passed at once; the next walk goes on.
MOST_AT_ONCE = 500


def is_open() -> Q:
    """Cases that are on their way."""
    return ~Q(state__in=ENDED)


def correct_some(after: UUID | None, limit: int) -> tuple[int, UUID | None]:
    """`correct` the next open cases after `after`: how many were wrong, and where the next ones begin, if any do."""
    cases = _locked_rows().filter(is_open()).order_by("pk")
    found = list((cases.filter(pk__gt=after) if after else cases)[:limit])
    return sum(correct(case) for case in found), found[-1].pk if len(found) == limit else None


def _locked_rows(*, skip_locked: bool = False) -> QuerySet[Case]:
    rows = Case.objects.select_for_update(of=("self",), no_key=True, skip_locked=skip_locked)
    return rows.select_related("referring", "approving", "local_office")


def _write(case: Case, ball: Ball, **changes: Any) -> None:
    Case.objects.filter(pk=case.pk).update(
        ball_with=ball.holder, ball_what=ball.what, ball_due=ball.due, ball_waits_for=ball.waits_for, **changes
    )
    turns.keep(case, ball.holder, ball.waits_for)


# The check


class Difference(NamedTuple):
    """A case in which what is stored is not what it should be."""

    code: str
    stored: Stored
    should_be: Stored
    is_turn_right: bool


def differences(cases: QuerySet[Case]) -> Iterator[Difference]:
    """Where a full recomputation of these cases finds something else than what is stored."""
    for case in cases.select_related("referring", "approving", "local_office"):
        ball = compute(case)
        should_be, is_turn_right = as_stored(ball), turns.is_right(case, ball.holder, ball.waits_for)
        if should_be != stored(case) or not is_turn_right:
            yield Difference(case.code_shown, stored(case), should_be, is_turn_right)
