"""How each person is told: by mail at once, in the summary, or in the portal only; safety always at once."""

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import emails, notices
from cases.actions.inbox import save_mail_settings
from cases.models import MailChoice, MailSettings, Notification
from returns_portal.actor import acting_as
from returns_portal.models import OutboxItem
from tests.doors import Desk
from tests.statements import statements_of

PAGE = "/inbox/settings/"


def test_every_notice_belongs_to_exactly_one_topic():
    without = sorted(what for what in notices.WORDS if notices.topic_of(what) not in notices.TOPICS)
    assert without == []
    assert sorted(set(notices.TOPIC_OF) - set(notices.WORDS)) == []
    assert set(notices.TOPIC_OF.values()) <= set(notices.TOPICS)


def test_who_chose_nothing_is_told_at_once(cast, as_):
    desk = Desk(as_(cast.lars))
    desk.open(PAGE)
    answers = {name: control.sent for name, control in desk.page.forms[-1].controls.items() if control.kind == "radio"}
    assert answers == {**{topic: ["at_once"] for topic in notices.TOPICS}, "digest": ["daily"]}


def test_a_choice_is_saved_said_and_shown_again(cast, as_):
    desk = Desk(as_(cast.lars))
    desk.open(PAGE)
    desk.send(decisions="portal", reminders="digest", digest="weekly")
    assert "Your choices are saved." in desk.page.text
    ways = dict(MailChoice.objects.filter(user=cast.lars).values_list("topic", "how"))
    assert (ways["decisions"], ways["reminders"], ways["journey"]) == ("portal", "digest", "at_once")
    assert MailSettings.objects.get(user=cast.lars).digest == "weekly"
    form = next(form for form in desk.page.forms if "decisions" in form.controls)
    assert form.controls["decisions"].sent == ["portal"]
    # Nobody else's mail has changed.
    assert not MailChoice.objects.exclude(user=cast.lars).exists()


def test_a_way_that_does_not_exist_is_refused_at_its_field_and_nothing_is_saved(cast, as_):
    answers = dict.fromkeys(notices.TOPICS, "digest") | {"digest": "daily", "journey": "by_pigeon"}
    page = as_(cast.lars).post(PAGE, answers)
    assert page.status_code == 200
    assert list(page.context["form"].errors) == ["journey"]
    assert not MailChoice.objects.exists()
    # What was chosen besides stands as it was chosen.
    assert page.context["form"]["questions"].value() == "digest"


def test_mail_goes_the_way_that_its_reader_chose(cast, make_case, deliver):
    case = make_case(reached="referred")
    choose(cast.lars, decisions="digest")
    choose(cast.lena, decisions="portal")
    choose(cast.sara, questions="portal")
    deliver()
    mail.outbox.clear()
    Notification.objects.all().delete()
    with acting_as(cast.lars):
        emails.notify(case, [cast.lars, cast.lena, cast.sara], "answered")
    deliver()
    assert how_told(case) == {"Lars": "digest", "Lena": "none", "Sara": "sent"}
    assert [message.to for message in mail.outbox] == [[cast.sara.email]]


def test_safety_goes_by_mail_at_once_whatever_was_chosen(cast, make_case, deliver):
    case = make_case(reached="in_transit")
    for person in (cast.hanna, cast.henrik, cast.ilir):
        choose(person, **dict.fromkeys(notices.TOPICS, "portal"))
    deliver()
    mail.outbox.clear()
    Notification.objects.all().delete()
    with acting_as(cast.ilir):
        emails.notify(case, [cast.hanna, cast.henrik, cast.ilir], "not_met", is_safety=True)
        emails.notify(case, [cast.hanna], "arrived")
    deliver()
    assert sorted(message.to[0] for message in mail.outbox) == sorted(
        person.email for person in (cast.hanna, cast.henrik, cast.ilir)
    )


@pytest.mark.parametrize("name", ["safety", "is_safety", "rule_arrival_watch", "not_met"])
def test_safety_cannot_be_muted_by_hand(name, cast, as_, make_case, deliver):
    case = make_case(reached="in_transit")
    answers = dict.fromkeys(notices.TOPICS, "portal") | {"digest": "weekly", name: "portal"}
    assert as_(cast.hanna).post(PAGE, answers).status_code == 302
    assert set(MailChoice.objects.values_list("topic", flat=True)) == set(notices.TOPICS)
    MailChoice.objects.create(user=cast.hanna, topic=name, how="portal")
    deliver()
    mail.outbox.clear()
    with acting_as(cast.ilir):
        emails.notify(case, [cast.hanna], "not_met", is_safety=True)
    deliver()
    assert [message.to for message in mail.outbox] == [[cast.hanna.email]]


def test_the_page_says_that_safety_is_always_told_at_once(cast, as_):
    desk = Desk(as_(cast.ilir))
    desk.open(PAGE)
    assert "By mail at once, always" in desk.page.text
    assert "safety" not in desk.names()


def test_the_choices_of_all_who_are_told_are_one_question(cast, as_, make_case):
    case = make_case(reached="referred")
    choose(cast.lars, decisions="digest")
    few = statements_to_tell(case, [cast.lars])
    many = statements_to_tell(case, [cast.lars, cast.lena, cast.sara, cast.maja])
    asked = [sql for sql in many if "cases_mailchoice" in sql]
    assert len(asked) == len([sql for sql in few if "cases_mailchoice" in sql]) == 1


def test_the_administrator_has_no_inbox(cast, as_):
    for page in (PAGE, "/inbox/calendar/", "/inbox/calendar/end/", "/inbox/undelivered/"):
        assert as_(cast.admin).get(page).status_code == 403


def test_the_settings_page_is_found_from_the_inbox_and_from_the_account(cast, as_):
    desk = Desk(as_(cast.lars))
    for place in ("/inbox/", "/account/settings/"):
        desk.open(place)
        assert PAGE in desk.page.links


def test_the_page_costs_at_most_ten_statements(cast, as_):
    _page, asked = statements_of(as_(cast.lars), PAGE)
    assert len(asked) <= 10


def choose(user, **ways):
    """What this person chose on the settings page."""
    save_mail_settings(user, digest="daily", ways=dict.fromkeys(notices.TOPICS, "at_once") | ways)


def how_told(case):
    """First name → what became of the mail."""
    return {row.recipient.name: row.mail for row in Notification.objects.filter(case=case)}


def statements_to_tell(case, people):
    """What it asks of the database to tell these people something."""
    with CaptureQueriesContext(connection) as captured:
        emails.notify(case, people, "answered")
    assert OutboxItem.objects.exists()
    return [query["sql"] for query in captured]
