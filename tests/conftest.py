"""Tests stand on a real PostgreSQL: `owner` makes and empties the database, everything else connects as `app`."""

import importlib.util
import shutil
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db.backends.signals import connection_created
from django.db.models.signals import pre_migrate
from django.test import TransactionTestCase
from django.test.utils import setup_databases, teardown_databases
from django.utils import translation

from tests import roles

# The people, and the cases they make, whom all tests share.
pytest_plugins = [name for name in ("tests.cast", "tests.builders") if importlib.util.find_spec(name)]


@pytest.fixture(scope="session")
def django_db_setup(
    request,
    django_test_environment,
    django_db_blocker,
    django_db_keepdb,
    django_db_createdb,
    django_db_modify_db_settings,
) -> Iterator[None]:
    """Make and migrate the test database as its owner, with the rights that `app` has in production."""
    verbosity, keep = request.config.option.verbose, django_db_keepdb and not django_db_createdb
    with django_db_blocker.unblock(), roles.owner():
        pre_migrate.connect(roles.let_app_serve, dispatch_uid="let_app_serve")
        made = setup_databases(verbosity, interactive=False, keepdb=keep, serialized_aliases=set())
        roles.let_tests_act()
    connection_created.connect(roles.act_as_tests, dispatch_uid="act_as_tests")
    TransactionTestCase._fixture_teardown = roles.empty  # app may not truncate
    yield
    if not django_db_keepdb:
        with django_db_blocker.unblock(), roles.owner():
            roles.end_other_connections()
            teardown_databases(made, verbosity)


@pytest.fixture(scope="session", autouse=True)
def uploads_folder() -> Iterator[None]:
    """Remove what tests have uploaded."""
    yield
    shutil.rmtree(settings.UPLOADS_DIR, ignore_errors=True)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """What is said outside a request is said in the source's own words."""
    with translation.override("en-gb"):
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, so that two workers end at about the same time."""
    items.sort(key=lambda item: not item.nodeid.startswith(("tests/test_who_may", "tests/browser/test_axe")))
