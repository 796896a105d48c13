"""Unusual access: who is told, who judges, and who learns nothing of it."""

from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from cases.models import Notification
from partners.models import User
from returns_portal import looks
from returns_portal.actor import acting_as
from returns_portal.models import AccessAlert
from tests.statements import statements_of

PAGE = reverse("cases:alerts")


def ring(person, kind="own_name_search", case=None):
    with acting_as(person):
        looks.alert(kind, person.pk, case.pk if case else None)
    return AccessAlert.objects.latest("at")


def judge(browser, alert, judgement="in_order"):
    return browser.post(reverse("cases:judge-alert", args=[alert.pk]), {"judgement": judgement})


@pytest.fixture
def manager(cast):
    """A manager of Sara's organisation, who is not Sara."""
    assert cast.maja.is_manager
    assert cast.maja.organisation == cast.sara.organisation
    return cast.maja


def test_the_managers_are_told_without_a_word_of_whom(cast, manager, deliver, mailoutbox):
    ring(cast.sara)
    deliver()
    notice = Notification.objects.get()
    assert (notice.recipient, notice.case, notice.what, notice.page) == (manager, None, "access_alert", PAGE)
    (mail,) = mailoutbox
    assert mail.to == [manager.email]
    assert cast.sara.name not in mail.body + mail.subject
    assert PAGE in mail.body


def test_the_notice_leads_to_the_page(cast, manager, as_, deliver):
    ring(cast.sara)
    deliver()
    browser = as_(manager)
    assert "access to cases was unusual" in browser.get("/inbox/").content.decode()
    opened = browser.get(reverse("cases:open-notice", args=[Notification.objects.get().pk]))
    assert (opened.status_code, opened.url) == (302, PAGE)


def test_where_no_other_manager_is_administrators_are_told(cast, manager, deliver, mailoutbox):
    ring(manager)
    deliver()
    assert not Notification.objects.exists()
    assert [mail.to for mail in mailoutbox] == [[cast.admin.email]]


def test_a_manager_sees_the_alerts_of_the_own_people_alone(cast, manager, as_):
    ring(cast.sara)
    ring(cast.lars, "colleague_search")
    page = as_(manager).get(PAGE).content.decode()
    assert "Searched for their own name" in page
    assert cast.sara.name in page
    assert "Searched for the name of somebody" not in page
    assert cast.lars.name not in page


def test_an_administrator_sees_all_and_no_case(cast, as_, make_case):
    case = make_case("referred")
    ring(cast.sara, "export", case)
    ring(cast.lars, "colleague_search")
    page = as_(cast.admin).get(PAGE)
    assert page.status_code == 200
    text = page.content.decode()
    assert cast.sara.name in text
    assert cast.lars.name in text
    assert case.code_shown not in text


def test_the_case_is_named_only_to_whom_it_is_open(cast, manager, as_, make_case):
    own = make_case("referred")
    ring(cast.sara, "export", own)
    with acting_as(cast.sara):
        looks.alert("break_glass", cast.sara.pk, uuid4())
    lines = as_(manager).get(PAGE).context["open"]
    assert [(line.alert.kind, line.case_code) for line in lines] == [("break_glass", ""), ("export", own.code_shown)]
    assert own.get_absolute_url() in as_(manager).get(PAGE).content.decode()


@pytest.mark.parametrize("name", ["sara", "otto", "ilir"])
def test_nobody_else_comes_in(name, cast, as_):
    alert = ring(cast.sara)
    person = getattr(cast, name)
    assert not person.is_manager
    assert as_(person).get(PAGE).status_code == 403
    assert judge(as_(person), alert).status_code == 403
    assert AccessAlert.objects.get().reviewed_at is None


def test_a_manager_judges_once(cast, manager, as_):
    alert = ring(cast.sara)
    assert judge(as_(manager), alert, "talked_over").status_code == 302
    alert.refresh_from_db()
    assert (alert.judgement, alert.reviewed_by_id) == ("talked_over", manager.pk)
    assert abs((alert.reviewed_at - timezone.now()).total_seconds()) < 60
    text = as_(manager).get(PAGE).content.decode()
    assert "It was talked over with the person" in text
    assert "Nothing is waiting to be judged." in text
    again = judge(as_(cast.admin), alert, "in_order")
    assert again.status_code == 409
    assert "Somebody else has judged this already." in again.content.decode()
    alert.refresh_from_db()
    assert alert.judgement == "talked_over"


def test_nobody_judges_what_they_did_themselves(cast, manager, as_):
    alert = ring(manager)
    page = as_(manager).get(PAGE).content.decode()
    assert "This is about you. Somebody else judges it." in page
    assert reverse("cases:judge-alert", args=[alert.pk]) not in page
    assert judge(as_(manager), alert).status_code == 403
    assert judge(as_(cast.admin), alert).status_code == 302


def test_a_manager_of_another_organisation_judges_nothing(cast, as_):
    alert = ring(cast.sara)
    other = User.objects.filter(role=User.Role.MANAGER, organisation=cast.lars.organisation).first()
    assert judge(as_(other), alert).status_code == 403


def test_a_judgement_is_one_of_three(cast, manager, as_):
    alert = ring(cast.sara)
    page = judge(as_(manager), alert, "so what")
    assert page.status_code == 400
    assert "Choose what came of it." in page.content.decode()
    assert as_(manager).get(reverse("cases:judge-alert", args=[alert.pk])).status_code == 405


def test_an_empty_page_says_so_and_costs_the_same_as_a_full_one(cast, manager, as_):
    browser = as_(manager)
    assert "Nothing is waiting to be judged." in browser.get(PAGE).content.decode()
    ring(cast.sara)
    _page, few = statements_of(browser, PAGE)
    for kind in ("export", "break_glass", "colleague_search", "many_cases"):
        ring(cast.sara, kind)
    _page, many = statements_of(browser, PAGE)
    assert len(many) == len(few)


def test_people_see_no_alert_by_themselves(cast, make_case):
    case = make_case("referred")
    ring(cast.lars, "export", case)
    for name in ("sara", "maja", "lars", "admin", "otto"):
        with acting_as(getattr(cast, name)):
            assert not AccessAlert.objects.exists()
            with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
                AccessAlert.objects.create(kind="export", user_id=cast.otto.pk, case_id=case.pk)
