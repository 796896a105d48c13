"""The case's papers and files: listed by who may read them, given out as attachments only."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cases import actions
from cases.actions.documents import SECTION_OF
from cases.forms.application import OriginalForm, UploadForm
from cases.models import Case, Document
from cases.permissions import OPEN_IN, Access, Relation, Section
from cases.views.lookup import case_for
from cases.views.registers import record_page
from partners.http import PortalRequest, reach
from partners.step_up import fresh_factor
from returns_portal import looks, uploads


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

    return record_page(
        request,
        case,
        form,
        lambda _form: say_kept(request, actions.add_document(case, by=request.user, **form.cleaned_data)),
        title=_("Add a document"),
        submit_label=_("Upload"),
        back=f"{case.get_absolute_url()}documents/",
    )


def say_kept(request: PortalRequest, document: Document) -> None:
    """Tell the uploader that the file is there, and whether it opens already."""
    if document.is_openable:
        messages.success(request, _("The document is added."))
    else:
        messages.success(request, _("The document is added. It opens when it has been checked for viruses."))


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
    return f"{document.case.code_shown} {document.pk.hex[:6]}{uploads.ending_of(document.media_type)}"


def attachment(content: bytes, name: str, media_type: str) -> HttpResponse:
    """A file that no browser opens by itself, keeps, or runs anything of."""
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response


@reach("case")
@require_GET
def document(request: PortalRequest, code: str, document_id: UUID) -> HttpResponse:
    """Give out one file as an attachment, and write down who took it."""
    case = case_for(request, code)
    found = _document(request, case, document_id)
    content = actions.read_document(found)
    looks.record(
        user=request.user, case_id=case.pk, section=found.section, action="download", path_name="cases:document"
    )
    return attachment(content, file_name(found), found.media_type)


@reach("case")
@fresh_factor
@require_http_methods(["GET", "POST"])
def original(request: PortalRequest, code: str, document_id: UUID) -> HttpResponse:
    """Give out the file as it came: to a manager of those who added it, for a reason that is written down."""
    case = case_for(request, code)
    found = _document(request, case, document_id)
    actions.check_may_open_original(found, request.user)
    form = OriginalForm(request.POST or None)
    if form.is_valid():
        content = actions.open_original(found, by=request.user, reason=form.cleaned_data["reason"])
        looks.record(
            user=request.user, case_id=case.pk, section=found.section, action="reveal", path_name="cases:original"
        )
        # Named and typed so that a double click starts nothing: it is evidence, not a paper to read.
        return attachment(content, f"{file_name(found)}.original", "application/octet-stream")
    context = {"case": case, "form": form, "document": found}
    return render(request, "cases/documents_original.html", context)


@reach("case")
@require_POST
def withdraw(request: PortalRequest, code: str, document_id: UUID) -> HttpResponse:
    """Take back a file that one has added by mistake."""
    case = case_for(request, code)
    actions.withdraw_document(_document(request, case, document_id), by=request.user)
    return redirect(f"{case.get_absolute_url()}documents/")
