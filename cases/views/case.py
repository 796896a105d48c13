"""The case page: whose turn it is, where the case is, what there is to do, what has happened."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from cases import actions, cards, guards, steps, turns
from cases import permissions as may
from cases.actions import nudge
from cases.actions.rights import may_answer_person
from cases.models import Case, Document, Thread
from cases.models.case import RESPONSIBLE
from cases.permissions import OPEN_IN, Relation, Section
from cases.sentences import Sentence, sentence
from cases.states import HOLDABLE, WITH_IOM, WITH_LOCAL_OFFICE, State
from cases.steps import Status, StepRow
from cases.views.history import SHOWS, as_lines, events_for, shown
from cases.views.lookup import case_for
from partners.http import PortalRequest, reach
from partners.models import Organisation, User

# The step that leads on from each state: what is missing for it stands in the task list.
FORWARD = {
    State.DRAFT: "submit_referral",
    State.REFERRED: "approve",
    State.MORE_INFO: "answer",
    State.APPROVED: "start_application",
    State.APPLICATION: "receive_application",
    State.ASSESSMENT: "clear_for_travel",
    State.TRAVEL: "confirm_departure",
    State.IN_TRANSIT: "confirm_arrival",
    State.FOLLOW_UP: "close",
}
# What leads out of the case, or back, stands under "More".
WAYS_OUT = {"withdraw", "decline_return", "end_early", "back_to_assessment", "report_no_show", "recall"}
# The leaflet's steps that are worked on in a state.
RUNNING = {
    State.APPLICATION: (4, 5),
    State.ASSESSMENT: (6, 7, 8),
    State.TRAVEL: (9,),
    State.IN_TRANSIT: (10,),
    State.FOLLOW_UP: (10, 11, 12),
}
EVENTS, DOCUMENTS, QUESTIONS = 5, 5, 5


@dataclass(frozen=True)
class TaskLine:
    """One line of "To do for you"."""

    label: Any
    url: str
    hint: Any = ""
    tag: Any = ""
    kind: str = "neutral"


class Phase(NamedTuple):
    """One column of the step map."""

    title: Any
    css: str
    done: int
    total: int
    rows: list[StepRow]


class Contact(NamedTuple):
    """Who answers for the case in one organisation, and the number to ring."""

    name: str
    organisation: str
    phone: str


@reach("case")
@require_GET
def case(request: PortalRequest, code: str) -> HttpResponse:
    """The page of one case."""
    case = case_for(request, code, beside=nudge.beside_the_case())
    user, access = request.user, request.access
    turn = sentence(case, user)
    if access.relation == Relation.INFORMED:
        context = {
            "case": case,
            "turn": turn,
            "turn_url": url_of(turn.page, case),
            "phases": [phase(title, rows) for title, rows in steps.step_map(case, access)],
            "all_steps": request.GET.get("steps") == "all",
        }
        return render(request, "cases/informed.html", context)
    before = actions.note_visit(case, by=user)
    show = shown(request)
    events = list(events_for(case, user, access, show).defer("note")[: EVENTS + 1])
    questions = open_questions(case, user) if access.may_read(Section.QUESTIONS) else []
    transitions = actions.steps_from(case, user)
    phases = [phase(title, rows) for title, rows in steps.step_map(case, access)]
    running = list(running_steps(case, user, phases))
    context = {
        "case": case,
        **turn_of(case, turn, running),
        "remind": nudge.standing(case, user, asks=any(one.asked_of_id == case.ball_with_id for one in questions)),
        "cards": cards.cards_of(case, user),
        "phases": phases,
        "all_steps": request.GET.get("steps") == "all",
        "tasks": list(tasks_of(case, user, transitions, questions, running)),
        "lines": as_lines(events[:EVENTS], case, user, since=before),
        "has_older": len(events) > EVENTS,
        "show": show,
        "shows": SHOWS,
        "documents": documents_of(case, access),
        "questions": questions,
        "may_ask": case.state in OPEN_IN[Section.QUESTIONS] and access.may_write(Section.QUESTIONS),
        "contacts": list(contacts_of(case)),
        "more": list(more_of(case, user, transitions)),
        "splits": turns.splits_of(case, access),
        "may_see_rights": may_answer_person(case, user),
        "may_see_looks": access.relation in {Relation.REFERRING, Relation.APPROVING, Relation.COORDINATING},
    }
    return render(request, "cases/case.html", context)


def url_of(name: str, case: Case) -> str:
    """The address of a page of this case; '' where there is no such page."""
    try:
        return reverse(name, args=[case.code]) if name else ""
    except NoReverseMatch:
        return ""


def phase(title: Any, rows: list[StepRow]) -> Phase:
    """A column of the step map: open while something in it is under way or waited for."""
    done = sum(row.status in {Status.DONE, Status.SKIP} for row in rows)
    running = any(row.status in {Status.NOW, Status.WAIT} for row in rows)
    ready = sum(row.status == Status.DONE for row in rows)
    css = "now" if running else "done" if ready and done == len(rows) else "todo"
    return Phase(title, css, ready, len(rows), rows)


def open_questions(case: Case, user: User) -> list[Thread]:
    """The open questions that the reader's organisation has asked or been asked."""
    if not case.open_questions:
        return []
    threads = (
        Thread.objects.filter(case=case, wants_answer=True, answered_at__isnull=True, closed_at__isnull=True)
        .filter(Q(asked_by=user.organisation_id) | Q(asked_of=user.organisation_id))
        .select_related("asked_by", "asked_of")
    )
    return [_with_case(thread, case) for thread in threads[:QUESTIONS]]


def documents_of(case: Case, access: may.Access) -> list[Document]:
    """The newest documents that the reader may open."""
    found = Document.objects.readable(case, access).order_by("-created_at")
    return [_with_case(document, case) for document in found[:DOCUMENTS]]


