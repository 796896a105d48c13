"""Step 3: the request, what Länsstyrelsen decides, and what IOM Helsinki receives of it."""

from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cases import actions, clocks
from cases.actions import StepRefused
from cases.actions.move import moved_on
from cases.forms.decision import (
    ApproveForm,
    AskForMoreForm,
    DeclineForm,
    DeclineReturnForm,
    NewCeilingForm,
    ReasonForm,
    ReopenForm,
    funding_lines,
    shared,
)
from cases.guards import Blocker, blockers
from cases.models import Case, Decision, InformationRequest, PortalText, Referral, ReferralConsent
from cases.permissions import Relation, Section
from cases.preview import SHARED_BY_DEFAULT, Preview, preview_for_iom
from cases.referral_checks import decision_checks
from cases.states import WITH_IOM, State
from cases.views.lookup import case_for
from cases.views.registers import record_page
from cases.views.steps import label_of, step_page
from partners.http import PortalRequest, reach
from returns_portal import clock
from returns_portal.ui import clock_time


def _page(case: Case, name: str) -> str:
    return reverse(f"cases:{name}", args=[case.code_shown])


def _typed(request: PortalRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _back_to(case: Case, page: str) -> dict[str, Any]:
    """Where "Cancel" leads."""
    return {"cancel_url": _page(case, page)}


@reach("case")
def decide(request: PortalRequest, code: str) -> HttpResponse:
    """The request with everything that the decision needs; a POST takes responsibility for it."""
    case = case_for(request, code, read=Section.REFERRAL, step="approve")
    if request.method == "POST":
        return _take_responsibility(request, case)
    referral = Referral.objects.of(case).get()
    checks = decision_checks(referral)
    given = sum(done for _label, done in checks)
    missing = blockers(case, "approve", by=request.user) if case.state == State.REFERRED else []
    is_own = request.user.pk in {case.created_by_id, case.submitted_by_id, case.reopened_by_id}
    context = {
        "case": case,
        "access": request.access,
        "groups": preview_for_iom(case, [Section.REFERRAL, Section.CRIMINAL]).groups,
        "background": referral.background,
        "checks": checks,
        "given": given,
        "consent": ReferralConsent.objects.of(case).filter(withdrawn_at__isnull=True).order_by("given_on").last(),
        "requests": InformationRequest.objects.of(case).select_related("case__key").order_by("created_at"),
        "is_own": is_own and case.state == State.REFERRED,
        "blockers": [blocker for blocker in missing if blocker.page != _page(case, "decide")],
        "ways": _ways(case, asks_first=given < len(checks), is_own=is_own),
        "moved_on": "" if case.state == State.REFERRED else moved_on(case),
        "may_take": case.decider_id is None
        and case.state in {State.REFERRED, State.MORE_INFO}
        and actions.may_answer_for(case, request.user),
    }
    return render(request, "cases/decision/decide.html", context)


def _ways(case: Case, *, asks_first: bool, is_own: bool) -> list[tuple[str, Any, str]]:
    """Address, label and look of each decision that is possible now; a missing answer makes the question lead."""
    verbs = [] if is_own else ["approve"]
    verbs = ["ask_for_more", *verbs] if asks_first else [*verbs, "ask_for_more"]
    verbs = [verb for verb in (*verbs, "recall", "decline", "reopen") if actions.is_in_time(case, verb)]
    looks_of = {"decline": "btn warn", "recall": "btn quiet"}
    ways = [
        (_page(case, verb.replace("_", "-")), label_of(verb), "btn" if place == 0 else looks_of.get(verb, "btn quiet"))
        for place, verb in enumerate(verbs)
    ]
    if case.state in WITH_IOM:
        ways.append((_page(case, "new-ceiling"), _("Decide a new ceiling"), "btn quiet"))
    return ways


def _take_responsibility(request: PortalRequest, case: Case) -> HttpResponse:
    if case.decider is not None and case.decider != request.user and not request.user.is_manager:
        sentence = _("%(who)s has taken responsibility for the decision.") % {"who": case.decider.name}
        raise StepRefused(case, "reassign", [Blocker(sentence, _page(case, "decide"))])
    if case.decider != request.user:
        actions.reassign(case, by=request.user, to=request.user)
    return redirect(_page(case, "decide"))


@reach("case")
def approve(request: PortalRequest, code: str) -> HttpResponse:
    """Approve, having seen what IOM Helsinki will see."""
    case = case_for(request, code, read=Section.DECISION, step="approve")
    typed = _typed(request)
    only_look = typed is not None and "preview" in typed
    ticked = shared(typed.getlist("shared_sections")) if typed is not None else list(SHARED_BY_DEFAULT)
    if typed is None or only_look:
        form = ApproveForm(initial={**(typed.dict() if typed else {}), "shared_sections": ticked})
    else:
        form = ApproveForm(typed)
    preview = preview_for_iom(case, ticked) if case.state == State.REFERRED else None
    names_open = _opens_names(request, case, preview)
    return step_page(
        request,
        case,
        "approve",
        form,
        lambda data: actions.approve_referral(
            case, by=request.user, preview_sha256=request.POST.get("preview_sha256", ""), **data
        ),
        template="cases/decision/approve.html",
        context={
            "preview": preview,
            "names_open": names_open,
            "may_open": actions.may_open_identity(case, request.user),
            **_back_to(case, "decide"),
        },
        effects=[
            _("IOM Helsinki gets the case, a notification and the right to work with it."),
            _("%(sender)s is told that the support has been approved.") % {"sender": case.referring},
            _("The decision letter is made in Swedish and English."),
        ],
        success=_("Approved. IOM Helsinki got the case at %(time)s. %(sender)s has been told.")
        % {"time": clock_time(clock.now()), "sender": case.referring},
        only_look=only_look,
    )


def _opens_names(request: PortalRequest, case: Case, preview: Preview | None) -> bool:
    """Whether this POST asks to see the identity too: names are closed by default, and opening them leaves a line."""
    if request.POST.get("preview") != "names" or preview is None or Section.IDENTITY not in preview.sections:
        return False
    if not actions.may_open_identity(case, request.user):
        return False
    actions.reveal_identity(case, by=request.user, page="cases:approve")
    return True


@reach("case")
def ask_for_more(request: PortalRequest, code: str) -> HttpResponse:
    """Ask the referrer before deciding."""
    case = case_for(request, code, read=Section.DECISION, step="ask_for_more")
    day = clocks.due("more_information", case, clock.now()).date()
    return step_page(
        request,
        case,
        "ask_for_more",
        AskForMoreForm(_typed(request), initial={"due_on": day}),
        lambda data: actions.ask_for_more(case, by=request.user, **data),
        context=_back_to(case, "decide"),
        effects=[
            _("%(sender)s gets the question and answers it in the portal.") % {"sender": case.referring},
            _("The time for the decision stands still until the answer comes."),
        ],
        success=_("The question has been sent. The clock stands still until the answer comes."),
    )


@reach("case")
def decline(request: PortalRequest, code: str) -> HttpResponse:
    """Refuse the support, with the reason and another way to help."""
    case = case_for(request, code, read=Section.DECISION, step="decline")
    return step_page(
        request,
        case,
        "decline",
        DeclineForm(_typed(request), initial={"help_path": _help_path()}),
        lambda data: actions.decline_referral(case, by=request.user, **data),
        context=_back_to(case, "decide"),
        effects=[
            _("%(sender)s is told and reads the reason and the other help.") % {"sender": case.referring},
            _("IOM Helsinki never sees the referral. The case can be reopened."),
        ],
        success=_("The refusal has been sent with its reason and a way to other help."),
    )


@reach("case")
def recall(request: PortalRequest, code: str) -> HttpResponse:
    """Take back a question, or an approval that IOM Helsinki has not taken on."""
    case = case_for(request, code, read=Section.DECISION, step="recall")
    if case.state == State.MORE_INFO:
        effects = [
            _("The question is withdrawn and %(sender)s is told.") % {"sender": case.referring},
            _("The time for the decision goes on."),
        ]
    else:
        effects = [_("IOM Helsinki no longer sees the case, and is told."), _("The case awaits a new decision.")]
    return step_page(
        request,
        case,
        "recall",
        ReasonForm(_typed(request)),
        lambda data: actions.recall(case, by=request.user, **data),
        context=_back_to(case, "decide"),
        effects=effects,
        success=_("Taken back. The case awaits a decision again."),
    )


@reach("case")
def decline_return(request: PortalRequest, code: str) -> HttpResponse:
    """IOM Helsinki: a safe return is not possible; help goes on in Sweden."""
    case = case_for(request, code, read=Section.DECISION, step="decline_return")
    effects = [_("The Swedish partners are told and read the reason and the help in Sweden.")]
    if case.local_office:
        effects.append(_("%(office)s no longer sees the case, and is told.") % {"office": case.local_office})
    return step_page(
        request,
        case,
        "decline_return",
        DeclineReturnForm(_typed(request), initial={"help_path": _help_path()}),
        lambda data: actions.decline_return(case, by=request.user, **data),
        effects=effects,
        success=_("The decision has been sent together with support in Sweden."),
    )


@reach("case")
def reopen(request: PortalRequest, code: str) -> HttpResponse:
    """Begin again with a new consent."""
    case = case_for(request, code, read=Section.DECISION, step="reopen")
    return step_page(
        request,
        case,
        "reopen",
        ReopenForm(_typed(request), initial={"consent_language": case.language}),
        lambda data: actions.reopen(
            case,
            by=request.user,
            note=data["note"],
            consent_given_on=data["consent_given_on"],
            consent_language=data["consent_language"],
        ),
        context=_back_to(case, "decide"),
        effects=[
            _("The case awaits a decision again. What was stays as history."),
            _("%(sender)s can work with the case again and is told.") % {"sender": case.referring},
            _("IOM Helsinki and the local office no longer see it until it is approved anew."),
            _("Somebody else than you must approve it."),
        ],
        success=_("Reopened. The case awaits a decision again."),
    )


@reach("case")
def new_ceiling(request: PortalRequest, code: str) -> HttpResponse:
    """A new ceiling, with a letter of its own."""
    case = case_for(request, code, read=Section.DECISION, step="approve")
    form = NewCeilingForm(_typed(request))
    if case.state not in WITH_IOM and request.method == "POST":
        raise StepRefused(case, "new_ceiling")
    in_force = Decision.in_force(case)
    return record_page(
        request,
        case,
        form,
        lambda form: actions.decide_new_ceiling(case, by=request.user, **form.cleaned_data),
        title=_("Decide a new ceiling"),
        submit_label=_("Decide the new ceiling"),
        back=_page(case, "decision"),
        success=_("The new ceiling has been decided. IOM Helsinki has been told."),
        template="cases/decision/new_ceiling.html",
        context={
            "in_force": in_force,
            "moved_on": "" if case.state in WITH_IOM else moved_on(case),
        },
    )


@reach("case")
def decision(request: PortalRequest, code: str) -> HttpResponse:
    """The decisions and their conditions, for those who read them."""
    case = case_for(request, code, read=Section.DECISION)
    decisions = Decision.objects.filter(case=case).select_related("case__key", "created_by__organisation")
    swedish_side = request.access.relation in {Relation.REFERRING, Relation.APPROVING}
    if not swedish_side:
        # What was decided before a reopening was never IOM's to read; questions stay between the two who wrote them.
        decisions = decisions.filter(round=case.round)
    requests = InformationRequest.objects.filter(case=case).select_related("case__key").order_by("-created_at")
    context = {
        "case": case,
        "access": request.access,
        "decisions": list(decisions.order_by("-created_at")),
        "requests": list(requests) if swedish_side else [],
        "in_force": Decision.in_force(case),
        "funding": dict(funding_lines()),
        "may_decide": actions.may_take(case, "approve", request.user),
        "may_set_ceiling": actions.may_take(case, "approve", request.user) and case.state in WITH_IOM,
        "sections": dict(Section.choices),
    }
    return render(request, "cases/decision/decision.html", context)


@reach("case")
def received(request: PortalRequest, code: str) -> HttpResponse:
    """What IOM Helsinki received of the referral: the same that the approver previewed and the notification says."""
    case = case_for(request, code, read=Section.REFERRAL)
    approval = (
        Decision.objects.of(case)
        .filter(kind=Decision.Kind.APPROVED, recalled_at__isnull=True)
        .select_related("case__key", "created_by__organisation")
        .order_by("created_at")
        .last()
    )
    preview = preview_for_iom(case, approval.shared_sections) if approval else None
    context = {
        "case": case,
        "access": request.access,
        "approval": approval,
        "in_force": Decision.in_force(case),
        "preview": preview,
        "names_open": _opens_names(request, case, preview),
        "may_open": actions.may_open_identity(case, request.user),
        "may_take_on": approval is not None and actions.may_take(case, "start_application", request.user),
        "take_on_label": label_of("start_application"),
        "is_waiting": case.state == State.APPROVED,
    }
    return render(request, "cases/decision/received.html", context)


def _help_path() -> str:
    """The programme's own words on other help, in the reader's language."""
    text = PortalText.objects.filter(code="help_path").first()
    if text is None:
        return ""
    return text.text_sv if (get_language() or "sv").startswith("sv") else text.text_en
