"""Clearing for travel: each thing that is missing is named, with a link to where it is mended."""

from datetime import timedelta

import pytest
from django.urls import reverse

from cases.actions import StepRefused, change_office, decide_new_ceiling, hold_case
from cases.guards import blockers
from cases.models import Case, CaseEvent, Consent, Notification, Referral
from reintegration.actions import clear as clearing
from reintegration.actions import needs, plan, risks
from reintegration.demo import assessment
from reintegration.models import Journey, Need, Plan, Risk, SupportAnswer
from returns_portal import clock
from returns_portal.actor import acting_as


def missing(case: Case) -> list[str]:
    return [str(blocker.sentence) for blocker in blockers(Case.objects.get(pk=case.pk), "clear_for_travel")]


def pages(case: Case) -> set[str]:
    return {blocker.page for blocker in blockers(Case.objects.get(pk=case.pk), "clear_for_travel")}


@pytest.fixture(autouse=True)
def _english(settings):
    settings.LANGUAGE_CODE = "en-gb"


@pytest.fixture
def assessed(cast, make_case):
    return assessment.assess(cast, make_case(reached="assessment"))


def test_a_case_that_has_nothing_yet_lists_all_four_chapters(make_case):
    case = make_case(reached="assessment")
    at = [reverse(f"reintegration:{name}", args=[case.code_shown]) for name in ("plan", "risks", "needs")]
    assert [blocker.page for blocker in blockers(case, "clear_for_travel")] == at


def test_an_assessed_case_is_cleared_and_the_local_office_is_told(cast, assessed, as_):
    response = as_(cast.hanna).post(url(assessed, "clear-for-travel"))
    assert response.status_code == 302
    assessed = Case.objects.get(pk=assessed.pk)
    assert assessed.state == "travel"
    event = CaseEvent.objects.filter(case=assessed).latest("created_at")
    assert (event.verb, event.was, event.became, event.created_by) == (
        "clear_for_travel",
        "assessment",
        "travel",
        cast.hanna,
    )
    assert Notification.objects.filter(case=assessed, what="cleared_for_travel", recipient=cast.ilir).count() == 1


def test_a_post_with_something_missing_answers_409_and_changes_nothing(cast, make_case, as_):
    case = make_case(reached="assessment")
    events = CaseEvent.objects.filter(case=case).count()
    response = as_(cast.hanna).post(url(case, "clear-for-travel"))
    assert response.status_code == 409
    assert b'data-testid="blockers"' in response.content
    assert (Case.objects.get(pk=case.pk).state, CaseEvent.objects.filter(case=case).count()) == ("assessment", events)


@pytest.mark.parametrize("name", ["sara", "lars", "ilir"])
def test_nobody_but_iom_helsinki_clears(name, cast, assessed, as_):
    assert as_(getattr(cast, name)).post(url(assessed, "clear-for-travel")).status_code == 403
    assert as_(cast.otto).post(url(assessed, "clear-for-travel")).status_code == 404
    assert Case.objects.get(pk=assessed.pk).state == "assessment"


@pytest.mark.parametrize("status", ["waiting_list", "none", "alternative"])
def test_an_urgent_need_that_is_not_confirmed_blocks(status, cast, assessed):
    need = Need.objects.of(assessed).get()
    with acting_as(cast.ilir):
        needs.answer_need(assessed, by=cast.ilir, need=need, status=status)
    assert missing(assessed) == ["Housing: confirmed by nobody at home, and the gap is not accepted."]
    with acting_as(cast.hanna):
        needs.accept_gap(assessed, by=cast.hanna, need=need, reason="A relative takes her in.")
    assert missing(assessed) == []


def test_a_need_that_is_not_urgent_blocks_nobody(cast, assessed):
    assessment.add_need(cast, assessed, domain="training", urgency="normal")
    assert missing(assessed) == []


def test_a_confirmation_ends_by_itself(cast, assessed):
    with clock.moved_to(clock.now() + timedelta(days=61)):
        assert any("the confirmation ended" in sentence for sentence in missing(assessed))


def test_the_plan_must_be_within_the_ceiling_and_a_new_ceiling_mends_it(cast, make_case):
    case = make_case(reached="assessment")
    assessment.confirm_need(cast, case, assessment.add_need(cast, case))
    assessment.receive(cast, case)
    assessment.write_plan(cast, case, amount=45_000)
    assessment.agree_on_plan(cast, case)
    assessment.add_risk(cast, case)
    assert missing(case) == ["The plan is 5,000 SEK over the approved ceiling."]
    with acting_as(cast.lars):
        decide_new_ceiling(case, by=cast.lars, ceiling_sek=45_000, diary_number="851-1")
    assert missing(case) == []


def test_the_plan_must_be_signed_and_accepted(cast, assessed):
    Plan.objects.of(assessed).update(signed_on=None)
    assert missing(assessed) == ["The person has not signed the plan."]
    with acting_as(cast.ilir):
        plan.answer_plan(assessed, by=cast.ilir, answer="cannot", reason="No room.")
    assert missing(assessed) == ["The person has not signed the plan.", "The local office has not accepted the plan."]


@pytest.mark.parametrize("decision", ["hold", "no_go"])
def test_a_risk_at_hold_or_no_go_blocks(decision, cast, assessed):
    assessment.add_risk(cast, assessed, category=Risk.Category.REPRISAL, decision=decision)
    assert missing(assessed) == ["1 risk stands at hold or no-go."]


