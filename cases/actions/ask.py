"""Questions and messages between two organisations."""

from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q

from cases import ball, emails
from cases import permissions as may
from cases.actions.move import StepRefused, locked, record_event
from cases.models import Case, Message, Thread
from cases.permissions import OPEN_IN, Relation, Section
from partners.models import Organisation, User
from returns_portal import clock


def threads_of(case: Case, user: User) -> "list[Thread]":
    """The threads that the user's organisation takes part in, newest first, with their messages."""
    organisation = user.organisation_id
    return list(
        Thread.objects.filter(case=case)
        .filter(Q(asked_by=organisation) | Q(asked_of=organisation))
        .select_related("asked_by", "asked_of", "case__key")
        .prefetch_related("messages__organisation", "messages__created_by")
    )


def whom_to_ask(case: Case, user: User) -> list[Organisation]:
    """The other organisations that have access to the case now.

    An office that is informed only speaks with IOM Helsinki: it does not learn who referred the person, and nobody
    else tells it of the person.
    """
    live = emails.with_live_grant(case)
    relation = case.access_for(user).relation
    if relation == Relation.INFORMED:
        live = {organisation: grants for organisation, grants in live.items() if may.COORDINATE in grants}
    elif relation != Relation.COORDINATING:
        live = {organisation: grants for organisation, grants in live.items() if grants != {may.INFORM}}
    return list(Organisation.objects.filter(pk__in=live).exclude(pk__in=[user.organisation_id]).order_by("name"))


@transaction.atomic
def ask(
    case: Case,
    *,
    by: User,
    of: Organisation,
    subject: str,
    text: str,
    wants_answer: bool = True,
    due_on: date | None = None,
) -> Thread:
    """Ask another organisation of the case a question; where an answer is needed they hold a ball until it comes."""
    case = locked(case)
    if case.state not in OPEN_IN[Section.QUESTIONS]:
        raise StepRefused(case, "ask_question")
    if of not in whom_to_ask(case, by) or by.organisation is None:
        raise PermissionDenied
    thread = Thread.begin(case, by=by, asked_by=by.organisation, asked_of=of, wants_answer=wants_answer, due_on=due_on)
    thread.subject = subject
    thread.save()
    _say(thread, by, text)
    _count_open(case)
    record_event(case, "ask_question", by=by, section=Section.QUESTIONS, only_with=of)
    emails.notify(
        case,
        emails.people_in(of),
        "question_asked",
        page=f"{case.get_absolute_url()}questions/",
        key=f"ask:{thread.pk}",
    )
    return thread


@transaction.atomic
def reply(thread: Thread, *, by: User, text: str) -> Message:
    """Write in a thread; a reply of the asked organisation answers the question."""
    case = locked(thread.case)
    if by.organisation_id not in {thread.asked_by_id, thread.asked_of_id}:
        raise PermissionDenied
    if case.state not in OPEN_IN[Section.QUESTIONS]:
        raise StepRefused(case, "answer_question")
    message = _say(thread, by, text)
    if by.organisation_id == thread.asked_of_id and thread.is_open:
        thread.answered_at = clock.now()
        thread.save(update_fields=["answered_at"])
        record_event(case, "answer_question", by=by, section=Section.QUESTIONS, only_with=thread.asked_by)
    _count_open(case)
    other = thread.asked_by if by.organisation_id == thread.asked_of_id else thread.asked_of
    emails.notify(
        case,
        emails.people_in(other),
        "question_answered" if other == thread.asked_by else "question_asked",
        page=f"{case.get_absolute_url()}questions/",
        key=f"say:{message.pk}",
    )
    return message


@transaction.atomic
def retract(message: Message, *, by: User) -> None:
    """Take a message back; only its writer's organisation may, and only until it has been read."""
    if message.organisation_id != by.organisation_id:
        raise PermissionDenied
    if message.read_at is not None:
        raise StepRefused(message.case, "retract")
    message.retracted_at = clock.now()
    message.save(update_fields=["retracted_at"])


def close_questions_with(case: Case, organisation: Organisation | None) -> None:
    """An organisation has left the case: nobody waits for its answers any more, and it waits for nobody's."""
    if organisation is None:
        return
    theirs = Q(asked_by=organisation) | Q(asked_of=organisation)
    Thread.objects.of(case).filter(theirs, answered_at__isnull=True, closed_at__isnull=True).update(
        closed_at=clock.now()
    )
    _count_open(case)


def mark_read(threads: list[Thread], user: User) -> None:
    """Messages of the other side that the user now sees are read."""
    unread = [
        message.pk
        for thread in threads
        for message in thread.messages.all()
        if message.read_at is None and message.organisation_id != user.organisation_id
    ]
    if unread:
        Message.objects.filter(pk__in=unread).update(read_at=clock.now())


def _say(thread: Thread, by: User, text: str) -> Message:
    message = Message.begin(thread.case, by=by, thread=thread, organisation=by.organisation)
    message.text = text
    message.save()
    return message


def _count_open(case: Case) -> None:
    count = Thread.objects.filter(
        case=case, wants_answer=True, answered_at__isnull=True, closed_at__isnull=True
    ).count()
    case.open_questions = count
    Case.objects.filter(pk=case.pk).update(open_questions=count)
    ball.refresh(case)
