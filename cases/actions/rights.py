"""The person's rights: restricting and lifting, the extract of everything held, and what else was asked."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from cases import emails
from cases.actions.files import forget_file
from cases.actions.move import StepRefused, locked, record_event
from cases.actions.special_access import reaches_without_glass
from cases.guards import Blocker
from cases.models import Case, Extract, Restriction, RightsRequest
from cases.pdfs import named
from cases.pdfs import rights as extract_paper
from cases.permissions import Section
from cases.states import State
from partners.models import Organisation, User
from returns_portal import clock, looks, outbox, uploads
from returns_portal.models import OutboxItem

# How long an extract lies ready for whoever had it made.
EXTRACT_LIVES = timedelta(days=7)
EXTRACT_PART = "extract"


def owns_records(case: Case, user: User) -> bool:
    """Whether this is a manager of the record owner, who sees the case."""
    is_owner = user.is_manager and user.organisation_id == case.referring_id
    return is_owner and bool(case.access_for(user).codenames) and case.state != State.DRAFT


def may_answer_person(case: Case, user: User) -> bool:
    """Who answers a request of the person: a manager of the record owner, or of IOM Helsinki while they read."""
    if owns_records(case, user):
        return True
    is_helsinki = user.is_manager and user.organisation_kind == Organisation.Kind.IOM_HELSINKI
    return is_helsinki and case.access_for(user).may_read(Section.STATUS)


def _for_owner(case: Case, by: User) -> Case:
    case = locked(case)
    if not owns_records(case, by):
        raise PermissionDenied
    return _not_destroyed(case)


def _for_answering(case: Case, by: User) -> Case:
    case = locked(case)
    if not may_answer_person(case, by):
        raise PermissionDenied
    return _not_destroyed(case)


def _not_destroyed(case: Case) -> Case:
    if case.destroyed_at is not None:
        raise StepRefused(case, "")
    return case


# Restriction of processing


@transaction.atomic
def restrict(case: Case, *, by: User, ground: str, reason: str) -> Restriction:
    """Close the case for daily use (article 18): it is kept, and nobody works with it until this is lifted."""
    case = _for_owner(case, by)
    if ground not in Restriction.CHOSEN:
        raise PermissionDenied
    if case.limited_since is not None:
        raise StepRefused(case, "restrict")
    if case.state == State.IN_TRANSIT:
        sentence = _("The person is on the way. Restrict the case when the arrival has been recorded.")
        raise StepRefused(case, "restrict", [Blocker(sentence, case.get_absolute_url())])
    row = _close(case, by, ground, reason)
    emails.notify(case, _everybody(case), "processing_restricted")
    return row


def close_for_use(case: Case) -> None:
    """The rule of retention keeps the case and closes it for daily use."""
    _close(locked(case), None, Restriction.Ground.RETENTION, "")


def _close(case: Case, by: User | None, ground: str, reason: str) -> Restriction:
    row = Restriction.begin(case, by=by, ground=ground)
    row.reason = reason
    row.save(force_insert=True)
    case.limited_since = clock.now()
    Case.objects.filter(pk=case.pk).update(limited_since=case.limited_since)
    case.forget_access()
    record_event(case, "restrict", by=by)
    return row


@transaction.atomic
def lift_restriction(case: Case, *, by: User, note: str) -> Case:
    """Open the case for use again; the note says why."""
    case = _for_owner(case, by)
    row = Restriction.objects.select_for_update().filter(case=case, lifted_at__isnull=True).first()
    if row is None or case.limited_since is None:
        raise StepRefused(case, "lift_restriction")
    row.case = case
    row.lifted_at, row.lifted_by, row.lift_note = clock.now(), by, note
    row.save(update_fields=["lifted_at", "lifted_by", "lift_note"])
    case.limited_since = None
    Case.objects.filter(pk=case.pk).update(limited_since=None)
    case.forget_access()
    record_event(case, "lift_restriction", by=by)
    emails.notify(case, _everybody(case), "restriction_lifted")
    return case


def _everybody(case: Case) -> list[User]:
    """Everybody whose organisation takes part in the case."""
    organisations = Organisation.objects.filter(pk__in=emails.with_live_grant(case))
    return [user for organisation in organisations for user in emails.in_circle(case, emails.people_in(organisation))]


# The extract


@transaction.atomic
def ask_for_extract(case: Case, *, by: User, left_out: Mapping[str, str], language: str) -> Extract:
    """Have the worker collect everything that is held on the person; what is left out is listed in it."""
    case = _for_answering(case, by)
    left_out = {section: ground for section, ground in left_out.items() if ground}
    if not may_hold_extract(case, by, left_out):
        raise PermissionDenied
    extract = Extract.begin(case, by=by, language=language)
    extract.left_out = left_out
    extract.save(force_insert=True)
    outbox.put("extract", key=f"extract:{extract.pk}", case_id=case.pk, row_id=extract.pk)
    record_event(case, "make_extract", by=by)
    looks.record(by, case.pk, Section.STATUS, "export", "cases:make-extract")
    return extract


def may_hold_extract(case: Case, user: User, left_out: Mapping[str, str]) -> bool:
    """Whether this person may have these parts collected: a protected identity only if it is open to them by name.

    An emergency opening is for what cannot wait, not for everything at once.
    """
    return reaches_without_glass(case, user, names=Section.IDENTITY.value not in left_out)


def keep_extract(extract: Extract, content: bytes) -> None:
    """Seal the finished file, and have it removed when its days are over."""
    extract.stored_as = uploads.store(extract.pk, extract.case.sealing_key(), content, part=EXTRACT_PART)
    extract.made_at, extract.size = clock.now(), len(content)
    extract.expires_at = extract.made_at + EXTRACT_LIVES
    extract.save()
    outbox.put(
        "remove_extract",
        key=f"remove_extract:{extract.pk}",
        case_id=extract.case_id,
        row_id=extract.pk,
        due_at=extract.expires_at,
    )


@transaction.atomic
def fetch_extract(extract: Extract, *, by: User) -> bytes:
    """The finished file, to whoever had it made and still may; each fetching is in the trail."""
    if extract.created_by_id != by.pk or not may_answer_person(extract.case, by):
        raise PermissionDenied
    if not may_hold_extract(extract.case, by, extract.left_out or {}):
        raise PermissionDenied
    if not extract.is_ready:
        raise StepRefused(extract.case, "fetch_extract")
    looks.record(by, extract.case_id, Section.STATUS, "export", "cases:extract-file")
    return uploads.read(extract.stored_as, extract.pk, extract.case.sealing_key(), part=EXTRACT_PART)


@outbox.handles("extract")
def make_extract(item: OutboxItem) -> None:
    """Collect, render and keep one extract; only the worker does this."""
    rows = Extract.objects.select_related("case__key", "case__referring")
    extract = rows.filter(pk=named(item.row_id), made_at__isnull=True).first()
    if extract is not None:
        keep_extract(extract, extract_paper.build(extract))


@outbox.handles("remove_extract")
def remove_extract(item: OutboxItem) -> None:
    """Its seven days are over."""
    extract = Extract.objects.filter(pk=named(item.row_id), removed_at__isnull=True).first()
    if extract is None or not extract.stored_as:
        return
    forget_file(extract.stored_as)
    Extract.objects.filter(pk=extract.pk).update(stored_as="", removed_at=clock.now())


# The register


@transaction.atomic
def record_request(case: Case, *, by: User, kind: str, asked_on: date, text: str) -> RightsRequest:
    """Write down what the person asks; it is due within a month."""
    case = _for_answering(case, by)
    due_on = RightsRequest.due_after(asked_on)
    request = RightsRequest.begin(case, by=by, kind=kind, asked_on=asked_on, due_on=due_on)
    request.text = text
    request.save(force_insert=True)
    record_event(case, "record_rights_request", by=by)
    return request


@transaction.atomic
def answer_rights_request(
    request: RightsRequest, *, by: User, outcome: str, answered_on: date, answer: str
) -> RightsRequest:
    """Write down what was answered, and when."""
    case = _for_answering(request.case, by)
    request = RightsRequest.objects.select_for_update().get(pk=request.pk)
    request.case = case
    if request.answered_on is not None:
        raise StepRefused(case, "answer_rights_request")
    request.outcome, request.answered_on, request.answered_by = outcome, answered_on, by
    request.answer = answer
    request.save()
    record_event(case, "answer_rights_request", by=by)
    return request


def requests_of(case: Case) -> list[RightsRequest]:
    """What the person has asked, in every round, newest first."""
    return [_with_case(row, case) for row in RightsRequest.objects.filter(case=case).select_related("created_by")]


def extracts_of(case: Case) -> list[Extract]:
    """The extracts that were made, newest first."""
    return [_with_case(row, case) for row in Extract.objects.filter(case=case).select_related("created_by")]


def restriction_of(case: Case) -> Restriction | None:
    """The restriction that stands."""
    row = Restriction.objects.filter(case=case, lifted_at__isnull=True).select_related("created_by").first()
    return _with_case(row, case) if row is not None else None


def _with_case(row: Any, case: Case) -> Any:
    """The row with the case at hand: its sealed fields open with the key that has been read already."""
    row.case = case
    return row
