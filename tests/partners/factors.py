"""Second factors as people use them: an app that shows a code, a key that is touched; and many at once."""

import json
import threading
from collections.abc import Callable, Iterable
from typing import Any

from allauth.mfa.totp.internal import auth
from django.core.cache import cache
from django.db import connection
from django.test import Client
from pytest_django.asserts import assertRedirects

from tests.partners.soft_authenticator import SoftAuthenticator

ADD_KEY, PASSKEY = "/account/2fa/webauthn/add/", "/account/2fa/webauthn/login/"


def code_of(secret: str) -> str:
    """What an authenticator app shows now; the clock of the codes stands still within a test."""
    return str(auth.format_hotp_value(auth.hotp_value(secret, int(auth.time.time()) // 30)))


def next_code(secret: str) -> str:
    """The present code; when it was used for enrolling, allauth takes it once only, so its mark is lifted."""
    cache.clear()
    return code_of(secret)


def enrol(client: Client) -> str:
    """Set up an authenticator app through the page; its secret."""
    secret = str(client.get("/account/2fa/totp/activate/").context["form"].secret)
    response = client.post("/account/2fa/totp/activate/", {"code": code_of(secret)})
    assertRedirects(response, "/account/2fa/recovery-codes/")
    return secret


def add_key(client: Client, **said: Any) -> SoftAuthenticator:
    """Add a passkey through the page; `said` is what the device says of itself."""
    device = SoftAuthenticator()
    options = as_json(client.get(ADD_KEY).context["js_data"]["creation_options"])
    client.post(ADD_KEY, {"name": "Key", "credential": device.register(options, **said)})
    return device


def question(client: Client) -> dict[str, Any]:
    """What the sign-in page asks a passkey."""
    options: dict[str, Any] = client.get(PASSKEY, headers={"X-Requested-With": "XMLHttpRequest"}).json()
    return options["request_options"]


def come_in_by(device: SoftAuthenticator, **said: Any) -> Client:
    """A new browser, signed in with the passkey if it is taken."""
    client = Client(headers={"accept-language": "en"})
    client.post(PASSKEY, {"credential": device.sign(question(client), **said)})
    return client


def as_json(value: Any) -> Any:
    """As the page hands it to its script."""
    return json.loads(json.dumps(value))


def all_at_once(acts: Iterable[Callable[[], Any]]) -> list[Any]:
    """What each of the acts gives, when all are done at the same moment, each on a connection of its own."""
    waiting = list(acts)
    ready, given = threading.Barrier(len(waiting)), []

    def run(act: Callable[[], Any]) -> None:
        try:
            ready.wait()
            given.append(act())
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in waiting]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(given) == len(waiting)
    return given
