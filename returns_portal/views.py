"""The site's own few pages: health, refusals, the time limit, the way out, and the demo's clock and mail."""

import calendar
import email
import email.policy
import json
import logging
import re
import secrets
from datetime import timedelta
from email.message import EmailMessage
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from babel.dates import get_day_names, get_month_names
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.cache import cache as shared_cache
from django.core.exceptions import PermissionDenied, RequestDataTooBig, ValidationError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from partners.afterwards import afterwards
from partners.http import reach
from returns_portal import clock, heartbeat, sessions, walls
from returns_portal.ui import reader_locale

logger = logging.getLogger(__name__)
NEWEST_MAILS = 50
LONGEST_LIMIT = timedelta(minutes=5)
REPORT_LIMIT, REPORTS_A_MINUTE = 8 * 1024, 60


@reach("public")
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Answer that this process runs; asks nothing of anybody."""
    return HttpResponse("live", content_type="text/plain")


@reach("public")
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Answer whether this process can serve; what is wrong stands in the log, not in the answer.

    Pages do not go down with the clock: while it stands still one word of the answer says so, and the administrators
    are rung.
    """
    stopped = None
    try:
        wrong = _unfit()
        stopped = None if wrong else heartbeat.stopped_since()
    except DatabaseError:
        logger.exception("The database does not answer as it should.")
        wrong = "database"
    if wrong:
        logger.error("Not ready: %s", wrong)
        return HttpResponse("not ready", content_type="text/plain", status=503)
    if stopped is None:
        return HttpResponse("ready", content_type="text/plain")
    logger.warning("Degraded: the clock has not run since %s", stopped)
    afterwards(request, heartbeat.ring)
    return HttpResponse("ready, degraded", content_type="text/plain")


def _unfit() -> str:
    connection.ensure_connection()
    if not _is_migrated():
        _is_migrated.cache_clear()
        return "migrations are not applied"
    if settings.MODE == "production" and walls.are_passed():
        return "this database role reads past row-level security: serve as app, see docs/deploy.md"
    shared_cache.set("ready", "yes", 60)
    if shared_cache.get("ready") != "yes":
        return "the cache keeps nothing"
    return "" if settings.SEALING_KEYS else "there is no sealing key"


