"""Steps 1 and 2 through the door: Sara refers, and nobody else sees it before she sends."""

from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse

from cases.guards import blockers
from cases.models import (
    Case,
    CaseEvent,
    CaseGroupObjectPermission,
    CaseKey,
    Dependant,
    Information,
    InformationRequest,
    Notification,
    Person,
    Referral,
    ReferralConsent,
    SafeContact,
)
from partners.models import Organisation
from returns_portal import clock
from returns_portal.models import OutboxItem
from tests.statements import statements_of

DRAFT_PAGES = (
    "referral",
    "referral-person",
    "referral-situation",
    "referral-consent",
    "submit-referral",
    "discard",
    "answer",
    "identity",
    "edit-identity",
    "reveal",
    "criminal",
    "minor",
    "withdraw-referral-consent",
)
READ_ONLY = ("referral", "identity")
MARK = "zebra-marker-7"

PERSON = {
    "alias": "M.R.",
    "age_band": "25-34",
    "is_minor": "no",
    "found_by": "outreach",
    "first_contact_on": "2026-01-05",
    "language": "sq",
    "other_language_1": "it",
    "needs_interpreter": "yes",
    "interpreter_gender": "woman",
    "channel": "phone",
    "details": MARK,
    "code_word": MARK,
    "voicemail": "no",
    "immediate_danger": "no",
    "full_name": f"{MARK} name",
    "birth_date": "1998-02-03",
}
SITUATION = {
    "ground": "suspected",
    "judged_by": "NGO",
    "wishes_freely": "yes",
    "destination": "AL",
    "destination_place": f"{MARK} place",
    "citizenship_1": "AL",
    "citizenship_2": "IT",
    "residence": "none",
    "criminal_case": "none",
    "has_health_needs": "yes",
    "urgency": "normal",
    "background": f"{MARK} background",
    "along-TOTAL_FORMS": "2",
    "along-INITIAL_FORMS": "0",
    "along-0-relation": "child",
    "along-0-age": "4",
    "along-0-note": f"{MARK} note",
}
CONSENT = {
    "leaflet_version": "2026-1",
    "information_language": "sq",
    "informed_on": "2026-01-05",
    "interest": "wants",
    "has_consented": "yes",
    "purposes": ["support", "contact"],
    "recipients": ["lansstyrelsen", "iom_helsinki"],
    "consented_on": "2026-01-06",
    "consent_language": "sq",
    "consent_with_interpreter": "on",
}


def at(case, name):
    return reverse(f"cases:{name}", args=[case.code])


def missing(response):
    return [str(blocker.sentence) for blocker in response.context["blockers"]]


@pytest.fixture
def sara(cast, as_):
    return as_(cast.sara)


@pytest.fixture
def empty_draft(sara):
    """What Sara has after one press."""
    sara.post(reverse("cases:new"))
    return Case.objects.get()


def test_looking_at_the_start_page_creates_nothing_and_one_press_begins_a_draft(sara, cast):
    assert sara.get(reverse("cases:new")).status_code == 200
    assert not Case.objects.exists()
    response = sara.post(reverse("cases:new"))
    case = Case.objects.get()
    assert (case.state, case.referring, case.caseworker) == ("draft", cast.sara.organisation, cast.sara)
    assert response.url == at(case, "referral-person")
    assert case.code_shown in sara.get(reverse("cases:new")).content.decode()
    assert not CaseEvent.objects.exists()


@pytest.mark.parametrize("who", ["lars", "hanna", "ilir", "admin"])
def test_only_referring_organisations_refer(who, cast, as_):
    assert as_(getattr(cast, who)).post(reverse("cases:new")).status_code == 403
    assert not Case.objects.exists()


@pytest.mark.parametrize("name", DRAFT_PAGES)
def test_a_draft_is_seen_by_its_own_unit_only(name, cast, as_, make_case):
    case = make_case()
    for stranger in (cast.otto, cast.nadia, cast.lars, cast.hanna, cast.ilir):
        assert as_(stranger).get(at(case, name)).status_code == 404
        assert as_(stranger).post(at(case, name)).status_code == (405 if name in READ_ONLY else 404)
    assert as_(cast.maja).get(at(case, name)).status_code in {200, 302}
    assert Case.objects.get(pk=case.pk).state == "draft"


