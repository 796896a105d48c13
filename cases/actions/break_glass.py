"""Break-glass: a manager opens one case for an hour, two people hear of it at once, and somebody else judges it."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse

from cases import emails
from cases import permissions as may
from cases.actions.move import StepRefused, locked
from cases.actions.share import give_by_name, rights_of
from cases.actions.special_access import BROKEN
from cases.clocks import add_working_days, end_of
from cases.models import BreakGlass, Case, CaseEvent, CaseGroupObjectPermission, CaseUserObjectPermission
from cases.models.break_glass import BreakGlassQuerySet
from cases.states import State
from partners.models import Organisation, User
from returns_portal import clock, looks
from returns_portal.actor import acting_as_system

REVIEWED_WITHIN = 2  # working days


def case_behind_glass(code: str, user: User) -> Case | None:
    """The case of this code, if the manager's organisation takes part in it: one question, whatever the code."""
    grants = CaseGroupObjectPermission.objects.taking_part()
    part = grants.filter(content_object=OuterRef("pk"), group_id__in=user.group_ids())
    with acting_as_system("special_access"):
        found = Case.objects.filter(Exists(part), code=code, destroyed_at__isnull=True).first()
        return found if found is not None and user.is_manager else None


def is_closed_to(case: Case, user: User) -> bool:
    """Whether something of the case is closed to this person that their organisation may see."""
    access = case.access_for(user)
    return access.relation is None or access.keeps_names


def waits_for_review(case: Case, user: User) -> bool:
    """Whether nobody has judged this person's earlier use on this case: a new one would be its extension, unasked."""
    with acting_as_system("special_access"):
        return BreakGlass.objects.filter(case=case, created_by=user, reviewed_at=None).exists()


def break_glass(case: Case, *, by: User, reason: str) -> BreakGlass:
    """Open this one case to this manager for an hour; everybody in the case sees it, two people hear of it at once."""
    with acting_as_system("special_access"):
        _breakable(case, by)
    # Outside of what is taken back: where it is one case too many, the line that says so stays.
    looks.record(by, case.pk, "", "break_glass", "cases:break-glass")
    return _break(case, by, reason)


def _breakable(case: Case, by: User) -> tuple[Case, Organisation, set[str]]:
    """The case, locked, with the organisation and its rights, if this manager may break its glass now."""
    organisation = by.organisation
    if organisation is None or not by.is_manager:
        raise PermissionDenied
    case = locked(case)
    rights = rights_of(case, organisation)
    if not rights:
        raise PermissionDenied
    if case.destroyed_at is not None or not is_closed_to(case, by) or waits_for_review(case, by):
        raise StepRefused(case, "break_glass")
    return case, organisation, rights


@transaction.atomic
def _break(case: Case, by: User, reason: str) -> BreakGlass:
    with acting_as_system("special_access"):
        case, organisation, rights = _breakable(case, by)
        glass = BreakGlass.begin(case, by=by, organisation=organisation, overseer=_overseer(case, organisation))
        glass.until, glass.review_due = glass.lasts_until(), _review_due()
        glass.reason = reason
        glass.save()
        _open(case, by, rights, glass)
        _write_down(glass, "break_glass", by, note=reason)
        _tell(glass, _whom_to_tell(glass), "break_glass")
    case.forget_access()
    return glass


def _open(case: Case, by: User, rights: set[str], glass: BreakGlass) -> None:
    """What is closed and nothing else: a right that stands for longer keeps its own end."""
    given = rights if case.access_for(by).relation is None else set()
    if case.is_protected:
        given = given | {may.OPEN_IDENTITY}
    give_by_name(case, by, *given, by=by, reason=BROKEN, until=glass.until)


def _overseer(case: Case, organisation: Organisation) -> Organisation | None:
    """Länsstyrelsen, and where it breaks the glass itself the referrer."""
    overseer = case.approving or Organisation.objects.approving().order_by("created_at", "pk").first()
    return case.referring if overseer is None or overseer == organisation else overseer


def _review_due() -> datetime:
    return end_of(add_working_days(clock.today(), REVIEWED_WITHIN))


def _whom_to_tell(glass: BreakGlass) -> list[User]:
    """Another manager and who answers for the case there; where either is missing the overseer; always two people."""
    case = glass.case
    answering = [p for p in (case.caseworker, case.decider, case.coordinator, case.local_responsible) if p is not None]
    managers = emails.managers_of(glass.organisation)
    own = [person for person in answering if person.organisation_id == glass.organisation_id]
    told = _others(glass, managers) + _others(glass, own)
    if not _others(glass, managers) or not _others(glass, own):
        told += _others(glass, emails.managers_of(glass.overseer))
    for more in (answering, emails.people_in(glass.overseer), emails.people_in(glass.organisation)):
        told += _others(glass, more) if len(set(told)) < 2 else []
    return list(dict.fromkeys(told))


def _others(glass: BreakGlass, people: list[User]) -> list[User]:
    return [user for user in people if user.is_active and user.pk != glass.created_by_id]


def _tell(glass: BreakGlass, people: list[User], what: str, occasion: str = "") -> None:
    """A safety notice, outside the circle too: managers to the list, others to the case."""
    review, key = reverse("cases:glass-review"), f"{what}:{glass.pk}:{occasion}"
    managers = [user for user in people if user.is_manager]
    others = [user for user in people if not user.is_manager]
    rows = emails.notices(glass.case, managers, what, page=review, occasion=key, is_safety=True)
    rows += emails.notices(glass.case, others, what, page="", occasion=key, is_safety=True)
    emails.tell(rows)


