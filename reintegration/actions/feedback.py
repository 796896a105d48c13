"""Step 12: reports drafted by the worker, reviewed and released by IOM Helsinki, and the person's own words."""

from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from cases import ball, clocks, emails, pdfs
from cases.actions import StepRefused, locked, record_event
from cases.actions.remind import Ringing, deeds
from cases.guards import Blocker
from cases.models import Case
from cases.permissions import Relation, Section
from partners.models import User
from reintegration.models import Contact, FeedbackRead, FeedbackReport, Satisfaction
from reintegration.reports import MONTHS, draft_text, highest_level, is_read, is_within
from returns_portal import clock, outbox

if TYPE_CHECKING:
    from returns_portal.models import OutboxItem

Kind, Level, Report = FeedbackReport.Kind, FeedbackReport.Level, FeedbackReport.State
# What stands once in a round, whatever made it due.
ONCE = frozenset({Kind.APPROVED, Kind.APPLICATION_RECEIVED, *MONTHS, Kind.CLOSED})


def report_page(case: Case, report: FeedbackReport) -> str:
    """The address of one report."""
    return reverse("reintegration:report", args=[case.code_shown, report.pk])


def queue_draft(case: Case, kind: str, *, row: UUID | None = None) -> None:
    """Have the worker draft a report; the same occasion is drafted once."""
    outbox.put(
        "report",
        key=f"report:{kind}:{case.pk}:{case.round}:{row or ''}",
        case_id=case.pk,
        row_id=row,
        data={"kind": kind},
    )


@outbox.handles("report")
def draft_queued_report(item: "OutboxItem") -> None:
    """Draft what an event or a contact made due, unless the case has begun anew or been destroyed meanwhile."""
    case = Case.objects.select_related("key", "caseworker").filter(pk=str(item.case_id)).first()
    if case is None or not hasattr(case, "key"):
        return
    if item.data["kind"] == Kind.DEPARTED and case.departed_on is None:  # the person did not travel after all
        return
    contact = Contact.objects.filter(case=case, pk=item.row_id).first() if item.row_id else None
    occasion = item.data.get("occasion") or str(item.row_id or "")
    draft_report(case, item.data["kind"], occasion=occasion, contact=contact)


@transaction.atomic
def draft_report(
    case: Case, kind: str, *, occasion: str = "", contact: Contact | None = None, by: User | None = None
) -> FeedbackReport:
    """Draft a report of `kind` once for its occasion, and tell IOM Helsinki that it waits."""
    occasion = "" if kind in ONCE else occasion
    case = locked(case)
    report = FeedbackReport.objects.of(case).filter(kind=kind, occasion=occasion).first()
    if report is not None:
        report.case = case
        return report
    report = FeedbackReport.begin(case, by=by, kind=kind, occasion=occasion, contact=contact)
    report.due_on = clock.today() if kind == Kind.OWN_WORDS else _due_on(case, kind)
    highest = highest_level(case)
    with translation.override(language_of_the_partners(case)):
        report.text = draft_text(report, highest)
    report.level = highest if report.text else Level.STATUS
    if contact is not None:
        contact.case = case
        _carry_words(report, contact)
    report.save(force_insert=True)
    ball.refresh(case)
    people = emails.responsible_for(case, Relation.COORDINATING)
    emails.notify(case, people, "report_drafted", page=report_page(case, report), key=f"report_drafted:{report.pk}")
    return report


def language_of_the_partners(case: Case) -> str:
    """Reports are written for Sweden, so in the caseworker's language."""
    return (case.caseworker.language if case.caseworker else "") or settings.LANGUAGE_CODE


def _due_on(case: Case, kind: str) -> date:
    """Of the departure and the arrival the partners hear sooner than of the rest."""
    if kind in {Kind.DEPARTED, Kind.MET}:
        days = clocks.number("partners_told_working_days")
        return clocks.add_working_days(clock.today(), days, case.destination)
    return clocks.due("feedback_report", case, clock.now()).astimezone(clock.STOCKHOLM).date()


