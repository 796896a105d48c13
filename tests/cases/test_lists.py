"""Lists: who sees what in them, in which order, found by what, at which cost."""

from datetime import timedelta

import pytest
from django.urls import reverse

from cases.models import Case, Visit
from returns_portal import clock
from returns_portal.models import Look
from tests.statements import statements_of


def ids(page):
    """The cases on the page, in order."""
    return [row.id for row in page.context["rows"]]


def english(client, url):
    """The page's text, in English."""
    return client.get(url, headers={"accept-language": "en"}).content.decode()


def test_the_list_holds_what_one_may_see_and_never_a_name(cast, as_, make_case):
    case = make_case(reached="referred")
    for name, sees in (("sara", True), ("maja", True), ("lars", True), ("otto", False), ("hanna", False)):
        said = english(as_(getattr(cast, name)), "/cases/")
        assert (case.code_shown in said) is sees
        assert "Rexhepi" not in said


def test_what_is_due_first_stands_first_and_pages_go_on_by_key(cast, as_, make_case, many_like):
    case = make_case(reached="referred")
    now = clock.now()
    for number, twin in enumerate(many_like(case, 60)):
        due = None if number >= 55 else now + timedelta(days=number)
        Case.objects.filter(pk=twin.pk).update(ball_due=due)
    Case.objects.filter(pk=case.pk).update(ball_due=now - timedelta(days=1))
    lars = as_(cast.lars)
    first = lars.get("/cases/")
    second = lars.get("/cases/", {"after": first.context["next"]})
    assert ids(first)[0] == case.pk
    assert len(ids(first)) == 50
    assert second.context["next"] == ""
    expected = Case.objects.order_by("ball_due", "id").values_list("pk", flat=True)
    assert ids(first) + ids(second) == list(expected)
    assert ids(lars.get("/cases/", {"after": "nonsense"})) == ids(first)


def test_tabs_states_and_search(cast, as_, make_case):
    waiting, ended = make_case(reached="referred"), make_case(reached="withdrawn")
    lars = as_(cast.lars)
    assert ids(lars.get("/cases/")) == [waiting.pk]
    assert ids(lars.get("/cases/?tab=ours")) == [waiting.pk]
    assert ids(lars.get("/cases/?tab=ended")) == [ended.pk]
    assert ids(lars.get("/cases/?state=approved")) == []
    assert ids(lars.get("/cases/", {"q": waiting.code_shown.lower()})) == [waiting.pk]
    assert ids(lars.post("/cases/", {"q": "m.r"})) == [waiting.pk]
    assert ids(lars.post("/cases/", {"q": "Rexhepi"})) == []
    assert "left out of the filter" in english(lars, "/cases/?state=nonsense")


def test_an_informed_office_neither_reads_nor_finds_the_alias(cast, as_, make_case):
    case = make_case(reached="application")
    ilir = as_(cast.ilir)
    assert ids(ilir.get("/cases/")) == [case.pk]
    assert "M.R." not in english(ilir, "/cases/")
    assert ids(ilir.post("/cases/", {"q": "M.R."})) == []
    assert ids(ilir.get("/cases/", {"q": case.code})) == [case.pk]


def test_the_office_that_supports_the_person_reads_the_alias(cast, as_, make_case):
    make_case(reached="assessment")
    assert "M.R." in english(as_(cast.ilir), "/cases/")


def test_a_protected_identity_leaves_lists_and_search(cast, as_, make_case):
    case = make_case(reached="referred")
    Case.objects.filter(pk=case.pk).update(is_protected=True)
    sara = as_(cast.sara)
    assert "M.R." not in english(sara, "/cases/")
    assert ids(sara.post("/cases/", {"q": "M.R."})) == []
    assert "Protected identity" in english(sara, "/cases/")


def test_a_list_is_a_look(cast, as_, make_case):
    make_case(reached="referred")
    as_(cast.lars).get("/cases/queue/")
    look = Look.objects.get(user_id=cast.lars.pk)
    assert (look.action, look.path_name, look.case_id) == ("list", "cases:queue", None)


def test_the_queue_shows_what_is_to_be_decided_oldest_first(cast, as_, make_case):
    newer, older, asked = make_case(reached="referred"), make_case(reached="referred"), make_case(reached="more_info")
    Case.objects.filter(pk=older.pk).update(submitted_at=clock.now() - timedelta(days=14), is_urgent=True)
    lars = as_(cast.lars)
    page = lars.get("/cases/queue/")
    assert [row.id for row, _days, _new in page.context["rows"]] == [older.pk, newer.pk]
    assert [days for _row, days, _new in page.context["rows"]][0] >= 8
    assert [row.id for row, _days, _new in lars.get("/cases/queue/?tab=more").context["rows"]] == [asked.pk]
    said = english(lars, "/cases/queue/")
    assert "Urgent" in said
    assert "of 6" in said or "Complete" in said


