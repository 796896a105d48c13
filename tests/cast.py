"""One cast for all tests: Sara refers, Lars approves, Hanna coordinates, Ilir receives, Otto is a stranger."""

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from partners.actions import load_demo_organisations
from partners.models import User
from returns_portal import outbox
from returns_portal.actor import acting_as_system


def everybody() -> SimpleNamespace:
    """The people of the demo, by first name."""
    return SimpleNamespace(
        **{user.email.partition("@")[0]: user for user in User.objects.select_related("organisation")}
    )


@pytest.fixture
def cast(db: None) -> SimpleNamespace:
    """The demo's organisations and people, in this test's database."""
    with acting_as_system("tests"):
        load_demo_organisations()
    return everybody()


def proved(client: Client, user: User, seconds_ago: float = 0) -> None:
    """Let this browser's last proof of whose it is be so old: a password, as the sign-in page notes it."""
    session = client.session
    session["account_authentication_methods_user"] = str(user.pk)
    session["account_authentication_methods"] = [{"method": "password", "at": time.time() - seconds_ago}]
    session["noted_at"] = session.get("acted_at")
    session.save()


@pytest.fixture
def as_() -> Callable[[User], Client]:
    """A browser set to English in which this person is signed in: tests read the source's own words."""

    def signed_in(user: User) -> Client:
        client = Client(headers={"Accept-Language": "en-GB"})
        client.force_login(user)
        proved(client, user)
        return client

    return signed_in


@pytest.fixture
def deliver() -> Callable[[], int]:
    """Let the worker do what is due: nothing leaves by itself in a test."""

    def run() -> int:
        done = 0
        while count := outbox.deliver(limit=200):
            done += count
        return done

    return run


@pytest.fixture
def make_case(cast: SimpleNamespace) -> Callable[..., Any]:
    """A case walked to a state through the real actions."""
    from tests.builders import walk  # builders need the apps loaded

    def make(reached: str = "draft", **changes: Any) -> Any:
        return walk(cast, reached, **changes)

    return make
