"""By keyboard alone: lists, the skip link, the error summary, one press that counts once, a step's page."""

import pytest

from cases.models import Case, CaseEvent
from tests.browser.conftest import PHONE
from tests.browser.desks import BrowserDesk
from tests.builders import walk


@pytest.fixture(scope="module")
def cases(town) -> dict[str, Case]:
    """A draft and two referred cases."""
    return {"draft": walk(town, "draft"), "first": walk(town, "referred"), "second": walk(town, "referred")}


@pytest.fixture
def lars(town, cases, sit_down) -> BrowserDesk:
    """Lars at his browser."""
    return sit_down(town.lars)


@pytest.fixture
def sara(town, cases, sit_down) -> BrowserDesk:
    """Sara at hers."""
    return sit_down(town.sara)


def focused(desk: BrowserDesk, what: str = "e => e.outerHTML") -> str:
    """What has the focus."""
    return str(desk.tab.evaluate(f"({what})(document.activeElement)"))


def press(desk: BrowserDesk, *keys: str) -> None:
    """Press keys one after the other."""
    for key in keys:
        desk.tab.keyboard.press(key)


def test_j_and_k_move_in_the_queue(lars):
    lars.open("/cases/queue/")
    links = lars.tab.locator("[data-keys] tbody th a")
    assert links.count() == 2
    links.nth(0).focus()
    press(lars, "j")
    assert focused(lars, "e => e.href") == links.nth(1).evaluate("e => e.href")
    press(lars, "k", "k")
    assert focused(lars, "e => e.href") == links.nth(0).evaluate("e => e.href")
    press(lars, "Enter")
    lars.tab.wait_for_url("**/cases/*-*/**")


def test_the_search_box_has_a_key(lars):
    lars.open("/cases/")
    press(lars, "Control+k")
    assert focused(lars, "e => e.id") == "q"


def test_the_skip_link_comes_first_and_leads_to_the_content(sara):
    sara.open("/")
    press(sara, "Tab")
    assert focused(sara, "e => e.className") == "skip"
    assert sara.tab.locator(".skip").evaluate("e => e.getBoundingClientRect().top >= 0")
    press(sara, "Enter")
    assert focused(sara, "e => e.id") == "main"


def test_errors_are_said_first_and_lead_to_their_field(lars, cases):
    lars.open(f"{cases['first'].get_absolute_url()}decline/")
    lars.tab.locator("main form:not([action]) button.btn").last.click()
    lars.tab.locator(".summary").wait_for()
    assert "summary" in focused(lars, "e => e.className")
    press(lars, "Tab", "Enter")
    assert focused(lars, "e => e.name") == "reason_code"
    assert lars.tab.locator("[name=reason_code]").get_attribute("aria-invalid") == "true"
    assert Case.objects.get(pk=cases["first"].pk).state == "referred"


def test_two_presses_send_one_referral(sara, cases):
    address = f"{cases['draft'].get_absolute_url()}submit-referral/"
    sara.open(address)
    sent: list[str] = []
    sara.tab.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    sara.tab.locator("main form:not([action]) button.btn").last.dblclick(no_wait_after=True)
    sara.tab.wait_for_url(f"**{cases['draft'].get_absolute_url()}")
    assert len(sent) == 1
    assert CaseEvent.objects.filter(case=cases["draft"], verb="submit_referral").count() == 1


@pytest.mark.parametrize("viewport", [None, PHONE], ids=["wide", "phone"])
def test_tab_walks_a_step_s_page_from_top_to_bottom_and_focus_is_seen(viewport, town, cases, sit_down):
    lars = sit_down(town.lars, **({"viewport": viewport} if viewport else {}))
    lars.open(f"{cases['second'].get_absolute_url()}decline/")
    lars.tab.locator("h1").evaluate("e => { e.tabIndex = -1; e.focus() }")
    stops = []
    for _ in range(5):
        press(lars, "Tab")
        stops.append(focused(lars, "e => e.name || e.type || e.getAttribute('href')"))
        outline = focused(lars, "e => getComputedStyle(e).outlineStyle + getComputedStyle(e).boxShadow")
        assert outline != "nonenone"
        assert focused(
            lars, "e => { const r = e.getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight }"
        )
    assert stops == ["reason_code", "text", "help_path", "submit", f"{cases['second'].get_absolute_url()}decide/"]
    press(lars, "Escape")
    assert Case.objects.get(pk=cases["second"].pk).state == "referred"
