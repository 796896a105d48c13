"""What somebody might try to open a protected identity or a closed circle for themself, or for longer than was said."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from cases import actions
from cases import permissions as may
from cases.actions import rights
from cases.actions.share import give_by_name
from cases.models import BreakGlass, Case, CaseEvent, CaseUserObjectPermission
from returns_portal import clock, looks
from returns_portal.actor import acting_as, acting_as_system
from returns_portal.models import Look
from tests.cases.test_access import at, close_circle, fresh, name, person, protected, rights_by_name, sees
from tests.cases.test_break_glass import (
    PAGE,
    REVIEW,
    VERDICT,
    WHY,
    broken,
    closed,  # noqa: F401  # a fixture
    glass_of,
    later,
    mona,  # noqa: F401  # a fixture
    press,
)

NOBODY_ALONG = {"along-TOTAL_FORMS": "0", "along-INITIAL_FORMS": "0"}


@pytest.fixture
def nils(cast):
    return person(cast, "Nils", cast.sara)


def save(case, by, **facts):
    with acting_as(by):
        return actions.save_referral(fresh(case), by=by, facts=facts)


def reassign(case, by, to):
    with acting_as(by):
        return actions.reassign(fresh(case), by=by, to=to)


# The mark of a protected identity


@pytest.mark.parametrize("state", ["draft", "more_info"])
def test_a_colleague_does_not_take_the_protection_away(state, cast, as_, make_case, nils):
    case = protected(make_case, state)
    browser, page = as_(nils), at(case, "referral-situation")
    assert 'name="is_protected"' not in browser.get(page).content.decode()
    assert browser.post(page, NOBODY_ALONG).status_code == 302
    assert fresh(case).is_protected
    with pytest.raises(PermissionDenied):
        save(case, nils, is_protected=False)
    assert fresh(case).is_protected
    assert browser.post(at(case, "reveal")).status_code == 403


def test_who_answers_takes_the_protection_away_and_it_is_written_down(cast, as_, make_case):
    case = protected(make_case, "more_info")
    page = at(case, "referral-situation")
    assert 'name="is_protected"' in as_(cast.sara).get(page).content.decode()
    assert as_(cast.sara).post(page, NOBODY_ALONG).status_code == 302
    assert not fresh(case).is_protected
    assert CaseEvent.objects.filter(case=case, verb="end_protection", created_by=cast.sara).count() == 1


def test_a_broken_glass_takes_no_protection_away(cast, make_case):
    case = protected(make_case, "draft")
    broken(case, cast.maja)
    with pytest.raises(PermissionDenied):
        save(case, cast.maja, is_protected=False)


# The extract


def extract(case, by, **left_out):
    with acting_as(by):
        return rights.ask_for_extract(fresh(case), by=by, left_out=left_out, language="sv")


def test_an_extract_opens_no_protected_identity(cast, as_, make_case):
    case = protected(make_case)
    with pytest.raises(PermissionDenied):
        extract(case, cast.maja)
    answer = as_(cast.maja).post(at(case, "make-extract"), {"language": "sv"})
    assert list(answer.context["form"].errors) == ["part_identity"]
    assert extract(case, cast.maja, identity="others").left_out == {"identity": "others"}
    nora = person(cast, "Nora", cast.sara, "manager")
    name(case, cast.maja, nora, opens_identity=True)
    assert extract(case, nora)


def test_an_extract_is_not_fetched_by_whom_the_identity_was_closed_to(cast, make_case, deliver):
    case = make_case("referred")
    made = extract(case, cast.maja)
    deliver()
    Case.objects.filter(pk=case.pk).update(is_protected=True)
    made.refresh_from_db()
    made.case = fresh(case)
    with acting_as(cast.maja), pytest.raises(PermissionDenied):
        rights.fetch_extract(made, by=cast.maja)


def test_a_broken_glass_makes_no_extract(cast, make_case, mona, closed):  # noqa: F811  # the fixtures
    broken(closed, mona)
    with pytest.raises(PermissionDenied):
        extract(closed, mona, identity="others")
    case = protected(make_case)
    broken(case, cast.maja)
    with pytest.raises(PermissionDenied):
        extract(case, cast.maja)


# A name for oneself


def test_a_manager_does_not_name_themself_into_a_protected_identity(cast, as_, make_case):
    case = protected(make_case)
    for manager in (cast.maja, cast.lena):
        with pytest.raises(PermissionDenied):
            reassign(case, manager, manager)
        assert as_(manager).post(at(case, "take")).status_code == 403
    assert at(case, "take") not in as_(cast.lena).get("/cases/queue/").content.decode()
    with acting_as(cast.maja):
        actions.hold_case(
            fresh(case), by=cast.maja, reason="other", owner=cast.sara, until=clock.today() + timedelta(days=3)
        )
        with pytest.raises(PermissionDenied):
            actions.resume_case(fresh(case), by=cast.maja, responsible=cast.maja)
    reassign(case, cast.lena, cast.lars)  # a colleague, as ever
    case = protected(make_case, "approved")
    taken = {"local_office": cast.ilir.organisation, "kinds_of_needs": ["housing"]}
    with acting_as(cast.henrik), pytest.raises(PermissionDenied):
        actions.start_application(fresh(case), by=cast.henrik, coordinator=cast.henrik, **taken)


def test_a_broken_glass_makes_nobody_responsible(cast, make_case):
    case = protected(make_case)
    broken(case, cast.maja)
    broken(case, cast.lena)
    for manager in (cast.maja, cast.lena):
        with pytest.raises(PermissionDenied):
            reassign(case, manager, manager)
    assert actions.may_answer_for(fresh(case), cast.lena) is False


def test_an_identity_opened_until_today_is_not_kept_by_ending_a_pause(cast, make_case, nils):
    case = protected(make_case)
    name(case, cast.maja, nils, until=clock.now() + timedelta(hours=2), opens_identity=True)
    with acting_as(nils):
        actions.hold_case(fresh(case), by=nils, reason="other", owner=nils, until=clock.today() + timedelta(days=3))
        with pytest.raises(PermissionDenied):
            actions.resume_case(fresh(case), by=nils, responsible=nils)
    name(case, cast.maja, nils, opens_identity=True)
    with acting_as(nils):
        actions.resume_case(fresh(case), by=nils, responsible=nils)
    assert fresh(case).caseworker == nils


def test_a_manager_named_until_tomorrow_stays_until_tomorrow(cast, make_case, nils, mona):  # noqa: F811  # the fixture
    case = close_circle(make_case("referred"), cast.maja)
    tomorrow = clock.now() + timedelta(days=1)
    name(case, cast.maja, mona, until=tomorrow)
    with pytest.raises(PermissionDenied):
        reassign(case, mona, mona)
    reassign(case, mona, nils)  # another, as managers do
    assert set(CaseUserObjectPermission.objects.filter(user=mona).values_list("valid_until", flat=True)) == {tomorrow}


# A circle that closes


def test_a_closing_circle_gives_nobody_more_time(cast, make_case, nils, mona):  # noqa: F811  # the fixture
    case, soon = protected(make_case), clock.now() + timedelta(hours=5)
    name(case, cast.maja, nils, until=soon, opens_identity=True)
    broken(case, mona)
    close_circle(case, cast.maja)
    grants = CaseUserObjectPermission.objects.live().filter(content_object=case)
    assert set(grants.filter(user=nils).values_list("valid_until", "reason")) == {(soon, "works_on_it")}
    assert rights_by_name(nils, case) == {may.VIEW, may.REFER, may.OPEN_IDENTITY}
    assert not sees(mona, case)
    with clock.moved_to(soon + timedelta(minutes=1)):
        assert not sees(nils, case)


def test_the_right_to_an_identity_keeps_no_closed_case_in_sight(cast, make_case, nils):
    case = close_circle(protected(make_case, "draft"), cast.maja)
    give_by_name(case, nils, may.OPEN_IDENTITY, by=cast.maja, reason="expert")
    assert not sees(nils, case)
    assert nils not in actions.people_by_name(fresh(case))
    with acting_as(cast.sara):
        actions.submit_referral(fresh(case), by=cast.sara)
        actions.share(fresh(case), nils.organisation, may.VIEW, by=cast.sara, reason="test")
    assert rights_by_name(nils, case) == {may.OPEN_IDENTITY}


def test_a_new_end_ends_what_was_given_before(cast, make_case, nils):
    case, soon = protected(make_case), clock.now() + timedelta(hours=5)
    name(case, cast.maja, nils, opens_identity=True)
    case = close_circle(case, cast.maja, nils)
    name(case, cast.maja, nils, until=soon)
    ends = CaseUserObjectPermission.objects.live().filter(user=nils).values_list("valid_until", flat=True)
    assert set(ends) == {soon}
    with clock.moved_to(soon + timedelta(minutes=1)):
        assert not sees(nils, case)


# Break-glass


def test_the_glass_is_not_broken_again_instead_of_asking_for_more(as_, mona, closed):  # noqa: F811  # the fixtures
    browser = as_(mona)
    press(browser, closed)
    with later(minutes=61):
        assert "must be reviewed first" in press(browser, closed).content.decode()
        with acting_as(mona), pytest.raises(actions.StepRefused):
            actions.break_glass(closed, by=mona, reason=WHY)
        assert not sees(mona, closed)


def test_once_it_was_judged_it_may_be_broken_again(cast, as_, mona, closed):  # noqa: F811  # the fixtures
    press(as_(mona), closed)
    with later(minutes=61):
        with acting_as(cast.maja):
            actions.judge_break_glass(glass_of(closed), by=cast.maja, **VERDICT)
        press(as_(mona), closed)
        assert sees(mona, closed)


def test_what_was_wrong_ends_at_once(cast, as_, mona, closed):  # noqa: F811  # the fixtures
    press(as_(mona), closed)
    page = reverse("cases:glass-judge", args=[glass_of(closed).pk])
    as_(cast.maja).post(page, {"judgement": "wrong", "words": "No need."})
    assert not glass_of(closed).is_open
    assert not sees(mona, closed)
    assert rights_by_name(mona, closed) == set()


def test_who_comes_late_learns_nothing_of_the_case(cast, as_, mona, closed):  # noqa: F811  # the fixtures
    nora = person(cast, "Nora", cast.sara, "manager")
    broken(closed, mona)
    with acting_as(cast.maja):
        actions.judge_break_glass(glass_of(closed), by=cast.maja, **VERDICT)
    glass = glass_of(closed)
    for page in ("glass-judge", "glass-extend"):
        answer = as_(nora).post(reverse(f"cases:{page}", args=[glass.pk]), VERDICT, follow=True)
        text = answer.content.decode()
        assert answer.redirect_chain == [(REVIEW, 302)]
        assert "Nothing was changed" in text
        assert fresh(closed).get_state_display() not in text


def test_one_case_too_many_is_not_opened_and_leaves_its_line(mona, closed, monkeypatch):  # noqa: F811  # the fixtures
    monkeypatch.setattr(looks, "TOO_MANY_CASES", 1)
    with acting_as(mona):
        with pytest.raises(looks.TooManyCases):
            actions.break_glass(closed, by=mona, reason=WHY)
        assert Look.objects.filter(user_id=mona.pk, outcome="refused").exists()
    with acting_as_system("special_access"):
        assert not BreakGlass.objects.exists()
    assert not sees(mona, closed)


def test_each_opened_reason_leaves_a_line(cast, as_, mona, closed):  # noqa: F811  # the fixtures
    broken(closed, mona)
    lena = as_(cast.lena)
    lena.get(REVIEW)
    lena.get(reverse("cases:glass-judge", args=[glass_of(closed).pk]))
    with acting_as_system("special_access"):
        lines = Look.objects.filter(user_id=cast.lena.pk)
        assert lines.get(action="list").shown == [closed.pk]
        assert lines.get(action="view").case_id == closed.pk


def test_a_right_code_leaves_a_line_before_anything_opens(as_, mona, closed):  # noqa: F811  # the fixtures
    as_(mona).post(PAGE, {"code": closed.code, "reason": WHY})
    with acting_as_system("special_access"):
        assert Look.objects.get(user_id=mona.pk).shown == [closed.pk]


def test_judging_wants_a_fresh_proof(cast, client, mona, closed):  # noqa: F811  # the fixtures
    broken(closed, mona)
    client.force_login(cast.maja)
    page = reverse("cases:glass-judge", args=[glass_of(closed).pk])
    assert client.get(page).url != page
    assert client.post(page, VERDICT).status_code == 403
    assert glass_of(closed).reviewed_at is None
