"""Special access: the circle of named people, the protected identity, grants that end, and people who leave."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from cases import actions, emails
from cases import permissions as may
from cases.actions import remind
from cases.actions.share import end_share, give_by_name, rights_of
from cases.clocks.recipients import Circle
from cases.models import (
    Case,
    CaseEvent,
    CaseGroupObjectPermission,
    CaseUserObjectPermission,
    Notification,
)
from partners.actions import change_role, end_colleague, place
from partners.models import User
from returns_portal import clock
from returns_portal.actor import acting_as, acting_as_system
from tests.cases.test_move import Presses, press_together, town  # noqa: F401  # the fixture
from tests.statements import statements_of

NAME = "Mira Rexhepi"


def at(case, name, *more):
    return reverse(f"cases:{name}", args=[case.code, *more])


def fresh(case):
    with acting_as_system("special_access"):
        return Case.objects.select_related("key").get(pk=case.pk)


def person(cast, name, like, role="member"):
    """Somebody more in the organisation of `like`."""
    user = User.objects.create(
        email=f"{name.lower()}@demo.example", name=name, organisation=like.organisation, role=role
    )
    place(user)
    return user


@pytest.fixture
def nils(cast):
    return person(cast, "Nils", cast.sara)


def close_circle(case, by, *keep):
    with acting_as(by):
        return actions.close_circle(fresh(case), by=by, keep=keep)


def name(case, by, user, **more):
    with acting_as(by):
        actions.name_person(fresh(case), by=by, user=user, reason="works_on_it", **more)


def end(case, by, user):
    with acting_as(by):
        actions.end_person(fresh(case), by=by, user=user)


def sees(user, case):
    """Whether this person reaches the case; each of the two walls is asked alone, and they must agree."""
    user = User.objects.select_related("organisation").get(pk=user.pk)
    with acting_as_system("special_access"):
        first = Case.objects.visible_to(user).filter(pk=case.pk).exists()
    with acting_as(user):
        second = Case.objects.filter(pk=case.pk).exists()
    assert first == second, f"the walls do not agree on {user.name}"
    return first


def who_sees(case, *people):
    return {user.name for user in people if sees(user, case)}


# --- The circle -----------------------------------------------------------------------------------------------------


@pytest.mark.asvs("8.2.1", "8.2.2")
def test_a_closed_circle_is_the_named_people_and_nobody_else(cast, as_, make_case, nils):
    case = make_case("application")
    everybody = (cast.sara, cast.maja, nils, cast.lars, cast.lena, cast.hanna, cast.henrik, cast.ilir, cast.otto)
    assert who_sees(case, *everybody) == {u.name for u in everybody} - {"Otto"}
    case = close_circle(case, cast.maja)
    # Who answers for it, and the managers; where there is no manager nobody is left out.
    assert who_sees(case, *everybody) == {"Sara", "Maja", "Lars", "Lena", "Hanna", "Henrik", "Ilir"}
    assert not CaseGroupObjectPermission.objects.live().filter(content_object=case).exists()
    assert CaseEvent.objects.filter(case=case, verb="close_circle", created_by=cast.maja).exists()
    assert as_(cast.sara).get(at(case, "case")).status_code == 200
    assert "Named people only" in as_(cast.sara).get(at(case, "case")).content.decode()


def test_whom_the_manager_does_not_choose_is_out(cast, make_case):
    case = make_case("referred")
    Case.objects.filter(pk=case.pk).update(decider=cast.lena)
    stays, goes = person(cast, "Stina", cast.sara), person(cast, "Gustav", cast.sara)
    case = close_circle(case, cast.maja, stays)
    assert who_sees(case, cast.sara, cast.maja, stays, goes, cast.lena, cast.lars) == {"Sara", "Maja", "Stina", "Lena"}


def without_tokens(response, code):
    """The page without what differs on every page: the address itself, the form's token, the seconds to idle."""
    text = re.sub(r'value="[A-Za-z0-9]{64}"|seconds="\d+"', "", response.content.decode())
    return text.replace(code, "")


