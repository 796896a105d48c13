"""Step 10: the person comes home, and gets what the plan promised."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from cases import emails
from cases import permissions as may
from cases.actions import add_document, locked, move, record_event, stop_hold
from cases.models import Case, Document
from cases.permissions import Relation, Section
from partners.models import Organisation, User
from reintegration.actions.departure import report
from reintegration.actions.follow_up import lay_schedule
from reintegration.actions.watch import end_watch, open_for
from reintegration.journey import arrival_zone, departure_day, journey_of, page
from reintegration.models import Arrival, Delivery, ImmediateSupport


@transaction.atomic
def confirm_arrival(case: Case, *, by: User, arrival: Arrival, support: Iterable[str] = ()) -> Case:
    """The person was met or reached: the watch ends and the follow-up begins."""
    case = locked(case)
    stands_in = by.organisation_kind == Organisation.Kind.IOM_HELSINKI
    if stands_in and not arrival.stood_in_reason:
        raise ValidationError({"stood_in_reason": _("Write why you confirm it in the local office's place.")})
    journey = journey_of(case)
    arrived_on = arrival.at.astimezone(ZoneInfo(arrival_zone(case, journey))).date()
    left_on = case.departed_on or departure_day(journey) or arrived_on
    was_unconfirmed = case.departed_on is None
    case = move(
        case,
        "confirm_arrival",
        by=by,
        past_fact=True,
        changes={"arrived_on": arrived_on, "departed_on": left_on, "expected_at": None},
    )
    arrival.case, arrival.round, arrival.created_by = case, case.round, by
    arrival.save(force_insert=True)
    ImmediateSupport.objects.bulk_create(
        [ImmediateSupport.begin(case, by=by, kind=kind, given_on=arrived_on) for kind in dict.fromkeys(support)]
    )
    end_watch(case)
    if case.held_until is not None:
        stop_hold(case, by)
    lay_schedule(case, arrived_on, by=by)
    if was_unconfirmed:
        report(case, "departed", left_on.isoformat())
    report(case, "met", arrived_on.isoformat())
    emails.notify(case, emails.partners_of(case), "arrived")
    others = Relation.SUPPORTING if stands_in else Relation.COORDINATING
    emails.notify(case, emails.responsible_for(case, others), "arrived", page=page(case, "arrival"))
    return case


@transaction.atomic
def save_arrival(case: Case, *, by: User, arrival: Arrival, fields: Iterable[str]) -> Arrival:
    """Write what came after the arrival: first counselling, needs at once, where the person was referred on."""
    case = open_for(case, by, may.SUPPORT)
    arrival.save(update_fields=list(fields))
    record_event(case, "change_arrival", by=by, section=Section.ARRIVAL)
    return arrival


@transaction.atomic
def add_support(case: Case, *, by: User, support: ImmediateSupport) -> ImmediateSupport:
    """Write down what else was given on arrival."""
    case = open_for(case, by, may.SUPPORT)
    support.save(force_insert=True)
    record_event(case, "add_support", by=by, section=Section.ARRIVAL)
    return support


@transaction.atomic
def save_delivery(case: Case, *, by: User, delivery: Delivery, file: UploadedFile | None = None) -> Delivery:
    """Write down something that the plan promised and the person got, with its receipt."""
    case = open_for(case, by, may.SUPPORT)
    if by.organisation_id != case.local_office_id:
        raise PermissionDenied
    verb = "add_delivery" if delivery._state.adding else "change_delivery"
    if file is not None:
        delivery.receipt = add_document(case, by=by, kind=Document.Kind.RECEIPT, file=file, row_id=delivery.pk)
    delivery.save()
    record_event(case, verb, by=by, section=Section.ARRIVAL)
    return delivery
