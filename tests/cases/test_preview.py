"""What the approver previews is what IOM Helsinki opens, and nothing that was not ticked opens anywhere."""

import re

import pytest
from pytest_django.asserts import assertContains, assertNotContains

from cases import actions
from cases.models import Case, Decision, Person, Referral
from cases.permissions import Section
from cases.preview import preview_for_iom
from cases.states import State
from returns_portal.actor import acting_as
from returns_portal.models import Look
from tests.builders import receive, take_on
from tests.cases.test_decision import approval, at, opens, present  # noqa: F401  # opens is a fixture


def the_preview(content):
    """The text of the preview on a page, without its tags."""
    found = re.search(r'data-testid="preview">(.*?)(<input type="hidden" name="preview_sha256"|</form>)', content, re.S)
    inside = found[1][found[1].index('<section class="card" data-testid="preview-') :]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", inside)).strip()


def hash_on(content):
    return re.search(r'name="preview_sha256" value="([0-9a-f]{64})"', content)[1]


def test_what_iom_opens_is_what_lars_saw(cast, opens, make_case):  # noqa: F811  # the fixture
    case = make_case(reached="referred")
    seen = opens(cast.lars).post(at(case, "approve/"), {**approval(case), "preview": "names"}).content.decode()
    opens(cast.lars).post(at(case, "approve/"), approval(case, preview_sha256=hash_on(seen)))
    received = opens(cast.hanna).post(at(case, "received/"), {"preview": "names"}).content.decode()
    assert the_preview(received) == the_preview(seen)
    assert "Mira Rexhepi" in the_preview(received)
    decision = Decision.in_force(case)
    assert preview_for_iom(case, decision.shared_sections).sha256 == decision.preview_sha256 == hash_on(seen)


def test_names_are_closed_until_asked_for_and_that_leaves_a_line(cast, opens, make_case):  # noqa: F811
    case = make_case(reached="referred")
    assertNotContains(opens(cast.lars).get(at(case, "approve/")), "Rexhepi")
    assert not Look.objects.filter(case_id=case.pk, action="reveal").exists()
    response = opens(cast.lars).post(at(case, "approve/"), {**approval(case), "preview": "names"})
    assertContains(response, "Mira Rexhepi")
    assert Look.objects.get(case_id=case.pk, action="reveal").user_id == cast.lars.pk
    assert present(case).state == State.REFERRED


def test_other_classes_show_the_preview_anew_without_deciding(cast, opens, make_case):  # noqa: F811
    case = make_case(reached="referred")
    typed = {**approval(case, shared_sections=["criminal"]), "preview": "1", "conditions": "Half typed"}
    response = opens(cast.lars).post(at(case, "approve/"), typed)
    content = response.content.decode()
    assert (response.status_code, present(case).state) == (200, State.REFERRED)
    assert 'data-testid="preview-criminal"' in content
    assert 'data-testid="preview-identity"' not in content
    assert "Half typed" in content
    assert hash_on(content) == preview_for_iom(case, ["referral", "criminal"]).sha256


def test_classes_changed_without_looking_again_are_refused(cast, opens, make_case):  # noqa: F811
    case = make_case(reached="referred")
    all_of_it = preview_for_iom(case).sha256
    posted = approval(case, shared_sections=[], preview_sha256=all_of_it)
    response = opens(cast.lars).post(at(case, "approve/"), posted)
    assertContains(response, "What IOM Helsinki will see has changed since you looked.", status_code=409)
    assertContains(response, "Support for one adult.", status_code=409)
    assert present(case).state == State.REFERRED
    assert not Decision.objects.filter(case=case).exists()
    again = approval(case, shared_sections=[], preview_sha256=hash_on(response.content.decode()))
    assert opens(cast.lars).post(at(case, "approve/"), again).status_code == 302


