"""Questions: between two organisations, answered, taken back until read."""

from uuid import uuid4

import pytest

from cases import actions
from cases.models import Case, Message, Notification, Thread
from returns_portal.actor import acting_as


@pytest.fixture
def thread(cast, make_case):
    """Hanna has asked Sara's organisation."""
    case = make_case(reached="assessment")
    with acting_as(cast.hanna):
        return actions.ask(case, by=cast.hanna, of=cast.sara.organisation, subject="Passport", text="Is there one?")


def page_of(case):
    """The page's address."""
    return f"{case.get_absolute_url()}questions/"


def test_sara_asks_lars_and_he_holds_an_open_question(cast, as_, make_case):
    case = make_case(reached="referred")
    asked = {
        "of": cast.lars.organisation.pk,
        "subject": "Interpreter",
        "text": "Which language?",
        "wants_answer": "on",
        "due_on": "",
    }
    response = as_(cast.sara).post(page_of(case), asked)
    assert response.status_code == 302
    thread = Thread.objects.get()
    assert (thread.asked_by, thread.asked_of, thread.subject) == (
        cast.sara.organisation,
        cast.lars.organisation,
        "Interpreter",
    )
    assert Case.objects.get(pk=case.pk).open_questions == 1
    assert Notification.objects.filter(recipient=cast.lars, what="question_asked").count() == 1
    as_(cast.lars).post(f"{page_of(case)}{thread.pk}/reply/", {"text": "Albanian."})
    assert Case.objects.get(pk=case.pk).open_questions == 0


def test_only_the_two_organisations_read_a_thread(thread, cast, as_):
    for name, reads in (("sara", True), ("maja", True), ("hanna", True), ("lars", False), ("ilir", False)):
        page = as_(getattr(cast, name)).get(page_of(thread.case))
        assert page.status_code == 200
        assert ("Passport" in page.content.decode()) is reads
    for name in ("lars", "ilir", "otto"):
        response = as_(getattr(cast, name)).post(f"{page_of(thread.case)}{thread.pk}/reply/", {"text": "Me too"})
        assert response.status_code == 404
    assert Message.objects.count() == 1


def test_what_was_typed_is_kept_when_something_is_missing(thread, cast, as_):
    case = thread.case
    page = as_(cast.sara).post(page_of(case), {"text": "A long text", "wants_answer": "on"})
    assert page.status_code == 200
    assert "A long text" in page.content.decode()
    page = as_(cast.sara).post(f"{page_of(case)}{thread.pk}/reply/", {"text": " "})
    assert page.status_code == 200
    assert page.context["error_form"].errors


def test_nobody_is_asked_who_has_no_access(cast, as_, make_case):
    case = make_case(reached="referred")
    asked = {"of": cast.hanna.organisation.pk, "subject": "S", "text": "T"}
    assert as_(cast.sara).post(page_of(case), asked).status_code == 200
    assert Thread.objects.count() == 0


def test_a_message_is_taken_back_until_it_has_been_read(thread, cast, as_):
    message = thread.messages.get()
    back = f"{page_of(thread.case)}{thread.pk}/retract/{message.pk}/"
    assert as_(cast.sara).post(back).status_code == 404
    hanna = as_(cast.hanna)
    assert hanna.post(back).status_code == 302
    said = as_(cast.sara).get(page_of(thread.case)).content.decode()
    assert "Is there one?" not in said
    with acting_as(cast.hanna):
        second = actions.reply(thread, by=cast.hanna, text="Second")
    as_(cast.sara).get(page_of(thread.case))
    assert Message.objects.get(pk=second.pk).read_at is not None
    assert hanna.post(f"{page_of(thread.case)}{thread.pk}/retract/{second.pk}/").status_code == 409
    assert hanna.post(f"{page_of(thread.case)}{thread.pk}/retract/{uuid4()}/").status_code == 404


def test_an_informed_office_asks_and_is_asked(cast, as_, make_case):
    case = make_case(reached="application")
    asked = {"of": cast.hanna.organisation.pk, "subject": "Shelter", "text": "For how long?", "wants_answer": "on"}
    assert as_(cast.ilir).post(page_of(case), asked).status_code == 302


def test_an_ended_case_is_read_only(cast, as_, make_case):
    case = make_case(reached="withdrawn")
    page = as_(cast.sara).get(page_of(case))
    assert page.status_code == 200
    assert page.context["ask"] is None
    assert as_(cast.sara).post(page_of(case), {"text": "x"}).status_code == 409
