"""Asks ClamAV about a file: clamd's INSTREAM, and an answer that is not understood is no answer."""

import re
import socket
import time
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

CHUNK: Final = 64 * 1024
ANSWER_LIMIT: Final = 4096
CONNECT_SECONDS: Final = 5.0
# Less than the lease of an outbox item, twice over: a file is scanned as it came and as it goes on.
SECONDS: Final = 25.0


class ScannerAway(Exception):
    """The scanner did not answer, or not in words we know: nothing is known about the file."""


def scan(content: bytes) -> str:
    """The name of what was found in the file, '' where nothing was; raises `ScannerAway`."""
    ends = time.monotonic() + SECONDS
    try:
        with _connected() as clamd:
            _send(clamd, content, ends)
            answer = _answer(clamd, ends)
    except (OSError, ValueError) as error:
        # Without the cause: it may name an address.
        raise ScannerAway(type(error).__name__) from None
    if answer == "stream: OK":
        return ""
    found = re.fullmatch(r"stream: (\S.*) FOUND", answer)
    if found is None:
        raise ScannerAway("answer")
    return found[1]


def _connected() -> socket.socket:
    address = urlsplit(settings.CLAMD_URL)
    if address.scheme == "unix":
        clamd = socket.socket(socket.AF_UNIX)
        clamd.settimeout(CONNECT_SECONDS)
        try:
            clamd.connect(address.path)
        except OSError:
            clamd.close()
            raise
        return clamd
    return socket.create_connection((address.hostname or "", address.port or 3310), CONNECT_SECONDS)


def _send(clamd: socket.socket, content: bytes, ends: float) -> None:
    clamd.sendall(b"zINSTREAM\0")
    for at in range(0, len(content), CHUNK):
        chunk = content[at : at + CHUNK]
        clamd.settimeout(_left(ends))
        clamd.sendall(len(chunk).to_bytes(4) + chunk)
    clamd.sendall(bytes(4))


def _answer(clamd: socket.socket, ends: float) -> str:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < ANSWER_LIMIT:
        clamd.settimeout(_left(ends))
        more = clamd.recv(ANSWER_LIMIT)
        if not more:
            break
        answer += more
    return answer.removesuffix(b"\0").decode("ascii", "replace").strip()


def _left(ends: float) -> float:
    """The seconds that are left of the whole; a scanner that answers a letter at a time is away."""
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
