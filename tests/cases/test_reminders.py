"""One walk over the clocks: exactly once in each inbox, whoever walks, however often, and whatever breaks."""

import logging
import re
import threading
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from cases import actions, clocks, emails
from cases.actions import remind
from cases.defaults import RULES
from cases.models import Case, ClockRule, Notification, Referral
from returns_portal import clock, mail
from returns_portal.actor import acting_as
from returns_portal.models import OutboxItem
from tests.clockwork import MONDAY, moment, rung

LATE = moment("10-30 12:00")


def reminders():
    return Notification.objects.filter(what__startswith="rule_")


def lines():
    """What stands in the inboxes: rule and first name, as often as it stands there."""
    return sorted((row.what, row.recipient.name) for row in reminders().select_related("recipient"))


@pytest.fixture
def late(make_case):
    """A referral that nobody decided on for weeks."""
    with clock.moved_to(MONDAY):
        return make_case(reached="referred")


DECISION = [("rule_decision", "Lars"), ("rule_decision", "Lena")]


def test_a_walk_that_comes_late_sends_everything_once_and_the_next_nothing(late):
    with clock.moved_to(LATE):
        # Lena is one of the queue, and the manager: the later of the two rungs is hers.
        assert remind.walk_the_clocks() == 2
        assert remind.walk_the_clocks() == 0
    assert lines() == DECISION
    assert {row.recipient.name: row.rung for row in reminders()} == {"Lars": 1, "Lena": 2}
    mails = OutboxItem.objects.filter(kind="mail", row_id__in=reminders().values("pk"))
    assert (mails.count(), {item.recipient_id for item in mails}) == (2, {row.recipient_id for row in reminders()})


def test_a_reminder_leads_to_its_page_and_its_mail_says_nothing(late, deliver, mailoutbox, settings):
    deliver()
    mailoutbox.clear()
    rung("decision", "10-08 07:00")
    assert {row.page for row in reminders()} == {f"{late.get_absolute_url()}decide/"}
    deliver()
    assert sorted(message.to[0] for message in mailoutbox) == ["lars@demo.example", "lena@demo.example"]
    for message in mailoutbox:
        assert late.code_shown not in message.subject
        assert late.code_shown in message.body
        assert f"{settings.PORTAL_ADDRESS}{late.get_absolute_url()}" in message.body
        for secret in ("M.R.", "Mira", "Alban", "trafficking", "människohandel", "Länsstyrelse", "Socialtj"):
            assert secret not in message.subject + message.body


def test_whoever_left_or_has_no_right_to_the_case_is_not_reminded(late, cast):
    cast.lars.is_active = False
    cast.lars.save()
    assert rung("decision", "10-08 07:00") == "lena"
    # IOM Helsinki has no right to the case yet, whatever a rule says.
    ClockRule.objects.filter(code="decision").update(to=["coordinating"], escalations=[])
    assert rung("decision", LATE) == ""


def test_of_two_cases_in_one_walk_each_has_its_own_circle(late, make_case):
    with clock.moved_to(MONDAY):
        approved = make_case(reached="approved")
    Referral.objects.update(reflection_until=date(2026, 10, 30))
    assert rung("reflection_period", "10-23 07:00") == "hanna henrik sara sara"
    told = reminders().filter(what="rule_reflection_period").values_list("case", "recipient__name")
    assert {name for case, name in told if case == late.pk} == {"Sara"}
    assert {name for case, name in told if case == approved.pk} == {"Hanna", "Henrik", "Sara"}


def test_the_named_person_is_reminded_and_everybody_where_nobody_is_named(cast, make_case):
    with clock.moved_to(MONDAY):
        case = make_case(reached="application")
    assert rung("first_contact", "10-07 07:00") == "hanna"
    Case.objects.filter(pk=case.pk).update(coordinator=None)
    assert rung("application_unsigned", "10-19 07:00") == "hanna henrik"


def test_a_rule_out_of_force_is_silent(late):
    ClockRule.objects.filter(code="decision").update(is_active=False)
    assert rung("decision", LATE) == ""


def test_an_administrators_numbers_count(late):
    ClockRule.objects.filter(code="decision").update(amount=5, warnings=[-1], escalations=[[1, "approving"]])
    assert (rung("decision", "10-11 06:59"), rung("decision", "10-11 07:00")) == ("", "lars lena")
    assert (rung("decision", "10-13 06:59"), rung("decision", "10-13 07:00")) == ("", "lars lena")


def test_of_several_warnings_that_were_missed_only_the_last_is_sent(cast, make_case):
    with clock.moved_to(MONDAY):
        make_case()
    assert rung("draft_expires", "11-03 12:00") == "sara"


def test_a_case_that_has_ended_is_silent(late, cast):
    with clock.moved_to(MONDAY), acting_as(cast.sara):
        actions.withdraw(late, by=cast.sara)
    with clock.moved_to(LATE):
        assert remind.walk_the_clocks() == 0


# What breaks


def test_one_rule_that_fails_stops_no_other_and_says_nothing_of_the_case(late, cast, make_case, monkeypatch, caplog):
    with clock.moved_to(MONDAY):
        make_case(reached="approved")

    def broken(at):
        Notification.objects.create(recipient=cast.otto, what="rule_decision", page="/", key="half done")
        raise ValueError("Mira Rexhepi")

    monkeypatch.setitem(clocks.FACTS, "decision", broken)
    with clock.moved_to(LATE), caplog.at_level(logging.ERROR):
        remind.walk_the_clocks()
        remind.walk_the_clocks()
    assert {rule for rule, _name in lines()} == {"rule_receipt_by_iom"}
    assert OutboxItem.objects.filter(kind="ring-administrators", key__endswith="decision").count() == 1
    assert caplog.messages == ["The rule decision failed: ValueError"] * 2


