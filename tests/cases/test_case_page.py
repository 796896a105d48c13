"""The case page: whose turn, where, what to do, what has happened, and to whom none of it opens."""

import re

import pytest
from django.urls import reverse

from cases import actions
from cases.models import CaseEvent, Visit
from cases.permissions import Section
from returns_portal.actor import acting_as
from tests.statements import statements_of

EVERYBODY = ("sara", "lars", "hanna", "ilir")


def text_of(response):
    """The page as its reader gets it."""
    return response.content.decode()


@pytest.mark.parametrize("state", ["draft", "referred", "more_info", "approved", "application", "assessment"])
def test_every_reader_finds_state_ball_and_steps(state, cast, as_, make_case):
    case = make_case(reached=state)
    for name in EVERYBODY:
        user = getattr(cast, name)
        page = as_(user).get(case.get_absolute_url())
        if not case.access_for(user).codenames:
            assert page.status_code == 404
            continue
        marks = {mark for mark in ("state", "ball", "steps") if f'data-testid="{mark}"' in text_of(page)}
        assert marks == {"state", "ball", "steps"}


def test_a_stranger_gets_a_404_as_for_a_case_that_is_not_there(cast, as_, make_case):
    case = make_case(reached="referred")
    otto = as_(cast.otto)
    there, nothing = otto.get(case.get_absolute_url()), otto.get("/cases/0000-0000/")
    assert (there.status_code, nothing.status_code) == (404, 404)
    token = re.compile('name="csrfmiddlewaretoken" value="[^"]+"')
    assert token.sub("", text_of(there)).replace(case.code_shown, "0000-0000") == token.sub("", text_of(nothing))


@pytest.mark.parametrize(
    "page", ["", "history/", "seen/", "questions/", "hold/", "withdraw/", "reassign/", "change-office/"]
)
def test_no_page_of_the_case_opens_to_a_stranger(page, cast, as_, make_case):
    case = make_case(reached="application")
    assert as_(cast.otto).get(f"{case.get_absolute_url()}{page}").status_code == 404
    assert as_(cast.otto).post(f"{case.get_absolute_url()}{page}").status_code in {404, 405}


def test_the_ball_says_whose_turn_it_is_and_leads_there(cast, as_, make_case):
    case = make_case(reached="referred")
    lars = text_of(as_(cast.lars).get(case.get_absolute_url(), headers={"accept-language": "en"}))
    sara = text_of(as_(cast.sara).get(case.get_absolute_url(), headers={"accept-language": "en"}))
    assert "Your turn: decide on the referral" in lars
    assert "Nothing for you now." in sara
    assert f"Waiting for {cast.lars.organisation.name} until" in sara


def test_an_informed_office_sees_no_alias_no_timeline_no_place(cast, as_, make_case):
    case = make_case(reached="application")
    page = as_(cast.ilir).get(case.get_absolute_url(), headers={"accept-language": "en"})
    said = text_of(page)
    assert page.status_code == 200
    assert "M.R." not in said
    assert "Albanian" not in said
    assert 'class="timeline"' not in said
    assert "Albania" in said
    assert reverse("cases:questions", args=[case.code]) in said
    for closed in ("history/", "seen/"):
        assert as_(cast.ilir).get(f"{case.get_absolute_url()}{closed}").status_code == 403


def test_an_event_of_a_closed_section_is_in_nobodys_timeline_who_does_not_read_it(cast, as_, make_case):
    case = make_case(reached="assessment")
    with acting_as(cast.hanna):
        actions.record_event(case, "add_document", by=cast.hanna, section=Section.RISKS, note="secret words")
    for page in ("", "history/"):
        hers = text_of(as_(cast.sara).get(f"{case.get_absolute_url()}{page}", headers={"accept-language": "en"}))
        his = text_of(as_(cast.hanna).get(f"{case.get_absolute_url()}{page}", headers={"accept-language": "en"}))
        assert "secret words" not in hers
        assert hers.count("Document added") == 0
        assert his.count("Document added") >= 1


