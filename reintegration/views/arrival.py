"""Step 10 on screen, made for a telephone: who comes when, whom to ring, what was given and delivered."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.actions import is_in_time, may_take
from cases.clocks import number
from cases.models import Case
from cases.permissions import Relation, Section
from cases.states import State
from cases.views.lookup import case_for, is_open
from cases.views.registers import record_page
from cases.views.steps import step_page
from partners.http import PortalRequest, reach
from partners.models import Organisation
from reintegration import zones
from reintegration.actions import arrival as actions
from reintegration.assessment import kronor
from reintegration.forms.arrival import AfterArrivalForm, AlarmForm, ArrivalForm, AttemptForm, DeliveryForm, SupportForm
from reintegration.journey import arrival_zone, journey_of, page, time_left
from reintegration.models import Arrival, ArrivalAlarm, ArrivalAttempt, Delivery, ImmediateSupport, Journey, PlanItem
from reintegration.views.journey import LegLine, posted
from reintegration.views.needs import of_the_office
from returns_portal import clock
from returns_portal.ui import HelpLine


def calls(case: Case, journey: Journey | None) -> list[HelpLine]:
    """Whom to ring, the nearest first: who meets the person, the local office, IOM Helsinki."""
    found = []
    if journey is not None and journey.meeter_phone:
        found.append(HelpLine(journey.meeter_name, journey.meeter_phone))
    if case.local_office is not None and case.local_office.phone:
        found.append(HelpLine(case.local_office.name, case.local_office.phone))
    helsinki = Organisation.objects.iom_helsinki()
    if helsinki.phone:
        who = f"{helsinki.name}, {case.coordinator.name}" if case.coordinator else helsinki.name
        found.append(HelpLine(who, (case.coordinator.phone if case.coordinator else "") or helsinki.phone))
    return found


def span(left: timedelta) -> str:
    """A span of time in its two largest units: "3 h 20 min", "2 days 4 h"."""
    minutes = int(abs(left).total_seconds() // 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        parts = [ngettext("%(n)d day", "%(n)d days", days) % {"n": days}, _("%(n)d h") % {"n": hours}]
    else:
        parts = [_("%(n)d h") % {"n": hours}] if hours else []
        parts.append(_("%(n)d min") % {"n": minutes})
    return " ".join(parts)


@dataclass
class PlanLine:
    """An item of the plan beside what was delivered of it."""

    item: PlanItem | None
    delivered: Decimal = Decimal(0)
    rows: list[Delivery] = field(default_factory=list)

    @property
    def planned(self) -> Decimal:
        """What the plan says, in kronor."""
        return self.item.amount_sek if self.item else Decimal(0)

    @property
    def is_over(self) -> bool:
        """Whether more was delivered than planned."""
        return self.item is not None and self.delivered > self.planned

    @property
    def words(self) -> str:
        """Delivered of planned."""
        words = {"delivered": kronor(self.delivered), "planned": kronor(self.planned)}
        return _("%(delivered)s of %(planned)s") % words if self.item else kronor(self.delivered)


def plan_lines(case: Case) -> list[PlanLine]:
    """The present plan's items, and last what is not in it, each with its deliveries: two statements."""
    items = list(PlanItem.objects.of(case).filter(plan__is_current=True))
    deliveries = list(Delivery.objects.of(case).select_related("plan_item"))
    by_line = {item.line: PlanLine(item) for item in items}
    outside = PlanLine(None)
    for row in deliveries:
        row.case = case
        line = by_line.get(row.plan_item.line, outside) if row.plan_item else outside
        line.rows.append(row)
        line.delivered += row.amount_sek
    return [*by_line.values(), *([outside] if outside.rows else [])]


@reach("case")
def arrival(request: PortalRequest, code: str) -> HttpResponse:
    """Before: when, where, whom to ring. After: how the person came, what was given, what was delivered."""
    case = case_for(request, code, read=Section.ARRIVAL)
    journey = journey_of(case)
    context = {
        "case": case,
        "journey": journey,
        "calls": calls(case, journey),
        "is_office": request.access.relation == Relation.SUPPORTING,
        "may_write": is_open(case, Section.ARRIVAL, request.access) and request.access.relation == Relation.SUPPORTING,
        **(_after(case) if case.arrived_on else _before(request, case, journey)),
    }
    return render(request, "reintegration/arrival/arrival.html", context)


