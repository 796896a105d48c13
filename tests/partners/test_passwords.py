"""Passwords: long ones, slowly hashed; few tries; and nobody learns who has an account."""

import re
from types import SimpleNamespace

import pytest
from allauth.core.internal import ratelimit
from django.contrib.auth.hashers import Argon2PasswordHasher, MD5PasswordHasher, check_password, make_password
from django.core import mail
from django.core.cache import cache
from django.core.handlers.wsgi import WSGIHandler
from django.core.mail.backends.locmem import EmailBackend
from django.core.signals import request_finished
from django.db import close_old_connections, connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from partners import actions
from returns_portal import settings as production
from tests.partners.conftest import PASSWORD
from tests.partners.factors import PASSKEY, add_key, question

LOGIN, RESET = "/account/login/", "/account/password/reset/"
LONG = "Åtta gröna hästar sjunger om fyra lampor av papper, " * 3


def try_password(email: str, password: str, language: str = "en", **more: str) -> Client:
    client = Client(headers={"accept-language": language}, **more)
    client.response = client.post(LOGIN, {"login": email, "password": password})
    return client


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


# How they are kept and which are taken


@pytest.mark.asvs("11.4.2")
def test_passwords_are_hashed_with_argon2id_of_these_parameters():
    with override_settings(PASSWORD_HASHERS=production.PASSWORD_HASHERS):
        kept = make_password("four words on paper")
        assert kept.startswith("argon2$argon2id$v=19$m=102400,t=2,p=8$")
        assert check_password("four words on paper", kept)
        assert not check_password("four words on papeR", kept)
    assert Argon2PasswordHasher.algorithm == "argon2"


