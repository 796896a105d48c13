"""The broker is away, ticks come twice, and Celery's own processes die: the database is the queue of record."""

import os
import re
import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from kombu import Connection

from cases.emails import notify
from cases.models import Notification
from cases.tasks import walk_the_clocks
from returns_portal import clock
from returns_portal.celery import app
from returns_portal.children import Child, stop_all
from returns_portal.models import OutboxItem
from returns_portal.tasks import deliver_outbox
from tests.processes import beat, environment, wait_for, worker

pytestmark = pytest.mark.django_db(transaction=True)

SLOWEST = 2.0
STORM = 30.0


@pytest.fixture
def running():
    """The processes of a test, ended with it."""
    children: list[Child] = []
    yield children
    stop_all(children)


def test_a_step_succeeds_while_the_broker_is_away_and_its_mail_leaves_when_it_is_back(
    as_, cast, make_case, post, broker, running, tmp_path, monkeypatch, figures
):
    case = make_case(reached="referred")
    OutboxItem.objects.all().delete()
    # Whatever this process published would go to that broker, over a line of its own.
    monkeypatch.setattr(app.conf, "broker_url", broker.url)
    monkeypatch.setattr(app, "_pool", None)
    monkeypatch.setattr(app.amqp, "_producer_pool", None)
    env = environment(post.url, broker.url)
    running += [worker(tmp_path, env), beat(tmp_path, env)]
    notify(case, [cast.lars], "question_asked", key="before")
    wait_for(lambda: len(post.taken) == 1, running)

    broker.stop()
    begun = time.monotonic()
    response = as_(cast.sara).post(f"{case.get_absolute_url()}withdraw/", {"note": ""})
    took = time.monotonic() - begun
    case.refresh_from_db()
    assert (response.status_code, case.state) == (302, "withdrawn")
    assert took < SLOWEST
    time.sleep(8)  # longer than from tick to tick
    waiting = OutboxItem.objects.filter(kind="mail", done_at=None)
    assert len(post.taken) == 1
    told = waiting.count()
    assert told == Notification.objects.filter(case=case, what="withdrawn").count() >= 1

    broker.start()
    back = time.monotonic()
    wait_for(lambda: not waiting.exists(), running)
    figures(
        "broker away for a whole step",
        step_seconds=round(took, 2),
        mails=told,
        seconds_after_it_was_back=round(time.monotonic() - back, 1),
        lost=told - (len(post.taken) - 1),
        duplicated=post.count().total() - len(post.count()),
    )
    assert (len(post.taken), post.count().total()) == (1 + told, len(post.count()))


def test_ticks_that_come_twice_and_two_beats_at_once_tell_nobody_twice(
    cast, make_case, post, broker, running, tmp_path, figures
):
    env = environment(post.url, broker.url)
    running += [worker(tmp_path, env, concurrency=2), beat(tmp_path, env), beat(tmp_path, env, "second-beat")]
    ago = clock.now() - timedelta(weeks=3)
    with clock.moved_to(ago):
        cases = [make_case(reached="referred") for _number in range(5)]
    OutboxItem.objects.all().delete()
    before = Notification.objects.count()

    until, ticks = time.monotonic() + STORM, 0
    with Connection(broker.url) as line:
        while time.monotonic() < until:
            for task in (walk_the_clocks, walk_the_clocks, deliver_outbox, deliver_outbox):
                task.apply_async(connection=line)
                ticks += 1
            time.sleep(1)
    wait_for(lambda: not OutboxItem.objects.filter(done_at=None).exists(), running)

    lines = Notification.objects.filter(rule="decision", case__in=cases)
    told = list(lines.values_list("case", "recipient"))
    count = post.count()
    figures(
        "two beats and double ticks",
        seconds=STORM,
        ticks=ticks,
        reminders=len(told),
        reminders_twice=len(told) - len(set(told)),
        mails=len(count),
        duplicated=count.total() - len(count),
    )
    assert set(told) == {(case.pk, user.pk) for case in cases for user in (cast.lars, cast.lena)}
    assert len(told) == len(set(told))
    assert len(count) == count.total() == Notification.objects.count() - before
    assert set(OutboxItem.objects.values_list("attempts", flat=True)) == {1}


def children_of(pid):
    """The processes that a worker has forked, however deep."""
    found = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    return found + [deeper for child in found for deeper in children_of(child)]