def test_a_new_draft_lists_everything_it_needs_before_it_is_sent(sara, empty_draft):
    assert sara.get(at(empty_draft, "referral")).url == at(empty_draft, "referral-person")
    page = sara.get(at(empty_draft, "submit-referral"))
    assert missing(page) == [
        "Enter initials or an alias.",
        "Choose the age.",
        "Choose the language the person speaks.",
        "Say how the person can be contacted safely.",
        "Choose the ground of the referral.",
        "Only a person who wishes to return of their own free will can be referred.",
        "Choose the country of destination.",
        "Choose how urgent it is.",
        "Record that the person has been offered information.",
        "Record the person's consent to be referred.",
    ]
    assert sara.post(at(empty_draft, "submit-referral")).status_code == 409
    assert Case.objects.get().state == "draft"


def test_three_parts_are_filled_and_the_referral_is_sent(sara, cast, empty_draft, deliver, mailoutbox):
    case = empty_draft
    assert sara.post(at(case, "referral-person"), PERSON).url == at(case, "referral-situation")
    assert sara.post(at(case, "referral-situation"), SITUATION).url == at(case, "referral-consent")
    assert sara.post(at(case, "referral-consent"), CONSENT).url == at(case, "submit-referral")
    page = sara.get(at(case, "submit-referral"))
    assert missing(page) == []
    assert MARK not in page.content.decode().replace(f"{MARK} place", "").replace(f"{MARK} background", "").replace(
        f"{MARK} note", ""
    )

    response = sara.post(at(case, "submit-referral"), follow=True)

    case.refresh_from_db()
    assert (case.state, case.submitted_by, case.completeness) == ("referred", cast.sara, 6)
    assert case.approving == cast.lars.organisation
    assert f"The referral is sent. Reference {case.code_shown}. Länsstyrelsen answers by" in response.content.decode()
    event = CaseEvent.objects.get(case=case)
    assert (event.verb, event.created_by, event.was, event.became) == (
        "submit_referral",
        cast.sara,
        "draft",
        "referred",
    )
    granted = CaseGroupObjectPermission.objects.filter(group=cast.lars.organisation.group, valid_until=None)
    assert sorted(granted.values_list("permission__codename", flat=True)) == ["decide_case", "view_case"]
    told = Notification.objects.filter(case=case, what="referral_sent").values_list("recipient__email", flat=True)
    assert sorted(told) == ["lars@demo.example", "lena@demo.example"]
    papers = OutboxItem.objects.filter(case_id=case.pk, kind="paper")
    assert sorted((item.data["name"], item.data["language"]) for item in papers) == [
        ("referral_receipt", "en-gb"),
        ("referral_receipt", "sv"),
    ]
    OutboxItem.objects.filter(kind="paper").delete()  # drawn in the papers' own tests
    deliver()
    assert sorted(mail.to[0] for mail in mailoutbox) == ["lars@demo.example", "lena@demo.example"]
    assert all(case.code not in mail.subject and MARK not in mail.body for mail in mailoutbox)


def test_what_was_typed_stands_in_the_rows(sara, empty_draft):
    case = empty_draft
    for name, data in (("person", PERSON), ("situation", SITUATION), ("consent", CONSENT)):
        sara.post(at(case, f"referral-{name}"), data)
    case.refresh_from_db()
    referral, person = Referral.objects.get(), Person.objects.get()
    assert (case.alias, case.language, case.destination) == ("M.R.", "sq", "AL")
    assert (referral.age_band, referral.other_languages, referral.citizenships) == ("25-34", ["it"], ["AL", "IT"])
    assert (referral.interest, referral.background) == ("wants", f"{MARK} background")
    assert (person.full_name, person.birth_date.isoformat()) == (f"{MARK} name", "1998-02-03")
    assert SafeContact.objects.get().code_word == MARK
    assert Dependant.objects.get().details == {"age": 4, "note": f"{MARK} note"}
    assert Information.objects.get().leaflet_version == "2026-1"
    assert ReferralConsent.objects.get().recipients == ["lansstyrelsen", "iom_helsinki"]


def test_nothing_sealed_lies_readable_in_the_database(sara, empty_draft):
    for name, data in (("person", PERSON), ("situation", SITUATION), ("consent", CONSENT)):
        sara.post(at(empty_draft, f"referral-{name}"), data)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            " AND has_table_privilege(schemaname || '.' || tablename, 'SELECT')"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s OR t::text LIKE %s", [  # noqa: S608  # names from the catalogue
                f"%{MARK}%", f"%{MARK.encode().hex()}%"])  # fmt: skip
            assert cursor.fetchone() == (0,), table


