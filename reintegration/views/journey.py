"""Step 9 on screen: the journey block by block, and what is missing before the departure."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import ModelForm
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases.actions import StepRefused
from cases.guards import blockers
from cases.models import Case
from cases.permissions import Relation, Section
from cases.states import State
from cases.views.identity import identity_closed
from cases.views.lookup import case_for, is_open
from cases.views.registers import record_page
from partners.http import PortalRequest, reach
from reintegration import zones
from reintegration.actions import journey as actions
from reintegration.forms.journey import (
    DetailsForm,
    LegForm,
    MeetingForm,
    PocketMoneyForm,
    TicketForm,
    TravelDocumentForm,
    WishForm,
)
from reintegration.journey import arrival_zone, journey_of, latest_notice_day, page, ticket_missing
from reintegration.models import Journey, Leg
from returns_portal import clock
from returns_portal.ui import moment_in_words, short_day


@dataclass
class Block:
    """One block of the overview: what is known, how it stands, where it is changed."""

    title: str
    tag: str
    kind: str
    lines: list[tuple[str, Any]]
    url: str = ""
    label: str = ""
    posts: list[tuple[str, str]] = field(default_factory=list)

    @property
    def shown(self) -> list[tuple[str, Any]]:
        """The lines that say something."""
        return [(word, value) for word, value in self.lines if value not in ("", None)]


@reach("case")
def overview(request: PortalRequest, code: str) -> HttpResponse:
    """Everything about the journey on one page."""
    case = case_for(request, code, read=Section.JOURNEY)
    journey = journey_of(case)
    may_write = is_open(case, Section.JOURNEY, request.access)
    preparing = case.state == State.TRAVEL
    context = {
        "case": case,
        "journey": journey,
        "legs": [LegLine(leg) for leg in journey.legs.all() if not leg.is_marked] if journey else [],
        "past_legs": [LegLine(leg) for leg in journey.legs.all() if leg.is_marked] if journey else [],
        "blocks": blocks(
            case,
            journey or Journey(case=case, round=case.round),
            may_write=may_write,
            keeps_names=request.access.keeps_names,
        ),
        "blockers": blockers(case, "confirm_departure", by=request.user) if preparing else [],
        "is_preparing": preparing,
        "may_write": may_write,
        "is_office": request.access.relation == Relation.SUPPORTING,
        "expected": zones.in_words(case.expected_at, [arrival_zone(case, journey)]),
    }
    return render(request, "reintegration/journey/overview.html", context)


class LegLine:
    """A leg with both clocks of each end."""

    def __init__(self, leg: Leg) -> None:
        self.leg = leg
        self.departs = zones.readings(leg.departs_at, leg.departs_zone)
        self.arrives = zones.readings(leg.arrives_at, leg.arrives_zone)


def blocks(case: Case, journey: Journey, *, may_write: bool, keeps_names: bool = False) -> list[Block]:
    """The blocks of the overview in the order of work."""
    found = [
        _ticket(case, journey),
        _document(case, journey, keeps_names=keeps_names),
        _meeting(case, journey),
        _details(case, journey),
        _notice(case, journey),
        _pack(case, journey),
        _wish(case, journey),
        _money(case, journey),
        _ready(case, journey),
    ]
    if not may_write:
        for block in found:
            block.url, block.posts = "", []
    return found


def _by(moment: Any, who: Any) -> str:
    if moment is None:
        return ""
    return f"{moment_in_words(moment)}, {who.name}" if who else moment_in_words(moment)


def _ticket(case: Case, journey: Journey) -> Block:
    kind = {"none": "warn", "booked": "info", "issued": "ok"}[journey.ticket_state]
    lines = [
        (_("Issued"), moment_in_words(journey.ticket_issued_at) if journey.ticket_issued_at else ""),
        (_("Baggage"), journey.baggage),
    ]
    return Block(
        _("Ticket"), journey.get_ticket_state_display(), kind, lines, page(case, "ticket"), _("Change the ticket")
    )


def _document(case: Case, journey: Journey, *, keeps_names: bool) -> Block:
    day = case.departs_at.astimezone(clock.STOCKHOLM).date() if case.departs_at else clock.today()
    is_valid = journey.document_valid_on(day)
    lines = [
        (_("Kind"), journey.get_document_kind_display() if journey.document_kind else ""),
        (_("Number"), "" if keeps_names else journey.document_number),
        (_("Consulate"), journey.consulate),
        (_("Expires on"), short_day(journey.document_expires_on) if journey.document_expires_on else ""),
    ]
    if journey.document_state == Journey.DocumentState.ISSUED and not is_valid:
        tag, kind = _("Not valid on the day"), "danger"
    else:
        tag, kind = journey.get_document_state_display(), "ok" if is_valid else "warn"
    url = page(case, "travel-document")
    return Block(_("Travel document"), tag, kind, lines, url, _("Change the travel document"))


def _meeting(case: Case, journey: Journey) -> Block:
    zone = arrival_zone(case, journey)
    lines = [
        (_("Meeting point"), journey.meeting_point),
        (_("Expected at the exit"), zones.in_words(journey.expected_exit_at, [zone])),
        (_("Recognition sign"), journey.recognition_sign),
        (_("First night"), journey.first_night),
        (_("Onward transport"), journey.onward_transport),
    ]
    tag, kind = (_("Set"), "ok") if journey.meeting_point else (_("Missing"), "warn")
    return Block(_("Meeting"), tag, kind, lines, page(case, "meeting"), _("Change the meeting"))


def _details(case: Case, journey: Journey) -> Block:
    assistance = [
        (journey.assistance_departure, _("at departure")),
        (journey.assistance_transit, _("in transit")),
        (journey.assistance_arrival, _("at arrival")),
    ]
    fitness = [short_day(day) for day in (journey.fitness_on, journey.fitness_valid_until) if day]
    escort = str(journey.get_escort_kind_display())
    ticket_home = _("has a return ticket") if journey.escort_return_ticket else ""
    lines = [
        (_("Escort"), ", ".join(part for part in (escort, journey.escort_name, ticket_home) if part)),
        (_("Fit to travel"), " – ".join(fitness)),
        (_("Assistance"), ", ".join(words for given, words in assistance if given)),
        (_("Which assistance"), journey.assistance_note),
    ]
    return Block(_("Escort and assistance"), "", "", lines, page(case, "details"), _("Change escort and assistance"))


def _notice(case: Case, journey: Journey) -> Block:
    first = journey.first_leg if not journey._state.adding else None
    latest = latest_notice_day(case, first.departs_local.date()) if first else None
    answered = _by(journey.booking_notice_answered_at, journey.booking_notice_answered_by)
    lines = [
        (_("No later than"), short_day(latest) if latest and not journey.booking_notice_sent_at else ""),
        (_("Sent"), moment_in_words(journey.booking_notice_sent_at) if journey.booking_notice_sent_at else ""),
        (_("Why it was late"), journey.booking_notice_late_reason),
        (_("Answered"), answered),
        (_("Who meets the person"), ", ".join(part for part in (journey.meeter_name, journey.meeter_phone) if part)),
    ]
    if journey.booking_notice_sent_at is None:
        tag, kind = _("Not sent"), "warn"
    elif journey.booking_can_receive is None:
        tag, kind = _("Waiting for the answer"), "info"
    elif journey.booking_can_receive:
        tag, kind = _("They meet the person"), "ok"
    else:
        tag, kind = _("They cannot meet the person"), "danger"
    label = _("Send the booking notice again") if journey.booking_notice_sent_at else _("Send booking notice")
    return Block(_("Booking notice"), tag, kind, lines, page(case, "booking-notice"), label)


def _pack(case: Case, journey: Journey) -> Block:
    lines = [
        (_("Opened"), _by(journey.pack_opened_at, journey.pack_opened_by)),
        (_("Read"), _by(journey.pack_acknowledged_at, journey.pack_acknowledged_by)),
    ]
    if journey.pack_acknowledged_at:
        tag, kind = _("Read"), "ok"
    elif journey.pack_opened_at:
        tag, kind = _("Opened, not yet confirmed"), "info"
    else:
        tag, kind = _("Not opened"), "warn"
    return Block(_("Hand-over pack"), tag, kind, lines, page(case, "hand-over"), _("See the hand-over pack"))


def _wish(case: Case, journey: Journey) -> Block:
    day = journey.wish_confirmed_on
    lines = [
        (_("Confirmed again on"), short_day(day) if day else ""),
        (_("Who asked"), journey.wish_asked_by.name if journey.wish_asked_by else ""),
    ]
    tag, kind = (_("Confirmed"), "ok") if day else (_("Not asked yet"), "warn")
    return Block(_("Wish to return"), tag, kind, lines, page(case, "wish"), _("Record that the wish stands"))


def _money(case: Case, journey: Journey) -> Block:
    amount = journey.pocket_money_amount
    has_receipt = journey.pocket_money_receipt_id is not None
    lines = [
        (_("Amount"), f"{amount} {journey.pocket_money_currency}" if amount is not None else ""),
        (_("Receipt"), _("Signed receipt uploaded") if has_receipt else ""),
    ]
    tag, kind = (_("Given"), "ok") if amount is not None else (_("Not given"), "neutral")
    return Block(_("Pocket money"), tag, kind, lines, page(case, "pocket-money"), _("Record pocket money"))


def _ready(case: Case, journey: Journey) -> Block:
    lines = [
        (_("72 hours before"), _by(journey.ready_72h_at, journey.ready_72h_by)),
        (_("24 hours before"), _by(journey.ready_24h_at, journey.ready_24h_by)),
    ]
    posts = []
    for hours, done in ((72, journey.ready_72h_at), (24, journey.ready_24h_at)):
        if (
            done is None
            and case.departs_at is not None
            and (case.departs_at - clock.now()).total_seconds() <= hours * 3600
        ):
            url = reverse("reintegration:ready", args=[case.code_shown, hours])
            posts.append((url, _("All is ready, %(hours)d hours before") % {"hours": hours}))
    done = journey.ready_24h_at or journey.ready_72h_at
    tag, kind = (_("Checked"), "ok") if done else (_("Not yet"), "neutral")
    return Block(_("Ready checks"), tag, kind, lines, posts=posts)


def posted(request: PortalRequest) -> QueryDict | None:
    """What was sent, an empty form too; None where the page is only looked at."""
    return request.POST if request.method == "POST" else None


def open_journey(request: PortalRequest, code: str) -> tuple[Case, Journey]:
    """The case for writing, and its journey: a new unsaved one where nobody has begun."""
    case = case_for(request, code, write=Section.JOURNEY)
    journey = journey_of(case) or Journey.begin(case, by=request.user)
    return case, journey


def block_page(
    request: PortalRequest,
    case: Case,
    form: ModelForm,  # type: ignore[type-arg]  # generic in the stubs only
    *,
    title: str,
    success: str,
) -> HttpResponse:
    """One block of the journey, with a copy of a paper where the block takes one."""

    def act(form: Any) -> None:
        actions.save_journey(
            case,
            by=request.user,
            journey=form.instance,
            fields=form._meta.fields,
            copy=form.cleaned_data.get("file"),
        )

    return record_page(
        request, case, form, act, title=title, submit_label=_("Save"), back=page(case, "journey"), success=success
    )


@reach("case")
def travel_document(request: PortalRequest, code: str) -> HttpResponse:
    """The travel document and how far it has come."""
    case, journey = open_journey(request, code)
    if request.access.keeps_names:
        return identity_closed(request, case)
    form = TravelDocumentForm(posted(request), request.FILES or None, instance=journey)
    return block_page(request, case, form, title=_("Travel document"), success=_("The travel document is saved."))


@reach("case")
def details(request: PortalRequest, code: str) -> HttpResponse:
    """Escort, fitness to travel, assistance."""
    case, journey = open_journey(request, code)
    form = DetailsForm(posted(request), instance=journey)
    return block_page(
        request, case, form, title=_("Escort and assistance"), success=_("Escort and assistance are saved.")
    )


@reach("case")
def meeting(request: PortalRequest, code: str) -> HttpResponse:
    """Where and how the person is met."""
    case, journey = open_journey(request, code)
    form = MeetingForm(posted(request), instance=journey, case=case)
    return block_page(request, case, form, title=_("Meeting"), success=_("The meeting is saved."))


def _leg_page(request: PortalRequest, case: Case, journey: Journey, leg: Leg, title: str) -> HttpResponse:
    others = [other for other in journey.booked_legs if other.pk != leg.pk] if not journey._state.adding else []
    remove = "" if leg._state.adding else reverse("reintegration:remove-leg", args=[case.code_shown, leg.pk])
    return record_page(
        request,
        case,
        LegForm(posted(request), instance=leg, case=case, others=others),
        lambda _form: actions.save_leg(case, by=request.user, leg=leg),
        title=title,
        submit_label=_("Save the leg"),
        back=page(case, "journey"),
        success=_("The leg is saved."),
        template="reintegration/journey/leg.html",
        context={"remove_url": remove, "help": _("Write the times as the clocks at each place show them.")},
    )


@reach("case")
def add_leg(request: PortalRequest, code: str) -> HttpResponse:
    """Add a leg at the end of the journey."""
    case, journey = open_journey(request, code)
    return _leg_page(request, case, journey, Leg.begin(case, by=request.user), _("Add a leg"))


def leg_of(journey: Journey, row: UUID) -> Leg:
    """One leg that counts; 404 for any other."""
    leg = None if journey._state.adding else next((leg for leg in journey.booked_legs if leg.pk == row), None)
    if leg is None:
        raise Http404
    return leg


@reach("case")
def change_leg(request: PortalRequest, code: str, row: UUID) -> HttpResponse:
    """Change a leg."""
    case, journey = open_journey(request, code)
    return _leg_page(request, case, journey, leg_of(journey, row), _("Change the leg"))


@reach("case")
@require_POST
def remove_leg(request: PortalRequest, code: str, row: UUID) -> HttpResponse:
    """Take a leg out."""
    case, journey = open_journey(request, code)
    actions.remove_leg(case, by=request.user, leg=leg_of(journey, row))
    messages.success(request, _("The leg is removed."))
    return redirect(page(case, "journey"))


@reach("case")
def ticket(request: PortalRequest, code: str) -> HttpResponse:
    """How far the ticket has come; what keeps it from being issued stands above."""
    case, journey = open_journey(request, code)
    missing = [] if journey.is_issued else list(ticket_missing(case, None if journey._state.adding else journey))
    form = TicketForm(
        posted(request),
        request.FILES or None,
        initial={"state": journey.ticket_state, "baggage": journey.baggage},
    )
    shown: dict[str, Any] = {"blockers": missing}

    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            actions.save_ticket(case, by=request.user, **form.cleaned_data)
        except StepRefused as refused:
            shown, status = {"blockers": refused.blockers, "moved_on": refused.moved_on}, 409
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The ticket is saved."))
            return redirect(page(case, "journey"))
    context = {"case": case, "form": form, "cancel_url": page(case, "journey"), **shown}
    return render(request, "reintegration/journey/ticket.html", context, status=status)


@reach("case")
def wish(request: PortalRequest, code: str) -> HttpResponse:
    """The person was asked again whether she wishes to return."""
    case = case_for(request, code, write=Section.JOURNEY)
    form = WishForm(posted(request), case=case, initial={"on": clock.today(), "asked_by": request.user})
    return record_page(
        request,
        case,
        form,
        lambda form: actions.confirm_wish(case, by=request.user, **form.cleaned_data),
        title=_("Wish to return"),
        submit_label=_("Record that the wish stands"),
        back=page(case, "journey"),
        success=_("Recorded: the person still wishes to return."),
        template="reintegration/journey/wish.html",
    )


@reach("case")
def pocket_money(request: PortalRequest, code: str) -> HttpResponse:
    """Pocket money for the journey, with a signed receipt."""
    case, journey = open_journey(request, code)
    initial = {"amount": journey.pocket_money_amount, "currency": journey.pocket_money_currency or "SEK"}
    form = PocketMoneyForm(
        posted(request),
        request.FILES or None,
        initial=initial,
        has_receipt=journey.pocket_money_receipt_id is not None,
    )
    return record_page(
        request,
        case,
        form,
        lambda form: actions.give_pocket_money(case, by=request.user, **form.cleaned_data),
        title=_("Pocket money"),
        submit_label=_("Record pocket money"),
        back=page(case, "journey"),
        success=_("The pocket money is recorded."),
    )


@reach("case")
@require_POST
def ready(request: PortalRequest, code: str, hours: int) -> HttpResponse:
    """Everything was looked through once more."""
    case = case_for(request, code, write=Section.JOURNEY)
    if hours not in actions.READY_HOURS:
        raise Http404
    actions.check_ready(case, by=request.user, hours=hours)
    messages.success(request, _("The ready check is recorded."))
    return redirect(page(case, "journey"))
