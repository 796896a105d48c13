"""Who must do what, by when, or else: the one sentence that every case can say (process, rule 3)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.permissions import Section
from cases.states import HOLDABLE, State
from returns_portal import clock

if TYPE_CHECKING:
    from cases.models import Case
    from partners.models import Organisation, User


@dataclass(frozen=True)
class Task:
    """What a ball holder has to do: the words of the ball sentence, and the page where it is done."""

    what: Any
    otherwise: Any
    page: str
    section: Section = Section.STATUS
    is_safety: bool = False


@dataclass(frozen=True)
class Ball:
    """The ball of one case."""

    holder: "Organisation | None"
    what: str
    due: datetime | None = None


TASKS: dict[str, Task] = {
    "send_referral": Task(_("finish and send the referral"), _("the draft is deleted after 30 days"), "cases:referral"),
    "decide": Task(_("decide on the referral"), _("the person waits without knowing"), "cases:decide"),
    "answer": Task(_("answer Länsstyrelsen's question"), _("the decision cannot be made"), "cases:answer"),
    "take_on": Task(_("take on the case"), _("the person waits without knowing"), "cases:start-application"),
    "application": Task(
        _("inform the person and receive the signed application"),
        _("Länsstyrelsen is told after 30 days"),
        "cases:application",
        Section.APPLICATION,
    ),
    "answer_question": Task(
        _("answer the question"), _("work waits for the answer"), "cases:questions", Section.QUESTIONS
    ),
    "end_hold": Task(_("end the pause or extend it"), _("the case stays paused"), "cases:hold"),
    "nothing": Task(_("nothing"), "", "cases:case"),
}

Holder = Callable[["Case"], Ball | None]
_holders: dict[str, Holder] = {}


def tasks(new: dict[str, Task]) -> None:
    """Add the tasks of later chapters."""
    TASKS.update(new)


def holder(*states: str) -> Callable[[Holder], Holder]:
    """Register who holds the ball in `states`."""

    def register(function: Holder) -> Holder:
        for state in states:
            _holders[state] = function
        return function

    return register


# Under this name stands who watches over a pause; it comes before the state's own holder.
ON_HOLD = "hold"


def compute(case: "Case") -> Ball:
    """The ball as it follows from state and hold; a pause that has run out waits for whoever watches over it."""
    if case.held_until is not None and case.state in HOLDABLE and ON_HOLD in _holders:
        paused = _holders[ON_HOLD](case)
        if paused is not None:
            return paused
    found = _holders[case.state](case) if case.state in _holders else None
    return found or Ball(None, "nothing")


def refresh(case: "Case") -> None:
    """Store the ball on the case, for the lists; called by every action that may have passed it on."""
    ball = compute(case)
    case.ball_with, case.ball_what, case.ball_due = ball.holder, ball.what, ball.due
    type(case).objects.filter(pk=case.pk).update(
        ball_with=ball.holder, ball_what=ball.what, ball_due=ball.due, changed_at=clock.now()
    )


@dataclass(frozen=True)
class Sentence:
    """The ball sentence as one reader sees it."""

    is_yours: bool
    heading: str
    text: str
    page: str
    label: str
    is_late: bool


def _last_word(case: "Case") -> str:
    """What is said of a case that waits for nobody."""
    if case.destroyed_at is not None:
        return ""
    if case.state == State.WITHDRAWN:
        said = str(_("The person can start again at any time."))
    elif case.state == State.DECLINED:
        said = str(_("Reason and other help are in the decision."))
    else:
        said = ""
    if case.is_ended and case.retention_on:
        kept = str(_("Data is erased on %(day)s.")) % {"day": date_format(case.retention_on, "j F Y")}
        said = f"{said} {kept}".strip()
    return said


def sentence(case: "Case", user: "User") -> Sentence:
    """The ball sentence for `user`: their turn or not, what, by when, or else."""
    task = TASKS.get(case.ball_what, TASKS["nothing"])
    due = case.ball_due
    is_late = due is not None and due < clock.now()
    when = date_format(due.astimezone(clock.STOCKHOLM), "l j F") if due else ""
    access = case.access_for(user)
    if case.ball_with_id is None:
        return Sentence(False, str(pgettext_lazy("ball", "Nothing for you now.")), _last_word(case), "", "", False)
    reads = access.may_read(task.section) or task.section == Section.STATUS
    if case.ball_with_id == user.organisation_id and reads:
        heading = str(_("Your turn: %(what)s")) % {"what": task.what}
        if when and task.otherwise:
            text = str(_("By %(day)s, otherwise %(otherwise)s.")) % {"day": when, "otherwise": task.otherwise}
        elif when:
            text = str(_("By %(day)s.")) % {"day": when}
        else:
            text = ""
        return Sentence(True, heading, text, task.page, str(task.what), is_late)
    assert case.ball_with is not None
    name = case.ball_with.name
    if when:
        text = str(_("Waiting for %(organisation)s until %(day)s.")) % {"organisation": name, "day": when}
    else:
        text = str(_("Waiting for %(organisation)s.")) % {"organisation": name}
    return Sentence(False, str(pgettext_lazy("ball", "Nothing for you now.")), text, "", "", is_late)
