"""What sealing costs: a field, a list of fifty, a digest, and a change of the wrapping key."""

import os
import statistics
import time

from django.db import connection

from cases.models import Case, CaseKey, Person
from returns_portal import crypto
from returns_portal.crypto import rotation
from returns_portal.crypto.index import digests

ROUNDS, CALLS = 15, 2000
CASES = 100_000


def microseconds(work, calls=CALLS):
    """The median time of one call."""
    times = []
    for _round in range(ROUNDS):
        begun = time.perf_counter()
        for _call in range(calls):
            work()
        times.append((time.perf_counter() - begun) / calls * 1e6)
    return statistics.median(times)


def told(capsys, rows):
    """Print the table and hold it to the goals."""
    with capsys.disabled():
        print(f"\n{'what':52}{'took':>12}{'goal':>12}")  # noqa: T201  # the table is the result
        for what, took, goal, unit in rows:
            shown = f"{goal:g} {unit}" if goal else "–"
            print(f"{what:52}{took:>9.1f} {unit:2}{shown:>12}")  # noqa: T201  # the same
    assert [what for what, took, goal, _unit in rows if goal and took > goal] == []


def bench_fields(cast, make_case, capsys):
    """One short field and one of 5 kB, sealed and opened on its row; a digest of the index."""
    case = make_case()
    person, field = Person.objects.get(case=case), Person._meta.get_field("full_name")
    person.case = case
    case.sealing_key()
    long = "She told us that she wants to go home. " * 128
    short_sealed, long_sealed = field.seal(person, "Mira Rexhepi"), field.seal(person, long)
    told(
        capsys,
        [
            ("open a short field", microseconds(lambda: field.open(person, short_sealed)), 20, "µs"),
            ("seal a short field", microseconds(lambda: field.seal(person, "Mira Rexhepi")), 0, "µs"),
            ("open a field of 5 kB", microseconds(lambda: field.open(person, long_sealed), 200), 0, "µs"),
            ("seal a field of 5 kB", microseconds(lambda: field.seal(person, long), 200), 0, "µs"),
            ("a digest, the secret fetched and opened", microseconds(lambda: digests({"name": "mira"}), 50), 0, "µs"),
        ],
    )


def bench_list(cast, make_case, many_like, capsys):
    """Fifty people with three opened fields each, keys joined, against the same rows unopened."""
    case = make_case()
    case.key.delete()
    twins = [case, *many_like(case, 49)]
    Person.objects.all().delete()
    people = []
    for twin in twins:
        CaseKey.make(twin)
        twin = Case.objects.select_related("key").get(pk=twin.pk)
        people.append(Person.begin(twin, by=None, full_name="Mira Rexhepi", phone="+46", identity_number="AB 12"))
    for person in people:
        person.save()

    def plain():
        return [person.pk for person in Person.objects.select_related("case")]

    def opened():
        rows = Person.objects.select_related("case__key")
        return [(person.full_name, person.phone, person.identity_number) for person in rows]

    assert len(opened()) == 50
    closed_ms, open_ms = microseconds(plain, 3) / 1000, microseconds(opened, 3) / 1000
    told(
        capsys,
        [
            ("50 rows, nothing opened", closed_ms, 0, "ms"),
            ("50 rows, 3 fields opened", open_ms, 0, "ms"),
            ("extra", open_ms - closed_ms, 15, "ms"),
        ],
    )


def bench_rotation(cast, capsys, settings):
    """A hundred thousand keys wrapped anew."""
    cases = [Case(referring=cast.sara.organisation, created_by=cast.sara) for _turn in range(CASES)]
    Case.objects.bulk_create(cases, batch_size=2000)
    name, wrapping = settings.SEALING_KEYS[0]
    CaseKey.objects.bulk_create(
        (
            CaseKey(case=case, key_id=name, wrapped=crypto.seal_bytes(wrapping, os.urandom(32), case.pk.bytes))
            for case in cases
        ),
        batch_size=5000,
    )
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # the check of foreign keys belongs to the making
    settings.SEALING_KEYS = [("new", os.urandom(32)), *settings.SEALING_KEYS]
    begun = time.perf_counter()
    done = [progress.done for progress in rotation.rotate(CaseKey)][-1]
    took = time.perf_counter() - begun
    assert done == CASES
    assert set(rotation.keys_in_use(CaseKey)) == {"new"}
    told(capsys, [(f"{CASES:,} keys wrapped anew", took, 120, "s")])
