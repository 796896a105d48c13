"""The time limit in a browser: warned in time, put off with one key, and what was typed outlives the sign-in."""

import pytest
from django.conf import settings as portal
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from playwright.sync_api import expect

from returns_portal.sessions import ACTED, BEGAN
from tests.browser.desks import BrowserDesk
from tests.builders import walk

WORDS = "Hon väntar vid hamnen."
MINUTE, HOUR = 60, 3600


@pytest.fixture
def page(town) -> str:
    """A page on which Sara writes."""
    return walk(town, "draft").get_absolute_url() + "referral/situation/"


@pytest.fixture
def sara(town, sit_down) -> BrowserDesk:
    """Sara at her browser, in which the time can be moved."""
    desk = sit_down(town.sara)
    desk.tab.clock.install()
    return desk


def session_of(desk: BrowserDesk) -> SessionStore:
    """The session that the browser holds."""
    cookies = {cookie["name"]: cookie["value"] for cookie in desk.context.cookies()}
    return SessionStore(cookies[portal.SESSION_COOKIE_NAME])


def let_pass(desk: BrowserDesk, seconds: int, *, clock: str = ACTED, tabs: tuple = ()) -> None:
    """Let time go by, for the server since the last sign of the person, and in the browser's tabs."""
    session = session_of(desk)
    session[clock] -= seconds
    session["noted_at"] = session[ACTED]  # nothing else writes the session meanwhile
    session.save()
    for tab in tabs or (desk.tab,):
        tab.clock.fast_forward(seconds * 1000)


def box(desk: BrowserDesk):
    """Where Sara writes."""
    return desk.tab.locator("main form[method=post] textarea").first


def sign_in_again(desk: BrowserDesk, user) -> None:
    """Sign in in a new tab, as it is after the form: the same browser has another session."""
    client = Client()
    client.force_login(user)
    desk.context.clear_cookies(name=portal.CSRF_COOKIE_NAME)  # a sign-in brings another
    value = client.cookies[portal.SESSION_COOKIE_NAME].value
    desk.context.add_cookies([{"name": portal.SESSION_COOKIE_NAME, "value": value, "url": desk.server}])


@pytest.mark.asvs("7.3.1")
def test_the_warning_comes_two_minutes_before_and_escape_puts_it_off(sara, page):
    sara.open(page)
    dialog = sara.tab.locator("#time-limit")
    let_pass(sara, 12 * MINUTE)
    expect(dialog).to_be_hidden()
    let_pass(sara, 70)
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("2 min")
    assert sara.tab.evaluate("document.activeElement.closest('#time-limit') !== null")
    assert sara.tab.evaluate("document.activeElement.localName") == "button"
    let_pass(sara, 60)
    expect(dialog).to_contain_text("1 min")
    with sara.tab.expect_response(lambda response: response.request.method == "POST"):
        sara.tab.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert session_of(sara)[ACTED] > session_of(sara)[BEGAN] - 5
    let_pass(sara, 5 * MINUTE)
    expect(dialog).to_be_hidden()


def test_the_button_puts_it_off_too(sara, page):
    sara.open(page)
    let_pass(sara, 13 * MINUTE + 20)
    with sara.tab.expect_response("**/account/session/"):
        sara.tab.locator("#time-limit button:visible").click()
    expect(sara.tab.locator("#time-limit")).to_be_hidden()


def test_who_writes_is_there(sara, page):
    """Typing for a long time on one page asks nothing else of the server."""
    sara.open(page)
    for _ in range(3):
        box(sara).press_sequentially("ord ")
        with sara.tab.expect_response(lambda response: response.request.method == "POST"):
            let_pass(sara, 6 * MINUTE)
    expect(sara.tab.locator("#time-limit")).to_be_hidden()


def test_tabs_know_of_each_other(sara, page):
    """Work in one tab keeps the other quiet; what the server says counts."""
    sara.open(page)
    other = sara.context.new_page()
    other.clock.install()
    other.goto(sara.server + "/cases/")
    let_pass(sara, 12 * MINUTE, tabs=(sara.tab, other))
    other.goto(sara.server + "/inbox/")
    let_pass(sara, 80, tabs=(sara.tab,))
    sara.tab.wait_for_timeout(300)
    expect(sara.tab.locator("#time-limit")).to_be_hidden()


