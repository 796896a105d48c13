"""Many things handed over at once, each for itself: what somebody answers for, who may get it, what came of it."""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from cases import permissions as may
from cases.actions.move import StepRefused, locked
from cases.actions.reassign import needs_a_name, pass_hold, reassign, release
from cases.actions.special_access import BROKEN, is_special, name_person
from cases.models import BreakGlass, Case, CaseUserObjectPermission, Hold
from cases.models.case import RESPONSIBLE
from partners.models import User
from returns_portal.actor import acting_as_system

logger = logging.getLogger(__name__)

# So many rows may be handed over in one go.
AT_MOST = 200


class Duty(NamedTuple):
    """One thing that names a person: its kind, its row, and the case it belongs to."""

    kind: str
    row: UUID
    case_id: UUID


class Wish(NamedTuple):
    """Give this duty of `was` (nobody) to somebody else, or to the queue."""

    duty: Duty
    was: UUID | None
    to: User | None


class Outcome(NamedTuple):
    """What came of one wish, in words."""

    duty: Duty
    code: str
    is_done: bool
    words: str

    @property
    def label(self) -> Any:
        """What it was, for pages that hand over more than cases."""
        return kinds[self.duty.kind].label


class Over(Exception):
    """What was to be handed over is there no longer."""


@dataclass(frozen=True)
class Kind:
    """A kind of duty: how it is found, who has it now, how it is given, and to whom it is offered."""

    label: Any
    rows_of: Callable[[User], Iterable[tuple[UUID, UUID]]]
    # In the asker's organisation, with the case's row locked; may raise `Over`.
    holders: Callable[[Case, UUID, User], set[UUID | None]]
    give: Callable[[Case, Wish, User], Any]
    offered: Callable[["Offers", Case], Sequence[User]]
    # Given to nobody unless somebody is chosen: it would widen the circle of a case.
    by_choice: bool = False


kinds: dict[str, Kind] = {}


def register(name: str, kind: Kind) -> None:
    """Add a kind of duty; later chapters have theirs."""
    kinds[name] = kind


def duties_of(user: User) -> list[Duty]:
    """Everything open that names this person, in cases that the asker may not see, too: nothing but ids."""
    with acting_as_system("special_access"):
        return [
            Duty(name, row, case_id)
            for name, kind in kinds.items()
            for row, case_id in dict(kind.rows_of(user)).items()
        ]


class Offers:
    """Who of one's organisation may get what of these cases, as `whom_to_name` says it, without a question a case."""

    def __init__(self, cases: Collection[Case], by: User, *, but: User | None = None) -> None:
        self.by = by
        people = User.objects.filter(organisation=by.organisation_id, is_active=True).order_by("name")
        self.colleagues = [user for user in people if user != but]
        self._lasting: dict[UUID, set[UUID]] = defaultdict(set)
        self._inside: dict[UUID, set[UUID]] = defaultdict(set)
        self._opens: dict[UUID, set[UUID]] = defaultdict(set)
        self._broken: set[UUID] = set()
        if special := [case.pk for case in cases if is_special(case)]:
            self._read(special)

    def _read(self, special: list[UUID]) -> None:
        grants = CaseUserObjectPermission.objects.live().filter(content_object__in=special)
        found = grants.values_list("content_object_id", "user_id", "permission__codename", "valid_until")
        for case_id, user_id, codename, until in found:
            if codename != may.OPEN_IDENTITY:
                self._inside[case_id].add(user_id)
            if until is None:
                (self._opens if codename == may.OPEN_IDENTITY else self._lasting)[case_id].add(user_id)
        glass = BreakGlass.objects.open().filter(case__in=special, created_by=self.by)
        self._broken = set(glass.values_list("case_id", flat=True))

    def responsible(self, case: Case) -> list[User]:
        """Whom the asker may name responsible; the act asks `whom_to_name` once more."""
        if not is_special(case):
            return self.colleagues
        by, answering = self.by.pk, case.answering_ids
        lasting, opens = self._lasting[case.pk], self._opens[case.pk]
        if self.by.is_manager and case.access_for(self.by).relation is not None and case.pk not in self._broken:
            is_in = not case.is_restricted or by in answering or by in lasting
            is_named = not case.is_protected or by in answering or by in opens
            return self.colleagues if is_in and is_named else [one for one in self.colleagues if one.pk != by]
        present = getattr(case, f"{RESPONSIBLE[self.by.organisation_kind]}_id")
        return [
            one
            for one in self.colleagues
            if (not case.is_restricted or one.pk in lasting)
            and (not case.is_protected or one.pk == present or one.pk in opens)
        ]

    def inside(self, case: Case) -> list[User]:
        """Colleagues who reach the case now."""
        if not case.is_restricted:
            return self.colleagues
        return [one for one in self.colleagues if one.pk in self._inside[case.pk]]

    def outside(self, case: Case) -> list[User]:
        """Colleagues whom the asker may let in by name in a leaver's place."""
        if case.pk in self._broken or case.access_for(self.by).relation is None:
            return []
        let_in = self._inside[case.pk] if case.is_restricted else self._opens[case.pk]
        return [one for one in self.colleagues if one.pk not in let_in and one != self.by]


