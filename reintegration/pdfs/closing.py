"""The last paper: dates and what came of the plan, without a story."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases.models import Case, Consent, Decision
from cases.pdfs import named, paper
from cases.pdfs.senders import addressee, place_of, sender_of, signature
from cases.pdfs.words import Rows, day, filled
from cases.permissions import Section
from partners.models import Organisation
from reintegration.models import ClosingReport, Contact, Delivery, Need, Plan, SupportAnswer
from reintegration.pdfs.feedback import copy_to


@paper("closure_report", title=gettext_lazy("Closure report"), section=Section.FEEDBACK)
def closure_report(case: Case, row: UUID | None) -> dict[str, Any]:
    """To the Swedish partners. Outcomes by kind only where the person agreed that Sweden hears how it goes."""
    report = ClosingReport.objects.select_related("released_by").get(case=case, pk=named(row))
    tells_outcomes = _may_tell(case)
    sender = sender_of()
    return {
        "reason": report.get_reason_display(),
        "dates": _dates(case, report),
        "tells_outcomes": tells_outcomes,
        "needs": _needs(case) if tells_outcomes else [],
        "items": _items(case) if tells_outcomes else [],
        "contacts": _contacts(case) if tells_outcomes else "",
        "paper": {
            "sender": sender,
            "kind": _("Report"),
            "place": place_of(sender),
            "addressee": (*addressee(case.referring, case.caseworker), *copy_to(case)),
            "signed_by": signature(report.released_by, Organisation.objects.iom_helsinki()),
        },
    }


def _may_tell(case: Case) -> bool:
    consent = Consent.objects.of(case).filter(purpose=Consent.Purpose.FEEDBACK, is_current=True).first()
    return consent is not None and consent.stands


def _dates(case: Case, report: ClosingReport) -> Rows:
    decision = Decision.in_force(case)
    return filled(
        [
            (_("Referral received on"), day(case.submitted_at)),
            (_("Support approved on"), day(decision.decided_on) if decision else ""),
            (_("Departure"), day(case.departed_on)),
            (_("Arrival"), day(case.arrived_on)),
            (_("Report released on"), day(report.released_at)),
        ]
    )


def _needs(case: Case) -> list[tuple[Any, Any]]:
    """Each need by its kind: met or not as the person last said, else what support there was at home."""
    said: dict[str, str] = {}
    for contact in Contact.objects.of(case).filter(held_at__isnull=False).order_by("held_at"):
        contact.case = case
        said |= {key: word for key, word in (contact.needs_met or {}).items() if word in WORDS}
    answers = {
        answer.need_id: answer.get_status_display() for answer in SupportAnswer.objects.of(case).filter(is_current=True)
    }
    return [
        (
            need.get_domain_display(),
            WORDS.get(said.get(str(need.pk), "")) or answers.get(need.pk) or _("Not asked"),
        )
        for need in Need.objects.of(case).order_by("created_at")
    ]


WORDS = {"yes": gettext_lazy("Met, the person says"), "no": gettext_lazy("Not met, the person says")}


def _items(case: Case) -> list[tuple[Any, str]]:
    """Each kind of support in the plan, and how often it was delivered."""
    plan = Plan.objects.of(case).filter(is_current=True).first()
    if plan is None:
        return []
    given: dict[Any, int] = {}
    for (line,) in Delivery.objects.of(case).filter(plan_item__isnull=False).values_list("plan_item__line"):
        given[line] = given.get(line, 0) + 1
    return [
        (item.get_activity_display(), _delivered(given.get(item.line, 0))) for item in plan.items.order_by("created_at")
    ]


def _delivered(times: int) -> str:
    if not times:
        return _("Not delivered")
    return ngettext("Delivered", "Delivered, %(times)d times", times) % {"times": times}


def _contacts(case: Case) -> str:
    planned = Contact.objects.of(case).count()
    held = Contact.objects.of(case).filter(held_at__isnull=False).count()
    if not planned:
        return _("The person did not wish to be contacted after the return.")
    return _("%(held)d of %(planned)d planned contacts were held.") % {"held": held, "planned": planned}
