"""The arrival watch as people see it: how long until somebody is expected, who was told, who takes care of it."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, F, Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases.actions import may_take
from cases.cards import Card, Traveller, beside_travellers, case_card
from cases.clocks import after, reminders_of
from cases.models import Case, ClockRule
from cases.permissions import Relation, Section
from cases.states import State
from partners.models import Organisation, User
from reintegration import zones
from reintegration.models import ArrivalAlarm, Leg, NotMetProtocol
from returns_portal import clock

if TYPE_CHECKING:
    from django.db.models import QuerySet

ON_THE_WAY = (State.TRAVEL, State.IN_TRANSIT)
# The rungs of an alarm that counts: of this round, for the time that holds now, not closed.
OF_NOW = Q(round=F("case__round"), expected_at=F("case__expected_at"), closed_at__isnull=True)
# An answer counts while whoever gave it is still there to act: active, at the case's local office or IOM Helsinki.
ANSWER_STANDS = Q(
    Q(acknowledged_by__organisation=F("case__local_office"))
    | Q(acknowledged_by__organisation__kind=Organisation.Kind.IOM_HELSINKI),
    acknowledged_at__isnull=False,
    acknowledged_by__is_active=True,
    acknowledged_by__organisation__is_active=True,
)
THE_END = datetime(9000, 1, 1, tzinfo=UTC)

# Whom a rung of the rule tells, in words.
WHOM = {
    "local_office": gettext_lazy("the local office"),
    "local": gettext_lazy("who answers for the case at the local office"),
    "local_managers": gettext_lazy("the local office's managers"),
    "coordinating": gettext_lazy("IOM Helsinki"),
    "coordinator": gettext_lazy("who answers for the case at IOM Helsinki"),
    "coordinating_managers": gettext_lazy("IOM Helsinki's managers"),
    "approving": gettext_lazy("Länsstyrelsen"),
    "approving_managers": gettext_lazy("Länsstyrelsen's managers"),
    "referring": gettext_lazy("who referred the person"),
    "referring_managers": gettext_lazy("the managers of the referring organisation"),
}


def is_on_the_way(case: Case) -> bool:
    """Whether the person travels: the departure is confirmed, or its booked time has passed."""
    return case.state == State.IN_TRANSIT or (case.state == State.TRAVEL and case.has_departed)


def span(left: timedelta) -> str:
    """A span of time in its two largest units: "3 h 20 min", "2 days 4 h"."""
    minutes = round(abs(left).total_seconds() / 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        parts = [ngettext("%(n)d day", "%(n)d days", days) % {"n": days}, _("%(n)d h") % {"n": hours}]
    else:
        parts = [_("%(n)d h") % {"n": hours}] if hours else []
        parts.append(_("%(n)d min") % {"n": minutes})
    return " ".join(parts)


@dataclass(frozen=True)
class Countdown:
    """How long until a moment, or since; and the words in which a script may count on."""

    at: datetime

    @property
    def left(self) -> timedelta:
        """How long it is; negative once it has passed."""
        return self.at - clock.now()

    @property
    def is_past(self) -> bool:
        """Whether the moment has passed."""
        return self.left < timedelta(0)

    @property
    def words(self) -> str:
        """ "Expected in 3 h 20 min", "Expected 2 h 10 min ago"."""
        return self._ago(span(self.left)) if self.is_past else self._ahead(span(self.left))

    @property
    def minutes(self) -> int | None:
        """Whole minutes, for a script; None where a day and more is left, which nobody watches by the minute."""
        minutes = round(self.left.total_seconds() / 60)
        return minutes if abs(minutes) < 1440 else None

    @property
    def pattern(self) -> dict[str, str]:
        """The same words with # where numbers stand."""
        return {
            "ahead": self._ahead("#"),
            "ago": self._ago("#"),
            "h": (_("%(n)d h") % {"n": 0}).replace("0", "#"),
            "min": (_("%(n)d min") % {"n": 0}).replace("0", "#"),
        }

    def _ahead(self, left: str) -> str:
        return _("Expected in %(left)s") % {"left": left}

    def _ago(self, left: str) -> str:
        return _("Expected %(left)s ago") % {"left": left}


