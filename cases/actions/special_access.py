"""The restricted circle and the protected identity: who, by name, reaches a case; and what a leaver leaves behind."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from cases import emails
from cases import permissions as may
from cases.actions.move import StepRefused, locked, record_event
from cases.actions.share import give_by_name, keepers_of, named_in, rights_of
from cases.models import BreakGlass, Case, CaseGroupObjectPermission, CaseUserObjectPermission, Notification
from cases.models.case import RESPONSIBLE
from cases.permissions import Relation, Section
from partners.models import Organisation, User
from returns_portal import clock
from returns_portal.actor import acting_as_system

if TYPE_CHECKING:
    from cases.models.access import GrantQuerySet

# The notices of break-glass go to people outside the circle on purpose.
TOLD_OUTSIDE = "break_glass"
# The reason of a grant that an emergency opening gave.
BROKEN = "break_glass"


def is_special(case: Case) -> bool:
    """Whether it matters in this case who of an organisation works with it."""
    return case.is_restricted or case.is_protected


def may_name_people(case: Case, user: User) -> bool:
    """A manager who is in the case; where no manager is, whoever is named for good.

    Who broke the glass sees the case for an hour, and decides nothing about who sees it after that.
    """
    if case.access_for(user).relation is None or BreakGlass.objects.open().filter(case=case, created_by=user).exists():
        return False
    if user.is_manager:
        return True
    organisation = _organisation_of(user)
    if not case.is_restricted:
        return user in keepers_of(organisation)
    lasting = named_in(case, organisation).filter(valid_until__isnull=True)
    return lasting.filter(user=user).exists() and not lasting.filter(user__role=User.Role.MANAGER).exists()


def opens_for_good(case: Case, user: User) -> bool:
    """Whether this person opens the protected identity without an end: they answer for the case, or were named so."""
    mine = _lasting(case).filter(user=user, permission__codename=may.OPEN_IDENTITY)
    return user.pk in case.answering_ids or mine.exists()


def may_unprotect(case: Case, user: User) -> bool:
    """Whether this person may say that a protected identity is one no longer."""
    return case.access_for(user).may_read(Section.IDENTITY) and opens_for_good(case, user)


def reaches_without_glass(case: Case, user: User, *, names: bool) -> bool:
    """Whether this person reaches the case, and with `names` its identity, by more than an emergency opening."""
    mine = _by_name(case).filter(user=user).exclude(reason=BROKEN)
    by_group = CaseGroupObjectPermission.objects.live().filter(content_object=case, group_id__in=user.group_ids())
    if not by_group.exists() and not mine.exclude(permission__codename=may.OPEN_IDENTITY).exists():
        return False
    if not names or not case.is_protected or user.pk in case.answering_ids:
        return True
    return mine.filter(permission__codename=may.OPEN_IDENTITY).exists()


def may_close_circle(case: Case, user: User) -> bool:
    """A manager of an organisation that knows the person: the referrer alone while the case is a draft."""
    knows = case.access_for(user).relation not in {None, Relation.INFORMED}
    return knows and user.is_manager and not case.is_restricted and may_name_people(case, user)


def may_open_circle(case: Case, user: User) -> bool:
    """A manager of the organisation that closed the circle, while it takes part; else one of the referrer."""
    if not case.is_restricted or case.restricted_by is None or not user.is_manager:
        return False
    keeper = case.restricted_by if rights_of(case, case.restricted_by) else case.referring
    return user.organisation_id == keeper.pk and may_name_people(case, user)


@transaction.atomic
def close_circle(case: Case, *, by: User, keep: Collection[User]) -> Case:
    """Close the case to all but named people, in every organisation.

    Of one's own organisation those in `keep`; of each other one its managers; everywhere those who answer for it.
    """
    case = locked(case)
    if case.is_restricted:
        raise StepRefused(case, "close_circle")
    if not may_close_circle(case, by):
        raise PermissionDenied
    case.is_restricted, case.restricted_by = True, by.organisation
    for organisation in _taking_part(case):
        own = organisation.pk == by.organisation_id
        chosen = {*keep, by} if own else set(keepers_of(organisation))
        rights = rights_of(case, organisation)
        for user in _people_kept(case, organisation, chosen):
            reason = "answers" if user.pk in case.answering_ids else "chosen" if own else "manager"
            give_by_name(case, user, *rights, by=by, reason=reason)
        for grant in _let_in_before(case, organisation, chosen):
            give_by_name(case, grant.user, *rights, by=grant.granted_by, reason=grant.reason, until=grant.valid_until)
    Case.objects.filter(pk=case.pk).update(is_restricted=True, restricted_by=by.organisation)
    # The named people first: whoever acts must not lose the case half-way.
    CaseGroupObjectPermission.objects.taking_part().filter(content_object=case).update(by_name_only=True)
    case.forget_access()
    record_event(case, "close_circle", by=by)
    forget_notices(case)
    emails.notify(case, [user for user in people_by_name(case) if user != by], "circle_closed")
    return case


def _taking_part(case: Case) -> QuerySet[Organisation]:
    groups = CaseGroupObjectPermission.objects.taking_part().filter(content_object=case)
    return Organisation.objects.filter(group__in=groups.values("group")).order_by("name")


def _people_kept(case: Case, organisation: Organisation, chosen: Collection[User]) -> list[User]:
    """The chosen and those who answer for the case: they stay for good."""
    kept = {user.pk for user in chosen} | case.answering_ids - {None}
    return list(User.objects.filter(organisation=organisation, is_active=True, pk__in=kept).order_by("name"))


def _let_in_before(case: Case, organisation: Organisation, chosen: Collection[User]) -> list[CaseUserObjectPermission]:
    """The others to whom the identity has been opened by name, each until their own end; a broken glass is no name."""
    kept = {user.pk for user in chosen} | case.answering_ids
    grants = named_in(case, organisation).exclude(reason=BROKEN)
    return list({grant.user_id: grant for grant in grants if grant.user_id not in kept}.values())


@transaction.atomic
def open_circle(case: Case, *, by: User) -> Case:
    """Open the case again to everybody in the organisations that take part; who opens a protected identity stays."""
    case = locked(case)
    if not case.is_restricted:
        raise StepRefused(case, "open_circle")
    if not may_open_circle(case, by):
        raise PermissionDenied
    CaseGroupObjectPermission.objects.taking_part().filter(content_object=case).update(by_name_only=False)
    by_name = _by_name(case)
    by_name.exclude(permission__codename=may.OPEN_IDENTITY).update(valid_until=clock.now(), reason="open_circle")
    Case.objects.filter(pk=case.pk).update(is_restricted=False, restricted_by=None)
    case.is_restricted, case.restricted_by = False, None
    case.forget_access()
    record_event(case, "open_circle", by=by)
    return case


@transaction.atomic
def name_person(
    case: Case, *, by: User, user: User, reason: str, until: datetime | None = None, opens_identity: bool = False
) -> None:
    """Let one colleague of one's own organisation reach the restricted case, or open its protected identity."""
    case = locked(case)
    if not may_name_people(case, by) or user == by or user.organisation_id != by.organisation_id or not user.is_active:
        raise PermissionDenied
    opens_identity = opens_identity and case.is_protected
    if not case.is_restricted and not opens_identity:
        raise StepRefused(case, "name_person")
    if until is not None and user.pk in case.answering_ids:
        raise ValidationError(_("This person answers for the case. Leave the end open."))
    rights = rights_of(case, _organisation_of(by)) if case.is_restricted else set()
    if opens_identity:
        rights.add(may.OPEN_IDENTITY)
    give_by_name(case, user, *rights, by=by, reason=reason, until=until)
    if until is not None:  # nothing that was given before outlasts the end that was set now
        given = _by_name(case).filter(user=user)
        given.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=until)).update(valid_until=until)
    record_event(case, "name_person", by=by)
    emails.notify(case, [user], "named")


