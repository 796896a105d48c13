import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from returns_portal import looks, tasks
from returns_portal.models import AccessAlert, Look, OutboxItem


def someone() -> Any:
    """A person, as far as the trail is concerned."""
    return SimpleNamespace(pk=uuid.uuid4())


def open_cases(user: Any, number: int) -> list[uuid.UUID]:
    """Let somebody open that many different cases, each twice."""
    cases = [uuid.uuid4() for _number in range(number)]
    for case_id in cases:
        looks.record(user, case_id, "status", "view")
        looks.record(user, case_id, "identity", "reveal")
    return cases


@pytest.mark.django_db
def test_a_look_is_written_with_what_was_seen() -> None:
    user, case_id = someone(), uuid.uuid4()
    looks.record(user, case_id, "identity", "reveal", "cases:identity")
    looks.record(None, case_id, "", "refused")
    rows = Look.objects.order_by("pk").values_list("user_id", "case_id", "section", "action", "path_name", "outcome")
    assert list(rows) == [
        (user.pk, case_id, "identity", "reveal", "cases:identity", "done"),
        (None, case_id, "", "refused", "", "refused"),
    ]


@pytest.mark.django_db
def test_a_list_is_one_line_with_the_cases_it_showed() -> None:
    first, second = uuid.uuid4(), uuid.uuid4()
    looks.record(someone(), None, "", "list", "cases:list", shown=[first, second, first])
    looks.record(someone(), None, "", "list", "cases:list")
    assert list(Look.objects.order_by("pk").values_list("shown", flat=True)) == [[first, second], None]


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [{"action": "peek"}, {"action": "view", "outcome": "perhaps"}])
def test_only_known_words_are_written(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"peek|perhaps"):
        looks.record(None, None, "identity", **wrong)
    assert not Look.objects.exists()


@pytest.mark.django_db
def test_something_refused_says_what_was_tried() -> None:
    looks.record(someone(), uuid.uuid4(), "identity", "export", outcome="refused")
    assert Look.objects.values_list("action", "outcome").get() == ("export", "refused")
    assert not AccessAlert.objects.exists()


@pytest.mark.django_db
@pytest.mark.asvs("16.4.2")
@pytest.mark.parametrize("act", [lambda rows: rows.update(section="x"), lambda rows: rows.delete()])
def test_the_trail_is_never_changed(act: Any) -> None:
    looks.record(None, None, "identity", "view")
    with pytest.raises(DatabaseError), transaction.atomic():
        act(Look.objects.all())
    assert Look.objects.get().section == "identity"


# Whose session


@pytest.mark.django_db
@pytest.mark.asvs("16.2.5")
def test_the_lines_of_a_session_know_each_other_and_never_its_key(cast: Any, as_: Any, make_case: Any) -> None:
    case, other = make_case("referred"), make_case("referred")
    one, two = as_(cast.lars), as_(cast.lars)
    one.get("/cases/queue/")
    one.get(case.get_absolute_url())
    two.get(other.get_absolute_url())
    words = [looks.session_word(browser.cookies["sessionid"].value) for browser in (one, two)]
    assert [set(Look.objects.filter(session=word).values_list("path_name", flat=True)) for word in words] == [
        {"cases:queue", "cases:case"},
        {"cases:case"},
    ]
    assert looks.cases_seen_in(words[0]) == {case.pk, other.pk}  # the other stood in the list
    assert looks.cases_seen_in(words[1]) == {other.pk}
    assert looks.cases_seen_in("") == set()
    assert one.cookies["sessionid"].value not in str(list(Look.objects.values_list()))
    assert words[0] != words[1]
    assert len(words[0]) == 16


@pytest.mark.django_db
def test_the_lines_of_one_answer_have_one_word(cast: Any, as_: Any, make_case: Any) -> None:
    case = make_case("referred")
    lars = as_(cast.lars)
    lars.post(f"{case.get_absolute_url()}reveal/")
    lars.get(case.get_absolute_url())
    (revealed,) = set(Look.objects.filter(path_name__in=["cases:reveal", "cases:identity"]).values_list("request_id"))
    (viewed,) = set(Look.objects.filter(path_name="cases:case").values_list("request_id"))
    assert revealed != viewed
    assert revealed[0]


@pytest.mark.django_db
def test_outside_a_request_there_is_no_session(cast: Any, as_: Any) -> None:
    as_(cast.lars).get("/cases/queue/")
    looks.record(None, None, "", "view")
    assert list(Look.objects.filter(action="view").values_list("session", "request_id")) == [("", "")]


def test_nobody_has_no_word() -> None:
    assert (looks.session_word(None), looks.session_word("")) == ("", "")
    assert looks.session_word("one") != looks.session_word("other")


# Too many


@pytest.mark.django_db
@pytest.mark.asvs("2.4.1")
def test_twenty_different_cases_in_ten_minutes_ring_once() -> None:
    user = someone()
    open_cases(user, 19)
    assert not AccessAlert.objects.exists()
    open_cases(user, 1)
    assert AccessAlert.objects.count() == 1
    open_cases(user, 5)
    assert list(AccessAlert.objects.values_list("kind", "user_id", "case_id")) == [("many_cases", user.pk, None)]
    assert OutboxItem.objects.filter(kind="access-alert", row_id=AccessAlert.objects.get().pk).count() == 1


@pytest.mark.django_db
@pytest.mark.asvs("2.4.1")
def test_the_sixtieth_is_refused_and_those_before_stay_open() -> None:
    user = someone()
    cases = open_cases(user, 59)
    with pytest.raises(looks.TooManyCases):
        looks.record(user, uuid.uuid4(), "status", "view")
    refused = Look.objects.latest("pk")
    assert (refused.action, refused.outcome, refused.user_id) == ("refused", "refused", user.pk)
    looks.record(user, cases[0], "status", "view")
    looks.record(someone(), uuid.uuid4(), "status", "view")
    assert set(AccessAlert.objects.values_list("kind", flat=True)) == {"many_cases", "too_many_cases"}


