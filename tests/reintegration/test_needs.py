"""Step 6: the list of needs, the local office's answers, gaps."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.actions import withdraw
from cases.models import Case, CaseEvent, NeedsAsked, Notification
from reintegration.actions import needs
from reintegration.demo import assessment
from reintegration.models import Need, ReceptionConfirmation, SupportAnswer
from returns_portal import clock
from returns_portal.actor import acting_as

A_NEED = {
    "domain": "housing",
    "urgency": "high",
    "stated_by": "person",
    "description": "A room for three months",
    "wished_solution": "Near her sister",
    "cost": "300",
    "currency": "EUR",
}


@pytest.fixture
def case(make_case):
    return make_case(reached="assessment")


def url(case, page="needs/"):
    return f"/cases/{case.code_shown}/{page}"


def latest(case):
    event = CaseEvent.objects.filter(case=case).latest("created_at")
    return event.verb, event.section, event.created_by


def test_hanna_adds_a_need_and_sees_it_in_the_list(cast, case, as_):
    hanna = as_(cast.hanna)
    assert hanna.post(url(case, "needs/add/"), A_NEED).status_code == 302
    need = Need.objects.of(case).get()
    assert (need.domain, need.is_high, need.description, need.cost) == ("housing", True, "A room for three months", 300)
    assert latest(case) == ("add_need", "needs", cast.hanna)
    assert b"A room for three months" in hanna.get(url(case)).content


def test_what_is_written_of_a_need_is_sealed(cast, case):
    need = assessment.add_need(cast, case)
    with connection.cursor() as cursor:
        cursor.execute("SELECT description FROM reintegration_need WHERE id = %s", [need.pk])
        assert b"room" not in bytes(cursor.fetchone()[0])


def test_a_cost_is_said_in_a_currency(cast, case, as_):
    response = as_(cast.hanna).post(url(case, "needs/add/"), {**A_NEED, "currency": ""})
    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["currency"]
    assert not Need.objects.of(case).exists()


def test_hanna_changes_and_removes_a_need(cast, case, as_):
    need, hanna = assessment.add_need(cast, case), as_(cast.hanna)
    hanna.post(url(case, f"needs/{need.pk}/"), {**A_NEED, "description": "Two rooms"})
    assert Need.objects.of(case).get().description == "Two rooms"
    assert hanna.get(url(case, f"needs/{need.pk}/delete/")).status_code == 405
    hanna.post(url(case, f"needs/{need.pk}/delete/"))
    assert not Need.objects.of(case).exists()


def test_another_kind_of_need_asks_anew(cast, case):
    need = assessment.add_need(cast, case)
    assessment.confirm_need(cast, case, need)
    need.domain = "legal_services"
    with acting_as(cast.hanna):
        needs.save_need(case, by=cast.hanna, need=need)
    assert not need.answers.filter(is_current=True).exists()


def test_asking_passes_the_ball_to_the_local_office_and_its_answer_gives_it_back(cast, case, as_):
    need = assessment.add_need(cast, case)
    as_(cast.hanna).post(url(case, "needs/ask/"), {"need": [need.pk]})
    case = Case.objects.get(pk=case.pk)
    assert (case.ball_with, case.ball_what) == (cast.ilir.organisation, "answer_needs")
    assert Notification.objects.filter(case=case, what="needs_asked", recipient=cast.ilir).count() == 1
    page = as_(cast.ilir).get(url(case, "needs/answers/"))
    assert b"1 question waits" in page.content or "1 fråga" in page.content.decode()
    answer = {"status": "confirmed", "valid_until": "", "note": "A room from Monday"}
    assert as_(cast.ilir).post(url(case, f"needs/{need.pk}/answer/"), answer).status_code == 302
    said = SupportAnswer.objects.of(case).get()
    assert (said.status, said.answered_by, said.note) == ("confirmed", cast.ilir, "A room from Monday")
    assert said.valid_until == clock.today() + timedelta(days=60)
    assert Case.objects.get(pk=case.pk).ball_with == cast.hanna.organisation
    assert Notification.objects.filter(case=case, what="needs_answered", recipient=cast.hanna).count() == 1


def test_a_later_answer_is_a_row_of_its_own(cast, case):
    need = assessment.add_need(cast, case)
    assessment.confirm_need(cast, case, need)
    with acting_as(cast.ilir):
        needs.answer_need(case, by=cast.ilir, need=need, status="none", note="Gone")
    assert sorted(need.answers.values_list("status", "is_current")) == [("confirmed", False), ("none", True)]


def test_an_expired_confirmation_is_flagged(cast, case, as_):
    assessment.confirm_need(cast, case, assessment.add_need(cast, case))
    with clock.moved_to(clock.now() + timedelta(days=61)):
        lines = as_(cast.hanna).get(url(case)).context["lines"]
        assert [(line.is_expired, line.is_to_ask, line.kind) for line in lines] == [(True, True, "danger")]


def test_asked_twice_is_one_question(cast, case):
    need = assessment.add_need(cast, case)
    with acting_as(cast.hanna):
        assert [needs.ask_local_office(case, by=cast.hanna, needs=[need]) for _time in range(2)] == [1, 0]


def test_before_the_application_only_kinds_are_asked_about(cast, make_case, as_):
    case = make_case(reached="application")
    need = assessment.add_need(cast, case, domain="legal_services")
    as_(cast.hanna).post(url(case, "needs/ask/"), {"need": [need.pk]})
    assert not SupportAnswer.objects.of(case).exists()
    kinds = NeedsAsked.objects.of(case).values_list("domain", flat=True)
    assert sorted(kinds) == ["housing", "legal_services", "psychosocial_support"]
    assert as_(cast.ilir).get(url(case)).status_code == 403


def test_the_office_says_whether_it_can_receive(cast, case, as_):
    ilir = as_(cast.ilir)
    until = (clock.today() + timedelta(days=30)).isoformat()
    ilir.post(url(case, "needs/reception/"), {"can_receive": "yes", "valid_until": until, "note": "Driver booked"})
    ilir.post(url(case, "needs/reception/"), {"can_receive": "no", "note": "Driver ill"})
    words = ReceptionConfirmation.objects.of(case).order_by("confirmed_at").values_list("can_receive", "is_current")
    assert list(words) == [(True, False), (False, True)]
    assert Notification.objects.filter(case=case, what="office_cannot_receive", recipient=cast.hanna).count() == 1


def test_a_day_that_is_past_is_refused_on_the_same_page(cast, case, as_):
    need = assessment.add_need(cast, case)
    with acting_as(cast.hanna):
        needs.ask_local_office(case, by=cast.hanna, needs=[need])
    answer = {"status": "confirmed", "valid_until": "2020-01-01", "note": "kept"}
    response = as_(cast.ilir).post(url(case, f"needs/{need.pk}/answer/"), answer)
    assert response.status_code == 200
    assert b"kept" in response.content
    assert SupportAnswer.objects.of(case).get().status == "asked"


def test_a_gap_is_accepted_by_the_person_and_iom_only(cast, case, as_):
    need, hanna = assessment.add_need(cast, case), as_(cast.hanna)
    page = url(case, f"needs/{need.pk}/gap/")
    assert hanna.post(page, {"iom_accepts": "on", "reason": "x"}).status_code == 200
    assert not Need.objects.get(pk=need.pk).gap_is_accepted
    hanna.post(page, {"person_accepts": "on", "iom_accepts": "on", "reason": "A relative takes her in"})
    need = Need.objects.get(pk=need.pk)
    assert (need.gap_is_accepted, need.gap_accepted_by_iom) == (True, cast.hanna)
    hanna.post(url(case, f"needs/{need.pk}/gap/take-back/"))
    assert not Need.objects.get(pk=need.pk).gap_is_accepted


@pytest.mark.parametrize("page", ["add/", "{need}/", "{need}/gap/"])
def test_only_iom_helsinki_keeps_the_list(page, cast, case, as_):
    need = assessment.add_need(cast, case)
    page = url(case, "needs/" + page.format(need=need.pk))
    allowed = {
        name: as_(getattr(cast, name)).get(page).status_code for name in ("hanna", "ilir", "lars", "sara", "otto")
    }
    assert allowed == {"hanna": 200, "ilir": 403, "lars": 403, "sara": 403, "otto": 404}


def test_only_the_local_office_answers(cast, case, as_):
    need = assessment.add_need(cast, case)
    page = url(case, f"needs/{need.pk}/answer/")
    answer = {"status": "confirmed"}
    refused = {
        n: as_(getattr(cast, n)).post(page, answer).status_code for n in ("hanna", "lars", "sara", "otto", "ioana")
    }
    assert refused == {"hanna": 403, "lars": 403, "sara": 403, "otto": 404, "ioana": 404}
    assert not SupportAnswer.objects.of(case).exists()


def test_partners_in_sweden_do_not_read_the_needs(cast, case, as_):
    seen = {n: as_(getattr(cast, n)).get(url(case)).status_code for n in ("hanna", "ilir", "lars", "sara", "otto")}
    assert seen == {"hanna": 200, "ilir": 200, "lars": 403, "sara": 403, "otto": 404}


def test_a_need_of_another_case_is_not_found(cast, case, make_case, as_):
    need = assessment.add_need(cast, make_case(reached="assessment"))
    assert as_(cast.hanna).get(url(case, f"needs/{need.pk}/")).status_code == 404


def test_nothing_is_written_when_the_part_is_read_only(cast, case, as_):
    with acting_as(cast.hanna):
        withdraw(case, by=cast.hanna)
    assert as_(cast.hanna).post(url(case, "needs/add/"), A_NEED).status_code == 409
    assert not Need.objects.of(case).exists()


@pytest.mark.parametrize("page", ["needs/", "needs/answers/"])
def test_as_many_statements_with_fifty_needs_as_with_one(page, cast, case, as_):
    client = as_(cast.ilir)

    def statements() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(url(case, page)).status_code == 200
        return len(caught)

    assessment.confirm_need(cast, case, assessment.add_need(cast, case))
    client.get(url(case, page))
    one = statements()
    for _row in range(49):
        assessment.confirm_need(cast, case, assessment.add_need(cast, case))
    assert statements() == one
