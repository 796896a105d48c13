"""The end of a case: what closing waits for, each reason to end early, and what stays."""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from cases.actions import StepRefused
from cases.guards import blockers
from cases.models import Case, CaseEvent, ContactAttempt, Notification
from reintegration.actions import closing, follow_up
from reintegration.demo import aftercare
from reintegration.models import ClosingReport, Contact
from returns_portal import clock
from returns_portal.actor import acting_as
from returns_portal.models import OutboxItem
from returns_portal.ui import day_in_words
from tests.reintegration.test_follow_up import come_home, lost


@pytest.fixture(autouse=True)
def _english(settings):
    settings.LANGUAGE_CODE = "en-gb"


@pytest.fixture
def home(cast, make_case):
    """A case whose person has come home."""
    return come_home(cast, make_case)


def url(case, name, *more):
    return reverse(f"reintegration:{name}", args=[case.code_shown, *more])


def pages(case):
    return [blocker.page for blocker in blockers(aftercare.fresh(case), "close")]


def test_everything_that_is_missing_is_listed_with_its_page(cast, home, as_):
    contacts = Contact.objects.of(home)
    assert pages(home) == [
        url(home, "follow-up"),
        *(url(home, "contact", contact.pk) for contact in contacts),
        url(home, "feedback"),
    ]
    response = as_(cast.hanna).post(url(home, "close"), {"reason": "programme_over"})
    assert response.status_code == 409
    assert aftercare.fresh(home).state == "follow_up"


def test_a_contact_is_settled_when_held_or_sought_three_times(cast, home):
    aftercare.hold(cast, home, "day_2")
    aftercare.try_in_vain(cast, home, "week_1")
    settled = {aftercare.contact(home, label).pk for label in ("day_2", "week_1")}
    assert [url(home, "contact", pk) for pk in settled if url(home, "contact", pk) in pages(home)] == []
    assert url(home, "contact", aftercare.contact(home, "week_2").pk) in pages(home)


def test_a_complete_search_stands_for_the_contacts(cast, home, as_):
    aftercare.try_in_vain(cast, home, "day_2")
    as_(cast.ilir).post(url(home, "lost-contact"), lost("done", do="complete"))
    assert pages(home) == [url(home, "follow-up"), url(home, "feedback")]


def test_the_programme_must_be_over_and_the_last_report_released(cast, home):
    aftercare.follow_up_to_the_end(cast, home)
    assert pages(home) == [url(home, "follow-up"), url(home, "feedback")]
    with clock.moved_to(aftercare.after_the_programme(home)):
        assert pages(home) == [url(home, "feedback")]
        aftercare.release(cast, home)
        assert pages(home) == []


def test_hanna_closes_the_case(cast, home, as_):
    aftercare.follow_up_to_the_end(cast, home)
    with clock.moved_to(aftercare.after_the_programme(home)):
        aftercare.release(cast, home)
        assert as_(cast.hanna).post(url(home, "close"), {}).status_code == 200
        hanna = as_(cast.hanna)
        response = hanna.post(url(home, "close"), {"reason": "programme_over", "text": "A bakery."})
        assert response.status_code == 302
        today = clock.today()
        said = [str(message) for message in hanna.get(response.url).context["messages"]]
        assert said == [f"Closed. Data is erased on {day_in_words(date(today.year + 6, 12, 31))}."]
    home = aftercare.fresh(home)
    assert (home.state, home.ball_with, home.next_contact_on) == ("closed", None, None)
    assert home.retention_on == date(today.year + 6, 12, 31)
    report = ClosingReport.objects.of(home).get()
    assert (report.reason, report.text, report.released_by) == ("programme_over", "A bakery.", cast.hanna)
    event = CaseEvent.objects.filter(case=home).latest("created_at")
    assert (event.verb, event.was, event.became) == ("close", "follow_up", "closed")
    told = {n.recipient for n in Notification.objects.filter(case=home, what="case_closed")}
    assert told == {cast.sara, cast.lars, cast.ilir}
    assert OutboxItem.objects.filter(kind="paper", data__name="closure_report", row_id=report.pk).count() == 2


def test_a_closed_case_is_read_only(cast, home, as_):
    case = aftercare.close(cast, home)
    row = Contact.objects.of(case).first()
    with clock.moved_to(aftercare.after_the_programme(case) + aftercare.NEXT_DAY):
        for name, more in (("follow-up", []), ("contact", [row.pk]), ("feedback", [])):
            assert as_(cast.hanna).get(url(case, name, *more)).status_code == 200, name
            assert as_(cast.ilir).get(url(case, name, *more)).status_code == 404, name
        assert as_(cast.sara).get(url(case, "feedback")).status_code == 200
        for name, of_a_contact, answer in WRITING:
            more = [row.pk] if of_a_contact else []
            assert as_(cast.hanna).post(url(case, name, *more), {"kind": "problem"}).status_code == answer, name


