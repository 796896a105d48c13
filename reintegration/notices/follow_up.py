"""What people are told of follow-up, reports and the end, and what the timeline says of them."""

from django.utils.translation import gettext_lazy as _

from cases import notices, words

notices.register(
    {
        "unsafe": _("A person is not safe"),
        "not_reached": _("A person has not been reached"),
        "lost_contact": _("Everything has been tried to find a person"),
        "contacts_stopped": _("The person wants no more contacts"),
        "report_drafted": _("A feedback report awaits your review"),
        "report_released": _("There is a new report for you"),
        "case_closed": _("The case has been closed"),
    },
    topic="follow_up",
)

words.register(
    {
        "send_contact": _("Follow-up sent"),
        "try_contact": _("Attempt to reach the person recorded"),
        "add_contact": _("Extra contact planned"),
        "save_lost_contact": _("Search for the person written down"),
        "complete_lost_contact": _("Search for the person completed"),
        "stop_contacts": _("The person wants no more contacts"),
        "release_report": _("Feedback report released"),
        "record_own_words": _("The person's own words written down"),
        "retract_own_words": _("The person's own words taken back"),
        "record_satisfaction": _("The person's view of the support written down"),
    }
)
