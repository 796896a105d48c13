"""What the templates of cases need: `{% load cases %}`."""

from typing import Any

from django import template
from django.template.context import Context
from django.utils.translation import gettext as _

from cases.codes import country_name, language_name
from cases.pdfs import words
from cases.permissions import Access, Section
from returns_portal import clock
from returns_portal.ui import short_day

register = template.Library()


@register.simple_tag(takes_context=True)
def identity_facts(context: Context) -> list[tuple[str, str]]:
    """Word and value for the identity bar, as far as this reader may know them; no name among them."""
    case, access = context.get("case"), reader(context)
    if case is None or access is None or access.relation is None:
        return []
    facts = []
    if access.may_read(Section.IDENTITY):
        facts.append((_("Alias"), "" if access.keeps_names else case.alias))
        facts.append((_("Language"), language_name(case.language) if case.language else ""))
    facts.append((_("To"), country_name(case.destination) if case.destination else ""))
    if access.may_read(Section.STATUS) and case.departs_at and not case.is_ended:
        facts.append((_("Journey"), short_day(case.departs_at)))
    return facts


@register.simple_tag(takes_context=True)
def identity_flags(context: Context) -> list[tuple[str, str]]:
    """The words that everybody who works with the case should see beside its code, and their colours."""
    case, access = context.get("case"), reader(context)
    if case is None or access is None or access.relation is None:
        return []
    flags = []
    if case.limited_since is not None:
        flags.append((_("Processing restricted"), "warn"))
    if access.may_read(Section.REFERRAL):
        flags += flags_of(case)
    if case.is_restricted:
        flags.append((_("Named people only"), "danger"))
    if case.held_until is not None and not case.is_ended:
        day = short_day(case.held_until)
        if case.held_until < clock.today():
            flags.append((_("The pause ran out %(day)s") % {"day": day}, "danger"))
        else:
            flags.append((_("Paused until %(day)s") % {"day": day}, "warn"))
    return flags


@register.filter
def money(amount: int) -> str:
    """A sum in kronor as the reader's language writes it: "40 000 SEK"."""
    return words.money(amount)


@register.filter
def flags(row: Any) -> list[tuple[str, str]]:
    """The same words for a row of a list."""
    return flags_of(row)


def flags_of(row: Any) -> list[tuple[str, str]]:
    """Urgent, a minor, protected identity."""
    words = ((row.is_urgent, _("Urgent"), "warn"), (row.has_minor, _("Minor"), "danger"))
    found = [(word, kind) for holds, word, kind in words if holds]
    return [*found, (_("Protected identity"), "danger")] if row.is_protected else found


def reader(context: Context) -> Access | None:
    """The access that the page was opened with."""
    return getattr(context.get("request"), "access", None)
