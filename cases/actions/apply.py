"""Steps 4 and 5: taking on the case, counselling, the application and its consents."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from cases import ball, emails, pdfs
from cases import permissions as may
from cases.actions.move import locked, move, record_event
from cases.actions.share import end_share, share
from cases.actions.special_access import let_answer, whom_to_name
from cases.models import Application, Case, Consent, ContactAttempt, CounsellingSession, NeedsAsked
from cases.permissions import Relation, Section
from partners.models import Organisation, User
from returns_portal import clock, outbox


@transaction.atomic
def start_application(
    case: Case, *, by: User, coordinator: User, local_office: Organisation, kinds_of_needs: list[str]
) -> Case:
    """Take on the case, and ask the local office which kinds of support there are (leaflet, step 4)."""
    case = locked(case)
    if coordinator not in whom_to_name(case, by):
        raise PermissionDenied
    case = move(case, "start_application", by=by, changes={"coordinator": coordinator, "local_office": local_office})
    let_answer(case, coordinator, by=by)
    share(case, local_office, may.INFORM, by=by, reason="start_application")
    ask_kinds(case, by=by, kinds=kinds_of_needs)
    Application.begin(case, by=by).save()
    emails.notify(case, emails.people_in(local_office), "office_informed")
    emails.notify(case, emails.partners_of(case), "taken_on")
    if coordinator != by:
        emails.notify(case, [coordinator], "reassigned_to_you")
    return case


@transaction.atomic
def ask_kinds(case: Case, *, by: User, kinds: list[str]) -> None:
    """Ask the local office which of these kinds of support there are; no word of the person."""
    for kind in kinds:
        NeedsAsked.objects.get_or_create(
            case=case, round=case.round, office=case.local_office, domain=kind, defaults={"created_by": by}
        )
    record_event(case, "ask_kinds", by=by, section=Section.NEEDS)


@transaction.atomic
def answer_kinds(case: Case, *, by: User, answers: dict[NeedsAsked, tuple[str, str]]) -> None:
    """The local office says which kinds of support there are."""
    for asked, (answer, note) in answers.items():
        asked.answer, asked.note, asked.answered_at, asked.answered_by = answer, note, clock.now(), by
        asked.save(update_fields=["answer", "note", "answered_at", "answered_by"])
    record_event(case, "answer_kinds", by=by, section=Section.NEEDS)
    emails.notify(case, emails.responsible_for(case, Relation.COORDINATING), "kinds_answered")


@transaction.atomic
def record_counselling(case: Case, *, by: User, session: CounsellingSession) -> None:
    """Write down one talk with the person."""
    session.save()
    record_event(case, "add_counselling", by=by, section=Section.APPLICATION)


@transaction.atomic
def record_attempt(case: Case, *, by: User, attempt: ContactAttempt) -> None:
    """Write down one try to reach the person."""
    attempt.save()
    record_event(case, "record_attempt", by=by, section=Section.APPLICATION)


def application_of(case: Case) -> Application:
    """The application's present version."""
    return Application.objects.of(case).get(is_current=True)


@transaction.atomic
def save_application(case: Case, *, by: User, application: Application) -> Application:
    """Write the application; once it is locked, what is written becomes a new version."""
    if application.locked_at is not None:
        application = _next_version(application, by)
    else:
        application.save()
    record_event(case, "save_application", by=by, section=Section.APPLICATION)
    return application


def _next_version(application: Application, by: User) -> Application:
    new = Application.begin(application.case, by=by, version=application.version + 1)
    for name in CONTENT:
        setattr(new, name, getattr(application, name))
    Application.objects.filter(pk=application.pk).update(is_current=False)
    new.locked_at = clock.now()
    new.sha256 = fingerprint(new)
    new.save()
    return new


CONTENT = tuple(
    field.name
    for field in Application._meta.concrete_fields
    if field.name
    not in {"id", "case", "round", "created_at", "created_by", "version", "is_current", "locked_at", "sha256"}
)


def fingerprint(application: Application) -> str:
    """SHA-256 of what the application says: the same answers give the same 64 hexadecimal digits."""
    content = {name: str(getattr(application, name) or "") for name in CONTENT}
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@transaction.atomic
def answer_consents(case: Case, *, by: User, answers: dict[str, dict[str, Any]]) -> None:
    """Write the person's answers: purpose → answer, given_on, language. An earlier answer stays as history."""
    for purpose, answer in answers.items():
        Consent.objects.of(case).filter(purpose=purpose, is_current=True).update(is_current=False)
        Consent.begin(case, by=by, purpose=purpose, **answer).save()
    refresh_what_consents_open(case)
    record_event(case, "answer_consents", by=by, section=Section.APPLICATION)
    for purpose, answer in answers.items():
        for stop in when_consent_is_withdrawn if answer.get("answer") == "no" else ():
            stop(case, by, purpose)


@transaction.atomic
def withdraw_consent(case: Case, *, by: User, purpose: str) -> None:
    """The person takes back one consent, as simply as it was given; what it opened is closed at once."""
    Consent.objects.of(case).filter(purpose=purpose, is_current=True).update(withdrawn_at=clock.now())
    refresh_what_consents_open(case)
    if purpose == Consent.Purpose.HEALTH_DATA:  # what went to the local office with health in it is made anew without
        pdfs.make_anew(case, "hand_over_pack")
    record_event(case, "withdraw_consent", by=by, section=Section.APPLICATION)
    for stop in when_consent_is_withdrawn:
        stop(case, by, purpose)
    emails.notify(case, emails.responsible_for(case, Relation.COORDINATING), "consent_withdrawn")


# Later chapters put here what ends with a consent.
when_consent_is_withdrawn: list[Callable[[Case, User, str], None]] = []


def refresh_what_consents_open(case: Case) -> None:
    """The health section opens to the local office with a yes to health data, and closes with its end."""
    shared = case.shares_health
    case.shares_health = consent_stands(case, Consent.Purpose.HEALTH_DATA)
    Case.objects.filter(pk=case.pk).update(shares_health=case.shares_health)
    case.forget_access()
    if case.shares_health != shared:
        pdfs.make_anew(case, "hand_over_pack")  # it holds the health section, or did


def consent_stands(case: Case, purpose: str) -> bool:
    """Whether the person said yes to `purpose` and has not taken it back."""
    consent = Consent.objects.of(case).filter(purpose=purpose, is_current=True).first()
    return consent is not None and consent.stands


@transaction.atomic
def receive_application(case: Case, *, by: User) -> Case:
    """Lock the signed application and open the case to the local office (leaflet, step 5)."""
    # The signed application itself says who the person is: from here on IOM Helsinki reads the identity.
    shared = sorted({*case.shared_with_iom, Section.IDENTITY.value})
    case = move(case, "receive_application", by=by, changes={"shared_with_iom": shared})
    application = application_of(case)
    application.locked_at, application.sha256 = clock.now(), fingerprint(application)
    application.save(update_fields=["locked_at", "sha256"])
    if case.local_office is not None:
        end_share(case, case.local_office, may.INFORM, reason="receive_application")
        share(case, case.local_office, may.VIEW, may.SUPPORT, by=by, reason="receive_application")
    ball.refresh(case)
    for name in ("application_form", "health_declaration"):
        pdfs.queue(case, name, row=application.pk)
    outbox.put(
        "report",
        key=f"report:application_received:{case.pk}:{case.round}",
        case_id=case.pk,
        data={"kind": "application_received"},
    )
    emails.notify(case, emails.partners_of(case), "application_received")
    emails.notify(case, emails.people_in(case.local_office), "application_received")
    return case
