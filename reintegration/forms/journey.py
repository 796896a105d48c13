"""Forms of step 9, one for each block of the journey."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from cases.models import Case
from partners.models import Organisation, User
from reintegration import zones
from reintegration.forms.needs import NO_NAMES, currencies
from reintegration.journey import arrival_zone, is_notice_late
from reintegration.models import Journey, Leg
from returns_portal import clock
from returns_portal.ui import DayField, MomentField, MomentInput

UPLOAD_HINT = gettext_lazy("PDF or photograph, at most 25 MB.")
NOT_YET = gettext_lazy("That day is still to come. Enter today or earlier.")


class LocalMomentInput(MomentInput):
    """Day and time on the clocks of a place that is chosen beside it."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """The time is the place's own, whichever zone is chosen."""
        context = super().get_context(name, value, attrs)
        context["widget"]["subwidgets"][1]["label"] = _("Local time")
        return context


class AirportField(forms.CharField):
    """An airport's three letters, or nothing where the journey does not fly."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=3, widget=forms.TextInput(attrs={"class": "w-xs"}), **kwargs)

    def to_python(self, value: Any) -> str:
        """The letters in capitals."""
        return str(super().to_python(value) or "").upper()

    def validate(self, value: Any) -> None:
        """Three letters, as IATA gives them."""
        super().validate(value)
        if value and not re.fullmatch("[A-Z]{3}", value):
            raise ValidationError(_("Enter the three letters of the airport, for example TIA."), code="iata")


class LegForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """One leg. Times are written as the clocks at each place show them."""

    mode = forms.ChoiceField(label=gettext_lazy("Means of travel"), choices=Leg.Mode.choices)
    from_place = forms.CharField(label=gettext_lazy("From"), max_length=80, help_text=gettext_lazy("City or airport."))
    from_airport = AirportField(label=gettext_lazy("Airport code, from"))
    departs_zone = forms.ChoiceField(label=gettext_lazy("Time zone of departure"))
    departs_at = MomentField(label=gettext_lazy("Departs"), widget=LocalMomentInput())
    to_place = forms.CharField(
        label=pgettext_lazy("destination", "To"), max_length=80, help_text=gettext_lazy("City or airport.")
    )
    to_airport = AirportField(label=gettext_lazy("Airport code, to"))
    arrives_zone = forms.ChoiceField(label=gettext_lazy("Time zone of arrival"))
    arrives_at = MomentField(label=gettext_lazy("Arrives"), widget=LocalMomentInput())

    class Meta:
        model = Leg
        fields = (
            "mode",
            "carrier",
            "number",
            "from_place",
            "from_airport",
            "departs_zone",
            "departs_at",
            "to_place",
            "to_airport",
            "arrives_zone",
            "arrives_at",
        )

    def __init__(self, *args: Any, case: Case, others: Sequence[Leg], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.case, self.others = case, others
        if self.instance._state.adding:
            before = others[-1] if others else None
            self.initial.update(
                departs_zone=before.arrives_zone if before else clock.STOCKHOLM.key,
                from_place=before.to_place if before else "",
                from_airport=before.to_airport if before else "",
                arrives_zone=zones.zone_of(case.destination),
            )
        offered = zones.choices(case.destination, self.instance.departs_zone, self.instance.arrives_zone)
        for end in ("departs", "arrives"):
            choice, moment = self.fields[f"{end}_zone"], self.fields[f"{end}_at"]
            assert isinstance(choice, forms.ChoiceField) and isinstance(moment, MomentField)
            choice.choices = offered
            typed = self.data.get(self.add_prefix(f"{end}_zone")) if self.is_bound else self.initial.get(f"{end}_zone")
            if typed in dict(offered):
                moment.zone = ZoneInfo(str(typed))

    def clean(self) -> dict[str, Any]:
        """Arrives after it departs; departs after the leg before has arrived, and before the next one leaves."""
        cleaned = super().clean() or self.cleaned_data
        departs, arrives = cleaned.get("departs_at"), cleaned.get("arrives_at")
        if departs and arrives and arrives <= departs:
            self.add_error("arrives_at", _("The arrival is not after the departure. Check both times and time zones."))
        before = [leg for leg in self.others if self._is_before(leg)]
        after = [leg for leg in self.others if not self._is_before(leg)]
        if departs and before and departs <= before[-1].arrives_at:
            words = {"leg": before[-1], "when": zones.in_words(before[-1].arrives_at, [before[-1].arrives_zone])}
            self.add_error("departs_at", _("It departs before the leg before it arrives (%(leg)s: %(when)s).") % words)
        if arrives and after and arrives >= after[0].departs_at:
            words = {"leg": after[0], "when": zones.in_words(after[0].departs_at, [after[0].departs_zone])}
            self.add_error("arrives_at", _("It arrives after the next leg departs (%(leg)s: %(when)s).") % words)
        moved = self.instance._state.adding or "departs_at" in self.changed_data
        if departs and moved and departs.astimezone(clock.STOCKHOLM).date() < clock.today():
            self.add_error("departs_at", _("The travel day is past. Enter today or later."))
        return cleaned

    def _is_before(self, leg: Leg) -> bool:
        return bool(self.instance._state.adding or leg.order < self.instance.order)


class TravelDocumentForm(forms.ModelForm):  # type: ignore[type-arg]
    """What the person travels on."""

    document_kind = forms.ChoiceField(
        label=gettext_lazy("Travel document"),
        required=False,
        choices=[("", gettext_lazy("Choose")), *Journey.DocumentKind.choices],
    )
    document_state = forms.ChoiceField(
        label=gettext_lazy("How far it has come"), widget=forms.RadioSelect, choices=Journey.DocumentState.choices
    )
    document_expires_on = DayField(label=gettext_lazy("Expires on"), required=False)
    file = forms.FileField(label=gettext_lazy("Copy of the document"), required=False, help_text=UPLOAD_HINT)

    class Meta:
        model = Journey
        fields = ("document_kind", "document_state", "consulate", "document_number", "document_expires_on")
        widgets: ClassVar[dict[str, Any]] = {"document_number": forms.TextInput(attrs={"autocomplete": "off"})}

    def clean(self) -> dict[str, Any]:
        """An issued document has a kind and an end."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("document_state") == Journey.DocumentState.ISSUED:
            if not cleaned.get("document_kind"):
                self.add_error("document_kind", _("Choose which document has been issued."))
            if not cleaned.get("document_expires_on") and "document_expires_on" not in self.errors:
                self.add_error("document_expires_on", _("Enter the day on which the document expires."))
        return cleaned


