"""The press: papers are queued by the event that makes them, rendered by the worker, kept sealed as documents."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q
from django.utils import translation

from cases.models import Case, Document
from cases.pdfs.senders import sender_of
from cases.permissions import Section
from returns_portal import clock, outbox, pdf, uploads
from returns_portal.models import OutboxItem

if TYPE_CHECKING:
    from django.db.models import QuerySet

Builder = Callable[[Case, UUID | None], dict[str, Any]]
LANGUAGES = ("sv", "en-gb")


@dataclass(frozen=True)
class Paper:
    """One kind of paper: its name, its title, the section whose readers may read it, its template and its content."""

    name: str
    title: Any
    section: Section
    template: str
    build: Builder


class OutOfDate(Exception):
    """Consents or protection changed while a paper was made: the worker makes it again."""


PAPERS: dict[str, Paper] = {}


def paper(name: str, *, title: Any, section: Section, template: str = "") -> Callable[[Builder], Builder]:
    """Register a paper. The decorated function gives its template's context for a case and a row.

    What it puts under "paper" (sender, addressee, signed_by, kind, place, title, version) goes round the text: the
    rest of `returns_portal.pdf.Paper` is filled in here; the sender is IOM Helsinki unless the function names another.
    """

    def register(build: Builder) -> Builder:
        PAPERS[name] = Paper(name, title, section, template or f"pdf/{name}.html", build)
        return build

    return register


def named(row: UUID | None) -> UUID:
    """The id of the row that a paper tells of; such a paper is never queued without one."""
    if row is None:
        raise ValueError("This paper tells of a row.")
    return row


def queue(case: Case, name: str, *, row: UUID | None = None) -> None:
    """Have the worker make the paper in Swedish and English, in the transaction of the event that causes it."""
    version = _next_version(case, name, row)
    for language in LANGUAGES:
        outbox.put(
            "paper",
            key=f"paper:{name}:{case.pk}:{row}:{language}:{version}",
            case_id=case.pk,
            row_id=row,
            data={"name": name, "language": language, "version": version},
        )


def retract(case: Case, name: str, *, row: UUID | None = None) -> None:
    """Take out of the case's list what was made of this paper: it says more than may be said now."""
    made = Document.objects.filter(case=case, paper=name, withdrawn_at__isnull=True)
    (made.filter(row_id=row) if row else made).update(withdrawn_at=clock.now())


def make_anew(case: Case, name: str) -> None:
    """Take back what was made of this paper in the present round, and have it made from what holds now."""
    made = Document.objects.filter(case=case, paper=name, round=case.round, withdrawn_at__isnull=True)
    rows = set(made.order_by().values_list("row_id", flat=True)) | set(
        _items(case, name).filter(done_at__isnull=True, failed_at__isnull=True).values_list("row_id", flat=True)
    )
    retract(case, name)
    for row in rows:
        queue(case, name, row=row)


def _next_version(case: Case, name: str, row: UUID | None) -> int:
    """One more than what is made or being made; an item that waits untouched will tell what holds when it is made."""
    made = Document.objects.filter(case=case, paper=name, row_id=row).aggregate(latest=Max("version"))["latest"] or 0
    begun = _items(case, name).filter(row_id=row).filter(Q(attempts__gt=0) | Q(done_at__isnull=False))
    return max(int(made), *(int(item.data["version"]) for item in begun), 0) + 1


def _items(case: Case, name: str) -> "QuerySet[OutboxItem]":
    return OutboxItem.objects.filter(key__startswith=f"paper:{name}:{case.pk}:")


@outbox.handles("paper")
def make_paper(item: OutboxItem) -> None:
    """Render one queued paper and store it; made once per version and language."""
    case = (
        Case.objects.select_related("key", "referring", "approving", "local_office", "caseworker", "coordinator")
        .filter(pk=named(item.case_id))
        .first()
    )
    if case is None or not hasattr(case, "key"):
        return
    name, language, version = item.data["name"], item.data["language"], item.data["version"]
    made = Document.objects.filter(case=case, paper=name, row_id=item.row_id, language=language, version=version)
    if not made.exists():
        store(case, name, item.row_id, language, version, dated=item.created_at)


@transaction.atomic
def store(
    case: Case, name: str, row: UUID | None, language: str, version: int = 1, *, dated: datetime | None = None
) -> Document:
    """Render a paper and keep it as a document of the case; only the worker calls this.

    `dated` is the moment of the event that causes it, now if not given: a letter bears the day of its decision, however
    late the worker comes to it.
    """
    kind = PAPERS[name]
    with translation.override(language):
        built = kind.build(case, row)
        frame = frame_of(case, kind, version, {"made_at": dated or clock.now(), **built.pop("paper", {})})
        content = pdf.render(kind.template, {"case": case, **built, "paper": frame}, language=language)
    _check_still_holds(case)
    document_id = uuid4()
    document = Document(
        id=document_id,
        case=case,
        round=case.round,
        kind=Document.Kind.PAPER,
        section=kind.section,
        paper=name,
        row_id=row,
        language=language,
        version=version,
        media_type="application/pdf",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        stored_as=uploads.store(document_id, case.sealing_key(), content),
    )
    document.name = f"{frame.title} {case.code_shown}.pdf"
    document.save(force_insert=True)
    return document


def _check_still_holds(case: Case) -> None:
    """What may be told must not have changed while the paper was made; the case stands still until it is kept."""
    names = ("round", "is_protected", "shares_health", "shared_with_iom")
    now = Case.objects.select_for_update(of=("self",)).only(*names).get(pk=case.pk)
    if any(getattr(now, name) != getattr(case, name) for name in names):
        raise OutOfDate


def frame_of(case: Case, kind: Paper, version: int, said: dict[str, Any]) -> pdf.Paper:
    """What stands round the text of a paper: by the press, unless the paper itself says otherwise."""
    known = {
        "title": str(kind.title),
        "reference": case.code_shown,
        "version": str(version),
        "made_at": clock.now(),
        **said,
    }
    if "version" in said:  # what the paper tells of has versions of its own: "2.1" is the first print of the second
        known["version"] = f"{said['version']}.{version}"
    return pdf.Paper(**{**known, "sender": known.get("sender") or sender_of()})


def language_of(language: str) -> str:
    """The language a paper is made in for a reader of `language`."""
    return language if language in LANGUAGES else settings.LANGUAGE_CODE
