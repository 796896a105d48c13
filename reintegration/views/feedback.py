"""Step 12 on screen: what Sweden is told, how much, and the person's own words."""

from itertools import groupby
from typing import Any
from uuid import UUID

from babel.dates import format_date
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cases.models import Case, Document
from cases.pdfs import language_of
from cases.permissions import Relation, Section
from cases.states import ENDED
from cases.views.lookup import case_for, is_open
from cases.views.registers import record_page
from partners.http import PortalRequest, reach
from reintegration.actions import feedback as actions
from reintegration.forms.feedback import AddReportForm, HerWordsForm, ReviewForm, SatisfactionForm
from reintegration.models import FeedbackReport, Satisfaction
from reintegration.models.feedback import SATISFACTION_KEYS
from reintegration.reports import (
    PARTNERS,
    draft_text,
    expected_words,
    highest_level,
    shown_text,
    status_sentence,
    words_to_show,
)
from reintegration.views.follow_up import office_case
from reintegration.views.needs import coordinating
from returns_portal.ui import local_day, reader_locale

State, Kind = FeedbackReport.State, FeedbackReport.Kind


def _to(case: Case, name: str, *more: object) -> str:
    return reverse(f"reintegration:{name}", args=[case.code_shown, *more])


def reports_for(request: PortalRequest, case: Case) -> list[FeedbackReport]:
    """The reports that this reader sees, the newest first: drafts are IOM Helsinki's, messages the local office's."""
    reports = list(
        FeedbackReport.objects.filter(case=case)
        .select_related("released_by")
        .prefetch_related("reads__user__organisation")
        .order_by("-released_at", "-drafted_at")
    )
    for report in reports:
        report.case = case
    return [report for report in reports if _sees(request, report)]


def _sees(request: PortalRequest, report: FeedbackReport) -> bool:
    relation = request.access.relation
    if relation == Relation.SUPPORTING and report.round != report.case.round:
        return False  # an earlier round was another office's
    if relation == Relation.COORDINATING or report.state == State.RELEASED:
        return True
    return relation == Relation.SUPPORTING and report.kind == Kind.OWN_WORDS


def report_for(request: PortalRequest, case: Case, row: UUID) -> FeedbackReport:
    """One report that this reader sees; 404 for any other."""
    report = (
        FeedbackReport.objects.select_related("released_by", "reviewed_by", "contact").filter(case=case, pk=row).first()
    )
    if report is None:
        raise Http404
    report.case = case
    if not _sees(request, report):
        raise Http404
    return report


@reach("case")
def feedback(request: PortalRequest, code: str) -> HttpResponse:
    """IOM Helsinki: drafts to review. Partners: what has been released, month by month."""
    case = case_for(request, code, read=Section.FEEDBACK)
    reports = reports_for(request, case)
    released = [report for report in reports if report.state == State.RELEASED]
    drafts = sorted((r for r in reports if r.state == State.DRAFTED), key=lambda r: (r.due_on is None, r.due_on))
    by_month = groupby(released, key=lambda report: local_day(report.released_at).replace(day=1))  # type: ignore[arg-type]  # released has a moment
    relation = request.access.relation
    satisfaction = Satisfaction.objects.of(case).first() if relation not in PARTNERS else None
    context = {
        "case": case,
        "months": [
            (format_date(month, "LLLL y", locale=reader_locale()).capitalize(), list(rows)) for month, rows in by_month
        ],
        "drafts": drafts,
        "unread": _unread(request, released) if relation in PARTNERS else set(),
        "is_helsinki": relation == Relation.COORDINATING,
        "is_partner": relation in PARTNERS,
        "may_review": is_open(case, Section.FEEDBACK, request.access),
        "may_add": is_open(case, Section.FEEDBACK, request.access) and case.state not in ENDED,
        "may_tell": is_open(case, Section.ARRIVAL, request.access) and relation == Relation.SUPPORTING,
        "expected": "" if released else expected_words(case, _expected_on(case, relation)),
        "satisfaction": _marks(satisfaction),
    }
    return render(request, "reintegration/feedback/feedback.html", context)


def _unread(request: PortalRequest, released: list[FeedbackReport]) -> set[UUID]:
    """The reports that this reader has not opened."""
    return {r.pk for r in released if request.user.pk not in {read.user_id for read in r.reads.all()}}


