"""Step 8: the register of risks."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from cases.models import CaseEvent, Notification
from reintegration.demo import assessment
from reintegration.models import Risk
from returns_portal import clock

A_RISK = {
    "who": "person",
    "phase": "after",
    "category": "housing",
    "description": "No room after three months",
    "likelihood": "2",
    "severity": "3",
    "measure": "The office looks for another",
    "owner": "",
    "due_on": "",
    "residual_likelihood": "1",
    "residual_severity": "3",
    "decision": "go_with_measures",
    "next_review_on": "",
}


@pytest.fixture
def case(make_case):
    return make_case(reached="assessment")


def url(case, page="risks/"):
    return f"/cases/{case.code_shown}/{page}"


def test_hanna_adds_a_risk_and_sees_its_level(cast, case, as_):
    hanna = as_(cast.hanna)
    assert hanna.post(url(case, "risks/add/"), {**A_RISK, "owner": cast.ilir.pk}).status_code == 302
    risk = Risk.objects.of(case).get()
    assert (risk.level, risk.residual_level, risk.is_assessed, risk.owner) == (6, 3, True, cast.ilir)
    assert (risk.reviewed_on, risk.decided_by, risk.measure) == (clock.today(), cast.hanna, A_RISK["measure"])
    event = CaseEvent.objects.filter(case=case).latest("created_at")
    assert (event.verb, event.section) == ("add_risk", "risks")
    lines = hanna.get(url(case)).context["lines"]
    assert [(line.level_kind, line.decision_kind) for line in lines] == [("ok", "info")]


@pytest.mark.parametrize(("likelihood", "severity", "kind"), [(3, 5, "danger"), (2, 4, "warn"), (1, 5, "ok")])
def test_levels_in_colours(likelihood, severity, kind, cast, case, as_):
    assessment.add_risk(cast, case, likelihood=likelihood, severity=severity)
    assert [line.level_kind for line in as_(cast.hanna).get(url(case)).context["lines"]] == [kind]


def test_a_high_risk_tells_two_named_people_at_once(cast, case, as_):
    as_(cast.hanna).post(url(case, "risks/add/"), {**A_RISK, "likelihood": "5", "severity": "3"})
    told = Notification.objects.filter(case=case, what="high_risk")
    assert {n.recipient for n in told} == {cast.hanna, cast.henrik}
    assert all(n.is_safety for n in told)


def test_a_risk_that_was_high_before_tells_nobody_again(cast, case, as_):
    risk = assessment.add_risk(cast, case, likelihood=5, severity=4)
    as_(cast.hanna).post(url(case, f"risks/{risk.pk}/"), {**A_RISK, "likelihood": "4", "severity": "4"})
    assert Notification.objects.filter(case=case, what="high_risk").count() == 2


def test_a_risk_below_the_mark_tells_nobody(cast, case):
    assessment.add_risk(cast, case, likelihood=2, severity=5)
    assert not Notification.objects.filter(case=case, what="high_risk").exists()


def test_going_with_measures_needs_a_measure(cast, case, as_):
    response = as_(cast.hanna).post(url(case, "risks/add/"), {**A_RISK, "measure": ""})
    assert list(response.context["form"].errors) == ["measure"]


def test_a_review_sets_its_day_and_the_next(cast, case, as_):
    risk = assessment.add_risk(cast, case)
    later, coming = clock.now() + timedelta(days=10), clock.today() + timedelta(days=20)
    review = {
        "likelihood": "4",
        "severity": "4",
        "decision": "hold",
        "measure": "",
        "next_review_on": coming.isoformat(),
    }
    with clock.moved_to(later):
        assert as_(cast.hanna).post(url(case, f"risks/{risk.pk}/review/"), review).status_code == 302
    risk = Risk.objects.get(pk=risk.pk)
    assert (risk.reviewed_on, risk.next_review_on, risk.stops_travel) == (
        clock.today() + timedelta(days=10),
        coming,
        True,
    )
    assert Notification.objects.filter(case=case, what="high_risk").count() == 2


def test_the_local_office_sees_and_adds_only_what_happens_at_home(cast, case, as_):
    assessment.add_risk(cast, case, phase="sweden", category="partner")
    assessment.add_risk(cast, case, phase="arrival", category="reach")
    ilir = as_(cast.ilir)
    assert [line.risk.category for line in ilir.get(url(case)).context["lines"]] == ["reach"]
    added = {
        key: A_RISK[key] for key in ("who", "phase", "category", "description", "likelihood", "severity", "measure")
    }
    assert ilir.post(url(case, "risks/add/"), {**added, "decision": "go"}).status_code == 302
    risk = Risk.objects.of(case).get(created_by=cast.ilir)
    assert (risk.decision, risk.is_assessed, risk.reviewed_on) == ("", False, None)
    assert ilir.post(url(case, "risks/add/"), {**added, "phase": "sweden"}).status_code == 200
    assert Risk.objects.of(case).filter(created_by=cast.ilir).count() == 1


def test_the_local_office_changes_and_removes_nothing(cast, case, as_):
    risk = assessment.add_risk(cast, case)
    ilir = as_(cast.ilir)
    pages = [f"risks/{risk.pk}/", f"risks/{risk.pk}/review/", f"risks/{risk.pk}/delete/"]
    assert [ilir.post(url(case, page), A_RISK).status_code for page in pages] == [403, 403, 403]


def test_lansstyrelsen_and_the_referrer_see_no_risk(cast, case, as_):
    seen = {n: as_(getattr(cast, n)).get(url(case)).status_code for n in ("hanna", "ilir", "lars", "sara", "otto")}
    assert seen == {"hanna": 200, "ilir": 200, "lars": 403, "sara": 403, "otto": 404}


def test_hanna_removes_a_risk(cast, case, as_):
    risk = assessment.add_risk(cast, case)
    as_(cast.hanna).post(url(case, f"risks/{risk.pk}/delete/"))
    assert not Risk.objects.of(case).exists()


@pytest.mark.parametrize("wrong", [{"likelihood": 6}, {"severity": 0}, {"decision": "perhaps"}, {"phase": "never"}])
def test_the_database_refuses_what_cannot_be(wrong, cast, case):
    risk = assessment.add_risk(cast, case)
    with pytest.raises(IntegrityError), transaction.atomic():
        Risk.objects.filter(pk=risk.pk).update(**wrong)


def test_an_empty_register_says_what_it_blocks(cast, case, as_):
    assert as_(cast.hanna).get(url(case)).context["lines"] == []


def test_as_many_statements_with_fifty_risks_as_with_one(cast, case, as_):
    client = as_(cast.hanna)
    assessment.add_risk(cast, case, owner=cast.hanna)

    def statements() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(url(case)).status_code == 200
        return len(caught)

    statements()
    one = statements()
    for _row in range(49):
        assessment.add_risk(cast, case, owner=cast.ilir)
    assert statements() == one
