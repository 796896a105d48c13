"""What the trail costs: one line, eight who write at once, and walking the whole chain."""

import statistics
import threading
import time
import uuid

import pytest
from django.db import connection, transaction

from returns_portal import looks, trail
from returns_portal.actor import acting_as
from returns_portal.models import Link, Look
from tests import roles

CLIENTS, EACH, LINES = 8, 250, 200_000
# Per line and per second as the goals of the design say; a million links in fifteen seconds.
MILLISECONDS, WRITES, SECONDS_A_MILLION = 1.0, 300, 15


def writes_a_second(write, clients, each):
    """How many transactions a second so many clients get through, each on a connection of its own."""

    def run():
        try:
            for _turn in range(each):
                write()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _client in range(clients)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return clients * each / (time.perf_counter() - begun)


def median_ms(act, rounds=300):
    """The median time of an act."""
    times = []
    for _round in range(rounds):
        begun = time.perf_counter()
        act()
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


def without_chain():
    """Put the chain out of force, to see what it costs."""
    with roles.owner(), connection.cursor() as cursor:
        for table in ("returns_portal_look", "cases_caseevent"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER trail_take")


def with_chain():
    """Lay the chain again."""
    with roles.owner(), connection.cursor() as cursor:
        for table in ("returns_portal_look", "cases_caseevent"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER trail_take")


@pytest.mark.django_db(transaction=True)
def bench_trail(cast, capsys):
    """One line, eight writers, the whole chain."""
    people = [person for person in vars(cast).values() if person.organisation_id]
    cases = [uuid.uuid4() for _number in range(10)]

    def any_of(many):
        return many[time.perf_counter_ns() // 1000 % len(many)]

    def nothing():
        with acting_as(any_of(people)):
            pass

    def look():
        user = any_of(people)
        with acting_as(user):
            looks.record(user, any_of(cases), "status", "view", "cases:case")

    def fifty():
        user = any_of(people)
        with acting_as(user):
            looks.record(user, None, "", "list", "cases:list", shown=[uuid.uuid4() for _number in range(50)])

    for act in (nothing, look, fifty):
        median_ms(act, 50)
    empty = median_ms(nothing)
    per_look, per_list = median_ms(look) - empty, median_ms(fifty) - empty
    chained = writes_a_second(look, CLIENTS, EACH)
    without_chain()
    try:
        bare = median_ms(look) - empty
        unchained = writes_a_second(look, CLIENTS, EACH)
    finally:
        with_chain()
    roles.empty(None)
    begun = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO returns_portal_look"
            " (user_id, case_id, section, action, path_name, outcome, session, request_id)"
            " SELECT gen_random_uuid(), gen_random_uuid(), 'identity', 'view', 'cases:case', 'done', '0', '1'"
            " FROM generate_series(1, %s)",
            [LINES],
        )
    linked = (time.perf_counter() - begun) * 1000 / LINES
    begun = time.perf_counter()
    fault = trail.verify()
    walked = (time.perf_counter() - begun) * 1_000_000 / LINES
    rows = (
        ("a look, with its link, at commit", f"{per_look:.2f} ms", f"{MILLISECONDS} ms"),
        ("the same without the chain", f"{bare:.2f} ms", ""),
        ("a list of fifty cases", f"{per_list:.2f} ms", ""),
        ("linking alone, many in one commit", f"{linked:.3f} ms", ""),
        (f"looks a second, {CLIENTS} clients", f"{chained:.0f}", str(WRITES)),
        ("the same without the chain", f"{unchained:.0f}", ""),
        ("verifying a million links", f"{walked:.1f} s", f"{SECONDS_A_MILLION} s"),
    )
    with capsys.disabled():
        print(f"\n{'trail':38}{'measured':>12}{'goal':>10}")  # noqa: T201  # the table is the result
        for row in rows:
            print(f"{row[0]:38}{row[1]:>12}{row[2]:>10}")  # noqa: T201  # the same
    assert fault is None
    assert Link.objects.count() == Look.objects.count() == LINES
