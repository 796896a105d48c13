"""How long a sign-in lasts, what becomes of what was typed meanwhile, and the way out in haste."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from returns_portal import clock, sessions
from tests.statements import statements_of

MINUTE, HOUR = 60, 3600
OURS = {"Origin": "http://testserver"}
WORDS = "She waits at the harbour."


@pytest.fixture
def sara(cast, as_):
    """Sara, signed in a moment ago."""
    return as_(cast.sara)


def let_pass(client, *, idle=0, signed_in=0):
    """Let this many seconds go by since the last sign of the person, and since the sign-in."""
    session = client.session
    session[sessions.ACTED] -= idle
    session[sessions.BEGAN] -= signed_in
    session["noted_at"] = session[sessions.ACTED]  # the list of one's own sessions stands on the same mark
    session.save()


def asked(client):
    """What a tab is told that asks."""
    return client.get("/account/session/").json()


@pytest.mark.asvs("7.3.1")
def test_a_quarter_of_an_hour_without_a_sign_ends_the_sign_in(sara):
    let_pass(sara, idle=15 * MINUTE - 2)
    assert sara.get("/cases/").status_code == 200
    let_pass(sara, idle=15 * MINUTE)
    key = sara.session.session_key
    assertRedirects(
        sara.get("/cases/?who=me"), "/account/login/?next=/cases/%3Fwho%3Dme", fetch_redirect_response=False
    )
    assert not Session.objects.filter(pk=key).exists()
    assertContains(sara.get("/account/login/"), "We signed you out to protect the data")
    assertNotContains(sara.get("/account/login/"), "We signed you out")


@pytest.mark.asvs("7.3.1")
def test_every_page_is_a_sign_of_the_person(sara):
    for _ in range(3):
        let_pass(sara, idle=14 * MINUTE)
        assert sara.get("/cases/").status_code == 200


@pytest.mark.asvs("7.3.2")
def test_after_eight_hours_the_busiest_signs_in_again(sara):
    let_pass(sara, signed_in=8 * HOUR - 2)
    assert sara.get("/cases/").status_code == 200
    let_pass(sara, signed_in=2)
    assert sara.get("/cases/").status_code == 302
    assertContains(sara.get("/account/login/"), "signed in for eight hours")


def test_sessions_keep_real_time(sara):
    with clock.moved_to(timezone.now() + timedelta(days=3)):
        assert sara.get("/cases/").status_code == 200


@pytest.mark.asvs("7.3.1", "7.3.2")
@pytest.mark.parametrize("name", [sessions.BEGAN, sessions.ACTED])
def test_a_sign_in_without_its_clocks_is_over(sara, name):
    session = sara.session
    del session[name]
    session.save()
    assert sara.get("/cases/").status_code == 302


def test_signs_are_written_every_half_minute_at_most(sara):
    def writes():
        return [
            sql for sql in statements_of(sara, "/account/settings/")[1] if "django_session" in sql and "UPDATE" in sql
        ]

    assert writes() == []
    let_pass(sara, idle=29)
    assert writes() == []
    let_pass(sara, idle=1)
    assert len(writes()) == 1
    assert writes() == []


@pytest.mark.asvs("7.3.1")
def test_a_tab_that_only_asks_is_no_sign_of_the_person(sara):
    let_pass(sara, idle=10 * MINUTE)
    assert 290 <= asked(sara)["seconds"] <= 300
    sara.get("/nothing/here/")
    assert 290 <= asked(sara)["seconds"] <= 300
    assert sara.post("/account/session/").json()["seconds"] > 895
    assert asked(sara)["seconds"] > 895


def test_a_tab_that_asks_too_late_ends_the_sign_in(sara):
    let_pass(sara, idle=15 * MINUTE)
    assert sara.post("/account/session/").json() == {"seconds": 0, "who": ""}
    assert sara.get("/cases/").status_code == 302
    assertContains(sara.get("/account/login/"), "We signed you out to protect the data")


def test_what_ends_first_is_said(sara):
    assert asked(sara)["last"] is False
    let_pass(sara, signed_in=8 * HOUR - 10 * MINUTE)
    told = sara.post("/account/session/").json()
    assert (told["last"], 590 <= told["seconds"] <= 600) == (True, True)


def test_a_stranger_is_told_nothing(client, db):
    assert asked(client) == {"seconds": 0, "who": ""}
    assert client.post("/account/session/").json() == {"seconds": 0, "who": ""}
    assert not client.cookies


def test_a_tab_knows_its_own_person_again_and_nobody_else_does(cast, as_):
    first, second, other = (asked(as_(user))["who"] for user in (cast.sara, cast.sara, cast.lars))
    assert first == second != other
    assert str(cast.sara.pk) not in first
    assertContains(as_(cast.sara).get("/cases/"), f'data-who="{first}"')


def test_a_new_sign_in_has_a_new_token_and_open_forms_get_it(cast):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.sara)
    token = asked(browser)["token"]
    answer = browser.post("/account/language/", {"language": "sv", "csrfmiddlewaretoken": token})
    assert answer.status_code == 302


@pytest.mark.parametrize("address", ["/account/session/", "/account/hide/"])
def test_other_sites_neither_prolong_nor_end_a_sign_in(sara, address):
    let_pass(sara, idle=10 * MINUTE)
    assert sara.post(address, headers={"Origin": "https://elsewhere.example"}).status_code == 403
    assert sara.post(address, headers={"Origin": "null"}).status_code == 403
    assert 290 <= asked(sara)["seconds"] <= 300


# What was typed


def new_referral(client, **headers):
    """Send the first page of a referral."""
    return client.post("/cases/new/?from=today", {"alias": "M", "own_wish": "y", "situation": WORDS}, headers=headers)


@pytest.mark.parametrize("how", ["too late", "signed out in another tab"])
def test_what_is_sent_too_late_comes_back(sara, how):
    if how == "too late":
        let_pass(sara, idle=15 * MINUTE)
    else:
        sara.post("/account/logout/")
    answer = new_referral(sara, **OURS)
    assertContains(answer, "What you wrote has not been sent", status_code=403)
    assertContains(answer, 'action="/account/hide/" data-to="/month/">', count=1, status_code=403)
    page = answer.content.decode()
    assert f"readonly>\n{WORDS}</textarea>" in page
    assert '<input type="hidden" name="alias" value="M">' in page
    assert 'action="/cases/new/?from=today"' in page
    assert answer.headers["Refresh"] == "900;url=/account/login/"
    assert 'id="time-limit"' not in page
    assert not any(WORDS in str(session.get_decoded()) for session in Session.objects.all())


def test_after_a_new_sign_in_it_can_be_sent_again(cast):
    browser = Client(enforce_csrf_checks=True, headers={"Accept-Language": "en-GB"})
    browser.force_login(cast.sara)
    old = asked(browser)["token"]
    del browser.cookies["csrftoken"]  # a sign-in brings another
    asked(browser)
    stale = browser.post("/cases/new/", {"alias": WORDS, "csrfmiddlewaretoken": old}, headers=OURS)
    assertContains(stale, "sent once more", status_code=403)
    assertContains(stale, f"readonly>\n{WORDS}</textarea>", status_code=403)
    token = str(stale.context["csrf_token"])
    again = browser.post("/cases/new/", {"alias": WORDS, "csrfmiddlewaretoken": token}, headers=OURS)
    assert again.status_code == 302
    assert again.url.endswith("/referral/person/")


def test_files_do_not_come_back_and_the_page_says_so(sara, tmp_path):
    let_pass(sara, idle=15 * MINUTE)
    paper = tmp_path / "paper.txt"
    paper.write_text("a paper")
    with paper.open() as file:
        answer = sara.post("/cases/new/", {"situation": WORDS, "file": file}, headers=OURS)
    assertContains(answer, "The files did not come along", status_code=403)
    assertContains(answer, WORDS, status_code=403)
    assertNotContains(answer, "Send again", status_code=403)


@pytest.mark.parametrize("origin", [None, "null", "https://elsewhere.example"])
def test_what_another_site_sends_gets_no_button_of_ours(cast, sara, origin):
    headers = {"Origin": origin} if origin else {}
    let_pass(sara, idle=15 * MINUTE)
    assert new_referral(sara, **headers).status_code == 302
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.sara)
    refused = browser.post("/cases/new/", {"situation": WORDS}, headers=headers)
    assertNotContains(refused, WORDS, status_code=403)


@pytest.mark.asvs("14.2.1")
@pytest.mark.parametrize("address", ["/account/password/change/", "/account/login/", "/account/reauthenticate/"])
def test_secrets_never_come_back(cast, address):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.sara)
    refused = browser.post(address, {"password": "correct horse battery", "oldpassword": "staple"}, headers=OURS)
    assert refused.status_code == 403
    for secret in ("correct horse battery", "staple"):
        assertNotContains(refused, secret, status_code=403)
    late = Client()
    late.force_login(cast.sara)
    let_pass(late, idle=15 * MINUTE)
    assert late.post("/account/settings/", {"phone": "0701234567"}, headers=OURS).status_code == 302


# The way out


@pytest.mark.asvs("7.4.1", "14.3.1")
@pytest.mark.parametrize("address", ["/account/hide/", "/account/logout/", "/admin/logout/"])
def test_who_leaves_leaves_nothing_behind(cast, as_, address):
    sara = as_(cast.admin if "admin" in address else cast.sara)
    key = sara.session.session_key
    answer = sara.post(address)
    assert answer.status_code in (200, 302)
    assert answer.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert not Session.objects.filter(pk=key).exists()
    assert sara.get("/cases/").status_code == 302
    assert "Clear-Site-Data" not in sara.get("/account/login/").headers


def test_hiding_works_with_an_old_form_and_with_none(cast):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.ilir)
    assertRedirects(browser.post("/account/hide/", headers=OURS), "/month/")
    assert browser.get("/cases/").status_code == 302
    assertRedirects(browser.post("/account/hide/"), "/month/")
    assert browser.get("/account/hide/").status_code == 405


def test_the_page_after_hiding_means_nothing(client, db):
    page = client.get("/month/", headers={"Accept-Language": "en"}).content.decode()
    assert "<title>Calendar</title>" in page
    assert str(timezone.localdate().year) in page
    for word in ("href=/", 'href="/"', "account", "return", "Return", "Återv", "favicon", "portal.js", "IOM"):
        assert word not in page


def test_hide_now_stands_where_a_phone_is_likely(cast, as_):
    """Everywhere else the same form serves the Escape key."""
    hidden = 'data-to="/month/" hidden>'
    assertNotContains(as_(cast.ilir).get("/cases/"), hidden)
    assertContains(as_(cast.ilir).get("/cases/"), 'action="/account/hide/"')
    for person in (cast.sara, cast.lars, cast.hanna):
        assertContains(as_(person).get("/cases/"), hidden)


def test_only_who_is_signed_in_has_a_time_limit(cast, as_, client):
    assertContains(as_(cast.sara).get("/cases/"), 'id="time-limit"')
    assertContains(as_(cast.admin).get("/admin/"), 'id="time-limit"')
    assertContains(as_(cast.admin).get("/admin/"), 'id="hide"')
    login = client.get("/account/login/")
    assertNotContains(login, 'id="time-limit"')
    assertNotContains(login, 'id="hide"')
