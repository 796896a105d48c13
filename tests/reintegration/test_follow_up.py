"""Step 11: the schedule, contacts, attempts, and the person's right to be left alone."""

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from cases import actions as cases
from cases.models import Case, CaseEvent, Consent, Notification
from cases.models.clock import ProgrammeNumber
from cases.steps import step_map
from reintegration.actions import follow_up
from reintegration.demo import aftercare, travel
from reintegration.models import Contact, FeedbackReport, FollowUpAttempt, LostContactProtocol
from reintegration.schedule import are_enough, due_dates, is_settled, months_after, programme_end
from returns_portal import clock
from returns_portal.actor import acting_as


@pytest.fixture(autouse=True)
def _english(settings):
    settings.LANGUAGE_CODE = "en-gb"


@pytest.fixture
def home(cast, make_case):
    """A case whose person has come home."""
    return come_home(cast, make_case)


def come_home(cast, make_case):
    case = travel.prepare_journey(cast, make_case(reached="travel"))
    travel.depart(cast, case)
    return aftercare.fresh(travel.arrive(cast, case))


def url(case, name, *more):
    return reverse(f"reintegration:{name}", args=[case.code_shown, *more])


def answers(**changes):
    return {
        "channel": "phone",
        "safety": "4",
        "housing": "good",
        "income": "fair",
        "health": "not_asked",
        "family_tension": "no",
        "contact_by_exploiters": "no",
        "wants_change": "no",
        **changes,
    }


# The schedule


def test_months_are_calendar_months_and_clipped():
    assert months_after(date(2026, 11, 30), 3) == date(2027, 2, 28)
    assert months_after(date(2026, 12, 8), 3) == date(2027, 3, 8)
    assert months_after(date(2026, 10, 31), 4) == date(2027, 2, 28)


def test_the_schedule_counts_from_the_arrival(cast):
    assert [(label.value, due_on) for label, due_on in due_dates(date(2026, 11, 30))] == [
        ("day_2", date(2026, 12, 2)),
        ("week_1", date(2026, 12, 7)),
        ("week_2", date(2026, 12, 14)),
        ("week_4", date(2026, 12, 28)),
        ("week_6", date(2027, 1, 11)),
        ("week_8", date(2027, 1, 25)),
        ("month_3", date(2027, 2, 28)),
    ]


def test_a_programme_of_six_months_has_three_contacts_more(cast):
    ProgrammeNumber.objects.filter(code="programme_months").update(amount=6)
    labels = [label.value for label, _due_on in due_dates(date(2026, 11, 30))]
    assert labels[-4:] == ["month_3", "month_4", "month_5", "month_6"]
    assert programme_end(date(2026, 11, 30)) == date(2027, 5, 30)


def test_the_arrival_lays_the_schedule_and_gives_the_local_office_the_ball(cast, home):
    contacts = list(Contact.objects.of(home))
    assert [(contact.label, contact.due_on) for contact in contacts] == due_dates(home.arrived_on)
    assert home.next_contact_on == home.arrived_on + timedelta(days=2)
    assert (home.ball_with, home.ball_what) == (cast.ilir.organisation, "hold_contact")


def test_laying_the_schedule_twice_lays_it_once(cast, home):
    follow_up.lay_schedule(home, home.arrived_on)
    assert Contact.objects.of(home).count() == 7


def test_no_schedule_without_consent_to_contact(cast, make_case):
    case = make_case(reached="travel")
    with acting_as(cast.hanna):
        cases.withdraw_consent(case, by=cast.hanna, purpose=Consent.Purpose.CONTACT_AFTER)
    case = come_home(cast, lambda reached: case)
    assert not Contact.objects.of(case).exists()
    assert case.next_contact_on is None
    assert (case.ball_with, case.ball_what) == (cast.hanna.organisation, "close")
    rows = {row.step.number: row for _column, rows in step_map(case, case.access_for(cast.hanna)) for row in rows}
    assert rows[11].status == "skip"


