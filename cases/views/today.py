"""The reader's own day: what is theirs to do, what is new, whom they wait for."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from cases.models import Case
from cases.views import rows as r
from cases.views.lists import note_list, responsible_field, travelling_of
from cases.views.notice_lines import UNREAD, cases_in, notices_of
from cases.views.notice_lines import lines_of as lines_of_notices
from cases.views.sentence_lines import in_order, lines_of, questions_to
from partners.http import PortalRequest, reach
from partners.models import Organisation, User

TURNS, WAITING, NEW, DRAFTS = 50, 10, 10, 10
TRAVEL_FIRST = {Organisation.Kind.IOM_HELSINKI, Organisation.Kind.IOM_LOCAL}


@reach("signed-in")
def today(request: PortalRequest) -> HttpResponse:
    """Your turn, new since last, waiting for others, drafts: nothing but ball sentences, and what is new."""
    user = request.user
    sent = Case.objects.visible_to(user).sent().open().on_desk_of(user)
    field = responsible_field(user)
    turns = r.safety_first(sent.held_by(user.organisation), user, field, TURNS + 1)
    waiting = r.safety_first(sent.exclude(ball_with=user.organisation), user, field, WAITING + 1)
    others, news = in_order(lines_of(waiting[:WAITING], user)), news_of(user)
    yours = in_order([*lines_of(turns[:TURNS], user), *questions_to(user, turns)])
    lists: list[Any] = [yours, others]
    context: dict[str, Any] = {
        "turns": yours,
        "more_turns": len(turns) > TURNS,
        "waiting": others,
        "more_waiting": len(waiting) > WAITING,
        "next": next((line for line in others if line.ball_due is not None and not line.is_late), None),
        "news": news,
        "is_referring": user.organisation is not None and user.organisation.is_referring,
        "is_local": user.organisation_kind == Organisation.Kind.IOM_LOCAL,
        "shows_flags": user.organisation_kind != Organisation.Kind.IOM_LOCAL,
    }
    if context["is_referring"]:
        drafts = Case.objects.visible_to(user).drafts().on_desk_of(user).order_by("ball_due", "id")
        context["drafts"] = in_order(lines_of(r.rows(drafts, user, field, DRAFTS), user))
        lists.append(context["drafts"])
    if user.organisation_kind in TRAVEL_FIRST:
        travelling = travelling_of(user, Case.objects.visible_to(user).open())
        context.update(travelling)
        lists += travelling.values()
    note_list(request, *lists, beside=cases_in(news))
    return render(request, "cases/today.html", context)


def news_of(user: User) -> list[dict[str, Any]]:
    """The newest notices that the reader has not opened."""
    return lines_of_notices(notices_of(user).filter(UNREAD)[:NEW], user)
