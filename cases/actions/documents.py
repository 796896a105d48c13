"""Files that people add to a case, and reading them."""

import hashlib
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from cases.actions.move import StepRefused, locked, record_event
from cases.models import Case, Document
from cases.permissions import OPEN_IN, Relation, Section
from cases.states import State
from partners.models import User
from returns_portal import clock, uploads

# The section whose readers may read a file of this kind (process, section 4: "by the class of the document").
SECTION_OF: dict[str, Section] = {
    Document.Kind.SIGNED_APPLICATION: Section.APPLICATION,
    Document.Kind.ATTACHMENT: Section.APPLICATION,
    Document.Kind.SIGNED_PLAN: Section.PLAN,
    Document.Kind.TRAVEL_DOCUMENT: Section.JOURNEY,
    Document.Kind.TICKET: Section.JOURNEY,
    Document.Kind.RECEIPT: Section.ARRIVAL,
    Document.Kind.MEDICAL: Section.HEALTH,
    Document.Kind.REFERRAL_PAPER: Section.REFERRAL,
    Document.Kind.OTHER: Section.QUESTIONS,
}


@transaction.atomic
def add_document(case: Case, *, by: User, kind: str, file: UploadedFile, row_id: UUID | None = None) -> Document:
    """Seal and keep a file of this kind; raises ValidationError where the file is too large or not of a taken type."""
    case = locked(case)
    section = SECTION_OF[kind]
    access = case.access_for(by)
    if not access.may_write(section) or access.relation == Relation.INFORMED:
        raise PermissionDenied
    accepted = uploads.accept(file)
    document_id = uuid4()
    document = Document(
        id=document_id,
        case=case,
        round=case.round,
        created_by=by,
        kind=kind,
        section=section,
        row_id=row_id,
        media_type=accepted.media_type,
        size=len(accepted.content),
        sha256=hashlib.sha256(accepted.content).hexdigest(),
        stored_as=uploads.store(document_id, case.sealing_key(), accepted.content),
    )
    document.name = accepted.name
    document.save(force_insert=True)
    record_event(case, "add_document", by=by, section=section)
    return document


@transaction.atomic
def withdraw_document(document: Document, *, by: User) -> None:
    """Take a file out of the case's list: it was added by mistake. It stays sealed until retention."""
    case, section = locked(document.case), Section(document.section)
    if document.created_by_id != by.pk or not case.access_for(by).may_write(section):
        raise PermissionDenied
    received = document.kind == Document.Kind.SIGNED_APPLICATION and case.state != State.APPLICATION
    if case.state not in OPEN_IN[section] or received:  # the application was received on this paper
        raise StepRefused(case, "withdraw_document")
    document.withdrawn_at = clock.now()
    document.save(update_fields=["withdrawn_at"])
    record_event(document.case, "withdraw_document", by=by, section=document.section)


def read_document(document: Document) -> bytes:
    """The file's content, opened with the case's key."""
    return uploads.read(document.stored_as, document.pk, document.case.sealing_key())
