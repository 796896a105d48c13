"""What the tests of the ball share: short acts, and whether what is stored is what is so."""

from datetime import timedelta

from cases import actions, ball
from cases.models import Case, Thread
from returns_portal import clock
from returns_portal.actor import acting_as

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def wrong() -> list[ball.Difference]:
    """The cases whose stored ball, or open turn, is not what follows from their data now."""
    return list(ball.differences(Case.objects.all()))


def fresh(case):
    """The case as it lies in the database now."""
    return Case.objects.get(pk=case.pk)


def held(case):
    """Whose ball it is, and what for."""
    now = fresh(case)
    return now.ball_with, now.ball_what


def ask(case, by, of, **when):
    """Ask another organisation a question."""
    with acting_as(by):
        return actions.ask(fresh(case), by=by, of=of.organisation, subject="Passport", text="Is there one?", **when)


def reply(thread, by):
    """Answer it."""
    with acting_as(by):
        actions.reply(Thread.objects.select_related("case").get(pk=thread.pk), by=by, text="Yes.")


def pause(case, by, days=10):
    """Pause the case."""
    with acting_as(by):
        actions.hold_case(fresh(case), by=by, reason="document", owner=by, until=clock.today() + days * DAY)
