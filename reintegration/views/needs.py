"""Step 6 on screen: the list of needs, and the local office's own page for a telephone."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from cases.models import Case
from cases.permissions import Relation, Section
from cases.states import State
from cases.views.lookup import case_for, is_open
from cases.views.registers import record_page
from partners.http import PortalRequest, reach
from reintegration.actions import needs as actions
from reintegration.forms.needs import AnswerForm, GapForm, NeedForm, ReceptionForm
from reintegration.models import Need, SupportAnswer

KIND_OF_TAG = {
    SupportAnswer.Status.ASKED: "info",
    SupportAnswer.Status.CONFIRMED: "ok",
    SupportAnswer.Status.WAITING_LIST: "warn",
    SupportAnswer.Status.NONE: "danger",
    SupportAnswer.Status.ALTERNATIVE: "warn",
}


@dataclass(frozen=True)
class NeedLine:
    """A need beside what the present local office says of it."""

    need: Need
    answer: SupportAnswer | None
    form: AnswerForm | None = None

    @property
    def kind(self) -> str:
        """The colour of the answer."""
        if self.answer is None:
            return "neutral"
        return "danger" if self.is_expired else KIND_OF_TAG[SupportAnswer.Status(self.answer.status)]

    @property
    def is_expired(self) -> bool:
        """Whether the answer no longer holds."""
        return self.answer is not None and self.answer.is_expired

    @property
    def waits(self) -> bool:
        """Whether the office has been asked and has not answered."""
        return self.answer is not None and self.answer.status == SupportAnswer.Status.ASKED

    @property
    def is_to_ask(self) -> bool:
        """Whether the office should be asked (again)."""
        return self.answer is None or self.is_expired


def needs_of(case: Case) -> "QuerySet[Need]":
    """All needs of the case with the present local office's current answers, in two statements."""
    current = SupportAnswer.objects.filter(is_current=True, office_id=case.local_office_id).select_related(
        "answered_by"
    )
    return (
        Need.objects.of(case)
        .select_related("gap_accepted_by_iom")
        .order_by("urgency", "created_at")
        .prefetch_related(Prefetch("answers", queryset=current, to_attr="current_answers"))
    )


def lines_of(case: Case) -> list[NeedLine]:
    """The needs as the pages show them. All rows share the case, and so its opened key."""
    lines = []
    for need in needs_of(case):
        answers: list[SupportAnswer] = need.current_answers  # type: ignore[attr-defined]  # Prefetch put it there
        for row in (need, *answers):
            row.case = case
        lines.append(NeedLine(need, answers[0] if answers else None))
    return lines


def need_of(case: Case, row: UUID) -> Need:
    """One need of this case; 404 for another's."""
    need = get_object_or_404(Need.objects.of(case), pk=row)
    need.case = case
    return need


def coordinating(request: PortalRequest) -> None:
    """Only IOM Helsinki keeps the list; the local office answers."""
    if request.access.relation != Relation.COORDINATING:
        raise PermissionDenied


def of_the_office(request: PortalRequest, case: Case) -> None:
    """Only the present local office answers."""
    if request.access.relation != Relation.SUPPORTING or request.user.organisation_id != case.local_office_id:
        raise PermissionDenied


@reach("case")
def needs(request: PortalRequest, code: str) -> HttpResponse:
    """The list: need, urgency, answer from home, until when it holds."""
    case = case_for(request, code, read=Section.NEEDS)
    may_change = is_open(case, Section.NEEDS, request.access)
    context = {
        "case": case,
        "lines": lines_of(case),
        "reception": actions.reception_of(case),
        "may_keep": may_change and request.access.relation == Relation.COORDINATING,
        "may_answer": may_change and request.access.relation == Relation.SUPPORTING,
        "asks_kinds_only": case.state == State.APPLICATION,
    }
    return render(request, "reintegration/needs.html", context)


@reach("case")
def add_need(request: PortalRequest, code: str) -> HttpResponse:
    """Add a need."""
    case = case_for(request, code, write=Section.NEEDS)
    coordinating(request)
    return _need_page(request, case, Need.begin(case, by=request.user), _("Add a need"))


@reach("case")
def change_need(request: PortalRequest, code: str, row: UUID) -> HttpResponse:
    """Change a need."""
    case = case_for(request, code, write=Section.NEEDS)
    coordinating(request)
    context = {"delete_url": reverse("reintegration:delete-need", args=[case.code_shown, row])}
    return _need_page(request, case, need_of(case, row), _("Change the need"), context)


def _need_page(
    request: PortalRequest, case: Case, need: Need, title: str, context: dict[str, Any] | None = None
) -> HttpResponse:
    form = NeedForm(request.POST or None, instance=need)
    return record_page(
        request,
        case,
        form,
        lambda _form: actions.save_need(case, by=request.user, need=need),
        title=title,
        submit_label=_("Save"),
        back=reverse("reintegration:needs", args=[case.code_shown]),
        success=_("The need is saved."),
        template="reintegration/row.html",
        context=context,
    )


@reach("case")
@require_POST
def delete_need(request: PortalRequest, code: str, row: UUID) -> HttpResponse:
    """Take a need off the list."""
    case = case_for(request, code, write=Section.NEEDS)
    coordinating(request)
    actions.delete_need(case, by=request.user, need=need_of(case, row))
    messages.success(request, _("The need is removed."))
    return redirect("reintegration:needs", case.code_shown)


