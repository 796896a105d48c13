"""The second wall: row-level security of PostgreSQL, so that a view that forgets to ask still shows nothing foreign.

Who owns the tables (role `owner`) lays it after every `migrate`. Everybody else works behind it: `app` serves the web,
`worker` the tasks and commands, `backup` alone reads past it, for dumps.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, connections, transaction
from django.db.backends.utils import CursorWrapper

from returns_portal.actor import token_key

logger = logging.getLogger(__name__)

SERVING = ("app", "worker")
ROLES = (*SERVING, "backup")


class SystemActor(NamedTuple):
    """A part of the portal that works without a person: by which role alone, and whether it may open sealed fields."""

    name: str
    role: str
    opens_keys: bool = True


SYSTEM_ACTORS = (
    SystemActor("outbox", "worker"),
    SystemActor("reminders", "worker"),
    SystemActor("retention", "worker"),
    SystemActor("keys", "worker"),
    # Which stored files have a row, and which wait for the scanner.
    SystemActor("uploads", "worker", opens_keys=False),
    SystemActor("trail", "worker", opens_keys=False),
    SystemActor("heartbeat", "worker", opens_keys=False),
    # Alerts about what people did, and who was shown a case in a list.
    SystemActor("oversight", "", opens_keys=False),
    # What a person's act needs beyond the cases they see, after the rule was checked.
    SystemActor("special_access", "app"),
    SystemActor("administration", "app", opens_keys=False),
    # Destruction lists of one's own organisation, and the breach log's question: codes and dates.
    SystemActor("archive", "app", opens_keys=False),
)
# What fills the demo is never let in elsewhere.
DEMO_ACTORS = (SystemActor("demo", ""),)

SIGNATURES = """
CREATE TABLE IF NOT EXISTS wall_key (
    id text PRIMARY KEY, inner_pad bytea NOT NULL, outer_pad bytea NOT NULL, made_at timestamptz DEFAULT now()
);
CREATE TABLE IF NOT EXISTS wall_system_actor (name text PRIMARY KEY, role text NOT NULL, opens_keys boolean NOT NULL);
CREATE TABLE IF NOT EXISTS wall_laid (digest text NOT NULL);
REVOKE ALL ON wall_key, wall_system_actor, wall_laid FROM PUBLIC{roles};

-- The parts of a token that is whole, signed with a key of ours and not too old; else NULL.
CREATE OR REPLACE FUNCTION wall_token() RETURNS text[] LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    part text[] := string_to_array(NULLIF(current_setting('app.token', true), ''), '|');
    pads public.wall_key;
BEGIN
    IF part IS NULL OR cardinality(part) <> 5 THEN RETURN NULL; END IF;
    SELECT * INTO pads FROM public.wall_key WHERE id = part[1];
    IF NOT FOUND OR part[5] IS DISTINCT FROM encode(sha256(pads.outer_pad || sha256(pads.inner_pad
        || convert_to(concat_ws('|', part[1], part[2], part[3], part[4]), 'UTF8'))), 'hex') THEN RETURN NULL; END IF;
    IF to_timestamp(part[4]::bigint) < clock_timestamp() THEN RETURN NULL; END IF;
    RETURN part;
END $$;

-- The person for whom this transaction works; NULL for the portal itself and for nobody.
CREATE OR REPLACE FUNCTION wall_person() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE WHEN token[2] NOT LIKE 'system:%' THEN token[2]::uuid END FROM (SELECT wall_token() AS token) AS said
$$;

-- Whether this transaction works for a part of the portal, and by the role that this part alone works by.
CREATE OR REPLACE FUNCTION wall_is_system(opening_keys boolean DEFAULT false) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    actor text := (wall_token())[2];
BEGIN
    RETURN actor LIKE 'system:%' AND EXISTS (
        SELECT 1 FROM public.wall_system_actor AS part
        WHERE part.name = substr(actor, 8) AND part.role IN ('', session_user) AND (part.opens_keys OR NOT opening_keys)
    );
END $$;

