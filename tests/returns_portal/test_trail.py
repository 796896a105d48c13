"""The chain over looks and events: what it finds, what it lets nobody do, and that it is written in order."""

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from cases.models import Case, CaseEvent
from returns_portal import anchors, looks, tasks, trail
from returns_portal.actor import acting_as
from returns_portal.models import Link, Look, OutboxItem
from tests import roles

EVENT, LOOK, LINK = "cases_caseevent", "returns_portal_look", "returns_portal_link"
committed = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def anchor_file(settings: Any, tmp_path: Path) -> Path:
    """An anchor file of this test's own."""
    settings.ANCHOR_FILE = tmp_path / "anchors" / "trail.anchors"
    return settings.ANCHOR_FILE


def look(number: int = 1) -> None:
    for _number in range(number):
        looks.record(None, uuid.uuid4(), "identity", "view", "cases:identity")


def sealed() -> None:
    """Link what this test has written and will write: without a commit nothing else does."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@contextmanager
def rogue() -> Iterator[Any]:
    """Somebody with the owner's rights who has put the triggers and the policies out of force; nothing of it stays."""
    with roles.owner(), transaction.atomic(), connection.cursor() as cursor:
        for table in (LOOK, EVENT, LINK):
            cursor.execute(
                f'ALTER TABLE "{table}" DISABLE TRIGGER USER; ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY'
            )
        yield cursor
        transaction.set_rollback(True)


@pytest.fixture
def history(cast: Any, make_case: Callable[..., Case]) -> Case:
    """A case with events and looks, all linked and anchored."""
    if connection.in_atomic_block:
        sealed()
    case = make_case("more_info")
    look(3)
    with acting_as(cast.lars):
        CaseEvent.objects.record(case, "remark", by=cast.lars, note="Sealed with the case's key.")
        looks.record(cast.lars, case.pk, "referral", "view", "cases:referral")
        looks.record(cast.lars, None, "", "list", "cases:list", shown=[case.pk])
    trail.anchor()
    return case


def fault() -> str:
    """What is wrong, in words; '' where nothing is."""
    return str(trail.verify() or "")


# The chain as it is written


@pytest.mark.django_db
def test_every_look_and_every_event_is_linked_at_commit(history: Case) -> None:
    linked = Link.objects.values_list("look_id", "event_id")
    assert {look_id for look_id, _event in linked if look_id} == set(Look.objects.values_list("pk", flat=True))
    assert {event_id for _look, event_id in linked if event_id} == set(CaseEvent.objects.values_list("pk", flat=True))
    assert list(Link.objects.order_by("n").values_list("n", flat=True)) == list(range(1, Link.objects.count() + 1))
    assert trail.verify() is None


@committed
def test_what_is_rolled_back_leaves_no_link() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        look()
        _ = 1 / 0
    look()
    assert list(Link.objects.values_list("n", flat=True)) == [1]
    assert trail.verify() is None


@pytest.mark.django_db
def test_an_empty_history_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify_history")
    assert "whole: 0 links" in capsys.readouterr().out


