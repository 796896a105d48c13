"""Step 3 through the door: Lars decides, Sara and IOM Helsinki are told, everybody else sees nothing."""

from datetime import timedelta

import pytest
from django.utils import translation
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from cases import actions, clocks
from cases.models import (
    Case,
    CaseEvent,
    CaseGroupObjectPermission,
    Decision,
    Dependant,
    Hold,
    InformationRequest,
    Notification,
    Referral,
    ReferralConsent,
)
from cases.preview import preview_for_iom
from cases.states import State
from cases.views.steps import label_of
from returns_portal import clock
from returns_portal.actor import acting_as
from returns_portal.models import OutboxItem
from tests.builders import take_on

SECRETS = ("Mira", "Rexhepi", "M.R.", "Albania", "Albanien", "traffick", "människohandel", "Malmö", "+46")


@pytest.fixture
def opens(as_):
    """Somebody's browser, reading English."""

    def browser(user):
        client = as_(user)
        client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en-GB"
        return client

    return browser


def at(case, page=""):
    return f"{case.get_absolute_url()}{page}"


def approval(case, **changes):
    """What Lars posts: everything filled in, and the hash of what he saw."""
    shared = changes.get("shared_sections", ["identity", "criminal"])
    return {
        "diary_number": "851-1234-2026",
        "funding_line": "government",
        "ceiling_sek": "40 000",
        "conditions": "Support for one adult.",
        "legal_ground": "consent",
        "shared_sections": shared,
        "preview_sha256": preview_for_iom(case, ["referral", *shared]).sha256,
        **changes,
    }


def present(case):
    return Case.objects.get(pk=case.pk)


def latest_step(case):
    event = CaseEvent.objects.filter(case=case).select_related("created_by").order_by("-created_at").first()
    return event.verb, event.created_by, event.was, event.became


def told(case, what):
    return sorted(
        Notification.objects.filter(case=case, what=what).values_list("recipient__email", flat=True).distinct()
    )


def papers(case):
    return sorted(
        (item.data["name"], item.data["language"]) for item in OutboxItem.objects.filter(kind="paper", case_id=case.pk)
    )


def grants_of(user, case):
    live = CaseGroupObjectPermission.objects.live().filter(content_object=case, group=user.organisation.group)
    return set(live.values_list("permission__codename", flat=True))


# Approving


def test_lars_approves_and_both_sides_are_told(cast, opens, make_case):
    case = make_case(reached="referred")
    response = opens(cast.lars).post(at(case, "approve/"), approval(case), follow=True)
    assertRedirects(response, at(case))
    assertContains(response, "Approved. IOM Helsinki got the case at ")
    assertContains(response, f"{cast.sara.organisation} has been told.")
    case = present(case)
    assert (case.state, case.approved_by, case.decider) == (State.APPROVED, cast.lars, cast.lars)
    assert latest_step(case) == ("approve", cast.lars, "referred", "approved")
    assert told(case, "approved_referrer") == [cast.sara.email]
    assert told(case, "approved_iom") == [cast.hanna.email, cast.henrik.email]
    assert {name for name, _language in papers(case)} >= {"decision_letter", "iom_notification"}
    assert {language for name, language in papers(case) if name == "iom_notification"} == {"sv", "en-gb"}
    decision = Decision.in_force(case)
    assert (decision.ceiling_sek, decision.funding_line, decision.conditions) == (
        40_000,
        "government",
        "Support for one adult.",
    )
    assert decision.shared_sections == ["referral", "identity", "criminal"]


def test_iom_helsinki_gets_the_case_with_the_approval_and_not_before(cast, opens, make_case):
    case = make_case(reached="referred")
    assert opens(cast.hanna).get(at(case, "received/")).status_code == 404
    assert grants_of(cast.hanna, case) == set()
    opens(cast.lars).post(at(case, "approve/"), approval(case))
    assert opens(cast.hanna).get(at(case, "received/")).status_code == 200
    assert grants_of(cast.hanna, case) == {"view_case", "coordinate_case"}


def test_the_mails_carry_a_code_and_a_link_and_nothing_else(cast, opens, make_case, deliver, mailoutbox):
    case = make_case(reached="referred")
    OutboxItem.objects.all().delete()
    opens(cast.lars).post(at(case, "approve/"), approval(case))
    OutboxItem.objects.exclude(kind="mail").delete()
    deliver()
    assert sorted(mail.to[0] for mail in mailoutbox) == [cast.hanna.email, cast.henrik.email, cast.sara.email]
    for mail in mailoutbox:
        text = f"{mail.subject}\n{mail.body}"
        assert case.code_shown not in mail.subject
        assert case.code_shown in mail.body
        assert [word for word in SECRETS if word.casefold() in text.casefold()] == []


