"""The table for auditors says what the tests say."""

from tests import asvs


def test_every_requirement_on_the_list_is_shown_by_a_test():
    assert sorted(set(asvs.ROWS) - set(asvs.proofs())) == []


def test_no_test_names_a_requirement_that_is_not_on_the_list():
    assert sorted(set(asvs.proofs()) - set(asvs.ROWS)) == []


def test_the_table_is_as_young_as_the_tests():
    assert asvs.TABLE.read_text(encoding="utf-8") == asvs.table()
