"""The mail server refuses for an hour, or one mailbox for good: tried again with patience, lost never, and seen."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.emails import notify
from cases.models import Notification
from returns_portal import clock, outbox
from returns_portal.models import OutboxItem

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)
# Minutes after the first attempt: the waits double from half a minute to a quarter of an hour.
ATTEMPTS = [0, 0.5, 1.5, 3.5, 7.5, 15.5, 30.5, 45.5, 60.5]
REFUSALS = {
    "mailbox busy": ("rcpt", "450 4.2.1 Try again later", "SMTPRecipientsRefused"),
    "message deferred": ("data", "451 4.3.0 Try again later", "SMTPDataError"),
    "sender deferred": ("mail", "451 4.7.1 Try again later", "SMTPSenderRefused"),
    "shutting down": ("greeting", "421 Closing", "SMTPConnectError"),
    "nobody there": ("", "", "ConnectionRefusedError"),
}


def act(as_, cast, make_case):
    """Sara takes back a referral, and Länsstyrelsen is to hear of it."""
    case = make_case(reached="referred")
    OutboxItem.objects.all().delete()
    assert as_(cast.sara).post(f"{case.get_absolute_url()}withdraw/", {"note": ""}).status_code == 302
    lines = Notification.objects.filter(case=case, what="withdrawn")
    assert lines and set(lines.values_list("sender", "mail")) == {(cast.sara.pk, "waiting")}
    return lines


def seconds(since, moment):
    return (moment - since).total_seconds()


@pytest.mark.parametrize("refusal", REFUSALS)
def test_an_hour_of_refusal_is_waited_for_and_seen(refusal, as_, cast, make_case, post, workers, figures):
    stage, answer, error = REFUSALS[refusal]
    lines, fork = act(as_, cast, make_case), workers[0]
    if stage:
        post.refusals[stage] = answer
    else:
        post.close()
    began = clock.now()
    mails = OutboxItem.objects.filter(kind="mail", row_id__in=lines.values("pk"))
    told, made = mails.count(), []

    for number, minutes in enumerate(ATTEMPTS[:-1], 1):
        # Not a moment too early: this worker finds nothing to do.
        if number > 1:
            fork.run(ahead=minutes * 60 - 4)
            assert set(mails.values_list("attempts", flat=True)) == {number - 1}
        fork.run(ahead=minutes * 60 + 5 * number)
        (attempts,) = set(mails.values_list("attempts", "last_error"))
        assert attempts == (number, error)
        wait = min(30 * 2 ** (number - 1), 900)
        made.append(wait)
        for due in mails.values_list("due_at", flat=True):
            assert 0 <= seconds(began, due) - (minutes * 60 + 5 * number) - wait < 20
    assert made == [30, 60, 120, 240, 480, 900, 900, 900]
    assert not post.taken

    # Within the hour the sender sees whose mail has not come, and the administrators see what hangs.
    assert set(lines.values_list("mail", flat=True)) == {"late"}
    assert Notification.objects.filter(recipient=cast.sara, what="mail_undelivered").count() == told
    page = as_(cast.sara).get("/inbox/undelivered/").content.decode()
    assert all(line.recipient.name in page for line in lines.select_related("recipient"))
    jobs = as_(cast.admin).get("/admin/jobs/").content.decode()
    assert error in jobs
    assert "lars@" not in jobs

    # The hour is over.
    post.refusals.clear()
    if not stage:
        post.open()
    for ahead in (HOUR, 2 * HOUR, 3 * HOUR):
        fork.run(ahead=ahead.total_seconds() + 120)
    assert not OutboxItem.objects.filter(done_at=None).exists()
    assert set(lines.values_list("mail", flat=True)) == {"sent"}
    count = post.count()
    figures(
        f"refused for an hour ({refusal})",
        mails=told,
        attempts=sum(mails.values_list("attempts", flat=True)),
        lost=OutboxItem.objects.filter(failed_at__isnull=False).count(),
        duplicated=count.total() - len(count),
    )
    # With what Sara was told of it.
    assert (len(count), count.total()) == (2 * told, 2 * told)


def test_a_mailbox_that_refuses_for_good_is_given_up_at_once_and_hinders_nobody(
    as_, cast, make_case, post, workers, figures
):
    post.mailboxes[cast.lars.email] = "550 5.1.1 No such mailbox"
    case = make_case(reached="referred")
    OutboxItem.objects.all().delete()
    notify(case, [cast.lars, cast.lena], "question_asked", key="gone")
    Notification.objects.filter(key__contains="gone").update(sender=cast.sara)
    workers[0].run()
    lars, lena = (OutboxItem.objects.get(recipient_id=user.pk) for user in (cast.lars, cast.lena))
    assert (lars.attempts, lars.last_error, lars.done_at) == (1, "SMTPRecipientsRefused", None)
    assert lars.failed_at is not None
    assert lena.done_at is not None
    assert Notification.objects.get(pk=lars.row_id).mail == "failed"
    told = Notification.objects.get(recipient=cast.sara, what="mail_undelivered")
    assert told.page == "/inbox/undelivered/"
    assert cast.lars.name in as_(cast.sara).get(told.page).content.decode()
    workers[0].run(ahead=25 * 3600)
    assert OutboxItem.objects.get(pk=lars.pk).attempts == 1
    assert {mail.to for mail in post.taken} == {cast.lena.email, cast.sara.email}
    figures("refused for good", mails=2, attempts=lars.attempts, duplicated=post.count().total() - len(post.count()))


def test_where_a_safety_mail_does_not_arrive_the_managers_hear_of_it(cast, make_case, post, workers):
    for address in (cast.lars.email, cast.hanna.email):
        post.mailboxes[address] = "550 5.1.1 No such mailbox"
    case = make_case(reached="approved")
    OutboxItem.objects.all().delete()
    notify(case, [cast.lars], "question_asked", key="acted", is_safety=True)
    notify(case, [cast.hanna], "question_asked", key="rang", is_safety=True)
    Notification.objects.filter(key__contains="acted").update(sender=cast.sara)
    workers[0].run()
    told = Notification.objects.filter(what="mail_undelivered").values_list("recipient__name", flat=True)
    # Sara and her manager of what Sara did; of what a clock rang, the manager of whom it did not reach.
    assert sorted(told) == sorted([cast.sara.name, cast.maja.name, cast.henrik.name])


def test_a_whole_round_goes_over_one_line(cast, make_case, post, workers):
    case = make_case(reached="referred")
    OutboxItem.objects.all().delete()
    for number in range(30):
        notify(case, [cast.lars], "question_asked", key=f"many-{number}")
    workers[0].run()
    assert (len(post.taken), post.connections) == (30, 1)


def test_a_mail_costs_no_more_than_it_must(cast, make_case, deliver, mailoutbox):
    case = make_case(reached="referred")
    deliver()
    for number in range(5):
        notify(case, [cast.lars], "question_asked", key=f"cost-{number}")
    mailoutbox.clear()
    with CaptureQueriesContext(connection) as asked:
        assert outbox.deliver() == len(mailoutbox) == 5
    # Claimed with four statements and done with six (one sets how long to wait for the row back), a token and the two
    # ends of a transaction beside each.
    per_mail = (len(asked) - 4) / 5
    assert per_mail <= 13, "\n".join(query["sql"][:100] for query in asked)
