"""Steps 8 to 10 on paper: the pack for those who receive the person, and the card in the person's own pocket."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.codes import country_name, language_name
from cases.models import Application, Case, Person, SafeContact
from cases.pdfs import named, paper
from cases.pdfs.senders import addressee, name_of, place_of, sender_of, signature
from cases.pdfs.words import Rows, day, filled
from cases.permissions import Section
from partners.models import Organisation
from reintegration.models import Journey, Leg, Need, Plan, Risk, SupportAnswer
from returns_portal import clock
from returns_portal.ui import city_of, clock_time, day_in_words


def journey_on_paper(case: Case, row: UUID | None) -> Journey:
    """The journey that a paper tells of, with its legs; all rows share the case's opened key."""
    journey = Journey.objects.prefetch_related("legs").get(case=case, pk=named(row))
    journey.case = case
    for leg in journey.legs.all():
        leg.case, leg.journey = case, journey
    return journey


@paper("hand_over_pack", title=gettext_lazy("Hand-over pack for the arrival"), section=Section.JOURNEY)
def hand_over_pack(case: Case, row: UUID | None) -> dict[str, Any]:
    """To the local office: who comes, when, where to meet, what is needed at once, what may go wrong."""
    journey = journey_on_paper(case, row)
    sender = sender_of()
    helsinki = Organisation.objects.iom_helsinki()
    return {
        "expected": _expected(journey),
        "meeting_point": journey.meeting_point,
        "recognition_sign": journey.recognition_sign,
        "withheld": case.is_protected,
        "person": _person(case),
        "legs": [_leg(leg) for leg in journey.booked_legs],
        "travel": _travel(case, journey),
        "needs": [_need(case, need) for need in _high_needs(case)],
        "first_week": _first_week(case),
        "risks": [_risk(case, risk) for risk in _risks_at_home(case)],
        "health": _health(case, journey) if case.shares_health else None,
        "numbers": _numbers(case, journey, helsinki),
        "paper": {
            "sender": sender,
            "kind": _("Hand-over"),
            "place": place_of(sender),
            "addressee": addressee(case.local_office, case.local_responsible),
            "signed_by": signature(case.coordinator, helsinki),
        },
    }


def _expected(journey: Journey) -> str:
    last = journey.last_leg
    if last is None or journey.expected_at is None:
        return ""
    moment, zone = journey.expected_at, ZoneInfo(last.arrives_zone)
    there = _("%(day)s, %(time)s local time") % {
        "day": day_in_words(moment.astimezone(zone).date()),
        "time": clock_time(moment, zone),
    }
    here = clock_time(moment)
    return there if here == clock_time(moment, zone) else f"{there} ({here} {city_of(clock.STOCKHOLM)})"


def _person(case: Case) -> Rows:
    """Who comes. With a protected identity only what is needed to recognise nobody by the paper."""
    rows: list[tuple[Any, Any]] = [
        (_("Language"), language_name(case.language) if case.language else ""),
        (_("Country"), country_name(case.destination) if case.destination else ""),
    ]
    if case.is_protected:
        return filled(rows)
    application = Application.objects.of(case).filter(is_current=True).first()
    person = Person.objects.filter(case=case).first()
    contact = SafeContact.objects.filter(case=case).first()
    for record in (application, person, contact):
        if record is not None:
            record.case = case
    named = (application.name_in_document if application else "") or (person.full_name if person else "")
    rows = [(_("Name"), named), (_("Alias"), case.alias), *rows]
    rows += [(_("Family"), application.family if application else ""), (_("Phone"), person.phone if person else "")]
    if contact is not None:
        rows += [
            (_("Safe way to make contact"), contact.get_channel_display()),
            (_("Safe days and hours"), contact.days_and_hours),
            (_("Code word"), contact.code_word),
        ]
    return filled(rows)


def _leg(leg: Leg) -> dict[str, str]:
    return {
        "day": day_in_words(leg.departs_local.date()),
        "number": f"{leg.carrier} {leg.number}".strip() or str(leg.get_mode_display()),
        "mode": str(leg.get_mode_display()),
        "from": f"{leg.from_place} ({leg.from_airport})" if leg.from_airport else leg.from_place,
        "to": f"{leg.to_place} ({leg.to_airport})" if leg.to_airport else leg.to_place,
        "departs": clock_time(leg.departs_at, leg.departs_local.tzinfo),  # type: ignore[arg-type]  # a ZoneInfo
        "arrives": clock_time(leg.arrives_at, leg.arrives_local.tzinfo),  # type: ignore[arg-type]  # the same
        "arrives_day": day_in_words(leg.arrives_local.date())
        if leg.arrives_local.date() != leg.departs_local.date()
        else "",
    }


