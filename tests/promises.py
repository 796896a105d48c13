"""What process section 1, 2 and 4 promise, written down once more by hand: the code is held against it."""

from dataclasses import dataclass, field

REFERRERS, APPROVERS = {"sara", "maja"}, {"lars", "lena"}
HELSINKI, TIRANA = {"hanna", "henrik"}, {"ilir"}


def _sees(**people: str) -> dict[str, str]:
    groups = {"referring": REFERRERS, "approving": APPROVERS, "coordinating": HELSINKI}
    found: dict[str, str] = {}
    for relation, names in groups.items():
        if people.get(relation):
            found |= dict.fromkeys(names, relation)
    if people.get("local"):
        found |= dict.fromkeys(TIRANA, people["local"])
    return found


_SWEDEN = _sees(referring="y", approving="y")
_WITH_HELSINKI = _sees(referring="y", approving="y", coordinating="y")
_ALL = _sees(referring="y", approving="y", coordinating="y", local="supporting")

# State → who sees such a case of Sara's to Albania at all, and in which relation.
WHO_SEES: dict[str, dict[str, str]] = {
    "draft": _sees(referring="y"),
    "referred": _SWEDEN,
    "more_info": _SWEDEN,
    "approved": _WITH_HELSINKI,
    "application": _sees(referring="y", approving="y", coordinating="y", local="informed"),
    "assessment": _ALL,
    "travel": _ALL,
    "in_transit": _ALL,
    "follow_up": _ALL,
    "closed": _WITH_HELSINKI,
    "declined": _SWEDEN,
    "withdrawn": _SWEDEN,
}

BEFORE_DEPARTURE = {"referred", "more_info", "approved", "application", "assessment", "travel"}
WITH_IOM = {"approved", "application", "assessment", "travel", "in_transit", "follow_up"}

# Step → from which states, and who (process, section 2).
MAY_TAKE: dict[str, tuple[set[str], set[str]]] = {
    "submit_referral": ({"draft"}, REFERRERS),
    "ask_for_more": ({"referred"}, APPROVERS),
    "answer": ({"more_info"}, REFERRERS),
    "recall": ({"more_info", "approved"}, APPROVERS),
    "approve": ({"referred"}, APPROVERS),
    "decline": ({"referred", "more_info"}, APPROVERS),
    "start_application": ({"approved"}, HELSINKI),
    "receive_application": ({"application"}, HELSINKI),
    "clear_for_travel": ({"assessment"}, HELSINKI),
    "back_to_assessment": ({"travel"}, HELSINKI),
    "confirm_departure": ({"travel"}, HELSINKI),
    "confirm_arrival": ({"in_transit", "travel"}, HELSINKI | TIRANA),
    "report_no_show": ({"travel", "in_transit"}, HELSINKI),
    "decline_return": ({"approved", "application", "assessment", "travel"}, HELSINKI),
    "withdraw": (BEFORE_DEPARTURE, REFERRERS | APPROVERS | HELSINKI | TIRANA),
    "end_early": (WITH_IOM, HELSINKI),
    "close": ({"follow_up"}, HELSINKI),
    "reopen": ({"declined", "withdrawn", "closed"}, APPROVERS),
}


def _row(cells: str) -> dict[str, str]:
    return dict(zip(("referring", "approving", "coordinating", "informed", "supporting"), cells.split(), strict=True))


# The table of section 4; "adds" and "answers" are writing.
SEES: dict[str, dict[str, str]] = {
    "status": _row("r r r s r"),
    "identity": _row("w r w - r"),
    "referral": _row("w r r - -"),
    "criminal": _row("w r r - -"),
    "decision": _row("r w r - s"),
    "application": _row("s s w - r"),
    "health": _row("- - w - r"),
    "needs": _row("s s w k w"),
    "plan": _row("s s w - w"),
    "risks": _row("- s w - w"),
    "journey": _row("s s w - r"),
    "arrival": _row("s s w - w"),
    "feedback": _row("r r w - r"),
    "questions": _row("w w w w w"),
}


# What is left to the referrer once the case is closed: `view_case` (section 2, `close`).
LEFT_TO_THE_REFERRER = {"status", "decision", "feedback", "questions"}


