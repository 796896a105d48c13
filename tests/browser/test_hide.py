"""Hide now: one press and the page is gone, in every tab; nothing comes back by the browser's back button."""

import time

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Browser, expect

from tests.browser.conftest import ARGS, CHROMIUM, PHONE, Browsers
from tests.browser.desks import BrowserDesk
from tests.builders import walk


@pytest.fixture
def case(town):
    """A case of the office in Tirana."""
    return walk(town, "follow_up")


@pytest.fixture(scope="module")
def remembering(chromium: Browser) -> Browser:
    """A Chromium that keeps pages for the back button, as people's own browsers do."""
    browser = chromium.browser_type.launch(
        executable_path=CHROMIUM, args=list(ARGS), ignore_default_args=["--disable-back-forward-cache"]
    )
    yield browser
    browser.close()


@pytest.fixture
def sit_down_remembering(remembering, server, town):
    """Browsers for one test, with a memory."""
    browsers = Browsers(remembering, server)
    yield browsers
    complaints = browsers.complaints()
    browsers.close()
    assert complaints == []


def is_hidden(desk: BrowserDesk, case) -> None:
    """Whether the tab stands on the page that means nothing, and the server knows nobody here any more."""
    desk.tab.wait_for_url("**/month/")
    assert desk.tab.title() in ("Kalender", "Calendar")
    assert case.code_shown not in desk.tab.content()
    deadline = time.monotonic() + 5
    while Session.objects.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Session.objects.exists()
    assert [cookie["name"] for cookie in desk.context.cookies() if cookie["name"] == "sessionid"] == []


def back_shows_nothing(desk: BrowserDesk, case) -> None:
    """Go back as far as the history goes: the portal's pages ask for a sign-in."""
    for _ in range(4):
        desk.tab.go_back()
        desk.tab.wait_for_load_state()
        desk.tab.wait_for_timeout(200)
        text = desk.tab.locator("body").inner_text() if desk.tab.url.startswith("http") else ""
        assert case.code_shown not in text, desk.tab.url
        assert desk.tab.locator(".step").count() == 0


@pytest.mark.asvs("14.3.1", "14.3.2", "7.4.1")
@pytest.mark.parametrize("how", ["button", "escape"])
def test_one_press_and_it_is_gone(how, town, case, sit_down_remembering):
    ilir = sit_down_remembering(town.ilir, viewport=PHONE)
    ilir.open("/cases/")
    ilir.open(case.get_absolute_url())
    assert case.code_shown in ilir.tab.content()
    begun = time.monotonic()
    if how == "button":
        ilir.tab.locator("#hide button").click(no_wait_after=True)
    else:
        ilir.tab.keyboard.press("Escape")
        ilir.tab.keyboard.press("Escape")
    ilir.tab.wait_for_function("!document.querySelector('#main')")
    assert time.monotonic() - begun < 1
    is_hidden(ilir, case)
    back_shows_nothing(ilir, case)


def test_escape_twice_hides_where_no_button_is_shown(town, case, sit_down):
    hanna = sit_down(town.hanna)
    hanna.open(case.get_absolute_url())
    expect(hanna.tab.locator("#hide")).to_be_hidden()
    hanna.tab.keyboard.press("Escape")
    hanna.tab.wait_for_timeout(1200)
    hanna.tab.keyboard.press("Escape")
    hanna.tab.wait_for_timeout(200)
    assert hanna.address == case.get_absolute_url()
    hanna.tab.keyboard.press("Escape")
    is_hidden(hanna, case)


def test_all_tabs_hide_together(town, case, sit_down):
    ilir = sit_down(town.ilir)
    ilir.open(case.get_absolute_url())
    other = ilir.context.new_page()
    other.goto(ilir.server + "/cases/")
    ilir.tab.locator("#hide button").click(no_wait_after=True)
    other.wait_for_url("**/month/")
    is_hidden(ilir, case)


def test_hiding_with_half_a_form_asks_nothing(town, sit_down):
    draft = walk(town, "draft")
    sara = sit_down(town.sara)
    sara.open(draft.get_absolute_url() + "referral/situation/")
    sara.tab.locator("main form[method=post] textarea").first.fill("Hon väntar vid hamnen.")
    sara.tab.keyboard.press("Escape")
    sara.tab.keyboard.press("Escape")
    is_hidden(sara, draft)


@pytest.mark.asvs("14.3.1")
@pytest.mark.parametrize("how", ["button", "escape"])
def test_what_was_sent_too_late_is_hidden_as_well(how, town, sit_down):
    """Nobody is signed in, but what was typed stands open."""
    draft = walk(town, "draft")
    sara = sit_down(town.sara)
    sara.open(draft.get_absolute_url() + "referral/situation/")
    sara.tab.locator("main form[method=post] textarea").first.fill("Hon väntar vid hamnen.")
    Session.objects.all().delete()
    with sara.tab.expect_navigation():
        sara.tab.locator("main form[method=post] button.btn").last.click()
    assert "Hon väntar vid hamnen." in sara.tab.content()
    if how == "button":
        sara.tab.locator("#hide button").click(no_wait_after=True)
    else:
        sara.tab.keyboard.press("Escape")
        sara.tab.keyboard.press("Escape")
    is_hidden(sara, draft)
    sit_down.forget()  # the browser says aloud that the page came with 403


@pytest.mark.asvs("14.3.1", "14.3.2", "7.4.1")
def test_after_signing_out_back_shows_nothing(town, case, sit_down_remembering):
    ilir = sit_down_remembering(town.ilir)
    ilir.open("/cases/")
    ilir.open(case.get_absolute_url())
    with ilir.tab.expect_navigation(url="**/account/login/**"):
        ilir.tab.locator("form[action='/account/logout/'] button").click()
    back_shows_nothing(ilir, case)


def test_a_tab_left_open_is_closed_when_one_comes_back_to_it(town, case, sit_down):
    """Signed out elsewhere: the tab asks as soon as it is looked at."""
    ilir = sit_down(town.ilir)
    ilir.open(case.get_absolute_url())
    Session.objects.all().delete()
    with ilir.tab.expect_navigation(url="**/account/login/**"):
        ilir.tab.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


@pytest.mark.asvs("14.3.1")
def test_without_scripts_it_is_a_button_that_signs_out(town, case, sit_down):
    ilir = sit_down(town.ilir, java_script_enabled=False)
    ilir.open(case.get_absolute_url())
    with ilir.tab.expect_navigation():
        ilir.tab.locator("#hide button").click()
    is_hidden(ilir, case)
    back_shows_nothing(ilir, case)


@pytest.mark.parametrize("size", [{"width": 320, "height": 640}, PHONE, {"width": 1280, "height": 900}])
def test_the_button_has_room(town, case, sit_down, size):
    ilir = sit_down(town.ilir, viewport=size)
    ilir.open(case.get_absolute_url())
    button = ilir.tab.locator("#hide button").bounding_box()
    assert button["height"] >= 44
    assert button["x"] >= 0
    assert button["x"] + button["width"] <= size["width"]
    assert ilir.tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_broken_policy_is_reported_and_fails_the_test(town, sit_down):
    """The alarm itself: what the policy refuses is written by the browser, and arrives at the server."""
    sara = sit_down(town.sara)
    sara.open("/inbox/")
    with sara.tab.expect_response("**/csp-report/") as report:
        sara.tab.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: '1'}))")
    assert report.value.status == 204
    complaints = sit_down.complaints()
    assert any("Content Security Policy" in complaint for complaint in complaints)
    assert any(complaint.startswith("Content policy: script-src") for complaint in complaints)
    sit_down.forget()
