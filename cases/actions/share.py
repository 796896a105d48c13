"""Grants: made and ended by the events that the process names. Nothing else gives access to a case."""

from django.contrib.auth.models import Permission

from cases import permissions as may
from cases.models import Case, CaseGroupObjectPermission
from partners.models import Organisation, User
from returns_portal import clock


def share(case: Case, organisation: Organisation, *codenames: str, by: User, reason: str) -> None:
    """Give the organisation's group these rights on the case from now on; a renewed grant updates its row."""
    for permission in Permission.objects.filter(content_type__app_label="cases", codename__in=codenames):
        CaseGroupObjectPermission.objects.update_or_create(
            content_object=case,
            group_id=organisation.group_id,
            permission=permission,
            defaults={"valid_until": None, "granted_at": clock.now(), "reason": reason, "granted_by": by},
        )
    case.forget_access()


def end_share(case: Case, organisation: Organisation | None, *codenames: str, reason: str) -> None:
    """End the organisation's live rights on the case (all, or those named) at this moment."""
    if organisation is None:
        return
    grants = CaseGroupObjectPermission.objects.live().filter(content_object=case, group_id=organisation.group_id)
    if codenames:
        grants = grants.filter(permission__codename__in=codenames)
    grants.update(valid_until=clock.now(), reason=reason)
    case.forget_access()


def end_all_but(case: Case, keep: list[Organisation | None], *, reason: str) -> None:
    """End every live right of every organisation but these."""
    groups = [organisation.group_id for organisation in keep if organisation is not None]
    CaseGroupObjectPermission.objects.live().filter(content_object=case).exclude(group_id__in=groups).update(
        valid_until=clock.now(), reason=reason
    )
    case.forget_access()


def share_after_the_end(case: Case, *, reason: str) -> None:
    """Closed: the local office's share ends, the referrer keeps `view_case`, the others read on (process, `close`)."""
    end_share(case, case.local_office, reason=reason)
    end_share(case, case.referring, may.REFER, reason=reason)
