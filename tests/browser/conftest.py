"""A real browser before a real server: one server and one Chromium for the whole run.

The people and cases of a module are made once, with real commits, and emptied when the module is done.
"""

import logging
import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings as portal
from django.core.servers.basehttp import ThreadedWSGIServer
from django.db import connections
from django.test import Client
from django.test.testcases import LiveServerThread
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from partners.actions import load_demo_organisations
from partners.models import User
from returns_portal import clock
from returns_portal.actor import acting_as_system
from tests import roles
from tests.browser.desks import BrowserDesk
from tests.cast import everybody, proved

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)
HERE = Path(__file__).parent
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
# Colours that are on their way from light to dark would be measured half-way.
STILL = {"reduced_motion": "reduce"}
SETTINGS = {"LANGUAGE_CODE": "sv", "EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs Chromium; without it these tests are skipped, loudly, and never on the build machine."""
    ours = [item for item in items if HERE in Path(item.path).parents]
    missing = not Path(CHROMIUM).exists()
    for item in ours:
        item.add_marker("browser")
        if missing and not os.environ.get("CI"):
            item.add_marker(pytest.mark.skip(reason=f"NO CHROMIUM at {CHROMIUM}: NOTHING WAS TRIED IN A BROWSER"))


class WithoutStaticFiles:
    """Static files come through the portal's own middleware, as in production."""

    def __new__(cls, application: Any) -> Any:
        """The portal as it is."""
        return application


class Server(LiveServerThread):
    """Django's live server, bound to a free port."""

    server_class = ThreadedWSGIServer


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium. Playwright's loop runs in this thread, so Django must be told that the ORM is safe here."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGS))
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def demo_clock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that moves the time of all threads."""
    return tmp_path_factory.mktemp("clock") / "moved"


@pytest.fixture(scope="session")
def server(django_db_setup: None, demo_clock: Path) -> Iterator[str]:
    """The portal on a port of its own, over the test database, as role `app`."""
    thread = Server("localhost", static_handler=WithoutStaticFiles)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    yield f"http://localhost:{thread.port}"
    thread.terminate()


@pytest.fixture(scope="module")
def town(server: str, django_db_blocker: Any, demo_clock: Path) -> Iterator[SimpleNamespace]:
    """The cast, really committed, for one module; its database is emptied afterwards, and the time is back."""
    patch = pytest.MonkeyPatch()
    for name, value in {**SETTINGS, "DEMO_CLOCK_FILE": str(demo_clock), "PORTAL_ADDRESS": server}.items():
        patch.setattr(portal, name, value)
    with django_db_blocker.unblock():
        with acting_as_system("tests"):
            load_demo_organisations()
        yield everybody()
        connections.close_all()
        demo_clock.unlink(missing_ok=True)
        roles.empty(None)
    patch.undo()


@pytest.fixture
def wait_until(town: SimpleNamespace) -> Callable[[datetime], None]:
    """Let time go on for the server and the test alike."""

    def wait(moment: datetime) -> None:
        clock.move_demo(max(moment - clock.now(), moment - moment))

    return wait


class Reports(logging.Handler):
    """What browsers have reported to the portal about its content policy."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the reports among what the portal logs."""
        if record.msg.startswith("Content policy"):
            self.lines.append(record.getMessage())


class Browsers:
    """Opens a browser in which somebody sits; closes them all, and fails where one has complained."""

    def __init__(self, chromium: Browser, server: str) -> None:
        self.chromium, self.server = chromium, server
        self.desks: list[BrowserDesk] = []
        self.contexts: list[BrowserContext] = []
        self.reports = Reports()
        logging.getLogger("returns_portal.views").addHandler(self.reports)

    def __call__(self, user: User | None = None, **options: Any) -> BrowserDesk:
        """A browser, signed in as `user`."""
        context = self.chromium.new_context(
            **{"locale": "sv-SE", "timezone_id": "Europe/Stockholm", "viewport": DESKTOP, **STILL, **options}
        )
        context.set_default_timeout(15_000)
        if user is not None:
            client = Client()
            client.force_login(user)
            proved(client, user)
            cookie = client.cookies[portal.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": portal.SESSION_COOKIE_NAME, "value": cookie, "url": self.server}])
        desk = BrowserDesk(context, self.server)
        self.contexts.append(context)
        self.desks.append(desk)
        return desk

    def close(self) -> None:
        """Close every browser."""
        for context in self.contexts:
            context.close()
        logging.getLogger("returns_portal.views").removeHandler(self.reports)

    def complaints(self) -> list[str]:
        """What the browsers have complained about, to us or to the server."""
        return [complaint for desk in self.desks for complaint in desk.complaints] + self.reports.lines

    def forget(self) -> None:
        """Drop the complaints that a test has wanted."""
        for complaints in (*(desk.complaints for desk in self.desks), self.reports.lines):
            complaints.clear()


@pytest.fixture
def sit_down(chromium: Browser, server: str, town: SimpleNamespace) -> Iterator[Browsers]:
    """Browsers for one test; console errors, violations of the content policy and failed requests fail it."""
    browsers = Browsers(chromium, server)
    yield browsers
    complaints = browsers.complaints()
    browsers.close()
    assert complaints == []


@pytest.fixture(scope="module")
def sit_down_once(chromium: Browser, server: str, town: SimpleNamespace) -> Iterator[Browsers]:
    """The same, shared by the tests of a module."""
    browsers = Browsers(chromium, server)
    yield browsers
    complaints = browsers.complaints()
    browsers.close()
    assert complaints == []


@pytest.fixture
def deliver() -> Callable[[], int]:
    """Let the worker do what is due."""
    from returns_portal import outbox

    def run() -> int:
        done = 0
        while count := outbox.deliver(limit=200):
            done += count
        return done

    return run