@pytest.mark.asvs("8.2.2")
def test_to_those_outside_it_is_as_if_nothing_were_there(cast, as_, make_case, nils):
    case = close_circle(make_case("referred"), cast.maja)
    browser = as_(nils)
    foreign, statements = statements_of(browser, at(case, "case"))
    nothing, others = statements_of(browser, "/cases/0000-0000/")
    assert (foreign.status_code, nothing.status_code) == (404, 404)
    assert len(statements) == len(others)
    assert without_tokens(foreign, case.code_shown) == without_tokens(nothing, "0000-0000")
    for page in ("access", "close-circle", "open-circle", "name-person", "history", "identity", "documents"):
        assert browser.get(at(case, page)).status_code == 404, page
    for page in ("take", "reveal", "close-circle", "open-circle", "name-person"):
        assert browser.post(at(case, page)).status_code == 404, page
    for page in ("/", "/cases/", "/inbox/", "/cases/?tab=ended", "/organisation/"):
        assert case.code_shown not in browser.get(page).content.decode(), page
    assert case.code_shown not in browser.post("/cases/", {"q": case.code_shown}).content.decode().replace(
        f'value="{case.code_shown}"', ""
    ).replace(f"Search: {case.code_shown}", "")
    lars = person(cast, "Lisa", cast.lars)
    assert case.code_shown not in as_(lars).get("/cases/queue/").content.decode()


def test_the_board_of_iom_shows_it_to_the_named_alone(cast, as_, make_case):
    case, helmi = make_case("application"), person(cast, "Helmi", cast.hanna)
    assert case.code_shown in as_(helmi).get("/cases/board/").content.decode()
    close_circle(case, cast.henrik)
    assert case.code_shown not in as_(helmi).get("/cases/board/").content.decode()
    assert case.code_shown in as_(cast.hanna).get("/cases/board/").content.decode()


@pytest.mark.parametrize("who", ["sara", "lars", "hanna", "otto", "ilir", "nils"])
def test_only_managers_close_a_circle(who, cast, as_, make_case, nils):
    case, user = make_case("application"), nils if who == "nils" else getattr(cast, who)
    assert as_(user).post(at(case, "close-circle")).status_code == (404 if who == "otto" else 403)
    with acting_as(user), pytest.raises(PermissionDenied):
        actions.close_circle(case, by=user, keep=[])
    assert not fresh(case).is_restricted


def test_an_office_that_knows_no_person_yet_closes_nothing(cast, make_case):
    case, irma = make_case("application"), person(cast, "Irma", cast.ilir, "manager")
    with acting_as(irma), pytest.raises(PermissionDenied):
        actions.close_circle(case, by=irma, keep=[])
    case = make_case("assessment")
    assert close_circle(case, irma).is_restricted


def test_where_there_is_no_manager_nobody_closes_a_circle(cast, as_, make_case):
    case = make_case("assessment")
    assert as_(cast.ilir).post(at(case, "close-circle")).status_code == 403
    with acting_as(cast.ilir), pytest.raises(PermissionDenied):
        actions.close_circle(case, by=cast.ilir, keep=[])


def test_a_draft_is_closed_by_the_referrers_manager(cast, as_, make_case, nils):
    case = make_case("draft")
    page = as_(cast.maja).get(at(case, "close-circle"))
    assert "loses the case at once" in page.content.decode()
    assert as_(cast.maja).post(at(case, "close-circle"), {"keep": []}).url == at(case, "access")
    assert who_sees(case, cast.sara, cast.maja, nils) == {"Sara", "Maja"}
    assert not CaseEvent.objects.exists()
    assert as_(cast.maja).post(at(case, "close-circle"), {"keep": []}).status_code == 409


