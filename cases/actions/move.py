"""The one road from state to state, and the one line of history for every other act."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django_fsm import can_proceed

from cases import ball, reminders
from cases.clocks.retention import kept_until
from cases.guards import Blocker, blockers
from cases.models import Case, CaseEvent
from cases.permissions import Section
from cases.words import event_words
from partners.models import Organisation, User
from returns_portal import clock
from returns_portal.actor import Refused
from returns_portal.ui import moment_in_words


class StepRefused(Refused):
    """A step cannot happen: the case has moved on, or something is missing. Nothing was written."""

    def __init__(self, case: Case, verb: str, blocked_by: list[Blocker] | None = None) -> None:
        super().__init__(verb)
        self.case, self.verb, self.blockers = case, verb, blocked_by or []

    @property
    def moved_on(self) -> str:
        """Who was first and with what; '' where something is missing instead."""
        if self.blockers:
            return ""
        return moved_on(self.case)


def moved_on(case: Case) -> str:
    """The sentence for whoever comes second: what the latest step was, by whom and when.

    Only steps count: what else happens in a case may belong to a section that the reader does not see.
    """
    steps = CaseEvent.objects.filter(case=case).exclude(Q(was="") | Q(was=F("became")))
    event = steps.select_related("created_by").order_by("-created_at").first()
    if event is None:
        return _("It stands at “%(state)s”.") % {"state": case.get_state_display()}
    return _("%(who)s was first: %(what)s (%(when)s).") % {
        "what": event_words(event.verb),
        "who": event.created_by.name if event.created_by else _("the portal"),
        "when": moment_in_words(event.created_at),
    }


def may_take(case: Case, verb: str, user: User) -> bool:
    """Whether `user` may ever take this step in this case, whatever its state."""
    permission: Callable[[Case, User], bool] = next(step.permission for step in step_definitions(verb))
    return permission(case, user)


def step_definitions(verb: str) -> list[Any]:
    """django-fsm's transitions of `verb`."""
    field: Any = Case._meta.get_field("state")
    return [step for step in field.get_all_transitions(Case) if step.name == verb]


def steps_from(case: Case, user: User) -> list[Any]:
    """The transitions that go from the case's state and that this user may take, in the order of `Case`."""
    field: Any = Case._meta.get_field("state")
    return [t for t in field.get_all_transitions(Case) if t.source == case.state and t.permission(case, user)]


def is_in_time(case: Case, verb: str) -> bool:
    """Whether the case stands in a state from which `verb` goes."""
    return bool(can_proceed(getattr(case, verb)))


def locked(case: Case) -> Case:
    """The case as it is now, its row locked until the transaction ends; PermissionDenied where it is out of sight.

    `no_key`: rows that merely point at the case, such as a colleague's note, need not wait for us.
    """
    rows = Case.objects.select_for_update(of=("self",), no_key=True)
    found = rows.select_related("key", "referring", "approving", "local_office", "ball_with").filter(pk=case.pk).first()
    if found is None:
        raise PermissionDenied
    return found


@transaction.atomic
def move(
    case: Case,
    verb: str,
    *,
    by: User,
    note: str = "",
    past_fact: bool = False,
    changes: dict[str, Any] | None = None,
) -> Case:
    """Take one step in a case's life. No other code changes a case's state.

    `changes` are facts on the case that the step itself writes. `past_fact` says that what is missing was recorded
    with a reason, because the booked departure has passed. Raises PermissionDenied or StepRefused; then nothing
    has been written.
    """
    case = locked(case)
    step, was = getattr(case, verb), case.state
    if not may_take(case, verb, by):
        raise PermissionDenied
    if not can_proceed(step):
        raise StepRefused(case, verb)
    missing = blockers(case, verb, by=by)
    if missing and not (past_fact and case.has_departed):
        raise StepRefused(case, verb, missing)
    step()
    now = clock.now()
    case.state_since = case.changed_at = now
    if case.is_ended:
        case.retention_on = kept_until(case, case.state, now)
    for name, value in (changes or {}).items():
        setattr(case, name, value)
    case.save(update_fields=["state", "state_since", "changed_at", "retention_on", *(changes or {})])
    CaseEvent.objects.record(case, verb, by=by, was=was, note=note)
    ball.refresh(case)
    reminders.settle(case)
    return case


def record_event(
    case: Case,
    verb: str,
    *,
    by: User | None,
    section: str = Section.STATUS,
    note: str = "",
    only_with: Organisation | None = None,
) -> None:
    """Write a line of history for an act that is no transition, and see who holds the ball now.

    `only_with` names the one other organisation that reads the line.
    """
    if case.state != "draft":
        CaseEvent.objects.record(case, verb, by=by, was=case.state, section=section, note=note, only_with=only_with)
    ball.refresh(case)
