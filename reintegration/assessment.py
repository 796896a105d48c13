"""What needs, plan and risks say together, read once: for guards, step rows, the ball and the pages."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import DecimalField, Exists, F, FilteredRelation, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Round
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.guards import Blocker
from cases.kinds import Activity
from cases.models import Case, Decision, ProgrammeNumber, Referral, YesNoUnsure
from cases.registrations import required_consents_stand
from reintegration.models import Need, Plan, ReceptionConfirmation, Risk, SupportAnswer
from returns_portal import clock
from returns_portal.ui import short_day


class NeedFact(NamedTuple):
    """A need as far as the journey depends on it."""

    domain: str
    urgency: str
    gap_person: datetime | None
    gap_iom: datetime | None
    status: str | None
    valid_until: date | None
    office_id: UUID | None
    asked_at: datetime | None

    @property
    def is_high(self) -> bool:
        """Whether the need must be confirmed before the journey."""
        return self.urgency == Need.Urgency.HIGH

    @property
    def gap_is_accepted(self) -> bool:
        """Whether the person and IOM both accept to travel without it."""
        return self.gap_person is not None and self.gap_iom is not None

    @property
    def is_expired(self) -> bool:
        """Whether a confirmation no longer holds."""
        return (
            self.status == SupportAnswer.Status.CONFIRMED
            and self.valid_until is not None
            and self.valid_until < clock.today()
        )

    def is_confirmed_by(self, office_id: UUID | None) -> bool:
        """Whether that office confirms the support today."""
        return self.status == SupportAnswer.Status.CONFIRMED and not self.is_expired and self.office_id == office_id

    def waits_for(self, office_id: UUID | None) -> bool:
        """Whether that office has been asked and has not answered."""
        return self.status == SupportAnswer.Status.ASKED and self.office_id == office_id


class PlanFact(NamedTuple):
    """The current version of the plan in numbers and dates."""

    version: int
    signed_on: date | None
    sent_to_office_at: datetime | None
    office_id: UUID | None
    office_answer: str
    total: Decimal


class RiskFact(NamedTuple):
    """A risk as far as the journey depends on it."""

    likelihood: int | None
    severity: int | None
    decision: str
    reviewed_on: date | None
    next_review_on: date | None

    @property
    def is_assessed(self) -> bool:
        """Whether likelihood, severity and decision are given."""
        return self.likelihood is not None and self.severity is not None and bool(self.decision)

    @property
    def stops_travel(self) -> bool:
        """Whether the decision is hold or no-go."""
        return self.decision in {Risk.Decision.HOLD, Risk.Decision.NO_GO}


class Standing(NamedTuple):
    """What else the journey depends on: money, the local office's word, the minor's path, the programme's number."""

    ceiling: int | None
    can_receive: bool | None
    receives_until: date | None
    misses_minors_path: bool
    review_days: int


