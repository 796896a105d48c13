"""The domain's only clock. Sign-in and sessions keep real time; everything about a case asks here."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

STOCKHOLM = ZoneInfo("Europe/Stockholm")
_moved: ContextVar[timedelta] = ContextVar("moved", default=timedelta())


def now() -> datetime:
    """The present moment, aware, in UTC; in the demo moved by what its clock page says."""
    return timezone.now() + _moved.get() + _demo_offset()


def today() -> date:
    """The present day in Stockholm, the day of every date in the portal."""
    return now().astimezone(STOCKHOLM).date()


def moment(text: str) -> datetime:
    """The moment that somebody wrote in ISO 8601, in Stockholm's time where no zone is named; raises ValueError."""
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=STOCKHOLM)


@contextmanager
def moved_to(moment: datetime) -> Iterator[None]:
    """Let the block live at `moment` (aware); time goes on from there."""
    token = _moved.set(moment - timezone.now() - _demo_offset())
    try:
        yield
    finally:
        _moved.reset(token)


def move_demo(by: timedelta) -> None:
    """Move the demo's clock forward for all its processes; going back would undo history, so it is refused."""
    if not settings.DEMO_CLOCK_FILE or by < timedelta():
        raise ValueError("Only the demo's clock moves, and only forward.")
    total = _demo_offset() + by
    Path(settings.DEMO_CLOCK_FILE).write_text(str(int(total.total_seconds())), encoding="ascii")


def _demo_offset() -> timedelta:
    if not settings.DEMO_CLOCK_FILE:
        return timedelta()
    try:
        return timedelta(seconds=int(Path(settings.DEMO_CLOCK_FILE).read_text(encoding="ascii")))
    except (FileNotFoundError, ValueError):
        return timedelta()
