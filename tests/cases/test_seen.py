"""Who has seen a case: lists, searches, extracts and refusals too, and nobody learns of another case by it."""

import pytest

from returns_portal import looks
from returns_portal.actor import acting_as
from tests.statements import statements_of


def page_of(browser, case):
    return browser.get(f"{case.get_absolute_url()}seen/")


def lines(browser, case):
    """Who stands there, with the marks."""
    return {
        (look.name, tuple(words for words, _kind in look.marks)) for look in page_of(browser, case).context["looks"]
    }


def test_a_list_that_showed_the_case_is_a_line(cast, as_, make_case):
    case, other = make_case("referred"), make_case("more_info")
    as_(cast.lars).get("/cases/queue/")
    assert (cast.lars.name, ("Stood in a list",)) in lines(as_(cast.sara), case)
    assert cast.lars.name not in {name for name, _marks in lines(as_(cast.sara), other)}
    as_(cast.lars).get("/cases/queue/?tab=more")
    assert (cast.lars.name, ("Stood in a list",)) in lines(as_(cast.sara), other)


@pytest.mark.parametrize(
    ("url", "name"), [("/", "sara"), ("/cases/", "lars"), ("/cases/queue/", "lars"), ("/cases/board/", "hanna")]
)
def test_every_list_says_which_cases_it_showed(url, name, cast, as_, make_case):
    state = "approved" if name == "hanna" else "referred"
    shown, draft = make_case(state), make_case("draft")
    as_(getattr(cast, name)).get(url)
    look = looks.Look.objects.get(action="list")
    assert set(look.shown) == ({shown.pk, draft.pk} if name == "sara" else {shown.pk})


def test_travellers_on_the_board_and_today_are_among_them(cast, as_, make_case):
    case = make_case("in_transit")
    for url, name in (("/cases/board/", "hanna"), ("/", "hanna"), ("/", "ilir")):
        as_(getattr(cast, name)).get(url)
        assert case.pk in looks.Look.objects.filter(action="list").latest("pk").shown


def test_searches_extracts_emergencies_and_refusals_are_marked(cast, as_, make_case):
    case = make_case("referred")
    with acting_as(cast.lars):
        looks.record(cast.lars, None, "identity", "search", "cases:search", shown=[case.pk])
        looks.record(cast.lars, case.pk, "", "export")
        looks.record(cast.lars, case.pk, "", "break_glass")
    with acting_as(cast.lena):
        looks.record(cast.lena, case.pk, "identity", "download", outcome="refused")
    assert lines(as_(cast.sara), case) >= {
        (cast.lars.name, ("Found by a search", "Extract taken out", "Opened in an emergency")),
        (cast.lena.name, ("Document downloaded", "Refused")),
    }


def test_the_page_names_no_other_case_and_is_cut_into_pages(cast, as_, make_case, monkeypatch):
    case, other = make_case("referred"), make_case("referred")
    as_(cast.lars).get("/cases/queue/")
    sara = as_(cast.sara)
    first = page_of(sara, case)
    assert other.code_shown not in first.content.decode()
    _page, few = statements_of(sara, f"{case.get_absolute_url()}seen/")
    for name in ("maja", "lena"):
        as_(getattr(cast, name)).get(case.get_absolute_url())
        as_(getattr(cast, name)).get("/cases/")
    _page, many = statements_of(sara, f"{case.get_absolute_url()}seen/")
    assert len(many) == len(few)
    assert first.context["page"].paginator.per_page == 50
