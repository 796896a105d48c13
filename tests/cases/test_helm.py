"""The manager's helm: who has how much, many cases to another at once, and what a leaver leaves behind."""

import re
from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.urls import reverse

from cases import actions
from cases.actions import hand_over
from cases.forms.helm import QUEUE
from cases.models import Case, CaseEvent, CaseUserObjectPermission, Hold, Notification
from partners.models import User
from reintegration.models import Risk
from returns_portal import actor, clock
from returns_portal.actor import acting_as, acting_as_system
from tests.cases.test_access import close_circle, fresh, name, person, sees
from tests.cases.test_hold import filled
from tests.cases.test_move import Presses, press_together, town  # noqa: F401  # the fixture
from tests.statements import statements_of

WORK = "/organisation/work/"


def leaving(user):
    """The page before the account is closed."""
    return f"/organisation/colleagues/{user.pk}/leaving/"


def said(response):
    """The page in words."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def duty(kind, row, case):
    """The name of the field of one row."""
    return f"{kind}_{row}_{case.pk}"


def of(case):
    """The field of the case itself."""
    return duty("case", case.pk, case)


def ticked(case):
    """What the tick of a case sends."""
    return f"{case.pk}_{fresh(case).caseworker_id or ''}"


def outcomes(response):
    """Code → what came of it, as the page shows it."""
    found = {}
    for row in re.findall(r'<li><span class="name">.*?</li>', response.content.decode(), re.S):
        words = " ".join(re.sub(r"<[^>]+>", " ", row).split())
        found[re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}", words).group()] = words
    return found


@pytest.fixture
def nils(cast):
    return person(cast, "Nils", cast.sara)


# --- A leaver -------------------------------------------------------------------------------------------------------


def test_everything_a_leaver_answers_for_stands_there_with_whoever_has_the_least(cast, as_, make_case, nils):
    cases = [make_case(reached="referred"), make_case(reached="draft")]
    Case.objects.filter(pk=make_case(reached="referred").pk).update(caseworker=cast.maja)
    as_(cast.sara).post(f"{cases[0].get_absolute_url()}hold/", filled(cast.sara))
    page = as_(cast.maja).get(leaving(cast.sara))
    form = page.context["form"]
    hold = Hold.objects.get()
    assert set(form.fields) == {of(cases[0]), of(cases[1]), duty("hold", hold.pk, cases[0])}
    chosen = [form[name].value() for name in form.fields]
    # Nils has none, Maja has one; each row given weighs at once: Nils, Maja, Nils.
    assert sorted(chosen) == sorted([str(nils.pk), str(nils.pk), str(cast.maja.pk)])
    offered = {value for value, _label in form.fields[of(cases[0])].choices}
    assert offered == {"", QUEUE, str(nils.pk), str(cast.maja.pk)}  # never the leaver
    assert Case.objects.filter(caseworker=cast.sara).count() == 2  # to look changes nothing


def test_each_row_is_done_for_itself_and_then_the_account_is_closed(cast, as_, make_case, nils):
    cases = [make_case(reached="referred") for _number in range(3)]
    maja = as_(cast.maja)
    answer = maja.post(leaving(cast.sara), {of(cases[0]): nils.pk, of(cases[1]): QUEUE, of(cases[2]): ""})
    assert "Done Now Nils." in outcomes(answer)[cases[0].code_shown]
    assert "Done Back in the organisation’s queue." in outcomes(answer)[cases[1].code_shown]
    assert list(answer.context["form"].fields) == [of(cases[2])]
    assert [fresh(case).caseworker for case in cases] == [nils, None, cast.sara]
    assert User.objects.get(pk=cast.sara.pk).is_active
    verbs = {case.pk: CaseEvent.objects.filter(case=case).order_by("-created_at").first().verb for case in cases}
    assert (verbs[cases[0].pk], verbs[cases[1].pk]) == ("reassign", "release")
    told = Notification.objects.filter(recipient=nils, what="reassigned_to_you")
    assert [notice.case_id for notice in told] == [cases[0].pk]
    # The page that closes it says what is left, in numbers.
    end = f"/organisation/colleagues/{cast.sara.pk}/end/"
    assert f'href="{end}"' in answer.content.decode()
    assert "1 open case goes back to the organisation’s queue." in said(maja.get(end))
    sara = as_(cast.sara)
    assert maja.post(end).headers["Location"] == "/organisation/"
    assert fresh(cases[2]).caseworker is None
    assert sara.get("/cases/").status_code == 302
    left = CaseEvent.objects.get(case=cases[2], verb="release")
    assert (left.created_by, left.organisation) == (None, cast.sara.organisation)
    told = Notification.objects.filter(what="cases_left")
    assert [(notice.recipient, notice.case, notice.page) for notice in told] == [(cast.maja, None, f"{WORK}?who=none")]
    assert "their cases need somebody responsible" in said(maja.get("/inbox/"))


def test_sent_twice_it_is_done_once(cast, as_, make_case, nils):
    case = make_case(reached="referred")
    maja = as_(cast.maja)
    first, second = [maja.post(leaving(cast.sara), {of(case): nils.pk}) for _time in range(2)]
    for answer in (first, second):
        assert "Done Now Nils." in outcomes(answer)[case.code_shown]
    assert CaseEvent.objects.filter(case=case, verb="reassign").count() == 1
    assert Notification.objects.filter(recipient=nils, what="reassigned_to_you").count() == 1


def test_what_has_moved_on_meanwhile_is_not_overruled_and_the_others_are_done(cast, as_, make_case, nils):
    taken, ended, other = [make_case(reached="referred") for _number in range(3)]
    maja = as_(cast.maja)
    maja.get(leaving(cast.sara))
    Case.objects.filter(pk=taken.pk).update(caseworker=cast.maja)
    as_(cast.sara).post(f"{ended.get_absolute_url()}withdraw/", {"note": ""})
    answer = maja.post(leaving(cast.sara), {of(one): nils.pk for one in (taken, ended, other)})
    words = outcomes(answer)
    assert "Moved on meanwhile: Maja has it now." in words[taken.code_shown]
    assert "Moved on meanwhile: this is over." in words[ended.code_shown]
    assert "Done Now Nils." in words[other.code_shown]
    assert [fresh(one).caseworker for one in (taken, ended, other)] == [cast.maja, cast.sara, nils]


def test_what_breaks_one_row_breaks_no_other(cast, as_, make_case, nils, monkeypatch):
    cases = [make_case(reached="referred") for _number in range(3)]
    broken = sorted(cases, key=lambda one: str(one.pk))[1]
    whole = hand_over.reassign

    def breaks(case, *, by, to):
        whole(case, by=by, to=to)
        if case.pk == broken.pk:
            raise DatabaseError

    monkeypatch.setattr(hand_over, "reassign", breaks)
    answer = as_(cast.maja).post(leaving(cast.sara), {of(one): nils.pk for one in cases})
    for case in cases:
        expected = "Try again" if case == broken else "Done Now Nils."
        assert expected in outcomes(answer)[case.code_shown]
        assert fresh(case).caseworker == (cast.sara if case == broken else nils)
    assert list(answer.context["form"].fields) == [of(broken)]


def test_one_choice_for_all_is_filled_in_by_the_server(cast, as_, make_case, nils):
    case, special = make_case(reached="referred"), make_case(reached="referred")
    close_circle(special, cast.maja)
    maja = as_(cast.maja)
    form = maja.get(f"{leaving(cast.sara)}?all={nils.pk}").context["form"]
    assert {form[name].value() for name in form.fields} == {str(nils.pk)}
    page = maja.get(f"{leaving(cast.sara)}?all={QUEUE}")
    assert page.context["form"][of(case)].value() == QUEUE
    # Where somebody must be named, the queue is not offered, and not taken either.
    assert page.context["form"][of(special)].value() != QUEUE
    assert "1 row could not be filled in like that" in said(page)
    answer = maja.post(leaving(cast.sara), {of(special): QUEUE})
    assert answer.context["form"].errors
    assert fresh(special).caseworker == cast.sara


def test_pauses_and_measures_are_handed_over_too(cast, as_, make_case):
    case = make_case(reached="assessment")
    helmi = person(cast, "Helmi", cast.hanna)
    with acting_as(cast.hanna):
        risk = Risk.begin(case, by=cast.hanna, phase="arrival", category=Risk.Category.values[0], owner=cast.hanna)
        risk.save()
    as_(cast.hanna).post(f"{case.get_absolute_url()}hold/", filled(cast.hanna))
    hold = Hold.objects.get()
    henrik = as_(cast.henrik)
    rows = [of(case), duty("hold", hold.pk, case), duty("risk", risk.pk, case)]
    assert set(henrik.get(leaving(cast.hanna)).context["form"].fields) >= set(rows)
    answer = henrik.post(leaving(cast.hanna), dict.fromkeys(rows, helmi.pk))
    assert answer.context["done"] == 3
    hold.refresh_from_db()
    risk.refresh_from_db()
    assert (fresh(case).coordinator, hold.owner, risk.owner) == (helmi, helmi, helmi)
    told = Notification.objects.filter(recipient=helmi).values_list("what", flat=True)
    assert sorted(told) == ["hold_given_to_you", "reassigned_to_you", "risk_given_to_you"]


def test_cases_closed_to_the_manager_are_counted_without_their_codes_and_go_to_whom_they_name(cast, as_, make_case):
    mona = person(cast, "Mona", cast.sara, "manager")
    case = close_circle(make_case(reached="referred"), cast.maja)
    assert not sees(mona, case)
    page = as_(mona).get(leaving(cast.sara))
    assert case.code_shown not in page.content.decode()
    assert "1 case is open to named people only, and not to you." in said(page)
    # Neither is it handed over by somebody who knows its id.
    answer = as_(mona).post(leaving(cast.sara), {of(case): mona.pk})
    assert fresh(case).caseworker == cast.sara
    assert case.code_shown not in answer.content.decode()
    end = f"/organisation/colleagues/{cast.sara.pk}/end/"
    assert "1 open case goes back" in said(as_(mona).get(end))
    as_(mona).post(end)
    assert fresh(case).caseworker is None
    told = Notification.objects.filter(what="nobody_answers", case=case)
    assert [notice.recipient for notice in told] == [cast.maja]


def test_the_first_wall_alone_hides_them_too(cast, as_, make_case, monkeypatch):
    mona = person(cast, "Mona", cast.sara, "manager")
    case = close_circle(make_case(reached="referred"), cast.maja)
    everything = actor.new_token
    monkeypatch.setattr(actor, "new_token", lambda _actor, **_: everything("system:tests"))
    browser = as_(mona)
    answers = [browser.get(leaving(cast.sara)), browser.post(leaving(cast.sara), {of(case): mona.pk})]
    answers += [browser.get(WORK), browser.post(WORK, {"row": ticked(case), "to": mona.pk})]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert not [answer for answer in answers if case.code_shown in answer.content.decode()]
    assert fresh(case).caseworker == cast.sara


def test_whoever_gets_a_closed_case_is_let_in_and_a_manager_names_nobody_into_what_is_closed_to_them(
    cast, as_, make_case, nils
):
    case = close_circle(make_case(reached="referred"), cast.maja)
    assert not sees(nils, case)
    answer = as_(cast.maja).post(leaving(cast.sara), {of(case): nils.pk})
    assert "Done Now Nils." in outcomes(answer)[case.code_shown]
    assert sees(nils, case)
    protected = make_case(reached="referred")
    Case.objects.filter(pk=protected.pk).update(is_protected=True)
    maja = as_(cast.maja)
    form = maja.get(leaving(cast.sara)).context["form"]
    assert str(cast.maja.pk) not in dict(form.fields[of(protected)].choices)
    mona = person(cast, "Mona", cast.sara, "manager")
    answer = maja.post(WORK, {"row": ticked(protected), "to": cast.maja.pk})
    assert "Not possible: Maja must be named in the case first, by Mona." in outcomes(answer)[protected.code_shown]
    assert fresh(protected).caseworker == cast.sara
    assert mona.is_manager


def test_being_named_ends_and_nobody_takes_the_place_unless_chosen(cast, as_, make_case, nils):
    case = close_circle(make_case(reached="referred"), cast.maja)
    stina = person(cast, "Stina", cast.sara)
    name(case, cast.maja, nils)
    maja, field = as_(cast.maja), duty("name", case.pk, case)
    page = maja.get(leaving(nils))
    assert (list(page.context["form"].fields), page.context["form"][field].value()) == ([field], "")
    assert maja.get(f"{leaving(nils)}?all={stina.pk}").context["form"][field].value() == ""
    assert not sees(stina, case)
    answer = maja.post(leaving(nils), {field: stina.pk})
    assert "Done Now Stina." in outcomes(answer)[case.code_shown]
    assert sees(stina, case)
    assert sees(nils, case)  # until the account is closed
    maja.post(f"/organisation/colleagues/{nils.pk}/end/")
    assert not sees(nils, case)


def test_what_is_offered_is_what_the_act_allows(cast, make_case, nils):
    """In every kind of circle, for managers inside, outside and behind the glass."""
    mona = person(cast, "Mona", cast.sara, "manager")
    person(cast, "Stina", cast.sara)  # in no circle
    cases = {}
    for kind in ("plain", "restricted", "protected", "both"):
        case = make_case(reached="referred")
        if kind in {"restricted", "both"}:
            close_circle(case, cast.maja, nils)
        if kind in {"protected", "both"}:
            Case.objects.filter(pk=case.pk).update(is_protected=True)
        cases[kind] = case.pk
    with acting_as_system("special_access"):
        opened = fresh(Case(pk=cases["protected"]))
    name(opened, cast.maja, mona, opens_identity=True)
    with acting_as(mona):
        actions.break_glass(fresh(Case(pk=cases["restricted"])), by=mona, reason="An emergency")
    for by in (cast.maja, mona):
        by = User.objects.select_related("organisation").get(pk=by.pk)
        with acting_as(by):
            rows = Case.objects.visible_to(by).with_rights_of(by).filter(pk__in=cases.values())
            found = list(rows)
            assert len(found) >= 3
            for case in found:
                case.take_access(by)
            offers = hand_over.Offers(found, by)
            for case in found:
                assert offers.responsible(case) == list(actions.whom_to_name(case, by)), (by, case.pk)
                assert offers.inside(case) == list(actions.colleagues_in(case, by))


def test_the_page_costs_the_same_with_many_rows(cast, as_, make_case, many_like, nils):
    case = make_case(reached="referred")
    special = close_circle(make_case(reached="referred"), cast.maja)
    maja = as_(cast.maja)
    maja.get(leaving(cast.sara))
    _page, few = statements_of(maja, leaving(cast.sara))
    many_like(case, 40)
    twins = many_like(special, 10)
    for twin in twins:
        for grant in CaseUserObjectPermission.objects.filter(content_object=special):
            grant.pk, grant.content_object = None, twin
            grant.save(force_insert=True)
    page, many = statements_of(maja, leaving(cast.sara))
    assert len(page.context["rows"]) == 52
    assert len(many) == len(few)


def test_only_managers_of_the_same_organisation_come_here(cast, as_, make_case):
    case = make_case(reached="referred")
    for user, status in ((cast.sara, 403), (cast.admin, 403), (cast.lena, 404)):
        assert as_(user).get(leaving(cast.sara)).status_code == status
        assert as_(user).post(leaving(cast.sara), {of(case): cast.maja.pk}).status_code == status
    for user in (cast.sara, cast.admin):
        assert as_(user).get(WORK).status_code == 403
        assert as_(user).post(WORK, {"row": ticked(case), "to": cast.maja.pk}).status_code == 403
    answer = as_(cast.lena).post(WORK, {"row": ticked(case), "to": cast.sara.pk})
    assert answer.context["form"].errors["to"]
    assert fresh(case).caseworker == cast.sara


def test_the_last_manager_is_told_before_anything_is_handed_over(cast, as_, make_case):
    assert "This is the last manager" in said(as_(cast.maja).get(leaving(cast.maja)))
    person(cast, "Mona", cast.sara, "manager")
    assert "This is the last manager" not in said(as_(cast.maja).get(leaving(cast.maja)))


# --- Work -----------------------------------------------------------------------------------------------------------


def test_the_work_page_counts_each_colleagues_load(cast, as_, make_case, many_like):
    case = make_case(reached="referred")
    office, now = cast.sara.organisation, clock.now()
    ours = {"ball_with": office, "caseworker": cast.sara}
    many_like(case, 2, **ours, ball_due=now - timedelta(days=1))
    many_like(case, 3, **ours, ball_due=now + timedelta(days=1))
    many_like(case, 1, **ours, ball_due=now + timedelta(days=30))
    late_elsewhere = now - timedelta(days=1)
    many_like(case, 1, caseworker=cast.maja, departs_at=now + timedelta(days=13), ball_due=late_elsewhere)
    many_like(case, 1, caseworker=cast.maja, departs_at=now + timedelta(days=15))
    many_like(case, 2, caseworker=None, held_until=clock.today() + timedelta(days=3))
    page = as_(cast.maja).get(WORK)
    loads = {user.name: tuple(load) for user, load in page.context["loads"]}
    assert loads == {"Maja": (2, 0, 0, 0, 1, 0), "Sara": (7, 6, 2, 3, 0, 0)}
    assert tuple(page.context["nobody"]) == (2, 0, 0, 0, 0, 2)
    assert tuple(page.context["total"]) == (11, 6, 2, 3, 1, 2)
    # Every number leads to as many cases.
    for who, load in ((cast.sara.pk, loads["Sara"]), (cast.maja.pk, loads["Maja"]), ("none", page.context["nobody"])):
        for (show, _label), number in zip(page.context["shows"], load, strict=True):
            found = as_(cast.maja).get(f"{WORK}?who={who}&show={show}").context["rows"]
            assert len(found) == number, (who, show)


def test_ticked_cases_are_given_at_once_and_what_fails_stays_ticked(cast, as_, make_case, nils):
    cases = [make_case(reached="referred") for _number in range(3)]
    sent = [ticked(case) for case in cases]
    Case.objects.filter(pk=cases[2].pk).update(caseworker=cast.maja)  # meanwhile
    answer = as_(cast.maja).post(WORK, {"row": sent, "to": nils.pk})
    words = outcomes(answer)
    assert "Done Now Nils." in words[cases[0].code_shown]
    assert "Done Now Nils." in words[cases[1].code_shown]
    assert "Moved on meanwhile: Maja has it now." in words[cases[2].code_shown]
    again = answer.context["failed"]
    assert [value for _one, value in again] == [f"{cases[2].pk}_{cast.maja.pk}"]
    assert f'value="{cases[2].pk}_{cast.maja.pk}" checked' in answer.content.decode()
    answer = as_(cast.maja).post(WORK, {"row": [again[0][1]], "to": nils.pk})
    assert "Done Now Nils." in outcomes(answer)[cases[2].code_shown]
    assert [fresh(case).caseworker for case in cases] == [nils] * 3


def test_ticks_stay_when_something_is_missing(cast, as_, make_case):
    case, other = make_case(reached="referred"), make_case(reached="referred")
    maja = as_(cast.maja)
    page = maja.post(WORK, {"row": ticked(case), "to": ""})
    assert page.context["form"].errors["to"]
    assert f'value="{ticked(case)}" aria-label="Tick {case.code_shown}" checked' in page.content.decode()
    assert f'value="{ticked(other)}" aria-label="Tick {other.code_shown}" checked' not in page.content.decode()
    page = maja.post(WORK, {"to": cast.maja.pk})
    assert "Tick at least one case." in said(page)
    assert page.context["form"]["to"].value() == str(cast.maja.pk)
    page = maja.post(WORK, {"row": [f"{case.pk}_{number}" for number in range(201)], "to": cast.maja.pk})
    assert "At most 200 cases at a time." in said(page)
    for broken in ("nonsense", f"{case.pk}_nonsense", "_"):
        assert "could not be read" in said(maja.post(WORK, {"row": broken, "to": cast.maja.pk}))
    assert {fresh(one).caseworker for one in (case, other)} == {cast.sara}
    assert page.status_code == 200


def test_all_of_a_page_are_ticked_without_scripts(cast, as_, make_case, many_like):
    many_like(make_case(reached="referred"), 60)
    page = as_(cast.maja).get(f"{WORK}?tick=all")
    assert [is_ticked for _row, _value, is_ticked in page.context["rows"]] == [True] * 50
    assert page.context["next"]


def test_a_foreign_case_is_neither_given_nor_named(cast, as_, make_case):
    case = make_case(reached="referred")
    umea = person(cast, "Ulla", cast.otto, "manager")
    answer = as_(umea).post(WORK, {"row": ticked(case), "to": umea.pk})
    assert answer.status_code == 200
    assert case.code_shown not in answer.content.decode()
    assert "not open to you" in said(answer)
    assert fresh(case).caseworker == cast.sara


def test_the_work_page_costs_the_same_with_many_rows_and_at_most_twelve_statements(cast, as_, make_case, many_like):
    case = make_case(reached="referred")
    maja = as_(cast.maja)
    maja.get(WORK)
    _page, few = statements_of(maja, WORK)
    many_like(case, 60)
    for number in range(10):
        person(cast, f"P{number}", cast.sara)
    page, many = statements_of(maja, WORK)
    assert len(page.context["rows"]) == 50
    assert len(many) == len(few)
    assert len(few) <= 12, "\n".join(sql[:160] for sql in few)


def test_the_organisation_page_leads_here_and_closing_an_account_begins_with_the_list(cast, as_):
    maja = as_(cast.maja)
    assert f'href="{WORK}"' in maja.get("/organisation/").content.decode()
    colleague = maja.get(reverse("partners:colleague", args=[cast.sara.pk])).content.decode()
    assert f'href="{leaving(cast.sara)}"' in colleague
    assert "/end/" not in colleague


@pytest.mark.django_db(transaction=True)
def test_two_who_hand_over_at_once_do_it_once(town):  # noqa: F811  # the fixture
    case, cast = town.case, town.cast
    with acting_as_system("tests"):
        nils = person(cast, "Nils", cast.sara)
        mona = person(cast, "Mona", cast.sara, "manager")
    presses = [Presses(user, leaving(cast.sara), {of(case): nils.pk}) for user in (cast.maja, mona)]
    press_together(case, *presses)
    assert [press.status for press in presses] == [200, 200]
    assert all("Now Nils." in press.content for press in presses)
    assert CaseEvent.objects.filter(case=case, verb="reassign").count() == 1
    assert Notification.objects.filter(recipient=nils, what="reassigned_to_you").count() == 1


def test_a_local_office_has_no_columns_and_flags_of_what_it_may_not_know_yet(cast, as_, make_case):
    case = make_case(reached="application")  # the office is informed, and no more
    Case.objects.filter(pk=case.pk).update(is_urgent=True, has_minor=True, is_protected=True)
    igli = person(cast, "Igli", cast.ilir, "manager")
    page = as_(igli).get(f"{WORK}?show=leaving")
    assert case.code_shown in page.content.decode()
    assert [name for name, _label in page.context["shows"]] == ["open", "ours", "late", "soon"]
    words = said(page)
    assert not [word for word in ("Urgent", "Minor", "Protected", "Departure", "Paused") if word in words]
    Case.objects.filter(pk=case.pk).update(local_responsible=cast.ilir)
    answer = as_(igli).get(leaving(cast.ilir))
    assert "Protected identity" not in said(answer)
    assert "Departure within 14 days" in said(as_(cast.henrik).get(WORK))


def test_who_has_it_in_another_organisation_is_not_named(cast, as_, make_case):
    case = make_case(reached="referred")
    with acting_as(cast.lars):
        actions.hold_case(
            case, by=cast.lars, reason="medical", until=clock.today() + timedelta(days=9), owner=cast.lars
        )
    row = Hold.objects.get(case=case)
    answer = as_(cast.maja).post(leaving(cast.sara), {duty("hold", row.pk, case): cast.maja.pk})
    assert "Lars" not in said(answer)
    row.refresh_from_db()
    assert row.owner == cast.lars


def test_whoever_stands_in_stays_as_long_as_the_leaver_would_have(cast, as_, make_case, nils):
    case = close_circle(make_case(reached="referred"), cast.maja)
    stina = person(cast, "Stina", cast.sara)
    until = clock.now() + timedelta(days=5)
    name(case, cast.maja, nils, until=until)
    as_(cast.maja).post(leaving(nils), {duty("name", case.pk, case): stina.pk})
    ends = set(CaseUserObjectPermission.objects.filter(user=stina).values_list("valid_until", flat=True))
    assert ends == {until}


def test_an_emergency_opening_is_not_handed_on(cast, as_, make_case, nils):
    case = close_circle(make_case(reached="referred"), cast.maja)
    stina = person(cast, "Stina", cast.sara)
    name(case, cast.maja, nils)
    CaseUserObjectPermission.objects.filter(user=nils).update(reason="break_glass")
    answer = as_(cast.maja).post(leaving(nils), {duty("name", case.pk, case): stina.pk})
    assert "Now Stina" not in said(answer)
    assert not CaseUserObjectPermission.objects.filter(user=stina).exists()
