"""Which rows of cases the database shows to whom: the same live grants that `Case.objects.visible_to` reads.

What does not depend on the row stands in `(SELECT …)`, so that it is asked once a statement and not once a row.
"""

from collections.abc import Iterable

from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import models

from cases import permissions as may
from cases.models import (
    CalendarLink,
    Case,
    CaseEvent,
    CaseGroupObjectPermission,
    CaseInAdministration,
    CaseKey,
    CaseUserObjectPermission,
    MailChoice,
    MailSettings,
    Notification,
    Visit,
)
from partners.models import Organisation, User
from returns_portal import heartbeat, walls
from returns_portal.models import AccessAlert, Heartbeat, Look, OutboxItem
from returns_portal.walls import Layer, Policy

OURS = {"returns_portal", "cases", "reintegration"}
CASE, USER = Case._meta.db_table, User._meta.db_table
CALENDAR_LINK = CalendarLink._meta.db_table
GROUP_GRANT, USER_GRANT = CaseGroupObjectPermission._meta.db_table, CaseUserObjectPermission._meta.db_table

LIVE_BY_GROUP = """g.group_id = ANY ((SELECT wall_groups())::int[]) AND NOT g.by_name_only
    AND (g.valid_until IS NULL OR g.valid_until >= (SELECT wall_now()))"""
# The right to a protected identity stands beside another right: alone it shows no case.
LIVE_BY_NAME = f"""u.user_id = (SELECT wall_member())
    AND (u.valid_until IS NULL OR u.valid_until >= (SELECT wall_now()))
    AND u.permission_id <> ALL (ARRAY(SELECT id FROM {Permission._meta.db_table}
        WHERE codename = '{may.OPEN_IDENTITY}'))"""

# Functions that ask as the owner.
FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION wall_user() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT id FROM {USER} WHERE id = wall_person() AND is_active
$$;
-- The same person while their organisation takes part: an administrator, who has none, is let into no case by name.
CREATE OR REPLACE FUNCTION wall_member() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT wall_user() WHERE wall_organisation() IS NOT NULL
$$;
CREATE OR REPLACE FUNCTION wall_is_administrator() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT 1 FROM {USER} WHERE id = wall_person() AND is_active AND is_staff)
$$;
CREATE OR REPLACE FUNCTION wall_organisation() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT o.id FROM {USER} AS p JOIN {Organisation._meta.db_table} AS o ON o.id = p.organisation_id
    WHERE p.id = wall_person() AND p.is_active AND o.is_active
