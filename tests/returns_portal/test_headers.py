"""The headers on every answer of every address, refusals and files too; cookies; titles and addresses; reports."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, path, reverse
from pytest_django.asserts import assertContains

from returns_portal import urls, views
from returns_portal.middleware import SecurityHeaders

ROOT = Path(__file__).resolve().parents[2]
SECRET = "Mira lives at Rruga Kavajës"
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "manifest-src": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "object-src": "'none'",
    "report-uri": "/csp-report/",
}
EVERYWHERE = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(),"
    " magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
}
SAMPLES = {
    "code": "K7Q2-9FWM",
    "uuid": "5f0c3a52-7f0e-4f5e-9a51-0f6c1d2b3a4e",
    "int": 1,
    "string": "sample",
    "slug": "sample",
    "path": "sample",
}
# Older routes of others are regular expressions.
REGEX_SAMPLES = {
    "uidb36": "1",
    "key": "a-b",
    "content_type_id": "1",
    "object_id": "1",
    "pk": "1",
    "app_label": "partners",
}


def headers_of(answer):
    """What an answer carries of what each must carry; the policy as a table, however it is ordered."""
    rules = dict(rule.split(" ", 1) for rule in answer.headers.get("Content-Security-Policy", "").split("; ") if rule)
    return {name: answer.headers.get(name) for name in EVERYWHERE}, rules


def addresses(resolver=None, prefix="", filled=None):
    """An address for every named route: ours, allauth's and the admin's; numbers and codes are invented."""
    for pattern in (resolver or get_resolver()).url_patterns:
        values = (filled or {}) | _values(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix, values)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield f"{prefix}{pattern.name}", reverse(f"{prefix}{pattern.name}", kwargs=values)


def _values(pattern):
    kinds = {key: type(converter).__name__.removesuffix("Converter") for key, converter in pattern.converters.items()}
    given = {key: SAMPLES[kind.lower()] for key, kind in kinds.items()}
    return given | {key: REGEX_SAMPLES.get(key, "sample") for key in pattern.regex.groupindex if key not in given}


# A new route is walked as soon as it has a name.
ROUTES = sorted(dict(addresses()).items())


@pytest.mark.asvs("3.4.1", "3.4.3", "3.4.4", "3.4.5", "3.4.6", "3.4.7", "3.4.8", "14.3.2")
def test_every_address_answers_everybody_with_the_headers(cast, as_):
    wrong, statuses = [], set()
    for who in (None, cast.ilir, cast.admin):
        browser = as_(who) if who else Client()
        for name, address in ROUTES:
            for answer in (browser.get(address), *([] if who else [browser.options(address)])):
                statuses.add(answer.status_code)
                if headers_of(answer) != (EVERYWHERE, POLICY):
                    wrong.append((name, who, answer.status_code, headers_of(answer)))
            if who and "_auth_user_id" not in browser.session:  # some pages sign one out
                browser = as_(who)
    assert wrong == []
    assert {200, 302, 403, 404, 405} <= statuses
    assert max(statuses) < 500


# Answers that no address gives by itself


def crash(request):
    """Break in words that nobody may read."""
    raise RuntimeError(SECRET)


def refuse(request):
    """Find something suspicious."""
    raise SuspiciousOperation(SECRET)


def drown(request):
    """Be sent too much."""
    raise RequestDataTooBig(SECRET)


def deny(request):
    """Know better than to tell."""
    raise PermissionDenied(SECRET)


def lose(request):
    """Not be there."""
    raise Http404(SECRET)


BROKEN = {
    crash: 500,
    refuse: 400,
    drown: 413,
    deny: 403,
    lose: 404,
    views.too_many_requests: 429,
}
handler400, handler429, handler500 = urls.handler400, urls.handler429, urls.handler500
urlpatterns = [*urls.urlpatterns, *(path(f"broken/{status}/", view) for view, status in BROKEN.items())]


@pytest.mark.asvs("3.4.1", "3.4.3", "3.4.4", "3.4.5", "3.4.6", "16.5.1")
@pytest.mark.urls(__name__)
@pytest.mark.parametrize("status", BROKEN.values())
@pytest.mark.parametrize("who", ["sara", "admin"])
def test_what_fails_carries_the_headers_and_says_nothing_of_why(cast, as_, status, who):
    browser = as_(getattr(cast, who))
    browser.raise_request_exception = False
    answer = browser.get(f"/broken/{status}/")
    assert answer.status_code == status
    assert headers_of(answer) == (EVERYWHERE, POLICY)
    assert "<h1" in answer.content.decode()
    for word in ("Mira", "Rruga", "Kavaj", "Error", "Traceback", "Suspicious", "Django"):
        assert word not in answer.content.decode().replace("Error reference", "")


def test_who_is_held_off_is_told_for_how_long(client, db):
    for _ in range(40):
        answer = client.post("/account/login/", {"login": "sara@demo.example", "password": "wrong"})
        if answer.status_code == 429:
            break
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "300")
    assert headers_of(answer) == (EVERYWHERE, POLICY)


@pytest.mark.parametrize("address", ["/", "/cases/", "/nothing/here/", "/healthz/live", "/account/login/"])
def test_a_wrong_host_gets_a_page_that_repeats_nothing(client, db, address):
    answer = client.get(address, headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert headers_of(answer) == (EVERYWHERE, POLICY)
    assert b"evil" not in answer.content


def test_a_form_that_is_too_large_is_refused_with_the_limit(db):
    browser = Client(enforce_csrf_checks=True)
    browser.get("/account/login/")
    answer = browser.post("/account/login/", {"login": "x" * (2 * 1024**2 + 1)})
    assertContains(answer, "2 MB", status_code=413)
    assert headers_of(answer) == (EVERYWHERE, POLICY)


@pytest.mark.parametrize("address", ["/cases", "/admin", "/account/login"])
def test_an_address_without_its_slash_leads_on_with_the_headers(client, db, address):
    answer = client.get(address)
    assert answer.status_code == 301
    assert headers_of(answer) == (EVERYWHERE, POLICY)


def test_a_method_that_is_not_offered_and_an_old_form_carry_the_headers(client, db):
    refused, old = client.put("/accessibility/"), Client(enforce_csrf_checks=True).post("/account/login/", {})
    assert (refused.status_code, old.status_code) == (405, 403)
    for answer in (refused, old):
        assert headers_of(answer) == (EVERYWHERE, POLICY)


@pytest.mark.asvs("3.2.1")
@pytest.mark.parametrize(
    ("address", "status"),
    [("/static/css/portal.css", 200), ("/static/js/portal.js", 200), ("/static/img/favicon.svg", 200)]
    + [("/static/nothing.js", 404), ("/static/../returns_portal/settings.py", 404)],
)
def test_files_carry_the_headers(client, db, address, status):
    answer = client.get(address)
    assert answer.status_code == status
    assert headers_of(answer) == (EVERYWHERE, POLICY)


def test_only_files_that_are_named_for_their_content_are_kept(rf):
    kept = "max-age=315360000, public, immutable"
    for given, sent in {kept: kept, "max-age=60, public": "no-store", "private": "no-store"}.items():
        named = SecurityHeaders(lambda request, given=given: HttpResponse(headers={"Cache-Control": given}))
        assert named(rf.get("/static/x.css")).headers["Cache-Control"] == sent


def test_no_view_loosens_the_policy_by_itself():
    """django-csp has decorators for that; none of them is used."""
    code = [
        path
        for folder in ("returns_portal", "partners", "cases", "reintegration")
        for path in (ROOT / folder).rglob("*.py")
    ]
    assert [
        path.name
        for path in code
        if re.search(r"csp_(exempt|update|replace)|xframe_options_|csp\.decorators", path.read_text("utf-8"))
    ] == []


# Production


# The settings of production stand where the check before going live is run.
LINES = (ROOT / ".ci/lint").read_text("utf-8").splitlines()
PRODUCTION = dict(pair.split("=", 1) for line in LINES if line.startswith("export ") for pair in line.split()[1:])
ASK = """
import django, json
django.setup()
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
page, found = "/accessibility/", {}
for name, (address, asked) in {
    "http": (page, {}),
    "http, wrong": (page, {"HTTP_HOST": "evil.example"}),
    "health": ("/healthz/live", {}),
    "https": (page, {"secure": True}),
    "proxied": (page, {"HTTP_X_FORWARDED_PROTO": "https"}),
    "wrong": (page, {"secure": True, "HTTP_HOST": "evil.example"}),
}.items():
    got = WSGIHandler().get_response(RequestFactory().get(address, **{"HTTP_HOST": "portal.example"} | asked))
    found[name] = [got.status_code, dict(got.headers)]
