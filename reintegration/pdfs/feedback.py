"""Step 12 on paper: a released report to the Swedish partners, never saying more than its level."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.models import Case
from cases.pdfs import named, paper
from cases.pdfs.senders import addressee, name_of, place_of, sender_of, signature
from cases.pdfs.words import day, filled
from cases.permissions import Section
from partners.models import Organisation
from reintegration.models import FeedbackReport
from reintegration.reports import shown_text, status_sentence, words_to_show


@paper("feedback_report", title=gettext_lazy("Feedback report"), section=Section.FEEDBACK)
def feedback_report(case: Case, row: UUID | None) -> dict[str, Any]:
    """To the organisation that referred the person and the authority that approved."""
    report = FeedbackReport.objects.select_related("released_by").get(case=case, pk=named(row))
    report.case = case
    sender = sender_of()
    return {
        "status": status_sentence(report),
        "text": shown_text(report),
        "is_status_only": report.level == FeedbackReport.Level.STATUS,
        # The words themselves are read in the portal only, so that they can be taken back until somebody has read them.
        "has_her_words": bool(words_to_show(report)),
        "rows": filled(
            [
                (_("Case"), case.code_shown),
                (_("How much"), report.get_level_display()),
                (_("Released on"), day(report.released_at)),
            ]
        ),
        "paper": {
            "title": _("Feedback report: %(kind)s") % {"kind": report.get_kind_display()},
            "sender": sender,
            "kind": _("Feedback"),
            "place": place_of(sender),
            "addressee": (*addressee(case.referring, case.caseworker), *copy_to(case)),
            "signed_by": signature(report.released_by, Organisation.objects.iom_helsinki()),
        },
    }


def copy_to(case: Case) -> tuple[str, ...]:
    """The line that names the authority which receives the same letter."""
    return (_("Copy: %(office)s") % {"office": name_of(case.approving)},) if case.approving else ()
