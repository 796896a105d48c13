"""The worker is real here: Celery's processes on the test's own database and broker, mail in files, papers on disk."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connection
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

ROOT = Path(__file__).resolve().parent.parent
BROKER = os.environ.get("REDIS_URL", "")
# `tests/settings.py` names port 1 where nobody gave a broker.
HAS_BROKER = bool(BROKER) and urlsplit(BROKER).port != 1
PATIENCE = 120

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
    database = connection.settings_dict
    query = f"?host={database['HOST']}" if database["HOST"].startswith("/") else ""
    host = "" if query else f"{database['HOST']}:{database['PORT']}"
    password = f":{database['PASSWORD']}" if database["PASSWORD"] else ""
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "returns_portal.settings",
        "DATABASE_URL": f"postgresql://{database['USER']}{password}@{host}/{database['NAME']}{query}",
        "REDIS_URL": own_broker(),
        "EMAIL_URL": f"file://{mail_folder}",
        "UPLOADS_DIR": str(settings.UPLOADS_DIR),
    }
    env.pop("OWNER_DATABASE_URL", None)
    celery = [sys.executable, "-m", "celery", "-A", "returns_portal"]
    worker = [*celery, "worker", "--concurrency", "1", "--without-gossip", "--without-mingle", "--loglevel", "WARNING"]
    beat = [*celery, "beat", "--schedule", str(tmp_path / "beat"), "--pidfile", "", "--loglevel", "WARNING"]
    children: list[Child] = []
    try:
        for name, command in (("worker", worker), ("beat", beat)):
            children.append(Child(name, command, log=tmp_path / f"{name}.log", env=env, cwd=ROOT))
        yield children
    finally:
        stop_all(children)


def wait_for(what: Callable[[], object], children: list[Child]) -> None:
    """Until it is there; the processes' last words where it does not come."""
    until = time.monotonic() + PATIENCE
    while not what():
        for child in children:
            child.check()
        if time.monotonic() > until:
            raise AssertionError("\n".join(child.tail() for child in children))
        time.sleep(0.2)


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
    assert reminders.count() == 3  # Lars, Lena, and Lena once more as the manager

    mails = [file.read_text(encoding="utf-8") for file in sorted(mail_folder.iterdir())]
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
