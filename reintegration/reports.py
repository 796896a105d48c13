"""What a feedback report says at each level, and how much the person agreed to (process, step 12)."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from cases.actions import consent_stands
from cases.models import Case, Consent
from cases.permissions import Relation
from reintegration.models import Contact, FeedbackReport
from reintegration.models.follow_up import Answer, Situation
from reintegration.schedule import next_open
from returns_portal.ui import day_in_words

Kind, Level = FeedbackReport.Kind, FeedbackReport.Level
LEVELS = (Level.STATUS, Level.SUMMARY, Level.FULL)
# The month's report is drafted when its contact has been held.
REPORTS_AT = {
    Contact.Label.WEEK_4: Kind.MONTH_1,
    Contact.Label.WEEK_8: Kind.MONTH_2,
    Contact.Label.MONTH_3: Kind.MONTH_3,
}
MONTHS = frozenset(REPORTS_AT.values())


def highest_level(case: Case) -> FeedbackReport.Level:
    """How much may be told: without the person's consent to feedback, the status only."""
    return Level.FULL if consent_stands(case, Consent.Purpose.FEEDBACK) else Level.STATUS


def levels_up_to(level: str) -> list[FeedbackReport.Level]:
    """The levels that do not tell more than `level`."""
    return list(LEVELS[: LEVELS.index(Level(level)) + 1])


def is_within(level: str, highest: str) -> bool:
    """Whether `level` tells no more than `highest`."""
    return LEVELS.index(Level(level)) <= LEVELS.index(Level(highest))


# The one sentence that every report begins with, whatever its level: facts that the partners see in the status anyway.
STATUS_WORDS: dict[str, Any] = {
    Kind.APPROVED: gettext_lazy("The support has been approved and IOM Helsinki has been notified."),
    Kind.APPLICATION_RECEIVED: gettext_lazy("IOM has received the signed application."),
    Kind.DEPARTED: gettext_lazy("The person has left Sweden."),
    Kind.MET: gettext_lazy("The person has come home, and the local IOM office is in contact."),
    Kind.MONTH_1: gettext_lazy("One month after the return the local IOM office is in contact with the person."),
    Kind.MONTH_2: gettext_lazy("Two months after the return the local IOM office is in contact with the person."),
    Kind.MONTH_3: gettext_lazy("Three months after the return the local IOM office is in contact with the person."),
    Kind.PLAN_CHANGED: gettext_lazy("The reintegration plan has been changed together with the person."),
    Kind.PROBLEM: gettext_lazy("Something needs attention. IOM is working on it."),
    Kind.NO_NEWS_YET: gettext_lazy("There is no news yet. The next report is on its way."),
    Kind.OWN_WORDS: gettext_lazy("The person has sent a message in words of their own."),
    Kind.CLOSED: gettext_lazy("The follow-up has ended."),
}


def status_sentence(report: FeedbackReport) -> str:
    """The sentence of the report's kind in the reader's language."""
    return str(STATUS_WORDS[report.kind])


def draft_text(report: FeedbackReport, level: str) -> str:
    """The text that a reviewer begins with: nothing beside the status sentence at that level; never a name."""
    if level == Level.STATUS:
        return ""
    lines = [*_facts(report)]
    if report.contact is not None and report.kind in MONTHS:
        lines += _summary(report.contact)
        if level == Level.FULL:
            lines += _more(report.contact)
    return "\n".join(lines)


def _facts(report: FeedbackReport) -> list[str]:
    case = report.case
    dated = {
        Kind.DEPARTED: (_("Departure: %(day)s."), case.departed_on),
        Kind.MET: (_("Arrival: %(day)s."), case.arrived_on),
    }
    if report.kind == Kind.CLOSED:
        held = Contact.objects.of(case).filter(held_at__isnull=False).count()
        return [ngettext("%(n)d contact has been held.", "%(n)d contacts have been held.", held) % {"n": held}]
    sentence, day = dated.get(Kind(report.kind), ("", None))
    return [sentence % {"day": day_in_words(day)}] if day else []


def _summary(contact: Contact) -> list[str]:
    """Safety, housing, income and the needs; health stays with those who read the health section."""
    lines = []
    if contact.safety is not None:
        lines.append(_("Safety: %(answer)s.") % {"answer": contact.get_safety_display().lower()})
    for label, value, answer in (
        (_("Housing: %(answer)s."), contact.housing, contact.get_housing_display()),
        (_("Income: %(answer)s."), contact.income, contact.get_income_display()),
    ):
        if value not in {Situation.NOT_ASKED, Situation.NO_ANSWER}:
            lines.append(label % {"answer": answer.lower()})
    answers = [answer for answer in (contact.needs_met or {}).values() if answer in {"yes", "no"}]
    if answers:
        met = answers.count("yes")
        lines.append(_("Needs met: %(met)d of %(all)d.") % {"met": met, "all": len(answers)})
    return lines


def _more(contact: Contact) -> list[str]:
    lines = []
    if contact.wants_change == Answer.YES:
        lines.append(_("The person wants the plan changed."))
    elif contact.wants_change == Answer.NO:
        lines.append(_("The person wants no change of the plan."))
    following = next_open(contact.case)
    if following is not None:
        lines.append(_("Next contact: %(day)s.") % {"day": day_in_words(following.due_on)})
    return lines


def shown_text(report: FeedbackReport) -> str:
    """What stands under the status sentence."""
    return "" if report.level == Level.STATUS else report.text


def words_to_show(report: FeedbackReport) -> str:
    """The person's own words, if they may go and have not been taken back."""
    return report.her_words if report.her_words_released and report.her_words_retracted_at is None else ""


def is_read(report: FeedbackReport) -> bool:
    """Whether somebody in Sweden has opened it: from then on it cannot be taken back."""
    return report.reads.exists()


# Whose reading counts: those for whom the reports are written.
PARTNERS = frozenset({Relation.REFERRING, Relation.APPROVING})


def expected_words(case: Case, due: Any) -> str:
    """When the first report is expected, for the empty page."""
    if due:
        return _("First report expected by %(day)s.") % {"day": day_in_words(due)}
    if case.arrived_on is None:
        return pgettext("report", "First report expected after the next step of the case.")
    return pgettext("report", "First report expected after the next contact with the person.")


def waiting_reports(case: Case) -> list[FeedbackReport]:
    """Drafts for IOM Helsinki to review; a message that may not go waits for the person, not for Helsinki."""
    drafts = FeedbackReport.objects.of(case).filter(state=FeedbackReport.State.DRAFTED)
    return list(drafts.exclude(kind=Kind.OWN_WORDS, her_words_released=False).order_by("due_on", "drafted_at"))
