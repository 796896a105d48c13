"""The arrival watch on screen, made for a telephone: answer the alarm, look for who was not met."""

from typing import Any, NamedTuple
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases.actions import is_in_time
from cases.models import Case
from cases.permissions import Relation, Section
from cases.views.lookup import case_for
from cases.views.registers import record_page
from partners.http import PortalRequest, reach
from partners.models import Organisation
from reintegration import zones
from reintegration.actions import watch as actions
from reintegration.forms.arrival import AlarmForm, AttemptForm, TickForm
from reintegration.journey import arrival_zone, journey_of, page
from reintegration.models import ArrivalAlarm, ArrivalAttempt, Journey, NotMetTick
from reintegration.views.journey import posted
from reintegration.watch import history_of, is_on_the_way, protocol_of, watch_of, with_answers
from returns_portal.ui import HelpLine

# One number in most of Europe and beyond; telephones turn it into the country's own.
EMERGENCY = "112"


class Call(NamedTuple):
    """Somebody to ring; without a number somebody to ask."""

    role: Any
    who: str
    phone: str = ""

    @property
    def link(self) -> str:
        """The number as a telephone takes it."""
        return HelpLine(self.who, self.phone).link


def calls(case: Case, journey: Journey | None) -> list[Call]:
    """Whom to ring, the nearest first: who meets the person, the local office, IOM Helsinki."""
    found = []
    if journey is not None and journey.meeter_phone:
        found.append(Call(_("Meets the person"), journey.meeter_name, journey.meeter_phone))
    if case.local_office is not None:
        on = case.local_responsible
        who = f"{case.local_office.name}, {on.name}" if on is not None else case.local_office.name
        phone = (on.phone if on is not None else "") or case.local_office.phone
        found += [Call(_("Local office"), who, phone)] if phone else []
    helsinki = Organisation.objects.iom_helsinki()
    if helsinki.phone:
        who = f"{helsinki.name}, {case.coordinator.name}" if case.coordinator else helsinki.name
        phone = (case.coordinator.phone if case.coordinator else "") or helsinki.phone
        found.append(Call(_("IOM Helsinki"), who, phone))
    return found


def calls_if_not_met(case: Case, journey: Journey | None) -> list[Call]:
    """Whom to ring when nobody was there: the same, the carrier of the last leg, and the police."""
    found = calls(case, journey)
    leg = journey.last_leg if journey else None
    if leg is not None and (leg.carrier or leg.number):
        place = f"{leg.to_place} ({leg.to_airport})" if leg.to_airport else leg.to_place
        words = {"journey": f"{leg.carrier} {leg.number}".strip(), "place": place}
        found.append(
            Call(_("Airline or carrier"), _("%(journey)s to %(place)s: ask the carrier's desk there.") % words)
        )
    found.append(Call(_("Police, in an emergency; or the country's own number"), _("Emergency number"), EMERGENCY))
    return found


class ListItem(NamedTuple):
    """An item of the protocol's list, and who has done it."""

    item: str
    words: str
    tick: NotMetTick | None
    when: str


def checklist(case: Case, zone: str) -> list[ListItem]:
    """What to try, in its order, with what has been done of it."""
    protocol = protocol_of(case)
    ticks = protocol.ticks.select_related("created_by") if protocol else ()
    done = {tick.item: tick for tick in ticks}
    return [
        ListItem(
            item, str(label), done.get(item), zones.in_words(done[item].created_at, [zone]) if item in done else ""
        )
        for item, label in NotMetTick.Item.choices
    ]


def watched_case(request: PortalRequest, code: str) -> Case:
    """The case, for those who may receive the person: whatever else stands still, who is not met is looked for."""
    return case_for(request, code, step="confirm_arrival")


def after_answering(request: PortalRequest, case: Case) -> str:
    """Where the numbers stand, for those who may read them."""
    return page(case, "arrival") if request.access.may_read(Section.ARRIVAL) else case.get_absolute_url()


@reach("case")
def not_met(request: PortalRequest, code: str) -> HttpResponse:
    """Nobody was there. A POST starts the protocol; the page says whom to ring, what to try, what has been tried."""
    case = watched_case(request, code)
    if request.method == "POST":
        is_new = protocol_of(case) is None
        actions.report_not_met(case, by=request.user)
        if is_new:
            messages.success(request, _("The protocol has started. The other office has been told."))
        return redirect(page(case, "not-met"))
    journey = journey_of(case)
    zone = arrival_zone(case, journey)
    attempts = list(ArrivalAttempt.objects.of(case).select_related("created_by"))
    for tried in attempts:
        tried.case = case
    watch, protocol = watch_of(case), protocol_of(case)
    on_the_way = is_on_the_way(case)
    context = {
        "case": case,
        "watch": watch,
        "protocol": protocol,
        "history": history_of(case),
        "calls": calls_if_not_met(case, journey),
        "checklist": checklist(case, zone),
        "attempts": [(tried, zones.in_words(tried.at, [zone])) for tried in attempts],
        "may_start": on_the_way and protocol is None,
        "may_work": protocol is not None,
        "may_confirm": on_the_way and is_in_time(case, "confirm_arrival"),
        "may_read_pack": request.access.may_read(Section.JOURNEY),
        "is_open": on_the_way,
        "is_helsinki": request.access.relation == Relation.COORDINATING,
        "back_url": after_answering(request, case),
    }
    return render(request, "reintegration/arrival/not_met.html", context)


@reach("case")
@require_POST
def tick(request: PortalRequest, code: str) -> HttpResponse:
    """Something of the protocol's list is done."""
    case = watched_case(request, code)
    form = TickForm(request.POST)
    if form.is_valid():  # there are buttons only: nobody types this
        actions.tick_item(case, by=request.user, item=form.cleaned_data["item"])
    return redirect(page(case, "not-met"))


@reach("case")
def attempt(request: PortalRequest, code: str) -> HttpResponse:
    """One call or visit in the search for the person."""
    case = watched_case(request, code)
    tried = ArrivalAttempt.begin(case, by=request.user)
    return record_page(
        request,
        case,
        AttemptForm(posted(request), instance=tried, zone=arrival_zone(case, journey_of(case))),
        lambda _form: actions.record_arrival_attempt(case, by=request.user, attempt=tried),
        title=_("A call or a visit"),
        submit_label=_("Record the attempt"),
        back=page(case, "not-met"),
        success=_("The attempt is recorded."),
        template="reintegration/arrival/attempt.html",
    )


@reach("case")
def answer_alarm(request: PortalRequest, code: str, row: UUID) -> HttpResponse:
    """Somebody takes care of an alarm of the arrival watch, with or without a note."""
    case = watched_case(request, code)
    alarm = get_object_or_404(with_answers(ArrivalAlarm.objects.of(case)), pk=row)
    alarm.case = case
    back = after_answering(request, case)
    if request.method != "POST" and (alarm.answer_stands or alarm.closed_at):
        return redirect(back)
    return record_page(
        request,
        case,
        AlarmForm(posted(request)),
        lambda form: actions.answer_alarm(case, by=request.user, alarm=alarm, **form.cleaned_data),
        title=_("Answer the alarm"),
        submit_label=_("I take care of it"),
        back=back,
        success=_("Recorded. Others can see that you take care of it; the alarm goes no further."),
    )