def test_each_organisation_that_comes_later_gets_its_managers_in(cast, as_, make_case):
    from tests.builders import walk_on

    case = close_circle(make_case("draft"), cast.maja)
    lisa, helmi = person(cast, "Lisa", cast.lars), person(cast, "Helmi", cast.hanna)
    with acting_as(cast.sara):
        actions.submit_referral(fresh(case), by=cast.sara)
    assert who_sees(case, cast.lars, cast.lena, lisa) == {"Lena"}
    assert {n.recipient.name for n in Notification.objects.filter(what="referral_sent")} == {"Lena"}
    name(case, cast.lena, cast.lars)
    case = walk_on(cast, fresh(case), "approved")
    assert who_sees(case, cast.hanna, cast.henrik, helmi) == {"Henrik"}
    assert {n.recipient.name for n in Notification.objects.filter(what="approved_iom")} == {"Henrik"}
    name(case, cast.henrik, cast.hanna)
    case = walk_on(cast, fresh(case), "assessment")
    assert who_sees(case, cast.hanna, cast.henrik, helmi, cast.ilir) == {"Hanna", "Henrik", "Ilir"}
    # The named people's rights grow and end with their organisation's.
    with acting_as(cast.ilir):
        assert case.access_for(cast.ilir).codenames == {may.VIEW, may.SUPPORT}
    case = walk_on(cast, case, "travel")
    with acting_as(cast.hanna):
        end_share(case, cast.ilir.organisation, reason="test")
    assert not sees(cast.ilir, case)


def test_who_takes_on_a_closed_case_is_in_its_circle_for_good(cast, make_case):
    case = close_circle(make_case("approved"), cast.maja)
    helmi = person(cast, "Helmi", cast.hanna)
    with acting_as(cast.henrik):
        taken = {"local_office": cast.ilir.organisation, "kinds_of_needs": ["housing"]}
        actions.start_application(fresh(case), by=cast.henrik, coordinator=cast.hanna, **taken)
    assert who_sees(case, cast.hanna, cast.henrik, helmi) == {"Hanna", "Henrik"}
    with acting_as(cast.henrik):
        actions.reassign(fresh(case), by=cast.henrik, to=helmi)
    assert sees(helmi, case)
    assert CaseUserObjectPermission.objects.filter(user=helmi, valid_until=None, reason="answers").exists()


def test_a_member_takes_on_a_closed_case_for_nobody_outside(cast, as_, make_case):
    case = close_circle(make_case("approved"), cast.henrik, cast.hanna)
    helmi = person(cast, "Helmi", cast.hanna)
    taken = {"local_office": cast.ilir.organisation, "kinds_of_needs": ["housing"]}
    with acting_as(cast.hanna), pytest.raises(PermissionDenied):
        actions.start_application(fresh(case), by=cast.hanna, coordinator=helmi, **taken)
    assert "Helmi" not in as_(cast.hanna).get(at(case, "start-application")).content.decode()
    with acting_as(cast.hanna):
        actions.start_application(fresh(case), by=cast.hanna, coordinator=cast.hanna, **taken)


def test_nobody_outside_watches_over_a_pause(cast, as_, make_case, nils):
    case = close_circle(make_case("referred"), cast.maja)
    assert "Nils" not in as_(cast.sara).get(at(case, "hold")).content.decode()
    with acting_as(cast.sara), pytest.raises(PermissionDenied):
        actions.hold_case(
            fresh(case), by=cast.sara, reason="other", owner=nils, until=clock.today() + timedelta(days=3)
        )


def test_opening_it_again_is_for_the_organisation_that_closed_it(cast, as_, make_case, nils):
    case = close_circle(make_case("application"), cast.maja)
    for other in (cast.lena, cast.henrik):
        assert as_(other).post(at(case, "open-circle")).status_code == 403
        with acting_as(other), pytest.raises(PermissionDenied):
            actions.open_circle(fresh(case), by=other)
    assert as_(cast.sara).post(at(case, "open-circle")).status_code == 403
    assert as_(cast.maja).get(at(case, "open-circle")).status_code == 200
    assert as_(cast.maja).post(at(case, "open-circle")).url == at(case, "access")
    case = fresh(case)
    assert (case.is_restricted, case.restricted_by) == (False, None)
    assert sees(nils, case)
    assert not CaseUserObjectPermission.objects.live().exists()
    assert as_(cast.maja).post(at(case, "open-circle")).status_code == 409


def test_where_the_closer_has_left_the_case_the_referrer_opens_it(cast, make_case):
    case = close_circle(make_case("application"), cast.henrik)
    with acting_as(cast.henrik):
        end_share(fresh(case), cast.henrik.organisation, reason="test")
    with acting_as(cast.lena), pytest.raises(PermissionDenied):
        actions.open_circle(fresh(case), by=cast.lena)
    with acting_as(cast.maja):
        actions.open_circle(fresh(case), by=cast.maja)


