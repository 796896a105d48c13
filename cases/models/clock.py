"""Rules of reminding as data, and the lists an administrator may change."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


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
    text_sv = models.CharField(
        _("Text in the inbox, Swedish"), max_length=120, blank=True, help_text=_("Empty: the portal's own words.")
    )
    text_en = models.CharField(
        _("Text in the inbox, English"), max_length=120, blank=True, help_text=_("Empty: the portal's own words.")
    )
    is_safety = models.BooleanField(_("Safety rule"), default=False, editable=False)
    is_active = models.BooleanField(_("In force"), default=True)

    class Meta:
        verbose_name = _("clock rule")
        verbose_name_plural = _("clock rules")
        ordering: ClassVar[list[str]] = ["code"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="safety_rule_rings",
                condition=Q(is_safety=False) | Q(is_active=True, warnings__len__gt=0, to__len__gt=0),
                violation_error_message=_("A safety rule cannot be made silent."),
            ),
            models.CheckConstraint(
                name="rule_in_both_languages",
                condition=Q(text_sv="", text_en="") | ~(Q(text_sv="") | Q(text_en="")),
                violation_error_message=_("Write the text in both languages, or in neither."),
            ),
        ]

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
