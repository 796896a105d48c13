"""Every way to a session, and what it opens without a second factor: nothing but the pages that ask for one."""

import re
import uuid
from collections.abc import Iterator

import pytest
from django.core import mail
from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve

from partners import actions
from tests.cast import proved
from tests.partners.conftest import PASSWORD
from tests.partners.factors import enrol, next_code

with_commits = pytest.mark.django_db(transaction=True)

NEW_PASSWORD = "green horse paper lamp"
FILLING = {"int": "1", "uuid": str(uuid.uuid4()), "code": "K7Q29FWM", "str": "x", "slug": "x", "path": "x", "kind": "x"}
# Beside what anybody may see: under /account/ these open to a session that has used no second factor.
WAYS_OUT = {"/account/logout/", "/account/hide/"}
ASKING = {"account_reauthenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn"}
SETTING_UP = {
    "mfa_index",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "mfa_remove_webauthn",
    "mfa_edit_webauthn",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
}


@pytest.fixture(autouse=True)
def _factor_required(settings):
    settings.REQUIRE_MFA = True


def routes(resolver: URLResolver | None = None, prefix: str = "/") -> Iterator[tuple[str, URLPattern]]:
    """Every address of the portal, its blanks filled in."""
    for pattern in (resolver or get_resolver()).url_patterns:
        address = prefix + filled(pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, address)
        else:
            yield address, pattern


def filled(pattern: URLPattern | URLResolver) -> str:
    """One part of an address: `<uuid:pk>` and allauth's regular expressions as something that fits."""
    part = str(pattern.pattern)
    if part.startswith("^"):
        return {
            "account_reset_password_from_key": "password/reset/key/1-x/",
            "account_confirm_email": "confirm-email/x/",
        }.get(str(pattern.name), "nothing/")
    return re.sub(r"<(?:(\w+):)?\w+>", lambda blank: FILLING.get(blank[1] or "str", "x"), part)


def opened_by(client: Client) -> set[str]:
    """Which pages, of those that not everybody may see, do not send this browser to the second factor."""
    found = set()
    for address, _pattern in routes():
        if is_for_everybody(address) or address in WAYS_OUT:
            continue
        location = client.get(address).headers.get("Location", "")
        if not location.startswith(("/account/2fa/totp/activate/?next=", "/account/2fa/reauthenticate/?next=")):
            found.add(resolve(address).view_name)
    return found


def is_for_everybody(address: str) -> bool:
    """Whether the page asks for no sign-in at all."""
    try:
        return not getattr(resolve(address).func, "login_required", True)
    except Resolver404:
        return True


def through_the_password(people, enter) -> Client:
    return enter(people.sara)


