"""What a new or emptied database must hold: clock rules, programme numbers, code lists, texts."""

from typing import Any

from django.apps import apps as present_apps

WORKING, DAYS, HOURS = "working_days", "days", "hours"

# code, name, amount, urgent, unit, warnings, to, escalations, safety (process, section 5)
Rule = tuple[str, str, int, int | None, str, list[int], list[str], list[tuple[int, str]], bool]
RULES: tuple[Rule, ...] = (
    ("decision", "Decision", 3, 1, WORKING, [0], ["approving"], [(2, "approving_managers")], False),
    ("more_information", "More information", 5, None, WORKING, [0], ["referring"], [(5, "approving")], False),
    ("receipt_by_iom", "Receipt by IOM", 1, None, WORKING, [0], ["coordinating"],
     [(1, "coordinating_managers")], False),
    ("first_contact", "First contact", 2, None, WORKING, [0], ["coordinator"], [(2, "coordinating_managers")], False),
    ("local_office_answers", "Local office answers", 5, None, WORKING, [0], ["local_office"], [(3, "coordinating")],
     False),
    ("question", "Question unanswered", 5, None, WORKING, [0], ["asked"], [(3, "asking")], False),
    ("application_unsigned", "Application unsigned", 14, None, DAYS, [0], ["coordinator"], [(16, "approving")], False),
    ("assessment", "Assessment", 20, None, WORKING, [0], ["coordinator"], [(5, "coordinating_managers")], False),
    ("journey_not_booked", "Journey not booked", 10, None, WORKING, [0], ["coordinator"],
     [(5, "coordinating_managers")], False),
    ("support_expires", "Support confirmation expires", 0, None, DAYS, [-7, 0], ["coordinator"], [], False),
    ("risk_review", "Risk review", 0, None, DAYS, [0], ["coordinator"], [], False),
    ("risk_review_departure", "Risk review before departure", 0, None, HOURS, [-336, -48], ["coordinator"], [], False),
    ("booking_notice", "Booking notice", -5, None, WORKING, [0], ["coordinator"],
     [(1, "coordinating_managers")], False),
    ("ready_check", "Ready check", 0, None, HOURS, [-72, -24], ["coordinator", "local_office"], [], True),
    ("pack_unopened", "Hand-over pack unopened", -24, None, HOURS, [0],
     ["local_office", "coordinating", "approving"], [], True),
    ("arrival_watch", "Arrival watch", 2, None, HOURS, [0], ["local_office", "coordinating"],
     [(2, "coordinating_managers"), (10, "approving")], True),
    ("departure_recorded", "Departure recorded", 2, None, DAYS, [0], ["coordinator"], [], True),
    ("follow_up_contact", "Follow-up contact", 0, None, WORKING, [-1, 0], ["local"],
     [(2, "local_managers"), (4, "coordinating")], True),
    ("feedback_report", "Feedback report", 5, None, WORKING, [0], ["coordinating"], [(1, "no_news_yet")], False),
    ("feedback_missing", "Promised report without its contact", 6, None, WORKING, [0], ["no_news_yet"], [], False),
    ("closing", "Closing", 10, None, WORKING, [0], ["coordinating"], [(5, "coordinating_managers")], False),
    ("reflection_period", "Reflection period", 0, None, DAYS, [-7, -2], ["referring", "coordinating"], [], False),
    ("draft_expires", "Draft expires", 30, None, DAYS, [-7, -2], ["referring"], [], False),
    ("retention", "Retention", 0, None, DAYS, [0], ["referring_managers"], [], False),
    ("rights_request", "Request under data protection law", 0, None, DAYS, [-7, 0], ["referring_managers"],
     [(1, "coordinating_managers")], False),
    ("hold_ends", "Pause ends", 0, None, DAYS, [0], ["hold_owner"], [], False),
)  # fmt: skip

NUMBERS = (
    ("programme_months", "Length of the follow-up, in months", 3),
    ("support_valid_days", "Days a confirmation of support stays valid", 60),
    ("risk_review_days", "Days a risk review stays valid before travel", 14),
    ("risk_high", "Risk level from which a risk is high", 15),
    ("risk_medium", "Risk level from which a risk is medium", 8),
    ("booking_notice_working_days", "Working days between booking notice and departure", 5),
    ("first_counselling_days", "Days until the first counselling after arrival", 7),
    ("attempts_before_lost", "Attempts before contact counts as lost", 3),
    ("partners_told_working_days", "Working days until the partners are told of the arrival", 2),
    ("destruction_wait_days", "Days in which a signed destruction list can be stopped", 14),
    ("reflection_days", "Days of the reflection period", 30),
    ("nudge_wait_hours", "Hours between two reminders that people give each other in a case", 24),
    ("nudges_a_week", "Reminders that people may give each other in a case within seven days", 3),
)

