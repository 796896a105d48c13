"""The worker is real here: Celery's processes on the test's own database and broker, mail in files, papers on disk."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit, urlunsplit

import pytest
from kombu import Connection

from cases.actions import read_document
from cases.models import Case, Document, Notification
from cases.tasks import walk_the_clocks
from reintegration.models import FeedbackReport
from returns_portal import clock
from returns_portal.children import Child, stop_all
from returns_portal.models import OutboxItem
from tests.builders import approve
from tests.clockwork import MONDAY
from tests.processes import beat, environment, wait_for, worker

BROKER = os.environ.get("REDIS_URL", "")
# `tests/settings.py` names port 1 where nobody gave a broker.
HAS_BROKER = bool(BROKER) and urlsplit(BROKER).port != 1

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not HAS_BROKER, reason="REDIS_URL is not given; `make test` gives it"),
]


def own_broker() -> str:
    """Another of the broker's databases, so that a worker of somebody else takes nothing of ours."""
    number = 8 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8
    return urlunsplit(urlsplit(BROKER)._replace(path=f"/{number}"))


@pytest.fixture
def mail_folder(tmp_path: Path) -> Path:
    """Where the worker's mail lands."""
    return tmp_path / "mail"


@pytest.fixture
def broker() -> Iterator[Connection]:
    """A line to the worker, with nothing left on it."""
    with Connection(own_broker()) as line:
        line.default_channel.queue_purge("celery")
        yield line
        line.default_channel.queue_purge("celery")


@pytest.fixture
def processes(broker: Connection, mail_folder: Path, tmp_path: Path) -> Iterator[list[Child]]:
    """Worker and beat as `make demo` starts them, on the database of this test."""
    env = environment(f"file://{mail_folder}", own_broker())
    children: list[Child] = []
    try:
        children += [worker(tmp_path, env), beat(tmp_path, env)]
        yield children
    finally:
        stop_all(children)


def test_reminder_mail_letter_and_report_come_from_the_worker(
    cast: SimpleNamespace,
    make_case: Callable[..., Case],
    broker: Connection,
    processes: list[Child],
    mail_folder: Path,
) -> None:
    with clock.moved_to(MONDAY):
        late = make_case(reached="referred")
        approved = approve(cast, make_case(reached="referred"))
    assert not Notification.objects.filter(what__startswith="rule_").exists()

    # The beat asks for a walk each minute; here nobody waits so long.
    walk_the_clocks.apply_async(connection=broker)
    reminders = Notification.objects.filter(what="rule_decision", case=late)
    wait_for(lambda: set(reminders.values_list("recipient__name", flat=True)) == {"Lars", "Lena"}, processes)
    walk_the_clocks.apply_async(connection=broker)

    # What the outbox holds the worker fetches by itself.
    waiting = OutboxItem.objects.filter(done_at=None)
    wait_for(lambda: not waiting.exists(), processes)
    assert not OutboxItem.objects.filter(failed_at__isnull=False).exists()
    assert {row.recipient.name: row.rung for row in reminders} == {"Lars": 1, "Lena": 2}

    # One file holds what one line to the mail server sent.
    mails = [mail for file in mail_folder.iterdir() for mail in file.read_text(encoding="utf-8").split("-" * 79)]
    of_late = [mail for mail in mails if late.code_shown in mail and "To: lars@demo.example" in mail]
    assert len(of_late) == Notification.objects.filter(case=late, recipient=cast.lars).count() >= 2
    assert not [mail for mail in mails if "Mira" in mail or "M.R." in mail]

    letters = Document.objects.filter(case=approved, paper="decision_letter")
    assert {letter.language for letter in letters} == {"sv", "en-gb"}
    for letter in letters:
        content = read_document(letter)
        assert (content[:5], len(letter.sha256)) == (b"%PDF-", 64)

    report = FeedbackReport.objects.get(case=approved, kind="approved")
    assert (report.state, report.created_by) == ("drafted", None)
    drafted = Notification.objects.filter(case=approved, what="report_drafted")
    assert set(drafted.values_list("recipient__name", flat=True)) == {"Hanna", "Henrik"}