def test_a_draft_may_be_saved_incomplete_and_finished_later(sara, empty_draft):
    response = sara.post(at(empty_draft, "referral-person"), {"alias": "K.", "go": "later"})
    assert response.url == "/"
    assert Case.objects.get().alias == "K."
    assert sara.get(at(empty_draft, "referral")).url == at(empty_draft, "referral-person")


def test_a_wrong_day_is_said_beside_its_field_and_nothing_typed_is_lost(sara, empty_draft):
    tomorrow, yesterday = clock.today() + timedelta(days=1), clock.today() - timedelta(days=1)
    page = sara.post(at(empty_draft, "referral-person"), {"alias": "Kept", "first_contact_on": str(tomorrow)})
    assert page.context["form"].errors == {"first_contact_on": ["That day has not come yet. Enter today or earlier."]}
    assert 'value="Kept"' in page.content.decode()
    typed = SITUATION | {"shelter_until": str(yesterday), "reflection_from": "8/12/2026"}
    page = sara.post(at(empty_draft, "referral-situation"), typed)
    assert sorted(page.context["form"].errors) == ["reflection_from", "shelter_until"]
    assert 'value="8/12/2026"' in page.content.decode()
    assert f"{MARK} background" in page.content.decode()
    assert Case.objects.get().alias == Case.objects.get().destination == ""


def test_age_and_minority_must_agree(sara, empty_draft):
    page = sara.post(at(empty_draft, "referral-person"), PERSON | {"age_band": "15-17"})
    assert list(page.context["form"].errors) == ["is_minor"]


def test_half_a_consent_is_no_consent(sara, empty_draft):
    page = sara.post(at(empty_draft, "referral-consent"), {"has_consented": "yes", "recipients": ["iom_helsinki"]})
    assert sorted(page.context["form"].errors) == ["consent_language", "consented_on", "purposes", "recipients"]
    page = sara.post(at(empty_draft, "referral-consent"), CONSENT | {"interest": "no"})
    assert list(page.context["form"].errors) == ["interest"]
    assert not ReferralConsent.objects.exists()


def test_an_alias_like_a_full_name_is_pointed_out_but_kept(sara, empty_draft):
    page = sara.post(at(empty_draft, "referral-person"), {"alias": "Anna Berg"}, follow=True)
    assert "looks like a full name" in page.content.decode()
    assert Case.objects.get().alias == "Anna Berg"


def test_extra_fields_change_nothing(sara, cast, empty_draft):
    extra = {"state": "approved", "completeness": 6, "code": "AAAAAAAA", "referring": cast.otto.organisation_id}
    sara.post(at(empty_draft, "referral-person"), PERSON | extra | {"is_urgent": "on", "submitted_by": cast.sara.pk})
    case = Case.objects.get()
    assert (case.state, case.code, case.referring) == ("draft", empty_draft.code, cast.sara.organisation)
    assert (case.is_urgent, case.submitted_by, case.completeness) == (False, None, 1)


def test_rows_of_who_travels_along_are_changed_and_taken_away(sara, empty_draft):
    case = empty_draft
    response = sara.post(at(case, "referral-situation"), SITUATION | {"go": "stay"})
    assert response.url == f"{at(case, 'referral-situation')}#along"
    row = Dependant.objects.get()
    again = SITUATION | {"along-INITIAL_FORMS": "1", "along-0-id": str(row.pk), "along-1-relation": "partner"}
    sara.post(at(case, "referral-situation"), again | {"along-1-is_adult": "on"})
    assert sorted(Dependant.objects.values_list("relation", "is_adult")) == [("child", False), ("partner", True)]
    assert Dependant.objects.filter(pk=row.pk).exists()
    sara.post(at(case, "referral-situation"), again | {"along-0-remove": "on", "along-1-relation": ""})
    assert not Dependant.objects.exists()
    page = sara.post(at(case, "referral-situation"), SITUATION | {"along-0-relation": ""})
    assert "Choose the relation." in page.content.decode()


def test_without_consent_nothing_is_sent(sara, make_case):
    case = make_case()
    ReferralConsent.objects.all().delete()
    response = sara.post(at(case, "submit-referral"))
    assert (response.status_code, missing(response)) == (409, ["Record the person's consent to be referred."])
    assert response.context["blockers"][0].page == at(case, "referral-consent")


