"""Where people are signed in: they see it, end it, and what changes their sign-in ends it for them."""

import re
import time

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from partners.devices import device_of
from tests.partners.conftest import PASSWORD
from tests.partners.factors import add_key, enrol

with_commits = pytest.mark.django_db(transaction=True)

PAGE = "/account/sessions/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Mobile/15E148 Safari/604.1"
NEW_PASSWORD = "green horse paper lamp"


def at(user, browser: str, language: str = "en", **more: str) -> Client:
    """Signed in through the page, in a browser that calls itself this."""
    client = Client(headers={"accept-language": language, "user-agent": browser}, **more)
    client.post("/account/login/", {"login": user.email, "password": PASSWORD})
    return client


def is_in(client: Client) -> bool:
    return client.get("/account/settings/").status_code == 200


def words(client: Client) -> str:
    page = client.get(PAGE).content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", page[page.index("<main") : page.index("</main")]).split())


@pytest.mark.asvs("7.5.2")
def test_the_page_names_each_device_in_plain_words_and_marks_this_one(people):
    here, _there = at(people.sara, FIREFOX), at(people.sara, SAFARI, REMOTE_ADDR="192.0.2.7")
    said = words(here)
    assert said.index("Firefox on Windows") < said.index("This one") < said.index("Safari on iPhone")
    assert "192.0.2.7" in said
    assert "Mozilla" not in said
    assert 'href="/account/sessions/"' in here.get("/account/settings/").content.decode()


def test_the_page_is_in_the_readers_language(people):
    response = at(people.sara, FIREFOX, language="sv").get(PAGE)
    assert response.headers["Content-Language"] == "sv"


@pytest.mark.asvs("7.5.2")
def test_one_session_is_ended_or_all_the_others(people):
    here, there, third = (at(people.sara, browser) for browser in (FIREFOX, SAFARI, "a browser unknown"))
    row = UserSession.objects.get(session_key=there.session.session_key)
    assert here.post(f"{PAGE}{row.pk}/end/").headers["Location"] == PAGE
    assert (is_in(here), is_in(there), is_in(third)) == (True, False, True)
    here.post(PAGE)
    assert (is_in(here), is_in(third)) == (True, False)
    assert "nowhere else" in words(here)


def test_nobody_ends_anothers_session_nor_their_own_by_mistake(people):
    here, other = at(people.sara, FIREFOX), at(people.maja, FIREFOX)
    for row in UserSession.objects.all():
        assert here.post(f"{PAGE}{row.pk}/end/").status_code == 404
    assert (is_in(here), is_in(other)) == (True, True)
    assert here.get(f"{PAGE}{UserSession.objects.first().pk}/end/").status_code == 405
    assert "Maja" not in words(here)


