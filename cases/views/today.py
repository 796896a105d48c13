"""The reader's own day: what is theirs to do, what is new, whom they wait for."""

from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from cases import notices
from cases.models import Case, Notification, Thread
from cases.states import State
from cases.views import rows as r
from cases.views.lists import note_list, responsible_field, travelling_of
from partners.http import PortalRequest, reach
from partners.models import Organisation, User
from returns_portal import clock

TURNS, WAITING, NEW, DRAFTS = 50, 10, 10, 10
TRAVEL_FIRST = {Organisation.Kind.IOM_HELSINKI, Organisation.Kind.IOM_LOCAL}


@reach("signed-in")
def today(request: PortalRequest) -> HttpResponse:
    """Your turn, new since last, waiting for others, drafts."""
    user = request.user
    sent = Case.objects.visible_to(user).sent().open().on_desk_of(user)
    field = responsible_field(user)
    turns = r.rows(sent.held_by(user.organisation).order_by("ball_due", "id"), user, field, TURNS + 1)
    waiting = r.rows(sent.exclude(ball_with=user.organisation).order_by("ball_due", "id"), user, field, WAITING + 1)
    questions, news = questions_to(user), news_of(user)
    lists = [turns[:TURNS], waiting[:WAITING]]
    context: dict[str, Any] = {
        "turn_count": min(len(turns), TURNS) + len(questions),
        "turns": sorted(turns[:TURNS], key=lambda row: (not row.is_safety, row.ball_due or clock.now())),
        "more_turns": len(turns) > TURNS,
        "waiting": waiting[:WAITING],
        "more_waiting": len(waiting) > WAITING,
        "next": next((row for row in waiting if row.ball_due is not None and not row.is_late), None),
        "questions": [(code, asked_by) for _case_id, code, asked_by in questions],
        "news": news,
        "is_referring": user.organisation is not None and user.organisation.is_referring,
        "is_local": user.organisation_kind == Organisation.Kind.IOM_LOCAL,
        "shows_flags": user.organisation_kind != Organisation.Kind.IOM_LOCAL,
    }
    if context["is_referring"]:
        drafts = Case.objects.visible_to(user).drafts().on_desk_of(user).order_by("ball_due", "id")
        context["drafts"] = r.rows(drafts, user, field, DRAFTS)
        lists.append(context["drafts"])
    if user.organisation_kind in TRAVEL_FIRST:
        travelling = travelling_of(user, Case.objects.visible_to(user).open())
        context.update(travelling)
        lists += travelling.values()
    note_list(request, *lists, beside=[*(case_id for case_id, _code, _by in questions), *cases_in(news)])
    return render(request, "cases/today.html", context)


def questions_to(user: User) -> list[tuple[UUID, str, str]]:
    """Case, code and asking organisation of the questions that wait for an answer of the reader's organisation."""
    rows = (
        Thread.objects.filter(
            asked_of=user.organisation,
            wants_answer=True,
            answered_at__isnull=True,
            closed_at__isnull=True,
            case__in=Case.objects.visible_to(user).open().exclude(state=State.DRAFT),
        )
        .order_by("due_on", "created_at")
        .values_list("case_id", "case__code", "asked_by__short_name")[:TURNS]
    )
    return list(rows)


def news_of(user: User) -> list[dict[str, Any]]:
    """The newest notices that the reader has not opened."""
    return notice_rows(user, unread_only=True, limit=NEW)


def cases_in(lines: list[dict[str, Any]]) -> list[UUID]:
    """The cases whose codes stand in these lines."""
    return [line["case_id"] for line in lines if line["code"]]


def beside_the_cases() -> Q:
    """Notices that lead to a page of their own: a manager reviews emergency openings of cases closed to them."""
    return Q(page=reverse("cases:glass-review")) | Q(case__isnull=True)


def notice_rows(user: User, *, unread_only: bool, limit: int, start: int = 0) -> list[dict[str, Any]]:
    """Notices as lines; a line names its case and leads to it while that is visible to the reader."""
    found = Notification.objects.filter(recipient=user)
    if unread_only:
        found = found.filter(read_at__isnull=True)
    rows = (
        found.order_by("-created_at", "id")
        .annotate(is_visible=Exists(Case.objects.visible_to(user).filter(pk=OuterRef("case_id"))))
        .annotate(opens=Q(is_visible=True) | beside_the_cases())
        .values_list("id", "what", "case_id", "case__code", "is_safety", "created_at", "read_at", "is_visible", "opens")
    )
    return [
        {
            "id": pk,
            "words": notices.words(what),
            "case_id": case_id,
            "code": code if is_visible else "",
            "is_safety": is_safety,
            "at": at,
            "is_unread": read_at is None,
            "opens": opens,
        }
        for pk, what, case_id, code, is_safety, at, read_at, is_visible, opens in rows[start : start + limit]
    ]