def test_where_several_authorities_decide_the_referral_names_one(sara, make_case, cast):
    case, other = make_case(), cast.otto.organisation
    Organisation.objects.filter(pk=other.pk).update(kind="lansstyrelsen")
    assert missing(sara.get(at(case, "submit-referral"))) == ["Choose which authority is to decide."]
    sara.post(at(case, "referral-situation"), SITUATION | {"approving": str(other.pk)})
    sara.post(at(case, "submit-referral"))
    assert Case.objects.get().approving == other


def test_sent_twice_the_second_learns_who_was_first(sara, cast, as_, make_case):
    case = make_case()
    assert sara.post(at(case, "submit-referral")).status_code == 302
    second = as_(cast.maja).post(at(case, "submit-referral"))
    assert second.status_code == 409
    assert "Sara" in second.context["moved_on"]
    assert CaseEvent.objects.filter(case=case).count() == 1


@pytest.mark.parametrize(
    "name", ["referral-person", "referral-situation", "referral-consent", "submit-referral", "discard", "answer"]
)
def test_who_sees_the_case_but_does_not_refer_is_refused(name, cast, as_, make_case):
    case = make_case("approved")
    for reader in (cast.lars, cast.hanna):
        assert as_(reader).get(at(case, name)).status_code == 403
        assert as_(reader).post(at(case, name), PERSON).status_code == 403
    assert Case.objects.get().alias == "M.R."


def test_a_sent_referral_is_read_and_no_longer_changed(sara, make_case):
    case = make_case("referred")
    assert sara.get(at(case, "referral-person")).url == at(case, "referral")
    response = sara.post(at(case, "referral-person"), PERSON | {"alias": "Too late"})
    assert response.status_code == 409
    assert "Too late" in response.content.decode()
    assert Case.objects.get().alias == "M.R."


def test_readers_of_the_sent_referral(cast, as_, make_case):
    case = make_case("application")
    for reader in (cast.sara, cast.lars, cast.hanna):
        page = as_(reader).get(at(case, "referral")).content.decode()
        assert "Outreach met" in page or reader == cast.hanna
        assert "Suspected human trafficking" in page
        assert "Mira Rexhepi" not in page
        assert "Blue door" not in page
    assert as_(cast.ilir).get(at(case, "referral")).status_code == 403
    assert as_(cast.otto).get(at(case, "referral")).status_code == 404


def test_discarding_a_draft_leaves_nothing(sara, make_case):
    case = make_case()
    assert sara.get(at(case, "discard")).status_code == 200
    assert Case.objects.exists()
    assert sara.post(at(case, "discard")).url == "/"
    for model in (Case, CaseKey, Referral, Person, SafeContact, Information, ReferralConsent):
        assert not model.objects.exists()
    assert not CaseGroupObjectPermission.objects.exists()


def test_a_sent_referral_is_not_discarded(sara, make_case):
    for state in ("referred", "more_info"):
        case = make_case(state)
        assert sara.post(at(case, "discard")).status_code == 409
        assert Case.objects.filter(pk=case.pk).exists()


def test_sara_changes_the_referral_and_answers(sara, make_case, cast):
    case = make_case("more_info")
    assert "Which kind of interpreter" in sara.get(at(case, "answer")).content.decode()
    assert sara.post(at(case, "referral-situation"), SITUATION | {"urgency": "safety", "go": "later"}).url == at(
        case, "answer"
    )
    assert Case.objects.get().is_urgent
    empty = sara.post(at(case, "answer"), {"answer_1": " "})
    assert (empty.status_code, missing(empty)) == (409, ["Answer each of Länsstyrelsen's questions."])
    assert sara.post(at(case, "answer"), {"answer_1": "From the list."}).url == case.get_absolute_url()
    case.refresh_from_db()
    asked = InformationRequest.objects.get()
    assert (case.state, asked.answer, asked.answered_by) == ("referred", "From the list.", cast.sara)
    assert [e.verb for e in CaseEvent.objects.order_by("created_at")][-2:] == ["change_referral", "answer"]
    late = sara.post(at(case, "answer"), {"answer_1": "Again"})
    assert late.status_code == 409


def test_a_refused_answer_is_not_written(sara, make_case):
    case = make_case("more_info")
    Case.objects.filter(pk=case.pk).update(held_until=clock.today())
    response = sara.post(at(case, "answer"), {"answer_1": "Kept on the page"})
    assert response.status_code == 409
    assert "Kept on the page" in response.content.decode()
    assert InformationRequest.objects.get().answered_at is None


