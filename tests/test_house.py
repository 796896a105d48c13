"""The house's own rules: who imports whom, what a room is called, who serves."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import DatabaseError, connection

ROOT = Path(__file__).resolve().parent.parent
APPS = ["partners", "cases", "reintegration"]
# What stands on a line may import from its own line and the lines above, never below.
FLOORS = [
    {"states", "permissions", "codes", "words"},
    {"models"},
    {"clocks", "emails", "pdfs", "reminders"},
    {"actions"},
    {"forms", "views", "tasks", "admin"},
    {"urls"},
]
ROOF = {
    f"returns_portal.{name}"
    for name in ("settings", "urls", "views", "admin_site", "celery", "wsgi", "asgi", "embedded", "demo", "jobs")
}


def modules(*folders: str) -> Iterator[tuple[str, Path]]:
    """Every module of ours in these folders, with its dotted name."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), path


def imports(path: Path) -> Iterator[str]:
    """Every module that a file names in an import, inside functions too; what only types need does not count."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = [
        node for node in ast.walk(tree) if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
    ]
    skipped = {inner for node in for_types for statement in node.body for inner in ast.walk(statement)}
    for node in (node for node in ast.walk(tree) if node not in skipped):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def floor_of(module: str) -> int | None:
    """On which floor of its app a module stands; what is named nowhere above may stand anywhere."""
    room = module.split(".")[1] if "." in module else ""
    return next((number for number, rooms in enumerate(FLOORS) if room in rooms), None)


@pytest.mark.parametrize("app", APPS)
def test_an_app_imports_only_itself_and_what_it_stands_on(app):
    later = APPS[APPS.index(app) + 1 :]
    assert [(name, used) for name, path in modules(app) for used in imports(path) if used.split(".")[0] in later] == []


def test_the_floor_imports_no_app_and_nobody_imports_the_roof():
    floor = [(name, path) for name, path in modules("returns_portal") if not name.startswith(tuple(ROOF))]
    assert [
        (name, used)
        for name, path in floor
        for used in imports(path)
        if used.split(".")[0] in APPS and "management" not in name
    ] == []
    assert [(name, used) for name, path in modules(*APPS) for used in imports(path) if is_roof(used)] == []


def is_roof(used: str) -> bool:
    """Whether an import reaches for the roof; tasks need the Celery app, and nothing else of it."""
    return ".".join(used.split(".")[:2]) in ROOF - {"returns_portal.celery"}


@pytest.mark.parametrize("app", APPS)
def test_inside_an_app_nobody_imports_upwards(app):
    upwards = []
    for name, path in modules(app):
        for used in imports(path):
            mine, theirs = floor_of(name), floor_of(used)
            if used.split(".")[0] == app and mine is not None and theirs is not None and theirs > mine:
                upwards.append((name, used))
    assert upwards == []


def test_every_file_is_named_after_what_it_holds():
    vague = {"utils", "helpers", "common", "core", "services"}
    assert [name for name, _path in modules(*APPS, "returns_portal", "tests") if vague & set(name.split("."))] == []


def test_a_web_process_never_loads_the_paper_press():
    code = "import returns_portal.wsgi, django.urls, sys; django.urls.get_resolver().url_patterns; "
    code += "sys.exit('weasyprint' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.django_db
def test_tests_connect_as_the_role_that_serves():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, usesuper FROM pg_user WHERE usename = current_user")
        assert cursor.fetchone() == ("app", False)


@pytest.mark.django_db
def test_the_role_that_serves_owns_nothing_and_cannot_empty_a_table():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
        assert cursor.fetchone() == (0,)
        with pytest.raises(DatabaseError, match="permission denied"):
            cursor.execute("TRUNCATE django_session")


@pytest.mark.django_db
def test_the_role_that_serves_cannot_make_tables():
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="permission denied"):
        cursor.execute("CREATE TABLE smuggled (id int)")
