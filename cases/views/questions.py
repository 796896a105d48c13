"""Questions and messages between two organisations of a case; the others do not see them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cases import actions
from cases.forms.questions import AskForm, ReplyForm
from cases.models import Case, Message, Thread
from cases.permissions import OPEN_IN, Section
from cases.views.lookup import case_for
from partners.http import PortalRequest, reach


@reach("case")
@require_http_methods(["GET", "POST"])
def questions(request: PortalRequest, code: str) -> HttpResponse:
    """The threads of the reader's organisation, and a form to begin one."""
    if request.method == "POST":
        case = case_for(request, code, write=Section.QUESTIONS)
        form = AskForm(request.POST, to=actions.whom_to_ask(case, request.user))
        if form.is_valid():
            actions.ask(case, by=request.user, **form.cleaned_data)
            messages.success(request, _("The message is sent."))
            return redirect("cases:questions", case.code)
        return _page(request, case, ask=form)
    case = case_for(request, code, read=Section.QUESTIONS)
    return _page(request, case)


@reach("case")
@require_POST
def reply(request: PortalRequest, code: str, thread_id: UUID) -> HttpResponse:
    """Write in a thread; the asked organisation's words are the answer."""
    case = case_for(request, code, write=Section.QUESTIONS)
    thread = _thread(request, case, thread_id)
    form = ReplyForm(request.POST, auto_id=f"id_{thread.pk}_%s")
    if not form.is_valid():
        return _page(request, case, replies={thread.pk: form})
    actions.reply(thread, by=request.user, text=form.cleaned_data["text"])
    messages.success(request, _("The message is sent."))
    return redirect("cases:questions", case.code)


@reach("case")
@require_POST
def retract(request: PortalRequest, code: str, thread_id: UUID, message_id: UUID) -> HttpResponse:
    """Take a message back that nobody on the other side has read."""
    case = case_for(request, code, write=Section.QUESTIONS)
    thread = _thread(request, case, thread_id)
    message = Message.objects.filter(thread=thread, pk=message_id, organisation=request.user.organisation).first()
    if message is None:
        raise Http404
    message.case = case
    actions.retract(message, by=request.user)
    messages.success(request, _("The message is taken back."))
    return redirect("cases:questions", case.code)


def _thread(request: PortalRequest, case: Case, thread_id: UUID) -> Thread:
    thread = next((thread for thread in actions.threads_of(case, request.user) if thread.pk == thread_id), None)
    if thread is None:
        raise Http404
    thread.case = case
    return thread


def _page(
    request: PortalRequest, case: Case, *, ask: AskForm | None = None, replies: dict[UUID, ReplyForm] | None = None
) -> HttpResponse:
    user, may_say = request.user, case.state in OPEN_IN[Section.QUESTIONS]
    may_say = may_say and request.access.may_write(Section.QUESTIONS)
    threads = actions.threads_of(case, user)
    shown: list[dict[str, Any]] = []
    for thread in threads:
        thread.case = case
        for message in thread.messages.all():
            message.case = case
        form = (replies or {}).get(thread.pk) or ReplyForm(auto_id=f"id_{thread.pk}_%s")
        shown.append({"thread": thread, "form": form, "is_asked": thread.asked_of_id == user.organisation_id})
    context = {
        "case": case,
        "threads": sorted(shown, key=lambda entry: not entry["thread"].is_open),
        "ask": (ask or AskForm(to=actions.whom_to_ask(case, user))) if may_say else None,
        "error_form": ask or next(iter((replies or {}).values()), None),
        "may_say": may_say,
    }
    response = render(request, "cases/questions.html", context)
    actions.mark_read(threads, user)
    return response
