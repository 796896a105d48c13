"""The case and everything in its file that is not the reintegration itself."""

from cases.models.access import CaseGroupObjectPermission, CaseUserObjectPermission
from cases.models.application import Application, Consent, ContactAttempt, CounsellingSession
from cases.models.case import Case, CaseKey
from cases.models.clock import ClockRule, CodeEntry, Notification, PortalText, ProgrammeNumber, Visit
from cases.models.decision import Decision, Hold
from cases.models.document import Document
from cases.models.event import CaseEvent
from cases.models.person import Dependant, Gender, Person, SafeContact
from cases.models.question import Message, NeedsAsked, Thread
from cases.models.record import CaseRecord
from cases.models.referral import Information, InformationRequest, Referral, ReferralConsent, YesNo, YesNoUnsure

__all__ = [
    "Application",
    "Case",
    "CaseEvent",
    "CaseGroupObjectPermission",
    "CaseKey",
    "CaseRecord",
    "CaseUserObjectPermission",
    "ClockRule",
    "CodeEntry",
    "Consent",
    "ContactAttempt",
    "CounsellingSession",
    "Decision",
    "Dependant",
    "Document",
    "Gender",
    "Hold",
    "Information",
    "InformationRequest",
    "Message",
    "NeedsAsked",
    "Notification",
    "Person",
    "PortalText",
    "ProgrammeNumber",
    "Referral",
    "ReferralConsent",
    "SafeContact",
    "Thread",
    "Visit",
    "YesNo",
    "YesNoUnsure",
]
