"""Rules as data: an administrator changes them, sees first what would go out, and cannot make a safety rule silent."""

import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from cases.actions import dry_run as dry_runs
from cases.actions import remind
from cases.admin.recipients import LABELS
from cases.admin.rule_form import known_words
from cases.defaults import RULES
from cases.models import Case, ClockRule, Notification, ProgrammeNumber
from cases.reminders import Changes
from cases.views.notice_lines import lines_of
from returns_portal import clock
from returns_portal.models import Look, OutboxItem
from tests.clockwork import MONDAY, moment, rung

LATE = moment("10-30 12:00")
SAFETY = ["arrival_watch", "ready_check", "pack_unopened", "departure_recorded", "follow_up_contact"]


@pytest.fixture
def office(as_, cast):
    """The administrator's browser."""
    return as_(cast.admin)


@pytest.fixture
def late(make_case):
    """A referral that nobody decided on for weeks."""
    with clock.moved_to(MONDAY):
        return make_case(reached="referred")


def rows(*pairs):
    """The ladder's inputs with these rungs in the first rows."""
    said: dict[str, str] = {}
    for row in range(1, 6):
        after, who = pairs[row - 1] if row <= len(pairs) else ("", "")
        said |= {f"escalations_{row}_after": str(after), f"escalations_{row}_to": who}
    return said


def send(office, code, /, **changes):
    """Post a rule's page with what stands there, but for these fields."""
    rule = ClockRule.objects.get(code=code)
    page = f"/admin/cases/clockrule/{rule.pk}/change/"
    form = office.get(page).context["adminform"].form
    said = {name: form[name].value() for name in form.fields if name != "escalations"}
    said = {name: "" if value is None else value for name, value in said.items()} | rows(*rule.escalations)
    data = {name: value for name, value in (said | changes).items() if value is not False}
    return office.post(page, data)


