"""Finding a case by who the person is: exact, with a reason, logged; a foreign case is as if it did not exist."""

import io
import json
import re
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases import actions
from cases.models import Case, Person, SearchKey
from cases.models.search_key import compared_form, name_form, search_digests
from returns_portal.actor import acting_as
from returns_portal.crypto.index import digests, folded
from returns_portal.models import AccessAlert, IndexKey, Look

NAME = "Mira Rexhepi"
URL = "/cases/search/"


def asks(browser, **typed):
    """The page after this search."""
    return browser.post(URL, {"reason": "contact", **typed})


def finds(browser, case, **typed):
    """Whether the page shows this case."""
    response = asks(browser, **typed)
    assert response.status_code == 200
    assert "searched" in response.context and response.context["searched"], response.context["form"].errors
    return case.code_shown in response.content.decode()


def know(case, by, **person):
    """Write the person's identity through the action."""
    known = {"full_name": NAME, "birth_date": None, "identity_number": "", "phone": "", "gender": ""}
    with acting_as(by):
        actions.change_identity(case, by=by, person=known | person, contact={"code_word": "Blue door"})


# --- What counts as the same ---


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Åsa Öberg", "asa oberg"),
        ("ÅSA ÖBERG", "A\u030asa O\u0308berg"),
        ("Đorđević Łucja", "dordevic lucja"),
        ("Søren Æsir Þór", "soren aesir thor"),
        ("STRASSE", "straße"),
        ("\ufb01n", "FIN"),
        ("Işık", "isik"),
    ],
)
def test_case_and_accents_make_no_difference(one, other):
    assert folded(one) == folded(other)


def test_scripts_without_accents_keep_their_letters():
    assert name_form("Олена Шевченко") == name_form("шевченко олена") != name_form("Олег Шевченко")
    assert name_form("محمد علي") == name_form("علي  محمد")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mira Rexhepi", "rexhepi, mira"),
        ("Mira-Ana  Rexhepi", "Rexhepi Mira Ana"),
        ("Mira O’Neil", "mira o'neil"),
    ],
)
def test_the_order_of_the_names_makes_no_difference(one, other):
    assert name_form(one) == name_form(other)


def test_a_part_of_a_name_is_another_name():
    assert len({name_form(name) for name in ("Mira", "Mira Rexhepi", "Mir Rexhepi", "Mira Mira Rexhepi")}) == 4


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("19980304-1234", "980304 1234", True),
        ("199803041234", "980304-1234", True),
        ("ab 12-34", "AB1234", True),
        ("980304-1234", "980304-1235", False),
        ("219803041234", "9803041234", False),
    ],
)
def test_numbers_are_compared_without_their_dress(one, other, same):
    assert (compared_form("identity_number", one) == compared_form("identity_number", other)) is same


def test_digests_say_nothing_of_what_they_are_made_of(db):
    made = search_digests({"full_name": NAME, "birth_date": date(1998, 3, 4), "identity_number": "", "phone": "1"})
    assert {field: len(digest) for field, digest in made.items()} == {"full_name": 16, "birth_date": 16}
    assert made == search_digests({"full_name": "rexhepi mira", "birth_date": date(1998, 3, 4)})
    assert search_digests({"full_name": "--", "identity_number": "…"}) == {}


def test_each_field_has_a_key_of_its_own(db):
    same = digests({"full_name": "1998", "identity_number": "1998"})
    assert same["full_name"] != same["identity_number"]


def test_another_secret_makes_other_digests(db):
    before = digests({"full_name": "mira"})
    assert digests({"full_name": "mira"}) == before
    IndexKey.objects.all().delete()
    assert digests({"full_name": "mira"}) != before
    assert IndexKey.objects.count() == 1


# --- The index follows the person ---


def test_the_index_is_kept_by_the_actions_that_write_the_person(cast, as_, make_case):
    case, sara = make_case(), as_(cast.sara)
    assert set(SearchKey.objects.values_list("field", flat=True)) == {"full_name"}
    know(case, cast.sara, full_name="Ana Dedaj", birth_date=date(1998, 3, 4), identity_number="AB 12")
    assert set(SearchKey.objects.values_list("field", flat=True)) == {"full_name", "birth_date", "identity_number"}
    assert finds(sara, case, full_name="ana dedaj", birth_date="1998-03-04", identity_number="ab12")
    assert not finds(sara, case, full_name=NAME)
    know(case, cast.sara, full_name="Ana Dedaj")
    assert finds(sara, case, full_name="ana dedaj")
    assert not finds(sara, case, birth_date="1998-03-04")
    with acting_as(cast.sara):
        actions.save_referral(case, by=cast.sara, person={"full_name": "Vera Dedaj"})
    assert finds(sara, case, full_name="Vera Dedaj")
    assert not finds(sara, case, full_name="Ana Dedaj")


