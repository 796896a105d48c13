"""What the person may ask: restriction of processing, the extract of everything held, and an answer within a month."""

import io
import json
import re
import zipfile
from datetime import date, timedelta

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction

from cases import actions as case_actions
from cases.actions import rights
from cases.actions.move import StepRefused
from cases.actions.remind import walk_the_clocks
from cases.clocks import FACTS
from cases.models import Case, CaseEvent, Extract, Notification, Person, Restriction, RightsRequest
from cases.permissions import Level, Section
from cases.states import State
from reintegration.demo import travel
from returns_portal import clock
from returns_portal.actor import acting_as
from returns_portal.models import Look
from tests.builders import a_pdf
from tests.cast import proved
from tests.paper_reading import words_of

pytestmark = pytest.mark.django_db

NAME = "Zamira Markeri"


@pytest.fixture
def referred(make_case):
    """A case that awaits its decision."""
    case = make_case(reached="referred")
    person = Person.objects.get(case=case)
    person.full_name = NAME
    person.save()
    return Case.objects.get(pk=case.pk)


def restricted(case, cast, ground="accuracy"):
    with acting_as(cast.maja):
        rights.restrict(case, by=cast.maja, ground=ground, reason="The age is in doubt.")
    return Case.objects.get(pk=case.pk)


def at(case, path=""):
    return f"{case.get_absolute_url()}rights/{path}"


# Restriction of processing


def test_while_restricted_only_the_record_owners_manager_reads(referred, cast):
    case = restricted(referred, cast)
    for user in (cast.sara, cast.lars, cast.lena):
        assert all(case.access_for(user).level(section) <= Level.LINE for section in Section), user
    maja = case.access_for(cast.maja)
    assert maja.may_read(Section.REFERRAL) and maja.may_read(Section.IDENTITY)
    assert not any(maja.may_write(section) for section in Section)


def test_while_restricted_nobody_takes_a_step(referred, cast):
    case = restricted(referred, cast)
    for user, verb in (
        (cast.lars, "approve"),
        (cast.lars, "decline"),
    ):
        assert not case_actions.may_take(case, verb, user)
    with acting_as(cast.sara), pytest.raises(PermissionDenied):
        case_actions.hold_case(case, by=cast.sara, reason="medical", owner=cast.sara, until=clock.today())
    assert Case.objects.get(pk=case.pk).state == State.REFERRED


def test_while_restricted_pages_are_closed_and_say_why(referred, cast, as_):
    case = restricted(referred, cast)
    lars, maja = as_(cast.lars), as_(cast.maja)
    page = lars.get(case.get_absolute_url())
    assert page.status_code == 200
    assert b"Processing is restricted since" in page.content
    assert NAME.encode() not in page.content and case.alias.encode() not in page.content
    for path in ("referral/", "identity/", "history/", "questions/", "approve/", "decide/"):
        assert lars.get(f"{case.get_absolute_url()}{path}").status_code == 403, path
    assert maja.get(f"{case.get_absolute_url()}referral/").status_code == 200
    assert maja.get(f"{case.get_absolute_url()}hold/").status_code == 403


def test_while_restricted_no_alias_stands_in_a_list(referred, cast, as_):
    assert referred.alias in as_(cast.lars).get("/cases/queue/").content.decode()
    case = restricted(referred, cast)
    for who, path in ((cast.lars, "/cases/queue/"), (cast.lars, "/cases/"), (cast.sara, "/cases/"), (cast.lars, "/")):
        page = as_(who).get(path).content.decode()
        assert case.alias not in page, path


def test_while_restricted_the_person_can_still_change_their_mind(referred, cast, as_):
    case = restricted(referred, cast)
    assert case_actions.may_take(case, "withdraw", cast.sara)
    assert as_(cast.sara).get(f"{case.get_absolute_url()}withdraw/").status_code == 200
    with acting_as(cast.sara):
        case_actions.withdraw(case, by=cast.sara)
    assert Case.objects.get(pk=case.pk).state == State.WITHDRAWN


