"""Forms of step 6."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import codes
from cases.kinds import Activity, Dimension
from reintegration.models import Need, SupportAnswer
from returns_portal import clock
from returns_portal.ui import DayField

NO_NAMES = gettext_lazy("Do not write names, addresses or what the person has been through.")


def activities() -> list[tuple[str, Any]]:
    """IOM's activity codes under their dimensions, for a select."""
    groups: dict[Dimension, list[tuple[str, Any]]] = {dimension: [] for dimension in Dimension}
    for activity in Activity:
        groups[activity.dimension].append((activity.value, activity.label))
    blank: list[tuple[str, Any]] = [("", gettext_lazy("Choose"))]
    return blank + [(str(dimension.label), rows) for dimension, rows in groups.items()]


def currencies() -> list[tuple[str, str]]:
    """The currencies that the offices pay in, and none."""
    return [("", _("Choose")), *codes.currencies()]


class NeedForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """One need, in few words."""

    domain = forms.ChoiceField(label=gettext_lazy("Kind of need"), choices=activities)
    urgency = forms.ChoiceField(
        label=gettext_lazy("Urgency"), choices=Need.Urgency.choices, widget=forms.RadioSelect, initial="normal"
    )
    stated_by = forms.ChoiceField(
        label=gettext_lazy("Who says so"), choices=Need.StatedBy.choices, widget=forms.RadioSelect, initial="person"
    )
    cost = forms.DecimalField(label=gettext_lazy("Cost"), min_value=0, max_digits=12, decimal_places=2, required=False)
    currency = forms.ChoiceField(label=gettext_lazy("Currency"), choices=currencies, required=False)

    class Meta:
        model = Need
        fields = (
            "domain",
            "description",
            "urgency",
            "stated_by",
            "wished_solution",
            "provider",
            "cost",
            "currency",
        )
        help_texts: ClassVar[dict[str, Any]] = {"description": NO_NAMES, "wished_solution": NO_NAMES}
        widgets: ClassVar[dict[str, Any]] = {
            "description": forms.Textarea(attrs={"rows": 3}),
            "wished_solution": forms.Textarea(attrs={"rows": 2}),
            "provider": forms.TextInput(),
        }

    def clean(self) -> dict[str, Any]:
        """A cost is said in a currency."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("cost") and not cleaned.get("currency"):
            self.add_error("currency", ValidationError(_("Choose the currency of the cost.")))
        return cleaned


class AnswerForm(forms.Form):
    """The local office's answer to one need: four buttons, a day, a line."""

    status = forms.ChoiceField(
        label=gettext_lazy("Is this support available?"),
        widget=forms.RadioSelect,
        choices=[
            (SupportAnswer.Status.CONFIRMED, gettext_lazy("Yes, confirmed")),
            (SupportAnswer.Status.WAITING_LIST, gettext_lazy("Waiting list")),
            (SupportAnswer.Status.NONE, gettext_lazy("No")),
            (SupportAnswer.Status.ALTERNATIVE, gettext_lazy("Something else instead")),
        ],
    )
    valid_until = DayField(
        label=gettext_lazy("The answer is valid until"),
        required=False,
        help_text=gettext_lazy("Left empty, a yes is valid for 60 days."),
    )
    note = forms.CharField(
        label=gettext_lazy("What, where, how long to wait"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=NO_NAMES,
    )

    def clean_valid_until(self) -> Any:
        """An answer cannot have ended already."""
        return in_the_future(self.cleaned_data["valid_until"])


class ReceptionForm(forms.Form):
    """Whether the office can receive the person."""

    can_receive = forms.TypedChoiceField(
        label=gettext_lazy("Can you receive the person?"),
        widget=forms.RadioSelect,
        choices=[("yes", gettext_lazy("Yes, we can receive the person")), ("no", gettext_lazy("No"))],
        coerce=lambda value: value == "yes",
        empty_value=None,
    )
    from_on = DayField(label=gettext_lazy("From"), required=False)
    valid_until = DayField(label=gettext_lazy("Until"), required=False)
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, widget=forms.Textarea(attrs={"rows": 2}), help_text=NO_NAMES
    )

    def clean_valid_until(self) -> Any:
        """The office's word cannot have ended already."""
        return in_the_future(self.cleaned_data["valid_until"])


class GapForm(forms.Form):
    """The person and IOM accept to travel although this support is not in place."""

    person_accepts = forms.BooleanField(
        label=gettext_lazy("The person has been told and wants to travel anyway"),
        error_messages={"required": gettext_lazy("Ask the person first. Without their yes the gap is not accepted.")},
    )
    iom_accepts = forms.BooleanField(
        label=gettext_lazy("IOM Helsinki accepts the gap"),
        error_messages={"required": gettext_lazy("Confirm for IOM Helsinki.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Why the gap is accepted, and what is done instead"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=NO_NAMES,
    )


def in_the_future(day: Any) -> Any:
    """A day from today on."""
    if day is not None and day < clock.today():
        raise ValidationError(_("That day is past. Enter today or later."))
    return day
