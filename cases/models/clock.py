"""Rules of reminding as data, what has been sent, and the lists an administrator may change."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from returns_portal import clock


class ClockRule(models.Model):
    """One rule of process section 5. `code` ties it to the fact that starts it; the numbers are the office's own."""

    class Unit(models.TextChoices):
        WORKING_DAYS = "working_days", _("working days")
        DAYS = "days", _("days")
        HOURS = "hours", _("hours")

    code = models.SlugField(_("Code"), unique=True, editable=False)
    name = models.CharField(_("Name"), max_length=80)
    amount = models.SmallIntegerField(_("Due after"))
    urgent_amount = models.SmallIntegerField(_("Due after, urgent cases"), null=True, blank=True)
    unit = models.CharField(_("Unit"), max_length=12, choices=Unit.choices)
    warnings = ArrayField(
        models.SmallIntegerField(),
        default=list,
        blank=True,
        verbose_name=_("Warnings"),
        help_text=_("Moments of the first reminders, counted from the due moment; −7 is seven units before."),
    )
    to = ArrayField(models.CharField(max_length=30), verbose_name=_("To"))
    escalations = models.JSONField(
        _("Escalations"),
        default=list,
        blank=True,
        help_text=_("A list of pairs: units after the due moment, and to whom."),
    )
    is_safety = models.BooleanField(_("Safety rule"), default=False, editable=False)
    is_active = models.BooleanField(_("In force"), default=True)

    class Meta:
        verbose_name = _("clock rule")
        verbose_name_plural = _("clock rules")
        ordering: ClassVar[list[str]] = ["code"]

    def __str__(self) -> str:
        return self.name


class ProgrammeNumber(models.Model):
    """A number of the programme that an administrator may change, such as its length in months."""

    code = models.SlugField(_("Code"), unique=True, editable=False)
    name = models.CharField(_("Name"), max_length=120)
    amount = models.PositiveIntegerField(_("Number"))

    class Meta:
        verbose_name = _("programme number")
        verbose_name_plural = _("programme numbers")
        ordering: ClassVar[list[str]] = ["code"]

    def __str__(self) -> str:
        return self.name


class CodeEntry(models.Model):
    """An entry of a code list that the programme keeps itself, in both languages."""

    code_list = models.SlugField(_("List"))
    code = models.SlugField(_("Code"))
    name_sv = models.CharField(_("Swedish"), max_length=120)
    name_en = models.CharField(_("English"), max_length=120)
    is_active = models.BooleanField(_("Offered"), default=True)
    position = models.PositiveSmallIntegerField(_("Position"), default=0)

    class Meta:
        verbose_name = _("code list entry")
        verbose_name_plural = _("code list entries")
        ordering: ClassVar[list[str]] = ["code_list", "position", "code"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["code_list", "code"], name="code_once_a_list")
        ]

    def __str__(self) -> str:
        return f"{self.code_list}: {self.code}"


class PortalText(models.Model):
    """A text that an administrator may change, in both languages: help line, rules of conduct, letter footers."""

    code = models.SlugField(_("Code"), unique=True, editable=False)
    text_sv = models.TextField(_("Swedish"))
    text_en = models.TextField(_("English"))

    class Meta:
        verbose_name = _("text")
        verbose_name_plural = _("texts")
        ordering: ClassVar[list[str]] = ["code"]

    def __str__(self) -> str:
        return self.code


class Notification(models.Model):
    """One line in a user's inbox. Its words come from `what`, in the reader's language; it holds no personal data."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
    case = models.ForeignKey("cases.Case", null=True, on_delete=models.CASCADE)
    what = models.CharField(max_length=60)
    page = models.CharField(max_length=200)
    # (case, rule or event, due moment, recipient) stands here exactly once (process, section 5).
    key = models.CharField(max_length=200, unique=True)
    is_safety = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now)
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["recipient", "-created_at"], name="inbox"),
            models.Index(fields=["recipient"], condition=models.Q(read_at__isnull=True), name="inbox_unread"),
        ]

    def __str__(self) -> str:
        return self.what


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
