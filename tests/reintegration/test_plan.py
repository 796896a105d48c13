"""Step 7: the plan, its money, its versions, and who has said yes."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Case, CaseEvent, Document, Notification
from reintegration.actions import plan as actions
from reintegration.demo import assessment
from reintegration.differences import differences
from reintegration.models import FeedbackReport, Plan, PlanItem
from returns_portal import clock
from returns_portal.actor import acting_as
from tests.builders import a_pdf

TEXTS = {**assessment.TEXTS, "first_week": "A bed\nA phone\n\n"}
AN_ITEM = {
    "activity": "housing",
    "description": "Rent for three months",
    "responsible": "local_office",
    "provider": "",
    "start_on": "",
    "due_on": "",
    "amount": "1000",
    "currency": "EUR",
    "rate_to_sek": "11.5",
    "rate_on": "2026-11-20",
    "is_in_kind": "kind",
    "instalment": "3",
    "outcome": "",
}


@pytest.fixture(autouse=True)
def _english(settings):
    settings.LANGUAGE_CODE = "en-gb"


@pytest.fixture
def case(make_case):
    return make_case(reached="assessment")


def url(case, page="plan/"):
    return f"/cases/{case.code_shown}/{page}"


def versions(case):
    return list(Plan.objects.of(case).order_by("version").values_list("version", "is_current"))


def test_hanna_writes_a_plan_with_an_item_in_another_currency(cast, case, as_):
    hanna = as_(cast.hanna)
    assert hanna.post(url(case, "plan/write/"), TEXTS).status_code == 302
    assert hanna.post(url(case, "plan/add/"), AN_ITEM).status_code == 302
    plan = Plan.objects.of(case).get()
    assert (plan.goal, plan.first_week, plan.total_sek) == (TEXTS["goal"], ["A bed", "A phone"], Decimal("11500.00"))
    item = plan.items.get()
    assert (item.instalment, item.description) == (3, "Rent for three months")
    page = hanna.get(url(case))
    assert (page.context["total"], page.context["ceiling"], page.context["over"]) == (
        "11,500 SEK",
        "40,000 SEK",
        "",
    )
    assert CaseEvent.objects.filter(case=case, verb="change_plan", section="plan").count() == 2


def test_the_first_week_is_suggested(cast, case, as_):
    assert b"A bed for the first nights" in as_(cast.hanna).get(url(case, "plan/write/")).content


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rate_to_sek": ""}, "rate_to_sek"),
        ({"rate_on": ""}, "rate_on"),
        ({"start_on": "2026-12-10", "due_on": "2026-12-01"}, "due_on"),
        ({"amount": "-1"}, "amount"),
    ],
)
def test_what_cannot_be_is_refused(changes, field, cast, case, as_):
    assessment.write_plan(cast, case)
    response = as_(cast.hanna).post(url(case, "plan/add/"), {**AN_ITEM, **changes})
    assert response.status_code == 200
    assert field in response.context["form"].errors
    assert PlanItem.objects.of(case).count() == 1


def test_kronor_need_no_rate(cast, case, as_):
    assessment.write_plan(cast, case, amount=500)
    as_(cast.hanna).post(url(case, "plan/add/"), {**AN_ITEM, "currency": "SEK", "rate_to_sek": "7", "rate_on": ""})
    plan = Plan.objects.of(case).get()
    assert plan.total_sek == 1500


def test_over_the_ceiling_says_by_how_much(cast, case, as_):
    assessment.write_plan(cast, case, amount=52_500)
    page = as_(cast.hanna).get(url(case))
    assert page.context["over"] == "12,500 SEK"
    assert b'data-testid="over-ceiling"' in page.content


def test_a_draft_is_changed_in_place(cast, case, as_):
    plan = assessment.write_plan(cast, case)
    item = plan.items.get()
    as_(cast.hanna).post(url(case, f"plan/{item.pk}/"), {**AN_ITEM, "amount": "10"})
    assert versions(case) == [(1, True)]


def test_a_change_after_signing_is_a_new_version_told_in_plain_words(cast, case, as_):
    plan = assessment.write_plan(cast, case, amount=12_000)
    assessment.agree_on_plan(cast, case)
    item = plan.items.get()
    changed = {
        **AN_ITEM,
        "amount": "15000",
        "currency": "SEK",
        "instalment": "1",
        "description": "Rent for three months.",
    }
    response = as_(cast.hanna).post(url(case, f"plan/{item.pk}/"), changed)
    assert response.status_code == 302
    assert versions(case) == [(1, False), (2, True)]
    old, new = Plan.objects.of(case).order_by("version")
    assert (old.is_signed, old.is_accepted, old.total_sek) == (True, True, 12_000)
    assert (new.is_signed, new.office_answer, new.total_sek, new.goal) == (False, "", 15_000, assessment.TEXTS["goal"])
    assert differences(old, new) == ["Housing: the amount changed from 12,000 SEK to 15,000 SEK."]
    assert "What changed since version 1" in as_(cast.hanna).get(url(case)).content.decode()


def test_added_and_removed_items_are_told(cast, case):
    assessment.write_plan(cast, case)
    assessment.agree_on_plan(cast, case)
    assessment.add_item(cast, case, 3_000, activity="training")
    housing = Plan.objects.of(case).get(is_current=True).items.get(activity="housing")
    with acting_as(cast.hanna):
        actions.delete_item(case, by=cast.hanna, item=housing)
    old, new = Plan.objects.of(case).order_by("version")
    assert differences(old, new) == ["Added: Training, 3,000 SEK.", "Removed: Housing, 12,000 SEK."]


def test_sealed_words_survive_the_next_version(cast, case):
    assessment.write_plan(cast, case)
    assessment.agree_on_plan(cast, case)
    assessment.add_item(cast, case, 1, activity="training")
    texts = {item.description for item in PlanItem.objects.of(case)}
    assert texts == {"Rent for three months."}
    assert PlanItem.objects.of(case).count() == 3


def test_the_signed_copy_is_kept_as_a_document_of_the_plan(cast, case, as_):
    assessment.write_plan(cast, case)
    day = clock.today().isoformat()
    response = as_(cast.hanna).post(url(case, "plan/sign/"), {"signed_on": day, "file": a_pdf()})
    assert response.status_code == 302
    plan, document = Plan.objects.of(case).get(), Document.objects.of(case).get(kind="signed_plan")
    assert (plan.signed_on, plan.signed_document, document.section) == (clock.today(), document, "plan")
    assert as_(cast.hanna).post(url(case, "plan/sign/"), {"signed_on": day}).status_code == 409


def test_nobody_signs_tomorrow(cast, case, as_):
    assessment.write_plan(cast, case)
    response = as_(cast.hanna).post(url(case, "plan/sign/"), {"signed_on": "2099-01-01"})
    assert (response.status_code, Plan.objects.of(case).get().is_signed) == (200, False)


@pytest.mark.parametrize("answer", ["accepted", "adapted", "cannot"])
def test_the_local_office_answers_a_plan_that_was_sent(answer, cast, case, as_):
    assessment.write_plan(cast, case)
    reply = {"answer": answer, "reason": "Two rooms are cheaper"}
    assert as_(cast.ilir).post(url(case, "plan/answer/"), reply).status_code == 409
    as_(cast.hanna).post(url(case, "plan/send/"))
    assert Case.objects.get(pk=case.pk).ball_with == cast.ilir.organisation
    assert as_(cast.ilir).post(url(case, "plan/answer/"), reply).status_code == 302
    plan = Plan.objects.of(case).get()
    assert (plan.office_answer, plan.office_reason, plan.is_accepted) == (answer, reply["reason"], answer == "accepted")
    assert Case.objects.get(pk=case.pk).ball_with == cast.hanna.organisation
    assert Notification.objects.filter(case=case, what=f"plan_{answer}", recipient=cast.hanna).count() == 1


def test_nobody_says_yes_to_a_version_that_they_have_not_seen(cast, case, as_):
    assessment.write_plan(cast, case)
    as_(cast.hanna).post(url(case, "plan/send/"))
    assessment.add_item(cast, case, 10)
    as_(cast.hanna).post(url(case, "plan/send/"))
    stale = {"answer": "accepted", "version": "1"}
    assert as_(cast.ilir).post(url(case, "plan/answer/"), stale).status_code == 409
    day = clock.today().isoformat()
    assert as_(cast.hanna).post(url(case, "plan/sign/"), {"signed_on": day, "version": "1"}).status_code == 409
    plan = Plan.objects.of(case).get(is_current=True)
    assert (plan.version, plan.office_answer, plan.is_signed) == (2, "", False)


def test_anything_but_a_yes_says_why(cast, case, as_):
    assessment.write_plan(cast, case)
    as_(cast.hanna).post(url(case, "plan/send/"))
    response = as_(cast.ilir).post(url(case, "plan/answer/"), {"answer": "cannot"})
    assert (response.status_code, Plan.objects.of(case).get().office_answer) == (200, "")


def test_the_office_adapts_the_plan_itself_and_then_accepts_it(cast, case, as_):
    plan = assessment.write_plan(cast, case)
    assessment.agree_on_plan(cast, case)
    ilir = as_(cast.ilir)
    ilir.post(url(case, f"plan/{plan.items.get().pk}/"), {**AN_ITEM, "amount": "900"})
    assert versions(case) == [(1, False), (2, True)]
    assert ilir.post(url(case, "plan/answer/"), {"answer": "accepted"}).status_code == 302
    new = Plan.objects.of(case).get(is_current=True)
    assert (new.is_accepted, new.is_signed) == (True, False)


def test_who_sees_and_changes_the_plan(cast, case, as_):
    assessment.write_plan(cast, case)
    people = ("hanna", "ilir", "lars", "sara", "otto")
    seen = {n: as_(getattr(cast, n)).get(url(case)).status_code for n in people}
    assert seen == {"hanna": 200, "ilir": 200, "lars": 403, "sara": 403, "otto": 404}
    changed = {n: as_(getattr(cast, n)).post(url(case, "plan/write/"), TEXTS).status_code for n in people[2:]}
    assert changed == {"lars": 403, "sara": 403, "otto": 404}
    sent = {n: as_(getattr(cast, n)).post(url(case, "plan/send/")).status_code for n in people[1:]}
    assert sent == {"ilir": 403, "lars": 403, "sara": 403, "otto": 404}


def test_as_many_statements_with_fifty_items_as_with_one(cast, case, as_):
    client = as_(cast.hanna)
    assessment.write_plan(cast, case)
    assessment.agree_on_plan(cast, case)
    assessment.add_item(cast, case, 10)

    def statements() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(url(case)).status_code == 200
        return len(caught)

    statements()
    few = statements()
    for _row in range(48):
        assessment.add_item(cast, case, 10)
    assert statements() == few


def test_a_change_of_what_was_signed_has_its_reason_and_sweden_hears_of_it(cast, as_, make_case, deliver):
    case = make_case(reached="travel")
    hanna, day = as_(cast.hanna), clock.today().isoformat()
    assessment.add_item(cast, case, 10, activity="training")
    assert hanna.post(url(case, "plan/sign/"), {"signed_on": day}).status_code == 200
    why = "Training instead of work, as the person wished."
    assert hanna.post(url(case, "plan/sign/"), {"signed_on": day, "change_reason": why}).status_code == 302
    plan = Plan.objects.of(case).get(is_current=True)
    assert (plan.version, plan.change_reason) == (2, why)
    deliver()
    assert FeedbackReport.objects.of(case).filter(kind="plan_changed", state="drafted").count() == 1
