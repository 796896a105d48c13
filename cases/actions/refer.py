"""Steps 1 and 2: a draft, the referral, and the answer to Länsstyrelsen's questions."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from cases import ball, emails, pdfs
from cases import permissions as may
from cases.actions.files import forget_files
from cases.actions.identity import contact_of, person_of
from cases.actions.move import StepRefused, locked, move, record_event
from cases.actions.search import index_person
from cases.actions.share import share
from cases.actions.special_access import may_unprotect
from cases.models import (
    Case,
    CaseKey,
    CaseRecord,
    Dependant,
    Information,
    InformationRequest,
    Person,
    Referral,
    ReferralConsent,
    SafeContact,
)
from cases.permissions import OPEN_IN, Relation, Section
from cases.referral_checks import completeness
from cases.states import BEFORE_DEPARTURE, State
from partners.models import Organisation, User
from returns_portal import clock
from returns_portal.actor import acting_as_system


@transaction.atomic
def start_referral(*, by: User) -> Case:
    """Open a draft for the user's own organisation; only they see it, and no event is written before sending."""
    organisation = by.organisation
    if organisation is None or not organisation.is_referring:
        raise PermissionDenied
    case = Case.objects.create(referring=organisation, caseworker=by, created_by=by)
    CaseKey.make(case)
    share(case, organisation, may.VIEW, may.REFER, by=by, reason="created")
    Referral.begin(case, by=by).save()
    Person.begin(case, by=by).save()
    SafeContact.begin(case, by=by).save()
    ball.refresh(case)
    return case


def referral_of(case: Case) -> Referral:
    """The referral of the case's present round, sharing the case and so its opened key."""
    referral = Referral.objects.of(case).get()
    referral.case = case
    return referral


MINORS_PATH_IN = BEFORE_DEPARTURE | {State.DRAFT}


@transaction.atomic
def save_referral(
    case: Case,
    *,
    by: User,
    facts: Mapping[str, Any] | None = None,
    referral: Mapping[str, Any] | None = None,
    contact: Mapping[str, Any] | None = None,
    person: Mapping[str, Any] | None = None,
    dependants: list[dict[str, Any]] | None = None,
    information: Mapping[str, Any] | None = None,
    consent: Mapping[str, Any] | None = None,
) -> Case:
    """Keep what was answered in one part of the referral; what a part does not ask stays as it is.

    An empty `information` or `consent` takes back what a draft had recorded.
    """
    case = _open_for(case, by, Section.REFERRAL, OPEN_IN[Section.REFERRAL])
    ends_protection = case.is_protected and not (facts or {}).get("is_protected", True)
    if ends_protection and not may_unprotect(case, by):
        raise PermissionDenied
    row = referral_of(case)
    _write(row, referral or {})
    if contact:
        _write(contact_of(case), contact)
    if person:
        identity = person_of(case)
        _write(identity, person)
        index_person(identity)
    if dependants is not None:
        _replace_dependants(case, by, dependants)
    if information is not None:
        _inform(case, by, information)
    if consent is not None:
        _consent(case, by, consent)
    for name, value in {**(facts or {}), **_facts_of(case, row)}.items():
        setattr(case, name, value)
    case.save(update_fields=[*(facts or {}), *_facts_of(case, row)])
    record_event(case, "change_referral", by=by, section=Section.REFERRAL)
    if ends_protection:
        record_event(case, "end_protection", by=by)
    return case


def _facts_of(case: Case, referral: Referral) -> dict[str, Any]:
    """What lists need to know of the referral."""
    return {
        "is_urgent": referral.urgency == Referral.Urgency.SAFETY,
        "has_minor": referral.needs_minors_path,
        "completeness": completeness(case, referral)[0],
    }


