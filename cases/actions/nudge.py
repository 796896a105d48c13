"""A reminder by hand: who waits asks who has the turn to go on, and not too often."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _

from cases import ball, emails
from cases.actions.move import StepRefused, locked, record_event
from cases.guards import Blocker
from cases.models import Case, Nudge, ProgrammeNumber, Thread
from cases.permissions import Relation, Section
from cases.states import State
from partners.models import Organisation, User
from returns_portal import clock
from returns_portal.ui import clock_time, local_day, short_day

WEEK = timedelta(days=7)
# Nobody sets the week's number so high.
LOOKED_AT = 20
QUESTION, GIVEN = "answer_question", "nudges_given"


class Press(NamedTuple):
    """One reminder that was given, by whom, and what the programme allows now."""

    at: datetime
    by: str | None
    wait_hours: int | None
    a_week: int | None


@dataclass(frozen=True)
class Standing:
    """Whether somebody may remind now, and the sentence that says when the last one was and when the next may be."""

    may: bool
    said: str = ""


def may_know(case: Case, user: User, *, asks: bool | None = None) -> bool:
    """Whether this person may know what is waited for here: an informed office, for one, may not.

    A question is a matter between two: whoever asked it may remind of it. `asks` says so where it is known already.
    """
    access = case.access_for(user)
    if access.relation in {None, Relation.INFORMED} or case.limited_since is not None:
        return False
    if case.ball_what == QUESTION:
        return is_asked_by(case, user) if asks is None else asks
    return access.may_read(section_of(case))


def is_asked_by(case: Case, user: User) -> bool:
    """Whether this person's organisation waits for an answer of whoever has the turn."""
    open_ones = Thread.objects.of(case).filter(wants_answer=True, answered_at__isnull=True, closed_at__isnull=True)
    return open_ones.filter(asked_by=user.organisation_id, asked_of=case.ball_with_id).exists()


def waits(case: Case, user: User) -> bool:
    """Whether another organisation has the turn, and time runs."""
    is_running = not (case.is_ended or case.is_on_hold or case.state == State.DRAFT)
    return is_running and case.ball_with_id not in {None, user.organisation_id}


def section_of(case: Case) -> Section:
    """The section that the ball's task belongs to: whoever reads it may know of a reminder."""
    return ball.TASKS.get(case.ball_what, ball.TASKS["nothing"]).section


def standing(case: Case, user: User, *, asks: bool | None = None) -> Standing | None:
    """What the case page says beside the ball sentence; None where there is nothing to remind of."""
    if not (waits(case, user) and may_know(case, user, asks=asks)):
        return None
    return _standing(case)


def beside_the_case() -> dict[str, Any]:
    """What the gate reads together with the case, for pages that count their statements."""
    return {GIVEN: ArraySubquery(_given(organisation=OuterRef("ball_with"), case=OuterRef("pk")))}


def presses(case: Case) -> list[Press]:
    """The latest reminders to whoever has the turn, newest first, with the numbers that hold."""
    rows = case.__dict__.get(GIVEN)
    if rows is None:
        rows = [given["row"] for given in _given(organisation=case.ball_with_id, case=case)]
    return [Press(datetime.fromisoformat(row["at"]), row["who"], row["wait"], row["week"]) for row in rows]


def _given(**which: Any) -> QuerySet[Nudge, Any]:
    row = JSONObject(at="at", who="by__name", wait=_number("nudge_wait_hours"), week=_number("nudges_a_week"))
    return Nudge.objects.filter(**which).order_by("-at").annotate(row=row).values("row")[:LOOKED_AT]


def _number(code: str) -> Subquery:
    return Subquery(ProgrammeNumber.objects.filter(code=code).values("amount")[:1])


def _standing(case: Case) -> Standing:
    given = presses(case)
    if not given:
        return Standing(may=True)
    last, free = given[0], free_from(given, is_safety=ball.TASKS[case.ball_what].is_safety)
    said = _("Reminded %(when)s by %(who)s.") % {"when": when(last.at), "who": last.by or _("somebody")}
    if free <= clock.now():
        return Standing(may=True, said=said)
    again = _("You can remind again %(when)s.") % {"when": when(free)}
    return Standing(may=False, said=f"{said} {again}")


def free_from(given: Sequence[Press], *, is_safety: bool) -> datetime:
    """From when on the next reminder may be given: so long after the last one, and only so many within a week.

    Of what somebody's safety hangs on there is no such number.
    """
    wait, a_week = given[0].wait_hours or 0, given[0].a_week or 1
    free = given[0].at + timedelta(hours=wait)
    if len(given) >= a_week and not is_safety:
        free = max(free, given[a_week - 1].at + WEEK)
    return free


def when(moment: datetime) -> str:
    """A moment near today in words: "yesterday at 14.02"."""
    time = clock_time(moment)
    match (local_day(moment) - clock.today()).days:
        case 0:
            return _("today at %(time)s") % {"time": time}
        case -1:
            return _("yesterday at %(time)s") % {"time": time}
        case 1:
            return _("tomorrow at %(time)s") % {"time": time}
    return _("%(day)s at %(time)s") % {"day": short_day(moment), "time": time}


def whom_to_remind(case: Case) -> list[User]:
    """Who of the ball holder is told: the responsible person, else everybody who works with the case there."""
    holder = case.ball_with
    if holder is None:
        return []
    relation = {case.referring_id: Relation.REFERRING, case.approving_id: Relation.APPROVING}.get(holder.pk)
    if relation is None:
        is_helsinki = holder.kind == Organisation.Kind.IOM_HELSINKI
        relation = Relation.COORDINATING if is_helsinki else Relation.SUPPORTING
    return emails.responsible_for(case, relation)


def why_not(case: Case, user: User) -> list[Blocker]:
    """What stands against a reminder now."""
    page = case.get_absolute_url()
    if case.is_ended:
        return [Blocker(_("The case has ended: nobody waits any more."), page)]
    if case.is_on_hold:
        return [Blocker(_("The case is paused. When the pause ends you can remind again."), page)]
    if case.ball_with_id == user.organisation_id:
        return [Blocker(_("It is your own organisation’s turn now."), page)]
    if not waits(case, user):
        return [Blocker(_("There is nobody to remind now."), page)]
    now = _standing(case)
    if not now.may:
        return [Blocker(now.said, page)]
    return []


@transaction.atomic
def nudge(case: Case, *, by: User) -> list[User]:
    """Remind whoever has the turn, once; returns who was told. Whoever presses second is told of the first."""
    case = locked(case)
    if not may_know(case, by):
        raise PermissionDenied
    if missing := why_not(case, by):
        raise StepRefused(case, "nudge", missing)
    holder, people = case.ball_with, whom_to_remind(case)
    if holder is None or not people:
        raise StepRefused(case, "nudge", [Blocker(_("Nobody there can be told now. Ring them instead."), "")])
    pressed = Nudge.objects.create(case=case, by=by, organisation=holder)
    # Who has the turn may change with the line of history: whom it was for is settled before.
    between = holder if case.ball_what == QUESTION else None
    record_event(case, "nudge", by=by, section=section_of(case), only_with=between)
    emails.notify(case, people, "nudged", key=f"nudge:{pressed.pk}")
    return people
