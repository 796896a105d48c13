"""Steps 4 and 5: taking on, counselling, the application, its consents, and files."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from cases.codes import country_name, languages
from cases.kinds import Activity
from cases.models import (
    Application,
    Case,
    Consent,
    ContactAttempt,
    CounsellingSession,
    Document,
    Gender,
    NeedsAsked,
    YesNo,
)
from partners.models import Organisation, User
from returns_portal import clock
from returns_portal.ui import DayField, MomentField

FREE_TEXT_HINT = _("Do not write names, addresses or what the person has been through.")


def language_choices() -> list[tuple[str, Any]]:
    """The languages offered, after an empty choice."""
    return [("", _("Choose a language")), *languages()]


def not_in_the_future(day: Any) -> None:
    """A day on which something has happened lies behind us."""
    if day and day > clock.today():
        raise ValidationError(_("That day has not come yet. Enter today or an earlier day."))


class TakeOnForm(forms.Form):
    """Who coordinates, which office receives, and what it is asked about."""

    coordinator = forms.ModelChoiceField(User.objects.none(), label=_("Responsible at IOM Helsinki"))
    local_office = forms.ModelChoiceField(Organisation.objects.none(), label=_("Local IOM office"))
    kinds_of_needs = forms.MultipleChoiceField(
        choices=Activity.choices,
        label=_("Kinds of support to ask the local office about"),
        help_text=_("The office sees these kinds and the country, nothing of the person."),
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, case: Case, colleagues: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offices = Organisation.objects.local_offices()
        self.fields["coordinator"].queryset = colleagues  # type: ignore[attr-defined]  # a ModelChoiceField
        self.fields["coordinator"].label_from_instance = lambda user: user.name  # type: ignore[attr-defined]  # the same
        self.fields["local_office"].queryset = offices  # type: ignore[attr-defined]  # the same
        suggested = [office for office in offices if office.country == case.destination]
        if suggested:
            self.fields["local_office"].initial = suggested[0].pk
        else:
            self.fields["local_office"].help_text = _(
                "There is no office for %(country)s yet. Choose another, or ask an administrator to add one."
            ) % {"country": country_name(case.destination)}


class CounsellingForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    """One talk with the person."""

    held_on = DayField(label=_("Date"), validators=[not_in_the_future])
    language = forms.ChoiceField(choices=language_choices, label=_("Language"))
    topics = forms.MultipleChoiceField(
        choices=CounsellingSession.TOPICS, label=_("What was explained"), widget=forms.CheckboxSelectMultiple
    )
    alternatives = forms.MultipleChoiceField(
        choices=CounsellingSession.ALTERNATIVES,
        required=False,
        label=_("Alternatives that were explained"),
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = CounsellingSession
        fields = (
            "held_on",
            "mode",
            "language",
            "understands",
            "with_interpreter",
            "in_private",
            "topics",
            "alternatives",
            "country_information",
            "capacity",
            "note",
        )
        widgets = {
            "mode": forms.RadioSelect,
            "understands": forms.RadioSelect,
            "in_private": forms.RadioSelect,
            "capacity": forms.RadioSelect,
        }
        help_texts = {"note": FREE_TEXT_HINT}


class AttemptForm(forms.ModelForm):  # type: ignore[type-arg]  # as above
    """One try to reach the person."""

    tried_at = MomentField(label=_("When"))

    class Meta:
        model = ContactAttempt
        fields = ("tried_at", "channel", "result", "note")
        widgets = {"result": forms.RadioSelect}
        help_texts = {"note": FREE_TEXT_HINT}

    def clean_tried_at(self) -> Any:
        """A try has been made before it is written down."""
        tried_at = self.cleaned_data["tried_at"]
        if tried_at and tried_at > clock.now():
            raise ValidationError(_("That moment has not come yet."))
        return tried_at


class ApplicationForm(forms.ModelForm):  # type: ignore[type-arg]  # as above
    """What the AVRR application asks; it may be saved half filled in."""

    birth_date = DayField(label=_("Date of birth"), required=False, validators=[not_in_the_future])
    gender = forms.ChoiceField(choices=[("", _("Choose")), *Gender.choices], required=False, label=_("Gender"))

    class Meta:
        model = Application
        fields = (
            "name_in_document",
            "also_known_as",
            "gender",
            "birth_date",
            "is_birth_date_estimated",
            "birth_place",
            "citizenships",
            "documents_held",
            "arrived_in_sweden",
            "address_class",
            "family",
            "destination_community",
            "who_knows",
            "education_work_skills",
            "languages_spoken",
            "has_debts",
            "health_declaration",
            "earlier_iom_help",
            "wishes",
            "contact_after_return",
            "time_to_think",
            "attest",
        )
        widgets = {
            "has_debts": forms.RadioSelect(choices=YesNo.choices),
            "time_to_think": forms.RadioSelect(choices=Application.TimeToThink.choices),
            "attest": forms.RadioSelect(choices=Application.Attest.choices),
            **{
                name: forms.Textarea(attrs={"rows": 3})
                for name in (
                    "documents_held",
                    "family",
                    "who_knows",
                    "education_work_skills",
                    "health_declaration",
                    "earlier_iom_help",
                    "wishes",
                    "contact_after_return",
                )
            },
            **{
                name: forms.TextInput
                for name in (
                    "name_in_document",
                    "also_known_as",
                    "birth_place",
                    "citizenships",
                    "arrived_in_sweden",
                    "destination_community",
                    "languages_spoken",
                )
            },
        }
        help_texts = {
            "address_class": _("Never the address of a shelter."),
            "who_knows": _("Who at home or in Sweden knows that the person is going back."),
            "time_to_think": _("Everybody is offered 24 hours between the last talk and the signature."),
            "contact_after_return": _("How the person wishes to be contacted, or that they do not."),
        }

    # The blocks of the page, in the order of the printed form.
    BLOCKS = (
        (_("The person"), ("name_in_document", "also_known_as", "gender", "birth_date", "is_birth_date_estimated",
                           "birth_place", "citizenships", "documents_held")),
        (_("In Sweden"), ("arrived_in_sweden", "address_class", "languages_spoken", "education_work_skills",
                          "has_debts", "earlier_iom_help")),
        (_("Family and home"), ("family", "destination_community", "who_knows")),
        (_("Health"), ("health_declaration",)),
        (_("After the return"), ("wishes", "contact_after_return")),
        (_("Informed decision"), ("time_to_think", "attest")),
    )  # fmt: skip

    def blocks(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """Title and fields of each block."""
        return [(title, [self[name] for name in names]) for title, names in self.BLOCKS]


class ConsentsForm(forms.Form):
    """Five consents and two optional ones, each answered by the person with yes or no."""

    given_on = DayField(label=_("Date of the answers"), validators=[not_in_the_future])
    language = forms.ChoiceField(choices=language_choices, label=_("Language in which they were explained"))

    def __init__(self, *args: Any, current: dict[str, Consent], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for purpose in Consent.Purpose:
            consent = current.get(purpose)
            self.fields[purpose.value] = forms.ChoiceField(
                choices=YesNo.choices,
                required=False,
                label=purpose.label,
                initial=consent.answer if consent else None,
                help_text=CONSENT_HINTS[purpose],
                widget=forms.RadioSelect,
            )
        self.order_fields([*Consent.Purpose.values, "given_on", "language"])

    def answers(self) -> dict[str, dict[str, Any]]:
        """Purpose → answer, date and language, of those that were answered."""
        shared = {"given_on": self.cleaned_data["given_on"], "language": self.cleaned_data["language"]}
        return {
            purpose: {"answer": self.cleaned_data[purpose], **shared}
            for purpose in Consent.Purpose.values
            if self.cleaned_data.get(purpose)
        }

    def clean(self) -> dict[str, Any]:
        """At least one answer."""
        cleaned = super().clean() or {}
        if not any(cleaned.get(purpose) for purpose in Consent.Purpose.values):
            raise ValidationError(_("Record at least one answer."))
        return cleaned


# Purpose, recipients, and what stops with a no (process, step 5).
CONSENT_HINTS: dict[str, Any] = {
    Consent.Purpose.RETURN: _("To travel home with support from IOM. With a no, nothing more happens."),
    Consent.Purpose.DATA_TO_IOM: _(
        "IOM Helsinki uses the answers to arrange the return. With a no, the return cannot be arranged."
    ),
    Consent.Purpose.DATA_TO_LOCAL_OFFICE: _(
        "The local IOM office receives the answers to prepare support. With a no, nobody can meet the person."
    ),
    Consent.Purpose.HEALTH_DATA: _(
        "The local IOM office also sees what concerns health. With a no, it does not see the health section."
    ),
    Consent.Purpose.CONTACT_AFTER: _(
        "The local IOM office keeps in contact for three months. With a no, there is no follow-up."
    ),
    Consent.Purpose.FEEDBACK: _(
        "Sweden hears how it goes. With a no, Sweden only learns which step the case has reached."
    ),
    Consent.Purpose.PHOTOGRAPH: _("A photograph for the journey, deleted on arrival. With a no, none is taken."),
}


class UploadForm(forms.Form):
    """One file of a kind."""

    kind = forms.ChoiceField(label=_("What it is"))
    file = forms.FileField(label=_("File"), help_text=_("PDF, picture, Word, Excel or text, at most 25 MB."))

    def __init__(self, *args: Any, kinds: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = dict(Document.Kind.choices)
        self.fields["kind"].choices = [(kind, labels[kind]) for kind in kinds]  # type: ignore[attr-defined]  # a ChoiceField
        if len(kinds) == 1:
            self.fields["kind"].initial = kinds[0]
            self.fields["kind"].widget = forms.HiddenInput()


class OriginalForm(forms.Form):
    """Why somebody needs a file as it came."""

    reason = forms.CharField(
        label=_("Why the file is needed as it came"),
        help_text=_("For example: the police ask when and where the photograph was taken."),
        max_length=500,
        widget=forms.Textarea,
    )


class KindsForm(forms.Form):
    """The local office says, kind by kind, whether there is support."""

    def __init__(self, *args: Any, asked: list[NeedsAsked], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = asked
        labels = dict(Activity.choices)
        for row in asked:
            self.fields[f"answer_{row.pk.hex}"] = forms.ChoiceField(
                choices=[("yes", _("Available")), ("waiting", _("Waiting list")), ("no", _("Not available"))],
                label=labels.get(row.domain, row.domain),
                initial=row.answer or None,
                required=False,
                widget=forms.RadioSelect,
            )
            self.fields[f"note_{row.pk.hex}"] = forms.CharField(
                label=_("Note on: %(kind)s") % {"kind": labels.get(row.domain, row.domain)},
                initial=row.note,
                required=False,
                max_length=500,
                help_text=FREE_TEXT_HINT,
            )

    def answers(self) -> dict[NeedsAsked, tuple[str, str]]:
        """Row → (answer, note) of the kinds that were answered."""
        return {
            row: (self.cleaned_data[f"answer_{row.pk.hex}"], self.cleaned_data[f"note_{row.pk.hex}"])
            for row in self.asked
            if self.cleaned_data[f"answer_{row.pk.hex}"]
        }

    def clean(self) -> dict[str, Any]:
        """At least one answer."""
        cleaned = super().clean() or {}
        if not any(cleaned.get(f"answer_{row.pk.hex}") for row in self.asked):
            raise ValidationError(_("Answer at least one kind."))
        return cleaned
