"""What somebody might try with a case that is theirs only in part, or no longer, or not yet."""

import logging.config
import os
import subprocess
import sys
from datetime import timedelta
from urllib.parse import unquote
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from cases import actions, emails
from cases.models import Application, Case, CaseEvent, Document, Thread
from cases.permissions import Section
from reintegration.actions import clear as travel
from returns_portal import clock
from returns_portal.actor import acting_as
from tests.builders import a_pdf, walk_on

SECRET = "Her brother-in-law was seen at the bus station."


def at(case, name, *more):
    return reverse(f"cases:{name}", args=[case.code, *more])


def file_of(case, by, kind, name="Mira Rexhepi pass.pdf"):
    """A file that somebody uploads, by the name it has on their own disk."""
    with acting_as(by):
        return actions.add_document(Case.objects.get(pk=case.pk), by=by, kind=kind, file=a_pdf(name))


def opens(browser, case, document):
    return browser.get(at(case, "document", document.pk)).status_code


def begin_again(cast, case):
    """Länsstyrelsen reopens; somebody else there approves."""
    with acting_as(cast.lena):
        return actions.reopen(
            Case.objects.get(pk=case.pk),
            by=cast.lena,
            note=SECRET,
            consent_given_on=clock.today(),
            consent_language="sq",
        )


# Who learns of whom


def test_an_informed_office_speaks_with_iom_helsinki_alone(cast, as_, make_case):
    case = make_case("application")
    page = as_(cast.ilir).get(at(case, "questions")).content.decode()
    assert cast.hanna.organisation.name in page
    assert cast.sara.organisation.name not in page
    assert cast.lars.organisation.name not in page
    to_malmo = {"of": cast.sara.organisation.pk, "subject": "Who", "text": "Who is it?"}
    assert as_(cast.ilir).post(at(case, "questions"), to_malmo).status_code == 200
    to_tirana = {"of": cast.ilir.organisation.pk, "subject": "Mira", "text": "Mira is coming."}
    assert as_(cast.sara).post(at(case, "questions"), to_tirana).status_code == 200
    assert not Thread.objects.exists()


def test_an_informed_office_neither_adds_nor_opens_a_document(cast, as_, make_case):
    case = make_case("application")
    other = file_of(case, cast.sara, Document.Kind.OTHER)
    assert opens(as_(cast.lars), case, other) == 200
    assert opens(as_(cast.ilir), case, other) == 403
    assert as_(cast.ilir).get(at(case, "add-document")).status_code == 403
    with pytest.raises(PermissionDenied):
        file_of(case, cast.ilir, Document.Kind.OTHER)


def test_the_referrers_own_papers_were_not_previewed_and_so_not_given_to_iom(cast, as_, make_case):
    case = make_case("draft")
    case = walk_on(cast, case, "referred")
    with acting_as(cast.lars):
        actions.ask_for_more(case, by=cast.lars, question="Which month?")
    paper = file_of(case, cast.sara, Document.Kind.REFERRAL_PAPER)
    with acting_as(cast.sara):
        request = case.informationrequest_set.get()
        actions.answer_request(Case.objects.get(pk=case.pk), by=cast.sara, answers={request: "October"})
    case = walk_on(cast, Case.objects.get(pk=case.pk), "approved")
    assert opens(as_(cast.lars), case, paper) == 200
    assert opens(as_(cast.hanna), case, paper) == 403


# The reasons of others


@pytest.mark.django_db
def test_why_a_case_is_assessed_again_is_no_word_for_those_who_read_no_risks(cast, as_, make_case):
    case = make_case("travel")
    with acting_as(cast.hanna):
        travel.back_to_assessment(case, by=cast.hanna, note=SECRET)
    for who, reads in (("hanna", True), ("ilir", True), ("sara", False), ("lars", False)):
        page = as_(getattr(cast, who)).get(at(case, "history")).content.decode()
        assert (SECRET in page) == reads, who


def test_another_round_is_another_circle(cast, as_, make_case, deliver):
    case = make_case("assessment")
    old = file_of(case, cast.hanna, Document.Kind.MEDICAL)
    with acting_as(cast.sara):
        actions.withdraw(Case.objects.get(pk=case.pk), by=cast.sara)
    case = begin_again(cast, case)
    assert as_(cast.ilir).get(at(case, "case")).status_code == 404
    with acting_as(cast.lars):
        letter = Document.begin(case, by=None, kind=Document.Kind.PAPER, section=Section.DECISION, size=1)
        letter.round, letter.name, letter.media_type = 1, "Decision", "application/pdf"
        letter.save()
    case = walk_on(cast, case, "assessment")
    assert case.shares_health
    assert opens(as_(cast.ilir), case, old) == 403
    assert opens(as_(cast.hanna), case, old) == 200
    assert opens(as_(cast.hanna), case, letter) == 403
    page = as_(cast.ilir).get(at(case, "history")).content.decode()
    assert SECRET not in page
    seen = CaseEvent.objects.in_sight(case, case.access_for(cast.ilir)).values_list("round", flat=True)
    assert set(seen) == {2}