# Each page that writes, whether it is about one contact, and what IOM Helsinki is told: the local office's pages are
# never theirs to write, their own are closed.
WRITING = (
    ("contact", True, 403),
    ("record-attempt", True, 403),
    ("stop-contacts", False, 403),
    ("add-contact", False, 403),
    ("lost-contact", False, 403),
    ("her-words", False, 403),
    ("satisfaction", False, 403),
    ("add-report", False, 409),
    ("close", False, 409),
    ("end-early", False, 409),
)


def test_only_helsinki_closes(cast, home, as_):
    for user, status in ((cast.sara, 403), (cast.lars, 403), (cast.ilir, 403), (cast.otto, 404)):
        for name in ("close", "end-early"):
            assert as_(user).get(url(home, name)).status_code == status
            assert as_(user).post(url(home, name), {"reason": "own_wish"}).status_code == status
    with acting_as(cast.ilir), pytest.raises((PermissionDenied, StepRefused)):
        closing.close_case(home, by=cast.ilir)


# Ending early


def end(as_, cast, case, reason, **more):
    return as_(cast.hanna).post(url(case, "end-early"), {"reason": reason, "text": "See the note.", **more})


def test_the_persons_own_wish_needs_no_words(cast, home, as_):
    assert end(as_, cast, home, "own_wish", text="").status_code == 302
    home = aftercare.fresh(home)
    assert home.state == "closed"
    assert ClosingReport.objects.of(home).get().reason == "own_wish"
    assert not any(contact.is_open for contact in Contact.objects.of(home))
    assert OutboxItem.objects.filter(kind="report", case_id=home.pk, data__kind="closed").exists()


@pytest.mark.parametrize("reason", ["died", "left_another_way", "back_in_sweden", "another_programme"])
def test_other_reasons_want_a_few_words(cast, home, as_, reason):
    response = end(as_, cast, home, reason, text=" ")
    assert set(response.context["form"].errors) == {"text"}
    assert end(as_, cast, home, reason).status_code == 302
    assert aftercare.fresh(home).state == "closed"


def test_lost_contact_wants_three_attempts(cast, home, as_):
    response = end(as_, cast, home, "lost_contact")
    assert set(response.context["form"].errors) == {"reason"}
    aftercare.try_in_vain(cast, home, "day_2")
    assert end(as_, cast, home, "lost_contact").status_code == 302


def test_attempts_before_the_journey_count_too(cast, make_case, as_):
    case = make_case(reached="application")
    for n in range(3):
        attempt = ContactAttempt.begin(
            case,
            by=cast.hanna,
            tried_at=datetime(2026, 1, 1 + n, 8 + n, tzinfo=UTC),
            channel="phone",
            result="not_reached",
        )
        attempt.save()
    assert end(as_, cast, case, "lost_contact").status_code == 302


def test_missing_goes_after_departure_and_when_the_police_know(cast, home, make_case, as_):
    response = end(as_, cast, home, "missing")
    assert set(response.context["form"].errors) == {"police_told"}
    assert end(as_, cast, home, "missing", police_told="on").status_code == 302


@pytest.mark.parametrize("reason", ["missing", "back_in_sweden"])
def test_some_reasons_go_only_after_the_departure(cast, make_case, as_, reason):
    case = make_case(reached="approved")
    response = end(as_, cast, case, reason, police_told="on")
    assert set(response.context["form"].errors) == {"reason"}
    assert aftercare.fresh(case).state == "approved"


def test_approved_by_mistake_ends_before_there_is_a_local_office(cast, make_case, as_):
    case = make_case(reached="approved")
    assert end(as_, cast, case, "approved_by_mistake").status_code == 302
    case = aftercare.fresh(case)
    assert (case.state, ClosingReport.objects.of(case).get().reason) == ("closed", "approved_by_mistake")
    assert as_(cast.sara).get(url(case, "feedback")).status_code == 200


def test_an_office_that_is_informed_only_hears_that_nobody_is_coming(cast, make_case, as_):
    case = make_case(reached="application")
    end(as_, cast, case, "another_programme")
    notices = Notification.objects.filter(case=case, recipient=cast.ilir).values_list("what", flat=True)
    assert "office_released" in notices
    assert "case_closed" not in notices


def test_an_unknown_reason_is_refused_by_the_form(cast, home, as_):
    response = end(as_, cast, home, "programme_over")
    assert set(response.context["form"].errors) == {"reason"}
    assert Case.objects.get(pk=home.pk).state == "follow_up"


def test_whoever_wants_no_contacts_can_still_be_closed_in_time(cast, home):
    with acting_as(cast.ilir):
        follow_up.stop_contacts(home, by=cast.ilir)
    with clock.moved_to(aftercare.after_the_programme(home)):
        assert pages(home) == [url(home, "feedback")]
