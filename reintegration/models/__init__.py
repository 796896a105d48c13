"""The rows of a case from its needs to its last report."""

from cases.kinds import Activity, Dimension
from reintegration.models.arrival import (
    Arrival,
    ArrivalAlarm,
    ArrivalAttempt,
    Delivery,
    ImmediateSupport,
    NotMetProtocol,
    NotMetTick,
)
from reintegration.models.feedback import ClosingReport, FeedbackRead, FeedbackReport, Satisfaction
from reintegration.models.follow_up import Contact, FollowUpAttempt, LostContactProtocol
from reintegration.models.journey import Journey, Leg
from reintegration.models.need import Need, ReceptionConfirmation, SupportAnswer
from reintegration.models.plan import Plan, PlanItem
from reintegration.models.risk import Risk

__all__ = [
    "Activity",
    "Arrival",
    "ArrivalAlarm",
    "ArrivalAttempt",
    "ClosingReport",
    "Contact",
    "Delivery",
    "Dimension",
    "FeedbackRead",
    "FeedbackReport",
    "FollowUpAttempt",
    "ImmediateSupport",
    "Journey",
    "Leg",
    "LostContactProtocol",
    "Need",
    "NotMetProtocol",
    "NotMetTick",
    "Plan",
    "PlanItem",
    "ReceptionConfirmation",
    "Risk",
    "Satisfaction",
    "SupportAnswer",
]
