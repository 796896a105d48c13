"""Steps 1 and 2: the three parts of a referral.

A draft may be saved incomplete, so nothing is required here: what a referral needs before it is sent is asked by
`referral_checks`. What is written wrongly is said beside its field.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.forms.identity import CONTACT_FIELDS, IDENTITY_FIELDS, ContactFields, IdentityFields
from cases.forms.parts import CHOOSE, NO_NAMES, PartForm, countries, day, languages, line, model_field, pick, radios
from cases.models import Case, Dependant, Information, Referral, ReferralConsent, SafeContact
from partners.models import Organisation
from returns_portal.ui import DayField

_LIKE_A_NAME = re.compile(r"[^\W\d_]{3,}[\s-]+[^\W\d_]{3,}")


def looks_like_a_name(alias: str) -> bool:
    """Whether an alias is more probably somebody's whole name than initials."""
    return bool(_LIKE_A_NAME.search(alias))


IDENTITY = gettext_lazy("Name, birth date and number (protected)")


class PersonPart(PartForm, IdentityFields, ContactFields):
    """Part 1: the person, the languages, the safe way to make contact."""

    REFERRAL = (
        "found_by",
        "first_contact_on",
        "age_band",
        "is_minor",
        "needs_interpreter",
        "interpreter_gender",
        "interpreter_not_own_community",
        "immediate_danger",
    )
    needed = ("alias", "age_band", "language", "channel")
    not_future = ("first_contact_on", "birth_date")
    closed = (IDENTITY,)
    hints: ClassVar[dict[str, Any]] = {
        "full_name": gettext_lazy("You may wait with these until the application. Sealed, and opened on request."),
        "channel": gettext_lazy("Sealed. Once the referral is sent, whoever opens it leaves a line in the history."),
    }
    layout = (
        (gettext_lazy("The person"), ("alias", "age_band", "is_minor", "found_by", "first_contact_on")),
        (
            gettext_lazy("Language"),
            (
                "language",
                "other_language_1",
                "other_language_2",
                "needs_interpreter",
                "interpreter_gender",
                "interpreter_not_own_community",
            ),
        ),
        (gettext_lazy("Safe contact"), (*CONTACT_FIELDS, "immediate_danger")),
        (IDENTITY, IDENTITY_FIELDS),
    )

    alias = forms.CharField(
        label=gettext_lazy("Initials or alias"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("Never the name: this is what lists show. The name has its own place below."),
        widget=forms.TextInput(attrs={"class": "w-s", "autocomplete": "off"}),
    )
    age_band = pick(Referral, "age_band")
    is_minor = radios(Referral, "is_minor")
    found_by = pick(Referral, "found_by")
    first_contact_on = day(Referral, "first_contact_on")
    language = forms.ChoiceField(
        label=gettext_lazy("Which language does the person speak best?"), choices=languages, required=False
    )
    other_language_1 = forms.ChoiceField(label=gettext_lazy("Another language"), choices=languages, required=False)
    other_language_2 = forms.ChoiceField(label=gettext_lazy("A third language"), choices=languages, required=False)
    needs_interpreter = radios(Referral, "needs_interpreter")
    interpreter_gender = radios(Referral, "interpreter_gender")
    interpreter_not_own_community = forms.BooleanField(
        label=model_field(Referral, "interpreter_not_own_community").verbose_name, required=False
    )
    immediate_danger = radios(
        Referral, "immediate_danger", hint=gettext_lazy("In danger to life: ring 112 first, then go on here.")
    )

    def __init__(
        self,
        *args: Any,
        case: Case,
        referral: Referral,
        contact: SafeContact | None,
        asks_identity: bool,
        **kwargs: Any,
    ) -> None:
        initial = {name: getattr(referral, name) for name in self.REFERRAL}
        initial |= {"alias": case.alias, "language": case.language}
        initial |= dict(zip(("other_language_1", "other_language_2"), referral.other_languages, strict=False))
        if contact is not None:
            initial |= {name: getattr(contact, name) for name in CONTACT_FIELDS}
        super().__init__(*args, initial=initial, **kwargs)
        if contact is None:
            self._leave_out(CONTACT_FIELDS)
        if not asks_identity:
            self._leave_out(IDENTITY_FIELDS)

    def _leave_out(self, names: Iterable[str]) -> None:
        for name in names:
            del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """Age and minority must not contradict each other."""
        cleaned = super().clean()
        band, minor = cleaned.get("age_band"), cleaned.get("is_minor")
        under = {Referral.AgeBand.UNDER_15, Referral.AgeBand.FROM_15}
        if band in under and minor == "no":
            self.add_error("is_minor", ValidationError(_("The age says under 18. Answer yes or unsure.")))
        if band and band not in under | {Referral.AgeBand.UNKNOWN} and minor == "yes":
            self.add_error("is_minor", ValidationError(_("The age says 18 or older. Answer no or unsure.")))
        return cleaned

    def answers(self) -> dict[str, Any]:
        """The first part's answers."""
        others = [self.cleaned_data["other_language_1"], self.cleaned_data["other_language_2"]]
        return {
            "facts": self.values(("alias", "language")),
            "referral": self.values(self.REFERRAL) | {"other_languages": [code for code in others if code]},
            "contact": self.values(CONTACT_FIELDS),
            "person": self.values(IDENTITY_FIELDS),
        }


class SituationPart(PartForm):
    """Part 2: the ground, the wish, the situation in Sweden."""

    REFERRAL = (
        "ground",
        "judged_by",
        "exploitation",
        "wishes_freely",
        "destination_place",
        "to_home_community",
        "residence",
        "permit_expires_on",
        "reflection_from",
        "reflection_until",
        "reflection_applied_by",
        "criminal_case",
        "witness_until",
        "shelter_until",
        "has_health_needs",
        "earlier_return",
        "urgency",
        "background",
    )
    CITIZENSHIPS = ("citizenship_1", "citizenship_2", "citizenship_3")
    needed = ("ground", "wishes_freely", "destination", "urgency", "approving")
    not_past = ("witness_until", "shelter_until")
    hints: ClassVar[dict[str, Any]] = {
        "reflection_from": gettext_lazy("30 days to recover and think, granted by the Migration Agency."),
    }
    layout = (
        (gettext_lazy("Ground"), ("ground", "judged_by", "exploitation")),
        (
            gettext_lazy("The wish to return"),
            ("wishes_freely", "destination", "destination_place", "to_home_community"),
        ),
        (
            gettext_lazy("Residence in Sweden"),
            (*CITIZENSHIPS, "residence", "permit_expires_on", "earlier_return"),
        ),
        (gettext_lazy("Reflection period"), ("reflection_from", "reflection_until", "reflection_applied_by")),
        (gettext_lazy("Criminal case"), ("criminal_case", "witness_until")),
        (
            gettext_lazy("Safety and time"),
            ("urgency", "shelter_until", "has_health_needs", "is_protected", "background", "approving"),
        ),
    )

    ground = radios(Referral, "ground")
    judged_by = pick(Referral, "judged_by")
    exploitation = pick(Referral, "exploitation", hint=gettext_lazy("One word is enough. Leave empty if not known."))
    wishes_freely = radios(
        Referral, "wishes_freely", hint=gettext_lazy("The return happens only at the person's own request.")
    )
    destination = forms.ChoiceField(label=gettext_lazy("Country of destination"), choices=countries, required=False)
    destination_place = line(
        Referral, "destination_place", hint=gettext_lazy("Town or region. No street address. Sealed.")
    )
    to_home_community = radios(Referral, "to_home_community")
    citizenship_1 = forms.ChoiceField(label=gettext_lazy("Citizenship"), choices=countries, required=False)
    citizenship_2 = forms.ChoiceField(label=gettext_lazy("Second citizenship"), choices=countries, required=False)
    citizenship_3 = forms.ChoiceField(label=gettext_lazy("Third citizenship"), choices=countries, required=False)
    residence = pick(Referral, "residence")
    permit_expires_on = day(Referral, "permit_expires_on")
    earlier_return = radios(Referral, "earlier_return")
    reflection_from = day(Referral, "reflection_from")
    reflection_until = day(Referral, "reflection_until")
    reflection_applied_by = line(
        Referral, "reflection_applied_by", most=80, hint=gettext_lazy("The authority, not a person's name.")
    )
    criminal_case = pick(Referral, "criminal_case", hint=gettext_lazy("A word only. No details of the case."))
    witness_until = day(Referral, "witness_until")
    urgency = radios(Referral, "urgency")
    shelter_until = day(Referral, "shelter_until")
    has_health_needs = radios(Referral, "has_health_needs", hint=gettext_lazy("Yes or no. No diagnosis here."))
    is_protected = forms.BooleanField(
        label=gettext_lazy("The person has protected identity in Sweden"),
        required=False,
        help_text=gettext_lazy("Then only people named in the case may open name and contact."),
    )
    background = forms.CharField(
        label=model_field(Referral, "background").verbose_name,
        required=False,
        max_length=4000,
        help_text=NO_NAMES,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    approving = forms.ModelChoiceField(
        Organisation.objects.none(),
        label=gettext_lazy("Which authority is to decide?"),
        required=False,
        empty_label=CHOOSE,
    )

    def __init__(
        self,
        *args: Any,
        case: Case,
        referral: Referral,
        authorities: list[Organisation],
        may_unprotect: bool,
        **kwargs: Any,
    ) -> None:
        initial = {name: getattr(referral, name) for name in self.REFERRAL}
        initial |= dict(zip(self.CITIZENSHIPS, referral.citizenships, strict=False))
        initial |= {"destination": case.destination, "is_protected": case.is_protected}
        super().__init__(*args, initial=initial | {"approving": case.approving_id}, **kwargs)
        if len(authorities) > 1 and case.submitted_at is None:
            self.fields["approving"].queryset = Organisation.objects.approving()  # type: ignore[attr-defined]  # a ModelChoiceField
        else:
            del self.fields["approving"]
        if case.is_protected and not may_unprotect:
            del self.fields["is_protected"]

    def clean(self) -> dict[str, Any]:
        """A period ends after it begins; a day as witness belongs to a witness."""
        cleaned = super().clean()
        begins, ends = cleaned.get("reflection_from"), cleaned.get("reflection_until")
        if begins and ends and ends < begins:
            self.add_error("reflection_until", ValidationError(_("The period ends before it begins.")))
        if cleaned.get("witness_until") and cleaned.get("criminal_case") in {"", Referral.Criminal.NONE}:
            self.add_error("criminal_case", ValidationError(_("Choose where the criminal case stands.")))
        return cleaned

    def answers(self) -> dict[str, Any]:
        """The second part's answers, without who travels along."""
        codes_chosen = [self.cleaned_data[name] for name in self.CITIZENSHIPS]
        return {
            "facts": self.values(("destination", "is_protected", "approving")),
            "referral": self.values(self.REFERRAL)
            | {"citizenships": list(dict.fromkeys(code for code in codes_chosen if code))},
        }


class DependantForm(forms.Form):
    """One person who travels along."""

    id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    relation = pick(Dependant, "relation")
    is_adult = forms.BooleanField(
        label=model_field(Dependant, "is_adult").verbose_name,
        required=False,
        help_text=gettext_lazy("Each adult consents alone, in a referral of their own."),
    )
    age = forms.IntegerField(
        label=gettext_lazy("Age in years"),
        required=False,
        min_value=0,
        max_value=120,
        widget=forms.NumberInput(attrs={"class": "w-xs"}),
    )
    note = forms.CharField(
        label=gettext_lazy("What must be thought of"),
        required=False,
        max_length=200,
        help_text=NO_NAMES,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    remove = forms.BooleanField(label=gettext_lazy("Take away this person"), required=False)

    def clean(self) -> dict[str, Any]:
        """Whoever travels along stands in a relation."""
        cleaned = super().clean() or self.cleaned_data
        told = cleaned.get("is_adult") or cleaned.get("note") or cleaned.get("age") is not None or cleaned.get("id")
        if told and not cleaned.get("relation") and not cleaned.get("remove"):
            self.add_error("relation", ValidationError(_("Choose the relation.")))
        return cleaned

    @property
    def is_filled(self) -> bool:
        """Whether the row says anything that stays."""
        return bool(self.cleaned_data.get("relation")) and not self.cleaned_data.get("remove")

    def answer(self) -> dict[str, Any]:
        """The row as the action takes it."""
        given = self.cleaned_data
        details = {name: given[name] for name in ("age", "note") if given[name] not in (None, "")}
        return {
            "id": given["id"],
            "relation": given["relation"],
            "is_adult": given["is_adult"],
            "details": details or None,
        }


DependantForms = forms.formset_factory(DependantForm, extra=1, max_num=12, absolute_max=20)


def rows_of(dependants: Iterable[Dependant]) -> list[dict[str, Any]]:
    """The saved rows as the forms begin with them."""
    return [
        {"id": row.pk, "relation": row.relation, "is_adult": row.is_adult, **(row.details or {})} for row in dependants
    ]


class ConsentPart(PartForm):
    """Part 3: the information that was offered, the person's answer, and the consent to be referred."""

    INFORMATION: ClassVar[Mapping[str, str]] = {
        "leaflet_version": "leaflet_version",
        "information_language": "language",
        "informed_on": "given_on",
    }
    CONSENT: ClassVar[Mapping[str, str]] = {
        "purposes": "purposes",
        "recipients": "recipients",
        "consented_on": "given_on",
        "consent_language": "language",
        "consent_with_interpreter": "with_interpreter",
    }
    needed = (*INFORMATION, "has_consented", "purposes", "recipients", "consented_on", "consent_language")
    not_future = ("informed_on", "consented_on")
    layout = (
        (gettext_lazy("Information"), (*INFORMATION, "interest")),
        (gettext_lazy("Consent to be referred"), ("has_consented", *CONSENT)),
    )

    leaflet_version = forms.CharField(
        label=gettext_lazy("Leaflet version"),
        max_length=20,
        required=False,
        help_text=gettext_lazy("It stands on the back of the leaflet, for example 2026-1."),
        widget=forms.TextInput(attrs={"class": "w-s", "autocomplete": "off"}),
    )
    information_language = forms.ChoiceField(
        label=gettext_lazy("In which language was the information given?"), choices=languages, required=False
    )
    informed_on = DayField(label=gettext_lazy("When was the information given?"), required=False)
    interest = radios(Referral, "interest")
    has_consented = forms.ChoiceField(
        label=gettext_lazy("Does the person consent to being referred?"),
        choices=[("yes", gettext_lazy("Yes")), ("no", gettext_lazy("Not yet"))],
        required=False,
        widget=forms.RadioSelect,
    )
    purposes = forms.MultipleChoiceField(
        label=gettext_lazy("What the consent is for"),
        choices=ReferralConsent.PURPOSES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    recipients = forms.MultipleChoiceField(
        label=gettext_lazy("Who may receive the information"),
        choices=ReferralConsent.RECIPIENTS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    consented_on = DayField(label=gettext_lazy("When was the consent given?"), required=False)
    consent_language = forms.ChoiceField(
        label=gettext_lazy("In which language was the consent given?"), choices=languages, required=False
    )
    consent_with_interpreter = forms.BooleanField(label=gettext_lazy("With an interpreter"), required=False)

    def __init__(
        self,
        *args: Any,
        case: Case,
        referral: Referral,
        information: Information | None,
        consent: ReferralConsent | None,
        **kwargs: Any,
    ) -> None:
        self.stands_sent = consent is not None and case.submitted_at is not None
        initial: dict[str, Any] = {"interest": referral.interest}
        if information is not None:
            initial |= {name: getattr(information, field) for name, field in self.INFORMATION.items()}
        if consent is not None:
            initial |= {name: getattr(consent, field) for name, field in self.CONSENT.items()}
            initial["has_consented"] = "yes"
        super().__init__(*args, initial=initial, **kwargs)

    def clean(self) -> dict[str, Any]:
        """Information and consent are each recorded whole or not at all."""
        cleaned = super().clean()
        if any(cleaned.get(name) for name in self.INFORMATION):
            self._want("leaflet_version", _("Enter the leaflet's version."))
            self._want("information_language", _("Choose the language."))
            self._want("informed_on", _("Enter the day."))
        if cleaned.get("has_consented") == "yes":
            self._want("purposes", _("Say what the consent is for."))
            self._want("recipients", _("Say who may receive the information."))
            self._want("consented_on", _("Enter the day."))
            self._want("consent_language", _("Choose the language."))
            if cleaned.get("recipients") and "lansstyrelsen" not in cleaned["recipients"]:
                sentence = _("Without a consent to Länsstyrelsen nothing can be sent to them.")
                self.add_error("recipients", ValidationError(sentence))
            if cleaned.get("interest") == Referral.Interest.NO:
                sentence = _("A person who says no is not referred. Change the answer, or discard the draft.")
                self.add_error("interest", ValidationError(sentence))
        elif cleaned.get("has_consented") == "no" and self.stands_sent:
            sentence = _("The consent was sent. Take it back on the page of the referral.")
            self.add_error("has_consented", ValidationError(sentence))
        elif not cleaned.get("has_consented") and any(cleaned.get(name) for name in self.CONSENT):
            self.add_error("has_consented", ValidationError(_("Say whether the person consents.")))
        return cleaned

    def _want(self, name: str, sentence: str) -> None:
        if name not in self.errors and not self.cleaned_data.get(name):
            self.add_error(name, ValidationError(sentence, code="required"))

    def answers(self) -> dict[str, Any]:
        """The third part's answers; an empty consent or information is none."""
        given = self.cleaned_data
        informed, consents = bool(given["informed_on"]), given["has_consented"] == "yes"
        return {
            "referral": self.values(("interest",)),
            "information": {field: given[name] for name, field in self.INFORMATION.items()} if informed else {},
            "consent": {field: given[name] for name, field in self.CONSENT.items()} if consents else {},
        }
