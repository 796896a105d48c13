"""A worker killed at any moment between claim and commit: nothing is lost, and twice sent only what was just taken."""

import os
import random
import signal
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction

from cases.emails import notify
from cases.models import Notification
from returns_portal import clock, mail
from returns_portal.models import OutboxItem
from tests.faults.post import STAGES, Strike

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 200
CLAIMED = "claimed"  # before the mail server hears of it
LEASE = 61.0
# Each worker finds what those died over that were killed so long before it, and takes it over.
SECONDS_BETWEEN = 7.0


def kill_when_claimed(fork, ahead):
    """Kill a worker that has claimed an item and not yet read what it is to send."""
    before = OutboxItem.objects.filter(attempts__gt=0).count(), OutboxItem.objects.filter(attempts__gt=1).count()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE cases_notification IN ACCESS EXCLUSIVE MODE")
        pid = fork.begin(ahead=ahead)
        until = time.monotonic() + 4
        while (
            OutboxItem.objects.filter(attempts__gt=0).count(),
            OutboxItem.objects.filter(attempts__gt=1).count(),
        ) == before and time.monotonic() < until:
            time.sleep(0.002)
        os.kill(pid, signal.SIGKILL)
    return fork.end()


def kill_at(stage, post, fork, ahead, after):
    """Kill a worker when its mail number `after` has come so far."""

    def aim(pid):
        post.strike = Strike(pid, stage, after)

    fork.begin(ahead=ahead, ready=aim)
    return fork.end()


def test_no_kill_loses_a_message_and_none_is_mailed_twice_but_what_the_server_had_just_taken(
    make_case, cast, post, workers, figures
):
    case = make_case(reached="referred")
    OutboxItem.objects.all().delete()
    told = Notification.objects.count()
    for number in range(ROUNDS * 2):
        notify(case, [cast.lars], "question_asked", key=f"kill-{number}")
    assert Notification.objects.count() == told + ROUNDS * 2

    kills: Counter[str] = Counter()
    chance, fork = random.Random(4), workers[0]
    for number in range(ROUNDS):
        stage, ahead = (CLAIMED, *STAGES)[number % 6], number * SECONDS_BETWEEN
        if stage == CLAIMED:
            status = kill_when_claimed(fork, ahead)
        else:
            status = kill_at(stage, post, fork, ahead, after=0 if stage == "greeting" else chance.randrange(3))
        assert status == signal.SIGKILL, f"round {number}, {stage}: it ended with {status}"
        kills[stage] += 1
    killed_items = OutboxItem.objects.filter(done_at=None, attempts__gt=0).count()

    # Who lives goes on, until nothing waits.
    ahead = ROUNDS * SECONDS_BETWEEN
    while OutboxItem.objects.filter(done_at=None).exists() and ahead < ROUNDS * SECONDS_BETWEEN + 3600:
        ahead += LEASE
        fork.run(ahead=ahead)

    items = {mail.message_id(item): item for item in OutboxItem.objects.all()}
    sent, again = post.count(), {}
    again = {message: times - 1 for message, times in sent.items() if times > 1}
    lost = [item for message, item in items.items() if not sent[message]]
    figures(
        "killed workers",
        messages=len(items),
        rounds=sum(kills.values()),
        lost=len(lost),
        duplicated=sum(again.values()),
        retaken=OutboxItem.objects.filter(attempts__gt=1).count(),
        left_after_the_kills=killed_items,
        **{f"killed_when_{stage}": times for stage, times in kills.items()},
    )
    assert kills.total() == ROUNDS
    assert not lost
    assert not OutboxItem.objects.filter(done_at=None).exists()
    assert not OutboxItem.objects.filter(failed_at__isnull=False).exists()
    # In the inbox each stands once, and knows that its mail has left.
    lines = Notification.objects.filter(what="question_asked", recipient=cast.lars, case=case)
    assert (lines.count(), set(lines.values_list("mail", flat=True))) == (ROUNDS * 2, {"sent"})
    # Twice only what the server had taken when it killed, and by its number a mailbox knows it again.
    assert sum(again.values()) <= kills["taken"]
    assert set(sent) == set(items)
    assert post.struck.count("taken") == kills["taken"]


def test_a_worker_that_hangs_in_the_middle_keeps_its_item_whatever_the_clock_says(
    make_case, cast, post, workers, figures
):
    case = make_case(reached="referred")
    OutboxItem.objects.all().delete()
    notify(case, [cast.lars], "question_asked", key="slow")
    post.hold_answers()
    slow, other = workers
    slow.begin()
    post.await_held()
    week = timedelta(days=7).total_seconds()
    for ahead in (LEASE, week, 2 * week):
        other.run(ahead=ahead)
    assert not post.taken
    post.release()
    assert slow.end() == 0
    other.run(ahead=3 * week)
    item = OutboxItem.objects.get()
    assert (len(post.taken), item.attempts, item.done_at is None) == (1, 1, False)
    assert Notification.objects.get(key__contains="slow").mail == "sent"
    figures("clock jumps a week in a delivery", jumps=3, lost=0, duplicated=len(post.taken) - 1)


def test_what_a_dead_worker_held_is_free_at_once_after_such_a_jump(make_case, cast, post, workers):
    case = make_case(reached="referred")
    OutboxItem.objects.all().delete()
    notify(case, [cast.lars], "question_asked", key="dead")
    kill_at("rcpt", post, workers[0], 0, 0)
    workers[1].run(ahead=30)
    assert not post.taken  # the lease still holds
    workers[1].run(ahead=timedelta(days=7).total_seconds())
    assert len(post.taken) == 1
    assert clock.now() < OutboxItem.objects.get().done_at
