"""Unusual access, for the managers of an organisation and for administrators to judge."""

from typing import NamedTuple
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cases.actions.alerts import AlreadyJudged, alerts_for, judge_alert
from cases.models import Case
from partners.http import PortalRequest, reach
from partners.models import User
from returns_portal.actor import acting_as_system
from returns_portal.models import AccessAlert

PAGE = 30


class Line(NamedTuple):
    """An alert as this reader sees it: the case only where it is open to them."""

    alert: AccessAlert
    name: str
    organisation: str
    case_code: str
    judged_by: str
    is_own: bool


@reach("oversight")
@require_GET
def alerts(request: PortalRequest) -> HttpResponse:
    """What was unusual, newest first; what nobody has judged yet by itself on top."""
    return _page(request)


@reach("oversight")
@require_POST
def judge(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Say what came of an alert."""
    judgement = request.POST.get("judgement", "")
    if judgement not in AccessAlert.Judgement.values:
        return _page(request, refusal=_("Choose what came of it."), status=400)
    try:
        judge_alert(pk, by=request.user, judgement=judgement)
    except AlreadyJudged:
        return _page(request, refusal=_("Somebody else has judged this already."), status=409)
    messages.success(request, _("Your judgement is kept."))
    return redirect("cases:alerts")


def _page(request: PortalRequest, *, refusal: str = "", status: int = 200) -> HttpResponse:
    with acting_as_system("oversight"):
        page = Paginator(alerts_for(request.user), PAGE).get_page(request.GET.get("page"))
        found = list(page.object_list)
    lines = _lines(found, request.user)
    context = {
        "page": page,
        "open": [line for line in lines if line.alert.reviewed_at is None],
        "judged": [line for line in lines if line.alert.reviewed_at is not None],
        "judgements": AccessAlert.Judgement.choices,
        "refusal": refusal,
    }
    return render(request, "cases/alerts.html", context, status=status)


def _lines(found: list[AccessAlert], reader: User) -> list[Line]:
    ids = {alert.user_id for alert in found} | {alert.reviewed_by_id for alert in found}
    people = User.objects.select_related("organisation").in_bulk(ids - {None})
    cases = Case.objects.visible_to(reader).filter(pk__in={alert.case_id for alert in found} - {None})
    codes = {case.pk: case.code_shown for case in cases.only("code")}
    lines = []
    for alert in found:
        person = people[alert.user_id]
        judge_ = people.get(alert.reviewed_by_id) if alert.reviewed_by_id else None
        lines.append(
            Line(
                alert=alert,
                name=person.name,
                organisation=person.organisation.short_name if person.organisation else "",
                case_code=codes.get(alert.case_id, "") if alert.case_id else "",
                judged_by=judge_.name if judge_ else "",
                is_own=person.pk == reader.pk,
            )
        )
    return lines
