"""Handing work over in a real browser: by keyboard alone, on a phone, and without a page that axe finds fault with."""

from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from cases import actions
from cases.models import Case
from partners.models import User
from reintegration.demo import assessment
from returns_portal.actor import acting_as
from tests.browser.conftest import PHONE
from tests.browser.desks import no_sideways_scroll
from tests.browser.test_axe import look
from tests.builders import walk
from tests.cases.test_access import person

ENGLISH = {"locale": "en-GB"}


@pytest.fixture(scope="module")
def cases(town: SimpleNamespace) -> dict[str, Case]:
    """Work of Sara's and Hanna's, one case closed to all but named people; Nils and Helmi are there to help."""
    person(town, "Nils", town.sara)
    person(town, "Helmi", town.hanna)
    made = {state: walk(town, state) for state in ("draft", "referred", "more_info", "assessment", "travel")}
    assessment.begin(town, made["assessment"])
    made["circle"] = walk(town, "referred")
    with acting_as(town.maja):
        actions.close_circle(made["circle"], by=town.maja, keep=[town.sara])
    return made


def leaving(user: User) -> str:
    """The page before an account is closed."""
    return f"/organisation/colleagues/{user.pk}/leaving/"


def test_the_pages_are_without_fault(town, cases, sit_down):
    maja, henrik = sit_down(town.maja, **ENGLISH), sit_down(town.henrik, **ENGLISH)
    assert look(maja, "/organisation/work/?tick=all") == []
    assert look(maja, leaving(town.sara)) == []
    assert look(henrik, leaving(town.hanna)) == []


def test_cases_are_ticked_and_given_by_keyboard_on_a_phone(town, cases, sit_down):
    desk = sit_down(town.maja, viewport=PHONE, **ENGLISH)
    desk.open("/organisation/work/")
    first = desk.tab.locator("main input[name='row']").first
    first.focus()
    desk.tab.keyboard.press("Space")
    expect(first).to_be_checked()
    desk.tab.locator("main select[name='to']").focus()
    desk.tab.keyboard.type("Nils")
    desk.tab.keyboard.press("Tab")
    desk.tab.keyboard.press("Enter")
    expect(desk.tab.get_by_test_id("outcomes")).to_contain_text("Now Nils.")
    assert no_sideways_scroll(desk.tab)


def test_a_leaver_s_work_is_handed_over_on_a_phone(town, cases, sit_down):
    desk = sit_down(town.henrik, viewport=PHONE, **ENGLISH)
    desk.open(leaving(town.hanna))
    desk.tab.get_by_label("Give everything to").select_option(label="Helmi")
    desk.tab.get_by_role("button", name="Fill in the list").click()
    desk.tab.get_by_role("button", name="Hand over").click()
    expect(desk.tab.get_by_test_id("outcomes")).to_contain_text("Now Helmi.")
    assert no_sideways_scroll(desk.tab)
    desk.tab.get_by_role("link", name="Go on to closing the account").click()
    expect(desk.tab.get_by_test_id("remains")).to_contain_text("Everything is handed over")
