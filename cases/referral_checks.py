"""Which answers a referral needs before it can be sent, and how complete it is."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from cases.guards import Blocker
from cases.models import Case, Information, Referral, ReferralConsent, SafeContact, YesNoUnsure
from partners.models import Organisation


def missing_answers(case: Case) -> Iterator[Blocker]:
    """What the referral still lacks, each with the page where it is asked (process, `submit_referral`)."""
    base = f"{case.get_absolute_url()}referral/"
    person, situation, consent = f"{base}person/", f"{base}situation/", f"{base}consent/"
    referral = Referral.objects.of(case).get()
    contact = SafeContact.objects.filter(case=case).first()
    checks = (
        (case.alias, _("Enter initials or an alias."), person),
        (referral.age_band, _("Choose the age."), person),
        (case.language, _("Choose the language the person speaks."), person),
        (contact and contact.channel, _("Say how the person can be contacted safely."), person),
        (referral.ground, _("Choose the ground of the referral."), situation),
        (
            referral.wishes_freely == YesNoUnsure.YES,
            _("Only a person who wishes to return of their own free will can be referred."),
            situation,
        ),
        (case.destination, _("Choose the country of destination."), situation),
        (referral.urgency, _("Choose how urgent it is."), situation),
        (
            case.approving_id or Organisation.objects.approving().count() < 2,
            _("Choose which authority is to decide."),
            situation,
        ),
        (
            Information.objects.of(case).exists(),
            _("Record that the person has been offered information."),
            consent,
        ),
        (
            ReferralConsent.objects.of(case).filter(withdrawn_at__isnull=True).exists(),
            _("Record the person's consent to be referred."),
            consent,
        ),
    )
    for answer, sentence, page in checks:
        if not answer:
            yield Blocker(sentence, page)


def decision_checks(referral: Referral) -> list[tuple[Any, bool]]:
    """What Länsstyrelsen looks at before deciding, and whether it is there; not required for sending."""
    return [
        (_("Wishes to return of their own free will"), referral.wishes_freely == YesNoUnsure.YES),
        (_("Interpreter"), bool(referral.needs_interpreter)),
        (_("Citizenships"), bool(referral.citizenships)),
        (_("Residence status in Sweden"), bool(referral.residence)),
        (_("Criminal case"), bool(referral.criminal_case)),
        (_("Health needs"), bool(referral.has_health_needs)),
    ]


def completeness(case: Case, referral: Referral | None = None) -> tuple[int, int]:
    """(given, all) of the answers that Länsstyrelsen looks at before deciding: the queue's "5 of 6"."""
    checks = decision_checks(referral or Referral.objects.of(case).get())
    return sum(given for _label, given in checks), len(checks)