# Protected identity


def test_naming_oneself_at_the_end_of_a_pause_opens_no_protected_identity(cast, as_, make_case):
    case = make_case("referred", is_protected=True)
    nils = cast.otto
    nils.organisation = cast.sara.organisation
    nils.save(update_fields=["organisation"])
    nils.groups.set([nils.organisation.group_id])
    with acting_as(nils):
        actions.hold_case(case, by=nils, reason="other", owner=nils, until=clock.today() + timedelta(days=5))
    browser = as_(nils)
    assert browser.post(at(case, "hold"), {"do": "resume", "responsible": nils.pk}).status_code == 200
    with acting_as(nils), pytest.raises(PermissionDenied):
        actions.resume_case(Case.objects.get(pk=case.pk), by=nils, responsible=nils)
    assert browser.post(at(case, "reveal")).status_code == 403
    assert browser.post(at(case, "hold"), {"do": "resume", "responsible": cast.sara.pk}).status_code == 302


def test_a_protected_name_is_no_more_open_on_the_application_than_under_identity(cast, as_, make_case):
    case = make_case("assessment", is_protected=True)
    signed = Document.objects.get(kind=Document.Kind.SIGNED_APPLICATION)
    for who, reads in (("hanna", True), ("henrik", False), ("ilir", False)):
        browser = as_(getattr(cast, who))
        assert ("Mira Rexhepi" in browser.get(at(case, "application")).content.decode()) == reads, who
        assert opens(browser, case, signed) == (200 if reads else 403), who
    assert as_(cast.henrik).get(at(case, "edit-application")).status_code == 403
    assert as_(cast.henrik).get(reverse("reintegration:travel-document", args=[case.code])).status_code == 403


# What ends, ends


def test_after_closing_the_referrer_reads_status_decision_and_reports_alone(cast, as_, make_case):
    case, sara = make_case("closed"), as_(cast.sara)
    for name in ("case", "history", "decision", "documents", "questions"):
        assert sara.get(at(case, name)).status_code == 200, name
    assert sara.get(reverse("reintegration:feedback", args=[case.code])).status_code == 200
    assert sara.get(at(case, "referral")).status_code == 403
    assert sara.get(at(case, "identity")).status_code == 403
    assert sara.post(at(case, "reveal")).status_code == 403
    for page in (sara.get(at(case, "case")), sara.get("/cases/?tab=ended"), sara.post("/cases/", {"q": "M.R."})):
        assert "M.R." not in page.content.decode().replace('value="M.R."', "").replace("Search: M.R.", "")
    assert as_(cast.lars).get(at(case, "identity")).status_code == 200


def test_nobody_takes_a_case_that_has_ended(cast, as_, make_case):
    case = make_case("withdrawn")
    Case.objects.filter(pk=case.pk).update(caseworker=None)
    assert as_(cast.maja).post(at(case, "take")).status_code == 409
    assert Case.objects.get(pk=case.pk).caseworker is None


def test_the_paper_on_which_an_application_was_received_stays(cast, as_, make_case):
    case = make_case("application")
    mistake = file_of(case, cast.hanna, Document.Kind.SIGNED_APPLICATION)
    assert as_(cast.hanna).post(at(case, "withdraw-document", mistake.pk)).status_code == 302
    case = walk_on(cast, Case.objects.get(pk=case.pk), "assessment")
    signed = Document.objects.get(kind=Document.Kind.SIGNED_APPLICATION, withdrawn_at__isnull=True)
    assert as_(cast.hanna).post(at(case, "withdraw-document", signed.pk)).status_code == 409
    assert Document.objects.get(pk=signed.pk).withdrawn_at is None


# Names that travel


def test_a_file_does_not_land_on_a_disk_under_a_persons_name(cast, as_, make_case):
    case = make_case("application")
    answer = as_(cast.hanna).get(at(case, "document", file_of(case, cast.hanna, Document.Kind.ATTACHMENT).pk))
    said = unquote(answer["Content-Disposition"])
    assert said.startswith("attachment")
    assert "Mira" not in said
    assert case.code_shown in said


# Rows of another case


def test_a_row_of_another_case_is_not_there(cast, as_, make_case):
    mine, other = make_case("application"), make_case("application")
    document = file_of(other, cast.hanna, Document.Kind.ATTACHMENT)
    with acting_as(cast.hanna):
        thread = actions.ask(other, by=cast.hanna, of=cast.ilir.organisation, subject="Q", text="?")
    hanna = as_(cast.hanna)
    assert opens(hanna, mine, document) == 404
    assert hanna.post(at(mine, "withdraw-document", document.pk)).status_code == 404
    assert hanna.post(at(mine, "reply", thread.pk), {"text": "x"}).status_code == 404
    assert hanna.post(at(mine, "reply", uuid4()), {"text": "x"}).status_code == 404


# The gate


