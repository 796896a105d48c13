"""Forms of step 10."""

from decimal import Decimal
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import codes
from cases.models import Case, ContactAttempt
from reintegration import zones
from reintegration.forms.journey import NOT_YET, UPLOAD_HINT, LocalMomentInput
from reintegration.forms.needs import NO_NAMES
from reintegration.models import Arrival, ArrivalAttempt, Delivery, ImmediateSupport, NotMetTick, PlanItem
from returns_portal import clock
from returns_portal.ui import DayField, MomentField


def short_text(rows: int = 2) -> forms.Textarea:
    """A box for a line or two."""
    return forms.Textarea(attrs={"rows": rows})


class ArrivalForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """Met, or not met but reached."""

    was_met = forms.TypedChoiceField(
        label=gettext_lazy("Was the person met?"),
        widget=forms.RadioSelect,
        choices=[("yes", gettext_lazy("Yes, met")), ("no", gettext_lazy("Not met, but reached another way"))],
        coerce=lambda value: value == "yes",
    )
    met_by = forms.CharField(label=gettext_lazy("Met by"), required=False, max_length=80)
    how = forms.ChoiceField(
        label=gettext_lazy("If not met: how reached"),
        required=False,
        choices=[("", gettext_lazy("Choose")), *[pair for pair in Arrival.How.choices if pair[0] != "met"]],
    )
    not_met_reason = forms.CharField(
        label=gettext_lazy("If not met: why"), required=False, widget=short_text(), help_text=NO_NAMES
    )
    at = MomentField(label=gettext_lazy("When"), widget=LocalMomentInput())
    place = forms.CharField(label=gettext_lazy("Where"), max_length=120)
    condition = forms.CharField(
        label=gettext_lazy("How the person is"), widget=short_text(), required=False, help_text=NO_NAMES
    )
    needs_at_once = forms.CharField(
        label=gettext_lazy("Needs at once"), widget=short_text(), required=False, help_text=NO_NAMES
    )
    support = forms.MultipleChoiceField(
        label=gettext_lazy("Given on arrival"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=ImmediateSupport.Kind.choices,
    )
    stood_in_reason = forms.CharField(
        label=gettext_lazy("Why you confirm it in the local office's place"), widget=short_text(), help_text=NO_NAMES
    )

    class Meta:
        model = Arrival
        fields = (
            "was_met",
            "met_by",
            "how",
            "not_met_reason",
            "at",
            "place",
            "condition",
            "needs_at_once",
            "stood_in_reason",
        )

    field_order = (
        "was_met",
        "met_by",
        "how",
        "not_met_reason",
        "at",
        "place",
        "condition",
        "needs_at_once",
        "support",
        "stood_in_reason",
    )

    def __init__(self, *args: Any, case: Case, zone: str, stands_in: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.case = case
        self.initial.pop("was_met", None)
        self.initial.pop("how", None)
        moment = self.fields["at"]
        assert isinstance(moment, MomentField)
        moment.zone = ZoneInfo(zone)
        moment.help_text = _("%(help)s Time in %(city)s.") % {"help": moment.help_text, "city": zones.city(zone)}
        self.initial["at"] = self.initial.get("at") or clock.now()
        if not stands_in:
            del self.fields["stood_in_reason"]

    def clean_at(self) -> Any:
        """Not in the future, and not before the departure."""
        moment = self.cleaned_data["at"]
        if moment > clock.now():
            raise ValidationError(_("That time is still to come. Enter a time that has passed."))
        if self.case.departs_at is not None and moment < self.case.departs_at:
            raise ValidationError(_("That is before the booked departure. Check day and time."))
        return moment

    def clean(self) -> dict[str, Any]:
        """Met: by whom and in which condition. Not met: how reached, and why."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("was_met") is True:
            cleaned["how"], cleaned["not_met_reason"] = Arrival.How.MET, ""
            if not cleaned.get("met_by"):
                self.add_error("met_by", _("Write who met the person."))
            if not cleaned.get("condition"):
                self.add_error("condition", _("Write how the person is."))
        elif cleaned.get("was_met") is False:
            cleaned["met_by"] = ""
            if not cleaned.get("how"):
                self.add_error("how", _("Choose how the person was reached."))
        return cleaned


class AfterArrivalForm(forms.ModelForm):  # type: ignore[type-arg]
    """The first counselling, and what followed."""

    first_counselling_on = DayField(label=gettext_lazy("First counselling held on"), required=False)

    class Meta:
        model = Arrival
        fields = ("first_counselling_on", "needs_at_once", "referred_on_to")
        help_texts: ClassVar[dict[str, Any]] = {
            "needs_at_once": NO_NAMES,
            "referred_on_to": gettext_lazy("Services and organisations, one a line."),
        }
        widgets: ClassVar[dict[str, Any]] = {"needs_at_once": short_text(), "referred_on_to": short_text(3)}

    def clean_first_counselling_on(self) -> Any:
        """A talk that was held, after the arrival."""
        day = self.cleaned_data["first_counselling_on"]
        if day and day > clock.today():
            raise ValidationError(NOT_YET)
        if day and self.instance.case.arrived_on and day < self.instance.case.arrived_on:
            raise ValidationError(_("That is before the arrival. Check the day."))
        return day


class SupportForm(forms.ModelForm):  # type: ignore[type-arg]
    """One more thing that was given on arrival."""

    given_on = DayField(label=gettext_lazy("Given on"))

    class Meta:
        model = ImmediateSupport
        fields = ("kind", "given_on", "note")
        help_texts: ClassVar[dict[str, Any]] = {"note": NO_NAMES}
        widgets: ClassVar[dict[str, Any]] = {"note": short_text()}

    def clean(self) -> dict[str, Any]:
        """Given today or before; each thing once a day."""
        cleaned = super().clean() or self.cleaned_data
        day = cleaned.get("given_on")
        if day and day > clock.today():
            self.add_error("given_on", NOT_YET)
        given = ImmediateSupport.objects.of(self.instance.case)
        if day and given.filter(kind=cleaned.get("kind"), given_on=day).exists():
            self.add_error("kind", _("That is recorded for this day already."))
        return cleaned


class DeliveryForm(forms.ModelForm):  # type: ignore[type-arg]
    """Something that the plan promised, given."""

    plan_item = forms.ModelChoiceField(
        label=gettext_lazy("Item of the plan"),
        queryset=PlanItem.objects.none(),
        required=False,
        empty_label=gettext_lazy("Not in the plan"),
    )
    amount = forms.DecimalField(label=gettext_lazy("Amount"), min_value=0, max_digits=12, decimal_places=2)
    currency = forms.ChoiceField(label=gettext_lazy("Currency"), choices=codes.currencies)
    rate_to_sek = forms.DecimalField(
        label=gettext_lazy("Rate to SEK"),
        required=False,
        max_digits=14,
        decimal_places=6,
        min_value=Decimal("0.000001"),
        help_text=gettext_lazy("How many kronor one unit costs. Left empty for SEK."),
    )
    delivered_on = DayField(label=gettext_lazy("Delivered on"))
    file = forms.FileField(label=gettext_lazy("Receipt"), required=False, help_text=UPLOAD_HINT)

    class Meta:
        model = Delivery
        fields = ("plan_item", "what", "amount", "currency", "rate_to_sek", "delivered_on")
        widgets: ClassVar[dict[str, Any]] = {"what": forms.TextInput()}
        help_texts: ClassVar[dict[str, Any]] = {"what": NO_NAMES}

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        item = self.fields["plan_item"]
        assert isinstance(item, forms.ModelChoiceField)
        mine = PlanItem.objects.of(case)
        item.queryset = mine.filter(plan__is_current=True) | mine.filter(pk=self.instance.plan_item_id)
        if self.instance.currency == "SEK":
            self.initial["rate_to_sek"] = None

    def clean(self) -> dict[str, Any]:
        """Kronor need no rate, other currencies do; nothing is delivered tomorrow; what is not planned says what."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("currency") == "SEK":
            cleaned["rate_to_sek"] = Decimal(1)
        elif cleaned.get("currency") and not cleaned.get("rate_to_sek") and "rate_to_sek" not in self.errors:
            self.add_error("rate_to_sek", _("Enter the rate to SEK."))
        if cleaned.get("delivered_on") and cleaned["delivered_on"] > clock.today():
            self.add_error("delivered_on", NOT_YET)
        if not cleaned.get("plan_item") and not cleaned.get("what"):
            self.add_error("what", _("Write what was delivered, or choose an item of the plan."))
        return cleaned


class AttemptForm(forms.ModelForm):  # type: ignore[type-arg]
    """One try to find the person."""

    at = MomentField(label=gettext_lazy("When"), widget=LocalMomentInput())
    channel = forms.ChoiceField(label=gettext_lazy("How"), choices=ContactAttempt.Channel.choices)
    result = forms.ChoiceField(label=gettext_lazy("Result"), choices=ContactAttempt.Result.choices)

    class Meta:
        model = ArrivalAttempt
        fields = ("at", "channel", "result", "note")
        help_texts: ClassVar[dict[str, Any]] = {"note": NO_NAMES}
        widgets: ClassVar[dict[str, Any]] = {"note": short_text()}

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        moment = self.fields["at"]
        assert isinstance(moment, MomentField)
        moment.zone = ZoneInfo(zone)
        moment.help_text = _("%(help)s Time in %(city)s.") % {"help": moment.help_text, "city": zones.city(zone)}
        self.initial["at"] = self.initial.get("at") or clock.now()
        self.initial["result"] = self.initial.get("result") or ContactAttempt.Result.NOT_REACHED

    def clean_at(self) -> Any:
        """A try that was made."""
        if self.cleaned_data["at"] > clock.now():
            raise ValidationError(_("That time is still to come. Enter a time that has passed."))
        return self.cleaned_data["at"]


class AlarmForm(forms.Form):
    """What is done about an alarm."""

    note = forms.CharField(
        label=gettext_lazy("What you do now"), max_length=500, widget=short_text(), required=False, help_text=NO_NAMES
    )


class TickForm(forms.Form):
    """Which item of the protocol's list is done."""

    item = forms.ChoiceField(choices=NotMetTick.Item.choices)