def _write_down(glass: BreakGlass, verb: str, by: User, note: str = "") -> None:
    """A line in the timeline, which a draft does not have."""
    case = glass.case
    if case.state != State.DRAFT:
        CaseEvent.objects.record(case, verb, by=by, was=case.state, note=note)


def _tell_everybody_in(glass: BreakGlass, verb: str, by: User) -> None:
    """A line in the timeline and one in the trail."""
    _write_down(glass, verb, by)
    looks.record(by, glass.case_id, "", "break_glass", f"cases:{verb.replace('_', '-')}")


def may_judge(glass: BreakGlass, user: User) -> bool:
    """Another manager of the organisation, or one of the overseer, whose account was there before the use."""
    places = {glass.organisation_id, glass.overseer_id}
    is_another = glass.created_by_id != user.pk and user.joined_at < glass.created_at
    return user.is_manager and user.organisation_id in places and is_another


def uses_seen_by(user: User) -> BreakGlassQuerySet:
    """The uses in which this manager has a part, with what a page shows of them. To be read as `special_access`."""
    return BreakGlass.objects.judged_by(user).select_related(
        "case__key", "created_by__organisation", "organisation", "reviewed_by", "extended_by"
    )


def uses_for(user: User) -> list[BreakGlass]:
    """The uses that this manager judges, and their own; what waits stands first. To be read as `special_access`."""
    if not user.is_manager:
        raise PermissionDenied
    rows = list(uses_seen_by(user).order_by("-created_at"))
    return sorted(rows, key=lambda glass: (glass.reviewed_at is not None, -glass.created_at.timestamp()))


@transaction.atomic
def ask_for_more_time(glass: BreakGlass, *, by: User) -> None:
    """Ask another manager for another hour while the case is open."""
    if glass.created_by_id != by.pk:
        raise PermissionDenied
    with acting_as_system("special_access"):
        glass = _held(glass)
        if glass.case.destroyed_at is not None or not glass.is_open or glass.waits_for_more_time:
            raise StepRefused(glass.case, "ask_for_more_time")
        glass.more_asked_at = clock.now()
        glass.save(update_fields=["more_asked_at"])
        managers = emails.managers_of(glass.organisation) + emails.managers_of(glass.overseer)
        _tell(glass, [user for user in managers if user != by], "break_glass_more", str(glass.more_asked_at))


@transaction.atomic
def extend_break_glass(glass: BreakGlass, *, by: User) -> None:
    """A second person gives another hour, while the case is open and more time was asked for."""
    if not may_judge(glass, by):
        raise PermissionDenied
    with acting_as_system("special_access"):
        glass = _held(glass)
        if glass.case.destroyed_at is not None or not glass.waits_for_more_time:
            raise StepRefused(glass.case, "extend_break_glass")
        glass.extended_at, glass.extended_by, glass.until = clock.now(), by, glass.lasts_until()
        glass.save(update_fields=["extended_at", "extended_by", "until"])
        grants = CaseUserObjectPermission.objects.live().filter(content_object=glass.case, user=glass.created_by)
        grants.filter(reason=BROKEN).update(valid_until=glass.until)
        _tell_everybody_in(glass, "extend_break_glass", by)
        _tell(glass, _whom_to_tell(glass), "break_glass_extended", str(glass.extended_at))


@transaction.atomic
def judge_break_glass(glass: BreakGlass, *, by: User, judgement: str, words: str = "") -> None:
    """Somebody other than who broke it says whether it was right; what was wrong ends at once."""
    if not may_judge(glass, by):
        raise PermissionDenied
    with acting_as_system("special_access"):
        glass = _held(glass)
        if glass.reviewed_at is not None:
            raise StepRefused(glass.case, "judge_break_glass")
        glass.judgement, glass.reviewed_at, glass.reviewed_by = judgement, clock.now(), by
        glass.words = words if glass.case.destroyed_at is None else ""  # the key that would seal them is gone
        if judgement == BreakGlass.Judgement.WRONG and glass.is_open:
            _end_now(glass)
        glass.save(update_fields=["judgement", "words", "reviewed_at", "reviewed_by", "until"])
        _tell_everybody_in(glass, "judge_break_glass", by)


def _end_now(glass: BreakGlass) -> None:
    glass.until = clock.now()
    grants = CaseUserObjectPermission.objects.live().filter(content_object=glass.case, user=glass.created_by)
    grants.filter(reason=BROKEN).update(valid_until=glass.until)


def escalate_unjudged() -> int:
    """Tell every manager who may judge, once, of each use that nobody has judged in time. Called by the worker."""
    late = BreakGlass.objects.filter(reviewed_at=None, escalated_at=None, review_due__lt=clock.now())
    found = list(late.select_for_update(of=("self",), skip_locked=True).select_related("case", "organisation"))
    for glass in found:
        managers = emails.managers_of(glass.organisation) + emails.managers_of(glass.overseer)
        _tell(glass, [user for user in managers if may_judge(glass, user)], "break_glass_unjudged")
    BreakGlass.objects.filter(pk__in=[glass.pk for glass in found]).update(escalated_at=clock.now())
    return len(found)


def _held(glass: BreakGlass) -> BreakGlass:
    """The use as it is now, its row and its case locked: the case first, as everywhere."""
    case = locked(glass.case)
    held = (
        BreakGlass.objects.select_for_update(of=("self",)).select_related("organisation", "created_by").get(pk=glass.pk)
    )
    held.case = case
    return held
