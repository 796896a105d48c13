"""The administration: rules, numbers, texts and lists to change; of a case what it takes to run the portal, no more."""

import re

import pytest
from django.contrib import admin

from cases.models import Application, Case, ClockRule, CodeEntry, Person, PortalText, ProgrammeNumber
from returns_portal import looks
from returns_portal.actor import acting_as
from returns_portal.models import Look, OutboxItem

MARKER = "Kvittra"


@pytest.fixture
def office(as_, cast):
    """The administrator's browser."""
    return as_(cast.admin)


@pytest.fixture
def marked(cast, make_case):
    """A case with a word in its alias and in sealed fields that no page of the administration may show."""
    case = make_case(reached="assessment")
    Case.objects.filter(pk=case.pk).update(alias=MARKER)
    with acting_as(cast.hanna):
        person, application = Person.objects.get(case=case), Application.objects.of(case).get()
        person.full_name = application.wishes = MARKER
        person.save()
        application.save()
        looks.record(cast.hanna, case.pk, "identity", Look.Action.REVEAL)
    return Case.objects.get(pk=case.pk)


def pages(case):
    """Every page of the administration, lists and rows, our own and Django's."""
    found = ["/admin/", "/admin/jobs/"]
    for model in admin.site._registry:
        here = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        found.append(here)
        rows = [case] if model is Case else list(model._default_manager.all()[:2])
        found += [f"{here}{row.pk}/{page}/" for row in rows for page in ("change", "history")]
        found.append(f"{here}?q={MARKER}")
    return found


def test_no_page_tells_what_a_case_is_about_and_none_breaks_the_content_policy(office, marked):
    opened = 0
    for page in pages(marked):
        response = office.get(page)
        assert response.status_code in {200, 302}, page
        text = response.content.decode()
        assert MARKER not in text.replace(f'value="{MARKER}"', "").replace(f"q={MARKER}", "").replace(
            f"q%3D{MARKER}", ""
        ), page
        for inline in (r"<style", r"\sstyle=", r"\son(click|load|change|submit)=", r"<script(?![^>]*\bsrc=)"):
            found = [tag for tag in re.findall(inline + r"[^>]*>", text) if 'type="application/json"' not in tag]
            assert found == [], page
        opened += response.status_code == 200
    assert opened > 25


def test_a_search_does_not_reach_the_alias(office, marked):
    found = office.get("/admin/cases/caseinadministration/", {"q": marked.code})
    assert marked.code_shown in found.content.decode()
    assert marked.code_shown not in office.get("/admin/cases/caseinadministration/", {"q": MARKER}).content.decode()


def test_a_case_shows_code_state_organisations_and_dates(office, marked):
    text = office.get(
        f"/admin/cases/caseinadministration/{marked.pk}/change/", headers={"accept-language": "en"}
    ).content.decode()
    for fact in (marked.code_shown, "Needs, plan and risks", "Socialtjänsten Malmö", "IOM Tirana"):
        assert fact in text
    for secret in ("Sara", "Hanna", "Mira", "Alban"):
        assert secret not in text


@pytest.mark.parametrize("change", [{"state": "closed"}, {"state": "travel", "_save": "1"}, {"alias": "X"}])
def test_a_case_is_not_changed_by_hand(change, office, marked):
    page = f"/admin/cases/caseinadministration/{marked.pk}"
    assert office.post(f"{page}/change/", change).status_code == 403
    assert office.post(f"{page}/delete/", {"post": "yes"}).status_code == 403
    assert office.get("/admin/cases/caseinadministration/add/").status_code == 403
    response = office.post(
        "/admin/cases/caseinadministration/", {"action": "delete_selected", "_selected_action": [str(marked.pk)]}
    )
    assert response.status_code in {200, 302, 403}
    case = Case.objects.get(pk=marked.pk)
    assert (case.state, case.alias) == ("assessment", MARKER)


def test_an_administrator_sees_no_case_outside_the_administration(office, marked):
    assert office.get(marked.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("name", ["sara", "maja", "lars", "lena", "hanna", "henrik", "ilir"])
def test_nobody_else_enters(name, cast, as_, marked):
    client = as_(getattr(cast, name))
    for page in (
        "/admin/",
        "/admin/cases/caseinadministration/",
        "/admin/cases/clockrule/",
        "/admin/returns_portal/look/",
    ):
        response = client.get(page)
        assert response.status_code in {302, 403}
        assert marked.code_shown not in response.content.decode()


def test_without_sign_in_there_is_one_door(client, db):
    response = client.get("/admin/cases/caseinadministration/")
    assert response.headers["Location"].startswith("/account/login/")
    assert client.get("/admin/login/").headers["Location"].startswith("/account/login/")


def test_the_password_is_changed_where_everybody_changes_it(office):
    assert office.get("/admin/password_change/").headers["Location"] == "/account/password/change/"


def test_rules_numbers_and_texts_are_neither_added_nor_deleted(office):
    for model in (ClockRule, ProgrammeNumber, PortalText):
        here = f"/admin/cases/{model._meta.model_name}/"
        assert office.get(f"{here}add/").status_code == 403
        assert office.post(f"{here}{model.objects.first().pk}/delete/", {"post": "yes"}).status_code == 403


def test_numbers_texts_and_lists_are_changed(office):
    number = ProgrammeNumber.objects.get(code="programme_months")
    text = PortalText.objects.get(code="help_path")
    office.post(f"/admin/cases/programmenumber/{number.pk}/change/", {"name": number.name, "amount": "6"})
    office.post(f"/admin/cases/portaltext/{text.pk}/change/", {"text_sv": "Ring.", "text_en": "Call."})
    line = {"code_list": "funding", "code": "eu", "name_sv": "EU", "name_en": "EU", "is_active": "on", "position": "9"}
    office.post("/admin/cases/codeentry/add/", line)
    number.refresh_from_db()
    text.refresh_from_db()
    assert (number.amount, text.text_en) == (6, "Call.")
    entry = CodeEntry.objects.get(code_list="funding", code="eu")
    office.post(f"/admin/cases/codeentry/{entry.pk}/change/", line | {"code": "other", "name_en": "European Union"})
    entry.refresh_from_db()
    assert (entry.code, entry.name_en) == ("eu", "European Union")
    assert office.post(f"/admin/cases/codeentry/{entry.pk}/delete/", {"post": "yes"}).status_code == 403


def test_outbox_and_trail_are_read_and_not_written(office, marked):
    item = OutboxItem.objects.filter(kind="mail").first()
    look = Look.objects.filter(case_id=marked.pk).first()
    assert item is not None and look is not None
    for row in (item, look):
        here = f"/admin/returns_portal/{row._meta.model_name}/"
        assert office.get(f"{here}{row.pk}/change/").status_code == 200
        assert office.post(f"{here}{row.pk}/change/", {"kind": "x"}).status_code == 403
        assert office.post(f"{here}{row.pk}/delete/", {"post": "yes"}).status_code == 403
        assert office.get(f"{here}add/").status_code == 403


def test_grants_are_not_given_by_hand():
    names = {model._meta.model_name for model in admin.site._registry}
    assert not {name for name in names if "permission" in name}