def _before(request: PortalRequest, case: Case, journey: Journey | None) -> dict[str, Any]:
    expected = journey.expected_at if journey else None
    left = time_left(expected) if expected else None
    on_the_way = case.state == State.IN_TRANSIT or (case.state == State.TRAVEL and case.has_departed)
    return {
        "expected": zones.readings(expected, arrival_zone(case, journey)) if expected else [],
        "is_late": left is not None and left < timedelta(0) and on_the_way,
        "is_past": left is not None and left < timedelta(0),
        "left": span(left) if left is not None else "",
        "legs": [LegLine(leg) for leg in journey.booked_legs] if journey else [],
        "may_confirm": on_the_way and may_take(case, "confirm_arrival", request.user),
        "on_the_way": on_the_way,
        "alarms": ArrivalAlarm.objects.of(case).filter(acknowledged_at__isnull=True).count() if on_the_way else 0,
    }


def _after(case: Case) -> dict[str, Any]:
    found = Arrival.objects.of(case).select_related("created_by__organisation").first()
    support = list(ImmediateSupport.objects.of(case))
    for row in (*support, *([found] if found else [])):
        row.case = case
    lines = plan_lines(case)
    planned = sum((line.planned for line in lines), Decimal(0))
    delivered = sum((line.delivered for line in lines), Decimal(0))
    counselling_by = case.arrived_on + timedelta(days=number("first_counselling_days")) if case.arrived_on else None
    return {
        "arrival": found,
        "arrived_at": zones.in_words(found.at, [zones.zone_of(case.destination)]) if found else "",
        "support": support,
        "lines": lines,
        "planned": kronor(planned),
        "delivered": kronor(delivered),
        "is_over_plan": delivered > planned,
        "over_by": kronor(delivered - planned),
        "counselling_by": counselling_by,
        "counselling_late": bool(
            found and not found.first_counselling_on and counselling_by and counselling_by < clock.today()
        ),
    }


@reach("case")
def confirm_arrival(request: PortalRequest, code: str) -> HttpResponse:
    """The person was met, or not met but reached."""
    case = case_for(request, code, step="confirm_arrival")
    journey = journey_of(case)
    stands_in = request.access.relation == Relation.COORDINATING
    form = ArrivalForm(
        posted(request),
        instance=Arrival.begin(case, by=request.user),
        case=case,
        zone=arrival_zone(case, journey),
        stands_in=stands_in,
        initial={"met_by": journey.meeter_name, "place": journey.meeting_point} if journey else {},
    )

    def act(cleaned: dict[str, Any]) -> None:
        actions.confirm_arrival(case, by=request.user, arrival=form.instance, support=cleaned["support"])

    return step_page(
        request,
        case,
        "confirm_arrival",
        form,
        act,
        template="reintegration/arrival/confirm.html",
        context={
            "calls": calls(case, journey),
            "stands_in": stands_in,
            "legs": [LegLine(leg) for leg in journey.booked_legs] if journey else [],
        },
        effects=[
            _("The arrival is no longer watched."),
            _("The contacts of the follow-up are laid out from today's arrival."),
            _("The referring organisation and Länsstyrelsen are told."),
        ],
        success=_("The arrival is confirmed. The Swedish partners have been told."),
        to=page(case, "arrival"),
    )