$$;
CREATE OR REPLACE FUNCTION wall_groups() RETURNS int[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(array_agg(group_id), '{{}}') FROM {Organisation._meta.db_table} WHERE id = wall_organisation()
$$;
-- A draft that this person has just begun has no grant yet.
CREATE OR REPLACE FUNCTION wall_begins(begun uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT 1 FROM {CASE} WHERE id = begun AND state = 'draft' AND created_by_id = wall_user())
    AND NOT EXISTS (SELECT 1 FROM {GROUP_GRANT} WHERE content_object_id = begun)
    AND NOT EXISTS (SELECT 1 FROM {USER_GRANT} WHERE content_object_id = begun)
$$;
-- Whose calendar a secret opens: asked before anybody is known, and answered to whoever has the secret alone.
CREATE OR REPLACE FUNCTION wall_calendar_of(digest text) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT user_id FROM {CALENDAR_LINK} WHERE secret_hash = digest
$$;
"""

VIEWS = {
    # The cases of this transaction's person. A view asks as its owner: a policy of the grants may not ask the grants.
    "wall_granted": f"""
        SELECT g.content_object_id AS case_id FROM {GROUP_GRANT} AS g WHERE {LIVE_BY_GROUP}
        UNION ALL SELECT u.content_object_id FROM {USER_GRANT} AS u WHERE {LIVE_BY_NAME}""",
    # What administrators see of a case (process, section 1): enough to run the portal, nothing of the person.
    CaseInAdministration._meta.db_table: "SELECT "
    + ", ".join(field.column for field in CaseInAdministration._meta.concrete_fields)
    + f" FROM {CASE} WHERE (SELECT wall_is_administrator())",
}

SYSTEM, OPENING = "(SELECT wall_is_system())", "(SELECT wall_is_system(true))"
ADMINISTRATOR, OWN = "(SELECT wall_is_administrator())", "(SELECT wall_user())"


# What the functions and views above read.
READ = (CASE, GROUP_GRANT, USER_GRANT, CALENDAR_LINK)


def seen_through(column: str) -> str:
    """SQL: a live grant of this person, or of their organisation's group, on the case that `column` names.

    The OFFSET keeps PostgreSQL from reading every grant there is where a page of a list asks for fifty rows.
    """
    return f"EXISTS (SELECT 1 FROM wall_granted AS w WHERE w.case_id = {column} OFFSET 0)"


def column_of_case(model: type[models.Model]) -> str:
    """The column by which a row of this model belongs to a case; '' for a model that holds nothing of a case."""
    for field in model._meta.concrete_fields:
        if field.related_model is Case or field.name == "case_id":
            return f"{model._meta.db_table}.{field.column}"
    return ""


def policies() -> Iterable[Policy]:
    """One policy for every table that holds something of a case; a new model gets its own without being named here."""
    yield Policy(
        CASE,
        seen=f"{SYSTEM} OR {seen_through(f'{CASE}.id')}",
        written=f"{SYSTEM} OR {seen_through(f'{CASE}.id')} OR referring_id = (SELECT wall_organisation())",
    )
    for model in apps.get_models():
        column = column_of_case(model)
        if model._meta.app_label in OURS and column and model._meta.managed:
            yield _policy_of(model, column)
    yield from _policies_of_people()


def _policies_of_people() -> Iterable[Policy]:
    """What somebody chose for themself, and the signs of life: of no case, but nobody else's to write."""
    own = f"user_id = {OWN}"
    # Whoever runs somebody's account ends the link with it; a new secret is made by its owner alone.
    runs = f"""(SELECT wall_runs_people()) OR EXISTS (
        SELECT 1 FROM {USER} AS p WHERE p.id = {CALENDAR_LINK}.user_id AND wall_manages(p.organisation_id))"""
    yield Policy(CALENDAR_LINK, seen=f"{own} OR {runs}", written=own)
    yield Policy(MailSettings._meta.db_table, seen=f"{SYSTEM} OR {own}", written=f"{SYSTEM} OR {own}")
    # Read by whoever's act tells somebody.
    mine = f"{SYSTEM} OR {own}"
    yield Policy(MailChoice._meta.db_table, seen=f"{SYSTEM} OR {OWN} IS NOT NULL", written=mine, changed=mine)
    alive = f"{SYSTEM} OR name = '{heartbeat.RANG}'"
    yield Policy(Heartbeat._meta.db_table, seen="true", written=alive, changed=alive)


def _policy_of(model: type[models.Model], column: str) -> Policy:
    table, seen = model._meta.db_table, seen_through(column)
    if model in {CaseGroupObjectPermission, CaseUserObjectPermission}:
        # One's own grants first: they alone are what every other policy asks for.
        own = "group_id = ANY ((SELECT wall_groups())::int[])" if table == GROUP_GRANT else f"user_id = {OWN}"
        return Policy(table, f"{SYSTEM} OR {own} OR {seen}", f"{SYSTEM} OR {seen} OR wall_begins({column})")
    if model is CaseEvent:
        # History is written in one's own name alone.
        own = f"created_by_id = {OWN} AND ({seen} OR wall_begins({column}))"
        return Policy(table, f"{SYSTEM} OR {seen}", f"{SYSTEM} OR ({own})")
    if model is CaseKey:
        return Policy(table, f"{OPENING} OR {seen}", f"{OPENING} OR {seen} OR wall_begins({column})")
    if model is OutboxItem:
        return Policy(table, f"{SYSTEM} OR {ADMINISTRATOR}", f"{SYSTEM} OR {column} IS NULL OR {seen}")
    if model is AccessAlert:
        return Policy(table, SYSTEM, SYSTEM)  # read and written as `oversight` alone
    if model is Look:
        written = f"{SYSTEM} OR user_id IS NOT DISTINCT FROM {OWN}"
        return Policy(table, f"{SYSTEM} OR {ADMINISTRATOR} OR user_id = {OWN} OR {seen}", written)
    if model is Notification:
        seen = f"{SYSTEM} OR recipient_id = {OWN} OR {seen}"  # read when the case is closed to the receiver, too
        return Policy(table, seen, f"{column} IS NULL OR {seen}")
    if model is Visit:
        return Policy(table, f"{SYSTEM} OR user_id = {OWN} OR {seen}", f"{SYSTEM} OR user_id = {OWN}")
    return Policy(table, f"{SYSTEM} OR {seen}", f"{SYSTEM} OR {seen} OR wall_begins({column})")


@walls.layer
def lay() -> Layer:
    """What this app lays at the end of `migrate`."""
    return Layer(functions=FUNCTIONS, views=VIEWS, policies=policies(), read_by_owner=READ)
