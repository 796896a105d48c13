"""Benchmarks stand on the same database, people and cases as the tests."""

from tests.cases.conftest import many_like  # noqa: F401  # a fixture
from tests.conftest import django_db_setup, uploads_folder  # noqa: F401  # fixtures

pytest_plugins = ["tests.cast", "tests.builders"]