def _expected_on(case: Case, relation: Any) -> Any:
    """The day by which the first report is promised."""
    if case.state in ENDED:
        return None
    return (
        FeedbackReport.objects.of(case)
        .filter(state=State.DRAFTED, due_on__isnull=False)
        .exclude(kind=Kind.OWN_WORDS)
        .order_by("due_on")
        .values_list("due_on", flat=True)
        .first()
    )


def _marks(satisfaction: Satisfaction | None) -> list[tuple[Any, str]]:
    if satisfaction is None:
        return []
    rows = [(key, getattr(satisfaction, key)) for key in SATISFACTION_KEYS]
    return [(Satisfaction._meta.get_field(key).verbose_name, f"{mark} / 5") for key, mark in rows if mark]  # type: ignore[union-attr]  # a plain field


@reach("case")
def report(request: PortalRequest, code: str, row: UUID) -> HttpResponse:
    """One report. A partner's look is kept: what somebody in Sweden has read cannot be taken back."""
    case = case_for(request, code, read=Section.FEEDBACK)
    found = report_for(request, case, row)
    if request.access.relation in PARTNERS:
        actions.mark_read(found, request.user)
    reads = list(found.reads.select_related("user__organisation").order_by("read_at"))
    is_helsinki = request.access.relation == Relation.COORDINATING
    is_draft = found.state == State.DRAFTED
    context = {
        **_shown(found),
        "case": case,
        "report": found,
        "is_draft": is_draft,
        "reads": reads if request.access.relation not in PARTNERS else [],
        "document": _document_of(case, found),
        "may_review": is_draft and is_helsinki and is_open(case, Section.FEEDBACK, request.access),
        "may_let_go": is_draft
        and request.access.relation == Relation.SUPPORTING
        and bool(found.her_words)
        and not found.her_words_released,
        "may_retract": _may_speak(request) and bool(found.her_words) and not reads,
    }
    return render(request, "reintegration/feedback/report.html", context)


def _shown(found: FeedbackReport) -> dict[str, Any]:
    """What a reader sees of a report, the same before its release and after."""
    return {"status": status_sentence(found), "text": shown_text(found), "words": words_to_show(found)}


def _may_speak(request: PortalRequest) -> bool:
    """Whether this reader passes on what the person says about the message."""
    return bool(request.access.may_write(Section.ARRIVAL))


def _document_of(case: Case, found: FeedbackReport) -> Document | None:
    if found.state != State.RELEASED:
        return None
    language = language_of(get_language() or "sv")
    documents = Document.objects.filter(case=case, paper="feedback_report", row_id=found.pk, withdrawn_at__isnull=True)
    return documents.filter(language=language).order_by("-version").first()


@reach("case")
@require_http_methods(["GET", "POST"])
def edit_report(request: PortalRequest, code: str, row: UUID) -> HttpResponse:
    """Review a draft: how much it tells, and in which words."""
    case = case_for(request, code, write=Section.FEEDBACK)
    found = _draft_for(request, case, row)
    highest = highest_level(case)
    is_anew = request.POST.get("do") == "anew"
    level = request.POST.get("level", "")
    if is_anew and level in dict(FeedbackReport.Level.choices):
        with translation.override(actions.language_of_the_partners(case)):
            initial = {"level": level, "text": draft_text(found, level)}
        form = ReviewForm(None, highest=highest, initial=initial)
    else:
        form = ReviewForm(
            request.POST or None,
            highest=highest,
            initial={"level": min_level(found.level, highest), "text": found.text},
        )
    if request.method == "POST" and not is_anew and form.is_valid():
        actions.edit_report(case, by=request.user, report=found, **form.cleaned_data)
        messages.success(request, _("The report is saved."))
        return redirect(_to(case, "report", row))
    context = {
        "case": case,
        "report": found,
        "form": form,
        "status": status_sentence(found),
        "words": words_to_show(found),
        "title": found.get_kind_display(),
    }
    return render(request, "reintegration/feedback/edit.html", context)


def min_level(level: str, highest: str) -> str:
    """The level of a draft, or what the person agrees to now if that is less."""
    order = list(FeedbackReport.Level.values)
    return min(level, highest, key=order.index)


