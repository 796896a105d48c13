"""What somebody might try with the archive, the lists and the log: one person as two, odd addresses, quoted words."""

import io
import logging
import logging.config
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.forms import model_to_dict, modelform_factory
from django.http import HttpRequest
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases import actions as case_actions
from cases import emails
from cases.actions import archive, remind
from cases.actions import breach as breach_actions
from cases.actions.archive import ArchiveRefused, keep_retention
from cases.actions.breach import BreachRefused
from cases.admin import ProgrammeNumberForm, RetentionRuleForm
from cases.models import BreakGlass, Case, DestructionList, Notification, ProgrammeNumber, RetentionRule
from partners.models import User
from returns_portal import clock, outbox, tasks
from returns_portal.actor import acting_as, acting_as_system
from returns_portal.models import Look
from tests.cases.test_breaches import STORY, opened
from tests.cases.test_retention import destroyed, long_after, sign, signed_twice

pytestmark = pytest.mark.django_db

SECRET = "Mira Rexhepi"
NUL = "\0"


def invited(by, *, joined_at, role=User.Role.MEMBER):
    """An account that this manager has just let somebody make, perhaps themselves."""
    name = f"second-{uuid4().hex[:6]}"
    user = User.objects.create_user(f"{name}@demo.example", "demo", name=name, organisation=by.organisation, role=role)
    User.objects.filter(pk=user.pk).update(joined_at=joined_at)
    return User.objects.select_related("organisation").get(pk=user.pk)


@pytest.fixture
def listed(make_case):
    """A destruction list with one case."""
    keep_retention(long_after(make_case("withdrawn")))
    return DestructionList.objects.get()


# One manager, two signatures


def test_an_account_that_is_younger_than_the_list_is_no_second_person(listed, cast, as_):
    puppet = invited(cast.maja, joined_at=listed.made_at + timedelta(hours=1))
    sign(listed, cast.maja)
    listed.refresh_from_db()
    with pytest.raises(PermissionDenied):
        sign(listed, puppet)
    with clock.moved_to(listed.made_at + timedelta(hours=2)):
        page = as_(puppet).get(reverse("cases:destruction-list", args=[listed.pk])).content.decode()
    assert "Both signers must have had their accounts" in page
    sign(listed, cast.sara)
    assert DestructionList.objects.get().second_by == cast.sara


def test_nor_does_it_sign_first_for_the_one_who_made_it(listed, cast):
    puppet = invited(cast.maja, joined_at=listed.made_at + timedelta(hours=1), role=User.Role.MANAGER)
    sign(listed, puppet)
    listed.refresh_from_db()
    with pytest.raises(PermissionDenied):
        sign(listed, cast.maja)
    assert archive.may_stop(listed, cast.maja)


def test_an_account_that_is_younger_than_the_use_neither_judges_nor_extends_it(cast, make_case):
    case = make_case("referred")
    with acting_as_system("special_access"):
        glass = BreakGlass.begin(case, by=cast.maja, organisation=cast.maja.organisation, overseer=case.approving)
    puppet = invited(cast.maja, joined_at=glass.created_at + timedelta(minutes=1), role=User.Role.MANAGER)
    old = invited(cast.maja, joined_at=glass.created_at - timedelta(minutes=1), role=User.Role.MANAGER)
    assert not case_actions.may_judge(glass, puppet)
    assert case_actions.may_judge(glass, old)


def test_a_line_waits_for_the_signature_that_is_being_written(make_case):
    case = make_case("withdrawn")
    with CaptureQueriesContext(
        connection,
    ) as made:
        keep_retention(long_after(case))
    table = DestructionList._meta.db_table
    asked = [query["sql"] for query in made if f'FROM "{table}"' in query["sql"] and "first_at" in query["sql"]]
    assert any("FOR UPDATE" in sql for sql in asked)


# Odd addresses


ODD = [
    {"tab": "ended", "after": f"_{uuid4()}"},
    {"tab": "decided", "after": f"_{uuid4()}"},
    {"tab": "decided", "after": f"1_{uuid4()}"},
    {"tab": "ended", "after": f"-62135596800000000_{uuid4()}"},
    {"after": f"253402300799000000_{uuid4()}"},
    {"after": f"{'9' * 400}_{uuid4()}"},
    {"after": f"_{uuid4()}"},
    {"after": NUL, "tab": NUL, "state": NUL, "who": NUL, "q": NUL, "show": NUL, "page": NUL},
    {"q": f"K7Q2{NUL}9FWM", "code": f"K7Q2{NUL}9FWM", "reason": NUL, "full_name": NUL, "identity_number": NUL},
    {"q": "%", "who": "urn:uuid:" + str(uuid4()), "page": "9" * 5000},
    {"q": "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"), "page": "-1", "who": "{" * 40},
    {"user": NUL, "session": NUL, "since_0": "0001-01-01", "since_1": "00:00", "until_0": "9999-12-31"},
    {"session": "x", "since_0": "1.1.1", "since_1": "0", "until_0": "9999-12-31", "until_1": "23:59"},
    {"session": "x", "since_0": "0001-01-01", "since_1": "00:00", "until_0": "9999-12-31", "until_1": "23:59"},
    {"birth_date": "0001-01-01", "full_name": "A", "reason": "contact"},
]


