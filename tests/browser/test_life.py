"""The whole life of a case in a browser, in Swedish: files go up, papers come down, the local office has a phone."""

import pytest
from django.utils import translation

from cases.models import Document
from cases.states import State
from returns_portal.models import OutboxItem
from tests.browser.conftest import PHONE
from tests.browser.desks import BrowserDesk, no_sideways_scroll
from tests.story import Story


@pytest.fixture
def story(town, sit_down, wait_until) -> Story:
    """Four people at their browsers; Ilir has a phone."""

    def desk(user) -> BrowserDesk:
        if user == town.ilir:
            return sit_down(user, viewport=PHONE, has_touch=True, is_mobile=True)
        return sit_down(user)

    return Story(town, desk, wait_until)


def state(desk: BrowserDesk, story: Story) -> str:
    """The state that the case page shows to this person."""
    desk.open(story.at("case"))
    return desk.said("state")


@pytest.fixture
def deliver(deliver):
    """Papers are drawn in Swedish only: `tests/test_life_of_a_case.py` draws them all."""

    def run() -> int:
        OutboxItem.objects.filter(kind="paper", done_at=None).exclude(data__language="sv").delete()
        return deliver()

    return run


def swedish(state: State) -> str:
    """A state's label in Swedish."""
    with translation.override("sv"):
        return str(state.label)


def test_a_case_from_draft_to_closed(story, town, sit_down, deliver):
    sara, lars, hanna, ilir = story.sara, story.lars, story.hanna, story.ilir
    otto = sit_down(town.otto)

    sara.open("/")
    assert sara.tab.locator("html").get_attribute("lang") == "sv"
    story.until("referred")
    assert state(lars, story) == swedish(State.REFERRED)
    assert lars.tab.get_by_test_id("ball").is_visible()
    assert lars.tab.get_by_test_id("steps").is_visible()
    otto.open(story.at("case"), status=404)

    story.approve()
    story.take_on()
    ilir.open("/")
    assert no_sideways_scroll(ilir.tab)
    story.receive_application()
    deliver()
    signed = Document.objects.get(kind=Document.Kind.SIGNED_APPLICATION)
    hanna.open(story.at("documents"))
    assert hanna.download(story.at("document", signed.pk)).startswith(b"%PDF")
    form = Document.objects.get(paper="application_form", language="sv")
    assert hanna.download(story.at("document", form.pk)).startswith(b"%PDF-1.7")

    story.assess()
    story.clear()
    story.prepare_journey()
    assert state(ilir, story) == swedish(State.TRAVEL)
    assert no_sideways_scroll(ilir.tab)
    story.last_days_before()
    story.depart()
    story.arrive()
    deliver()

    contacts = story.contacts()
    story.hold(contacts[0], own_words="Faleminderit.", own_words_language="sq", own_words_may_go=True)
    assert no_sideways_scroll(ilir.tab)
    for contact in contacts[1:]:
        story.hold(contact)
    deliver()
    for report in story.drafts():
        if report.kind == "month_1":
            story.release(report)
    OutboxItem.objects.filter(kind="mail", done_at=None).delete()
    deliver()
    letter = Document.objects.get(paper="feedback_report", language="sv")
    sara.open(story.at("report", letter.row_id))
    assert sara.download(story.at("document", letter.pk)).startswith(b"%PDF")

    story.after_the_programme()
    story.release_last()
    story.close()
    assert state(sara, story) == swedish(State.CLOSED)
    ilir.open(story.at("case"), status=404)
    for page in ("case", "history", "plan", "follow-up"):
        otto.open(story.at(page), status=404)


def test_signing_in_with_address_and_password(town, sit_down):
    desk = sit_down()
    desk.open("/")
    assert desk.address == "/account/login/"
    desk.tab.locator("main input[name=login]").fill("sara@demo.example")
    desk.tab.locator("main input[name=password]").fill("demo")
    desk.tab.locator("main button.btn").first.click()
    desk.tab.wait_for_url("**/")
    assert town.sara.name in desk.tab.locator("header").inner_text()