def test_a_form_that_was_opened_before_the_application_was_received_does_not_unlock_it(cast, as_, make_case):
    case = make_case("assessment")
    before = Application.objects.get(is_current=True)
    typed = {"name_in_document": "Somebody Else", "time_to_think": "offered", "attest": "not_used"}
    assert as_(cast.hanna).post(at(case, "edit-application"), typed).status_code == 302
    before.refresh_from_db()
    assert (before.locked_at is not None, before.is_current, before.name_in_document) == (True, False, "Mira Rexhepi")


def test_the_gate_waits_for_whoever_writes_and_never_makes_a_stranger_wait(
    cast, as_, make_case, django_assert_max_num_queries
):
    case = make_case("referred")
    with_lock = "FOR NO KEY UPDATE"
    with django_assert_max_num_queries(60) as made:
        as_(cast.sara).post(at(case, "criminal"), {})
    assert any(with_lock in query["sql"] for query in made.captured_queries)
    with django_assert_max_num_queries(60) as made:
        assert as_(cast.otto).post(at(case, "criminal"), {}).status_code == 404
    assert not any(with_lock in query["sql"] for query in made.captured_queries)


def test_an_informed_office_hears_of_a_case_by_code_and_kind_alone(cast, make_case):
    case = make_case("application")
    live = emails.with_live_grant(case)
    assert live[cast.ilir.organisation_id] == {"inform_case"}
    access = case.access_for(cast.ilir)
    assert access.sections() == [Section.QUESTIONS]


# What is written where nobody seals


def test_the_log_tells_where_it_broke_and_quotes_nothing(settings):
    formatter = logging.config.DictConfigurator(settings.LOGGING).configure_formatter(
        dict(settings.LOGGING["formatters"]["line"])
    )
    try:
        try:
            raise KeyError("Mira Rexhepi")
        except KeyError as error:
            raise ValueError("Key (email)=(mira@example.org) already exists.") from error
    except ValueError as error:
        said = formatter.formatException((type(error), error, error.__traceback__))
    assert "ValueError" in said
    assert "KeyError" in said
    assert "test_attacks.py" in said
    assert "mira@" not in said.replace('raise ValueError("Key (email)=(mira@example.org) already exists.")', "")
    assert "Mira" not in said.replace('raise KeyError("Mira Rexhepi")', "")


# The way in


@pytest.mark.parametrize("hosts", ["*", "portal.example.org,*"])
def test_production_names_its_hosts(hosts):
    environment = os.environ | {"PORTAL_MODE": "production", "ALLOWED_HOSTS": hosts}
    started = subprocess.run(
        [sys.executable, "-c", "import returns_portal.settings"], env=environment, capture_output=True, text=True
    )
    assert started.returncode
    assert "ALLOWED_HOSTS" in started.stderr


def test_a_password_alone_changes_no_number_to_ring(cast, as_, settings):
    settings.REQUIRE_MFA = True
    answer = as_(cast.ilir).post(reverse("partners:settings"), {"phone": "+355 66 666"})
    assert answer.status_code == 302
    assert "2fa" in answer.url
    cast.ilir.refresh_from_db()
    assert cast.ilir.phone != "+355 66 666"


@pytest.mark.parametrize("page", ["/cases/", "/cases/queue/"])
def test_words_that_are_searched_for_stand_in_no_address(page, cast, as_, make_case):
    case, lars = make_case("referred"), as_(cast.lars)
    found = lars.post(page, {"q": "M.R.", "tab": "open" if page == "/cases/" else "decide"})
    assert found.status_code == 200
    assert case.code_shown in found.content.decode()
    assert "q=M" not in found.content.decode()
    assert lars.post(page, {"q": case.code_shown}).status_code == 200
    assert lars.post(page, {"q": "", "who": "none"}).url == f"{page}?who=none"
    assert 'value="M.R."' not in lars.get(page, {"q": "M.R."}).content.decode()
    assert 'method="post"' in lars.get(page).content.decode().partition('role="search"')[2][:40]


def test_signing_out_leaves_nothing_in_the_browser(cast, as_):
    sara = as_(cast.sara)
    assert "Clear-Site-Data" not in sara.get("/cases/")
    assert sara.post("/account/logout/")["Clear-Site-Data"] == '"cache", "cookies", "storage"'


@pytest.mark.asvs("15.3.3")
def test_what_a_form_does_not_ask_is_not_taken(cast, as_, make_case):
    case = make_case()
    sara, kept = as_(cast.sara), Case.objects.values().get(pk=case.pk)
    more = {
        "state": "approved",
        "round": "9",
        "is_protected": "on",
        "referring": cast.otto.organisation_id,
        "approved_by": cast.lars.pk,
        "created_by": cast.otto.pk,
        "caseworker": cast.otto.pk,
        "shared_with_iom": "identity",
        "code": "ZZZZZZZZ",
        "id": uuid4(),
    }
    for page in ("referral-person", "referral-situation", "referral-consent"):
        sara.post(at(case, page), more | {"go": "later"})
    now = Case.objects.values().get(pk=case.pk)
    asked = {name for name in kept if name.removesuffix("_id") in more}
    assert len(asked) == len(more)
    assert [name for name, value in now.items() if name in asked and value != dict(kept)[name]] == []
