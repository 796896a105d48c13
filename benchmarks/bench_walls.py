"""What the second wall costs at 100,000 cases: `make bench` prints lists, counts and single cases, with it and without.

Three readers, as in the design's figures: a person with 300 cases of their own, an organisation with 5,000, and
Länsstyrelsen with all of them. The first wall stands in every run; "without" works as the tests' own system actor.
"""

import statistics
import time

import pytest
from django.contrib.auth.models import Permission
from django.db import connection, transaction

from cases.models import Case
from returns_portal.actor import acting_as, acting_as_system
from tests.roles import owner

ROUNDS = 40
CASES, OF_ONE_ORGANISATION, OF_ONE_PERSON = 100_000, 5_000, 300
# Milliseconds in the database (security, section 13): the list at the 95th of a hundred, and what the wall adds to it.
LIST, OVERHEAD = 50.0, 10.0

FILL = """
INSERT INTO cases_case (id, code, state, round, alias, destination, language, is_urgent, has_minor, is_protected,
    {others}completeness, referring_id, created_at, changed_at, state_since, shares_health, shared_with_iom, ball_what,
    open_questions)
SELECT gen_random_uuid(), lpad(to_hex(n), 8, '0'), 'referred', 1, 'A' || n, 'AL', 'sq', false, false, false,
    {values}0, %(referring)s, now(), now() - n * interval '1 minute', now(), false, '{{}}', '', 0
FROM generate_series(1, %(cases)s) AS n
"""
GRANT = """
INSERT INTO cases_casegroupobjectpermission
    (permission_id, group_id, content_object_id, granted_at, reason, by_name_only)
SELECT %(permission)s, %(group)s, id, now(), 'bench', false FROM cases_case ORDER BY changed_at DESC LIMIT %(cases)s
"""
GRANT_BY_NAME = """
INSERT INTO cases_caseuserobjectpermission (permission_id, user_id, content_object_id, granted_at, reason)
SELECT %(permission)s, %(user)s, id, now(), 'bench' FROM cases_case ORDER BY code LIMIT %(cases)s
"""


@pytest.fixture
def many(transactional_db, cast):
    """100,000 cases and their grants, made by the owner at one go."""
    plain = [f for f in Case._meta.concrete_fields if f.name in {"is_restricted", "is_processing_restricted"}]
    parts = {
        "others": "".join(f"{field.column}, " for field in plain),
        "values": "false, " * len(plain),
    }
    view = Permission.objects.get(codename="view_case", content_type__app_label="cases").pk
    with owner(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE cases_case NO FORCE ROW LEVEL SECURITY")
        for kind in ("group", "user"):
            cursor.execute(f"ALTER TABLE cases_case{kind}objectpermission NO FORCE ROW LEVEL SECURITY")
        cursor.execute(FILL.format(**parts), {"referring": cast.otto.organisation_id, "cases": CASES})
        for organisation, cases in ((cast.lars.organisation, CASES), (cast.sara.organisation, OF_ONE_ORGANISATION)):
            cursor.execute(GRANT, {"permission": view, "group": organisation.group_id, "cases": cases})
        cursor.execute(GRANT_BY_NAME, {"permission": view, "user": cast.nadia.pk, "cases": OF_ONE_PERSON})
        cursor.execute("ANALYZE cases_case, cases_casegroupobjectpermission, cases_caseuserobjectpermission")
        for table in ("cases_case", "cases_casegroupobjectpermission", "cases_caseuserobjectpermission"):
            cursor.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def milliseconds(ask):
    """Median and 95th of a hundred."""
    times = []
    for _round in range(ROUNDS):
        begun = time.perf_counter()
        ask()
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]


def bench_walls(many, cast, capsys):
    """Newest fifty, page 41, count and one case by its code, for each reader."""
    rows, readers = [], (("300 by name", cast.nadia), ("5,000", cast.sara), ("100,000", cast.lars))
    for size, reader in readers:
        seen = Case.objects.visible_to(reader).order_by("-changed_at", "id")
        code = seen.values_list("code", flat=True).first()
        asks = {
            "newest 50": lambda seen=seen: list(seen[:50]),
            "page 41": lambda seen=seen: list(seen[2000:2050]),
            "count": lambda seen=seen: seen.count(),
            "one by code": lambda reader=reader, code=code: Case.objects.visible_to(reader).get(code=code),
        }
        for name, ask in asks.items():
            with transaction.atomic(), acting_as_system("tests"):
                without = milliseconds(ask)
            with acting_as(reader):
                behind = milliseconds(ask)
            rows.append((size, name, *without, *behind))
    with capsys.disabled():
        print(f"\n{'reader':14}{'ask':14}{'without ms':>12}{'p95':>8}{'wall ms':>10}{'p95':>8}")  # noqa: T201  # the result
        for size, name, median, late, walled, walled_late in rows:
            print(f"{size:14}{name:14}{median:>12.1f}{late:>8.1f}{walled:>10.1f}{walled_late:>8.1f}")  # noqa: T201  # the result
    lists = [row for row in rows if row[1] == "newest 50"]
    assert all(row[5] <= LIST and row[4] - row[2] <= OVERHEAD for row in lists)