def test_who_is_on_the_way_is_met_before_anything_is_restricted(make_case, cast, as_):
    case = make_case(reached="in_transit")
    answer = as_(cast.maja).post(at(case, "restrict/"), {"ground": "accuracy", "reason": "In doubt."})
    assert answer.status_code == 409
    assert b"on the way" in answer.content
    assert Case.objects.get(pk=case.pk).limited_since is None


def test_while_restricted_only_safety_rules_ring(referred, make_case, cast):
    travelling, case = travel.prepare_journey(cast, make_case(reached="travel")), restricted(referred, cast)
    restricted(travelling, cast)
    with clock.moved_to(clock.now() + timedelta(days=40)):
        walk_the_clocks()
    rung = {(row.case_id, row.what) for row in Notification.objects.filter(what__startswith="rule_")}
    assert not [what for case_id, what in rung if case_id == case.pk]
    assert "rule_arrival_watch" in {what for case_id, what in rung if case_id == travelling.pk}


def test_lifting_opens_everything_again_and_says_why(referred, cast):
    case = restricted(referred, cast)
    with acting_as(cast.maja):
        case = rights.lift_restriction(case, by=cast.maja, note="The age is right.")
    assert case.access_for(cast.lars).may_read(Section.REFERRAL)
    assert case_actions.may_take(case, "approve", cast.lars)
    row = Restriction.objects.get(case=case)
    assert (row.lifted_by, row.lift_note) == (cast.maja, "The age is right.")
    with acting_as(cast.maja), pytest.raises(StepRefused):
        rights.lift_restriction(case, by=cast.maja, note="again")


@pytest.mark.parametrize("who", ["sara", "lars", "lena", "otto"])
def test_nobody_else_restricts_or_lifts(referred, cast, who):
    user = getattr(cast, who)
    with acting_as(user), pytest.raises(PermissionDenied):
        rights.restrict(referred, by=user, ground="accuracy", reason="no")
    case = restricted(referred, cast)
    with acting_as(user), pytest.raises(PermissionDenied):
        rights.lift_restriction(case, by=user, note="no")
    assert Case.objects.get(pk=case.pk).limited_since is not None


def test_a_case_is_restricted_once_and_the_database_holds_to_it(referred, cast):
    case = restricted(referred, cast)
    with acting_as(cast.maja), pytest.raises(StepRefused):
        rights.restrict(case, by=cast.maja, ground="claims", reason="again")
    with pytest.raises(IntegrityError), transaction.atomic():
        Restriction.begin(case, by=cast.maja, ground="claims").save()


def test_a_draft_is_not_restricted(make_case, cast):
    with acting_as(cast.maja), pytest.raises(PermissionDenied):
        rights.restrict(make_case(reached="draft"), by=cast.maja, ground="accuracy", reason="no")


def test_everybody_in_the_case_is_told_and_the_reason_is_sealed(referred, cast):
    restricted(referred, cast)
    told = set(Notification.objects.filter(what="processing_restricted").values_list("recipient__email", flat=True))
    assert {cast.lars.email, cast.lena.email, cast.sara.email} <= told
    assert cast.otto.email not in told and cast.hanna.email not in told
    with connection.cursor() as cursor:
        cursor.execute("SELECT reason FROM cases_restriction")
        assert b"doubt" not in bytes(cursor.fetchone()[0])


def test_restricting_on_the_page(referred, cast, as_):
    maja = as_(cast.maja)
    assert maja.get(at(referred, "restrict/")).status_code == 200
    assert maja.post(at(referred, "restrict/"), {"ground": "retention", "reason": "x"}).status_code == 200
    assert maja.post(at(referred, "restrict/"), {"ground": "accuracy", "reason": "x"}).status_code == 302
    assert maja.post(at(referred, "restrict/"), {"ground": "accuracy", "reason": "x"}).status_code == 409
    assert b"being checked" in maja.get(at(referred)).content
    assert maja.post(at(referred, "lift/"), {"note": "done"}).status_code == 302
    assert maja.post(at(referred, "lift/"), {"note": "done"}).status_code == 409


# The extract