def test_who_is_forgotten_is_not_found(cast, as_, make_case):
    case = make_case("referred")
    actions.forget_person(case)
    assert not finds(as_(cast.sara), case, full_name=NAME)


def test_a_discarded_draft_leaves_no_digest(cast, make_case):
    case = make_case()
    with acting_as(cast.sara):
        actions.discard(case, by=cast.sara)
    assert not SearchKey.objects.exists()


def test_the_table_holds_nothing_that_can_be_read(cast, make_case):
    case = make_case()
    know(case, cast.sara, birth_date=date(1998, 3, 4), identity_number="AB12")
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(k::text, ' ') FROM cases_searchkey AS k")
        text = cursor.fetchone()[0].lower()
    for word in ("mira", "rexhepi", "1998", "ab12", b"mira".hex(), b"ab12".hex()):
        assert word not in text


# --- Who finds whom ---


@pytest.mark.parametrize(
    ("state", "who"),
    [
        ("draft", {"sara", "maja"}),
        ("referred", {"sara", "maja", "lars", "lena"}),
        # Helsinki hears of the identity by the signed application; Tirana is informed, and may not know who it is.
        ("application", {"sara", "maja", "lars", "lena", "hanna", "henrik"}),
        ("travel", {"sara", "maja", "lars", "lena", "hanna", "henrik", "ilir"}),
        ("closed", {"lars", "lena", "hanna", "henrik"}),
    ],
)
def test_only_who_may_see_the_identity_finds_the_case(state, who, cast, as_, make_case):
    case = make_case(reached=state)
    everybody = ("sara", "maja", "lars", "lena", "hanna", "henrik", "ilir", "ioana", "otto", "nadia")
    found = {name for name in everybody if finds(as_(getattr(cast, name)), case, full_name=NAME)}
    readers = {
        name for name in everybody if Case.objects.get(pk=case.pk).access_for(getattr(cast, name)).may_read("identity")
    }
    assert found == readers == who


def test_a_protected_identity_is_found_by_those_named_in_the_case_alone(cast, as_, make_case):
    case = make_case("referred", is_protected=True)
    assert finds(as_(cast.sara), case, full_name=NAME)
    for name in ("maja", "lena", "otto"):
        assert not finds(as_(getattr(cast, name)), case, full_name=NAME)


def test_an_administrator_and_a_stranger_to_the_portal_do_not_search(cast, as_, make_case):
    make_case("referred")
    assert as_(cast.admin).get(URL).status_code == 403
    assert asks(as_(cast.admin), full_name=NAME).status_code == 403
    with pytest.raises(PermissionDenied):
        actions.search_cases(by=cast.admin, reason="contact", sought={"full_name": NAME})
    assert Client().get(URL).status_code == 302


def test_all_that_is_filled_in_must_match(cast, as_, make_case):
    case, sara = make_case(), as_(cast.sara)
    know(case, cast.sara, birth_date=date(1998, 3, 4))
    assert finds(sara, case, full_name=NAME, birth_date="1998-03-04")
    assert not finds(sara, case, full_name=NAME, birth_date="1998-03-05")
    assert not finds(sara, case, full_name="Mira", birth_date="1998-03-04")


def answer_and_statements(browser, **typed):
    """The page without what differs by chance, and the statements without what was asked for."""
    browser.get(URL)
    with CaptureQueriesContext(connection) as captured:
        response = asks(browser, **typed)
    page = response.content.decode()
    token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    shapes = [" ".join(query["sql"].split()[:3]).split("_x")[0] for query in captured]
    page = re.sub(r'data-seconds="\d+"', "", page.replace(token, "").replace(typed["full_name"], "NAME"))
    return response.status_code, page, shapes


def test_a_foreign_person_is_like_nobody(cast, as_, make_case):
    make_case("travel")
    for name in ("otto", "nadia", "ioana"):
        browser = as_(getattr(cast, name))
        foreign = answer_and_statements(browser, full_name=NAME)
        nobody = answer_and_statements(browser, full_name="Nora Nobody")
        assert foreign == nobody
        assert "Nothing found" in foreign[1]


def test_fifty_foreign_people_of_the_same_name_hide_nobody(cast, as_, make_case):
    case = make_case("referred")
    foreign = Case.objects.bulk_create(Case(referring=cast.nadia.organisation) for _turn in range(60))
    digest = search_digests({"full_name": NAME})["full_name"]
    SearchKey.objects.bulk_create(SearchKey(case=other, field="full_name", digest=digest) for other in foreign)
    assert finds(as_(cast.sara), case, full_name=NAME)


