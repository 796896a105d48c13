"""Forms of step 7."""

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reintegration.forms.needs import NO_NAMES, activities, currencies
from reintegration.models import Plan, PlanItem
from returns_portal import clock
from returns_portal.ui import DayField

FIRST_WEEK = gettext_lazy(
    "A bed for the first nights\nFood for the first days\nA phone with a local number\n"
    "A health check\nRegistration with the authorities\nA talk with the local office"
)


class PlanForm(forms.Form):
    """What the plan says beside its items."""

    goal = forms.CharField(
        label=gettext_lazy("The person's own goal"),
        help_text=gettext_lazy("In the person's own words, as far as possible. Do not write names or addresses."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    first_week = forms.CharField(
        label=gettext_lazy("The first week"),
        help_text=gettext_lazy("One thing a line."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    contact_plan = forms.CharField(
        label=gettext_lazy("How we keep in contact"), widget=forms.Textarea(attrs={"rows": 3}), help_text=NO_NAMES
    )
    if_it_fails = forms.CharField(
        label=gettext_lazy("What we do if it fails"), widget=forms.Textarea(attrs={"rows": 3}), help_text=NO_NAMES
    )

    def clean_first_week(self) -> list[str]:
        """The list, without empty lines."""
        return [line.strip() for line in self.cleaned_data["first_week"].splitlines() if line.strip()]


class PlanItemForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """One thing that the plan promises."""

    activity = forms.ChoiceField(label=gettext_lazy("Kind of support"), choices=activities)
    amount = forms.DecimalField(label=gettext_lazy("Amount"), min_value=0, max_digits=12, decimal_places=2)
    currency = forms.ChoiceField(label=gettext_lazy("Currency"), choices=currencies, initial="SEK")
    instalment = forms.IntegerField(label=gettext_lazy("Number of instalments"), min_value=1, max_value=60, initial=1)
    start_on = DayField(label=gettext_lazy("Starts on"), required=False)
    due_on = DayField(label=gettext_lazy("Done by"), required=False)
    rate_to_sek = forms.DecimalField(
        label=gettext_lazy("Rate to SEK"),
        required=False,
        max_digits=14,
        decimal_places=6,
        min_value=Decimal("0.000001"),
        help_text=gettext_lazy("How many kronor one unit costs. Left empty for SEK."),
    )
    rate_on = DayField(label=gettext_lazy("Date of the rate"), required=False)
    is_in_kind = forms.TypedChoiceField(
        label=gettext_lazy("How it is given"),
        widget=forms.RadioSelect,
        choices=[("kind", gettext_lazy("In kind")), ("cash", gettext_lazy("In cash"))],
        coerce=lambda value: value == "kind",
    )

    class Meta:
        model = PlanItem
        fields = (
            "activity",
            "description",
            "responsible",
            "provider",
            "start_on",
            "due_on",
            "amount",
            "currency",
            "rate_to_sek",
            "rate_on",
            "is_in_kind",
            "instalment",
            "outcome",
        )
        help_texts: ClassVar[dict[str, Any]] = {"description": NO_NAMES, "outcome": NO_NAMES}
        widgets: ClassVar[dict[str, Any]] = {
            "description": forms.Textarea(attrs={"rows": 2}),
            "provider": forms.TextInput(),
            "outcome": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["is_in_kind"] = "kind" if self.instance.is_in_kind else "cash"
        if self.instance.currency == "SEK":
            self.initial["rate_to_sek"] = None

    def clean(self) -> dict[str, Any]:
        """Kronor need no rate; every other currency needs one, with its date."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("currency") == "SEK":
            cleaned["rate_to_sek"], cleaned["rate_on"] = Decimal(1), None
        elif cleaned.get("currency") and not cleaned.get("rate_to_sek"):
            self.add_error("rate_to_sek", ValidationError(_("Enter the rate to SEK.")))
        elif cleaned.get("currency") and not cleaned.get("rate_on"):
            self.add_error("rate_on", ValidationError(_("Enter the date of the rate.")))
        start, due = cleaned.get("start_on"), cleaned.get("due_on")
        if start and due and due < start:
            self.add_error("due_on", ValidationError(_("The end is before the start. Change one of the days.")))
        return cleaned


class SignForm(forms.Form):
    """The person signed the plan: the version that the page showed."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    signed_on = DayField(label=gettext_lazy("Signed on"))
    file = forms.FileField(
        label=gettext_lazy("The signed copy"),
        required=False,
        help_text=gettext_lazy("PDF or photograph, at most 25 MB."),
    )
    change_reason = forms.CharField(
        label=gettext_lazy("What changes and why"), widget=forms.Textarea(attrs={"rows": 3}), help_text=NO_NAMES
    )

    def __init__(self, *args: Any, is_change: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_change:
            del self.fields["change_reason"]

    def clean_signed_on(self) -> Any:
        """Nobody signs in the future."""
        day = self.cleaned_data["signed_on"]
        if day > clock.today():
            raise ValidationError(_("That day is still to come. Enter today or earlier."))
        return day


class PlanAnswerForm(forms.Form):
    """The local office's answer to the plan: to the version that the page showed."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    answer = forms.ChoiceField(
        label=gettext_lazy("Can you carry out this plan?"),
        widget=forms.RadioSelect,
        choices=[
            (Plan.OfficeAnswer.ACCEPTED, gettext_lazy("Yes, we accept the plan")),
            (Plan.OfficeAnswer.ADAPTED, gettext_lazy("Yes, if it is adapted")),
            (Plan.OfficeAnswer.CANNOT, gettext_lazy("No, we cannot")),
        ],
    )
    reason = forms.CharField(
        label=gettext_lazy("What must be adapted, or why not"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=NO_NAMES,
    )

    def clean(self) -> dict[str, Any]:
        """Anything but a yes says why."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("answer") in {"adapted", "cannot"} and not cleaned.get("reason"):
            self.add_error("reason", ValidationError(_("Write what must be adapted, or why you cannot.")))
        return cleaned
