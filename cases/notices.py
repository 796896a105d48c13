"""The words of the inbox and of the mails' only variable: what happened, without personal data."""

from typing import Any

from django.utils.translation import gettext_lazy as _

WORDS: dict[str, Any] = {
    "referral_sent": _("A referral awaits your decision"),
    "more_info_asked": _("Länsstyrelsen asks for more information"),
    "answered": _("The answer to your question has come"),
    "recalled": _("Länsstyrelsen has taken the case back"),
    "approved_referrer": _("The support has been approved"),
    "approved_iom": _("An approved case awaits you"),
    "declined": _("A decision has been made"),
    "taken_on": _("IOM Helsinki has taken on the case"),
    "office_informed": _("A returnee may be coming to you"),
    "office_released": _("Nobody is coming in this case"),
    "application_received": _("The signed application has been received"),
    "withdrawn": _("The person has changed their mind"),
    "return_declined": _("The return has been declined on safety grounds"),
    "reopened": _("The case has been reopened"),
    "held": _("The case has been paused"),
    "resumed": _("The pause has ended"),
    "reassigned_to_you": _("You are now responsible for the case"),
    "new_ceiling": _("A new ceiling has been decided"),
    "office_changed": _("The local office has been changed"),
    "question_asked": _("You have been asked a question"),
    "question_answered": _("Your question has been answered"),
    "kinds_asked": _("You are asked which kinds of support there are"),
    "kinds_answered": _("The local office has answered on support"),
    "consent_withdrawn": _("A consent has been taken back"),
    "document_added": _("A document has been added"),
    "circle_closed": _("A case is now open to named people only, and you are one of them"),
    "named": _("You have been given access to a case by name"),
    "break_glass": _("A manager has opened a closed case in an emergency"),
    "break_glass_more": _("A manager asks for more time in a case opened in an emergency"),
    "break_glass_extended": _("An emergency opening has been given more time"),
    "break_glass_unjudged": _("An emergency opening has not been reviewed in time"),
    "access_alert": _("Somebody's access to cases was unusual; it is to be judged"),
    "document_infected": _("A virus was found in a file; it stays locked"),
    "document_waits": _("A file cannot be checked for viruses now; it opens when the check is done"),
    "rule_decision": _("A referral still awaits your decision"),
    "rule_more_information": _("Länsstyrelsen still waits for your answer"),
    "rule_receipt_by_iom": _("An approved case still waits to be taken on"),
    "rule_first_contact": _("The first contact with the person is due"),
    "rule_local_office_answers": _("An answer of the local office is due"),
    "rule_question": _("A question still waits for its answer"),
    "rule_application_unsigned": _("The application is not signed yet"),
    "rule_reflection_period": _("The reflection period ends soon"),
    "rule_draft_expires": _("A draft will soon be deleted"),
    "rule_retention": _("A closed case has reached its retention date"),
    "rule_rights_request": _("A request under data protection law is to be answered within a month"),
    "destruction_listed": _("A new destruction list awaits your signature"),
    "destruction_signed_once": _("A destruction list awaits a second signature"),
    "destruction_signed_twice": _("A destruction list has been signed; it can still be stopped"),
    "destruction_stopped": _("A destruction list has been stopped"),
    "destruction_done": _("A destruction list has been carried out"),
    "processing_restricted": _("The use of a case has been restricted"),
    "restriction_lifted": _("A case may be used again"),
    "rule_hold_ends": _("A pause has reached its end"),
}


def register(words: dict[str, Any]) -> None:
    """Add the notices of later chapters and of the clocks' rules."""
    WORDS.update(words)


def words(what: str) -> str:
    """The sentence of `what` in the reader's language."""
    return str(WORDS.get(what, _("Something in the portal needs you")))
