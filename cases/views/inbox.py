"""The portal's own inbox."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from cases import actions
from cases.models import Case, Notification
from cases.views.lists import note_list
from cases.views.today import cases_in, notice_rows
from partners.http import PortalRequest, reach

PAGE = 30


@reach("signed-in")
@require_GET
def inbox(request: PortalRequest) -> HttpResponse:
    """All notices of the reader, newest first."""
    only_unread = request.GET.get("show") == "unread"
    mine = Notification.objects.filter(recipient=request.user).only("id").order_by("-created_at")
    if only_unread:
        mine = mine.filter(read_at__isnull=True)
    page = Paginator(mine, PAGE).get_page(request.GET.get("page"))
    start = (page.number - 1) * PAGE
    notices = notice_rows(request.user, unread_only=only_unread, limit=PAGE, start=start)
    note_list(request, beside=cases_in(notices))
    return render(request, "cases/inbox.html", {"page": page, "notices": notices, "only_unread": only_unread})


@reach("signed-in")
@require_GET
def open_notice(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Go to what a notice is about; it is read then."""
    notice = Notification.objects.filter(pk=pk, recipient=request.user).first()
    if notice is None:
        raise Http404
    actions.read_notices(request.user, only=pk)
    leads_to = notice.case_id if notice.page != reverse("cases:glass-review") else None
    if leads_to is not None and not Case.objects.visible_to(request.user).filter(pk=leads_to).exists():
        return redirect("cases:inbox")
    return redirect(notice.page)


@reach("signed-in")
@require_POST
def read_all(request: PortalRequest) -> HttpResponse:
    """Mark every notice as read."""
    count = actions.read_notices(request.user)
    messages.success(
        request,
        ngettext("%(n)s message is marked as read.", "%(n)s messages are marked as read.", count) % {"n": count},
    )
    return redirect("cases:inbox")


@reach("signed-in")
@require_POST
def read_one(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Mark one notice as read without opening it."""
    if not Notification.objects.filter(pk=pk, recipient=request.user).exists():
        raise Http404
    actions.read_notices(request.user, only=pk)
    return redirect("cases:inbox")