class Assessment:
    """Needs, plan and risks of one case. Each part is asked of the database once, without sealed columns."""

    def __init__(self, case: Case) -> None:
        self.case = case

    @cached_property
    def needs(self) -> list[NeedFact]:
        """All needs with what the local office says today."""
        rows = (
            Need.objects.of(self.case)
            .annotate(current=FilteredRelation("answers", condition=Q(answers__is_current=True)))
            .order_by("created_at")
            .values_list(
                "domain",
                "urgency",
                "gap_accepted_by_person_at",
                "gap_accepted_by_iom_at",
                "current__status",
                "current__valid_until",
                "current__office_id",
                "current__asked_at",
            )
        )
        return [NeedFact(*row) for row in rows]

    @cached_property
    def plan(self) -> PlanFact | None:
        """The current version of the plan."""
        amount: DecimalField[Any, Any] = DecimalField(max_digits=20, decimal_places=2)
        row = (
            Plan.objects.of(self.case)
            .filter(is_current=True)
            .order_by("-version")
            .values_list(
                "version",
                "signed_on",
                "sent_to_office_at",
                "office_id",
                "office_answer",
                Coalesce(
                    Sum(
                        Round(F("items__amount") * F("items__rate_to_sek"), precision=2, output_field=amount),
                        output_field=amount,
                    ),
                    Decimal(0),
                    output_field=amount,
                ),
            )
            .first()
        )
        return PlanFact(*row) if row else None

    @cached_property
    def risks(self) -> list[RiskFact]:
        """All risks."""
        rows = Risk.objects.of(self.case).values_list(
            "likelihood", "severity", "decision", "reviewed_on", "next_review_on"
        )
        return [RiskFact(*row) for row in rows]

    @cached_property
    def standing(self) -> Standing:
        """Single facts, in one statement."""
        word = ReceptionConfirmation.objects.of(self.case).filter(is_current=True, office_id=self.case.local_office_id)
        days = ProgrammeNumber.objects.filter(code="risk_review_days")
        row = Case.objects.values_list(
            Subquery(ceilings(self.case).values("ceiling_sek")[:1]),
            Subquery(word.values("can_receive")[:1]),
            Subquery(word.values("valid_until")[:1]),
            Exists(incomplete_minors_paths(self.case)),
            Subquery(days.values("amount")[:1]),
        ).get(pk=self.case.pk)
        return Standing(*row)

    @property
    def ceiling(self) -> int | None:
        """What Länsstyrelsen's latest decision allows, in kronor."""
        return self.standing.ceiling

    @property
    def can_receive(self) -> bool:
        """Whether the local office says today that it can receive the person."""
        until = self.standing.receives_until
        return bool(self.standing.can_receive) and (until is None or until >= clock.today())

    @property
    def over_ceiling(self) -> Decimal:
        """By how much the plan goes beyond the ceiling; 0 where it does not."""
        if self.plan is None or self.ceiling is None:
            return Decimal(0)
        return max(self.plan.total - self.ceiling, Decimal(0))

    @property
    def waits_for_office(self) -> bool:
        """Whether the local office has been asked something that it has not answered."""
        office = self.case.local_office_id
        sent = self.plan is not None and self.plan.sent_to_office_at is not None and not self.plan.office_answer
        return bool(office) and (sent or any(need.waits_for(office) for need in self.needs))

    @property
    def asked_office_at(self) -> datetime | None:
        """When the oldest open question to the local office was put."""
        office = self.case.local_office_id
        moments = [need.asked_at for need in self.needs if need.waits_for(office) and need.asked_at]
        if self.plan is not None and self.plan.sent_to_office_at is not None and not self.plan.office_answer:
            moments.append(self.plan.sent_to_office_at)
        return min(moments, default=None)

    def unmet(self) -> list[NeedFact]:
        """High-urgency needs that are neither confirmed today nor an accepted gap."""
        office = self.case.local_office_id
        return [n for n in self.needs if n.is_high and not n.gap_is_accepted and not n.is_confirmed_by(office)]

    def blockers(self) -> Iterator[Blocker]:
        """What keeps the person from travelling (process, section 2)."""
        yield from self._needs_missing()
        yield from self._plan_missing()
        yield from self._risks_missing()
        if not self.can_receive:
            yield Blocker(_("The local office has not confirmed that it can receive the person."), self._page("needs"))
        yield from required_consents_stand(self.case)
        if self.standing.misses_minors_path:
            yield Blocker(
                _("The person is or may be under 18: complete the minor's path."),
                f"{self.case.get_absolute_url()}minor/",
            )

    def _page(self, name: str) -> str:
        return reverse(f"reintegration:{name}", args=[self.case.code_shown])

    def _needs_missing(self) -> Iterator[Blocker]:
        for need in self.unmet():
            words = {
                "need": Activity(need.domain).label,
                "day": short_day(need.valid_until) if need.valid_until else "",
            }
            if need.is_expired:
                sentence = _("%(need)s: the confirmation ended %(day)s. Ask the local office again.") % words
            else:
                sentence = _("%(need)s: confirmed by nobody at home, and the gap is not accepted.") % words
            yield Blocker(sentence, self._page("needs"))

    def _plan_missing(self) -> Iterator[Blocker]:
        page = self._page("plan")
        if self.plan is None:
            yield Blocker(_("There is no reintegration plan yet."), page)
            return
        if self.ceiling is None:
            yield Blocker(_("There is no approved ceiling for the plan."), page)
        elif self.over_ceiling:
            words = {"amount": kronor(self.over_ceiling)}
            yield Blocker(_("The plan is %(amount)s over the approved ceiling.") % words, page)
        if self.plan.signed_on is None:
            yield Blocker(_("The person has not signed the plan."), page)
        accepted = self.plan.office_answer == Plan.OfficeAnswer.ACCEPTED
        if not accepted or self.plan.office_id != self.case.local_office_id:
            yield Blocker(_("The local office has not accepted the plan."), page)

    def _risks_missing(self) -> Iterator[Blocker]:
        page = self._page("risks")
        if not self.risks:
            yield Blocker(_("No risk has been assessed yet."), page)
            return
        unassessed = sum(not risk.is_assessed for risk in self.risks)
        if unassessed:
            words = ngettext("%(n)d risk is not assessed.", "%(n)d risks are not assessed.", unassessed)
            yield Blocker(words % {"n": unassessed}, page)
        review_days = self.standing.review_days
        oldest = clock.today() - timedelta(days=review_days)
        stale = sum(risk.is_assessed and (risk.reviewed_on or date.min) < oldest for risk in self.risks)
        if stale:
            words = ngettext(
                "%(n)d risk was not reviewed in the last %(days)d days.",
                "%(n)d risks were not reviewed in the last %(days)d days.",
                stale,
            )
            yield Blocker(words % {"n": stale, "days": review_days}, page)
        stopping = sum(risk.stops_travel for risk in self.risks)
        if stopping:
            words = ngettext("%(n)d risk stands at hold or no-go.", "%(n)d risks stand at hold or no-go.", stopping)
            yield Blocker(words % {"n": stopping}, page)


