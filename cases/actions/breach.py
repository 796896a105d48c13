"""The breach log: written by managers of Länsstyrelsen and IOM Helsinki, and the question whose cases were seen."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q

from cases.models import Breach, Case
from partners.models import Organisation, User
from returns_portal import clock, looks
from returns_portal.actor import Refused, acting_as_system
from returns_portal.models import Look

KEEPERS = (Organisation.Kind.LANSSTYRELSEN, Organisation.Kind.IOM_HELSINKI)
# More lines than this are no answer to read; the period is to be made shorter.
MOST_LINES = 20_000


class BreachRefused(Refused):
    """The entry is closed, or not ready to be closed; nothing was written."""


def keeps_breaches(user: User) -> bool:
    """Whether this person writes and reads the breach log."""
    return user.is_manager and user.organisation_kind in KEEPERS


def _keeper(by: User) -> None:
    if not keeps_breaches(by):
        raise PermissionDenied


@transaction.atomic
def open_breach(*, by: User, answers: Mapping[str, Any]) -> Breach:
    """Begin an entry; the 72 hours run from when it was found."""
    _keeper(by)
    breach = Breach.begin(created_by=by)
    _write(breach, answers)
    breach.save(force_insert=True)
    breach.key.save(force_insert=True)
    return breach


@transaction.atomic
def change_breach(breach: Breach, *, by: User, answers: Mapping[str, Any]) -> Breach:
    """Write what is known by now."""
    _keeper(by)
    breach = Breach.objects.select_for_update(of=("self",)).select_related("key").get(pk=breach.pk)
    if breach.closed_at is not None:
        raise BreachRefused
    _write(breach, answers)
    breach.changed_at = clock.now()
    breach.save()
    return breach


def _write(breach: Breach, answers: Mapping[str, Any]) -> None:
    for name, value in answers.items():
        setattr(breach, name, value)


def is_ready_to_close(breach: Breach) -> bool:
    """Judged, and reported where it had to be; consequences and measures are written."""
    judged = breach.judged == Breach.Judged.NO_RISK or (
        breach.judged == Breach.Judged.REPORT and breach.reported_at is not None
    )
    return judged and bool(breach.consequences and breach.measures)


@transaction.atomic
def close_breach(breach: Breach, *, by: User) -> Breach:
    """Nothing more is to be done; the entry stays as it is."""
    _keeper(by)
    breach = Breach.objects.select_for_update(of=("self",)).select_related("key").get(pk=breach.pk)
    if breach.closed_at is not None or not is_ready_to_close(breach):
        raise BreachRefused
    breach.closed_at, breach.closed_by = clock.now(), by
    breach.save(update_fields=["closed_at", "closed_by"])
    return breach


class Exposed(NamedTuple):
    """One case that was seen: its code, which sections were opened, how often, when last; or only listed."""

    code: str
    sections: list[str]
    times: int
    last: datetime
    only_listed: bool


class TooMany(Refused):
    """The period holds more looks than anybody reads."""


@transaction.atomic
def cases_seen_by(*, by: User, user: User | None, session: str, since: datetime, until: datetime) -> list[Exposed]:
    """Whose cases a person, or one session, saw between two moments: by the trail, refused looks left out.

    It reaches beyond the cases that the keeper sees; of each it tells the code and how it was seen, nothing of it.
    """
    _keeper(by)
    if user is None and not session:
        raise PermissionDenied
    who = Q(session=session) if session else Q()
    if user is not None:
        who &= Q(user_id=user.pk)
    with acting_as_system("archive"):
        lines = Look.objects.filter(who, at__gte=since, at__lte=until, outcome=Look.Outcome.DONE)
        rows = list(lines.order_by("at").values_list("case_id", "section", "at", "shown")[: MOST_LINES + 1])
        if len(rows) > MOST_LINES:
            raise TooMany
        found = _by_case(rows)
        codes = dict(Case.objects.filter(pk__in=found).values_list("pk", "code"))
    looks.record(by, None, "", "search", "cases:breach-seen", shown=sorted(codes))
    exposed = [one._replace(code=f"{codes[pk][:4]}-{codes[pk][4:]}") for pk, one in found.items() if pk in codes]
    return sorted(exposed, key=lambda one: one.last, reverse=True)


def _by_case(rows: list[tuple[UUID | None, str, datetime, list[UUID] | None]]) -> dict[UUID, Exposed]:
    found: dict[UUID, Exposed] = {}
    for case_id, section, at, shown in rows:
        for pk in shown or ():
            before = found.get(pk)
            found[pk] = before._replace(last=at) if before else Exposed("", [], 0, at, True)
        if case_id is not None:
            before = found.get(case_id, Exposed("", [], 0, at, True))
            sections = sorted({*before.sections, section} - {""})
            found[case_id] = Exposed("", sections, before.times + 1, at, False)
    return found