@pytest.mark.django_db
def test_the_command_says_how_much_it_has_seen(history: Case, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify_history")
    said = capsys.readouterr()
    assert f"whole: {Link.objects.count()} links; newest anchor {timezone.now():%Y-%m-%d}" in said.out
    assert said.err == ""


@pytest.mark.django_db
def test_the_hash_depends_on_no_setting_of_who_asks(history: Case) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'Pacific/Chatham'; SET LOCAL bytea_output = 'escape'")
    assert trail.verify() is None


@pytest.mark.django_db
@pytest.mark.parametrize("source", trail.SOURCES, ids=lambda source: source.name)
def test_every_column_of_a_line_is_hashed(source: trail.Source) -> None:
    with connection.cursor() as cursor:
        columns = {column.name for column in connection.introspection.get_table_description(cursor, source.table)}
    assert set(source.fields) == columns


@committed
def test_laying_it_again_changes_nothing_and_links_what_stood_before(history: Case, anchor_file: Path) -> None:
    def lay(cursor: Any) -> list[Any]:
        cursor.execute(f'ALTER TABLE "{LINK}" ENABLE TRIGGER USER')
        cursor.execute(trail.sql())
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        return list(Link.objects.order_by("n").values_list("look_id", "event_id", "hash"))

    before = list(Link.objects.order_by("n").values_list("look_id", "event_id", "hash"))
    with rogue() as cursor:
        assert lay(cursor) == before
    with rogue() as cursor:
        cursor.execute("DELETE FROM returns_portal_link")
        assert {line[:2] for line in lay(cursor)} == {line[:2] for line in before}
        anchor_file.unlink()
        assert trail.verify() is None


# Tampering: as the owner, triggers off


def change_a_look(cursor: Any) -> None:
    cursor.execute(
        "UPDATE returns_portal_look SET section = 'status' WHERE id = (SELECT min(id) FROM returns_portal_look)"
    )


def change_whom_a_list_showed(cursor: Any) -> None:
    cursor.execute("UPDATE returns_portal_look SET shown = NULL WHERE shown IS NOT NULL")


def change_when(cursor: Any) -> None:
    cursor.execute("UPDATE returns_portal_look SET at = at - interval '1 microsecond' WHERE section = 'referral'")


def change_an_event(cursor: Any) -> None:
    cursor.execute("UPDATE cases_caseevent SET verb = 'decline' WHERE verb = 'ask_for_more'")


def change_a_note(cursor: Any) -> None:
    cursor.execute("UPDATE cases_caseevent SET note = note || '\\x00' WHERE note IS NOT NULL")
    assert cursor.rowcount


def remove_a_look(cursor: Any) -> None:
    cursor.execute("DELETE FROM returns_portal_look WHERE id = (SELECT min(id) FROM returns_portal_look)")


def remove_an_event(cursor: Any) -> None:
    cursor.execute("DELETE FROM cases_caseevent WHERE verb = 'ask_for_more'")


def forge_a_look(cursor: Any) -> None:
    cursor.execute(
        "INSERT INTO returns_portal_look (at, section, action, path_name, outcome, session, request_id)"
        " VALUES ('2020-01-01', 'identity', 'view', '', 'done', '', '')"
    )


def forge_an_event(cursor: Any) -> None:
    cursor.execute(
        "INSERT INTO cases_caseevent (id, case_id, round, created_at, verb, was, became, section)"
        " SELECT gen_random_uuid(), case_id, round, created_at, 'approve', was, became, section"
        " FROM cases_caseevent LIMIT 1"
    )


def remove_a_link(cursor: Any) -> None:
    cursor.execute("DELETE FROM returns_portal_link WHERE n = 3")


def remove_a_line_with_its_link_and_close_ranks(cursor: Any) -> None:
    cursor.execute(
        "DELETE FROM returns_portal_look WHERE id ="
        " (SELECT look_id FROM returns_portal_link WHERE look_id IS NOT NULL ORDER BY n LIMIT 1)"
    )
    cursor.execute(
        "DELETE FROM returns_portal_link WHERE n ="
        " (SELECT min(n) FROM returns_portal_link WHERE look_id IS NOT NULL) RETURNING n"
    )
    (gone,) = cursor.fetchone()
    cursor.execute("SELECT max(n) FROM returns_portal_link")
    for n in range(gone + 1, cursor.fetchone()[0] + 1):
        cursor.execute("UPDATE returns_portal_link SET n = n - 1 WHERE n = %s", [n])


def cut_the_tail(cursor: Any) -> None:
    cursor.execute(
        "DELETE FROM returns_portal_look WHERE id IN (SELECT look_id FROM returns_portal_link ORDER BY n DESC LIMIT 2)"
    )
    cursor.execute("DELETE FROM returns_portal_link WHERE n > (SELECT max(n) - 2 FROM returns_portal_link)")


def rewrite_everything(cursor: Any) -> None:
    """As whoever knows how the chain is made: change a line, then make every link anew."""
    change_an_event(cursor)
    cursor.execute("DELETE FROM returns_portal_link")
    cursor.execute(f'ALTER TABLE "{LINK}" ENABLE TRIGGER USER')
    cursor.execute(trail.sql())
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def cut_the_tail_and_let_it_grow_again(cursor: Any) -> None:
    cut_the_tail(cursor)
    for table in (LOOK, LINK):
        cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    look(5)


TAMPERING = {
    change_a_look: "its line in the trail of looks, has been changed",
    change_whom_a_list_showed: "its line in the trail of looks, has been changed",
    change_when: "its line in the trail of looks, has been changed",
    change_an_event: "its line in the trail of events, has been changed",
    change_a_note: "its line in the trail of events, has been changed",
    remove_a_look: "its line in the trail of looks has been removed",
    remove_an_event: "its line in the trail of events has been removed",
    forge_a_look: "1 lines in the trail of looks have no link",
    forge_an_event: "1 lines in the trail of events have no link",
    remove_a_link: "Link 3: it has been removed",
    remove_a_line_with_its_link_and_close_ranks: "it does not follow from the link before it",
    cut_the_tail: "the end of the chain has been cut off",
    cut_the_tail_and_let_it_grow_again: "the chain was another when it was anchored",
    rewrite_everything: "the chain was another when it was anchored",
}


@committed
@pytest.mark.asvs("16.4.2")
def test_tampering_is_found(history: Case, capsys: pytest.CaptureFixture[str]) -> None:
    found = {}
    for tamper in TAMPERING:
        with rogue() as cursor:
            tamper(cursor)
            found[tamper] = fault()
        assert trail.verify() is None  # it was rolled back
    assert {tamper.__name__: words in found[tamper] for tamper, words in TAMPERING.items()} == dict.fromkeys(
        [tamper.__name__ for tamper in TAMPERING], True
    ), found


@committed
def test_the_command_ends_with_one_and_the_first_broken_link(history: Case, capsys: pytest.CaptureFixture[str]) -> None:
    n = Link.objects.get(event_id=CaseEvent.objects.get(verb="ask_for_more").pk).n
    with rogue() as cursor:
        change_an_event(cursor)
        with pytest.raises(SystemExit) as ended:
            call_command("verify_history")
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (1, "")
    assert said.err == f"Link {n}: it, or its line in the trail of events, has been changed.\n"


# What the roles that serve may not do


CHANGES = [
    act.format(table, "n" if table == LINK else "id")
    for table in (LOOK, EVENT, LINK)
    for act in ("UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0} CASCADE")
]


@pytest.mark.django_db
@pytest.mark.asvs("16.4.2")
@pytest.mark.parametrize("change", CHANGES)
def test_whoever_serves_changes_removes_and_empties_nothing(change: str) -> None:
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="permission denied"):
        cursor.execute(change)