def test_no_odd_input_is_an_error_of_ours(cast, as_, make_case):
    make_case("referred")
    pages = {
        "lars": ["/cases/", "/cases/queue/", "/inbox/", "/cases/search/"],
        "hanna": ["/cases/board/"],
        "maja": ["/archive/", "/cases/break-glass/"],
        "lena": ["/breaches/seen/"],
    }
    for who, addresses in pages.items():
        browser = as_(getattr(cast, who))
        for address in addresses:
            for odd in ODD:
                for ask in (browser.get, browser.post):
                    assert ask(address, odd).status_code < 500, (address, odd, ask.__name__)


def test_a_page_that_begins_at_a_case_without_a_moment_goes_on(cast, as_, make_case):
    case = make_case("withdrawn")
    page = as_(cast.sara).get("/cases/", {"tab": "ended", "after": f"_{uuid4()}"})
    assert case.code_shown in page.content.decode()


# Two at once


def test_who_stops_a_list_a_moment_too_late_reads_so(listed, cast, as_, monkeypatch):
    sign(listed, cast.maja)

    def too_late(*_args, **_named):
        raise ArchiveRefused

    monkeypatch.setattr(archive, "stop", too_late)
    answer = as_(cast.maja).post(reverse("cases:stop-list", args=[listed.pk]))
    assert answer.status_code == 409
    assert "already been stopped" in answer.content.decode()


def test_who_closes_an_entry_a_moment_too_late_reads_so(cast, as_, monkeypatch):
    entry = opened(cast.lena, judged="no_risk", consequences="None.", measures="None.")

    def too_late(*_args, **_named):
        raise BreachRefused

    monkeypatch.setattr(breach_actions, "close_breach", too_late)
    assert as_(cast.lena).post(reverse("cases:close-breach", args=[entry.pk])).status_code == 409


# After the destruction


def test_a_use_on_a_case_that_is_gone_is_judged_without_words_and_none_is_begun(cast, as_, make_case):
    case = make_case("withdrawn")
    with acting_as_system("special_access"):
        glass = BreakGlass.begin(case, by=cast.sara, organisation=cast.sara.organisation, overseer=case.approving)
        glass.until, glass.review_due = clock.now(), clock.now() + timedelta(days=2)
        glass.reason = SECRET
        glass.save()
    case = destroyed(case, cast)
    maja = as_(cast.maja)
    answer = maja.post("/cases/break-glass/", {"code": case.code, "reason": SECRET, "confirm": "yes"})
    assert (answer.status_code, "no case with this code" in answer.content.decode()) == (200, True)
    with acting_as(cast.maja), pytest.raises(case_actions.StepRefused):
        case_actions.break_glass(case, by=cast.maja, reason="It cannot wait.")
    with acting_as(cast.maja):
        case_actions.judge_break_glass(glass, by=cast.maja, judgement="justified", words=SECRET)
    with acting_as_system("special_access"):
        judged = BreakGlass.objects.get(pk=glass.pk)
    assert (judged.judgement, judged.__dict__["words"]) == ("justified", None)


# Numbers beyond measure


@pytest.mark.parametrize(("field", "amount"), [("years", 101), ("months", 1201), ("days", 32767), ("years", 32767)])
def test_nothing_is_kept_beyond_a_hundred_years(field, amount):
    rule = RetentionRule.objects.first()
    form = modelform_factory(RetentionRule, form=RetentionRuleForm, fields="__all__")
    given = model_to_dict(rule)
    assert form(given, instance=rule).is_valid()
    assert form({**given, field: amount}, instance=rule).is_valid() == (field == "days")


@pytest.mark.parametrize(("amount", "is_taken"), [(0, False), (6, False), (7, True), (365, True), (366, False)])
def test_a_signed_list_waits_at_least_a_week(amount, is_taken):
    number = ProgrammeNumber.objects.get(code="destruction_wait_days")
    form = modelform_factory(ProgrammeNumber, form=ProgrammeNumberForm, fields=["name", "amount"])
    assert form({"name": number.name, "amount": amount}, instance=number).is_valid() == is_taken


def test_whatever_stands_in_the_table(listed, cast):
    ProgrammeNumber.objects.filter(code="destruction_wait_days").update(amount=0)
    done = signed_twice(listed, cast)
    assert done.destroy_after - done.second_at == timedelta(days=7)


# What stands in the log


@pytest.fixture
def log(settings):
    """What the console would say, with the filters and the formatter of the settings."""
    configurator = logging.config.DictConfigurator(settings.LOGGING)
    handler, said = logging.StreamHandler(io.StringIO()), settings.LOGGING
    handler.setFormatter(configurator.configure_formatter(dict(said["formatters"]["line"])))
    for name in said["handlers"]["console"]["filters"]:
        handler.addFilter(configurator.configure_filter(dict(said["filters"][name])))
    logging.getLogger().addHandler(handler)
    yield handler.stream
    logging.getLogger().removeHandler(handler)


