"""The receipt of a referral: that it came, when it is decided, what happens next. Nothing of what it says."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import clocks
from cases.models import Case
from cases.pdfs.press import paper
from cases.pdfs.senders import addressee, name_of, place_of, sender_of
from cases.pdfs.words import day, filled
from cases.permissions import Section


@paper("referral_receipt", title=gettext_lazy("Receipt of your referral"), section=Section.REFERRAL)
def referral_receipt(case: Case, row: UUID | None) -> dict[str, Any]:
    """To the referrer, from the authority that decides; it carries code and alias only."""
    sender = sender_of(case.approving)
    came_at = case.submitted_at or case.created_at
    decided_by = clocks.due("decision", case, came_at)
    rows = [
        (_("Received on"), day(came_at)),
        (_("Sent by"), name_of(case.referring)),
        (_("Alias"), "" if case.is_protected else case.alias),
        (_("Decision no later than"), day(decided_by)),
    ]
    return {
        "rows": filled(rows),
        "authority": sender.name,
        "came_on": day(came_at),
        "decide_by": day(decided_by),
        "is_urgent": case.is_urgent,
        "paper": {
            "sender": sender,
            "kind": _("Receipt"),
            "place": place_of(sender),
            "addressee": addressee(case.referring, case.caseworker),
            "signed_by": (sender.name, _("Made by the portal; valid without a signature")),
        },
    }
