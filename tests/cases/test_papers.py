"""The papers of steps 1 to 5: made by the worker, in both languages, for those who may read them."""

import hashlib
import re
from datetime import UTC, datetime

import pytest
from django.utils import translation

from cases import actions, pdfs
from cases.models import Application, Case, Decision, Document, Referral
from cases.preview import preview_for_iom
from returns_portal import clock
from returns_portal.actor import acting_as, acting_as_system
from returns_portal.models import OutboxItem
from tests.builders import draft, refer, walk_on
from tests.paper_reading import content_of, fonts_of, pages_of, papers_of, words_of

pytestmark = pytest.mark.django_db
PAGE = re.compile(r"(Page|Sida) (\d+) (of|av) (\d+)")


def print_now(case: Case, name: str, row=None, language: str = "en-gb") -> str:
    """The words of a paper made this moment."""
    with acting_as_system("tests"):
        document = pdfs.store(Case.objects.get(pk=case.pk), name, row, language)
    return words_of(actions.read_document(document))


def check_form(case: Case, document: Document) -> str:
    """What every paper shares: the stored hash, reference and page on every page, date, embedded Noto."""
    content = actions.read_document(document)
    assert hashlib.sha256(content).hexdigest() == document.sha256
    assert len(content) == document.size
    pages = pages_of(content)
    for number, text in enumerate(pages, 1):
        assert case.code_shown in text
        assert PAGE.search(text).group(2, 4) == (str(number), str(len(pages)))
        assert f"{clock.today():%Y-%m-%d}" in text
    assert {name.split("-")[0] for name in fonts_of(content)} == {"Noto"}
    return " ".join(pages)


def test_the_approval_leaves_three_papers_in_two_languages(make_case, deliver):
    case = make_case(reached="approved")
    deliver()
    papers = papers_of(case)
    names = {"referral_receipt", "decision_letter", "iom_notification"}
    assert set(papers) == {(name, language) for name in names for language in pdfs.LANGUAGES}
    texts = {key: check_form(case, document) for key, document in papers.items()}
    assert all(texts[name, "sv"] != texts[name, "en-gb"] for name in names)
    for name in ("referral_receipt", "decision_letter"):
        assert "M.R." in texts[name, "en-gb"]
        assert "Mira" not in texts[name, "en-gb"] + texts[name, "sv"]
    letter = texts["decision_letter", "en-gb"]
    for said in ("Länsstyrelsen Stockholm approves", "40,000 SEK", "851-1234-2026", "SE-104 22 Stockholm", "Lars"):
        assert said in letter
    assert "104 22 Stockholm" in texts["decision_letter", "sv"]
    assert not OutboxItem.objects.filter(kind="paper", done_at=None).exists()


def test_a_paper_opens_for_readers_of_its_section_only(make_case, deliver, cast, as_):
    case = make_case(reached="assessment")
    deliver()
    expected = {
        "referral_receipt": {"sara", "lars", "hanna"},
        "decision_letter": {"sara", "lars", "hanna"},
        "iom_notification": {"sara", "lars", "hanna"},
        "application_form": {"hanna", "ilir"},
        "health_declaration": {"hanna", "ilir"},
    }
    opened: dict[str, set[str]] = {}
    for (name, _language), document in papers_of(case).items():
        for who in ("sara", "lars", "hanna", "ilir", "otto"):
            answer = as_(getattr(cast, who)).get(f"{case.get_absolute_url()}documents/{document.pk}/")
            assert answer.status_code == (200 if who in expected[name] else 404 if who == "otto" else 403), (name, who)
            if answer.status_code == 200:
                opened.setdefault(name, set()).add(who)
                assert hashlib.sha256(answer.content).hexdigest() == document.sha256
    assert opened == expected


def test_health_stands_on_a_sheet_that_closes_with_its_consent(make_case, deliver, cast, as_):
    case = make_case(reached="assessment")
    deliver()
    assert "Needs help to sleep." in words_of(content_of(case, "health_declaration"))
    assert "Needs help to sleep." not in words_of(content_of(case, "application_form"))
    with acting_as(cast.hanna):
        actions.withdraw_consent(case, by=cast.hanna, purpose="health_data")
    sheet = papers_of(case)["health_declaration", "sv"]
    assert as_(cast.ilir).get(f"{case.get_absolute_url()}documents/{sheet.pk}/").status_code == 403


def test_the_notification_tells_what_was_previewed(make_case, cast):
    case = make_case(reached="approved")
    decision = Decision.objects.of(case).get()
    case = Case.objects.get(pk=case.pk)
    for language in pdfs.LANGUAGES:
        with translation.override(language):
            built = pdfs.PAPERS["iom_notification"].build(case, decision.pk)
            preview = preview_for_iom(case, decision.shared_sections)
            assert built["groups"] == [(str(title), rows) for title, rows in preview.groups]
            assert built["fingerprint"] == decision.preview_sha256
    text = print_now(case, "iom_notification", decision.pk)
    with translation.override("en-gb"):
        for title, rows in preview_for_iom(case, decision.shared_sections).groups:
            assert str(title) in text
            assert all(f"{label} {value}" in text for label, value in rows)


