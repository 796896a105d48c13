"""One case from draft to closed, through the door only: what four people do and are told, what a stranger sees."""

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime

import pytest

from cases.actions import read_document
from cases.models import CaseEvent, Document
from cases.words import EVENT_WORDS
from returns_portal import clock
from returns_portal.models import OutboxItem
from tests.doors import Desk
from tests.story import Story

SECRETS = ("Mira", "Rexhepi", "Alban", "trafficking", "människohandel", "Blue door", "Tirana")


@pytest.fixture
def wait_until() -> Iterator[Callable[[datetime], None]]:
    """Let time go on to a moment; it comes back when the test is over."""
    with ExitStack() as days:
        yield lambda moment: days.enter_context(clock.moved_to(moment))


@pytest.fixture
def visited() -> list[str]:
    """Every page of the case that somebody has been at."""
    return []


@pytest.fixture
def story(cast, as_, settings, wait_until, visited) -> Story:
    """The four at their desks, all reading English."""
    settings.LANGUAGE_CODE = "en-gb"
    return Story(cast, lambda user: Desk(as_(user)), wait_until, visited.append)


@pytest.fixture
def otto(cast, as_) -> Desk:
    """A stranger: he works elsewhere."""
    return Desk(as_(cast.otto))


def says(desk: Desk, story: Story) -> tuple[str, str]:
    """What the case page says to this person: the state, and whose turn it is."""
    desk.open(story.at("case"))
    return desk.page.said["state"], desk.page.said["ball"]


def told(mailoutbox) -> set[str]:
    """Who has got mail since the last look; no mail says anything about the person."""
    people = {name for mail in mailoutbox for name in mail.to}
    for mail in mailoutbox:
        words = f"{mail.subject}\n{mail.body}"
        assert not [secret for secret in SECRETS if secret.lower() in words.lower()]
        assert not re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}", mail.subject)
    mailoutbox.clear()
    return {address.partition("@")[0] for address in people}


def papers(story: Story, name: str) -> dict[str, Document]:
    """A paper in its languages: real PDFs, each what its fingerprint says."""
    found = {row.language: row for row in Document.objects.filter(case__code=story.case.code, paper=name)}
    for row in found.values():
        content = read_document(row)
        assert content.startswith(b"%PDF")
        assert hashlib.sha256(content).hexdigest() == row.sha256
    return found


