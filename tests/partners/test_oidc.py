"""Single sign-on, over real HTTP with an identity provider that lies on demand: who gets in, and above all who not."""

import base64
import hashlib
import hmac
import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
import requests
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import clear_url_caches

from partners import actions
from partners.models import User
from partners.oidc import bindings, tokens, views
from partners.oidc.provider import WayBack
from partners.oidc.urls import urlpatterns
from returns_portal import settings as written
from tests.partners.conftest import PASSWORD
from tests.partners.factors import enrol, next_code
from tests.partners.identity_provider import CLIENT, LOA3, IdentityProvider, ec_key, jwk, pem, rsa_key, serving

START, BIND, END, CONFIRM = (f"/account/sso/{page}/" for page in ("start", "bind", "end", "confirm"))
LOA2 = "http://id.elegnamnden.se/loa/1.0/loa2"
with_commits = pytest.mark.django_db(transaction=True)


def name_provider(settings: Any, provider: IdentityProvider | None) -> None:
    """Set the portal up as a client of this provider, or of none, and lay its routes as at a start."""
    settings.OIDC_ISSUER = provider.issuer if provider else ""
    settings.OIDC_CLIENT_ID, settings.OIDC_NAME, settings.OIDC_ACR = CLIENT, "Soc Malmö’s sign-in", [LOA3]
    settings.OIDC_PRIVATE_KEY = pem(provider.client_key) if provider else ""
    importlib.reload(importlib.import_module("returns_portal.urls"))
    clear_url_caches()


@pytest.fixture
def authority(settings: Any, db: None) -> Iterator[IdentityProvider]:
    """The identity provider that the portal trusts."""
    with serving() as provider:
        name_provider(settings, provider)
        yield provider
        name_provider(settings, None)


@pytest.fixture
def bound(authority: IdentityProvider, people: SimpleNamespace) -> User:
    """Sara, whose account is connected."""
    SocialAccount.objects.create(user=people.sara, provider=authority.issuer, uid=authority.subject)
    sara: User = people.sara
    return sara


def there_and_back(client: Client, answer: Any, again: int = 1) -> Any:
    """The browser's way to the identity provider and back."""
    assert answer.status_code == 302, answer.content
    back = requests.get(answer.headers["Location"], allow_redirects=False, timeout=5).headers["Location"]
    found = urlsplit(back)
    return [client.get(f"{found.path}?{found.query}") for _time in range(again)][-1]


def sign_on(client: Client, **fields: str) -> Any:
    return there_and_back(client, client.post(START, fields))


def browser() -> Client:
    return Client(headers={"accept-language": "en"})


def is_in(client: Client, user: User) -> bool:
    return client.session.get("_auth_user_id") == str(user.pk)


def test_who_is_connected_comes_in(bound, authority):
    client, before = browser(), time.time()
    answer = sign_on(client, next="/organisation/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/organisation/")
    assert is_in(client, bound)
    assert before - 2 < client.session["sso_auth_at"] <= time.time()
    assert before < client.session["loa3_at"] <= time.time()
    assert client.get("/organisation/").status_code == 200


def test_what_is_asked_of_the_identity_provider(bound, authority):
    sign_on(browser())
    asked = authority.asked
    level = {"essential": True, "values": [LOA3]}
    assert json.loads(asked["claims"]) == {"id_token": {"acr": level, "auth_time": {"essential": True}}}
    assert (asked["acr_values"], asked["max_age"], asked["code_challenge_method"]) == (LOA3, str(8 * 3600), "S256")
    assert "prompt" not in asked


@pytest.mark.parametrize("key", [rsa_key("client"), ec_key("client")], ids=["RSA", "P-256"])
def test_the_portal_signs_for_itself_with_the_key_it_publishes(bound, authority, settings, key):
    authority.client_key, settings.OIDC_PRIVATE_KEY = key, pem(key)
    client = browser()
    sign_on(client)
    assert is_in(client, bound)
    assert len(authority.assertions) == 1
    (published,) = client.get("/account/sso/keys/").json()["keys"]
    assert not {"d", "p", "q"} & set(published)
    assert jwt.PyJWK(published).key == key.public_key()


