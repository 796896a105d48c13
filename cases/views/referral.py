"""Steps 1 and 2 on screen: everything the referrer does until the decision."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from cases import actions
from cases.forms.case_facts import AnswerForm, CriminalForm, MinorForm
from cases.forms.parts import PartForm
from cases.forms.referral import (
    ConsentPart,
    DependantForms,
    PersonPart,
    SituationPart,
    looks_like_a_name,
    rows_of,
)
from cases.models import Case, Dependant, Information, InformationRequest, ReferralConsent
from cases.permissions import Relation, Section
from cases.preview import preview_for_iom
from cases.referral_checks import completeness, missing_answers
from cases.referral_summary import Answer, AnswerGroup, referral_in_words
from cases.states import BEFORE_DEPARTURE, State
from cases.views.lookup import case_for, is_open
from cases.views.registers import record_page
from cases.views.steps import step_page
from partners.http import PortalRequest, reach
from partners.models import Organisation
from returns_portal import clock, looks
from returns_portal.ui import clock_time, day_in_words

NEWEST_DRAFTS = 50


class Part(NamedTuple):
    """One of the three short pages of a referral."""

    name: str
    title: Any


PARTS = (
    Part("referral-person", gettext_lazy("The person")),
    Part("referral-situation", gettext_lazy("Situation and safety")),
    Part("referral-consent", gettext_lazy("Information and consent")),
)


@reach("referring")
@require_http_methods(["GET", "POST"])
def new(request: PortalRequest) -> HttpResponse:
    """What will be asked, one button that begins a draft, and the drafts that wait."""
    if request.method == "POST":
        case = actions.start_referral(by=request.user)
        return redirect("cases:referral-person", case.code)
    drafts = Case.objects.visible_to(request.user).drafts().select_related("caseworker").order_by("-changed_at")
    return render(request, "cases/referral/new.html", {"drafts": drafts[:NEWEST_DRAFTS], "parts": PARTS})


@reach("case")
@require_http_methods(["GET"])
def referral(request: PortalRequest, code: str) -> HttpResponse:
    """A draft goes on where something is missing; a sent referral is read whole, as far as it is one's to read."""
    case = case_for(request, code, read=Section.REFERRAL)
    if case.state == State.DRAFT:
        missing = list(missing_answers(case))
        return redirect(missing[0].page if missing else reverse("cases:submit-referral", args=[case.code]))
    row = actions.referral_of(case)
    from_decision = request.access.relation == Relation.COORDINATING
    consent = ReferralConsent.objects.of(case).filter(withdrawn_at__isnull=True).exists()
    context = {
        "case": case,
        "groups": _shared_with_iom(case) if from_decision else referral_in_words(case, row, request.access),
        "from_decision": from_decision,
        "referral": row,
        "may_change": is_open(case, Section.REFERRAL, request.access),
        "may_change_criminal": is_open(case, Section.CRIMINAL, request.access),
        "may_take_back": consent and request.access.may_write(Section.REFERRAL) and case.state in BEFORE_DEPARTURE,
        # What Länsstyrelsen asked the referrer is between the two; IOM Helsinki reads what the decision gave.
        "requests": [] if from_decision else _requests(case),
    }
    return render(request, "cases/referral/read.html", context)


def _shared_with_iom(case: Case) -> list[AnswerGroup]:
    """What Länsstyrelsen's approver previewed and gave, identity excepted: that is opened on its own page."""
    sections = [section for section in case.shared_with_iom if section != Section.IDENTITY]
    return [
        AnswerGroup(title, [Answer(*row) for row in rows], "") for title, rows in preview_for_iom(case, sections).groups
    ]


def _requests(case: Case) -> list[InformationRequest]:
    requests = list(InformationRequest.objects.of(case).filter(recalled_at__isnull=True).order_by("created_at"))
    for asked in requests:
        asked.case = case
    return requests


@reach("case")
@require_http_methods(["GET", "POST"])
def person(request: PortalRequest, code: str) -> HttpResponse:
    """Part 1: the person, languages, safe contact."""
    case = case_for(request, code, write=Section.REFERRAL)
    identity = actions.person_of(case)
    has_identity = any((identity.full_name, identity.birth_date, identity.identity_number, identity.phone))
    contact = actions.contact_of(case) if case.state == State.DRAFT and may_see_contact(case, request) else None
    form = PersonPart(
        _typed(request),
        case=case,
        referral=actions.referral_of(case),
        contact=contact,
        asks_identity=case.state == State.DRAFT and not has_identity,
    )
    if contact is not None and contact.channel and request.method == "GET":
        looks.record(request.user, case.pk, Section.IDENTITY, "view", "cases:referral-person")
    context = {"has_identity": has_identity, "asks_contact": contact is not None}
    return _part_page(request, case, 0, form, form.answers, context)


