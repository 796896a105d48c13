"""The scanner's client: what it says is understood, and whatever else happens is no answer."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from returns_portal import uploads
from returns_portal.uploads import scanner
from tests.clamd import CLOSES, HANGS, TRICKLES, Clamd, clamd
from tests.returns_portal.hostile import EICAR

pytestmark = pytest.mark.asvs("5.4.3", "16.5.3")


@pytest.fixture
def server(settings: Any) -> Iterator[Clamd]:
    with clamd() as running:
        settings.CLAMD_URL = running.url
        yield running


def test_a_clean_file_and_a_virus(server: Clamd) -> None:
    assert uploads.scan(b"hello") == ""
    assert uploads.scan(b"hello" + EICAR) == "Eicar-Test-Signature"


def test_a_large_file_arrives_whole(server: Clamd) -> None:
    content = bytes(range(256)) * 12_345
    assert uploads.scan(content) == ""
    assert server.streams == [content]


def test_over_a_socket_in_the_file_system(tmp_path: Path, settings: Any) -> None:
    with clamd(tmp_path / "clamd.sock") as running:
        settings.CLAMD_URL = running.url
        assert uploads.scan(EICAR) == "Eicar-Test-Signature"


@pytest.mark.parametrize(
    "how",
    [
        CLOSES,
        HANGS,
        TRICKLES,
        "INSTREAM size limit exceeded. ERROR",
        "stream: ",
        "stream: OK and more",
        "OK",
        "stream:  FOUND",
        "HTTP/1.1 200 OK",
        "x" * 10_000,
        "\x00",
    ],
)
def test_whatever_is_no_answer_is_not_clean(how: str, server: Clamd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanner, "SECONDS", 0.5)
    server.how = how
    with pytest.raises(uploads.ScannerAway):
        uploads.scan(b"hello")


@pytest.mark.parametrize("url", ["tcp://127.0.0.1:1", "unix:///nowhere/clamd.sock", "tcp://127.0.0.1:port", ""])
def test_a_scanner_that_is_not_there(url: str, settings: Any) -> None:
    settings.CLAMD_URL = url
    with pytest.raises(uploads.ScannerAway):
        uploads.scan(b"hello")


@pytest.mark.parametrize("url", ["", "http://clamav:3310", "clamav"])
def test_production_does_not_start_without_a_scanner(url: str) -> None:
    environment = {
        "PORTAL_MODE": "production",
        "SECRET_KEY": "tests-only-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789",
        "SEALING_KEYS": "k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
        "ALLOWED_HOSTS": "portal.example",
        "DATABASE_URL": "postgresql://app@/portal",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "EMAIL_URL": "console:",
        "UPLOADS_DIR": "/nowhere",
    }
    command = [sys.executable, "-c", "import returns_portal.settings"]
    started = subprocess.run(command, env=environment | {"CLAMD_URL": url}, capture_output=True, text=True)
    assert started.returncode
    assert "CLAMD_URL" in started.stderr
    with_one = environment | {"CLAMD_URL": "tcp://clamav:3310"}
    assert subprocess.run(command, env=with_one, capture_output=True).returncode == 0
