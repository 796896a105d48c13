"""What works by itself gives signs of life; where they stay away the pages go on, and the administrators are rung."""

import importlib
import re
from datetime import timedelta
from threading import Thread

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from cases.tasks import walk_the_clocks
from returns_portal import clock, heartbeat, jobs
from returns_portal.celery import app
from returns_portal.models import Heartbeat, OutboxItem
from returns_portal.tasks import deliver_outbox

READY = "/healthz/ready"


@pytest.fixture
def office(as_, cast):
    """The administrator's browser."""
    return as_(cast.admin)


def text_of(response):
    """The page's words, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def stood_still_for(minutes):
    """The clock's last signs of life are so old."""
    for name in heartbeat.CLOCK:
        heartbeat.beat(name, timezone.now() - timedelta(minutes=minutes))


def item(kind="mail", **changes):
    """Something in the outbox."""
    number = OutboxItem.objects.count()
    return OutboxItem.objects.create(kind=kind, key=f"test:{number}", **changes)


def given_up(**changes):
    """Something that was tried in vain."""
    return item(attempts=20, failed_at=clock.now(), last_error="SMTPServerDisconnected", **changes)


# Signs of life


def test_every_entry_of_the_timetable_notes_that_it_ran(db):
    for name, entry in app.conf.beat_schedule.items():
        module, task = entry["task"].rsplit(".", 1)
        before = timezone.now()
        getattr(importlib.import_module(module), task)()
        assert Heartbeat.objects.get(name=name).at >= before, name
        assert name in jobs.WORDS


def test_what_breaks_gives_no_sign_of_life(db, monkeypatch, caplog):
    stood_still_for(5)

    def broken():
        raise ValueError("Mira Rexhepi")

    monkeypatch.setattr("cases.actions.remind.walk_the_clocks", broken)
    before = Heartbeat.objects.get(name="walk-the-clocks").at
    walk_the_clocks()
    assert Heartbeat.objects.get(name="walk-the-clocks").at == before
    assert caplog.messages[-1] == "Walking the clocks failed: ValueError"


# Ready, and degraded


def test_a_clock_that_goes_is_plain_ready_and_rings_nobody(client, cast):
    stood_still_for(9)
    assert (client.get(READY).content, mail.outbox) == (b"ready", [])


def test_pages_do_not_go_down_with_the_clock_and_the_administrators_are_rung(client, cast, settings, caplog):
    stood_still_for(11)
    since = Heartbeat.objects.get(name="walk-the-clocks").at
    response = client.get(READY)
    assert response.status_code == 200
    assert response.content == b"ready, degraded"  # since when is for the log and the administrators
    assert f"Degraded: the clock has not run since {since}" in caplog.messages
    [message] = mail.outbox
    assert message.to == [cast.admin.email]
    assert "/admin/jobs/" in message.body
    assert message.body.replace(f"{settings.PORTAL_ADDRESS}/admin/jobs/", "").split() == [
        "Logga",
        "in",
        "för",
        "att",
        "läsa.",
    ]


def test_the_other_half_of_the_clock_is_missed_too(client, cast):
    for name in heartbeat.CLOCK:
        stood_still_for(1)
        heartbeat.beat(name, timezone.now() - timedelta(minutes=30))
        assert client.get(READY).content == b"ready, degraded", name


def test_when_the_clock_is_back_the_answer_is_plain_at_once(client, cast):
    stood_still_for(60)
    assert client.get(READY).content == b"ready, degraded"
    walk_the_clocks()
    deliver_outbox()
    assert client.get(READY).content == b"ready"


def test_the_ring_comes_once_an_hour(client, cast):
    stood_still_for(11)
    for _look in range(3):
        client.get(READY)
    assert len(mail.outbox) == 1
    heartbeat.beat(heartbeat.RANG, timezone.now() - timedelta(minutes=59))
    client.get(READY)
    assert len(mail.outbox) == 1
    heartbeat.beat(heartbeat.RANG, timezone.now() - timedelta(minutes=61))
    client.get(READY)
    assert len(mail.outbox) == 2


@pytest.mark.django_db(transaction=True)
def test_of_many_processes_that_see_it_one_rings(cast):
    stood_still_for(11)
    told = []

    def look():
        try:
            told.append(heartbeat.ring())
        finally:
            connection.close()

    threads = [Thread(target=look) for _process in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sorted(told), len(mail.outbox)) == ([0, 0, 0, 0, 0, 1], 1)


def test_a_ring_that_nobody_heard_is_tried_again_in_ten_minutes(client, cast, settings):
    stood_still_for(11)
    settings.EMAIL_BACKEND = "no.such.Backend"
    assert client.get(READY).status_code == 200
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    client.get(READY)
    assert mail.outbox == []
    heartbeat.beat(heartbeat.RANG, Heartbeat.objects.get(name=heartbeat.RANG).at - timedelta(minutes=10))
    client.get(READY)
    assert len(mail.outbox) == 1


def test_a_new_portal_has_ten_minutes_to_begin(client, cast, monkeypatch):
    assert not Heartbeat.objects.exists()
    monkeypatch.setattr(heartbeat, "installed_at", lambda: timezone.now() - timedelta(minutes=9))
    assert client.get(READY).content == b"ready"
    monkeypatch.setattr(heartbeat, "installed_at", lambda: timezone.now() - timedelta(minutes=11))
    assert client.get(READY).content == b"ready, degraded"