def loads_of(by: User) -> dict[UUID, int]:
    """How many open cases each colleague answers for, as far as the asker sees them."""
    name = RESPONSIBLE[by.organisation_kind]
    rows = Case.objects.visible_to(by).open().filter(**{f"{name}__organisation": by.organisation_id})
    return dict(rows.values_list(f"{name}_id").annotate(Count("pk")).order_by())


def hand_over(wishes: Sequence[Wish], *, by: User) -> list[Outcome]:
    """Do what is wished, each for itself: what one row breaks, the others still do. What is done already stays done.

    In the order of the cases, so that two who hand over at once wait for each other and never block one another; and
    a case before what hangs on it, for whoever answers for it is in its circle.
    """
    order = list(kinds)
    found = {
        wish: _one(wish, by)
        for wish in sorted(set(wishes), key=lambda one: (str(one.duty.case_id), order.index(one.duty.kind)))
    }
    return [found[wish] for wish in wishes]


def _one(wish: Wish, by: User) -> Outcome:
    duty, kind = wish.duty, kinds[wish.duty.kind]
    case: Case | None = None
    try:
        with transaction.atomic():
            case = locked(Case(pk=duty.case_id))
            if case.access_for(by).relation is None:
                case = None
                raise PermissionDenied
            now = kind.holders(case, duty.row, by)
            if (wish.to.pk if wish.to else None) not in now:
                if wish.was not in now:
                    return Outcome(duty, case.code_shown, False, _moved_on(now, by))
                kind.give(case, wish, by)
        return Outcome(duty, case.code_shown, True, _now_with(wish.to))
    except PermissionDenied:
        words = _may_not(case, wish.to, by) if case else _("This case is not open to you any more.")
    except Over:
        words = _("Moved on meanwhile: this is over.")
    except StepRefused as refused:
        state = refused.case.get_state_display()
        words = _("Moved on meanwhile: the case stands at “%(state)s”.") % {"state": state}
    except ValidationError as error:
        words = " ".join(error.messages)
    except DatabaseError as error:
        logger.warning("Handing over a %s failed: %s", duty.kind, type(error).__name__)
        words = _("This could not be saved. Try again.")
    return Outcome(duty, case.code_shown if case else "", False, words)


def _now_with(user: User | None) -> str:
    if user is None:
        return _("Back in the organisation’s queue.")
    return _("Now %(name)s.") % {"name": user.name}


def _moved_on(now: set[UUID | None], by: User) -> str:
    # Who works with the case elsewhere is not for this page to name.
    person = User.objects.filter(pk__in=now - {None}, organisation=by.organisation_id).order_by("name").first()
    if person is None:
        return _("Moved on meanwhile: nobody of your organisation has it now.")
    return _("Moved on meanwhile: %(name)s has it now.") % {"name": person.name}


def _may_not(case: Case, to: User | None, by: User) -> str:
    if to is None:
        return _("Not possible: here somebody must be named.")
    if not is_special(case):
        return _("Not possible: you may not give this to %(name)s.") % {"name": to.name}
    names = [one.name for one in namers_of(case, by)]
    if not names:
        return _("Not possible: %(name)s must be named in the case first.") % {"name": to.name}
    return _("Not possible: %(name)s must be named in the case first, by %(who)s.") % {
        "name": to.name,
        "who": ", ".join(names),
    }


def namers_of(case: Case, by: User) -> list[User]:
    """Who of the asker's organisation, other than the asker, lets people into this case by name."""
    people = User.objects.filter(organisation=by.organisation_id, is_active=True).exclude(pk=by.pk).order_by("name")
    if not case.is_restricted:
        return list(people.filter(role=User.Role.MANAGER))
    lasting = CaseUserObjectPermission.objects.live().filter(content_object=case, valid_until__isnull=True)
    inside = people.filter(pk__in=lasting.exclude(permission__codename=may.OPEN_IDENTITY).values("user"))
    return [one for one in inside if one.is_manager] or list(inside)


