"""Who answers for a case, and which office."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from cases.codes import country_name
from cases.forms.hold import FREE_TEXT_HINT, PersonField
from partners.models import Organisation, User


class ReassignForm(forms.Form):
    """One colleague."""

    colleague = PersonField(User.objects.none(), label=_("Who is responsible"))

    def __init__(self, *args: Any, colleagues: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["colleague"].queryset = colleagues  # type: ignore[attr-defined]  # a ModelChoiceField


class OfficeField(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic only in the stubs
    """A local office, with its country."""

    def __init__(self, queryset: Any, **kwargs: Any) -> None:
        super().__init__(queryset, empty_label=_("Choose"), **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        """The office and its country in the reader's language."""
        return f"{obj.name} ({country_name(obj.country)})"


class ChangeOfficeForm(forms.Form):
    """Another local office, and why."""

    local_office = OfficeField(Organisation.objects.none(), label=_("Local IOM office"))
    note = forms.CharField(label=_("Reason"), max_length=2000, help_text=FREE_TEXT_HINT, widget=forms.Textarea)

    def __init__(self, *args: Any, offices: QuerySet[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["local_office"].queryset = offices  # type: ignore[attr-defined]  # a ModelChoiceField
