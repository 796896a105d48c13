"""The arrival watch: alarms that somebody answers, and the protocol of who was not met (process, sections 2 and 5)."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from cases import emails
from cases import permissions as may
from cases.actions import StepRefused, locked, record_event
from cases.actions.remind import Told, alongside
from cases.guards import Blocker
from cases.models import Case
from cases.permissions import OPEN_IN, Section
from partners.models import Organisation, User
from reintegration.journey import page
from reintegration.models import ArrivalAlarm, ArrivalAttempt, NotMetProtocol, NotMetTick
from reintegration.watch import ON_THE_WAY, is_on_the_way, protocol_of, tops, with_answers
from returns_portal import clock
from returns_portal.ui import moment_in_words


class SomebodyWasFirst(StepRefused):
    """Two people did the same at once: the second one is told who was first."""

    def __init__(self, case: Case, verb: str, what: str, who: User | None, at: datetime) -> None:
        super().__init__(case, verb)
        self.what, self.who, self.at = what, who, at

    @property
    def moved_on(self) -> str:
        """Who was first, with what, and when."""
        who = self.who.name if self.who else _("the portal")
        words = {"who": who, "what": self.what, "when": moment_in_words(self.at)}
        return _("%(who)s was first: %(what)s (%(when)s).") % words


def open_for(case: Case, by: User, *codenames: str) -> Case:
    """The case, locked, for whoever holds one of these rights, while step 10 is open."""
    case = locked(case)
    if not case.access_for(by).codenames & set(codenames):
        raise PermissionDenied
    if case.state not in OPEN_IN[Section.ARRIVAL]:
        raise StepRefused(case, "change_arrival")
    return case


def sound_the_alarm(told: Told) -> None:
    """Each rung stands in the case, with whom it told, until somebody answers it.

    Asked again with the cases locked: an answer, a move or an arrival may have come since the clock was read.
    """
    rows = Case.objects.select_for_update(no_key=True).filter(pk__in={one.case.pk for one in told})
    expected = dict(rows.filter(state__in=ON_THE_WAY).order_by("pk").values_list("pk", "expected_at"))
    answered = tops(expected)
    told = {
        one: users
        for one, users in told.items()
        if expected.get(one.case.pk) == one.running.start
        and one.reminder.rung <= answered.get(one.case.pk, one.reminder.rung)
    }
    people = {(one.case.pk, one.reminder.rung): list(dict.fromkeys(user.pk for user in told[one])) for one in told}
    ArrivalAlarm.objects.bulk_create(
        [
            ArrivalAlarm.begin(
                one.case,
                by=None,
                rung=one.reminder.rung,
                expected_at=one.running.start,
                told=people[one.case.pk, one.reminder.rung],
            )
            for one in told
        ],
        ignore_conflicts=True,
    )
    standing = ArrivalAlarm.objects.filter(
        case__in={one.case.pk for one in told}, closed_at__isnull=True, expected_at__in={o.running.start for o in told}
    )
    for alarm in standing.only("case_id", "rung", "told"):
        # Whoever came to the case since then has been told as well.
        later = [pk for pk in people.get((alarm.case_id, alarm.rung), ()) if pk not in alarm.told]
        if later:
            ArrivalAlarm.objects.filter(pk=alarm.pk).update(told=[*alarm.told, *later])


alongside["arrival_watch"] = sound_the_alarm


@transaction.atomic
def answer_alarm(case: Case, *, by: User, alarm: ArrivalAlarm, note: str = "") -> ArrivalAlarm:
    """Somebody takes care of it: the alarm climbs no higher, and stays in sight until the person is met."""
    case = open_for(case, by, may.SUPPORT, may.COORDINATE)
    alarm = with_answers(ArrivalAlarm.objects.of(case)).get(pk=alarm.pk)
    alarm.case = case
    if alarm.acknowledged_at is not None and (alarm.answer_stands or alarm.closed_at is not None):
        what = _("takes care of the alarm")
        raise SomebodyWasFirst(case, "answer_alarm", what, alarm.acknowledged_by, alarm.acknowledged_at)
    if alarm.closed_at is not None or alarm.expected_at != case.expected_at:
        sentence = _("This alarm is over: the expected time has moved, or it is known where the person is.")
        raise StepRefused(case, "answer_alarm", [Blocker(sentence, case.get_absolute_url())])
    # Who answers one rung has heard them all, and follows whoever answered and has left; the timeline keeps both.
    standing = ArrivalAlarm.objects.of(case).filter(expected_at=alarm.expected_at, closed_at__isnull=True)
    for one in with_answers(standing):
        if one.answer_stands:
            continue
        one.case = case
        one.acknowledged_at, one.acknowledged_by, one.note = clock.now(), by, note
        one.save(update_fields=["acknowledged_at", "acknowledged_by", "note"])
    record_event(case, "answer_alarm", by=by, section=Section.ARRIVAL, note=note)
    alarm.refresh_from_db(fields=["acknowledged_at", "acknowledged_by"])
    return alarm


def move_watch(case: Case) -> None:
    """The expected time may have moved: alarms of another time are history, and so is a search before its time.

    Whoever was alarmed or searched is told that this is over: both offices, once for each move.
    """
    standing = ArrivalAlarm.objects.of(case).filter(closed_at__isnull=True)
    if case.expected_at is not None:
        standing = standing.exclude(expected_at=case.expected_at)
    ended = standing.update(closed_at=clock.now())
    if case.expected_at is None or case.expected_at > clock.now():
        ended += _end_protocol(case)
    if ended:
        people = [*emails.people_in(case.local_office), *emails.people_in(Organisation.objects.iom_helsinki())]
        emails.notify(case, people, "watch_moved", page=page(case, "arrival"), is_safety=True)


def end_watch(case: Case) -> None:
    """It is known where the person is: nobody need answer, and nobody looks any more."""
    ArrivalAlarm.objects.of(case).filter(closed_at__isnull=True).update(closed_at=clock.now())
    _end_protocol(case)


def _end_protocol(case: Case) -> int:
    return NotMetProtocol.objects.of(case).filter(ended_at__isnull=True).update(ended_at=clock.now())


@transaction.atomic
def report_not_met(case: Case, *, by: User) -> NotMetProtocol:
    """Nobody has met the person: the protocol starts, once, and the other office is told at once."""
    case = open_for(case, by, may.SUPPORT, may.COORDINATE)
    protocol = protocol_of(case)
    if protocol is not None:
        return protocol
    if not is_on_the_way(case):
        sentence = _("The person is not on the way: the booked departure has not come, or the arrival is confirmed.")
        raise StepRefused(case, "report_not_met", [Blocker(sentence, page(case, "arrival"))])
    protocol = NotMetProtocol.begin(case, by=by)
    protocol.save(force_insert=True)
    record_event(case, "report_not_met", by=by, section=Section.ARRIVAL)
    is_at_home = by.organisation_id == case.local_office_id
    office = Organisation.objects.iom_helsinki() if is_at_home else case.local_office
    key = f"not_met:{protocol.pk}"
    emails.notify(case, emails.people_in(office), "not_met", page=page(case, "not-met"), key=key, is_safety=True)
    return protocol


@transaction.atomic
def tick_item(case: Case, *, by: User, item: str) -> NotMetTick:
    """An item of the protocol's list is done."""
    case = open_for(case, by, may.SUPPORT, may.COORDINATE)
    protocol = report_not_met(case, by=by)
    done = NotMetTick.objects.filter(protocol=protocol, item=item).select_related("created_by").first()
    if done is not None:
        raise SomebodyWasFirst(case, "tick_item", _("did this"), done.created_by, done.created_at)
    tick = NotMetTick.begin(case, by=by, protocol=protocol, item=item)
    tick.save(force_insert=True)
    record_event(case, "tick_item", by=by, section=Section.ARRIVAL)
    return tick


@transaction.atomic
def record_arrival_attempt(case: Case, *, by: User, attempt: ArrivalAttempt) -> ArrivalAttempt:
    """Write down one try to find the person; whoever tries knows that nobody was met."""
    case = open_for(case, by, may.SUPPORT, may.COORDINATE)
    if is_on_the_way(case):
        report_not_met(case, by=by)
    attempt.save(force_insert=True)
    record_event(case, "arrival_attempt", by=by, section=Section.ARRIVAL)
    return attempt
