"""The calendar feed: a secret address, the owner's own rights, references only."""

import io
import logging
import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_removed
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.utils import translation
from django.utils.translation import pgettext
from icalendar import Calendar

from cases import actions
from cases.feed import MOST_CASES
from cases.models import CalendarLink, Case
from partners.models import Organisation, User
from returns_portal import clock
from returns_portal.actor import acting_as, acting_as_system
from returns_portal.models import Look
from tests.cast import proved
from tests.doors import Page
from tests.statements import statements_of


@pytest.fixture(autouse=True)
def all_read_english(cast):
    """The tests look for the source's own words; and what was counted before does not count here."""
    User.objects.update(language="en-gb")
    cache.clear()


@pytest.fixture
def link_of(as_):
    """The path of a person's feed, made by the button on the page."""

    def make(user):
        page = as_(user).post("/inbox/calendar/")
        found = re.search(r'value="[^"]*(/calendar/[\w-]+\.ics)"', page.content.decode())
        return found.group(1)

    return make


def fetched(path):
    """The feed as a calendar fetches it, without a session."""
    answer = Client().get(path)
    assert answer.status_code == 200
    return Calendar.from_ical(answer.content)


def events(path):
    """What stands in the feed: summary and day."""
    return [(str(event["summary"]), event.decoded("dtstart")) for event in fetched(path).walk("VEVENT")]


def codes(path):
    """The codes in the feed."""
    return {summary.partition(":")[0] for summary, _day in events(path)}


def day(moment):
    """The day in Stockholm."""
    return moment.astimezone(clock.STOCKHOLM).date()


def test_what_is_due_stands_in_the_calendar_of_whose_turn_it_is(cast, make_case, link_of):
    case = make_case(reached="referred")
    assert events(link_of(cast.lars)) == [(f"{case.code_shown}: decision due", day(case.ball_due))]
    assert events(link_of(cast.sara)) == []
    assert events(link_of(cast.otto)) == []


def test_an_event_is_a_reference_and_a_link(cast, make_case, link_of, settings):
    case = make_case(reached="referred")
    path = link_of(cast.lars)
    calendar = fetched(path)
    (event,) = calendar.walk("VEVENT")
    assert set(event) == {"UID", "DTSTAMP", "DTSTART", "SUMMARY", "URL", "CLASS", "TRANSP"}
    assert event["url"] == f"{settings.PORTAL_ADDRESS}{case.get_absolute_url()}"
    assert str(case.pk) not in event["uid"]
    assert fetched(path).walk("VEVENT")[0]["uid"] == event["uid"]
    assert calendar["version"] == "2.0"


def test_departure_follow_up_and_the_end_of_a_pause_have_their_words(cast, make_case, link_of):
    leaving = make_case(reached="travel")
    Case.objects.filter(pk=leaving.pk).update(departs_at=clock.now() + timedelta(days=9))
    home = make_case(reached="follow_up")
    waiting = make_case(reached="assessment")
    with acting_as(cast.hanna):
        hold(waiting, cast.hanna)
    leaving, home, waiting = (Case.objects.get(pk=one.pk) for one in (leaving, home, waiting))
    of_hanna, of_ilir = events(link_of(cast.hanna)), events(link_of(cast.ilir))
    departure = (f"{leaving.code_shown}: departure", day(leaving.departs_at))
    follow_up = (f"{home.code_shown}: follow-up", home.next_contact_on)
    assert departure in of_hanna
    assert departure in of_ilir
    assert follow_up in of_ilir
    assert of_ilir.count(follow_up) == 1
    assert f"{waiting.code_shown}: pause ends" in [summary for summary, _day in of_hanna]
    # Whose dates these are not has none of them.
    assert codes(link_of(cast.sara)) & {leaving.code_shown, home.code_shown} == set()


def hold(case, by):
    """A pause of a month."""
    return actions.hold_case(case, by=by, reason="medical", until=clock.today() + timedelta(days=30), owner=by)


