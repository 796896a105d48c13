"""The chain over the two trails, looks and events, so that no line can be changed, removed or slipped in unseen.

Each line gets a link at commit: its hash covers the line, the moment and the hash before. The newest hash is written
every five minutes to a file outside the database (the anchor): without it a chain that was cut short looks whole.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone

from returns_portal import anchors, walls
from returns_portal.actor import acting_as_system
from returns_portal.anchors import GENESIS, Anchor
from returns_portal.models import Link

# How long the newest lines may wait for their anchor before that is a fault of its own.
ANCHOR_AGE = timedelta(minutes=15)
# The roles that serve: they write lines and read links, and change neither.
SERVING = ("app", "worker")


class Source(NamedTuple):
    """A table of lines: its column in the link, what is hashed of a row, and what a serving role may write."""

    name: str
    table: str
    column: str
    fields: dict[str, str]
    writes: str

    def hashed(self, row: str) -> str:
        """SQL of the text that is hashed of `row`.

        Names and values, without what is NULL: a column that is added later changes no older hash. Moments count as
        microseconds since 1970, for as text they depend on who asks.
        """
        pairs = ", ".join(f"'{name}', {value.format(row=row)}" for name, value in self.fields.items())
        return f"jsonb_strip_nulls(jsonb_build_object({pairs}))::text"


def _plain(*names: str) -> dict[str, str]:
    return {name: "{row}." + name for name in names}


def _moment(name: str) -> dict[str, str]:
    return {name: f"(extract(epoch FROM {{row}}.{name}) * 1000000)::bigint"}


LOOKED = ("user_id", "case_id", "section", "action", "path_name", "outcome", "session", "request_id", "shown")
HAPPENED = ("id", "case_id", "round", "created_by_id", "verb", "was", "became", "section", "organisation_id")
SOURCES = (
    Source(
        "look",
        "returns_portal_look",
        "look_id",
        _plain("id", *LOOKED) | _moment("at"),
        writes=f"INSERT ({', '.join(LOOKED)})",  # neither `id` nor `at`: the database says who was when
    ),
    Source(
        "event",
        "cases_caseevent",
        "event_id",
        _plain(*HAPPENED, "only_with_id") | _moment("created_at") | {"note": "encode({row}.note, 'hex')"},
        writes="INSERT",
    ),
)

# A line waits here from the first round of what is deferred to commit until the second. The lock of the chain is
# taken in the second, when every foreign key has been checked: whoever held it while waiting for a row that another
# holds, who waits for the lock, would wait forever. No row outlives its transaction, so none needs to be logged.
WAITING = """
CREATE UNLOGGED TABLE IF NOT EXISTS trail_waiting (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, look_id bigint, event_id uuid, digest bytea NOT NULL
);
"""
TAKE = """
CREATE OR REPLACE FUNCTION trail_take_{name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.trail_waiting ({column}, digest) VALUES (NEW.id, sha256(convert_to({hashed}, 'UTF8')));
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS trail_take ON {table};
CREATE CONSTRAINT TRIGGER trail_take AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION trail_take_{name}();
"""
LINK = """
CREATE OR REPLACE FUNCTION trail_link() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    head record;
    moment timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock(7472, 1);
    SELECT n, hash INTO head FROM public.returns_portal_link ORDER BY n DESC LIMIT 1;
    IF NOT FOUND THEN SELECT 0::bigint AS n, decode(repeat('00', 32), 'hex') AS hash INTO head; END IF;
    moment := clock_timestamp();
    INSERT INTO public.returns_portal_link (n, look_id, event_id, at, prev, hash) VALUES (
        head.n + 1, NEW.look_id, NEW.event_id, moment, head.hash,
        sha256(head.hash || NEW.digest || int8send(head.n + 1)
            || int8send((extract(epoch FROM moment) * 1000000)::bigint))
    );
    DELETE FROM public.trail_waiting WHERE id = NEW.id;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS trail_link ON trail_waiting;
CREATE CONSTRAINT TRIGGER trail_link AFTER INSERT ON trail_waiting DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION trail_link();
"""
# Writes a look as whoever calls it, behind the same walls. The sixtieth different case is refused here, where it is
# counted; the moment and the number of a line are the database's own.
WRITE = """
CREATE OR REPLACE FUNCTION trail_write(
    who uuid, about uuid, part text, act text, route text, result text, in_session text, in_request text, listed uuid[],
    counts boolean, lately interval, too_many integer,
    OUT others bigint, OUT is_new boolean, OUT is_too_many boolean
) LANGUAGE plpgsql SECURITY INVOKER
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    others := 0; is_new := false;
    IF counts THEN
        SELECT count(DISTINCT case_id) FILTER (WHERE case_id <> about), coalesce(bool_and(case_id <> about), true)
        INTO others, is_new FROM public.returns_portal_look
        WHERE user_id = who AND at > clock_timestamp() - lately AND case_id IS NOT NULL AND outcome = 'done';
    END IF;
    is_too_many := is_new AND others >= too_many - 1;
    IF is_too_many THEN act := 'refused'; result := 'refused'; END IF;
    INSERT INTO public.returns_portal_look
        (user_id, case_id, section, action, path_name, outcome, session, request_id, shown)
    VALUES (who, about, part, act, route, result, in_session, in_request, listed);
END $$;
"""
ADOPT = """
INSERT INTO trail_waiting (look_id, event_id, digest)
SELECT look_id, event_id, digest FROM (
    {lines}
) AS line WHERE NOT EXISTS (SELECT 1 FROM returns_portal_link) ORDER BY at;
"""
RIGHTS = """
DO $$
DECLARE serving text;
BEGIN
    FOR serving IN SELECT rolname FROM pg_roles WHERE rolname IN {serving} AND rolname <> current_user LOOP
        EXECUTE format('REVOKE ALL ON returns_portal_link, trail_waiting FROM %I', serving);
        EXECUTE format('REVOKE ALL ON SEQUENCE trail_waiting_id_seq FROM %I', serving);
        EXECUTE format('GRANT SELECT ON returns_portal_link TO %I', serving);
        {rights}
    END LOOP;
END $$;
"""


def sql() -> str:
    """What the owner lays at the end of `migrate`: triggers, rights, and the links of what stands there already."""
    takes = [
        TAKE.format(name=source.name, table=source.table, column=source.column, hashed=source.hashed("NEW"))
        for source in SOURCES
    ]
    lines = [
        f"SELECT {_id_if(source, 'look')} AS look_id, {_id_if(source, 'event')} AS event_id,"  # noqa: S608  # our own
        f" sha256(convert_to({source.hashed('line')}, 'UTF8')) AS digest, {_when(source)} AS at"
        f" FROM {source.table} line"
        for source in SOURCES
    ]
    rights = [
        f"EXECUTE format('REVOKE ALL ON {source.table} FROM %I', serving);"
        f" EXECUTE format('GRANT SELECT, {source.writes} ON {source.table} TO %I', serving);"
        for source in SOURCES
    ]
    adopt = ADOPT.format(lines=" UNION ALL ".join(lines))
    return "\n".join([*takes, LINK, WRITE, adopt, RIGHTS.format(serving=SERVING, rights=" ".join(rights))])


def _id_if(source: Source, name: str) -> str:
    if source.name == name:
        return "id"
    return "NULL::bigint" if name == "look" else "NULL::uuid"


def _when(source: Source) -> str:
    return "at" if "at" in source.fields else "created_at"


@walls.layer
def lay() -> walls.Layer:
    """The chain is laid with the walls, by the owner, at the end of every `migrate`."""
    tables = [source.table for source in SOURCES]
    return walls.Layer(functions=WAITING, views={}, policies=(), read_by_owner=tables, last=sql())


class Fault(NamedTuple):
    """The first thing that is wrong: in words without personal data, with the link where it shows."""

    n: int
    words: str

    def __str__(self) -> str:
        return f"Link {self.n}: {self.words}" if self.n else self.words


class Chained(NamedTuple):
    """A link as it is verified, with the text of its line (None where there is none)."""

    n: int
    at: int
    prev: bytes
    hash: bytes
    is_look: bool
    line: str | None

    @property
    def trail(self) -> str:
        """Which trail its line belongs to."""
        return "looks" if self.is_look else "events"

    def expected(self) -> bytes:
        """The hash that it has to have."""
        digest = sha256((self.line or "").encode()).digest()
        return sha256(bytes(self.prev) + digest + self.n.to_bytes(8, "big") + self.at.to_bytes(8, "big")).digest()


def verify() -> Fault | None:
    """Walk the whole chain once, and compare it with the anchors; None where everything is as it was written."""
    with acting_as_system("trail"):
        found, wrong = anchors.read()  # before the chain: what is linked meanwhile has no anchor yet
        if wrong:
            return Fault(0, wrong)
        if not _sees_everything():
            return Fault(0, "This database role may not read the whole trail: ask as the worker's.")
        return _broken_link(found) or _unlinked_line() or _late_anchor(found)


def _sees_everything() -> bool:
    """Whether no policy hides a line from whoever asks: hidden would look like removed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT wall_is_system()")
        return bool(cursor.fetchone()[0])


def _broken_link(found: list[Anchor]) -> Fault | None:
    anchored = iter(found)
    anchor, n, before = next(anchored, None), 0, GENESIS
    while anchor is not None and anchor.n == 0:
        anchor = next(anchored, None)
    for link in _links():
        n += 1
        if link.n != n:
            return Fault(n, "it has been removed.")
        if link.line is None:
            return Fault(n, f"its line in the trail of {link.trail} has been removed.")
        if bytes(link.prev) != before:
            return Fault(n, "it does not follow from the link before it.")
        before = bytes(link.hash)
        if link.expected() != before:
            return Fault(n, f"it, or its line in the trail of {link.trail}, has been changed.")
        while anchor is not None and anchor.n == n:
            if anchor.hash != before:
                return Fault(n, f"the chain was another when it was anchored at {anchor.at:%Y-%m-%d %H:%M} UTC.")
            anchor = next(anchored, None)
    if anchor is not None:
        return Fault(n + 1, f"the end of the chain has been cut off; it was anchored with {anchor.n} links.")
    return None


def _links() -> Iterator[Chained]:
    """Every link in its order. The text of a line is built by PostgreSQL's own functions alone, and hashed here."""
    looks, events = (
        f"(SELECT {source.hashed('line')} FROM {source.table} line WHERE line.id = link.{source.column})"  # noqa: S608  # our own
        for source in SOURCES
    )
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            "SELECT n, (extract(epoch FROM at) * 1000000)::bigint, prev, hash,"  # noqa: S608  # our own names
            f" look_id IS NOT NULL, CASE WHEN look_id IS NOT NULL THEN {looks} ELSE {events} END"
            f" FROM {Link._meta.db_table} link ORDER BY n"
        )
        for row in cursor:
            yield Chained(*row)


