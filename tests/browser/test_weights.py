"""What a page weighs on a slow line: few requests, few kilobytes (interface, section 10)."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as portal
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.utils.module_loading import import_string

from tests.browser.conftest import Server, WithoutStaticFiles
from tests.builders import walk

KILOBYTE = 1024
STATIC = Path(__file__).parents[2] / "static"


def zipped(content: bytes) -> int:
    """How many bytes go over the wire."""
    return len(gzip.compress(content, 9))


@pytest.fixture(scope="module")
def as_in_production(town, tmp_path_factory) -> Iterator[str]:
    """The portal with collected, compressed and named static files."""
    patch = pytest.MonkeyPatch()
    patch.setattr(portal, "STATIC_ROOT", tmp_path_factory.mktemp("static"))
    patch.setattr(portal, "WHITENOISE_AUTOREFRESH", False)
    patch.setattr(portal, "WHITENOISE_USE_FINDERS", False)
    patch.setattr(
        staticfiles_storage, "_wrapped", import_string("whitenoise.storage.CompressedManifestStaticFilesStorage")()
    )
    call_command("collectstatic", verbosity=0, interactive=False)
    thread = Server("localhost", static_handler=WithoutStaticFiles)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    yield f"http://localhost:{thread.port}"
    thread.terminate()
    patch.undo()


def test_styles_and_scripts_are_small():
    assert zipped((STATIC / "css/portal.css").read_bytes()) <= 10 * KILOBYTE
    assert sum(zipped(path.read_bytes()) for path in (STATIC / "js").glob("*.js")) <= 6 * KILOBYTE


@pytest.mark.parametrize(
    ("page", "most"), [("/cases/queue/", 6 * KILOBYTE), ("case", 8 * KILOBYTE), ("decline/", 4 * KILOBYTE)]
)
def test_a_page_comes_in_four_requests_and_thirty_kilobytes(page, most, as_in_production, town, sit_down):
    case = walk(town, "referred")
    address = page if page.startswith("/") else case.get_absolute_url() + page.removeprefix("case")
    desk = sit_down(town.lars)
    desk.server = as_in_production
    cookies = desk.context.cookies()
    desk.context.add_cookies([{**cookie, "url": as_in_production} for cookie in map(_portable, cookies)])
    responses = []
    desk.tab.on("response", lambda response: responses.append(response))
    desk.open(address)
    desk.tab.wait_for_load_state("networkidle")
    html = zipped(responses[0].body())
    assert html <= most
    assert len(responses) <= 4, [response.url for response in responses]
    rest = responses[1:]
    assert {response.header_value("content-encoding") for response in rest} <= {"gzip", "br"}
    assert html + sum(response.request.sizes()["responseBodySize"] for response in rest) <= 30 * KILOBYTE


def _portable(cookie) -> dict:
    return {"name": cookie["name"], "value": cookie["value"]}
