"""Booking notice and hand-over pack: what IOM Helsinki sends, and the local office answers on a telephone."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases.actions import StepRefused
from cases.actions.identity import may_open_identity, named_people
from cases.models import Case
from cases.permissions import Relation, Section
from cases.states import State
from cases.views.lookup import case_for
from cases.views.registers import record_page
from partners.http import PortalRequest, reach
from reintegration import zones
from reintegration.actions import journey as actions
from reintegration.forms.journey import AcknowledgeForm, NoticeAnswerForm, NoticeForm
from reintegration.hand_over import hand_over as parts_of
from reintegration.journey import arrival_zone, journey_of, page
from reintegration.models import Journey
from reintegration.views.journey import LegLine, posted
from reintegration.views.needs import of_the_office
from returns_portal import looks


@reach("case")
def booking_notice(request: PortalRequest, code: str) -> HttpResponse:
    """Tell the local office who comes when."""
    case = case_for(request, code, write=Section.JOURNEY)
    journey = journey_of(case)
    form = NoticeForm(posted(request), case=case, journey=journey)
    return record_page(
        request,
        case,
        form,
        lambda form: actions.send_booking_notice(case, by=request.user, **form.cleaned_data),
        title=_("Send booking notice"),
        submit_label=_("Send booking notice"),
        back=page(case, "journey"),
        success=_("The booking notice is sent. The local office answers within one working day."),
        template="reintegration/journey/notice.html",
        context=_booked(case, journey),
    )


def _booked(case: Case, journey: Journey | None) -> dict[str, Any]:
    legs = [LegLine(leg) for leg in journey.booked_legs] if journey else []
    return {
        "legs": legs,
        "journey": journey,
        "expected": zones.in_words(journey.expected_at, [arrival_zone(case, journey)]) if journey else "",
    }


@reach("case")
def answer_booking(request: PortalRequest, code: str) -> HttpResponse:
    """The local office says whether it meets the person, and who does."""
    case = case_for(request, code, read=Section.JOURNEY)
    of_the_office(request, case)
    journey = journey_of(case)
    initial = {"meeter_name": journey.meeter_name, "meeter_phone": journey.meeter_phone} if journey else {}
    return record_page(
        request,
        case,
        NoticeAnswerForm(posted(request), initial=initial),
        lambda form: actions.answer_booking_notice(case, by=request.user, **form.cleaned_data),
        title=_("Answer the booking notice"),
        submit_label=_("Answer"),
        back=page(case, "hand-over"),
        success=_("The answer is sent."),
        template="reintegration/journey/answer.html",
        context={
            "is_asked": journey is not None and journey.booking_notice_sent_at is not None,
            **_booked(case, journey),
        },
    )


@reach("case")
def hand_over(request: PortalRequest, code: str) -> HttpResponse:
    """The hand-over pack: closed until somebody at the local office opens it, then read and acknowledged."""
    case = case_for(request, code, read=Section.JOURNEY)
    journey = journey_of(case)
    is_office = request.access.relation == Relation.SUPPORTING and request.user.organisation_id == case.local_office_id
    missing = actions.pack_missing(case, journey)
    is_open = journey is not None and not missing and (not is_office or journey.pack_opened_at is not None)
    form = _acknowledge_form(request, journey)
    status = 200
    if request.method == "POST":
        if not is_office:
            raise PermissionDenied
        if form.is_valid():
            form.cleaned_data.pop("has_read")
            try:
                actions.acknowledge_pack(case, by=request.user, **form.cleaned_data)
            except StepRefused as refused:
                missing, status = refused.blockers, 409
            else:
                messages.success(request, _("Thank you. IOM Helsinki knows that the person is met."))
                return redirect(page(case, "arrival"))
    parts = []
    if is_open and journey is not None:
        with_names = is_office and may_open_identity(case, request.user)
        if with_names:
            looks.record(request.user, case.pk, Section.IDENTITY, "reveal", "reintegration:hand-over")
        parts = parts_of(case, journey, with_names=with_names)
    context = {
        "case": case,
        "journey": journey,
        "parts": parts,
        "is_office": is_office,
        "is_open": is_open,
        "named": named_people(case) if is_office and case.is_protected else [],
        "may_answer": is_office and case.state in {State.TRAVEL, State.IN_TRANSIT},
        "blockers": missing,
        "form": form,
    }
    return render(request, "reintegration/journey/hand_over.html", context, status=status)


def _acknowledge_form(request: PortalRequest, journey: Journey | None) -> AcknowledgeForm:
    initial = {"meeter_name": journey.meeter_name, "meeter_phone": journey.meeter_phone} if journey else {}
    if not initial.get("meeter_name"):
        initial = {"meeter_name": request.user.name, "meeter_phone": request.user.phone}
    return AcknowledgeForm(posted(request), initial=initial)


@reach("case")
@require_POST
def open_pack(request: PortalRequest, code: str) -> HttpResponse:
    """Somebody at the local office opens the pack; that leaves a line."""
    case = case_for(request, code, read=Section.JOURNEY)
    of_the_office(request, case)
    actions.open_pack(case, by=request.user)
    return redirect(page(case, "hand-over"))