def through_a_reset(people, enter) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.post("/account/password/reset/", {"email": people.sara.email})
    link = re.search(r"/account/password/reset/key/\S+", str(mail.outbox[-1].body)).group()
    form = client.get(link).headers["Location"]
    client.post(form, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    assert "_auth_user_id" not in client.session
    return enter(people.sara, NEW_PASSWORD)


def through_an_invitation(people, enter) -> Client:
    actions.invite("nils@work.example", people.malmo, "manager", by=people.maja)
    link = re.search(r"/account/invitation/\S+", str(mail.outbox[-1].body)).group()
    client = Client(headers={"accept-language": "en"})
    client.post(link, {"name": "Nils", "language": "sv", "password": NEW_PASSWORD, "rules": "on"})
    assert "_auth_user_id" not in client.session
    client.post("/account/login/", {"login": "nils@work.example", "password": NEW_PASSWORD})
    return client


def through_the_administrations_door(people, enter) -> Client:
    client = enter(people.ada)
    client.post("/admin/login/", {"username": people.ada.email, "password": PASSWORD})
    return client


@pytest.mark.asvs("6.3.4")
@with_commits
def test_a_password_opens_no_more_than_the_pages_that_set_up_a_factor(people, enter):
    assert opened_by(enter(people.sara)) <= ASKING | SETTING_UP


@pytest.mark.asvs("6.3.4", "6.4.3")
@with_commits
@pytest.mark.parametrize("way", [through_a_reset, through_an_invitation, through_the_administrations_door])
def test_nor_does_any_other_way(people, enter, way):
    client = way(people, enter)
    assert "_auth_user_id" in client.session
    for page in (
        "/",
        "/organisation/",
        "/admin/",
        "/account/settings/",
        "/account/sessions/",
        "/account/password/change/",
    ):
        for ask in (client.get, client.post):
            assert ask(page).headers["Location"].startswith("/account/2fa/totp/activate/?next=")


@pytest.mark.asvs("6.3.4")
@with_commits
def test_an_older_session_cannot_take_away_a_factor_that_was_set_up_elsewhere(people, enter):
    """Somebody has the password and came in first; then the owner sets up a factor."""
    thief = enter(people.sara)
    enrol(enter(people.sara))
    proved(thief, people.sara)
    assert opened_by(thief) <= ASKING
    assert thief.post("/account/2fa/totp/deactivate/").status_code == 302
    assert thief.post("/account/reauthenticate/", {"password": PASSWORD}).status_code == 302
    assert thief.get("/account/2fa/").headers["Location"].startswith("/account/2fa/reauthenticate/")


@pytest.mark.asvs("6.4.3")
@with_commits
def test_a_new_password_does_not_pass_by_the_factor(people, enter):
    secret = enrol(enter(people.sara))
    client = through_a_reset(people, enter)
    assert "_auth_user_id" not in client.session
    client.post("/account/2fa/authenticate/", {"code": next_code(secret)})
    assert client.get("/organisation/").status_code == 200


def test_every_page_outside_the_account_that_opens_to_anybody_says_so():
    walked = {address for address, _pattern in routes()}
    open_to_all = {address for address in walked if not address.startswith("/account/") and is_for_everybody(address)}
    assert {a for a in open_to_all if getattr(resolve(a).func, "reach", "") not in ("public", "demo")} == set()
    assert len(walked) > 150


# The administration


@pytest.mark.asvs("6.3.4")
@pytest.mark.parametrize("required", [True, False])
def test_the_administrations_own_door_takes_no_password(people, enter, settings, required):
    settings.REQUIRE_MFA = required
    credentials = {"username": people.ada.email, "password": PASSWORD, "next": "/admin/"}
    stranger = Client()
    assert stranger.post("/admin/login/", credentials).headers["Location"].startswith("/account/login/")
    assert "_auth_user_id" not in stranger.session
    sara = enter(people.sara)
    assert sara.post("/admin/login/", credentials).status_code in (302, 403)
    assert sara.session["_auth_user_id"] == str(people.sara.pk)
    ada = enter(people.ada)
    ada.post("/admin/login/", {"username": people.maja.email, "password": PASSWORD})
    assert ada.session["_auth_user_id"] == str(people.ada.pk)


@with_commits
@pytest.mark.asvs("6.3.4")
def test_the_administration_needs_a_factor_that_is_used_and_still_there(people, enter, settings):
    client = enter(people.ada)
    secret = enrol(client)
    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/login/?next=/admin/partners/").headers["Location"] == "/admin/partners/"
    assert client.get("/admin/login/?next=https://elsewhere.example/").headers["Location"] == "/admin/"
    elsewhere = enter(people.ada)
    assert elsewhere.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/account/2fa/authenticate/")
    elsewhere.post("/account/2fa/authenticate/", {"code": next_code(secret)})
    assert elsewhere.get("/admin/").status_code == 200
    people.ada.authenticator_set.all().delete()
    assert elsewhere.get("/admin/").status_code == 302


def test_the_site_itself_refuses_where_the_middleware_is_silent(people, enter, settings, rf):
    """Two locks: the site asks for the factor too, should somebody take the middleware out."""
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "RequireSecondFactor" not in name]
    client = enter(people.ada)
    assert client.get("/admin/").headers["Location"].startswith("/admin/login/")
    assert client.get("/admin/login/").status_code == 403
    settings.REQUIRE_MFA = False
    assert client.get("/admin/").status_code == 200


def test_staff_whose_account_is_closed_are_out(people, enter, settings):
    settings.REQUIRE_MFA = False
    client = enter(people.ada)
    assert client.get("/admin/").status_code == 200
    people.ada.is_staff = people.ada.is_superuser = False
    people.ada.save()
    assert client.get("/admin/", follow=True).status_code == 403
