"""Step 3 on paper: the decision letter to the referrer, the notification to IOM Helsinki."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.models import Case, Decision
from cases.pdfs.press import named, paper
from cases.pdfs.senders import addressee, code_name, place_of, sender_of, signature, text_of
from cases.pdfs.words import Rows, day, filled, money
from cases.permissions import Section
from cases.preview import Preview, preview_for_iom
from partners.models import Organisation

TITLES = {
    Decision.Kind.APPROVED: gettext_lazy("Decision: support in returning is approved"),
    Decision.Kind.DECLINED: gettext_lazy("Decision: support in returning is declined"),
    Decision.Kind.NEW_CEILING: gettext_lazy("Decision: new ceiling for the support"),
    Decision.Kind.RETURN_DECLINED: gettext_lazy("Decision: the return is declined on safety grounds"),
    Decision.Kind.REOPENED: gettext_lazy("Decision: the case is reopened"),
}
OUTCOMES = {
    Decision.Kind.APPROVED: gettext_lazy("%(authority)s approves the request for support in returning."),
    Decision.Kind.DECLINED: gettext_lazy("%(authority)s declines the request for support in returning."),
    Decision.Kind.NEW_CEILING: gettext_lazy("%(authority)s sets a new ceiling for the support."),
    Decision.Kind.RETURN_DECLINED: gettext_lazy("%(authority)s declines to carry out the return, on safety grounds."),
    Decision.Kind.REOPENED: gettext_lazy("%(authority)s reopens the case."),
}
REFUSALS = {Decision.Kind.DECLINED, Decision.Kind.RETURN_DECLINED}


def decision_of(case: Case, row: UUID | None) -> Decision:
    """The decision that a paper tells of, its sealed fields opened by the case in hand."""
    decision = Decision.objects.select_related("created_by").get(case=case, pk=named(row))
    decision.case = case
    return decision


@paper("decision_letter", title=gettext_lazy("Decision"), section=Section.DECISION)
def decision_letter(case: Case, row: UUID | None) -> dict[str, Any]:
    """To the referrer, from who decided; it carries code and alias only."""
    decision = decision_of(case, row)
    kind = Decision.Kind(decision.kind)
    office = None if kind == Decision.Kind.RETURN_DECLINED else case.approving
    sender = sender_of(office)
    is_refusal = kind in REFUSALS
    return {
        "decision": decision,
        "is_approval": kind == Decision.Kind.APPROVED,
        "is_new_ceiling": kind == Decision.Kind.NEW_CEILING,
        "is_refusal": is_refusal,
        "is_about_safety": kind == Decision.Kind.RETURN_DECLINED,
        "outcome": str(OUTCOMES[kind]) % {"authority": sender.name},
        "limit": _limit(decision),
        "rows": _about(case, decision),
        "help_path": (decision.help_path or text_of("help_path")) if is_refusal else "",
        "iom": _("IOM Helsinki"),
        "paper": {
            "title": str(TITLES[kind]),
            "sender": sender,
            "kind": _("Decision"),
            "place": place_of(sender),
            "addressee": addressee(case.referring, case.caseworker),
            "signed_by": signature(decision.created_by, office or Organisation.objects.iom_helsinki()),
        },
    }


def _limit(decision: Decision) -> str:
    if not decision.ceiling_sek:
        return ""
    return _("The support may cost at most %(sum)s.") % {"sum": money(decision.ceiling_sek)}


def _about(case: Case, decision: Decision) -> Rows:
    sections = dict(Section.choices)
    return filled(
        [
            (_("Concerns"), _case_and_alias(case)),
            (_("Referral received on"), day(case.submitted_at)),
            (_("Reason"), decision.get_reason_code_display()),
            (_("Funding"), code_name("funding", decision.funding_line) if decision.funding_line else ""),
            (
                _("Passed on to IOM Helsinki"),
                ", ".join(str(sections[code]) for code in decision.shared_sections if code in sections),
            ),
            (_("Legal ground for passing it on"), decision.get_legal_ground_display()),
        ]
    )


def _case_and_alias(case: Case) -> str:
    if case.is_protected or not case.alias:
        return case.code_shown
    return _("%(code)s, called %(alias)s") % {"code": case.code_shown, "alias": case.alias}


@paper(
    "iom_notification", title=gettext_lazy("Notification of approved support in returning"), section=Section.DECISION
)
def iom_notification(case: Case, row: UUID | None) -> dict[str, Any]:
    """To IOM Helsinki: exactly the rows that Länsstyrelsen saw before it approved."""
    decision = decision_of(case, row)
    preview = preview_for_iom(case, decision.shared_sections)
    helsinki = Organisation.objects.iom_helsinki()
    sender = sender_of(case.approving)
    return {
        "decision": decision,
        "groups": groups_on_paper(case, preview),
        "withheld": case.is_protected,
        "fingerprint": preview.sha256,
        "authority": sender.name,
        "rows": filled(
            [
                (_("Decided on"), day(decision.decided_on)),
                (_("Ceiling"), money(decision.ceiling_sek) if decision.ceiling_sek else ""),
                (_("Funding"), code_name("funding", decision.funding_line) if decision.funding_line else ""),
                (_("Legal ground for passing it on"), decision.get_legal_ground_display()),
            ]
        ),
        "paper": {
            "sender": sender,
            "kind": _("Notification"),
            "place": place_of(sender),
            "addressee": addressee(helsinki),
            "signed_by": signature(decision.created_by, case.approving),
        },
    }


def groups_on_paper(case: Case, preview: Preview) -> list[tuple[str, Rows]]:
    """The preview's groups; with a protected identity names and places stay in the portal (process, section 4)."""
    if not case.is_protected:
        return [(str(title), rows) for title, rows in preview.groups]
    closed = {_("Alias"), _("Place")}
    return [
        (str(title), [(label, value) for label, value in rows if str(label) not in closed])
        for section, title, rows in preview.classes()
        if section != Section.IDENTITY
    ]
