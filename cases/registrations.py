"""Guards and step rows of steps 1 to 5, under their names; with them everything else of these steps registers."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from cases import emails, holders, pdfs, steps  # noqa: F401  # ball holders, and the outbox kinds of emails and pdfs
from cases.actions import alerts  # noqa: F401  # registers its outbox kinds
from cases.actions.special_access import is_special, whom_to_name
from cases.clocks import facts  # noqa: F401  # registers the clocks of steps 1 to 5
from cases.guards import Blocker, guard
from cases.models import (
    Application,
    Case,
    Consent,
    CounsellingSession,
    Document,
    Information,
    InformationRequest,
    ReferralConsent,
)
from cases.referral_checks import missing_answers
from cases.states import FROM_ASSESSMENT, State
from cases.steps import Status, StepRow, step_row
from partners.models import User
from returns_portal.ui import local_day


def _at(case: Case, path: str) -> str:
    return f"{case.get_absolute_url()}{path}"


# Guards


@guard("submit_referral")
def referral_is_complete(case: Case) -> Iterator[Blocker]:
    """The required answers are given, the person was informed and has consented (process, `submit_referral`)."""
    yield from missing_answers(case)


@guard("answer")
def every_question_is_answered(case: Case) -> Iterator[Blocker]:
    """An answer to each open question."""
    if InformationRequest.objects.of(case).filter(answered_at__isnull=True, recalled_at__isnull=True).exists():
        yield Blocker(_("Answer each of Länsstyrelsen's questions."), _at(case, "answer/"))


@guard("approve")
def somebody_else_decides(case: Case, by: User | None) -> Iterator[Blocker]:
    """Four eyes: not the person who created, submitted or reopened it."""
    if by is not None and by.pk in {case.created_by_id, case.submitted_by_id, case.reopened_by_id}:
        yield Blocker(_("Somebody else must decide: you created, sent or reopened this case."), _at(case, "decide/"))


@guard("start_application")
def somebody_may_answer_for_it(case: Case, by: User | None) -> Iterator[Blocker]:
    """Who takes on a protected or restricted case was named for it by a manager, or is one."""
    if by is not None and is_special(case) and not whom_to_name(case, by).exists():
        yield Blocker(_("A manager of your organisation must name somebody for this case first."), _at(case, "access/"))


@guard("approve", "start_application")
def consent_to_refer_stands(case: Case) -> Iterator[Blocker]:
    """Nothing goes on without the person's consent to be referred, and to IOM Helsinki's having the data."""
    consent = ReferralConsent.objects.of(case).filter(withdrawn_at__isnull=True).order_by("-created_at").first()
    if consent is None:
        yield Blocker(_("The person has taken back the consent to be referred."), _at(case, "withdraw/"))
    elif "iom_helsinki" not in consent.recipients:
        yield Blocker(_("The person has not consented to IOM Helsinki having the data."), _at(case, "ask-for-more/"))


@guard("receive_application")
def person_is_informed(case: Case) -> Iterator[Blocker]:
    """At least one counselling session in a language she understands well."""
    if not CounsellingSession.objects.of(case).filter(understands=CounsellingSession.Understands.WELL).exists():
        yield Blocker(
            _("Record a counselling session in a language the person understands well."), _at(case, "counselling/")
        )


@guard("receive_application")
def application_is_whole(case: Case) -> Iterator[Blocker]:
    """Time to think, the signed copy, and an attest where a witness or interpreter was used."""
    application = Application.objects.of(case).filter(is_current=True).first()
    page = _at(case, "application/")
    if application is None or not application.time_to_think:
        yield Blocker(_("Say whether the 24 hours to think were offered or waived."), page)
    signed = Document.objects.of(case).filter(kind=Document.Kind.SIGNED_APPLICATION, withdrawn_at__isnull=True)
    if not signed.exclude(scan=Document.Scan.INFECTED).exists():
        yield Blocker(_("Upload the signed application."), page)
    if application is None or application.attest not in {
        Application.Attest.NOT_USED,
        Application.Attest.ATTESTED,
    }:
        yield Blocker(_("Say whether a witness or interpreter was used, and that the attest is there."), page)


@guard("receive_application")
def consents_are_answered(case: Case) -> Iterator[Blocker]:
    """All five answered; the return, data to IOM and data to the local office with yes."""
    current = {c.purpose: c for c in Consent.objects.of(case).filter(is_current=True)}
    page = _at(case, "consents/")
    for purpose in Consent.REQUIRED:
        if purpose not in current:
            yield Blocker(_("Record the consent: %(purpose)s.") % {"purpose": purpose.label}, page)
    yield from _required_consents(current, page)


def required_consents_stand(case: Case) -> Iterator[Blocker]:
    """The three consents without which nobody travels still stand."""
    current = {c.purpose: c for c in Consent.objects.of(case).filter(is_current=True)}
    yield from _required_consents(current, _at(case, "consents/"), missing_too=True)


def _required_consents(current: dict[str, Consent], page: str, *, missing_too: bool = False) -> Iterator[Blocker]:
    for purpose in Consent.MUST_BE_YES:
        consent = current.get(purpose)
        if (consent is None and missing_too) or (consent is not None and not consent.stands):
            yield Blocker(
                _("Without a yes to this consent the case cannot go on: %(purpose)s.") % {"purpose": purpose.label},
                page,
            )


@guard("reopen")
def contents_are_not_destroyed(case: Case) -> Iterator[Blocker]:
    """What has been destroyed cannot begin again; a new referral can."""
    if not hasattr(case, "key") or not case.key.wrapped:
        yield Blocker(_("The contents of this case have been destroyed. A new referral is needed."), "")


# The step list


@step_row(1)
def new_case(case: Case) -> StepRow:
    """Done with the information to the person, without which no referral is sent."""
    if case.state == State.DRAFT:
        informed = Information.objects.of(case).order_by("given_on").first()
        return StepRow(Status.DONE, informed.given_on) if informed else StepRow(Status.NOW)
    return StepRow(Status.DONE, local_day(case.created_at))


@step_row(2)
def referral(case: Case) -> StepRow:
    """Done when sent; under way while Länsstyrelsen waits for an answer."""
    if case.state == State.DRAFT:
        return StepRow(Status.NOW)
    if case.state == State.MORE_INFO:
        return StepRow(Status.WAIT, waiting_for=case.referring.name)
    return StepRow(Status.DONE, local_day(case.submitted_at) if case.submitted_at else None)


@step_row(3)
def notification(case: Case) -> StepRow:
    """Done with the decision; not needed where the person changed their mind before it."""
    if case.state in {State.DRAFT}:
        return StepRow(Status.TODO)
    if case.state in {State.REFERRED, State.MORE_INFO}:
        return StepRow(Status.NOW if case.state == State.REFERRED else Status.WAIT, waiting_for=case.referring.name)
    if case.decided_at is None:  # the person changed their mind before there was anything to decide
        return StepRow(Status.SKIP)
    return StepRow(Status.DONE, local_day(case.decided_at))


@step_row(4)
def support(case: Case) -> StepRow:
    """Under way from the taking-on until the application is received."""
    before = {State.DRAFT, State.REFERRED, State.MORE_INFO}
    if case.state in before:
        return StepRow(Status.TODO)
    if case.state == State.APPROVED:
        return StepRow(Status.WAIT, waiting_for=str(steps.HELSINKI))
    if case.state == State.APPLICATION:
        return StepRow(Status.NOW)
    return StepRow(Status.DONE if case.coordinator_id else Status.SKIP)


@step_row(5)
def informed_decision(case: Case) -> StepRow:
    """Done with the signed application."""
    if case.state in {State.DRAFT, State.REFERRED, State.MORE_INFO, State.APPROVED}:
        return StepRow(Status.TODO)
    if case.state == State.APPLICATION:
        return StepRow(Status.NOW)
    if case.state in FROM_ASSESSMENT - {State.ASSESSMENT}:
        return StepRow(Status.DONE)
    application = Application.objects.of(case).filter(locked_at__isnull=False).only("locked_at", "case").first()
    if application is None or application.locked_at is None:
        return StepRow(Status.SKIP)
    return StepRow(Status.DONE, local_day(application.locked_at))
