"""The inbox: one's own notices, read one by one or all at once."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from cases.models import ClockRule, Notification
from partners.models import Organisation
from returns_portal import clock
from tests.doors import Page
from tests.statements import statements_of


def give(user, case, number, **changes):
    """Notices for this person."""
    return Notification.objects.bulk_create(
        Notification(
            recipient=user,
            case=case,
            what="approved_referrer",
            page=case.get_absolute_url() if case else "/",
            key=f"test:{uuid4()}",
            **changes,
        )
        for _number in range(number)
    )


def test_an_empty_inbox_says_so(cast, as_):
    page = as_(cast.otto).get("/inbox/", headers={"accept-language": "en"})
    assert "No messages." in page.content.decode()


def test_a_notice_is_read_when_it_is_opened_and_only_by_its_own_reader(cast, as_, make_case):
    case = make_case(reached="referred")
    Notification.objects.all().delete()
    (notice,) = give(cast.sara, case, 1)
    assert as_(cast.otto).get(f"/inbox/{notice.pk}/").status_code == 404
    assert as_(cast.otto).post(f"/inbox/{notice.pk}/read/").status_code == 404
    assert Notification.objects.get().read_at is None
    assert as_(cast.sara).get(f"/inbox/{notice.pk}/").headers["Location"] == case.get_absolute_url()
    assert Notification.objects.get().read_at is not None


def test_one_and_all_can_be_marked_as_read(cast, as_, make_case):
    case = make_case(reached="referred")
    Notification.objects.all().delete()
    notices = give(cast.sara, case, 3)
    others = give(cast.maja, case, 1)
    sara = as_(cast.sara)
    sara.post(f"/inbox/{notices[0].pk}/read/")
    assert Notification.objects.filter(recipient=cast.sara, read_at=None).count() == 2
    assert sara.get("/inbox/read/").status_code == 405
    sara.post("/inbox/read/")
    assert list(Notification.objects.filter(read_at=None)) == others


def test_a_notice_of_a_case_that_is_closed_to_the_reader_is_no_link(cast, as_, make_case):
    case = make_case(reached="referred")
    (notice,) = give(cast.otto, case, 1)
    otto = as_(cast.otto)
    assert f'href="/inbox/{notice.pk}/"' not in otto.get("/inbox/").content.decode()
    assert otto.get(f"/inbox/{notice.pk}/").headers["Location"] == "/inbox/"


def test_the_inbox_costs_the_same_with_one_and_with_fifty_notices(cast, as_, make_case):
    case = make_case(reached="referred")
    Notification.objects.all().delete()
    give(cast.sara, case, 1)
    sara = as_(cast.sara)
    _page, few = statements_of(sara, "/inbox/")
    give(cast.sara, case, 50)
    page, many = statements_of(sara, "/inbox/")
    assert len(page.context["notices"]) == 30
    assert len(many) == len(few) <= 10
    assert len(sara.get("/inbox/?page=2").context["notices"]) == 21


def words_of(page):
    """Everything that stands on the page."""
    return Page(page.content.decode()).text


def reminder(user, case, **changes):
    """A reminder that a decision is due."""
    now = clock.now()
    return Notification.objects.create(
        recipient=user,
        case=case,
        what="rule_decision",
        page=case.get_absolute_url(),
        key=f"test:{uuid4()}",
        rule="decision",
        due_at=changes.pop("due_at", now),
        rung=0,
        **changes,
    )


def test_a_reminder_whose_reason_is_gone_is_done_and_unread_no_more(cast, as_, make_case):
    case = make_case(reached="referred")
    Notification.objects.all().delete()
    reminder(cast.lars, case, settled_at=clock.now())
    lars = as_(cast.lars)
    page = lars.get("/inbox/")
    assert [(line["is_done"], line["is_unread"]) for line in page.context["notices"]] == [(True, False)]
    assert "Done" in words_of(page)
    assert "Mark as read" not in words_of(page)
    assert page.context["frame"].unread == 0
    assert lars.get("/inbox/?show=unread").context["notices"] == []
    assert lars.get("/").context["news"] == []


def test_safety_stays_on_top_until_it_is_read_or_settled(cast, as_, make_case):
    case = make_case(reached="referred")
    Notification.objects.all().delete()
    give(cast.lars, case, 40)
    old = clock.now() - timedelta(days=3)
    danger, over = give(cast.lars, case, 2, is_safety=True, created_at=old)
    Notification.objects.filter(pk=over.pk).update(settled_at=clock.now())
    lars = as_(cast.lars)
    page = lars.get("/inbox/")
    assert [line["id"] for line in page.context["on_top"]] == [danger.pk]
    assert danger.pk not in [line["id"] for line in page.context["notices"]]
    assert [line["id"] for line in lars.get("/inbox/?page=2").context["on_top"]] == []
    assert {line["id"] for line in lars.get("/inbox/?show=safety").context["notices"]} == {over.pk}
    lars.post(f"/inbox/{danger.pk}/read/")
    page = lars.get("/inbox/?page=2")
    assert danger.pk in [line["id"] for line in page.context["notices"]]
    assert lars.get("/inbox/").context["on_top"] == []


def test_the_inbox_is_grouped_by_day(cast, as_, make_case):
    case = make_case(reached="referred")
    Notification.objects.all().delete()
    monday = datetime(2026, 10, 5, 12, tzinfo=UTC)
    give(cast.lars, case, 2, created_at=monday)
    # Half past one at night in Stockholm is still the day before in UTC.
    give(cast.lars, case, 1, created_at=datetime(2026, 10, 5, 23, 30, tzinfo=UTC))
    page = as_(cast.lars).get("/inbox/")
    assert [(str(day), len(lines)) for day, lines in page.context["days"]] == [("2026-10-06", 1), ("2026-10-05", 2)]
    assert "Monday 5 October 2026" in words_of(page)


def test_a_rule_that_has_words_of_its_own_is_told_in_them_in_the_readers_language(cast, as_, make_case):
    case = make_case(reached="referred")
    reminder(cast.lars, case)
    ClockRule.objects.filter(code="decision").update(text_en="Decide on it today", text_sv="Besluta i dag")
    lars = as_(cast.lars)
    assert "Decide on it today" in words_of(lars.get("/inbox/"))
    assert "Decide on it today" in words_of(lars.get("/"))
    assert "Besluta i dag" in words_of(lars.get("/inbox/", headers={"accept-language": "sv"}))
    ClockRule.objects.filter(code="decision").update(text_en="", text_sv="")
    assert "A referral still awaits your decision" in words_of(lars.get("/inbox/"))


def test_whose_act_it_was_stands_on_each_notice(cast, as_, make_case):
    case = make_case(reached="referred")
    told = Notification.objects.filter(case=case, what="referral_sent")
    assert {row.sender for row in told} == {cast.sara}


def lost(case, sender, recipient, how="failed"):
    """A notice whose mail does not arrive."""
    (row,) = give(recipient, case, 1, sender=sender, mail=how)
    return row


def test_the_sender_sees_whom_the_mail_has_not_reached_and_the_number_to_ring(cast, as_, make_case):
    case = make_case(reached="referred")
    Organisation.objects.filter(pk=cast.lars.organisation.pk).update(phone="+46 10 000 00 01")
    sara = as_(cast.sara)
    assert "All mail about your work has arrived." in words_of(sara.get("/inbox/undelivered/"))
    row = lost(case, cast.sara, cast.lars)
    waiting = lost(case, cast.sara, cast.lena, "late")
    assert "2 mails about your work have not arrived." in words_of(sara.get("/inbox/"))
    page = sara.get("/inbox/undelivered/")
    said = words_of(page)
    assert f"{case.code_shown} : Lars, {cast.lars.organisation.name}" in said
    assert "The mail could not be delivered; it stands in their portal inbox. Ring: +46 10 000 00 01" in said
    assert "Not delivered yet; still trying." in said
    # Whoever reads it in the portal needs no call any more.
    as_(cast.lars).post(f"/inbox/{row.pk}/read/")
    as_(cast.lena).post(f"/inbox/{waiting.pk}/read/")
    assert sara.get("/inbox/undelivered/").context["rows"] == []
    assert "about your work" not in words_of(sara.get("/inbox/"))


def test_nobody_but_the_sender_sees_it_and_the_sender_only_while_they_see_the_case(cast, as_, make_case):
    case = make_case(reached="referred")
    lost(case, cast.sara, cast.lars)
    for other in (cast.maja, cast.lena, cast.otto):
        assert as_(other).get("/inbox/undelivered/").context["rows"] == []
    sara = as_(cast.sara)
    assert [row["code"] for row in sara.get("/inbox/undelivered/").context["rows"]] == [case.code_shown]
    case.group_grants.filter(group=cast.sara.organisation.group).update(valid_until=clock.now() - timedelta(minutes=1))
    assert sara.get("/inbox/undelivered/").context["rows"] == []
    assert "about your work" not in words_of(sara.get("/inbox/"))


def test_a_manager_sees_besides_what_was_told_for_safety_by_their_people_or_by_a_clock_to_them(cast, as_, make_case):
    case = make_case(reached="travel")
    Notification.objects.all().delete()
    by_hanna = give(cast.ilir, case, 1, sender=cast.hanna, mail="failed", is_safety=True)
    by_a_clock = give(cast.hanna, case, 1, mail="failed", is_safety=True)
    give(cast.ilir, case, 1, sender=cast.hanna, mail="failed")
    give(cast.lars, case, 1, mail="failed", is_safety=True)
    assert len(as_(cast.hanna).get("/inbox/undelivered/").context["rows"]) == 2
    names = [row["name"] for row in as_(cast.henrik).get("/inbox/undelivered/").context["rows"]]
    assert sorted(names) == sorted(row.recipient.name for row in by_hanna + by_a_clock)
    assert [row["name"] for row in as_(cast.lena).get("/inbox/undelivered/").context["rows"]] == ["Lars"]


def test_the_undelivered_page_costs_the_same_with_one_and_with_thirty_lines(cast, as_, make_case):
    case = make_case(reached="referred")
    lost(case, cast.sara, cast.lars)
    sara = as_(cast.sara)
    _page, few = statements_of(sara, "/inbox/undelivered/")
    give(cast.lars, case, 40, sender=cast.sara, mail="late")
    page, many = statements_of(sara, "/inbox/undelivered/")
    assert len(page.context["rows"]) == 30
    assert len(many) == len(few) <= 10


def test_safety_is_read_by_its_own_button_alone(cast, as_, make_case):
    case = make_case(reached="referred")
    Notification.objects.all().delete()
    (danger,) = give(cast.lars, case, 1, is_safety=True)
    give(cast.lars, case, 2)
    lars = as_(cast.lars)
    assert lars.get(f"/inbox/{danger.pk}/").headers["Location"] == case.get_absolute_url()
    page = lars.post("/inbox/read/", follow=True)
    assert "2 messages are marked as read." in words_of(page)
    assert "Messages about safety stay unread until you mark each of them." in words_of(page)
    assert [line["id"] for line in page.context["on_top"]] == [danger.pk]
    lars.post(f"/inbox/{danger.pk}/read/")
    assert lars.get("/inbox/").context["on_top"] == []