def make(case, by, left_out=None, language="en-gb"):
    with acting_as(by):
        return rights.ask_for_extract(case, by=by, left_out=left_out or {}, language=language)


def told_by(extract, by):
    extract.refresh_from_db()
    with acting_as(by), zipfile.ZipFile(io.BytesIO(rights.fetch_extract(extract, by=by))) as bundle:
        return json.loads(bundle.read("extract.json")), words_of(bundle.read("extract.pdf")), bundle.namelist()


def test_the_extract_holds_everything_of_the_person_and_of_nobody_else(referred, make_case, cast, deliver):
    other = make_case(reached="referred")
    row = Person.objects.get(case=other)
    row.full_name = "Somebody Else"
    row.save()
    extract = make(referred, cast.maja)
    deliver()
    told, paper, names = told_by(extract, cast.maja)
    assert told["sections"]["identity"]["Person"][0]["Full name"] == NAME
    assert NAME in paper and "Nothing was left out" in paper
    assert "Somebody Else" not in json.dumps(told, ensure_ascii=False) and "Somebody Else" not in paper
    assert told["access"] and told["events"]
    assert {"extract.pdf", "extract.json"} <= set(names)
    assert [name for name in names if name.startswith("files/")]  # the receipt


def test_the_extract_speaks_in_words_and_not_as_a_machine(make_case, cast, deliver):
    case = make_case(reached="assessment")
    extract = make(case, cast.henrik)
    deliver()
    _told, paper, _names = told_by(extract, cast.henrik)
    for machine in (
        r"\d{2}:\d{2}:\d{2}",
        r"\+00:00",
        r"\d{4}-\d{2}-\d{2}(?!.*Page)",
        r"\[",
        r'"',
        r"\bsq\b",
        r"iom_helsinki",
    ):
        assert not re.search(machine, paper), machine
    assert "Albanian" in paper and "Albania" in paper


def test_every_sealed_text_of_the_case_is_in_the_extract(make_case, cast, deliver):
    from cases.actions.files import record_models
    from cases.pdfs.rights import TOLD_ELSEWHERE
    from returns_portal.crypto import SealedTextField

    case = make_case(reached="follow_up")
    deliver()
    extract = make(case, cast.henrik)
    deliver()
    told, _paper, _names = told_by(extract, cast.henrik)
    said = json.dumps(told, ensure_ascii=False)
    missing = []
    for model in record_models():
        if model.__name__ in TOLD_ELSEWHERE - {"CaseEvent"}:
            continue
        for row in model._base_manager.filter(case=case):
            row.case = case
            for field in model._meta.concrete_fields:
                value = getattr(row, field.attname) if isinstance(field, SealedTextField) else ""
                if value and json.dumps(value, ensure_ascii=False)[1:-1] not in said:
                    missing.append(f"{model._meta.label}.{field.name}")
    assert missing == []


def test_what_is_left_out_is_listed_and_not_there(referred, cast, deliver):
    extract = make(referred, cast.maja, {"identity": "others", "criminal": "investigation"})
    deliver()
    told, paper, _names = told_by(extract, cast.maja)
    assert {(one["section"], one["ground"]) for one in told["left_out"]} == {
        ("identity", "others"),
        ("criminal", "investigation"),
    }
    assert "identity" not in told["sections"]
    for said in (json.dumps(told, ensure_ascii=False), paper):
        assert NAME not in said and referred.alias not in said
    assert "An ongoing crime investigation" in paper


def test_the_extract_names_no_colleague(referred, cast, deliver, as_):
    as_(cast.lars).get(f"{referred.get_absolute_url()}referral/")
    extract = make(referred, cast.maja)
    deliver()
    told, paper, _names = told_by(extract, cast.maja)
    assert any(one["organisation"] == cast.lars.organisation.name for one in told["looks"])
    for name in (cast.lars.name, cast.lars.email, cast.sara.email):
        assert name not in json.dumps(told, ensure_ascii=False).replace("Länsstyrelsen", "")
    assert cast.lars.email not in paper