def test_the_notification_keeps_back_what_was_not_shared(cast):
    case = refer(cast, draft(cast))
    with acting_as(cast.lars):
        actions.approve_referral(
            case,
            by=cast.lars,
            ceiling_sek=40_000,
            diary_number="851-1-2026",
            shared_sections=["referral"],
            preview_sha256=preview_for_iom(case, ["referral"]).sha256,
        )
    text = print_now(case, "iom_notification", Decision.objects.of(case).get().pk)
    for kept in ("Mira", "+46 70 000 00 00", "Blue door", "Criminal case"):
        assert kept not in text


def test_a_recalled_approval_takes_its_notification_with_it(make_case, deliver, cast):
    case = make_case(reached="approved")
    deliver()
    with acting_as(cast.lars):
        actions.recall(case, by=cast.lars, note="Too early.")
    assert ("iom_notification", "sv") not in papers_of(case)
    assert ("decision_letter", "sv") in papers_of(case)


def test_with_a_protected_identity_no_paper_carries_name_place_or_contact(cast, deliver):
    case = draft(cast, is_protected=True)
    with acting_as(cast.sara):
        referral = Referral.objects.of(case).get()
        referral.destination_place = "Shkodër"
        referral.save()
    case = walk_on(cast, case, "assessment")
    assert case.is_protected
    with acting_as(cast.hanna):
        application = actions.application_of(case)
        application.birth_place = application.destination_community = "Shkodër"
        application.save()
    deliver()
    for key, document in papers_of(case).items():
        text = words_of(actions.read_document(document))
        for closed in ("Mira", "Rexhepi", "M.R.", "Shkodër", "+46 70 000 00 00", "Blue door"):
            assert closed not in text, (key, closed)


def test_the_application_is_filled_with_what_is_known(make_case):
    case = make_case(reached="assessment")
    application = Application.objects.of(case).get()
    text = print_now(case, "application_form", application.pk)
    for said in (
        "Name as in the travel document Mira Rexhepi",
        "To open a small bakery.",
        "Citizenships Albania",
        "7. Photograph.",
        "If you say no: nobody contacts you.",
        "Interpreter or witness",
        "For IOM",
        "Version 1.1",
    ):
        assert said in text
    assert text.count("If you say no:") == 7
    assert "trafficking" not in text


def test_the_form_asks_iom_helsinki_to_ask_where_identity_was_not_shared(cast):
    case = refer(cast, draft(cast))
    with acting_as(cast.lars):
        case = actions.approve_referral(
            case,
            by=cast.lars,
            ceiling_sek=40_000,
            diary_number="851-1-2026",
            shared_sections=["referral"],
            preview_sha256=preview_for_iom(case, ["referral"]).sha256,
        )
    case = walk_on(cast, case, "application")
    assert "Mira" not in print_now(case, "application_form", actions.application_of(case).pk)


@pytest.mark.parametrize(
    ("kind", "fields", "said", "sender"),
    [
        ("declined", {"reason_code": "better_elsewhere"}, "declines the request", "Länsstyrelsen Stockholm"),
        ("new_ceiling", {"ceiling_sek": 55_000}, "55,000 SEK", "Länsstyrelsen Stockholm"),
        ("return_declined", {"reason_code": "no_safe_return"}, "on safety grounds", "International Organization"),
    ],
)
def test_each_decision_has_its_letter(make_case, cast, kind, fields, said, sender):
    case = make_case(reached="referred")
    with acting_as(cast.lars):
        decision = Decision.begin(case, by=cast.lars, kind=kind, decided_on=clock.today(), **fields)
        decision.text = "Because of this."
        decision.save()
    text = print_now(case, "decision_letter", decision.pk)
    assert said in text
    assert sender in text
    assert "Because of this." in text
    assert ("020-390 000" in text) is (kind != "new_ceiling")


def test_what_is_queued_twice_before_it_is_made_is_made_once(make_case, deliver, cast):
    case = make_case(reached="application")
    row = actions.application_of(case).pk
    deliver()
    for _time in range(2):
        with acting_as(cast.hanna):
            pdfs.queue(case, "application_form", row=row)
    deliver()
    with acting_as(cast.hanna):
        pdfs.queue(case, "application_form", row=row)
    deliver()
    made = Document.objects.filter(case=case, paper="application_form").order_by("language", "version")
    assert [(paper.language, paper.version) for paper in made] == [("en-gb", 1), ("en-gb", 2), ("sv", 1), ("sv", 2)]


def test_a_paper_is_not_kept_when_what_may_be_told_has_changed(make_case):
    case = Case.objects.get(pk=make_case(reached="referred").pk)
    Case.objects.filter(pk=case.pk).update(is_protected=True)
    with acting_as_system("tests"), pytest.raises(pdfs.press.OutOfDate):
        pdfs.store(case, "referral_receipt", None, "sv")
    assert not Document.objects.filter(case=case).exists()


def test_readers_of_other_languages_get_swedish():
    assert [pdfs.language_of(code) for code in ("sv", "en-gb", "", "fi")] == ["sv", "en-gb", "sv", "sv"]


def test_a_letter_bears_the_day_of_its_decision_however_late_the_worker_comes(make_case, deliver):
    with clock.moved_to(datetime(2026, 10, 8, 10, tzinfo=UTC)):
        case = make_case(reached="approved")
    with clock.moved_to(datetime(2026, 10, 10, 10, tzinfo=UTC)):
        deliver()
    said = words_of(content_of(case, "decision_letter"))
    assert "Stockholm, 8 October 2026" in said
    assert "10 October" not in said