def text_of(response):
    """The page's words, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def errors(response):
    """Field → what is wrong there."""
    return {name: " ".join(said) for name, said in response.context["adminform"].form.errors.items()}


def as_it_is(code):
    """Everything of a rule that the form changes."""
    return ClockRule.objects.filter(code=code).values().get()


# Changing


def test_an_administrator_changes_a_rule(office):
    response = send(
        office,
        "decision",
        amount="4",
        warnings="0; −1,",
        to=["approving", "referring"],
        **rows((3, "referring"), ("", ""), (2, "approving_managers"), (3, "referring")),
        text_sv="Ett beslut väntar på er",
        text_en="A decision waits for you",
    )
    assert response.status_code == 302
    rule = ClockRule.objects.get(code="decision")
    assert (rule.amount, rule.warnings) == (4, [-1, 0])
    assert sorted(rule.to) == ["approving", "referring"]
    assert rule.escalations == [[2, "approving_managers"], [3, "referring"]]
    assert (rule.text_sv, rule.text_en) == ("Ett beslut väntar på er", "A decision waits for you")
    assert send(office, "decision", is_active=False).status_code == 302
    assert not ClockRule.objects.get(code="decision").is_active


def test_recipients_are_chosen_by_their_names(office):
    page = text_of(office.get(f"/admin/cases/clockrule/{ClockRule.objects.get(code='question').pk}/change/"))
    for words in ("Länsstyrelsen: everybody (the queue)", "Local office: the managers", "Those who were asked"):
        assert words in page
    assert "no news yet" not in page  # means nothing in this rule
    assert set(LABELS) == known_words()


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"amount": "0"}, "amount", "From 1 to 250."),
        ({"amount": "251"}, "amount", "From 1 to 250."),
        ({"amount": "x"}, "amount", "Enter a whole number."),
        ({"urgent_amount": "4"}, "urgent_amount", "Urgent cases are due no later than others: at most 3."),
        ({"unit": "weeks"}, "unit", "Select a valid choice"),
        ({"warnings": "soon"}, "warnings", "Write whole numbers with commas between them, such as −7, 0."),
        ({"warnings": "-300"}, "warnings", "From -250 to 250."),
        ({"warnings": "1,2,3,4,5,6,7"}, "warnings", "At most 6."),
        ({"warnings": "", **rows()}, "warnings", "Without warning and escalation nobody is reminded"),
        ({"to": "everybody"}, "to", "Select a valid choice"),
        ({"to": "hold_owner"}, "to", "Select a valid choice"),
        ({"to": []}, "to", "This field is required."),
        (rows((2, "nobody")), "escalations", "Row 1: choose one of the recipients in the list."),
        (rows((2, "approving"), (3, "")), "escalations", "Row 2: say both after how long and to whom, or neither."),
        (rows(("x", "approving")), "escalations", "Row 1: write a whole number."),
        (rows((-1, "approving")), "escalations", "Row 1: From 0 to 250."),
        ({"text_sv": "Bara svenska"}, "text_en", "Write the text in both languages, or in neither."),
        ({"text_en": "English only"}, "text_sv", "Write the text in both languages, or in neither."),
    ],
)
def test_a_rule_that_could_not_be_followed_is_refused_at_the_field(changes, field, said, office):
    before = as_it_is("decision")
    response = send(office, "decision", **changes)
    assert (response.status_code, list(errors(response))) == (200, [field])
    assert said in errors(response)[field]
    assert as_it_is("decision") == before


def test_what_was_typed_is_not_lost_with_an_error(office):
    page = send(office, "decision", amount="0", warnings="-1, 0", **rows((7, "referring"))).content.decode()
    assert 'value="-1, 0"' in page
    assert re.search(r'name="escalations_1_after" value="7"', page)
    assert re.search(r'<option value="referring" selected', page)


def test_drafts_are_not_emptied_by_a_slip_of_the_keyboard(office):
    assert errors(send(office, "draft_expires", amount="3")) == {"amount": "From 14 to 365."}


def test_whose_turn_it_is_follows_a_changed_rule_and_a_changed_number(office):
    asked = OutboxItem.objects.filter(kind="refresh-balls")
    send(office, "decision")
    assert not asked.exists()  # nothing was changed
    send(office, "decision", amount="4")
    assert asked.count() == 1
    number = ProgrammeNumber.objects.get(code="programme_months")
    office.post(f"/admin/cases/programmenumber/{number.pk}/change/", {"name": number.name, "amount": "6"})
    assert asked.count() == 2


# Safety rules


@pytest.mark.parametrize("code", SAFETY)
def test_a_safety_rule_is_not_silenced_by_the_form(code, office):
    before = as_it_is(code)
    far = "-1999" if before["unit"] == "hours" else "-249"
    silencing = {
        "is_active": False,
        "warnings": "",
        "to": "referring_managers",
        "amount": "250",
        "escalations": "",
    }
    for field, value in [*silencing.items(), ("warnings", "200"), ("warnings", far)]:
        if field == "escalations" and not before["escalations"]:
            continue
        response = send(office, code, **(rows() if field == "escalations" else {field: value}))
        assert (response.status_code, list(errors(response))) == (200, [field]), (field, value)
    assert as_it_is(code) == before


@pytest.mark.parametrize("change", [{"is_active": False}, {"warnings": []}, {"to": []}])
def test_a_safety_rule_is_not_silenced_by_whoever_writes_past_the_form(change, db):
    with pytest.raises(IntegrityError, match="safety_rule_rings"), transaction.atomic():
        ClockRule.objects.filter(code="arrival_watch").update(**change)


def test_it_is_a_safety_rule_and_counts_hours_whatever_is_posted(office):
    assert send(office, "arrival_watch", is_safety="", unit="days", code="other").status_code == 302
    rule = ClockRule.objects.get(code="arrival_watch")
    assert (rule.is_safety, rule.unit) == (True, "hours")


def test_the_arrival_watch_rings_two_hours_late_at_the_most(office):
    assert send(office, "arrival_watch", amount="4").status_code == 302
    assert errors(send(office, "arrival_watch", amount="5")) == {
        "amount": "A safety rule rings hardly later than it was made to: at most 4 (hours)."
    }
    # What the due moment has used of the two hours the rungs cannot use again.
    later = send(office, "arrival_watch", amount="4", **rows((3, "coordinating_managers"), (10, "approving")))
    assert errors(later) == {
        "escalations": "This safety rule must still tell “IOM Helsinki: the managers”,"
        " at the latest 2 (hours) after due."
    }
    assert errors(send(office, "arrival_watch", amount="3", warnings="2")) == {
        "warnings": "This safety rule needs a warning of its own from -337 to 1 (hours)."
    }
    assert send(office, "arrival_watch", amount="3", warnings="1").status_code == 302


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("ready_check", {"warnings": "-48, 0"}),
        ("ready_check", {"warnings": "-72, -21"}),
        ("follow_up_contact", {"warnings": "0, 1"}),
        ("follow_up_contact", {"amount": "1"}),
        # Over a long holiday one working day is five days.
        ("follow_up_contact", {"amount": "1", "warnings": "-5, 0"}),
    ],
)
def test_what_a_safety_rule_says_before_a_moment_is_not_said_afterwards(code, changes, office):
    before = as_it_is(code)
    assert list(errors(send(office, code, **changes))) == ["warnings"]
    assert as_it_is(code) == before


def test_a_safety_rule_has_no_text_of_an_administrators(office):
    page = office.get(f"/admin/cases/clockrule/{ClockRule.objects.get(code='arrival_watch').pk}/change/")
    assert not {"text_sv", "text_en"} & set(page.context["adminform"].form.fields)
    assert send(office, "arrival_watch", text_sv="Allt är bra", text_en="All is well").status_code == 302
    rule = ClockRule.objects.get(code="arrival_watch")
    assert (rule.text_sv, rule.text_en) == ("", "")


def test_a_text_that_a_safety_rule_has_all_the_same_stands_in_no_inbox(cast, late):
    ClockRule.objects.update(text_sv="Allt är bra", text_en="All is well")
    said = {}
    for rule in ("arrival_watch", "decision"):
        row = Notification.objects.create(
            recipient=cast.lars, case=late, what=rule, page="/", key=rule, rule=rule, due_at=clock.now(), rung=0
        )
        [line] = lines_of(Notification.objects.filter(pk=row.pk), cast.lars)
        said[rule] = line["words"] in {"Allt är bra", "All is well"}
    assert said == {"arrival_watch": False, "decision": True}


def test_nobody_is_taken_off_the_ladder_of_a_safety_rule_and_more_may_be_told(office):
    assert "escalations" in errors(send(office, "arrival_watch", **rows((2, "coordinating_managers"))))
    assert "escalations" in errors(send(office, "follow_up_contact", **rows((2, "coordinating"), (4, "coordinating"))))
    more = rows((1, "coordinating_managers"), (5, "approving"), (6, "referring"))
    to = ["local_office", "coordinating", "local_managers"]
    assert send(office, "arrival_watch", to=to, warnings="-1, 0, 1", **more).status_code == 302


def test_two_warnings_of_a_safety_rule_do_not_become_one(office):
    assert errors(send(office, "ready_check", warnings="-60")) == {
        "warnings": "This safety rule needs a warning of its own from -408 to -70 (hours)."
    }
    assert send(office, "ready_check", warnings="-96, -48").status_code == 302


def test_a_safety_rule_of_days_moves_by_one_day(office):
    assert send(office, "follow_up_contact", amount="1", warnings="-6, 0").status_code == 302
    assert errors(send(office, "follow_up_contact", amount="2")) == {
        "amount": "A safety rule rings hardly later than it was made to: at most 1 (working days)."
    }
    assert send(office, "departure_recorded", amount="1", warnings="2").status_code == 302
    assert "warnings" in errors(send(office, "departure_recorded", amount="2", warnings="2"))


# The dry run


def test_the_dry_run_says_what_a_walk_with_the_saved_rule_then_sends(office, late, many_like):
    many_like(late, 2)
    with clock.moved_to(LATE):
        remind.walk_the_clocks()
        change = {"to": ["approving", "referring"], **rows((2, "approving_managers"), (4, "coordinating"))}
        before = Notification.objects.count(), OutboxItem.objects.count(), as_it_is("decision")
        response = send(office, "decision", _dry_run="1", **change)
        assert (Notification.objects.count(), OutboxItem.objects.count(), as_it_is("decision")) == before

        run = response.context["run"]
        stood = open_reminders()
        assert send(office, "decision", **change).status_code == 302
        assert remind.walk_the_clocks() == run.goes_out == run.by_the_change > 0
        assert len(stood - open_reminders()) == run.settled
    new = Notification.objects.filter(rule="decision").order_by("-created_at")[: run.goes_out]
    assert {row.identity for row in new} == {line.identity for line in run.lines}
    assert f"With this rule {run.goes_out} reminders would go out now." in text_of(response)


def open_reminders():
    """The reminders of decisions that stand in inboxes."""
    rows = Notification.objects.filter(rule="decision", settled_at__isnull=True)
    return {row.identity for row in rows}


def test_the_dry_run_tells_what_is_new_by_the_change_from_what_was_coming_anyway(office, late):
    with clock.moved_to(moment("10-08 07:00")):
        page = text_of(send(office, "decision", _dry_run="1"))
        assert "With this rule 2 reminders would go out now. 0 of them go out only because of the change." in page
        page = text_of(send(office, "decision", _dry_run="1", to=["approving", "referring"]))
        assert "With this rule 3 reminders would go out now. 1 of them goes out only because of the change." in page
        assert late.code_shown in page
        assert "Nothing has been saved or sent." in page


@pytest.mark.parametrize(
    ("to", "words"),
    [
        (["coordinating"], "With this rule 0 reminders would go out now. 2 open reminders would be settled."),
        (["approving_managers"], "With this rule 0 reminders would go out now. 1 open reminder would be settled."),
        (["approving", "referring"], "With this rule 1 reminder would go out now."),
    ],
)
def test_the_dry_run_counts_in_words(to, words, office, late):
    rung("decision", "10-08 07:00")
    with clock.moved_to(moment("10-08 08:00")):
        assert words in text_of(send(office, "decision", _dry_run="1", to=to))


def test_a_rule_taken_out_of_force_settles_what_is_open(office, late):
    rung("decision", "10-08 07:00")
    with clock.moved_to(moment("10-08 08:00")):
        page = text_of(send(office, "decision", _dry_run="1", is_active=False))
        assert "With this rule 0 reminders would go out now. 2 open reminders would be settled." in page
        assert ClockRule.objects.get(code="decision").is_active
        send(office, "decision", is_active=False)
        remind.walk_the_clocks()
    assert open_reminders() == set()


def test_the_dry_run_names_cases_and_offices_and_no_person(office, late):
    Case.objects.filter(pk=late.pk).update(alias="Kvittra")
    with clock.moved_to(LATE):
        page = text_of(send(office, "decision", _dry_run="1"))
    assert late.code_shown in page
    assert "Referred" in page or late.get_state_display() in page
    for secret in ("Kvittra", "Lars", "Lena", "Mira", "demo.example"):
        assert secret not in page.replace("admin@demo.example", "")
    look = Look.objects.filter(path_name="admin:clock-rule").get()
    assert (look.action, look.shown) == ("list", [late.pk])


def test_the_dry_run_tells_no_moment_to_whoever_tries_numbers(office, late, make_case):
    with clock.moved_to(LATE):
        run = office_table(send(office, "decision", _dry_run="1"))
    assert run[:4] == ["Case", "State", "To", "Rung"]
    assert not [cell for cell in run if re.search(r"2026|\d[:.]\d\d", cell)]
    leaving = make_case(reached="travel")
    Case.objects.filter(pk=leaving.pk).update(departs_at=clock.now() + timedelta(hours=100))
    tried = send(office, "ready_check", _dry_run="1", warnings="-110, -90")
    assert tried.context["run"].by_the_change > 0
    assert leaving.code_shown not in text_of(tried)
    with clock.moved_to(clock.now() + timedelta(hours=30)):
        assert leaving.code_shown in text_of(send(office, "ready_check", _dry_run="1"))  # it is reminded anyway


@pytest.mark.parametrize("code", ["reflection_period", "rights_request", "retention"])
def test_of_rules_about_what_is_closed_to_administrators_the_dry_run_counts_alone(code, late, monkeypatch, cast):
    row = Notification(case=late, rule=code, recipient=cast.maja, due_at=clock.now(), rung=0, subject="")
    monkeypatch.setattr(dry_runs, "_walk", lambda rule, at: (Changes([row], [], []), 0))
    run = dry_runs.dry_run(ClockRule.objects.get(code=code))
    assert (run.goes_out, run.named) == (1, [])


def office_table(response):
    """The cells of the dry run's table."""
    table = response.content.decode().split('id="run"')[1].split("</table>")[0]
    return re.findall(r"<t[hd]\b[^>]*>([^<]*)<", table)


