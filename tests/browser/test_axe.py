"""Every page before axe: on a desktop and a telephone, light and dark, and without scrolling sideways at 320 pixels.

The pages come from the list of promises of `tests.promises`, so that a new page is looked at without being asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.test import Client
from django.urls import NoReverseMatch, resolve, reverse

from cases import actions
from cases.actions import rights, special_access
from cases.models import Case
from partners.models import User
from reintegration.demo import assessment, travel
from returns_portal import clock, outbox
from returns_portal.actor import acting_as
from returns_portal.models import OutboxItem
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.desks import BrowserDesk, no_sideways_scroll
from tests.builders import walk
from tests.cast import proved
from tests.doors import Desk, Page
from tests.promises import MAY_TAKE, PAGES, SEES, WHO_SEES, Promise

NARROW = {"width": 320, "height": 700}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
STATES = tuple(WHO_SEES)
FOUR = ("sara", "lars", "hanna", "ilir")
# The one who acts for each relation.
ACTS = {"referring": "sara", "approving": "lars", "coordinating": "hanna", "informed": "ilir", "supporting": "ilir"}
# Pages that several read, each with a face of its own.
FACES = {
    "reintegration:needs": ("hanna", "ilir"),
    "reintegration:plan": ("hanna", "ilir"),
    "reintegration:journey": ("hanna", "ilir"),
    "reintegration:feedback": ("sara", "lars", "hanna", "ilir"),
}
# Files, and addresses that only take a press though their promise does not say so.
NOT_PAGES = {
    "cases:document",
    "cases:extract-file",
    "reintegration:answer-alarm",
    "reintegration:answer-need",
    "reintegration:answer-plan",
    "reintegration:confirm-reception",
    "reintegration:delete-item",
    "reintegration:delete-need",
    "reintegration:delete-risk",
    "reintegration:let-words-go",
    "reintegration:open-pack",
    "reintegration:ready",
    "reintegration:remove-leg",
    "reintegration:retract-report",
    "reintegration:take-back-gap",
}
# When and by whom a chapter is written; the others in the last state in which their section is open.
WRITTEN_IN = {
    "application": "application",
    "identity": "draft",
    "referral": "draft",
    "criminal": "referred",
    "needs": "assessment",
    "plan": "assessment",
    "risks": "assessment",
    "journey": "travel",
    "arrival": "follow_up",
    "feedback": "follow_up",
}
WRITTEN_BY = {"identity": "sara", "referral": "sara", "criminal": "sara", "arrival": "ilir"}
# Where rows are linked from.
OVERVIEWS = (
    "needs",
    "plan",
    "risks",
    "journey",
    "arrival",
    "follow-up",
    "feedback",
    "application",
    "needs/answers",
    "documents",
    "access",
    "rights",
)
# Cases besides those in each state: closed to all but named people, and restricted at the person's request.
CIRCLE, RESTRICTED = "circle", "restricted"
# What the rules below do not find.
OWN = {
    "cases:withdraw-consent": ("hanna", "assessment"),
    "cases:reassign": ("henrik", "follow_up"),
    "cases:nudge": ("sara", "referred"),
    "cases:original": ("henrik", "follow_up"),
    "cases:close-circle": ("maja", "referred"),
    "cases:open-circle": ("maja", CIRCLE),
    "cases:name-person": ("maja", CIRCLE),
    "cases:end-person": ("maja", CIRCLE),
    "cases:rights": ("maja", RESTRICTED),
    "cases:restrict": ("maja", "referred"),
    "cases:lift-restriction": ("maja", RESTRICTED),
    "cases:make-extract": ("maja", "referred"),
    "cases:extract": ("maja", RESTRICTED),
    "cases:add-request": ("maja", "referred"),
    "cases:answer-rights-request": ("maja", RESTRICTED),
    "cases:hold": ("hanna", "travel"),
    "cases:new-ceiling": ("lars", "travel"),
    "cases:kinds": ("ilir", "application"),
    "reintegration:confirm-arrival": ("ilir", "in_transit"),
    "reintegration:not-met": ("ilir", "in_transit"),
    "reintegration:answer-booking": ("ilir", "travel"),
    "reintegration:hand-over": ("ilir", "travel"),
    "reintegration:answers": ("ilir", "assessment"),
}


@dataclass(frozen=True)
class Sight:
    """One page as one person sees it, of a case in one state."""

    route: str
    who: str
    state: str

    def __str__(self) -> str:
        return f"{self.route.partition(':')[2]}-{self.who}-{self.state}"


def sights() -> list[Sight]:
    """The case page in every state for everybody; each other page for whom it belongs to, when it is used."""
    found = [Sight("cases:case", name, state) for state in STATES for name in WHO_SEES[state] if name in FOUR]
    found.append(Sight("cases:hold", "lars", "more_info"))
    for route, promise in PAGES.items():
        if promise.post_only or route in NOT_PAGES or route == "cases:case":
            continue
        if route in FACES:
            found += [Sight(route, name, "follow_up") for name in FACES[route]]
        else:
            found.append(_used(route, promise))
    return found


def _used(route: str, promise: Promise) -> Sight:
    """The page before the one who acts on it."""
    if route in OWN:
        return Sight(route, *OWN[route])
    if promise.step:
        state = next(state for state in STATES if state in MAY_TAKE[promise.step][0])
        return Sight(route, next(name for name in FOUR if name in MAY_TAKE[promise.step][1]), state)
    if promise.writes:
        who = "ilir" if promise.only == {"supporting"} else WRITTEN_BY.get(promise.section, "hanna")
        return Sight(route, who, WRITTEN_IN[promise.section])
    relations = promise.only or {name for name, cell in SEES[promise.section or "status"].items() if cell in {"r", "w"}}
    relation = next(name for name in ("coordinating", "supporting", "approving", "referring") if name in relations)
    return Sight(route, ACTS[relation], "follow_up")


SIGHTS = sights()
# Pages of no case: address and who sees it.
ELSEWHERE = [
    *(("/", name) for name in ("sara", "maja", "lars", "hanna", "ilir")),
    *(("/cases/", name) for name in ("sara", "lars", "hanna", "ilir")),
    ("/cases/queue/", "lars"),
    ("/cases/board/", "hanna"),
    ("/cases/new/", "sara"),
    ("/inbox/", "hanna"),
    ("/inbox/settings/", "hanna"),
    ("/inbox/calendar/", "hanna"),
    ("/inbox/calendar/end/", "hanna"),
    ("/inbox/undelivered/", "hanna"),
    ("/organisation/", "maja"),
    ("/organisation/", "sara"),
    ("/organisation/invite/", "maja"),
    ("/organisation/work/", "maja"),
    ("/organisation/work/", "henrik"),
    ("/organisation/alerts/", "maja"),
    ("/cases/search/", "sara"),
    ("/cases/break-glass/", "maja"),
    ("/cases/break-glass/review/", "lena"),
    ("/archive/", "maja"),
    ("/breaches/", "lena"),
    ("/breaches/new/", "lena"),
    ("/breaches/seen/", "lena"),
    ("/month/", ""),
    ("/account/settings/", "sara"),
    ("/account/password/change/", "sara"),
    ("/account/2fa/", "sara"),
    ("/account/sessions/", "sara"),
    ("/account/logout/", "sara"),
    ("/accessibility/", "sara"),
    ("/accessibility/", ""),
    ("/account/login/", ""),
    ("/account/password/reset/", ""),
    ("/cases/ZZZZ-ZZZZ/", "otto"),
]


@pytest.fixture(scope="module")
def cases(town: SimpleNamespace) -> dict[str, Case]:
    """One case in every state, with rows on every page."""
    made = {state: walk(town, state) for state in STATES}
    assessment.begin(town, made["assessment"])
    travel.prepare_journey(town, made["travel"])
    with acting_as(town.lars):
        until = clock.today() + timedelta(days=14)
        actions.hold_case(made["more_info"], by=town.lars, reason="medical", owner=town.lars, until=until)
    with acting_as(town.maja):
        made[CIRCLE], made[RESTRICTED] = walk(town, "referred"), walk(town, "referred")
        special_access.close_circle(made[CIRCLE], by=town.maja, keep=[town.sara])
        rights.record_request(
            made[RESTRICTED], by=town.maja, kind="correction", asked_on=clock.today(), text="The age is wrong."
        )
        rights.ask_for_extract(made[RESTRICTED], by=town.maja, left_out={}, language="en-gb")
        rights.restrict(made[RESTRICTED], by=town.maja, ground="accuracy", reason="The age is in doubt.")
    OutboxItem.objects.exclude(kind__in=["report", "extract"]).delete()
    outbox.deliver(limit=200)
    _ask_and_deliver(town, made["follow_up"])
    return made


def _ask_and_deliver(town: SimpleNamespace, case: Case) -> None:
    """Hanna asks a question, and Ilir gives what the plan promises: their pages have rows now."""
    hanna, ilir = Desk(_signed_in(town.hanna)), Desk(_signed_in(town.ilir))
    questions = reverse("cases:questions", args=[case.code_shown])
    hanna.open(questions)
    hanna.send(questions, of=str(town.ilir.organisation_id), subject="The room", text="Is it free from Monday?")
    ilir.open(reverse("reintegration:add-delivery", args=[case.code_shown]))
    today = clock.today().isoformat()
    ilir.send(what="Bedding", amount="300", currency="SEK", delivered_on=today)


def _signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    proved(client, user)
    return client


@pytest.fixture(scope="module")
def seen(town: SimpleNamespace) -> dict[str, Page]:
    """Pages that were read to find their links."""
    return {}


@pytest.fixture(scope="module")
def desks(sit_down_once: Any, town: SimpleNamespace) -> Callable[[str], BrowserDesk]:
    """A browser for each person, opened when first needed."""
    opened: dict[str, BrowserDesk] = {}

    def desk(name: str) -> BrowserDesk:
        if name not in opened:
            opened[name] = sit_down_once(getattr(town, name) if name else None, viewport=DESKTOP)
        return opened[name]

    return desk


def address_of(sight: Sight, town: SimpleNamespace, case: Case, seen: dict[str, Page]) -> str:
    """The page's address; where it is of a row, a link to it from a page of the case."""
    try:
        return reverse(sight.route, args=[case.code_shown])
    except NoReverseMatch:
        return _linked(sight, town, case, seen)


