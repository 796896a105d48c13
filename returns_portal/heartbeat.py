"""Signs of life of what works by itself, and the ring for the administrators when they stay away.

All of it is real time: the demo's moved clock stops nothing and wakes nobody.
"""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from returns_portal import mail
from returns_portal.actor import acting_as_system
from returns_portal.logs import told_by_class
from returns_portal.models import Heartbeat, OutboxItem

logger = logging.getLogger(__name__)

# What everything else hangs on: the walk over the clocks, and the sender of what it finds.
CLOCK = ("walk-the-clocks", "deliver-outbox")
PATIENCE = timedelta(minutes=10)
RINGS_EVERY = timedelta(hours=1)
# A slow mail server must not keep a web process from its pages.
RING_SECONDS = 15
# The row that notes when the administrators were last rung: the one that a web process may write.
RANG = "rang-for-the-clock"
NEVER = datetime(2000, 1, 1, tzinfo=UTC)

Task = Callable[[], None]


def beats(name: str, what: str) -> Callable[[Task], Task]:
    """Note when the decorated entry `name` of the timetable ran to its end; of what breaks it the class is logged."""

    def decorate(task: Task) -> Task:
        @wraps(task)
        def run() -> None:
            with told_by_class(logger, what):
                task()
                with acting_as_system("heartbeat"):
                    beat(name)

        return run

    return decorate


def beat(name: str, at: datetime | None = None) -> None:
    """Note a sign of life: one statement, whoever else notes the same."""
    row = Heartbeat(name=name, at=at or timezone.now())
    Heartbeat.objects.bulk_create([row], update_conflicts=True, unique_fields=["name"], update_fields=["at"])


def last_beats() -> dict[str, datetime]:
    """Entry of the timetable → when it last ran to its end."""
    return dict(Heartbeat.objects.exclude(name=RANG).values_list("name", "at"))


def installed_at() -> datetime:
    """Since when what never ran could have: the last migration."""
    last: datetime | None = MigrationRecorder.Migration.objects.aggregate(last=Max("applied"))["last"]
    return last or NEVER


def stopped_since() -> datetime | None:
    """Since when the clock has stood still, if that is longer than `PATIENCE`; a new one has as long to begin."""
    found = last_beats()
    missing = [] if found.keys() >= set(CLOCK) else [installed_at()]
    last = min([*missing, *(found[name] for name in CLOCK if name in found)])
    return last if timezone.now() - last >= PATIENCE else None


def ring() -> int:
    """Mail the administrators that the portal needs them, from this process: the worker may be what stands still.

    At most once an hour over all processes; returns how many were told.
    """
    if not _is_first_this_hour():
        return 0
    told, ends, hour = 0, time.monotonic() + RING_SECONDS, f"{timezone.now():%Y%m%d%H%M}"
    with mail.one_line():
        for person in get_user_model().objects.filter(is_staff=True, is_active=True):
            if time.monotonic() > ends:
                break
            with told_by_class(logger, "Ringing an administrator"), translation.override(person.mail_language):
                body = _("Sign in to read.\n\n%(link)s\n") % {"link": settings.PORTAL_ADDRESS + reverse("admin:jobs")}
                # No item of the outbox, which has stopped; only named like one.
                message_id = mail.message_id(OutboxItem(key=f"clock-stopped:{hour}:{person.pk}"))
                mail.send(person.email, _("Something in the portal needs you"), body, message_id)
                told += 1
    if not told:
        # Nobody heard it: in ten minutes somebody tries again.
        beat(RANG, timezone.now() - RINGS_EVERY + PATIENCE)
    return told


def _is_first_this_hour() -> bool:
    """Of all who want to ring now one gets the row: the others wait for its lock, and find it rung."""
    Heartbeat.objects.bulk_create([Heartbeat(name=RANG, at=NEVER)], ignore_conflicts=True)
    now = timezone.now()
    return bool(Heartbeat.objects.filter(name=RANG, at__lte=now - RINGS_EVERY).update(at=now))
