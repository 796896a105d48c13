"""The summary: one mail a day or a week, once, of what its reader may still see when it leaves."""

from datetime import UTC, datetime, timedelta

import pytest
from celery.schedules import crontab
from django.core import mail

from cases import digest, emails, notices, tasks
from cases.actions.inbox import save_mail_settings
from cases.models import MailChoice, MailSettings, Notification
from partners.models import User
from returns_portal import clock, outbox
from returns_portal.actor import acting_as, acting_as_system
from returns_portal.celery import app
from returns_portal.models import OutboxItem

# A Monday.
MONDAY = datetime(2026, 12, 7, tzinfo=clock.STOCKHOLM)


def moment(days, hour, minute=0):
    """So many days after that Monday, at that time in Stockholm."""
    return MONDAY.replace(hour=hour, minute=minute) + timedelta(days=days)


def wants(user, how_often="daily", **ways):
    """This person wants everything in the summary, but what is named."""
    save_mail_settings(user, digest=how_often, ways=dict.fromkeys(notices.TOPICS, "digest") | ways)


@pytest.fixture(autouse=True)
def all_read_english(cast):
    """The tests look for the source's own words."""
    User.objects.update(language="en-gb")


@pytest.fixture
def told(cast, make_case, deliver):
    """Tell people of something in a new case, at a moment."""

    def tell(at, *people, what="answered", case=None, sender=None):
        if case is None:
            case = make_case(reached="referred")
            deliver()
            Notification.objects.filter(case=case).delete()  # what its own way there told
        with clock.moved_to(at), acting_as(sender or cast.sara):
            emails.notify(case, people, what)
        mail.outbox.clear()
        return case

    yield tell


@pytest.fixture
def at_the_beat(deliver):
    """What the timetable's call at a moment sends, with the worker's next round."""

    def beat(at):
        mail.outbox.clear()
        with clock.moved_to(at):
            tasks.queue_digests()
            deliver()
        return [(message.to[0], message.body) for message in mail.outbox]

    return beat


def test_a_day_s_notices_are_one_mail_at_half_past_seven(cast, told, at_the_beat):
    wants(cast.lars)
    case = told(moment(0, 10), cast.lars)
    other = told(moment(0, 15), cast.lars)
    told(moment(0, 16), cast.lars, case=case, what="recalled")
    assert at_the_beat(moment(0, 23, 45)) == []
    assert at_the_beat(moment(1, 7, 15)) == []
    ((to, body),) = at_the_beat(moment(1, 7, 30))
    assert to == cast.lars.email
    assert mail.outbox[0].subject == "Something in the portal needs you"
    codes = ", ".join(sorted([case.code_shown, other.code_shown]))
    assert "3 unread messages wait in your inbox." in body
    assert f"2 cases: {codes}" in body
    assert "/inbox/" in body
    assert at_the_beat(moment(1, 7, 45)) == []
    assert at_the_beat(moment(2, 7, 30)) == []
    assert set(Notification.objects.filter(recipient=cast.lars).values_list("mail", flat=True)) == {"sent"}


def test_what_comes_after_half_past_seven_waits_for_the_next_day(cast, told, at_the_beat):
    wants(cast.lars)
    told(moment(0, 7, 40), cast.lars)
    assert at_the_beat(moment(0, 7, 45)) == []
    assert len(at_the_beat(moment(1, 7, 30))) == 1


def test_a_beat_that_was_down_sends_once_when_it_is_back(cast, told, at_the_beat):
    wants(cast.lars)
    told(moment(0, 10), cast.lars)
    assert len(at_the_beat(moment(1, 13))) == 1
    told(moment(1, 14), cast.lars)
    assert at_the_beat(moment(1, 15)) == []
    # Away for three days: one mail, not three.
    assert len(at_the_beat(moment(4, 9))) == 1
    assert at_the_beat(moment(4, 9, 15)) == []


def test_a_beat_that_runs_twice_sends_once(cast, told, deliver):
    wants(cast.lars)
    told(moment(0, 10), cast.lars)
    with clock.moved_to(moment(1, 7, 30)):
        tasks.queue_digests()
        # The other clock had looked before this one wrote anything down.
        MailSettings.objects.update(last_digest_at=None)
        tasks.queue_digests()
        deliver()
    assert OutboxItem.objects.filter(kind="digest").count() == 1
    assert len(mail.outbox) == 1


