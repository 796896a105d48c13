"""What the person may ask: restriction, the extract, and the register of what was asked. For managers only."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from cases.actions import rights as actions
from cases.clocks.retention import rule_for
from cases.forms.rights import AnswerForm, ExtractForm, LiftForm, RequestForm, RestrictForm
from cases.models import Case, Extract, RightsRequest
from cases.pdfs import language_of
from cases.permissions import Section
from cases.views.lookup import case_for
from cases.views.registers import record_page
from partners.http import PortalRequest, reach
from partners.step_up import fresh_factor
from returns_portal import looks


def _case_for_answering(request: PortalRequest, code: str) -> Case:
    """The case, for whoever answers the person: a manager of the record owner or of IOM Helsinki."""
    case = case_for(request, code)
    if not actions.may_answer_person(case, request.user):
        raise _refused(request, case)
    return case


def _case_for_owner(request: PortalRequest, code: str) -> Case:
    case = case_for(request, code)
    if not actions.owns_records(case, request.user):
        raise _refused(request, case)
    return case


def _refused(request: PortalRequest, case: Case) -> PermissionDenied:
    looks.record(request.user, case.pk, Section.STATUS, "refused", "cases:rights")
    return PermissionDenied()


def _rights(case: Case) -> str:
    return f"{case.get_absolute_url()}rights/"


@reach("case")
@require_GET
def rights(request: PortalRequest, code: str) -> HttpResponse:
    """Everything that concerns the person's rights in this case, on one page."""
    case = _case_for_answering(request, code)
    context = {
        "case": case,
        "owns": actions.owns_records(case, request.user),
        "restriction": actions.restriction_of(case),
        "requests": actions.requests_of(case),
        "extracts": actions.extracts_of(case),
        "rule": rule_for(case) if case.is_ended else None,
    }
    return render(request, "cases/rights/rights.html", context)


@reach("case")
@require_http_methods(["GET", "POST"])
def restrict(request: PortalRequest, code: str) -> HttpResponse:
    """Close the case for daily use."""
    case = _case_for_owner(request, code)
    form = RestrictForm(request.POST or None)
    return record_page(
        request,
        case,
        form,
        lambda _form: actions.restrict(case, by=request.user, **form.cleaned_data),
        title=_("Restrict processing"),
        submit_label=_("Restrict processing"),
        back=_rights(case),
        success=_("Processing is restricted. Everybody in the case has been told."),
        template="cases/rights/restrict.html",
    )


@reach("case")
@require_http_methods(["GET", "POST"])
def lift(request: PortalRequest, code: str) -> HttpResponse:
    """Open the case for use again."""
    case = _case_for_owner(request, code)
    form = LiftForm(request.POST or None)
    return record_page(
        request,
        case,
        form,
        lambda _form: actions.lift_restriction(case, by=request.user, **form.cleaned_data),
        title=_("Lift the restriction"),
        submit_label=_("Lift the restriction"),
        back=_rights(case),
        success=_("The case may be used again. Everybody in the case has been told."),
        context={"restriction": actions.restriction_of(case)},
    )


@reach("case")
@fresh_factor
@require_http_methods(["GET", "POST"])
def make_extract(request: PortalRequest, code: str) -> HttpResponse:
    """Say what is left out and why, and have the extract made."""
    case = _case_for_answering(request, code)
    form = ExtractForm(request.POST or None, initial={"language": language_of(get_language() or "")})
    if form.is_valid() and not actions.may_hold_extract(case, request.user, form.left_out()):
        form.add_error(
            "part_identity", _("The identity is closed to you. Leave it out, or let somebody named make it.")
        )
    if form.is_valid():
        made = actions.ask_for_extract(
            case, by=request.user, left_out=form.left_out(), language=form.cleaned_data["language"]
        )
        return redirect("cases:extract", case.code, made.pk)
    context = {
        "case": case,
        "form": form,
        "title": _("Extract for the person"),
        "submit_label": _("Make the extract"),
        "cancel_url": _rights(case),
    }
    return render(request, "cases/rights/make_extract.html", context)


def _extract(request: PortalRequest, case: Case, extract_id: UUID) -> Extract:
    """The extract, to whoever had it made; to everybody else there is none."""
    extract = Extract.objects.filter(case=case, pk=extract_id, created_by=request.user).first()
    if extract is None:
        raise Http404
    extract.case = case
    return extract


@reach("case")
@require_GET
def extract(request: PortalRequest, code: str, extract_id: UUID) -> HttpResponse:
    """How far the extract is, and where to fetch it."""
    case = _case_for_answering(request, code)
    return render(request, "cases/rights/extract.html", {"case": case, "extract": _extract(request, case, extract_id)})


@reach("case")
@fresh_factor
@never_cache
@require_GET
def extract_file(request: PortalRequest, code: str, extract_id: UUID) -> HttpResponse:
    """Give out the finished extract to whoever had it made."""
    case = _case_for_answering(request, code)
    made = _extract(request, case, extract_id)
    response = HttpResponse(actions.fetch_extract(made, by=request.user), content_type="application/zip")
    response["Content-Disposition"] = content_disposition_header(True, f"{case.code_shown}.zip") or "attachment"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@reach("case")
@require_http_methods(["GET", "POST"])
def add_request(request: PortalRequest, code: str) -> HttpResponse:
    """Write down what the person asks."""
    case = _case_for_answering(request, code)
    form = RequestForm(request.POST or None)
    return record_page(
        request,
        case,
        form,
        lambda _form: actions.record_request(case, by=request.user, **form.cleaned_data),
        title=_("Record a request of the person"),
        submit_label=_("Save"),
        back=_rights(case),
        success=_("The request is recorded. It is to be answered within a month."),
    )


@reach("case")
@require_http_methods(["GET", "POST"])
def answer_request(request: PortalRequest, code: str, request_id: UUID) -> HttpResponse:
    """Write down what was answered."""
    case = _case_for_answering(request, code)
    asked = RightsRequest.objects.filter(case=case, pk=request_id).first()
    if asked is None:
        raise Http404
    asked.case = case
    form = AnswerForm(request.POST or None)
    return record_page(
        request,
        case,
        form,
        lambda _form: actions.answer_rights_request(asked, by=request.user, **form.cleaned_data),
        title=_("Record the answer"),
        submit_label=_("Save"),
        back=_rights(case),
        success=_("The answer is recorded."),
        template="cases/rights/answer.html",
        context={"asked": asked},
    )