@pytest.mark.asvs("7.3.1", "14.3.1")
def test_what_was_typed_outlives_the_sign_in(sara, page, town):
    sara.open(page)
    box(sara).fill(WORDS)
    dialog = sara.tab.locator("#time-limit")
    let_pass(sara, 13 * MINUTE + 20)
    expect(dialog).to_contain_text("2 min")
    let_pass(sara, 2 * MINUTE)
    expect(dialog.locator("[data-back]")).to_be_visible()
    # Nothing of the page can be read, not even by who looks into it; Escape does not bring it back.
    assert WORDS not in sara.tab.content()
    assert sara.tab.locator("main, header, textarea").count() == 0
    sara.tab.keyboard.press("Escape")
    sara.tab.wait_for_timeout(200)
    assert sara.tab.locator("main").count() == 0
    expect(dialog.locator("[data-back]")).to_be_visible()
    dialog.locator("[data-back]").click()
    sara.tab.wait_for_timeout(200)
    assert sara.tab.locator("main").count() == 0
    # The text lives in this tab alone: the browser keeps nothing.
    assert sara.tab.evaluate("localStorage.length + sessionStorage.length") == 0
    sign_in_again(sara, town.sara)
    dialog.locator("[data-back]").click()
    expect(box(sara)).to_have_value(WORDS)
    expect(dialog).to_be_hidden()
    # And it can be sent, though the form is older than the sign-in.
    with sara.tab.expect_navigation() as arrival:
        sara.tab.locator("main form[method=post] button.btn").last.click()
    assert arrival.value.status == 200
    assert "Forbidden" not in sara.tab.content()


def test_the_next_person_at_the_desk_sees_nothing_of_it(sara, page, town):
    sara.open(page)
    box(sara).fill(WORDS)
    let_pass(sara, 15 * MINUTE + 10)
    expect(sara.tab.locator("[data-back]")).to_be_visible()
    sign_in_again(sara, town.lars)
    with sara.tab.expect_navigation(url=sara.server + "/"):
        sara.tab.locator("[data-back]").click()
    assert WORDS not in sara.tab.content()


def test_a_page_without_a_form_goes_to_the_sign_in(sara):
    sara.open("/inbox/")
    with sara.tab.expect_navigation(url="**/account/login/?next=/inbox/"):
        let_pass(sara, 15 * MINUTE + 10)
    assert "loggade ut dig" in sara.tab.locator("main").inner_text() or "signed you out" in sara.tab.content()


@pytest.mark.asvs("7.3.2")
def test_the_eight_hours_are_announced_and_not_put_off(sara, page):
    sara.open(page)
    box(sara).fill(WORDS)
    let_pass(sara, 8 * HOUR - 110, clock=BEGAN)
    dialog = sara.tab.locator("#time-limit")
    expect(dialog.locator("[data-last]")).to_be_visible()
    sara.tab.keyboard.press("Escape")
    sara.tab.wait_for_timeout(500)
    expect(dialog).to_be_hidden()
    sara.tab.clock.fast_forward(20_000)
    sara.tab.wait_for_timeout(500)
    expect(dialog).to_be_hidden()
    let_pass(sara, 120, clock=BEGAN)
    expect(dialog.locator("[data-back]")).to_be_visible()
    assert WORDS not in sara.tab.content()


def test_without_a_line_the_tab_counts_by_itself(sara, page):
    sara.open(page)
    box(sara).fill(WORDS)
    sara.context.set_offline(True)
    sara.tab.clock.fast_forward((15 * MINUTE + 10) * 1000)
    expect(sara.tab.locator("[data-back]")).to_be_visible()
    assert WORDS not in sara.tab.content()
    sara.complaints.clear()  # the browser says that it has no line
    sara.context.set_offline(False)
    sara.tab.locator("[data-back]").click()
    expect(box(sara)).to_have_value(WORDS)


@pytest.mark.asvs("7.3.1")
def test_without_scripts_the_server_hands_back_what_comes_too_late(town, sit_down, page):
    sara = sit_down(town.sara, java_script_enabled=False)
    sara.open(page)
    box(sara).fill(WORDS)
    session = session_of(sara)
    session[ACTED] -= 15 * MINUTE
    session.save()
    with sara.tab.expect_navigation() as arrival:
        sara.tab.locator("main form[method=post] button.btn").last.click()
    assert arrival.value.status == 403
    assert sara.tab.locator("main textarea").input_value() == WORDS
    sign_in_again(sara, town.sara)
    # The page is older than the sign-in, so it says so once, with a form that is not.
    for status in (403, 200):
        assert sara.tab.locator("main textarea").first.input_value() == WORDS
        with sara.tab.expect_navigation() as arrival:
            sara.tab.locator("main form button.btn").first.click()
        assert arrival.value.status == status
