"""The words of the inbox: what happened, without personal data; and the topics by which people choose their mail."""

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
    "mail_undelivered": _("Mail about your work has not arrived"),
}


# What a person chooses their mail by, in the order of the settings page.
TOPICS: dict[str, Any] = {
    "decisions": _("Referrals, decisions and answers"),
    "questions": _("Questions"),
    "course": _("The course of a case: taken on, paused, handed over, ended"),
    "assessment": _("Needs, plan and risks"),
    "journey": _("Journey and arrival"),
    "follow_up": _("Follow-up and reports"),
    "reminders": _("Reminders of what is due"),
    "documents": _("Documents and files"),
    "access": _("Access, archive and data protection"),
    "managers": _("Messages from managers and about your own mail"),
}
# The topic of each notice; a reminder of a clock's rule is always one of the reminders.
TOPIC_OF: dict[str, str] = {
    what: topic
    for topic, codes in {
        "decisions": "referral_sent more_info_asked answered recalled approved_referrer approved_iom declined"
        " return_declined reopened new_ceiling",
        "questions": "question_asked question_answered kinds_asked kinds_answered",
        "course": "taken_on office_informed office_released application_received withdrawn held resumed"
        " reassigned_to_you office_changed consent_withdrawn",
        "documents": "document_added document_infected document_waits",
        "access": "circle_closed named break_glass break_glass_more break_glass_extended break_glass_unjudged"
        " access_alert destruction_listed destruction_signed_once destruction_signed_twice destruction_stopped"
        " destruction_done processing_restricted restriction_lifted",
        "managers": "mail_undelivered",
    }.items()
    for what in codes.split()
}


def register(words: dict[str, Any], topic: str = "") -> None:
    """Add the notices of later chapters under a topic, or of the clocks' rules without one."""
    WORDS.update(words)
    if topic:
        TOPIC_OF.update(dict.fromkeys(words, topic))


def topic_of(what: str) -> str:
    """The topic by which a reader chooses how to be told of `what`."""
    return "reminders" if what.startswith("rule_") else TOPIC_OF.get(what, "")


def words(what: str, own: str = "") -> str:
    """The sentence of `what` in the reader's language; a rule may have words of its `own`."""
    return own or str(WORDS.get(what, _("Something in the portal needs you")))
