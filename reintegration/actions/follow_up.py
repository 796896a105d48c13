"""Step 11: contacts after the return, attempts, and what is done when nobody can be reached."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cases import actions as cases
from cases import ball, clocks, emails
from cases.actions import StepRefused, consent_stands, locked, record_event
from cases.actions.apply import when_consent_is_withdrawn
from cases.guards import Blocker
from cases.models import Case, Consent
from cases.permissions import OPEN_IN, Relation, Section
from partners.models import Organisation, User
from reintegration.actions import feedback
from reintegration.models import Contact, FeedbackReport, FollowUpAttempt, LostContactProtocol
from reintegration.models.follow_up import Safety
from reintegration.reports import REPORTS_AT
from reintegration.schedule import contacts_of, due_dates, is_sought_enough, next_open, protocol_of
from returns_portal import clock


@transaction.atomic
def lay_schedule(case: Case, arrived_on: date, *, by: User | None = None) -> list[Contact]:
    """Lay the contacts from the day of arrival; none where contact after the return was refused."""
    if not consent_stands(case, Consent.Purpose.CONTACT_AFTER):
        _next_is(case)
        return []
    contacts = [Contact.begin(case, by=by, label=label, due_on=due_on) for label, due_on in due_dates(arrived_on)]
    Contact.objects.bulk_create(contacts, ignore_conflicts=True)
    _next_is(case)
    return contacts


def _next_is(case: Case) -> None:
    """Keep on the case when the next contact is due, for lists and clocks, and pass the ball on."""
    contact = next_open(case)
    case.next_contact_on = contact.due_on if contact else None
    Case.objects.filter(pk=case.pk).update(next_contact_on=case.next_contact_on)
    ball.refresh(case)


def _at_work(case: Case) -> Case:
    """The case, locked, if its follow-up is under way."""
    case = locked(case)
    if case.state not in OPEN_IN[Section.ARRIVAL]:
        raise StepRefused(case, "")
    return case


def _still_open(case: Case, contact: Contact) -> Contact:
    """The contact, locked, if nobody has held it meanwhile."""
    now = Contact.objects.select_for_update(of=("self",)).select_related("held_by").get(pk=contact.pk, case=case)
    if not now.is_open:
        if now.held_by:
            sentence = str(_("%(who)s has already sent this follow-up.")) % {"who": now.held_by.name}
        else:
            sentence = str(_("This contact is no longer to be held."))
        raise StepRefused(case, "", [Blocker(sentence, contact_page(case, contact))])
    return now


def contact_page(case: Case, contact: Contact) -> str:
    """The address of one contact."""
    return reverse("reintegration:contact", args=[case.code_shown, contact.pk])


@transaction.atomic
def send_contact(case: Case, *, by: User, contact: Contact, channel: str, held_at: datetime | None = None) -> Contact:
    """Write down one contact. Whoever is not safe is known to IOM Helsinki at once."""
    case = _at_work(case)
    _still_open(case, contact)
    contact.case = case
    contact.held_at, contact.held_by = held_at or clock.now(), by
    contact.save()
    FollowUpAttempt.begin(
        case, by=by, contact=contact, at=contact.held_at, channel=channel, result=FollowUpAttempt.Result.REACHED
    ).save()
    _found(case)
    _plan_next(case, by, contact)
    record_event(case, "send_contact", by=by, section=Section.ARRIVAL)
    _next_is(case)
    _queue_reports(case, contact)
    if contact.safety is not None and contact.safety <= Safety.UNSAFE:
        _tell_helsinki(case, "unsafe", contact_page(case, contact), f"unsafe:{contact.pk}")
        feedback.queue_draft(case, FeedbackReport.Kind.PROBLEM, row=contact.pk)
    return contact


def _found(case: Case) -> None:
    """Somebody has spoken with the person: a search that is under way has ended well."""
    LostContactProtocol.objects.of(case).filter(found_at__isnull=True).update(found_at=clock.now())


def _plan_next(case: Case, by: User, held: Contact) -> None:
    """The next contact is on the day agreed with the person: one more before the next planned, or that one moved."""
    if held.next_on is None:
        return
    planned = next_open(case)
    if planned is None or held.next_on < planned.due_on:
        Contact.begin(case, by=by, label=Contact.Label.EXTRA, due_on=held.next_on).save()
    elif held.next_on > planned.due_on:
        Contact.objects.filter(pk=planned.pk).update(due_on=held.next_on)


def _queue_reports(case: Case, contact: Contact) -> None:
    kind = REPORTS_AT.get(Contact.Label(contact.label))
    if kind is not None:
        feedback.queue_draft(case, kind, row=contact.pk)
    elif contact.own_words and contact.own_words_may_go:
        feedback.queue_draft(case, FeedbackReport.Kind.OWN_WORDS, row=contact.pk)
    if case.next_contact_on is None:
        feedback.queue_draft(case, FeedbackReport.Kind.CLOSED)


def _tell_helsinki(case: Case, what: str, page: str, key: str) -> None:
    """Everybody at IOM Helsinki, whoever coordinates: safety does not wait for one person."""
    people = emails.people_in(Organisation.objects.iom_helsinki())
    emails.notify(case, people, what, page=page, key=key, is_safety=True)


@transaction.atomic
def record_follow_up_attempt(case: Case, *, by: User, attempt: FollowUpAttempt) -> FollowUpAttempt:
    """Write down one try to reach the person. Whoever does not want this contact need not have it."""
    case = _at_work(case)
    _still_open(case, attempt.contact)
    attempt.save(force_insert=True)
    if attempt.result == FollowUpAttempt.Result.DECLINED:
        Contact.objects.filter(pk=attempt.contact_id).update(cancelled_at=clock.now())
        _found(case)
    record_event(case, "try_contact", by=by, section=Section.ARRIVAL)
    _next_is(case)
    if is_sought_enough(contacts_of(case)):
        page = reverse("reintegration:lost-contact", args=[case.code_shown])
        _tell_helsinki(case, "not_reached", page, f"not_reached:{attempt.contact_id}")
    return attempt


@transaction.atomic
def add_contact(case: Case, *, by: User, due_on: date) -> Contact:
    """Plan one more contact that the person wants."""
    case = _at_work(case)
    if not consent_stands(case, Consent.Purpose.CONTACT_AFTER):
        raise StepRefused(case, "", [no_contacts_wanted(case)])
    contact = Contact.begin(case, by=by, label=Contact.Label.EXTRA, due_on=due_on)
    contact.save()
    record_event(case, "add_contact", by=by, section=Section.ARRIVAL)
    _next_is(case)
    return contact


def no_contacts_wanted(case: Case) -> Blocker:
    """Why no contact can be planned."""
    return Blocker(
        _("The person does not want contacts after the return."),
        reverse("reintegration:follow-up", args=[case.code_shown]),
    )


@transaction.atomic
def save_lost_contact(
    case: Case, *, by: User, steps: list[dict[str, Any]], note: str = "", is_complete: bool = False
) -> LostContactProtocol:
    """Write what has been done to find the person; complete once every step was done or could not be."""
    case = _at_work(case)
    protocol = protocol_of(case)
    if protocol is None:
        if not is_sought_enough(contacts_of(case)):
            raise StepRefused(case, "", [attempts_missing(case)])
        protocol = LostContactProtocol.begin(case, by=by, opened_by=by)
        feedback.queue_draft(case, FeedbackReport.Kind.PROBLEM, row=protocol.pk)
    elif protocol.completed_at is not None:
        raise StepRefused(case, "")
    protocol.steps, protocol.note = steps, note
    if is_complete:
        protocol.completed_at, protocol.completed_by = clock.now(), by
    protocol.save()
    record_event(case, "complete_lost_contact" if is_complete else "save_lost_contact", by=by, section=Section.ARRIVAL)
    if is_complete:
        cancel_open_contacts(case)
        feedback.queue_draft(case, FeedbackReport.Kind.CLOSED)
        page = reverse("reintegration:lost-contact", args=[case.code_shown])
        _tell_helsinki(case, "lost_contact", page, f"lost_contact:{protocol.pk}")
    return protocol


def attempts_missing(case: Case) -> Blocker:
    """What must stand before somebody counts as lost."""
    sentence = _("Record %(n)d attempts on different days and at different hours.")
    return Blocker(
        sentence % {"n": clocks.number("attempts_before_lost")},
        reverse("reintegration:follow-up", args=[case.code_shown]),
    )


def cancel_open_contacts(case: Case) -> int:
    """Nobody is to be called any more."""
    cancelled = (
        Contact.objects.of(case)
        .filter(held_at__isnull=True, cancelled_at__isnull=True)
        .update(cancelled_at=clock.now())
    )
    _next_is(case)
    return cancelled


@transaction.atomic
def stop_contacts(case: Case, *, by: User) -> Case:
    """The person wants no more contacts: one act, no reason asked (process, rule 1)."""
    case = _at_work(case)
    cases.withdraw_consent(case, by=by, purpose=Consent.Purpose.CONTACT_AFTER)
    return case


def contacts_end_with_consent(case: Case, by: User, purpose: str) -> None:
    """Without the consent to contact after the return there is no schedule."""
    if purpose != Consent.Purpose.CONTACT_AFTER or case.arrived_on is None:
        return
    cancel_open_contacts(case)
    record_event(case, "stop_contacts", by=by, section=Section.ARRIVAL)
    emails.notify(
        case,
        [user for user in emails.responsible_for(case, Relation.SUPPORTING) if user != by],
        "contacts_stopped",
        page=reverse("reintegration:follow-up", args=[case.code_shown]),
    )


when_consent_is_withdrawn.append(contacts_end_with_consent)
