"""Grants: made and ended by the events that the process names. Nothing else gives access to a case."""

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import Permission
from django.db.models import QuerySet

from cases import permissions as may
from cases.models import Case, CaseGroupObjectPermission, CaseUserObjectPermission
from partners.models import Organisation, User
from returns_portal import clock


def share(case: Case, organisation: Organisation, *codenames: str, by: User, reason: str) -> None:
    """Give the organisation's group these rights on the case from now on; a renewed grant updates its row.

    In a restricted case the group's grant opens nothing: named people alone get in, at first the managers, who
    name the others.
    """
    for permission in _permissions(codenames):
        CaseGroupObjectPermission.objects.update_or_create(
            content_object=case,
            group_id=organisation.group_id,
            permission=permission,
            defaults={
                "valid_until": None,
                "granted_at": clock.now(),
                "reason": reason,
                "granted_by": by,
                "by_name_only": case.is_restricted,
            },
        )
    if case.is_restricted:
        _let_circle_in(case, organisation, codenames, by=by)
    case.forget_access()


def _let_circle_in(case: Case, organisation: Organisation, codenames: Collection[str], *, by: User) -> None:
    # Who opens the identity alone is in no circle by that.
    inside = named_in(case, organisation).exclude(permission__codename=may.OPEN_IDENTITY)
    named = {grant.user: grant for grant in inside}
    for user, grant in named.items():
        give_by_name(case, user, *codenames, by=grant.granted_by, reason=grant.reason, until=grant.valid_until)
    if not named:
        for user in keepers_of(organisation):
            give_by_name(case, user, *codenames, by=by, reason="manager")


def named_in(case: Case, organisation: Organisation) -> QuerySet[CaseUserObjectPermission]:
    """The live grants of people of this organisation, the one that lasts longest last."""
    grants: QuerySet[CaseUserObjectPermission] = CaseUserObjectPermission.objects.live()
    found = grants.filter(content_object=case, user__organisation=organisation, user__is_active=True)
    return found.select_related("user", "granted_by").order_by("valid_until")


def keepers_of(organisation: Organisation) -> list[User]:
    """Who names others in a restricted case: the managers. Where there is none nobody is left out."""
    people = list(User.objects.filter(organisation=organisation, is_active=True).order_by("name"))
    return [user for user in people if user.is_manager] or people


def rights_of(case: Case, organisation: Organisation) -> set[str]:
    """The rights by which the organisation takes part in the case now."""
    grants = CaseGroupObjectPermission.objects.taking_part()
    found = grants.filter(content_object=case, group_id=organisation.group_id)
    return set(found.values_list("permission__codename", flat=True))


def give_by_name(
    case: Case, user: User, *codenames: str, by: User | None, reason: str, until: datetime | None = None
) -> None:
    """Give one person these rights on the case, until a moment or for good; a renewed grant updates its row."""
    for permission in _permissions(codenames):
        CaseUserObjectPermission.objects.update_or_create(
            content_object=case,
            user=user,
            permission=permission,
            defaults={"valid_until": until, "granted_at": clock.now(), "reason": reason, "granted_by": by},
        )
    case.forget_access()


def end_share(case: Case, organisation: Organisation | None, *codenames: str, reason: str) -> None:
    """End the organisation's live rights on the case (all, or those named) at this moment, its named people's too."""
    if organisation is None:
        return
    now = clock.now()
    by_group = CaseGroupObjectPermission.objects.taking_part().filter(
        content_object=case, group_id=organisation.group_id
    )
    by_name = CaseUserObjectPermission.objects.live().filter(content_object=case, user__organisation=organisation)
    ended = by_group.filter(permission__codename__in=codenames) if codenames else by_group
    ended.update(valid_until=now, reason=reason)
    if codenames and by_group.exists():
        by_name = by_name.filter(permission__codename__in=codenames)
    by_name.update(valid_until=now, reason=reason)
    case.forget_access()


def end_all_but(case: Case, keep: list[Organisation | None], *, reason: str) -> None:
    """End every live right of every organisation but these, and of their people."""
    now = clock.now()
    stay = [organisation for organisation in keep if organisation is not None]
    by_group = CaseGroupObjectPermission.objects.taking_part().filter(content_object=case)
    by_group.exclude(group_id__in=[organisation.group_id for organisation in stay]).update(
        valid_until=now, reason=reason
    )
    by_name = CaseUserObjectPermission.objects.live().filter(content_object=case)
    by_name.exclude(user__organisation__in=stay).update(valid_until=now, reason=reason)
    case.forget_access()


def share_after_the_end(case: Case, *, reason: str) -> None:
    """Closed: the local office's share ends, the referrer keeps `view_case`, the others read on (process, `close`)."""
    end_share(case, case.local_office, reason=reason)
    end_share(case, case.referring, may.REFER, reason=reason)


def _permissions(codenames: Collection[str]) -> QuerySet[Permission]:
    return Permission.objects.filter(content_type__app_label="cases", codename__in=codenames)