@cache
def _is_migrated() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the form was too old to be taken; what one of our own pages has sent is handed back."""
    if sessions.may_hand_back(request):
        return sessions.hand_back(request)
    return render(request, "403.html", {"form_expired": True}, status=403)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that the request was too large, or could not be read; asks nothing of the request, nor repeats it."""
    if isinstance(exception, RequestDataTooBig):
        limit = f"{settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024**2} MB"
        return HttpResponse(render_to_string("413.html", {"limit": limit}), status=413)
    return HttpResponse(render_to_string("400.html"), status=400)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """Say when to try again: when the longest of the sign-in's limits has passed."""
    context = {"retry_at": timezone.now() + LONGEST_LIMIT}
    response = render(request, "429.html", context, status=429)
    response.headers["Retry-After"] = str(int(LONGEST_LIMIT.total_seconds()))
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that something broke, with a reference that finds the moment in the log; asks nothing of the database."""
    reference = f"{timezone.now():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    logger.error("Error reference %s", reference)
    return HttpResponse(render_to_string("500.html", {"reference": reference}), status=500)


# The time limit, and the way out


@sessions.background
@csrf_exempt  # a page that has been open for long has an old token, and another site's request brings no cookie
@reach("public")
@require_http_methods(["GET", "POST"])
def time_limit(request: HttpRequest) -> HttpResponse:
    """Answer a tab how long the sign-in still lasts; a POST is a sign of the person."""
    if request.method == "POST" and sessions.comes_from_elsewhere(request):
        raise PermissionDenied
    if request.method == "POST" and request.user.is_authenticated:
        sessions.act(request.session)
    return JsonResponse(sessions.TimeLimit(request).as_json())


@sessions.background
@csrf_exempt  # must work at once and always; another site's request brings no cookie
@reach("public")
@require_POST
def hide(request: HttpRequest) -> HttpResponse:
    """End the sign-in in haste, and show a page that means nothing."""
    if sessions.comes_from_elsewhere(request):
        raise PermissionDenied
    logout(request)
    return redirect("month")


@reach("public")
@require_safe
def month(request: HttpRequest) -> HttpResponse:
    """A page that means nothing, and names nobody: this month."""
    today, locale = timezone.localdate(), reader_locale()
    days = get_day_names("abbreviated", "stand-alone", locale=locale)
    weeks = calendar.Calendar().monthdatescalendar(today.year, today.month)
    context = {
        "heading": f"{get_month_names('wide', 'stand-alone', locale=locale)[today.month].capitalize()} {today.year}",
        "days": [days[number] for number in range(7)],
        "weeks": [(week[0].isocalendar().week, week) for week in weeks],
        "today": today,
    }
    return render(request, "month.html", context)


# What browsers report about the content policy


@sessions.background
@csrf_exempt  # sent by the browser itself
@reach("public")
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """Take a browser's report; of what it tells, the log keeps the rule that was broken and the other site's name."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > REPORT_LIMIT:
        return HttpResponse(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if _reports_this_minute() > REPORTS_A_MINUTE:
        return HttpResponse(status=HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": "60"})
    try:
        report = json.loads(request.read(REPORT_LIMIT))["csp-report"]
        directive, blocked = str(report["effective-directive"]), str(report["blocked-uri"])
    except (ValueError, KeyError, TypeError):
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    logger.warning("Content policy: %s refused %s", _rule(directive), _site(blocked))
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


def _reports_this_minute() -> int:
    """How many have come in, from everybody together: whoever floods the log is stopped, and counted nowhere."""
    key = f"csp-reports-{timezone.now():%H%M}"
    shared_cache.add(key, 0, 120)
    return int(shared_cache.incr(key))


def _rule(directive: str) -> str:
    return directive if re.fullmatch(r"[a-z-]{3,30}", directive) else "another rule"


def _site(blocked: str) -> str:
    """`inline`, `eval` and the like as they are; of an address its scheme and host alone."""
    if re.fullmatch(r"[a-z-]{2,20}", blocked):
        return blocked
    try:
        parts = urlsplit(blocked)
        site = f"{parts.scheme}://{parts.hostname}"
    except ValueError:
        site = ""
    return site if re.fullmatch(r"[a-z]{2,10}://[a-z0-9.-]{1,100}", site) else "another site"


@reach("public")
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """Show the accessibility statement."""
    return render(request, "accessibility.html")


class ClockForm(forms.Form):
    """How far the demo's clock is to move."""

    days = forms.IntegerField(label=gettext_lazy("Days"), min_value=0, max_value=400, initial=1)
    hours = forms.IntegerField(label=gettext_lazy("Hours"), min_value=0, max_value=23, initial=0)

    def clean(self) -> dict[str, int]:
        """Refuse to move by nothing."""
        if not self.errors and not any(self.cleaned_data.values()):
            raise ValidationError(_("Say how far the clock is to move."))
        return self.cleaned_data


@reach("demo")
def demo_clock(request: HttpRequest) -> HttpResponse:
    """Show the demo's time, and move it forward."""
    form = ClockForm(request.POST or None)
    if form.is_valid():
        clock.move_demo(timedelta(**form.cleaned_data))
        messages.success(request, _("The clock has moved. Reminders follow within a minute."))
        return redirect("demo-clock")
    return render(request, "demo/clock.html", {"form": form, "now": clock.now()})


class SentMail(NamedTuple):
    """One message in the demo's mail folder."""

    to: str
    subject: str
    body: str


@reach("demo")
@require_safe
def demo_mail(request: HttpRequest) -> HttpResponse:
    """Show the mail that the demo would have sent, newest first."""
    folder = Path(getattr(settings, "EMAIL_FILE_PATH", ""))
    files = sorted(folder.glob("*.log"), reverse=True)[:NEWEST_MAILS]
    mails = [mail for file in files for mail in reversed(_mails_in(file))]
    return render(request, "demo/mail.html", {"mails": mails[:NEWEST_MAILS]})


def _mails_in(file: Path) -> list[SentMail]:
    """Read what Django's file backend wrote: whole messages, each followed by a ruled line."""
    parts = file.read_bytes().split(b"\n" + b"-" * 79 + b"\n")
    mails = [
        email.message_from_bytes(part, EmailMessage, policy=email.policy.default) for part in parts if part.strip()
    ]
    return [SentMail(str(mail["to"]), str(mail["subject"]), _text_of(mail)) for mail in mails]


def _text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain", "html"))
    return str(body.get_content()) if body else ""
