"""Searching for a case by who the person is."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cases.actions import SearchReason
from cases.forms.parts import day, line
from cases.models import Person, SearchKey
from cases.models.search_key import compared_form


class SearchForm(forms.Form):
    """What is sought, in full, and why."""

    full_name = line(Person, "full_name", hint=_("All names in any order. Small letters and missing accents are fine."))
    birth_date = day(Person, "birth_date")
    identity_number = line(Person, "identity_number", most=60)
    reason = forms.ChoiceField(label=_("Why do you search?"), choices=SearchReason.choices, widget=forms.RadioSelect)

    def clean(self) -> dict[str, Any]:
        """Something must be sought, and what was typed must say something."""
        cleaned = super().clean() or self.cleaned_data
        given = {field: cleaned[field] for field in SearchKey.Field.values if cleaned.get(field)}
        for field in [field for field, value in given.items() if not compared_form(field, value)]:
            self.add_error(field, ValidationError(_("Enter letters or digits."), code="empty"))
        if not given and not self.errors:
            raise ValidationError(_("Enter a name, a date of birth or a number."), code="nothing")
        return cleaned

    @property
    def sought(self) -> dict[str, Any]:
        """What is sought, by field."""
        return {field: self.cleaned_data[field] for field in SearchKey.Field.values if self.cleaned_data[field]}