def _draft_for(request: PortalRequest, case: Case, row: UUID) -> FeedbackReport:
    coordinating(request)
    return report_for(request, case, row)


@reach("case")
@require_http_methods(["GET", "POST"])
def release_report(request: PortalRequest, code: str, row: UUID) -> HttpResponse:
    """Show exactly what the partners will see, and release it."""
    case = case_for(request, code, write=Section.FEEDBACK)
    found = _draft_for(request, case, row)
    errors: list[str] = []
    if request.method == "POST":
        try:
            actions.release_report(case, by=request.user, report=found)
        except ValidationError as error:
            errors = error.messages
        else:
            messages.success(request, _("The report is released. The Swedish partners have been told."))
            return redirect(_to(case, "feedback"))
    elif found.state != State.DRAFTED:
        return redirect(_to(case, "report", row))
    context = {
        **_shown(found),
        "case": case,
        "report": found,
        "errors": errors,
        "readers": [case.referring.name, *([case.approving.name] if case.approving else [])],
    }
    return render(request, "reintegration/feedback/release.html", context, status=409 if errors else 200)


@reach("case")
@require_POST
def retract(request: PortalRequest, code: str, row: UUID) -> HttpResponse:
    """The person takes the words back, or IOM Helsinki puts a draft away."""
    case = case_for(request, code, read=Section.FEEDBACK)
    found = report_for(request, case, row)
    if request.POST.get("do") == "discard":
        coordinating(request)
        actions.discard_report(case, by=request.user, report=found)
        messages.success(request, _("The draft is put away."))
    else:
        if not _may_speak(request):
            raise PermissionDenied
        actions.retract_her_words(case, by=request.user, report=found)
        messages.success(request, _("The person's words have been taken back."))
    return redirect(_to(case, "feedback"))


@reach("case")
@require_POST
def let_go(request: PortalRequest, code: str, row: UUID) -> HttpResponse:
    """The person says that the message may go after all."""
    case = office_case(request, code)
    actions.let_her_words_go(case, by=request.user, report=report_for(request, case, row))
    messages.success(request, _("IOM Helsinki has been told that the message may go."))
    return redirect(_to(case, "report", row))


@reach("case")
@require_http_methods(["GET", "POST"])
def her_words(request: PortalRequest, code: str) -> HttpResponse:
    """The person's message to Sweden, as it was told."""
    case = office_case(request, code)
    form = HerWordsForm(request.POST or None, initial={"language": case.language})
    return record_page(
        request,
        case,
        form,
        lambda _form: actions.record_her_words(case, by=request.user, **form.cleaned_data),
        title=_("The person's own words to Sweden"),
        submit_label=_("Save the message"),
        back=_to(case, "feedback"),
        success=_("The message is saved."),
    )


@reach("case")
@require_http_methods(["GET", "POST"])
def satisfaction(request: PortalRequest, code: str) -> HttpResponse:
    """How content the person is with the journey and the support."""
    case = office_case(request, code)
    form = SatisfactionForm(request.POST or None, instance=Satisfaction.begin(case, by=request.user))
    return record_page(
        request,
        case,
        form,
        lambda valid: actions.record_satisfaction(case, by=request.user, satisfaction=valid.save(commit=False)),  # type: ignore[attr-defined]  # a ModelForm
        title=_("How content is the person?"),
        submit_label=_("Save the answers"),
        back=_to(case, "feedback"),
        success=_("The answers are saved."),
        context={"help": _("Any question may be skipped. It is about the support, not about the person.")},
    )


@reach("case")
@require_http_methods(["GET", "POST"])
def add_report(request: PortalRequest, code: str) -> HttpResponse:
    """Draft a report on request."""
    case = case_for(request, code, write=Section.FEEDBACK)
    coordinating(request)
    form = AddReportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        new = actions.request_report(case, by=request.user, kind=form.cleaned_data["kind"])
        return redirect(_to(case, "edit-report" if new.state == State.DRAFTED else "report", new.pk))
    context = {
        "case": case,
        "form": form,
        "title": _("Add a report"),
        "submit_label": _("Draft the report"),
        "cancel_url": _to(case, "feedback"),
    }
    return render(request, "cases/record.html", context)