def _carry_words(report: FeedbackReport, contact: Contact) -> None:
    """The person's words come along only if the person lets them go."""
    if contact.own_words and contact.own_words_may_go:
        report.her_words, report.her_words_language = contact.own_words, contact.own_words_language
        report.her_words_released = True


@transaction.atomic
def request_report(case: Case, *, by: User, kind: str) -> FeedbackReport:
    """IOM Helsinki asks for a draft: the plan has changed, something happened, or the case is about to close."""
    case = locked(case)
    _coordinating(case, by)
    if case.is_ended:
        sentence = _("The case has ended. What was drafted before can still be released.")
        raise StepRefused(case, "", [Blocker(sentence, reverse("reintegration:feedback", args=[case.code_shown]))])
    return draft_report(case, kind, occasion=str(uuid4()), by=by)


def _coordinating(case: Case, by: User) -> None:
    if case.access_for(by).relation != Relation.COORDINATING:
        raise PermissionDenied


def _draft(case: Case, report: FeedbackReport) -> FeedbackReport:
    """The report, locked, if it is a draft still."""
    now = FeedbackReport.objects.select_for_update(of=("self",)).get(pk=report.pk, case=case)
    now.case = case
    if now.state != Report.DRAFTED:
        sentence = _("The report is “%(state)s” already.") % {"state": now.get_state_display()}
        raise StepRefused(case, "", [Blocker(sentence, report_page(case, now))])
    return now


@transaction.atomic
def edit_report(case: Case, *, by: User, report: FeedbackReport, level: str, text: str) -> FeedbackReport:
    """Review a draft: how much it tells, and in which words."""
    case = locked(case)
    _coordinating(case, by)
    report = _draft(case, report)
    _within_consent(case, level)
    report.level, report.text = level, "" if level == Level.STATUS else text
    report.reviewed_by, report.reviewed_at = by, clock.now()
    report.save(update_fields=["level", "text", "reviewed_by", "reviewed_at"])
    return report


def _within_consent(case: Case, level: str) -> None:
    if not is_within(level, highest_level(case)):
        raise ValidationError(
            _("The person has not agreed to feedback to Sweden: only the status may be told."), code="level"
        )


@transaction.atomic
def release_report(case: Case, *, by: User, report: FeedbackReport) -> FeedbackReport:
    """Let the Swedish partners read the report; they are told by a mail without personal data."""
    case = locked(case)
    _coordinating(case, by)
    report = _draft(case, report)
    _within_consent(case, report.level)
    if report.kind == Kind.OWN_WORDS and not report.her_words_released:
        raise ValidationError(_("The person has taken the message back."), code="words")
    if report.reviewed_by is None:
        report.reviewed_by, report.reviewed_at = by, clock.now()
    _release(case, report, by)
    return report


def _release(case: Case, report: FeedbackReport, by: User | None) -> None:
    report.state, report.released_at, report.released_by = Report.RELEASED, clock.now(), by
    report.save()
    record_event(case, "release_report", by=by, section=Section.FEEDBACK)
    if report.kind != Kind.OWN_WORDS:  # her words are read in the portal only, so that they can be taken back
        pdfs.queue(case, "feedback_report", row=report.pk)
    emails.notify(
        case,
        emails.partners_of(case),
        "report_released",
        page=report_page(case, report),
        key=f"report_released:{report.pk}",
    )


@transaction.atomic
def say_no_news_yet(case: Case, contact: Contact | None, *, late: FeedbackReport | None = None) -> FeedbackReport:
    """What was promised is late: the partners are told that there is no news yet, and nothing else.

    The occasion is the contact that the report tells of, or the late report itself.
    """
    case = locked(case)
    occasion = contact or late
    assert occasion is not None
    report = FeedbackReport.objects.of(case).filter(kind=Kind.NO_NEWS_YET, occasion=str(occasion.pk)).first()
    if report is None:
        report = FeedbackReport.begin(case, by=None, kind=Kind.NO_NEWS_YET, occasion=str(occasion.pk), contact=contact)
        report.level = Level.STATUS
        _release(case, report, None)
    return report