def _unlinked_line() -> Fault | None:
    for source in SOURCES:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*) FROM {source.table} line WHERE NOT EXISTS"  # noqa: S608  # our own names
                f" (SELECT 1 FROM {Link._meta.db_table} link WHERE link.{source.column} = line.id)"
            )
            if count := cursor.fetchone()[0]:
                return Fault(0, f"{count} lines in the trail of {source.name}s have no link: they were slipped in.")
    return None


def _late_anchor(found: list[Anchor]) -> Fault | None:
    last = found[-1].n if found else 0
    oldest = Link.objects.filter(n__gt=last).order_by("n").values_list("n", "at").first()
    if oldest is None or oldest[1] > timezone.now() - ANCHOR_AGE:
        return None
    return Fault(oldest[0], "nothing has been anchored since. Does the worker run, and can it write ANCHOR_FILE?")


def anchor() -> Anchor:
    """Write the newest hash of the chain to the anchor file; raises OSError where that cannot be done."""
    head = Link.objects.order_by("-n").values_list("n", "hash").first()
    n, newest = head or (0, GENESIS)
    return anchors.append(n, bytes(newest), timezone.now())


def anchored_at() -> datetime | None:
    """When the newest anchor was written; None where there is none."""
    found, _wrong = anchors.read()
    return found[-1].at if found else None


__all__: list[Any] = ["SOURCES", "Anchor", "Fault", "anchor", "anchored_at", "lay", "sql", "verify"]