def test_one_case_from_draft_to_closed(story, otto, deliver, mailoutbox, visited):
    sara, lars, hanna, ilir = story.sara, story.lars, story.hanna, story.ilir

    # Sara writes a referral. Nobody else sees it, and nothing has happened yet.
    story.begin()
    story.write_referral()
    assert says(sara, story)[0] == "Draft"
    for stranger in (lars, hanna, ilir, otto):
        stranger.open(story.at("case"), status=404)
    assert not CaseEvent.objects.exists()

    # She sends it: Länsstyrelsen is told, and she gets a receipt.
    story.refer()
    state, ball = says(sara, story)
    assert state == "Awaiting decision"
    assert story.case.approving.short_name in ball
    deliver()
    assert told(mailoutbox) == {"lars", "lena"}
    assert set(papers(story, "referral_receipt")) == {"sv", "en-gb"}

    # Lars finds it in his queue and approves; IOM Helsinki is told.
    lars.open("/cases/queue/")
    assert story.code in lars.page.text
    assert story.at("decide") in _links(lars, story)
    hanna.open(story.at("case"), status=404)
    story.approve()
    deliver()
    assert {"sara", "hanna", "henrik"} <= told(mailoutbox)
    assert set(papers(story, "decision_letter")) == set(papers(story, "iom_notification")) == {"sv", "en-gb"}
    assert says(hanna, story)[0] == "Approved"

    # Hanna takes the case on. Ilir answers about kinds of support, and knows nothing of the person.
    hanna.open("/cases/board/")
    assert story.code in hanna.page.text
    assert story.at("start-application") in _links(hanna, story)
    ilir.open(story.at("case"), status=404)
    story.take_on()
    deliver()
    assert "ilir" in told(mailoutbox)
    ilir.open(story.at("application"), status=403)
    ilir.open(story.at("identity"), status=403)

    # The person is informed, decides, and signs. From now on Tirana sees whom it will meet.
    story.receive_application()
    deliver()
    assert set(papers(story, "application_form")) == {"sv", "en-gb"}
    told(mailoutbox)
    assert says(ilir, story)[0] == "Needs, plan and risks"
    sara.open(story.at("application"), status=403)

    # Needs, plan and risks; until they are done the page says what is missing.
    hanna.open(story.at("clear-for-travel"))
    assert "blockers" in hanna.page.said
    hanna.send(expect=409)
    story.assess()
    hanna.open(story.at("clear-for-travel"))
    assert "blockers" not in hanna.page.said
    story.clear()
    deliver()
    assert "ilir" in told(mailoutbox)
    assert set(papers(story, "reintegration_plan")) == {"sv", "en-gb"}
    assert says(sara, story)[0] == "Preparing the journey"

    # The journey is booked, the pack handed over, the wish asked again.
    story.prepare_journey()
    deliver()
    told(mailoutbox)
    assert set(papers(story, "hand_over_pack")) == set(papers(story, "journey_card")) == {"sv", "en-gb"}
    story.last_days_before()
    story.depart()
    assert says(hanna, story)[0] == "Travelling"
    assert "IOM Tirana" in says(hanna, story)[1]

    # Ilir meets the person at home.
    story.arrive()
    deliver()
    assert {"sara", "hanna"} <= told(mailoutbox)
    assert says(ilir, story)[0] == "Reintegration and follow-up"

    # Every contact on its day; what the person says goes to Sweden only when Hanna has released it.
    for contact in story.contacts():
        story.hold(contact, own_words="Faleminderit.", own_words_language="sq", own_words_may_go=True)
        deliver()
    drafts = story.drafts()
    assert {"approved", "application_received", "departed", "met", "month_1", "month_2", "month_3"} <= {
        report.kind for report in drafts
    }
    sara.open(story.at("report", drafts[0].pk), status=404)
    for report in drafts:
        if report.kind != "closed":
            story.release(report)
    deliver()
    assert "sara" in told(mailoutbox)
    assert len(papers(story, "feedback_report")) == 2
    sara.open(story.at("feedback"))
    month = next(report for report in drafts if report.kind == "month_1")
    sara.open(story.at("report", month.pk))
    assert "Faleminderit." in sara.page.text
    letter = Document.objects.get(paper="feedback_report", row_id=month.pk, language="en-gb")
    assert sara.browser.get(story.at("document", letter.pk)).content.startswith(b"%PDF")

    # The programme is over: Hanna closes, Tirana's access ends.
    story.after_the_programme()
    story.release_last()
    story.close()
    deliver()
    assert {"sara", "lars", "ilir"} <= told(mailoutbox)
    assert set(papers(story, "closure_report")) == {"sv", "en-gb"}
    assert says(sara, story)[0] == "Closed"
    ilir.open(story.at("case"), status=404)

    # The history tells the road, and hides nothing of it.
    steps = [event for event in CaseEvent.objects.filter(case=story.case).order_by("created_at") if event.is_step]
    assert [event.verb for event in steps] == [
        "submit_referral",
        "approve",
        "start_application",
        "receive_application",
        "clear_for_travel",
        "confirm_departure",
        "confirm_arrival",
        "close",
    ]
    told_there = _history(hanna, story)
    assert [event.verb for event in steps if str(EVENT_WORDS[event.verb]) not in told_there] == []

    # Otto has seen none of it; and the worker has left nothing undone.
    for address in dict.fromkeys(visited):
        otto.open(address, status=404)
    assert not OutboxItem.objects.filter(done_at=None).exclude(due_at__gt=clock.now()).exists()
    assert not OutboxItem.objects.exclude(failed_at=None).exists()


def _history(desk: Desk, story: Story) -> str:
    """All that the pages of the history say."""
    desk.open(story.at("history"))
    words = desk.page.text
    while desk.page.next:
        desk.open(story.at("history") + desk.page.next)
        words += desk.page.text
    return words


def _links(desk: Desk, story: Story) -> set[str]:
    """Where the case page leads this person."""
    desk.open(story.at("case"))
    return desk.page.links
