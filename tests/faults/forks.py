"""Workers to kill: this process loads Django once, and forks a fresh worker for each order on its standard input.

`python -m tests.faults.forks`. It answers each order with the worker's number; the worker begins with the next byte,
and its exit status follows. The worker has a connection of its own, and nothing of what the tests' own connection may.
"""

import json
import os
import sys
from datetime import timedelta

import django


def main() -> None:
    """One order after the other."""
    django.setup()

    from django.db import connections
    from django.urls import reverse
    from django.utils import timezone, translation

    from cases.actions.remind import walk_the_clocks
    from cases.emails import in_words
    from returns_portal import clock, outbox

    for language in ("sv", "en-gb"):  # templates, words and addresses are loaded once
        in_words("notification", language, "/", code="K7Q2-9FWM")
        with translation.override(language):
            reverse("cases:inbox")
    reverse("cases:inbox")
    todo = {"deliver": outbox.deliver, "walk": walk_the_clocks, "nothing": lambda: None}
    assert not [one for one in connections.all(initialized_only=True) if one.connection], (
        "a connection cannot be forked"
    )
    while order := json.loads(_line() or "null"):
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                os.read(0, 1)
                with clock.moved_to(timezone.now() + timedelta(seconds=order["ahead"])):
                    for what in order["todo"]:
                        todo[what]()
                code = 0
            finally:
                connections.close_all()
                sys.stderr.flush()
                os._exit(code)
        _say(pid)
        _say(os.waitpid(pid, 0)[1])


def _line() -> bytes:
    """Byte by byte: what follows the line belongs to the worker."""
    found = b""
    while (byte := os.read(0, 1)) not in {b"", b"\n"}:
        found += byte
    return found


def _say(number: int) -> None:
    os.write(1, f"{number}\n".encode())


if __name__ == "__main__":
    main()
