"""Step 3: what Länsstyrelsen decides, and IOM Helsinki on safety grounds."""

from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import transaction

from cases import ball, emails, pdfs
from cases import permissions as may
from cases.actions.ask import close_questions_with
from cases.actions.hold import stop_hold, take_over_hold
from cases.actions.move import StepRefused, locked, move, record_event
from cases.actions.share import end_all_but, end_share, share
from cases.actions.special_access import may_answer_for
from cases.models import Case, Decision, Dependant, InformationRequest, Referral, ReferralConsent
from cases.models.record import CaseRecord
from cases.permissions import Relation, Section
from cases.preview import SHARED_BY_DEFAULT, preview_blocker, preview_for_iom
from cases.states import WITH_IOM as NEW_CEILING_IN
from cases.states import State
from partners.models import Organisation, User
from returns_portal import clock, outbox

# Every action here locks the case before it writes its own row, so that of two people who press at once
# the second one finds the case as the first one left it.


@transaction.atomic
def ask_for_more(case: Case, *, by: User, question: str, due_on: date | None = None) -> Case:
    """Ask the referrer before deciding; the decision's clock stands still until the answer."""
    case = move(locked(case), "ask_for_more", by=by)
    request = InformationRequest.begin(case, by=by, due_on=due_on)
    request.question = question
    request.save()
    ball.refresh(case)
    emails.notify(
        case,
        emails.responsible_for(case, Relation.REFERRING),
        "more_info_asked",
        page=f"{case.get_absolute_url()}answer/",
    )
    return case


@transaction.atomic
def approve_referral(
    case: Case,
    *,
    by: User,
    ceiling_sek: int,
    diary_number: str,
    funding_line: str = "",
    conditions: str = "",
    legal_ground: str = Decision.LegalGround.CONSENT,
    shared_sections: list[str] | None = None,
    preview_sha256: str,
) -> Case:
    """Grant the support, let IOM Helsinki in, and tell both sides (leaflet, step 3).

    `preview_sha256` is the hash of what the approver saw of what IOM will see; it must equal the present one.
    """
    shared = shared_sections if shared_sections is not None else list(SHARED_BY_DEFAULT)
    case = locked(case)
    case = move(
        case,
        "approve",
        by=by,
        changes={
            "approved_by": by,
            "decider": _decider(case, by),
            "decided_at": clock.now(),
            "shared_with_iom": shared,
        },
    )
    if preview_for_iom(case, shared).sha256 != preview_sha256:
        raise StepRefused(case, "approve", [preview_blocker(case)])
    decision = Decision.begin(
        case,
        by=by,
        kind=Decision.Kind.APPROVED,
        decided_on=clock.today(),
        diary_number=diary_number,
        funding_line=funding_line,
        ceiling_sek=ceiling_sek,
        legal_ground=legal_ground,
        shared_sections=shared,
        preview_sha256=preview_sha256,
    )
    decision.conditions = conditions
    decision.save()
    helsinki = Organisation.objects.iom_helsinki()
    share(case, helsinki, may.VIEW, may.COORDINATE, by=by, reason="approve")
    ball.refresh(case)
    pdfs.queue(case, "decision_letter", row=decision.pk)
    pdfs.queue(case, "iom_notification", row=decision.pk)
    outbox.put("report", key=f"report:approved:{case.pk}:{case.round}", case_id=case.pk, data={"kind": "approved"})
    emails.notify(case, emails.responsible_for(case, Relation.REFERRING), "approved_referrer")
    emails.notify(case, emails.people_in(helsinki), "approved_iom", page=f"{case.get_absolute_url()}received/")
    return case


def _decider(case: Case, by: User) -> User | None:
    """Who decides answers for the case from then on; a protected identity opens to nobody by that alone."""
    return by if may_answer_for(case, by) else case.decider


@transaction.atomic
def decline_referral(case: Case, *, by: User, reason_code: str, text: str, help_path: str = "") -> Case:
    """Refuse the support, with the reason and another way to help."""
    case = locked(case)
    case = move(case, "decline", by=by, changes={"decider": _decider(case, by), "decided_at": clock.now()})
    decision = _decision(case, by, Decision.Kind.DECLINED, reason_code, text, help_path)
    _take_back_questions(case)
    stop_hold(case, by)
    pdfs.queue(case, "decision_letter", row=decision.pk)
    emails.notify(
        case,
        emails.responsible_for(case, Relation.REFERRING),
        "declined",
        page=f"{case.get_absolute_url()}decision/",
    )
    return case


@transaction.atomic
def decline_return(case: Case, *, by: User, reason_code: str, text: str, help_path: str) -> Case:
    """IOM Helsinki declines the return on safety grounds; help goes on in Sweden."""
    case = locked(case)
    office = emails.responsible_for(case, Relation.SUPPORTING)
    case = move(case, "decline_return", by=by)
    decision = _decision(case, by, Decision.Kind.RETURN_DECLINED, reason_code, text, help_path)
    end_share(case, case.local_office, reason="decline_return")
    stop_hold(case, by)
    pdfs.queue(case, "decision_letter", row=decision.pk)
    emails.notify(case, emails.partners_of(case), "return_declined", page=f"{case.get_absolute_url()}decision/")
    emails.notify(case, office, "office_released")
    return case


