"""A pause: who may make it, until when, what goes meanwhile, who is responsible afterwards."""

from datetime import timedelta

import pytest

from cases import guards
from cases.models import Case, CaseEvent, Hold
from returns_portal import clock


def page_of(case):
    """The page's address."""
    return f"{case.get_absolute_url()}hold/"


def filled(user, days=30, **changes):
    """What is typed to pause a case."""
    until = clock.today() + timedelta(days=days)
    return {"reason": "reflection", "owner": user.pk, "until": until.isoformat(), **changes}


@pytest.mark.parametrize(
    ("state", "name"), [("referred", "sara"), ("referred", "lars"), ("assessment", "hanna"), ("assessment", "ilir")]
)
def test_whoever_may_pass_on_a_withdrawal_may_pause(state, name, cast, as_, make_case):
    case, user = make_case(reached=state), getattr(cast, name)
    assert as_(user).post(page_of(case), filled(user)).headers["Location"] == case.get_absolute_url()
    case = Case.objects.get(pk=case.pk)
    assert case.is_on_hold
    assert (case.ball_with, case.ball_what) == (user.organisation, "end_hold")
    assert Hold.objects.get().owner == user


def test_an_informed_office_may_not_pause(cast, as_, make_case):
    case = make_case(reached="application")
    assert as_(cast.ilir).get(page_of(case)).status_code == 403
    assert as_(cast.ilir).post(page_of(case), filled(cast.ilir)).status_code == 403
    assert not Hold.objects.exists()


def test_a_pause_ends_in_the_future_and_within_a_year_and_a_colleague_watches_over_it(cast, as_, make_case):
    case, sara = make_case(reached="referred"), as_(cast.sara)
    for wrong in (
        filled(cast.sara, days=0),
        filled(cast.sara, days=-3),
        filled(cast.sara, days=400),
        filled(cast.sara, until=""),
        filled(cast.lars),
        filled(cast.sara, reason="because"),
    ):
        page = sara.post(page_of(case), wrong)
        assert page.status_code == 200
        assert page.context["form"].errors
    assert not Hold.objects.exists()


def test_while_a_case_is_paused_only_some_steps_go(cast, as_, make_case):
    case = make_case(reached="referred")
    as_(cast.sara).post(page_of(case), filled(cast.sara))
    case = Case.objects.get(pk=case.pk)
    assert [b.page for b in guards.blockers(case, "approve", by=cast.lars)][0] == page_of(case)
    for verb in guards.GO_DESPITE_HOLD:
        assert not any(b.page == page_of(case) for b in guards.blockers(case, verb, by=cast.lars))


def test_a_pause_is_extended_and_ended_with_somebody_responsible(cast, as_, make_case):
    case, sara = make_case(reached="referred"), as_(cast.sara)
    sara.post(page_of(case), filled(cast.sara))
    later = clock.today() + timedelta(days=60)
    assert sara.post(page_of(case), filled(cast.sara)).status_code == 409
    sara.post(page_of(case), {"do": "extend", "until": later.isoformat()})
    assert Case.objects.get(pk=case.pk).held_until == later
    assert sara.post(page_of(case), {"do": "resume"}).status_code == 200
    sara.post(page_of(case), {"do": "resume", "responsible": cast.maja.pk})
    case = Case.objects.get(pk=case.pk)
    assert (case.held_until, case.caseworker, case.ball_what) == (None, cast.maja, "decide")
    assert Hold.objects.get().ended_by == cast.sara
    verbs = CaseEvent.objects.filter(case=case).order_by("created_at").values_list("verb", flat=True)
    assert list(verbs) == ["submit_referral", "hold", "extend_hold", "resume"]
    assert sara.post(page_of(case), {"do": "resume", "responsible": cast.maja.pk}).status_code == 409


def test_a_pause_that_has_run_out_waits_for_whoever_watches_over_it(cast, as_, make_case):
    case = make_case(reached="referred")
    as_(cast.sara).post(page_of(case), filled(cast.sara, days=3))
    with clock.moved_to(clock.now() + timedelta(days=5)):
        page = as_(cast.sara).get(case.get_absolute_url(), headers={"accept-language": "en"}).content.decode()
        assert "Your turn: end the pause or extend it" in page
        assert "The pause ran out" in page


def test_an_ended_case_cannot_be_paused(cast, as_, make_case):
    case = make_case(reached="withdrawn")
    assert as_(cast.sara).get(page_of(case)).status_code == 200
    assert as_(cast.sara).post(page_of(case), filled(cast.sara)).status_code == 409