@committed
@pytest.mark.asvs("16.4.2")
def test_nor_does_the_owner_while_the_triggers_stand(history: Case) -> None:
    with rogue() as cursor:
        for table in (LOOK, EVENT, LINK):
            cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
        for change in CHANGES:
            with pytest.raises(DatabaseError, match=r"Cannot update or delete|never emptied"), transaction.atomic():
                cursor.execute(change)


@pytest.mark.django_db
@pytest.mark.asvs("16.2.5")
@pytest.mark.parametrize("forged", ["(id, section, action) VALUES (1", "(at, section, action) VALUES ('2020-01-01'"])
def test_nobody_who_serves_says_when_or_in_which_order(forged: str) -> None:
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="permission denied"):
        cursor.execute("INSERT INTO returns_portal_look " + forged + ", '', 'view')")


@committed
def test_the_database_knows_the_time_better_than_the_owner() -> None:
    with rogue() as cursor:
        cursor.execute(f'ALTER TABLE "{LOOK}" ENABLE TRIGGER USER')
        forge_a_look(cursor)
        assert timezone.now() - Look.objects.get().at < timedelta(minutes=1)


@pytest.mark.django_db
@pytest.mark.parametrize("table", [LINK, "trail_waiting"])
def test_nobody_who_serves_writes_a_link(table: str) -> None:
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="permission denied"):
        cursor.execute(f"INSERT INTO {table} DEFAULT VALUES")