def _decision(case: Case, by: User, kind: str, reason_code: str, text: str, help_path: str) -> Decision:
    decision = Decision.begin(case, by=by, kind=kind, decided_on=clock.today(), reason_code=reason_code)
    decision.text, decision.help_path = text, help_path
    decision.save()
    return decision


def _take_back_questions(case: Case) -> None:
    InformationRequest.objects.of(case).filter(answered_at__isnull=True, recalled_at__isnull=True).update(
        recalled_at=clock.now()
    )


@transaction.atomic
def recall(case: Case, *, by: User, note: str) -> Case:
    """Take back a question, or an approval that IOM Helsinki has not taken on; who had the ball is told."""
    case = locked(case)
    was = case.state
    told = emails.responsible_for(case, Relation.REFERRING if was == State.MORE_INFO else Relation.COORDINATING)
    if was == State.MORE_INFO:
        case = move(case, "recall", by=by, note=note)
        _take_back_questions(case)
    else:
        case = move(
            case, "recall", by=by, note=note, changes={"approved_by": None, "decided_at": None, "shared_with_iom": []}
        )
        Decision.objects.of(case).filter(kind=Decision.Kind.APPROVED, recalled_at__isnull=True).update(
            recalled_at=clock.now()
        )
        end_share(case, Organisation.objects.iom_helsinki(), reason="recall")
        close_questions_with(case, Organisation.objects.iom_helsinki())
        take_over_hold(case, Organisation.objects.iom_helsinki(), by)
        pdfs.retract(case, "iom_notification")  # the next approval may pass on less
    ball.refresh(case)
    emails.notify(case, told, "recalled")
    return case


@transaction.atomic
def decide_new_ceiling(case: Case, *, by: User, ceiling_sek: int, diary_number: str, text: str = "") -> Case:
    """A new ceiling is a decision of its own, with a letter (process, other acts)."""
    case = locked(case)
    if not case.access_for(by).holds(may.DECIDE):
        raise PermissionDenied
    if case.state not in NEW_CEILING_IN:
        raise StepRefused(case, "new_ceiling")
    decision = Decision.begin(
        case,
        by=by,
        kind=Decision.Kind.NEW_CEILING,
        decided_on=clock.today(),
        ceiling_sek=ceiling_sek,
        diary_number=diary_number,
    )
    decision.text = text
    decision.save()
    record_event(case, "new_ceiling", by=by, section=Section.DECISION)
    pdfs.queue(case, "decision_letter", row=decision.pk)
    emails.notify(
        case,
        emails.responsible_for(case, Relation.COORDINATING),
        "new_ceiling",
        page=f"{case.get_absolute_url()}decision/",
    )
    return case


# What the new round begins without; what stood there before is told by decisions, events and papers.
BEGUN_ANEW: dict[str, object] = {
    "approved_by": None,
    "decider": None,
    "decided_at": None,
    "coordinator": None,
    "local_office": None,
    "local_responsible": None,
    "closed_at": None,
    "retention_on": None,
    "departs_at": None,
    "expected_at": None,
    "departed_on": None,
    "arrived_on": None,
    "next_contact_on": None,
    "shares_health": False,
    "shared_with_iom": [],
}


@transaction.atomic
def reopen(case: Case, *, by: User, note: str, consent_given_on: date, consent_language: str) -> Case:
    """Begin again with a new consent: the history stays, guards count only rows of the new round."""
    case = locked(case)
    old = Referral.objects.of(case).get()
    companions = list(Dependant.objects.of(case))
    # The referral lies before Länsstyrelsen from now on: the decision's clock starts anew.
    begun = {"round": case.round + 1, "reopened_by": by, "submitted_at": clock.now(), **BEGUN_ANEW}
    case = move(case, "reopen", by=by, note=note, changes=begun)
    for row in (old, *companions):
        _carry_over(case, row, by)
    ReferralConsent.begin(
        case,
        by=by,
        purposes=[code for code, _label in ReferralConsent.PURPOSES],
        recipients=[code for code, _label in ReferralConsent.RECIPIENTS],
        given_on=consent_given_on,
        language=consent_language,
    ).save()
    _decision(case, by, Decision.Kind.REOPENED, "", note, "")
    end_all_but(case, [case.referring, case.approving], reason="reopen")
    pdfs.retract(case, "iom_notification")  # the next approval may pass on less
    share(case, case.referring, may.VIEW, may.REFER, by=by, reason="reopen")
    if case.approving:
        share(case, case.approving, may.VIEW, may.DECIDE, by=by, reason="reopen")
    stop_hold(case, by)
    emails.notify(case, emails.responsible_for(case, Relation.REFERRING), "reopened")
    return case


def _carry_over(case: Case, old: CaseRecord, by: User) -> None:
    """What the referrer said begins the new round; it is sealed anew, because a sealed value is bound to its row."""
    new = type(old).begin(case, by=by)
    for field in old._meta.concrete_fields:
        if field.name not in {"id", "case", "round", "created_at", "created_by"}:
            setattr(new, field.attname, getattr(old, field.attname))
    new.save()