@dataclass(frozen=True)
class Promise:
    """What a page of a case wants: the right to a step, or to read or write a section."""

    step: str = ""
    section: str = ""
    writes: bool = False
    post_only: bool = False
    only: frozenset[str] = frozenset()
    # Some of those in the case may, some not: who, is for a test of its own; a stranger may not.
    loose: bool = False
    # The page is of a row that an earlier step makes: until then there is nothing to show.
    needs_row: bool = False
    answers: set[int] = field(default_factory=lambda: {200, 302})


def read(section: str, *, post_only: bool = False, only: str = "") -> Promise:
    return Promise(section=section, post_only=post_only, only=frozenset(only.split()))


def write(section: str, *, post_only: bool = False, only: str = "", needs_row: bool = False) -> Promise:
    return Promise(section=section, writes=True, post_only=post_only, only=frozenset(only.split()), needs_row=needs_row)


def step(verb: str) -> Promise:
    return Promise(step=verb)


ANYBODY_IN_THE_CASE = Promise()
REFERRER = "referring"

PAGES: dict[str, Promise] = {
    # The case as a whole
    "cases:case": ANYBODY_IN_THE_CASE,
    "cases:history": read("status"),
    "cases:seen": read("status", only="referring approving coordinating"),
    "cases:documents": read("status"),
    "cases:document": ANYBODY_IN_THE_CASE,
    "cases:add-document": Promise(loose=True),
    "cases:original": Promise(loose=True),
    "cases:withdraw-document": Promise(post_only=True, loose=True),
    "cases:questions": read("questions"),
    "cases:reply": write("questions", post_only=True),
    "cases:retract": write("questions", post_only=True),
    "cases:hold": Promise(loose=True),
    "cases:reassign": Promise(loose=True),
    "cases:take": Promise(post_only=True, loose=True),
    "cases:nudge": Promise(loose=True),
    "cases:access": read("status"),
    "cases:close-circle": Promise(loose=True),
    "cases:open-circle": Promise(loose=True),
    "cases:name-person": Promise(loose=True),
    "cases:end-person": Promise(loose=True),
    "cases:change-office": Promise(only=frozenset({"coordinating"})),
    # The person's rights: managers of the record owner and of IOM Helsinki
    "cases:rights": Promise(loose=True),
    "cases:restrict": Promise(loose=True),
    "cases:lift-restriction": Promise(loose=True),
    "cases:make-extract": Promise(loose=True),
    "cases:extract": Promise(loose=True),
    "cases:extract-file": Promise(loose=True),
    "cases:add-request": Promise(loose=True),
    "cases:answer-rights-request": Promise(loose=True),
    # Steps 1 and 2
    "cases:referral": read("referral"),
    "cases:referral-person": write("referral"),
    "cases:referral-situation": write("referral"),
    "cases:referral-consent": write("referral"),
    "cases:submit-referral": step("submit_referral"),
    "cases:discard": write("referral"),
    "cases:answer": step("answer"),
    "cases:identity": read("identity"),
    "cases:reveal": Promise(section="identity", post_only=True),
    "cases:edit-identity": write("identity", post_only=True),
    "cases:criminal": write("criminal"),
    "cases:minor": read("referral"),
    "cases:withdraw-referral-consent": write("referral"),
    # Step 3
    "cases:decide": step("approve"),
    "cases:approve": step("approve"),
    "cases:ask-for-more": step("ask_for_more"),
    "cases:decline": step("decline"),
    "cases:recall": step("recall"),
    "cases:decline-return": step("decline_return"),
    "cases:reopen": step("reopen"),
    "cases:new-ceiling": step("approve"),
    "cases:decision": read("decision"),
    "cases:received": read("referral"),
    "cases:withdraw": step("withdraw"),
    # Steps 4 and 5
    "cases:start-application": step("start_application"),
    "cases:counselling": read("application"),
    "cases:add-counselling": write("application"),
    "cases:add-attempt": write("application"),
    "cases:kinds": Promise(only=frozenset({"informed", "supporting"})),
    "cases:application": read("application"),
    "cases:edit-application": write("application", needs_row=True),
    "cases:print-application": write("application", post_only=True),
    "cases:upload-application": write("application"),
    "cases:consents": write("application"),
    "cases:withdraw-consent": write("application"),
    "cases:receive-application": step("receive_application"),
    # Steps 6 to 8
    "reintegration:needs": read("needs"),
    "reintegration:add-need": write("needs", only="coordinating"),
    "reintegration:change-need": write("needs", only="coordinating"),
    "reintegration:delete-need": write("needs", only="coordinating", post_only=True),
    "reintegration:accept-gap": write("needs", only="coordinating"),
    "reintegration:take-back-gap": write("needs", only="coordinating", post_only=True),
    "reintegration:ask-local-office": write("needs", only="coordinating", post_only=True),
    "reintegration:answers": read("needs"),
    "reintegration:answer-need": write("needs", only="supporting", post_only=True),
    "reintegration:confirm-reception": write("needs", only="supporting", post_only=True),
    "reintegration:plan": read("plan"),
    "reintegration:write-plan": write("plan"),
    "reintegration:add-item": write("plan"),
    "reintegration:change-item": write("plan"),
    "reintegration:delete-item": write("plan", post_only=True),
    "reintegration:send-plan": write("plan", only="coordinating", post_only=True, needs_row=True),
    "reintegration:sign-plan": write("plan", needs_row=True),
    "reintegration:answer-plan": write("plan", only="supporting", post_only=True, needs_row=True),
    "reintegration:risks": read("risks"),
    "reintegration:add-risk": write("risks"),
    "reintegration:change-risk": write("risks", only="coordinating"),
    "reintegration:review-risk": write("risks", only="coordinating"),
    "reintegration:delete-risk": write("risks", only="coordinating", post_only=True),
    "reintegration:clear-for-travel": step("clear_for_travel"),
    "reintegration:back-to-assessment": step("back_to_assessment"),
    # Step 9
    "reintegration:journey": read("journey"),
    "reintegration:travel-document": write("journey"),
    "reintegration:details": write("journey"),
    "reintegration:add-leg": write("journey"),
    "reintegration:change-leg": write("journey"),
    "reintegration:remove-leg": write("journey", post_only=True),
    "reintegration:ticket": write("journey"),
    "reintegration:meeting": write("journey"),
    "reintegration:wish": write("journey"),
    "reintegration:pocket-money": write("journey"),
    "reintegration:ready": write("journey", post_only=True),
    "reintegration:booking-notice": write("journey"),
    "reintegration:answer-booking": read("journey", only="supporting"),
    "reintegration:hand-over": read("journey"),
    "reintegration:open-pack": read("journey", only="supporting", post_only=True),
    "reintegration:confirm-departure": step("confirm_departure"),
    "reintegration:report-no-show": step("report_no_show"),
    # Steps 10 and 11
    "reintegration:arrival": read("arrival"),
    "reintegration:confirm-arrival": step("confirm_arrival"),
    "reintegration:not-met": write("arrival"),
    "reintegration:tick-not-met": write("arrival", post_only=True),
    "reintegration:arrival-attempt": write("arrival"),
    "reintegration:answer-alarm": write("arrival"),
    "reintegration:after-arrival": write("arrival", only="supporting", needs_row=True),
    "reintegration:add-support": write("arrival", only="supporting"),
    "reintegration:add-delivery": write("arrival", only="supporting"),
    "reintegration:change-delivery": write("arrival", only="supporting"),
    "reintegration:follow-up": read("arrival"),
    "reintegration:add-contact": write("arrival", only="supporting"),
    "reintegration:contact": read("arrival"),
    "reintegration:record-attempt": write("arrival", only="supporting"),
    "reintegration:lost-contact": write("arrival"),
    "reintegration:stop-contacts": write("arrival", only="supporting"),
    "reintegration:end-early": step("end_early"),
    # Step 12
    "reintegration:feedback": read("feedback"),
    "reintegration:report": read("feedback"),
    "reintegration:edit-report": write("feedback"),
    "reintegration:release-report": write("feedback"),
    "reintegration:retract-report": read("feedback", post_only=True),
    "reintegration:add-report": write("feedback"),
    "reintegration:her-words": write("arrival", only="supporting"),
    "reintegration:let-words-go": write("arrival", only="supporting", post_only=True),
    "reintegration:satisfaction": write("arrival", only="supporting"),
    "reintegration:close": step("close"),
}