@pytest.mark.django_db
@pytest.mark.parametrize("function", ["trail_take_look", "trail_take_event", "trail_link"])
def test_nobody_calls_what_makes_links(function: str) -> None:
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="trigger functions can only be called"):
        cursor.execute(f"SELECT {function}()")


@pytest.mark.django_db
@pytest.mark.asvs("16.3.2")
def test_nobody_looks_in_somebody_elses_name(cast: Any) -> None:
    with pytest.raises(DatabaseError, match="row-level security"), acting_as(cast.otto):
        looks.record(cast.lars, None, "", "list")
    with acting_as(cast.otto):
        looks.record(cast.otto, None, "", "list")


@committed
def test_a_look_made_and_sealed_early_is_linked_once() -> None:
    with transaction.atomic():
        look()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        look()
    assert Link.objects.count() == 2
    assert trail.verify() is None


@committed
def test_who_may_not_read_everything_is_told_so_and_not_alarmed() -> None:
    with rogue() as cursor:
        cursor.execute("UPDATE wall_system_actor SET role = 'worker' WHERE name = 'trail'")
        assert fault() == "This database role may not read the whole trail: ask as the worker's."


# Two at once


def in_thread(act: Callable[[], None]) -> threading.Thread:
    """Run `act` on a connection of its own."""

    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@committed
def test_eight_who_write_at_once_make_one_chain() -> None:
    def write() -> None:
        for _turn in range(20):
            with transaction.atomic():
                look(2)

    for thread in [in_thread(write) for _number in range(8)]:
        thread.join()
    assert Link.objects.count() == Look.objects.count() == 320
    assert trail.verify() is None


@committed
def test_the_chain_waits_for_nobody_who_waits_for_it(cast: Any, make_case: Callable[..., Case]) -> None:
    """One holds the row that the other's foreign key asks for at commit, and both then want the chain."""
    case = make_case("draft")
    holds, goes_on, errors = threading.Event(), threading.Event(), []

    def holder() -> None:
        try:
            with acting_as(cast.sara):
                Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
                looks.record(cast.sara, case.pk, "status", "view")
                holds.set()
                goes_on.wait(10)
        except DatabaseError as error:
            errors.append(error)

    def visitor() -> None:
        try:
            with acting_as(cast.maja):
                looks.record(cast.maja, case.pk, "status", "view")
                cast.maja.notifications.create(case_id=case.pk, what="x", page="/", key="deadlock")
        except DatabaseError as error:
            errors.append(error)

    threads = [in_thread(holder)]
    assert holds.wait(10)
    threads.append(in_thread(visitor))
    threads[-1].join(1)  # by now it waits at its commit
    goes_on.set()
    for thread in threads:
        thread.join()
    assert errors == []
    assert Link.objects.filter(look_id__isnull=False).count() == Look.objects.count()


# The anchor


@pytest.mark.django_db
def test_an_anchor_names_the_newest_link(history: Case, anchor_file: Path) -> None:
    newest = Link.objects.order_by("-n").first()
    assert newest is not None
    found, wrong = anchors.read()
    assert [(anchor.n, anchor.hash, anchor.key) for anchor in found] == [(newest.n, bytes(newest.hash), "k1")]
    assert wrong == ""
    assert trail.anchored_at() == found[0].at
    assert anchor_file.stat().st_mode & 0o777 == 0o600
    assert anchor_file.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.django_db