@dataclass(frozen=True)
class Rung:
    """One rung of the ladder: whom it tells and when; once it has rung, who was told and who takes care of it."""

    number: int
    at: datetime
    whom: str
    when: str
    alarm: ArrivalAlarm | None = None
    told: tuple[str, ...] = ()


@dataclass(frozen=True)
class Watch:
    """The watch over one arrival."""

    id: UUID
    expected_at: datetime
    zone: str
    alarms: list[ArrivalAlarm] = field(default_factory=list)
    rungs: list[Rung] = field(default_factory=list)
    protocol: NotMetProtocol | None = None

    @property
    def countdown(self) -> Countdown:
        """How long it is."""
        return Countdown(self.expected_at)

    @property
    def readings(self) -> list[zones.Reading]:
        """The expected time where the person arrives, and in Stockholm."""
        return zones.readings(self.expected_at, self.zone)

    @property
    def waiting(self) -> ArrivalAlarm | None:
        """The alarm that nobody has answered, or nobody who is still there."""
        return next((alarm for alarm in reversed(self.alarms) if not alarm.answer_stands), None)

    @property
    def answered(self) -> ArrivalAlarm | None:
        """The alarm by whose answer somebody takes care of it."""
        return next((alarm for alarm in reversed(self.alarms) if alarm.answer_stands), None)

    @property
    def next(self) -> Rung | None:
        """Who is told next if nobody answers; nobody, once somebody has."""
        if self.answered is not None:
            return None
        return next((rung for rung in self.rungs if rung.alarm is None and rung.at > clock.now()), None)

    @property
    def kind(self) -> str:
        """The colour: the word beside it says the same."""
        if self.waiting is not None or self.protocol is not None:
            return "danger"
        return "warn" if self.countdown.is_past else "turn"


def protocol_of(case: Case) -> NotMetProtocol | None:
    """The protocol that runs because the person was not met; none once the case has moved on."""
    if case.state not in ON_THE_WAY:
        return None
    return NotMetProtocol.objects.of(case).filter(ended_at__isnull=True).select_related("created_by").first()


def watch_of(case: Case) -> Watch | None:
    """The watch over this case's arrival with every rung and the people told; None where nobody is expected."""
    if case.state not in ON_THE_WAY or case.expected_at is None:
        return None
    alarms = _alarms([case.pk])[case.pk]
    for alarm in alarms:
        alarm.case = case
    zone = _zones([case.pk]).get(case.pk) or zones.zone_of(case.destination)
    rungs = _rungs(case.destination, case.expected_at, zone, alarms, _names(alarms))
    return Watch(case.pk, case.expected_at, zone, alarms, rungs, protocol_of(case))


def watches(travellers: Sequence[Traveller]) -> dict[UUID, Watch]:
    """The watches over these cases; as many statements for one as for a hundred."""
    expected = [one for one in travellers if one.expected_at is not None]
    ids = [one.id for one in expected]
    if not ids:
        return {}
    alarms, places = _alarms(ids), _zones(ids)
    running = NotMetProtocol.objects.filter(
        case__in=ids, round=F("case__round"), ended_at__isnull=True, case__state__in=ON_THE_WAY
    )
    protocols = {row.case_id: row for row in running.select_related("created_by")}
    found = {}
    for one in expected:
        zone = places.get(one.id) or zones.zone_of(one.destination)
        found[one.id] = Watch(one.id, one.expected_at, zone, alarms[one.id], [], protocols.get(one.id))
    return found


def history_of(case: Case) -> list[tuple[ArrivalAlarm, tuple[str, ...]]]:
    """The rungs that rang for earlier times, or before it was known where the person is, each with whom it told."""
    alarms = ArrivalAlarm.objects.of(case).select_related("acknowledged_by")
    if case.state in ON_THE_WAY:
        alarms = alarms.filter(closed_at__isnull=False)
    found = list(alarms)
    names = _names(found)
    for alarm in found:
        alarm.case = case
    return [(alarm, _told(alarm, names)) for alarm in found]


