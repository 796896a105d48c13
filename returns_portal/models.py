"""The floor's own two tables: what is still to be sent or made, and who looked at what."""

from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from returns_portal import clock


class OutboxItem(models.Model):
    """One thing the worker still has to do. It holds ids only; the words are made when it is done."""

    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=200, unique=True)
    case_id = models.UUIDField(null=True, blank=True)
    row_id = models.UUIDField(null=True, blank=True)
    recipient_id = models.UUIDField(null=True, blank=True)
    data = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField(default=clock.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=100, blank=True)

    class Meta:
        verbose_name = _("item of the outbox")
        verbose_name_plural = _("outbox")
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"],
                name="outbox_waiting",
                condition=models.Q(done_at__isnull=True, failed_at__isnull=True),
            ),
            models.Index(
                fields=["failed_at"],
                name="outbox_failed",
                condition=models.Q(failed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Look(models.Model):
    """One look of one person at one case, refused ones too. Never changed, never deleted."""

    class Action(models.TextChoices):
        """What was looked at, or tried."""

        VIEW = "view", _("viewed")
        REVEAL = "reveal", _("revealed")
        DOWNLOAD = "download", _("downloaded")
        LIST = "list", _("listed")
        REFUSED = "refused", _("refused")

    at = models.DateTimeField(default=clock.now)
    user_id = models.UUIDField(null=True, blank=True)
    case_id = models.UUIDField(null=True, blank=True)
    section = models.CharField(max_length=40, blank=True)
    action = models.CharField(max_length=10, choices=Action.choices)
    path_name = models.CharField(max_length=100, blank=True)

    class Meta:
        verbose_name = _("look")
        verbose_name_plural = _("trail of looks")
        indexes: ClassVar = [
            models.Index(fields=["case_id", "-at"], name="look_case"),
            models.Index(fields=["user_id", "-at"], name="look_user"),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.pk}"