def test_a_file_that_was_added_by_mistake_is_listed_and_not_given_out(make_case, cast, deliver):
    case = make_case(reached="more_info")
    with acting_as(cast.sara):
        wrong = case_actions.add_document(case, by=cast.sara, kind="referral_paper", file=a_pdf("hers.pdf"))
        case_actions.withdraw_document(wrong, by=cast.sara)
        kept = case_actions.add_document(case, by=cast.sara, kind="referral_paper", file=a_pdf("mine.pdf"))
    extract = make(case, cast.maja)
    deliver()
    told, _paper, names = told_by(extract, cast.maja)
    states = {one["name"]: (bool(one["file"]), one["state"]) for one in told["documents"]}
    assert states["hers.pdf"] == (False, "taken back, added by mistake")
    assert states["mine.pdf"][0]
    assert sum(kept.pk.hex[:8] in name for name in names) == 1
    assert not any(wrong.pk.hex[:8] in name for name in names)


@pytest.mark.parametrize("who", ["sara", "lars", "lena", "otto", "henrik", "admin"])
def test_only_who_answers_the_person_makes_one(referred, cast, who):
    user = getattr(cast, who)
    with acting_as(user), pytest.raises(PermissionDenied):
        rights.ask_for_extract(referred, by=user, left_out={}, language="sv")
    assert not Extract.objects.exists()


def test_helsinkis_manager_makes_one_and_a_member_does_not(make_case, cast, deliver):
    case = make_case(reached="approved")
    with acting_as(cast.hanna), pytest.raises(PermissionDenied):
        rights.ask_for_extract(case, by=cast.hanna, left_out={}, language="sv")
    make(case, cast.henrik)
    assert Extract.objects.count() == 1


@pytest.mark.asvs("14.2.7")
def test_the_maker_alone_fetches_it_and_for_seven_days(referred, cast, deliver):
    extract = make(referred, cast.maja)
    deliver()
    extract.refresh_from_db()
    stored = settings.UPLOADS_DIR / extract.stored_as
    assert NAME.encode() not in stored.read_bytes()
    for other in (cast.sara, cast.lena):
        with acting_as(other), pytest.raises(PermissionDenied):
            rights.fetch_extract(extract, by=other)
    with clock.moved_to(extract.made_at + timedelta(days=6, hours=23)), acting_as(cast.maja):
        assert rights.fetch_extract(extract, by=cast.maja)
    with clock.moved_to(extract.made_at + timedelta(days=7, minutes=1)):
        with acting_as(cast.maja), pytest.raises(StepRefused):
            rights.fetch_extract(extract, by=cast.maja)
        deliver()
    assert not stored.exists()
    assert Extract.objects.get().stored_as == ""


def test_nobody_fetches_what_another_had_made(make_case, cast, deliver, as_):
    case = make_case(reached="approved")
    extract = make(case, cast.maja)
    deliver()
    extract.refresh_from_db()
    with acting_as(cast.henrik), pytest.raises(PermissionDenied):
        rights.fetch_extract(extract, by=cast.henrik)
    for path in ("", "file/"):
        assert as_(cast.henrik).get(at(case, f"extract/{extract.pk}/{path}")).status_code == 404


def test_each_extract_is_logged_as_an_export(referred, cast, deliver):
    extract = make(referred, cast.maja)
    deliver()
    told_by(extract, cast.maja)
    assert Look.objects.filter(case_id=referred.pk, user_id=cast.maja.pk, action="export").count() == 2
    assert CaseEvent.objects.filter(case=referred, verb="make_extract").count() == 1


def test_no_extract_is_mailed(referred, cast, deliver, mailoutbox):
    make(referred, cast.maja)
    deliver()
    assert not any(mail.attachments or NAME in mail.body for mail in mailoutbox)