def with_answers(alarms: "QuerySet[ArrivalAlarm]") -> "QuerySet[ArrivalAlarm]":
    """These alarms, each with who answered it and whether that answer still counts (`answer_stands`)."""
    stands = ExpressionWrapper(ANSWER_STANDS, output_field=BooleanField())
    return alarms.select_related("acknowledged_by").annotate(answer_stands=stands)  # type: ignore[no-redef]  # declared there


def tops(ids: Collection[UUID] | None = None) -> dict[UUID, int]:
    """The highest rung that somebody has answered, by case; no higher one rings."""
    answered = ArrivalAlarm.objects.filter(OF_NOW, ANSWER_STANDS, case__state__in=ON_THE_WAY)
    if ids is not None:
        answered = answered.filter(case__in=ids)
    return dict(answered.order_by().values_list("case_id").annotate(Max("rung")))


def _alarms(ids: list[UUID]) -> dict[UUID, list[ArrivalAlarm]]:
    found: dict[UUID, list[ArrivalAlarm]] = defaultdict(list)
    rows = ArrivalAlarm.objects.filter(OF_NOW, case__in=ids, case__state__in=ON_THE_WAY).order_by("rung")
    for alarm in with_answers(rows):
        found[alarm.case_id].append(alarm)
    return found


def _zones(ids: list[UUID]) -> dict[UUID, str]:
    """Where each of these journeys ends: the zone of its last leg."""
    legs = Leg.objects.filter(case__in=ids, round=F("case__round"), is_marked=False).order_by("order")
    return dict(legs.values_list("case_id", "arrives_zone"))


def _names(alarms: Sequence[ArrivalAlarm]) -> dict[UUID, str]:
    """The names of those who were told."""
    told = {pk for alarm in alarms for pk in alarm.told}
    return dict(User.objects.filter(pk__in=told).values_list("pk", "name")) if told else {}


def _told(alarm: ArrivalAlarm, names: dict[UUID, str]) -> tuple[str, ...]:
    return tuple(sorted(names[pk] for pk in alarm.told if pk in names))


def _whom(words: Sequence[str]) -> str:
    """Whom a rung tells: "the local office and IOM Helsinki"."""
    named = [str(WHOM[word]) for word in words if word in WHOM]
    return reduce(lambda one, other: _("%(one)s and %(other)s") % {"one": one, "other": other}, named) if named else ""


def _rungs(
    destination: str, expected_at: datetime, zone: str, alarms: Sequence[ArrivalAlarm], names: dict[UUID, str]
) -> list[Rung]:
    """The whole ladder by the rule as it stands, and what has rung of it."""
    rule = ClockRule.objects.get(code="arrival_watch")
    due = after(expected_at, rule.amount, rule.unit, destination)
    rang = {alarm.rung: alarm for alarm in alarms}
    found = []
    for reminder in reminders_of(rule, Case(destination=destination), due, THE_END):
        alarm = rang.get(reminder.rung)
        at = alarm.rung_at if alarm else reminder.at
        told = _told(alarm, names) if alarm else ()
        whom = _whom(reminder.to)
        found.append(Rung(reminder.rung, at, whom, zones.in_words(at, [zone]), alarm, told))
    return found


@dataclass(frozen=True)
class Shown:
    """A watch on the case page, as one reader may see it."""

    case: Case
    watch: Watch
    may_act: bool
    may_read: bool


@case_card
def alarm_card(case: Case, user: User) -> Card | None:
    """The watch, for who may act on it, restricted processing or not; for Länsstyrelsen that nobody was met yet."""
    watch = watch_of(case)
    if watch is None:
        return None
    access = case.access_for(user)
    may_act = may_take(case, "confirm_arrival", user)
    if may_act:
        shown = Shown(case, watch, is_on_the_way(case), access.may_read(Section.ARRIVAL))
        return Card("reintegration/arrival/_card.html", shown)
    if access.relation == Relation.APPROVING and watch.alarms:
        return Card("reintegration/arrival/_line.html", Shown(case, watch, False, False))
    return None


@beside_travellers
def watch_lines(travellers: Sequence[Traveller]) -> dict[UUID, Card]:
    """The watch beside each one who is on the way, on Today and on the board."""
    return {pk: Card("reintegration/arrival/_beside.html", watch) for pk, watch in watches(travellers).items()}
