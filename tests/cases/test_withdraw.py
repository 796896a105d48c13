"""The person's change of mind, who answers for a case, and which office."""

import pytest
from django.db import connection

from cases.actions import answer_kinds
from cases.models import Case, CaseEvent, NeedsAsked, Notification
from cases.steps import Status, step_map
from partners.models import Organisation
from returns_portal.actor import acting_as

LABEL = "Record that the person changed their mind"


def page_of(case, name="withdraw"):
    """A page's address."""
    return f"{case.get_absolute_url()}{name}/"


@pytest.mark.parametrize(
    ("state", "name"),
    [
        ("referred", "sara"),
        ("referred", "lars"),
        ("more_info", "sara"),
        ("approved", "hanna"),
        ("application", "hanna"),
        ("application", "sara"),
        ("assessment", "ilir"),
        ("assessment", "lars"),
    ],
)
def test_everybody_with_a_right_of_their_own_passes_it_on_in_one_act(state, name, cast, as_, make_case):
    case = make_case(reached=state)
    reader = as_(getattr(cast, name))
    page = reader.get(page_of(case), headers={"accept-language": "en"}).content.decode()
    assert page.count(f'<button type="submit" class="btn">{LABEL}</button>') == 1
    assert reader.post(page_of(case), {}).headers["Location"]
    case = Case.objects.get(pk=case.pk)
    assert (case.state, case.ball_with) == ("withdrawn", None)
    event = CaseEvent.objects.filter(case=case).latest("created_at")
    assert (event.verb, event.created_by, event.was) == ("withdraw", getattr(cast, name), state)


def test_an_informed_office_cannot_and_hears_only_that_nobody_is_coming(cast, as_, make_case):
    case = make_case(reached="application")
    assert as_(cast.ilir).get(page_of(case)).status_code == 403
    assert as_(cast.ilir).post(page_of(case), {}).status_code == 403
    assert Case.objects.get(pk=case.pk).state == "application"
    as_(cast.sara).post(page_of(case), {})
    told = Notification.objects.filter(recipient=cast.ilir).order_by("created_at").values_list("what", flat=True)
    assert list(told)[-1] == "office_released"
    assert "withdrawn" not in told
    assert as_(cast.ilir).get(case.get_absolute_url()).status_code == 404


def test_the_reason_is_optional_and_sealed(cast, as_, make_case):
    case = make_case(reached="referred")
    as_(cast.sara).post(page_of(case), {"note": "Her sister has found a place"})
    event = CaseEvent.objects.get(case=case, verb="withdraw")
    assert event.note == "Her sister has found a place"
    with connection.cursor() as cursor:
        cursor.execute("SELECT note FROM cases_caseevent WHERE id = %s", [event.pk])
        assert b"sister" not in bytes(cursor.fetchone()[0])
    said = as_(cast.lars).get(page_of(case, "history")).content.decode()
    assert "Her sister has found a place" in said


def test_a_second_press_says_who_was_first_and_changes_nothing(cast, as_, make_case):
    case = make_case(reached="referred")
    as_(cast.sara).post(page_of(case), {})
    page = as_(cast.lars).post(page_of(case), {"note": "typed by Lars"}, headers={"accept-language": "en"})
    assert page.status_code == 409
    assert "typed by Lars" in page.content.decode()
    assert cast.sara.name in page.content.decode()


def test_a_manager_names_who_is_responsible_and_a_member_takes_only_what_is_free(cast, as_, make_case):
    case = make_case(reached="referred")
    assert as_(cast.sara).get(page_of(case, "reassign")).status_code == 403
    as_(cast.maja).post(page_of(case, "reassign"), {"colleague": cast.maja.pk})
    assert Case.objects.get(pk=case.pk).caseworker == cast.maja
    page = as_(cast.maja).post(page_of(case, "reassign"), {"colleague": cast.lars.pk})
    assert page.status_code == 200
    assert page.context["form"].errors
    as_(cast.lars).post(page_of(case, "reassign"), {"colleague": cast.lars.pk})
    assert Case.objects.get(pk=case.pk).decider == cast.lars
    assert as_(cast.lars).post(page_of(case, "reassign"), {"colleague": cast.lena.pk}).status_code == 403


def test_a_leaver_s_cases_go_back_to_the_queue(cast, make_case):
    from partners import departures

    case = make_case(reached="referred")
    with acting_as(cast.maja):
        departures.announce(cast.sara)
    assert Case.objects.get(pk=case.pk).caseworker is None


def test_hanna_changes_the_office_and_the_old_one_is_out(cast, as_, make_case):
    case = make_case(reached="assessment")
    other = Organisation.objects.local_offices().exclude(pk=case.local_office_id).first()
    assert as_(cast.sara).get(page_of(case, "change-office")).status_code == 403
    hanna = as_(cast.hanna)
    assert hanna.post(page_of(case, "change-office"), {"local_office": other.pk}).status_code == 200
    hanna.post(page_of(case, "change-office"), {"local_office": other.pk, "note": "She moves to another town."})
    assert Case.objects.get(pk=case.pk).local_office == other
    assert as_(cast.ilir).get(case.get_absolute_url()).status_code == 404
    assert as_(cast.ioana).get(case.get_absolute_url()).status_code == 200
    assert Notification.objects.filter(recipient=cast.ioana, what="office_informed").exists()


def test_before_the_taking_on_there_is_no_office_to_change(cast, as_, make_case):
    case = make_case(reached="approved")
    assert as_(cast.hanna).get(page_of(case, "change-office")).status_code == 200
    assert as_(cast.hanna).post(page_of(case, "change-office"), {}).status_code == 409


def test_a_new_office_is_asked_anew_about_the_same_kinds(cast, as_, make_case):
    case = make_case(reached="application")
    old, new = case.local_office, cast.ioana.organisation
    kinds = set(NeedsAsked.objects.of(case).values_list("domain", flat=True))
    with acting_as(cast.ilir):
        answer_kinds(case, by=cast.ilir, answers=dict.fromkeys(NeedsAsked.objects.of(case), ("yes", "")))
    hanna = as_(cast.hanna)
    hanna.post(page_of(case, "change-office"), {"local_office": new.pk, "note": "Tirana has no room."})
    asked = NeedsAsked.objects.of(case).filter(office=new)
    assert kinds and set(asked.values_list("domain", flat=True)) == kinds
    assert asked.filter(answered_at__isnull=True).count() == len(kinds)
    assert NeedsAsked.objects.of(case).filter(office=old, answered_at__isnull=False).count() == len(kinds)
    hanna.post(page_of(case, "change-office"), {"local_office": old.pk, "note": "There is room again."})
    assert NeedsAsked.objects.of(case).filter(office=old, answered_at__isnull=True).count() == len(kinds)


def test_no_decision_is_shown_where_none_was_made(cast, make_case):
    case = make_case(reached="withdrawn")
    rows = [row for _title, rows in step_map(case, case.access_for(cast.sara)) for row in rows]
    assert (rows[2].status, rows[2].on) == (Status.SKIP, None)
