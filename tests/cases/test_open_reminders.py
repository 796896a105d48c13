"""A reminder stands open while its reason does: one for case, rule and recipient, and none without a reason."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from cases import actions, tasks
from cases.actions import remind
from cases.models import Case, ClockRule, Notification
from returns_portal import clock
from returns_portal.actor import acting_as
from returns_portal.models import Heartbeat, OutboxItem
from tests import builders
from tests.clockwork import MINUTE, MONDAY, moment, rung


def open_reminders(rule="decision"):
    """Who is reminded by this rule now, and by which rung: "lars1 lena2"."""
    rows = Notification.objects.filter(rule=rule, settled_at__isnull=True).select_related("recipient")
    return " ".join(sorted(f"{row.recipient.name.lower()}{row.rung}" for row in rows))


def walk(at):
    with clock.moved_to(moment(at)):
        return remind.walk_the_clocks()


@pytest.fixture
def late(make_case):
    """A referral sent on Monday 5 October; its decision was due on the 8th."""
    with clock.moved_to(MONDAY):
        return make_case(reached="referred")


def test_a_later_rung_takes_the_place_of_the_earlier_one(late):
    walk("10-08 07:00")
    assert open_reminders() == "lars1 lena1"
    walk("10-12 07:00")
    assert open_reminders() == "lars1 lena2"
    assert Notification.objects.filter(rule="decision").count() == 3


def test_a_reminder_is_settled_by_the_next_walk_when_its_reason_is_gone(late, cast):
    walk("10-08 07:00")
    with clock.moved_to(moment("10-08 08:00")):
        builders.approve(cast, late)
    walk("10-08 08:01")
    assert open_reminders() == ""


@pytest.mark.parametrize("end", ["withdraw", "decline"])
def test_an_ended_case_reminds_nobody_from_that_moment_on(end, late, cast):
    walk("10-08 07:00")
    with clock.moved_to(moment("10-08 08:00")):
        getattr(builders, end)(cast, late)
    assert open_reminders() == ""


def test_a_pause_settles_what_is_open_at_once_and_its_own_end_still_rings(late, cast):
    walk("10-08 07:00")
    with clock.moved_to(moment("10-08 08:00")), acting_as(cast.sara):
        actions.hold_case(late, by=cast.sara, reason="medical", owner=cast.sara, until=date(2026, 10, 9))
    assert open_reminders() == ""
    walk("10-09 07:00")
    assert open_reminders("hold_ends") == "sara1"
    with clock.moved_to(moment("10-09 07:01")), acting_as(cast.sara):
        actions.extend_hold(Case.objects.get(pk=late.pk), by=cast.sara, until=date(2026, 10, 9))
    assert open_reminders("hold_ends") == "sara1"


def test_a_reason_that_comes_back_opens_the_same_reminder_and_mails_nobody_twice(late, cast, deliver, mailoutbox):
    walk("10-08 07:00")
    deliver()
    mailoutbox.clear()
    with clock.moved_to(moment("10-08 08:00")), acting_as(cast.sara):
        actions.hold_case(late, by=cast.sara, reason="medical", owner=cast.sara, until=date(2026, 10, 20))
    with clock.moved_to(moment("10-08 09:00")), acting_as(cast.sara):
        actions.resume_case(Case.objects.get(pk=late.pk), by=cast.sara, responsible=cast.sara)
    deliver()
    mailoutbox.clear()
    with clock.moved_to(moment("10-08 09:01")):
        assert remind.walk_the_clocks() == 0
    deliver()
    assert (open_reminders(), mailoutbox) == ("lars1 lena1", [])


def test_what_was_settled_before_its_mail_left_is_mailed_when_its_reason_is_back(late, cast, deliver, mailoutbox):
    walk("10-08 07:00")
    with clock.moved_to(moment("10-08 08:00")), acting_as(cast.sara):
        actions.hold_case(late, by=cast.sara, reason="medical", owner=cast.sara, until=date(2026, 10, 20))
    deliver()
    with clock.moved_to(moment("10-08 09:00")), acting_as(cast.sara):
        actions.resume_case(Case.objects.get(pk=late.pk), by=cast.sara, responsible=cast.sara)
    deliver()
    mailoutbox.clear()
    walk("10-08 09:01")
    deliver()
    walk("10-08 09:02")
    deliver()
    assert sorted(message.to[0] for message in mailoutbox) == ["lars@demo.example", "lena@demo.example"]


def test_a_reminder_without_a_reason_is_not_mailed(late, cast, deliver, mailoutbox):
    deliver()
    mailoutbox.clear()
    walk("10-08 07:00")
    with clock.moved_to(moment("10-08 07:01")):
        builders.withdraw(cast, late)
    deliver()
    assert {message.to[0] for message in mailoutbox} == {"lars@demo.example", "lena@demo.example"}  # the withdrawal
    assert len(mailoutbox) == 2


def test_a_rule_out_of_force_settles_what_it_told(late):
    walk("10-08 07:00")
    ClockRule.objects.filter(code="decision").update(is_active=False)
    walk("10-08 07:01")
    assert open_reminders() == ""


def test_what_was_sent_ahead_of_its_time_stays_until_then(late):
    with clock.moved_to(MONDAY):
        assert remind.walk_the_clocks(moment("10-08 07:00")) == 2
        remind.walk_the_clocks()
    assert open_reminders() == "lars1 lena1"
    assert rung("decision", moment("10-08 07:00") + MINUTE) == ""


def test_two_questions_to_the_same_people_are_one_open_reminder(make_case, cast):
    with clock.moved_to(MONDAY):
        case = make_case(reached="application")
        with acting_as(cast.hanna):
            first, second = (
                actions.ask(case, by=cast.hanna, of=cast.sara.organisation, subject=text, text="Who?") for text in "ab"
            )
    walk("10-12 07:00")
    assert open_reminders("question") == "maja1 sara1"
    for thread in (first, second):
        with clock.moved_to(moment("10-12 08:00")), acting_as(cast.sara):
            actions.reply(thread, by=cast.sara, text="Dr Ek.")
        walk("10-12 08:01")
        assert open_reminders("question") == ("maja1 sara1" if thread == first else "")


def test_the_database_itself_holds_the_identity_and_the_one_that_is_open(late, cast):
    walk("10-08 07:00")
    row = Notification.objects.get(rule="decision", recipient=cast.lars)
    for changes in ({"settled_at": clock.now()}, {"due_at": row.due_at + timedelta(days=1)}):
        again = Notification.objects.get(pk=row.pk)
        again.pk, again.key = None, "another"
        for name, value in changes.items():
            setattr(again, name, value)
        again._state.adding = True
        with pytest.raises(IntegrityError, match="reminder_once|one_open_reminder"), transaction.atomic():
            again.save(force_insert=True)


def test_what_would_ring_is_what_then_rings_and_asking_writes_nothing(late):
    rule = ClockRule.objects.get(code="decision")
    at = moment("10-12 07:00")
    before = Notification.objects.count()
    expected = {user.name for people in remind.would_ring(rule, at).values() for user in people}
    assert Notification.objects.count() == before
    assert set(rung("decision", at).title().split()) == expected == {"Lars", "Lena"}


# Safety


@pytest.fixture
def on_the_way(make_case):
    """Somebody who was expected two hours ago."""
    return make_case(reached="in_transit")


def alarm_at(case, hours=2):
    return Case.objects.get(pk=case.pk).expected_at + timedelta(hours=hours, minutes=1)


def told(case, rule="arrival_watch"):
    rows = Notification.objects.filter(case=case, rule=rule, settled_at=None).select_related("recipient")
    return " ".join(sorted(row.recipient.name.lower() for row in rows))


def test_a_safety_reminder_whose_reason_is_back_is_unread_and_mailed_again(on_the_way, deliver, mailoutbox):
    at = alarm_at(on_the_way)
    with clock.moved_to(at):
        remind.walk_the_clocks()
        deliver()
        Notification.objects.filter(rule="arrival_watch").update(read_at=clock.now())
        ClockRule.objects.filter(code="arrival_watch").update(amount=5)
        remind.walk_the_clocks()
        assert told(on_the_way) == ""
        ClockRule.objects.filter(code="arrival_watch").update(amount=2)
        mailoutbox.clear()
        assert remind.walk_the_clocks() == 0
        deliver()
    rows = Notification.objects.filter(rule="arrival_watch")
    assert {row.read_at for row in rows} == {None}
    assert len(mailoutbox) == rows.count() > 0


def test_where_nobody_is_left_whom_a_safety_rule_means_iom_helsinkis_managers_are_told(on_the_way, cast):
    ClockRule.objects.filter(code="arrival_watch").update(to=["local_office"])
    cast.ilir.is_active = False
    cast.ilir.save()
    with clock.moved_to(alarm_at(on_the_way)):
        remind.walk_the_clocks()
    assert told(on_the_way) == "henrik"


def test_where_nobody_at_all_is_left_the_administrators_are_rung(on_the_way, cast):
    for person in (cast.ilir, cast.hanna, cast.henrik):
        person.is_active = False
        person.save()
    with clock.moved_to(alarm_at(on_the_way)):
        remind.walk_the_clocks()
        remind.walk_the_clocks()
    rung_up = OutboxItem.objects.filter(kind="ring-administrators", key__startswith="nobody-told:")
    assert (rung_up.count(), {item.is_safety for item in rung_up}) == (1, {True})


def test_a_case_whose_clock_cannot_be_read_silences_no_other_and_the_walk_counts_as_none(
    make_case, on_the_way, monkeypatch, caplog
):
    other = make_case(reached="in_transit")
    at, real = max(alarm_at(on_the_way), alarm_at(other)), remind.due_by

    def broken_for_one(rule, case, *rest):
        if rule.code == "arrival_watch" and case.pk == on_the_way.pk:
            raise ValueError("Mira Rexhepi")
        return real(rule, case, *rest)

    monkeypatch.setattr(remind, "due_by", broken_for_one)
    Heartbeat.objects.all().delete()
    with clock.moved_to(at):
        tasks.walk_the_clocks()
    assert (told(on_the_way), told(other)) == ("", "hanna henrik ilir")
    assert not Heartbeat.objects.filter(name="walk-the-clocks").exists()
    assert OutboxItem.objects.filter(key__startswith="rule-failed:", key__endswith=":arrival_watch").count() == 1
    assert "Mira" not in caplog.text


def test_an_alarm_that_cannot_be_written_down_is_no_walk_either(on_the_way, monkeypatch):
    def broken(told):
        raise ValueError("Mira Rexhepi")

    monkeypatch.setitem(remind.alongside, "arrival_watch", broken)
    with clock.moved_to(alarm_at(on_the_way)), pytest.raises(remind.SafetyRuleFailed):
        remind.walk_the_clocks()
    assert told(on_the_way) == "hanna henrik ilir"
