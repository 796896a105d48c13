"""Step 9: the journey is prepared, block by block, until the person leaves."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from cases import emails, pdfs
from cases import permissions as may
from cases.actions import StepRefused, add_document, locked, record_event
from cases.guards import Blocker
from cases.models import Case, Document
from cases.permissions import OPEN_IN, Relation, Section
from cases.states import State
from partners.models import User
from reintegration.actions.needs import confirm_reception
from reintegration.actions.watch import move_watch
from reintegration.journey import is_notice_late, journey_of, page, ticket_missing
from reintegration.models import Journey, Leg
from returns_portal import clock

READY_HOURS = (72, 24)


def begin_change(case: Case, by: User) -> tuple[Case, Journey]:
    """The case, locked, and its journey, begun where there is none; only for IOM Helsinki while the step is open."""
    case = locked(case)
    if not case.access_for(by).holds(may.COORDINATE):
        raise PermissionDenied
    if case.state not in OPEN_IN[Section.JOURNEY]:
        raise StepRefused(case, "change_journey")
    journey = journey_of(case)
    if journey is None:
        Journey.begin(case, by=by).save(force_insert=True)
        journey = journey_of(case)
        assert journey is not None
    return case, journey


@transaction.atomic
def save_journey(
    case: Case, *, by: User, journey: Journey, fields: Iterable[str], copy: UploadedFile | None = None
) -> Journey:
    """Write one block of the journey, with a copy of the travel document; what stands in other blocks stays."""
    case, present = begin_change(case, by)
    fields = list(fields)
    for name in fields:
        setattr(present, name, getattr(journey, name))
    present.save(update_fields=fields)
    if copy is not None:
        add_document(case, by=by, kind=Document.Kind.TRAVEL_DOCUMENT, file=copy, row_id=present.pk)
    changed(case, present, by, "change_journey", tells_office=bool(MATTERS_TO_OFFICE & set(fields)))
    return present


# What the one who meets the person must know.
MATTERS_TO_OFFICE = {
    "recognition_sign",
    "meeting_point",
    "first_night",
    "onward_transport",
    "expected_exit_at",
    "escort_kind",
    "escort_name",
    "assistance_arrival",
    "assistance_note",
}


@transaction.atomic
def save_leg(case: Case, *, by: User, leg: Leg) -> Leg:
    """Add a leg at the end, or change one."""
    case, journey = begin_change(case, by)
    is_new = leg._state.adding
    leg.case, leg.journey = case, journey
    if is_new:
        leg.order = max((other.order for other in journey.legs.all()), default=0) + 1
    leg.save()
    _legs_changed(case, by, "add_leg" if is_new else "change_leg")
    return leg


@transaction.atomic
def remove_leg(case: Case, *, by: User, leg: Leg) -> None:
    """Take a leg out of the journey."""
    case, journey = begin_change(case, by)
    if journey.is_issued and journey.booked_legs == [leg]:
        raise StepRefused(case, "", [Blocker(_("A ticket is issued. Take that back first."), page(case, "ticket"))])
    leg.delete()
    _legs_changed(case, by, "remove_leg")


def _legs_changed(case: Case, by: User, verb: str) -> None:
    journey = journey_of(case)
    assert journey is not None
    last = journey.last_leg
    if journey.expected_exit_at is not None and (
        last is None or not last.arrives_at <= journey.expected_exit_at <= last.arrives_at + timedelta(hours=12)
    ):
        journey.expected_exit_at = None
        journey.save(update_fields=["expected_exit_at"])
    changed(case, journey, by, verb, tells_office=True)


def changed(case: Case, journey: Journey, by: User, verb: str, *, tells_office: bool = False) -> None:
    """After every change: the case's facts, the papers, and what the local office must read again."""
    write_facts(case, journey)
    if tells_office and journey.is_issued:
        queue_papers(case, journey)
        if journey.pack_acknowledged_at and case.state == State.TRAVEL:
            ask_to_read_again(journey)
        if journey.booking_notice_sent_at:
            people = emails.responsible_for(case, Relation.SUPPORTING)
            emails.notify(case, people, "journey_changed", page=page(case, "hand-over"), is_safety=True)
    record_event(case, verb, by=by, section=Section.JOURNEY)


def write_facts(case: Case, journey: Journey) -> None:
    """Write on the case when the person leaves and is expected: from the ticket's day on the arrival is watched.

    Whoever may be travelling stays watched, whatever becomes of ticket and legs: only an arrival, a report that the
    person did not travel, or the end of the case ends that.
    """
    first = journey.first_leg
    may_travel = case.expected_at is not None and (case.state == State.IN_TRANSIT or case.has_departed)
    is_watched = journey.is_issued or case.state == State.IN_TRANSIT or may_travel
    expected_at = journey.expected_at if is_watched else None
    if not may_travel or first is not None:
        case.departs_at = first.departs_at if first else None
    if not may_travel or expected_at is not None:
        case.expected_at = expected_at
    Case.objects.filter(pk=case.pk).update(departs_at=case.departs_at, expected_at=case.expected_at)
    move_watch(case)


