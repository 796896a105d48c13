"""A reminder by hand: who may give it, who gets it, and how often."""

from datetime import datetime, timedelta

import pytest
from django.core import mail

from cases import actions
from cases.models import Case, CaseEvent, Notification, Nudge, ProgrammeNumber
from returns_portal import clock
from returns_portal.actor import acting_as
from returns_portal.ui import short_day
from tests.cases.test_access import close_circle, person
from tests.cases.test_hold import filled
from tests.cases.test_move import Presses, press_together, town  # noqa: F401  # the fixture


def page_of(case):
    """Where the button leads."""
    return f"{case.get_absolute_url()}nudge/"


def said(response):
    """The page in words."""
    return response.content.decode()


def in_a_week(hour, minute):
    """A moment after everything that the builders do."""
    day = clock.today() + timedelta(days=7)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=clock.STOCKHOLM)


def offers(browser, case):
    """Whether the case page has the button."""
    return f'href="/cases/{case.code_shown}/nudge/"' in said(browser.get(case.get_absolute_url()))


def told(case):
    """Whom a reminder has reached, in order."""
    rows = Notification.objects.filter(case=case, what="nudged").order_by("created_at", "recipient__name")
    return list(rows.values_list("recipient__name", flat=True))


def test_who_waits_reminds_who_has_the_turn_and_both_read_it_in_the_timeline(cast, as_, make_case, deliver):
    case = make_case(reached="referred")
    sara, lars = as_(cast.sara), as_(cast.lars)
    deliver()
    mail.outbox.clear()
    assert offers(sara, case)
    assert not offers(lars, case)
    page = said(sara.get(page_of(case)))
    assert "everybody who works with the case at Länsstyrelsen Stockholm" in page
    assert not Nudge.objects.exists()  # to look is not to press
    answer = sara.post(page_of(case))
    assert answer.headers["Location"] == case.get_absolute_url()
    assert told(case) == ["Lars", "Lena"]
    pressed = Nudge.objects.get()
    assert (pressed.by, pressed.organisation) == (cast.sara, cast.lars.organisation)
    event = CaseEvent.objects.get(case=case, verb="nudge")
    assert (event.created_by, event.section) == (cast.sara, "status")
    for browser in (sara, lars):
        assert "Reminded whose turn it is" in said(browser.get(case.get_absolute_url()))
    assert "waits for you" in said(lars.get("/inbox/"))
    deliver()
    assert {letter.to[0] for letter in mail.outbox} == {cast.lars.email, cast.lena.email}
    for letter in mail.outbox:
        assert not {word for word in ("Malmö", "Sara", "Länsstyrelsen") if word in letter.subject + letter.body}


def test_the_responsible_person_alone_is_told_by_name(cast, as_, make_case):
    case = make_case(reached="referred")
    Case.objects.filter(pk=case.pk).update(decider=cast.lars)
    sara = as_(cast.sara)
    assert "Told at once: Lars, Länsstyrelsen Stockholm." in said(sara.get(page_of(case)))
    sara.post(page_of(case))
    assert told(case) == ["Lars"]


def test_of_a_closed_circle_only_the_named_people_are_told_and_nobody_hears_who_they_are(cast, as_, make_case):
    case = close_circle(make_case(reached="referred"), cast.maja)
    sara = as_(cast.sara)
    assert "Lena" not in said(sara.get(page_of(case)))
    sara.post(page_of(case))
    assert told(case) == ["Lena"]


def test_once_in_a_day_over_all_who_ask_and_the_page_says_when_again(cast, as_, make_case):
    case = make_case(reached="referred")
    monday = in_a_week(14, 2)
    with clock.moved_to(monday):
        as_(cast.sara).post(page_of(case))
    with clock.moved_to(monday + timedelta(hours=20)):
        maja = as_(cast.maja)
        page = said(maja.get(case.get_absolute_url()))
        assert "Reminded yesterday at 14:02 by Sara. You can remind again today at 14:02." in page
        assert not offers(maja, case)
        answer = maja.post(page_of(case))
        assert answer.status_code == 409
        assert "You can remind again today at 14:02." in said(answer)
    with clock.moved_to(monday + timedelta(hours=23, minutes=59)):
        assert as_(cast.maja).post(page_of(case)).status_code == 409
    assert (Nudge.objects.count(), len(told(case))) == (1, 2)
    with clock.moved_to(monday + timedelta(hours=24, minutes=1)):
        maja = as_(cast.maja)
        assert "Reminded yesterday at 14:02 by Sara." in said(maja.get(case.get_absolute_url()))
        assert offers(maja, case)
        assert maja.post(page_of(case)).status_code == 302
    assert (Nudge.objects.count(), len(told(case))) == (2, 4)


def test_three_times_in_seven_days_at_most(cast, as_, make_case):
    case = make_case(reached="referred")
    start = in_a_week(9, 0)
    for day in (0, 1, 2):
        with clock.moved_to(start + timedelta(days=day, minutes=day)):
            assert as_(cast.sara).post(page_of(case)).status_code == 302
    with clock.moved_to(start + timedelta(days=3, hours=1)):
        sara = as_(cast.sara)
        again = short_day(start + timedelta(days=7))
        assert f"You can remind again {again} at 09:00." in said(sara.get(case.get_absolute_url()))
        assert sara.post(page_of(case)).status_code == 409
    with clock.moved_to(start + timedelta(days=6, hours=23, minutes=59)):
        assert as_(cast.maja).post(page_of(case)).status_code == 409
    with clock.moved_to(start + timedelta(days=7, minutes=1)):
        assert as_(cast.maja).post(page_of(case)).status_code == 302
    assert Nudge.objects.count() == 4