# The kinds that belong to every case


def _cases_of(user: User) -> Iterable[tuple[UUID, UUID]]:
    field = RESPONSIBLE.get(user.organisation_kind, "")
    return Case.objects.open().filter(**{field: user}).values_list("pk", "pk") if field else []


def _responsible_in(case: Case, _row: UUID, by: User) -> set[UUID | None]:
    if case.is_ended:
        raise Over
    return {getattr(case, f"{RESPONSIBLE[by.organisation_kind]}_id")}


def _give_case(case: Case, wish: Wish, by: User) -> None:
    if wish.to is None:
        release(case, by=by)
    else:
        reassign(case, by=by, to=wish.to)


def _holds_of(user: User) -> Iterable[tuple[UUID, UUID]]:
    holds = Hold.objects.filter(owner=user, ended_at__isnull=True, case__in=Case.objects.open())
    return holds.values_list("pk", "case_id")


def _owner_of(case: Case, row: UUID, by: User) -> set[UUID | None]:
    hold = Hold.objects.select_related("owner").filter(pk=row, case=case, ended_at__isnull=True).first()
    if hold is None or case.is_ended:
        raise Over
    return {hold.owner_id} if hold.owner.organisation_id == by.organisation_id else set()


def _give_hold(case: Case, wish: Wish, by: User) -> None:
    if wish.to is None:
        raise PermissionDenied
    pass_hold(case, by=by, hold=wish.duty.row, to=wish.to)


def _names_of(user: User) -> Iterable[tuple[UUID, UUID]]:
    """Cases in which this person is named without answering for them: whoever gets the case gets that with it."""
    field = RESPONSIBLE.get(user.organisation_kind, "")
    if not field:
        return []
    mine = CaseUserObjectPermission.objects.live().filter(user=user, content_object__in=Case.objects.open())
    mine = mine.exclude(reason=BROKEN)  # an emergency opening ends by itself
    return mine.exclude(**{f"content_object__{field}": user}).values_list("content_object_id", "content_object_id")


def _named_in(case: Case, _row: UUID, by: User) -> set[UUID | None]:
    if case.is_ended:
        raise Over
    return set(_names_in(case, by).values_list("user_id", flat=True))


def _names_in(case: Case, by: User) -> QuerySet[CaseUserObjectPermission]:
    """What counts as being named here, in the asker's organisation: in the circle, else to open the identity.

    An emergency opening names nobody: it ends by itself.
    """
    grants: QuerySet[CaseUserObjectPermission] = CaseUserObjectPermission.objects.live().filter(
        content_object=case, user__organisation=by.organisation_id
    )
    grants = grants.exclude(reason=BROKEN)
    return grants.exclude(permission__codename=may.OPEN_IDENTITY) if case.is_restricted else grants


def _let_in(case: Case, wish: Wish, by: User) -> None:
    """What the leaver had been given, for as long as it was given, and no more."""
    if wish.to is None:
        raise PermissionDenied
    ends = list(_names_in(case, by).filter(user=wish.was).values_list("valid_until", flat=True))
    if not ends:
        raise Over
    lasting = [end for end in ends if end is not None]
    until = max(lasting) if len(lasting) == len(ends) else None
    theirs = CaseUserObjectPermission.objects.live().filter(content_object=case, user=wish.was).exclude(reason=BROKEN)
    lasts = Q(valid_until__isnull=True)
    if until is not None:
        lasts |= Q(valid_until__gte=until)
    opens = theirs.filter(lasts, permission__codename=may.OPEN_IDENTITY)
    name_person(case, by=by, user=wish.to, reason="stands_in", until=until, opens_identity=opens.exists())


def may_go_to_the_queue(duty: Duty, case: Case) -> bool:
    """Whether this may be left to the organisation as a whole."""
    return duty.kind == "case" and not needs_a_name(case)


register(
    "case",
    Kind(pgettext_lazy("of a person", "Responsible"), _cases_of, _responsible_in, _give_case, Offers.responsible),
)
register("hold", Kind(gettext_lazy("Watches over the pause"), _holds_of, _owner_of, _give_hold, Offers.inside))
register(
    "name",
    Kind(gettext_lazy("Named in the case"), _names_of, _named_in, _let_in, Offers.outside, by_choice=True),
)