def no_news_of(one: Ringing) -> None:
    """The clock of a promised report has run out: its subject is a report that is late, or a contact that is."""
    pk = one.running.subject
    report = FeedbackReport.objects.filter(pk=pk).select_related("contact").first()
    contact = report.contact if report else Contact.objects.filter(pk=pk).first()
    say_no_news_yet(one.case, contact, late=report)


deeds["no_news_yet"] = no_news_of


@transaction.atomic
def discard_report(case: Case, *, by: User, report: FeedbackReport) -> None:
    """Put away a draft that nobody needs."""
    case = locked(case)
    _coordinating(case, by)
    report = _draft(case, report)
    report.state, report.retracted_at = Report.RETRACTED, clock.now()
    # The same occasion may be drafted anew on request.
    report.occasion = f"{report.occasion[:20]} {uuid4()}".strip()
    report.save(update_fields=["state", "retracted_at", "occasion"])
    ball.refresh(case)


def mark_read(report: FeedbackReport, user: User) -> None:
    """Somebody in Sweden has opened a released report."""
    FeedbackRead.objects.get_or_create(
        report=report,
        user=user,
        defaults={"case": report.case, "round": report.round, "created_by": user, "read_at": clock.now()},
    )


# Her own words


@transaction.atomic
def record_her_words(case: Case, *, by: User, words: str, language: str, may_go: bool) -> FeedbackReport:
    """Write down the person's message to Sweden as it was told; it goes only if the person says so."""
    case = locked(case)
    report = FeedbackReport.begin(case, by=by, kind=Kind.OWN_WORDS, occasion=str(uuid4()), due_on=clock.today())
    report.her_words, report.her_words_language, report.her_words_released = words, language, may_go
    report.save(force_insert=True)
    record_event(case, "record_own_words", by=by, section=Section.ARRIVAL)
    if may_go:
        people = emails.responsible_for(case, Relation.COORDINATING)
        emails.notify(case, people, "report_drafted", page=report_page(case, report), key=f"report_drafted:{report.pk}")
    return report


@transaction.atomic
def let_her_words_go(case: Case, *, by: User, report: FeedbackReport) -> None:
    """The person says that the message may go after all."""
    case = locked(case)
    report = _draft(case, report)
    report.her_words_released = True
    report.save(update_fields=["her_words_released"])
    record_event(case, "record_own_words", by=by, section=Section.ARRIVAL)
    people = emails.responsible_for(case, Relation.COORDINATING)
    emails.notify(case, people, "report_drafted", page=report_page(case, report), key=f"report_drafted:{report.pk}")


@transaction.atomic
def retract_her_words(case: Case, *, by: User, report: FeedbackReport) -> None:
    """The person takes the words back; it goes until somebody in Sweden has read them."""
    case = locked(case)
    report = FeedbackReport.objects.select_for_update(of=("self",)).get(pk=report.pk, case=case)
    report.case = case
    if report.her_words_retracted_at is not None or not report.her_words:
        raise StepRefused(case, "", [Blocker(_("The words have been taken back already."), report_page(case, report))])
    if is_read(report):
        raise StepRefused(
            case, "", [Blocker(_("Somebody in Sweden has read the words already."), report_page(case, report))]
        )
    report.her_words_retracted_at, report.her_words, report.her_words_released = clock.now(), "", False
    if report.kind == Kind.OWN_WORDS:
        report.state, report.retracted_at = Report.RETRACTED, clock.now()
    elif report.state == Report.RELEASED:  # the paper says that there is a message
        pdfs.retract(case, "feedback_report", row=report.pk)
        pdfs.queue(case, "feedback_report", row=report.pk)
    report.save()
    if report.contact_id:
        Contact.objects.filter(pk=report.contact_id).update(own_words_may_go=False)
    record_event(case, "retract_own_words", by=by, section=Section.ARRIVAL)


@transaction.atomic
def record_satisfaction(case: Case, *, by: User, satisfaction: Satisfaction) -> Satisfaction:
    """Write down how content the person is."""
    case = locked(case)
    satisfaction.asked_by = by
    satisfaction.save(force_insert=True)
    record_event(case, "record_satisfaction", by=by, section=Section.ARRIVAL)
    return satisfaction