@transaction.atomic
def end_person(case: Case, *, by: User, user: User) -> None:
    """End what one colleague was given by name, from their next request on; somebody always stays."""
    case = locked(case)
    if not may_name_people(case, by) or user.organisation_id != by.organisation_id:
        raise PermissionDenied
    grants = _by_name(case).filter(user=user)
    if not grants.exists():
        raise StepRefused(case, "end_person")
    if case.is_restricted and user.pk in case.answering_ids:
        raise ValidationError(_("This person answers for the case. Name somebody else responsible first."))
    if case.is_restricted and not _somebody_stays(case, user):
        raise ValidationError(_("Somebody who can name others must be left. Name another person first."))
    grants.update(valid_until=clock.now(), reason="end_person")
    BreakGlass.objects.open().filter(case=case, created_by=user).update(until=clock.now())
    case.forget_access()
    record_event(case, "end_person", by=by)
    forget_notices(case)


def _somebody_stays(case: Case, leaver: User) -> bool:
    """Whether without this person somebody is named for good; and a manager, where a manager goes."""
    lasting = named_in(case, _organisation_of(leaver)).filter(valid_until__isnull=True).exclude(user=leaver)
    staying = lasting.exclude(permission__codename=may.OPEN_IDENTITY)
    return staying.filter(user__role=User.Role.MANAGER).exists() if leaver.is_manager else staying.exists()