@pytest.mark.parametrize(
    "page", ["approve/", "ask-for-more/", "decline/", "recall/", "reopen/", "new-ceiling/", "decide/"]
)
def test_the_referrer_sees_the_case_but_decides_nothing(page, cast, opens, make_case):
    case = make_case(reached="referred")
    assert opens(cast.sara).get(at(case, page)).status_code == 403
    assert opens(cast.sara).post(at(case, page), approval(case)).status_code == 403
    assert present(case).state == State.REFERRED


@pytest.mark.parametrize("who", ["otto", "hanna", "ilir", "ioana", "nadia", "admin"])
@pytest.mark.parametrize("page", ["approve/", "decide/", "decision/", "received/"])
def test_to_a_stranger_there_is_no_such_case(who, page, cast, opens, make_case):
    case = make_case(reached="referred")
    client = opens(getattr(cast, who))
    assert client.get(at(case, page)).status_code == 404
    assert client.post(at(case, page), approval(case)).status_code == 404
    assert present(case).state == State.REFERRED


@pytest.mark.parametrize("column", ["created_by", "submitted_by", "reopened_by"])
def test_whoever_created_sent_or_reopened_it_cannot_approve_it(column, cast, opens, make_case):
    case = make_case(reached="referred")
    Case.objects.filter(pk=case.pk).update(**{column: cast.lars})
    assertContains(opens(cast.lars).get(at(case, "decide/")), "Somebody else must decide")
    page = opens(cast.lars).get(at(case, "decide/")).content.decode()
    assert at(case, "approve/") not in page
    response = opens(cast.lars).post(at(case, "approve/"), approval(case))
    assertContains(response, "Somebody else must decide: you created, sent or reopened this case.", status_code=409)
    assertContains(response, "Support for one adult.", status_code=409)
    assert present(case).state == State.REFERRED
    assert not Decision.objects.filter(case=case).exists()
    opens(cast.lena).post(at(case, "approve/"), approval(case))
    assert present(case).state == State.APPROVED


def test_no_approval_once_the_person_has_taken_the_consent_back(cast, opens, make_case):
    case = make_case(reached="referred")
    ReferralConsent.objects.filter(case=case).update(withdrawn_at=clock.now())
    assertContains(opens(cast.lars).get(at(case, "approve/")), "The person has taken back the consent to be referred.")
    response = opens(cast.lars).post(at(case, "approve/"), approval(case))
    assertContains(response, "The person has taken back the consent to be referred.", status_code=409)
    assert grants_of(cast.hanna, case) == set()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ceiling_sek", ""),
        ("ceiling_sek", "0"),
        ("diary_number", ""),
        ("funding_line", ""),
        ("funding_line", "own purse"),
    ],
)
def test_an_approval_without_number_money_or_source_is_not_taken(field, value, cast, opens, make_case):
    case = make_case(reached="referred")
    response = opens(cast.lars).post(at(case, "approve/"), approval(case, **{field: value}))
    assertContains(response, 'aria-invalid="true"')
    assert present(case).state == State.REFERRED


def test_funding_lines_stand_in_the_readers_language(cast, opens, as_, make_case):
    case = make_case(reached="referred")
    assertContains(opens(cast.lars).get(at(case, "approve/")), "Government assignment")
    assertContains(as_(cast.lars).get(at(case, "approve/"), headers={"accept-language": "sv"}), "Regeringsuppdraget")


def test_a_case_on_hold_is_not_approved(cast, opens, make_case):
    case = make_case(reached="referred")
    with acting_as(cast.lars):
        until = clock.today() + timedelta(days=5)
        actions.hold_case(case, by=cast.lars, reason=Hold.Reason.MEDICAL, owner=cast.lars, until=until)
    response = opens(cast.lars).post(at(case, "approve/"), approval(case))
    assertContains(response, "The case is paused. End the pause first.", status_code=409)
    assertContains(opens(cast.lars).get(at(case, "decide/")), "The case is paused.")
    assert present(case).state == State.REFERRED


