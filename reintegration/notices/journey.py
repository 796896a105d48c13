"""What people are told about the journey and the arrival, and what the timeline says of them."""

from django.utils.translation import gettext_lazy as _

from cases import notices, words

notices.register(
    {
        "booking_notice": _("A journey is booked: say whether you meet the person"),
        "booking_answered": _("The local office has answered the booking notice"),
        "booking_declined": _("The local office cannot meet the person"),
        "ticket_issued": _("The ticket is issued: read the hand-over pack"),
        "journey_changed": _("The journey has changed: read the hand-over pack again"),
        "pack_acknowledged": _("The hand-over pack has been read"),
        "departed": _("The person has left Sweden"),
        "departed_office": _("The person is on the way to you"),
        "arrived": _("The arrival has been confirmed"),
        "no_show": _("The person did not travel"),
        "not_met": _("The person was not met"),
        "watch_moved": _("The expected time has moved: the watch has begun anew"),
    },
    topic="journey",
)

words.register(
    {
        "change_journey": _("Journey changed"),
        "add_leg": _("Leg of the journey added"),
        "change_leg": _("Leg of the journey changed"),
        "remove_leg": _("Leg of the journey removed"),
        "issue_ticket": _("Ticket issued"),
        "change_ticket": _("Ticket changed"),
        "booking_notice": _("Booking notice sent to the local office"),
        "booking_can_receive": _("Local office meets the person"),
        "booking_cannot_receive": _("Local office cannot meet the person"),
        "confirm_wish": _("Wish to return confirmed again"),
        "give_pocket_money": _("Pocket money given"),
        "ready_72h": _("Ready check, 72 hours before"),
        "ready_24h": _("Ready check, 24 hours before"),
        "open_pack": _("Hand-over pack opened"),
        "acknowledge_pack": _("Hand-over pack read by the one who meets the person"),
        "departure_missing": _("Departure recorded although something was missing"),
        "no_show_reason": _("Why the person did not travel"),
        "change_arrival": _("Arrival page changed"),
        "add_support": _("Support on arrival recorded"),
        "add_delivery": _("Delivery recorded"),
        "change_delivery": _("Delivery changed"),
        "arrival_attempt": _("Attempt to find the person recorded"),
        "answer_alarm": _("Arrival alarm answered"),
        "report_not_met": _("Nobody met the person: the protocol was started"),
        "tick_item": _("Something from the protocol's list was done"),
    }
)
