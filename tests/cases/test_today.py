"""My day and the inbox's part of it."""

from datetime import timedelta

import pytest

from cases import actions
from cases.models import Case
from returns_portal import clock
from returns_portal.actor import acting_as
from tests.statements import statements_of


def today(client):
    """The page, in English."""
    return client.get("/", headers={"accept-language": "en"}).content.decode()


def test_everybody_finds_their_own_turn(cast, as_, make_case):
    case = make_case(reached="referred")
    lars, sara = today(as_(cast.lars)), today(as_(cast.sara))
    assert f"{case.code_shown}</span>: decide on the referral" in lars
    assert "Nothing is waiting for you." in sara
    assert f"{cast.lars.organisation.short_name}: decide on the referral" in sara
    assert case.code_shown not in today(as_(cast.otto))


def test_a_colleague_s_case_is_not_my_turn_but_the_manager_s(cast, as_, make_case):
    case = make_case(reached="more_info")
    assert case.caseworker == cast.sara
    assert case.code_shown in today(as_(cast.maja))
    Case.objects.filter(pk=case.pk).update(caseworker=cast.maja)
    assert "Nothing is waiting for you." in today(as_(cast.sara))


def test_safety_first_then_what_is_late_then_what_is_due(cast, as_, make_case):
    cases = [make_case(reached="referred") for _number in range(3)]
    now = clock.now()
    for case, days in zip(cases, (5, -2, 1), strict=True):
        Case.objects.filter(pk=case.pk).update(ball_due=now + timedelta(days=days))
    page = as_(cast.lars).get("/")
    assert [row.id for row in page.context["turns"]] == [cases[1].pk, cases[2].pk, cases[0].pk]


def test_a_draft_stands_with_its_day_of_deletion_and_not_among_the_turns(cast, as_, make_case):
    case = make_case(reached="draft")
    page = as_(cast.sara).get("/", headers={"accept-language": "en"})
    assert [row.id for row in page.context["drafts"]] == [case.pk]
    assert page.context["turns"] == []
    assert "if nothing is done" in page.content.decode()


def test_a_question_to_us_is_our_turn(cast, as_, make_case):
    case = make_case(reached="assessment")
    with acting_as(cast.hanna):
        actions.ask(case, by=cast.hanna, of=cast.sara.organisation, subject="Passport", text="Is there one?")
    said = today(as_(cast.sara))
    assert f"/cases/{case.code_shown}/questions/" in said
    assert "Passport" not in said


def test_news_are_unread_notices_and_lead_to_the_case(cast, as_, make_case):
    case = make_case(reached="approved")
    sara = as_(cast.sara)
    page = sara.get("/")
    notice = next(notice for notice in page.context["news"] if notice["code"] == case.code)
    response = sara.get(f"/inbox/{notice['id']}/")
    assert response.headers["Location"] == case.get_absolute_url()
    assert sara.get("/").context["news"] == []


def test_an_informed_office_s_day_holds_no_alias(cast, as_, make_case):
    make_case(reached="application")
    assert "M.R." not in today(as_(cast.ilir))


def test_the_administrator_is_led_to_the_administration(cast, as_):
    assert as_(cast.admin).get("/").headers["Location"] == "/admin/"


@pytest.mark.parametrize("name", ["sara", "maja", "lars", "hanna", "ilir"])
def test_my_day_costs_the_same_with_one_and_with_fifty_cases_and_at_most_ten_statements(
    name, cast, as_, make_case, many_like
):
    case = make_case(reached="assessment")
    reader = as_(getattr(cast, name))
    _page, few = statements_of(reader, "/")
    many_like(case, 50)
    page, many = statements_of(reader, "/")
    assert page.status_code == 200
    assert len(many) == len(few)
    assert len(few) <= 10, "\n".join(sql[:200] for sql in few)
