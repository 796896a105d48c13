"""The site's own pages: health, headers, refusals, and what only the demo has."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail import EmailMessage, get_connection
from django.db import DatabaseError
from django.test import Client
from pytest_django.asserts import assertContains, assertRedirects

from returns_portal import clock, embedded, heartbeat, views

HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@pytest.fixture
def demo(settings, tmp_path):
    """The switches of the demo, with a clock and a mail folder of its own."""
    settings.DEMO, settings.DEMO_CLOCK_FILE = True, str(tmp_path / "clock")
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")


def test_live_asks_nothing_of_the_database(client):
    assert client.get("/healthz/live").content == b"live"


def test_ready_says_yes_and_no_more(client, db):
    for name in heartbeat.CLOCK:
        heartbeat.beat(name)
    response = client.get("/healthz/ready")
    assert (response.status_code, response.content) == (200, b"ready")


def test_not_ready_keeps_the_reason_to_itself(client, db, monkeypatch):
    def broken() -> str:
        raise DatabaseError("password of app is wrong")

    monkeypatch.setattr(views, "_unfit", broken)
    response = client.get("/healthz/ready")
    assert (response.status_code, response.content) == (503, b"not ready")


def test_every_answer_carries_the_headers_and_is_kept_nowhere(client, db):
    for address in ("/healthz/live", "/accessibility/", "/nothing/here/"):
        response = client.get(address)
        assert {name: response.headers.get(name) for name in HEADERS} == HEADERS, address
        assert "camera=()" in response.headers["Permissions-Policy"]
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def test_an_old_form_is_refused_with_a_page(db):
    response = Client(enforce_csrf_checks=True).post("/account/login/", {"login": "x"})
    assert response.status_code == 403
    assertContains(response, "<h1", status_code=403)


def test_the_admin_has_no_sign_in_of_its_own(client, db):
    response = client.post("/admin/login/", {"username": "admin@demo.example", "password": "demo"})
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/account/login/")


@pytest.mark.parametrize("address", ["/demo/clock/", "/demo/mail/"])
def test_the_demos_pages_exist_only_in_the_demo(client, db, address):
    assert client.get(address).status_code == 404
    assert client.post(address).status_code == 404


def test_the_demos_clock_moves_forward_for_everybody(client, db, demo):
    before = clock.now()
    assertRedirects(client.post("/demo/clock/", {"days": 2, "hours": 3}), "/demo/clock/")
    assert timedelta(days=2, hours=3) <= clock.now() - before < timedelta(days=2, hours=4)


@pytest.mark.parametrize("by", [{"days": 0, "hours": 0}, {"days": -1, "hours": 0}, {"days": "", "hours": 1}])
def test_the_demos_clock_refuses_to_stand_still_or_go_back(client, db, demo, by):
    before = clock.now()
    assert client.post("/demo/clock/", by).status_code == 200
    assert clock.now() - before < timedelta(minutes=5)


def test_the_demos_mail_is_shown_newest_first(client, db, demo, settings):
    outbox = get_connection("django.core.mail.backends.filebased.EmailBackend")
    for subject in ("First", "Second"):
        EmailMessage(subject, "Läs mer på portalen.", "portal@demo.example", ["sara@demo.example"]).send()
    outbox.send_messages(mail.outbox)
    page = client.get("/demo/mail/").content.decode()
    assert page.index("Second") < page.index("First")
    assert "Läs mer på portalen." in page


def test_commands_find_the_demo_only_while_it_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(embedded, "DATA", tmp_path)
    (tmp_path / "environment").write_text("PORTAL_MODE=demo\nREDIS_URL=redis://:a=b@127.0.0.1/0")
    assert embedded.demo_environment() == {}
    with embedded.locked(tmp_path):
        assert embedded.demo_environment() == {"PORTAL_MODE": "demo", "REDIS_URL": "redis://:a=b@127.0.0.1/0"}
    assert embedded.demo_environment() == {}


def test_two_processes_do_not_share_one_folder(tmp_path):
    with embedded.locked(tmp_path), pytest.raises(embedded.CannotStart), embedded.locked(tmp_path):
        pass


def test_a_demo_without_mail_says_so(client, db, demo):
    assert client.get("/demo/mail/").status_code == 200


def test_what_breaks_has_a_reference_that_stands_in_the_log(rf, caplog):
    response = views.server_error(rf.get("/"))
    reference = caplog.messages[-1].removeprefix("Error reference ")
    assert response.status_code == 500
    assert f"Error reference: {reference}" in response.content.decode()
