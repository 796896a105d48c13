"""Step 4: taking on the case, counselling, attempts to reach the person, kinds of support at home."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases import actions
from cases.forms.application import AttemptForm, CounsellingForm, KindsForm, TakeOnForm
from cases.models import ContactAttempt, CounsellingSession, NeedsAsked
from cases.permissions import Level, Relation, Section
from cases.views.lookup import case_for, is_open, require_open
from cases.views.registers import record_page
from cases.views.steps import step_page
from partners.http import PortalRequest, reach


@reach("case")
@require_http_methods(["GET", "POST"])
def start_application(request: PortalRequest, code: str) -> HttpResponse:
    """IOM Helsinki takes on the case and asks the local office about kinds of support (leaflet, step 4)."""
    case = case_for(request, code, step="start_application")
    colleagues = actions.whom_to_name(case, request.user)
    form = TakeOnForm(request.POST or None, case=case, colleagues=colleagues, initial={"coordinator": request.user.pk})

    def act(data: dict[str, Any]) -> None:
        actions.start_application(case, by=request.user, **data)
        words = {"who": data["coordinator"].name, "office": data["local_office"].name}
        if data["coordinator"] == request.user:
            said = _("You are responsible. %(office)s knows that a returnee may come.")
        else:
            said = _("%(who)s is responsible. %(office)s knows that a returnee may come.")
        messages.success(request, said % words)

    return step_page(
        request,
        case,
        "start_application",
        form,
        act,
        effects=[
            _("The local office learns that a returnee may come, and is asked about these kinds of support."),
            _("The referrer and Länsstyrelsen are told that you have taken on the case."),
        ],
    )


@reach("case")
def counselling(request: PortalRequest, code: str) -> HttpResponse:
    """The talks and the attempts to reach the person."""
    case = case_for(request, code, read=Section.APPLICATION)
    context = {
        "case": case,
        "sessions": CounsellingSession.objects.of(case).select_related("created_by", "case__key"),
        "attempts": ContactAttempt.objects.of(case).select_related("created_by", "case__key"),
        "kinds": NeedsAsked.objects.of(case).select_related("office", "case__key"),
        "may_write": is_open(case, Section.APPLICATION, request.access),
    }
    return render(request, "cases/application/counselling.html", context)


@reach("case")
@require_http_methods(["GET", "POST"])
def add_counselling(request: PortalRequest, code: str) -> HttpResponse:
    """Record one talk."""
    case = case_for(request, code, write=Section.APPLICATION)
    form = CounsellingForm(
        request.POST or None,
        instance=CounsellingSession.begin(case, by=request.user),
        initial={"language": case.language},
    )
    return record_page(
        request,
        case,
        form,
        lambda valid: actions.record_counselling(case, by=request.user, session=valid.save(commit=False)),  # type: ignore[attr-defined]  # a ModelForm
        title=_("Counselling session"),
        submit_label=_("Save the session"),
        back=f"{case.get_absolute_url()}counselling/",
        success=_("The session is recorded."),
    )


@reach("case")
@require_http_methods(["GET", "POST"])
def add_attempt(request: PortalRequest, code: str) -> HttpResponse:
    """Record one try to reach the person."""
    case = case_for(request, code, write=Section.APPLICATION)
    form = AttemptForm(request.POST or None, instance=ContactAttempt.begin(case, by=request.user))
    return record_page(
        request,
        case,
        form,
        lambda valid: actions.record_attempt(case, by=request.user, attempt=valid.save(commit=False)),  # type: ignore[attr-defined]  # a ModelForm
        title=_("Attempt to reach the person"),
        submit_label=_("Save the attempt"),
        back=f"{case.get_absolute_url()}counselling/",
        success=_("The attempt is recorded."),
    )


@reach("case")
@require_http_methods(["GET", "POST"])
def kinds(request: PortalRequest, code: str) -> HttpResponse:
    """The local office's page: which of these kinds of support are there, before it knows the person."""
    case = case_for(request, code)
    access = request.access
    if access.relation not in {Relation.INFORMED, Relation.SUPPORTING} or access.level(Section.NEEDS) < Level.KINDS:
        raise PermissionDenied
    if request.method == "POST":
        require_open(case, Section.NEEDS)
    asked = list(NeedsAsked.objects.of(case).filter(office=request.user.organisation).select_related("case__key"))
    form = KindsForm(request.POST or None, asked=asked)
    return record_page(
        request,
        case,
        form,
        lambda _form: actions.answer_kinds(case, by=request.user, answers=form.answers()),
        title=_("Is there such support?"),
        submit_label=_("Send the answers"),
        back=case.get_absolute_url(),
        success=_("IOM Helsinki has your answers."),
        template="cases/application/kinds.html",
        context={"asked": asked},
    )