def test_when_a_session_was_last_used_is_written_at_most_every_half_minute(people):
    client = at(people.sara, FIREFOX)
    client.get(PAGE)
    for seconds_ago, writes in ((0, False), (29, False), (31, True), (0, False)):
        session = client.session
        session["acted_at"] = session["noted_at"] = int(time.time()) - seconds_ago
        session.save()
        before = UserSession.objects.get().last_seen_at
        with CaptureQueriesContext(connection) as asked:
            client.get("/organisation/")
        assert any("usersessions" in query["sql"] for query in asked) is writes
        assert (UserSession.objects.get().last_seen_at > before) is writes


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (FIREFOX, "Firefox on Windows"),
        (SAFARI, "Safari on iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Linux"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.5 Safari/605.1.15", "Safari on Mac"),
        ("Windows", "Windows"),
        ("<script>alert(1)</script>", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)
def test_a_device_in_plain_words(agent, device):
    assert device_of(agent) == device


# What ends sessions, and what renews their keys


@pytest.mark.asvs("7.2.4")
def test_the_key_is_new_after_signing_in(people, client):
    session = client.session
    session["before"] = "yes"
    session.save()
    planted = session.session_key
    client.post("/account/login/", {"login": people.sara.email, "password": PASSWORD})
    assert is_in(client)
    assert client.session.session_key != planted
    assert not Session.objects.filter(session_key=planted).exists()


@pytest.mark.asvs("7.4.1")
def test_a_session_that_was_left_is_over(people, enter):
    client = enter(people.sara)
    cookie = client.cookies["sessionid"].value
    client.post("/account/logout/")
    copied = Client()
    copied.cookies["sessionid"] = cookie
    assert not is_in(copied)


@pytest.mark.asvs("7.4.3", "6.3.7")
def test_a_new_password_ends_the_other_sessions_and_is_told_by_mail(people, enter):
    here, there = enter(people.sara), enter(people.sara)
    before = here.session.session_key
    typed = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert here.post("/account/password/change/", typed).status_code == 302
    assert (is_in(here), is_in(there)) == (True, False)
    assert here.session.session_key != before
    assert_says_little(["Your password is new."])


@pytest.mark.asvs("7.4.3", "6.3.7")
def test_a_password_that_was_forgotten_ends_them_all(people, enter):
    there = enter(people.sara)
    client = Client(headers={"accept-language": "en"})
    client.post("/account/password/reset/", {"email": people.sara.email})
    link = re.search(r"/account/password/reset/key/\S+", str(mail.outbox.pop().body)).group()
    form = client.get(link).headers["Location"]
    client.post(form, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    assert not is_in(there)
    assert_says_little(["Your password is new."])
    assert client.get(link, follow=True).context["token_fail"]


@with_commits
@pytest.mark.asvs("7.4.3", "6.3.7")
def test_factors_come_and_go_by_mail_and_their_end_ends_the_other_sessions(people, enter):
    here, there = enter(people.sara), enter(people.sara)
    enrol(here)
    here.post("/account/2fa/recovery-codes/generate/")
    assert is_in(here)
    assert not is_in(there)
    add_key(here)
    key = people.sara.authenticator_set.get(type="webauthn")
    here.post(f"/account/2fa/webauthn/keys/{key.pk}/remove/")
    here.post("/account/2fa/totp/deactivate/")
    assert is_in(here)
    assert_says_little(
        [
            "A second factor was added.",
            "New recovery codes were made.",
            "A second factor was added.",
            "A second factor was removed.",
            "A second factor was removed.",
        ]
    )


@with_commits
@pytest.mark.asvs("7.4.5", "6.3.7")
def test_an_administrator_ends_sessions_and_takes_away_a_lost_factor(people, enter):
    sara, ada = enter(people.sara), enter(people.ada)
    page = ada.get("/admin/partners/user/").content.decode()
    assert "column-last_login" in page
    chosen = {"_selected_action": [str(people.sara.pk)]}
    ada.post("/admin/partners/user/", chosen | {"action": "sign_out_everywhere"})
    assert (is_in(sara), is_in(ada)) == (False, True)
    assert mail.outbox == []
    sara = enter(people.sara)
    enrol(sara)
    mail.outbox.clear()
    ada.post("/admin/partners/user/", chosen | {"action": "remove_factors"})
    assert not is_in(sara)
    assert not people.sara.authenticator_set.exists()
    assert_says_little(["En administratör har tagit bort"], language="sv")


def assert_says_little(sentences: list[str], language: str = "en") -> None:
    """One mail for each, to its owner, that names nobody, no agency, no device and no address of a network."""
    subjects = {"en": "Your account in the Returns Portal", "sv": mail.outbox[0].subject if mail.outbox else ""}
    assert [(message.to, message.subject) for message in mail.outbox] == [
        (["sara@work.example"], subjects[language])
    ] * len(sentences)
    for message, sentence in zip(mail.outbox, sentences, strict=True):
        body = str(message.body)
        assert language == "sv" or sentence in body
        for word in ("Sara", "Malmö", "127.0.0.1", "Mozilla", "sara@", "http"):
            assert word not in body + message.subject