def dies_while_delivering(post, running, broker, victims):
    """Ask for one delivery, and kill what `victims` names while the mail server still thinks about the mail."""
    post.hold_answers()
    with Connection(broker.url) as line:
        deliver_outbox.apply_async(connection=line)
    post.await_held()
    for pid in victims():
        os.kill(pid, signal.SIGKILL)
    post.forget_held()


@pytest.fixture
def one_message(cast, make_case):
    """One message to Lars, with nothing else to send."""
    case = make_case(reached="referred")
    OutboxItem.objects.all().delete()
    notify(case, [cast.lars], "question_asked", key="celery")
    return OutboxItem.objects.get()


@pytest.fixture
def moving_clock(tmp_path):
    """A clock that tests and processes read from one file; the demo's."""
    return tmp_path / "clock"


def test_a_task_whose_process_is_killed_is_given_back_and_its_item_done_once(
    one_message, post, broker, running, tmp_path, moving_clock, figures
):
    env = environment(post.url, broker.url, PORTAL_MODE="demo", DEMO_CLOCK_FILE=str(moving_clock))
    running.append(worker(tmp_path, env))  # no beat: whatever comes comes from the task that was given back
    dies_while_delivering(post, running, broker, lambda: children_of(running[0].process.pid))
    moving_clock.write_text("61", encoding="ascii")  # past the lease
    wait_for(lambda: OutboxItem.objects.filter(done_at__isnull=False).exists(), running)
    one_message.refresh_from_db()
    figures("pool process killed", mails=1, attempts=one_message.attempts, duplicated=len(post.taken) - 1)
    assert (one_message.attempts, len(post.taken)) == (2, 1)
    assert list(Notification.objects.filter(pk=one_message.row_id).values_list("mail", flat=True)) == ["sent"]


def test_a_task_whose_whole_worker_is_killed_comes_back_when_it_is_no_longer_hidden(
    one_message, post, broker, running, tmp_path, moving_clock, figures
):
    env = environment(post.url, broker.url, PORTAL_MODE="demo", DEMO_CLOCK_FILE=str(moving_clock))
    first = worker(tmp_path, env, "first")
    dies_while_delivering(post, [first], broker, lambda: [first.process.pid, *children_of(first.process.pid)])
    first.process.wait()
    moving_clock.write_text("61", encoding="ascii")
    # Nobody waits ten minutes here: what the dead worker had taken becomes that much older.
    store = redis.Redis.from_url(broker.url)
    hidden = store.zrange("unacked_index", 0, -1, withscores=True)
    assert len(hidden) == 1
    seconds = app.conf.broker_transport_options["visibility_timeout"]
    for tag, _since in hidden:
        store.zincrby("unacked_index", -seconds, tag)
    running.append(worker(tmp_path, env, "second"))
    wait_for(lambda: OutboxItem.objects.filter(done_at__isnull=False).exists(), running)
    one_message.refresh_from_db()
    figures("whole worker killed", mails=1, attempts=one_message.attempts, duplicated=len(post.taken) - 1)
    assert (one_message.attempts, len(post.taken)) == (2, 1)
    wait_for(lambda: not store.zcard("unacked_index"), running)


def test_the_limits_of_celery_fit_each_other():
    from returns_portal import outbox

    conf = app.conf
    hard, soft = conf.task_time_limit, conf.task_soft_time_limit
    # A round, and the longest item begun at its end, are over before the task is asked to stop, then stopped, and
    # all that before the broker gives the task to somebody else.
    assert outbox.ROUND_SECONDS < soft < hard <= conf.broker_transport_options["visibility_timeout"] / 2
    assert outbox.LONGEST_SILENCE.total_seconds() <= hard
    assert (conf.task_acks_late, conf.task_reject_on_worker_lost, conf.worker_prefetch_multiplier) == (True, True, 1)
    assert conf.broker_connection_max_retries is None
    # A worker that went away for a while does not find a pile of old ticks.
    assert all(entry["options"]["expires"] <= 6 * 3600 for entry in conf.beat_schedule.values())
    compose = Path(__file__).resolve().parent.parent.parent.joinpath("docker-compose.yml").read_text(encoding="utf-8")
    assert re.search(r"celery -A returns_portal worker .*--without-mingle", compose)
