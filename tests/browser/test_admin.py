"""The administration's pages of our own before axe, on a desktop and a telephone."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.utils import timezone

from cases.models import ClockRule
from returns_portal import clock, heartbeat
from returns_portal.models import OutboxItem
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.desks import BrowserDesk, no_sideways_scroll
from tests.builders import walk

# Without its preloading, for which axe writes styles into the page that our content policy refuses.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"], "preload": False}


@pytest.fixture(scope="module")
def office(town: SimpleNamespace, sit_down_once: Any) -> BrowserDesk:
    """The administrator, a case that waits for its decision, a clock that has stopped, and mails that were given up."""
    with clock.moved_to(clock.now() - timedelta(days=30)):
        walk(town, "referred")
    for name in heartbeat.CLOCK:
        heartbeat.beat(name, timezone.now() - timedelta(minutes=30))
    for number in range(3):
        OutboxItem.objects.create(
            kind="mail",
            key=f"failed:{number}",
            attempts=100,
            failed_at=clock.now(),
            last_error="SMTPServerDisconnected",
        )
        OutboxItem.objects.create(kind="mail", key=f"late:{number}", attempts=50, last_error="SMTPServerDisconnected")
    desk: BrowserDesk = sit_down_once(town.admin)
    return desk


def faults(desk: BrowserDesk) -> list[str]:
    """What axe finds in the content of the page, and whether it scrolls sideways."""
    found = []
    desk.tab.evaluate(AXE_SCRIPT)
    for name, size in (("1280", DESKTOP), ("390", PHONE)):
        desk.tab.set_viewport_size(size)
        violations = desk.tab.evaluate(
            "rules => axe.run('#content', {...rules, resultTypes: ['violations']}).then(r => r.violations)", RULES
        )
        found += [f"{name}: {v['id']}: {node['html'][:200]}" for v in violations for node in v["nodes"][:3]]
        found += [] if no_sideways_scroll(desk.tab) else [f"{name}: scrolls sideways"]
    desk.tab.set_viewport_size(DESKTOP)
    return found


def test_the_first_page(office: BrowserDesk) -> None:
    office.open("/admin/")
    assert faults(office) == []


def test_the_jobs_page_and_its_question(office: BrowserDesk) -> None:
    office.open("/admin/jobs/")
    assert faults(office) == []
    with office.tab.expect_navigation():
        office.tab.locator("button[name=all]").click()
    assert faults(office) == []


def test_a_rule_and_what_would_go_out(office: BrowserDesk) -> None:
    office.open(f"/admin/cases/clockrule/{ClockRule.objects.get(code='decision').pk}/change/")
    assert faults(office) == []
    with office.tab.expect_navigation():
        office.tab.locator("input[name=_dry_run]").click()
    assert office.tab.locator("#run tbody tr").count() == 2
    assert faults(office) == []


def test_a_rule_with_errors(office: BrowserDesk) -> None:
    office.open(f"/admin/cases/clockrule/{ClockRule.objects.get(code='decision').pk}/change/")
    office.tab.locator("[name=amount]").fill("0")
    office.tab.locator("[name=escalations_2_after]").fill("3")
    with office.tab.expect_navigation():
        office.tab.locator("input[name=_save]").click()
    assert office.tab.locator(".errorlist").count() == 2
    assert faults(office) == []