def test_the_second_approval_is_told_who_was_first(cast, opens, make_case):
    case = make_case(reached="referred")
    posted = approval(case, conditions="Lena's own words.")
    opens(cast.lars).post(at(case, "approve/"), approval(case))
    response = opens(cast.lena).post(at(case, "approve/"), posted)
    assertContains(response, "Lars was first: Support approved, IOM Helsinki notified", status_code=409)
    assertContains(response, "Lena&#x27;s own words.", status_code=409)
    assert Decision.objects.filter(case=case).count() == 1
    assertContains(opens(cast.lena).get(at(case, "approve/")), "Lars was first")


# The request


def test_the_request_shows_what_the_decision_needs_and_keeps_the_name_closed(cast, opens, make_case):
    case = make_case(reached="referred")
    page = opens(cast.lars).get(at(case, "decide/"))
    for words in ("Suspected human trafficking", "Albania", "Outreach met the person in October.", "6 of 6"):
        assertContains(page, words)
    assertNotContains(page, "Rexhepi")
    assertNotContains(page, "+46 70")
    content = page.content.decode()
    assert content.index(at(case, "approve/")) < content.index(at(case, "ask-for-more/"))


def test_a_missing_answer_makes_the_question_lead(cast, opens, make_case):
    case = make_case(reached="referred")
    Referral.objects.filter(case=case).update(residence="")
    content = opens(cast.lars).get(at(case, "decide/")).content.decode()
    assert "5 of 6" in content
    assert content.index(at(case, "ask-for-more/")) < content.index(at(case, "approve/"))


def test_lars_takes_responsibility_and_the_next_one_sees_who_has_it(cast, opens, make_case):
    case = make_case(reached="referred")
    assertContains(opens(cast.lars).get(at(case, "decide/")), "Nobody has taken responsibility")
    assertRedirects(opens(cast.lars).post(at(case, "decide/")), at(case, "decide/"))
    assert present(case).decider == cast.lars
    assertNotContains(opens(cast.lars).get(at(case, "decide/")), "Take responsibility")
    with acting_as(cast.lena):
        actions.reassign(present(case), by=cast.lena, to=cast.lena)
    response = opens(cast.lars).post(at(case, "decide/"))
    assertContains(response, "Lena has taken responsibility for the decision.", status_code=409)
    assert present(case).decider == cast.lena


@pytest.mark.parametrize("page", ["approve/", "ask-for-more/", "decline/", "recall/", "decline-return/", "reopen/"])
def test_each_page_of_a_step_has_one_button_with_its_name(page, cast, opens, make_case):
    case = make_case(reached="approved")
    client = opens(cast.hanna if page == "decline-return/" else cast.lars)
    content = client.get(at(case, page)).content.decode()
    with translation.override("en-gb"):
        label = str(label_of(page[:-1].replace("-", "_")))
    assert content.count(f'<button type="submit" class="btn">{label}</button>') == 1


# Asking for more


def test_lars_asks_for_more_and_the_ball_is_saras(cast, opens, make_case):
    case = make_case(reached="referred")
    day = clock.today() + timedelta(days=9)
    response = opens(cast.lars).post(
        at(case, "ask-for-more/"), {"question": "Which interpreter?", "due_on": day.isoformat()}, follow=True
    )
    assertContains(response, "The clock stands still until the answer comes.")
    case = present(case)
    assert (case.state, case.ball_with, case.ball_due) == (
        State.MORE_INFO,
        cast.sara.organisation,
        clocks.end_of(day),
    )
    assert told(case, "more_info_asked") == [cast.sara.email]
    asked = InformationRequest.objects.get(case=case)
    assert (asked.question, asked.due_on, asked.is_open) == ("Which interpreter?", day, True)


def test_the_day_to_answer_by_follows_the_rule_and_is_not_past(cast, opens, make_case):
    case = make_case(reached="referred")
    ruled = clocks.due("more_information", case, clock.now()).date()
    assertContains(opens(cast.lars).get(at(case, "ask-for-more/")), f'value="{ruled.isoformat()}"')
    response = opens(cast.lars).post(at(case, "ask-for-more/"), {"question": "Which?", "due_on": "2020-01-01"})
    assertContains(response, "The day is past. Enter today or later.")
    response = opens(cast.lars).post(at(case, "ask-for-more/"), {"question": " ", "due_on": ruled.isoformat()})
    assertContains(response, 'aria-invalid="true"')
    assert present(case).state == State.REFERRED