@pytest.mark.asvs("6.2.1", "6.2.4", "6.2.8", "6.2.9")
@pytest.mark.parametrize(
    ("password", "is_taken"),
    [
        ("elevenchars", False),
        ("twelve chars", True),
        ("administrator", False),  # common
        ("password1234", False),
        ("Nils Nyström", False),  # the name
        ("nils@work.example", False),
        ("x" + LONG[:63], True),
        (LONG, True),
        ("  spaces around  ", True),
    ],
)
def test_which_passwords_an_invited_person_may_choose(people, password, is_taken, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        actions.invite("nils@work.example", people.malmo, "member", by=people.maja)
    link = re.search(r"/account/invitation/\S+", str(mail.outbox[-1].body)).group()
    form = {"name": "Nils Nyström", "language": "sv", "password": password, "rules": "on"}
    assert Client().post(link, form).status_code == (302 if is_taken else 200)
    assert is_in(try_password("nils@work.example", password)) is is_taken


@pytest.mark.asvs("6.2.8")
def test_no_letter_of_a_long_password_is_left_out(people, enter):
    typed = {"oldpassword": PASSWORD, "password1": LONG + "A", "password2": LONG + "A"}
    assert enter(people.sara).post("/account/password/change/", typed).status_code == 302
    for wrong in (LONG + "B", LONG, (LONG + "A").lower(), LONG[:72]):
        assert not is_in(try_password("sara@work.example", wrong))
    assert is_in(try_password("sara@work.example", LONG + "A"))


def test_a_password_is_changed_only_by_who_knows_it_and_to_a_good_one(people, enter):
    client = enter(people.sara)
    for old, new in (("wrong", LONG), (PASSWORD, "short"), (PASSWORD, "password1234")):
        typed = {"oldpassword": old, "password1": new, "password2": new}
        assert client.post("/account/password/change/", typed).status_code == 200
    assert is_in(try_password("sara@work.example", PASSWORD))


# How often one may try


@pytest.fixture
def later(monkeypatch):
    """Move the clock of the limits."""

    def move(seconds: float) -> None:
        import time

        moved = SimpleNamespace(time=lambda: time.time() + seconds, monotonic=time.monotonic, sleep=time.sleep)
        monkeypatch.setattr(ratelimit, "time", moved)

    return move


@pytest.mark.asvs("6.3.1")
def test_five_wrong_passwords_close_the_address_for_five_minutes(people, later):
    for _try in range(5):
        assert not is_in(try_password("sara@work.example", "wrong"))
    for address in ("127.0.0.1", "192.0.2.7"):
        refused = try_password("SARA@work.example", PASSWORD, REMOTE_ADDR=address)
        assert not is_in(refused)
        assert "five minutes" in str(refused.response.context["form"].errors)
    assert is_in(try_password("maja@work.example", PASSWORD, REMOTE_ADDR="192.0.2.8"))
    later(299)
    assert not is_in(try_password("sara@work.example", PASSWORD))
    later(301)
    assert is_in(try_password("sara@work.example", PASSWORD))


@pytest.mark.asvs("6.3.1")
def test_a_passkey_opens_an_account_that_somebody_has_locked(people, enter, settings):
    settings.ROOT_URLCONF = "tests.partners.passkey_urls"
    settings.MFA_PASSKEY_LOGIN_ENABLED = True
    device = add_key(enter(people.sara))
    for _try in range(6):
        try_password("sara@work.example", "wrong")
    assert not is_in(try_password("sara@work.example", PASSWORD))
    client = Client()
    client.post(PASSKEY, {"credential": device.sign(question(client))})
    assert is_in(client)


@pytest.mark.asvs("6.3.1")
def test_wrong_codes_close_the_second_step_too(people, enter, later):
    add_key(enter(people.sara))
    client = enter(people.sara)
    for _try in range(5):
        assert client.post("/account/2fa/authenticate/", {"code": "000000"}).status_code == 200
    codes = people.sara.authenticator_set.get(type="recovery_codes").wrap().get_unused_codes()
    client.post("/account/2fa/authenticate/", {"code": codes[0]})
    assert not is_in(client)
    later(301)
    client.post("/account/2fa/authenticate/", {"code": codes[0]})
    assert is_in(client)


@pytest.mark.asvs("6.3.1")
@pytest.mark.parametrize(("language", "words"), [("en", r"Try again at \d\d:\d\d"), ("sv", r"\d\d\.\d\d")])
def test_who_tries_too_often_is_told_when_to_come_back(people, language, words):
    for number in range(30):
        try_password(f"nobody{number}@work.example", "wrong")
    answer = try_password("sara@work.example", PASSWORD, language).response
    assert answer.status_code == 429
    assert answer.headers["Content-Language"].startswith(language)
    assert answer.headers["Retry-After"] == "300"
    assert re.search(words, answer.content.decode())
    assert is_in(try_password("sara@work.example", PASSWORD, REMOTE_ADDR="192.0.2.9"))


def test_a_forged_header_gives_no_new_address(people):
    for number in range(31):
        answer = try_password(
            f"nobody{number}@work.example", "wrong", HTTP_X_FORWARDED_FOR=f"192.0.2.{number}"
        ).response
    assert answer.status_code == 429


def test_behind_a_proxy_each_visitor_has_a_limit_of_their_own(people, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(31):
        forwarded = f"198.51.100.{number}, 192.0.2.1"
        answer = try_password(f"nobody{number}@work.example", "wrong", HTTP_X_FORWARDED_FOR=forwarded).response
    assert answer.status_code == 429
    assert is_in(try_password("sara@work.example", PASSWORD, HTTP_X_FORWARDED_FOR="192.0.2.2"))


@pytest.mark.asvs("6.3.1")
def test_a_flood_of_other_addresses_does_not_lift_a_lock(people):
    """The cache that holds the limits throws out what lives when it is full."""
    for _try in range(5):
        try_password("sara@work.example", "wrong")
    for number in range(400):
        cache.set(f"!flood{number}", "x", 300)
        cache.set(f"~flood{number}", "x", 300)
    assert not is_in(try_password("sara@work.example", PASSWORD))


# Who has an account


class Counting(MD5PasswordHasher):
    """Counts how often a password was hashed: that is what takes the time."""

    hashed = 0

    def encode(self, password, salt):
        type(self).hashed += 1
        return super().encode(password, salt)


@pytest.mark.asvs("6.3.8")
def test_known_and_unknown_addresses_cost_the_same_work(people, settings):
    settings.PASSWORD_HASHERS = [f"{__name__}.Counting"]
    people.mona.set_unusable_password()
    people.mona.save()
    people.maja.is_active = False
    people.maja.save()
    work = []
    for name in ("sara", "nobody", "mona", "maja"):
        Counting.hashed = 0
        assert not is_in(try_password(f"{name}@work.example", "wrong"))
        work.append(Counting.hashed)
    assert work == [1, 1, 1, 1]


@pytest.mark.asvs("6.3.8")
def test_the_answer_about_a_forgotten_password_has_left_before_a_mail_is_written(people, rf):
    """A server has the whole answer first, sends it, and then closes it."""
    server, answers = WSGIHandler(), []
    server.load_middleware()
    for name in ("sara", "nobody"):
        request = rf.post(RESET, {"email": f"{name}@work.example"})
        request._dont_enforce_csrf_checks = True
        answers.append(server.get_response(request))
    assert mail.outbox == []
    known, unknown = ((answer.status_code, answer.headers["Location"], answer.content) for answer in answers)
    assert known == unknown
    request_finished.disconnect(close_old_connections)  # as the test client does: it would close the test's own
    for answer in answers:
        answer.close()
    request_finished.connect(close_old_connections)
    assert [message.to for message in mail.outbox] == [["sara@work.example"]]


@pytest.mark.asvs("6.3.8", "16.5.3")
def test_a_mail_server_that_is_away_tells_nobody_who_has_an_account(people, settings, caplog):
    settings.EMAIL_BACKEND = f"{__name__}.Away"
    answers = [Client().post(RESET, {"email": f"{name}@work.example"}) for name in ("sara", "nobody")]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert "has failed" in caplog.text
    assert "sara@" not in "".join(record.getMessage() for record in caplog.records)


class Away(EmailBackend):
    """A mail server that does not answer."""

    def send_messages(self, messages):
        raise ConnectionRefusedError


@pytest.mark.asvs("6.3.8")
def test_a_forgotten_password_asks_the_database_the_same(people):
    asked = {}
    for name in ("warm", "sara", "nobody"):
        with CaptureQueriesContext(connection) as captured:
            Client().post(RESET, {"email": f"{name}@work.example"})
        asked[name] = [re.sub(r"'[^']*'|\d+", "?", query["sql"]) for query in captured]
    difference = abs(len(asked["sara"]) - len(asked["nobody"]))
    assert difference <= 1, (asked["sara"], asked["nobody"])