def queue_papers(case: Case, journey: Journey) -> None:
    """Have the hand-over pack and the person's own card made anew."""
    for name in ("hand_over_pack", "journey_card"):
        pdfs.queue(case, name, row=journey.pk)


def ask_to_read_again(journey: Journey) -> None:
    """What was read no longer holds: the pack is to be opened and acknowledged anew."""
    journey.pack_opened_at = journey.pack_opened_by = None
    journey.pack_acknowledged_at = journey.pack_acknowledged_by = None
    journey.save(update_fields=["pack_opened_at", "pack_opened_by", "pack_acknowledged_at", "pack_acknowledged_by"])


@transaction.atomic
def save_ticket(case: Case, *, by: User, state: str, baggage: str = "", file: UploadedFile | None = None) -> Journey:
    """Say how far the ticket has come. Issued only when the local office can receive and no risk is at hold."""
    case, journey = begin_change(case, by)
    becomes_issued = state == Journey.TicketState.ISSUED and not journey.is_issued
    if becomes_issued and (missing := list(ticket_missing(case, journey))):
        raise StepRefused(case, "issue_ticket", missing)
    journey.ticket_state, journey.baggage = state, baggage
    if becomes_issued:
        journey.ticket_issued_at, journey.ticket_issued_by = clock.now(), by
    elif state != Journey.TicketState.ISSUED:
        journey.ticket_issued_at = journey.ticket_issued_by = None
    journey.save(update_fields=["ticket_state", "baggage", "ticket_issued_at", "ticket_issued_by"])
    if file is not None:
        add_document(case, by=by, kind=Document.Kind.TICKET, file=file, row_id=journey.pk)
    write_facts(case, journey)
    if becomes_issued:
        queue_papers(case, journey)
        people = emails.responsible_for(case, Relation.SUPPORTING)
        emails.notify(case, people, "ticket_issued", page=page(case, "hand-over"))
    record_event(case, "issue_ticket" if becomes_issued else "change_ticket", by=by, section=Section.JOURNEY)
    return journey


@transaction.atomic
def send_booking_notice(case: Case, *, by: User, late_reason: str = "") -> Journey:
    """Tell the local office who comes when; a late notice says why."""
    case, journey = begin_change(case, by)
    if journey.first_leg is None:
        raise StepRefused(case, "", [Blocker(_("The journey has no legs yet."), page(case, "journey"))])
    if is_notice_late(case, journey, clock.today()) and not late_reason:
        raise ValidationError({"late_reason": _("Write why the notice comes late.")})
    journey.booking_notice_sent_at, journey.booking_notice_late_reason = clock.now(), late_reason
    _forget_answer(journey)
    people = emails.responsible_for(case, Relation.SUPPORTING)
    emails.notify(case, people, "booking_notice", page=page(case, "answer-booking"))
    record_event(case, "booking_notice", by=by, section=Section.JOURNEY, note=late_reason)
    return journey


def _forget_answer(journey: Journey) -> None:
    journey.booking_notice_answered_at = journey.booking_notice_answered_by = journey.booking_can_receive = None
    journey.meeter_name = journey.meeter_phone = ""
    journey.save(
        update_fields=[
            "booking_notice_sent_at",
            "booking_notice_late_reason",
            "booking_notice_answered_at",
            "booking_notice_answered_by",
            "booking_can_receive",
            "meeter_name",
            "meeter_phone",
        ]
    )


def office_and_journey(case: Case, by: User) -> tuple[Case, Journey]:
    """The case, locked, and its journey, for the present local office while the journey is prepared or made."""
    case = locked(case)
    if by.organisation_id != case.local_office_id or not case.access_for(by).holds(may.SUPPORT):
        raise PermissionDenied
    journey = journey_of(case)
    if journey is None or case.state not in {State.TRAVEL, State.IN_TRANSIT}:
        raise StepRefused(case, "answer_booking")
    return case, journey


@transaction.atomic
def answer_booking_notice(
    case: Case, *, by: User, can_receive: bool, meeter_name: str = "", meeter_phone: str = "", note: str = ""
) -> Journey:
    """The local office says whether it meets the person, and who does."""
    case, journey = office_and_journey(case, by)
    if journey.booking_notice_sent_at is None:
        raise StepRefused(
            case, "answer_booking", [Blocker(_("No booking notice has been sent."), page(case, "journey"))]
        )
    journey.booking_notice_answered_at, journey.booking_notice_answered_by = clock.now(), by
    journey.booking_can_receive = can_receive
    journey.meeter_name, journey.meeter_phone = meeter_name, meeter_phone
    journey.save(
        update_fields=[
            "booking_notice_answered_at",
            "booking_notice_answered_by",
            "booking_can_receive",
            "meeter_name",
            "meeter_phone",
        ]
    )
    confirm_reception(case, by=by, can_receive=can_receive, note=note)
    verb = "booking_can_receive" if can_receive else "booking_cannot_receive"
    record_event(case, verb, by=by, section=Section.JOURNEY, note=note)
    what = "booking_answered" if can_receive else "booking_declined"
    emails.notify(case, emails.responsible_for(case, Relation.COORDINATING), what, page=page(case, "journey"))
    return journey


