"""The administration's page about what works by itself: the queue, the timetable, and what could not be done."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any, NamedTuple

from celery.schedules import maybe_schedule
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from cases.actions.dry_run import coming
from returns_portal import clock, heartbeat, outbox
from returns_portal.actor import acting_as_system
from returns_portal.celery import app
from returns_portal.models import OutboxItem

SHOWN = 100
# An entry of the timetable has so long to end once it is due.
GRACE = timedelta(minutes=10)
DAY = timedelta(hours=24)

WORDS: Mapping[str, Any] = {
    "deliver-outbox": _("Sends what waits"),
    "walk-the-clocks": _("Walks over the clocks"),
    "queue-digests": _("Makes the summaries"),
    "anchor-trail": _("Anchors the trail"),
    "verify-trail": _("Verifies the trail"),
    "look-after-lists": _("Notices who pages through lists"),
    "look-after-scans": _("Looks after scans"),
    "keep-retention": _("Keeps retention"),
    "sweep-uploads": _("Sweeps up files without an owner"),
}


class Entry(NamedTuple):
    """One line of the timetable; all of it is real time."""

    name: str
    label: str
    last: datetime | None
    next: datetime
    is_late: bool


class Queue(NamedTuple):
    """How much waits in the outbox."""

    waiting: int
    oldest: datetime | None
    later: int
    next_due: datetime | None
    leased: int


def timetable() -> list[Entry]:
    """Each entry with its last run, and whether it should have run again long ago."""
    beats, installed, now = heartbeat.last_beats(), heartbeat.installed_at(), timezone.now()
    found = []
    for name, entry in sorted(app.conf.beat_schedule.items()):
        last = beats.get(name)
        left = maybe_schedule(entry["schedule"], app=app).remaining_estimate(last or installed)
        found.append(Entry(name, str(WORDS.get(name, name)), last, now + left, left < -GRACE))
    return found


def queue() -> Queue:
    """What stands in the outbox and is not done."""
    now, left = clock.now(), OutboxItem.objects.filter(done_at=None, failed_at=None)
    is_free = left.exclude(leased_until__gt=now)
    due, later = is_free.filter(due_at__lte=now), is_free.filter(due_at__gt=now)
    return Queue(
        waiting=due.count(),
        oldest=due.order_by("due_at").values_list("due_at", flat=True).first(),
        later=later.count(),
        next_due=later.order_by("due_at").values_list("due_at", flat=True).first(),
        leased=left.filter(leased_until__gt=now).count(),
    )


def given_up() -> QuerySet[OutboxItem]:
    """What was tried until there was no use in it."""
    return OutboxItem.objects.filter(failed_at__isnull=False).order_by("-failed_at", "-pk")


def late() -> QuerySet[OutboxItem]:
    """What has failed for an hour, and is still being tried."""
    attempts = next(number for number in count(1) if outbox.is_late(OutboxItem(attempts=number)))
    return OutboxItem.objects.filter(done_at=None, failed_at=None, attempts__gte=attempts).order_by("created_at", "pk")


def broker_answers() -> bool:
    """Whether the worker can be woken; what waits in the database is safe either way."""
    try:
        with app.connection_for_write() as line:
            line.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=2)
            line.default_channel.close()
    except Exception:  # every transport fails in its own words, and all mean no
        return False
    return True


@require_safe
def page(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Everything about what works by itself."""
    failed, trying, now = given_up(), late(), clock.now()
    waiting = queue()
    context = {
        **site.each_context(request),
        "title": _("Jobs"),
        "stopped": heartbeat.stopped_since(),
        "queue": waiting,
        "oldest_age": now - waiting.oldest if waiting.oldest else None,
        "timetable": timetable(),
        "last_beat": max(heartbeat.last_beats().values(), default=None),
        "broker_answers": broker_answers(),
        "failed": failed[:SHOWN],
        "failed_count": failed.count(),
        "late": trying[:SHOWN],
        "late_count": trying.count(),
        "shown": SHOWN,
        "coming": coming(DAY),
    }
    return render(request, "admin/jobs.html", context)


@require_POST
def retry(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Ask first, saying how many, and then have what was given up tried again."""
    chosen = given_up()
    if "all" not in request.POST:
        item = request.POST.get("item", "")
        chosen = chosen.filter(pk=int(item)) if item.isdecimal() and len(item) < 19 else chosen.none()
    pks = list(chosen.values_list("pk", flat=True))
    if not pks:
        messages.warning(request, _("There is nothing left of that to try again."))
        return redirect("admin:jobs")
    if request.POST.get("confirmed") != str(len(pks)):
        context = {**site.each_context(request), "title": _("Try again"), "count": len(pks), "item": chosen.first()}
        return render(request, "admin/jobs_retry.html", context | {"is_all": "all" in request.POST})
    with acting_as_system("administration"):
        count = outbox.retry_failed(pks)
    said = ngettext("%(n)s item will be tried again.", "%(n)s items will be tried again.", count)
    messages.success(request, said % {"n": count})
    return redirect("admin:jobs")
