"""Who holds the ball after the return."""

from datetime import datetime

from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from cases import ball, clocks
from cases.ball import Ball, Task
from cases.models import Case
from cases.permissions import Section
from cases.states import State
from partners.models import Organisation
from reintegration.models import Contact
from reintegration.reports import waiting_reports
from reintegration.schedule import programme_end

ball.tasks(
    {
        "hold_contact": Task(
            _("hold the next contact with the person"),
            _("IOM Helsinki is told"),
            "reintegration:follow-up",
            Section.ARRIVAL,
            is_safety=True,
        ),
        "release_report": Task(
            _("review and release the report to Sweden"),
            _("the partners are told that there is no news yet"),
            "reintegration:feedback",
            Section.FEEDBACK,
            waits_for_answers=False,
        ),
        "close": Task(
            _("close the case"), _("the case stays open without anybody working on it"), "reintegration:close"
        ),
    }
)


@ball.holder(State.FOLLOW_UP)
def after_the_return(case: Case) -> Ball:
    """The local office for its next contact, IOM Helsinki for a report that waits: whichever is due first."""
    helsinki = Organisation.objects.iom_helsinki()
    reports = waiting_reports(case)
    report_due = clocks.end_of(reports[0].due_on) if reports and reports[0].due_on else None
    contact_due = clocks.end_of(case.next_contact_on) if case.next_contact_on else None
    if contact_due is not None and (report_due is None or contact_due <= report_due):
        return Ball(case.local_office, "hold_contact", contact_due)
    if report_due is not None:
        return Ball(helsinki, "release_report", report_due)
    return Ball(helsinki, "close", _closing_due(case))


def _closing_due(case: Case) -> datetime:
    """Ten working days after the last contact, and not before the programme is over."""
    held = Contact.objects.of(case).aggregate(last=Max("held_at"))["last"] or case.state_since
    start = max(held, clocks.end_of(programme_end(case.arrived_on))) if case.arrived_on else held
    return clocks.due("closing", case, start)