found["cookies"] = {name: getattr(settings, name) for name in dir(settings) if "COOKIE" in name}
print(json.dumps(found, default=str))
"""


def in_production(*arguments):
    """What Python says with the settings of production."""
    # What the browser tests need is nothing for production.
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", *arguments],
        cwd=ROOT,
        env={**environment, **PRODUCTION, "DJANGO_SETTINGS_MODULE": "returns_portal.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done


@pytest.fixture(scope="module")
def production():
    """How the portal answers and which cookies it gives, with the settings of production."""
    done = in_production("-c", ASK)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.asvs("3.3.1", "3.3.2", "3.3.3", "3.3.4")
def test_cookies_are_bound_to_this_host_and_to_no_script(production):
    cookies = production["cookies"]
    for name in ("SESSION", "CSRF"):
        assert cookies[f"{name}_COOKIE_NAME"].startswith("__Host-")
        assert cookies[f"{name}_COOKIE_SECURE"] is True
        assert cookies[f"{name}_COOKIE_HTTPONLY"] is True
        assert cookies[f"{name}_COOKIE_SAMESITE"] == "Lax"
        assert cookies[f"{name}_COOKIE_DOMAIN"] is None
        assert cookies[f"{name}_COOKIE_PATH"] == "/"


@pytest.mark.asvs("3.4.1")
def test_production_speaks_https_alone_and_says_so_for_two_years(production):
    status, headers = production["http"]
    assert (status, headers["Location"]) == (301, "https://portal.example/accessibility/")
    for name in ("https", "proxied", "wrong"):
        status, headers = production[name]
        assert status == (400 if name == "wrong" else 200)
        assert headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains; preload"
    assert production["health"][0] == 200


@pytest.mark.asvs("3.4.3", "3.4.4", "3.4.5", "3.4.6", "3.4.8")
@pytest.mark.parametrize("name", ["http", "health", "https", "proxied", "wrong", "http, wrong"])
def test_production_answers_with_the_headers(production, name):
    _status, headers = production[name]
    assert {wanted: headers.get(wanted) for wanted in EVERYWHERE} == EVERYWHERE
    assert "default-src 'none'" in headers["Content-Security-Policy"]


@pytest.mark.asvs("13.4.2")
def test_the_check_before_going_live_finds_nothing():
    done = in_production("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr


@pytest.mark.asvs("3.3.1", "3.3.2", "3.3.4")
def test_every_cookie_that_is_set_is_closed_to_scripts_and_other_sites(cast, client):
    client.post("/account/login/", {"login": cast.sara.email, "password": "demo"})
    client.get("/cases/")
    client.post("/account/language/", {"language": "sv"})
    assert {"sessionid", "csrftoken", "language"} <= set(client.cookies)
    for name, cookie in client.cookies.items():
        assert (name, cookie["httponly"], cookie["samesite"], cookie["domain"]) == (name, True, "Lax", "")
    for name in ("sessionid", "csrftoken"):
        assert (name, client.cookies[name]["max-age"], client.cookies[name]["expires"]) == (name, "", "")


# Neutral titles and addresses

# The country of the cast's cases, the people, and what nobody passing by should read.
TELLING = re.compile(
    r"mira|albani|tirana|kavaj|romani|traffick|människohandel|victim|offer\b|prostitu|sex|exploit|utnyttj|"
    r"refugee|asylum|asyl|flykting|migrant|brott|crime|police|polis|iom\b|health|hälsa",
    re.IGNORECASE,
)


@pytest.mark.asvs("14.2.1")
def test_addresses_are_words_and_codes_alone():
    allowed = {"code", "uuid", "pk", "token", "slug"}
    for name, address in ROUTES:
        if not name.startswith("admin:"):
            assert not TELLING.search(address.replace("/healthz/", "/")), (name, address)
        assert not re.search(r"\d{6,}|@|%40|\+46", address.replace(SAMPLES["uuid"], "").replace(SAMPLES["code"], ""))
    assert allowed


@pytest.mark.parametrize(("language", "names"), [("sv", ("sara", "hanna")), ("en-gb", ("lars", "ilir"))])
def test_titles_name_nobody_and_nothing(cast, make_case, language, names):
    """Every page that these two open of a case with a name, a country and a story."""
    case = make_case("assessment")
    seen = {}
    for user in (getattr(cast, name) for name in names):
        browser = Client(headers={"Accept-Language": language})
        browser.force_login(user)
        for _name, address in ROUTES:
            if SAMPLES["uuid"] in address or address.startswith("/admin/"):
                continue
            answer = browser.get(address.replace(SAMPLES["code"], case.code_shown))
            if answer.get("Content-Type", "").startswith("text/html") and answer.content:
                titles = re.findall(r"<title>(.*?)</title>", answer.content.decode(), re.DOTALL)
                seen[(address, user.email)] = titles
            if "_auth_user_id" not in browser.session:
                browser.force_login(user)
    assert len(seen) > 80
    for place, titles in seen.items():
        assert len(titles) == 1, place
        assert titles[0].strip(), place
        assert not TELLING.search(titles[0]), (place, titles)


def test_the_administrations_titles_leave_out_whom_a_page_is_about(cast, as_):
    admin = as_(cast.admin)
    for address in (f"/admin/partners/user/{cast.ilir.pk}/change/", "/admin/partners/organisation/", "/admin/"):
        titles = re.findall(r"<title>(.*?)</title>", admin.get(address).content.decode())
        assert len(titles) == 1
        assert not TELLING.search(titles[0])
        assert "Ilir" not in titles[0]


# What browsers report


def report(client, body, **extra):
    """Send a report as a browser does."""
    content = body if isinstance(body, (bytes, str)) else json.dumps({"csp-report": body})
    return client.post("/csp-report/", content, content_type="application/csp-report", **extra)


VIOLATION = {
    "document-uri": "https://portal.example/cases/K7Q2-9FWM/?secret=Mira",
    "referrer": "https://portal.example/cases/K7Q2-9FWM/",
    "effective-directive": "script-src-elem",
    "blocked-uri": "https://user:Mira@evil.example:8443/x.js?who=Mira",
    "script-sample": "Mira lives",
    "source-file": "Mira",
}


@pytest.mark.asvs("3.4.7", "16.2.5")
def test_a_report_leaves_the_rule_and_the_other_site_in_the_log(client, db, caplog):
    assert report(client, VIOLATION).status_code == 204
    assert caplog.messages == ["Content policy: script-src-elem refused https://evil.example"]
    assert not client.cookies


@pytest.mark.parametrize(
    ("directive", "blocked", "logged"),
    [
        ("img-src", "inline", "img-src refused inline"),
        ("img-src", "data", "img-src refused data"),
        ("img-src\nforged line", "eval", "another rule refused eval"),
        ("img-src", "Mira Rruga", "img-src refused another site"),
        ("img-src", "https://[broken", "img-src refused another site"),
        ("img-src", {"a": 1}, "img-src refused another site"),
    ],
)
def test_a_report_cannot_write_what_it_likes_into_the_log(client, db, caplog, directive, blocked, logged):
    assert report(client, {"effective-directive": directive, "blocked-uri": blocked}).status_code == 204
    assert caplog.messages == [f"Content policy: {logged}"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"csp-report": []}', b'{"csp-report": {}}', b"\xff\xfe"])
def test_what_is_no_report_is_refused(client, db, caplog, body):
    assert report(client, body).status_code == 400
    assert "Content policy" not in caplog.text


def test_a_long_report_is_refused_unread(client, db):
    assert report(client, VIOLATION | {"script-sample": "x" * 9000}).status_code == 413


def test_a_flood_of_reports_is_stopped(client, db, caplog):
    statuses = [report(client, VIOLATION).status_code for _ in range(2 * views.REPORTS_A_MINUTE + 2)]
    assert 429 in statuses
    assert statuses.count(204) <= 2 * views.REPORTS_A_MINUTE  # the minute may change while we count
    assert client.get("/csp-report/").status_code == 405