def test_the_local_office_and_helsinki_read_the_schedule_and_nobody_else(cast, home, as_):
    for user, status in (
        (cast.ilir, 200),
        (cast.hanna, 200),
        (cast.sara, 403),
        (cast.lars, 403),
        (cast.ioana, 404),
        (cast.otto, 404),
    ):
        assert as_(user).get(url(home, "follow-up")).status_code == status, user.email
        row = Contact.objects.of(home).first()
        assert as_(user).get(url(home, "contact", row.pk)).status_code == status, user.email


def test_a_contact_of_another_case_is_not_there(cast, home, as_):
    assert as_(cast.ilir).get(url(home, "contact", uuid4())).status_code == 404


# One contact


def test_a_contact_is_sent_and_the_next_one_is_due(cast, home, as_):
    row = aftercare.contact(home, "day_2")
    need = home.need_set.get()
    response = as_(cast.ilir).post(
        url(home, "contact", row.pk),
        answers(
            **{f"need_{need.pk.hex}": "yes"},
            own_words="Faleminderit, Sara.",
            own_words_language="sq",
            own_words_may_go="on",
            home_phone="+355 60 000 000",
            safe_rule="Tuesdays after six",
            note="Sounds well.",
        ),
    )
    assert response.status_code == 302, response.context["form"].errors
    assert response["Location"] == url(home, "follow-up")
    row = aftercare.contact(home, "day_2")
    assert (row.held_by, row.safety, row.housing, row.needs_met) == (cast.ilir, 4, "good", {str(need.pk): "yes"})
    assert (row.own_words, row.own_words_may_go, row.home_phone) == ("Faleminderit, Sara.", True, "+355 60 000 000")
    assert list(row.attempts.values_list("channel", "result")) == [("phone", "reached")]
    home = aftercare.fresh(home)
    assert home.next_contact_on == home.arrived_on + timedelta(days=7)
    assert CaseEvent.objects.filter(case=home, verb="send_contact", section="arrival").count() == 1
    assert not Notification.objects.filter(case=home, what="unsafe").exists()


def test_a_need_that_is_met_is_not_asked_about_again(cast, home, as_):
    need = home.need_set.get()
    aftercare.hold(cast, home, "day_2", needs_met={str(need.pk): "yes"})
    page = as_(cast.ilir).get(url(home, "contact", aftercare.contact(home, "week_1").pk))
    assert f"need_{need.pk.hex}" not in page.content.decode()


def test_the_form_says_what_is_missing(cast, home, as_):
    row = aftercare.contact(home, "day_2")
    response = as_(cast.ilir).post(
        url(home, "contact", row.pk), answers(safety="", own_words_may_go="on", next_on="8/12/2026")
    )
    assert response.status_code == 200
    assert set(response.context["form"].errors) == {"safety", "own_words", "next_on"}
    assert aftercare.contact(home, "day_2").held_at is None


@pytest.mark.parametrize("safety", [1, 2])
def test_whoever_is_not_safe_is_known_to_helsinki_at_once(cast, home, as_, safety, deliver, mailoutbox):
    row = aftercare.contact(home, "day_2")
    response = as_(cast.ilir).post(url(home, "contact", row.pk), answers(safety=str(safety)), follow=True)
    assert response.redirect_chain == [(url(home, "contact", row.pk), 302)]
    assert 'data-testid="unsafe"' in response.content.decode()
    assert "tel:" in response.content.decode().split('data-testid="unsafe"')[1]
    told = Notification.objects.filter(case=home, what="unsafe", is_safety=True)
    assert {notice.recipient for notice in told} == {cast.hanna, cast.henrik}


def test_a_safe_answer_tells_nobody(cast, home):
    aftercare.hold(cast, home, "day_2", safety=3)
    assert not Notification.objects.filter(case=home, what="unsafe").exists()


def test_the_second_of_two_who_send_is_told_who_was_first(cast, home, as_):
    aftercare.hold(cast, home, "day_2")
    row = aftercare.contact(home, "day_2")
    response = as_(cast.ilir).post(url(home, "contact", row.pk), answers(note="Mine"))
    assert response.status_code == 409
    assert cast.ilir.name in response.content.decode()


