"""Every table of ours, field by field. A field that stands nowhere here fails the suite.

Models of other apps are called by name: the register is one, and nothing here imports them.
"""

from cases.processing.classes import Basis, Kept, Processing, Purpose, of_a_case, of_the_portal

TABLE: dict[str, Processing] = {
    "returns_portal.OutboxItem": of_the_portal(
        Purpose.WORK,
        Basis.TASK,
        Kept.DONE,
        TECHNICAL=(
            "id kind key case_id row_id recipient_id data is_safety created_at due_at attempts leased_until "
            "done_at failed_at last_error"
        ),
    ),
    "returns_portal.Heartbeat": of_the_portal(Purpose.OPERATION, Basis.NONE, Kept.PORTAL, TECHNICAL="name at"),
    "returns_portal.Look": of_the_portal(
        Purpose.ACCESS,
        Basis.DUTY,
        Kept.TRAIL,
        PROGRESS="at section action outcome shown",
        STAFF="user_id session",
        TECHNICAL="id case_id path_name request_id",
    ),
    "returns_portal.Link": of_the_portal(
        Purpose.ACCESS,
        Basis.DUTY,
        Kept.TRAIL,
        PROGRESS="look_id at",
        TECHNICAL="n event_id prev hash",
    ),
    "returns_portal.AccessAlert": of_the_portal(
        Purpose.ACCESS,
        Basis.DUTY,
        Kept.TRAIL,
        PROGRESS="at kind reviewed_at judgement",
        TECHNICAL="id user_id case_id reviewed_by_id",
    ),
    "returns_portal.IndexKey": of_the_portal(
        Purpose.SECURITY,
        Basis.NONE,
        Kept.PORTAL,
        TECHNICAL="key_id wrapped id",
    ),
    "partners.Organisation": of_the_portal(
        Purpose.OPERATION,
        Basis.STAFF,
        Kept.PORTAL,
        PROGRESS="kind is_active created_at",
        STAFF="phone email",
        TECHNICAL="id group",
        RULES="name short_name country",
    ),
    "partners.User": of_the_portal(
        Purpose.OPERATION,
        Basis.STAFF,
        Kept.ACCOUNT,
        STAFF="last_login is_superuser email name role language theme phone is_active is_staff joined_at",
        TECHNICAL="password id organisation",
    ),
    "partners.Invitation": of_the_portal(
        Purpose.OPERATION,
        Basis.STAFF,
        Kept.ACCOUNT,
        PROGRESS="created_at expires_at accepted_at",
        STAFF="email role invited_by",
        TECHNICAL="id organisation token_hash",
    ),
    "cases.CaseGroupObjectPermission": of_the_portal(
        Purpose.ACCESS,
        Basis.DUTY,
        Kept.SKELETON,
        PROGRESS="granted_at valid_until by_name_only reason",
        STAFF="granted_by",
        TECHNICAL="id permission group content_object",
    ),
    "cases.CaseUserObjectPermission": of_the_portal(
        Purpose.ACCESS,
        Basis.DUTY,
        Kept.SKELETON,
        NARRATIVE="reason",
        PROGRESS="granted_at valid_until",
        STAFF="user granted_by",
        TECHNICAL="id permission content_object",
    ),
    "cases.CaseInAdministration": of_the_portal(
        Purpose.OPERATION,
        Basis.TASK,
        Kept.SKELETON,
        PROGRESS="state round created_at changed_at submitted_at decided_at closed_at retention_on",
        TECHNICAL="id code referring approving local_office",
    ),
    "cases.Referral": of_a_case(
        "referral",
        SENSITIVE="exploitation has_health_needs",
        CRIMINAL="criminal_case witness_until",
        SITUATION=(
            "found_by age_band is_minor other_languages needs_interpreter interpreter_gender "
            "interpreter_not_own_community immediate_danger interest judged_by wishes_freely "
            "destination_place to_home_community citizenships residence permit_expires_on reflection_from "
            "reflection_until reflection_applied_by shelter_until earlier_return "
            "guardian_in_sweden_confirmed_on guardian_at_home_confirmed_on family_assessed_on "
            "best_interests_decided_on"
        ),
        NARRATIVE="background",
        PROGRESS="first_contact_on ground urgency",
    ),
    "cases.Information": of_a_case(
        "referral",
        SITUATION="language",
        PROGRESS="leaflet_version given_on",
    ),
    "cases.ReferralConsent": of_a_case(
        "referral",
        SITUATION="language",
        PROGRESS="purposes recipients given_on with_interpreter withdrawn_at",
    ),
    "cases.InformationRequest": of_a_case(
        "decision",
        NARRATIVE="question answer",
        PROGRESS="due_on answered_at recalled_at",
        STAFF="answered_by",
    ),
    "cases.CounsellingSession": of_a_case(
        "application",
        SENSITIVE="capacity",
        SITUATION="language understands in_private topics alternatives",
        NARRATIVE="note",
        PROGRESS="held_on mode with_interpreter country_information",
    ),
    "cases.ContactAttempt": of_a_case(
        "application",
        NARRATIVE="note",
        PROGRESS="tried_at channel result",
    ),
    "cases.Application": of_a_case(
        "application",
        IDENTITY="name_in_document also_known_as gender birth_date birth_place citizenships documents_held",
        CONTACT="destination_community who_knows contact_after_return",
        SENSITIVE="health_declaration",
        SITUATION=(
            "is_birth_date_estimated arrived_in_sweden address_class family education_work_skills "
            "languages_spoken has_debts earlier_iom_help"
        ),
        NARRATIVE="wishes",
        PROGRESS="locked_at time_to_think attest",
        TECHNICAL="version is_current sha256",
    ),
    "cases.Consent": of_a_case(
        "application",
        SITUATION="language",
        NARRATIVE="details",
        PROGRESS="purpose answer given_on withdrawn_at",
        TECHNICAL="is_current",
    ),
    "cases.RetentionRule": of_the_portal(
        Purpose.RIGHTS,
        Basis.NONE,
        Kept.PORTAL,
        RULES=(
            "id organisation_kind trigger counts_from years months days to_end_of_next_year basis "
            "decision_ref action is_active"
        ),
    ),
    "cases.DestructionList": of_the_portal(
        Purpose.RIGHTS,
        Basis.DUTY,
        Kept.ARCHIVE,
        PROGRESS="made_at first_at second_at destroy_after stopped_at destroyed_at",
        STAFF="first_by second_by stopped_by",
        TECHNICAL="id organisation signed_sha256",
    ),
    "cases.DestructionLine": of_the_portal(
        Purpose.RIGHTS,
        Basis.DUTY,
        Kept.ARCHIVE,
        NARRATIVE="note",
        PROGRESS="due_on closed_at left_out left_out_until destroyed_at",
        STAFF="left_out_by",
        TECHNICAL="id list case rule key_fingerprint",
        RULES="basis decision_ref",
    ),
    "cases.Certificate": of_the_portal(
        Purpose.RIGHTS,
        Basis.DUTY,
        Kept.ARCHIVE,
        PROGRESS="made_at",
        STAFF="content",
        TECHNICAL="id list language sha256",
    ),
    "cases.Breach": of_the_portal(
        Purpose.SECURITY,
        Basis.DUTY,
        Kept.ARCHIVE,
        NARRATIVE="what_happened consequences measures reasons",
        PROGRESS=(
            "created_at changed_at happened_from happened_until found_at judged_at judged reported_at "
            "people_told_at diary_number categories number_of_people closed_at"
        ),
        STAFF="created_by closed_by",
        TECHNICAL="id",
    ),
    "cases.BreachKey": of_the_portal(
        Purpose.SECURITY,
        Basis.DUTY,
        Kept.ARCHIVE,
        TECHNICAL="key_id wrapped breach",
    ),
    "cases.BreakGlass": of_a_case(
        "status",
        NARRATIVE="reason words",
        PROGRESS="until review_due more_asked_at extended_at judgement reviewed_at escalated_at",
        STAFF="extended_by reviewed_by",
        TECHNICAL="organisation overseer",
    ),
    "cases.Case": of_the_portal(
        Purpose.RETURN,
        Basis.TASK,
        Kept.SKELETON,
        IDENTITY="alias",
        SITUATION="language",
        JOURNEY="departs_at expected_at",
        PROGRESS=(
            "state round destination is_urgent has_minor is_protected is_restricted completeness created_at "
            "changed_at submitted_at decided_at state_since departed_on arrived_on next_contact_on closed_at "
            "retention_on limited_since destroyed_at shares_health shared_with_iom ball_what ball_due "
            "ball_waits_for held_until open_questions"
        ),
        STAFF="caseworker decider coordinator local_responsible created_by submitted_by reopened_by approved_by",
        TECHNICAL="id code restricted_by referring approving local_office ball_with",
    ),
    "cases.CaseKey": of_the_portal(
        Purpose.SECURITY,
        Basis.TASK,
        Kept.CASE,
        TECHNICAL="key_id wrapped case",
    ),
    "cases.ClockRule": of_the_portal(
        Purpose.OPERATION,
        Basis.NONE,
        Kept.PORTAL,
        RULES="id code name amount urgent_amount unit warnings to escalations text_sv text_en is_safety is_active",
    ),
    "cases.ProgrammeNumber": of_the_portal(
        Purpose.OPERATION,
        Basis.NONE,
        Kept.PORTAL,
        RULES="id code name amount",
    ),
    "cases.CodeEntry": of_the_portal(
        Purpose.OPERATION,
        Basis.NONE,
        Kept.PORTAL,
        RULES="id code_list code name_sv name_en is_active position",
    ),
    "cases.PortalText": of_the_portal(
        Purpose.OPERATION,
        Basis.NONE,
        Kept.PORTAL,
        RULES="id code text_sv text_en",
    ),
    "cases.Notification": of_the_portal(
        Purpose.WORK,
        Basis.STAFF,
        Kept.CASE,
        PROGRESS="what is_safety created_at read_at mail rule due_at rung settled_at",
        STAFF="recipient sender",
        TECHNICAL="id case page key subject",
    ),
    "cases.MailSettings": of_the_portal(Purpose.WORK, Basis.STAFF, Kept.ACCOUNT, STAFF="user digest last_digest_at"),
    "cases.MailChoice": of_the_portal(Purpose.WORK, Basis.STAFF, Kept.ACCOUNT, STAFF="user topic how", TECHNICAL="id"),
    "cases.CalendarLink": of_the_portal(
        Purpose.WORK, Basis.STAFF, Kept.ACCOUNT, STAFF="user created_at fetched_at", TECHNICAL="secret_hash"
    ),
    "cases.Turn": of_the_portal(
        Purpose.WORK,
        Basis.TASK,
        Kept.SKELETON,
        PROGRESS="round state waits_for began_at ended_at",
        TECHNICAL="id case organisation",
    ),
    "cases.Nudge": of_the_portal(
        Purpose.WORK,
        Basis.STAFF,
        Kept.CASE,
        PROGRESS="at",
        STAFF="by",
        TECHNICAL="id case organisation",
    ),
    "cases.Visit": of_the_portal(
        Purpose.WORK,
        Basis.STAFF,
        Kept.CASE,
        PROGRESS="at",
        STAFF="user",
        TECHNICAL="id case",
    ),
    "cases.Decision": of_a_case(
        "decision",
        NARRATIVE="conditions text help_path",
        PROGRESS=(
            "kind decided_on diary_number funding_line ceiling_sek shared_sections legal_ground reason_code recalled_at"
        ),
        TECHNICAL="preview_sha256",
    ),
    "cases.Hold": of_a_case(
        "status",
        PROGRESS="reason until ended_at",
        STAFF="owner ended_by",
    ),
    "cases.Document": of_a_case(
        "own",
        IDENTITY="name",
        PROGRESS="kind section paper language scan scanned_at withdrawn_at",
        TECHNICAL="row_id version media_type size sha256 stored_as original_stored_as",
    ),
    "cases.CaseEvent": of_a_case(
        "own",
        NARRATIVE="note",
        PROGRESS="verb was became section",
        TECHNICAL="organisation only_with",
    ),
    "cases.Person": of_a_case(
        "identity",
        IDENTITY="full_name birth_date identity_number gender",
        CONTACT="phone",
    ),
    "cases.SafeContact": of_a_case(
        "identity",
        CONTACT="channel days_and_hours code_word voicemail who_may_hear details",
    ),
    "cases.Dependant": of_a_case(
        "referral",
        IDENTITY="details",
        SITUATION="relation is_adult",
    ),
    "cases.Thread": of_a_case(
        "questions",
        NARRATIVE="subject",
        PROGRESS="wants_answer due_on answered_at closed_at is_about_needs",
        TECHNICAL="asked_by asked_of",
    ),
    "cases.Message": of_a_case(
        "questions",
        NARRATIVE="text",
        PROGRESS="read_at retracted_at",
        TECHNICAL="thread organisation",
    ),
    "cases.NeedsAsked": of_a_case(
        "needs",
        NARRATIVE="note",
        PROGRESS="domain answer answered_at",
        STAFF="answered_by",
        TECHNICAL="office",
    ),
    "cases.Restriction": of_a_case(
        "status",
        NARRATIVE="reason lift_note",
        PROGRESS="ground lifted_at",
        STAFF="lifted_by",
    ),
    "cases.Extract": of_a_case(
        "status",
        NARRATIVE="left_out",
        PROGRESS="language made_at expires_at removed_at",
        TECHNICAL="stored_as size sha256",
    ),
    "cases.RightsRequest": of_a_case(
        "status",
        NARRATIVE="text answer",
        PROGRESS="kind asked_on due_on outcome answered_on",
        STAFF="answered_by",
    ),
    "cases.SearchKey": of_the_portal(
        Purpose.RETURN,
        Basis.TASK,
        Kept.CASE,
        IDENTITY="digest",
        TECHNICAL="id case field",
    ),
    "reintegration.Plan": of_a_case(
        "plan",
        NARRATIVE="goal first_week contact_plan if_it_fails change_reason office_reason",
        PROGRESS="signed_on sent_to_office_at office_answer office_answered_at",
        STAFF="office_answered_by",
        TECHNICAL="version is_current signed_document office",
    ),
    "reintegration.PlanItem": of_a_case(
        "plan",
        CONTACT="provider",
        NARRATIVE="description outcome",
        PROGRESS="activity responsible start_on due_on amount currency rate_to_sek rate_on is_in_kind instalment",
        TECHNICAL="plan line",
    ),
    "reintegration.Arrival": of_a_case(
        "arrival",
        CONTACT="met_by place",
        SENSITIVE="condition needs_at_once",
        NARRATIVE="not_met_reason referred_on_to stood_in_reason",
        PROGRESS="was_met how at first_counselling_on",
    ),
    "reintegration.ImmediateSupport": of_a_case(
        "arrival",
        NARRATIVE="note",
        PROGRESS="kind given_on",
    ),
    "reintegration.Delivery": of_a_case(
        "arrival",
        NARRATIVE="what",
        PROGRESS="amount currency rate_to_sek delivered_on",
        TECHNICAL="plan_item receipt",
    ),
    "reintegration.ArrivalAttempt": of_a_case(
        "arrival",
        NARRATIVE="note",
        PROGRESS="at channel result",
    ),
    "reintegration.ArrivalAlarm": of_a_case(
        "arrival",
        NARRATIVE="note",
        PROGRESS="rung expected_at rung_at acknowledged_at closed_at",
        STAFF="acknowledged_by told",
    ),
    "reintegration.NotMetProtocol": of_a_case(
        "arrival",
        PROGRESS="ended_at",
    ),
    "reintegration.NotMetTick": of_a_case(
        "arrival",
        PROGRESS="item",
        TECHNICAL="protocol",
    ),
    "reintegration.Contact": of_a_case(
        "arrival",
        CONTACT="home_phone safe_rule",
        SENSITIVE="health",
        SITUATION=(
            "safety housing income family_tension contact_by_exploiters wants_change needs_met own_words_language"
        ),
        NARRATIVE="own_words note",
        PROGRESS="label due_on held_at own_words_may_go next_on cancelled_at",
        STAFF="held_by",
    ),
    "reintegration.FollowUpAttempt": of_a_case(
        "arrival",
        NARRATIVE="note",
        PROGRESS="at channel result",
        TECHNICAL="contact",
    ),
    "reintegration.LostContactProtocol": of_a_case(
        "arrival",
        NARRATIVE="steps note",
        PROGRESS="opened_at completed_at found_at",
        STAFF="opened_by completed_by",
    ),
    "reintegration.FeedbackReport": of_a_case(
        "feedback",
        SITUATION="her_words_language",
        NARRATIVE="text her_words",
        PROGRESS=(
            "kind due_on level her_words_released her_words_retracted_at state drafted_at reviewed_at "
            "released_at retracted_at occasion"
        ),
        STAFF="reviewed_by released_by",
        TECHNICAL="contact document",
    ),
    "reintegration.FeedbackRead": of_a_case(
        "feedback",
        PROGRESS="read_at",
        STAFF="user",
        TECHNICAL="report",
    ),
    "reintegration.Satisfaction": of_a_case(
        "feedback",
        PROGRESS=(
            "asked_on travel_home counselling economic_support social_support community_support overall "
            "matched_expectations"
        ),
        STAFF="asked_by",
    ),
    "reintegration.ClosingReport": of_a_case(
        "feedback",
        NARRATIVE="text",
        PROGRESS="reason released_at",
        STAFF="released_by",
        TECHNICAL="document",
    ),
    "reintegration.Journey": of_a_case(
        "journey",
        IDENTITY="document_number",
        CONTACT="escort_name meeter_name meeter_phone",
        SENSITIVE=(
            "fitness_on fitness_valid_until fitness_note assistance_departure assistance_transit "
            "assistance_arrival assistance_note"
        ),
        JOURNEY=(
            "consulate document_expires_on baggage recognition_sign meeting_point first_night "
            "onward_transport expected_exit_at departure_missing departure_reason no_show_reason"
        ),
        NARRATIVE="booking_notice_late_reason no_show_note",
        PROGRESS=(
            "document_kind document_state ticket_state ticket_issued_at escort_kind escort_return_ticket "
            "booking_notice_sent_at booking_notice_answered_at booking_can_receive wish_confirmed_on "
            "pocket_money_amount ready_72h_at ready_24h_at pack_opened_at pack_acknowledged_at is_marked "
            "pocket_money_currency"
        ),
        STAFF=(
            "ticket_issued_by booking_notice_answered_by wish_asked_by ready_72h_by ready_24h_by "
            "pack_opened_by pack_acknowledged_by"
        ),
        TECHNICAL="pocket_money_receipt",
    ),
    "reintegration.Leg": of_a_case(
        "journey",
        JOURNEY="mode carrier number from_airport from_place to_airport to_place departs_zone arrives_zone",
        PROGRESS="departs_at arrives_at is_marked",
        TECHNICAL="journey order",
    ),
    "reintegration.Need": of_a_case(
        "needs",
        CONTACT="provider",
        SITUATION="stated_by",
        NARRATIVE="description wished_solution gap_reason",
        PROGRESS="domain urgency cost currency gap_accepted_by_person_at gap_accepted_by_iom_at",
        STAFF="gap_accepted_by_iom",
    ),
    "reintegration.SupportAnswer": of_a_case(
        "needs",
        NARRATIVE="note",
        PROGRESS="status asked_at answered_at valid_until",
        STAFF="answered_by",
        TECHNICAL="need office is_current",
    ),
    "reintegration.ReceptionConfirmation": of_a_case(
        "needs",
        NARRATIVE="note",
        PROGRESS="can_receive confirmed_at from_on valid_until",
        STAFF="confirmed_by",
        TECHNICAL="office is_current",
    ),
    "reintegration.Risk": of_a_case(
        "risks",
        SENSITIVE="category",
        SITUATION="who likelihood severity residual_likelihood residual_severity decision",
        NARRATIVE="description measure",
        PROGRESS="phase due_on reviewed_on next_review_on",
        STAFF="owner decided_by",
    ),
}
