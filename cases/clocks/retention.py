"""Until when a case is kept: the record owner's rule, counted from the day it ended or from its last note."""

from datetime import date, datetime

from django.db.models import Max

from cases.models import Case, CaseEvent, RetentionRule
from returns_portal.ui import local_day

# Opening something is no note in the case; nor is what the archive itself does.
NO_NOTES = (
    *("reveal", "keep_longer", "make_extract", "restrict", "lift_restriction", "destroy"),
    *("close_circle", "open_circle", "name_person", "end_person"),
    *("break_glass", "extend_break_glass", "judge_break_glass"),
)


def rule_for(case: Case, ended_as: str = "") -> RetentionRule | None:
    """The rule in force for the record owner, which is the referring organisation, and this way of ending."""
    rules = RetentionRule.objects.filter(is_active=True, organisation_kind=case.referring.kind)
    return rules.filter(trigger=ended_as or case.state).first()


def kept_until(case: Case, ended_as: str, ended_at: datetime) -> date | None:
    """The last day on which a case that ends now is kept; None where no rule is in force."""
    rule = rule_for(case, ended_as)
    return rule.ends_on(local_day(ended_at)) if rule else None


def kept_until_now(case: Case) -> date | None:
    """The last day by what stands in the case today: a note after the end moves it on, nothing moves it back."""
    rule = rule_for(case)
    if rule is None:
        return case.retention_on
    from_day = local_day(case.closed_at or case.state_since)
    if rule.counts_from == RetentionRule.CountsFrom.LAST_NOTE:
        notes = CaseEvent.objects.filter(case=case).exclude(verb__in=NO_NOTES)
        last = notes.aggregate(last=Max("created_at"))["last"]
        from_day = max(from_day, local_day(last)) if last else from_day
    return max(rule.ends_on(from_day), case.retention_on or date.min)