def test_a_moved_clock_neither_stops_nor_wakes(client, cast):
    stood_still_for(1)
    with clock.moved_to(clock.now() + timedelta(days=7)):
        assert client.get(READY).content == b"ready"
        walk_the_clocks()
    assert Heartbeat.objects.get(name="walk-the-clocks").at <= timezone.now()


# The administration's pages


def test_the_first_page_of_the_administration_says_it_and_leads_to_the_jobs(office):
    stood_still_for(1)
    page = office.get("/admin/").content.decode()
    assert 'href="/admin/jobs/"' in page
    assert "The clock has not run" not in page
    stood_still_for(11)
    assert "The clock has not run since" in text_of(office.get("/admin/"))
    assert "The clock has not run since" in text_of(office.get("/admin/jobs/"))


def test_the_jobs_page_counts_what_waits(office):
    OutboxItem.objects.all().delete()
    now = clock.now()
    item(due_at=now - timedelta(minutes=7))
    item(due_at=now - timedelta(minutes=3))
    item(due_at=now + timedelta(hours=5))
    item(leased_until=now + timedelta(seconds=50), attempts=1)
    item(done_at=now)
    item(attempts=1, last_error="ConnectionRefusedError")
    item(attempts=12, last_error="SMTPConnectError", due_at=now + timedelta(minutes=10))
    given_up()
    context = office.get("/admin/jobs/").context
    queue = context["queue"]
    assert (queue.waiting, queue.later, queue.leased) == (3, 2, 1)
    assert context["oldest_age"] >= timedelta(minutes=7)
    assert (context["failed_count"], [one.attempts for one in context["late"]]) == (1, [12])


def test_the_timetable_says_what_is_late(office):
    stood_still_for(1)
    heartbeat.beat("verify-trail", timezone.now() - timedelta(days=2))
    heartbeat.beat("keep-retention", timezone.now())
    entries = {entry.name: entry for entry in office.get("/admin/jobs/").context["timetable"]}
    assert set(entries) == set(app.conf.beat_schedule)
    assert (entries["verify-trail"].is_late, entries["keep-retention"].is_late) == (True, False)
    assert not entries["walk-the-clocks"].is_late
    assert timezone.now() < entries["keep-retention"].next <= timezone.now() + timedelta(hours=25)
    stood_still_for(20)
    entries = {entry.name: entry for entry in office.get("/admin/jobs/").context["timetable"]}
    assert entries["walk-the-clocks"].is_late


def test_a_broker_that_does_not_answer_is_said_to_be_away(office, monkeypatch):
    monkeypatch.setattr(app.conf, "broker_write_url", "redis://127.0.0.1:1/0")
    assert not jobs.broker_answers()
    assert "Does not answer" in text_of(office.get("/admin/jobs/"))


def test_the_page_names_kinds_and_classes_and_nobody(office, cast):
    given_up(recipient_id=cast.sara.pk, data={"page": "/cases/X/"})
    page = office.get("/admin/jobs/").content.decode()
    assert "SMTPServerDisconnected" in page
    for secret in (str(cast.sara.pk), cast.sara.email, "/cases/X/"):
        assert secret not in page


def test_what_was_given_up_is_tried_again_after_a_question(office, deliver):
    one, other = given_up(kind="ring-administrators"), given_up(kind="ring-administrators")
    asked = office.post("/admin/jobs/retry/", {"item": one.pk})
    assert "Try 1 item again" in text_of(asked)
    one.refresh_from_db()
    assert one.failed_at is not None
    answer = office.post("/admin/jobs/retry/", {"item": one.pk, "confirmed": "1"}, follow=True)
    assert "1 item will be tried again." in text_of(answer)
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.failed_at, one.attempts, other.attempts) == (None, 0, 20)
    deliver()
    one.refresh_from_db()
    assert one.done_at is not None


def test_all_are_tried_again_but_never_more_than_were_spoken_of(office):
    given_up()
    given_up()
    assert "Try 2 items again" in text_of(office.post("/admin/jobs/retry/", {"all": "1"}))
    given_up()
    again = office.post("/admin/jobs/retry/", {"all": "1", "confirmed": "2"})
    assert "Try 3 items again" in text_of(again)
    assert OutboxItem.objects.filter(failed_at__isnull=False).count() == 3
    office.post("/admin/jobs/retry/", {"all": "1", "confirmed": "3"})
    assert not OutboxItem.objects.filter(failed_at__isnull=False).exists()


@pytest.mark.parametrize("said", [{}, {"item": "x"}, {"item": "9" * 30}, {"item": "-1"}, {"item": "0"}])
def test_nothing_that_makes_no_sense_is_tried(said, office):
    failed = given_up()
    answer = office.post("/admin/jobs/retry/", {**said, "confirmed": "1"}, follow=True)
    assert "There is nothing left of that to try again." in text_of(answer)
    failed.refresh_from_db()
    assert failed.failed_at is not None


@pytest.mark.parametrize("name", ["sara", "lena", "henrik", "ilir"])
def test_nobody_else_sees_or_tries_anything(name, as_, cast):
    failed, client = given_up(), as_(getattr(cast, name))
    assert client.get("/admin/jobs/").status_code in {302, 403}
    assert client.post("/admin/jobs/retry/", {"item": failed.pk, "confirmed": "1"}).status_code in {302, 403}
    failed.refresh_from_db()
    assert failed.failed_at is not None


def test_the_jobs_page_asks_the_same_with_one_item_and_with_many(office, django_assert_max_num_queries):
    for _item in range(30):
        given_up()
    with django_assert_max_num_queries(350):
        office.get("/admin/jobs/")
