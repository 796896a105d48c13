"""What leaving costs: a thousand mails over a real mail server, and finding what is due among a hundred thousand."""

import statistics
import time

import pytest

from cases.emails import notify
from cases.models import Notification
from returns_portal import clock
from returns_portal.actor import acting_as_system
from returns_portal.models import OutboxItem
from tests.faults.post import PostOffice
from tests.processes import environment, forks

MAILS, DONE, ROUNDS = 1_000, 100_000, 40
# All sent, and found (performance): seconds, and milliseconds.
SENT, FOUND = 10.0, 5.0


@pytest.fixture
def post():
    """A mail server that takes everything."""
    office = PostOffice()
    office.open()
    yield office
    office.close()


def bench_outbox(transactional_db, cast, make_case, post, tmp_path, capsys):
    """A worker of its own sends what 1,000 reminders put there, beside 100,000 items that are done."""
    case = make_case(reached="referred")
    with acting_as_system("tests"):
        OutboxItem.objects.all().delete()
        OutboxItem.objects.bulk_create(
            [OutboxItem(kind="mail", key=f"done-{n}", done_at=clock.now()) for n in range(DONE)], batch_size=5_000
        )
        for number in range(MAILS):
            notify(case, [cast.lars], "question_asked", key=f"bench-{number}")
        due = OutboxItem.objects.filter(done_at=None, failed_at=None, due_at__lte=clock.now())
        times = []
        for _round in range(ROUNDS):
            begun = time.perf_counter()
            found = len(due.order_by("-is_safety", "due_at", "pk").values_list("pk", flat=True))
            times.append((time.perf_counter() - begun) * 1000)
    assert found == MAILS
    with forks(tmp_path, environment(post.url)) as (fork,):
        fork.run("nothing")  # it has loaded Django
        begun, rounds = time.perf_counter(), 0
        while due.exists():
            fork.run()
            rounds += 1
        took = time.perf_counter() - begun
    find = statistics.median(times)
    with capsys.disabled():
        print(  # noqa: T201  # the result
            f"\nfound {found} due in {find:.1f} ms; sent {len(post.taken)} in {took:.1f} s,"
            f" {took / MAILS * 1000:.1f} ms each, {rounds} rounds, {post.connections} connections"
        )
    assert Notification.objects.filter(mail="sent").count() == MAILS
    assert (len(post.taken), post.count().total()) == (MAILS, MAILS)
    assert (took < SENT, find < FOUND) == (True, True)
