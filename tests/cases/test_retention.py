"""How long a case is kept, the list that two people sign, and what is left when its contents are gone."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from cases import actions as case_actions
from cases import clocks, pdfs
from cases.actions import archive
from cases.actions.archive import ArchiveRefused, keep_retention
from cases.actions.files import record_models
from cases.clocks.retention import kept_until, kept_until_now, rule_for
from cases.models import (
    Case,
    CaseEvent,
    CaseKey,
    Certificate,
    DestructionLine,
    DestructionList,
    Document,
    Notification,
    Person,
    RetentionRule,
    SearchKey,
)
from cases.permissions import Section
from cases.processing import TABLE, emptied_fields, fields_of, models_of_ours
from cases.states import State
from partners.models import User
from returns_portal import clock, crypto, uploads
from returns_portal.actor import acting_as
from returns_portal.models import Look, OutboxItem
from tests.builders import a_pdf
from tests.paper_reading import words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(cast):
    """Sara's and Maja's colleague, who may sign too."""
    return User.objects.create_user(
        "signe@demo.example", "demo", name="Signe", organisation=cast.maja.organisation, role=User.Role.MEMBER
    )


@pytest.fixture
def withdrawn(make_case):
    """A case that ended with a withdrawal today."""
    return make_case(reached="withdrawn")


def long_after(case):
    """The morning after the last day on which the case is kept."""
    last = Case.objects.get(pk=case.pk).retention_on
    return datetime(last.year, last.month, last.day, 9, tzinfo=UTC) + timedelta(days=1)


@pytest.fixture
def listed(withdrawn):
    """The list on which that case stands, once its time is over."""
    keep_retention(long_after(withdrawn))
    return DestructionList.objects.get()


def sign(listed, user, *, at=None):
    with clock.moved_to(at or listed.made_at), acting_as(user):
        return archive.sign(listed, by=user, seen=archive.digest_of(listed.lines.standing()))


def signed_twice(listed, cast):
    sign(listed, cast.maja)
    return sign(listed, cast.sara)


def destroyed(case, cast):
    """The case with its contents gone, by the whole road."""
    keep_retention(long_after(case))
    listed = DestructionList.objects.get()
    signed_twice(listed, cast)
    listed.refresh_from_db()
    done = keep_retention(listed.destroy_after + timedelta(minutes=1))
    assert done.destroyed == 1
    return Case.objects.get(pk=case.pk)


@pytest.fixture
def deliver_after(deliver):
    """Let the worker do what the destruction of this case has left to do."""

    def run(case):
        with clock.moved_to(case.destroyed_at + timedelta(minutes=5)):
            return deliver()

    return run


# The rules


@pytest.mark.parametrize(
    ("ended_at", "last_day"),
    [
        (datetime(2026, 3, 1, 12, tzinfo=UTC), date(2032, 12, 31)),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), date(2033, 12, 31)),  # New Year's night in Stockholm
    ],
)
def test_social_services_keep_five_years_and_to_the_end_of_the_next(make_case, ended_at, last_day):
    case = make_case(reached="draft")
    assert kept_until(case, State.CLOSED, ended_at) == last_day


@pytest.mark.parametrize(
    ("years", "months", "days", "to_end", "last_day"),
    [
        (2, 0, 0, False, date(2030, 2, 28)),
        (0, 12, 0, False, date(2029, 2, 28)),
        (0, 1, 10, False, date(2028, 4, 8)),
        (0, 0, 90, False, date(2028, 5, 29)),
        (1, 0, 0, True, date(2030, 12, 31)),
    ],
)
def test_a_rule_counts_years_months_and_days(years, months, days, to_end, last_day):
    rule = RetentionRule(years=years, months=months, days=days, to_end_of_next_year=to_end)
    assert rule.ends_on(date(2028, 2, 29)) == last_day


def test_every_kind_of_referring_organisation_has_a_rule_for_every_end(db):
    kinds = {kind for kind, _end in RetentionRule.objects.values_list("organisation_kind", "trigger")}
    assert kinds == {"social_services", "ngo", "migration_agency", "police"}
    assert RetentionRule.objects.count() == 3 * len(kinds)
    assert all(rule.basis for rule in RetentionRule.objects.all())


def test_a_rule_without_any_time_is_refused_by_the_database(db):
    with pytest.raises(IntegrityError), transaction.atomic():
        RetentionRule.objects.create(organisation_kind="iom_local", trigger="closed", basis="none")


@pytest.mark.parametrize("reached", ["withdrawn", "declined"])
def test_the_date_is_set_when_a_case_ends_before_the_journey(make_case, reached):
    case = make_case(reached=reached)
    assert case.retention_on == date(clock.today().year + 6, 12, 31)


def test_the_case_page_tells_the_date_from_the_day_it_ends(withdrawn, cast, as_):
    page = as_(cast.maja).get(withdrawn.get_absolute_url()).content.decode()
    assert f"31 December {withdrawn.retention_on.year}" in page


def test_a_reopened_case_has_no_date_and_gets_a_new_one_when_it_ends(withdrawn, cast):
    with acting_as(cast.lars):
        case = case_actions.reopen(
            withdrawn, by=cast.lars, note="anew", consent_given_on=clock.today(), consent_language="sq"
        )
    assert case.retention_on is None
    with acting_as(cast.sara):
        assert case_actions.withdraw(case, by=cast.sara).retention_on is not None


def test_a_note_after_the_end_moves_the_date_on_and_nothing_moves_it_back(withdrawn, cast):
    before = withdrawn.retention_on
    with clock.moved_to(clock.now() + timedelta(days=800)), acting_as(cast.lars):
        CaseEvent.objects.record(withdrawn, "add_document", by=cast.lars, was=withdrawn.state)
    done = keep_retention(long_after(withdrawn))
    withdrawn.refresh_from_db(fields=["retention_on"])
    assert (done.dates, done.listed) == (1, 0)
    assert withdrawn.retention_on > before
    RetentionRule.objects.update(years=1)
    assert kept_until_now(withdrawn) == withdrawn.retention_on


def test_opening_the_identity_is_no_note(withdrawn, cast):
    with clock.moved_to(clock.now() + timedelta(days=800)):
        CaseEvent.objects.record(withdrawn, "reveal", by=cast.lars, was=withdrawn.state)
    assert keep_retention(long_after(withdrawn)).listed == 1


def test_a_rule_that_counts_from_the_end_does_not_mind_later_notes(withdrawn, cast):
    RetentionRule.objects.update(counts_from=RetentionRule.CountsFrom.END)
    with clock.moved_to(clock.now() + timedelta(days=800)):
        CaseEvent.objects.record(withdrawn, "add_document", by=cast.lars, was=withdrawn.state)
    assert keep_retention(long_after(withdrawn)).listed == 1


# The list


def test_nothing_is_listed_on_the_last_day_and_everything_due_on_the_next(withdrawn, cast):
    assert keep_retention(long_after(withdrawn) - timedelta(days=1)).listed == 0
    assert keep_retention(long_after(withdrawn)).listed == 1
    line = DestructionLine.objects.get()
    assert (line.case, line.due_on, line.list.organisation) == (
        withdrawn,
        withdrawn.retention_on,
        cast.sara.organisation,
    )
    assert Notification.objects.filter(what="destruction_listed", recipient=cast.maja).count() == 1


@pytest.mark.asvs("14.2.7")
def test_listing_destroys_nothing_and_lists_nothing_twice(listed, withdrawn):
    for days in (1, 40, 400):
        assert keep_retention(listed.made_at + timedelta(days=days)).destroyed == 0
    assert DestructionLine.objects.count() == 1
    assert CaseKey.objects.get(case=withdrawn).wrapped


def test_an_open_case_is_never_listed(make_case):
    case = make_case(reached="referred")
    Case.objects.filter(pk=case.pk).update(retention_on=clock.today() - timedelta(days=1))
    assert keep_retention().listed == 0


def test_without_a_rule_in_force_nothing_is_listed(withdrawn):
    RetentionRule.objects.update(is_active=False)
    assert keep_retention(long_after(withdrawn)).listed == 0
    assert rule_for(withdrawn) is None


def test_a_rule_may_close_a_case_for_use_instead_of_destroying_it(withdrawn, cast):
    RetentionRule.objects.update(action=RetentionRule.Action.RESTRICT)
    done = keep_retention(long_after(withdrawn))
    withdrawn = Case.objects.get(pk=withdrawn.pk)
    assert (done.listed, done.closed_for_use) == (0, 1)
    assert withdrawn.limited_since is not None
    assert not withdrawn.access_for(cast.lars).may_read(Section.REFERRAL)


def test_the_command_says_what_it_did(withdrawn):
    out = io.StringIO()
    call_command("retention", "--at", long_after(withdrawn).isoformat(), stdout=out)
    assert "1 cases listed" in out.getvalue()
    assert DestructionList.objects.count() == 1


# Two signatures


@pytest.mark.asvs("2.3.5")
def test_a_manager_signs_first_and_somebody_else_second(listed, cast):
    with pytest.raises(PermissionDenied):
        sign(listed, cast.sara)  # no manager
    sign(listed, cast.maja)
    with pytest.raises(PermissionDenied):
        sign(listed, cast.maja)
    signed = sign(listed, cast.sara)
    assert (signed.first_by, signed.second_by) == (cast.maja, cast.sara)
    assert signed.destroy_after == signed.second_at + timedelta(days=14)


@pytest.mark.asvs("2.3.5")
def test_the_database_refuses_one_person_twice(listed, cast):
    sign(listed, cast.maja)
    for wrong in (
        {"second_by": cast.maja, "second_at": clock.now()},
        {"first_by": None, "second_by": cast.sara},
        {"destroyed_at": clock.now()},
        {"second_by": cast.sara, "destroy_after": clock.now() + timedelta(days=9), "destroyed_at": clock.now()},
        {"second_by": cast.sara, "destroyed_at": clock.now()},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            DestructionList.objects.filter(pk=listed.pk).update(**wrong)


def test_a_list_that_changed_is_not_signed(listed, cast):
    with acting_as(cast.maja), pytest.raises(ArchiveRefused):
        archive.sign(listed, by=cast.maja, seen="another list")
    listed.refresh_from_db()
    assert listed.first_by is None


def test_strangers_neither_sign_nor_stop_nor_leave_out(listed, cast):
    line = listed.lines.get()
    for stranger in (cast.otto, cast.lena, cast.henrik, cast.nadia):
        with acting_as(stranger):
            with pytest.raises(PermissionDenied):
                archive.sign(listed, by=stranger, seen=archive.digest_of([line]))
            with pytest.raises(PermissionDenied):
                archive.stop(listed, by=stranger)
            with pytest.raises(PermissionDenied):
                archive.leave_out(line, by=stranger, reason="court", until=clock.today() + timedelta(days=9))


def test_a_case_is_left_out_with_a_reason_and_a_new_date(listed, withdrawn, cast):
    line, until = listed.lines.get(), listed.made_at.date() + timedelta(days=90)
    with clock.moved_to(listed.made_at), acting_as(cast.maja):
        archive.leave_out(line, by=cast.maja, reason="court", until=until, note="the trial")
    line, withdrawn = DestructionLine.objects.get(), Case.objects.get(pk=withdrawn.pk)
    assert (line.left_out, line.note, withdrawn.retention_on) == ("court", "the trial", until)
    with connection.cursor() as cursor:
        cursor.execute("SELECT note FROM cases_destructionline")
        assert b"trial" not in bytes(cursor.fetchone()[0])
    assert keep_retention(listed.made_at + timedelta(days=30)).listed == 0
    assert keep_retention(listed.made_at + timedelta(days=92)).listed == 1
    assert [line.closed_at is None for line in listed.lines.order_by("due_on")] == [False, True]


def test_nothing_is_left_out_of_a_list_that_is_signed_twice(listed, cast):
    signed_twice(listed, cast)
    with clock.moved_to(listed.made_at), acting_as(cast.maja), pytest.raises(ArchiveRefused):
        archive.leave_out(listed.lines.get(), by=cast.maja, reason="court", until=clock.today() + timedelta(days=9))


def test_what_falls_due_later_comes_on_a_new_list(listed, make_case, cast):
    sign(listed, cast.maja)
    other = make_case(reached="declined")
    Case.objects.filter(pk=other.pk).update(retention_on=listed.made_at.date() - timedelta(days=1))
    RetentionRule.objects.update(years=1, to_end_of_next_year=False)
    keep_retention(listed.made_at + timedelta(days=1))
    assert DestructionList.objects.count() == 2
    assert listed.lines.count() == 1


@pytest.mark.parametrize("who", ["maja", "sara"])
def test_either_signer_stops_the_list_and_it_comes_anew(listed, withdrawn, cast, who):
    signed_twice(listed, cast)
    with clock.moved_to(listed.made_at + timedelta(days=13)), acting_as(getattr(cast, who)):
        archive.stop(listed, by=getattr(cast, who))
    done = keep_retention(listed.made_at + timedelta(days=30))
    assert (done.destroyed, done.listed) == (0, 1)
    assert CaseKey.objects.get(case=withdrawn).wrapped
    with acting_as(cast.maja), pytest.raises(ArchiveRefused):
        archive.stop(listed, by=cast.maja)


def test_a_colleague_who_did_not_sign_does_not_stop_it(listed, cast, second):
    signed_twice(listed, cast)
    with acting_as(second), pytest.raises(PermissionDenied):
        archive.stop(listed, by=second)


# Destroying


@pytest.mark.asvs("14.2.7")
def test_nothing_is_destroyed_before_two_weeks_have_passed(listed, withdrawn, cast):
    signed = signed_twice(listed, cast)
    assert keep_retention(signed.destroy_after - timedelta(minutes=1)).destroyed == 0
    assert CaseKey.objects.get(case=withdrawn).wrapped
    assert keep_retention(signed.destroy_after).destroyed == 1
    assert not CaseKey.objects.get(case=withdrawn).wrapped


def test_one_signature_destroys_nothing_however_long_it_waits(listed, withdrawn, cast):
    sign(listed, cast.maja)
    assert keep_retention(listed.made_at + timedelta(days=700)).destroyed == 0


def test_what_changed_since_the_signatures_is_left_out(listed, withdrawn, cast):
    signed = signed_twice(listed, cast)
    Case.objects.filter(pk=withdrawn.pk).update(limited_since=clock.now())
    assert keep_retention(signed.destroy_after).destroyed == 0
    assert listed.lines.get().left_out == "changed"
    assert CaseKey.objects.get(case=withdrawn).wrapped


def test_lines_that_nobody_signed_destroy_nothing(listed, make_case, cast):
    signed, other = signed_twice(listed, cast), make_case(reached="declined")
    line = listed.lines.get()
    DestructionLine.objects.create(list=listed, case=other, rule=line.rule, due_on=line.due_on, basis=line.basis)
    assert keep_retention(signed.destroy_after).destroyed == 0
    listed.refresh_from_db()
    assert listed.destroyed_at is None
    assert CaseKey.objects.filter(wrapped=b"").count() == 0


@pytest.mark.asvs("14.2.7")
def test_a_destroyed_case_is_unreadable_and_its_skeleton_stays(make_case, cast, deliver, deliver_after):
    case = make_case(reached="closed")
    deliver()
    before = Case.objects.get(pk=case.pk)
    stored = list(Document.objects.filter(case=case).values_list("stored_as", flat=True))
    assert stored and SearchKey.objects.filter(case=case).exists()
    opened = case.sealing_key()
    case = destroyed(before, cast)
    deliver_after(case)
    with pytest.raises(crypto.Shredded):
        case.sealing_key()
    with pytest.raises(crypto.Shredded):
        Document.objects.filter(case=case).first().case.sealing_key()
    assert not SearchKey.objects.filter(case=case).exists()
    assert not any((settings.UPLOADS_DIR / name).exists() for name in stored)
    kept = ("code", "state", "destination", "closed_at", "departed_on", "arrived_on", "created_at", "retention_on")
    assert [getattr(case, name) for name in kept] == [getattr(before, name) for name in kept]
    assert (case.alias, case.language) == ("", "")
    assert Person.objects.get(case=case).__dict__["full_name"] is None
    assert opened not in [bytes(key.wrapped) for key in CaseKey.objects.all()]


def test_every_column_that_says_something_of_a_person_is_empty_afterwards(make_case, cast):
    case = destroyed(make_case(reached="closed"), cast)
    for model in models_of_ours():
        path = archive.path_to_case(model)
        names = [field.attname for field in emptied_fields(model)]
        if not path or not names:
            continue
        for row in model._base_manager.filter(**{path: case.pk}).values_list(*names):
            assert not any(row), f"{model._meta.label}: {dict(zip(names, row, strict=True))}"


def test_only_the_case_on_the_list_is_touched(make_case, cast, deliver, deliver_after):
    other, case = make_case(reached="closed"), make_case(reached="withdrawn")
    deliver()
    before = {row.pk: row.full_name for row in Person.objects.filter(case=other)}
    Case.objects.filter(pk=other.pk).update(retention_on=date(2099, 12, 31))
    deliver_after(destroyed(case, cast))
    other = Case.objects.get(pk=other.pk)
    assert (other.destroyed_at, bool(other.alias)) == (None, True)
    assert {row.pk: row.full_name for row in Person.objects.filter(case=other)} == before
    for document in Document.objects.filter(case=other):
        assert uploads.read(document.stored_as, document.pk, other.sealing_key())


def test_one_person_cannot_destroy_by_the_action_itself(withdrawn, cast):
    with pytest.raises(PermissionDenied):
        archive.shred_case(withdrawn, by=(cast.maja, cast.maja))
    assert CaseKey.objects.get(case=withdrawn).wrapped


def test_the_trail_and_the_history_say_that_it_was_destroyed(withdrawn, cast):
    case = destroyed(withdrawn, cast)
    assert Look.objects.filter(case_id=case.pk, action="destroy").count() == 1
    assert Look.objects.filter(user_id=cast.maja.pk, action="destroy", shown=[case.pk]).count() == 1
    assert CaseEvent.objects.filter(case=case, verb="destroy").count() == 1


def test_a_case_is_destroyed_once(withdrawn, cast):
    case = destroyed(withdrawn, cast)
    assert archive.shred_case(case, by=(cast.maja, cast.sara)) == ""
    assert keep_retention(clock.now() + timedelta(days=9000)).listed == 0


def test_a_destroyed_case_cannot_be_reopened(withdrawn, cast):
    case = destroyed(withdrawn, cast)
    with acting_as(cast.lars), pytest.raises(case_actions.StepRefused):
        case_actions.reopen(case, by=cast.lars, note="", consent_given_on=clock.today(), consent_language="sq")


def test_the_worker_gives_up_papers_of_a_destroyed_case(withdrawn, cast, deliver, deliver_after):
    deliver()
    case = destroyed(withdrawn, cast)
    pdfs.queue(case, "referral_receipt")
    deliver_after(case)
    item = OutboxItem.objects.filter(kind="paper", case_id=case.pk).order_by("-pk").first()
    assert (item.last_error, item.done_at) == ("Shredded", None)


def test_every_page_of_a_destroyed_case_says_so_calmly(withdrawn, cast, as_, deliver_after):
    case = destroyed(withdrawn, cast)
    deliver_after(case)
    browser = as_(cast.maja)
    page = browser.get(case.get_absolute_url())
    assert page.status_code == 200
    assert b"were destroyed on" in page.content
    for path in ("history/", "documents/", "questions/", "decision/", "referral/", "identity/", "rights/", "seen/"):
        answer = browser.get(f"{case.get_absolute_url()}{path}")
        assert answer.status_code in {403, 410}, path
        assert answer.status_code == 403 or b"were destroyed on" in answer.content
    assert browser.post(f"{case.get_absolute_url()}reveal/").status_code in {403, 410}
    for path in ("/cases/?tab=ended", "/", "/inbox/", "/archive/"):
        assert browser.get(path).status_code == 200, path
    assert as_(cast.otto).get(case.get_absolute_url()).status_code == 404


def test_who_never_saw_the_case_does_not_learn_that_it_was_destroyed(withdrawn, cast, as_):
    case = destroyed(withdrawn, cast)
    for stranger in (cast.otto, cast.hanna, cast.ilir):
        for path in ("", "history/", "rights/"):
            assert as_(stranger).get(f"{case.get_absolute_url()}{path}").status_code == 404


# The certificate


def test_the_certificate_names_rule_number_and_mark_and_nobody_else(withdrawn, cast, deliver_after):
    RetentionRule.objects.update(decision_ref="KS 2026/77")
    fingerprint = archive.hashlib.sha256(bytes(CaseKey.objects.get(case=withdrawn).wrapped)).hexdigest()[:32]
    case = destroyed(withdrawn, cast)
    deliver_after(case)
    proofs = {proof.language: proof for proof in Certificate.objects.all()}
    assert set(proofs) == {"sv", "en-gb"}
    told = words_of(bytes(proofs["en-gb"].content))
    for said in ("KS 2026/77", "Maja", "Sara", fingerprint, case.code_shown, "older than 35 days are gone"):
        assert said in told
    assert withdrawn.alias not in told


def test_the_certificate_is_for_the_organisation_that_signed(withdrawn, cast, as_, deliver_after):
    deliver_after(destroyed(withdrawn, cast))
    listed = DestructionList.objects.get()
    address = f"/archive/{listed.pk}/certificate/sv/"
    answer = as_(cast.sara).get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert "attachment" in answer["Content-Disposition"]
    assert as_(cast.otto).get(address).status_code == 404
    assert as_(cast.lena).get(address).status_code == 403


def test_a_certificate_is_made_once(withdrawn, cast, deliver_after):
    deliver_after(destroyed(withdrawn, cast))
    item = OutboxItem.objects.filter(kind="certificate").first()
    archive.make_certificate(item)
    assert Certificate.objects.count() == 2


# Pages


def test_maja_and_sara_sign_on_the_page_and_the_list_is_carried_out(listed, withdrawn, cast, as_):
    maja, sara = as_(cast.maja), as_(cast.sara)
    address = f"/archive/{listed.pk}/"
    with clock.moved_to(listed.made_at):
        assert listed.reference in maja.get("/archive/").content.decode()
        assert withdrawn.code_shown in maja.get(address).content.decode()
        assert sara.get(f"{address}sign/").status_code == 403
        page = maja.get(f"{address}sign/")
        seen = page.context["seen"]
        assert maja.post(f"{address}sign/", {"seen": seen}).status_code == 302
        assert maja.get(f"{address}sign/").status_code == 403
        assert maja.post(f"{address}sign/", {"seen": seen}).status_code == 403
        assert sara.post(f"{address}sign/", {"seen": "x"}).status_code == 409
        assert sara.post(f"{address}sign/", {"seen": seen}).status_code == 302
        assert sara.post(f"{address}sign/", {"seen": seen}).status_code == 409
        assert sara.get(f"{address}stop/").status_code == 200
    listed.refresh_from_db()
    assert (listed.first_by, listed.second_by) == (cast.maja, cast.sara)
    told = Notification.objects.get(what="destruction_signed_once", recipient=cast.sara)
    assert OutboxItem.objects.filter(kind="mail", row_id=told.pk).count() == 1
    assert sara.get(f"/inbox/{told.pk}/").headers["Location"] == address
    assert withdrawn.alias not in sara.get(address).content.decode()


def test_signing_wants_a_fresh_proof(listed, cast, as_):
    from tests.cast import proved

    maja = as_(cast.maja)
    proved(maja, cast.maja, seconds_ago=3600)
    assert maja.get(f"/archive/{listed.pk}/sign/").status_code == 302
    assert maja.post(f"/archive/{listed.pk}/sign/", {"seen": "x"}).status_code == 403
    listed.refresh_from_db()
    assert listed.first_by is None


def test_leaving_out_on_the_page(listed, withdrawn, cast, as_):
    line = listed.lines.get()
    address = f"/archive/{listed.pk}/lines/{line.pk}/leave-out/"
    with clock.moved_to(listed.made_at):
        assert as_(cast.sara).get(address).status_code == 403
        maja = as_(cast.maja)
        assert maja.get(address).status_code == 200
        past = maja.post(address, {"reason": "court", "until": "2020-01-01"})
        assert past.status_code == 200 and b"Enter a later day" in past.content
        assert b"Write in a few words" in maja.post(address, {"reason": "other", "until": "2099-01-01"}).content
        assert maja.post(address, {"reason": "court", "until": "2099-01-01"}).status_code == 302
        assert maja.post(address, {"reason": "court", "until": "2099-01-01"}).status_code == 409
    assert DestructionLine.objects.get().left_out == "court"


def test_stopping_on_the_page(listed, cast, as_):
    address = f"/archive/{listed.pk}/stop/"
    assert as_(cast.maja).get(address).status_code == 403  # nobody has signed
    signed_twice(listed, cast)
    assert as_(cast.maja).post(address).status_code == 302
    assert as_(cast.maja).get(address).status_code == 409
    assert as_(cast.maja).post(address).status_code == 409


def test_other_organisations_find_no_list(listed, cast, as_):
    for path in ("", "sign/", "stop/", f"lines/{listed.lines.get().pk}/leave-out/"):
        assert as_(cast.otto).get(f"/archive/{listed.pk}/{path}").status_code == 404, path
        for other in (cast.lena, cast.henrik, cast.ilir, cast.admin):
            assert as_(other).get(f"/archive/{listed.pk}/{path}").status_code == 403, path
    assert b"No case has reached its date" in as_(cast.otto).get("/archive/").content


# Drafts


def test_an_old_draft_goes_with_its_files(make_case, cast, deliver):
    case = make_case(reached="draft")
    with acting_as(cast.sara):
        document = case_actions.add_document(case, by=cast.sara, kind="referral_paper", file=a_pdf())
    assert (settings.UPLOADS_DIR / document.stored_as).exists()
    kept = clocks.due("draft_expires", case, Case.objects.get(pk=case.pk).changed_at)
    assert keep_retention(kept - timedelta(days=1)).drafts == 0
    assert keep_retention(kept + timedelta(minutes=1)).drafts == 1
    with clock.moved_to(kept + timedelta(minutes=2)):
        deliver()
    assert not Case.objects.filter(pk=case.pk).exists()
    assert not (settings.UPLOADS_DIR / document.stored_as).exists()


def test_a_discarded_draft_leaves_no_file(make_case, cast, deliver):
    case = make_case(reached="draft")
    with acting_as(cast.sara):
        document = case_actions.add_document(case, by=cast.sara, kind="referral_paper", file=a_pdf())
        case_actions.discard(case, by=cast.sara)
    deliver()
    assert not (settings.UPLOADS_DIR / document.stored_as).exists()


# The register of processing


def test_every_field_of_ours_has_a_class():
    missing = [
        f"{model._meta.label}.{name}"
        for model in models_of_ours()
        for name in fields_of(model)
        if model._meta.label not in TABLE or TABLE[model._meta.label].class_of(name) is None
    ]
    assert missing == []


def test_the_register_names_nothing_that_is_not_there():
    fields = {model._meta.label: set(fields_of(model)) for model in models_of_ours()}
    named = {label: {n for names in one.fields.values() for n in names.split()} for label, one in TABLE.items()}
    assert {
        label: names - fields.get(label, set()) for label, names in named.items() if names - fields.get(label, set())
    } == {}
    for label, one in TABLE.items():
        every = [name for names in one.fields.values() for name in names.split()]
        assert len(every) == len(set(every)), label


def test_sealed_fields_are_emptied_and_every_emptied_field_can_be_empty():
    for model in models_of_ours():
        emptied = {field.name for field in emptied_fields(model)}
        sealed = {field.name for field in model._meta.concrete_fields if isinstance(field, crypto.SealedField)}
        assert sealed <= emptied, model
        if archive.path_to_case(model):
            for field in emptied_fields(model):
                archive.nothing_of(field)


def test_every_record_of_a_case_stands_in_a_section():
    known = {*Section.values, "own"}
    assert [model for model in record_models() if TABLE[model._meta.label].section not in known] == []


def test_the_register_is_written_out_as_csv():
    out = io.StringIO()
    call_command("processing_register", "--language", "en-gb", stdout=out)
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert len(rows) == sum(len(fields_of(model)) for model in models_of_ours())
    name = next(row for row in rows if (row["Table"], row["Field"]) == ("cases.Person", "full_name"))
    assert (name["Class of data"], name["Sealed"]) == ("Identity", "yes")
    assert all(value for row in rows for value in row.values())


def test_administrators_change_a_rule_and_delete_none(cast, as_):
    rule = RetentionRule.objects.get(organisation_kind="ngo", trigger="closed")
    admin = as_(cast.admin)
    address = f"/admin/cases/retentionrule/{rule.pk}/"
    page = admin.get(f"{address}change/")
    assert page.status_code == 200
    data = {
        "counts_from": "end",
        "years": 3,
        "months": 0,
        "days": 0,
        "basis": "B",
        "decision_ref": "D",
        "action": "destroy",
    }
    assert admin.post(f"{address}change/", {**data, "is_active": "on"}).status_code == 302
    rule.refresh_from_db()
    assert (rule.years, rule.decision_ref, rule.trigger) == (3, "D", "closed")
    assert admin.post(f"{address}delete/", {"post": "yes"}).status_code == 403


def test_new_rules_come_to_a_database_that_stands(db):
    from cases.apps import install_what_is_new
    from cases.defaults import present_apps

    RetentionRule.objects.filter(organisation_kind="police").delete()
    RetentionRule.objects.filter(organisation_kind="ngo", trigger="closed").update(years=9)
    install_what_is_new(apps=present_apps)
    assert RetentionRule.objects.filter(organisation_kind="police").count() == 3
    assert RetentionRule.objects.get(organisation_kind="ngo", trigger="closed").years == 9