-- The domain's time when this transaction was bound. What it ends itself still holds for the rest of it.
CREATE OR REPLACE FUNCTION wall_now() RETURNS timestamptz LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT timestamptz 'epoch' + ((wall_token())[3])::bigint * interval '1 microsecond'
$$;
"""

GRANTS = """
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO {role};
GRANT {rights} ON ALL TABLES IN SCHEMA public TO {role};
GRANT {sequences} ON ALL SEQUENCES IN SCHEMA public TO {role};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {rights} ON TABLES TO {role};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {sequences} ON SEQUENCES TO {role};
REVOKE ALL ON wall_key, wall_system_actor, wall_laid FROM {role};
"""
RIGHTS = {
    "app": ("SELECT, INSERT, UPDATE, DELETE", "USAGE"),
    "worker": ("SELECT, INSERT, UPDATE, DELETE", "USAGE"),
    "backup": ("SELECT", "SELECT"),
}


class Policy(NamedTuple):
    """Which rows of a table may be read and changed (`seen`), and which may be written anew (`written`)."""

    table: str
    seen: str
    written: str
    # Which of the rows that are seen may be changed or deleted; empty: each.
    changed: str = ""


class Layer(NamedTuple):
    """What one app lays: functions, views that show a little of what their owner sees, and policies."""

    functions: str
    views: Mapping[str, str]
    policies: Iterable[Policy]
    # Tables that the functions and views read as the owner, whom the policies would stop as well.
    read_by_owner: Iterable[str]
    # SQL that comes after the rights of the roles, to take some back.
    last: str = ""


_layers: list[Callable[[], Layer]] = []


def layer(lay: Callable[[], Layer]) -> Callable[[], Layer]:
    """Register what an app lays; run by the owner at the end of `migrate`."""
    if lay not in _layers:
        _layers.append(lay)
    return lay


def raise_walls(cursor: CursorWrapper) -> None:
    """Bring roles, functions and policies to what the code says; cheap, and without a lock, where nothing changed."""
    roles = _present_roles(cursor)
    if not _owns(cursor):
        return
    # A migration that stopped half-way must leave no table open, whatever is missing yet.
    cursor.execute("SET LOCAL check_function_bodies = off")
    cursor.execute(SIGNATURES.format(roles="".join(f', "{role}"' for role in roles)))
    _install_key(cursor)
    _install_system_actors(cursor, roles)
    layers = [lay() for lay in _layers]
    for one in layers:
        cursor.execute(one.functions)
    tables = _present_tables(cursor)
    if not all(table in tables for one in layers for table in one.read_by_owner):
        return  # `migrate` was asked for a part of the tables only; its next run goes on
    views = {name: select for one in layers for name, select in one.views.items()}
    orders = [f"CREATE OR REPLACE VIEW {name} WITH (security_barrier) AS {select}" for name, select in views.items()]
    orders += [_owners_sql(table) for one in layers for table in one.read_by_owner]
    if served := [role for role in roles if role in SERVING]:
        orders += [_policy_sql(policy, served) for one in layers for policy in one.policies if policy.table in tables]
    else:
        logger.warning("The roles app and worker are missing: nothing stands behind row-level security.")
    for role in roles:
        rights, sequences = RIGHTS[role]
        orders.append(GRANTS.format(role=f'"{role}"', rights=rights, sequences=sequences))
        orders += [f'REVOKE ALL ON {name} FROM "{role}"; GRANT SELECT ON {name} TO "{role}"' for name in views]
    orders += [one.last for one in layers if one.last]
    digest = sha256("\n".join([*orders, *sorted(tables), *roles]).encode()).hexdigest()
    cursor.execute("SELECT digest FROM wall_laid")
    if cursor.fetchone() == (digest,):
        return
    for order in orders:
        cursor.execute(order)
    cursor.execute("DELETE FROM wall_laid; INSERT INTO wall_laid VALUES (%s)", [digest])


def _policy_sql(policy: Policy, roles: list[str]) -> str:
    """Not for the owner: a view of grants, asked by a policy of grants, would never come to an end."""
    return f"""
        ALTER TABLE "{policy.table}" ENABLE ROW LEVEL SECURITY;
        ALTER TABLE "{policy.table}" FORCE ROW LEVEL SECURITY;
        DROP POLICY IF EXISTS wall ON "{policy.table}";
        CREATE POLICY wall ON "{policy.table}" TO {", ".join(roles)}
            USING ({policy.seen}) WITH CHECK ({policy.written});
        {_changed_sql(policy, roles)}
    """


def _changed_sql(policy: Policy, roles: list[str]) -> str:
    said = ""
    for act in ("UPDATE", "DELETE"):
        name = f"wall_{act.lower()}"
        said += f'DROP POLICY IF EXISTS {name} ON "{policy.table}";'
        if policy.changed:
            said += f"""
        CREATE POLICY {name} ON "{policy.table}" AS RESTRICTIVE FOR {act} TO {", ".join(roles)}
            USING ({policy.changed});"""
    return said


def _owners_sql(table: str) -> str:
    return f"""
        DROP POLICY IF EXISTS wall_owner ON "{table}";
        CREATE POLICY wall_owner ON "{table}" FOR SELECT TO CURRENT_USER USING (true);
    """


def _install_key(cursor: CursorWrapper) -> None:
    """Let the database check what this SECRET_KEY signs; the key before stays until the next change of it."""
    name, key = token_key()
    block = key.ljust(64, b"\0")
    pads = [bytes(byte ^ fill for byte in block) for fill in (0x36, 0x5C)]
    cursor.execute(
        "INSERT INTO wall_key (id, inner_pad, outer_pad) VALUES (%s, %s, %s) ON CONFLICT (id) DO NOTHING",
        [name, *pads],
    )
    cursor.execute(
        "DELETE FROM wall_key WHERE id NOT IN (SELECT id FROM wall_key ORDER BY id = %s DESC, made_at DESC LIMIT 2)",
        [name],
    )


def _install_system_actors(cursor: CursorWrapper, roles: list[str]) -> None:
    actors = SYSTEM_ACTORS + (DEMO_ACTORS if settings.DEMO else ())
    cursor.execute("DELETE FROM wall_system_actor WHERE NOT name = ANY(%s)", [[actor.name for actor in actors]])
    for actor in actors:
        cursor.execute(
            "INSERT INTO wall_system_actor VALUES (%s, %s, %s)"
            " ON CONFLICT (name) DO UPDATE SET role = excluded.role, opens_keys = excluded.opens_keys",
            [actor.name, actor.role if "worker" in roles else "", actor.opens_keys],
        )


def _owns(cursor: CursorWrapper) -> bool:
    cursor.execute("SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = 'django_migrations'::regclass")
    return bool(cursor.fetchone()[0])


def _present_roles(cursor: CursorWrapper) -> list[str]:
    cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND rolname <> current_user", [list(ROLES)])
    return sorted(name for (name,) in cursor.fetchall())


def _present_tables(cursor: CursorWrapper) -> set[str]:
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {name for (name,) in cursor.fetchall()}


def are_passed() -> bool:
    """Whether this process came to the database by a role that row-level security does not stop."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        return bool(cursor.fetchone()[0]) or _owns(cursor)


def raise_after_migrate(*, using: str, **_: Any) -> None:
    """Django's own hook at the end of `migrate`: no table is ever served before its wall stands."""
    # All or nothing: between a right that is given and one that is taken back, nobody must get through.
    with transaction.atomic(using), connections[using].cursor() as cursor:
        raise_walls(cursor)
