"""Questions about many cases. `visible_to` is the only door to a case."""

from typing import TYPE_CHECKING, Any, Self

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Value, When

from cases import permissions as may
from cases.codes import normalise_code
from cases.states import ENDED, State
from returns_portal import clock

if TYPE_CHECKING:
    from cases.models.case import Case  # noqa: F401  # named in the querysets' type
    from partners.models import User

# The field that names who answers for a case in an organisation of this kind.
RESPONSIBLE = {
    "social_services": "caseworker",
    "ngo": "caseworker",
    "migration_agency": "caseworker",
    "police": "caseworker",
    "lansstyrelsen": "decider",
    "iom_helsinki": "coordinator",
    "iom_local": "local_responsible",
}

# What a ball holder owes when the person's safety hangs on it (process, section 5): it comes first in every list, and
# neither a pause nor a question takes it from its holder.
SAFETY_TASKS = ("confirm_arrival", "confirm_departure", "hold_contact", "read_pack")


class CaseQuerySet(models.QuerySet["Case"]):
    """Questions about many cases, in the caseworkers' words."""

    def visible_to(self, user: Any) -> Self:
        """The cases on which the user, or the user's organisation, holds a live grant. The only door to a case."""
        if not user.is_authenticated or not user.is_active or not user.group_ids():
            return self.none()
        return self.filter(_granted_to(user))

    def with_rights_of(self, user: "User") -> Self:
        """With this reader's live rights, for `take_access`: the gate asks once for the case and for the grants."""
        from cases.models.access import (  # the grants point at Case, so they cannot be imported before it exists
            CaseGroupObjectPermission,
            CaseUserObjectPermission,
        )

        here = {"content_object": OuterRef("pk")}
        by_group = CaseGroupObjectPermission.objects.live().filter(group_id__in=user.group_ids(), **here)
        by_name = CaseUserObjectPermission.objects.live().filter(user=user, **here)
        return self.annotate(
            rights_by_group=ArraySubquery(by_group.values("permission__codename")),
            rights_by_name=ArraySubquery(by_name.values("permission__codename")),
        )

    def open(self) -> Self:
        """Cases that are still on their way."""
        return self.exclude(state__in=ENDED)

    def drafts(self) -> Self:
        """Referrals that have not been sent."""
        return self.filter(state=State.DRAFT)

    def sent(self) -> Self:
        """Everything but drafts."""
        return self.exclude(state=State.DRAFT)

    def held_by(self, organisation: Any) -> Self:
        """Cases in which this organisation must act next."""
        return self.filter(ball_with=organisation)

    def for_safety(self) -> Self:
        """Cases whose ball holder must see to the person's safety."""
        return self.filter(ball_what__in=SAFETY_TASKS)

    def overdue(self) -> Self:
        """Cases whose ball holder is late."""
        return self.filter(ball_due__lt=clock.now())

    def on_desk_of(self, user: "User") -> Self:
        """Cases for which this person answers in their organisation, or nobody does; a manager answers for all."""
        name = RESPONSIBLE.get(user.organisation_kind, "")
        if not name or user.is_manager:
            return self
        return self.filter(Q(**{name: user}) | Q(**{f"{name}__isnull": True}))

    def with_alias_for(self, user: "User") -> Self:
        """With `alias_seen`: the alias where this reader may know the person by it, else an empty word."""
        return self.annotate(alias_seen=models.Case(When(_knows_alias(user), then=F("alias")), default=Value("")))

    def named(self, text: str, user: "User") -> Self:
        """Cases whose code, or whose alias where this reader may know it, matches what was typed."""
        code = normalise_code(text)
        matches = Q(alias__icontains=text.strip()) & _knows_alias(user)
        return self.filter(matches | Q(code=code)) if code else self.filter(matches)


def _knows_alias(user: "User") -> Q:
    """In which cases the identity is open to this reader; a protected one leaves all lists (process, section 4)."""
    from cases.models.access import CaseGroupObjectPermission  # the grants point at Case

    in_use = Q(limited_since__isnull=True)  # else the record owner's manager alone (article 18)
    is_open = Q(is_protected=False) & (in_use | Q(referring=user.organisation_id) if user.is_manager else in_use)
    if user.organisation_kind == "iom_local":
        supports = CaseGroupObjectPermission.objects.taking_part().filter(
            content_object=OuterRef("pk"), group_id__in=user.group_ids(), permission__codename=may.SUPPORT
        )
        return is_open & Q(Exists(supports))
    if user.organisation_kind == "iom_helsinki":
        return is_open & Q(shared_with_iom__contains=[may.Section.IDENTITY.value])
    if user.organisation is not None and user.organisation.is_referring:
        return is_open & ~Q(state=State.CLOSED)  # what is left to the referrer then is no identity
    return is_open


def _granted_to(user: "User") -> Q:
    from cases.models.access import (  # the grants point at Case, so they cannot be imported before it exists
        CaseGroupObjectPermission,
        CaseUserObjectPermission,
    )

    by_group = CaseGroupObjectPermission.objects.live().filter(
        content_object=OuterRef("pk"), group_id__in=user.group_ids()
    )
    by_name = CaseUserObjectPermission.objects.live().filter(content_object=OuterRef("pk"), user=user)
    by_name = by_name.exclude(permission__codename=may.OPEN_IDENTITY)  # it stands beside a right, never alone
    return Q(Exists(by_group)) | Q(Exists(by_name))