# --- Named people ----------------------------------------------------------------------------------------------------


def test_a_manager_lets_a_colleague_in_with_reason_and_end(cast, as_, make_case, nils, deliver):
    case = close_circle(make_case("referred"), cast.maja)
    last = clock.today() + timedelta(days=2)
    answers = {"user": nils.pk, "reason": "stands_in", "until": last.isoformat()}
    assert as_(cast.maja).post(at(case, "name-person"), answers).url == at(case, "access")
    grant = CaseUserObjectPermission.objects.filter(user=nils).first()
    assert (grant.reason, grant.granted_by) == ("stands_in", cast.maja)
    assert as_(nils).get(at(case, "case")).status_code == 200
    page = as_(cast.sara).get(at(case, "access")).content.decode()
    assert "Nils" in page
    assert "Stands in for a colleague" in page
    assert Notification.objects.filter(recipient=nils, what="named").exists()
    with clock.moved_to(clock.now() + timedelta(days=3)):
        assert as_(nils).get(at(case, "case")).status_code == 404
        assert not sees(nils, case)


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [({"until": "2020-01-01"}, "until"), ({"until": "2031-01-01"}, "until"), ({"reason": "because"}, "reason")],
)
def test_a_name_without_a_true_end_or_reason_is_sent_back(answers, wrong, cast, as_, make_case, nils):
    case = close_circle(make_case("referred"), cast.maja)
    response = as_(cast.maja).post(
        at(case, "name-person"), {"user": nils.pk, "reason": "expert", "until": ""} | answers
    )
    assert list(response.context["form"].errors) == [wrong]
    assert not sees(nils, case)


@pytest.mark.asvs("8.2.1")
def test_nobody_but_a_manager_of_their_own_organisation_names_people(cast, as_, make_case, nils):
    case = close_circle(make_case("application"), cast.maja)
    for user, status in ((cast.sara, 403), (cast.lars, 403), (cast.otto, 404), (nils, 404)):
        assert as_(user).post(at(case, "name-person"), {"user": nils.pk, "reason": "expert"}).status_code == status
        with acting_as(user), pytest.raises(PermissionDenied):
            actions.name_person(fresh(case), by=user, user=nils, reason="expert")
    # A manager elsewhere finds no such colleague.
    assert as_(cast.lena).post(at(case, "name-person"), {"user": nils.pk, "reason": "expert"}).status_code == 200
    with acting_as(cast.lena), pytest.raises(PermissionDenied):
        actions.name_person(fresh(case), by=cast.lena, user=nils, reason="expert")
    with acting_as(cast.maja), pytest.raises(PermissionDenied):
        actions.name_person(fresh(case), by=cast.maja, user=cast.maja, reason="expert")
    nils.is_active = False
    nils.save(update_fields=["is_active"])
    with acting_as(cast.maja), pytest.raises(PermissionDenied):
        actions.name_person(fresh(case), by=cast.maja, user=nils, reason="expert")
    assert not CaseUserObjectPermission.objects.filter(user=nils).exists()


def test_where_there_is_no_manager_the_named_name_others(cast, make_case):
    case = close_circle(make_case("assessment"), cast.maja)
    irma = person(cast, "Irma", cast.ilir)
    name(case, cast.ilir, irma)
    assert sees(irma, case)


def test_a_circle_whose_manager_is_none_any_more_can_still_let_one_in(cast, make_case, nils):
    mona = person(cast, "Mona", cast.sara, "manager")
    case = close_circle(make_case("referred"), cast.maja)
    name(case, cast.maja, nils, until=clock.now() + timedelta(days=1))
    assert not sees(mona, case)
    with acting_as(mona):
        change_role(cast.maja, "member", by=mona)
    maja = User.objects.select_related("organisation").get(pk=cast.maja.pk)
    with pytest.raises(PermissionDenied):
        name(case, nils, mona)  # named until tomorrow only
    name(case, maja, mona)
    with pytest.raises(PermissionDenied):
        name(case, maja, nils)
    with acting_as(mona):
        assert not actions.open_circle(fresh(case), by=mona).is_restricted


