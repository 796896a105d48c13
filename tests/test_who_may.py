"""Who may do what: every page and every step, for every role, in every state. A new page without a promise fails."""

import re
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from cases.guards import blockers
from cases.models import Case, CaseEvent, Document, Thread
from cases.permissions import Section
from tests.promises import LEFT_TO_THE_REFERRER, MAY_TAKE, PAGES, SEES, WHO_SEES, Promise

ALL_STATES = tuple(WHO_SEES)
STRANGERS = {"ioana", "otto", "admin"}


def routes(resolver: URLResolver | None = None, prefix: str = "") -> dict[str, URLPattern]:
    """Every named route of ours, with its namespace."""
    found: dict[str, URLPattern] = {}
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            namespace = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            found |= routes(pattern, namespace)
        elif pattern.name and not prefix.startswith("admin:") and _is_ours(pattern):
            found[f"{prefix}{pattern.name}"] = pattern
    return found


def _is_ours(pattern: URLPattern) -> bool:
    return pattern.callback.__module__.split(".")[0] in {"returns_portal", "cases", "partners", "reintegration"}


def test_every_route_declares_who_may_reach_it():
    undeclared = sorted(name for name, pattern in routes().items() if not hasattr(pattern.callback, "reach"))
    assert undeclared == []


def test_every_page_of_a_case_has_a_promise():
    of_a_case = {
        name
        for name, pattern in routes().items()
        if name.split(":")[0] in {"cases", "reintegration"} and _has_code(pattern)
    }
    assert sorted(of_a_case - set(PAGES)) == []
    assert sorted(set(PAGES) - of_a_case) == []


def _has_code(pattern: URLPattern) -> bool:
    return "code" in pattern.pattern.converters


@pytest.fixture
def everyone(cast: SimpleNamespace, as_: Any) -> dict[str, Client]:
    """A signed-in browser for one of each relation, a neighbour office, a stranger and the administrator."""
    return {name: as_(getattr(cast, name)) for name in ("sara", "lars", "hanna", "ilir", "ioana", "otto", "admin")}


@pytest.fixture
def cases(make_case: Any) -> dict[str, Case]:
    """One case in every state, each walked there once."""
    return {state: make_case(reached=state) for state in ALL_STATES}


def expected(promise: Promise, name: str, state: str) -> set[int]:
    """What a GET of this page answers to this person for a case in this state."""
    if name not in WHO_SEES[state]:
        return {404}
    if promise.loose:
        return {200, 302, 403}
    relation = WHO_SEES[state][name]
    if promise.only and relation not in promise.only:
        return {403}
    if promise.step:
        may = name in MAY_TAKE[promise.step][1] and _holds(name, state)
    elif promise.section:
        level = SEES[promise.section][relation]
        if state == "closed" and relation == "referring" and promise.section not in LEFT_TO_THE_REFERRER:
            level = "s"
        reads_only = state == "closed" and relation == "referring"
        may = level == "w" and not reads_only if promise.writes else level in {"r", "w"}
    else:
        may = True
    return promise.answers if may else {403}


def _holds(name: str, state: str) -> bool:
    """The referrer keeps only `view_case` after closing; the informed office holds nothing to act by."""
    return not (state == "closed" and name in {"sara", "maja"}) and not (state == "application" and name == "ilir")


# What a page of a row is asked for: a row that does not exist answers 404, after the question of right.
NO_ROW = {"hours": 72, "purpose": "health_data"}


def address(name: str, pattern: URLPattern, case: Case) -> str:
    """The page's address for this case."""
    others = {parameter: NO_ROW.get(parameter, uuid4()) for parameter in pattern.pattern.converters}
    return reverse(name, kwargs={**others, "code": case.code})


def test_who_reads_which_page_in_which_state(cases, everyone):
    wrong = []
    for route, pattern in sorted(routes().items()):
        if route not in PAGES:
            continue
        promise = PAGES[route]
        for state, case in cases.items():
            url = address(route, pattern, case)
            for name, browser in everyone.items():
                if name in STRANGERS and state != "travel":
                    continue  # strange to a case in one state is strange to it in all
                with transaction.atomic():
                    response = browser.post(url, {}) if promise.post_only else browser.get(url)
                    transaction.set_rollback(True)
                want = expected(promise, name, state)
                if want not in ({403}, {404}):
                    want = want | ({404} if promise.needs_row or len(pattern.pattern.converters) > 1 else set())
                    want = want | ({409} if promise.post_only else set())
                if response.status_code not in want:
                    wrong.append(f"{route} {state} {name}: {response.status_code}, not {sorted(want)}")
    assert not wrong, "\n".join(wrong)


def test_a_strangers_page_is_the_page_of_a_case_that_does_not_exist(cases, everyone):
    wrong = []
    for route, pattern in sorted(routes().items()):
        if route not in PAGES:
            continue
        url = address(route, pattern, cases["travel"])
        nowhere = url.replace(cases["travel"].code_shown, "ZZZZ-ZZZZ")
        answers = [everyone["otto"].get(address) for address in (url, nowhere)]
        foreign, nothing = [(answer.status_code, _without_token(answer.content)) for answer in answers]
        if foreign != nothing:
            wrong.append(route)
    assert not wrong, "\n".join(wrong)


def _without_token(content: bytes) -> bytes:
    """Without what differs from one answer to the next: token, way back, seconds that are left."""
    return re.sub(rb'(name="csrfmiddlewaretoken" value|name="next" value|data-seconds)="[^"]*"', b"", content)


@pytest.mark.asvs("2.3.1")
def test_every_step_for_every_role_in_every_state(cases, everyone, cast):
    wrong = []
    for step, (sources, takers) in MAY_TAKE.items():
        for state, case in cases.items():
            url = f"{case.get_absolute_url()}{step.replace('_', '-')}/"
            before = _everything_of(case)
            for name, browser in everyone.items():
                with transaction.atomic():
                    response = browser.post(url, {})
                    after = _everything_of(case)
                    transaction.set_rollback(True)
                want = _answer_to_a_post(step, state, name, sources, takers, case, cast)
                if response.status_code not in want:
                    wrong.append(f"{step} {state} {name}: {response.status_code}, not {sorted(want)}")
                if response.status_code in {403, 404, 409} and after != before:
                    wrong.append(f"{step} {state} {name}: refused, and yet something changed")
    assert not wrong, "\n".join(wrong)


def _answer_to_a_post(
    step: str, state: str, name: str, sources: set[str], takers: set[str], case: Case, cast: SimpleNamespace
) -> set[int]:
    if name not in WHO_SEES[state]:
        return {404}
    if name not in takers or not _holds(name, state):
        return {403}
    if state not in sources:
        return {409}
    if blockers(Case.objects.get(pk=case.pk), step, by=getattr(cast, name)):
        return {409}
    return {200, 302}


def _everything_of(case: Case) -> tuple[Any, ...]:
    fresh = Case.objects.get(pk=case.pk)
    return (
        fresh.state,
        fresh.round,
        CaseEvent.objects.filter(case=case).count(),
        Document.objects.filter(case=case).count(),
        Thread.objects.filter(case=case).count(),
        sorted(fresh.group_grants.values_list("group", "permission", "valid_until")),
    )


def test_the_promises_name_every_section():
    assert set(SEES) == set(Section.values)
