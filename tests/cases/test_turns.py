"""Whose time it was: the turns of a case, and its days by party."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from cases import actions
from cases.models import Case, Turn
from cases.turns import split
from reintegration.demo import travel
from returns_portal import clock
from returns_portal.actor import acting_as
from tests.balls import DAY, HOUR, ask, fresh, pause
from tests.clockwork import MONDAY


def turns(case):
    """The turns in their order: state, whose, who kept them waiting."""
    found = Turn.objects.filter(case=case).order_by("began_at", "ended_at").select_related("organisation")
    return [(turn.state, turn.organisation.short_name, turn.waits_for) for turn in found]


def story_of_twelve_days(cast: SimpleNamespace, case: Case) -> None:
    """Hanna prepares for four days, the passport lies at the consulate for seven, and a day is paused."""
    start = clock.now()
    with clock.moved_to(start + 4 * DAY):
        travel.write(cast, fresh(case), document_state="applied", consulate="The embassy")
    with clock.moved_to(start + 6 * DAY):
        travel.write(cast, fresh(case), document_state="interview")
    with clock.moved_to(start + 11 * DAY):
        travel.write(cast, fresh(case), document_state="issued")
        pause(case, cast.hanna)


def test_twelve_days_of_which_seven_were_the_consulates(cast, as_, make_case):
    with clock.moved_to(MONDAY):
        case = make_case(reached="travel")
        story_of_twelve_days(cast, case)
    with clock.moved_to(MONDAY + 12 * DAY + HOUR):
        for name in ("sara", "lars", "hanna", "ilir"):
            page = as_(getattr(cast, name)).get(case.get_absolute_url()).content.decode()
            assert "12 days: 7 with the consulate, 4 with IOM Helsinki, 1 paused" in page


def test_others_read_that_helsinki_waits_for_the_consulate(cast, as_, make_case):
    case = make_case(reached="travel")
    travel.write(cast, fresh(case), document_state="applied")
    name = cast.hanna.organisation.name
    assert f"Waiting for {name} (the consulate) until" in as_(cast.sara).get(case.get_absolute_url()).content.decode()
    assert "(the consulate)" in as_(cast.sara).get("/").content.decode()


def test_an_informed_office_learns_of_no_organisation_that_had_the_ball(cast, as_, make_case):
    case = make_case(reached="application")
    ask(case, cast.hanna, cast.sara)
    with clock.moved_to(clock.now() + 3 * DAY):
        ilir = as_(cast.ilir)
        for page in (case.get_absolute_url(), "/", "/cases/"):
            said = ilir.get(page).content.decode()
            assert case.code_shown in said
            assert cast.sara.organisation.name not in said
            assert cast.sara.organisation.short_name not in said
        assert 'data-testid="time"' not in ilir.get(case.get_absolute_url()).content.decode()
        assert 'data-testid="time"' in as_(cast.sara).get(case.get_absolute_url()).content.decode()


def test_a_turn_ends_where_the_next_begins_and_the_last_with_the_case(cast, make_case):
    case = make_case(reached="referred")
    ask(case, cast.lars, cast.sara)
    with acting_as(cast.sara):
        actions.withdraw(fresh(case), by=cast.sara)
    sara, lars = cast.sara.organisation.short_name, cast.lars.organisation.short_name
    assert turns(case) == [("draft", sara, ""), ("referred", lars, ""), ("referred", sara, "")]
    times = list(Turn.objects.filter(case=case).order_by("began_at").values_list("began_at", "ended_at"))
    assert all(ended == began for (_b, ended), (began, _e) in zip(times, times[1:], strict=False))
    assert times[-1][1] is not None


def test_an_act_that_leaves_the_ball_where_it_is_writes_no_turn(cast, make_case):
    case = make_case(reached="application")
    before = list(Turn.objects.values_list("pk", "ended_at"))
    with acting_as(cast.henrik):
        actions.reassign(fresh(case), by=cast.henrik, to=cast.henrik)
    with acting_as(cast.hanna):
        actions.ask_kinds(fresh(case), by=cast.hanna, kinds=["training"])
    assert list(Turn.objects.values_list("pk", "ended_at")) == before


def test_whole_days_sum_to_the_whole_over_the_night_on_which_the_clocks_change(make_case):
    def turn(who, began, ended):
        return {"organisation__short_name": who, "waits_for": "", "began_at": began, "ended_at": ended}

    start = datetime(2026, 10, 20, 9, tzinfo=clock.STOCKHOLM)
    third = timedelta(days=10) / 3
    ends = [(start + n * third) for n in range(4)]
    found = split([turn(who, *when) for who, when in zip("abc", zip(ends, ends[1:], strict=False), strict=True)])
    assert (found.days, sum(part.days for part in found.parts)) == (10, 10)
    assert sorted(part.days for part in found.parts) == [3, 3, 4]
    assert split([turn("a", start, start + 10 * DAY)]).days == 10
    # A day and a half each, by the calendar; the second one's night has an hour more.
    evening, end = datetime(2026, 10, 24, 21, tzinfo=clock.STOCKHOLM), datetime(2026, 10, 26, 9, tzinfo=clock.STOCKHOLM)
    began, change, ended = (
        at.astimezone(UTC) for at in (datetime(2026, 10, 23, 9, tzinfo=clock.STOCKHOLM), evening, end)
    )
    found = split([turn("a", began, change), turn("b", change, ended)])
    assert [(part.party, part.days) for part in found.parts] == [("a", 2), ("b", 1)]
