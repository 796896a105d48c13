"""The stretch from travel to follow-up, walked through the real actions."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from cases.models import Case
from reintegration.actions import arrival as arrivals
from reintegration.actions import departure as departures
from reintegration.actions import journey as journeys
from reintegration.journey import journey_of
from reintegration.models import Arrival, Journey, Leg
from returns_portal import clock
from returns_portal.actor import acting_as

# Where the journey ends, by country of return, and the telephone of whoever waits there.
HOME = {
    "AL": {"to_place": "Tirana", "to_airport": "TIA", "arrives_zone": "Europe/Tirane"},
    "RO": {"to_place": "Bucharest", "to_airport": "OTP", "arrives_zone": "Europe/Bucharest"},
}
PHONES = {"AL": "+355 69 555 00 01", "RO": "+40 72 555 00 01"}
ALL = ("document", "legs", "ticket", "meeting", "wish", "notice", "pack")


def leg(cast: SimpleNamespace, case: Case, departs_at: datetime, hours: float = 3, **fields: Any) -> Leg:
    """Hanna enters a leg from Stockholm to where the local office is."""
    words: dict[str, Any] = {
        "carrier": "SK",
        "number": "1421",
        "from_place": "Stockholm",
        "from_airport": "ARN",
        **HOME.get(case.destination, HOME["AL"]),
        **fields,
    }
    new = Leg.begin(case, by=cast.hanna, departs_at=departs_at, arrives_at=departs_at + timedelta(hours=hours), **words)
    with acting_as(cast.hanna):
        return journeys.save_leg(case, by=cast.hanna, leg=new)


def write(cast: SimpleNamespace, case: Case, **fields: Any) -> Journey:
    """Hanna writes into the journey."""
    journey = journey_of(case) or Journey.begin(case, by=cast.hanna)
    for name, value in fields.items():
        setattr(journey, name, value)
    with acting_as(cast.hanna):
        return journeys.save_journey(case, by=cast.hanna, journey=journey, fields=list(fields))


def document(cast: SimpleNamespace, case: Case, _departs_at: datetime) -> None:
    """A passport that is valid for long."""
    write(
        cast,
        case,
        document_kind=Journey.DocumentKind.PASSPORT,
        document_state=Journey.DocumentState.ISSUED,
        document_expires_on=clock.today() + timedelta(days=900),
    )


def legs(cast: SimpleNamespace, case: Case, departs_at: datetime) -> None:
    """One flight."""
    leg(cast, case, departs_at)


def ticket(cast: SimpleNamespace, case: Case, _departs_at: datetime) -> None:
    """The ticket is issued."""
    with acting_as(cast.hanna):
        journeys.save_ticket(case, by=cast.hanna, state=Journey.TicketState.ISSUED, baggage="One bag, 23 kg")


def meeting(cast: SimpleNamespace, case: Case, _departs_at: datetime) -> None:
    """Where Ilir stands."""
    write(
        cast,
        case,
        meeting_point="Arrivals hall, by the information desk",
        recognition_sign="A blue folder",
        first_night="The guest house of the office",
    )


def wish(cast: SimpleNamespace, case: Case, _departs_at: datetime) -> None:
    """Hanna asks again."""
    with acting_as(cast.hanna):
        journeys.confirm_wish(case, by=cast.hanna, on=clock.today(), asked_by=cast.hanna)


def notice(cast: SimpleNamespace, case: Case, _departs_at: datetime) -> None:
    """Hanna sends the booking notice, Ilir answers."""
    with acting_as(cast.hanna):
        journeys.send_booking_notice(case, by=cast.hanna)
    with acting_as(cast.ilir):
        journeys.answer_booking_notice(case, by=cast.ilir, can_receive=True, **_meeter(cast, case))


def pack(cast: SimpleNamespace, case: Case, _departs_at: datetime) -> None:
    """Ilir opens the hand-over pack and has read it."""
    with acting_as(cast.ilir):
        journeys.open_pack(case, by=cast.ilir)
        journeys.acknowledge_pack(case, by=cast.ilir, **_meeter(cast, case))


def _meeter(cast: SimpleNamespace, case: Case) -> dict[str, str]:
    return {"meeter_name": cast.ilir.name, "meeter_phone": PHONES.get(case.destination, PHONES["AL"])}


STEPS = {
    "document": document,
    "legs": legs,
    "ticket": ticket,
    "meeting": meeting,
    "wish": wish,
    "notice": notice,
    "pack": pack,
}


def prepare_journey(
    cast: SimpleNamespace, case: Case, *, departs_at: datetime | None = None, without: str = ""
) -> Case:
    """Everything that confirming the departure asks for, but the day itself; `without` leaves one thing out."""
    departs_at = departs_at or clock.now() + timedelta(days=10)
    for name in ALL:
        if name != without:
            STEPS[name](cast, Case.objects.get(pk=case.pk), departs_at)
    return Case.objects.get(pk=case.pk)


def depart(cast: SimpleNamespace, case: Case) -> Case:
    """Hanna confirms the departure, an hour after the booked time."""
    case = Case.objects.get(pk=case.pk)
    assert case.departs_at is not None
    with clock.moved_to(case.departs_at + timedelta(hours=1)), acting_as(cast.hanna):
        return departures.confirm_departure(case, by=cast.hanna)


def arrive(cast: SimpleNamespace, case: Case) -> Case:
    """Ilir meets the person half an hour after the booked arrival."""
    case = Case.objects.get(pk=case.pk)
    assert case.expected_at is not None
    met_at = case.expected_at + timedelta(minutes=30)
    with clock.moved_to(met_at + timedelta(minutes=15)), acting_as(cast.ilir):
        arrival = Arrival.begin(case, by=cast.ilir, was_met=True, how=Arrival.How.MET, at=met_at)
        arrival.met_by, arrival.place, arrival.condition = cast.ilir.name, "Arrivals hall", "Tired, and glad to be met."
        return arrivals.confirm_arrival(case, by=cast.ilir, arrival=arrival, support=["reception", "food"])
