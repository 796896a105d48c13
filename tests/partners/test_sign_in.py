"""The way in: by e-mail, by invitation only, and with a second factor where it is required."""

from types import SimpleNamespace

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.core import mail
from django.test import Client, override_settings
from pytest_django.asserts import assertRedirects

from partners import actions
from partners.middleware import language_of_browser
from partners.models import User
from partners.sign_in import AccountAdapter, FactorAdapter, reseal_factors
from tests.partners.conftest import PASSWORD
from tests.partners.factors import enrol, next_code

# A new factor counts from the commit on; a test inside one transaction never gets there.
with_commits = pytest.mark.django_db(transaction=True)


def is_in(client: Client) -> bool:
    return client.get("/account/settings/").status_code == 200


def test_people_sign_in_by_email_whatever_its_capitals(people, client):
    response = client.post("/account/login/", {"login": "SARA@work.example", "password": PASSWORD})
    assert response.headers["Location"] == "/"
    assert client.session["_auth_user_id"] == str(people.sara.pk)


@pytest.mark.asvs("6.3.8")
def test_a_wrong_password_and_an_unknown_address_get_the_same_words(people):
    answers = [
        Client().post("/account/login/", {"login": email, "password": "wrong"})
        for email in ("sara@work.example", "nobody@work.example")
    ]
    first, second = (answer.context["form"].non_field_errors() for answer in answers)
    assert [answer.status_code for answer in answers] == [200, 200]
    assert list(first) == list(second) == [str(AccountAdapter.error_messages["email_password_mismatch"])]


@pytest.mark.parametrize("page", ["/account/signup/", "/account/email/"])
def test_accounts_and_addresses_are_not_self_service(people, enter, page):
    assert Client().get(page).status_code == 404
    assert enter(people.sara).post(page, {"email": "x@work.example"}).status_code == 404


@pytest.mark.asvs("6.3.8")
def test_asking_for_a_new_password_tells_nobody_who_has_an_account(people):
    known, unknown = (
        Client().post("/account/password/reset/", {"email": email}, follow=True)
        for email in ("sara@work.example", "nobody@work.example")
    )
    assert known.redirect_chain == unknown.redirect_chain
    assert [message.to for message in mail.outbox] == [["sara@work.example"]]
    assert "Sara" not in mail.outbox[0].subject + str(mail.outbox[0].body)


@pytest.mark.asvs("7.4.2")
def test_an_ended_colleague_is_out_at_the_next_request(people, enter):
    client = enter(people.sara)
    assert is_in(client)
    actions.end_colleague(people.sara, by=people.maja)
    assert not is_in(client)
    assert not is_in(enter(people.sara))


@pytest.mark.asvs("7.4.2")
def test_people_of_an_organisation_that_left_are_out(people, enter):
    client = enter(people.sara)
    people.malmo.is_active = False
    people.malmo.save()
    assert not is_in(client)
    assert not is_in(enter(people.sara))


def test_a_superuser_has_no_right_to_any_object(people):
    assert people.ada.has_perm("partners.change_user")
    assert not people.ada.has_perm("partners.change_user", people.sara)
    assert people.ada.group_ids() == []


@with_commits
@override_settings(REQUIRE_MFA=True)
def test_a_password_alone_opens_only_the_page_that_sets_up_a_factor(people, enter):
    client = enter(people.sara)
    assertRedirects(
        client.get("/organisation/?a=b"),
        "/account/2fa/totp/activate/?next=/organisation/%3Fa%3Db",
        target_status_code=200,
    )
    assertRedirects(enter(people.ada).get("/admin/"), "/account/2fa/totp/activate/?next=/admin/")
    enrol(client)
    assert client.get("/organisation/").status_code == 200


@pytest.mark.asvs("6.3.4")
@with_commits
@override_settings(REQUIRE_MFA=True)
def test_a_removed_factor_no_longer_counts_for_a_session_that_used_it(people, enter):
    client = enter(people.sara)
    enrol(client)
    Authenticator.objects.filter(user=people.sara).delete()
    assert client.get("/organisation/").headers["Location"].startswith("/account/2fa/totp/activate/")