def assessment_of(case: Case) -> Assessment:
    """The assessment of a case, read once for this instance of it; `forget` after writing."""
    known: Assessment | None = case.__dict__.get("_assessment")
    if known is None:
        known = case.__dict__["_assessment"] = Assessment(case)
    return known


def forget(case: Case) -> None:
    """Read the assessment anew: something has just been written."""
    case.__dict__.pop("_assessment", None)


def ceilings(case: Case) -> "QuerySet[Decision]":
    """The decisions that set a ceiling and stand, the latest first."""
    kinds = [Decision.Kind.APPROVED, Decision.Kind.NEW_CEILING]
    return Decision.objects.of(case).filter(kind__in=kinds, recalled_at__isnull=True).order_by("-created_at")


def approved_ceiling(case: Case) -> int | None:
    """What Länsstyrelsen's latest standing decision allows for the plan, in kronor."""
    return ceilings(case).values_list("ceiling_sek", flat=True).first()


def incomplete_minors_paths(case: Case) -> "QuerySet[Referral]":
    """A minor, or somebody who may be one, travels only with guardians, family assessment and a decision.

    Where nobody answered whether the person is under 18, the age band says it (`Referral.needs_minors_path`).
    """
    young = [Referral.AgeBand.UNDER_15, Referral.AgeBand.FROM_15, Referral.AgeBand.UNKNOWN]
    return Referral.objects.of(case).filter(
        Q(guardian_in_sweden_confirmed_on__isnull=True)
        | Q(guardian_at_home_confirmed_on__isnull=True)
        | Q(family_assessed_on__isnull=True)
        | Q(best_interests_decided_on__isnull=True),
        Q(is_minor__in=[YesNoUnsure.YES, YesNoUnsure.UNSURE]) | Q(is_minor="", age_band__in=young),
    )


def kronor(amount: Decimal | int) -> str:
    """An amount in Swedish kronor as the reader's language writes it: "5,000 SEK"."""
    return f"{number_format(round(amount), use_l10n=True, force_grouping=True)} SEK"
