"""The reader's own day: what is theirs to do, what is new, whom they wait for."""

from typing import Any

from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import render

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
    note_list(request)
    sent = Case.objects.visible_to(user).sent().open().on_desk_of(user)
    field = responsible_field(user)
    turns = r.rows(sent.held_by(user.organisation).order_by("ball_due", "id"), user, field, TURNS + 1)
    waiting = r.rows(sent.exclude(ball_with=user.organisation).order_by("ball_due", "id"), user, field, WAITING + 1)
    questions = questions_to(user)
    context: dict[str, Any] = {
        "turn_count": min(len(turns), TURNS) + len(questions),
        "turns": sorted(turns[:TURNS], key=lambda row: (not row.is_safety, row.ball_due or clock.now())),
        "more_turns": len(turns) > TURNS,
        "waiting": waiting[:WAITING],
        "more_waiting": len(waiting) > WAITING,
        "next": next((row for row in waiting if row.ball_due is not None and not row.is_late), None),
        "questions": questions,
        "news": news_of(user),
        "is_referring": user.organisation is not None and user.organisation.is_referring,
        "is_local": user.organisation_kind == Organisation.Kind.IOM_LOCAL,
        "shows_flags": user.organisation_kind != Organisation.Kind.IOM_LOCAL,
    }
    if context["is_referring"]:
        drafts = Case.objects.visible_to(user).drafts().on_desk_of(user).order_by("ball_due", "id")
        context["drafts"] = r.rows(drafts, user, field, DRAFTS)
    if user.organisation_kind in TRAVEL_FIRST:
        context.update(travelling_of(user, Case.objects.visible_to(user).open()))
    return render(request, "cases/today.html", context)


def questions_to(user: User) -> list[tuple[str, str]]:
    """Code and asking organisation of the questions that wait for an answer of the reader's organisation."""
    rows = (
        Thread.objects.filter(
            asked_of=user.organisation,
            wants_answer=True,
            answered_at__isnull=True,
            closed_at__isnull=True,
            case__in=Case.objects.visible_to(user).open().exclude(state=State.DRAFT),
        )
        .order_by("due_on", "created_at")
        .values_list("case__code", "asked_by__short_name")[:TURNS]
    )
    return list(rows)


def news_of(user: User) -> list[dict[str, Any]]:
    """The newest notices that the reader has not opened."""
    return notice_rows(user, unread_only=True, limit=NEW)


def notice_rows(user: User, *, unread_only: bool, limit: int, start: int = 0) -> list[dict[str, Any]]:
    """Notices as lines; a line leads to its case while that is visible to the reader."""
    found = Notification.objects.filter(recipient=user)
    if unread_only:
        found = found.filter(read_at__isnull=True)
    rows = (
        found.order_by("-created_at", "id")
        .annotate(opens=Exists(Case.objects.visible_to(user).filter(pk=OuterRef("case_id"))))
        .values_list("id", "what", "case__code", "is_safety", "created_at", "read_at", "opens")
    )
    return [
        {
            "id": pk,
            "words": notices.words(what),
            "code": code,
            "is_safety": is_safety,
            "at": at,
            "is_unread": read_at is None,
            "opens": opens,
        }
        for pk, what, code, is_safety, at, read_at, opens in rows[start : start + limit]
    ]
