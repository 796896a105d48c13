"""Files that people add to a case, what the scanner says of them, and reading them."""

import hashlib
from datetime import timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from cases import emails
from cases.actions.move import StepRefused, locked, record_event
from cases.guards import Blocker
from cases.models import Case, Document
from cases.permissions import OPEN_IN, Relation, Section
from cases.states import State
from partners.models import User
from returns_portal import clock, outbox, uploads
from returns_portal.models import OutboxItem

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
# The name under which the file as it came is sealed beside the one made anew.
ORIGINAL = "original"
# After so many tries in vain the uploader is told that it takes longer.
TOLD_AT = 2


@transaction.atomic
def add_document(case: Case, *, by: User, kind: str, file: UploadedFile, row_id: UUID | None = None) -> Document:
    """Make the file anew, seal and keep it; raises ValidationError for the field `file` where it is not taken."""
    section = SECTION_OF[kind]
    _check_may_add(case, by, section)
    try:
        # Before the case is locked: making a photograph anew takes a second.
        accepted = uploads.accept(file, whose=by.pk)
        case = locked(case)
        _check_may_add(case, by, section)
        document = _kept(case, by, kind, accepted)
    except ValidationError as error:
        raise ValidationError({"file": error.messages}) from None
    except uploads.UploadFailed:
        raise ValidationError({"file": _("The file could not be kept; nothing was saved. Try again later.")}) from None
    document.row_id = row_id
    document.save(force_insert=True)
    if document.scan == Document.Scan.WAITING:
        _queue_scan(document)
    record_event(case, "add_document", by=by, section=section)
    return document


def _check_may_add(case: Case, by: User, section: Section) -> None:
    access = case.access_for(by)
    if not access.may_write(section) or access.relation == Relation.INFORMED:
        raise PermissionDenied


def _kept(case: Case, by: User, kind: str, accepted: uploads.AcceptedUpload) -> Document:
    """The unsaved document of a file that lies sealed on disk, as it came and made anew."""
    document_id, key, was_changed = uuid4(), case.sealing_key(), accepted.original != accepted.content
    document = Document(
        id=document_id,
        case=case,
        round=case.round,
        created_by=by,
        kind=kind,
        section=SECTION_OF[kind],
        media_type=accepted.media_type,
        size=len(accepted.content),
        sha256=hashlib.sha256(accepted.content).hexdigest(),
        stored_as=uploads.store(document_id, key, accepted.content),
        original_stored_as=uploads.store(document_id, key, accepted.original, part=ORIGINAL) if was_changed else "",
        scan=Document.Scan.WAITING if settings.CLAMD_URL else Document.Scan.SKIPPED,
    )
    document.name = accepted.name
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
    """The file's content, opened with the case's key; raises StepRefused where it may not be given out."""
    _check_openable(document)
    return uploads.read(document.stored_as, document.pk, document.case.sealing_key())


def check_may_open_original(document: Document, user: User) -> None:
    """A manager of the organisation that added the file, and only where the file was changed at all."""
    if not document.original_stored_as or document.created_by is None:
        raise PermissionDenied
    if not user.is_manager or user.organisation_id != document.created_by.organisation_id:
        raise PermissionDenied


@transaction.atomic
def open_original(document: Document, *, by: User, reason: str) -> bytes:
    """The file as it came: with its place, its time and whatever hid in it; the reason stays in the history."""
    check_may_open_original(document, by)
    _check_openable(document)
    record_event(document.case, "open_original", by=by, section=document.section, note=reason)
    return uploads.read(document.original_stored_as, document.pk, document.case.sealing_key(), part=ORIGINAL)


def _check_openable(document: Document) -> None:
    if not document.is_openable:
        page = f"{document.case.get_absolute_url()}documents/"
        raise StepRefused(document.case, "read_document", [Blocker(_why_locked(document), page)])


def _why_locked(document: Document) -> str:
    if document.scan == Document.Scan.INFECTED:
        return _("A virus was found in this file: it stays locked. Ask for a new copy.")
    return _("This file has not been checked for viruses yet. It opens when the check is done.")


# What the scanner says


def _queue_scan(document: Document, turn: int = 1) -> None:
    """Have the worker ask the scanner; the next turn comes later, and there is always a next one."""
    begun = clock.now()
    outbox.put(
        "scan",
        key=f"scan:{document.pk}:{turn}:{begun.timestamp()}",
        case_id=document.case_id,
        row_id=document.pk,
        due_at=begun if turn == 1 else begun + outbox.wait_after(turn - 1),
        data={"turn": turn},
    )


@outbox.handles("scan")
def scan_document(item: OutboxItem) -> None:
    """Ask the scanner about one file; while it is away the file stays locked, and is asked about again."""
    if item.row_id is None:
        return
    rows = Document.objects.select_related("case__key", "created_by__organisation").filter(scan=Document.Scan.WAITING)
    document = rows.exclude(kind=Document.Kind.PAPER).filter(pk=item.row_id).first()
    if document is None:
        return
    if not settings.CLAMD_URL:  # never in production, see the settings
        _note(document, Document.Scan.SKIPPED)
        return
    try:
        found = _found_in(document)
    except uploads.ScannerAway:
        turn = int(item.data["turn"])
        _queue_scan(document, turn + 1)
        if turn == TOLD_AT:
            _tell(document, "document_waits")
        return
    _note(document, Document.Scan.INFECTED if found else Document.Scan.CLEAN)
    if found:
        record_event(document.case, "document_infected", by=None, section=document.section)
        _tell(document, "document_infected")


def _found_in(document: Document) -> str:
    """The name of what the scanner finds, in the file as it came or in the one made anew."""
    key = document.case.sealing_key()
    parts = [(document.original_stored_as, ORIGINAL), (document.stored_as, "")]
    return next(
        filter(None, (uploads.scan(uploads.read(lies, document.pk, key, part=part)) for lies, part in parts if lies)),
        "",
    )


def _note(document: Document, scan: str) -> None:
    document.scan, document.scanned_at = scan, clock.now()
    document.save(update_fields=["scan", "scanned_at"])


def _tell(document: Document, what: str) -> None:
    """The uploader; of a virus the managers of the same organisation too."""
    uploader = document.created_by
    if uploader is None:
        return
    managers = emails.managers_of(uploader.organisation) if what == "document_infected" else []
    page = f"{document.case.get_absolute_url()}documents/"
    emails.notify(document.case, {uploader, *managers}, what, page=page, key=f"{what}:{document.pk}")


def queue_forgotten_scans() -> int:
    """Queue the files that wait for the scanner and that nobody asks about; returns how many."""
    asked = OutboxItem.objects.filter(kind="scan", done_at=None, failed_at=None).values("row_id")
    waiting = Document.objects.filter(scan=Document.Scan.WAITING).exclude(kind=Document.Kind.PAPER)
    found = list(waiting.filter(created_at__lt=clock.now() - timedelta(hours=1)).exclude(pk__in=asked))
    for document in found:
        _queue_scan(document)
    return len(found)