def test_the_log_names_routes_and_no_addresses(log, cast, as_, client):
    as_(cast.otto).get("/cases/K7Q2-9FWM/identity/")
    client.get("/account/invitation/live-token-123/")
    client.get("/nowhere/K7Q2-9FWM/")
    strict = type(client)(enforce_csrf_checks=True)
    strict.force_login(cast.sara)
    strict.post("/cases/K7Q2-9FWM/take/?next=K7Q2-9FWM")
    said = log.getvalue()
    assert "cases:identity" in said
    assert "unknown path" in said
    assert "Forbidden" in said
    assert "cases:take" in said
    assert "K7Q2" not in said
    assert "live-token-123" not in said


def test_an_address_in_an_error_page_is_no_address_in_the_log(log):
    request = HttpRequest()
    request.path = request.path_info = "/cases/K7Q2-9FWM/"
    logging.getLogger("django.request").error(
        "%s: %s", "Internal Server Error", request.path, extra={"request": request, "status_code": 500}
    )
    assert "Internal Server Error: cases:case" in log.getvalue()
    assert "K7Q2" not in log.getvalue()


def test_celery_names_the_class_of_what_a_task_raised(log):
    said = {"id": "1", "name": "cases.tasks.x", "description": "raised unexpected", "exc": f"ValueError('{SECRET}')"}
    said |= {"traceback": f"ValueError: {SECRET}", "args": f"['{SECRET}']", "kwargs": "{}", "internal": ""}
    form = "Task %(name)s[%(id)s] %(description)s: %(exc)s\n%(traceback)s %(args)s"
    logging.getLogger("celery.app.trace").error(form, said, extra={"data": said})
    logging.getLogger("celery.worker.request").error("Task handler raised error: %r", ValueError(SECRET))
    assert log.getvalue().count("ValueError") == 2
    assert "Mira" not in log.getvalue()


def broken(*_args, **_named):
    raise ValueError(SECRET)


def test_what_the_timetable_calls_tells_the_class_alone_and_goes_on(log, monkeypatch):
    called = []

    def listed():
        called.append("list")
        return 0, 0

    monkeypatch.setattr(remind, "delete_expired_drafts", broken)
    monkeypatch.setattr(remind, "escalate_unjudged", lambda: called.append("escalate"))
    remind.walk_the_clocks()
    monkeypatch.setattr(archive, "delete_expired_drafts", broken)
    monkeypatch.setattr(archive, "_list_what_is_due", listed)
    archive.keep_retention()
    monkeypatch.setattr(outbox, "deliver", broken)
    tasks.deliver_outbox()
    assert called == ["escalate", "list"]
    assert log.getvalue().count("failed: ValueError") == 3
    assert "Mira" not in log.getvalue()


# Reads with their line


def shown_on(path_name):
    return {pk for look in Look.objects.filter(path_name=path_name) for pk in look.shown or []}


def test_codes_in_the_inbox_and_on_my_day_stand_in_the_trail(cast, as_, make_case):
    case, told = make_case("application"), make_case("assessment")
    with acting_as(cast.hanna):
        case_actions.ask(case, by=cast.hanna, of=cast.ilir.organisation, subject="Q", text="?")
    Notification.objects.all().delete()
    with acting_as_system("tests"):
        emails.tell(emails.notices(told, [cast.ilir], "shared", page="", occasion="x", is_safety=False))
    ilir = as_(cast.ilir)
    assert ilir.get("/inbox/").status_code == 200
    assert shown_on("cases:inbox") == {told.pk}
    assert ilir.get("/").status_code == 200
    assert shown_on("cases:today") >= {case.pk, told.pk}


def test_reading_what_happened_in_a_breach_is_a_look(cast, as_):
    entry = opened(cast.lena)
    for page in ("breach", "edit-breach", "breach-authority"):
        answer = as_(cast.lena).get(reverse(f"cases:{page}", args=[entry.pk]))
        assert STORY in answer.content.decode()
        assert Look.objects.filter(user_id=cast.lena.pk, path_name=f"cases:{page}:{entry.reference}").exists(), page


def test_codes_that_administrators_read_stand_in_the_trail(cast, as_, make_case):
    one, other = make_case("referred"), make_case("draft")
    admin = as_(cast.admin)
    assert admin.get("/admin/cases/caseinadministration/").status_code == 200
    look = Look.objects.get(user_id=cast.admin.pk, path_name="admin:cases")
    assert set(look.shown) == {one.pk, other.pk}
    assert admin.get(f"/admin/cases/caseinadministration/{one.pk}/change/").status_code == 200
    assert Look.objects.filter(path_name="admin:cases", shown=[one.pk]).exists()
    assert Case.objects.count() == 2
