"""The referral in words: what the check-and-send page, the read page and the receipt show of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.codes import country_name, language_name
from cases.models import Case, Dependant, Information, Referral, ReferralConsent, SafeContact
from cases.permissions import Access, Section
from returns_portal.ui import day_in_words


@dataclass(frozen=True)
class Answer:
    """One question in few words, and what was answered."""

    label: Any
    value: str


@dataclass(frozen=True)
class AnswerGroup:
    """Answers that belong together, and the name of the page where they are changed."""

    title: Any
    answers: list[Answer]
    page: str
    section: Section = Section.REFERRAL


def referral_in_words(case: Case, referral: Referral, access: Access) -> list[AnswerGroup]:
    """Every answer that `access` opens. Of names and contact no more than that they are there."""
    groups = [
        AnswerGroup(_("The person"), _person(case, referral), "cases:referral-person"),
        AnswerGroup(_("Safe contact"), _contact(case), "cases:referral-person", Section.IDENTITY),
        AnswerGroup(_("Ground and wish"), _wish(case, referral), "cases:referral-situation"),
        AnswerGroup(_("Who travels along"), _dependants(case), "cases:referral-situation"),
        AnswerGroup(_("Residence and time"), _residence(case, referral), "cases:referral-situation"),
        AnswerGroup(_("Criminal case"), _criminal(referral), "cases:referral-situation", Section.CRIMINAL),
        AnswerGroup(_("Information and consent"), _consent(case, referral), "cases:referral-consent"),
    ]
    return [group for group in groups if access.may_read(group.section)]


def _shown(referral: Referral, *names: str) -> list[Answer]:
    """Fields of the referral with their labels; choices in words, days in full."""
    answers = []
    for name in names:
        field = Referral._meta.get_field(name)
        value = getattr(referral, name)
        if isinstance(value, date):
            value = day_in_words(value)
        elif getattr(field, "choices", None):
            value = getattr(referral, f"get_{name}_display")()
        answers.append(Answer(field.verbose_name, str(value or "")))  # type: ignore[union-attr]  # no relation among them
    return answers


def _names_of(codes: Iterable[str], name: Any) -> str:
    return ", ".join(name(code) for code in codes if code)


def _person(case: Case, referral: Referral) -> list[Answer]:
    return [
        Answer(_("Alias"), case.alias),
        *_shown(referral, "age_band", "is_minor", "found_by", "first_contact_on"),
        Answer(_("Language"), _names_of([case.language], language_name)),
        Answer(_("Other languages"), _names_of(referral.other_languages, language_name)),
        *_shown(referral, "needs_interpreter", "interpreter_gender"),
        Answer(
            _("The interpreter must not come from the person's own community"),
            _("Yes") if referral.interpreter_not_own_community else _("No"),
        ),
        *_shown(referral, "immediate_danger"),
    ]


def _contact(case: Case) -> list[Answer]:
    contact = SafeContact.objects.only("channel").get(case=case)
    said = _("Recorded, opened on request") if contact.channel else ""
    return [Answer(_("Safe way to make contact"), said)]


def _wish(case: Case, referral: Referral) -> list[Answer]:
    return [
        *_shown(referral, "ground", "judged_by", "exploitation", "wishes_freely"),
        Answer(_("Country of destination"), _names_of([case.destination], country_name)),
        *_shown(referral, "destination_place", "to_home_community"),
    ]


def _dependants(case: Case) -> list[Answer]:
    answers = []
    for row in Dependant.objects.of(case).order_by("created_at"):
        row.case = case
        details = row.details or {}
        age = details.get("age")
        years = ngettext("%(age)s year", "%(age)s years", age) % {"age": age} if age is not None else ""
        words = [_("Adult") if row.is_adult else "", years, details.get("note", "")]
        answers.append(Answer(row.get_relation_display(), ", ".join(word for word in words if word) or _("Yes")))
    return answers or [Answer(_("Who travels along"), _("Nobody"))]


def _residence(case: Case, referral: Referral) -> list[Answer]:
    return [
        Answer(_("Citizenships"), _names_of(referral.citizenships, country_name)),
        *_shown(
            referral,
            "residence",
            "permit_expires_on",
            "earlier_return",
            "reflection_from",
            "reflection_until",
            "reflection_applied_by",
            "urgency",
            "shelter_until",
            "has_health_needs",
        ),
        Answer(_("Protected identity"), _("Yes") if case.is_protected else _("No")),
        *_shown(referral, "background"),
    ]


def _criminal(referral: Referral) -> list[Answer]:
    return _shown(referral, "criminal_case", "witness_until")


def _consent(case: Case, referral: Referral) -> list[Answer]:
    information = Information.objects.of(case).order_by("-created_at").first()
    consent = ReferralConsent.objects.of(case).order_by("-created_at").first()
    answers = []
    if information is not None:
        said = _("Leaflet %(version)s in %(language)s, %(day)s") % {
            "version": information.leaflet_version,
            "language": language_name(information.language),
            "day": day_in_words(information.given_on),
        }
        answers.append(Answer(_("Information offered"), said))
    answers += _shown(referral, "interest")
    if consent is not None:
        answers += _consent_in_words(consent)
    return answers


def _consent_in_words(consent: ReferralConsent) -> list[Answer]:
    purposes, recipients = dict(ReferralConsent.PURPOSES), dict(ReferralConsent.RECIPIENTS)
    given = _("%(day)s, in %(language)s") % {
        "day": day_in_words(consent.given_on),
        "language": language_name(consent.language),
    }
    answers = [
        Answer(_("Consent to be referred"), given + (_(", with an interpreter") if consent.with_interpreter else "")),
        Answer(_("What the consent is for"), "; ".join(str(purposes.get(code, code)) for code in consent.purposes)),
        Answer(
            _("Who may receive the information"),
            ", ".join(str(recipients.get(code, code)) for code in consent.recipients),
        ),
    ]
    if consent.withdrawn_at is not None:
        answers.append(Answer(_("The consent was taken back"), day_in_words(consent.withdrawn_at)))
    return answers
