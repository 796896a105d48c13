"""The clock jumps a week while nothing runs: the next walk sends all that fell due meanwhile, once."""

from datetime import timedelta

import pytest

from cases.actions.remind import walk_the_clocks
from cases.models import Notification
from returns_portal import clock
from returns_portal.actor import acting_as_system
from returns_portal.models import OutboxItem
from tests.faults.test_killed_workers import LEASE

pytestmark = pytest.mark.django_db(transaction=True)

WEEK = timedelta(days=7).total_seconds()


def open_reminders():
    """Case, rule and recipient of each reminder that stands open."""
    return sorted(
        Notification.objects.exclude(rule="").filter(settled_at=None).values_list("case", "rule", "recipient")
    )


def test_after_a_week_at_one_jump_the_next_walk_tells_everybody_once(make_case, cast, post, workers, figures):
    for state in ("referred", "referred", "approved", "application", "assessment", "travel"):
        make_case(reached=state)
    one, other = workers
    one.run("walk", "deliver")
    OutboxItem.objects.filter(done_at=None).delete()
    post.taken.clear()
    before = set(Notification.objects.values_list("pk", flat=True))

    # Two workers wake at once after the jump, and walk and deliver together.
    for fork in workers:
        fork.begin("walk", "deliver", ahead=WEEK)
    assert [fork.end() for fork in workers] == [0, 0]
    found = open_reminders()
    new = Notification.objects.exclude(pk__in=before).exclude(rule="")
    assert {"decision", "receipt_by_iom", "first_contact"} <= set(new.values_list("rule", flat=True))
    # Of several rungs that fell due at once each person is told the last, once.
    assert len(found) == len(set(found))
    identities = list(new.values_list("case", "rule", "subject", "due_at", "rung", "recipient"))
    assert len(identities) == len(set(identities))

    # Nothing was left for the walks after it, nor does a further one tell anybody again.
    told = new.count()
    with clock.moved_to(clock.now() + timedelta(seconds=WEEK)), acting_as_system("tests"):
        assert walk_the_clocks() == 0
    for number in range(1, 4):
        other.run("walk", "deliver", ahead=WEEK + number * LEASE)
    assert open_reminders() == found
    count = post.count()
    figures(
        "clock jumps a week",
        reminders=told,
        reminders_twice=len(identities) - len(set(identities)),
        mails=len(count),
        lost=OutboxItem.objects.filter(done_at=None, due_at__lte=clock.now() + timedelta(days=6)).count(),
        duplicated=count.total() - len(count),
    )
    assert len(count) == count.total()
    mailed = new.filter(mail="sent").count()
    assert mailed == told
