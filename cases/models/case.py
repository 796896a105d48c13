"""The case itself: its facts for lists, its key, its transitions."""

import secrets
import uuid
from typing import TYPE_CHECKING, Any, ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, FSMModelMixin, transition

from cases import permissions as may
from cases.codes import ALPHABET
from cases.models.case_queryset import RESPONSIBLE, SAFETY_TASKS, CaseQuerySet
from cases.states import BEFORE_DEPARTURE, ENDED, LAWFUL_CHANGES, State
from returns_portal import clock

if TYPE_CHECKING:
    from cases.models.access import CaseGroupObjectPermission, CaseUserObjectPermission
    from partners.models import User

__all__ = ["RESPONSIBLE", "Case", "CaseQuerySet", "new_code"]


def new_code() -> str:
    """Eight random characters of Crockford's base 32: sayable on the phone, not countable (contract)."""
    return "".join(secrets.choice(ALPHABET) for _place in range(8))


def page(label: Any, name: str) -> dict[str, Any]:
    """What a transition says of itself: its button's label and the name of its page."""
    return {"label": label, "page": name}


class Case(FSMModelMixin, models.Model):
    """One person's way home, from the first draft to the last report."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField(max_length=8, unique=True, default=new_code, editable=False)
    state = FSMField(default=State.DRAFT, choices=State.choices, protected=True)
    round = models.PositiveSmallIntegerField(default=1, editable=False)

    # Plain on purpose: lists and search need it; its hint says initials or an alias, never the name.
    alias = models.CharField(max_length=40, blank=True)
    destination = models.CharField(max_length=2, blank=True)
    language = models.CharField(max_length=3, blank=True)
    is_urgent = models.BooleanField(default=False)
    has_minor = models.BooleanField(default=False)
    is_protected = models.BooleanField(default=False)
    # Only named people reach the case, in every organisation; who closed the circle opens it again.
    is_restricted = models.BooleanField(default=False, editable=False)
    restricted_by = models.ForeignKey(
        "partners.Organisation", null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    completeness = models.PositiveSmallIntegerField(default=0)

    referring = models.ForeignKey("partners.Organisation", on_delete=models.PROTECT, related_name="referred_cases")
    approving = models.ForeignKey(
        "partners.Organisation", null=True, on_delete=models.PROTECT, related_name="decided_cases"
    )
    local_office = models.ForeignKey(
        "partners.Organisation", null=True, on_delete=models.PROTECT, related_name="received_cases"
    )
    caseworker = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="cases_referred"
    )
    decider = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="cases_to_decide"
    )
    coordinator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="cases_coordinated"
    )
    local_responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="cases_received"
    )

    # Four eyes: a check across tables cannot be a constraint, so these stand here.
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    reopened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )

    created_at = models.DateTimeField(default=clock.now, editable=False)
    changed_at = models.DateTimeField(default=clock.now)
    submitted_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    state_since = models.DateTimeField(default=clock.now)
    departs_at = models.DateTimeField(null=True)
    expected_at = models.DateTimeField(null=True)
    departed_on = models.DateField(null=True)
    arrived_on = models.DateField(null=True)
    next_contact_on = models.DateField(null=True)
    closed_at = models.DateTimeField(null=True)
    retention_on = models.DateField(null=True)
    # Processing is restricted since (article 18), and the contents are destroyed since; both by `actions.archive`.
    limited_since = models.DateTimeField(null=True, editable=False)
    destroyed_at = models.DateTimeField(null=True, editable=False)

    # No consent, no health section for the local office; written by the consents' action.
    shares_health = models.BooleanField(default=False)
    # The classes of the referral that Länsstyrelsen gave IOM Helsinki; written by the approval (process, section 4).
    shared_with_iom = ArrayField(models.CharField(max_length=20), default=list, blank=True)

    # The ball sentence, for lists: who, what, by when (process, rule 3).
    ball_with = models.ForeignKey("partners.Organisation", null=True, on_delete=models.PROTECT, related_name="balls")
    ball_what = models.CharField(max_length=40, blank=True)
    ball_due = models.DateTimeField(null=True)
    # Who outside the portal keeps the ball holder waiting, such as the consulate (see `WaitsFor`).
    ball_waits_for = models.CharField(max_length=12, blank=True, default="")
    held_until = models.DateField(null=True)
    open_questions = models.PositiveSmallIntegerField(default=0)

    objects = CaseQuerySet.as_manager()

    class Meta:
        permissions = (
            (may.REFER, "Can refer the case"),
            (may.DECIDE, "Can decide on the case"),
            (may.COORDINATE, "Can coordinate the case"),
            (may.INFORM, "Is informed of the case"),
            (may.SUPPORT, "Can support the returnee at home"),
            (may.OPEN_IDENTITY, "Can open the protected identity"),
        )
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="case_four_eyes",
                condition=Q(approved_by__isnull=True)
                | (
                    ~Q(approved_by=F("created_by"))
                    & (Q(submitted_by__isnull=True) | ~Q(approved_by=F("submitted_by")))
                    & (Q(reopened_by__isnull=True) | ~Q(approved_by=F("reopened_by")))
                ),
            ),
            models.CheckConstraint(name="case_state_known", condition=Q(state__in=State.values)),
            models.CheckConstraint(
                name="case_restricted_by_somebody", condition=Q(is_restricted=False) | Q(restricted_by__isnull=False)
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                F("ball_with"), F("ball_due"), F("id"), name="case_ball", condition=~Q(state__in=sorted(ENDED))
            ),
            models.Index(F("ball_due"), F("id"), name="case_due", condition=~Q(state__in=sorted(ENDED))),
            models.Index(F("ball_due"), F("id"), name="case_safety", condition=Q(ball_what__in=SAFETY_TASKS)),
            models.Index(F("held_until"), name="case_paused", condition=Q(ball_waits_for="pause")),
            models.Index(F("state"), F("state_since"), F("id"), name="case_state"),
            models.Index(F("changed_at").desc(), F("id"), name="case_changed"),
            GinIndex(OpClass(Upper("alias"), "gin_trgm_ops"), name="case_alias"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.FSM(name="lawful_states", field="state", transitions=sorted(LAWFUL_CHANGES))
        ]

    def __str__(self) -> str:
        return self.code_shown

    def get_absolute_url(self) -> str:
        """The case page."""
        return reverse("cases:case", args=[self.code_shown])

    @property
    def code_shown(self) -> str:
        """The code as people write and say it: `K7Q2-9FWM`."""
        return f"{self.code[:4]}-{self.code[4:]}"

    @property
    def is_ended(self) -> bool:
        """Whether nobody holds the ball any more."""
        return self.state in ENDED

    @property
    def is_on_hold(self) -> bool:
        """Whether the case is paused today."""
        return self.held_until is not None and self.held_until >= clock.today()

    @property
    def has_departed(self) -> bool:
        """Whether the booked departure has passed: from then on a fact is never refused (process, section 2)."""
        return self.departs_at is not None and self.departs_at <= clock.now()

    def sealing_key(self) -> bytes:
        """The case's data key, 32 bytes; raises `Shredded` where it has been destroyed."""
        return self.key.open()

    def access_for(self, user: "User") -> may.Access:
        """What `user` may see and do here, by the live grants; asked once per instance and user."""
        known: dict[uuid.UUID, may.Access] = self.__dict__.setdefault("_access", {})
        if user.pk not in known:
            known[user.pk] = self._read_access(user)
        return known[user.pk]

    def take_access(self, user: "User") -> may.Access:
        """The access of a case that was fetched `with_rights_of(user)`: no further question to the grants."""
        codenames = frozenset([*self.__dict__.pop("rights_by_group"), *self.__dict__.pop("rights_by_name")])
        access = self._access_with(codenames, user)
        self.__dict__.setdefault("_access", {})[user.pk] = access
        return access

    def forget_access(self) -> None:
        """Ask the grants anew: they have just changed."""
        self.__dict__.pop("_access", None)

    def _read_access(self, user: "User") -> may.Access:
        if not user.is_authenticated or not user.is_active:
            return may.Access(frozenset(), None)
        by_group: models.QuerySet[CaseGroupObjectPermission] = self.group_grants.live()
        by_name: models.QuerySet[CaseUserObjectPermission] = self.user_grants.live()
        rows = (
            by_group.filter(group_id__in=user.group_ids())
            .values_list("permission__codename")
            .union(by_name.filter(user=user).values_list("permission__codename"))
        )
        return self._access_with(frozenset(codename for (codename,) in rows), user)

    def _access_with(self, codenames: frozenset[str], user: "User") -> may.Access:
        relation = may.relation_of(codenames, user.organisation_kind)
        is_named = user.pk in self.answering_ids or may.OPEN_IDENTITY in codenames
        keeps_names = self.is_protected and not is_named
        return may.Access(
            codenames,
            relation,
            not self.shares_health,
            frozenset(self.shared_with_iom),
            keeps_names,
            self._at_most_for(user),
        )

    def _at_most_for(self, user: "User") -> may.Level:
        """While processing is restricted the record owner's manager reads, and everybody else sees that it is so."""
        if self.limited_since is None:
            return may.Level.WRITE
        is_owner = user.is_manager and user.organisation_id == self.referring_id
        return may.Level.READ if is_owner else may.Level.LINE

    @property
    def answering_ids(self) -> set[uuid.UUID | None]:
        """Those who answer for the case; they and who is named for it open a protected identity."""
        return {self.caseworker_id, self.decider_id, self.coordinator_id, self.local_responsible_id}

    @transition(
        state,
        State.DRAFT,
        State.REFERRED,
        permission=may.MAY_REFER,
        custom=page(_("Send referral"), "cases:submit-referral"),
    )
    def submit_referral(self) -> None:
        """Ask Länsstyrelsen for support in returning (leaflet, step 2)."""

    @transition(
        state,
        State.REFERRED,
        State.MORE_INFO,
        permission=may.MAY_DECIDE,
        custom=page(_("Ask for more information"), "cases:ask-for-more"),
    )
    def ask_for_more(self) -> None:
        """Ask the referrer a question before deciding (step 3)."""

    @transition(
        state, State.MORE_INFO, State.REFERRED, permission=may.MAY_REFER, custom=page(_("Send answer"), "cases:answer")
    )
    def answer(self) -> None:
        """Answer what Länsstyrelsen asked (step 3)."""

    @transition(
        state,
        [State.MORE_INFO, State.APPROVED],
        State.REFERRED,
        permission=may.MAY_DECIDE,
        custom=page(_("Take back"), "cases:recall"),
    )
    def recall(self) -> None:
        """Take back a question, or an approval that IOM has not taken on (step 3)."""

    @transition(
        state,
        State.REFERRED,
        State.APPROVED,
        permission=may.MAY_DECIDE,
        custom=page(_("Approve and notify IOM"), "cases:approve"),
    )
    def approve(self) -> None:
        """Grant the support and notify IOM Helsinki (leaflet, step 3)."""

    @transition(
        state,
        [State.REFERRED, State.MORE_INFO],
        State.DECLINED,
        permission=may.MAY_DECIDE,
        custom=page(_("Decline"), "cases:decline"),
    )
    def decline(self) -> None:
        """Refuse the support with reason and another way to help (step 3)."""

    @transition(
        state,
        State.APPROVED,
        State.APPLICATION,
        permission=may.MAY_COORDINATE,
        custom=page(_("Take on the case"), "cases:start-application"),
    )
    def start_application(self) -> None:
        """Take on the case and inform the local office (leaflet, step 4)."""

    @transition(
        state,
        State.APPLICATION,
        State.ASSESSMENT,
        permission=may.MAY_COORDINATE,
        custom=page(_("Receive signed application"), "cases:receive-application"),
    )
    def receive_application(self) -> None:
        """Receive the signed application: an informed decision (leaflet, step 5)."""

    @transition(
        state,
        State.ASSESSMENT,
        State.TRAVEL,
        permission=may.MAY_COORDINATE,
        custom=page(_("Clear for travel"), "reintegration:clear-for-travel"),
    )
    def clear_for_travel(self) -> None:
        """Needs, plan and risks allow the journey (leaflet, steps 6 to 8)."""

    @transition(
        state,
        State.TRAVEL,
        State.ASSESSMENT,
        permission=may.MAY_COORDINATE,
        custom=page(_("Back to assessment"), "reintegration:back-to-assessment"),
    )
    def back_to_assessment(self) -> None:
        """Something new must be assessed before anybody travels (steps 6 to 8)."""

    @transition(
        state,
        State.TRAVEL,
        State.IN_TRANSIT,
        permission=may.MAY_COORDINATE,
        custom=page(_("Confirm departure"), "reintegration:confirm-departure"),
    )
    def confirm_departure(self) -> None:
        """The person has left; the arrival is watched (leaflet, step 9)."""

    @transition(
        state,
        [State.IN_TRANSIT, State.TRAVEL],
        State.FOLLOW_UP,
        permission=may.MAY_RECEIVE_THE_PERSON,
        custom=page(_("Confirm arrival"), "reintegration:confirm-arrival"),
    )
    def confirm_arrival(self) -> None:
        """The person was met or reached (leaflet, step 10)."""

    @transition(
        state,
        [State.TRAVEL, State.IN_TRANSIT],
        State.TRAVEL,
        permission=may.MAY_COORDINATE,
        custom=page(_("Did not travel"), "reintegration:report-no-show"),
    )
    def report_no_show(self) -> None:
        """The person did not travel; the journey is prepared anew (step 9)."""

    @transition(
        state,
        [State.APPROVED, State.APPLICATION, State.ASSESSMENT, State.TRAVEL],
        State.DECLINED,
        permission=may.MAY_COORDINATE,
        custom=page(_("Decline on safety grounds"), "cases:decline-return"),
    )
    def decline_return(self) -> None:
        """A safe return is not possible; help goes on in Sweden (step 8)."""

    @transition(
        state,
        sorted(BEFORE_DEPARTURE),
        State.WITHDRAWN,
        permission=may.MAY_PASS_ON_A_WITHDRAWAL,
        custom=page(_("Record that the person changed their mind"), "cases:withdraw"),
    )
    def withdraw(self) -> None:
        """The person changed their mind: the return happens only at their own request (leaflet)."""

    @transition(
        state,
        [
            State.APPROVED,
            State.APPLICATION,
            State.ASSESSMENT,
            State.TRAVEL,
            State.IN_TRANSIT,
            State.FOLLOW_UP,
        ],
        State.CLOSED,
        permission=may.MAY_COORDINATE,
        custom=page(_("End the case early"), "reintegration:end-early"),
    )
    def end_early(self) -> None:
        """Close before the programme is over, with the reason (process, section 2)."""

    @transition(
        state,
        State.FOLLOW_UP,
        State.CLOSED,
        permission=may.MAY_COORDINATE,
        custom=page(_("Close the case"), "reintegration:close"),
    )
    def close(self) -> None:
        """The programme is over and the last report is released (leaflet, steps 11 and 12)."""

    @transition(
        state,
        [State.DECLINED, State.WITHDRAWN, State.CLOSED],
        State.REFERRED,
        permission=may.MAY_DECIDE,
        custom=page(_("Reopen"), "cases:reopen"),
    )
    def reopen(self) -> None:
        """Begin again with a new consent; what was stays as history (process, section 2)."""