def test_an_administrator_changes_the_numbers(cast, as_, make_case):
    assert dict(ProgrammeNumber.objects.filter(code__startswith="nudge").values_list("code", "amount")) == {
        "nudge_wait_hours": 24,
        "nudges_a_week": 3,
    }
    case = make_case(reached="referred")
    ProgrammeNumber.objects.filter(code="nudge_wait_hours").update(amount=2)
    as_(cast.sara).post(page_of(case))
    with clock.moved_to(clock.now() + timedelta(hours=2, minutes=1)):
        assert as_(cast.sara).post(page_of(case)).status_code == 302


def test_another_holder_of_the_ball_is_another_count(cast, as_, make_case):
    case = make_case(reached="approved")
    as_(cast.sara).post(page_of(case))
    assert set(told(case)) == {"Hanna", "Henrik"}
    Case.objects.filter(pk=case.pk).update(ball_with=cast.sara.organisation, ball_what="answer")
    lars = as_(cast.lars)
    assert "Reminded" not in said(lars.get(case.get_absolute_url())).replace("Reminded whose turn it is", "")
    assert offers(lars, case)


def test_not_while_the_case_is_paused(cast, as_, make_case):
    case = make_case(reached="referred")
    lars = as_(cast.lars)
    as_(cast.sara).post(f"{case.get_absolute_url()}hold/", filled(cast.sara))
    assert not offers(lars, case)
    assert "paused" in said(lars.get(page_of(case)))
    assert lars.post(page_of(case)).status_code == 409
    with clock.moved_to(clock.now() + timedelta(days=40)):  # the pause has run out: somebody must end it
        assert as_(cast.lars).post(page_of(case)).status_code == 302
    assert told(case) == ["Sara"]


@pytest.mark.parametrize("state", ["closed", "declined", "withdrawn"])
def test_not_when_the_case_has_ended(state, cast, as_, make_case):
    case = make_case(reached=state)
    for user in (cast.sara, cast.lars):
        browser = as_(user)
        assert not offers(browser, case)
        assert browser.post(page_of(case)).status_code == 409
    assert not Nudge.objects.exists()


def test_an_informed_office_a_stranger_and_who_does_not_read_the_section_have_no_button(cast, as_, make_case):
    case = make_case(reached="application")
    assert case.ball_with == cast.hanna.organisation
    for user, status in ((cast.ilir, 403), (cast.otto, 404), (cast.sara, 403), (cast.lars, 403)):
        browser = as_(user)
        assert not offers(browser, case)
        assert (browser.get(page_of(case)).status_code, browser.post(page_of(case)).status_code) == (status, status)
    assert not Nudge.objects.exists()


def test_of_a_question_only_who_asked_it_reminds_and_only_the_two_read_of_it(cast, as_, make_case):
    case = make_case(reached="assessment")
    with acting_as(cast.hanna):
        actions.ask(case, by=cast.hanna, of=cast.ilir.organisation, subject="Bed", text="Is there one?")
    case = Case.objects.get(pk=case.pk)
    assert (case.ball_with, case.ball_what) == (cast.ilir.organisation, "answer_question")
    for user in (cast.sara, cast.lars):
        browser = as_(user)
        assert not offers(browser, case)
        assert browser.post(page_of(case)).status_code == 403
    hanna = as_(cast.hanna)
    assert offers(hanna, case)
    assert hanna.post(page_of(case)).status_code == 302
    assert told(case) == ["Ilir"]
    for user, reads in ((cast.hanna, True), (cast.ilir, True), (cast.sara, False), (cast.lars, False)):
        history = said(as_(user).get(f"{case.get_absolute_url()}history/"))
        assert ("Reminded whose turn it is" in history) == reads, user.name


def test_whoever_presses_when_the_turn_has_passed_to_them_is_told_so(cast, as_, make_case):
    case = make_case(reached="more_info")
    sara = as_(cast.sara)
    answer = sara.post(page_of(case))
    assert answer.status_code == 409
    assert "your own organisation" in said(answer)
    assert not Nudge.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_press_at_once_remind_once(town):  # noqa: F811  # the fixture
    case, cast = town.case, town.cast
    presses = [Presses(user, page_of(case), {}) for user in (cast.sara, cast.maja)]
    press_together(case, *presses)
    assert sorted(press.status for press in presses) == [302, 409]
    second = next(press for press in presses if press.status == 409)
    assert "Reminded today at" in second.content
    assert Nudge.objects.count() == 1
    assert told(case) == ["Lars", "Lena"]
    assert CaseEvent.objects.filter(case=case, verb="nudge").count() == 1


def test_nobody_who_has_left_is_told(cast, as_, make_case):
    case = make_case(reached="referred")
    gone = person(cast, "Gustav", cast.lars)
    Case.objects.filter(pk=case.pk).update(decider=gone)
    gone.is_active = False
    gone.save(update_fields=["is_active"])
    as_(cast.sara).post(page_of(case))
    assert told(case) == ["Lars", "Lena"]