def test_a_calendar_speaks_its_owners_language_whoever_asks(cast, make_case, link_of):
    case = make_case(reached="follow_up")
    path = link_of(cast.ilir)
    User.objects.filter(pk=cast.ilir.pk).update(language="sv")
    with translation.override("sv"):
        word = pgettext("calendar", "follow-up")
    answer = Client(headers={"Accept-Language": "en-GB"}).get(path)
    assert f"{case.code_shown}: {word}" in answer.content.decode()


def test_arrivals_are_not_in_the_feed_for_a_calendar_may_be_a_day_old(cast, make_case, link_of, as_):
    case = make_case(reached="in_transit")
    assert case.expected_at is not None
    assert "arrival" not in " ".join(summary for summary, _day in events(link_of(cast.ilir)))
    said = Page(as_(cast.ilir).get("/inbox/calendar/").content.decode()).text
    assert "Outlook about every 3 hours, Google every 8 to 24 hours" in said
    assert "arrivals are not in it" in said


def test_the_feed_tells_nothing_of_anybody(cast, make_case, link_of):
    case = make_case(reached="follow_up")
    text = Client().get(link_of(cast.ilir)).content.decode().replace("\r\n ", "")
    assert case.code_shown in text
    names = [user.name for user in User.objects.all()]
    places = [name for pair in Organisation.objects.values_list("name", "short_name") for name in pair]
    for word in (*names, *places, "Mira", "Rexhepi", "M.R.", "Albania", "Albanien", "Tirana", "IOM", str(case.pk)):
        assert not re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text), word


def test_a_protected_identity_is_not_in_the_calendar(cast, as_, make_case, link_of):
    make_case(reached="referred", is_protected=True)
    assert codes(link_of(cast.lars)) == set()
    said = Page(as_(cast.lars).get("/inbox/calendar/").content.decode()).text
    assert "Cases with a protected identity and cases open to named people only are not in it." in said


def test_a_colleagues_case_is_not_on_my_desk(cast, make_case, link_of):
    case = make_case(reached="referred")
    Case.objects.filter(pk=case.pk).update(decider=cast.lena)
    assert codes(link_of(cast.lars)) == set()
    assert codes(link_of(cast.lena)) == {case.code_shown}


def test_a_case_closed_to_the_reader_leaves_the_feed(cast, make_case, link_of):
    case = make_case(reached="referred")
    path = link_of(cast.lars)
    assert codes(path) == {case.code_shown}
    case.group_grants.filter(group=cast.lars.organisation.group).update(valid_until=clock.now() - timedelta(minutes=1))
    assert codes(path) == set()


def test_a_case_open_to_named_people_only_leaves_every_feed(cast, make_case, link_of):
    case = make_case(reached="referred")
    lars, lena = link_of(cast.lars), link_of(cast.lena)
    Case.objects.filter(pk=case.pk).update(decider=None)
    assert codes(lars) == codes(lena) == {case.code_shown}
    with acting_as(cast.maja):
        with acting_as_system("special_access"):
            fresh = Case.objects.select_related("key").get(pk=case.pk)
        actions.close_circle(fresh, by=cast.maja, keep=[])
    assert codes(lars) == codes(lena) == set()


def test_a_case_whose_use_is_restricted_and_one_that_has_ended_are_not_in_the_feed(cast, make_case, link_of):
    limited, ended = make_case(reached="referred"), make_case(reached="withdrawn")
    path = link_of(cast.lars)
    assert codes(path) == {limited.code_shown}
    Case.objects.filter(pk=limited.pk).update(limited_since=clock.now())
    assert codes(path) == set()
    assert ended.code_shown not in Client().get(path).content.decode()


def without_token(content):
    """A page without what is new on each."""
    return re.sub(rb'value="[A-Za-z0-9]{64}"|name="next" value="[^"]*"', b"", content)


def test_a_wrong_a_renewed_and_an_ended_secret_are_the_page_of_nothing(cast, as_, make_case, link_of):
    make_case(reached="referred")
    first = link_of(cast.lars)
    second = link_of(cast.lars)
    nothing = Client().get("/nothing/here.ics")
    for path in (first, "/calendar/guess.ics", f"{second[:-5]}x.ics"):
        answer = Client().get(path)
        assert (answer.status_code, without_token(answer.content)) == (404, without_token(nothing.content))
    lars = as_(cast.lars)
    assert "cannot be brought back" in lars.get("/inbox/calendar/end/").content.decode()
    assert Client().get(second).status_code == 200
    lars.post("/inbox/calendar/end/")
    assert Client().get(second).status_code == 404
    assert not CalendarLink.objects.exists()


