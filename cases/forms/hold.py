"""Pausing a case, and recording that the person changed their mind."""

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from cases.models import Hold
from partners.models import User
from returns_portal import clock
from returns_portal.ui import DayField

FREE_TEXT_HINT = _("Do not write names, addresses or what the person has been through.")
LONGEST = timedelta(days=366)


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic only in the stubs
    """A colleague, by name."""

    def __init__(self, queryset: Any, **kwargs: Any) -> None:
        super().__init__(queryset, empty_label=_("Choose"), **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        """The name alone: colleagues know each other."""
        return str(obj.name)


class UntilField(DayField):
    """The last day of a pause: in the future, and within a year."""

    def clean(self, value: Any) -> Any:
        """The day, if a pause may end on it."""
        day = super().clean(value)
        if day is not None and day <= clock.today():
            raise ValidationError(_("That day has passed or is today. Enter a later day."), code="past")
        if day is not None and day > clock.today() + LONGEST:
            raise ValidationError(_("A pause lasts a year at most. Enter an earlier day."), code="too_long")
        return day


class HoldForm(forms.Form):
    """Why the case waits, who watches over it, until when."""

    reason = forms.ChoiceField(label=_("Reason"), choices=Hold.Reason.choices, widget=forms.RadioSelect)
    owner = PersonField(User.objects.none(), label=_("Who watches over it"))
    until = UntilField(label=_("Until"))

    def __init__(self, *args: Any, colleagues: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = colleagues  # type: ignore[attr-defined]  # a ModelChoiceField


class ExtendForm(forms.Form):
    """Another last day of the pause."""

    until = UntilField(label=_("New last day"))


class ResumeForm(forms.Form):
    """Who is responsible from now on."""

    responsible = PersonField(User.objects.none(), label=_("Who is responsible from now on"))

    def __init__(self, *args: Any, colleagues: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["responsible"].queryset = colleagues  # type: ignore[attr-defined]  # a ModelChoiceField


class WithdrawForm(forms.Form):
    """Nobody asks why; who wants to may say it."""

    note = forms.CharField(
        label=_("Reason"), required=False, max_length=2000, help_text=FREE_TEXT_HINT, widget=forms.Textarea
    )
