"""What changed between two versions of a plan, in plain words."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reintegration.assessment import kronor
from reintegration.models import Plan, PlanItem
from returns_portal.ui import short_day

TEXTS = {
    "goal": gettext_lazy("The person's own goal has changed."),
    "first_week": gettext_lazy("The list for the first week has changed."),
    "contact_plan": gettext_lazy("How we keep in contact has changed."),
    "if_it_fails": gettext_lazy("What we do if it fails has changed."),
}
WORDS = {
    "responsible": gettext_lazy("responsible"),
    "start_on": gettext_lazy("start"),
    "due_on": gettext_lazy("done by"),
    "is_in_kind": gettext_lazy("how it is given"),
    "instalment": gettext_lazy("number of instalments"),
}


def differences(old: Plan, new: Plan) -> list[str]:
    """The changes from one version to the next, a sentence each."""
    found = [str(sentence) for name, sentence in TEXTS.items() if getattr(old, name) != getattr(new, name)]
    before = {item.line: item for item in old.items.all()}
    after = {item.line: item for item in new.items.all()}
    for line, item in after.items():
        if line in before:
            found.extend(_changed(before[line], item))
        else:
            found.append(_("Added: %(item)s, %(amount)s.") % _named(item))
    found.extend(
        _("Removed: %(item)s, %(amount)s.") % _named(item) for line, item in before.items() if line not in after
    )
    return found


def _named(item: PlanItem) -> dict[str, Any]:
    return {"item": item.get_activity_display(), "amount": kronor(item.amount_sek)}


def _changed(old: PlanItem, new: PlanItem) -> Iterator[str]:
    name = new.get_activity_display()
    if old.activity != new.activity:
        words = {"old": old.get_activity_display(), "new": name}
        yield _("The kind of support changed from %(old)s to %(new)s.") % words
    if old.amount_sek != new.amount_sek:
        words = {"item": name, "old": kronor(old.amount_sek), "new": kronor(new.amount_sek)}
        yield _("%(item)s: the amount changed from %(old)s to %(new)s.") % words
    for field, label in WORDS.items():
        if getattr(old, field) != getattr(new, field):
            words = {"item": name, "what": str(label), "old": _shown(old, field), "new": _shown(new, field)}
            yield _("%(item)s: %(what)s changed from %(old)s to %(new)s.") % words
    if any(getattr(old, field) != getattr(new, field) for field in ("description", "provider", "outcome")):
        yield _("%(item)s: the description changed.") % {"item": name}


def _shown(item: PlanItem, field: str) -> str:
    value = getattr(item, field)
    if field == "responsible":
        return str(item.get_responsible_display())
    if field == "is_in_kind":
        return _("in kind") if value else _("in cash")
    if field in {"start_on", "due_on"}:
        return short_day(value) if value else _("no day")
    return str(value)