@pytest.mark.parametrize("who", ["person", "organisation"])
def test_whoever_has_left_has_no_feed(who, cast, make_case, link_of):
    make_case(reached="referred")
    path = link_of(cast.lars)
    if who == "person":
        User.objects.filter(pk=cast.lars.pk).update(is_active=False)
    else:
        Organisation.objects.filter(pk=cast.lars.organisation.pk).update(is_active=False)
    assert Client().get(path).status_code == 404


def test_the_secret_has_256_bits_is_shown_once_and_only_its_hash_is_kept(cast, as_, link_of):
    path = link_of(cast.lars)
    secret = path.removeprefix("/calendar/").removesuffix(".ics")
    assert len(secret) == 43  # 32 bytes in base 64
    kept = CalendarLink.objects.get(user=cast.lars)
    assert re.fullmatch("[0-9a-f]{64}", kept.secret_hash)
    lars = as_(cast.lars)
    for page in ("/inbox/calendar/", "/inbox/settings/", "/inbox/calendar/end/"):
        assert secret not in lars.get(page).content.decode()
    assert secret not in "".join(Session.objects.values_list("session_data", flat=True))
    assert lars.get("/inbox/calendar/").status_code == 200
    assert CalendarLink.objects.get(user=cast.lars).secret_hash == kept.secret_hash  # a look makes no new one


def test_a_feed_wants_no_session_no_factor_and_leaves_no_cookie(cast, make_case, link_of, settings):
    make_case(reached="referred")
    path = link_of(cast.lars)
    settings.REQUIRE_MFA = True
    before = Session.objects.count()
    answer = Client().get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "no-store" in answer.headers["Cache-Control"]
    assert not answer.cookies
    assert Session.objects.count() == before
    head = Client().head(path)
    assert (head.status_code, head.content) == (200, b"")
    for method in ("post", "put", "delete"):
        assert getattr(Client(), method)(path).status_code == 405


def test_a_signed_in_stranger_sees_by_the_secret_what_its_owner_sees_and_no_more(cast, as_, make_case, link_of):
    case = make_case(reached="referred")
    answer = as_(cast.otto).get(link_of(cast.lars))
    assert case.code_shown in answer.content.decode()
    assert case.code_shown not in as_(cast.lars).get(link_of(cast.otto)).content.decode()


def test_each_fetch_is_a_look_in_the_owners_name(cast, make_case, link_of):
    case = make_case(reached="referred")
    path = link_of(cast.lars)
    Client().get(path)
    line = Look.objects.filter(path_name="cases:calendar-feed").get()
    assert (line.user_id, line.action, line.shown, line.session) == (cast.lars.pk, "list", [case.pk], "")


def test_no_log_holds_the_secret(cast, link_of):
    path = link_of(cast.lars)
    secret = path.removeprefix("/calendar/").removesuffix(".ics")
    stream = io.StringIO()
    (console,) = [
        one for one in logging.getLogger().handlers if any(type(f).__name__ == "WithoutPaths" for f in one.filters)
    ]
    before, level = console.setStream(stream), logging.getLogger().level
    logging.getLogger().setLevel(logging.DEBUG)
    try:
        Client().get(path)
        Client().post(path)
        CalendarLink.objects.all().delete()
        Client().get(path)
    finally:
        logging.getLogger().setLevel(level)
        console.setStream(before)
    assert "cases:calendar-feed" in stream.getvalue()
    assert secret not in stream.getvalue()


def test_that_it_was_fetched_is_written_down_at_most_once_an_hour(cast, as_, link_of):
    path = link_of(cast.lars)
    assert "Not yet" in as_(cast.lars).get("/inbox/settings/").content.decode()
    now = clock.now()
    noted = []
    for minutes in (0, 30, 59, 61, 90):
        with clock.moved_to(now + timedelta(minutes=minutes)):
            Client().get(path)
        noted.append(round((CalendarLink.objects.get().fetched_at - now).total_seconds() / 60))
    assert noted == [0, 0, 0, 61, 61]


