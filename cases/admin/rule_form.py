"""The form of a rule of reminding: numbers with bounds, recipients in words, and no way to silence a safety rule."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cases.actions.remind import deeds
from cases.admin import safety
from cases.admin.recipients import label_of
from cases.admin.rule_fields import Checkboxes, MomentsField, RowsField, check_between
from cases.clocks.recipients import SIDES, WORDS
from cases.models import ClockRule

Unit = ClockRule.Unit
# About a year, in each unit; a rule of hours leads up to, or follows, a journey.
MOST: Mapping[str, int] = {Unit.WORKING_DAYS: 250, Unit.DAYS: 365, Unit.HOURS: 2000}
# What expires is deleted: a slip of the keyboard must not empty everybody's drafts.
LEAST: Mapping[str, int] = {"draft_expires": 14}


def known_words() -> frozenset[str]:
    """The words that name recipients, and what else an escalation may do."""
    return WORDS | frozenset(deeds)


class ClockRuleForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """Numbers, recipients and texts of a rule; a safety rule cannot be made silent."""

    class Meta:
        model = ClockRule
        fields = (
            "name",
            "amount",
            "urgent_amount",
            "unit",
            "warnings",
            "to",
            "escalations",
            "text_sv",
            "text_en",
            "is_active",
        )
        help_texts: ClassVar[dict[str, Any]] = {
            "unit": _("What the numbers count. Working days know the holidays of Sweden, Finland and the destination."),
            "urgent_amount": _("Empty: urgent cases have the same time as others."),
            "text_sv": _("Both texts or neither; without them the portal's own words stand in the inbox. No names."),
        }

    warnings = MomentsField(
        label=_("Warnings"),
        required=False,
        help_text=_(
            "Moments of the first reminders, with commas: days (in a rule of hours: hours) from the due moment. −7 is"
            " seven before it, 0 the moment itself."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rule = self.instance
        self.made = safety.made(rule.code)
        choices = [(word, label_of(word)) for word in self._offered()]
        self.fields["to"] = forms.MultipleChoiceField(
            label=_("To"), choices=choices, widget=Checkboxes, help_text=_("Who gets the warnings.")
        )
        self.fields["escalations"] = RowsField(
            label=_("Escalations"),
            choices=choices,
            unit=rule.get_unit_display(),
            most=MOST[rule.unit],
            help_text=_("Who is told after the due moment, if it is still not done. Empty rows do not count."),
        )
        least, most = self._bounds(rule.unit)
        if "amount" in self.fields:  # who may only look has no fields
            self.fields["amount"].help_text = _("A whole number from %(least)s to %(most)s. The unit: %(unit)s.") % {
                "least": least,
                "most": most,
                "unit": rule.get_unit_display(),
            }
        if rule.is_safety and "unit" in self.fields:
            self.fields["unit"].disabled = True
            self.fields["unit"].help_text = _("The unit of a safety rule stays.")

    def _offered(self) -> list[str]:
        """The sides of a case; and what this rule was made with or has now, which means nothing in other rules."""
        own = set(self.made.words if self.made else ()) | set(self.instance.to)
        own |= {who for _units, who in self.instance.escalations}
        return [*SIDES, *sorted((own & known_words()) - SIDES.keys())]

    def _bounds(self, unit: str) -> tuple[int, int]:
        most = MOST[unit]
        is_after = self.made is None or self.made.amount > 0
        return LEAST.get(self.instance.code, 1) if is_after else -most, most

    def clean(self) -> dict[str, Any]:
        """Check the numbers by their unit, and a safety rule against what it was made to do."""
        said = super().clean() or {}
        unit = said.get("unit", self.instance.unit)
        least, most = self._bounds(unit)
        self.check("amount", least, most)
        self.check("urgent_amount", least, most)
        for number in said.get("warnings", ()):
            self.check_number("warnings", number, -most, most)
        for after, _who in said.get("escalations", ()):
            self.check_number("escalations", after, 0, most)
        amount, urgent = said.get("amount"), said.get("urgent_amount")
        if amount is not None and urgent is not None and urgent > amount:
            self.add_error(
                "urgent_amount", _("Urgent cases are due no later than others: at most %(most)s.") % {"most": amount}
            )
        if not self.errors and not said["warnings"] and not said["escalations"] and said["is_active"]:
            self.add_error("warnings", _("Without warning and escalation nobody is reminded: take it out of force."))
        if bool(said.get("text_sv")) != bool(said.get("text_en")) and not {"text_sv", "text_en"} & self.errors.keys():
            empty = "text_en" if said["text_sv"] else "text_sv"
            self.add_error(empty, _("Write the text in both languages, or in neither."))
        if self.instance.is_safety and self.made and not self.errors:
            for fault in list(safety.faults(self.made, said)):
                self.add_error(fault.field, fault.sentence)
        return said

    def check(self, name: str, least: int, most: int) -> None:
        """The number of this field, if there is one."""
        if (number := self.cleaned_data.get(name)) is not None:
            self.check_number(name, number, least, most)

    def check_number(self, name: str, number: int, least: int, most: int) -> None:
        """One number of this field; its first fault is enough."""
        if name in self.errors:
            return
        try:
            check_between(number, least, most)
        except ValidationError as error:
            self.add_error(name, error)