def test_in_a_case_that_is_open_to_all_nobody_is_named(cast, as_, make_case, nils):
    case = make_case("referred")
    assert as_(cast.maja).get(at(case, "name-person")).url == at(case, "access")
    assert as_(cast.maja).post(at(case, "name-person"), {}).status_code == 409
    with acting_as(cast.maja), pytest.raises(actions.StepRefused):
        actions.name_person(case, by=cast.maja, user=nils, reason="expert")


@pytest.mark.asvs("8.3.2")
def test_an_ended_access_is_gone_at_the_next_request(cast, as_, make_case, nils):
    case = close_circle(make_case("referred"), cast.maja, nils)
    browser = as_(nils)
    assert browser.get(at(case, "case")).status_code == 200
    assert as_(cast.maja).get(at(case, "end-person", nils.pk)).status_code == 200
    assert as_(cast.maja).post(at(case, "end-person", nils.pk)).url == at(case, "access")
    assert browser.get(at(case, "case")).status_code == 404
    assert as_(cast.maja).post(at(case, "end-person", nils.pk)).status_code == 409
    assert as_(cast.maja).get(at(case, "end-person", nils.pk)).status_code == 404


def test_ending_is_for_managers_of_the_same_organisation(cast, as_, make_case, nils):
    case = close_circle(make_case("application"), cast.maja, nils)
    for user in (cast.sara, cast.lars):
        assert as_(user).post(at(case, "end-person", nils.pk)).status_code == 403
        with acting_as(user), pytest.raises(PermissionDenied):
            actions.end_person(fresh(case), by=user, user=nils)
    assert as_(cast.lena).post(at(case, "end-person", nils.pk)).status_code == 409
    with acting_as(cast.lena), pytest.raises(PermissionDenied):
        actions.end_person(fresh(case), by=cast.lena, user=nils)
    assert sees(nils, case)


def test_somebody_who_can_name_others_is_always_left(cast, as_, make_case, nils):
    case = close_circle(make_case("referred"), cast.maja, nils)
    with pytest.raises(ValidationError):
        end(case, cast.maja, cast.maja)
    answer = as_(cast.maja).post(at(case, "end-person", cast.maja.pk))
    assert "Somebody who can name others must be left" in answer.content.decode()
    with pytest.raises(ValidationError):
        end(case, cast.maja, cast.sara)  # answers for the case
    mona = person(cast, "Mona", cast.sara, "manager")
    name(case, cast.maja, mona, until=clock.now() + timedelta(days=1))
    with pytest.raises(ValidationError):
        end(case, cast.maja, cast.maja)  # who stays only until tomorrow is nobody
    name(case, cast.maja, mona)
    end(case, mona, cast.maja)
    assert who_sees(case, cast.maja, mona, cast.sara, nils) == {"Mona", "Sara", "Nils"}


def test_who_answers_for_the_case_is_named_without_an_end(cast, make_case):
    case = close_circle(make_case("referred"), cast.maja)
    with pytest.raises(ValidationError):
        name(case, cast.maja, cast.sara, until=clock.now() + timedelta(days=1))


def test_the_page_says_who_reaches_the_case(cast, as_, make_case):
    case = make_case("application")
    page = as_(cast.sara).get(at(case, "access")).content.decode()
    assert "Nobody has been let in by name." in page
    for organisation in (cast.sara, cast.lars, cast.hanna, cast.ilir):
        assert organisation.organisation.name in page
    assert as_(cast.ilir).get(at(case, "access")).status_code == 403  # informed: a status line only
    assert as_(cast.otto).get(at(case, "access")).status_code == 404
    case = close_circle(case, cast.maja)
    page = as_(cast.lars).get(at(case, "access")).content.decode()
    assert "closed it to everybody else" in page
    assert "Manager of the organisation" in page
    assert "Answers for the case" in page
    assert "Let a colleague in" not in page
    assert "Let a colleague in" in as_(cast.lena).get(at(case, "access")).content.decode()


# --- Who is told -----------------------------------------------------------------------------------------------------