@reach("case")
def not_met(request: PortalRequest, code: str) -> HttpResponse:
    """Nobody was there: whom to ring, what to try, what has been tried."""
    case = case_for(request, code, write=Section.ARRIVAL)
    journey = journey_of(case)
    attempts = list(ArrivalAttempt.objects.of(case).select_related("created_by"))
    alarms = list(ArrivalAlarm.objects.of(case).select_related("acknowledged_by"))
    for row in (*attempts, *alarms):
        row.case = case
    zone = arrival_zone(case, journey)
    attempt = ArrivalAttempt.begin(case, by=request.user)
    form = AttemptForm(posted(request), instance=attempt, zone=zone)
    return record_page(
        request,
        case,
        form,
        lambda _form: actions.record_arrival_attempt(case, by=request.user, attempt=attempt),
        title=_("The person was not met"),
        submit_label=_("Record the attempt"),
        back=page(case, "not-met"),
        success=_("The attempt is recorded."),
        template="reintegration/arrival/not_met.html",
        context={
            "calls": calls(case, journey),
            "attempts": [(tried, zones.in_words(tried.at, [zone])) for tried in attempts],
            "alarms": alarms,
            "alarm_form": AlarmForm(auto_id="alarm_%s"),
            "may_confirm": is_in_time(case, "confirm_arrival") and may_take(case, "confirm_arrival", request.user),
            "is_helsinki": request.access.relation == Relation.COORDINATING,
            "expected": zones.in_words(case.expected_at, [zone]),
            "cancel_url": page(case, "arrival"),
        },
    )


@reach("case")
def answer_alarm(request: PortalRequest, code: str, row: UUID) -> HttpResponse:
    """Somebody has heard an alarm of the arrival watch."""
    case = case_for(request, code, write=Section.ARRIVAL)
    alarm = get_object_or_404(ArrivalAlarm.objects.of(case), pk=row)
    alarm.case = case
    return record_page(
        request,
        case,
        AlarmForm(posted(request)),
        lambda form: actions.answer_alarm(case, by=request.user, alarm=alarm, **form.cleaned_data),
        title=_("Answer the alarm"),
        submit_label=_("I take care of it"),
        back=page(case, "not-met"),
        success=_("Recorded. Others can see that you take care of it."),
    )


@reach("case")
def after_arrival(request: PortalRequest, code: str) -> HttpResponse:
    """First counselling, needs at once, where the person was referred on."""
    case = case_for(request, code, write=Section.ARRIVAL, side=Relation.SUPPORTING)
    of_the_office(request, case)
    found = get_object_or_404(Arrival.objects.of(case))
    found.case = case
    form = AfterArrivalForm(posted(request), instance=found)
    return record_page(
        request,
        case,
        form,
        lambda _form: actions.save_arrival(case, by=request.user, arrival=found, fields=AfterArrivalForm.Meta.fields),
        title=_("After the arrival"),
        submit_label=_("Save"),
        back=page(case, "arrival"),
        success=_("Saved."),
    )


@reach("case")
def add_support(request: PortalRequest, code: str) -> HttpResponse:
    """One more thing that was given on arrival."""
    case = case_for(request, code, write=Section.ARRIVAL, side=Relation.SUPPORTING)
    of_the_office(request, case)
    support = ImmediateSupport.begin(case, by=request.user)
    return record_page(
        request,
        case,
        SupportForm(posted(request), instance=support, initial={"given_on": clock.today()}),
        lambda _form: actions.add_support(case, by=request.user, support=support),
        title=_("Support on arrival"),
        submit_label=_("Add"),
        back=page(case, "arrival"),
        success=_("The support is recorded."),
    )


def _delivery_page(request: PortalRequest, case: Case, delivery: Delivery, title: str, label: str) -> HttpResponse:
    form = DeliveryForm(posted(request), request.FILES or None, instance=delivery, case=case)
    return record_page(
        request,
        case,
        form,
        lambda form: actions.save_delivery(case, by=request.user, delivery=delivery, file=form.cleaned_data["file"]),
        title=title,
        submit_label=label,
        back=page(case, "arrival"),
        success=_("The delivery is saved."),
    )


@reach("case")
def add_delivery(request: PortalRequest, code: str) -> HttpResponse:
    """Something that the plan promised has been given."""
    case = case_for(request, code, write=Section.ARRIVAL, side=Relation.SUPPORTING)
    delivery = Delivery.begin(case, by=request.user, delivered_on=clock.today())
    return _delivery_page(request, case, delivery, _("Add a delivery"), _("Add"))


@reach("case")
def change_delivery(request: PortalRequest, code: str, row: UUID) -> HttpResponse:
    """Change a delivery."""
    case = case_for(request, code, write=Section.ARRIVAL, side=Relation.SUPPORTING)
    delivery = get_object_or_404(Delivery.objects.of(case), pk=row)
    delivery.case = case
    return _delivery_page(request, case, delivery, _("Change the delivery"), _("Save"))
