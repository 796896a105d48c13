"""The case's papers and files: listed by who may read them, given out as attachments only."""

from pathlib import PurePosixPath
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cases import actions
from cases.actions.documents import SECTION_OF
from cases.forms.application import UploadForm
from cases.models import Case, Document
from cases.permissions import OPEN_IN, Access, Relation, Section
from cases.views.lookup import case_for
from cases.views.registers import record_page
from partners.http import PortalRequest, reach
from returns_portal import looks


def readable(case: Case, access: Access) -> "list[Document]":
    """The documents this person may read, newest first."""
    return list(
        Document.objects.readable(case, access).select_related("case__key", "created_by").order_by("-created_at")
    )


def kinds_to_add(case: Case, access: Access) -> list[str]:
    """The kinds of file this person may add in the case's present state."""
    if access.relation == Relation.INFORMED:
        return []
    return [
        kind
        for kind, section in SECTION_OF.items()
        if access.may_write(section) and case.state in OPEN_IN[section] and case.state != "draft"
    ]


@reach("case")
@require_GET
def documents(request: PortalRequest, code: str) -> HttpResponse:
    """Every document that this person may read."""
    case = case_for(request, code)
    if not request.access.may_read(Section.STATUS):
        raise PermissionDenied
    page = Paginator(readable(case, request.access), 25).get_page(request.GET.get("page"))
    context = {"case": case, "page": page, "may_add": bool(kinds_to_add(case, request.access))}
    return render(request, "cases/documents.html", context)


@reach("case")
@require_http_methods(["GET", "POST"])
def add(request: PortalRequest, code: str) -> HttpResponse:
    """Add a file of a kind that this person may add."""
    case = case_for(request, code)
    kinds = kinds_to_add(case, request.access)
    if not kinds:
        raise PermissionDenied
    form = UploadForm(request.POST or None, request.FILES or None, kinds=kinds)

    def act(_form: object) -> None:
        try:
            actions.add_document(case, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            raise ValidationError({"file": error.messages}) from error

    return record_page(
        request,
        case,
        form,
        act,
        title=_("Add a document"),
        submit_label=_("Upload"),
        back=f"{case.get_absolute_url()}documents/",
        success=_("The document is added."),
    )


def _document(request: PortalRequest, case: Case, document_id: UUID) -> Document:
    document = Document.objects.filter(case=case, pk=document_id, withdrawn_at__isnull=True).first()
    if document is None:
        raise Http404
    if not Document.objects.readable(case, request.access).filter(pk=document_id).exists():
        looks.record(
            user=request.user, case_id=case.pk, section=document.section, action="refused", path_name="cases:document"
        )
        raise PermissionDenied
    document.case = case
    return document


def file_name(document: Document) -> str:
    """What the file is called on the reader's own disk: never by the name it came with, which may be a person's."""
    if document.paper:
        return document.name
    ending = PurePosixPath(document.name).suffix.lower()
    return f"{document.case.code_shown} {document.pk.hex[:6]}{ending}"


@reach("case")
@require_GET
def document(request: PortalRequest, code: str, document_id: UUID) -> HttpResponse:
    """Give out one file as an attachment, and write down who took it."""
    case = case_for(request, code)
    found = _document(request, case, document_id)
    looks.record(
        user=request.user, case_id=case.pk, section=found.section, action="download", path_name="cases:document"
    )
    response = HttpResponse(actions.read_document(found), content_type=found.media_type)
    response["Content-Disposition"] = content_disposition_header(True, file_name(found)) or "attachment"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response


@reach("case")
@require_POST
def withdraw(request: PortalRequest, code: str, document_id: UUID) -> HttpResponse:
    """Take back a file that one has added by mistake."""
    case = case_for(request, code)
    actions.withdraw_document(_document(request, case, document_id), by=request.user)
    return redirect(f"{case.get_absolute_url()}documents/")