def test_when_the_last_one_left_is_remembered_also_when_the_outbox_was_swept(cast, told, at_the_beat):
    wants(cast.lars)
    told(moment(0, 10), cast.lars)
    assert len(at_the_beat(moment(1, 7, 30))) == 1
    OutboxItem.objects.all().delete()
    told(moment(1, 7, 29), cast.lars)
    assert at_the_beat(moment(1, 7, 45)) == []
    assert len(at_the_beat(moment(2, 7, 30))) == 1


def test_a_weekly_summary_leaves_on_monday(cast, told, at_the_beat):
    wants(cast.lars, "weekly")
    told(moment(1, 10), cast.lars)
    assert [len(at_the_beat(moment(day, 7, 30))) for day in range(2, 7)] == [0] * 5
    assert len(at_the_beat(moment(7, 7, 30))) == 1
    assert at_the_beat(moment(8, 7, 30)) == []


def test_who_never_chose_how_often_gets_it_daily(cast, told, at_the_beat):
    wants(cast.lars)
    MailSettings.objects.all().delete()
    told(moment(0, 10), cast.lars)
    assert len(at_the_beat(moment(1, 7, 30))) == 1
    assert MailSettings.objects.get(user=cast.lars).last_digest_at is not None


@pytest.mark.parametrize(
    ("now", "leaves"),
    [
        # The clocks go back on 25 October 2026 and forward on 28 March 2027.
        ("2026-10-24T23:00", "2026-10-24T05:30"),
        ("2026-10-25T06:29", "2026-10-24T05:30"),
        ("2026-10-25T06:30", "2026-10-25T06:30"),
        ("2027-03-27T06:30", "2027-03-27T06:30"),
        ("2027-03-28T05:29", "2027-03-27T06:30"),
        ("2027-03-28T05:30", "2027-03-28T05:30"),
    ],
)
def test_it_is_half_past_seven_in_stockholm_on_the_days_when_the_clocks_change(now, leaves):
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert digest.last_moment("daily", at) == datetime.fromisoformat(leaves).replace(tzinfo=UTC)


@pytest.mark.parametrize("day", ["2026-10-25", "2027-03-28"])
def test_the_days_when_the_clocks_change_have_one_summary_each(day, cast, told, at_the_beat):
    wants(cast.lars)
    morning = datetime.fromisoformat(f"{day}T07:30").replace(tzinfo=clock.STOCKHOLM)
    night = datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=clock.STOCKHOLM).astimezone(UTC)
    told(morning - timedelta(hours=12), cast.lars)
    sent = []
    for quarter in range(100):  # every quarter of an hour of a day of 23 or 25 hours
        at = night + timedelta(minutes=15 * quarter)
        sent += [at] * len(at_the_beat(at))
    assert sent == [morning]


def test_a_case_that_was_closed_to_the_reader_meanwhile_is_not_told(cast, told, at_the_beat):
    wants(cast.lars)
    stays, goes = told(moment(0, 10), cast.lars), told(moment(0, 10), cast.lars)
    goes.group_grants.filter(group=cast.lars.organisation.group).update(valid_until=moment(0, 12))
    ((_to, body),) = at_the_beat(moment(1, 7, 30))
    assert stays.code_shown in body
    assert goes.code_shown not in body
    assert "1 unread message waits in your inbox." in body


def test_where_every_case_was_closed_to_the_reader_no_mail_leaves(cast, told, at_the_beat):
    wants(cast.lars)
    case = told(moment(0, 10), cast.lars)
    case.group_grants.filter(group=cast.lars.organisation.group).update(valid_until=moment(0, 12))
    assert at_the_beat(moment(1, 7, 30)) == []
    assert OutboxItem.objects.filter(kind="digest", done_at__isnull=False).count() == 1


@pytest.mark.parametrize("done", [{"read_at": moment(0, 11)}, {"settled_at": moment(0, 11)}])
def test_what_was_read_or_settled_meanwhile_is_not_told(done, cast, told, at_the_beat):
    wants(cast.lars)
    told(moment(0, 10), cast.lars)
    Notification.objects.filter(recipient=cast.lars).update(**done)
    assert at_the_beat(moment(1, 7, 30)) == []


