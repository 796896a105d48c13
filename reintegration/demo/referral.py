"""The stretch from a draft to the signed application, walked through the real actions."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from cases import actions
from cases.models import (
    Application,
    Case,
    Consent,
    CounsellingSession,
    Document,
    Information,
    Person,
    Referral,
    ReferralConsent,
    SafeContact,
)
from cases.preview import preview_for_iom
from returns_portal import clock
from returns_portal.actor import acting_as

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


def a_pdf(name: str = "signed.pdf") -> SimpleUploadedFile:
    """A small file of a taken type."""
    return SimpleUploadedFile(name, PDF, content_type="application/pdf")


def draft(cast: SimpleNamespace, **changes: Any) -> Case:
    """A draft of Sara's with every required answer."""
    with acting_as(cast.sara):
        case = actions.start_referral(by=cast.sara)
        case.alias, case.language, case.destination = "M.R.", "sq", "AL"
        for name, value in changes.items():
            setattr(case, name, value)
        case.save(update_fields=["alias", "language", "destination", *changes])
        referral = Referral.objects.of(case).get()
        referral.age_band, referral.is_minor = Referral.AgeBand.FROM_25, "no"
        referral.needs_interpreter, referral.interest = "yes", Referral.Interest.WANTS
        referral.ground, referral.wishes_freely = Referral.Ground.SUSPECTED, "yes"
        referral.citizenships, referral.residence = [case.destination], Referral.Residence.NONE
        referral.criminal_case, referral.has_health_needs = Referral.Criminal.NONE, "yes"
        referral.urgency = Referral.Urgency.NORMAL
        referral.background = "Outreach met the person in October."
        referral.save()
        person = Person.objects.get(case=case)
        person.full_name, person.phone = "Mira Rexhepi", "+46 70 000 00 00"
        person.save()
        actions.index_person(person)
        contact = SafeContact.objects.get(case=case)
        contact.channel, contact.code_word, contact.voicemail = SafeContact.Channel.PHONE, "Blue door", "no"
        contact.save()
        Information.begin(
            case, by=cast.sara, leaflet_version="2026-1", language=case.language, given_on=clock.today()
        ).save()
        ReferralConsent.begin(
            case,
            by=cast.sara,
            purposes=["support", "contact"],
            recipients=["lansstyrelsen", "iom_helsinki"],
            given_on=clock.today(),
            language=case.language,
            with_interpreter=True,
        ).save()
    return Case.objects.get(pk=case.pk)


def refer(cast: SimpleNamespace, case: Case) -> Case:
    """Sara sends the referral."""
    with acting_as(cast.sara):
        return actions.submit_referral(case, by=cast.sara)


def approve(cast: SimpleNamespace, case: Case) -> Case:
    """Lars approves, having seen what IOM will see."""
    with acting_as(cast.lars):
        return actions.approve_referral(
            case,
            by=cast.lars,
            ceiling_sek=40_000,
            diary_number="851-1234-2026",
            preview_sha256=preview_for_iom(case).sha256,
        )


def take_on(cast: SimpleNamespace, case: Case) -> Case:
    """Hanna takes the case on and asks Tirana; where the identity is protected her manager gives it to her."""
    by = cast.henrik if case.is_protected else cast.hanna
    with acting_as(by):
        return actions.start_application(
            case,
            by=by,
            coordinator=cast.hanna,
            local_office=cast.ilir.organisation,
            kinds_of_needs=["housing", "psychosocial_support"],
        )


def receive(cast: SimpleNamespace, case: Case) -> Case:
    """Hanna counsels, fills in, uploads the signed copy and receives the application."""
    with acting_as(cast.hanna):
        actions.record_counselling(
            case,
            by=cast.hanna,
            session=CounsellingSession.begin(
                case,
                by=cast.hanna,
                held_on=clock.today(),
                mode="in_person",
                language=case.language,
                understands="well",
                in_private="yes",
                topics=["journey", "support", "rights", "data"],
                alternatives=["stay", "asylum", "permit"],
                capacity="yes",
            ),
        )
        application = actions.application_of(case)
        application.name_in_document, application.wishes = "Mira Rexhepi", "To open a small bakery."
        application.health_declaration = "Needs help to sleep."
        application.time_to_think, application.attest = Application.TimeToThink.OFFERED, Application.Attest.NOT_USED
        actions.save_application(case, by=cast.hanna, application=application)
        actions.answer_consents(
            case,
            by=cast.hanna,
            answers={
                purpose: {"answer": "yes", "given_on": clock.today(), "language": case.language}
                for purpose in (*Consent.REQUIRED, Consent.Purpose.FEEDBACK)
            },
        )
        actions.add_document(case, by=cast.hanna, kind=Document.Kind.SIGNED_APPLICATION, file=a_pdf())
        return actions.receive_application(Case.objects.get(pk=case.pk), by=cast.hanna)


def make_urgent(cast: SimpleNamespace, case: Case) -> None:
    """The person is not safe where they are."""
    with acting_as(cast.sara):
        row = Referral.objects.of(case).get()
        row.urgency = Referral.Urgency.SAFETY
        row.save()


def ask(cast: SimpleNamespace, case: Case) -> Case:
    """Lars asks for more information."""
    with acting_as(cast.lars):
        return actions.ask_for_more(
            case,
            by=cast.lars,
            question="Which kind of interpreter does the person want?",
            due_on=clock.today() + timedelta(days=7),
        )


def decline(cast: SimpleNamespace, case: Case) -> Case:
    """Lars declines."""
    with acting_as(cast.lars):
        return actions.decline_referral(
            case,
            by=cast.lars,
            reason_code="better_elsewhere",
            text="Another programme covers the journey.",
            help_path="Social services help with the journey.",
        )


def withdraw(cast: SimpleNamespace, case: Case) -> Case:
    """Sara passes on that the person changed their mind."""
    with acting_as(cast.sara):
        return actions.withdraw(case, by=cast.sara)
