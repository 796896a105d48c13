"""The two roles of the test database: whoever tests as the owner proves nothing about what `app` may."""

import importlib.util
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase

from returns_portal.actor import new_token
from returns_portal.embedded import GRANTS, user_of

APP = user_of(os.environ.get("DATABASE_URL", ""))
OWNER = user_of(os.environ.get("OWNER_DATABASE_URL", "")) or APP
# Filled by `migrate` itself, or not ours to empty.
KEPT = {"django_migrations", "django_content_type", "auth_permission", "cache"}
KEPT |= {"wall_key", "wall_system_actor", "wall_laid"}


@contextmanager
def owner() -> Iterator[None]:
    """Let every connection that is made in the block log in as the owner."""
    connection.close()
    connection.settings_dict["USER"] = OWNER
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["USER"] = APP


def let_app_serve(**_: Any) -> None:
    """Before the first table is made, say what `app` may do with it."""
    if OWNER != APP:
        with connection.cursor() as cursor:
            cursor.execute(GRANTS.format(owner=OWNER, app=APP))


def let_tests_act() -> None:
    """Tests know themselves as a part of the portal that sees everything; its other parts work by any role here."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE wall_system_actor SET role = ''")
        cursor.execute("INSERT INTO wall_system_actor VALUES ('tests', '', true) ON CONFLICT DO NOTHING")


def act_as_tests(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """What a test itself asks is asked as the tests. The threads and processes it starts get nothing of that."""
    if threading.current_thread() is threading.main_thread() and connection.settings_dict["USER"] == APP:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('app.token', %s, false)", [new_token("system:tests", seconds=86400)])


def empty(_case: TransactionTestCase) -> None:
    """After a test with real commits: empty all tables, append-only ones too, and load the defaults again."""
    with owner():
        with connection.cursor() as cursor:
            tables = sorted(set(connection.introspection.table_names(cursor)) - KEPT)
            cursor.execute(
                "SELECT DISTINCT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
                " WHERE NOT tgisinternal AND tgtype & 32 <> 0"  # 32: fires on TRUNCATE
            )
            guarded = [name for (name,) in cursor.fetchall()]
            orders = [f'ALTER TABLE "{name}" DISABLE TRIGGER USER' for name in guarded]
            orders.append("TRUNCATE " + ", ".join(f'"{name}"' for name in tables))
            orders += [f'ALTER TABLE "{name}" ENABLE TRIGGER USER' for name in guarded]
            cursor.execute(f"BEGIN; {'; '.join(orders)}; COMMIT")
        install_defaults()


def install_defaults() -> None:
    """Load what a migration loads: clock rules, code lists, groups."""
    if importlib.util.find_spec("cases.defaults"):
        from cases.defaults import install_defaults as install  # models are not loaded before pytest-django is

        install()


def end_other_connections() -> None:
    """End what threads and child processes left open, so that the database can be dropped."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename IS NOT NULL"  # no autovacuum
        )
