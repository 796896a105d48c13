"""Step 10 on screen, made for a telephone: who comes when, whom to ring, what was given and delivered."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from cases.actions import may_take
from cases.clocks import number
from cases.models import Case
from cases.permissions import Relation, Section
from cases.views.lookup import case_for, is_open
from cases.views.registers import record_page
from cases.views.steps import step_page
from partners.http import PortalRequest, reach
from reintegration import zones
from reintegration.actions import arrival as actions
from reintegration.assessment import kronor
from reintegration.forms.arrival import AfterArrivalForm, ArrivalForm, DeliveryForm, SupportForm
from reintegration.journey import arrival_zone, journey_of, page
from reintegration.models import Arrival, Delivery, ImmediateSupport, Journey, PlanItem
from reintegration.views.journey import LegLine, posted
from reintegration.views.needs import of_the_office
from reintegration.views.watch import calls
from reintegration.watch import Watch, history_of, is_on_the_way, watch_of
from returns_portal import clock


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
        "history": history_of(case),
        "is_office": request.access.relation == Relation.SUPPORTING,
        "may_write": is_open(case, Section.ARRIVAL, request.access) and request.access.relation == Relation.SUPPORTING,
        **(_after(case) if case.arrived_on else _before(request, case, journey)),
    }
    return render(request, "reintegration/arrival/arrival.html", context)


def _before(request: PortalRequest, case: Case, journey: Journey | None) -> dict[str, Any]:
    expected = journey.expected_at if journey else None
    watch = watch_of(case)
    if watch is None and expected is not None:  # booked, and not watched before the ticket is issued
        watch = Watch(case.pk, expected, arrival_zone(case, journey))
    on_the_way = is_on_the_way(case)
    return {
        "watch": watch,
        "legs": [LegLine(leg) for leg in journey.booked_legs] if journey else [],
        "may_confirm": on_the_way and may_take(case, "confirm_arrival", request.user),
        "on_the_way": on_the_way,
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