@pytest.mark.django_db
def test_what_was_refused_does_not_count() -> None:
    user = someone()
    for _turn in range(70):
        looks.record(user, uuid.uuid4(), "status", "refused")
        looks.record(user, uuid.uuid4(), "status", "export", outcome="refused")
        looks.record(user, None, "", "list", shown=[uuid.uuid4()])
    looks.record(user, uuid.uuid4(), "status", "view")
    assert not AccessAlert.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_was_opened_more_than_ten_minutes_ago_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    user = someone()
    open_cases(user, 59)
    monkeypatch.setattr(looks, "WINDOW", looks.timedelta(microseconds=1))
    looks.record(user, uuid.uuid4(), "status", "view")


@pytest.mark.django_db
@pytest.mark.asvs("2.4.1")
def test_who_opens_too_many_is_told_whom_to_call(
    cast: Any, as_: Any, make_case: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "TOO_MANY_CASES", 2)
    first, second = make_case("referred"), make_case("referred")
    lars = as_(cast.lars)
    assert lars.get(first.get_absolute_url()).status_code == 200
    page = lars.get(second.get_absolute_url())
    assert page.status_code == 429
    assert page.headers["Retry-After"] == "600"
    assert "Too many different cases" in page.content.decode()
    assert "010-223 11 40" in page.content.decode()
    assert second.alias not in page.content.decode()
    assert Look.objects.filter(case_id=second.pk, outcome="refused", user_id=cast.lars.pk).count() == 1
    assert AccessAlert.objects.get().kind == "too_many_cases"
    assert lars.get(first.get_absolute_url()).status_code == 200


@pytest.mark.django_db
def test_the_page_asks_the_database_once_for_a_line(django_assert_num_queries: Any) -> None:
    user = someone()
    open_cases(user, 5)
    with django_assert_num_queries(1):
        looks.record(user, uuid.uuid4(), "status", "view")


# Lists


def page_through(user: Any, number: int, action: str = "list") -> None:
    """Show somebody that many different cases, fifty to a page and each page twice."""
    cases = [uuid.uuid4() for _number in range(number)]
    for at in range(0, number, 50):
        for _turn in range(2):
            looks.record(user, None, "", action, "cases:list", shown=cases[at : at + 50])


@pytest.mark.django_db
@pytest.mark.asvs("2.4.1")
def test_who_pages_through_everything_rings_once_and_is_not_refused(cast: Any) -> None:
    page_through(cast.hanna, 200)
    page_through(cast.hanna, 99, "search")
    page_through(cast.lars, 299)
    looks.record(cast.hanna, None, "", "list", shown=[uuid.uuid4()], outcome="refused")
    looks.record(cast.hanna, None, "", "destroy", shown=[uuid.uuid4()])
    tasks.look_after_lists()
    assert not AccessAlert.objects.exists()
    page_through(cast.hanna, 1)
    tasks.look_after_lists()
    tasks.look_after_lists()
    alert = AccessAlert.objects.get()
    assert (alert.kind, alert.user_id, alert.case_id) == ("many_listed", cast.hanna.pk, None)
    assert OutboxItem.objects.filter(kind="access-alert", row_id=alert.pk).count() == 1
    page_through(cast.hanna, 1)


@pytest.mark.django_db(transaction=True)
def test_what_was_listed_before_does_not_count(cast: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    page_through(cast.hanna, 300)
    monkeypatch.setattr(looks, "LIST_WINDOW", looks.timedelta(microseconds=1))
    tasks.look_after_lists()
    assert not AccessAlert.objects.exists()


# What rings


@pytest.mark.django_db
@pytest.mark.parametrize("action", ["export", "break_glass"])
def test_an_extract_and_an_emergency_ring_by_themselves(action: str) -> None:
    user, case_id = someone(), uuid.uuid4()
    looks.record(user, case_id, "", action)
    looks.record(user, case_id, "", action)
    assert list(AccessAlert.objects.values_list("kind", "user_id", "case_id")) == [(action, user.pk, case_id)]


@pytest.mark.django_db
def test_the_same_rings_again_after_ten_minutes_and_for_another_case(monkeypatch: pytest.MonkeyPatch) -> None:
    user, case_id = someone(), uuid.uuid4()
    looks.alert("own_name_search", user.pk)
    looks.alert("own_name_search", user.pk)
    looks.alert("colleague_search", user.pk)
    looks.alert("export", user.pk, case_id)
    looks.alert("export", user.pk, uuid.uuid4())
    assert AccessAlert.objects.count() == 4
    monkeypatch.setattr(looks, "WINDOW", looks.timedelta())
    looks.alert("own_name_search", user.pk)
    assert AccessAlert.objects.count() == 5


@pytest.mark.django_db
def test_an_unknown_alert_is_refused() -> None:
    with pytest.raises(ValueError, match="boredom"):
        looks.alert("boredom", uuid.uuid4())


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change", ["DELETE FROM returns_portal_accessalert", "UPDATE returns_portal_accessalert SET {}"]
)
@pytest.mark.parametrize("column", ["kind = 'export'", "user_id = gen_random_uuid()", "at = now()"])
def test_an_alert_stays_as_it_was(change: str, column: str) -> None:
    looks.alert("own_name_search", uuid.uuid4())
    with connection.cursor() as cursor, pytest.raises(DatabaseError):
        cursor.execute(change.format(column))


@pytest.mark.django_db
def test_a_sign_in_page_leaves_no_line(client: Client) -> None:
    client.get("/account/login/")
    assert not Look.objects.exists()
