"""The case and everything in its file that is not the reintegration itself."""

from cases.models.access import CaseGroupObjectPermission, CaseUserObjectPermission
from cases.models.administration import CaseInAdministration
from cases.models.application import Application, Consent, ContactAttempt, CounsellingSession
from cases.models.archive import Certificate, DestructionLine, DestructionList, RetentionRule
from cases.models.breach import Breach, BreachKey
from cases.models.break_glass import BreakGlass
from cases.models.case import Case
from cases.models.case_key import CaseKey
from cases.models.clock import ClockRule, CodeEntry, PortalText, ProgrammeNumber
from cases.models.decision import Decision, Hold
from cases.models.document import Document
from cases.models.event import CaseEvent
from cases.models.inbox import CalendarLink, MailChoice, MailSettings, Notification, Visit
from cases.models.nudge import Nudge
from cases.models.person import Dependant, Gender, Person, SafeContact
from cases.models.question import Message, NeedsAsked, Thread
from cases.models.record import CaseRecord
from cases.models.referral import Information, InformationRequest, Referral, ReferralConsent, YesNo, YesNoUnsure
from cases.models.rights import Extract, Restriction, RightsRequest
from cases.models.search_key import SearchKey
from cases.models.turn import Turn, WaitsFor

__all__ = [
    "Application",
    "BreakGlass",
    "Breach",
    "BreachKey",
    "CalendarLink",
    "Case",
    "CaseEvent",
    "CaseGroupObjectPermission",
    "CaseInAdministration",
    "CaseKey",
    "CaseRecord",
    "CaseUserObjectPermission",
    "Certificate",
    "ClockRule",
    "CodeEntry",
    "Consent",
    "ContactAttempt",
    "CounsellingSession",
    "Decision",
    "Dependant",
    "DestructionLine",
    "DestructionList",
    "Document",
    "Extract",
    "Gender",
    "Hold",
    "Information",
    "InformationRequest",
    "MailChoice",
    "MailSettings",
    "Message",
    "NeedsAsked",
    "Notification",
    "Nudge",
    "Person",
    "PortalText",
    "ProgrammeNumber",
    "Referral",
    "ReferralConsent",
    "Restriction",
    "RetentionRule",
    "RightsRequest",
    "SafeContact",
    "SearchKey",
    "Thread",
    "Turn",
    "Visit",
    "WaitsFor",
    "YesNo",
    "YesNoUnsure",
]