def test_a_question_between_two_is_in_no_third_timeline(cast, as_, make_case):
    case = make_case(reached="assessment")
    with acting_as(cast.hanna):
        actions.ask(case, by=cast.hanna, of=cast.sara.organisation, subject="Passport", text="Is there one?")
    words = {}
    for name in EVERYBODY:
        page = as_(getattr(cast, name)).get(
            f"{case.get_absolute_url()}?show=messages", headers={"accept-language": "en"}
        )
        words[name] = "Question asked" in text_of(page)
    assert words == {"sara": True, "hanna": True, "lars": False, "ilir": False}


def test_the_timeline_filters_steps_and_marks_what_is_new(cast, as_, make_case):
    case = make_case(reached="referred")
    sara = as_(cast.sara)
    sara.get(case.get_absolute_url())
    with acting_as(cast.lars):
        actions.ask_for_more(case, by=cast.lars, question="Which interpreter?")
    first = text_of(sara.get(case.get_absolute_url(), headers={"accept-language": "en"}))
    again = text_of(sara.get(case.get_absolute_url(), headers={"accept-language": "en"}))
    assert "New since your last visit" in first
    assert "New since your last visit" not in again
    assert Visit.objects.filter(user=cast.sara, case=case).count() == 1
    messages_only = text_of(sara.get(f"{case.get_absolute_url()}?show=messages", headers={"accept-language": "en"}))
    assert "More information asked for" not in messages_only


def test_ways_out_stand_apart_and_only_for_those_who_may(cast, as_, make_case):
    case = make_case(reached="assessment")
    sara = text_of(as_(cast.sara).get(case.get_absolute_url()))
    hanna = text_of(as_(cast.hanna).get(case.get_absolute_url()))
    for page in ("withdraw", "hold"):
        assert f"{case.get_absolute_url()}{page}/" in sara
        assert f"{case.get_absolute_url()}{page}/" in hanna
    assert f"{case.get_absolute_url()}change-office/" not in sara
    assert f"{case.get_absolute_url()}change-office/" in hanna


@pytest.mark.parametrize(
    ("state", "name"),
    [
        ("referred", "lars"),
        ("application", "hanna"),
        ("assessment", "hanna"),
        ("assessment", "ilir"),
        ("assessment", "sara"),
        ("travel", "hanna"),
        ("travel", "ilir"),
    ],
)
def test_the_page_costs_the_same_with_many_events_and_at_most_eighteen_statements(state, name, cast, as_, make_case):
    case = make_case(reached=state)
    if state in {"assessment", "travel"}:
        with acting_as(cast.hanna):
            actions.ask(case, by=cast.hanna, of=cast.sara.organisation, subject="Passport", text="Is there one?")
    reader = as_(getattr(cast, name))
    reader.get(case.get_absolute_url())
    _page, few = statements_of(reader, case.get_absolute_url())
    with acting_as(cast.sara):
        for _number in range(50):
            CaseEvent.objects.record(case, "reassign", by=cast.sara, was=case.state, note="a note")
    _page, many = statements_of(reader, case.get_absolute_url())
    assert len(many) == len(few)
    assert len(few) <= 18, "\n".join(sql[:100] + " … " + sql[sql.find(" FROM ") :][:60] for sql in few)


def test_who_has_seen_the_case_is_open_to_the_swedish_side_and_helsinki(cast, as_, make_case):
    case = make_case(reached="assessment")
    as_(cast.lars).get(case.get_absolute_url())
    for name, status in (("sara", 200), ("lars", 200), ("hanna", 200), ("ilir", 403)):
        page = as_(getattr(cast, name)).get(f"{case.get_absolute_url()}seen/")
        assert page.status_code == status
    assert cast.lars.name in text_of(as_(cast.sara).get(f"{case.get_absolute_url()}seen/"))
    reader = as_(cast.sara)
    _page, few = statements_of(reader, f"{case.get_absolute_url()}seen/")
    for name in ("maja", "lena", "henrik"):
        as_(getattr(cast, name)).get(case.get_absolute_url())
    _page, many = statements_of(reader, f"{case.get_absolute_url()}seen/")
    assert len(many) == len(few)