@pytest.mark.asvs("6.3.4")
@with_commits
@override_settings(REQUIRE_MFA=True)
def test_who_has_a_factor_is_asked_for_it_at_the_sign_in(people, enter):
    secret = enrol(enter(people.sara))
    client = enter(people.sara)
    assert "_auth_user_id" not in client.session
    client.post("/account/2fa/authenticate/", {"code": "000000"})
    assert "_auth_user_id" not in client.session
    client.post("/account/2fa/authenticate/", {"code": next_code(secret)})
    assert client.get("/organisation/").status_code == 200


@pytest.mark.asvs("6.5.5")
@with_commits
@pytest.mark.parametrize(("seconds", "is_taken"), [(-30, False), (0, True), (30, False)])
def test_a_code_lives_half_a_minute_and_no_longer(people, enter, monkeypatch, seconds, is_taken):
    secret = enrol(enter(people.sara))
    code, now = next_code(secret), auth.time.time()
    monkeypatch.setattr(auth, "time", SimpleNamespace(time=lambda: now + seconds))
    client = enter(people.sara)
    client.post("/account/2fa/authenticate/", {"code": code})
    assert ("_auth_user_id" in client.session) is is_taken


@with_commits
def test_secrets_of_factors_lie_sealed(people, enter):
    secret = enrol(enter(people.sara))
    kept = Authenticator.objects.get(user=people.sara, type="totp").data["secret"]
    assert secret not in kept
    assert FactorAdapter().decrypt(kept) == secret


@with_commits
def test_a_new_key_seals_the_factors_anew(people, enter, settings):
    secret = enrol(enter(people.sara))
    settings.SEALING_KEYS = [("k2", bytes(range(32))), *settings.SEALING_KEYS]
    assert (reseal_factors(), reseal_factors()) == (2, 0)  # the app's secret and the seed of the recovery codes
    kept = Authenticator.objects.get(user=people.sara, type="totp").data["secret"]
    assert kept.startswith("k2:")
    assert FactorAdapter().decrypt(kept) == secret


@with_commits
def test_removing_a_factor_ends_the_other_sessions(people, enter):
    here = enter(people.sara)
    elsewhere = enter(people.sara)
    enrol(here)
    here.post("/account/2fa/totp/deactivate/")
    assert not Authenticator.objects.filter(user=people.sara).exists()
    assert (is_in(here), is_in(elsewhere)) == (True, False)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "sv"),
        ("sv", "sv"),
        ("sv-FI,en;q=0.8", "sv"),
        ("en-US,en;q=0.9", "en-gb"),
        ("en-GB", "en-gb"),
        ("en", "en-gb"),
        ("fi-FI,fi;q=0.9,en;q=0.5,sv;q=0.4", "en-gb"),
        ("de,sv;q=0.2,en;q=0.1", "sv"),
        ("ro", "sv"),
        ("*", "sv"),
        ("en;q=0,sv;q=0.1", "sv"),
        ("not a header;;", "sv"),
    ],
)
def test_the_browser_chooses_among_the_languages_offered(header, language):
    assert language_of_browser(header) == language


def test_ones_own_setting_goes_before_the_browser(people, enter):
    client = enter(people.sara)
    assert client.get("/account/settings/").headers["Content-Language"] == "en-gb"
    client.post("/account/settings/", {"language": "sv", "theme": "", "phone": ""})
    assert client.get("/account/settings/").headers["Content-Language"] == "sv"


def test_the_footers_choice_is_kept_signed_out_and_signed_in(people, enter):
    visitor = Client(headers={"accept-language": "sv"})
    response = visitor.post("/account/language/", {"language": "en-gb", "next": "https://elsewhere.example/"})
    assert response.headers["Location"] == "/"
    assert visitor.get("/account/login/").headers["Content-Language"] == "en-gb"
    member = enter(people.sara)
    response = member.post("/account/language/", {"language": "sv", "next": "/account/settings/"})
    assert response.headers["Location"] == "/account/settings/"
    assert User.objects.get(pk=people.sara.pk).language == "sv"
