"""The papers of the later chapters: for the office at home, for the person's pocket, for the Swedish partners."""

import pytest

from cases import actions, pdfs
from cases.models import Case, Consent
from reintegration.models import Plan
from returns_portal.actor import acting_as, acting_as_system
from tests.cases.test_papers import check_form, print_now
from tests.paper_reading import content_of, fonts_of, pages_of, papers_of, words_of
from tests.reintegration import papers

pytestmark = pytest.mark.django_db
NAMES = ("hand_over_pack", "journey_card", "reintegration_plan", "feedback_report", "closure_report")


@pytest.fixture
def case(make_case):
    """A case cleared for travel."""
    return make_case(reached="travel")


def queue_all(cast, case: Case) -> None:
    """Every paper of the later chapters, queued as the actions queue it."""
    plan, journey = papers.widen(cast, case), papers.book(cast, case)
    report, closing = papers.report(cast, case), papers.closing(cast, case)
    with acting_as(cast.hanna):
        for name, row in zip(NAMES, (journey, journey, plan, report, closing), strict=True):
            pdfs.queue(case, name, row=row.pk)


def test_every_paper_is_made_and_opens_for_its_readers_only(case, cast, as_, deliver):
    queue_all(cast, case)
    deliver()
    made = papers_of(case)
    at_home, partners = {"hanna", "ilir"}, {"hanna", "ilir", "sara", "lars"}
    readers = dict(zip(NAMES, (at_home, at_home, at_home, partners, partners), strict=True))
    for name in NAMES:
        texts = {}
        for language in pdfs.LANGUAGES:
            document = made[name, language]
            if name == "journey_card":
                content = actions.read_document(document)
                texts[language] = words_of(content)
                assert {font.split("-")[0] for font in fonts_of(content)} == {"Noto"}
                assert all(f"{case.code_shown} · 1 ·" in page for page in pages_of(content))
                assert [f"{n}/2" in page for n, page in enumerate(pages_of(content), 1)] == [True, True]
            else:
                texts[language] = check_form(case, document)
            for who in ("sara", "lars", "hanna", "ilir", "otto"):
                answer = as_(getattr(cast, who)).get(f"{case.get_absolute_url()}documents/{document.pk}/")
                wanted = 200 if who in readers[name] else 404 if who == "otto" else 403
                assert answer.status_code == wanted, (name, who)
        assert texts["sv"] != texts["en-gb"]


def test_the_pack_says_who_comes_when_where_and_what_may_go_wrong(case, cast):
    papers.widen(cast, case)
    text = print_now(case, "hand_over_pack", papers.book(cast, case).pk)
    for said in (
        "Tuesday 8 December 2026, 18:00 local time",
        "Café by door 3, arrivals hall",
        "A yellow folder",
        "Mira Rexhepi",
        "OS 318 12:00 Stockholm Arlanda (ARN) 14:00 Wien (VIE)",
        "A bed for the first nights",
        "Partner violence",
        "Another town for the first month.",
        "+355 69 555 12 12",
        "Needs help to sleep.",
        "Rruga e Dibrës 41",
    ):
        assert said in text
    assert "Data leak" not in text  # a risk in Sweden is none of the local office's
    assert "trafficking" not in text


def test_the_pack_loses_its_health_with_the_consent(case, cast, deliver):
    journey = papers.book(cast, case)
    with acting_as(cast.hanna):
        pdfs.queue(case, "hand_over_pack", row=journey.pk)
    deliver()
    assert "Needs help to sleep." in words_of(content_of(case, "hand_over_pack"))
    with acting_as(cast.hanna):
        actions.withdraw_consent(Case.objects.get(pk=case.pk), by=cast.hanna, purpose="health_data")
    assert ("hand_over_pack", "sv") not in papers_of(case)
    deliver()
    text = words_of(content_of(case, "hand_over_pack"))
    assert "Needs help to sleep." not in text
    assert "May fly with medicine." not in text
    assert papers_of(case)["hand_over_pack", "sv"].version == 2


def test_the_card_tells_a_finder_of_a_journey_and_nothing_more(case, cast):
    journey = papers.book(cast, case)
    for language in pdfs.LANGUAGES:
        text = print_now(case, "journey_card", journey.pk, language)
        for told in ("Stockholm Arlanda (ARN)", "Café by door 3", "+355 69 555 12 12", "112"):
            assert told in text
        for closed in ("IOM", "AVRR", "raffick", "människohandel", "Mira", "M.R.", "Hoxha", "Rruga", "ntegration"):
            assert closed not in text, closed


def test_the_plan_sums_up_what_it_promises_and_is_signed(case, cast):
    plan = papers.widen(cast, case)
    text = print_now(case, "reintegration_plan", plan.pk)
    for said in (
        "To open a small bakery.",
        "90,000 ALL = 10,233 SEK",
        "3 instalments",
        "Total 22,233 SEK",
        "Version 2, not signed",
        "Version 1, signed",
        "Interpreter or witness",
        "IOM Tirana Place and date",
    ):
        assert said in text
    assert "40,000" not in text  # the ceiling belongs to the decision, which the local office does not read


@pytest.mark.parametrize(("level", "tells"), [("status", False), ("summary", True), ("full", True)])
def test_a_report_never_tells_more_than_its_level(case, cast, level, tells):
    text = print_now(case, "feedback_report", papers.report(cast, case, level).pk)
    assert "One month after the return" in text
    assert ("The bakery's oven is bought." in text) is tells
    assert "Thank you, Sara." not in text  # her words are read in the portal, where they can be taken back


def test_the_closure_report_tells_outcomes_but_no_story(case, cast):
    papers.widen(cast, case)
    closing = papers.closing(cast, case)
    text = print_now(case, "closure_report", closing.pk)
    for said in (
        "The programme is over",
        "Housing Met, the person says",
        "Housing Delivered",
        "1 of 1 planned contacts",
    ):
        assert said in text
    assert "Microbusiness Not delivered" in text
    for kept in ("A long story", "A room for three months.", "SEK"):
        assert kept not in text


def test_without_the_consent_to_feedback_the_closure_report_tells_dates_only(case, cast):
    closing = papers.closing(cast, case)
    with acting_as(cast.hanna):
        actions.withdraw_consent(case, by=cast.hanna, purpose=Consent.Purpose.FEEDBACK)
    text = print_now(case, "closure_report", closing.pk)
    assert "has not agreed to feedback" in text
    assert "Housing" not in text


def test_with_a_protected_identity_no_paper_carries_name_or_address(case, cast):
    plan, journey = papers.widen(cast, case), papers.book(cast, case)
    with acting_as_system("tests"):
        Case.objects.filter(pk=case.pk).update(is_protected=True)
    for name, row in (("hand_over_pack", journey), ("journey_card", journey), ("reintegration_plan", plan)):
        text = print_now(case, name, row.pk)
        for closed in ("Mira", "M.R.", "+46 70 000 00 00", "Blue door", "Rruga", "Eva Ek"):
            assert closed not in text, (name, closed)


def test_sending_the_plan_makes_its_paper(case, deliver):
    deliver()
    plan = Plan.objects.of(case).get(is_current=True)
    made = papers_of(case)["reintegration_plan", "sv"]
    assert made.row_id == plan.pk