SOCIAL_SERVICES_ACT = "Socialtjänstlagen: fem år efter den sista anteckningen (to be confirmed by counsel)"
ARCHIVE_ACT = "Arkivlagen (1990:782) § 10 (to be confirmed by counsel)"
NGO_BASIS = "GDPR article 5.1 e (to be confirmed by counsel)"
# record owner, how the case ended, years, on to the end of the next calendar year, legal basis (process, section 9).
# The time of a draft that was never sent is the clock rule "draft_expires", with its warnings.
RETENTION = (
    *(("social_services", end, 5, True, SOCIAL_SERVICES_ACT) for end in ("closed", "declined", "withdrawn")),
    *(("migration_agency", end, 5, True, ARCHIVE_ACT) for end in ("closed", "declined", "withdrawn")),
    *(("police", end, 5, True, ARCHIVE_ACT) for end in ("closed", "declined", "withdrawn")),
    ("ngo", "closed", 5, True, NGO_BASIS),
    ("ngo", "declined", 2, False, NGO_BASIS),
    ("ngo", "withdrawn", 2, False, NGO_BASIS),
)

FUNDING = (
    ("government", "Regeringsuppdraget", "Government assignment"),
    ("county", "Länsstyrelsens medel", "Länsstyrelsen's own funds"),
    ("municipal", "Kommunens medel", "Municipal funds"),
)

TEXTS = (
    (
        "rules_of_conduct",
        "Öppna bara ärenden som du arbetar med. Varje visning loggas. Skriv aldrig namn, adresser eller vad personen "
        "varit med om i fritext. Prata inte om ett ärende där andra hör.",
        "Open only cases that you work with. Every look is logged. Never write names, addresses or what the person has "
        "been through in free text. Do not speak of a case where others can hear.",
    ),
    (
        "help_path",
        "Personen kan alltid vända sig till socialtjänsten i sin kommun och till det nationella stödtelefonnumret "
        "020-390 000.",
        "The person can always turn to social services in the municipality and to the national helpline 020-390 000.",
    ),
    ("address_lansstyrelsen", "Box 22067\n104 22 Stockholm", "Box 22067\nSE-104 22 Stockholm"),
    (
        "address_iom_helsinki",
        "Unionsgatan 13\nBox 851\n00101 Helsingfors",
        "Unioninkatu 13\nPO Box 851\nFI-00101 Helsinki",
    ),
)


def install_defaults(apps: Any = present_apps) -> None:
    """Put in what is missing; numbers and texts that an administrator has changed stay.

    `apps` is the registry of the moment when a migration calls it.
    """
    ClockRule, ProgrammeNumber = apps.get_model("cases", "ClockRule"), apps.get_model("cases", "ProgrammeNumber")
    CodeEntry, PortalText = apps.get_model("cases", "CodeEntry"), apps.get_model("cases", "PortalText")
    for code, name, amount, urgent, unit, warnings, to, escalations, safety in RULES:
        ClockRule.objects.get_or_create(
            code=code,
            defaults={
                "name": name,
                "amount": amount,
                "urgent_amount": urgent,
                "unit": unit,
                "warnings": warnings,
                "to": to,
                "escalations": [list(pair) for pair in escalations],
                "is_safety": safety,
            },
        )
    _install_retention(apps)
    for code, name, amount in NUMBERS:
        ProgrammeNumber.objects.get_or_create(code=code, defaults={"name": name, "amount": amount})
    for position, (code, swedish, english) in enumerate(FUNDING):
        CodeEntry.objects.get_or_create(
            code_list="funding", code=code, defaults={"name_sv": swedish, "name_en": english, "position": position}
        )
    for code, swedish, english in TEXTS:
        PortalText.objects.get_or_create(code=code, defaults={"text_sv": swedish, "text_en": english})


def _install_retention(apps: Any) -> None:
    """The rules of retention; an earlier migration calls before there is a table for them."""
    try:
        RetentionRule = apps.get_model("cases", "RetentionRule")
    except LookupError:
        return
    for kind, end, years, to_end_of_next_year, basis in RETENTION:
        RetentionRule.objects.get_or_create(
            organisation_kind=kind,
            trigger=end,
            defaults={"years": years, "to_end_of_next_year": to_end_of_next_year, "basis": basis},
        )
