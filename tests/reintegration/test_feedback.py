"""Step 12: drafts, levels, releases, and the person's own words."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from cases import actions as cases
from cases.models import CaseEvent, Consent, Notification
from reintegration.actions import feedback
from reintegration.demo import aftercare
from reintegration.models import FeedbackRead, FeedbackReport, Satisfaction
from returns_portal import clock, outbox
from returns_portal.actor import acting_as, acting_as_system
from returns_portal.models import OutboxItem
from tests.reintegration.test_follow_up import come_home

WORDS = "Faleminderit, Sara."


@pytest.fixture(autouse=True)
def _english(settings):
    settings.LANGUAGE_CODE = "en-gb"


@pytest.fixture
def home(cast, make_case):
    """A case whose person has come home."""
    return come_home(cast, make_case)


@pytest.fixture
def approved(cast, make_case):
    """An approved case: nobody has been asked for a consent yet."""
    return make_case(reached="approved")


def url(case, name, *more):
    return reverse(f"reintegration:{name}", args=[case.code_shown, *more])


def work_reports():
    """Let the worker draft what is due; papers and mails stay."""
    with acting_as_system("outbox"):
        for item in OutboxItem.objects.filter(kind="report", done_at=None):
            outbox._handlers["report"](item)
            OutboxItem.objects.filter(pk=item.pk).update(done_at=clock.now())


def draft(cast, case, kind="problem"):
    with acting_as(cast.hanna):
        return feedback.request_report(case, by=cast.hanna, kind=kind)


def refuse_feedback(cast, case):
    with acting_as(cast.hanna):
        cases.withdraw_consent(case, by=cast.hanna, purpose=Consent.Purpose.FEEDBACK)
    return aftercare.fresh(case)


# Drafts


def test_the_worker_drafts_a_report_once_and_tells_helsinki(cast, approved):
    work_reports()
    feedback.draft_report(approved, "approved")
    report = FeedbackReport.objects.of(approved).get()
    assert (report.kind, report.state, report.level, report.text) == ("approved", "drafted", "status", "")
    assert Notification.objects.filter(case=approved, what="report_drafted").count() == 2  # Hanna and Henrik
    assert not Notification.objects.filter(what="report_drafted", recipient=cast.sara).exists()


def test_a_months_report_tells_what_its_contact_said_and_nothing_on_health(cast, home):
    aftercare.hold(cast, home, "week_4", safety=4, health="poor", wants_change="yes", needs_met={"a": "yes", "b": "no"})
    work_reports()
    report = FeedbackReport.objects.of(home).get(kind="month_1")
    assert report.level == "full"
    assert report.text.splitlines()[:5] == [
        "Safety: safe.",
        "Housing: good.",
        "Income: fair.",
        "Needs met: 1 of 2.",
        "The person wants the plan changed.",
    ]
    assert "ealth" not in report.text
    assert "Mira" not in report.text


def test_without_consent_the_draft_tells_the_status_only(cast, home):
    home = refuse_feedback(cast, home)
    aftercare.hold(cast, home, "week_4")
    work_reports()
    report = FeedbackReport.objects.of(home).get(kind="month_1")
    assert (report.level, report.text) == ("status", "")


# Levels


def test_the_level_is_never_above_the_consent(cast, home, as_):
    report = draft(cast, home)
    client = as_(cast.hanna)
    response = client.post(url(home, "edit-report", report.pk), {"level": "full", "text": "The oven is bought."})
    assert response.status_code == 302
    home = refuse_feedback(cast, home)
    assert client.post(url(home, "release-report", report.pk)).status_code == 409
    response = client.post(url(home, "edit-report", report.pk), {"level": "summary", "text": "The oven."})
    assert set(response.context["form"].errors) == {"level"}
    with acting_as(cast.hanna), pytest.raises(ValidationError):
        feedback.edit_report(home, by=cast.hanna, report=report, level="full", text="The oven.")
    response = client.post(url(home, "edit-report", report.pk), {"level": "status", "text": "The oven."})
    assert response.status_code == 302
    assert client.post(url(home, "release-report", report.pk)).status_code == 302
    report.refresh_from_db()
    assert (report.state, report.level, report.text, report.released_by) == ("released", "status", "", cast.hanna)


def test_a_level_above_status_wants_a_text(cast, home, as_):
    report = draft(cast, home)
    response = as_(cast.hanna).post(url(home, "edit-report", report.pk), {"level": "full", "text": " "})
    assert set(response.context["form"].errors) == {"text"}


def test_a_draft_is_written_anew_for_another_level(cast, home, as_):
    aftercare.hold(cast, home, "week_4", wants_change="yes")
    work_reports()
    report = FeedbackReport.objects.of(home).get(kind="month_1")
    page = as_(cast.hanna).post(url(home, "edit-report", report.pk), {"level": "summary", "text": "", "do": "anew"})
    text = page.context["form"].initial["text"]
    assert "Safety: safe." in text
    assert "plan" not in text


# Who reads


def test_a_draft_is_helsinkis_alone(cast, home, as_):
    report = draft(cast, home)
    for user, status in (
        (cast.hanna, 200),
        (cast.sara, 404),
        (cast.lars, 404),
        (cast.ilir, 404),
        (cast.otto, 404),
    ):
        assert as_(user).get(url(home, "report", report.pk)).status_code == status, user.email
    assert str(report.pk) not in as_(cast.sara).get(url(home, "feedback")).content.decode()
    for user, status in ((cast.sara, 403), (cast.lars, 403), (cast.ilir, 403), (cast.otto, 404)):
        assert as_(user).post(url(home, "release-report", report.pk)).status_code == status, user.email
        assert as_(user).post(url(home, "edit-report", report.pk), {"level": "status"}).status_code == status


def test_a_released_report_is_read_by_the_partners_and_the_local_office(cast, home, as_, deliver):
    report = aftercare.release(cast, home, "problem", level="summary", text="The oven is broken.")
    for user, status in (
        (cast.sara, 200),
        (cast.lars, 200),
        (cast.ilir, 200),
        (cast.hanna, 200),
        (cast.ioana, 404),
        (cast.otto, 404),
    ):
        response = as_(user).get(url(home, "report", report.pk))
        assert response.status_code == status, user.email
        assert ("The oven is broken." in response.content.decode()) is (status == 200)
    assert {read.user for read in FeedbackRead.objects.filter(report=report)} == {cast.sara, cast.lars}
    assert Notification.objects.filter(case=home, what="report_released", recipient=cast.sara).exists()
    assert CaseEvent.objects.filter(case=home, verb="release_report", section="feedback").count() == 1
    assert OutboxItem.objects.filter(kind="paper", data__name="feedback_report", row_id=report.pk).count() == 2


def test_the_partners_are_told_without_personal_data(cast, home, deliver, mailoutbox):
    aftercare.release(cast, home, "problem", level="summary", text="The oven is broken.")
    deliver()
    mail = next(mail for mail in mailoutbox if mail.to == [cast.sara.email] and home.code_shown in mail.body)
    assert "oven" not in mail.body
    assert home.code_shown not in mail.subject
    page = Notification.objects.get(what="report_released", recipient=cast.sara).page
    assert page.endswith("/")


def test_the_pdf_is_offered_once_it_is_stored(cast, home, as_, deliver):
    report = aftercare.release(cast, home, "problem", level="summary", text="The oven is broken.")
    client = as_(cast.sara)
    assert client.get(url(home, "report", report.pk)).context["document"] is None
    deliver()
    document = client.get(url(home, "report", report.pk)).context["document"]
    response = client.get(reverse("cases:document", args=[home.code_shown, document.pk]))
    assert response.content.startswith(b"%PDF")


def test_before_the_first_report_the_page_says_when_it_is_expected(cast, approved, as_):
    work_reports()
    assert "First report expected by" in as_(cast.sara).get(url(approved, "feedback")).content.decode()


def test_who_is_informed_only_sees_no_feedback(cast, make_case, as_):
    case = make_case(reached="application")
    assert as_(cast.ilir).get(url(case, "feedback")).status_code == 403


def test_a_report_is_released_once(cast, home, as_):
    report = aftercare.release(cast, home, "problem")
    assert as_(cast.hanna).post(url(home, "release-report", report.pk)).status_code == 409
    assert as_(cast.hanna).post(url(home, "edit-report", report.pk), {"level": "status"}).status_code == 409


def test_a_draft_that_nobody_needs_is_put_away_and_can_be_asked_for_again(cast, home, as_):
    report = draft(cast, home, "closed")
    assert as_(cast.sara).post(url(home, "retract-report", report.pk), {"do": "discard"}).status_code == 404
    as_(cast.hanna).post(url(home, "retract-report", report.pk), {"do": "discard"})
    report.refresh_from_db()
    assert report.state == "retracted"
    assert draft(cast, home, "closed").pk != report.pk


def test_when_a_report_is_late_the_partners_are_told_that_there_is_no_news(cast, home):
    contact = aftercare.hold(cast, home, "week_4")
    with acting_as_system("reminders"):
        feedback.say_no_news_yet(home, contact)
        feedback.say_no_news_yet(home, contact)
    report = FeedbackReport.objects.of(home).get(kind="no_news_yet")
    assert (report.state, report.level, report.released_by) == ("released", "status", None)
    assert Notification.objects.filter(case=home, what="report_released", recipient=cast.sara).count() == 1


# The person's own words


def tell(cast, case, as_, **changes):
    data = {"words": WORDS, "language": "sq", "may_go": "on", **changes}
    response = as_(cast.ilir).post(url(case, "her-words"), data)
    assert response.status_code == 302
    return FeedbackReport.objects.of(case).get(kind="own_words")


def test_her_words_go_only_if_the_person_says_so(cast, home, as_):
    report = tell(cast, home, as_, may_go="")
    assert as_(cast.hanna).post(url(home, "release-report", report.pk)).status_code == 409
    as_(cast.ilir).post(url(home, "let-words-go", report.pk))
    assert as_(cast.hanna).post(url(home, "release-report", report.pk)).status_code == 302
    page = as_(cast.sara).get(url(home, "report", report.pk)).content.decode()
    assert WORDS in page
    assert 'lang="sq"' in page


def test_her_words_can_be_taken_back_until_somebody_has_read_them(cast, home, as_):
    report = tell(cast, home, as_)
    as_(cast.hanna).post(url(home, "release-report", report.pk))
    assert as_(cast.ilir).get(url(home, "report", report.pk)).context["may_retract"]
    assert as_(cast.ilir).post(url(home, "retract-report", report.pk)).status_code == 302
    assert as_(cast.sara).get(url(home, "report", report.pk)).status_code == 404
    report.refresh_from_db()
    assert (report.state, report.her_words) == ("retracted", "")


def test_what_somebody_has_read_cannot_be_taken_back(cast, home, as_):
    report = tell(cast, home, as_)
    as_(cast.hanna).post(url(home, "release-report", report.pk))
    as_(cast.sara).get(url(home, "report", report.pk))
    assert as_(cast.ilir).post(url(home, "retract-report", report.pk)).status_code == 409
    assert WORDS in as_(cast.sara).get(url(home, "report", report.pk)).content.decode()
    assert as_(cast.sara).post(url(home, "retract-report", report.pk)).status_code == 403


def test_words_told_at_a_contact_come_with_the_months_report(cast, home, as_):
    said = {"own_words": WORDS, "own_words_language": "sq"}
    aftercare.hold(cast, home, "week_4", own_words_may_go=True, **said)
    aftercare.hold(cast, home, "week_8", own_words_may_go=False, **said)
    work_reports()
    first, second = (FeedbackReport.objects.of(home).get(kind=kind) for kind in ("month_1", "month_2"))
    assert (first.her_words, first.her_words_released) == (WORDS, True)
    assert (second.her_words, second.her_words_released) == ("", False)


def test_words_told_between_the_months_are_a_message_of_their_own(cast, home):
    aftercare.hold(cast, home, "day_2", own_words=WORDS, own_words_language="sq", own_words_may_go=True)
    work_reports()
    assert FeedbackReport.objects.of(home).get(kind="own_words").her_words == WORDS


def test_her_words_are_sealed_in_the_database(cast, home, as_):
    report = tell(cast, home, as_)
    kept = FeedbackReport.objects.filter(pk=report.pk).values_list("her_words", flat=True).get()
    assert WORDS.encode() not in bytes(kept)


def test_the_local_office_asks_how_content_the_person_is(cast, home, as_):
    client = as_(cast.ilir)
    assert client.post(url(home, "satisfaction"), {"asked_on": clock.today().isoformat()}).status_code == 200
    response = client.post(url(home, "satisfaction"), {"asked_on": clock.today().isoformat(), "overall": "4"})
    assert response.status_code == 302
    assert (Satisfaction.objects.get().overall, Satisfaction.objects.get().asked_by) == (4, cast.ilir)
    assert as_(cast.sara).post(url(home, "satisfaction"), {"overall": "1"}).status_code == 403


def test_the_feedback_page_costs_the_same_with_many_reports(cast, home, as_, django_assert_max_num_queries):
    for n in range(30):
        with acting_as_system("tests"):
            FeedbackReport.begin(
                home, by=None, kind="problem", occasion=str(n), state="released", released_at=clock.now()
            ).save()
    client = as_(cast.sara)
    client.get(url(home, "feedback"))
    with django_assert_max_num_queries(20):
        assert client.get(url(home, "feedback")).status_code == 200