def pack_missing(case: Case, journey: Journey | None) -> list[Blocker]:
    """Why there is no hand-over pack to read yet."""
    if journey is None or not journey.is_issued:
        return [Blocker(_("The hand-over pack is ready when the ticket is issued."), page(case, "journey"))]
    return []


@transaction.atomic
def open_pack(case: Case, *, by: User) -> Journey:
    """Somebody at the local office opens the hand-over pack; the first time is kept, every time is logged."""
    case, journey = office_and_journey(case, by)
    if missing := pack_missing(case, journey):
        raise StepRefused(case, "open_pack", missing)
    if journey.pack_opened_at is None:
        journey.pack_opened_at, journey.pack_opened_by = clock.now(), by
        journey.save(update_fields=["pack_opened_at", "pack_opened_by"])
    record_event(case, "open_pack", by=by, section=Section.JOURNEY)
    return journey


@transaction.atomic
def acknowledge_pack(case: Case, *, by: User, meeter_name: str, meeter_phone: str = "") -> Journey:
    """A named person has read the pack and meets the person."""
    case, journey = office_and_journey(case, by)
    if journey.pack_opened_at is None:
        raise StepRefused(
            case, "acknowledge_pack", [Blocker(_("Open and read the hand-over pack first."), page(case, "hand-over"))]
        )
    journey.pack_acknowledged_at, journey.pack_acknowledged_by = clock.now(), by
    journey.meeter_name, journey.meeter_phone = meeter_name, meeter_phone
    journey.save(update_fields=["pack_acknowledged_at", "pack_acknowledged_by", "meeter_name", "meeter_phone"])
    record_event(case, "acknowledge_pack", by=by, section=Section.JOURNEY)
    people = emails.responsible_for(case, Relation.COORDINATING)
    emails.notify(case, people, "pack_acknowledged", page=page(case, "journey"))
    return journey


@transaction.atomic
def confirm_wish(case: Case, *, by: User, on: date, asked_by: User) -> Journey:
    """The person was asked again and still wishes to return."""
    case, journey = begin_change(case, by)
    journey.wish_confirmed_on, journey.wish_asked_by = on, asked_by
    journey.save(update_fields=["wish_confirmed_on", "wish_asked_by"])
    record_event(case, "confirm_wish", by=by, section=Section.JOURNEY)
    return journey


@transaction.atomic
def give_pocket_money(
    case: Case, *, by: User, amount: Decimal, currency: str, file: UploadedFile | None = None
) -> Journey:
    """Pocket money for the journey, with the receipt that the person signed."""
    case, journey = begin_change(case, by)
    journey.pocket_money_amount, journey.pocket_money_currency = amount, currency
    if file is not None:
        journey.pocket_money_receipt = add_document(
            case, by=by, kind=Document.Kind.RECEIPT, file=file, row_id=journey.pk
        )
    journey.save(update_fields=["pocket_money_amount", "pocket_money_currency", "pocket_money_receipt"])
    record_event(case, "give_pocket_money", by=by, section=Section.JOURNEY)
    return journey


@transaction.atomic
def check_ready(case: Case, *, by: User, hours: int) -> Journey:
    """Everything was looked through once more, 72 or 24 hours before the departure."""
    case, journey = begin_change(case, by)
    if hours not in READY_HOURS:
        raise PermissionDenied
    if case.departs_at is None or case.departs_at - timedelta(hours=hours) > clock.now():
        words = {"hours": hours}
        sentence = _("This check is made from %(hours)d hours before the departure.") % words
        raise StepRefused(case, "", [Blocker(sentence, page(case, "journey"))])
    setattr(journey, f"ready_{hours}h_at", clock.now())
    setattr(journey, f"ready_{hours}h_by", by)
    journey.save(update_fields=[f"ready_{hours}h_at", f"ready_{hours}h_by"])
    record_event(case, f"ready_{hours}h", by=by, section=Section.JOURNEY)
    return journey


def ask_new_office(case: Case, by: User) -> None:
    """A new local office answers the booking notice and reads the pack itself."""
    journey = journey_of(case)
    if journey is None or case.state not in {State.ASSESSMENT, State.TRAVEL, State.IN_TRANSIT}:
        return
    _forget_answer(journey)
    ask_to_read_again(journey)
    if journey.booking_notice_sent_at is not None:
        people = emails.people_in(case.local_office)
        emails.notify(case, people, "booking_notice", page=page(case, "answer-booking"))
