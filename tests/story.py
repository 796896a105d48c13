"""A case's life, told in what four people do at their desks: open a page, fill it in, press its button.

The desks are those of `tests.doors` or of a real browser (`tests.browser.desks`): the story is the same.
"""

import re
from collections.abc import Callable
from datetime import datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

from django.urls import NoReverseMatch, reverse

from cases.models import Case, NeedsAsked
from reintegration.demo.referral import PDF
from reintegration.models import Contact, FeedbackReport, Need
from reintegration.schedule import programme_end
from returns_portal import clock

ONE_HOUR, ONE_DAY = timedelta(hours=1), timedelta(days=1)
CONSENTS = ("return", "data_to_iom", "data_to_local_office", "health_data", "contact_after", "feedback")


class Story:
    """Sara, Lars, Hanna and Ilir at their desks, the case they share, and the time."""

    def __init__(
        self,
        cast: SimpleNamespace,
        sit_down: Callable[[Any], Any],
        wait_until: Callable[[datetime], None],
        look: Callable[[str], None] = lambda _address: None,
    ) -> None:
        self.cast = cast
        self.sara, self.lars, self.hanna, self.ilir = map(sit_down, (cast.sara, cast.lars, cast.hanna, cast.ilir))
        self.wait_until = wait_until
        self.look = look
        self.code = ""

    @property
    def case(self) -> Case:
        """The case as it lies in the database now."""
        return Case.objects.select_related("key").get(code=self.code.replace("-", ""))

    def at(self, name: str, *rows: object) -> str:
        """The address of a page of the case, by the name of the page."""
        for room in ("cases", "reintegration"):
            try:
                return reverse(f"{room}:{name}", args=[self.code, *rows])
            except NoReverseMatch:
                continue
        raise AssertionError(f"There is no page {name}.")

    def does(self, desk: Any, page: str, *rows: object, **answers: Any) -> None:
        """Open a page of the case, fill it in and press its button."""
        address = self.at(page, *rows)
        self.look(address)
        desk.open(address)
        desk.send(**answers)

    def presses(self, desk: Any, button: str, *rows: object, on: str, **answers: Any) -> None:
        """Press a button of a page of the case that goes to an address of its own."""
        self.look(self.at(on))
        desk.open(self.at(on))
        desk.send(to=self.at(button, *rows), **answers)

    # Steps 1 and 2

    def begin(self) -> None:
        """Sara begins a draft."""
        self.sara.open(reverse("cases:new"))
        self.sara.send()
        found = re.search(r"/cases/([0-9A-Z]{4}-?[0-9A-Z]{4})/", self.sara.address)
        assert found is not None, self.sara.address
        self.code = found[1]

    def write_referral(self, **changes: Any) -> None:
        """Sara fills in the three parts."""
        today = clock.today().isoformat()
        self.does(
            self.sara,
            "referral-person",
            alias="M.R.",
            age_band="25-34",
            is_minor="no",
            language="sq",
            needs_interpreter="yes",
            channel="phone",
            code_word="Blue door",
            voicemail="no",
            immediate_danger="no",
            full_name="Mira Rexhepi",
            go="next",
        )
        self.does(
            self.sara,
            "referral-situation",
            **{
                "ground": "suspected",
                "wishes_freely": "yes",
                "destination": "AL",
                "citizenship_1": "AL",
                "residence": "none",
                "criminal_case": "none",
                "has_health_needs": "yes",
                "urgency": "normal",
                "background": "Outreach met the person in October.",
                "go": "next",
                **changes,
            },
        )
        self.does(
            self.sara,
            "referral-consent",
            leaflet_version="2026-1",
            information_language="sq",
            informed_on=today,
            interest="wants",
            has_consented="yes",
            purposes=["support", "contact"],
            recipients=["lansstyrelsen", "iom_helsinki"],
            consented_on=today,
            consent_language="sq",
            consent_with_interpreter=True,
            go="next",
        )

    def refer(self) -> None:
        """Sara checks and sends."""
        self.does(self.sara, "submit-referral")

    # Step 3

    def approve(self) -> None:
        """Lars reads the request, sees what IOM will see, and approves."""
        self.look(self.at("decide"))
        self.lars.open(self.at("decide"))
        self.look(self.at("approve"))
        self.lars.open(self.at("approve"))
        self.lars.send(
            diary_number="851-1234-2026",
            funding_line=self.lars.choices("funding_line")[1],
            ceiling_sek="40 000",
        )

    # Steps 4 and 5

    def take_on(self) -> None:
        """Hanna takes the case on and asks Tirana; Ilir answers without knowing whom it is about."""
        self.does(
            self.hanna,
            "start-application",
            coordinator=str(self.cast.hanna.pk),
            local_office=str(self.cast.ilir.organisation_id),
            kinds_of_needs=["housing", "psychosocial_support"],
        )
        asked = NeedsAsked.objects.filter(case=self.case)
        self.does(self.ilir, "kinds", **{f"answer_{row.pk.hex}": "yes" for row in asked})

    def receive_application(self, **no: str) -> None:
        """Hanna counsels, fills in the form, records the consents, uploads the signed copy and receives it."""
        today = clock.today().isoformat()
        self.does(
            self.hanna,
            "add-counselling",
            held_on=today,
            mode="in_person",
            language="sq",
            understands="well",
            in_private="yes",
            topics=["journey", "support", "rights", "data"],
            alternatives=["stay", "asylum"],
            capacity="yes",
        )
        self.does(
            self.hanna,
            "edit-application",
            name_in_document="Mira Rexhepi",
            health_declaration="Needs help to sleep.",
            wishes="To open a small bakery.",
            time_to_think="offered",
            attest="not_used",
        )
        self.does(self.hanna, "consents", **{**dict.fromkeys(CONSENTS, "yes"), **no}, given_on=today, language="sq")
        self.presses(self.hanna, "print-application", on="application")
        self.presses(self.hanna, "upload-application", on="application", kind="signed_application", file=PDF)
        self.does(self.hanna, "receive-application")

    # Steps 6 to 8

    def assess(self) -> None:
        """Hanna writes needs, plan and risks; Ilir answers for Tirana."""
        today = clock.today()
        self.does(
            self.hanna,
            "add-need",
            domain="housing",
            description="A room for three months.",
            urgency="high",
            stated_by="person",
        )
        self.presses(self.hanna, "ask-local-office", on="needs", need=True)
        need = Need.objects.of(self.case).get()
        self.presses(
            self.ilir,
            "answer-need",
            need.pk,
            on="answers",
            status="confirmed",
            valid_until=(today + 60 * ONE_DAY).isoformat(),
            note="A room in the office's guest house.",
        )
        self.presses(self.ilir, "confirm-reception", on="answers", can_receive="yes", from_on=today.isoformat())
        self.does(
            self.hanna,
            "write-plan",
            goal="To open a small bakery.",
            first_week="A bed for the first nights\nA phone with a local number",
            contact_plan="Calls on Tuesdays after six.",
            if_it_fails="The office looks for another room.",
        )
        self.does(
            self.hanna,
            "add-item",
            activity="housing",
            description="Rent for three months.",
            amount="12000",
            currency="SEK",
            is_in_kind="kind",
        )
        self.presses(self.hanna, "send-plan", on="plan")
        self.presses(self.ilir, "answer-plan", on="plan", answer="accepted")
        self.does(self.hanna, "sign-plan", signed_on=today.isoformat(), file=PDF)
        self.does(
            self.hanna,
            "add-risk",
            who="person",
            phase="after",
            category="housing",
            likelihood="2",
            severity="3",
            measure="The office books a room.",
            decision="go_with_measures",
            next_review_on=(today + 14 * ONE_DAY).isoformat(),
        )

    def clear(self) -> None:
        """Hanna clears the person for travel."""
        self.does(self.hanna, "clear-for-travel")

    # Step 9

    def prepare_journey(self, in_days: int = 12) -> None:
        """Hanna books; Ilir says yes and reads the hand-over pack."""
        departs = datetime.combine(clock.today() + in_days * ONE_DAY, time(7, 15))
        arrives = departs + 3 * ONE_HOUR
        today = clock.today().isoformat()
        self.does(
            self.hanna,
            "travel-document",
            document_kind="passport",
            document_state="issued",
            document_expires_on=(clock.today() + 900 * ONE_DAY).isoformat(),
        )
        self.does(
            self.hanna,
            "add-leg",
            mode="air",
            carrier="SK",
            number="1421",
            from_place="Stockholm",
            from_airport="ARN",
            departs_at_0=departs.date().isoformat(),
            departs_at_1=f"{departs:%H:%M}",
            to_place="Tirana",
            to_airport="TIA",
            arrives_zone="Europe/Tirane",
            arrives_at_0=arrives.date().isoformat(),
            arrives_at_1=f"{arrives:%H:%M}",
        )
        self.does(self.hanna, "ticket", state="issued", baggage="One bag, 23 kg", file=PDF)
        self.does(
            self.hanna,
            "meeting",
            meeting_point="Arrivals hall, by the information desk",
            recognition_sign="A blue folder",
            first_night="The guest house of the office",
        )
        self.does(self.hanna, "wish", on=today, asked_by=str(self.cast.hanna.pk))
        self.does(self.hanna, "pocket-money", amount="1500", currency="SEK", file=PDF)
        self.does(self.hanna, "booking-notice")
        self.does(self.ilir, "answer-booking", can_receive="yes", meeter_name="Ilir", meeter_phone="+355 69 555 00 01")
        self.presses(self.ilir, "open-pack", on="hand-over")
        self.does(self.ilir, "hand-over", meeter_name="Ilir", meeter_phone="+355 69 555 00 01", has_read=True)

    def last_days_before(self) -> None:
        """Two days before, Hanna goes through the risks and checks that all is ready."""
        departs_at = self.case.departs_at
        assert departs_at is not None
        self.wait_until(departs_at - 2 * ONE_DAY)
        for risk in self.case.risk_set.all():
            self.does(self.hanna, "review-risk", risk.pk)
        self.presses(self.hanna, "ready", 72, on="journey")

    def depart(self) -> None:
        """An hour after the booked time Hanna confirms the departure."""
        departs_at = self.case.departs_at
        assert departs_at is not None
        self.wait_until(departs_at + ONE_HOUR)
        self.does(self.hanna, "confirm-departure")

    # Steps 10 and 11

    def arrive(self) -> None:
        """Ilir meets the person."""
        expected_at = self.case.expected_at
        assert expected_at is not None
        self.wait_until(expected_at + ONE_HOUR)
        met = expected_at.astimezone(clock.STOCKHOLM)
        self.does(
            self.ilir,
            "confirm-arrival",
            was_met="yes",
            met_by="Ilir",
            at_0=met.date().isoformat(),
            at_1=f"{met:%H:%M}",
            place="Arrivals hall",
            condition="Tired, and glad to be met.",
            support=["reception", "food"],
        )

    def contacts(self) -> list[Contact]:
        """The contacts that wait, by day."""
        return list(Contact.objects.of(self.case).filter(held_at=None, cancelled_at=None).order_by("due_on"))

    def on_the_day(self, contact: Contact, hour: int = 10) -> None:
        """Let it be the contact's day."""
        moment = datetime.combine(contact.due_on, time(hour), tzinfo=clock.STOCKHOLM)
        if moment > clock.now():
            self.wait_until(moment)

    def hold(self, contact: Contact, **said: Any) -> None:
        """Ilir rings on the day and sends what the person says."""
        self.on_the_day(contact)
        answers = {"channel": "phone", "safety": "4", "housing": "good", "income": "fair", **said}
        self.does(self.ilir, "contact", contact.pk, **answers)

    def attempt(self, contact: Contact, hour: int) -> None:
        """Ilir rings, and nobody answers."""
        self.wait_until(datetime.combine(clock.today() + ONE_DAY, time(hour), tzinfo=clock.STOCKHOLM))
        self.does(self.ilir, "record-attempt", contact.pk, channel="phone", result="not_reached")

    # Step 12

    def drafts(self) -> list[FeedbackReport]:
        """The reports that wait for Hanna."""
        return list(FeedbackReport.objects.of(self.case).filter(state="drafted").order_by("drafted_at"))

    def release(self, report: FeedbackReport) -> None:
        """Hanna reads a draft through and releases it."""
        self.look(self.at("report", report.pk))
        self.hanna.open(self.at("report", report.pk))
        self.does(self.hanna, "release-report", report.pk)

    def release_last(self) -> None:
        """Hanna has the last report drafted, and releases it."""
        if not FeedbackReport.objects.of(self.case).filter(kind="closed").exists():
            self.does(self.hanna, "add-report", kind="closed")
        self.release(FeedbackReport.objects.of(self.case).get(kind="closed"))

    def after_the_programme(self) -> None:
        """Let the programme be over."""
        arrived_on = self.case.arrived_on
        assert arrived_on is not None
        self.wait_until(datetime.combine(programme_end(arrived_on) + ONE_DAY, time(12), tzinfo=clock.STOCKHOLM))

    def close(self) -> None:
        """Hanna closes the case."""
        self.does(self.hanna, "close", reason="programme_over", text="The bakery opens in spring.")

    # Stretches

    def until(self, state: str) -> "Story":
        """Walk the main road up to a state."""
        stretches: list[tuple[str, list[Callable[[], None]]]] = [
            ("draft", [self.begin, self.write_referral]),
            ("referred", [self.refer]),
            ("approved", [self.approve]),
            ("application", [self.take_on]),
            ("assessment", [self.receive_application]),
            ("travel", [self.assess, self.clear]),
            ("in_transit", [self.prepare_journey, self.last_days_before, self.depart]),
            ("follow_up", [self.arrive]),
        ]
        for reached, steps in stretches:
            for step in steps:
                step()
            assert self.case.state == reached
            if reached == state:
                break
        return self
