"""Step 5 on paper: the AVRR application to sign, and the health declaration on a sheet of its own."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.codes import country_name, language_name
from cases.models import Application, Case, Consent, Gender, Person, Referral
from cases.pdfs.press import named, paper
from cases.pdfs.senders import sender_of
from cases.pdfs.words import day
from cases.permissions import Section

# Blocks of the form; each field with the size of its box.
BLOCKS = (
    (
        gettext_lazy("You"),
        (
            ("name_in_document", "wide"),
            ("also_known_as", ""),
            ("birth_place", ""),
            ("birth_date", ""),
            ("citizenships", ""),
            ("gender", "wide"),
            ("documents_held", "wide"),
        ),
    ),
    (
        gettext_lazy("In Sweden"),
        (
            ("arrived_in_sweden", ""),
            ("languages_spoken", ""),
            ("address_class", "wide"),
            ("education_work_skills", "wide high"),
            ("has_debts", ""),
            ("earlier_iom_help", ""),
        ),
    ),
    (
        gettext_lazy("Family and home"),
        (("family", "wide high"), ("destination_community", ""), ("who_knows", "")),
    ),
    (
        gettext_lazy("After the return"),
        (("wishes", "wide high"), ("contact_after_return", "wide")),
    ),
)
# With a protected identity these are written by hand (process, section 4).
BY_HAND = {
    "name_in_document",
    "also_known_as",
    "birth_date",
    "birth_place",
    "documents_held",
    "family",
    "destination_community",
    "who_knows",
    "contact_after_return",
}


@dataclass(frozen=True)
class ConsentText:
    """One consent in the person's words: what for, who receives, what stops with a no."""

    purpose: Any
    recipients: Any
    with_a_no: Any


CONSENTS: dict[str, ConsentText] = {
    Consent.Purpose.RETURN: ConsentText(
        gettext_lazy("I want to return, of my own free will and with support from IOM."),
        gettext_lazy("IOM arranges the journey and the support."),
        gettext_lazy("no return is arranged. Your other help in Sweden goes on."),
    ),
    Consent.Purpose.DATA_TO_IOM: ConsentText(
        gettext_lazy("IOM in Helsinki may use what I have said in this application to plan my return."),
        gettext_lazy("Received by IOM in Helsinki."),
        gettext_lazy("the return cannot be arranged."),
    ),
    Consent.Purpose.DATA_TO_LOCAL_OFFICE: ConsentText(
        gettext_lazy("The IOM office in the country I return to may receive it too, to prepare my support."),
        gettext_lazy("Received by the local IOM office."),
        gettext_lazy("nobody can meet you or prepare support, so the return cannot be arranged."),
    ),
    Consent.Purpose.HEALTH_DATA: ConsentText(
        gettext_lazy("The local IOM office may also receive what I have said about my health."),
        gettext_lazy("Received by IOM in Helsinki and the local IOM office."),
        gettext_lazy("the local office does not see it. You can still return."),
    ),
    Consent.Purpose.CONTACT_AFTER: ConsentText(
        gettext_lazy("The local IOM office may keep in contact with me after the return."),
        gettext_lazy("The local IOM office calls or meets you, in the way you choose."),
        gettext_lazy("nobody contacts you. You can still contact the office."),
    ),
    Consent.Purpose.FEEDBACK: ConsentText(
        gettext_lazy("IOM may tell those who helped me in Sweden how I am doing."),
        gettext_lazy("Received by the organisation that referred you, and Länsstyrelsen."),
        gettext_lazy("they learn only which step the return has reached."),
    ),
    Consent.Purpose.PHOTOGRAPH: ConsentText(
        gettext_lazy("IOM may take a photograph of me for the journey."),
        gettext_lazy("Used to recognise you on arrival, then deleted."),
        gettext_lazy("no photograph is taken. Another sign is agreed."),
    ),
}


@paper("application_form", title=gettext_lazy("Application for assisted voluntary return and reintegration (AVRR)"),
       section=Section.APPLICATION)  # fmt: skip
