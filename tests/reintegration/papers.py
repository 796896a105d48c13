"""A case with something on every paper of the later chapters: rows by hand where no step asks for them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

from cases.models import Case
from reintegration.demo.assessment import add_item, add_risk
from reintegration.models import (
    ClosingReport,
    Contact,
    Delivery,
    FeedbackReport,
    Journey,
    Leg,
    Need,
    Plan,
    PlanItem,
    Risk,
)
from returns_portal import clock
from returns_portal.actor import acting_as

NOON = datetime(2026, 12, 8, 11, 0, tzinfo=UTC)


def book(cast: SimpleNamespace, case: Case) -> Journey:
    """Two flights by way of Vienna, somebody with a sign at the end of them."""
    with acting_as(cast.hanna):
        journey = Journey.begin(
            case,
            by=cast.hanna,
            document_kind=Journey.DocumentKind.PASSPORT,
            document_state=Journey.DocumentState.ISSUED,
            document_expires_on=clock.today() + timedelta(days=400),
            ticket_state=Journey.TicketState.ISSUED,
            ticket_issued_at=clock.now(),
            baggage="One bag, 23 kg",
            escort_kind=Journey.EscortKind.OPERATIONAL,
            assistance_arrival=True,
            fitness_valid_until=clock.today() + timedelta(days=30),
            expected_exit_at=NOON + timedelta(hours=6),
        )
        journey.escort_name = "Eva Ek"
        journey.recognition_sign, journey.meeting_point = "A yellow folder", "Café by door 3, arrivals hall"
        journey.first_night, journey.onward_transport = "Rruga e Dibrës 41", "The office's own car"
        journey.meeter_name, journey.meeter_phone = "Arta Hoxha", "+355 69 555 12 12"
        journey.fitness_note = "May fly with medicine."
        journey.save()
        for order, (number, start, end, hours, zones) in enumerate(
            (
                (
                    "OS 318",
                    ("Stockholm Arlanda", "ARN"),
                    ("Wien", "VIE"),
                    (0, 2),
                    ("Europe/Stockholm", "Europe/Vienna"),
                ),
                ("OS 849", ("Wien", "VIE"), ("Tirana", "TIA"), (3, 5), ("Europe/Vienna", "Europe/Tirane")),
            ),
            start=1,
        ):
            Leg.begin(
                case,
                by=cast.hanna,
                journey=journey,
                order=order,
                carrier=number[:2],
                number=number[3:],
                from_place=start[0],
                from_airport=start[1],
                to_place=end[0],
                to_airport=end[1],
                departs_at=NOON + timedelta(hours=hours[0]),
                arrives_at=NOON + timedelta(hours=hours[1]),
                departs_zone=zones[0],
                arrives_zone=zones[1],
            ).save()
    return journey


def widen(cast: SimpleNamespace, case: Case) -> Plan:
    """More than one line in plan and register."""
    add_item(
        cast,
        case,
        90_000,
        activity="microbusiness",
        currency="ALL",
        rate_to_sek=Decimal("0.1137"),
        rate_on=clock.today(),
        is_in_kind=False,
        instalment=3,
        start_on=clock.today() + timedelta(days=20),
        due_on=clock.today() + timedelta(days=80),
    )
    risk = add_risk(cast, case, category=Risk.Category.PARTNER, likelihood=4, severity=4)
    add_risk(cast, case, category=Risk.Category.LEAK, phase=Risk.Phase.SWEDEN)
    with acting_as(cast.hanna):
        risk.description, risk.owner = "A former partner lives in the same town.", cast.ilir
        risk.measure = "Another town for the first month."
        risk.save()
    return Plan.objects.of(case).get(is_current=True)


def report(cast: SimpleNamespace, case: Case, level: str = "summary") -> FeedbackReport:
    """A released report of the first month."""
    with acting_as(cast.hanna):
        row = FeedbackReport.begin(
            case,
            by=cast.hanna,
            kind=FeedbackReport.Kind.MONTH_1,
            level=level,
            state=FeedbackReport.State.RELEASED,
            released_at=clock.now(),
            released_by=cast.hanna,
        )
        row.text = "Housing: good.\nThe bakery's oven is bought."
        row.her_words, row.her_words_released = "Thank you, Sara.", True
        row.save()
    return row


def closing(cast: SimpleNamespace, case: Case) -> ClosingReport:
    """A contact, a delivery and the end of the programme."""
    need = Need.objects.of(case).first()
    item = PlanItem.objects.filter(plan__case=case, plan__is_current=True).first()
    with acting_as(cast.hanna):
        contact = Contact.begin(
            case,
            by=cast.ilir,
            label=Contact.Label.DAY_2,
            due_on=clock.today(),
            held_at=clock.now(),
            held_by=cast.ilir,
        )
        contact.needs_met = {str(need.pk): "yes"} if need else {}
        contact.save()
        Delivery.begin(case, by=cast.ilir, plan_item=item, amount=Decimal(4000), delivered_on=clock.today()).save()
        row = ClosingReport.begin(
            case,
            by=cast.hanna,
            reason=ClosingReport.Reason.PROGRAMME_OVER,
            released_at=clock.now(),
            released_by=cast.hanna,
        )
        row.text = "A long story that stays here."
        row.save()
    return row