def test_nobody_outside_is_told_of_a_closed_case(cast, as_, make_case, nils, deliver, mailoutbox):
    case = make_case("referred")
    lisa = person(cast, "Lisa", cast.lars)
    emails.notify(case, [nils, lisa, cast.sara], "held")
    close_circle(case, cast.maja)
    # What stood in an inbox has left it, and its mail is not sent.
    assert set(Notification.objects.filter(what="held").values_list("recipient__name", flat=True)) == {"Sara"}
    deliver()
    assert {address for mail in mailoutbox for address in mail.to} <= {u.email for u in (cast.sara, cast.lena)}
    case = fresh(case)
    with acting_as_system("special_access"):
        emails.notify(case, [nils, lisa, cast.lena], "held")
        assert {u.name for u in emails.responsible_for(case, may.Relation.APPROVING)} == {"Lena"}
        assert Circle([case])._let_in == {}
    assert not Notification.objects.filter(recipient__in=[nils, lisa]).exists()


def test_reminders_of_a_closed_case_reach_its_circle_alone(cast, make_case):
    case = close_circle(make_case("referred"), cast.maja)
    lisa = person(cast, "Lisa", cast.lars)
    with acting_as_system("tests"):
        remind.walk_the_clocks(clock.now() + timedelta(days=10))
    told = Notification.objects.filter(case=case, what="rule_decision")
    assert set(told.values_list("recipient__name", flat=True)) == {"Lena"}
    assert not told.filter(recipient=lisa).exists()


def test_an_office_that_is_released_from_a_closed_case_is_told(cast, make_case):
    case = close_circle(make_case("assessment"), cast.maja)
    irma = person(cast, "Irma", cast.ilir)
    with acting_as(cast.hanna):
        actions.change_office(fresh(case), by=cast.hanna, local_office=cast.ioana.organisation, note="Another town.")
    told = Notification.objects.filter(what="office_released")
    assert {notice.recipient for notice in told} == {cast.ilir}
    assert irma not in {notice.recipient for notice in told}
    assert Notification.objects.filter(what="office_informed", recipient=cast.ioana).exists()
    assert not sees(cast.ilir, case)
    assert sees(cast.ioana, case)


# --- The protected identity ------------------------------------------------------------------------------------------


def protected(make_case, reached="referred"):
    return make_case(reached, is_protected=True)


@pytest.mark.asvs("8.2.3")
def test_a_protected_case_that_nobody_answers_for_is_not_there_for_the_taking(cast, as_, make_case):
    case = protected(make_case)
    assert case.decider is None
    lars = as_(cast.lars)
    assert lars.post(at(case, "take")).status_code == 403
    assert lars.get(at(case, "reassign")).status_code == 403
    assert lars.post(at(case, "decide")).status_code == 403
    with acting_as(cast.lars), pytest.raises(PermissionDenied):
        actions.reassign(fresh(case), by=cast.lars, to=cast.lars)
    assert "Take responsibility" not in lars.get(at(case, "decide")).content.decode()
    assert at(case, "take") not in lars.get("/cases/queue/").content.decode()
    assert NAME not in lars.post(at(case, "reveal")).content.decode()
    name(case, cast.lena, cast.lars, opens_identity=True)
    assert lars.post(at(case, "take")).status_code == 302
    assert fresh(case).decider == cast.lars


def test_a_manager_gives_a_protected_case_to_somebody(cast, as_, make_case):
    case = protected(make_case)
    with acting_as(cast.lena):
        actions.reassign(fresh(case), by=cast.lena, to=cast.lars)
    assert NAME in as_(cast.lars).post(at(case, "reveal")).content.decode()


def test_deciding_names_nobody_in_a_protected_case(cast, as_, make_case):
    case = protected(make_case, "approved")
    assert (case.decider, case.approved_by) == (None, cast.lars)
    assert as_(cast.lars).post(at(case, "reveal")).status_code == 403


def test_taking_on_a_protected_case_is_a_managers_or_of_who_was_named(cast, as_, make_case):
    case = protected(make_case, "approved")
    taken = {"local_office": cast.ilir.organisation, "kinds_of_needs": ["housing"]}
    page = as_(cast.hanna).get(at(case, "start-application")).content.decode()
    assert "A manager of your organisation must name somebody" in page
    with acting_as(cast.hanna), pytest.raises(PermissionDenied):
        actions.start_application(fresh(case), by=cast.hanna, coordinator=cast.hanna, **taken)
    name(case, cast.henrik, cast.hanna, opens_identity=True)
    with acting_as(cast.hanna):
        actions.start_application(fresh(case), by=cast.hanna, coordinator=cast.hanna, **taken)


