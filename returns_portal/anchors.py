"""The anchor file: the newest hash of the chain, written down outside the database, where its owner cannot reach.

One line each: how many links, the last hash, when, under which sealing key, and a signature that covers the line before
as well. A key that has left SEALING_KEYS no longer proves its lines, but the lines after them still do.
"""

import fcntl
import hmac
import json
import os
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

GENESIS = bytes(32)
LONGEST = 1000  # bytes that hold at least the newest line


class Anchor(NamedTuple):
    """One line of the file."""

    n: int
    hash: bytes
    at: datetime
    key: str
    mac: str

    def signed_by(self, secret: bytes, before: str) -> str:
        """The signature that this line has to have after a line with the signature `before`."""
        said = f"{before}|{self.n}|{self.hash.hex()}|{self.at.isoformat()}|{self.key}"
        own = hmac.digest(secret, b"returns-portal anchor", sha256)
        return hmac.new(own, said.encode(), sha256).hexdigest()

    def line(self) -> str:
        """As it stands in the file."""
        said = {"n": self.n, "hash": self.hash.hex(), "at": self.at.isoformat(), "key": self.key, "mac": self.mac}
        return json.dumps(said) + "\n"


def append(n: int, newest: bytes, at: datetime) -> Anchor:
    """Add a line, and return when it is on the disk. Two who write at once wait for each other."""
    name, secret = settings.SEALING_KEYS[0]
    with os.fdopen(_open_to_append(settings.ANCHOR_FILE), "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(max(0, file.seek(0, os.SEEK_END) - LONGEST))
        lines = file.read().splitlines()
        before = _parsed(lines[-1]).mac if lines else ""
        unsigned = Anchor(n, newest, at.astimezone(UTC), name, "")
        written = unsigned._replace(mac=unsigned.signed_by(secret, before))
        file.write(written.line().encode("ascii"))
        file.flush()
        os.fsync(file.fileno())
    return written


def read() -> tuple[list[Anchor], str]:
    """Every anchor, and what is wrong with the file ('' where nothing is)."""
    try:
        lines = settings.ANCHOR_FILE.read_text("ascii").splitlines()
    except FileNotFoundError:
        return [], ""  # `verify` says so as soon as there should be one
    except (OSError, UnicodeDecodeError) as error:
        return [], f"The anchor file cannot be read ({type(error).__name__})."
    return _checked(lines)


def _checked(lines: list[str]) -> tuple[list[Anchor], str]:
    secrets = dict(settings.SEALING_KEYS)
    found: list[Anchor] = []
    proven = True
    for number, text in enumerate(lines, start=1):
        try:
            anchor = _parsed(text)
        except (ValueError, KeyError, TypeError):
            return found, f"Line {number} of the anchor file is not an anchor."
        secret, before = secrets.get(anchor.key), found[-1].mac if found else ""
        proven = secret is not None
        if secret is not None and not hmac.compare_digest(anchor.mac, anchor.signed_by(secret, before)):
            return found, f"Line {number} of the anchor file, or the line before it, has been changed or removed."
        if found and anchor.n < found[-1].n:
            return found, f"Line {number} of the anchor file counts fewer links than the line before it."
        found.append(anchor)
    return found, "" if proven else "The newest line of the anchor file is signed with a key that nobody has."


def _parsed(text: str | bytes) -> Anchor:
    said = json.loads(text)
    return Anchor(
        int(said["n"]), bytes.fromhex(said["hash"]), datetime.fromisoformat(said["at"]), said["key"], said["mac"]
    )


def _open_to_append(path: Path) -> int:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    is_new = not path.exists()
    opened = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    if is_new:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    return opened