def _linked(sight: Sight, town: SimpleNamespace, case: Case, seen: dict[str, Page]) -> str:
    """A link to the page from a page of the case, or from a page that one of these links to."""

    def links(address: str) -> list[str]:
        key = f"{sight.who} {address}"
        if key not in seen:
            seen[key] = Page(_signed_in(getattr(town, sight.who)).get(address).content.decode())
        return sorted(link for link in seen[key].links if link.startswith(case.get_absolute_url()))

    near = [link for name in OVERVIEWS for link in links(f"{case.get_absolute_url()}{name}/")]
    further = [link for row in near if "row" in resolve(row).kwargs for link in links(row)]
    for link in near + further:
        if resolve(link).view_name == sight.route:
            return link
    raise AssertionError(f"No page links to {sight}.")


def look(desk: BrowserDesk, address: str, *, status: int = 200) -> list[str]:
    """What axe and the ruler find on a page."""
    desk.complaints.clear()
    desk.tab.set_viewport_size(DESKTOP)
    desk.open(address, status=status)
    desk.tab.evaluate(AXE_SCRIPT)
    found = _axe(desk, RULES, "1280")
    desk.tab.set_viewport_size(PHONE)
    found += _axe(desk, RULES, "390")
    found += [] if no_sideways_scroll(desk.tab) else ["390: scrolls sideways"]
    desk.tab.emulate_media(color_scheme="dark")
    found += _axe(desk, CONTRAST, "390 dark")
    desk.tab.emulate_media(color_scheme="light")
    desk.tab.set_viewport_size(NARROW)
    found += [] if no_sideways_scroll(desk.tab) else [f"320: scrolls sideways: {_widest(desk)}"]
    return found + desk.complaints