@pytest.mark.asvs("8.2.3")
def test_a_name_for_the_identity_opens_it_and_ends(cast, as_, make_case, nils):
    case = protected(make_case)
    assert as_(nils).post(at(case, "reveal")).status_code == 403
    assert "M.R." not in as_(nils).get(at(case, "case")).content.decode()
    answers = {"user": nils.pk, "reason": "stands_in", "until": clock.today().isoformat()}
    assert list(as_(cast.maja).post(at(case, "name-person"), answers).context["form"].errors) == ["opens_identity"]
    as_(cast.maja).post(at(case, "name-person"), answers | {"opens_identity": "on"})
    assert NAME in as_(nils).post(at(case, "reveal")).content.decode()
    assert "Nils" in as_(cast.maja).get(at(case, "identity")).content.decode()
    with clock.moved_to(clock.now() + timedelta(days=1, hours=1)):
        assert as_(nils).post(at(case, "reveal")).status_code == 403
        assert as_(nils).get(at(case, "case")).status_code == 200


def test_a_circle_opens_no_protected_identity_by_itself(cast, as_, make_case, nils):
    case = close_circle(protected(make_case), cast.maja, nils)
    for user in (cast.maja, nils, cast.lena):
        assert as_(user).get(at(case, "case")).status_code == 200
        assert as_(user).post(at(case, "reveal")).status_code == 403
    assert NAME in as_(cast.sara).post(at(case, "reveal")).content.decode()


def test_whom_the_identity_was_opened_to_stays_in_when_the_circle_closes_and_opens(cast, as_, make_case, nils):
    case = protected(make_case)
    name(case, cast.maja, nils, opens_identity=True)
    case = close_circle(case, cast.maja)
    assert NAME in as_(nils).post(at(case, "reveal")).content.decode()
    with acting_as(cast.maja):
        actions.open_circle(fresh(case), by=cast.maja)
    assert NAME in as_(nils).post(at(case, "reveal")).content.decode()
    assert rights_by_name(nils, case) == {may.OPEN_IDENTITY}


def rights_by_name(user, case):
    live = CaseUserObjectPermission.objects.live().filter(user=user, content_object=case)
    return set(live.values_list("permission__codename", flat=True))


def test_the_right_to_an_identity_opens_no_case_alone(cast, make_case):
    assert may.relation_of(frozenset({may.OPEN_IDENTITY}), "social_services") is None
    case = protected(make_case, "assessment")
    with acting_as_system("special_access"):
        give_by_name(case, cast.ilir, may.OPEN_IDENTITY, by=None, reason="expert")
        end_share(case, cast.ilir.organisation, may.VIEW, may.SUPPORT, reason="test")
        assert rights_of(case, cast.ilir.organisation) == set()
    assert rights_by_name(cast.ilir, case) == set()
    assert not sees(cast.ilir, case)


def test_the_identity_leaves_lists_searches_and_papers_for_those_not_named(cast, as_, make_case, nils, deliver):
    case = protected(make_case, "application")
    deliver()
    for user in (cast.maja, nils, cast.lars, cast.lena, cast.henrik):
        browser = as_(user)
        pages = [browser.get(page) for page in ("/", "/cases/", "/inbox/", at(case, "case"), at(case, "documents"))]
        pages.append(browser.post("/cases/", {"q": "M.R."}))
        closed = [browser.get(at(case, page)) for page in ("referral", "referral-person", "identity", "application")]
        for page in (*pages, *closed):
            text = page.content.decode().replace('value="M.R."', "").replace("Search: M.R.", "")
            assert NAME not in text
            assert "Blue door" not in text
            assert page in closed or "M.R." not in text  # initials, where the referral itself is read


# --- Grants that end, people who leave -------------------------------------------------------------------------------


@pytest.mark.asvs("7.4.2", "8.3.2")
def test_a_leaver_loses_what_was_given_by_name(cast, as_, make_case, nils):
    case = close_circle(make_case("referred"), cast.maja, nils)
    browser = as_(nils)
    with acting_as(cast.maja):
        end_colleague(nils, by=cast.maja)
    assert browser.get(at(case, "case")).status_code == 302  # to the sign-in
    nils = User.objects.get(pk=nils.pk)
    assert not sees(nils, case)
    nils.is_active = True
    nils.save(update_fields=["is_active"])
    assert not sees(nils, case)