def test_a_referral_changed_meanwhile_must_be_read_again(cast, opens, make_case):  # noqa: F811
    case = make_case(reached="referred")
    posted = approval(case)
    person = Person.objects.get(case=case)
    person.phone = "+46 70 111 11 11"
    person.save()
    response = opens(cast.lars).post(at(case, "approve/"), posted)
    assertContains(response, "Read it again.", status_code=409)
    assert present(case).state == State.REFERRED
    assert opens(cast.lars).post(at(case, "approve/"), approval(case)).status_code == 302


@pytest.mark.parametrize("forged", ["", "0" * 64])
def test_no_approval_without_having_looked(forged, cast, opens, make_case):  # noqa: F811
    case = make_case(reached="referred")
    assert opens(cast.lars).post(at(case, "approve/"), approval(case, preview_sha256=forged)).status_code == 409
    assert present(case).state == State.REFERRED


def test_the_hash_does_not_depend_on_the_language_but_on_every_answer(make_case):
    from django.utils import translation

    case = make_case(reached="referred")
    with translation.override("sv"):
        swedish = preview_for_iom(case).sha256
    with translation.override("en-gb"):
        assert preview_for_iom(case).sha256 == swedish
    Referral.objects.filter(case=case).update(criminal_case="witness")
    assert preview_for_iom(case).sha256 != swedish


def test_the_background_was_written_for_the_decision_and_goes_nowhere(cast, opens, make_case):  # noqa: F811
    case = make_case(reached="approved")
    assertNotContains(opens(cast.hanna).get(at(case, "received/")), "Outreach met the person in October.")


def test_what_was_not_shared_stays_closed_to_iom_on_every_page(cast, opens, make_case):  # noqa: F811
    case = make_case(reached="referred")
    opens(cast.lars).post(at(case, "approve/"), approval(case, shared_sections=[]))
    access = present(case).access_for(cast.hanna)
    assert [access.may_read(section) for section in (Section.REFERRAL, Section.IDENTITY, Section.CRIMINAL)] == [
        True,
        False,
        False,
    ]
    assert not access.may_write(Section.IDENTITY)
    page = opens(cast.hanna).post(at(case, "received/"), {"preview": "names"})
    assertNotContains(page, "Rexhepi")
    assertNotContains(page, "Show (logged)")
    assert opens(cast.hanna).get(at(case, "identity/")).status_code == 403
    for user in (cast.sara, cast.lars):
        assert present(case).access_for(user).may_read(Section.IDENTITY)


def test_the_signed_application_opens_the_identity_again_and_nothing_else(cast, opens, make_case):  # noqa: F811
    case = make_case(reached="referred")
    opens(cast.lars).post(at(case, "approve/"), approval(case, shared_sections=[]))
    take_on(cast, present(case))
    assert not present(case).access_for(cast.hanna).may_read(Section.IDENTITY)
    receive(cast, present(case))
    access = Case.objects.get(pk=case.pk).access_for(cast.hanna)
    assert (access.may_write(Section.IDENTITY), access.may_read(Section.CRIMINAL)) == (True, False)
    assertContains(opens(cast.hanna).post(at(case, "reveal/")), "Mira Rexhepi")


def test_a_protected_identity_opens_only_for_those_named_in_the_case(cast, opens, make_case):  # noqa: F811
    case = make_case(reached="referred")
    Case.objects.filter(pk=case.pk).update(is_protected=True)
    asked = {**approval(case), "preview": "names"}
    assertNotContains(opens(cast.lars).post(at(case, "approve/"), asked), "Rexhepi")
    with acting_as(cast.lena):
        actions.reassign(Case.objects.get(pk=case.pk), by=cast.lena, to=cast.lars)
    assertContains(opens(cast.lars).post(at(case, "approve/"), asked), "Mira Rexhepi")


def test_the_local_office_does_not_open_the_referral(cast, opens, make_case):  # noqa: F811
    case = make_case(reached="assessment")
    assert opens(cast.ilir).get(at(case, "received/")).status_code == 403