def test_the_extract_on_its_pages(referred, cast, as_, deliver):
    maja = as_(cast.maja)
    page = maja.get(at(referred, "extract/"))
    assert page.status_code == 200 and b"read no more of it than you must" in page.content
    answer = maja.post(at(referred, "extract/"), {"language": "sv", "part_risks": "others"})
    extract = Extract.objects.get()
    assert answer["Location"].endswith(f"rights/extract/{extract.pk}/")
    assert b"is being made" in maja.get(answer["Location"]).content
    assert maja.get(f"{answer['Location']}file/").status_code == 409
    deliver()
    assert b"The extract is ready" in maja.get(answer["Location"]).content
    fetched = maja.get(f"{answer['Location']}file/")
    assert fetched["Content-Type"] == "application/zip" and "attachment" in fetched["Content-Disposition"]
    assert extract.left_out == {"risks": "others"}
    for other, status in ((cast.sara, 403), (cast.lena, 403), (cast.otto, 404)):
        for path in ("extract/", f"extract/{extract.pk}/", f"extract/{extract.pk}/file/"):
            assert as_(other).get(at(referred, path)).status_code == status, (other, path)


def test_the_extract_wants_a_fresh_proof(referred, cast, as_, deliver):
    extract = make(referred, cast.maja)
    deliver()
    maja = as_(cast.maja)
    proved(maja, cast.maja, seconds_ago=3600)
    for path in ("extract/", f"extract/{extract.pk}/file/"):
        assert maja.get(at(referred, path)).status_code == 302
    assert maja.post(at(referred, "extract/"), {"language": "sv"}).status_code == 403
    assert Extract.objects.count() == 1


# The register


def test_a_request_is_due_within_a_month_and_its_clock_rings(referred, cast):
    with acting_as(cast.maja):
        asked = rights.record_request(
            referred, by=cast.maja, kind="correction", asked_on=date(2026, 1, 31), text="Her birth year."
        )
    assert asked.due_on == date(2026, 2, 28)
    assert [one.subject for one in FACTS["rights_request"](clock.now())] == [str(asked.pk)]
    walk_the_clocks()
    assert Notification.objects.filter(what="rule_rights_request", recipient=cast.maja).exists()
    with acting_as(cast.maja):
        rights.answer_rights_request(
            asked, by=cast.maja, outcome="done", answered_on=clock.today(), answer="Corrected."
        )
    assert not list(FACTS["rights_request"](clock.now()))
    with acting_as(cast.maja), pytest.raises(StepRefused):
        rights.answer_rights_request(asked, by=cast.maja, outcome="done", answered_on=clock.today(), answer="Twice.")


def test_the_clock_of_a_request_rings_while_processing_is_restricted(referred, cast):
    with acting_as(cast.maja):
        rights.record_request(referred, by=cast.maja, kind="restriction", asked_on=date(2026, 1, 31), text="")
    restricted(referred, cast)
    walk_the_clocks()
    assert Notification.objects.filter(what="rule_rights_request", recipient=cast.maja).exists()


def test_the_register_on_its_page(referred, cast, as_):
    maja = as_(cast.maja)
    assert b"Nothing has been asked" in maja.get(at(referred)).content
    ahead = {"kind": "access", "asked_on": (clock.today() + timedelta(days=2)).isoformat()}
    assert b"lies ahead" in maja.post(at(referred, "requests/add/"), ahead).content
    given = {"kind": "access", "asked_on": clock.today().isoformat(), "text": "All of it"}
    assert maja.post(at(referred, "requests/add/"), given).status_code == 302
    asked = RightsRequest.objects.get()
    answer = at(referred, f"requests/{asked.pk}/answer/")
    assert b"All of it" in maja.get(answer).content
    done = {"outcome": "done", "answered_on": clock.today().isoformat(), "answer": "Handed over"}
    assert maja.post(answer, done).status_code == 302
    assert b"Handed over" in maja.get(at(referred)).content
    assert maja.post(answer, done).status_code == 409
    for other, status in ((cast.sara, 403), (cast.lena, 403), (cast.otto, 404)):
        assert as_(other).get(answer).status_code == status
        assert as_(other).get(at(referred, "requests/add/")).status_code == status


def test_the_way_to_the_rights_is_on_the_case_page_for_whom_it_opens(referred, cast, as_):
    assert b"rights/" in as_(cast.maja).get(referred.get_absolute_url()).content
    assert b"rights/" not in as_(cast.sara).get(referred.get_absolute_url()).content
