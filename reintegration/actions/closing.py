"""The end of a case: at the end of the programme, or before it."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from cases import emails, pdfs
from cases import permissions as may
from cases.actions import move, share_after_the_end, stop_hold
from cases.clocks import number
from cases.models import Case
from cases.permissions import Relation
from cases.states import State
from partners.models import User
from reintegration.actions import feedback
from reintegration.actions.follow_up import cancel_open_contacts
from reintegration.models import ClosingReport, FeedbackReport
from reintegration.schedule import may_count_as_lost
from returns_portal import clock

Reason = ClosingReport.Reason

AT_THE_END = (Reason.PROGRAMME_OVER, Reason.LOST_CONTACT, Reason.OWN_WISH)
BEFORE_THE_END = tuple(reason for reason in Reason if reason != Reason.PROGRAMME_OVER)
AFTER_DEPARTURE = frozenset({Reason.MISSING, Reason.BACK_IN_SWEDEN})


def not_lawful(case: Case, reason: str, *, text: str, police_told: bool) -> dict[str, str]:
    """Field → what keeps the case from ending early for this reason; empty when it may."""
    wrong: dict[str, str] = {}
    if not text.strip() and reason != Reason.OWN_WISH:  # nobody asks the person why
        wrong["text"] = _("Write in a few words what happened.")
    if reason == Reason.LOST_CONTACT and not may_count_as_lost(case):
        wrong["reason"] = _(
            "Record %(n)d attempts to reach the person, on different days and at different hours, first."
        ) % {"n": number("attempts_before_lost")}
    if reason in AFTER_DEPARTURE and not has_left(case):
        wrong["reason"] = _("This reason goes only after the departure.")
    if reason == Reason.MISSING and not police_told:
        wrong["police_told"] = _("Tell the police first, and say here that you have.")
    return wrong


def has_left(case: Case) -> bool:
    """Whether the person has set out."""
    return case.has_departed or case.departed_on is not None or case.state in {State.IN_TRANSIT, State.FOLLOW_UP}


@transaction.atomic
def close_case(case: Case, *, by: User, reason: str = Reason.PROGRAMME_OVER, text: str = "") -> Case:
    """The programme is over, everybody has been heard and the last report is out (leaflet, steps 11 and 12)."""
    return _end(case, "close", by, reason, text)


@transaction.atomic
def end_early(case: Case, *, by: User, reason: str, text: str = "", police_told: bool = False) -> Case:
    """Close before the programme is over, with the reason (process, section 2)."""
    case.refresh_from_db(fields=["state"])
    if wrong := not_lawful(case, reason, text=text, police_told=police_told):
        raise ValidationError(dict(wrong))
    return _end(case, "end_early", by, reason, text)


def _end(case: Case, verb: str, by: User, reason: str, text: str) -> Case:
    live = emails.with_live_grant(case).get(case.local_office_id, set()) if case.local_office_id else set()
    office = emails.responsible_for(case, Relation.SUPPORTING) if may.SUPPORT in live else []
    informed = emails.people_in(case.local_office) if may.INFORM in live else []
    had_closing_report = FeedbackReport.objects.of(case).filter(kind=FeedbackReport.Kind.CLOSED).exists()
    now = clock.now()
    case = move(
        case,
        verb,
        by=by,
        changes={"closed_at": now, "next_contact_on": None, "expected_at": None},
    )
    report = ClosingReport.begin(case, by=by, reason=reason, released_by=by, released_at=now)
    report.text = text
    report.save(force_insert=True)
    cancel_open_contacts(case)
    stop_hold(case, by)
    share_after_the_end(case, reason=verb)
    pdfs.queue(case, "closure_report", row=report.pk)
    if not had_closing_report:
        feedback.queue_draft(case, FeedbackReport.Kind.CLOSED)
    emails.notify(case, emails.partners_of(case), "case_closed")
    emails.notify(case, office, "case_closed")
    emails.notify(case, informed, "office_released")
    colleagues = [user for user in emails.responsible_for(case, Relation.COORDINATING) if user != by]
    emails.notify(case, colleagues, "case_closed")
    return case
