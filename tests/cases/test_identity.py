"""Names stay closed until somebody opens them by a press, and each opening leaves a line."""

import pytest
from django.urls import reverse

from cases import actions
from cases.models import Case, CaseEvent, Person, SafeContact
from cases.preview import preview_for_iom
from returns_portal.actor import acting_as
from returns_portal.models import Look

NAME, WORD = "Mira Rexhepi", "Blue door"


def at(case, name):
    return reverse(f"cases:{name}", args=[case.code])


def reveals(user):
    return Look.objects.filter(user_id=user.pk, action="reveal", section="identity").count()


def test_the_page_itself_opens_nothing(cast, as_, make_case):
    case = make_case("application")
    for reader in (cast.sara, cast.lars, cast.hanna):
        page = as_(reader).get(at(case, "identity")).content.decode()
        assert NAME not in page
        assert WORD not in page
        assert as_(reader).get(at(case, "reveal")).url == at(case, "identity")
        assert reveals(reader) == 0
    assert as_(cast.hanna).get(at(case, "edit-identity")).url == at(case, "identity")


@pytest.mark.parametrize("who", ["sara", "lars", "hanna", "ilir"])
def test_opening_shows_the_name_once_and_leaves_a_line(who, cast, as_, make_case):
    case, reader = make_case("assessment"), getattr(cast, who)
    response = as_(reader).post(at(case, "reveal"))
    page = response.content.decode()
    assert response.status_code == 200
    assert NAME in page
    assert WORD in page
    assert "no-store" in response["Cache-Control"]
    assert reveals(reader) == 1
    event = CaseEvent.objects.latest("created_at")
    assert (event.verb, event.created_by, event.section) == ("reveal", reader, "identity")


def test_who_may_not_read_it_does_not_open_it(cast, as_, make_case):
    case = make_case("application")
    assert as_(cast.ilir).post(at(case, "reveal")).status_code == 403
    assert as_(cast.otto).post(at(case, "reveal")).status_code == 404
    assert as_(cast.lars).post(at(case, "edit-identity")).status_code == 403
    assert not Look.objects.filter(action="reveal").exists()
    assert not CaseEvent.objects.filter(verb="reveal").exists()


def test_a_draft_keeps_its_history_empty_and_the_look_all_the_same(cast, as_, make_case):
    case = make_case()
    assert NAME in as_(cast.maja).post(at(case, "reveal")).content.decode()
    assert reveals(cast.maja) == 1
    assert not CaseEvent.objects.exists()


def test_the_first_part_shows_no_name_that_is_saved(cast, as_, make_case):
    case = make_case()
    page = as_(cast.sara).get(at(case, "referral-person")).content.decode()
    assert NAME not in page
    assert 'name="full_name"' not in page
    as_(cast.sara).post(at(case, "referral-person"), {"alias": "M.R.", "full_name": "Overwritten"})
    assert Person.objects.get().full_name == NAME


def test_protected_identity_opens_for_those_named_in_the_case_only(cast, as_, make_case):
    case = make_case("application", is_protected=True)
    assert NAME in as_(cast.sara).post(at(case, "reveal")).content.decode()
    for reader in (cast.maja, cast.henrik, cast.lena):
        for name in ("reveal", "identity", "edit-identity"):
            method = as_(reader).get if name == "identity" else as_(reader).post
            response = method(at(case, name))
            assert response.status_code == 403
            assert NAME not in response.content.decode()
        assert Look.objects.filter(user_id=reader.pk, action="refused").exists()
    closed = as_(cast.maja).get(at(case, "identity")).content.decode()
    assert cast.sara.name in closed
    assert cast.hanna.name in closed


def test_a_protected_draft_hides_its_contact_from_colleagues(cast, as_, make_case):
    case = make_case(is_protected=True)
    assert WORD in as_(cast.sara).get(at(case, "referral-person")).content.decode()
    page = as_(cast.maja).get(at(case, "referral-person")).content.decode()
    assert WORD not in page
    as_(cast.maja).post(at(case, "referral-person"), {"alias": "New", "code_word": "Overwritten"})
    assert (Case.objects.get().alias, SafeContact.objects.get().code_word) == ("New", WORD)


def test_changing_opens_by_a_press_and_saves_by_another(cast, as_, make_case):
    case, hanna = make_case("application"), as_(cast.hanna)
    form = hanna.post(at(case, "edit-identity"))
    assert NAME in form.content.decode()
    assert "no-store" in form["Cache-Control"]
    assert reveals(cast.hanna) == 1
    typed = {"save": "yes", "full_name": "Mira R.", "birth_date": "1998-02-03", "channel": "text", "code_word": "Red"}
    assert hanna.post(at(case, "edit-identity"), typed).url == at(case, "identity")
    assert (Person.objects.get().full_name, SafeContact.objects.get().code_word) == ("Mira R.", "Red")
    assert CaseEvent.objects.latest("created_at").verb == "change_identity"
    wrong = hanna.post(at(case, "edit-identity"), typed | {"birth_date": "2099-01-01"})
    assert list(wrong.context["form"].errors) == ["birth_date"]


def test_what_the_decision_kept_from_iom_stays_closed_to_them(cast, as_, make_case):
    case, shared = make_case("referred"), ["referral"]
    with acting_as(cast.lars):
        actions.approve_referral(
            case,
            by=cast.lars,
            ceiling_sek=40_000,
            diary_number="851-1-2026",
            shared_sections=shared,
            preview_sha256=preview_for_iom(case, shared).sha256,
        )
    assert as_(cast.hanna).post(at(case, "reveal")).status_code == 403
    assert NAME in as_(cast.lars).post(at(case, "reveal")).content.decode()
    page = as_(cast.hanna).get(at(case, "referral")).content.decode()
    assert "Criminal case" not in page
    assert "Suspected human trafficking" in page