def may_see_contact(case: Case, request: PortalRequest) -> bool:
    """A protected contact is open only to those named in the case, a draft's colleagues not among them."""
    return actions.may_open_identity(case, request.user)


@reach("case")
@require_http_methods(["GET", "POST"])
def situation(request: PortalRequest, code: str) -> HttpResponse:
    """Part 2: ground, wish, who travels along, the situation in Sweden."""
    case = case_for(request, code, write=Section.REFERRAL)
    dependants = list(Dependant.objects.of(case).order_by("created_at"))
    for row in dependants:
        row.case = case
    form = SituationPart(
        _typed(request),
        case=case,
        referral=actions.referral_of(case),
        authorities=list(Organisation.objects.approving()),
        may_unprotect=actions.may_unprotect(case, request.user),
    )
    rows = DependantForms(_typed(request), initial=rows_of(dependants), prefix="along")
    if rows.is_bound and not rows.is_valid():
        form.add_error(None, _("Look at who travels along: something is to be corrected there."))

    def answers() -> dict[str, Any]:
        return {**form.answers(), "dependants": [row.answer() for row in rows if row.is_filled]}

    return _part_page(request, case, 1, form, answers, {"rows": rows})


@reach("case")
@require_http_methods(["GET", "POST"])
def consent(request: PortalRequest, code: str) -> HttpResponse:
    """Part 3: information offered, the person's answer, the consent to be referred."""
    case = case_for(request, code, write=Section.REFERRAL)
    form = ConsentPart(
        _typed(request),
        case=case,
        referral=actions.referral_of(case),
        information=Information.objects.of(case).order_by("-created_at").first(),
        consent=ReferralConsent.objects.of(case).filter(withdrawn_at__isnull=True).order_by("-created_at").first(),
    )
    return _part_page(request, case, 2, form, form.answers, {})


def _part_page(
    request: PortalRequest,
    case: Case,
    index: int,
    form: PartForm,
    answers: Callable[[], dict[str, Any]],
    context: dict[str, Any],
) -> HttpResponse:
    """Show one part, or keep what was typed and go on: to the next part, the same one, or away."""
    if not is_open(case, Section.REFERRAL, request.access):
        return redirect("cases:referral", case.code)
    if request.method == "POST" and form.is_valid():
        case = actions.save_referral(case, by=request.user, **answers())
        if looks_like_a_name(form.cleaned_data.get("alias") or ""):
            messages.warning(request, _("The alias looks like a full name. Lists show it: initials are safer."))
        return _onwards(request, case, index)
    shown = {
        "case": case,
        "form": form,
        "part": PARTS[index],
        "number": index + 1,
        "parts": PARTS,
        "is_draft": case.state == State.DRAFT,
        **context,
    }
    return render(request, "cases/referral/part.html", shown)


def _onwards(request: PortalRequest, case: Case, index: int) -> HttpResponseRedirect:
    go = request.POST.get("go", "next")
    if go == "stay":
        return redirect(f"{reverse(f'cases:{PARTS[index].name}', args=[case.code])}#along")
    if go == "later":
        said = _("Draft saved %(time)s.") if case.state == State.DRAFT else _("Saved %(time)s.")
        messages.success(request, said % {"time": clock_time(clock.now())})
        return redirect("/") if case.state == State.DRAFT else redirect("cases:answer", case.code)
    if index + 1 < len(PARTS):
        return redirect(f"cases:{PARTS[index + 1].name}", case.code)
    return redirect("cases:submit-referral" if case.state == State.DRAFT else "cases:answer", case.code)


@reach("case")
@require_http_methods(["GET", "POST"])
def submit_referral(request: PortalRequest, code: str) -> HttpResponse:
    """Check every answer, see who will read it, and send."""
    case = case_for(request, code, step="submit_referral")
    row = actions.referral_of(case)
    given, wanted = completeness(case, row)

    def send(_cleaned: dict[str, Any]) -> None:
        sent = actions.submit_referral(case, by=request.user)
        said = _("The referral is sent. Reference %(code)s. Länsstyrelsen answers by %(day)s.")
        by_day = day_in_words(sent.ball_due) if sent.ball_due else ""
        messages.success(request, said % {"code": sent.code_shown, "day": by_day})

    return step_page(
        request,
        case,
        "submit_referral",
        PartForm(_typed(request)),
        send,
        template="cases/referral/submit.html",
        context={
            "groups": referral_in_words(case, row, request.access),
            "given": given,
            "wanted": wanted,
            "cancel_url": "/" if case.state == State.DRAFT else "",
        },
        effects=[
            _("Länsstyrelsen gets the referral and is told by mail, without any personal data."),
            _("You get a receipt in the case's documents."),
            _("Nobody else sees the case before Länsstyrelsen has approved it."),
        ],
    )


