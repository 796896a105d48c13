"""Questions and messages to another organisation of the case."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cases.forms.hold import FREE_TEXT_HINT
from partners.models import Organisation
from returns_portal import clock
from returns_portal.ui import DayField


class RecipientField(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic only in the stubs
    """An organisation, by name."""

    def __init__(self, queryset: Any, **kwargs: Any) -> None:
        super().__init__(queryset, empty_label=_("Choose"), **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        """Its name."""
        return str(obj.name)


class AskForm(forms.Form):
    """To whom, what about, what, and whether an answer is needed."""

    of = RecipientField(Organisation.objects.none(), label=_("To"))
    subject = forms.CharField(label=_("Subject"), max_length=120)
    text = forms.CharField(
        label=_("Message"), max_length=5000, help_text=FREE_TEXT_HINT, widget=forms.Textarea(attrs={"rows": 5})
    )
    wants_answer = forms.BooleanField(label=_("An answer is needed"), required=False, initial=True)
    due_on = DayField(label=_("Answer by"), required=False)

    def __init__(self, *args: Any, to: list[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["of"]
        field.queryset = Organisation.objects.filter(pk__in=[o.pk for o in to]).order_by("name")  # type: ignore[attr-defined]  # a ModelChoiceField
        if len(to) == 1:
            field.initial = to[0].pk

    def clean_due_on(self) -> Any:
        """A day that has not passed."""
        day = self.cleaned_data["due_on"]
        if day is not None and day < clock.today():
            raise ValidationError(_("That day has passed. Enter today or a later day."))
        return day


class ReplyForm(forms.Form):
    """What is said in a thread."""

    text = forms.CharField(
        label=_("Message"), max_length=5000, help_text=FREE_TEXT_HINT, widget=forms.Textarea(attrs={"rows": 4})
    )
