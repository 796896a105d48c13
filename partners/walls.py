"""Who somebody is decides what the second wall shows them: so the web may change it only as the rules of people say."""

from partners.models import Invitation, Organisation, User
from returns_portal import walls

USER, ORGANISATION = User._meta.db_table, Organisation._meta.db_table
INVITATION = Invitation._meta.db_table

GUARDS = f"""
-- An administrator, a part of the portal, and whoever does not come as the web.
CREATE OR REPLACE FUNCTION wall_runs_people() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT session_user <> 'app' OR wall_is_administrator() OR wall_is_system()
$$;
CREATE OR REPLACE FUNCTION wall_manages(place uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT 1 FROM {USER} WHERE id = wall_user() AND role = 'manager' AND organisation_id = place)
$$;

CREATE OR REPLACE FUNCTION wall_guard_user() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.organisation_id, NEW.role, NEW.is_active, NEW.is_staff, NEW.is_superuser)
            IS NOT DISTINCT FROM (OLD.organisation_id, OLD.role, OLD.is_active, OLD.is_staff, OLD.is_superuser)
            THEN RETURN NEW; END IF;
    END IF;
    IF wall_runs_people() THEN RETURN NEW; END IF;
    IF NOT (NEW.is_staff OR NEW.is_superuser) THEN
        IF TG_OP = 'UPDATE' THEN
            IF NEW.organisation_id IS NOT DISTINCT FROM OLD.organisation_id AND wall_manages(NEW.organisation_id)
                THEN RETURN NEW; END IF;
        ELSIF EXISTS (
            SELECT 1 FROM {INVITATION} WHERE lower(email) = lower(NEW.email) AND role = NEW.role
            AND organisation_id = NEW.organisation_id AND accepted_at IS NULL AND expires_at > now()
        ) THEN RETURN NEW; END IF;
    END IF;
    RAISE insufficient_privilege USING MESSAGE = 'only managers and administrators change who somebody is';
END $$;

CREATE OR REPLACE FUNCTION wall_guard_organisation() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF wall_runs_people() THEN RETURN NEW; END IF;
    RAISE insufficient_privilege USING MESSAGE = 'only administrators change organisations';
END $$;

CREATE OR REPLACE FUNCTION wall_guard_invitation() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.email, NEW.role, NEW.organisation_id, NEW.token_hash)
            IS NOT DISTINCT FROM (OLD.email, OLD.role, OLD.organisation_id, OLD.token_hash)
            AND NEW.expires_at <= OLD.expires_at THEN RETURN NEW; END IF;
    END IF;
    IF wall_runs_people() OR wall_manages(NEW.organisation_id) THEN RETURN NEW; END IF;
    RAISE insufficient_privilege USING MESSAGE = 'only managers and administrators invite';
END $$;
"""

GUARDED = ((USER, "user"), (ORGANISATION, "organisation"), (INVITATION, "invitation"))
TRIGGERS = "".join(
    f"""
    DROP TRIGGER IF EXISTS wall_guard ON {table};
    CREATE TRIGGER wall_guard BEFORE INSERT OR UPDATE ON {table}
        FOR EACH ROW EXECUTE FUNCTION wall_guard_{name}();
    """
    for table, name in GUARDED
)


@walls.layer
def lay() -> walls.Layer:
    """What this app lays at the end of `migrate`."""
    return walls.Layer(functions=GUARDS, views={}, policies=(), read_by_owner=(), last=TRIGGERS)
