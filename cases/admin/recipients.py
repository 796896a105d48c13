"""In words: whom a rule reminds, and what else it does."""

from typing import Any

from django.utils.translation import gettext_lazy as _

LABELS: dict[str, Any] = {
    "referring": _("Referrer: the responsible person, or everybody where nobody is named"),
    "referring_managers": _("Referrer: the managers"),
    "approving": _("Länsstyrelsen: everybody (the queue)"),
    "approving_managers": _("Länsstyrelsen: the managers"),
    "coordinator": _("IOM Helsinki: the responsible person, or everybody where nobody is named"),
    "coordinating": _("IOM Helsinki: everybody (the queue)"),
    "coordinating_managers": _("IOM Helsinki: the managers"),
    "local": _("Local office: the responsible person, or everybody where nobody is named"),
    "local_office": _("Local office: everybody"),
    "local_managers": _("Local office: the managers"),
    "hold_owner": _("Whoever watches over the pause"),
    "asked": _("Those who were asked"),
    "asking": _("Those who asked"),
    "no_news_yet": _("The partners get the report “no news yet”"),
}


def label_of(word: str) -> Any:
    """What the word means to a reader; a word that nobody put into words stays itself."""
    return LABELS.get(word, word)