def _write(row: CaseRecord, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    if values:
        row.save(update_fields=list(values))


def _replace_dependants(case: Case, by: User, answers: Iterable[dict[str, Any]]) -> None:
    """Rows that are told again keep their id, new ones are added, the others go."""
    known = {row.pk: row for row in Dependant.objects.of(case)}
    for answer in answers:
        row = known.pop(answer["id"], None) or Dependant.begin(case, by=by)
        row.case = case
        row.relation, row.is_adult, row.details = answer["relation"], answer["is_adult"], answer["details"]
        row.save()
    Dependant.objects.of(case).filter(pk__in=known).delete()


def _inform(case: Case, by: User, values: Mapping[str, Any]) -> None:
    """A draft holds one record of the information given. Once sent, what was recorded stays beside what is new."""
    rows = Information.objects.of(case)
    if values and rows.filter(**values).exists():
        return
    if case.state == State.DRAFT:
        rows.delete()
    if values:
        Information.begin(case, by=by, **values).save()


def _consent(case: Case, by: User, values: Mapping[str, Any]) -> None:
    """A draft holds one consent. Once sent, a changed consent is a record of its own and ends the one before."""
    standing = ReferralConsent.objects.of(case).filter(withdrawn_at__isnull=True)
    if values and standing.filter(**values).exists():
        return
    if case.state == State.DRAFT:
        standing.delete()
    elif values:
        standing.update(withdrawn_at=clock.now())
    if values:
        ReferralConsent.begin(case, by=by, **values).save()


@transaction.atomic
def submit_referral(case: Case, *, by: User) -> Case:
    """Send the referral to Länsstyrelsen and give them the case (leaflet, step 2)."""
    referral = referral_of(case)
    approving = case.approving or Organisation.objects.lansstyrelsen()
    case = move(
        case,
        "submit_referral",
        by=by,
        changes={
            "submitted_by": by,
            "submitted_at": clock.now(),
            "approving": approving,
            **_facts_of(case, referral),
        },
    )
    share(case, approving, may.VIEW, may.DECIDE, by=by, reason="submit_referral")
    ball.refresh(case)
    pdfs.queue(case, "referral_receipt")
    emails.notify(case, emails.people_in(approving), "referral_sent", page=f"{case.get_absolute_url()}decide/")
    return case


@transaction.atomic
def answer_request(case: Case, *, by: User, answers: dict[InformationRequest, str]) -> Case:
    """Answer each open question of Länsstyrelsen; their clock goes on."""
    for request, text in answers.items():
        request.answer, request.answered_at, request.answered_by = text, clock.now(), by
        request.save(update_fields=["answer", "answered_at", "answered_by"])
    case = move(case, "answer", by=by)
    emails.notify(case, emails.responsible_for(case, Relation.APPROVING), "answered")
    return case


@transaction.atomic
def discard(case: Case, *, by: User) -> None:
    """Delete a draft; nothing is kept (process, `discard`)."""
    case = locked(case)
    if not case.access_for(by).holds(may.REFER):
        raise PermissionDenied
    if case.state != State.DRAFT:
        raise StepRefused(case, "discard")
    forget_files([case.pk])
    # With the grants goes the sight of the case, in the middle of the deletion.
    with acting_as_system("special_access"):
        case.delete()


@transaction.atomic
def change_criminal_status(case: Case, *, by: User, criminal_case: str, witness_until: date | None = None) -> None:
    """Write the status word of the criminal case; it is never more than a word."""
    case = _open_for(case, by, Section.CRIMINAL, OPEN_IN[Section.CRIMINAL])
    _write(referral_of(case), {"criminal_case": criminal_case, "witness_until": witness_until})
    record_event(case, "change_criminal", by=by, section=Section.CRIMINAL)


@transaction.atomic
def save_minors_path(case: Case, *, by: User, days: Mapping[str, Any]) -> None:
    """Write when guardians were confirmed, the family assessed and the child's best interests decided."""
    case = _open_for(case, by, Section.IDENTITY, MINORS_PATH_IN)
    _write(referral_of(case), days)
    record_event(case, "change_minor", by=by, section=Section.REFERRAL)


@transaction.atomic
def withdraw_referral_consent(case: Case, *, by: User) -> None:
    """The person takes back the consent to be referred; no approval may follow."""
    case = _open_for(case, by, Section.REFERRAL, BEFORE_DEPARTURE)
    standing = ReferralConsent.objects.of(case).filter(withdrawn_at__isnull=True)
    if not standing.update(withdrawn_at=clock.now()):
        raise StepRefused(case, "withdraw_referral_consent")
    record_event(case, "withdraw_referral_consent", by=by, section=Section.REFERRAL)
    emails.notify(case, emails.responsible_for(case, Relation.APPROVING), "consent_withdrawn")
    if case.approved_by_id:
        emails.notify(case, emails.responsible_for(case, Relation.COORDINATING), "consent_withdrawn")


def _open_for(case: Case, by: User, section: Section, states: Collection[str]) -> Case:
    """The case, its row locked, if `by` may write the section and it is open in the case's state."""
    case = locked(case)
    if not case.access_for(by).may_write(section):
        raise PermissionDenied
    if case.state not in states:
        raise StepRefused(case, "")
    return case
