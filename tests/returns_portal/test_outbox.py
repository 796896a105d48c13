import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPSenderRefused, SMTPServerDisconnected
from typing import Any

import pytest
from django.db import connection, transaction

from returns_portal import clock, looks, outbox
from returns_portal.crypto import Shredded
from returns_portal.models import Look, OutboxItem

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.fixture
def kind() -> Iterator[str]:
    """A kind of item that no other test knows."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    yield name
    outbox._handlers.pop(name, None)


@pytest.fixture
def done(kind: str) -> list[OutboxItem]:
    """The items of `kind` that its handler was given."""
    given: list[OutboxItem] = []
    outbox.handles(kind)(given.append)
    return given


def look() -> None:
    looks.record(None, None, "journey", "view", "test")


def failing(error: Exception) -> Callable[[OutboxItem], None]:
    """A handler that writes something and then fails."""

    def handler(item: OutboxItem) -> None:
        look()
        raise error

    return handler


@pytest.mark.django_db
def test_an_item_is_done_once(kind: str, done: list[OutboxItem]) -> None:
    case_id, row_id, recipient_id = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    outbox.put(kind, key="a", case_id=case_id, row_id=row_id, recipient_id=recipient_id, data={"language": "sv"})
    assert (outbox.deliver(), outbox.deliver()) == (1, 0)
    (item,) = done
    assert (item.case_id, item.row_id, item.recipient_id, item.data) == (
        case_id,
        row_id,
        recipient_id,
        {"language": "sv"},
    )
    item.refresh_from_db()
    assert (item.attempts, item.leased_until, item.failed_at, item.last_error) == (1, None, None, "")
    assert item.done_at is not None


@pytest.mark.django_db
def test_a_second_item_of_the_same_key_is_dropped(kind: str, done: list[OutboxItem]) -> None:
    for key in ("a", "a", "b"):
        outbox.put(kind, key=key)
    assert outbox.deliver() == 2
    outbox.put(kind, key="a")
    assert outbox.deliver() == 0
    assert [item.key for item in done] == ["a", "b"]


@pytest.mark.django_db
def test_an_item_belongs_to_the_transaction_that_writes_it(kind: str, done: list[OutboxItem]) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        outbox.put(kind, key="a")
        _ = 1 / 0
    assert outbox.deliver() == 0


@pytest.mark.django_db
def test_items_wait_until_due_and_the_oldest_goes_first(kind: str, done: list[OutboxItem]) -> None:
    with clock.moved_to(MONDAY):
        outbox.put(kind, key="later", due_at=MONDAY + timedelta(hours=2))
        outbox.put(kind, key="soon", due_at=MONDAY + timedelta(hours=1))
        assert outbox.deliver() == 0
    with clock.moved_to(MONDAY + timedelta(hours=3)):
        assert outbox.deliver(limit=1) == 1
        assert outbox.deliver() == 1
    assert [item.key for item in done] == ["soon", "later"]


@pytest.mark.django_db
def test_the_handler_acts_as_the_outbox(kind: str) -> None:
    actors = []

    @outbox.handles(kind)
    def handler(item: OutboxItem) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT split_part(current_setting('app.token'), '|', 2), wall_is_system()")
            actors.append(cursor.fetchone())

    outbox.put(kind, key="a")
    outbox.deliver()
    assert actors == [("system:outbox", True)]


@pytest.mark.django_db
def test_a_failure_writes_nothing_and_is_tried_again_later(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    outbox.handles(kind)(failing(ValueError("Drita Hoxha")))
    before = Look.objects.count()
    with clock.moved_to(MONDAY):
        outbox.put(kind, key="a")
        assert outbox.deliver() == 0
        item = OutboxItem.objects.get(key="a")
        assert (item.attempts, item.last_error, item.failed_at, item.leased_until) == (1, "ValueError", None, None)
        assert timedelta(seconds=29) < item.due_at - MONDAY < timedelta(seconds=40)
        assert outbox.deliver() == 0
        assert OutboxItem.objects.get(key="a").attempts == 1
    with clock.moved_to(MONDAY + timedelta(minutes=1)):
        outbox.handles(kind)(lambda item: look())
        assert outbox.deliver() == 1
    assert Look.objects.count() == before + 1
    assert "Drita" not in caplog.text
    assert "ValueError" in caplog.text


@pytest.mark.django_db
def test_one_bad_item_does_not_stop_the_others(kind: str) -> None:
    def handler(item: OutboxItem) -> None:
        if item.key == "bad":
            raise ValueError

    outbox.handles(kind)(handler)
    for key in ("bad", "good"):
        outbox.put(kind, key=key)
    assert outbox.deliver() == 1


def test_the_waits_double_up_to_a_quarter_of_an_hour() -> None:
    minutes = [outbox.wait_after(attempt).total_seconds() / 60 for attempt in (1, 2, 3, 5, 6, 7, 100)]
    assert minutes == [0.5, 1, 2, 8, 15, 15, 15]


@pytest.mark.django_db
def test_it_gives_up_visibly(kind: str) -> None:
    outbox.handles(kind)(failing(ConnectionError()))
    moment = MONDAY
    with clock.moved_to(moment):
        outbox.put(kind, key="a")
    for _attempt in range(outbox.ATTEMPTS + 3):
        with clock.moved_to(moment):
            outbox.deliver()
        moment += timedelta(hours=3)
    item = OutboxItem.objects.get(key="a")
    assert (item.attempts, item.last_error, item.done_at) == (outbox.ATTEMPTS, "ConnectionError", None)
    assert item.failed_at is not None


@pytest.mark.django_db
def test_a_shredded_case_is_not_tried_again(kind: str) -> None:
    outbox.handles(kind)(failing(Shredded()))
    outbox.put(kind, key="a")
    outbox.deliver()
    item = OutboxItem.objects.get(key="a")
    assert (item.attempts, item.last_error, item.failed_at is None) == (1, "Shredded", False)


@pytest.mark.django_db
def test_an_item_nobody_handles_waits(kind: str) -> None:
    outbox.put(kind, key="a")
    outbox.deliver()
    item = OutboxItem.objects.get(key="a")
    assert (item.last_error, item.failed_at) == ("NoHandler", None)


@pytest.mark.django_db
def test_a_dead_workers_item_is_taken_over_after_its_lease(kind: str, done: list[OutboxItem]) -> None:
    with clock.moved_to(MONDAY):
        outbox.put(kind, key="a")
        assert outbox._claim() is not None
        assert outbox.deliver() == 0
    with clock.moved_to(MONDAY + timedelta(seconds=61)):
        assert outbox.deliver() == 1
    assert done[0].attempts == 2


@pytest.mark.django_db
def test_an_item_that_kills_its_workers_is_given_up(kind: str, done: list[OutboxItem]) -> None:
    outbox.put(kind, key="a")
    OutboxItem.objects.filter(key="a").update(attempts=outbox.ATTEMPTS)
    assert outbox.deliver() == 0
    item = OutboxItem.objects.get(key="a")
    assert (done, item.last_error, item.failed_at is None) == ([], "WorkerLost", False)


@pytest.mark.django_db
def test_a_worker_that_lost_its_lease_writes_nothing(kind: str) -> None:
    def slow(item: OutboxItem) -> None:
        look()
        OutboxItem.objects.filter(pk=item.pk).update(attempts=item.attempts + 1)

    outbox.handles(kind)(slow)
    before = Look.objects.count()
    outbox.put(kind, key="a")
    assert outbox.deliver(limit=1) == 0
    assert (Look.objects.count(), OutboxItem.objects.get(key="a").done_at) == (before, None)


@pytest.mark.django_db(transaction=True)
def test_many_workers_do_each_item_once(kind: str) -> None:
    given: list[Any] = []
    outbox.handles(kind)(lambda item: given.append(item.pk))
    for number in range(40):
        outbox.put(kind, key=f"{number}")

    def work() -> None:
        try:
            while outbox.deliver(limit=5):
                pass
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(given) == sorted(OutboxItem.objects.filter(kind=kind).values_list("pk", flat=True))
    assert set(OutboxItem.objects.filter(kind=kind).values_list("attempts", flat=True)) == {1}


@pytest.mark.django_db(transaction=True)
def test_a_worker_passes_over_what_another_is_taking(kind: str, done: list[OutboxItem]) -> None:
    for key in ("a", "b"):
        outbox.put(kind, key=key)
    counts = []

    def work() -> None:
        try:
            counts.append(outbox.deliver())
        finally:
            connection.close()

    with transaction.atomic():
        OutboxItem.objects.select_for_update().get(key="a")
        worker = threading.Thread(target=work)
        worker.start()
        worker.join(timeout=4)
        assert not worker.is_alive()
    assert (counts, [item.key for item in done]) == ([1], ["b"])


@pytest.mark.django_db
def test_what_keeps_a_person_safe_goes_before_a_thousand_others(kind: str, done: list[OutboxItem]) -> None:
    with clock.moved_to(MONDAY):
        OutboxItem.objects.bulk_create(OutboxItem(kind=kind, key=f"digest-{number}") for number in range(1000))
    with clock.moved_to(MONDAY + timedelta(hours=1)):
        outbox.put(kind, key="alarm", is_safety=True)
        assert outbox.deliver(limit=2) == 2
    assert [item.key for item in done] == ["alarm", "digest-0"]


@pytest.mark.django_db
def test_who_asked_is_told_of_each_failure_and_of_the_last(kind: str) -> None:
    told = []

    @outbox.when_failing(kind)
    def tell(item: OutboxItem, *, is_final: bool) -> None:
        told.append((item.attempts, is_final, outbox.is_late(item)))
        raise ValueError  # takes nothing back

    outbox.handles(kind)(failing(ConnectionError()))
    moment = MONDAY
    with clock.moved_to(moment):
        outbox.put(kind, key="a")
    for _attempt in range(outbox.ATTEMPTS):
        with clock.moved_to(moment):
            outbox.deliver()
        moment += timedelta(hours=3)
    outbox._when_failing.pop(kind)
    assert OutboxItem.objects.get(key="a").failed_at is not None
    # By its attempts, not by the clock, which went three hours at a time.
    assert [attempts for attempts, _final, late in told if late][0] == 8
    assert [attempts for attempts, final, _late in told if final] == [outbox.ATTEMPTS]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("error", "is_given_up"),
    [
        (SMTPRecipientsRefused({"a@example.test": (550, b"No such mailbox")}), True),
        (SMTPRecipientsRefused({"a@example.test": (450, b"Later")}), False),
        (SMTPRecipientsRefused({"a@example.test": (530, b"Who are you?")}), False),
        (SMTPDataError(554, b"Never"), True),
        (SMTPDataError(451, b"Later"), False),
        (SMTPSenderRefused(550, b"Who are you?", "portal@example.test"), False),
        (SMTPServerDisconnected("Bye"), False),
        (TimeoutError(), False),
    ],
    ids=lambda value: f"{type(value).__name__} {getattr(value, 'args', value)}",
)
def test_only_a_lasting_refusal_of_mailbox_or_mail_is_final(kind: str, error: Exception, is_given_up: bool) -> None:
    outbox.handles(kind)(failing(error))
    outbox.put(kind, key="a")
    outbox.deliver()
    item = OutboxItem.objects.get(key="a")
    assert (item.attempts, item.last_error, item.failed_at is not None) == (1, type(error).__name__, is_given_up)


@pytest.mark.django_db
def test_an_item_that_takes_its_worker_down_rests_as_long_as_one_that_fails(kind: str, done: list[OutboxItem]) -> None:
    with clock.moved_to(MONDAY):
        outbox.put(kind, key="a")
        OutboxItem.objects.filter(key="a").update(attempts=5)
        assert outbox._claim() is not None
    with clock.moved_to(MONDAY + timedelta(minutes=14)):
        assert outbox.deliver() == 0
    with clock.moved_to(MONDAY + timedelta(minutes=16)):
        assert outbox.deliver() == 1


@pytest.mark.django_db
def test_a_round_that_is_over_claims_nothing_more(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "ROUND_SECONDS", -1)
    outbox.put(kind, key="a")
    assert outbox.deliver() == 0
    assert OutboxItem.objects.get(key="a").attempts == 0


@pytest.mark.django_db(transaction=True)
def test_a_look_at_an_item_by_another_worker_does_not_cost_it_its_turn(kind: str, done: list[OutboxItem]) -> None:
    """Whoever looks for something to claim locks for a moment what somebody else has just claimed."""
    outbox.put(kind, key="a")
    item = outbox._claim()
    assert item is not None
    results = []

    def work() -> None:
        try:
            results.append(outbox._do(item))
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    with transaction.atomic():
        OutboxItem.objects.select_for_update().get(key="a")
        worker.start()
        worker.join(timeout=0.5)
    worker.join()
    assert (results, [one.key for one in done]) == ([True], ["a"])


@pytest.mark.django_db
def test_what_somebodys_safety_hangs_on_is_tried_for_as_long_as_it_takes(kind: str) -> None:
    outbox.handles(kind)(failing(ConnectionError()))
    for key, is_safety in (("alarm", True), ("summary", False)):
        outbox.put(kind, key=key, is_safety=is_safety)
    OutboxItem.objects.update(attempts=outbox.ATTEMPTS - 1)
    assert outbox.deliver() == 0
    with clock.moved_to(clock.now() + timedelta(days=3)):
        outbox.deliver()
    given_up = dict(OutboxItem.objects.values_list("key", "failed_at"))
    assert (given_up["alarm"], given_up["summary"] is None) == (None, False)