def test_a_deed_that_fails_is_tried_again_and_costs_nobody_the_reminder(late, monkeypatch, caplog):
    done = []

    def deed(one):
        done.append(one.case.pk)
        if len(done) == 1:
            raise ValueError("Mira Rexhepi")

    monkeypatch.setitem(remind.deeds, "no_news_yet", deed)
    ClockRule.objects.filter(code="decision").update(escalations=[[1, "no_news_yet"]])
    with caplog.at_level(logging.ERROR):
        assert rung("decision", LATE) == "lars lena"
        assert rung("decision", LATE) == ""
    assert (done, caplog.messages) == ([late.pk] * 2, ["The deed no_news_yet failed: ValueError"])


# How much is asked


def test_a_walk_asks_the_same_with_one_case_and_with_many(late, many_like):
    def statements():
        with clock.moved_to(LATE):
            remind.walk_the_clocks()  # what is new has been sent
            with CaptureQueriesContext(
                connection,
            ) as asked:
                remind.walk_the_clocks()
        return len(asked)

    few = statements()
    many_like(late, 40)
    with clock.moved_to(LATE):
        assert remind.walk_the_clocks() == 40 * 2
    assert statements() == few
    assert few <= len(RULES) * 8 + 20


def test_where_nothing_is_due_no_case_is_fetched(make_case, many_like):
    with clock.moved_to(MONDAY):
        many_like(make_case(reached="application"), 40)
    with clock.moved_to(MONDAY + timedelta(minutes=1)), CaptureQueriesContext(connection) as asked:
        assert remind.walk_the_clocks() == 0
    assert not [
        query for query in asked if '"cases_case"."alias"' in query["sql"] and "SKIP LOCKED" not in query["sql"]
    ]


# Two at once


@pytest.mark.django_db(transaction=True)
def test_two_walks_at_once_tell_everybody_once(late):
    counts, ready = [], threading.Barrier(4)

    def walk():
        try:
            ready.wait()
            with clock.moved_to(LATE):
                counts.append(remind.walk_the_clocks())
        finally:
            connection.close()

    walkers = [threading.Thread(target=walk) for _number in range(4)]
    for walker in walkers:
        walker.start()
    for walker in walkers:
        walker.join()
    assert (sum(counts), lines()) == (2, DECISION)
    assert OutboxItem.objects.filter(kind="mail", row_id__in=reminders().values("pk")).count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_same_told_twice_at_once_is_mailed_once(late, cast):
    """The second waits for the first at the key, finds the line written, and mails nothing."""
    counts, begun = [], threading.Event()

    def second():
        try:
            begun.set()
            with acting_as(cast.sara):
                counts.append(emails.notify(late, [cast.lars], "held", key="once"))
        finally:
            connection.close()

    other = threading.Thread(target=second)
    with transaction.atomic():
        counts.append(emails.notify(late, [cast.lars], "held", key="once"))
        other.start()
        begun.wait()
        other.join(timeout=0.5)
    other.join()
    (line,) = Notification.objects.filter(what="held")
    assert sorted(counts) == [0, 1]
    assert list(OutboxItem.objects.filter(key=f"mail:{line.key}").values_list("row_id", flat=True)) == [line.pk]


# By hand


def test_send_reminders_at_a_moment(late, capsys):
    with clock.moved_to(MONDAY):
        call_command("send_reminders")
        call_command("send_reminders", at="2026-10-08T06:59")
        call_command("send_reminders", at="2026-10-08T07:00")
        call_command("send_reminders", at="2026-10-08T05:00:00+00:00")
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["0", "0", "2", "0"]
    # What is told is told now, whatever the moment that was asked for: its mail leaves at once.
    assert all(row.created_at.date() == MONDAY.date() for row in reminders())
    with pytest.raises(CommandError):
        call_command("send_reminders", at="tomorrow")


def test_send_reminders_knows_which_pauses_are_over_at_that_moment(late, cast, capsys):
    with clock.moved_to(moment("10-06 10:00")):
        with acting_as(cast.sara):
            actions.hold_case(late, by=cast.sara, reason="medical", owner=cast.sara, until=date(2026, 10, 9))
        call_command("send_reminders", at="2026-10-13T06:59")  # the end of the pause rings
        call_command("send_reminders", at="2026-10-13T07:00")
    assert lines() == [*DECISION, ("rule_hold_ends", "Sara")]
    assert capsys.readouterr().out.split() == ["1", "reminders", "sent.", "2", "reminders", "sent."]


def test_a_mail_sent_twice_carries_the_same_message_id_and_tells_no_number(make_case, deliver, mailoutbox):
    make_case(reached="referred")
    deliver()
    assert mailoutbox
    item = OutboxItem.objects.filter(kind="mail").first()
    assert item is not None
    sent = [message.extra_headers["Message-ID"] for message in mailoutbox]
    assert mail.message_id(item) in sent
    assert all(re.fullmatch(r"<[0-9a-f-]{36}@[\w.-]+>", message_id) for message_id in sent)
