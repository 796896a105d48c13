"""No state without a way out: what can go another way than the main road, walked through the door."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, time, timedelta

import pytest

from cases.models import CaseEvent
from returns_portal import clock
from returns_portal.models import OutboxItem
from tests.doors import Desk
from tests.story import ONE_DAY, Story

LOST = {name: "done" for name in ("other_ways", "trusted_person", "risks", "authorities")} | {"visit": "not_possible"}


@pytest.fixture
def wait_until() -> Iterator[Callable[[datetime], None]]:
    """Let time go on to a moment; it comes back when the test is over."""
    with ExitStack() as days:
        yield lambda moment: days.enter_context(clock.moved_to(moment))


@pytest.fixture
def story_of(cast, as_, settings, make_case, wait_until) -> Callable[[str], Story]:
    """A case that has come to a state, and the four at their desks, on the day when it stood there."""
    settings.LANGUAGE_CODE = "en-gb"

    def begin(reached: str) -> Story:
        story = Story(cast, lambda user: Desk(as_(user)), wait_until)
        case = make_case(reached=reached)
        story.code = case.code_shown
        if case.arrived_on:
            wait_until(datetime.combine(case.arrived_on, time(20), tzinfo=clock.STOCKHOLM))
        return story

    return begin


@pytest.fixture
def ends(mailoutbox, deliver):
    """Check how a case has ended: its state, who still sees it, and that those were told whom it concerns."""

    def check(story: Story, state: str, *, sees: str, told: str) -> None:
        assert story.case.state == state
        desks = {"sara": story.sara, "lars": story.lars, "hanna": story.hanna, "ilir": story.ilir}
        for name, desk in desks.items():
            desk.open(story.at("case"), status=200 if name in sees.split() else 404)
        _drop_papers()
        deliver()
        mailed = {address.partition("@")[0] for mail in mailoutbox for address in mail.to}
        assert set(told.split()) <= mailed
        assert not any(word in mail.body for mail in mailoutbox for word in ("Mira", "Albania", "Tirana"))

    return check


def _drop_papers() -> None:
    OutboxItem.objects.filter(kind="paper").delete()  # drawn in the papers' own tests


def test_lost_contact(story_of, ends):
    story = story_of("follow_up")
    first = story.contacts()[0]
    story.hanna.open(story.at("end-early"))
    story.hanna.send(expect=200, takes=False, reason="lost_contact", text="Nobody answers.")
    assert "attempts to reach the person" in story.hanna.page.text
    story.ilir.open(story.at("lost-contact"))
    assert "blockers" in story.ilir.page.said
    story.on_the_day(first)
    for hour in (9, 13, 18):
        story.attempt(first, hour)
    story.does(story.ilir, "lost-contact", **LOST, do="complete")
    story.does(story.hanna, "end-early", reason="lost_contact", text="Nobody answers.")
    ends(story, "closed", sees="sara lars hanna", told="sara lars ilir")


def test_death(story_of, ends):
    story = story_of("follow_up")
    story.does(story.hanna, "end-early", reason="died", text="The family has told the office.")
    ends(story, "closed", sees="sara lars hanna", told="sara lars ilir")


def test_missing_after_the_departure_wants_the_police_told(story_of, ends):
    story = story_of("follow_up")
    story.hanna.open(story.at("end-early"))
    story.hanna.send(takes=False, reason="missing", text="Not at the address.")
    assert "Tell the police first" in story.hanna.page.text
    story.hanna.send(reason="missing", text="Not at the address.", police_told=True)
    ends(story, "closed", sees="sara lars hanna", told="sara lars ilir")


def test_an_office_that_says_no_is_changed(story_of, cast, as_):
    story = story_of("assessment")
    ioana = Desk(as_(cast.ioana))
    story.presses(story.ilir, "confirm-reception", on="answers", can_receive="no", note="No room until spring.")
    story.hanna.open(story.at("clear-for-travel"))
    assert "blockers" in story.hanna.page.said
    ioana.open(story.at("case"), status=404)
    story.does(story.hanna, "change-office", local_office=str(cast.ioana.organisation_id), note="Tirana has no room.")
    story.ilir.open(story.at("case"), status=404)
    ioana.open(story.at("case"))
    ioana.open(story.at("answers"))
    ioana.send(to=story.at("confirm-reception"), can_receive="yes", from_on=clock.today().isoformat())
    assert story.case.local_office == cast.ioana.organisation


def test_an_approval_by_mistake_is_taken_back_or_ended(story_of, ends):
    story = story_of("approved")
    story.does(story.lars, "recall", note="The wrong case was approved.")
    story.hanna.open(story.at("case"), status=404)
    assert story.case.state == "referred"
    taken_on = story_of("application")
    taken_on.does(taken_on.hanna, "end-early", reason="approved_by_mistake", text="The wrong case was approved.")
    ends(taken_on, "closed", sees="sara lars hanna", told="sara lars ilir")


@pytest.mark.parametrize("who", ["sara", "lars", "hanna", "ilir"])
def test_a_change_of_mind_before_boarding_is_one_act_without_a_reason(who, story_of, ends):
    story = story_of("travel")
    story.does(getattr(story, who), "withdraw")
    others = {"sara", "lars", "hanna", "ilir"} - {who}
    ends(story, "withdrawn", sees="sara lars hanna", told=" ".join(others))


def test_a_no_show_opens_the_journey_again(story_of):
    story = story_of("travel")
    story.prepare_journey()
    story.last_days_before()
    story.depart()
    story.does(story.hanna, "report-no-show", reason="did_not_come", text="Nobody at the gate.")
    assert story.case.state == "travel"
    story.hanna.open(story.at("journey"))
    assert "blockers" in story.hanna.page.said
    story.ilir.open(story.at("case"))
    story.does(story.hanna, "back-to-assessment", reason="wish", text="Wants to wait for a letter.")
    assert story.case.state == "assessment"


@pytest.mark.parametrize("state", ["approved", "application", "assessment", "travel"])
def test_iom_declines_on_safety_grounds(state, story_of, ends):
    story = story_of(state)
    story.does(
        story.hanna,
        "decline-return",
        reason_code="no_safe_return",
        text="Those who threaten the person live next door.",
        help_path="Social services in Malmö go on with the support.",
    )
    told = "sara lars" if state == "approved" else "sara lars ilir"
    ends(story, "declined", sees="sara lars hanna", told=told)


def test_a_case_taken_back_is_reopened_with_a_new_consent(story_of, cast):
    story = story_of("withdrawn")
    story.hanna.open(story.at("case"), status=404)
    story.does(
        story.lars,
        "reopen",
        note="The person wishes to try again.",
        consent_given_on=clock.today().isoformat(),
        consent_language="sq",
        confirmed=True,
    )
    case = story.case
    assert (case.state, case.round) == ("referred", 2)
    assert CaseEvent.objects.filter(case=case, round=1).exists()
    # Who has reopened it does not approve it: a colleague does.
    story.lars.open(story.at("approve"))
    assert "blockers" in story.lars.page.said


def test_a_question_is_asked_answered_and_the_case_goes_on(story_of, cast):
    story = story_of("referred")
    story.does(
        story.lars,
        "ask-for-more",
        question="Which kind of interpreter?",
        due_on=(clock.today() + timedelta(days=7)).isoformat(),
    )
    assert story.case.state == "more_info"
    story.sara.open(story.at("answer"))
    story.sara.send(**{name: "A woman, please." for name in story.sara.names() if name.startswith("answer")})
    assert story.case.state == "referred"


def test_lars_declines_a_referral(story_of, ends):
    story = story_of("referred")
    story.does(
        story.lars,
        "decline",
        reason_code="better_elsewhere",
        text="Another programme covers the journey.",
        help_path="Social services help with it.",
    )
    ends(story, "declined", sees="sara lars", told="sara")


def test_a_draft_is_thrown_away_without_a_trace(story_of):
    story = story_of("draft")
    address = story.at("case")
    story.does(story.sara, "discard")
    story.sara.open(address, status=404)
    assert not CaseEvent.objects.exists()


def test_a_pause_stops_the_road_and_ends(story_of, cast):
    story = story_of("approved")
    until = (clock.today() + 14 * ONE_DAY).isoformat()
    story.does(story.hanna, "hold", reason="investigation", owner=str(cast.hanna.pk), until=until)
    story.hanna.open(story.at("start-application"))
    assert "blockers" in story.hanna.page.said
    story.does(story.hanna, "hold", do="resume", responsible=str(cast.hanna.pk))
    story.take_on()
    assert story.case.state == "application"