def test_who_may_be_a_minor_goes_the_minors_path(sara, empty_draft):
    for band, said, goes in (
        ("15-17", "", True),
        ("unknown", "", True),
        ("unknown", "no", False),
        ("25-34", "", False),
    ):
        sara.post(at(empty_draft, "referral-person"), {"age_band": band, "is_minor": said})
        assert (Referral.objects.get().needs_minors_path, Case.objects.get().has_minor) == (goes, goes)


def test_without_consent_to_iom_nothing_is_approved(make_case, cast):
    case = make_case("referred")
    ReferralConsent.objects.update(recipients=["lansstyrelsen"])
    sentences = [str(blocker.sentence) for blocker in blockers(case, "approve", by=cast.lars)]
    assert sentences == ["The person has not consented to IOM Helsinki having the data."]


def test_a_new_consent_after_sending_is_a_record_of_its_own(sara, make_case):
    case = make_case("more_info")
    sara.post(at(case, "referral-consent"), CONSENT)
    old, new = ReferralConsent.objects.order_by("created_at")
    assert (old.withdrawn_at is not None, new.withdrawn_at) == (True, None)
    page = sara.post(at(case, "referral-consent"), {"has_consented": "no"})
    assert list(page.context["form"].errors) == ["has_consented"]


def test_the_person_takes_back_the_consent(sara, cast, as_, make_case):
    case = make_case("referred")
    assert as_(cast.lars).post(at(case, "withdraw-referral-consent")).status_code == 403
    assert "taken back the consent" in sara.get(at(case, "referral")).content.decode()
    assert sara.get(at(case, "withdraw-referral-consent")).status_code == 200
    assert ReferralConsent.objects.get().withdrawn_at is None
    assert sara.post(at(case, "withdraw-referral-consent")).url == at(case, "referral")
    assert ReferralConsent.objects.get().withdrawn_at is not None
    assert Notification.objects.filter(what="consent_withdrawn").count() == 2
    assert sara.post(at(case, "withdraw-referral-consent")).status_code == 409


def test_the_criminal_case_is_a_word(sara, cast, as_, make_case):
    case = make_case("approved")
    sara.post(at(case, "criminal"), {"criminal_case": "witness", "witness_until": str(clock.today())})
    assert Referral.objects.get().criminal_case == "witness"
    event = CaseEvent.objects.latest("created_at")
    assert (event.verb, event.section) == ("change_criminal", "criminal")
    assert as_(cast.lars).post(at(case, "criminal"), {"criminal_case": "none"}).status_code == 403
    assert as_(cast.hanna).post(at(case, "criminal"), {"criminal_case": "none"}).status_code == 403


def test_the_minors_path_is_written_by_the_referrer_and_iom(sara, cast, as_, make_case):
    case = make_case("approved")
    day = str(clock.today())
    sara.post(at(case, "minor"), {"guardian_in_sweden_confirmed_on": day})
    as_(cast.hanna).post(at(case, "minor"), {"guardian_in_sweden_confirmed_on": day, "family_assessed_on": day})
    referral = Referral.objects.get()
    assert (referral.guardian_in_sweden_confirmed_on, referral.family_assessed_on) == (clock.today(),) * 2
    assert as_(cast.lars).get(at(case, "minor")).status_code == 200
    assert as_(cast.lars).post(at(case, "minor"), {}).status_code == 403
    future = sara.post(at(case, "minor"), {"family_assessed_on": str(clock.today() + timedelta(days=1))})
    assert list(future.context["form"].errors) == ["family_assessed_on"]


STATEMENTS = {
    "new": 7,
    "referral-person": 13,
    "referral-situation": 12,
    "referral-consent": 12,
    "submit-referral": 18,
    "discard": 9,
    "identity": 9,
    "minor": 10,
    "withdraw-referral-consent": 10,
    "criminal": 10,
}


@pytest.mark.parametrize(("name", "most"), STATEMENTS.items())
def test_the_number_of_statements_is_fixed(name, most, sara, cast, make_case):
    case = make_case()
    url = reverse("cases:new") if name == "new" else at(case, name)
    sara.get(url)
    _page, few = statements_of(sara, url)
    for _ in range(5):
        make_case()
        Dependant.begin(case, by=cast.sara, relation="child").save()
        Information.begin(case, by=cast.sara, leaflet_version="1", language="sq", given_on=clock.today()).save()
    _page, many = statements_of(sara, url)
    assert len(few) == len(many)
    assert len(few) <= most
