"""Step 11 on screen: the schedule, one contact, one attempt, and the search for a person who is lost."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from cases.actions import consent_stands
from cases.models import Case, Consent
from cases.permissions import Relation, Section
from cases.views.lookup import case_for, is_open, require_open
from cases.views.registers import record_page
from partners.http import PortalRequest, reach
from partners.models import Organisation
from reintegration.actions import follow_up as actions
from reintegration.forms.follow_up import (
    LOST_STEPS,
    AttemptForm,
    ContactForm,
    ExtraContactForm,
    LostContactForm,
)
from reintegration.models import Contact, FollowUpAttempt, LostContactProtocol, Need
from reintegration.models.follow_up import Safety
from reintegration.schedule import contacts_of, failed, is_sought_enough, programme_end, protocol_of
from reintegration.views.needs import of_the_office

KIND_OF_SAFETY = {1: "danger", 2: "danger", 3: "warn", 4: "ok", 5: "ok"}


@dataclass(frozen=True)
class ContactLine:
    """A contact of the schedule with how it stands in a word."""

    contact: Contact

    @property
    def kind(self) -> str:
        """The colour of the word."""
        if self.contact.is_held:
            return "ok"
        if self.contact.is_late:
            return "danger"
        return "info" if self.tries and self.contact.is_open else "neutral"

    @property
    def word(self) -> str:
        """Held, late, tried, planned, or no longer needed."""
        if self.contact.is_held:
            return _("Held")
        if not self.contact.is_open:
            return _("Not needed")
        if self.contact.is_late:
            return _("Late")
        return self.tried if self.tries else _("Planned")

    @property
    def tries(self) -> int:
        """How often the person was sought in vain."""
        return len(failed(self.contact))

    @property
    def tried(self) -> str:
        """The attempts in words; '' for none."""
        if not self.tries:
            return ""
        return ngettext("Tried %(n)d time", "Tried %(n)d times", self.tries) % {"n": self.tries}

    @property
    def safety_kind(self) -> str:
        """The colour of the safety."""
        return KIND_OF_SAFETY.get(self.contact.safety or 0, "neutral")


def _to(case: Case, name: str, *more: object) -> str:
    return reverse(f"reintegration:{name}", args=[case.code_shown, *more])


def _case(request: PortalRequest, code: str) -> Case:
    """The case, to read its follow-up, or for the local office to write in it where something was sent."""
    if request.method == "POST":
        return office_case(request, code)
    return case_for(request, code, read=Section.ARRIVAL)


def office_case(request: PortalRequest, code: str) -> Case:
    """The case, for the local office to write: IOM Helsinki reads the follow-up (process, section 4)."""
    case = case_for(request, code, read=Section.ARRIVAL)
    of_the_office(request, case)
    if request.method == "POST":
        require_open(case, Section.ARRIVAL)
    return case


def _may_write(request: PortalRequest, case: Case) -> bool:
    return is_open(case, Section.ARRIVAL, request.access) and request.access.relation == Relation.SUPPORTING


@reach("case")
def follow_up(request: PortalRequest, code: str) -> HttpResponse:
    """The schedule: what was held, what is next, who is late."""
    case = case_for(request, code, read=Section.ARRIVAL)
    contacts = contacts_of(case)
    waiting = [contact for contact in contacts if contact.is_open]
    may_write = _may_write(request, case) and case.arrived_on is not None
    protocol = protocol_of(case)
    context = {
        "case": case,
        "lines": [ContactLine(contact) for contact in contacts],
        "next": ContactLine(waiting[0]) if waiting else None,
        "may_write": may_write,
        "protocol": protocol,
        "is_lost": protocol is None and case.next_contact_on is not None and is_sought_enough(contacts),
        "wants_contact": consent_stands(case, Consent.Purpose.CONTACT_AFTER),
        "ends_on": programme_end(case.arrived_on) if case.arrived_on else None,
    }
    return render(request, "reintegration/follow_up/follow_up.html", context)


def _contact(contacts: list[Contact], row: UUID) -> Contact:
    for contact in contacts:
        if contact.pk == row:
            return contact
    raise Http404


def open_needs(case: Case, contacts: list[Contact]) -> list[Need]:
    """The needs that nobody has called met yet."""
    met = {
        need
        for contact in contacts
        if contact.is_held
        for need, answer in (contact.needs_met or {}).items()
        if answer == "yes"
    }
    return [need for need in Need.objects.of(case) if str(need.pk) not in met]


def home_contact(contacts: list[Contact]) -> dict[str, str]:
    """The latest phone number at home and the latest rule for calling it."""
    held = [contact for contact in reversed(contacts) if contact.is_held]
    return {
        "phone": next((contact.home_phone for contact in held if contact.home_phone), ""),
        "rule": next((contact.safe_rule for contact in held if contact.safe_rule), ""),
    }


@reach("case")
@require_http_methods(["GET", "POST"])
def contact(request: PortalRequest, code: str, row: UUID) -> HttpResponse:
    """One contact: the form while it is to be held, what was said once it is."""
    case = _case(request, code)
    contacts = contacts_of(case)
    found = _contact(contacts, row)
    home = home_contact(contacts)
    may_write = _may_write(request, case)
    if request.method != "POST" and (not found.is_open or not may_write):
        return _held_page(request, case, found, home)
    form = ContactForm(
        request.POST or None,
        instance=found,
        needs=open_needs(case, contacts),
        initial={"own_words_language": case.language, "next_on": _following(contacts, found)},
    )

    def act(_form: object) -> None:
        actions.send_contact(case, by=request.user, contact=form.save(), channel=form.cleaned_data["channel"])

    is_unsafe = str(request.POST.get("safety", "")) in {"1", "2"}
    return record_page(
        request,
        case,
        form,
        act,
        title=found.get_label_display(),
        submit_label=_("Send follow-up"),
        back=_to(case, "contact", row) if is_unsafe else _to(case, "follow-up"),
        success=_("The follow-up is sent."),
        template="reintegration/follow_up/contact.html",
        context={"contact": found, "line": ContactLine(found), "home": home, "back": _to(case, "follow-up")},
    )


def _following(contacts: list[Contact], contact: Contact) -> Any:
    """The day of the contact after this one, which the person and the office may agree to move."""
    waiting = [other for other in contacts if other.is_open and other.pk != contact.pk]
    return waiting[0].due_on if waiting else None


def _held_page(request: PortalRequest, case: Case, found: Contact, home: dict[str, str]) -> HttpResponse:
    met = found.needs_met or {}
    needs = {str(need.pk): need for need in Need.objects.of(case)} if met else {}
    words = {"yes": _("Yes"), "no": _("No"), "not_asked": _("Not asked")}
    context = {
        "case": case,
        "contact": found,
        "line": ContactLine(found),
        "is_unsafe": found.safety is not None and found.safety <= Safety.UNSAFE,
        "helsinki": Organisation.objects.iom_helsinki(),
        "needs": [(needs[pk].get_domain_display(), words.get(answer, "")) for pk, answer in met.items() if pk in needs],
        "attempts": list(found.attempts.all()),
        "home": home,
        "reads_health": request.access.may_read(Section.HEALTH),
        "title": found.get_label_display(),
    }
    return render(request, "reintegration/follow_up/held.html", context)


@reach("case")
@require_http_methods(["GET", "POST"])
def attempt(request: PortalRequest, code: str, row: UUID) -> HttpResponse:
    """Record one try that did not reach the person."""
    case = office_case(request, code)
    found = _contact(contacts_of(case), row)
    new = FollowUpAttempt.begin(case, by=request.user, contact=found)
    form = AttemptForm(request.POST or None, instance=new, case=case)
    return record_page(
        request,
        case,
        form,
        lambda valid: actions.record_follow_up_attempt(case, by=request.user, attempt=valid.save(commit=False)),  # type: ignore[attr-defined]  # a ModelForm
        title=_("Attempt: %(contact)s") % {"contact": found.get_label_display()},
        submit_label=_("Save the attempt"),
        back=_to(case, "follow-up"),
        success=_("The attempt is recorded."),
        template="reintegration/follow_up/attempt.html",
        context={"line": ContactLine(found), "attempts": list(found.attempts.all())},
    )


@reach("case")
@require_http_methods(["GET", "POST"])
def add_contact(request: PortalRequest, code: str) -> HttpResponse:
    """Plan one more contact that the person wants."""
    case = office_case(request, code)
    return record_page(
        request,
        case,
        ExtraContactForm(request.POST or None),
        lambda form: actions.add_contact(case, by=request.user, due_on=form.cleaned_data["due_on"]),
        title=_("Plan an extra contact"),
        submit_label=_("Plan the contact"),
        back=_to(case, "follow-up"),
        success=_("The contact is planned."),
    )


@reach("case")
@require_http_methods(["GET", "POST"])
def stop(request: PortalRequest, code: str) -> HttpResponse:
    """The person wants no more contacts: one act, no reason asked."""
    case = office_case(request, code)
    if request.method == "POST":
        actions.stop_contacts(case, by=request.user)
        messages.success(request, _("Nobody will contact the person any more."))
        return redirect(_to(case, "follow-up"))
    return render(request, "reintegration/follow_up/stop.html", {"case": case})


@reach("case")
@require_http_methods(["GET", "POST"])
def lost_contact(request: PortalRequest, code: str) -> HttpResponse:
    """What is done when the person cannot be reached; opens with three attempts."""
    case = _case(request, code)
    protocol = protocol_of(case)
    if protocol is not None:
        protocol.case = case
    missing = [] if protocol or is_sought_enough(contacts_of(case)) else [actions.attempts_missing(case)]
    is_complete = request.POST.get("do") == "complete"
    form = LostContactForm(request.POST or None, is_complete=is_complete, initial=_initial(protocol))
    may_write = _may_write(request, case)
    status = 200
    if request.method == "POST":
        if missing:
            status = 409
        elif form.is_valid():
            actions.save_lost_contact(
                case, by=request.user, steps=form.steps(), note=form.cleaned_data["note"], is_complete=is_complete
            )
            messages.success(request, _("The search is complete.") if is_complete else _("The search is saved."))
            return redirect(_to(case, "lost-contact"))
    context = {
        "case": case,
        "protocol": protocol,
        "form": form,
        "blockers": missing,
        "may_write": may_write and not missing and (protocol is None or protocol.completed_at is None),
        "steps": _answers(protocol),
    }
    return render(request, "reintegration/follow_up/lost_contact.html", context, status=status)


def _initial(protocol: LostContactProtocol | None) -> dict[str, Any]:
    if protocol is None:
        return {}
    return {"note": protocol.note, **{step["step"]: step["answer"] for step in protocol.steps or []}}


def _answers(protocol: LostContactProtocol | None) -> list[tuple[Any, Any]]:
    """The steps and what was answered, for reading."""
    words = dict(LostContactForm.DONE)
    given = {step["step"]: step["answer"] for step in (protocol.steps or [])} if protocol else {}
    return [(label, words.get(given.get(code, "to_do"))) for code, label in LOST_STEPS]
