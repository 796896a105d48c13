"""The person leaves, or does not (step 9)."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from cases import emails
from cases.actions import locked, move, record_event, stop_hold
from cases.guards import blockers
from cases.models import Case
from cases.permissions import Relation, Section
from partners.models import User
from reintegration.actions.watch import end_watch, move_watch
from reintegration.journey import departure_day, journey_of, page
from reintegration.models import FeedbackReport, Journey
from returns_portal import clock, outbox


def report(case: Case, kind: str, occasion: str) -> None:
    """Have the worker draft a feedback report of what has just happened (step 12)."""
    outbox.put(
        "report",
        key=f"report:{kind}:{case.pk}:{case.round}:{occasion}",
        case_id=case.pk,
        data={"kind": kind, "occasion": occasion},
    )


@transaction.atomic
def confirm_departure(case: Case, *, by: User, reason: str = "") -> Case:
    """The person has left. After the booked departure a fact is never refused: what was missing is written down."""
    case = locked(case)
    missing = [str(blocker.sentence) for blocker in blockers(case, "confirm_departure", by=by)]
    past_fact = bool(missing) and case.has_departed
    if past_fact and not reason:
        raise ValidationError({"reason": _("Write why the person left although something was missing.")})
    journey = journey_of(case)
    left_on = min(departure_day(journey) or clock.today(), clock.today())
    changes = {"departed_on": left_on, "expected_at": journey.expected_at if journey else None}
    case = move(case, "confirm_departure", by=by, past_fact=past_fact, changes=changes)
    move_watch(case)
    if journey is None:
        journey = Journey.begin(case, by=by)
        journey.save(force_insert=True)
    journey.departure_missing = "\n".join(missing) if past_fact else ""
    journey.departure_reason = reason if past_fact else ""
    journey.save(update_fields=["departure_missing", "departure_reason"])
    if past_fact:
        record_event(case, "departure_missing", by=by, section=Section.JOURNEY, note=reason)
    if case.held_until is not None:
        stop_hold(case, by)
    report(case, "departed", left_on.isoformat())
    emails.notify(case, emails.partners_of(case), "departed")
    people = emails.responsible_for(case, Relation.SUPPORTING)
    emails.notify(case, people, "departed_office", page=page(case, "arrival"), is_safety=True)
    return case


@transaction.atomic
def report_no_show(case: Case, *, by: User, reason: str, label: str = "", text: str = "") -> Case:
    """The person did not travel: the watch stops, the journey is prepared anew."""
    cleared = {"departs_at": None, "expected_at": None, "departed_on": None}
    case = move(case, "report_no_show", by=by, changes=cleared)
    journey = journey_of(case)
    if journey is not None:
        _prepare_anew(journey, reason, text)
    end_watch(case)
    _put_away_reports(case)
    record_event(case, "no_show_reason", by=by, section=Section.JOURNEY, note=f"{label}. {text}".strip(". "))
    emails.notify(case, emails.partners_of(case), "no_show")
    emails.notify(case, emails.responsible_for(case, Relation.SUPPORTING), "no_show", is_safety=True)
    return case


def _put_away_reports(case: Case) -> None:
    """Nobody tells Sweden of a departure that was none: what is drafted of it is put away, the next is drafted anew."""
    drafts = FeedbackReport.objects.of(case).filter(
        kind=FeedbackReport.Kind.DEPARTED, state=FeedbackReport.State.DRAFTED
    )
    for draft in drafts.only("pk"):
        FeedbackReport.objects.filter(pk=draft.pk).update(
            state=FeedbackReport.State.RETRACTED, retracted_at=clock.now(), occasion=f"no_show {draft.pk}"
        )


def _prepare_anew(journey: Journey, reason: str, text: str) -> None:
    """Legs stay as history; ticket, wish, notice, checks and the reading of the pack are asked for anew."""
    journey.legs.update(is_marked=True)
    journey.no_show_reason, journey.no_show_note = reason, text
    journey.ticket_state = Journey.TicketState.NONE
    journey.booking_notice_late_reason = journey.meeter_name = journey.meeter_phone = ""
    for name in ASKED_ANEW:
        setattr(journey, name, None)
    journey.save()


ASKED_ANEW = (
    "ticket_issued_at",
    "ticket_issued_by",
    "expected_exit_at",
    "booking_notice_sent_at",
    "booking_notice_answered_at",
    "booking_notice_answered_by",
    "booking_can_receive",
    "wish_confirmed_on",
    "wish_asked_by",
    "ready_72h_at",
    "ready_72h_by",
    "ready_24h_at",
    "ready_24h_by",
    "pack_opened_at",
    "pack_opened_by",
    "pack_acknowledged_at",
    "pack_acknowledged_by",
)
