"""Which cases the demo programme holds, and the past of each: every step taken on its day by the right person."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from types import SimpleNamespace
from typing import TypeVar

from cases import actions
from cases.models import Case
from partners.models import User
from reintegration.actions.closing import end_early
from reintegration.demo import aftercare, assessment, referral, travel
from returns_portal import clock
from returns_portal.actor import acting_as

Cast = SimpleNamespace


@dataclass(frozen=True)
class Story:
    """One case: who refers whom to where, which office receives, how far it has come, and since when."""

    alias: str
    referrer: str
    language: str
    destination: str
    office: str
    reached: str
    days_ago: int
    is_urgent: bool = False
    then: str = ""


# At least one case in every state, and a draft that a newcomer can carry from beginning to end.
STORIES = (
    Story("A.B.", "sara", "sq", "AL", "ilir", "draft", 1),
    Story("D.I.", "nadia", "ro", "RO", "ioana", "draft", 24),
    Story("L.K.", "sara", "sq", "AL", "ilir", "referred", 6),
    Story("R.S.", "petra", "ro", "RO", "ioana", "referred", 1, is_urgent=True),
    Story("E.M.", "mikael", "sq", "AL", "ilir", "more_info", 5),
    Story("V.T.", "nadia", "ro", "RO", "ioana", "approved", 8),
    Story("N.H.", "sara", "sq", "AL", "ilir", "application", 18),
    Story("O.P.", "sara", "sq", "AL", "ilir", "application", 26, then="hold"),
    Story("M.R.", "sara", "sq", "AL", "ilir", "assessment", 30),
    Story("C.D.", "petra", "ro", "RO", "ioana", "travel", 45),
    Story("F.G.", "maja", "sq", "AL", "ilir", "ready", 50),
    Story("S.L.", "mikael", "ro", "RO", "ioana", "in_transit", 60),
    Story("I.V.", "sara", "sq", "AL", "ilir", "follow_up", 90),
    Story("T.N.", "nadia", "ro", "RO", "ioana", "follow_up", 120),
    Story("G.A.", "sara", "sq", "AL", "ilir", "closed", 200),
    Story("J.O.", "sara", "sq", "AL", "ilir", "declined", 20),
    Story("K.E.", "nadia", "ro", "RO", "ioana", "withdrawn", 35),
    Story("P.U.", "petra", "ro", "RO", "ioana", "ended_early", 75),
)

# Days after the first one on which each step was taken.
PACE = {
    "referred": 1,
    "approved": 3,
    "application": 4,
    "assessment": 12,
    "travel": 24,
    "prepared": 26,
    "departs": 40,
}


def load(cast: Cast) -> list[Case]:
    """Make every case of the programme; returns them in the order of `STORIES`."""
    return [tell(cast, story) for story in STORIES]


def tell(cast: Cast, story: Story) -> Case:
    """Walk one case through its past, each step on its day, up to where it stands now."""
    people = _people(cast, story)
    start = datetime.combine(clock.today() - timedelta(days=story.days_ago), time(9), tzinfo=clock.STOCKHOLM)
    case = _on(start, 0, lambda: referral.draft(people, **_facts(story)))
    return _END[story.reached](people, case, story, start)


def _facts(story: Story) -> dict[str, str]:
    return {"alias": story.alias, "language": story.language, "destination": story.destination}


def _people(cast: Cast, story: Story) -> Cast:
    named = {"sara": getattr(cast, story.referrer), "ilir": getattr(cast, story.office)}
    return SimpleNamespace(**{**vars(cast), **named})


T = TypeVar("T")


def _on(start: datetime, day: int, act: Callable[[], T]) -> T:
    moment = min(start + timedelta(days=day, hours=day % 6), clock.now())
    with clock.moved_to(moment):
        return act()


def _referred(people: Cast, case: Case, story: Story, start: datetime) -> Case:
    if story.is_urgent:
        referral.make_urgent(people, case)
    return _on(start, PACE["referred"] if story.days_ago > 1 else 0, lambda: referral.refer(people, case))


def _more_info(people: Cast, case: Case, story: Story, start: datetime) -> Case:
    case = _referred(people, case, story, start)
    return _on(start, 3, lambda: referral.ask(people, case))


def _declined(people: Cast, case: Case, story: Story, start: datetime) -> Case:
    case = _referred(people, case, story, start)
    return _on(start, 4, lambda: referral.decline(people, case))


def _approved(people: Cast, case: Case, story: Story, start: datetime) -> Case:
    case = _referred(people, case, story, start)
    return _on(start, PACE["approved"], lambda: referral.approve(people, case))


def _application(people: Cast, case: Case, story: Story, start: datetime) -> Case:
    case = _approved(people, case, story, start)
    case = _on(start, PACE["application"], lambda: referral.take_on(people, case))
    if story.then == "hold":
        case = _on(start, story.days_ago - 3, lambda: _pause(people, case))
    return case


def _pause(people: Cast, case: Case) -> Case:
    with acting_as(people.hanna):
        until = clock.today() + timedelta(days=21)
        return actions.hold_case(case, by=people.hanna, reason="investigation", owner=people.hanna, until=until)


def _withdrawn(people: Cast, case: Case, story: Story, start: datetime) -> Case:
    case = _application(people, case, story, start)
    return _on(start, 20, lambda: referral.withdraw(people, case))


def _assessment(people: Cast, case: Case, story: Story, start: datetime) -> Case:
    case = _application(people, case, story, start)
    case = _on(start, PACE["assessment"], lambda: referral.receive(people, case))
    if story.reached == "assessment":
        _on(start, PACE["assessment"] + 4, lambda: assessment.begin(people, case))
    return Case.objects.get(pk=case.pk)


def _travel(people: Cast, case: Case, story: Story, start: datetime) -> Case:
    case = _assessment(people, case, story, start)
    return _on(start, PACE["travel"], lambda: assessment.clear(people, case))


def _book(people: Cast, case: Case, start: datetime, day: int, departs_at: datetime) -> None:
    _on(start, day, lambda: travel.prepare_journey(people, case, departs_at=departs_at))
    with clock.moved_to(min(departs_at - timedelta(days=2), clock.now())):
        assessment.review_risks(people, case)


def _ready(people: Cast, case: Case, story: Story, start: datetime) -> Case:
    """Booked, and leaving in some days: the newcomer confirms the departure after moving the demo's clock."""
    case = _travel(people, case, story, start)
    departs_at = clock.now().replace(minute=15, second=0, microsecond=0) + timedelta(days=9)
    _book(people, case, start, story.days_ago, departs_at)
    return Case.objects.get(pk=case.pk)


