"""Step 5: the application, its consents, and receiving it signed."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cases import actions, pdfs
from cases.forms.application import CONSENT_HINTS, ApplicationForm, ConsentsForm, UploadForm
from cases.guards import blockers
from cases.models import Application, Case, Consent, Document
from cases.pdfs.application import BY_HAND
from cases.permissions import Access, Section
from cases.states import State
from cases.views.documents import say_kept
from cases.views.identity import identity_closed
from cases.views.lookup import case_for, is_open
from cases.views.registers import record_page
from cases.views.steps import step_page
from partners.http import PortalRequest, reach

UPLOADS: list[str] = [Document.Kind.SIGNED_APPLICATION, Document.Kind.ATTACHMENT]


def _current(case: Case) -> Application:
    application = Application.objects.of(case).filter(is_current=True).select_related("case__key").first()
    if application is None:
        raise Http404
    return application


def _consents(case: Case) -> dict[str, Consent]:
    return {consent.purpose: consent for consent in Consent.objects.of(case).filter(is_current=True)}


@reach("case")
def application(request: PortalRequest, code: str) -> HttpResponse:
    """The application as it stands: what it says, its consents, its papers, what is missing."""
    case = case_for(request, code, read=Section.APPLICATION)
    current = Application.objects.of(case).filter(is_current=True).select_related("case__key").first()
    may_write = is_open(case, Section.APPLICATION, request.access)
    documents = Document.objects.readable(case, request.access).filter(section=Section.APPLICATION, round=case.round)
    context = {
        "case": case,
        "application": current,
        "blocks": _answers(current, request.access) if current else [],
        "consents": _consent_rows(case),
        "documents": documents.select_related("case__key"),
        "blockers": blockers(case, "receive_application", by=request.user)
        if may_write and case.state == State.APPLICATION
        else [],
        "may_write": may_write,
        "may_receive": may_write and case.state == State.APPLICATION,
        "upload_form": UploadForm(kinds=UPLOADS) if may_write else None,
    }
    return render(request, "cases/application/application.html", context)


def _answers(current: Application, access: Access) -> list[tuple[Any, list[tuple[Any, Any]]]]:
    form = ApplicationForm(instance=current)
    blocks = []
    for title, fields in form.blocks():
        rows = []
        for field in fields:
            if field.name == "health_declaration" and not access.may_read(Section.HEALTH):
                continue
            if field.name in BY_HAND and access.keeps_names:
                continue
            value: Any = getattr(current, field.name)
            choices = getattr(field.field, "choices", None) or getattr(field.field.widget, "choices", None)
            if isinstance(field.field, forms.BooleanField):
                value = _("Yes") if value else ""
            elif choices:
                value = dict(choices).get(value, value)
            rows.append((field.label, value))
        blocks.append((title, [row for row in rows if row[1]]))
    return [block for block in blocks if block[1]]


def _consent_rows(case: Case) -> list[dict[str, Any]]:
    current = _consents(case)
    return [
        {"purpose": purpose, "consent": current.get(purpose.value), "hint": CONSENT_HINTS[purpose]}
        for purpose in Consent.Purpose
    ]


@reach("case")
@require_http_methods(["GET", "POST"])
def edit_application(request: PortalRequest, code: str) -> HttpResponse:
    """Fill in the application; once it is locked, saving makes a new version."""
    case = case_for(request, code, write=Section.APPLICATION)
    if request.access.keeps_names:
        return identity_closed(request, case)
    current = _current(case)
    form = ApplicationForm(request.POST or None, instance=current)
    return record_page(
        request,
        case,
        form,
        lambda valid: actions.save_application(case, by=request.user, application=valid.save(commit=False)),  # type: ignore[attr-defined]  # a ModelForm
        title=_("AVRR application"),
        submit_label=_("Save the application"),
        back=f"{case.get_absolute_url()}application/",
        success=_("The application is saved."),
        template="cases/application/edit.html",
        context={"application": current},
    )


@reach("case")
@require_POST
def print_application(request: PortalRequest, code: str) -> HttpResponse:
    """Have the worker make the form to sign, in both languages, with what is filled in now."""
    case = case_for(request, code, write=Section.APPLICATION)
    for name in ("application_form", "health_declaration"):
        pdfs.queue(case, name, row=_current(case).pk)
    messages.success(request, _("The form to sign is being made. It appears under Documents in a few seconds."))
    return redirect(f"{case.get_absolute_url()}application/")


@reach("case")
@require_http_methods(["GET", "POST"])
def upload(request: PortalRequest, code: str) -> HttpResponse:
    """Add the signed copy or an attachment."""
    case = case_for(request, code, write=Section.APPLICATION)
    form = UploadForm(request.POST or None, request.FILES or None, kinds=UPLOADS)
    return record_page(
        request,
        case,
        form,
        lambda _form: say_kept(request, actions.add_document(case, by=request.user, **form.cleaned_data)),
        title=_("Add a file to the application"),
        submit_label=_("Upload"),
        back=f"{case.get_absolute_url()}application/",
    )


@reach("case")
@require_http_methods(["GET", "POST"])
def consents(request: PortalRequest, code: str) -> HttpResponse:
    """Record what the person says to each consent."""
    case = case_for(request, code, write=Section.APPLICATION)
    form = ConsentsForm(request.POST or None, current=_consents(case), initial={"language": case.language})
    return record_page(
        request,
        case,
        form,
        lambda _form: actions.answer_consents(case, by=request.user, answers=form.answers()),
        title=_("Consents"),
        submit_label=_("Save the answers"),
        back=f"{case.get_absolute_url()}application/",
        success=_("The answers are recorded."),
        context={"help": _("Each is the person's own. A no to one is not a no to the others.")},
    )


@reach("case")
@require_http_methods(["GET", "POST"])
def withdraw_consent(request: PortalRequest, code: str, purpose: str) -> HttpResponse:
    """The person takes back one consent; the page says what stops."""
    case = case_for(request, code, write=Section.APPLICATION)
    consent = _consents(case).get(purpose)
    if consent is None or not consent.stands:
        raise Http404
    return record_page(
        request,
        case,
        forms.Form(request.POST or None),
        lambda _form: actions.withdraw_consent(case, by=request.user, purpose=purpose),
        title=_("Take back the consent: %(purpose)s") % {"purpose": consent.get_purpose_display()},
        submit_label=_("Record that the person takes it back"),
        back=f"{case.get_absolute_url()}application/",
        success=_("The consent is taken back. What it opened is closed."),
        template="cases/application/withdraw_consent.html",
        context={"hint": CONSENT_HINTS[purpose]},
    )


@reach("case")
@require_http_methods(["GET", "POST"])
def receive_application(request: PortalRequest, code: str) -> HttpResponse:
    """Receive the signed application: it is locked, and the local office sees the case (leaflet, step 5)."""
    case = case_for(request, code, step="receive_application")
    return step_page(
        request,
        case,
        "receive_application",
        forms.Form(request.POST or None),
        lambda _data: actions.receive_application(case, by=request.user),
        effects=[
            _("The application is locked. Later changes become a new version."),
            _("The local office sees the case and can begin to prepare."),
            _("The referrer and Länsstyrelsen are told."),
        ],
        success=_("The application is locked. Changes become a new version."),
    )