def test_whoever_fetches_or_guesses_too_often_waits(cast, link_of):
    path = link_of(cast.lars)
    assert [Client().get(path).status_code for _time in range(61)] == [200] * 60 + [429]
    assert [Client().get("/calendar/guess.ics").status_code for _time in range(31)] == [404] * 30 + [429]
    # Who guesses does not shut out the calendars that fetch from the same place.
    assert Client().get(link_of(cast.hanna)).status_code == 200


def test_a_feed_costs_the_same_with_one_and_with_fifty_cases_and_has_an_end(cast, make_case, many_like, link_of):
    case = make_case(reached="travel")
    Case.objects.filter(pk=case.pk).update(departs_at=clock.now() + timedelta(days=9))
    case = Case.objects.get(pk=case.pk)
    path = link_of(cast.hanna)
    _page, few = statements_of(Client(), path)
    many_like(case, 50)
    page, many = statements_of(Client(), path)
    assert len(Calendar.from_ical(page.content).walk("VEVENT")) > 50
    assert len(many) == len(few) <= 10, "\n".join(sql[:150] for sql in many)
    many_like(case, MOST_CASES)
    found = fetched(path).walk("VEVENT")
    assert len({event["summary"].partition(":")[0] for event in found}) == MOST_CASES
    assert len(found) <= 500


def test_a_link_is_made_by_who_proves_anew_who_they_are(cast, as_):
    lars = as_(cast.lars)
    proved(lars, cast.lars, seconds_ago=3600)
    assert lars.get("/inbox/calendar/").headers["Location"].startswith("/account/reauthenticate/")
    assert lars.post("/inbox/calendar/").status_code == 403
    assert not CalendarLink.objects.exists()


def test_whose_link_was_made_is_told_by_mail_without_the_secret(cast, link_of, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        path = link_of(cast.lars)
    (letter,) = mail.outbox
    assert letter.to == [cast.lars.email]
    assert "A calendar link was made with your account" in letter.body
    assert path not in letter.body


def sign_out_everywhere(cast, as_):
    chosen = {"action": "sign_out_everywhere", "_selected_action": [str(cast.lars.pk)]}
    return as_(cast.admin).post("/admin/partners/user/", chosen)


def remove_the_factors(cast, as_):
    chosen = {"action": "remove_factors", "_selected_action": [str(cast.lars.pk)]}
    return as_(cast.admin).post("/admin/partners/user/", chosen)


def close_the_account(cast, as_):
    return as_(cast.lena).post(f"/organisation/colleagues/{cast.lars.pk}/end/")


def change_the_password(cast, as_):
    cast.lars.set_password("an old and long enough one 1")
    cast.lars.save()
    new = "a new and longer one indeed 2"
    sent = {"oldpassword": "an old and long enough one 1", "password1": new, "password2": new}
    return as_(cast.lars).post("/account/password/change/", sent)


def remove_an_own_factor(cast, as_):
    lars = as_(cast.lars)
    factor = Authenticator.objects.create(user=cast.lars, type=Authenticator.Type.TOTP, data={})
    request = RequestFactory().post("/")
    request.session = lars.session
    return authenticator_removed.send(Authenticator, request=request, user=cast.lars, authenticator=factor)


def move_to_another_organisation(cast, as_):
    sent = {"name": "Lars", "organisation": str(cast.otto.organisation.pk), "role": "member", "is_active": "on"}
    return as_(cast.admin).post(f"/admin/partners/user/{cast.lars.pk}/change/", sent)


@pytest.mark.parametrize(
    "happens",
    [
        sign_out_everywhere,
        remove_the_factors,
        close_the_account,
        change_the_password,
        remove_an_own_factor,
        move_to_another_organisation,
    ],
)
def test_a_link_ends_when_its_owners_access_is_thrown_out(happens, cast, as_, make_case, link_of):
    make_case(reached="referred")
    path, other = link_of(cast.lars), link_of(cast.lena)
    assert Client().get(path).status_code == 200
    happens(cast, as_)
    assert Client().get(path).status_code == 404
    assert not CalendarLink.objects.filter(user=cast.lars).exists()
    assert Client().get(other).status_code == 200