def test_who_is_deactivated_reaches_nothing_at_the_next_request(cast, as_, make_case, nils):
    case = close_circle(make_case("referred"), cast.maja, nils)
    browser = as_(nils)
    assert browser.get(at(case, "case")).status_code == 200
    User.objects.filter(pk=nils.pk).update(is_active=False)
    assert browser.get(at(case, "case")).status_code in {302, 404}
    assert not sees(nils, case)


def test_who_moves_to_another_organisation_reaches_nothing_of_the_old(cast, as_, make_case, nils):
    case = close_circle(make_case("referred"), cast.maja, nils)
    answers = {
        "name": "Nils",
        "organisation": cast.otto.organisation.pk,
        "role": "member",
        "is_active": "on",
        "language": "",
        "phone": "",
    }
    response = as_(cast.admin).post(reverse("admin:partners_user_change", args=[nils.pk]), answers)
    assert response.status_code == 302
    assert User.objects.get(pk=nils.pk).organisation == cast.otto.organisation
    assert not sees(nils, case)
    assert rights_by_name(nils, case) == set()


def test_people_of_an_organisation_that_rests_reach_nothing_by_name(cast, make_case, nils):
    case = close_circle(make_case("referred"), cast.maja, nils)
    organisation = nils.organisation
    organisation.is_active = False
    organisation.save(update_fields=["is_active"])
    with acting_as_system("special_access"):
        assert not Case.objects.visible_to(User.objects.get(pk=nils.pk)).filter(pk=case.pk).exists()


def test_the_last_keeper_leaves_and_the_managers_come_in(cast, make_case):
    case = close_circle(make_case("assessment"), cast.maja)
    irma = person(cast, "Irma", cast.ilir, "manager")
    assert not sees(irma, case)
    with acting_as(irma):
        end_colleague(cast.ilir, by=irma)
    assert sees(irma, case)
    case = fresh(case)
    assert case.local_responsible is None


def test_the_leavers_closed_cases_go_back_although_their_manager_does_not_see_them(cast, make_case):
    mona = person(cast, "Mona", cast.sara, "manager")
    case = close_circle(make_case("referred"), cast.maja)
    assert not sees(mona, case)
    with acting_as(mona):
        end_colleague(cast.sara, by=mona)
    assert fresh(case).caseworker is None
    assert sees(cast.maja, case)
    assert not sees(mona, case)


def test_a_grant_that_ends_between_the_page_and_the_press_refuses_the_press(cast, as_, make_case, nils):
    case = close_circle(make_case("referred"), cast.maja)
    name(case, cast.maja, nils, until=clock.now() + timedelta(minutes=5))
    browser = as_(nils)
    assert browser.get(at(case, "withdraw")).status_code == 200
    with clock.moved_to(clock.now() + timedelta(minutes=6)):
        assert browser.post(at(case, "withdraw"), {"note": ""}).status_code == 404
    assert fresh(case).state == "referred"


@pytest.mark.asvs("15.4.2")
@pytest.mark.django_db(transaction=True)
def test_an_access_by_name_that_ends_during_the_request_is_gone_when_it_counts(town):  # noqa: F811  # the fixture
    case, cast = town.case, town.cast
    nils = person(cast, "Nils", cast.sara)
    close_circle(case, cast.maja, nils)
    press = Presses(nils, at(case, "withdraw"), {"note": ""})
    press_together(case, press, meanwhile=lambda: end(case, cast.maja, nils))
    assert press.status == 404
    assert fresh(case).state == "referred"


@pytest.mark.asvs("15.4.2")
@pytest.mark.django_db(transaction=True)
def test_a_circle_that_closes_during_the_request_shuts_out_who_is_not_chosen(town):  # noqa: F811  # the fixture
    case, cast = town.case, town.cast
    nils = person(cast, "Nils", cast.sara)
    press = Presses(nils, at(case, "withdraw"), {"note": ""})
    press_together(case, press, meanwhile=lambda: close_circle(case, cast.maja))
    assert press.status == 404
    assert fresh(case).state == "referred"
