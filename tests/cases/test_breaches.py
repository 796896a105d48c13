"""The breach log: seventy-two hours, what the authority is told, and whose cases were seen."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction

from cases.actions import breach as actions
from cases.models import Breach, BreachKey
from returns_portal import clock, crypto, looks
from returns_portal.actor import acting_as
from returns_portal.models import Look
from tests.cast import proved

pytestmark = pytest.mark.django_db

STORY = "A laptop with an open session was left on a train."


def opened(by, **answers):
    given = {"found_at": clock.now() - timedelta(hours=2), "what_happened": STORY, **answers}
    with acting_as(by):
        return actions.open_breach(by=by, answers=given)


def typed(moment, name):
    here = moment.astimezone(clock.STOCKHOLM)
    return {f"{name}_0": here.strftime("%Y-%m-%d"), f"{name}_1": here.strftime("%H:%M")}


@pytest.fixture
def breach(cast):
    """An entry that Lena has just begun."""
    return opened(cast.lena)


def test_the_72_hours_run_from_when_it_was_found(breach):
    assert breach.report_by - breach.found_at == timedelta(hours=72)
    assert (breach.hours_left, breach.is_running) == (69, True)
    with clock.moved_to(breach.report_by + timedelta(minutes=1)):
        assert breach.hours_left == -1
    breach.reported_at = clock.now()
    assert not breach.is_running


def test_a_breach_judged_without_risk_has_no_countdown(breach):
    breach.judged = Breach.Judged.NO_RISK
    assert not breach.is_running


def test_the_text_is_sealed_with_the_entrys_own_key(breach, cast):
    other = opened(cast.henrik)
    with connection.cursor() as cursor:
        cursor.execute("SELECT what_happened FROM cases_breach WHERE id = %s", [breach.pk])
        sealed = bytes(cursor.fetchone()[0])
    assert b"laptop" not in sealed
    assert Breach.objects.get(pk=breach.pk).what_happened == STORY
    assert breach.sealing_key() != other.sealing_key()
    BreachKey.objects.filter(pk=breach.pk).update(wrapped=bytes(other.key.wrapped))
    with pytest.raises(crypto.Tampered):
        _ = Breach.objects.get(pk=breach.pk).what_happened


@pytest.mark.parametrize("who", ["lars", "hanna", "maja", "ilir", "otto", "admin"])
def test_only_managers_of_lansstyrelsen_and_helsinki_keep_the_log(breach, cast, as_, who):
    user = getattr(cast, who)
    with acting_as(user):
        for act in (
            lambda: actions.open_breach(by=user, answers={}),
            lambda: actions.change_breach(breach, by=user, answers={}),
            lambda: actions.close_breach(breach, by=user),
            lambda: actions.cases_seen_by(by=user, user=cast.sara, session="", since=clock.now(), until=clock.now()),
        ):
            with pytest.raises(PermissionDenied):
                act()
    browser = as_(user)
    for path in (
        "",
        "new/",
        "seen/",
        f"{breach.pk}/",
        f"{breach.pk}/edit/",
        f"{breach.pk}/close/",
        f"{breach.pk}/authority/",
    ):
        assert browser.get(f"/breaches/{path}").status_code == 403, path


def test_both_keepers_see_the_same_log(breach, cast, as_):
    for user in (cast.lena, cast.henrik):
        page = as_(user).get("/breaches/")
        assert breach.reference in page.content.decode()
        assert b"hours left to report" in page.content
        assert STORY in as_(user).get(f"/breaches/{breach.pk}/").content.decode()


def test_an_empty_log_says_so(cast, as_):
    assert b"No breach has been recorded" in as_(cast.lena).get("/breaches/").content


def test_a_breach_from_first_word_to_closing(cast, as_):
    lena = as_(cast.lena)
    found = clock.now() - timedelta(hours=3)
    first = {**typed(found, "found_at"), "what_happened": STORY}
    answer = lena.post("/breaches/new/", first)
    breach = Breach.objects.get()
    assert answer["Location"] == f"/breaches/{breach.pk}/"
    assert lena.get(f"/breaches/{breach.pk}/close/").status_code == 409
    assert lena.post(f"/breaches/{breach.pk}/close/").status_code == 409
    more = {
        **first,
        **typed(found + timedelta(hours=1), "judged_at"),
        **typed(found + timedelta(hours=2), "reported_at"),
        "judged": "report",
        "categories": ["identity", "contact"],
        "number_of_people": "3",
        "consequences": "They may be found.",
        "measures": "The session was ended.",
    }
    assert lena.post(f"/breaches/{breach.pk}/edit/", more).status_code == 302
    text = lena.get(f"/breaches/{breach.pk}/authority/").content.decode()
    for said in (STORY, "They may be found.", "The session was ended.", "About 3 people.", "Contact and whereabouts"):
        assert said in text
    assert lena.get(f"/breaches/{breach.pk}/close/").status_code == 200
    assert lena.post(f"/breaches/{breach.pk}/close/").status_code == 302
    assert lena.post(f"/breaches/{breach.pk}/edit/", more).status_code == 409
    assert lena.post(f"/breaches/{breach.pk}/close/").status_code == 409
    breach.refresh_from_db()
    assert (breach.closed_by, breach.categories, breach.measures) == (
        cast.lena,
        ["identity", "contact"],
        "The session was ended.",
    )


def test_what_was_typed_fills_the_form_again(breach, cast, as_):
    page = as_(cast.lena).get(f"/breaches/{breach.pk}/edit/").content.decode()
    assert STORY in page
    assert breach.found_at.astimezone(clock.STOCKHOLM).strftime("%H:%M") in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"judged": "no_risk"}, b"Write why no risk is likely"),
        ({"judged": "report"}, b"Say when it was judged"),
        ({"found": -timedelta(days=1)}, b"That moment lies ahead"),
        ({"late": True}, b"The report came after the 72 hours"),
    ],
)
def test_an_entry_without_its_reasons_is_not_taken(cast, as_, changes, said):
    found = clock.now() - changes.pop("found", timedelta(days=5))
    given = {**typed(found, "found_at"), "what_happened": STORY}
    if changes.pop("late", False):
        given |= typed(found + timedelta(hours=80), "reported_at")
    answer = as_(cast.lena).post("/breaches/new/", {**given, **changes})
    assert answer.status_code == 200 and said in answer.content
    assert not Breach.objects.exists()


def test_nothing_is_closed_unjudged(breach, cast):
    with acting_as(cast.lena), pytest.raises(actions.BreachRefused):
        actions.close_breach(breach, by=cast.lena)
    with acting_as(cast.lena):
        actions.change_breach(breach, by=cast.lena, answers={"judged": "no_risk", "consequences": "None."})
        with pytest.raises(actions.BreachRefused):
            actions.close_breach(breach, by=cast.lena)


def test_the_database_closes_nothing_unjudged(breach):
    for wrong in ({}, {"judged": "report"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Breach.objects.filter(pk=breach.pk).update(closed_at=clock.now(), **wrong)


# Whose cases were seen


def asked(by, user=None, session="", since=None, until=None):
    now = datetime.now(UTC)  # the trail keeps real time
    with acting_as(by):
        return actions.cases_seen_by(
            by=by,
            user=user,
            session=session,
            since=since or now - timedelta(hours=1),
            until=until or now + timedelta(minutes=1),
        )


def test_whose_cases_a_person_saw(make_case, cast, as_):
    case, other, foreign = (make_case(reached="referred") for _turn in range(3))
    sara = as_(cast.sara)
    for path in ("", "referral/"):
        assert sara.get(f"{case.get_absolute_url()}{path}").status_code == 200
    assert sara.get(f"{other.get_absolute_url()}approve/").status_code == 403
    as_(cast.maja).get(foreign.get_absolute_url())
    as_(cast.otto).get(case.get_absolute_url())
    found = {one.code: one for one in asked(cast.lena, cast.sara)}
    assert case.code_shown in found and found[case.code_shown].times >= 2
    assert "referral" in found[case.code_shown].sections
    assert foreign.code_shown not in found
    assert other.code_shown not in found
    assert asked(cast.lena, cast.otto) == []  # refused looks saw nothing


def test_a_case_in_a_list_was_seen_too(make_case, cast):
    case = make_case(reached="draft")
    looks.record(cast.petra, None, "", "list", "cases:list", shown=[case.pk])
    (one,) = asked(cast.lena, cast.petra)
    assert (one.code, one.only_listed, one.times) == (case.code_shown, True, 0)


def test_a_session_is_asked_by_its_word(make_case, cast, as_):
    case = make_case(reached="draft")
    first, second = as_(cast.sara), as_(cast.sara)
    first.get(case.get_absolute_url())
    second.get("/inbox/")
    words = {looks.session_word(browser.session.session_key) for browser in (first, second)}
    seen = {word: [one.code for one in asked(cast.lena, session=word)] for word in words}
    assert sorted(seen.values()) == [[], [case.code_shown]]


def test_only_looks_of_the_period_count(make_case, cast, as_):
    case = make_case(reached="draft")
    as_(cast.sara).get(case.get_absolute_url())
    now = datetime.now(UTC)
    assert asked(cast.lena, cast.sara, since=now + timedelta(minutes=1), until=now + timedelta(hours=1)) == []
    assert asked(cast.lena, cast.sara, since=now - timedelta(days=2), until=now - timedelta(days=1)) == []


def test_asking_is_logged_and_shows_codes_only(make_case, cast, as_):
    case = make_case(reached="referred")
    as_(cast.sara).get(case.get_absolute_url())
    lena = as_(cast.henrik)
    now = datetime.now(UTC)
    given = {
        "email": cast.sara.email,
        **typed(now - timedelta(hours=1), "since"),
        **typed(now + timedelta(minutes=2), "until"),
    }
    page = lena.post("/breaches/seen/", given)
    assert page.status_code == 200
    assert case.code_shown in page.content.decode()
    assert case.alias not in page.content.decode()
    line = Look.objects.filter(user_id=cast.henrik.pk, action="search", path_name="cases:breach-seen").get()
    assert case.pk in line.shown


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, b"Name a person or a session"),
        ({"email": "nobody@demo.example"}, b"Nobody has an account"),
        ({"session": "xyz"}, b"sixteen letters"),
    ],
)
def test_the_question_wants_somebody(cast, as_, given, said):
    now = datetime.now(UTC)
    period = {**typed(now - timedelta(hours=1), "since"), **typed(now, "until")}
    assert said in as_(cast.lena).post("/breaches/seen/", {**given, **period}).content


def test_the_question_wants_a_fresh_proof(cast, as_):
    lena = as_(cast.lena)
    proved(lena, cast.lena, seconds_ago=3600)
    assert lena.get("/breaches/seen/").status_code == 302
