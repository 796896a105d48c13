"""What must be true before a case is closed (process, section 2, `close`)."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from cases.guards import Blocker, guard
from cases.models import Case
from reintegration.models import FeedbackReport
from reintegration.schedule import contacts_of, is_settled, programme_end, protocol_of
from returns_portal import clock
from returns_portal.ui import day_in_words


def _at(case: Case, name: str, *more: object) -> str:
    return reverse(f"reintegration:{name}", args=[case.code_shown, *more])


@guard("close")
def programme_is_over(case: Case) -> Iterator[Blocker]:
    """The length of the programme, counted from the arrival."""
    if case.arrived_on is None:
        yield Blocker(_("The day of arrival is missing."), _at(case, "follow-up"))
        return
    end = programme_end(case.arrived_on)
    if end > clock.today():
        sentence = _("The programme goes on until %(day)s.") % {"day": day_in_words(end)}
        yield Blocker(sentence, _at(case, "follow-up"))


@guard("close")
def everybody_was_heard_or_sought(case: Case) -> Iterator[Blocker]:
    """Each contact held, or tried often enough, or the lost-contact protocol complete."""
    protocol = protocol_of(case)
    if protocol is not None and protocol.completed_at is not None:
        return
    for contact in contacts_of(case):
        if not is_settled(contact):
            sentence = _("%(contact)s: hold the contact, or record three attempts on different days and hours.")
            yield Blocker(sentence % {"contact": contact.get_label_display()}, _at(case, "contact", contact.pk))


@guard("close")
def last_report_is_released(case: Case) -> Iterator[Blocker]:
    """The Swedish partners have the last report."""
    if (
        not FeedbackReport.objects.of(case)
        .filter(kind=FeedbackReport.Kind.CLOSED, state=FeedbackReport.State.RELEASED)
        .exists()
    ):
        yield Blocker(_("Release the closing report."), _at(case, "feedback"))
