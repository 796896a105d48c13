"""The certificate of destruction: what was destroyed, on whose word, by which rule. Only the signers are named."""

from collections import Counter
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from cases.models import DestructionLine, DestructionList
from cases.pdfs.senders import name_of, place_of, sender_of
from cases.pdfs.words import day
from returns_portal import pdf
from returns_portal.ui import moment_in_words

# Wrapped keys live on in backups for so many days (security, section 5).
BACKUP_DAYS = 35


def certificate(listed: DestructionList, language: str) -> bytes:
    """The PDF, in one language."""
    with translation.override(language):
        return pdf.render("pdf/destruction_certificate.html", _content(listed), language=language)


def _content(listed: DestructionList) -> dict[str, Any]:
    assert listed.destroyed_at is not None  # a certificate tells of what has been done
    lines = [line for line in listed.lines.select_related("case") if line.destroyed_at is not None]
    sender = sender_of(listed.organisation)
    signed = [(listed.first_by, listed.first_at), (listed.second_by, listed.second_at)]
    return {
        "number": len(lines),
        "destroyed_on": day(listed.destroyed_at),
        "rows": [
            (_("List"), listed.reference),
            (_("Destroyed"), moment_in_words(listed.destroyed_at)),
            (_("Number of cases"), str(len(lines))),
            (_("Left out of the list"), str(listed.lines.exclude(left_out="").count())),
            *((_("Signed by"), f"{who}, {moment_in_words(at)}") for who, at in signed if who and at),
        ],
        "rules": sorted(_rules(lines).items()),
        "lines": [
            (line.case.code_shown, day(line.due_on), line.decision_ref or "–", line.key_fingerprint) for line in lines
        ],
        "backup_days": BACKUP_DAYS,
        "paper": pdf.Paper(
            title=_("Certificate of destruction"),
            reference=listed.reference,
            made_at=listed.destroyed_at,
            sender=sender,
            kind=_("Certificate"),
            place=place_of(sender),
            signed_by=(name_of(listed.organisation), _("Made by the portal; valid without a signature")),
        ),
    }


def _rules(lines: list[DestructionLine]) -> Counter[tuple[str, str]]:
    """Legal basis and decision, with how many cases each."""
    return Counter((line.basis, line.decision_ref or "–") for line in lines)