@reach("case")
@require_POST
def ask_local_office(request: PortalRequest, code: str) -> HttpResponse:
    """Ask the local office about the needs that are ticked."""
    case = case_for(request, code, write=Section.NEEDS)
    coordinating(request)
    ticked = set(request.POST.getlist("need"))
    chosen = [need for need in needs_of(case) if str(need.pk) in ticked]
    asked = actions.ask_local_office(case, by=request.user, needs=chosen) if chosen else 0
    if asked:
        sentence = ngettext(
            "The local office has been asked about %(n)d need.",
            "The local office has been asked about %(n)d needs.",
            asked,
        )
        messages.success(request, sentence % {"n": asked})
    else:
        messages.warning(request, _("Tick the needs that you want to ask about."))
    return redirect("reintegration:needs", case.code_shown)


@reach("case")
def accept_gap(request: PortalRequest, code: str, row: UUID) -> HttpResponse:
    """The person and IOM accept to travel without this support in place."""
    case = case_for(request, code, write=Section.NEEDS)
    coordinating(request)
    need = need_of(case, row)
    return record_page(
        request,
        case,
        GapForm(request.POST or None),
        lambda form: actions.accept_gap(case, by=request.user, need=need, reason=form.cleaned_data["reason"]),
        title=_("Accept the gap: %(need)s") % {"need": need.get_domain_display()},
        submit_label=_("Accept the gap"),
        back=reverse("reintegration:needs", args=[case.code_shown]),
        success=_("The gap is accepted."),
    )


@reach("case")
@require_POST
def take_back_gap(request: PortalRequest, code: str, row: UUID) -> HttpResponse:
    """The gap is not accepted any more."""
    case = case_for(request, code, write=Section.NEEDS)
    coordinating(request)
    actions.take_back_gap(case, by=request.user, need=need_of(case, row))
    messages.success(request, _("The gap is no longer accepted."))
    return redirect("reintegration:needs", case.code_shown)


@reach("case")
def answers(request: PortalRequest, code: str) -> HttpResponse:
    """The local office's page: one need a card, one answer a card."""
    case = case_for(request, code, read=Section.NEEDS)
    if request.access.relation != Relation.SUPPORTING:
        return redirect("reintegration:needs", case.code_shown)
    return _answers_page(request, case)


@reach("case")
@require_POST
def answer_need(request: PortalRequest, code: str, row: UUID) -> HttpResponse:
    """Answer one need."""
    case = case_for(request, code, write=Section.NEEDS, side=Relation.SUPPORTING)
    of_the_office(request, case)
    need = need_of(case, row)
    form = AnswerForm(request.POST, auto_id=_ids(row))
    if not form.is_valid():
        return _answers_page(request, case, wrong={row: form})
    actions.answer_need(case, by=request.user, need=need, **form.cleaned_data)
    messages.success(request, _("Your answer is saved. IOM Helsinki has been told."))
    return redirect("reintegration:answers", case.code_shown)


@reach("case")
@require_POST
def confirm_reception(request: PortalRequest, code: str) -> HttpResponse:
    """Say whether the office can receive the person."""
    case = case_for(request, code, write=Section.NEEDS, side=Relation.SUPPORTING)
    of_the_office(request, case)
    form = ReceptionForm(request.POST, auto_id="reception_%s")
    if not form.is_valid():
        return _answers_page(request, case, reception_form=form)
    actions.confirm_reception(case, by=request.user, **form.cleaned_data)
    messages.success(request, _("Your answer is saved. IOM Helsinki has been told."))
    return redirect("reintegration:answers", case.code_shown)


def _ids(row: UUID) -> str:
    return f"id_{row.hex}_%s"


def _answers_page(
    request: PortalRequest,
    case: Case,
    *,
    wrong: dict[UUID, AnswerForm] | None = None,
    reception_form: ReceptionForm | None = None,
) -> HttpResponse:
    lines = [
        NeedLine(line.need, line.answer, (wrong or {}).get(line.need.pk) or _answer_form(line))
        for line in lines_of(case)
    ]
    said = actions.reception_of(case)
    if reception_form is None:
        initial = {"can_receive": "yes" if said.can_receive else "no"} if said else {}
        reception_form = ReceptionForm(initial=initial, auto_id="reception_%s")
    context = {
        "case": case,
        "asked": [line for line in lines if line.waits],
        "answered": [line for line in lines if line.answer is not None and not line.waits],
        "reception": said,
        "reception_form": reception_form,
        "wrong_form": next(iter((wrong or {}).values()), reception_form if reception_form.is_bound else None),
        "may_answer": is_open(case, Section.NEEDS, request.access),
    }
    return render(request, "reintegration/answers.html", context)


def _answer_form(line: NeedLine) -> AnswerForm:
    answer = line.answer
    initial: dict[str, Any] = {}
    if answer is not None and answer.status != SupportAnswer.Status.ASKED:
        initial = {"status": answer.status, "valid_until": answer.valid_until, "note": answer.note}
    return AnswerForm(initial=initial, auto_id=_ids(line.need.pk))
