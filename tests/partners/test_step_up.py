"""Proving anew who sits here, before somebody is let in or given a role."""

import time

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import get_resolver

from partners import step_up
from partners.models import Invitation, User
from tests.cast import proved
from tests.partners.conftest import PASSWORD
from tests.partners.factors import enrol, next_code

INVITE = "/organisation/invite/"
ASKS_PASSWORD = f"/account/reauthenticate/?next={INVITE}"
ASKS_FACTOR = f"/account/2fa/reauthenticate/?next={INVITE}"
NEW = {"email": "nils@work.example", "role": "member"}

with_commits = pytest.mark.django_db(transaction=True)


@pytest.fixture
def maja(people) -> Client:
    """A manager's browser, in which nothing was proved for an hour."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(people.maja)
    proved(client, people.maja, seconds_ago=3600)
    return client


def note(client: Client, user: User, *records: dict) -> None:
    """Let the session hold these proofs."""
    session = client.session
    session["account_authentication_methods_user"] = str(user.pk)
    session["account_authentication_methods"] = list(records)
    session.save()


@pytest.mark.asvs("7.5.3")
@pytest.mark.parametrize(("seconds_ago", "opens"), [(0, True), (4 * 60 + 55, True), (5 * 60, False), (3600, False)])
def test_a_page_opens_on_a_proof_of_the_last_five_minutes(people, maja, seconds_ago, opens):
    proved(maja, people.maja, seconds_ago)
    response = maja.get(INVITE)
    assert response.status_code == (200 if opens else 302)
    assert opens or response.headers["Location"] == ASKS_PASSWORD


@pytest.mark.asvs("7.5.3")
@pytest.mark.parametrize(("seconds_ago", "is_done"), [(5 * 60, True), (14 * 60 + 55, True), (15 * 60, False)])
def test_a_form_is_taken_for_a_quarter_of_an_hour(people, maja, seconds_ago, is_done):
    proved(maja, people.maja, seconds_ago)
    assert maja.post(INVITE, NEW).status_code == (302 if is_done else 403)
    assert Invitation.objects.exists() == is_done


def test_what_was_sent_too_late_lies_in_no_session(maja):
    response = maja.post(INVITE, {"email": "the secret word", "role": "member"}, headers={"Referer": ""})
    assert ASKS_PASSWORD in response.content.decode()
    assert "the secret word" not in response.content.decode()
    everything = str([session.get_decoded() for session in Session.objects.all()])
    assert "secret word" not in everything
    assert "account_reauthentication_state" not in everything


@pytest.mark.asvs("7.5.1")
def test_the_librarys_own_pages_keep_nothing_either(people, enter):
    client = enter(people.sara)
    proved(client, people.sara, seconds_ago=3600)
    response = client.post("/account/2fa/totp/activate/", {"code": "the secret word"})
    assert response.status_code == 403
    assert "secret word" not in str([session.get_decoded() for session in Session.objects.all()])
    assert client.get("/account/2fa/totp/activate/").headers["Location"].startswith("/account/reauthenticate/")


@pytest.mark.parametrize(
    ("sender", "back"),
    [
        ("", INVITE),
        ("http://testserver/organisation/", "http%3A//testserver/organisation/"),
        ("https://elsewhere.example/x/", INVITE),
    ],
)
def test_the_way_back_leads_to_the_page_of_the_form_and_never_off_the_site(maja, sender, back):
    page = maja.post(INVITE, NEW, headers={"Referer": sender}).content.decode()
    assert f'href="/account/reauthenticate/?next={back}"' in page
    assert "elsewhere" not in page


@pytest.mark.asvs("7.2.4")
def test_the_password_proves_it_renews_the_sessions_key_and_leads_back(people, maja):
    before = maja.session.session_key
    assert maja.post("/account/reauthenticate/", {"password": "wrong", "next": INVITE}).status_code == 200
    assert maja.get(INVITE).status_code == 302
    response = maja.post("/account/reauthenticate/", {"password": PASSWORD, "next": INVITE})
    assert response.headers["Location"] == INVITE
    assert maja.get(INVITE).status_code == 200
    assert maja.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


def test_the_way_back_from_the_proof_stays_on_the_site(maja):
    for target in ("https://elsewhere.example/", "//elsewhere.example/"):
        response = maja.post("/account/reauthenticate/", {"password": PASSWORD, "next": target})
        assert "elsewhere" not in response.headers["Location"]


@pytest.mark.asvs("7.5.1", "7.5.3")
@with_commits
def test_where_a_factor_is_required_the_password_alone_proves_nothing(people, enter, settings):
    settings.REQUIRE_MFA = True
    client = enter(people.maja)
    secret = enrol(client)
    proved(client, people.maja)
    assert client.get(INVITE).headers["Location"] == ASKS_FACTOR
    assert client.get(ASKS_PASSWORD).headers["Location"].startswith("/account/2fa/reauthenticate/")
    page = client.get(ASKS_FACTOR).content.decode()
    assert "/account/reauthenticate/" not in page
    answer = {"code": next_code(secret), "next": INVITE}
    assert client.post("/account/2fa/reauthenticate/", answer).headers["Location"] == INVITE
    assert client.get(INVITE).status_code == 200


def test_a_factor_that_was_removed_no_longer_proves_anything(people, maja, settings):
    kept = Authenticator.objects.create(user=people.maja, type="totp", data={"secret": "x"})
    note(maja, people.maja, {"method": "mfa", "id": kept.pk, "type": "totp", "at": time.time()})
    assert maja.get(INVITE).status_code == 200
    kept.delete()
    assert maja.get(INVITE).status_code == 302


def test_proofs_of_somebody_else_or_of_another_kind_do_not_count(people, maja):
    note(maja, people.sara, {"method": "password", "at": time.time()})
    assert maja.get(INVITE).status_code == 302
    for method in ("password_reset", "socialaccount", "code"):
        note(maja, people.maja, {"method": method, "at": time.time()})
        assert maja.get(INVITE).status_code == 302


@pytest.mark.parametrize(("ahead", "opens"), [(30, True), (3600, False)])
def test_a_proof_from_the_future_is_none(people, maja, ahead, opens):
    proved(maja, people.maja, seconds_ago=-ahead)
    assert maja.get(INVITE).status_code == (200 if opens else 302)


@pytest.mark.parametrize(("seconds_ago", "opens"), [(60, True), (3600, False)])
def test_an_authoritys_sign_on_counts_from_when_it_saw_the_person(people, maja, seconds_ago, opens):
    session = maja.session
    session[step_up.SSO_AT] = int(time.time()) - seconds_ago
    session.save()
    assert maja.get(INVITE).status_code == (200 if opens else 302)


def test_whoever_has_neither_password_nor_factor_proves_it_where_they_came_from(people, maja):
    people.maja.set_unusable_password()
    people.maja.save()
    maja.force_login(people.maja)
    proved(maja, people.maja, seconds_ago=3600)
    assert maja.get(INVITE).headers["Location"] == f"/account/logout/?next={INVITE}"
    for page in ("/account/2fa/totp/activate/", "/account/2fa/webauthn/add/"):
        assert maja.get(page).headers["Location"].startswith("/account/logout/")
    session = maja.session
    session[step_up.SSO_AGAIN] = "/account/sso/confirm/"
    session.save()
    assert maja.get(INVITE).headers["Location"] == f"/account/sso/confirm/?next={INVITE}"


def test_whoever_may_not_open_the_page_is_not_asked(people, maja):
    client = Client()
    client.force_login(people.sara)
    assert client.get(INVITE).status_code == 403
    assert client.post(INVITE, NEW).status_code == 403
    assert "/account/reauthenticate/" not in client.post(INVITE, NEW).content.decode()


ADMINS = ("/admin/partners/user/{sara}/change/", "/admin/partners/organisation/add/")


@pytest.mark.asvs("7.5.3")
@pytest.mark.parametrize("page", ADMINS)
def test_the_administration_shows_and_takes_the_forms_of_access_on_a_fresh_proof(people, enter, page):
    client = enter(people.ada)
    page = page.format(sara=people.sara.pk)
    assert client.get(page).status_code == 200
    proved(client, people.ada, seconds_ago=3600)
    assert client.get(page).headers["Location"].startswith("/account/reauthenticate/")
    assert client.post(page, {"name": "Changed"}).status_code == 403
    assert not User.objects.filter(name="Changed").exists()
    assert client.get("/admin/partners/user/").status_code == 200
    chosen = {"action": "sign_out_everywhere", "_selected_action": [str(people.sara.pk)]}
    assert client.post("/admin/partners/user/", chosen).status_code == 403


def test_every_page_that_grants_a_role_asks_anew():
    views = {pattern.name: pattern.callback for pattern in get_resolver().url_patterns[2].url_patterns}
    asking = {name for name, view in views.items() if getattr(view, "steps_up", False)}
    assert asking == {"invite", "colleague", "end-colleague"}