def test_what_is_read_after_the_beat_and_before_the_mail_is_not_told(cast, told, deliver):
    wants(cast.lars)
    told(moment(0, 10), cast.lars)
    with clock.moved_to(moment(1, 7, 30)):
        tasks.queue_digests()
        Notification.objects.filter(recipient=cast.lars).update(read_at=clock.now())
        deliver()
    assert mail.outbox == []


def test_who_chose_the_portal_meanwhile_gets_no_mail(cast, told, at_the_beat):
    wants(cast.lars)
    told(moment(0, 10), cast.lars)
    kept = told(moment(0, 10), cast.lars, what="question_asked")
    wants(cast.lars, decisions="portal")
    ((_to, body),) = at_the_beat(moment(1, 7, 30))
    assert f"1 case: {kept.code_shown}" in body
    assert set(Notification.objects.filter(what="answered", recipient=cast.lars).values_list("mail", flat=True)) == {
        "none"
    }


def test_what_waited_when_somebody_chose_mail_at_once_still_comes(cast, told, at_the_beat):
    wants(cast.lars)
    case = told(moment(0, 10), cast.lars)
    MailChoice.objects.update(how="at_once")
    ((_to, body),) = at_the_beat(moment(1, 7, 30))
    assert case.code_shown in body


def test_whoever_has_left_gets_no_mail(cast, told, at_the_beat):
    wants(cast.lars)
    told(moment(0, 10), cast.lars)
    User.objects.filter(pk=cast.lars.pk).update(is_active=False)
    assert at_the_beat(moment(1, 7, 30)) == []


def test_a_summary_that_the_mail_server_refuses_is_sent_later_and_once(cast, told, deliver, settings):
    wants(cast.lars)
    told(moment(0, 10), cast.lars)
    backend, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, "no.such.Backend"
    with clock.moved_to(moment(1, 7, 30)):
        tasks.queue_digests()
        outbox.deliver()
    assert Notification.objects.get(recipient=cast.lars, what="answered").mail == "digest"
    settings.EMAIL_BACKEND = backend
    with clock.moved_to(moment(1, 8)):
        tasks.queue_digests()
        deliver()
    assert len(mail.outbox) == 1


def test_many_cases_are_counted_not_listed(cast, told, at_the_beat, make_case):
    wants(cast.lars)
    case = make_case(reached="referred")
    told(moment(0, 10), cast.lars, case=case)
    codes = [f"AAAA-{number:04}" for number in range(60)]
    _subject, body = emails.in_words(
        "digest", "en-gb", "/inbox/", messages=80, cases=60, codes=codes[:50], more=len(codes[50:])
    )
    assert "60 cases:" in body
    assert "AAAA-0049 and 10 more" in body
    assert "AAAA-0050" not in body


def test_the_summaries_of_all_are_found_in_a_few_questions(cast, told, django_assert_max_num_queries):
    case = told(moment(0, 10), cast.lars)
    for person in (cast.lars, cast.lena, cast.sara, cast.maja):
        wants(person)
    told(moment(0, 11), cast.lars, cast.lena, cast.sara, cast.maja, case=case)
    # Two questions a frequency, one line for each person, and the actor's own.
    with acting_as_system("reminders"), django_assert_max_num_queries(20):
        assert digest.queue_due(moment(1, 7, 30)) == 4


def test_the_timetable_asks_every_quarter_of_an_hour():
    entry = app.conf.beat_schedule["queue-digests"]
    assert entry["task"] == "cases.tasks.queue_digests"
    assert entry["schedule"] == crontab(minute="*/15")
    assert tasks.queue_digests.name == entry["task"]


def test_a_summary_that_is_given_up_takes_nothing_of_the_next_one(cast, told):
    wants(cast.lars)
    first = told(moment(0, 10), cast.lars)
    with clock.moved_to(moment(1, 7, 30)):
        tasks.queue_digests()
    second = told(moment(1, 10), cast.lars)
    item = OutboxItem.objects.get(kind="digest")
    item.due_at = moment(2, 7)  # as each attempt moves it on
    digest.note_undelivered(item, is_final=True)
    mails = dict(Notification.objects.filter(recipient=cast.lars, what="answered").values_list("case_id", "mail"))
    assert mails == {first.pk: "failed", second.pk: "digest"}
