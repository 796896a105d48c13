"""Restricting and lifting, what the extract leaves out, and what the person asked."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cases.forms.hold import FREE_TEXT_HINT
from cases.models import Extract, Restriction, RightsRequest
from cases.pdfs import LANGUAGES
from cases.permissions import Section
from returns_portal import clock
from returns_portal.ui import DayField

GROUNDS = [(code, Restriction.Ground(code).label) for code in Restriction.CHOSEN]
LANGUAGE_NAMES = {"sv": "Svenska", "en-gb": "English"}


class RestrictForm(forms.Form):
    """On which ground, and why."""

    ground = forms.ChoiceField(label=_("Ground"), choices=GROUNDS, widget=forms.RadioSelect)
    reason = forms.CharField(label=_("Reason"), max_length=2000, help_text=FREE_TEXT_HINT, widget=forms.Textarea)


class LiftForm(forms.Form):
    """Why the case may be used again."""

    note = forms.CharField(
        label=_("Why it is lifted"), max_length=2000, help_text=FREE_TEXT_HINT, widget=forms.Textarea
    )


class ExtractForm(forms.Form):
    """The language, and for each part whether it is in the extract or on which ground it is left out."""

    language = forms.ChoiceField(
        label=_("Language"), choices=[(code, LANGUAGE_NAMES[code]) for code in LANGUAGES], widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        grounds = [("", _("In the extract")), *((code, label) for code, label in Extract.Ground.choices)]
        for section in Section:
            if section != Section.STATUS:
                self.fields[f"part_{section.value}"] = forms.ChoiceField(
                    label=section.label, choices=grounds, required=False
                )

    def left_out(self) -> dict[str, str]:
        """Section → ground."""
        given = self.cleaned_data
        parts = {section.value: given.get(f"part_{section.value}", "") for section in Section}
        return {section: ground for section, ground in parts.items() if ground}


class NotLaterField(DayField):
    """A day that has come."""

    def clean(self, value: Any) -> Any:
        """The day, if it does not lie ahead."""
        day: date | None = super().clean(value)
        if day is not None and day > clock.today():
            raise ValidationError(_("That day lies ahead. Enter today or an earlier day."), code="ahead")
        return day


class RequestForm(forms.Form):
    """What the person asks, and since when."""

    kind = forms.ChoiceField(
        label=_("What the person asks"), choices=RightsRequest.Kind.choices, widget=forms.RadioSelect
    )
    asked_on = NotLaterField(label=_("Asked on"))
    text = forms.CharField(
        label=_("In a few words"), required=False, max_length=2000, help_text=FREE_TEXT_HINT, widget=forms.Textarea
    )


class AnswerForm(forms.Form):
    """What came of it, and when the person was told."""

    outcome = forms.ChoiceField(
        label=_("What came of it"), choices=RightsRequest.Outcome.choices, widget=forms.RadioSelect
    )
    answered_on = NotLaterField(label=_("Answered on"))
    answer = forms.CharField(
        label=_("What was answered"), max_length=4000, help_text=FREE_TEXT_HINT, widget=forms.Textarea
    )