def _in_transit(people: Cast, case: Case, story: Story, start: datetime) -> Case:
    """In the air now: left an hour ago."""
    case = _travel(people, case, story, start)
    departs_at = clock.now().replace(second=0, microsecond=0) - timedelta(hours=1, minutes=5)
    _book(people, case, start, story.days_ago - 12, departs_at)
    return travel.depart(people, case)


def _follow_up(people: Cast, case: Case, story: Story, start: datetime) -> Case:
    case = _travel(people, case, story, start)
    departs_at = start + timedelta(days=PACE["departs"], hours=1)
    _book(people, case, start, PACE["prepared"], departs_at)
    travel.depart(people, case)
    case = travel.arrive(people, case)
    yesterday = clock.today() - timedelta(days=1)
    with clock.moved_to(_home(case)):
        aftercare.follow_up_until(people, case, yesterday)
    return Case.objects.get(pk=case.pk)


def _home(case: Case) -> datetime:
    """The evening of the arrival: from here the follow-up goes on day by day."""
    assert case.arrived_on is not None
    return datetime.combine(case.arrived_on, time(18), tzinfo=clock.STOCKHOLM)


def _closed(people: Cast, case: Case, story: Story, start: datetime) -> Case:
    case = _follow_up(people, case, story, start)
    with clock.moved_to(_home(case)):
        return aftercare.close(people, case)


def _ended_early(people: Cast, case: Case, story: Story, start: datetime) -> Case:
    case = _travel(people, case, story, start)

    def end() -> Case:
        with acting_as(people.hanna):
            return end_early(case, by=people.hanna, reason="left_another_way", text="Travelled with relatives.")

    return _on(start, 30, end)


_END: dict[str, Callable[[Cast, Case, Story, datetime], Case]] = {
    "draft": lambda _people, case, _story, _start: case,
    "referred": _referred,
    "more_info": _more_info,
    "declined": _declined,
    "withdrawn": _withdrawn,
    "approved": _approved,
    "application": _application,
    "assessment": _assessment,
    "travel": _travel,
    "ready": _ready,
    "in_transit": _in_transit,
    "follow_up": _follow_up,
    "closed": _closed,
    "ended_early": _ended_early,
}


def cast() -> Cast:
    """The people of the demo, by the first part of their address."""
    return SimpleNamespace(
        **{user.email.partition("@")[0]: user for user in User.objects.select_related("organisation")}
    )