def test_an_earlier_day_than_planned_is_an_extra_contact_and_a_later_one_moves_it(cast, home):
    sooner = home.arrived_on + timedelta(days=4)
    aftercare.hold(cast, home, "day_2", next_on=sooner)
    extra = Contact.objects.of(home).get(label="extra")
    assert (extra.due_on, aftercare.fresh(home).next_contact_on) == (sooner, sooner)
    later = home.arrived_on + timedelta(days=9)
    aftercare.hold(cast, home, "extra", next_on=later)
    assert aftercare.contact(home, "week_1").due_on == later


def test_the_months_reports_are_drafted_from_their_contacts(cast, home, deliver):
    aftercare.follow_up_to_the_end(cast, home)
    with clock.moved_to(aftercare.after_the_programme(home)):
        deliver()
        deliver()
    kinds = FeedbackReport.objects.of(home).values_list("kind", flat=True)
    assert sorted(kinds) == sorted(
        ["approved", "application_received", "departed", "met", "month_1", "month_2", "month_3", "closed"]
    )


# Attempts


def at(day, hour):
    return datetime(2026, 12, day, hour, tzinfo=clock.STOCKHOLM)


@pytest.mark.parametrize(
    ("moments", "enough"),
    [
        ([at(1, 9), at(2, 13), at(3, 18)], True),
        ([at(1, 9), at(1, 13), at(1, 18)], False),
        ([at(1, 9), at(2, 9), at(3, 9)], False),
        ([at(1, 9), at(2, 13)], False),
        ([at(1, 9), at(1, 10), at(1, 11), at(2, 9), at(3, 9)], False),
        ([at(1, 9), at(1, 10), at(2, 9), at(2, 11), at(3, 9)], True),
    ],
)
def test_attempts_count_on_different_days_at_different_hours(cast, moments, enough):
    assert are_enough(moments) is enough


def test_an_attempt_is_recorded_on_its_page(cast, home, as_):
    row = aftercare.contact(home, "day_2")
    now = datetime.combine(home.arrived_on, datetime.min.time(), tzinfo=clock.STOCKHOLM) + timedelta(days=2, hours=10)
    with clock.moved_to(now):
        data = {"at_0": now.date().isoformat(), "at_1": "09:00", "channel": "phone", "result": "number_dead"}
        response = as_(cast.ilir).post(url(home, "record-attempt", row.pk), data)
        assert response.status_code == 302
        data["at_1"] = "11:00"
        response = as_(cast.ilir).post(url(home, "record-attempt", row.pk), data)
        assert set(response.context["form"].errors) == {"at"}
    assert list(row.attempts.values_list("result", flat=True)) == ["number_dead"]


def test_whoever_declines_a_contact_need_not_have_it(cast, home):
    row = aftercare.contact(home, "day_2")
    with acting_as(cast.ilir):
        attempt = FollowUpAttempt.begin(home, by=cast.ilir, contact=row, at=clock.now(), channel="phone")
        attempt.result = FollowUpAttempt.Result.DECLINED
        follow_up.record_follow_up_attempt(home, by=cast.ilir, attempt=attempt)
    assert is_settled(aftercare.contact(home, "day_2"))
    assert aftercare.fresh(home).next_contact_on == home.arrived_on + timedelta(days=7)


def test_the_search_opens_with_three_attempts(cast, home, as_):
    client = as_(cast.ilir)
    aftercare.try_in_vain(cast, home, "day_2", times=2)
    assert client.get(url(home, "lost-contact")).context["blockers"]
    assert client.post(url(home, "lost-contact"), lost("done")).status_code == 409
    assert not LostContactProtocol.objects.exists()
    aftercare.try_in_vain(cast, home, "day_2", times=3)
    assert Notification.objects.filter(case=home, what="not_reached", is_safety=True).count() == 2
    assert client.post(url(home, "lost-contact"), lost("done")).status_code == 302
    assert LostContactProtocol.objects.get().completed_at is None


def lost(answer, **changes):
    steps = ("other_ways", "trusted_person", "visit", "risks", "authorities")
    return {**{step: answer for step in steps}, "note": "", **changes}


