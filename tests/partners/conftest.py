"""Two organisations and their people, made through the real actions."""

import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from allauth.mfa.totp.internal import auth
from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.test import Client

from partners import actions
from partners.models import Organisation, User

PASSWORD = "four words on paper"


@pytest.fixture(autouse=True)
def _no_limits_left_over(db: None) -> None:
    """The limits of the sign-in outlive a test, as they outlive a request."""
    cache.clear()


@pytest.fixture(autouse=True)
def _one_code_a_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """A code is another after half a minute, which a slow test would now and then step over."""
    now = time.time()
    monkeypatch.setattr(auth, "time", SimpleNamespace(time=lambda: now))


@pytest.fixture
def people(db: None) -> SimpleNamespace:
    """Maja manages Sara in Malmö; Mona manages another organisation; Ada administrates."""
    malmo = actions.found_organisation(name="Soc Malmö", kind=Organisation.Kind.SOCIAL_SERVICES)
    umea = actions.found_organisation(name="Soc Umeå", kind=Organisation.Kind.SOCIAL_SERVICES)
    secret = make_password(PASSWORD)

    def person(name: str, organisation: Organisation | None, role: str = "member", **fields: bool) -> User:
        email = f"{name.lower()}@work.example"
        return actions.make_colleague(
            email=email, name=name, password=secret, organisation=organisation, role=role, **fields
        )

    return SimpleNamespace(
        malmo=malmo,
        umea=umea,
        sara=person("Sara", malmo),
        maja=person("Maja", malmo, "manager"),
        mona=person("Mona", umea, "manager"),
        ada=person("Ada", None, is_staff=True, is_superuser=True),
    )


@pytest.fixture
def enter() -> Callable[..., Client]:
    """A browser in which this person has signed in through the page."""

    def enter(user: User, password: str = PASSWORD) -> Client:
        client = Client(headers={"accept-language": "en"})
        client.post("/account/login/", {"login": user.email, "password": password})
        return client

    return enter