class TicketForm(forms.Form):
    """How far the ticket has come."""

    state = forms.ChoiceField(
        label=gettext_lazy("Ticket"), widget=forms.RadioSelect, choices=Journey.TicketState.choices
    )
    baggage = forms.CharField(label=gettext_lazy("Baggage"), required=False, max_length=200)
    file = forms.FileField(label=gettext_lazy("Copy of the ticket"), required=False, help_text=UPLOAD_HINT)


class DetailsForm(forms.ModelForm):  # type: ignore[type-arg]
    """Escort, fitness to travel, assistance."""

    escort_kind = forms.ChoiceField(
        label=gettext_lazy("Escort"), widget=forms.RadioSelect, choices=Journey.EscortKind.choices
    )
    fitness_on = DayField(label=gettext_lazy("Fit to travel, assessed on"), required=False)
    fitness_valid_until = DayField(label=gettext_lazy("Fit to travel until"), required=False)

    class Meta:
        model = Journey
        fields = (
            "escort_kind",
            "escort_name",
            "escort_return_ticket",
            "fitness_on",
            "fitness_valid_until",
            "fitness_note",
            "assistance_departure",
            "assistance_transit",
            "assistance_arrival",
            "assistance_note",
        )
        help_texts: ClassVar[dict[str, Any]] = {"fitness_note": NO_NAMES, "assistance_note": NO_NAMES}
        widgets: ClassVar[dict[str, Any]] = {
            "escort_name": forms.TextInput(),
            "fitness_note": forms.Textarea(attrs={"rows": 2}),
            "assistance_note": forms.Textarea(attrs={"rows": 2}),
        }

    def clean(self) -> dict[str, Any]:
        """An escort has a name; fitness is not over before it is assessed."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("escort_kind") not in {"", None, Journey.EscortKind.NONE} and not cleaned.get("escort_name"):
            self.add_error("escort_name", _("Write who escorts the person."))
        start, end = cleaned.get("fitness_on"), cleaned.get("fitness_valid_until")
        if start and end and end < start:
            self.add_error("fitness_valid_until", _("The end is before the assessment. Change one of the days."))
        return cleaned


class MeetingForm(forms.ModelForm):  # type: ignore[type-arg]
    """Where and how the person is met, and where she sleeps the first night."""

    expected_exit_at = MomentField(
        label=gettext_lazy("Expected at the exit"),
        required=False,
        widget=LocalMomentInput(),
        help_text=gettext_lazy("When the person can be outside the airport: border and baggage take time."),
    )

    class Meta:
        model = Journey
        fields = ("meeting_point", "expected_exit_at", "recognition_sign", "first_night", "onward_transport")
        help_texts: ClassVar[dict[str, Any]] = {
            "recognition_sign": gettext_lazy(
                "How they know each other, for example a blue folder. Never the programme's name."
            ),
            "meeting_point": gettext_lazy("So exact that nobody has to search."),
        }
        widgets: ClassVar[dict[str, Any]] = {
            "meeting_point": forms.TextInput(),
            "recognition_sign": forms.TextInput(),
            "first_night": forms.Textarea(attrs={"rows": 2}),
            "onward_transport": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        moment = self.fields["expected_exit_at"]
        assert isinstance(moment, MomentField)
        moment.zone = ZoneInfo(arrival_zone(case, self.instance))
        words = {"help": moment.help_text, "city": zones.city(moment.zone.key)}
        moment.help_text = _("%(help)s Time in %(city)s.") % words
        self.fields["meeting_point"].required = True

    def clean_expected_exit_at(self) -> Any:
        """Nobody is outside before landing."""
        moment = self.cleaned_data["expected_exit_at"]
        last = self.instance.last_leg
        if moment and last is None:
            raise ValidationError(_("Enter the legs of the journey first."))
        if moment and last and not last.arrives_at <= moment <= last.arrives_at + timedelta(hours=12):
            words = {"when": zones.in_words(last.arrives_at, [last.arrives_zone])}
            raise ValidationError(_("The last leg arrives %(when)s. Enter a time within 12 hours after that.") % words)
        return moment


class WishForm(forms.Form):
    """The person was asked again."""

    on = DayField(label=gettext_lazy("Wish to return confirmed again on"))
    asked_by = forms.ModelChoiceField(label=gettext_lazy("Who asked"), queryset=User.objects.none())

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asked_by = self.fields["asked_by"]
        assert isinstance(asked_by, forms.ModelChoiceField)
        asked_by.queryset = User.objects.filter(
            organisation__kind=Organisation.Kind.IOM_HELSINKI, is_active=True
        ).order_by("name")

    def clean_on(self) -> Any:
        """Nobody has been asked in the future."""
        if self.cleaned_data["on"] > clock.today():
            raise ValidationError(NOT_YET)
        return self.cleaned_data["on"]


class PocketMoneyForm(forms.Form):
    """Pocket money and its receipt."""

    amount = forms.DecimalField(label=gettext_lazy("Pocket money"), min_value=0, max_digits=10, decimal_places=2)
    currency = forms.ChoiceField(label=gettext_lazy("Currency"), choices=currencies)
    file = forms.FileField(label=gettext_lazy("Receipt signed by the person"), required=False, help_text=UPLOAD_HINT)

    def __init__(self, *args: Any, has_receipt: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].required = not has_receipt


class NoticeForm(forms.Form):
    """The booking notice; a late one says why."""

    late_reason = forms.CharField(
        label=gettext_lazy("Why the notice comes late"), widget=forms.Textarea(attrs={"rows": 2}), help_text=NO_NAMES
    )

    def __init__(self, *args: Any, case: Case, journey: Journey | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if journey is None or not is_notice_late(case, journey, clock.today()):
            del self.fields["late_reason"]


class NoticeAnswerForm(forms.Form):
    """The local office's answer: do you meet the person, and who does."""

    can_receive = forms.TypedChoiceField(
        label=gettext_lazy("Do you meet the person?"),
        widget=forms.RadioSelect,
        choices=[("yes", gettext_lazy("Yes, we meet the person")), ("no", gettext_lazy("No, we cannot"))],
        coerce=lambda value: value == "yes",
    )
    meeter_name = forms.CharField(label=gettext_lazy("Who meets the person"), required=False, max_length=80)
    meeter_phone = forms.CharField(
        label=gettext_lazy("That person's phone"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, widget=forms.Textarea(attrs={"rows": 2}), help_text=NO_NAMES
    )

    def clean(self) -> dict[str, Any]:
        """A yes names somebody; a no says why."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("can_receive") is True and not cleaned.get("meeter_name"):
            self.add_error("meeter_name", _("Write who meets the person."))
        if cleaned.get("can_receive") is False and not cleaned.get("note"):
            self.add_error("note", _("Write why you cannot."))
        return cleaned


class AcknowledgeForm(forms.Form):
    """Somebody has read the pack and will be there."""

    meeter_name = forms.CharField(label=gettext_lazy("Who meets the person"), max_length=80)
    meeter_phone = forms.CharField(
        label=gettext_lazy("That person's phone"),
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    has_read = forms.BooleanField(label=gettext_lazy("I have read it, and this person meets the returnee"))


class DepartureForm(forms.Form):
    """Nothing to fill in, unless something was missing when the person left."""

    reason = forms.CharField(
        label=gettext_lazy("Why the person left although this was missing"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=NO_NAMES,
    )

    def __init__(self, *args: Any, asks_reason: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_reason:
            del self.fields["reason"]


NO_SHOW_REASONS = (
    ("did_not_come", gettext_lazy("The person did not come")),
    ("boarding_refused", gettext_lazy("Boarding was refused")),
    ("document", gettext_lazy("The travel document was not accepted")),
    ("delay", gettext_lazy("Delay or cancelled departure")),
    ("turned_back", gettext_lazy("Turned back on the way")),
)


class NoShowForm(forms.Form):
    """Why the person did not travel."""

    reason = forms.ChoiceField(label=gettext_lazy("Reason"), widget=forms.RadioSelect, choices=NO_SHOW_REASONS)
    text = forms.CharField(
        label=gettext_lazy("In short words"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=NO_NAMES,
    )

    @property
    def label(self) -> str:
        """The chosen reason in words."""
        return str(dict(NO_SHOW_REASONS)[self.cleaned_data["reason"]])