def test_the_search_is_complete_when_nothing_is_left_to_do(cast, home, as_):
    client = as_(cast.ilir)
    aftercare.try_in_vain(cast, home, "day_2")
    response = client.post(url(home, "lost-contact"), lost("done", visit="to_do", do="complete"))
    assert set(response.context["form"].errors) == {"visit"}
    response = client.post(url(home, "lost-contact"), lost("done", visit="not_possible", do="complete"))
    assert response.status_code == 302
    protocol = LostContactProtocol.objects.get()
    assert protocol.completed_by == cast.ilir
    assert aftercare.fresh(home).next_contact_on is None
    assert client.post(url(home, "lost-contact"), lost("done")).status_code == 409


def test_a_person_who_is_found_ends_the_search(cast, home, as_):
    aftercare.try_in_vain(cast, home, "day_2")
    as_(cast.ilir).post(url(home, "lost-contact"), lost("done"))
    aftercare.hold(cast, home, "day_2")
    assert LostContactProtocol.objects.get().found_at is not None


# The person's own decision


def test_the_person_ends_the_contacts_in_one_act(cast, home, as_):
    response = as_(cast.ilir).post(url(home, "stop-contacts"))
    assert response.status_code == 302
    assert not any(contact.is_open for contact in Contact.objects.of(home))
    home = aftercare.fresh(home)
    assert (home.next_contact_on, home.ball_what) == (None, "close")
    assert not cases.consent_stands(home, Consent.Purpose.CONTACT_AFTER)
    page = as_(cast.ilir).get(url(home, "follow-up")).content.decode()
    assert "Nobody calls" in page


def test_consent_taken_back_on_its_own_page_ends_the_schedule_too(cast, home):
    with acting_as(cast.hanna):
        cases.withdraw_consent(home, by=cast.hanna, purpose=Consent.Purpose.CONTACT_AFTER)
    assert aftercare.fresh(home).next_contact_on is None
    assert Notification.objects.filter(case=home, what="contacts_stopped", recipient=cast.ilir).exists()


def test_helsinki_reads_the_follow_up_and_writes_nothing_in_it(cast, home, as_):
    row, hanna = aftercare.contact(home, "day_2"), as_(cast.hanna)
    assert hanna.get(url(home, "contact", row.pk)).status_code == 200
    assert b"Hold the contact" not in hanna.get(url(home, "follow-up")).content
    posts: tuple[tuple[str, dict[str, object]], ...] = (
        (url(home, "contact", row.pk), answers()),
        (url(home, "record-attempt", row.pk), {"channel": "phone", "result": "not_reached"}),
        (url(home, "add-contact"), {"due_on": "2099-01-01"}),
        (url(home, "stop-contacts"), {}),
        (url(home, "her-words"), {"words": "Hello", "language": "en"}),
        (url(home, "satisfaction"), {}),
    )
    assert [hanna.post(*post).status_code for post in posts] == [403] * len(posts)
    assert not Contact.objects.of(home).filter(held_at__isnull=False).exists()


def test_partners_write_nothing(cast, home, as_):
    row = aftercare.contact(home, "day_2")
    for name, more in (
        ("contact", [row.pk]),
        ("record-attempt", [row.pk]),
        ("stop-contacts", []),
        ("lost-contact", []),
        ("add-contact", []),
    ):
        assert as_(cast.sara).post(url(home, name, *more), answers()).status_code == 403, name
        assert as_(cast.otto).post(url(home, name, *more), answers()).status_code == 404, name
    assert Case.objects.get(pk=home.pk).next_contact_on == home.next_contact_on


def test_the_schedule_costs_the_same_with_many_attempts(cast, home, as_, django_assert_max_num_queries):
    client = as_(cast.ilir)
    client.get(url(home, "follow-up"))
    row = aftercare.contact(home, "day_2")
    for n in range(50):
        FollowUpAttempt.begin(
            home, by=cast.ilir, contact=row, at=clock.now() + timedelta(hours=n), channel="phone", result="not_reached"
        ).save()
    with django_assert_max_num_queries(20):
        assert client.get(url(home, "follow-up")).status_code == 200
