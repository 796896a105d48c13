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


def test_somebodys_safety_comes_before_what_is_overdue(cast, as_, make_case, many_like):
    home, asked = make_case(reached="follow_up"), make_case(reached="assessment")
    assert home.ball_what == "hold_contact"
    with acting_as(cast.hanna):
        thread = actions.ask(asked, by=cast.hanna, of=cast.ilir.organisation, subject="Room", text="Is there one?")
    Case.objects.filter(pk=home.pk).update(ball_due=clock.now() + timedelta(days=30))
    many_like(Case.objects.get(pk=asked.pk), 60)  # more than the page shows, and all of them due before
    with clock.moved_to(clock.now() + timedelta(days=20)):
        page = as_(cast.ilir).get("/")
        first, second = page.context["turns"][:2]
        assert (first.id, first.is_late, second.is_late) == (home.pk, False, True)
        helsinki = as_(cast.hanna).get("/").context["waiting"]
        assert helsinki[0].id == home.pk
    assert thread.case_id == asked.pk


def test_every_line_says_who_what_by_when_or_else(cast, as_, make_case):
    case = make_case(reached="referred")
    make_case(reached="draft")
    with acting_as(cast.sara):
        actions.ask(case, by=cast.sara, of=cast.lars.organisation, subject="Passport", text="Is there one?")
    for name in ("sara", "lars"):
        context = as_(getattr(cast, name)).get("/", headers={"accept-language": "en"}).context
        lines = [*context["turns"], *context["waiting"], *(context.get("drafts") or [])]
        assert lines
        for line in lines:
            said = line.sentence
            assert said.line
            assert said.rest.startswith("By ")
            assert "otherwise" in said.rest
            assert said.is_yours or said.line.startswith(cast.lars.organisation.short_name)


def test_a_draft_stands_with_its_day_of_deletion_and_not_among_the_turns(cast, as_, make_case):
    case = make_case(reached="draft")
    page = as_(cast.sara).get("/", headers={"accept-language": "en"})
    assert [row.id for row in page.context["drafts"]] == [case.pk]
    assert page.context["turns"] == []
    assert "otherwise the draft is deleted." in page.content.decode()


def test_a_question_to_us_is_our_turn(cast, as_, make_case):
    case = make_case(reached="assessment")
    with acting_as(cast.hanna):
        actions.ask(case, by=cast.hanna, of=cast.sara.organisation, subject="Passport", text="Is there one?")
    said = today(as_(cast.sara))
    assert f"{case.code_shown}</span>: answer the question" in said
    assert "otherwise work waits for the answer." in said
    assert "Passport" not in said


def test_a_question_beside_the_ball_stands_in_the_same_list_sorted_with_the_rest(cast, as_, make_case):
    late, soon = make_case(reached="referred"), make_case(reached="referred")
    with acting_as(cast.sara):
        actions.ask(soon, by=cast.sara, of=cast.lars.organisation, subject="A", text="?", due_on=clock.today())
    with clock.moved_to(clock.now() + timedelta(days=2)):
        Case.objects.filter(pk=late.pk).update(ball_due=clock.now() - timedelta(days=9))
        page = as_(cast.lars).get("/", headers={"accept-language": "en"})
        turns = [(line.id, line.sentence.what) for line in page.context["turns"]]
        assert turns == [
            (late.pk, "decide on the referral"),
            (soon.pk, "answer the question"),
            (soon.pk, "decide on the referral"),
        ]
        assert f"/cases/{soon.code_shown}/questions/" in page.content.decode()
        assert f"Asked by {cast.sara.organisation.short_name}." in page.content.decode()


def test_the_question_that_is_the_ball_stands_once_and_a_second_one_beside_it(cast, as_, make_case):
    case = make_case(reached="application")
    with acting_as(cast.hanna):
        for days in (3, 6):
            due_on = clock.today() + timedelta(days=days)
            actions.ask(case, by=cast.hanna, of=cast.sara.organisation, subject="A", text="?", due_on=due_on)
    lines = as_(cast.sara).get("/").context["turns"]
    assert [(line.id, line.ball_due.date() - clock.today()) for line in lines] == [
        (case.pk, timedelta(days=3)),
        (case.pk, timedelta(days=6)),
    ]


def test_what_two_ask_each_other_is_no_matter_of_a_third(cast, as_, make_case):
    case = make_case(reached="application")
    with acting_as(cast.hanna):
        actions.ask(case, by=cast.hanna, of=cast.sara.organisation, subject="A", text="?")
    lars, hanna = (as_(user).get("/").context["waiting"] for user in (cast.lars, cast.hanna))
    assert [line.sentence.line for line in lars] == [f"Waiting for {cast.sara.organisation.short_name}."]
    assert [line.sentence.line for line in hanna] == [f"{cast.sara.organisation.short_name}: answer the question"]


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


@pytest.mark.parametrize("name", ["sara", "lars", "hanna", "ilir"])
def test_questions_to_us_cost_what_one_costs_however_many_there_are(name, cast, as_, make_case):
    reader = getattr(cast, name)
    asker = cast.ilir if name == "hanna" else cast.hanna
    cases = [make_case(reached="assessment") for _number in range(3)]

    def ask(case):
        with acting_as(asker):
            actions.ask(case, by=asker, of=reader.organisation, subject="A", text="?")

    ask(cases[0])
    ask(cases[0])
    client = as_(reader)
    _page, few = statements_of(client, "/")
    for case in cases:
        ask(case)
        ask(case)
    page, many = statements_of(client, "/")
    assert len(page.context["turns"]) >= 8
    assert len(many) == len(few), "\n".join(sql[:200] for sql in many)
    assert len(few) <= 14, "\n".join(sql[:200] for sql in few)
