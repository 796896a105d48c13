"""Papers of steps 1 to 5, and the press that makes every paper of the portal."""

from cases.pdfs import application, decision, referral  # noqa: F401  # their papers register themselves
from cases.pdfs.press import (
    LANGUAGES,
    PAPERS,
    Paper,
    language_of,
    make_anew,
    make_paper,
    named,
    paper,
    queue,
    retract,
    store,
)

__all__ = [
    "LANGUAGES",
    "PAPERS",
    "Paper",
    "language_of",
    "make_anew",
    "make_paper",
    "named",
    "paper",
    "queue",
    "retract",
    "store",
]