def test_a_case_is_new_in_the_queue_until_it_has_been_opened(cast, as_, make_case):
    case = make_case(reached="referred")
    lars = as_(cast.lars)
    assert [new for _row, _days, new in lars.get("/cases/queue/").context["rows"]] == [True]
    lars.get(case.get_absolute_url())
    assert Visit.objects.filter(user=cast.lars).count() == 1
    assert [new for _row, _days, new in lars.get("/cases/queue/").context["rows"]] == [False]


def test_lars_takes_a_case_and_lena_cannot_take_it_after_him(cast, as_, make_case):
    case = make_case(reached="referred")
    take = reverse("cases:take", args=[case.code])
    response = as_(cast.lars).post(take, {"next": "/cases/queue/"})
    assert response.headers["Location"] == "/cases/queue/"
    assert Case.objects.get(pk=case.pk).decider == cast.lars
    assert as_(cast.lars).post(take, {"next": "https://elsewhere.example/"}).status_code in {302, 403}
    assert as_(cast.otto).post(take).status_code == 404


def test_the_decided_stay_in_the_queue_for_fourteen_days(cast, as_, make_case):
    case, old = make_case(reached="approved"), make_case(reached="approved")
    Case.objects.filter(pk=old.pk).update(decided_at=clock.now() - timedelta(days=15))
    rows = as_(cast.lars).get("/cases/queue/?tab=decided").context["rows"]
    assert [row.id for row, _days, _new in rows] == [case.pk]


def test_the_board_shows_states_and_who_travels_first(cast, as_, make_case, many_like):
    case = make_case(reached="assessment")
    now = clock.now()
    (travelling,) = many_like(case, 1, departs_at=now, expected_at=now + timedelta(hours=3))
    (leaving,) = many_like(case, 1, departs_at=now + timedelta(days=5))
    Case.objects.filter(pk__in=[travelling.pk, leaving.pk]).update(state="travel")
    Case.objects.filter(pk=travelling.pk).update(state="in_transit")
    page = as_(cast.hanna).get("/cases/board/")
    assert [row.id for row in page.context["arrivals"]] == [travelling.pk]
    assert [row.id for row in page.context["departures"]] == [leaving.pk]
    counts = {state.value: number for state, _label, number, _rows, _longer in page.context["sections"]}
    assert counts["assessment"] == 1
    assert counts["travel"] == 1
    assert [row.id for row in as_(cast.hanna).get("/cases/board/?who=none").context["arrivals"]] == []


@pytest.mark.parametrize(
    ("name", "page"), [("sara", "queue"), ("hanna", "queue"), ("lars", "board"), ("ilir", "board")]
)
def test_queue_and_board_open_to_their_own_office_only(name, page, cast, as_):
    assert as_(getattr(cast, name)).get(reverse(f"cases:{page}")).status_code == 403


@pytest.mark.parametrize(
    ("name", "url", "state"),
    [
        ("sara", "/cases/", "referred"),
        ("lars", "/cases/", "referred"),
        ("lars", "/cases/queue/", "referred"),
        ("hanna", "/cases/", "assessment"),
        ("hanna", "/cases/board/", "assessment"),
        ("ilir", "/cases/", "assessment"),
    ],
)
def test_lists_cost_the_same_with_one_and_with_fifty_rows_and_at_most_ten_statements(
    name, url, state, cast, as_, make_case, many_like
):
    case = make_case(reached=state)
    reader = as_(getattr(cast, name))
    _page, few = statements_of(reader, url)
    many_like(case, 60)
    page, many = statements_of(reader, url)
    assert page.status_code == 200
    assert len(many) == len(few)
    assert len(few) <= 10, "\n".join(sql[:200] for sql in few)


def test_the_organisation_page_tells_managers_what_lies_on_each_desk(cast, as_, make_case):
    make_case(reached="referred")
    said = english(as_(cast.maja), "/organisation/")
    assert "1 open cases" in said
    assert f"/cases/?who={cast.sara.pk}" in said
    assert len(ids(as_(cast.maja).get(f"/cases/?who={cast.sara.pk}"))) == 1
    assert ids(as_(cast.maja).get(f"/cases/?who={cast.maja.pk}")) == []
