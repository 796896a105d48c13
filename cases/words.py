"""What the timeline says of each event."""

from typing import Any

from django.utils.translation import gettext_lazy as _

EVENT_WORDS: dict[str, Any] = {
    "submit_referral": _("Referral sent"),
    "ask_for_more": _("More information asked for"),
    "answer": _("Answer sent"),
    "recall": _("Taken back"),
    "approve": _("Support approved, IOM Helsinki notified"),
    "decline": _("Support declined"),
    "start_application": _("Case taken on by IOM Helsinki"),
    "receive_application": _("Signed AVRR application received"),
    "clear_for_travel": _("Cleared for travel"),
    "back_to_assessment": _("Back to assessment"),
    "confirm_departure": _("Departure confirmed"),
    "confirm_arrival": _("Arrival confirmed"),
    "report_no_show": _("Did not travel"),
    "decline_return": _("Declined on safety grounds"),
    "withdraw": _("The person changed their mind"),
    "end_early": _("Case ended early"),
    "close": _("Case closed"),
    "reopen": _("Case reopened"),
    "hold": _("Case paused"),
    "extend_hold": _("Pause given a new end"),
    "resume": _("Pause ended"),
    "reassign": _("Responsible person changed"),
    "change_office": _("Local office changed"),
    "new_ceiling": _("New ceiling decided"),
    "reveal": _("Name opened"),
    "ask_question": _("Question asked"),
    "answer_question": _("Question answered"),
    "add_document": _("Document added"),
    "withdraw_document": _("Document taken back"),
    "open_original": _("File opened as it came"),
    "document_infected": _("A virus was found in a file; it stays locked"),
    "add_counselling": _("Counselling session recorded"),
    "save_application": _("Application changed"),
    "answer_consents": _("Consents recorded"),
    "withdraw_consent": _("Consent taken back"),
    "ask_kinds": _("Kinds of support asked about"),
    "answer_kinds": _("The local office answered on support"),
    "change_identity": _("Identity or contact changed"),
    "change_referral": _("Referral changed"),
    "end_protection": _("The identity is protected no longer"),
    "change_minor": _("The minor's path changed"),
    "withdraw_referral_consent": _("Consent to be referred taken back"),
    "change_criminal": _("Criminal case status changed"),
    "record_attempt": _("Attempt to reach the person recorded"),
    "close_circle": _("Case opened to named people only"),
    "open_circle": _("Case opened again to the organisations in it"),
    "name_person": _("Somebody was let in by name"),
    "end_person": _("Somebody’s access by name was ended"),
    "break_glass": _("A manager opened the case in an emergency, for 60 minutes"),
    "extend_break_glass": _("The emergency opening was given 60 more minutes"),
    "judge_break_glass": _("The emergency opening was reviewed"),
    "keep_longer": _("Kept longer than planned"),
    "destroy": _("Contents destroyed"),
    "restrict": _("Processing restricted"),
    "lift_restriction": _("Restriction lifted"),
    "make_extract": _("Extract for the person made"),
    "record_rights_request": _("Request under data protection law recorded"),
    "answer_rights_request": _("Request under data protection law answered"),
}


# Why somebody reaches a case, where the reason is no event of the timeline.
GRANT_WORDS: dict[str, Any] = {
    "created": _("Began the referral"),
    "answers": _("Answers for the case"),
    "manager": _("Manager of the organisation"),
    "chosen": _("Chosen when the case was closed to others"),
    "works_on_it": _("Works on the case"),
    "stands_in": _("Stands in for a colleague"),
    "supervises": _("Supervises the work"),
    "expert": _("Gives expert advice"),
    "break_glass": _("Emergency opening"),
}


def grant_words(reason: str) -> str:
    """Why a grant was given, in the reader's language."""
    return str(GRANT_WORDS.get(reason) or event_words(reason))


def register(words: dict[str, Any]) -> None:
    """Add what later chapters call their events."""
    EVENT_WORDS.update(words)


def event_words(verb: str) -> str:
    """The timeline's sentence of `verb` in the reader's language."""
    return str(EVENT_WORDS.get(verb, verb))
