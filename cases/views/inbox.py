"""The portal's own inbox."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from cases import actions
from cases.models import Case, Notification
from cases.views.lists import note_list
from cases.views.notice_lines import UNREAD, by_day, cases_in, lines_of, notices_of
from partners.http import PortalRequest, reach
from partners.models import User
from returns_portal import clock
from returns_portal.ui import HelpLine

PAGE = 30
# Safety that nobody has read stays on top; more than this is never unread at once in one inbox.
ON_TOP = 30


@reach("signed-in")
@require_GET
def inbox(request: PortalRequest) -> HttpResponse:
    """All notices of the reader: unread safety on top, then day by day, newest first."""
    user = request.user
    tabs = {"": _("All"), "unread": _("Unread"), "safety": _("Safety")}
    show = request.GET.get("show", "") if request.GET.get("show", "") in tabs else ""
    mine = notices_of(user)
    if show == "unread":
        mine = mine.filter(UNREAD)
    elif show == "safety":
        mine = mine.filter(is_safety=True)
    urgent = mine.filter(UNREAD, is_safety=True)[:ON_TOP]
    page = Paginator(mine.exclude(pk__in=[notice.pk for notice in urgent.only("pk")]), PAGE).get_page(
        request.GET.get("page")
    )
    on_top = lines_of(urgent, user) if page.number == 1 else []
    notices = lines_of(page.object_list, user)  # type: ignore[arg-type]  # a page of a query set is one
    note_list(request, beside=cases_in([*on_top, *notices]))
    context = {
        "page": page,
        "notices": notices,
        "on_top": on_top,
        "days": by_day(notices),
        "show": show,
        "tabs": tabs.items(),
        "undelivered": undelivered_by(user).count(),
    }
    return render(request, "cases/inbox.html", context)


def undelivered_by(user: User) -> QuerySet[Notification]:
    """What this person's acts told others whose mail does not arrive, as long as they have not read it here.

    A manager sees besides what was told for safety by their people, or by a clock to them.
    """
    theirs = Q(sender=user)
    if user.is_manager:
        ours = Q(sender__organisation=user.organisation_id)
        theirs |= Q(is_safety=True) & (ours | Q(sender=None, recipient__organisation=user.organisation_id))
    lost = [Notification.Mail.LATE, Notification.Mail.FAILED]
    seen = Exists(Case.objects.visible_to(user).filter(pk=OuterRef("case_id")))
    return Notification.objects.filter(theirs, UNREAD, seen, mail__in=lost).exclude(recipient=user)


@reach("signed-in")
@require_GET
def undelivered(request: PortalRequest) -> HttpResponse:
    """Whom the mail about the reader's own acts has not reached, and the number to ring instead."""
    user = request.user
    found = undelivered_by(user).select_related("case", "recipient__organisation")
    page = Paginator(found.order_by("-created_at", "id"), PAGE).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    note_list(request, beside=[row.case_id for row in rows if row.case_id])
    return render(request, "cases/inbox_undelivered.html", {"page": page, "rows": [_line(row) for row in rows]})


def _line(row: Notification) -> dict[str, Any]:
    organisation = row.recipient.organisation
    return {
        "code": row.case.code_shown if row.case else "",
        "name": row.recipient.name,
        "organisation": organisation.name if organisation else "",
        "line": HelpLine(row.recipient.name, row.recipient.phone or (organisation.phone if organisation else "")),
        "since": row.created_at,
        "is_lost": row.mail == Notification.Mail.FAILED,
    }


@reach("signed-in")
@require_GET
def open_notice(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Go to what a notice is about; it is read then. Safety stays on top until it is settled or marked by hand."""
    notice = Notification.objects.filter(pk=pk, recipient=request.user).first()
    if notice is None:
        raise Http404
    if not notice.is_safety:
        actions.read_notices(request.user, only=pk)
    leads_to = notice.case_id if notice.page != reverse("cases:glass-review") else None
    if leads_to is not None and not Case.objects.visible_to(request.user).filter(pk=leads_to).exists():
        return redirect("cases:inbox")
    return redirect(notice.page)


@reach("signed-in")
@require_POST
def read_all(request: PortalRequest) -> HttpResponse:
    """Mark every notice as read, but for safety: each of those is marked for itself."""
    mine = Notification.objects.filter(UNREAD, recipient=request.user)
    count = mine.filter(is_safety=False).update(read_at=clock.now())
    messages.success(
        request,
        ngettext("%(n)s message is marked as read.", "%(n)s messages are marked as read.", count) % {"n": count},
    )
    if mine.filter(is_safety=True).exists():
        messages.info(request, _("Messages about safety stay unread until you mark each of them."))
    return redirect("cases:inbox")


@reach("signed-in")
@require_POST
def read_one(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Mark one notice as read without opening it."""
    if not Notification.objects.filter(pk=pk, recipient=request.user).exists():
        raise Http404
    actions.read_notices(request.user, only=pk)
    return redirect("cases:inbox")
