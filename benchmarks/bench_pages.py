"""Statements and milliseconds of each page, with few rows and with many: `make bench` prints the table."""

import statistics
import time

from tests.statements import statements_of

ROUNDS = 15
# Page, who opens it, the state of the case, and how many statements it may take (performance budgets).
LISTS = (
    ("/", "sara"),
    ("/cases/", "sara"),
    ("/cases/queue/", "lars"),
    ("/cases/board/", "hanna"),
    ("/inbox/", "hanna"),
)
CASE_PAGES = (
    ("referred", "lars"),
    ("assessment", "hanna"),
    ("assessment", "sara"),
    ("travel", "hanna"),
    ("follow_up", "ilir"),
)


def milliseconds(browser, url):
    """The median time of the page's answer."""
    times = []
    for _round in range(ROUNDS):
        begun = time.perf_counter()
        browser.get(url)
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


def bench_pages(cast, as_, make_case, many_like, capsys):
    """Lists with 1 and 50 rows, the case page by state and reader."""
    rows = []
    case = make_case(reached="referred")
    for copies in (0, 49):
        if copies:
            many_like(case, copies)
        for url, name in LISTS:
            browser = as_(getattr(cast, name))
            browser.get(url)
            _page, counted = statements_of(browser, url)
            rows.append((f"{url} ({name})", f"{copies + 1} rows", len(counted), 10, milliseconds(browser, url)))
    for state, name in CASE_PAGES:
        browser, url = as_(getattr(cast, name)), make_case(reached=state).get_absolute_url()
        browser.get(url)
        _page, counted = statements_of(browser, url)
        rows.append((f"case page ({name})", state, len(counted), 18, milliseconds(browser, url)))
    with capsys.disabled():
        print(f"\n{'page':28}{'with':14}{'statements':>12}{'budget':>8}{'ms':>8}")  # noqa: T201  # the table is the result
        for page, size, count, budget, took in rows:
            print(f"{page:28}{size:14}{count:>12}{budget:>8}{took:>8.1f}")  # noqa: T201  # the same
    assert all(count <= budget for _page, _size, count, budget, _took in rows)