def test_the_dry_run_shows_two_hundred_lines_and_counts_the_rest(office, late, many_like):
    many_like(late, 104)
    with clock.moved_to(moment("10-08 07:00")):
        response = send(office, "decision", _dry_run="1")
    assert (len(response.context["run"].lines), "And 10 more." in text_of(response)) == (200, True)


def test_a_dry_run_of_numbers_that_are_refused_says_why(office, late):
    response = send(office, "decision", _dry_run="1", amount="0")
    assert (errors(response), response.context["run"]) == ({"amount": "From 1 to 250."}, None)


@pytest.mark.parametrize("name", ["sara", "lena", "henrik"])
def test_nobody_else_looks_at_what_would_go_out(name, as_, cast, late):
    rule = ClockRule.objects.get(code="decision")
    response = as_(getattr(cast, name)).post(f"/admin/cases/clockrule/{rule.pk}/change/", {"_dry_run": "1"})
    assert response.status_code in {302, 403}


def test_for_every_rule_the_page_tells_what_the_walk_then_sends(office, late, make_case):
    for state in ("application", "travel", "in_transit", "follow_up"):
        make_case(reached=state)
    told = {}
    with clock.moved_to(clock.now() + timedelta(days=40)):
        for code in [rule[0] for rule in RULES]:
            response = send(office, code, _dry_run="1")
            assert errors(response) == {}, code
            told[code] = {line.identity for line in response.context["run"].lines}
        before = set(Notification.objects.values_list("pk", flat=True))
        remind.walk_the_clocks()
    sent: dict[str, set[object]] = {code: set() for code in told}
    for row in Notification.objects.exclude(pk__in=before).exclude(rule=""):
        sent[row.rule].add(row.identity)
    assert sent == told
    assert sum(map(bool, told.values())) >= 5
    assert told["arrival_watch"] | told["follow_up_contact"]


# What the page says besides


def test_the_page_shows_what_the_numbers_make_of_a_friday_in_december(office):
    page = office.get(f"/admin/cases/clockrule/{ClockRule.objects.get(code='decision').pk}/change/")
    said = "What begins on Friday 4 December 2026 is due on Wednesday 9 December 2026."
    assert f"{said} An urgent one on Monday 7 December 2026." in text_of(page)
    tried = send(office, "decision", _dry_run="1", amount="4", urgent_amount="")
    assert "is due on Thursday 10 December 2026." in text_of(tried)


def test_a_country_whose_holidays_are_not_known_is_named(office, late):
    page = f"/admin/cases/clockrule/{ClockRule.objects.get(code='decision').pk}/change/"
    assert ">–<" in office.get(page).content.decode()
    Case.objects.filter(pk=late.pk).update(destination="ZZ")
    assert ">ZZ<" in office.get(page).content.decode()
