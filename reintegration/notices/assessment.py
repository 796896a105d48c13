"""What people are told about needs, plan and risks, and what the timeline says of them."""

from django.utils.translation import gettext_lazy as _

from cases import notices, words

notices.register(
    {
        "needs_asked": _("You are asked about support at home"),
        "needs_answered": _("The local office has answered about support at home"),
        "office_can_receive": _("The local office can receive the person"),
        "office_cannot_receive": _("The local office cannot receive the person"),
        "plan_sent": _("A reintegration plan awaits your answer"),
        "plan_accepted": _("The local office has accepted the plan"),
        "plan_adapted": _("The local office wants the plan adapted"),
        "plan_cannot": _("The local office cannot carry out the plan"),
        "high_risk": _("A high risk has been recorded"),
        "cleared_for_travel": _("A case has been cleared for travel"),
        "back_to_assessment": _("A case is assessed again"),
    },
    topic="assessment",
)

words.register(
    {
        "add_need": _("Need added"),
        "change_need": _("Need changed"),
        "delete_need": _("Need removed"),
        "ask_needs": _("Local office asked about support at home"),
        "answer_need": _("Local office answered about support at home"),
        "can_receive": _("Local office can receive the person"),
        "cannot_receive": _("Local office cannot receive the person"),
        "accept_gap": _("Gap accepted by the person and IOM"),
        "take_back_gap": _("Gap no longer accepted"),
        "change_plan": _("Reintegration plan changed"),
        "sign_plan": _("Reintegration plan signed"),
        "send_plan": _("Reintegration plan sent to the local office"),
        "plan_accepted": _("Reintegration plan accepted by the local office"),
        "plan_adapted": _("Local office wants the plan adapted"),
        "plan_cannot": _("Local office cannot carry out the plan"),
        "add_risk": _("Risk added"),
        "change_risk": _("Risk changed"),
        "review_risk": _("Risk reviewed"),
        "delete_risk": _("Risk removed"),
    }
)
