"""Break-glass: one case, an hour, two people told, a second person for more, somebody else to judge."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases import actions
from cases import permissions as may
from cases.actions import remind
from cases.models import BreakGlass, Case, CaseEvent, CaseUserObjectPermission, Notification
from partners.actions import end_colleague
from returns_portal import clock
from returns_portal.actor import acting_as, acting_as_system
from returns_portal.models import Look
from tests.cases.test_access import NAME, at, close_circle, fresh, person, rights_by_name, sees
from tests.statements import counted

WHY = "The office does not answer and the person lands tonight."
PAGE, REVIEW = "/cases/break-glass/", "/cases/break-glass/review/"


@pytest.fixture
def mona(cast):
    """A second manager in Malmö."""
    return person(cast, "Mona", cast.sara, "manager")


@pytest.fixture
def closed(make_case, cast, mona):
    """A case of Sara's and Maja's, closed to everybody else of Malmö."""
    case = close_circle(make_case("application"), cast.maja)
    end(case, cast.maja, mona)
    return fresh(case)


def end(case, by, user):
    with acting_as(by):
        if rights_by_name(user, case):
            actions.end_person(fresh(case), by=by, user=user)


def press(client, case, **more):
    return client.post(PAGE, {"code": case.code_shown, "reason": WHY, "confirm": "yes"} | more)


def broken(case, by, reason=WHY):
    with acting_as(by):
        return actions.break_glass(case, by=by, reason=reason)


def glass_of(case):
    with acting_as_system("special_access"):
        return BreakGlass.objects.select_related("case__key").get(case=case)


def later(**more):
    return clock.moved_to(clock.now() + timedelta(**more))


def told(what="break_glass"):
    with acting_as_system("special_access"):
        return {notice.recipient.name for notice in Notification.objects.filter(what=what)}


# --- Opening ----------------------------------------------------------------------------------------------------------


@pytest.mark.asvs("8.2.2", "8.3.2")
def test_a_manager_opens_one_case_for_an_hour(cast, as_, make_case, mona, closed):
    other = close_circle(make_case("referred"), cast.maja)
    end(other, cast.maja, mona)
    browser = as_(mona)
    assert browser.get(at(closed, "case")).status_code == 404
    assert press(browser, closed).url == closed.get_absolute_url()
    assert browser.get(at(closed, "case")).status_code == 200
    assert browser.get(at(other, "case")).status_code == 404
    with later(minutes=59):
        assert browser.get(at(closed, "case")).status_code == 200
    with later(minutes=61):
        assert browser.get(at(closed, "case")).status_code == 404
        assert not sees(mona, closed)


def test_first_it_says_what_it_means_and_opens_nothing(as_, mona, closed):
    response = as_(mona).post(PAGE, {"code": closed.code, "reason": WHY})
    text = response.content.decode()
    assert response.status_code == 200
    assert "At least two people are told at once" in text
    assert WHY in text
    assert not sees(mona, closed)
    assert not Notification.objects.filter(what="break_glass").exists()


def test_everybody_in_the_case_sees_it_and_two_people_are_told_at_once(cast, as_, mona, closed, deliver, mailoutbox):
    deliver()
    mailoutbox.clear()
    press(as_(mona), closed)
    assert told() == {"Maja", "Sara"}
    deliver()
    assert {mail.to[0] for mail in mailoutbox} == {cast.maja.email, cast.sara.email}
    assert all(WHY not in mail.body and NAME not in mail.body for mail in mailoutbox)
    with acting_as_system("special_access"):
        assert all(notice.is_safety for notice in Notification.objects.filter(what="break_glass"))
    for user in (cast.sara, cast.lars, cast.hanna):
        page = as_(user).get(at(closed, "history")).content.decode()
        assert "A manager opened the case in an emergency, for 60 minutes" in page
        assert WHY in page
        assert "Mona" in page
    with acting_as_system("special_access"):
        looks = list(Look.objects.filter(action="break_glass").values_list("user_id", "case_id"))
        assert looks == [(mona.pk, closed.pk)]
        reasons = CaseUserObjectPermission.objects.live().filter(user=mona).values_list("reason", flat=True)
        assert set(reasons) == {"break_glass"}


def test_without_another_manager_lansstyrelsens_is_told(cast, as_, make_case):
    case = make_case("referred", is_protected=True)
    press(as_(cast.maja), case)
    assert told() == {"Sara", "Lena"}
    assert glass_of(case).overseer == cast.lena.organisation


def test_lansstyrelsen_itself_is_watched_by_the_referrer(cast, as_, make_case):
    case = make_case("referred", is_protected=True)
    press(as_(cast.lena), case)
    assert told() >= {"Maja", "Sara"}
    assert len(told()) >= 2
    assert glass_of(case).overseer == cast.maja.organisation
    with acting_as(cast.maja):
        actions.judge_break_glass(glass_of(case), by=cast.maja, judgement="justified", words="Needed.")


def test_a_draft_has_no_timeline_but_the_notice_and_the_trail(cast, as_, make_case, mona):
    case = close_circle(make_case("draft"), cast.maja)
    end(case, cast.maja, mona)
    press(as_(mona), case)
    assert told() == {"Maja", "Sara"}
    assert not CaseEvent.objects.exists()
    assert sees(mona, case)


def test_the_reason_is_sealed(mona, closed):
    broken(closed, mona)
    glass = glass_of(closed)
    assert glass.reason == WHY
    with acting_as_system("special_access"), connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(g)::text FROM cases_breakglass AS g")
        assert WHY not in cursor.fetchone()[0]


@pytest.mark.asvs("8.2.3")
def test_it_opens_a_protected_identity_for_an_hour(cast, as_, make_case):
    case = make_case("application", is_protected=True)
    browser = as_(cast.maja)
    assert browser.post(at(case, "reveal")).status_code == 403
    press(browser, case)
    assert NAME in browser.post(at(case, "reveal")).content.decode()
    assert rights_by_name(cast.maja, case) == {may.OPEN_IDENTITY}
    with later(minutes=61):
        assert browser.post(at(case, "reveal")).status_code == 403
        assert browser.get(at(case, "case")).status_code == 200


def test_no_more_is_opened_than_the_organisations_part(cast, as_, make_case):
    case = close_circle(make_case("application"), cast.maja)
    irma = person(cast, "Irma", cast.ilir, "manager")
    assert not sees(irma, case)
    broken(case, irma)
    assert rights_by_name(irma, case) == {may.INFORM}
    assert as_(irma).get(at(case, "identity")).status_code == 403


@pytest.mark.asvs("8.2.2")
def test_a_foreign_code_is_answered_like_an_unknown_one(cast, as_, closed):
    stranger = person(cast, "Olga", cast.otto, "manager")
    browser = as_(stranger)
    answers, statements = [], []
    for code in (closed.code_shown, "0000-0000", "no code"):
        with CaptureQueriesContext(connection) as captured:
            response = browser.post(PAGE, {"code": code, "reason": WHY, "confirm": "yes"})
        assert response.status_code == 200
        assert list(response.context["form"].errors) == ["code"]
        answers.append(str(response.context["form"].errors))
        statements.append(len(counted(captured)))
    assert len(set(answers)) == 1
    assert len(set(statements)) == 1
    assert not sees(stranger, closed)
    with acting_as_system("special_access"):
        assert not BreakGlass.objects.exists()
        assert Look.objects.filter(user_id=stranger.pk, action="refused").count() == 3


@pytest.mark.parametrize("who", ["sara", "lars", "hanna", "ilir", "otto", "nadia"])
def test_members_break_nothing(who, cast, as_, closed):
    user = getattr(cast, who)
    for page in (PAGE, REVIEW):
        assert as_(user).get(page).status_code == 403
    assert press(as_(user), closed).status_code == 403
    with acting_as(user), pytest.raises(PermissionDenied):
        actions.break_glass(closed, by=user, reason=WHY)
    with acting_as(user), pytest.raises(PermissionDenied):
        actions.uses_for(user)


def test_a_manager_of_an_organisation_that_has_no_part_breaks_nothing(cast, closed):
    stranger = person(cast, "Olga", cast.otto, "manager")
    with acting_as(stranger), pytest.raises(PermissionDenied):
        actions.break_glass(closed, by=stranger, reason=WHY)
    assert not sees(stranger, closed)


def test_what_is_open_needs_no_breaking(cast, as_, make_case, closed):
    assert "open to you already" in press(as_(cast.maja), closed).content.decode()
    with acting_as(cast.maja), pytest.raises(actions.StepRefused):
        actions.break_glass(closed, by=cast.maja, reason=WHY)
    plain = make_case("referred")
    assert "open to you already" in press(as_(cast.lena), plain).content.decode()


def test_without_a_sentence_of_reason_nothing_opens(as_, mona, closed):
    assert press(as_(mona), closed, reason="need").status_code == 200
    assert press(as_(mona), closed, reason="").status_code == 200
    assert not sees(mona, closed)


def test_it_wants_a_fresh_proof(mona, closed):
    client = Client(headers={"Accept-Language": "en-GB"})
    client.force_login(mona)
    assert client.get(PAGE).status_code == 302
    assert client.get(PAGE).url != PAGE
    assert press(client, closed).status_code in {302, 403}
    assert not sees(mona, closed)


def test_who_broke_the_glass_decides_nothing_about_who_comes_in(cast, as_, mona, closed):
    nils = person(cast, "Nils", cast.sara)
    press(as_(mona), closed)
    for page in ("name-person", "open-circle"):
        assert as_(mona).get(at(closed, page)).status_code == 403
    with acting_as(mona):
        case = fresh(closed)
        with pytest.raises(PermissionDenied):
            actions.name_person(case, by=mona, user=nils, reason="expert")
        with pytest.raises(PermissionDenied):
            actions.end_person(case, by=mona, user=cast.maja)
        with pytest.raises(PermissionDenied):
            actions.open_circle(case, by=mona)
        with pytest.raises(PermissionDenied):
            actions.reassign(case, by=mona, to=nils)
    with acting_as(mona):
        actions.reassign(fresh(closed), by=mona, to=cast.maja)  # somebody of the circle
        with pytest.raises(PermissionDenied):
            actions.reassign(fresh(closed), by=mona, to=mona)
    with later(minutes=61):
        assert not sees(mona, closed)


def test_another_manager_ends_it_before_the_hour_is_over(cast, mona, closed):
    broken(closed, mona)
    end(closed, cast.maja, mona)
    assert not sees(mona, closed)
    assert not glass_of(closed).is_open


def test_a_leaver_keeps_no_open_glass(cast, mona, closed):
    broken(closed, mona)
    with acting_as(cast.maja):
        end_colleague(mona, by=cast.maja)
    assert not glass_of(closed).is_open
    assert rights_by_name(mona, closed) == set()


# --- More time -------------------------------------------------------------------------------------------------------


@pytest.mark.asvs("2.3.5")
def test_more_time_needs_a_second_person(cast, as_, mona, closed):
    browser = as_(mona)
    press(browser, closed)
    glass = glass_of(closed)
    more, extend = reverse("cases:glass-more-time", args=[glass.pk]), reverse("cases:glass-extend", args=[glass.pk])
    assert as_(cast.maja).post(extend).url == REVIEW  # nobody has asked
    assert glass_of(closed).extended_at is None
    with later(minutes=50):
        assert browser.post(more).url == REVIEW
        assert "Nothing was changed" in browser.post(more, follow=True).content.decode()
        assert told("break_glass_more") == {"Maja", "Lena"}
        assert browser.post(extend).status_code == 403
        with acting_as(mona), pytest.raises(PermissionDenied):
            actions.extend_break_glass(glass_of(closed), by=mona)
    with later(minutes=55):
        assert as_(cast.maja).get(extend).status_code == 200
        assert as_(cast.maja).post(extend).url == REVIEW
        assert "Nothing was changed" in as_(cast.maja).post(extend, follow=True).content.decode()
    with later(minutes=90):
        assert browser.get(at(closed, "case")).status_code == 200
    with later(minutes=116):
        assert browser.get(at(closed, "case")).status_code == 404
    with acting_as(cast.sara):
        assert CaseEvent.objects.filter(case=closed, verb="extend_break_glass", created_by=cast.maja).exists()
    assert glass_of(closed).extended_by == cast.maja


@pytest.mark.asvs("2.3.5")
def test_what_has_closed_is_not_extended(cast, as_, mona, closed):
    browser = as_(mona)
    press(browser, closed)
    glass = glass_of(closed)
    browser.post(reverse("cases:glass-more-time", args=[glass.pk]))
    with later(minutes=61):
        assert as_(cast.maja).post(reverse("cases:glass-extend", args=[glass.pk])).url == REVIEW
        assert browser.post(reverse("cases:glass-more-time", args=[glass.pk])).url == REVIEW
        assert glass_of(closed).extended_at is None
        assert not sees(mona, closed)


def test_only_who_broke_it_asks_for_more(cast, as_, mona, closed):
    broken(closed, mona)
    glass = glass_of(closed)
    assert as_(cast.maja).post(reverse("cases:glass-more-time", args=[glass.pk])).status_code == 403
    with acting_as(cast.maja), pytest.raises(PermissionDenied):
        actions.ask_for_more_time(glass, by=cast.maja)


# --- Judging ---------------------------------------------------------------------------------------------------------

VERDICT = {"judgement": "justified", "words": "Nobody else could be reached."}


def test_it_is_judged_by_somebody_else(cast, as_, mona, closed):
    broken(closed, mona)
    page = reverse("cases:glass-judge", args=[glass_of(closed).pk])
    assert as_(mona).get(page).url == REVIEW
    assert as_(mona).post(page, VERDICT).status_code == 403
    with acting_as(mona), pytest.raises(PermissionDenied):
        actions.judge_break_glass(glass_of(closed), by=mona, **VERDICT)
    assert WHY in as_(cast.maja).get(page).content.decode()
    assert as_(cast.maja).post(page, {"judgement": "justified"}).status_code == 200
    assert as_(cast.maja).post(page, VERDICT).url == REVIEW
    late = as_(cast.maja).post(page, VERDICT | {"words": "Again."}, follow=True)
    assert "Nothing was changed" in late.content.decode()
    glass = glass_of(closed)
    assert (glass.reviewed_by, glass.judgement, glass.words) == (cast.maja, "justified", VERDICT["words"])
    assert "Reviewed: 1 of 1 (100 %)" in as_(cast.maja).get(REVIEW).content.decode()


def test_the_database_itself_knows_that_nobody_judges_or_extends_their_own(mona, closed):
    glass = broken(closed, mona)
    for field in ("reviewed_by", "extended_by"):
        with acting_as_system("special_access"), pytest.raises(IntegrityError), transaction.atomic():
            BreakGlass.objects.filter(pk=glass.pk).update(**{field: mona})


@pytest.mark.asvs("8.2.2")
def test_other_organisations_managers_neither_see_nor_judge_it(cast, as_, mona, closed):
    broken(closed, mona)
    glass = glass_of(closed)
    stranger = person(cast, "Olga", cast.otto, "manager")
    for user in (stranger, cast.henrik):
        browser = as_(user)
        assert closed.code_shown not in browser.get(REVIEW).content.decode()
        for name_, nothing in (("glass-judge", 404), ("glass-extend", 404), ("glass-more-time", 404)):
            assert browser.post(reverse(f"cases:{name_}", args=[glass.pk]), VERDICT).status_code == nothing
        with acting_as(user), pytest.raises(PermissionDenied):
            actions.judge_break_glass(glass, by=user, **VERDICT)
        with acting_as(user), pytest.raises(PermissionDenied):
            actions.extend_break_glass(glass, by=user)
    page = as_(cast.lena).get(REVIEW).content.decode()
    assert closed.code_shown in page
    assert WHY in page
    for member in (cast.sara, cast.lars):
        assert as_(member).get(reverse("cases:glass-judge", args=[glass.pk])).status_code == 403
        with acting_as(member), pytest.raises(PermissionDenied):
            actions.judge_break_glass(glass, by=member, **VERDICT)


def test_what_nobody_judges_within_two_working_days_is_told_once_and_shown_as_late(cast, as_, mona, closed):
    broken(closed, mona)
    glass = glass_of(closed)
    assert not glass.is_overdue
    assert 2 <= (glass.review_due - glass.created_at).days + 1 <= 7
    remind.walk_the_clocks()
    assert told("break_glass_unjudged") == set()
    with clock.moved_to(glass.review_due + timedelta(minutes=1)):
        page = as_(cast.maja).get(REVIEW).content.decode()
        assert "Review is late" in page
        assert "Reviewed: 0 of 1 (0 %)" in page
        remind.walk_the_clocks()
        assert told("break_glass_unjudged") == {"Maja", "Lena"}
        remind.walk_the_clocks()
    assert glass_of(closed).escalated_at is not None
    with acting_as_system("special_access"):
        assert Notification.objects.filter(what="break_glass_unjudged").count() == 2


def test_the_notice_leads_a_manager_outside_to_the_list(cast, as_, make_case):
    case = close_circle(make_case("referred", is_protected=True), cast.maja)
    broken(case, cast.maja)
    with acting_as_system("special_access"):
        notice = Notification.objects.get(what="break_glass", recipient=cast.lena)
    assert as_(cast.lena).get(reverse("cases:open-notice", args=[notice.pk])).url == REVIEW


def test_a_manager_who_sees_no_case_still_opens_the_list_from_the_inbox(cast, as_, mona, closed):
    nora = person(cast, "Nora", cast.sara, "manager")
    broken(closed, mona)
    with acting_as_system("special_access"):
        notice = Notification.objects.get(what="break_glass", recipient=nora)
    assert not sees(nora, closed)
    assert as_(nora).get(reverse("cases:open-notice", args=[notice.pk])).url == REVIEW
    assert reverse("cases:open-notice", args=[notice.pk]) in as_(nora).get("/inbox/").content.decode()
    # Nobody is told of anything else there.
    assert not Notification.objects.filter(recipient=nora).exclude(what="break_glass").exists()


def test_an_empty_list_says_so(cast, as_):
    assert "No case has been opened in an emergency." in as_(cast.maja).get(REVIEW).content.decode()
    assert Case.objects.count() == 0
