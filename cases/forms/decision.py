"""Step 3: what Länsstyrelsen, and IOM Helsinki on safety grounds, write in a decision."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cases.codes import languages
from cases.models import CodeEntry, Decision
from cases.permissions import Section
from returns_portal import clock
from returns_portal.ui import DayField

FREE_TEXT = _("Do not write names, addresses or what the person has been through.")


def text_area(label: Any, *, help_text: Any = FREE_TEXT, required: bool = True, rows: int = 5) -> forms.CharField:
    """A box for some sentences, with the hint what not to write."""
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=required,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


class KronorField(forms.IntegerField):
    """Whole kronor, also as people write them: 40 000."""

    def to_python(self, value: Any) -> int | None:
        """Without the spaces between the thousands."""
        return super().to_python("".join(value.split()) if isinstance(value, str) else value)


def _amount(label: Any) -> KronorField:
    return KronorField(
        label=label,
        min_value=1,
        max_value=2_000_000,
        help_text=_("In whole Swedish kronor."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "w-s", "autocomplete": "off"}),
    )


def _diary_number() -> forms.CharField:
    return forms.CharField(
        label=_("Diary number (dnr)"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


def funding_lines() -> list[tuple[str, str]]:
    """The funding lines offered, in the reader's language."""
    name = "name_sv" if (get_language() or "sv").startswith("sv") else "name_en"
    offered = CodeEntry.objects.filter(code_list="funding", is_active=True)
    return list(offered.order_by("position", "code").values_list("code", name))


class SharedSections(forms.CheckboxSelectMultiple):
    """The classes of the referral; the referral itself always goes, so its box stands ticked and fixed."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Fix the box of the referral."""
        option = super().create_option(name, value, *args, **kwargs)
        if value == Section.REFERRAL.value:
            option["attrs"].update(checked=True, disabled=True)
        return option


class SharedSectionsField(forms.MultipleChoiceField):
    """The ticked classes, with the referral: a browser does not send a fixed box."""

    def clean(self, value: Any) -> list[str]:
        """The classes in their order."""
        return shared(super().clean([Section.REFERRAL.value, *(value or [])]))


class ApproveForm(forms.Form):
    """The approval: number, money, conditions, and which classes of the referral go to IOM Helsinki."""

    diary_number = _diary_number()
    funding_line = forms.ChoiceField(label=_("Funding line"))
    ceiling_sek = _amount(_("Ceiling (SEK)"))
    conditions = text_area(_("Conditions"), required=False, rows=3)
    legal_ground = forms.ChoiceField(label=_("Legal ground for sharing"), choices=Decision.LegalGround.choices)
    shared_sections = SharedSectionsField(
        label=_("What goes to IOM Helsinki"),
        widget=SharedSections,
        help_text=_("The referral always goes. Untick what IOM Helsinki does not need."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["funding_line"].choices = [("", _("Choose …")), *funding_lines()]  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["shared_sections"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            (section.value, section.label) for section in (Section.REFERRAL, Section.IDENTITY, Section.CRIMINAL)
        ]


def shared(ticked: list[str]) -> list[str]:
    """The classes that go to IOM Helsinki when these boxes are ticked."""
    return [
        section.value
        for section in (Section.REFERRAL, Section.IDENTITY, Section.CRIMINAL)
        if section == Section.REFERRAL or section.value in ticked
    ]


class AskForMoreForm(forms.Form):
    """A question to the referrer before the decision."""

    question = text_area(_("Question"))
    due_on = DayField(label=_("Answer by"))

    def clean_due_on(self) -> date:
        """Not a day that is past."""
        return not_past(self.cleaned_data["due_on"])


class DeclineForm(forms.Form):
    """A refusal: never without a reason, its words, and another way to help."""

    reason_code = forms.ChoiceField(label=_("Reason"), choices=[("", _("Choose …")), *Decision.Reason.choices])
    text = text_area(_("Reasons in words"))
    help_path = text_area(_("Other help for the person"), help_text=_("Where the person can turn now."), rows=3)


class DeclineReturnForm(forms.Form):
    """IOM Helsinki's refusal on safety grounds; the help goes on in Sweden."""

    reason_code = forms.ChoiceField(label=_("Reason"), choices=[("", _("Choose …")), *Decision.SafetyReason.choices])
    text = text_area(_("Reasons in words"))
    help_path = text_area(_("Help for the person in Sweden"), help_text=_("Where the person can turn now."), rows=3)


class ReasonForm(forms.Form):
    """A step that needs its reason and nothing else."""

    note = text_area(_("Reason"), rows=3)


class ReopenForm(forms.Form):
    """A new beginning: only with a new consent of the person."""

    note = text_area(_("Reason"), rows=3)
    consent_given_on = DayField(label=_("New consent given on"))
    consent_language = forms.ChoiceField(label=_("Language in which the consent was asked"))
    confirmed = forms.BooleanField(
        label=_("The person has been asked anew and wishes to return of their own free will")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["consent_language"].choices = [("", _("Choose …")), *languages()]  # type: ignore[attr-defined]  # a ChoiceField

    def clean_consent_given_on(self) -> date:
        """A consent that has been given, not one to come."""
        day: date = self.cleaned_data["consent_given_on"]
        if day > clock.today():
            raise forms.ValidationError(_("The consent cannot lie in the future. Enter today or earlier."))
        return day


class NewCeilingForm(forms.Form):
    """A new ceiling: a decision of its own."""

    ceiling_sek = _amount(_("New ceiling (SEK)"))
    diary_number = _diary_number()
    text = text_area(_("Reasons in words"), rows=3)


def not_past(day: date) -> date:
    """The day, unless it is past."""
    if day < clock.today():
        raise forms.ValidationError(_("The day is past. Enter today or later."))
    return day
