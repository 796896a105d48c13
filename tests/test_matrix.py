"""Two walls round every case: every page, by every person, in every relation, with both walls and with each alone.

Every sealed field holds a marker of its own. No marker of a foreign case is in any answer, and none of one's own case
in an answer to somebody whose sections do not hold it.
"""

import statistics
import time
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases import permissions as may
from cases.models import Case, CaseGroupObjectPermission, Document, Message, Thread
from cases.models.case_queryset import CaseQuerySet
from reintegration.models import ArrivalAlarm, Contact, Delivery, FeedbackReport, Leg, Need, PlanItem, Risk
from returns_portal import actor, clock
from returns_portal.models import Look
from tests.markers import Marks, body_of
from tests.promises import PAGES, SEES
from tests.statements import counted
from tests.test_who_may import NO_ROW, routes

INSIDERS = {"sara": "referring", "lars": "approving", "hanna": "coordinating", "ilir": "supporting"}
MANAGERS = {"maja": "sara", "lena": "lars", "henrik": "hanna"}
STRANGERS = ("otto", "ioana", "nadia", "admin")
# What became of everybody's grants on a case that was theirs; "nothing" is an address of no case.
SHUT = ("expired", "ended", "restricted")
OTHER_METHODS = ("head", "put", "patch", "delete", "options")
# Pages of a row want one that is there, or they would have nothing to show.
ROW = {
    "need": Need,
    "item": PlanItem,
    "risk": Risk,
    "leg": Leg,
    "alarm": ArrivalAlarm,
    "delivery": Delivery,
    "contact": Contact,
    "attempt": Contact,
    "report": FeedbackReport,
    "words": FeedbackReport,
    "gap": Need,
}
LISTS = ("/", "/cases/", "/cases/queue/", "/cases/board/", "/inbox/", "/organisation/", "/admin/")


# Pages that ask who it is before they look whether there is such a case: the same for every code.
ASK_FIRST = {name for name, pattern in routes().items() if getattr(pattern.callback, "steps_up", False)}
REFUSALS = {True: {302, 404, 405}, False: {404, 405}}


class World(NamedTuple):
    """One case that is open to its people, some that are shut to them, and every browser."""

    open: Case
    shut: dict[str, Case]
    browsers: dict[str, Any]
    marks: Marks


@pytest.fixture
def world(make_case: Any, cast: SimpleNamespace, as_: Any, deliver: Any) -> World:
    """Four cases in follow-up, a marker in every sealed field."""
    marks = Marks()
    shut = {name: make_case(reached="follow_up") for name in SHUT}
    connection.cursor().execute("DELETE FROM returns_portal_outboxitem")
    open_case = make_case(reached="follow_up")
    deliver()
    for case in (open_case, *shut.values()):
        marks.in_every_sealed_field(case)
    moment = clock.now()
    changes: dict[str, dict[str, Any]] = {
        "expired": {"valid_until": moment - timedelta(seconds=1)},
        "ended": {"valid_until": moment - timedelta(days=5), "reason": "closed"},
        "restricted": {"by_name_only": True},
    }
    for name, case in shut.items():
        CaseGroupObjectPermission.objects.filter(content_object=case).update(**changes[name])
    people = [*INSIDERS, *MANAGERS, *STRANGERS]
    return World(open_case, shut, {name: as_(getattr(cast, name)) for name in people}, marks)