def test_a_risk_that_the_office_added_blocks_until_iom_has_decided(cast, assessed):
    risk = Risk.begin(assessed, by=cast.ilir, phase="after", category="debt", likelihood=2, severity=2)
    with acting_as(cast.ilir):
        risks.save_risk(assessed, by=cast.ilir, risk=risk)
    assert missing(assessed) == ["1 risk is not assessed."]


def test_a_review_is_fresh_for_fourteen_days(cast, assessed):
    with clock.moved_to(clock.now() + timedelta(days=14)):
        assert missing(assessed) == []
    with clock.moved_to(clock.now() + timedelta(days=15)):
        assert missing(assessed) == ["1 risk was not reviewed in the last 14 days."]


def test_without_a_risk_nobody_travels(assessed):
    Risk.objects.of(assessed).delete()
    assert missing(assessed) == ["No risk has been assessed yet."]


def test_the_local_office_must_be_able_to_receive(cast, assessed):
    with acting_as(cast.ilir):
        needs.confirm_reception(assessed, by=cast.ilir, can_receive=False, note="Full.")
    assert missing(assessed) == ["The local office has not confirmed that it can receive the person."]


@pytest.mark.parametrize("purpose", Consent.MUST_BE_YES)
def test_the_three_consents_must_stand(purpose, assessed):
    Consent.objects.of(assessed).filter(purpose=purpose).update(withdrawn_at=clock.now())
    assert [page.split("/")[-2] for page in pages(assessed)] == ["consents"]


@pytest.mark.parametrize("answer", ["yes", "unsure"])
def test_a_minor_needs_the_whole_path(answer, assessed):
    referral = Referral.objects.of(assessed).get()
    referral.is_minor = answer
    referral.guardian_in_sweden_confirmed_on = referral.guardian_at_home_confirmed_on = clock.today()
    referral.family_assessed_on = clock.today()
    referral.save()
    assert len(missing(assessed)) == 1
    referral.best_interests_decided_on = clock.today()
    referral.save()
    assert missing(assessed) == []


@pytest.mark.parametrize("band", ["0-14", "15-17", "unknown"])
def test_an_age_that_says_minor_needs_the_path_too(band, assessed):
    Referral.objects.of(assessed).update(is_minor="", age_band=band)
    assert [page.split("/")[-2] for page in pages(assessed)] == ["minor"]


def test_a_hold_is_listed_as_what_is_missing(cast, assessed):
    until = clock.today() + timedelta(days=7)
    with acting_as(cast.hanna):
        hold_case(assessed, by=cast.hanna, reason="medical", owner=cast.hanna, until=until)
    assert missing(assessed) == ["The case is paused. End the pause first."]


def test_the_same_guards_hold_for_confirming_the_departure(assessed):
    Risk.objects.of(assessed).update(decision="hold")
    sentences = [str(blocker.sentence) for blocker in blockers(Case.objects.get(pk=assessed.pk), "confirm_departure")]
    assert "1 risk stands at hold or no-go." in sentences


def test_back_to_assessment_keeps_what_is_booked_and_marks_it(cast, make_case, as_):
    case = make_case(reached="travel")
    journey = Journey.begin(case, by=cast.hanna, ticket_state="booked")
    journey.save()
    response = as_(cast.hanna).post(url(case, "back-to-assessment"), {"reason": "risk", "text": "A call last night"})
    assert response.status_code == 302
    journey.refresh_from_db()
    assert (Case.objects.get(pk=case.pk).state, journey.is_marked, journey.ticket_state) == (
        "assessment",
        True,
        "booked",
    )
    event = CaseEvent.objects.filter(case=case, verb="back_to_assessment").get()
    assert event.note.endswith("A call last night.")
    with acting_as(cast.hanna):
        clearing.clear_for_travel(case, by=cast.hanna)
    journey.refresh_from_db()
    assert not journey.is_marked


def test_back_to_assessment_wants_a_reason(cast, make_case, as_):
    case = make_case(reached="travel")
    response = as_(cast.hanna).post(url(case, "back-to-assessment"), {"text": "because"})
    assert (response.status_code, Case.objects.get(pk=case.pk).state) == (200, "travel")


def test_whoever_comes_second_is_told_who_was_first(cast, assessed, as_):
    with acting_as(cast.henrik):
        clearing.clear_for_travel(assessed, by=cast.henrik)
    response = as_(cast.hanna).post(url(assessed, "clear-for-travel"))
    assert response.status_code == 409
    assert "Henrik" in response.content.decode()
    with pytest.raises(StepRefused), acting_as(cast.hanna):
        clearing.clear_for_travel(assessed, by=cast.hanna)


def test_another_office_is_asked_anew(cast, assessed):
    with acting_as(cast.hanna):
        change_office(assessed, by=cast.hanna, local_office=cast.ioana.organisation, note="Moves to Romania")
    assert missing(assessed) == [
        "Housing: confirmed by nobody at home, and the gap is not accepted.",
        "The local office has not accepted the plan.",
        "The local office has not confirmed that it can receive the person.",
    ]
    asked = SupportAnswer.objects.of(assessed).get(is_current=True)
    assert (asked.status, asked.office) == ("asked", cast.ioana.organisation)
    assert Case.objects.get(pk=assessed.pk).ball_with == cast.ioana.organisation


def url(case: Case, page: str) -> str:
    return f"/cases/{case.code_shown}/{page}/"
