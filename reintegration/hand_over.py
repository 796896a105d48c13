"""The hand-over pack: what the one who meets the person must know. Page and paper come from this one function."""

from typing import NamedTuple

from django.utils.translation import gettext as _

from cases.codes import language_name
from cases.models import Application, Case, Dependant, Person, Referral, SafeContact
from reintegration import zones
from reintegration.models import Journey, Plan, Risk
from returns_portal.ui import short_day


class Part(NamedTuple):
    """One part of the pack: its title and its lines of word and value."""

    title: str
    lines: list[tuple[str, str]]


def hand_over(case: Case, journey: Journey, *, with_names: bool) -> list[Part]:
    """The pack in its parts; empty lines are left out. The health section stands only with the person's consent.

    Without `with_names` name, numbers and code word stay closed: their reader opens them on the page made for it.
    """
    parts = [
        Part(_("Meeting"), _meeting(case, journey)),
        Part(_("The person"), _person(case, with_names)),
        Part(_("The journey"), _legs(journey)),
        Part(_("On the way"), _on_the_way(journey)),
        Part(_("The first days"), _first_days(case, journey)),
        Part(_("Risks at arrival and after"), _risks(case)),
    ]
    if case.shares_health:
        parts.append(Part(_("Health"), _health(case, journey)))
    shown = [Part(part.title, [(word, value) for word, value in part.lines if value]) for part in parts]
    return [part for part in shown if part.lines]


def _meeting(case: Case, journey: Journey) -> list[tuple[str, str]]:
    last = journey.last_leg
    zone = [last.arrives_zone] if last else []
    return [
        (_("Expected at the exit"), zones.in_words(journey.expected_at, zone)),
        (_("Meeting point"), journey.meeting_point),
        (_("Recognition sign"), journey.recognition_sign),
        (_("Who meets the person"), journey.meeter_name),
        (_("That person's phone"), journey.meeter_phone),
    ]


def _person(case: Case, with_names: bool) -> list[tuple[str, str]]:
    person = Person.objects.filter(case=case).first() if with_names else None
    contact = SafeContact.objects.filter(case=case).first() if with_names else None
    dependants = list(Dependant.objects.of(case))
    referral = Referral.objects.of(case).only("case", "is_minor").first()
    for row in (person, contact):
        if row is not None:
            row.case = case
    lines = [(_("Called"), case.alias)]
    if person is not None:
        lines += [(_("Name"), person.full_name), (_("Phone number"), person.phone)]
    lines.append((_("Language"), language_name(case.language) if case.language else ""))
    if referral is not None and referral.is_minor != "no":
        lines.append((_("Under 18"), str(referral.get_is_minor_display())))
    if dependants:
        companions = ", ".join(str(row.get_relation_display()) for row in dependants)
        lines.append((_("Travels with"), companions))
    if contact is not None:
        lines += [
            (_("Safe way to make contact"), str(contact.get_channel_display())),
            (_("Number or address for safe contact"), contact.details),
            (_("Code word"), contact.code_word),
            (_("Safe days and hours"), contact.days_and_hours),
        ]
    return lines


def _legs(journey: Journey) -> list[tuple[str, str]]:
    return [
        (
            f"{leg.get_mode_display()} {leg.carrier} {leg.number}".strip(),
            f"{leg.from_place} {zones.in_words(leg.departs_at, [leg.departs_zone])} – "
            f"{leg.to_place} {zones.in_words(leg.arrives_at, [leg.arrives_zone])}",
        )
        for leg in journey.booked_legs
    ]


def _on_the_way(journey: Journey) -> list[tuple[str, str]]:
    assistance = [
        (journey.assistance_departure, _("at departure")),
        (journey.assistance_transit, _("in transit")),
        (journey.assistance_arrival, _("at arrival")),
    ]
    escort = journey.escort_kind != Journey.EscortKind.NONE
    return [
        (_("Travel document"), str(journey.get_document_kind_display()) if journey.document_kind else ""),
        (_("Baggage"), journey.baggage),
        (_("Escort"), f"{journey.get_escort_kind_display()}: {journey.escort_name}" if escort else ""),
        (_("Assistance"), ", ".join(words for given, words in assistance if given)),
        (_("Which assistance"), journey.assistance_note),
    ]


def _first_days(case: Case, journey: Journey) -> list[tuple[str, str]]:
    plan = Plan.objects.of(case).filter(is_current=True).order_by("-version").first()
    if plan is not None:
        plan.case = case
    first_week = plan.first_week if plan is not None else []
    return [
        (_("First night"), journey.first_night),
        (_("Onward transport"), journey.onward_transport),
        (_("The first week"), "; ".join(first_week or [])),
        (_("How we keep in contact"), plan.contact_plan if plan else ""),
    ]


def _risks(case: Case) -> list[tuple[str, str]]:
    lines = []
    for risk in Risk.objects.of(case).filter(phase__in=Risk.AT_HOME):
        risk.case = case
        lines.append((str(risk.get_category_display()), risk.measure or str(risk.get_decision_display())))
    return lines


def _health(case: Case, journey: Journey) -> list[tuple[str, str]]:
    application = Application.objects.of(case).filter(is_current=True).first()
    if application is not None:
        application.case = case
    return [
        (_("Health declaration"), application.health_declaration if application else ""),
        (_("Fit to travel until"), short_day(journey.fitness_valid_until) if journey.fitness_valid_until else ""),
        (_("Note on fitness to travel"), journey.fitness_note),
    ]