def test_the_time_of_a_question_does_not_count_against_lansstyrelsen(cast, make_case):
    case = make_case(reached="more_info")
    first = clocks.due("decision", case, case.submitted_at)
    with clock.moved_to(clock.now() + timedelta(days=14)), acting_as(cast.sara):
        asked = InformationRequest.objects.get(case=case)
        actions.answer_request(present(case), by=cast.sara, answers={asked: "Albanian, a woman."})
        waited = clocks.working_days_between(
            case.submitted_at.astimezone(clock.STOCKHOLM).date(), clock.today(), case.destination
        )
    assert waited > 0
    expected = clocks.add_working_days(first.astimezone(clock.STOCKHOLM).date(), waited, case.destination)
    assert present(case).ball_due == clocks.end_of(expected)


# Declining


DECLINED = {"reason_code": "not_voluntary", "text": "The wish is not the person's own.", "help_path": "020-390 000"}


def test_a_refusal_goes_out_with_reason_and_other_help(cast, opens, make_case):
    case = make_case(reached="referred")
    assertContains(opens(cast.lars).get(at(case, "decline/")), "The person can always turn to social services")
    response = opens(cast.lars).post(at(case, "decline/"), DECLINED, follow=True)
    assertContains(response, "The refusal has been sent with its reason and a way to other help.")
    case = present(case)
    assert (case.state, case.ball_with) == (State.DECLINED, None)
    assert told(case, "declined") == [cast.sara.email]
    assert "decision_letter" in {name for name, _language in papers(case)}
    page = opens(cast.sara).get(at(case, "decision/"))
    for words in ("Not voluntary", "The wish is not the person&#x27;s own.", "020-390 000"):
        assertContains(page, words)
    assert opens(cast.hanna).get(at(case, "decision/")).status_code == 404


@pytest.mark.parametrize("missing", ["reason_code", "text", "help_path"])
def test_no_refusal_without_reason_words_and_other_help(missing, cast, opens, make_case):
    case = make_case(reached="referred")
    response = opens(cast.lars).post(at(case, "decline/"), {**DECLINED, missing: ""})
    assertContains(response, 'aria-invalid="true"')
    assert present(case).state == State.REFERRED


def test_a_safety_reason_is_not_lansstyrelsens_to_give(cast, opens, make_case):
    case = make_case(reached="referred")
    opens(cast.lars).post(at(case, "decline/"), {**DECLINED, "reason_code": "no_safe_return"})
    assert present(case).state == State.REFERRED


def test_declining_takes_open_questions_back_and_ends_a_pause(cast, opens, make_case):
    case = make_case(reached="more_info")
    with acting_as(cast.lars):
        until = clock.today() + timedelta(days=5)
        actions.hold_case(case, by=cast.lars, reason=Hold.Reason.ASKED, owner=cast.lars, until=until)
    opens(cast.lars).post(at(case, "decline/"), DECLINED)
    case = present(case)
    assert (case.state, case.is_on_hold) == (State.DECLINED, False)
    assert not InformationRequest.objects.get(case=case).is_open


# Taking back


def test_a_question_is_taken_back_and_the_referrer_is_told(cast, opens, make_case):
    case = make_case(reached="more_info")
    response = opens(cast.lars).post(at(case, "recall/"), {"note": "Found it in the file."}, follow=True)
    assertContains(response, "Taken back. The case awaits a decision again.")
    case = present(case)
    assert (case.state, case.ball_with) == (State.REFERRED, cast.lars.organisation)
    assert not InformationRequest.objects.get(case=case).is_open
    assert told(case, "recalled") == [cast.sara.email]


def test_an_approval_is_taken_back_and_iom_sees_the_case_no_more(cast, opens, make_case):
    case = make_case(reached="approved")
    opens(cast.lars).post(at(case, "recall/"), {"note": "Wrong municipality."})
    case = present(case)
    assert (case.state, case.approved_by, case.shared_with_iom) == (State.REFERRED, None, [])
    assert grants_of(cast.hanna, case) == set()
    assert opens(cast.hanna).get(at(case, "received/")).status_code == 404
    assert told(case, "recalled") == [cast.hanna.email, cast.henrik.email]
    assert Decision.in_force(case) is None
    opens(cast.lars).post(at(case, "approve/"), approval(case))
    assert present(case).state == State.APPROVED
    assert grants_of(cast.hanna, case) == {"view_case", "coordinate_case"}