def _travel(case: Case, journey: Journey) -> Rows:
    wanted = [
        (journey.assistance_departure, _("at departure")),
        (journey.assistance_transit, _("in transit")),
        (journey.assistance_arrival, _("at arrival")),
    ]
    assistance = ", ".join(word for asked, word in wanted if asked)
    escort = str(journey.get_escort_kind_display())
    if journey.escort_name and not case.is_protected:
        escort = f"{escort}: {journey.escort_name}"
    return filled(
        [
            (_("Travel document"), journey.get_document_kind_display()),
            (_("Valid until"), day(journey.document_expires_on)),
            (_("Escort"), escort),
            (_("Assistance"), assistance),
            (_("Which assistance"), journey.assistance_note),
            (_("Baggage"), journey.baggage),
            (_("Fit to travel until"), day(journey.fitness_valid_until)),
            (_("Onward transport"), "" if case.is_protected else journey.onward_transport),
            (_("First night"), "" if case.is_protected else journey.first_night),
        ]
    )


def _high_needs(case: Case) -> list[Need]:
    needs = list(Need.objects.of(case).filter(urgency=Need.Urgency.HIGH).order_by("created_at"))
    for need in needs:
        need.case = case
    return needs


def _need(case: Case, need: Need) -> dict[str, str]:
    answer = SupportAnswer.objects.filter(need=need, is_current=True).first()
    return {
        "kind": str(need.get_domain_display()),
        "description": need.description,
        "provider": need.provider,
        "answer": str(answer.get_status_display()) if answer else _("Not asked"),
    }


def _first_week(case: Case) -> list[str]:
    plan = Plan.objects.of(case).filter(is_current=True).first()
    if plan is None:
        return []
    plan.case = case
    return [str(line) for line in plan.first_week or []]


def _risks_at_home(case: Case) -> list[Risk]:
    risks = Risk.objects.of(case).filter(phase__in=Risk.AT_HOME).select_related("owner").order_by("created_at")
    return sorted(risks, key=lambda risk: -(risk.level or 0))


def _risk(case: Case, risk: Risk) -> dict[str, str]:
    risk.case = case
    how = [str(word) for word in (risk.get_likelihood_display(), risk.get_severity_display()) if word]
    return {
        "kind": str(risk.get_category_display()),
        "phase": str(risk.get_phase_display()),
        "level": ", ".join(how).lower(),
        "decision": str(risk.get_decision_display()),
        "description": risk.description,
        "measure": risk.measure,
        "owner": risk.owner.name if risk.owner else "",
    }


def _health(case: Case, journey: Journey) -> Rows:
    application = Application.objects.of(case).filter(is_current=True).first()
    if application is not None:
        application.case = case
    return filled(
        [
            (_("Health declaration"), application.health_declaration if application else ""),
            (_("Note on fitness to travel"), journey.fitness_note),
        ]
    )


def _numbers(case: Case, journey: Journey, helsinki: Organisation) -> Rows:
    """Whom to ring: never the person's own number, which stands with the person."""
    people = [(case.coordinator, name_of(helsinki)), (case.local_responsible, str(case.local_office or ""))]
    named = [(f"{user.name}, {office}", user.phone) for user, office in people if user]
    offices = [
        (name_of(helsinki), helsinki.phone),
        *([(case.local_office.name, case.local_office.phone)] if case.local_office else []),
    ]
    return filled(
        [*named, *offices, (_("%(name)s, meets the person") % {"name": journey.meeter_name}, journey.meeter_phone)]
    )


@paper("journey_card", title=gettext_lazy("Your journey"), section=Section.JOURNEY)
def journey_card(case: Case, row: UUID | None) -> dict[str, Any]:
    """For the person's own pocket: whoever else finds it learns of a journey, and of nothing more."""
    journey = journey_on_paper(case, row)
    coordinator = case.coordinator
    in_sweden = (coordinator.phone if coordinator else "") or Organisation.objects.iom_helsinki().phone
    at_home = journey.meeter_phone or (case.local_office.phone if case.local_office else "")
    return {
        "legs": [_leg(leg) for leg in journey.booked_legs],
        "meeting_point": journey.meeting_point,
        "recognition_sign": journey.recognition_sign,
        "meeter": "" if case.is_protected else journey.meeter_name.partition(" ")[0],
        "before": in_sweden,
        "after": at_home,
        "baggage": journey.baggage,
        "helps": journey.assistance_departure or journey.assistance_transit or journey.assistance_arrival,
        "has_first_night": bool(journey.first_night),
        "paper": {"sender": sender_of()},
    }