def _axe(desk: BrowserDesk, rules: dict[str, Any], where: str) -> list[str]:
    violations = desk.tab.evaluate(
        "rules => axe.run(document, {...rules, resultTypes: ['violations']}).then(r => r.violations)", rules
    )
    return [f"{where}: {v['id']}: {node['html'][:200]}" for v in violations for node in v["nodes"][:3]]


def _widest(desk: BrowserDesk) -> str:
    return str(
        desk.tab.evaluate(
            "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)"
            ".map(e => e.outerHTML.slice(0, 120)).slice(0, 3)"
        )
    )


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
def test_a_page_of_a_case(sight: Sight, town, cases, seen, desks):
    address = address_of(sight, town, cases[sight.state], seen)
    assert look(desks(sight.who), address) == []


@pytest.mark.parametrize(("address", "who"), ELSEWHERE)
def test_a_page_of_no_case(address: str, who: str, cases, desks):
    assert look(desks(who), address, status=404 if "ZZZZ" in address else 200) == []


def test_a_form_with_errors(cases, desks):
    lars = desks("lars")
    lars.open(f"{cases['referred'].get_absolute_url()}decline/")
    lars.tab.locator("main form:not([action]) button.btn").last.click()
    lars.tab.locator(".summary").wait_for()
    lars.tab.evaluate(AXE_SCRIPT)
    assert _axe(lars, RULES, "errors") == []


def test_what_is_broken_is_found(desks):
    sara = desks("sara")
    sara.open("/accessibility/")
    sara.tab.locator("main").evaluate(
        'e => { e.innerHTML = \'<img src="/static/img/favicon.svg"><i id="wide">wide</i>\' }'
    )
    sara.tab.locator("#wide").evaluate("e => { e.style.cssText = 'display: block; width: 2000px; color: #eee' }")
    sara.tab.evaluate(AXE_SCRIPT)
    found = " ".join(_axe(sara, RULES, "1280"))
    assert "image-alt" in found
    assert "color-contrast" in found
    assert not no_sideways_scroll(sara.tab)
