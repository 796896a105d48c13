"""Notices as lines: what the inbox and one's own day show of them."""

from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import get_language

from cases import notices
from cases.models import Case, ClockRule, Notification
from partners.models import User
from returns_portal.ui import local_day

UNREAD = Q(read_at__isnull=True, settled_at__isnull=True)
COLUMNS = ("id", "what", "case_id", "case__code", "is_safety", "created_at", "read_at", "settled_at")

Line = dict[str, Any]


def notices_of(user: User) -> QuerySet[Notification]:
    """Everything that stands in this person's inbox, newest first."""
    return Notification.objects.filter(recipient=user).order_by("-created_at", "id")


def lines_of(found: QuerySet[Notification], user: User) -> list[Line]:
    """These notices as lines; a line names its case and leads to it while that is visible to the reader."""
    language = "sv" if (get_language() or "").startswith("sv") else "en"
    own = ClockRule.objects.filter(code=OuterRef("rule"), is_safety=False).values(f"text_{language}")[:1]
    rows = (
        found.annotate(is_visible=Exists(Case.objects.visible_to(user).filter(pk=OuterRef("case_id"))))
        .annotate(opens=Q(is_visible=True) | beside_the_cases(), own_words=Subquery(own))
        .values_list(*COLUMNS, "is_visible", "opens", "own_words")
    )
    return [
        {
            "id": pk,
            "words": notices.words(what, own_words or ""),
            "case_id": case_id,
            "code": code if is_visible else "",
            "is_safety": is_safety,
            "at": at,
            "is_unread": read_at is None and settled_at is None,
            "is_done": settled_at is not None,
            "opens": opens,
        }
        for pk, what, case_id, code, is_safety, at, read_at, settled_at, is_visible, opens, own_words in rows
    ]


def beside_the_cases() -> Q:
    """Notices that lead to a page of their own: a manager reviews emergency openings of cases closed to them."""
    return Q(page=reverse("cases:glass-review")) | Q(case__isnull=True)


def cases_in(lines: list[Line]) -> list[UUID]:
    """The cases whose codes stand in these lines."""
    return [line["case_id"] for line in lines if line["code"]]


def by_day(lines: list[Line]) -> list[tuple[Any, list[Line]]]:
    """The lines of each day, as they come."""
    return [(day, list(group)) for day, group in groupby(lines, key=lambda line: local_day(line["at"]))]
