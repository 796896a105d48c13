"""What people are told: the lines of their inbox, how they want the mail, and what they have opened."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from returns_portal import clock


class Notification(models.Model):
    """One line in a user's inbox. Its words come from `what`, in the reader's language; it holds no personal data.

    A reminder names its rule, its subject, the moment at which it was due and its rung as well. It is open until its
    reason is gone or a later one of the same rule takes its place; then it is settled.
    """

    class Mail(models.TextChoices):
        """What became of the mail."""

        NONE = "none", _("In the portal only")
        WAITING = "waiting", _("To be sent")
        DIGEST = "digest", _("For the next summary")
        SENT = "sent", _("Sent")
        LATE = "late", _("Not delivered yet; still trying")
        FAILED = "failed", _("Could not be delivered")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
    case = models.ForeignKey("cases.Case", null=True, on_delete=models.CASCADE)
    what = models.CharField(max_length=60)
    page = models.CharField(max_length=200)
    # One occasion tells a person once.
    key = models.CharField(max_length=200, unique=True)
    is_safety = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now)
    read_at = models.DateTimeField(null=True)

    # Whose act it tells of: they are told where the mail does not arrive.
    sender = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    mail = models.CharField(max_length=8, choices=Mail.choices, default=Mail.WAITING)

    # What makes a reminder the same one (process, section 5); empty for everything else.
    rule = models.SlugField(blank=True, default="", db_index=False)
    subject = models.CharField(max_length=60, blank=True, default="")
    due_at = models.DateTimeField(null=True)
    rung = models.PositiveSmallIntegerField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["case", "rule", "subject", "due_at", "recipient"],
                name="reminder_once",
                condition=~Q(rule=""),
            ),
            models.UniqueConstraint(
                fields=["case", "rule", "recipient"],
                name="one_open_reminder",
                condition=~Q(rule="") & Q(settled_at__isnull=True),
            ),
            models.CheckConstraint(
                name="reminder_is_whole",
                condition=Q(rule="", due_at__isnull=True, rung__isnull=True)
                | (~Q(rule="") & Q(due_at__isnull=False, rung__isnull=False, case__isnull=False)),
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["recipient", "-created_at"], name="inbox"),
            models.Index(
                fields=["recipient"], condition=Q(read_at__isnull=True, settled_at__isnull=True), name="inbox_unread"
            ),
            models.Index(fields=["recipient"], condition=Q(mail="digest"), name="inbox_digest"),
            models.Index(fields=["sender"], condition=Q(mail__in=["late", "failed"]), name="inbox_undelivered"),
        ]

    def __str__(self) -> str:
        return self.what

    @property
    def identity(self) -> tuple[uuid.UUID | None, str, datetime | None, uuid.UUID]:
        """What makes a reminder of a rule the same one: case, subject, due moment, recipient (process, section 5)."""
        return self.case_id, self.subject, self.due_at, self.recipient_id


class Visit(models.Model):
    """When somebody last opened a case: what is newer than that is marked as new."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "case"], name="one_visit_a_case")
        ]

    def __str__(self) -> str:
        return str(self.at)


class MailSettings(models.Model):
    """How often a person wants the summary, and when the last one left."""

    class Digest(models.TextChoices):
        """How often."""

        DAILY = "daily", _("Every day at 07:30")
        WEEKLY = "weekly", _("Every Monday at 07:30")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="mail_settings"
    )
    digest = models.CharField(_("Summary"), max_length=6, choices=Digest.choices, default=Digest.DAILY)
    last_digest_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return str(self.get_digest_display())


class MailChoice(models.Model):
    """How a person wants to hear of one kind of event; without a row: by mail at once. Safety events take none."""

    class How(models.TextChoices):
        """The way."""

        AT_ONCE = "at_once", _("By mail at once")
        DIGEST = "digest", _("In the summary")
        PORTAL = "portal", _("In the portal only")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mail_choices")
    topic = models.SlugField()
    how = models.CharField(max_length=8, choices=How.choices)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "topic"], name="one_choice_a_topic")
        ]

    def __str__(self) -> str:
        return f"{self.topic}: {self.how}"


class CalendarLink(models.Model):
    """A person's secret address of their calendar feed. Only the hash of the secret is kept; deleting it revokes it."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="calendar_link"
    )
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    fetched_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return str(self.created_at)
