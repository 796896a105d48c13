"""A fault in the middle of an act leaves nothing of it: each write of a step is broken once."""

import pytest
from django.db import connection, transaction

from reintegration.demo.referral import approve, ask, decline, take_on, withdraw
from tests.test_walls import WALLED

# The act, and the state from which it goes.
ACTS = {approve: "referred", ask: "referred", decline: "referred", take_on: "approved", withdraw: "referred"}


class Broken(Exception):
    """What the disk, the network or a bug might do."""


class BreaksAfter:
    """Lets so many writes through, and fails the next statement; taking back still works."""

    def __init__(self, writes):
        self.left = self.asked = writes

    def __call__(self, execute, sql, params, many, context):
        if self.left == 0 and not sql.startswith(("ROLLBACK", "RELEASE", "SAVEPOINT")):
            raise Broken
        answer = execute(sql, params, many, context)
        self.left -= sql.lstrip().startswith(("INSERT", "UPDATE", "DELETE", "WITH"))
        return answer


def everything():
    """Every row of every table that holds something of a case, as the database writes it."""
    found = {}
    with connection.cursor() as cursor:
        for model in WALLED:
            cursor.execute(f"SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM {model._meta.db_table} t")  # noqa: S608  # our own
            found[model._meta.label] = cursor.fetchone()
    return found


@pytest.mark.asvs("2.3.3")
@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_what_breaks_half_way_has_not_happened(act, make_case, cast):
    case = make_case(reached=ACTS[act])
    before, writes = everything(), 0
    while True:
        with transaction.atomic():
            try:
                with connection.execute_wrapper(BreaksAfter(writes)), transaction.atomic():
                    act(cast, case)
            except Broken:
                assert everything() == before, f"after {writes} writes"
                writes += 1
                continue
            assert everything() != before
            transaction.set_rollback(True)
        break
    assert writes > 5