def test_who_may_not_know_the_identity_gets_the_answer_of_nobody(cast, as_, make_case):
    make_case("application")
    browser = as_(cast.ilir)
    foreign = answer_and_statements(browser, full_name=NAME)
    nobody = answer_and_statements(browser, full_name="Nora Nobody")
    assert foreign == nobody


# --- The page ---


@pytest.mark.asvs("14.2.1")
def test_words_come_by_post_alone_and_are_shown_in_the_form_only(cast, as_, make_case):
    case, sara = make_case("referred"), as_(cast.sara)
    page = sara.get(f"{URL}?full_name=Mira+Rexhepi&reason=contact")
    assert NAME not in page.content.decode()
    assert not Look.objects.filter(action="search").exists()
    page = asks(sara, full_name=NAME)
    text = page.content.decode()
    assert text.count(NAME) == 1 and f'value="{NAME}"' in text
    assert case.code_shown in text and reverse("cases:case", args=[case.code]) in text
    assert "Awaiting decision" in text
    assert "no-store" in page["Cache-Control"]
    assert "1 case" in text


def test_the_name_of_who_is_found_is_not_shown(cast, as_, make_case):
    case = make_case()
    know(case, cast.sara, identity_number="AB12")
    text = asks(as_(cast.sara), identity_number="ab 12").content.decode()
    assert case.code_shown in text
    for word in ("Mira", "Rexhepi", "M.R.", "AB12"):
        assert word not in text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"full_name": NAME, "reason": ""}, "This field is required"),
        ({"full_name": NAME, "reason": "because"}, "not one of the available choices"),
        ({}, "Enter a name, a date of birth or a number."),
        ({"full_name": "  "}, "Enter a name, a date of birth or a number."),
        ({"full_name": "–"}, "Enter letters or digits."),
        ({"identity_number": "--"}, "Enter letters or digits."),
        ({"birth_date": "yesterday"}, ""),
        ({"full_name": "x" * 201}, ""),
    ],
)
def test_nothing_is_searched_without_words_and_a_reason(typed, sentence, cast, as_, make_case):
    make_case("referred")
    response = asks(as_(cast.sara), **typed)
    assert response.status_code == 200
    assert response.context["form"].errors
    assert sentence in response.content.decode()
    assert not response.context["searched"]
    assert not Look.objects.filter(action="search").exists()


def test_the_list_of_cases_leads_to_it(cast, as_):
    assert f'href="{URL}"' in as_(cast.sara).get("/cases/").content.decode()


# --- The trail ---


def test_each_search_leaves_one_line_with_its_reason_and_what_it_showed(cast, as_, make_case):
    case = make_case("referred")
    asks(as_(cast.sara), full_name=NAME, reason="duplicate")
    asks(as_(cast.otto), full_name=NAME, reason="emergency")
    hit, nothing = Look.objects.filter(action="search").order_by("pk")
    assert (hit.user_id, hit.section, hit.shown) == (cast.sara.pk, "identity", [case.pk])
    assert (nothing.user_id, nothing.section, nothing.shown) == (cast.otto.pk, "identity", None)
    assert "duplicate" in json.dumps(Look.objects.filter(pk=hit.pk).values().get(), default=str)
    assert "emergency" in json.dumps(Look.objects.filter(pk=nothing.pk).values().get(), default=str)
    for line in (hit, nothing):
        assert "Mira" not in json.dumps(Look.objects.filter(pk=line.pk).values().get(), default=str)


@pytest.mark.parametrize(
    ("typed", "kinds"),
    [
        ("hanna", {"own_name_search"}),
        ("Hénrik", {"colleague_search"}),
        ("Lars", set()),  # works elsewhere
        (NAME, set()),
        ("", set()),
    ],
)
def test_a_search_for_oneself_or_a_colleague_rings(typed, kinds, cast, as_, make_case):
    asks(as_(cast.hanna), full_name=typed, identity_number="1")
    assert {alert.kind for alert in AccessAlert.objects.filter(user_id=cast.hanna.pk)} == kinds
    assert AccessAlert.objects.count() == len(kinds)


def test_the_command_gives_an_older_programme_its_index(cast, as_, make_case):
    case = make_case("referred")
    SearchKey.objects.all().delete()
    assert not finds(as_(cast.sara), case, full_name=NAME)
    call_command("rotate_keys", rebuild_index=True, stdout=io.StringIO())
    assert finds(as_(cast.sara), case, full_name=NAME)
    assert Person.objects.get(case=case).full_name == NAME