def _with_case(row: Any, case: Case) -> Any:
    """The row with the case at hand: its sealed fields open with the key that has been read already."""
    row.case = case
    return row


def turn_of(case: Case, turn: Sentence, running: list[TaskLine]) -> dict[str, Any]:
    """The ball sentence with the page of its button; where several pages are meant, the first that is open."""
    url = url_of(turn.page, case)
    if turn.is_yours and url in {"", case.get_absolute_url()} and running:
        return {"turn": replace(turn, label=str(running[0].label)), "turn_url": running[0].url}
    return {"turn": turn, "turn_url": url}


def running_steps(case: Case, user: User, phases: list[Phase]) -> Iterator[TaskLine]:
    """The steps of this state in which the reader has something to write, and which do not wait for another."""
    access, own = case.access_for(user), user.organisation.short_name if user.organisation else ""
    for row in (row for phase in phases for row in phase.rows):
        if row.step is None or row.step.number not in RUNNING.get(State(case.state), ()) or not row.url:
            continue
        waits_for_another = row.status == Status.WAIT and row.waiting_for != own
        if row.status in {Status.DONE, Status.SKIP} or waits_for_another or not access.may_write(row.step.section):
            continue
        if row.step.section == Section.ARRIVAL and access.relation == Relation.COORDINATING:
            continue  # read by IOM Helsinki, which writes only an arrival in the office's place (process, section 4)
        started = row.status == Status.NOW
        yield TaskLine(
            row.step.name, row.url, "", _("Started") if started else _("To do"), "info" if started else "warn"
        )


def tasks_of(
    case: Case, user: User, transitions: list[Any], questions: list[Thread], running: list[TaskLine]
) -> Iterator[TaskLine]:
    """What the reader can do now: questions to answer, steps under way, and the steps that lead on."""
    for thread in questions:
        if thread.asked_of_id == user.organisation_id:
            yield TaskLine(
                _("Answer a question from %(organisation)s") % {"organisation": thread.asked_by.short_name},
                url_of("cases:questions", case),
                thread.subject,
                _("To do"),
                "warn",
            )
    if case.held_until is not None and case.state in HOLDABLE and may.MAY_PAUSE(case, user):
        yield TaskLine(_("End the pause or extend it"), url_of("cases:hold", case))
    yield from running
    for step in transitions:
        if step.name in WAYS_OUT or (step.name == "confirm_arrival" and not arrives(case)):
            continue
        url = url_of(step.custom["page"], case)
        if url and step.name == FORWARD.get(State(case.state)):
            yield _forward(case, user, step, url)
        elif url:
            yield TaskLine(step.custom["label"], url)


def arrives(case: Case) -> bool:
    """Whether an arrival can be recorded: on the way, or once the booked departure has passed."""
    return case.state == State.IN_TRANSIT or case.has_departed


def _forward(case: Case, user: User, step: Any, url: str) -> TaskLine:
    """The step that leads on, with how much is missing for it."""
    missing = len(guards.blockers(case, step.name, by=user))
    label = step.custom["label"]
    if not missing:
        return TaskLine(label, url, _("Nothing is missing."), _("To do"), "warn")
    hint = ngettext(
        "Before this can happen: %(n)s thing is left.", "Before this can happen: %(n)s things are left.", missing
    )
    return TaskLine(label, url, hint % {"n": missing}, _("Cannot start yet"))


def contacts_of(case: Case) -> Iterator[Contact]:
    """Who answers for the case in each organisation that takes part in it now."""
    sides: list[tuple[Organisation | None, User | None]] = [(case.referring, case.caseworker)]
    if case.state != State.DRAFT:
        sides.append((case.approving, case.decider))
    if case.state in WITH_IOM:
        sides.append((case.coordinator.organisation if case.coordinator else None, case.coordinator))
    if case.state in WITH_LOCAL_OFFICE:
        sides.append((case.local_office, case.local_responsible))
    for organisation, person in sides:
        if organisation is None:
            continue
        is_there = person is not None and person.is_active
        yield Contact(
            person.name if person is not None and is_there else organisation.name,
            organisation.short_name,
            (person.phone if person is not None and is_there else "") or organisation.phone,
        )


def more_of(case: Case, user: User, transitions: list[Any]) -> Iterator[TaskLine]:
    """Ways out, and acts that are no steps."""
    access = case.access_for(user)
    for step in transitions:
        if step.name in WAYS_OUT and (url := url_of(step.custom["page"], case)):
            yield TaskLine(step.custom["label"], url)
    acts: list[tuple[bool, Any, str]] = [
        (
            case.state in HOLDABLE and case.held_until is None and may.MAY_PAUSE(case, user),
            _("Pause the case"),
            "cases:hold",
        ),
        (may_reassign(case, user), _("Name who is responsible"), "cases:reassign"),
        (
            case.state in WITH_LOCAL_OFFICE and access.holds(may.COORDINATE),
            _("Change the local office"),
            "cases:change-office",
        ),
        (case.state in WITH_IOM and access.holds(may.DECIDE), _("Decide on a new ceiling"), "cases:new-ceiling"),
        (case.state == State.DRAFT and access.holds(may.REFER), _("Discard draft"), "cases:discard"),
    ]
    for offered, label, name in acts:
        if offered and (url := url_of(name, case)):
            yield TaskLine(label, url)


def may_reassign(case: Case, user: User) -> bool:
    """A manager names who is responsible; others take an open case that nobody answers for, if it is no special one."""
    name = RESPONSIBLE.get(user.organisation_kind, "")
    if not name or case.is_ended:
        return False
    return user.is_manager or (getattr(case, f"{name}_id") is None and actions.may_answer_for(case, user))