def test_nothing_is_anchored_as_nothing() -> None:
    assert (trail.anchored_at(), trail.anchor().n, trail.verify()) == (None, 0, None)


@pytest.mark.django_db
def test_anchors_follow_each_other(history: Case, anchor_file: Path) -> None:
    for _turn in range(3):
        look()
        trail.anchor()
    lines = anchor_file.read_text().splitlines(keepends=True)
    assert len(lines) == 4
    assert trail.verify() is None
    for damaged in (
        [lines[0], *lines[2:]],
        [lines[1], lines[0], *lines[2:]],
        [lines[0].replace('"n": ', '"n": 1'), *lines[1:]],
        [*lines[:3], lines[3].replace("k1", "k0")],
        [*lines, "not an anchor\n"],
        [*lines, lines[0]],
    ):
        anchor_file.write_text("".join(damaged))
        assert "anchor file" in fault()
    anchor_file.write_bytes(b"\xff\xfe")
    assert fault() == "The anchor file cannot be read (UnicodeDecodeError)."


@pytest.mark.django_db
def test_a_key_that_was_put_out_of_use_breaks_no_old_anchor(history: Case, settings: Any) -> None:
    old, new = settings.SEALING_KEYS[0], ("k2", bytes(range(32)))
    settings.SEALING_KEYS = [new, old]
    trail.anchor()
    assert trail.verify() is None
    settings.SEALING_KEYS = [new]
    assert trail.verify() is None
    trail.anchor()
    assert [anchor.key for anchor in anchors.read()[0]] == ["k1", "k2", "k2"]
    assert trail.verify() is None


@pytest.mark.django_db
def test_an_anchor_that_stays_away_is_a_fault(
    history: Case, monkeypatch: pytest.MonkeyPatch, anchor_file: Path
) -> None:
    look()
    assert trail.verify() is None
    n = Link.objects.count()
    later = timezone.now() + trail.ANCHOR_AGE + timedelta(seconds=1)
    monkeypatch.setattr(trail.timezone, "now", lambda: later)
    assert fault().startswith(f"Link {n}: nothing has been anchored since")
    anchor_file.unlink()
    assert fault().startswith("Link 1: nothing has been anchored since")


@pytest.mark.django_db
def test_a_file_that_is_not_there_yet_is_said_aloud(capsys: pytest.CaptureFixture[str]) -> None:
    sealed()
    look()
    call_command("verify_history")
    assert "There is no anchor yet in" in capsys.readouterr().err


# What the timetable does


@pytest.mark.django_db
def test_the_timetable_anchors_and_verifies(history: Case, anchor_file: Path) -> None:
    tasks.anchor_trail()
    tasks.verify_trail()
    assert len(anchor_file.read_text().splitlines()) == 2
    assert not OutboxItem.objects.filter(kind="ring-administrators").exists()


@pytest.mark.django_db
def test_administrators_are_rung_once_a_day_when_the_history_is_broken(
    history: Case,
    cast: Any,
    deliver: Callable[[], int],
    mailoutbox: list[Any],
    caplog: pytest.LogCaptureFixture,
    anchor_file: Path,
) -> None:
    deliver()
    mailoutbox.clear()
    anchor_file.write_text(anchor_file.read_text().replace('"n": ', '"n": 1'))
    for _turn in range(2):
        tasks.verify_trail()
        deliver()
    (sent,) = mailoutbox
    assert sent.to == [cast.admin.email]
    assert sent.body.splitlines()[0] in {"Sign in to read.", "Logga in för att läsa."}
    assert "Line 1 of the anchor file" in caplog.text


@pytest.mark.django_db
def test_administrators_are_rung_when_the_anchor_cannot_be_written(
    cast: Any, settings: Any, deliver: Callable[[], int], mailoutbox: list[Any], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    settings.ANCHOR_FILE = tmp_path / "file" / "trail.anchors"
    tasks.anchor_trail()
    deliver()
    assert [mail.to for mail in mailoutbox] == [[cast.admin.email]]
