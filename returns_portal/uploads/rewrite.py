"""Has a file rewritten by a process of its own, and says in words why it could not be."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

SECONDS: Final = 30
REFUSED: Final = 3
# Each may take more than a gigabyte: the others wait their turn, for a moment only, for a request that waits holds its
# case and its thread. Nobody has two turns at once, so that one person's files do not stop everybody's.
TURNS: Final = 2
WAIT_SECONDS: Final = 5.0
_turns = threading.Condition()
_at_work: list[UUID | None] = []

SENTENCES: Final[dict[str, Any]] = {
    "broken": gettext_lazy("The file is damaged or incomplete. Open it on your computer, save it anew and try again."),
    "encrypted": gettext_lazy(
        "The PDF is locked with a password. Print it to a new PDF without password and upload that."
    ),
    "pdf_form": gettext_lazy(
        "The PDF is a form that shows its content in certain programs only. Print it to a new PDF and upload that."
    ),
    "too_many_pixels": gettext_lazy(
        "The picture is too large: at most 50 million pixels. Make it smaller and try again."
    ),
    "too_large_unpacked": gettext_lazy("The file holds too much when it is unpacked. Save it as PDF and upload that."),
    "macros": gettext_lazy(
        "The file holds macros or other parts that act by themselves. Save it as PDF and upload that."
    ),
    "wrapped": gettext_lazy("There are other files inside the file. Save it as PDF and upload that."),
    "calls_out": gettext_lazy(
        "The file fetches things from outside when it is opened. Save it as PDF and upload that."
    ),
    "entities": gettext_lazy(
        "The file is built in an unusual way that we do not open. Save it as PDF and upload that."
    ),
    "not_utf8": gettext_lazy("The text is not UTF-8, or holds signs that are no text. Save it anew as UTF-8."),
}
TOO_SLOW: Final = gettext_lazy("The file takes too long to look through. Make it smaller and try again.")
BUSY: Final = gettext_lazy("Many files are being checked just now. Try again in a minute.")


def rewritten(kind: str, content: bytes, whose: UUID | None = None) -> bytes:
    """The file made anew without anything that acts or tells; `ValidationError` where that cannot be done."""
    with _turn(whose):
        try:
            # `kind` is one of our own words, and nothing of the file is on the command line.
            done = subprocess.run(  # noqa: S603
                [sys.executable, "-B", "-m", "returns_portal.rewriting", kind],
                input=content,
                capture_output=True,
                timeout=SECONDS,
                check=False,
                cwd=settings.BASE_DIR,
                # No keys and no addresses. It runs as the same user, but this process is closed to it (see `closed`).
                env={"LANG": "C.UTF-8"},
            )
        except subprocess.TimeoutExpired:
            raise ValidationError(TOO_SLOW) from None
    if done.returncode == 0 and done.stdout:
        return done.stdout
    if done.returncode == -signal.SIGXCPU:
        raise ValidationError(TOO_SLOW)
    word = done.stderr.rpartition(b"\n")[2].decode("ascii", "replace") if done.returncode == REFUSED else "broken"
    raise ValidationError(SENTENCES.get(word, SENTENCES["broken"]))


@contextmanager
def _turn(whose: UUID | None) -> Iterator[None]:
    """One of the turns, at most one of them for each account; `ValidationError` where none becomes free soon."""

    def is_free() -> bool:
        return len(_at_work) < TURNS and (whose is None or whose not in _at_work)

    with _turns:
        if not _turns.wait_for(is_free, WAIT_SECONDS):
            raise ValidationError(BUSY)
        _at_work.append(whose)
    try:
        yield
    finally:
        with _turns:
            _at_work.remove(whose)
            _turns.notify_all()