def test_nothing_is_taken_back_without_a_reason_or_once_iom_has_taken_it_on(cast, opens, make_case):
    case = make_case(reached="approved")
    assertContains(opens(cast.lars).post(at(case, "recall/"), {"note": ""}), 'aria-invalid="true"')
    take_on(cast, case)
    response = opens(cast.lars).post(at(case, "recall/"), {"note": "Too late."})
    assertContains(response, "Hanna was first: Case taken on by IOM Helsinki", status_code=409)
    assertContains(response, "Too late.", status_code=409)
    assert present(case).state == State.APPLICATION
    assert grants_of(cast.hanna, case) == {"view_case", "coordinate_case"}


# Declined by IOM on safety grounds

UNSAFE = {"reason_code": "no_safe_return", "text": "Nobody can receive safely.", "help_path": "Social services, Malmö."}


@pytest.mark.parametrize("state", ["approved", "application", "assessment"])
def test_iom_declines_on_safety_grounds_and_help_goes_on_in_sweden(state, cast, opens, make_case):
    case = make_case(reached=state)
    had_office = state != "approved"
    assert bool(grants_of(cast.ilir, case)) is had_office
    response = opens(cast.hanna).post(at(case, "decline-return/"), UNSAFE, follow=True)
    assertContains(response, "The decision has been sent together with support in Sweden.")
    case = present(case)
    assert case.state == State.DECLINED
    assert grants_of(cast.ilir, case) == set()
    assert told(case, "return_declined") == [cast.lars.email, cast.sara.email]
    assert told(case, "office_released") == ([cast.ilir.email] if had_office else [])
    assertContains(opens(cast.sara).get(at(case, "decision/")), "Nobody can receive safely.")


@pytest.mark.parametrize(("who", "status"), [("sara", 403), ("lars", 403), ("ilir", 403), ("otto", 404)])
def test_only_iom_helsinki_declines_on_safety_grounds(who, status, cast, opens, make_case):
    case = make_case(reached="assessment")
    assert opens(getattr(cast, who)).post(at(case, "decline-return/"), UNSAFE).status_code == status
    assert present(case).state == State.ASSESSMENT


@pytest.mark.parametrize("missing", ["reason_code", "text", "help_path"])
def test_no_safety_refusal_without_reason_words_and_help_in_sweden(missing, cast, opens, make_case):
    case = make_case(reached="approved")
    response = opens(cast.hanna).post(at(case, "decline-return/"), {**UNSAFE, missing: ""})
    assertContains(response, 'aria-invalid="true"')
    assert present(case).state == State.APPROVED


# Reopening


def reopening(**changes):
    return {
        "note": "She wishes to go after all.",
        "consent_given_on": clock.today().isoformat(),
        "consent_language": "sq",
        "confirmed": "on",
        **changes,
    }


@pytest.mark.parametrize("state", ["declined", "withdrawn"])
def test_a_case_begins_again_in_a_new_round_with_a_new_consent(state, cast, opens, make_case):
    case = make_case(reached=state)
    response = opens(cast.lars).post(at(case, "reopen/"), reopening(), follow=True)
    assertContains(response, "Reopened. The case awaits a decision again.")
    case = present(case)
    assert (case.state, case.round, case.reopened_by, case.decider) == (State.REFERRED, 2, cast.lars, None)
    assert ReferralConsent.objects.of(case).count() == 1
    assert Referral.objects.of(case).get().background == "Outreach met the person in October."
    assert told(case, "reopened") == [cast.sara.email]
    assert CaseEvent.objects.filter(case=case).count() >= 3
    assert case.ball_due > clock.now()
    assert opens(cast.lars).post(at(case, "approve/"), approval(case)).status_code == 409
    opens(cast.lena).post(at(case, "approve/"), approval(case))
    assert present(case).state == State.APPROVED


def test_reopening_ends_what_iom_and_the_local_office_had(cast, opens, make_case):
    case = make_case(reached="assessment")
    Dependant.begin(case, by=cast.sara, relation="child", details={"age": "7"}).save()
    opens(cast.hanna).post(at(case, "decline-return/"), UNSAFE)
    assert opens(cast.hanna).get(at(case, "decision/")).status_code == 200
    opens(cast.lars).post(at(case, "reopen/"), reopening())
    case = present(case)
    assert (grants_of(cast.hanna, case), grants_of(cast.ilir, case)) == (set(), set())
    assert grants_of(cast.sara, case) == {"view_case", "refer_case"}
    assert (case.local_office, case.coordinator, case.shares_health, case.shared_with_iom) == (None, None, False, [])
    assert Dependant.objects.of(case).get().details == {"age": "7"}
    assert opens(cast.hanna).get(at(case, "decision/")).status_code == 404


