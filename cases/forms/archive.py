"""Taking a case off a destruction list."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cases.forms.hold import FREE_TEXT_HINT
from cases.models import DestructionLine
from returns_portal import clock
from returns_portal.ui import DayField

REASONS = [(code, DestructionLine.LeftOut(code).label) for code in DestructionLine.REASONS]


class LeaveOutForm(forms.Form):
    """Why the case is still needed, and until when."""

    reason = forms.ChoiceField(label=_("Reason"), choices=REASONS, widget=forms.RadioSelect)
    until = DayField(label=_("Keep it until"))
    note = forms.CharField(
        label=_("In a few words"), required=False, max_length=2000, help_text=FREE_TEXT_HINT, widget=forms.Textarea
    )

    def clean_until(self) -> date:
        """A day that lies ahead."""
        day: date = self.cleaned_data["until"]
        if day <= clock.today():
            raise ValidationError(_("That day has passed or is today. Enter a later day."), code="past")
        return day

    def clean(self) -> dict[str, Any]:
        """Another reason wants a word."""
        cleaned = super().clean() or {}
        if cleaned.get("reason") == DestructionLine.LeftOut.OTHER and not cleaned.get("note", "").strip():
            self.add_error("note", _("Write in a few words why the case is still needed."))
        return cleaned
