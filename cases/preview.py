"""What IOM Helsinki will see of a referral: preview, notification and page come from this one function."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from cases.codes import country_name, language_name
from cases.guards import Blocker
from cases.models import Case, Dependant, Gender, Person, Referral, ReferralConsent, SafeContact
from cases.permissions import Section
from returns_portal.ui import day_in_words

SHARED_BY_DEFAULT = (Section.REFERRAL.value, Section.IDENTITY.value, Section.CRIMINAL.value)


@dataclass(frozen=True)
class Preview:
    """The groups of label and value that IOM Helsinki will see, and the hash of their contents."""

    groups: list[tuple[Any, list[tuple[Any, str]]]]
    sha256: str
    sections: list[str]

    def classes(self) -> list[tuple[str, Any, list[tuple[Any, str]]]]:
        """Section, title and rows of each group, for pages that keep the identity closed until it is asked for."""
        return [(section, *group) for section, group in zip(self.sections, self.groups, strict=True)]


def preview_for_iom(case: Case, sections: list[str] | tuple[str, ...] = SHARED_BY_DEFAULT) -> Preview:
    """What of the referral goes to IOM Helsinki, by the classes that Länsstyrelsen ticked.

    The hash is of the contents in English, so that it does not depend on who looks.
    """
    with translation.override("en-gb"):
        content = [[str(title), [[str(k), v] for k, v in rows]] for title, rows in _groups(case, sections)]
    digest = hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()
    shown = [section for section in SHARED_BY_DEFAULT if section in sections]
    return Preview(_groups(case, sections), digest, shown)


def preview_blocker(case: Case) -> Blocker:
    """What the approver saw is no longer what IOM Helsinki would see."""
    return Blocker(
        _("What IOM Helsinki will see has changed since you looked. Read it again."),
        f"{case.get_absolute_url()}approve/",
    )


def _groups(case: Case, sections: list[str] | tuple[str, ...]) -> list[tuple[Any, list[tuple[Any, str]]]]:
    groups: list[tuple[Any, list[tuple[Any, str]]]] = []
    referral = Referral.objects.of(case).get()
    if Section.REFERRAL in sections:
        groups.append((_("Referral"), _referral(case, referral)))
    if Section.IDENTITY in sections:
        groups.append((_("Identity and contact"), _identity(case)))
    if Section.CRIMINAL in sections:
        rows = [
            (_("Criminal case"), referral.get_criminal_case_display()),
            (_("Needed as witness until"), _day(referral.witness_until)),
        ]
        groups.append((_("Criminal case"), _filled(rows)))
    return groups


def _referral(case: Case, referral: Referral) -> list[tuple[Any, str]]:
    """What IOM needs to begin; not the background, which was written for Länsstyrelsen's decision alone."""
    consent = ReferralConsent.objects.of(case).filter(withdrawn_at__isnull=True).order_by("given_on").last()
    return _filled(
        [
            (_("Alias"), case.alias),
            (_("Destination"), country_name(case.destination) if case.destination else ""),
            (_("Place"), referral.destination_place),
            (_("Is that the home community?"), referral.get_to_home_community_display()),
            (_("Language"), language_name(case.language) if case.language else ""),
            (_("Interpreter needed?"), referral.get_needs_interpreter_display()),
            (_("Wish for the interpreter"), referral.get_interpreter_gender_display()),
            (
                _("The interpreter must not come from the person's own community"),
                _("Yes") if referral.interpreter_not_own_community else "",
            ),
            (_("Age"), referral.get_age_band_display()),
            (_("Is the person under 18?"), referral.get_is_minor_display()),
            (_("Ground"), referral.get_ground_display()),
            (_("Who judged so"), referral.get_judged_by_display()),
            (_("Type of exploitation"), referral.get_exploitation_display()),
            (_("Does the person wish to return of their own free will?"), referral.get_wishes_freely_display()),
            (_("Consent to be referred"), day_in_words(consent.given_on) if consent else ""),
            (_("Citizenships"), ", ".join(country_name(code) for code in referral.citizenships)),
            (_("Residence status in Sweden"), referral.get_residence_display()),
            (_("The permit ends"), _day(referral.permit_expires_on)),
            (_("Reflection period ends"), _day(referral.reflection_until)),
            (_("Shelter until"), _day(referral.shelter_until)),
            (_("Health needs?"), referral.get_has_health_needs_display()),
            (_("Earlier assisted return?"), referral.get_earlier_return_display()),
            (_("Urgency"), referral.get_urgency_display()),
            (_("Who travels along"), str(Dependant.objects.of(case).count() or "")),
        ]
    )


def _day(day: date | None) -> str:
    return day_in_words(day) if day else ""


def _identity(case: Case) -> list[tuple[Any, str]]:
    person = Person.objects.filter(case=case).first()
    contact = SafeContact.objects.filter(case=case).first()
    rows: list[tuple[Any, Any]] = []
    if person:
        rows += [
            (_("Full name"), person.full_name),
            (_("Date of birth"), _day(person.birth_date)),
            (_("Identity or passport number"), person.identity_number),
            (_("Gender"), str(dict(Gender.choices).get(person.gender, person.gender))),
            (_("Phone number"), person.phone),
        ]
    if contact:
        rows += [
            (_("Safe way to make contact"), contact.get_channel_display()),
            (_("Number or address for safe contact"), contact.details),
            (_("Safe days and hours"), contact.days_and_hours),
            (_("Code word"), contact.code_word),
            (_("May a voicemail be left?"), contact.get_voicemail_display()),
            (_("Who else may hear of the contact"), contact.who_may_hear),
        ]
    return _filled(rows)


def _filled(rows: list[tuple[Any, Any]]) -> list[tuple[Any, str]]:
    return [(label, str(value)) for label, value in rows if value]
