"""The site's own few pages: health, refusals, the accessibility statement, and the demo's clock and mail."""

import email
import email.policy
import logging
import secrets
from datetime import timedelta
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import NamedTuple

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.cache import cache as shared_cache
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from partners.http import reach
from returns_portal import clock

logger = logging.getLogger(__name__)
NEWEST_MAILS = 50


@reach("public")
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Answer that this process runs; asks nothing of anybody."""
    return HttpResponse("live", content_type="text/plain")


@reach("public")
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Answer whether this process can serve; what is wrong stands in the log, not in the answer."""
    try:
        wrong = _unfit()
    except DatabaseError:
        logger.exception("The database does not answer as it should.")
        wrong = "database"
    if wrong:
        logger.error("Not ready: %s", wrong)
        return HttpResponse("not ready", content_type="text/plain", status=503)
    return HttpResponse("ready", content_type="text/plain")


def _unfit() -> str:
    connection.ensure_connection()
    if not _is_migrated():
        _is_migrated.cache_clear()
        return "migrations are not applied"
    shared_cache.set("ready", "yes", 60)
    if shared_cache.get("ready") != "yes":
        return "the cache keeps nothing"
    return "" if settings.SEALING_KEYS else "there is no sealing key"


@cache
def _is_migrated() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the form was too old to be taken; why exactly stands in Django's log."""
    return render(request, "403.html", {"form_expired": True}, status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that something broke, with a reference that finds the moment in the log; asks nothing of the database."""
    reference = f"{timezone.now():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    logger.error("Error reference %s", reference)
    return HttpResponse(render_to_string("500.html", {"reference": reference}), status=500)


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