@pytest.mark.parametrize("missing", ["note", "consent_given_on", "consent_language", "confirmed"])
def test_no_reopening_without_reason_and_a_new_consent(missing, cast, opens, make_case):
    case = make_case(reached="withdrawn")
    posted = {name: value for name, value in reopening().items() if name != missing}
    assertContains(opens(cast.lars).post(at(case, "reopen/"), posted), 'aria-invalid="true"')
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    response = opens(cast.lars).post(at(case, "reopen/"), reopening(consent_given_on=tomorrow))
    assertContains(response, "The consent cannot lie in the future.")
    assert (present(case).state, present(case).round) == (State.WITHDRAWN, 1)


def test_what_has_been_destroyed_is_not_reopened(cast, opens, make_case):
    case = make_case(reached="withdrawn")
    case.key.wrapped = b""
    case.key.save()
    response = opens(cast.lars).post(at(case, "reopen/"), reopening())
    assertContains(response, "The contents of this case have been destroyed.", status_code=409)
    assert present(case).state == State.WITHDRAWN


@pytest.mark.parametrize(("who", "status"), [("sara", 403), ("hanna", 404), ("otto", 404)])
def test_only_lansstyrelsen_reopens(who, status, cast, opens, make_case):
    case = make_case(reached="withdrawn")
    assert opens(getattr(cast, who)).post(at(case, "reopen/"), reopening()).status_code == status
    assert present(case).state == State.WITHDRAWN


# A new ceiling, and reading decisions

CEILING = {"ceiling_sek": "55000", "diary_number": "851-1299-2026", "text": "A child travels along."}


def test_a_new_ceiling_is_a_decision_of_its_own_with_a_letter(cast, opens, make_case):
    case = make_case(reached="application")
    before = papers(case).count(("decision_letter", "sv"))
    response = opens(cast.lars).post(at(case, "new-ceiling/"), CEILING)
    assertRedirects(response, at(case, "decision/"))
    assert (Decision.in_force(case).ceiling_sek, present(case).state) == (55_000, State.APPLICATION)
    assert papers(case).count(("decision_letter", "sv")) == before + 1
    assert told(case, "new_ceiling") == [cast.hanna.email]
    event = CaseEvent.objects.filter(case=case).order_by("-created_at").first()
    assert (event.verb, event.section, event.was) == ("new_ceiling", "decision", event.became)
    page = opens(cast.hanna).get(at(case, "decision/"))
    assertContains(page, "A child travels along.")
    assertContains(page, "Ceiling 55,000\u00a0SEK, dnr 851-1299-2026.")


@pytest.mark.parametrize("state", ["referred", "more_info", "declined", "withdrawn"])
def test_there_is_no_ceiling_to_change_before_an_approval_or_after_the_end(state, cast, opens, make_case):
    case = make_case(reached=state)
    assert opens(cast.lars).post(at(case, "new-ceiling/"), CEILING).status_code == 409
    assert opens(cast.lars).get(at(case, "new-ceiling/")).status_code == 200
    assert not Decision.objects.filter(case=case, kind=Decision.Kind.NEW_CEILING).exists()


@pytest.mark.parametrize(("who", "status"), [("sara", 403), ("hanna", 403), ("ilir", 403), ("otto", 404)])
def test_only_lansstyrelsen_sets_a_ceiling(who, status, cast, opens, make_case):
    case = make_case(reached="assessment")
    assert opens(getattr(cast, who)).post(at(case, "new-ceiling/"), CEILING).status_code == status
    assert Decision.in_force(case).ceiling_sek == 40_000


@pytest.mark.parametrize(
    ("who", "status"), [("sara", 200), ("lars", 200), ("hanna", 200), ("ilir", 403), ("ioana", 404), ("otto", 404)]
)
def test_who_reads_decision_and_conditions(who, status, cast, opens, make_case):
    case = make_case(reached="assessment")
    assert opens(getattr(cast, who)).get(at(case, "decision/")).status_code == status


def test_iom_does_not_read_what_lansstyrelsen_asked_the_referrer(cast, opens, make_case):
    case = make_case(reached="more_info")
    with acting_as(cast.sara):
        asked = InformationRequest.objects.get(case=case)
        actions.answer_request(case, by=cast.sara, answers={asked: "Albanian, a woman."})
    opens(cast.lars).post(at(case, "approve/"), approval(present(case)))
    assertContains(opens(cast.sara).get(at(case, "decision/")), "Albanian, a woman.")
    assertNotContains(opens(cast.hanna).get(at(case, "decision/")), "Which interpreter?")