@reach("case")
@require_http_methods(["GET", "POST"])
def discard(request: PortalRequest, code: str) -> HttpResponse:
    """Delete a draft after asking once."""
    case = case_for(request, code, write=Section.REFERRAL)
    if request.method == "POST":
        actions.discard(case, by=request.user)
        messages.success(request, _("The draft is discarded. Nothing is kept."))
        return redirect("/")
    context = {"case": case, "moved_on": "" if case.state == State.DRAFT else actions.moved_on(case)}
    return render(request, "cases/referral/discard.html", context)


@reach("case")
@require_http_methods(["GET", "POST"])
def answer(request: PortalRequest, code: str) -> HttpResponse:
    """Answer each of Länsstyrelsen's open questions; their clock goes on.

    The answers come with the same press as the step, so they are written first: if the step is refused, so are they.
    """
    case = case_for(request, code, step="answer")
    asked = [row for row in _requests(case) if row.is_open]
    form = AnswerForm(_typed(request), requests=asked)
    if asked and actions.is_in_time(case, "answer") and form.is_valid():
        with suppress(actions.StepRefused):
            actions.answer_request(case, by=request.user, answers=form.answers())
            messages.success(request, _("The answer is sent. The time runs again."))
            return redirect(case)
    return step_page(
        request,
        case,
        "answer",
        form,
        lambda _cleaned: None,
        template="cases/referral/answer.html",
        context={"may_change": is_open(case, Section.REFERRAL, request.access)},
    )


@reach("case")
@require_http_methods(["GET", "POST"])
def criminal(request: PortalRequest, code: str) -> HttpResponse:
    """Change the status word of the criminal case."""
    case = case_for(request, code, write=Section.CRIMINAL)
    form = CriminalForm(_typed(request), referral=actions.referral_of(case))
    if request.method == "GET" and not is_open(case, Section.CRIMINAL, request.access):
        return redirect("cases:referral", case.code)
    return record_page(
        request,
        case,
        form,
        lambda _form: actions.change_criminal_status(case, by=request.user, **form.answers()),
        title=_("Criminal case"),
        submit_label=_("Save"),
        back=_back(case),
        success=_("Saved."),
        context={"help": _("Only the word is kept here. It helps to plan around a trial or a day as witness.")},
    )


@reach("case")
@require_http_methods(["GET", "POST"])
def minor(request: PortalRequest, code: str) -> HttpResponse:
    """The minor's path: guardians in both countries, family assessment, best-interests decision."""
    case = case_for(request, code, read=Section.REFERRAL)
    may_write = request.access.may_write(Section.IDENTITY)
    if request.method == "POST" and not may_write:
        raise PermissionDenied
    row = actions.referral_of(case)
    form = MinorForm(_typed(request), referral=row)
    return record_page(
        request,
        case,
        form,
        lambda _form: actions.save_minors_path(case, by=request.user, days=form.answers()),
        title=_("The minor's path"),
        submit_label=_("Save"),
        back=_back(case),
        success=_("Saved."),
        template="cases/referral/minor.html",
        context={
            "referral": row,
            "days": [(form[name].label, getattr(row, name)) for name in MinorForm.FIELDS],
            "may_write": may_write and case.state in actions.MINORS_PATH_IN,
        },
    )


@reach("case")
@require_http_methods(["GET", "POST"])
def withdraw_referral_consent(request: PortalRequest, code: str) -> HttpResponse:
    """The person takes back the consent to be referred."""
    case = case_for(request, code, read=Section.REFERRAL)
    if not request.access.may_write(Section.REFERRAL):
        raise PermissionDenied
    if request.method == "POST":
        actions.withdraw_referral_consent(case, by=request.user)
        messages.success(request, _("The consent is taken back. Nothing can be approved without it."))
        return redirect("cases:referral", case.code)
    stands = ReferralConsent.objects.of(case).filter(withdrawn_at__isnull=True).exists()
    context = {"case": case, "stands": stands and case.state in BEFORE_DEPARTURE}
    return render(request, "cases/referral/withdraw_consent.html", context)


def _typed(request: PortalRequest) -> QueryDict | None:
    """What was posted, an empty form included; None for a page that is only looked at."""
    return request.POST if request.method == "POST" else None


def _back(case: Case) -> str:
    name = "cases:submit-referral" if case.state == State.DRAFT else "cases:referral"
    return reverse(name, args=[case.code])
