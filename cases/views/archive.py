"""Destruction lists of one's own organisation: read, leave out, sign, stop, and the proof."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cases.actions import archive as actions
from cases.actions.archive import ArchiveRefused
from cases.forms.archive import LeaveOutForm
from cases.models import Case, Certificate, DestructionLine, DestructionList, RetentionRule
from partners.http import PortalRequest, reach
from partners.step_up import fresh_factor
from returns_portal import looks


def _list_for(request: PortalRequest, pk: UUID) -> DestructionList:
    """The list, if it is of the reader's own organisation; else nothing is there."""
    assert request.user.organisation is not None  # only referring organisations reach this
    listed = actions.lists_of(request.user.organisation).filter(pk=pk).first()
    if listed is None:
        raise Http404
    return listed


@reach("referring")
@require_GET
def archive(request: PortalRequest) -> HttpResponse:
    """The organisation's lists, and the rules by which its cases are kept."""
    assert request.user.organisation is not None
    page = Paginator(actions.lists_of(request.user.organisation), 25).get_page(request.GET.get("page"))
    rules = RetentionRule.objects.filter(organisation_kind=request.user.organisation_kind, is_active=True)
    return render(request, "cases/archive/archive.html", {"page": page, "rules": rules})


@reach("referring")
@require_GET
def destruction_list(request: PortalRequest, pk: UUID) -> HttpResponse:
    """One list: its cases, who has signed, and what this reader may do."""
    listed = _list_for(request, pk)
    lines = actions.lines_of(listed)
    shown = [line.case_id for line in lines]
    looks.record(request.user, None, "", "list", "cases:destruction-list", shown=shown)
    visible = set(Case.objects.visible_to(request.user).filter(pk__in=shown).values_list("pk", flat=True))
    context = {
        "listed": listed,
        "lines": [(line, line.case_id in visible) for line in lines],
        "standing": sum(line.closed_at is None for line in lines),
        "may_sign": actions.may_sign(listed, request.user),
        "may_stop": actions.may_stop(listed, request.user),
        "may_leave_out": actions.may_leave_out(listed, request.user),
        "is_first": listed.first_by_id == request.user.pk,
        "is_too_new": listed.first_by_id is not None and not actions.both_were_there(listed, request.user),
        "certificates": Certificate.objects.filter(list=listed).defer("content"),
    }
    return render(request, "cases/archive/list.html", context)


@reach("referring")
@fresh_factor
@require_http_methods(["GET", "POST"])
def sign_list(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Sign what stands on the list: the first signature, or the second."""
    listed = _list_for(request, pk)
    if not actions.may_sign(listed, request.user) and listed.is_open:
        raise PermissionDenied
    refused = ""
    if request.method == "POST":
        try:
            actions.sign(listed, by=request.user, seen=request.POST.get("seen", ""))
        except ArchiveRefused as error:
            refused = str(error)
        else:
            messages.success(request, _("The list is signed."))
            return redirect("cases:destruction-list", listed.pk)
    elif not listed.is_open:
        refused = _("The list has been signed or changed since you opened it.")
    standing = [line for line in actions.lines_of(_list_for(request, pk)) if line.closed_at is None]
    context = {
        "listed": listed,
        "standing": standing,
        "seen": actions.digest_of(standing),
        "refused": refused,
        "days": actions.wait_days(),
    }
    return render(request, "cases/archive/sign.html", context, status=409 if refused else 200)


@reach("referring")
@require_http_methods(["GET", "POST"])
def stop_list(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Stop a list that has been signed: nothing of it is destroyed."""
    listed = _list_for(request, pk)
    over = listed.stopped_at is not None or listed.destroyed_at is not None
    if not actions.may_stop(listed, request.user) and not over:
        raise PermissionDenied
    if request.method == "POST" and not over:
        try:
            actions.stop(listed, by=request.user)
        except ArchiveRefused:
            over = True
        else:
            messages.success(request, _("The list is stopped. Nothing of it is destroyed."))
            return redirect("cases:destruction-list", listed.pk)
    return render(request, "cases/archive/stop.html", {"listed": listed, "over": over}, status=409 if over else 200)


@reach("referring")
@require_http_methods(["GET", "POST"])
def leave_out(request: PortalRequest, pk: UUID, line_id: UUID) -> HttpResponse:
    """Take one case off the list: it is still needed."""
    listed = _list_for(request, pk)
    line = get_object_or_404(DestructionLine.objects.select_related("case", "list"), list=listed, pk=line_id)
    if not request.user.is_manager:
        raise PermissionDenied
    form = LeaveOutForm(request.POST or None)
    refused = "" if listed.is_open and line.closed_at is None else _("The list has been signed or changed.")
    if request.method == "POST" and not refused and form.is_valid():
        try:
            actions.leave_out(line, by=request.user, **form.cleaned_data)
        except ArchiveRefused as error:
            refused = str(error)
        else:
            messages.success(request, _("The case is taken off the list."))
            return redirect("cases:destruction-list", listed.pk)
    context = {"listed": listed, "line": line, "form": form, "refused": refused}
    return render(request, "cases/archive/leave_out.html", context, status=409 if refused else 200)


@reach("referring")
@require_GET
def certificate(request: PortalRequest, pk: UUID, language: str) -> HttpResponse:
    """The proof that a list was carried out, to the organisation that signed it."""
    proof = get_object_or_404(Certificate, list=_list_for(request, pk), language=language)
    response = HttpResponse(bytes(proof.content), content_type="application/pdf")
    name = f"{_('Certificate of destruction')} {proof.list.reference}.pdf"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
