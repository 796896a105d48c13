"""Passkeys: a device in software drives the real pages."""

import copy

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client

from tests.partners.factors import ADD_KEY, PASSKEY, add_key, all_at_once, as_json, come_in_by, question
from tests.partners.soft_authenticator import SoftAuthenticator


@pytest.fixture(autouse=True)
def _as_in_production(settings):
    """Passkeys open the portal, at its own address alone."""
    settings.ROOT_URLCONF = "tests.partners.passkey_urls"
    settings.MFA_PASSKEY_LOGIN_ENABLED = True
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = False
    settings.REQUIRE_MFA = True


@pytest.fixture
def device(people, enter) -> SoftAuthenticator:
    """Sara's passkey."""
    return add_key(enter(people.sara))


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


@pytest.mark.asvs("6.3.3", "6.3.7", "6.4.1")
def test_a_passkey_is_added_and_opens_the_portal_without_a_password(people, device):
    assert "factor was added" in str(mail.outbox[-1].body)
    client = come_in_by(device)
    assert client.session["_auth_user_id"] == str(people.sara.pk)
    assert client.get("/organisation/").status_code == 200


def test_the_sign_in_page_offers_passkeys_before_passwords(client):
    page = client.get("/account/login/").content.decode()
    assert 0 < page.index('id="passkey_login"') < page.index('name="password"')


def test_a_new_key_becomes_a_passkey_unless_somebody_says_otherwise(people, enter, settings):
    offered = enter(people.sara).get(ADD_KEY).context["form"]["passwordless"]
    assert offered.initial is True
    settings.MFA_PASSKEY_LOGIN_ENABLED = False
    assert "passwordless" not in enter(people.sara).get(ADD_KEY).context["form"].fields


def test_where_passkeys_are_off_the_page_does_not_speak_of_them(client, settings):
    settings.MFA_PASSKEY_LOGIN_ENABLED = False
    assert "passkey" not in client.get("/account/login/").content.decode()


@pytest.mark.asvs("6.3.3")
@pytest.mark.parametrize(
    "origin", ["https://portal.evil.example", "http://testserver", "https://testserver.evil.example"]
)
def test_what_was_signed_for_another_site_is_refused(people, device, enter, origin):
    assert not is_in(come_in_by(device, origin=origin))
    add_key(come_in_by(device), origin=origin)
    assert Authenticator.objects.filter(user=people.sara, type="webauthn").count() == 1


@pytest.mark.asvs("6.3.3")
def test_a_key_that_does_not_know_its_owner_is_refused(people, device, enter):
    assert not is_in(come_in_by(device, verified=False))
    add_key(enter(people.maja), verified=False)
    assert not Authenticator.objects.filter(user=people.maja).exists()


def test_an_answer_is_taken_once(device):
    client = Client()
    answer = {"credential": device.sign(question(client))}
    client.post(PASSKEY, answer)
    assert is_in(client)
    client.post("/account/logout/")
    client.post(PASSKEY, answer)
    assert not is_in(client)
    stranger = Client()
    question(stranger)
    stranger.post(PASSKEY, answer)
    assert not is_in(stranger)


def test_an_answer_without_a_question_is_refused(device):
    client = Client()
    answer = {"credential": device.sign(question(client))}
    assert Client().post(PASSKEY, answer).headers["Location"] == "/account/login/"


def test_another_key_does_not_pass_for_this_one(people, device):
    forged = SoftAuthenticator()
    forged.id, forged.owner = device.id, device.owner
    assert not is_in(come_in_by(forged))


def test_a_key_opens_no_account_but_its_owners(people, device, enter):
    other = add_key(enter(people.maja))
    other.owner = device.owner
    assert not is_in(come_in_by(other))


@pytest.mark.parametrize("broken", ["", "{}", "[]", '{"response": {}}', '{"response": {"userHandle": "AAAA"}}', "null"])
def test_what_is_no_answer_at_all_is_refused(client, broken):
    question(client)
    assert client.post(PASSKEY, {"credential": broken}).headers["Location"] == "/account/login/"


def test_a_passkey_of_a_closed_account_opens_nothing(people, device):
    people.sara.is_active = False
    people.sara.save()
    assert not is_in(come_in_by(device))


def test_a_passkey_of_an_organisation_that_left_opens_nothing(people, device):
    people.malmo.is_active = False
    people.malmo.save()
    assert not is_in(come_in_by(device))


def test_a_key_is_asked_for_after_the_password_and_again_before_what_counts(people, device, enter):
    client = enter(people.sara)
    assert not is_in(client)
    page = client.get("/account/2fa/authenticate/")
    options = as_json(page.context["js_data"]["request_options"])
    client.post("/account/2fa/authenticate/", {"credential": device.sign(options)})
    assert is_in(client)
    before = client.session.session_key
    page = client.get("/account/2fa/webauthn/reauthenticate/?next=/organisation/")
    options = as_json(page.context["js_data"]["request_options"])
    answer = {"credential": device.sign(options), "next": "/organisation/"}
    assert client.post("/account/2fa/webauthn/reauthenticate/", answer).headers["Location"] == "/organisation/"
    assert client.session.session_key != before


@pytest.mark.asvs("6.5.1")
@pytest.mark.django_db(transaction=True)
def test_of_twelve_who_bring_the_same_answer_one_comes_in(people, enter, settings):
    """One browser's cookie copied twelve times: the question lies in a session that they all share."""
    settings.MFA_RATE_LIMITS = {"webauthn_login": "1000/m/ip"}
    device = add_key(enter(people.sara))
    first = Client()
    answer = {"credential": device.sign(question(first))}
    copies = [Client(raise_request_exception=False) for _number in range(12)]
    for each in copies:
        each.cookies = copy.deepcopy(first.cookies)
    all_at_once([lambda each=each: each.post(PASSKEY, answer) for each in copies])
    keys = {each.cookies["sessionid"].value for each in copies} - {first.cookies["sessionid"].value, ""}
    opened = [each for each in copies if each.cookies["sessionid"].value in keys and is_in(each)]
    assert len(opened) == 1