def test_a_client_with_another_key_gets_nothing(bound, authority, settings):
    settings.OIDC_PRIVATE_KEY = pem(ec_key("thief"))
    client = browser()
    assert sign_on(client).status_code == 403
    assert not is_in(client, bound)


def test_tokens_on_a_curve_hold_too(bound, authority):
    authority.sign = signed_with(ec_key("provider"), "ES256", kid="second")
    client = browser()
    sign_on(client)
    assert is_in(client, bound)


# The attacks: what the provider's answer is made to be, and the check that stands against it.


def signed_with(key: Any, algorithm: str, **headers: Any) -> Callable[[dict[str, Any]], str]:
    return lambda claims: jwt.encode(claims, key, algorithm=algorithm, headers={"kid": "first"} | headers)


def unsigned(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, None, algorithm="none", headers={"kid": "first"})


def signed_with_the_public_key_as_a_secret(claims: dict[str, Any]) -> str:
    secret = (
        rsa_key("provider")
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    parts = [{"alg": "HS256", "typ": "JWT", "kid": "first"}, claims]
    text = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    mac = base64.urlsafe_b64encode(hmac.digest(secret, text, hashlib.sha256)).rstrip(b"=")
    return (text + b"." + mac).decode()


def with_its_own_key(claims: dict[str, Any]) -> str:
    own = jwt.get_algorithm_by_name("RS256").to_jwk(rsa_key("thief").public_key(), as_dict=True)
    return signed_with(rsa_key("thief"), "RS256", jwk=own)(claims)


def changed(**claims: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Claims of the token put in place of the honest ones; None takes one out."""
    return lambda honest: {name: value for name, value in (honest | claims).items() if value is not None}


def at(**seconds: float) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Moments of the token, counted from now."""
    return lambda honest: honest | {name: int(time.time() + moment) for name, moment in seconds.items()}


ATTACKS: dict[str, tuple[str, dict[str, Any]]] = {
    "another key": ("signature", {"sign": signed_with(rsa_key("thief"), "RS256")}),
    "a key on a curve in the place of an RSA key": ("signature", {"sign": signed_with(ec_key("thief"), "ES256")}),
    "the key in the token itself": ("signature", {"sign": with_its_own_key}),
    "no signature": ("signature", {"sign": unsigned}),
    "the public key as a secret": ("signature", {"sign": signed_with_the_public_key_as_a_secret}),
    "an algorithm that is not ours": ("signature", {"sign": signed_with(rsa_key("provider"), "PS256")}),
    "a foreign nonce": ("nonce", {"change": changed(nonce="of-somebody-else")}),
    "no nonce": ("nonce", {"change": changed(nonce=None)}),
    "a low level": ("acr", {"acr": LOA2}),
    "no level": ("acr", {"change": changed(acr=None)}),
    "a list of levels": ("acr", {"change": changed(acr=[LOA3])}),
    "somebody else's access token": ("userinfo", {"userinfo": {"sub": "7f1c-mallory"}}),
    "an access token of nobody": ("userinfo", {"userinfo": {"sub": None}}),
    "for another client": ("aud", {"change": changed(aud="another-client")}),
    "for two, given to nobody": ("aud", {"change": changed(aud=[CLIENT, "another-client"])}),
    "for two, given to the other": ("aud", {"change": changed(aud=[CLIENT, "another-client"], azp="another-client")}),
    "for us, given to another": ("aud", {"change": changed(azp="another-client")}),
    "from another issuer": ("iss", {"change": changed(iss="https://another.example")}),
    "expired": ("exp", {"change": at(iat=-400, exp=-60)}),
    "of no end": ("exp", {"change": changed(exp=None)}),
    "not valid yet": ("exp", {"change": at(nbf=120)}),
    "signed long ago": ("iat", {"change": at(iat=-3600)}),
    "signed in the future": ("iat", {"change": at(iat=120)}),
    "seen too long ago": ("auth_time", {"known_since": time.time() - 9 * 3600}),
    "never seen": ("auth_time", {"change": changed(auth_time=None)}),
    "seen in the future": ("auth_time", {"change": at(auth_time=120)}),
}
each_attack = pytest.mark.parametrize(
    ("check", "lies"),
    [pytest.param(check, lies, id=name) for name, (check, lies) in ATTACKS.items()],
)


def lie(provider: IdentityProvider, lies: dict[str, Any]) -> None:
    for name, value in lies.items():
        setattr(provider, name, value)


@pytest.mark.asvs("6.8.2", "6.8.4", "10.5.1", "10.5.4")
@each_attack
def test_an_answer_that_does_not_hold_lets_nobody_in(bound, authority, check, lies, caplog):
    lie(authority, lies)
    client = browser()
    answer = sign_on(client)
    assert answer.status_code == 403
    assert "could not be trusted" in answer.content.decode()
    assert "_auth_user_id" not in client.session
    assert authority.subject not in caplog.text + answer.content.decode()


@each_attack
def test_each_of_these_attacks_gets_in_where_its_check_is_missing(bound, authority, monkeypatch, check, lies):
    """So that no attack above is refused for a reason that has nothing to do with it."""
    lie(authority, lies)
    leave_out(monkeypatch, check)
    client = browser()
    sign_on(client)
    assert is_in(client, bound)


def leave_out(monkeypatch: Any, check: str) -> None:
    if check == "signature":
        unchecked = {"verify_signature": False}
        monkeypatch.setattr(tokens, "signed_claims", lambda token, keys: jwt.decode(token, options=unchecked))
    elif check == "userinfo":
        monkeypatch.setattr(WayBack, "compare", lambda *_: None)
    else:
        # What is missing altogether must still be readable afterwards.
        monkeypatch.setitem(tokens.CHECKS, check, lambda claims, _: claims.setdefault("auth_time", 1))


@pytest.mark.parametrize("subject", [None, "", 7, "s" * 192, "a\0b"])
def test_a_token_names_somebody(bound, authority, subject):
    authority.change = changed(sub=subject) if subject is not None else lambda claims: claims | {"sub": None}
    assert sign_on(browser()).status_code == 403


def test_who_is_let_in_is_named_alone_in_a_list_or_by_name(bound, authority):
    for audience in ([CLIENT], CLIENT):
        authority.change = changed(aud=audience, azp=CLIENT)
        client = browser()
        sign_on(client)
        assert is_in(client, bound)


def test_an_answer_is_good_for_one_return(bound, authority):
    client = browser()
    answer = there_and_back(client, client.post(START), again=2)
    assert answer.status_code == 403
    assert "took too long" in answer.content.decode()


def test_a_code_is_good_for_one_return_also_with_a_state_of_ones_own(bound, authority):
    """The code that a thief overheard was asked for with a secret that only its owner's browser session knows."""
    victim, thief = browser(), browser()
    first = requests.get(victim.post(START).headers["Location"], allow_redirects=False, timeout=5).headers["Location"]
    state = parse_qs(urlsplit(thief.post(START).headers["Location"]).query)["state"][0]
    code = parse_qs(urlsplit(first).query)["code"][0]
    answer = thief.get(f"/account/sso/callback/?{urlencode({'code': code, 'state': state})}")
    assert answer.status_code == 403
    assert "_auth_user_id" not in thief.session


def test_another_browser_cannot_use_the_answer(bound, authority):
    answer = there_and_back(browser(), browser().post(START))
    assert (answer.status_code, "took too long" in answer.content.decode()) == (403, True)


def test_an_old_answer_is_refused(bound, authority, monkeypatch):
    client = browser()
    answer = client.post(START)
    session = client.session
    (state_id, (state, begun, issuer)) = next(iter(session["socialaccount_states"].items()))
    session["socialaccount_states"] = {state_id: (state, begun - 601, issuer)}
    session.save()
    assert there_and_back(client, answer).status_code == 403
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(("error", "words"), [("access_denied", "was cancelled"), ("server_error", "not be trusted")])
def test_who_turns_back_at_the_provider_is_told_so(bound, authority, error, words):
    client = browser()
    state = parse_qs(urlsplit(client.post(START).headers["Location"]).query)["state"][0]
    answer = client.get(f"/account/sso/callback/?{urlencode({'error': error, 'state': state})}")
    assert (answer.status_code, words in answer.content.decode()) == (403, True)


def test_an_answer_that_says_it_comes_from_elsewhere_is_refused(bound, authority):
    client = browser()
    back = requests.get(client.post(START).headers["Location"], allow_redirects=False, timeout=5).headers["Location"]
    query = urlsplit(back.partition("&iss=")[0]).query
    answer = client.get(f"/account/sso/callback/?{query}&iss=https://another.example")
    assert answer.status_code == 403
    assert "_auth_user_id" not in client.session


@pytest.mark.asvs("6.8.1")
def test_the_same_subject_of_another_issuer_is_somebody_else(bound, authority, settings, monkeypatch):
    with serving() as other:
        name_provider(settings, other)
        assert other.subject == authority.subject
        client = browser()
        answer = sign_on(client)
        assert (answer.status_code, "No account is connected" in answer.content.decode()) == (403, True)
        assert "_auth_user_id" not in client.session
        by_subject = lambda proof: SocialAccount.objects.get(uid=proof.subject).user  # noqa: E731
        monkeypatch.setattr(bindings, "bound_to", by_subject)
        sign_on(client)
        assert is_in(client, bound)


def test_an_unknown_subject_gets_a_page_that_helps(people, authority):
    client = browser()
    answer = sign_on(client)
    assert (answer.status_code, "No account is connected" in answer.content.decode()) == (403, True)
    assert "_auth_user_id" not in client.session
    assert User.objects.count() == 4


def test_an_address_that_is_known_opens_no_account(people, authority):
    """The provider says that Sara's address is verified; nobody has connected Sara's account."""
    client = browser()
    assert sign_on(client).status_code == 403
    assert "_auth_user_id" not in client.session
    assert not SocialAccount.objects.exists()


def test_nothing_of_a_person_is_kept_but_the_subject(bound, authority):
    sign_on(browser())
    assert SocialAccount.objects.get().extra_data == {}
    assert not SocialToken.objects.exists()


def test_a_closed_account_stays_closed(bound, authority, people):
    actions.end_colleague(bound, by=people.maja)
    client = browser()
    assert sign_on(client).headers["Location"] == "/account/inactive/"
    assert "_auth_user_id" not in client.session


def test_the_people_of_an_organisation_that_left_stay_out(bound, authority, people):
    people.malmo.is_active = False
    people.malmo.save()
    client = browser()
    assert sign_on(client).headers["Location"] == "/account/inactive/"
    assert "_auth_user_id" not in client.session


@pytest.mark.asvs("3.7.2")
@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"])
def test_the_way_back_stays_on_the_host(bound, authority, target):
    assert sign_on(browser(), next=target).headers["Location"] == "/"


def test_a_link_from_elsewhere_starts_nothing(bound, authority):
    assert browser().get(START).status_code == 405
    assert Client(enforce_csrf_checks=True).post(START).status_code == 403
    assert authority.seen == []


# What the provider publishes


def test_a_provider_that_gives_another_name_is_not_asked(bound, authority):
    authority.discovery = {"issuer": "https://another.example"}
    assert browser().post(START).status_code == 403


def test_addresses_that_move_are_not_followed(bound, authority):
    authority.discovery = {"jwks_uri": f"{authority.issuer}/elsewhere"}
    assert sign_on(browser()).status_code == 503


def test_an_encrypted_provider_sends_nobody_to_an_open_address(settings, rf):
    settings.OIDC_ISSUER = "https://idp.example"
    way = WayBack(rf.get("/"))
    way._addresses = {"issuer": "https://idp.example", "token_endpoint": "http://idp.example/token"}
    with pytest.raises(tokens.Refused):
        way.access_token_url  # noqa: B018  # reading it is the test


def test_a_provider_that_is_away_is_said_to_be_away(bound, authority, settings):
    settings.OIDC_ISSUER = "http://127.0.0.1:9"
    answer = browser().post(START)
    assert (answer.status_code, "does not answer" in answer.content.decode()) == (503, True)


@pytest.mark.parametrize("change", [{"kid": "other"}, {"use": "enc"}, {"alg": "PS256"}, {"kty": "oct"}])
def test_only_a_signing_key_of_that_name_is_taken(change):
    key = {"kty": "RSA", "kid": "first", "use": "sig", "alg": "RS256"} | change
    with pytest.raises(tokens.Refused, match="key"):
        tokens.key_for({"alg": "RS256", "kid": "first"}, {"keys": [key]})


@pytest.mark.parametrize("algorithm", ["none", "HS256", "PS256", "RS512", "EdDSA", None])
def test_no_other_algorithm_is_looked_at(algorithm):
    with pytest.raises(tokens.Refused, match="algorithm"):
        tokens.key_for({"alg": algorithm, "kid": "first"}, {"keys": [{"kty": "RSA", "kid": "first"}]})


def test_two_keys_that_would_do_are_one_too_many():
    key = {"kty": "RSA", "use": "sig"}
    with pytest.raises(tokens.Refused, match="key"):
        tokens.key_for({"alg": "RS256"}, {"keys": [key, key]})


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_a_key_of_the_provider_that_is_too_short_is_none():
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505  # to be refused
    with pytest.raises(tokens.Refused, match="signature"):
        tokens.signed_claims(signed_with(short, "RS256")({"sub": "a"}), {"keys": [jwk(short, "first", "RS256")]})


# Connecting an account, and ending that


def test_an_account_is_connected_by_whoever_is_in_it(people, authority, enter):
    client = enter(people.sara)
    assert client.get(BIND).status_code == 200
    answer = there_and_back(client, client.post(BIND))
    assert answer.headers["Location"] == "/account/sso/"
    assert authority.asked["prompt"] == "login"
    assert "Your account is connected" in client.get("/account/sso/").content.decode()
    fresh = browser()
    sign_on(fresh)
    assert is_in(fresh, people.sara)


def test_nobody_connects_an_account_without_having_just_proved_themselves(people, authority, enter):
    client = enter(people.sara)
    grow_old(client, 16 * 60)
    assert client.get(BIND).headers["Location"].startswith("/account/reauthenticate/")
    assert client.post(BIND).status_code == 403
    assert authority.seen == []


def grow_old(client: Client, seconds: float) -> None:
    """Let what this session has proved lie so far back."""
    session = client.session
    session["account_authentication_methods"] = [
        record | {"at": record["at"] - seconds} for record in session["account_authentication_methods"]
    ]
    for name in ("sso_auth_at", "loa3_at"):
        if name in session:
            session[name] -= seconds
    session.save()


def test_who_comes_back_as_another_user_connects_nothing(people, authority, enter):
    client = enter(people.sara)
    answer = client.post(BIND)
    session = client.session
    states = {name: session[name] for name in ("socialaccount_states",)}
    client.logout()
    client.post("/account/login/", {"login": people.maja.email, "password": PASSWORD})
    session = client.session
    session.update(states)
    session.save()
    assert there_and_back(client, answer).status_code == 403
    assert not SocialAccount.objects.exists()


def test_one_identity_opens_one_account(bound, authority, people, enter):
    client = enter(people.maja)
    answer = there_and_back(client, client.post(BIND))
    assert (answer.status_code, "already opens another account" in answer.content.decode()) == (409, True)
    assert list(SocialAccount.objects.values_list("user", flat=True)) == [bound.pk]


def test_one_account_has_one_identity(bound, authority, enter):
    client = enter(bound)
    assert [client.get(BIND).status_code, client.post(BIND).status_code] == [409, 409]


def test_one_account_has_one_identity_also_where_two_were_begun(people, authority, enter):
    client = enter(people.sara)
    second = client.post(BIND)
    there_and_back(client, client.post(BIND))
    authority.subject = "7f1c-second"
    answer = there_and_back(client, second)
    assert (answer.status_code, "already has another identity" in answer.content.decode()) == (409, True)
    assert list(SocialAccount.objects.values_list("uid", flat=True)) == ["7f1c-sara"]


@with_commits
@pytest.mark.asvs("6.3.7")
def test_connecting_and_ending_are_told_by_mail(people, authority, enter):
    client = enter(people.sara)
    there_and_back(client, client.post(BIND))
    client.post(END)
    first, second = (str(message.body) for message in mail.outbox)
    assert "was connected with" in first and "no longer connected" in second
    assert [message.to for message in mail.outbox] == [[people.sara.email]] * 2


def test_ending_the_connection_ends_what_it_opened(bound, authority):
    here, elsewhere = browser(), browser()
    sign_on(here)
    sign_on(elsewhere)
    assert here.get(END).status_code == 200
    assert SocialAccount.objects.exists()
    assert here.post(END).headers["Location"] == "/account/sso/"
    assert is_in(here, bound)
    assert elsewhere.get("/account/settings/").status_code == 302
    assert "sso_auth_at" not in here.session
    assert sign_on(browser()).status_code == 403


def test_a_connection_that_was_ended_elsewhere_no_longer_counts(bound, authority, settings):
    settings.REQUIRE_MFA = True
    client = browser()
    sign_on(client)
    assert client.get("/organisation/").status_code == 200
    SocialAccount.objects.all().delete()
    assert client.get("/organisation/").headers["Location"].startswith("/account/2fa/totp/activate/")


# As a second factor


def test_the_sign_on_is_a_second_factor_for_a_working_day(bound, authority, settings):
    settings.REQUIRE_MFA = True
    client = browser()
    sign_on(client)
    assert client.get("/organisation/").status_code == 200
    grow_old(client, 8 * 3600 + 1)
    assert client.get("/organisation/").headers["Location"] == f"{CONFIRM}?next=/organisation/"


def test_a_password_alone_opens_nothing_where_the_provider_is_the_second_factor(bound, authority, settings, enter):
    """Least of all the page that would set up a factor of the thief's own, or end the connection."""
    settings.REQUIRE_MFA = True
    thief = enter(bound)
    for page in ("/organisation/", "/account/2fa/totp/activate/", "/account/settings/", BIND, END, "/account/sso/"):
        assert thief.get(page).headers["Location"].startswith(f"{CONFIRM}?next="), page
    thief.post(END)
    assert SocialAccount.objects.filter(user=bound).exists()
    assert there_and_back(thief, thief.post(CONFIRM, {"next": "/organisation/"})).status_code == 302
    assert thief.get("/organisation/").status_code == 200  # it was Sara after all: the provider has seen her


@with_commits
def test_who_has_a_factor_of_their_own_is_still_asked_for_it(bound, authority, settings, enter):
    settings.REQUIRE_MFA = True
    session = enter(bound)
    SocialAccount.objects.all().delete()
    secret = enrol(session)
    SocialAccount.objects.create(user=bound, provider=authority.issuer, uid=authority.subject)
    client = browser()
    assert sign_on(client).headers["Location"] == "/account/2fa/authenticate/"
    assert not is_in(client, bound)
    client.post("/account/2fa/authenticate/", {"code": next_code(secret)})
    assert is_in(client, bound)
    assert client.get("/organisation/").status_code == 200


def test_a_factor_set_up_meanwhile_is_asked_for(bound, authority, settings):
    settings.REQUIRE_MFA = True
    client = browser()
    sign_on(client)
    Authenticator.objects.create(user=bound, type=Authenticator.Type.TOTP, data={})
    assert client.get("/organisation/").headers["Location"].startswith("/account/2fa/reauthenticate/")


def test_a_proof_does_not_pass_to_whoever_signs_in_next_in_the_same_browser(bound, authority, people):
    client = browser()
    sign_on(client)
    session = client.session
    del session["_auth_user_id"]
    session.save()
    client.post("/account/login/", {"login": people.maja.email, "password": PASSWORD})
    assert is_in(client, people.maja)
    assert not {"loa3_at", "sso_auth_at", "sso_again"} & set(client.session.keys())


# To prove oneself anew


@pytest.mark.asvs("7.5.3")
def test_a_step_up_goes_to_the_provider_and_back(bound, authority, settings):
    settings.REQUIRE_MFA = True
    authority.known_since = time.time() - 3600
    client = browser()
    sign_on(client)
    key = client.session.session_key
    assert client.get(END).headers["Location"] == f"{CONFIRM}?next={END}"
    assert client.get(CONFIRM, {"next": END}).context["next"] == END
    answer = there_and_back(client, client.post(CONFIRM, {"next": END}))
    assert (authority.asked["prompt"], authority.asked["max_age"]) == ("login", "0")
    assert answer.headers["Location"] == END
    assert client.get(END).status_code == 200
    assert client.session.session_key != key


@pytest.mark.asvs("7.5.3")
def test_a_provider_that_only_remembers_proves_nothing(bound, authority, settings):
    settings.REQUIRE_MFA = True
    authority.known_since = time.time() - 3600
    client = browser()
    sign_on(client)
    authority.change = at(auth_time=-3600)
    assert there_and_back(client, client.post(CONFIRM, {"next": END})).status_code == 403
    assert client.get(END).status_code == 302


def test_somebody_elses_card_proves_nothing(bound, authority, people):
    SocialAccount.objects.create(user=people.maja, provider=authority.issuer, uid="7f1c-maja")
    authority.known_since = time.time() - 3600
    client = browser()
    sign_on(client)
    authority.subject = "7f1c-maja"
    answer = there_and_back(client, client.post(CONFIRM, {"next": END}))
    assert (answer.status_code, "That was somebody else" in answer.content.decode()) == (403, True)
    assert is_in(client, bound)
    assert time.time() - client.session["sso_auth_at"] > 3000


# Where it is shown, and what sets it up


def test_the_sign_in_page_offers_it(bound, authority):
    page = browser().get("/account/login/?next=/organisation/").content.decode()
    assert "Sign in with Soc Malmö’s sign-in" in page
    assert page.count('name="next" value="/organisation/"') == 2


def test_without_a_provider_nothing_of_it_is_routed_or_shown(people, enter):
    assert "Sign in with" not in browser().get("/account/login/").content.decode()
    member = enter(people.sara)
    assert "Single sign-on" not in member.get("/account/settings/").content.decode()
    for page in (
        "/account/sso/",
        START,
        BIND,
        "/account/3rdparty/",
        "/account/3rdparty/signup/",
        "/account/oidc/x/login/",
    ):
        assert member.get(page).status_code == 404, page


def test_a_provider_in_the_table_is_none(people, authority, settings, enter):
    name_provider(settings, None)
    SocialApp.objects.create(provider="sso", provider_id=authority.issuer, client_id=CLIENT, name="Planted")
    assert enter(people.sara).post(START).status_code == 404
    name_provider(settings, authority)
    assert views.get_adapter().list_apps(None)[0].name != "Planted"
    assert len(views.get_adapter().list_apps(None)) == 1


@pytest.mark.parametrize("model", ["socialapp", "socialaccount", "socialtoken"])
def test_the_administration_shows_nothing_of_it(people, enter, model):
    assert enter(people.ada).get(f"/admin/socialaccount/{model}/").status_code == 404


def test_every_page_of_it_says_who_may_reach_it():
    assert {pattern.callback.reach for pattern in urlpatterns} == {"public", "account"}
    assert all(hasattr(pattern.callback, "reach") for pattern in urlpatterns)


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_page_of_it_can_be_drawn(bound, authority, language, rf, people, enter):
    client = Client(headers={"accept-language": language})
    for why in ("unknown", "other", "cancelled", "late", "unreachable", "answer"):
        request = rf.get("/", headers={"accept-language": language})
        request.user, request.session, request.LANGUAGE_CODE = bound, client.session, language
        assert b"<h1>" in views.refuse(request, why).content


PROVIDER = {"OIDC_ISSUER": "https://idp.example/oidc", "OIDC_CLIENT_ID": CLIENT}


def started(environment: dict[str, str]) -> list[str]:
    """Where forms may be sent from a portal that starts with this environment."""
    code = "from returns_portal import settings as s; print(*s.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action'])"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OIDC_")}
    done = subprocess.run([sys.executable, "-c", code], env=clean | environment, capture_output=True, text=True)
    return done.stdout.split() or done.stderr.splitlines()[-1:]


def test_forms_may_go_to_the_provider_only_where_there_is_one():
    key = pem(ec_key("client")).replace("\n", "\\n")
    assert started({}) == ["'self'"]
    assert started(PROVIDER | {"OIDC_PRIVATE_KEY": key}) == ["'self'", "https://idp.example"]
    more = {"OIDC_PRIVATE_KEY": key, "OIDC_ORIGINS": "https://card.example/x https://eid.example:8443"}
    assert started(PROVIDER | more)[2:] == ["https://card.example", "https://eid.example:8443"]
    (line,) = started(PROVIDER)
    assert "OIDC_PRIVATE_KEY is not set" in line


@pytest.mark.parametrize(
    "address",
    [
        "http://idp.example",
        "idp.example",
        "https://",
        "https://idp.example/?a=b",
        "https://idp.example/#a",
        "https://me@idp.example",
        f"https://idp.example/{'a' * 200}",
    ],
)
def test_an_issuer_is_an_encrypted_address_and_no_more(address):
    with pytest.raises(ImproperlyConfigured):
        written.identity_provider(address, in_the_open=True)


def test_only_a_test_may_speak_in_the_open():
    assert written.identity_provider("http://127.0.0.1:9", in_the_open=True)
    with pytest.raises(ImproperlyConfigured):
        written.identity_provider("http://127.0.0.1:9", in_the_open=False)
    assert written.identity_provider("", in_the_open=False) == ""


@pytest.mark.parametrize(
    "key",
    [
        lambda: "not a key",
        lambda: pem(ec.generate_private_key(ec.SECP384R1())),
        lambda: pem(rsa.generate_private_key(public_exponent=65537, key_size=1024)),  # noqa: S505  # to be refused
    ],
    ids=["words", "another curve", "too short"],
)
def test_a_key_that_will_not_do_stops_the_start(monkeypatch, key):
    monkeypatch.delenv("OIDC_PRIVATE_KEY_FILE", raising=False)
    monkeypatch.setenv("OIDC_PRIVATE_KEY", key())
    with pytest.raises(ImproperlyConfigured):
        written.client_key()


def test_a_key_may_lie_in_a_file(monkeypatch, tmp_path):
    (tmp_path / "key.pem").write_text(pem(ec_key("client")))
    monkeypatch.setenv("OIDC_PRIVATE_KEY_FILE", str(tmp_path / "key.pem"))
    assert written.client_key() == pem(ec_key("client"))
    monkeypatch.setenv("OIDC_PRIVATE_KEY_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(ImproperlyConfigured):
        written.client_key()