def application_form(case: Case, row: UUID | None) -> dict[str, Any]:
    """To be read through with the person and signed; filled with what is known, without the health declaration."""
    application = _application(case, row)
    known = {} if case.is_protected else _known_before(case)
    answers = {consent.purpose: consent for consent in Consent.objects.of(case).filter(is_current=True)}
    consents = [_consent(number, purpose, answers.get(purpose)) for number, purpose in enumerate(Consent.Purpose, 1)]
    required = len(Consent.REQUIRED)
    return {
        "application": application,
        "country": country_name(case.destination) if case.destination else "",
        "blocks": [
            (title, [_box(case, application, name, size, known) for name, size in fields]) for title, fields in BLOCKS
        ],
        "consents": consents[:required],
        "optional": consents[required:],
        "time_to_think": _ticks(Application.TimeToThink.choices, application.time_to_think),
        "attest": _ticks(
            [
                (Application.Attest.NOT_USED, _("Nobody interpreted or witnessed")),
                (Application.Attest.ATTESTED, _("An interpreter or witness was there and signs below")),
            ],
            application.attest,
        ),
        "signatories": [_("You who apply"), _("Interpreter or witness"), _("For IOM")],
        "paper": {"sender": sender_of(), "kind": _("Application"), "version": application.version},
    }


@paper("health_declaration", title=gettext_lazy("Health declaration, enclosure to the application"),
       section=Section.HEALTH)  # fmt: skip
def health_declaration(case: Case, row: UUID | None) -> dict[str, Any]:
    """On a sheet of its own, because not everybody who reads the application may read it."""
    application = _application(case, row)
    return {
        "application": application,
        "signatories": [_("You who apply"), _("Interpreter or witness")],
        "paper": {"sender": sender_of(), "kind": _("Health declaration"), "version": application.version},
    }


def _application(case: Case, row: UUID | None) -> Application:
    application = Application.objects.get(case=case, pk=named(row))
    application.case = case
    return application


def _known_before(case: Case) -> dict[str, str]:
    """What the referral knew, for boxes still empty: only of the classes that IOM Helsinki may see."""
    known: dict[str, str] = {}
    if Section.IDENTITY in case.shared_with_iom:
        person = Person.objects.filter(case=case).first()
        if person is not None:
            person.case = case
            known = {
                "name_in_document": person.full_name,
                "gender": person.gender,
                "birth_date": day(person.birth_date),
                "documents_held": person.identity_number,
            }
    referral = Referral.objects.of(case).first()
    if referral is not None:
        known["citizenships"] = ", ".join(country_name(code) for code in referral.citizenships)
        known["languages_spoken"] = ", ".join(
            language_name(code) for code in (case.language, *referral.other_languages) if code
        )
    return known


def _box(case: Case, application: Application, name: str, size: str, known: dict[str, str]) -> dict[str, Any]:
    """One box: its label, what is known, and little boxes to tick where the answer is one of a few."""
    value: Any = "" if case.is_protected and name in BY_HAND else getattr(application, name) or known.get(name, "")
    choices = {
        "gender": [choice for choice in Gender.choices if choice[0] != Gender.NOT_SPECIFIED],
        "address_class": Application.AddressClass.choices,
        "has_debts": [("yes", _("Yes")), ("no", _("No"))],
    }.get(name, [])
    if name == "birth_date" and value and not isinstance(value, str):
        value = _("%(day)s (estimate)") % {"day": day(value)} if application.is_birth_date_estimated else day(value)
    return {
        "label": Application._meta.get_field(name).verbose_name,  # type: ignore[union-attr]  # no relation among them
        "value": "" if choices else value,
        "size": size,
        "ticks": _ticks(choices, value),
    }


def _ticks(choices: Any, value: str) -> list[tuple[Any, bool]]:
    return [(label, code == value) for code, label in choices]


def _consent(number: int, purpose: Consent.Purpose, given: Consent | None) -> dict[str, Any]:
    answer = given.answer if given and given.withdrawn_at is None else ""
    return {
        "number": number,
        "title": purpose.label,
        "text": CONSENTS[purpose],
        "yes": answer == "yes",
        "no": answer == "no",
    }