def whom_to_name(case: Case, by: User) -> QuerySet[User]:
    """Whom this person may name responsible: colleagues.

    Of a restricted case, or one with a protected identity, only a manager names somebody new: others find those who
    have been named already, without an end. Nobody names themself into what is closed to them, or open for a time.
    """
    colleagues = User.objects.filter(organisation=by.organisation_id, is_active=True).order_by("name")
    if not is_special(case):
        return colleagues
    grants = _lasting(case)
    inside = grants.exclude(permission__codename=may.OPEN_IDENTITY)
    if by.is_manager and may_name_people(case, by):
        is_in = not case.is_restricted or by.pk in case.answering_ids or inside.filter(user=by).exists()
        is_named = not case.is_protected or opens_for_good(case, by)
        return colleagues if is_in and is_named else colleagues.exclude(pk=by.pk)
    if case.is_restricted:
        colleagues = colleagues.filter(pk__in=inside.values("user"))
    if case.is_protected:
        present = getattr(case, f"{RESPONSIBLE[by.organisation_kind]}_id")
        opens = grants.filter(permission__codename=may.OPEN_IDENTITY)
        colleagues = colleagues.filter(Q(pk=present) | Q(pk__in=opens.values("user")))
    return colleagues


def may_answer_for(case: Case, user: User) -> bool:
    """Whether this person may make themselves responsible: with it comes a protected identity."""
    return not is_special(case) or whom_to_name(case, user).filter(pk=user.pk).exists()


def let_answer(case: Case, user: User, *, by: User) -> None:
    """Whoever answers for a restricted case is in its circle, for good."""
    if case.is_restricted and may_name_people(case, by):
        give_by_name(case, user, *rights_of(case, _organisation_of(user)), by=by, reason="answers")


def _lasting(case: Case) -> "GrantQuerySet":
    """What was given by name without an end: it alone lets somebody answer for the case, which has no end either."""
    return _by_name(case).filter(valid_until__isnull=True)


def colleagues_in(case: Case, user: User) -> QuerySet[User]:
    """The active people of this person's organisation who reach the case."""
    colleagues = User.objects.filter(organisation=user.organisation_id, is_active=True).order_by("name")
    return colleagues.filter(pk__in=_inside(case).values("user")) if case.is_restricted else colleagues


def people_by_name(case: Case) -> list[User]:
    """Everybody who reaches the case by name now."""
    return list(User.objects.filter(pk__in=_inside(case).values("user"), is_active=True).order_by("name"))


def forget_notices(case: Case) -> None:
    """What stood in an inbox of a restricted case leaves the inboxes of those who are outside; no mail follows."""
    if not case.is_restricted:
        return
    inside = [user.pk for user in people_by_name(case)]
    with acting_as_system("special_access"):
        outside = Notification.objects.filter(case=case).exclude(recipient__in=inside)
        outside.exclude(what__startswith=TOLD_OUTSIDE).delete()


@transaction.atomic
def end_grants_of(user: User) -> None:
    """Whoever leaves an organisation loses at once what they were given by name; no circle is left without a keeper."""
    with acting_as_system("special_access"):
        mine = CaseUserObjectPermission.objects.live().filter(user=user)
        known = list(mine.values_list("content_object_id", flat=True))
        cases = Case.objects.filter(pk__in=known).order_by("pk").select_for_update(of=("self",), no_key=True)
        for case in cases:
            mine.filter(content_object=case).update(valid_until=clock.now(), reason="left")
            if case.is_restricted and user.organisation is not None:
                _keep_a_keeper(case, user.organisation, user)
        BreakGlass.objects.open().filter(created_by=user).update(until=clock.now())


def _keep_a_keeper(case: Case, organisation: Organisation, leaver: User) -> None:
    lasting = named_in(case, organisation).filter(valid_until__isnull=True).exclude(user=leaver)
    if lasting.exists():
        return
    for keeper in keepers_of(organisation):
        if keeper != leaver:
            give_by_name(case, keeper, *rights_of(case, organisation), by=None, reason="manager")


def _by_name(case: Case) -> "GrantQuerySet":
    found: GrantQuerySet = CaseUserObjectPermission.objects.live()
    return found.filter(content_object=case)


def _inside(case: Case) -> "GrantQuerySet":
    """What lets somebody in: who opens the identity alone sees no case."""
    return _by_name(case).exclude(permission__codename=may.OPEN_IDENTITY)


def _organisation_of(user: User) -> Organisation:
    if user.organisation is None:
        raise PermissionDenied
    return user.organisation