@pytest.fixture(params=["both walls", "the first wall alone", "the second wall alone"])
def walls(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The walls that stand in this run."""
    if request.param == "the first wall alone":
        everything = actor.new_token
        monkeypatch.setattr(actor, "new_token", lambda _actor, **_: everything("system:tests"))
    elif request.param == "the second wall alone":
        monkeypatch.setattr(CaseQuerySet, "visible_to", lambda cases, _user: cases.all())
        full = may.Access(frozenset(may.GRANTS), may.Relation.COORDINATING, False, frozenset(may.Section), False)
        monkeypatch.setattr(Case, "_access_with", lambda *_: full)
    return str(request.param)


def pages(case: Case | None) -> dict[str, str]:
    """The address of every page of the case, with rows of the case where a page is of a row."""
    found = {}
    for name, pattern in routes().items():
        if name in PAGES:
            wanted = set(pattern.pattern.converters) - {"code"}
            code = case.code if case else "ZZZZZZZZ"
            found[name] = reverse(name, kwargs={"code": code} | {one: _row(name, one, case) for one in wanted})
    return found


def _row(page: str, parameter: str, case: Case | None) -> Any:
    if parameter in NO_ROW:
        return NO_ROW[parameter]
    if parameter in {"document_id", "thread_id", "message_id"}:
        model: Any = {"document_id": Document, "thread_id": Thread, "message_id": Message}[parameter]
    else:
        model = next((ROW[word] for word in page.partition(":")[2].split("-") if word in ROW), None)
    row = model._base_manager.filter(case=case).first() if model and case else None
    return row.pk if row else uuid4()


def ask(browser: Any, method: str, url: str) -> Any:
    """The answer; what the request wrote is taken back afterwards, but for the lines of the trail it left."""
    with transaction.atomic():
        before = Look.objects.count()
        answer = getattr(browser, method)(url)
        answer.body = body_of(answer)
        answer.looks = list(
            Look.objects.order_by("-pk").values_list("action", "case_id")[: Look.objects.count() - before]
        )
        transaction.set_rollback(True)
    return answer


@pytest.mark.asvs("8.2.1", "8.2.2", "8.4.1")
def test_a_case_that_is_shut_is_a_case_that_is_not_there(world: World, walls: str) -> None:
    wrong = []
    for relation, case in world.shut.items():
        for name in (*INSIDERS, "otto"):
            for page, url in pages(case).items():
                for method in ("get", "post"):
                    answer = ask(world.browsers[name], method, url)
                    where = f"{walls}: {method} {page} {relation} {name}"
                    if answer.status_code not in REFUSALS[page in ASK_FIRST]:
                        wrong.append(f"{where}: {answer.status_code}")
                    if page not in ASK_FIRST and case.code.encode() in answer.body or world.marks.found_in(answer.body):
                        wrong.append(f"{where}: says something of the case")
                    if answer.status_code == 404 and ("refused", None) not in answer.looks:
                        wrong.append(f"{where}: the refusal left no line: {answer.looks}")
    assert not wrong, "\n".join(wrong[:40])


def says(body: bytes, code: str) -> bool:
    """Whether an answer holds the code of a case, as it is written or as it is shown."""
    return code.encode() in body or f"{code[:4]}-{code[4:]}".encode() in body


def test_lists_and_searches_hold_nothing_foreign(world: World, walls: str) -> None:
    wrong = []
    foreign = {case.code for case in world.shut.values()}
    for name, browser in world.browsers.items():
        shut_to = foreign | ({world.open.code} if name in STRANGERS else set())
        for url in LISTS:
            answer = ask(browser, "get", url)
            shown = {code for code in shut_to if says(answer.body, code)}
            if shown or world.marks.found_in(answer.body):
                wrong.append(f"{walls}: {url} {name}: {shown}")
        for code in sorted(shut_to):
            page = browser.post("/cases/", {"q": code})
            if page.status_code == 200 and page.context["rows"]:
                wrong.append(f"{walls}: search for {code} by {name}")
    assert not wrong, "\n".join(wrong[:40])


@pytest.mark.asvs("8.2.3")
def test_an_answer_holds_only_what_the_sections_of_its_reader_hold(world: World) -> None:
    wrong = []
    for name, browser in world.browsers.items():
        relation = INSIDERS.get(MANAGERS.get(name, name))
        for page, url in pages(world.open).items():
            for method in ("get", "post") if name in {*INSIDERS, "otto"} else ("get",):
                answer = ask(browser, method, url)
                for code, mark in world.marks.found_in(answer.body):
                    reads = relation is not None and SEES.get(mark.section, {}).get(relation) in {"r", "w"}
                    if code != world.open.code or not reads:
                        wrong.append(f"{method} {page} {name} ({relation}): {mark}")
                if relation is None and answer.status_code not in REFUSALS[page in ASK_FIRST]:
                    wrong.append(f"{method} {page} {name}: {answer.status_code}")
                shows = answer.status_code in {200, 403, 409} and relation is not None
                if shows and world.open.pk not in {case_id for _action, case_id in answer.looks}:
                    wrong.append(f"{method} {page} {name}: {answer.status_code} left no line in the trail")
    assert not wrong, "\n".join(wrong[:60])


def test_no_other_method_says_more(world: World) -> None:
    wrong = []
    for case, name in ((world.open, "otto"), (world.shut["ended"], "sara")):
        for page, url in pages(case).items():
            for method in OTHER_METHODS:
                answer = ask(world.browsers[name], method, url)
                if answer.status_code not in REFUSALS[page in ASK_FIRST] or world.marks.found_in(answer.body):
                    wrong.append(f"{method} {page} {name}: {answer.status_code}")
    assert not wrong, "\n".join(wrong[:40])


def test_papers_hold_only_what_the_sections_of_their_reader_hold(world: World) -> None:
    wrong, opened = [], 0
    for name, relation in INSIDERS.items():
        for document in Document.objects.filter(case=world.open):
            url = reverse("cases:document", args=[world.open.code, document.pk])
            answer = ask(world.browsers[name], "get", url)
            opened += answer.status_code == 200
            if answer.status_code == 200 and SEES[document.section][relation] not in {"r", "w"}:
                wrong.append(f"{name} opened {document.kind} {document.paper} of {document.section}")
    assert opened > 20
    assert not wrong, "\n".join(wrong)


def test_no_mail_says_anything(world: World, mailoutbox: list[Any]) -> None:
    assert len(mailoutbox) > 5
    for mail in mailoutbox:
        assert not world.marks.found_in(mail.message().as_bytes())


def test_foreign_and_nothing_cost_the_same_statements(world: World) -> None:
    wrong = []
    for page, url in pages(world.open).items():
        shapes = []
        for address in (url, pages(None)[page]):
            with CaptureQueriesContext(connection) as captured:
                answer = world.browsers["otto"].get(address)
            shapes.append((answer.status_code, len(counted(captured))))
        if shapes[0] != shapes[1]:
            wrong.append(f"{page}: {shapes}")
    assert not wrong, "\n".join(wrong)


def test_foreign_and_nothing_take_the_same_time(world: World) -> None:
    """Medians of 200, asked in turn; a busy machine gets a second and a third try."""
    foreign, nothing = reverse("cases:case", args=[world.open.code]), reverse("cases:case", args=["ZZZZZZZZ"])
    for _attempt in range(3):
        taken: dict[str, list[float]] = {foreign: [], nothing: []}
        for _turn in range(200):
            for url, times in taken.items():
                begun = time.perf_counter()
                world.browsers["otto"].get(url)
                times.append(time.perf_counter() - begun)
        medians = [statistics.median(times) for times in taken.values()]
        if abs(medians[0] - medians[1]) <= 0.1 * min(medians):
            return
    pytest.fail(f"foreign {medians[0] * 1000:.2f} ms, nothing {medians[1] * 1000:.2f} ms")
