"""No mail tells anything: no name, no country, no kind of organisation, none of the words; only codes and links."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from babel import Locale
from django.conf import settings
from django.core import mail
from django.template.loader import render_to_string
from django.utils import translation

from cases import notices, tasks
from cases.actions.inbox import save_mail_settings
from cases.actions.remind import walk_the_clocks
from cases.models import Case
from partners import emails as account_mails
from partners.models import Invitation, Organisation, User
from returns_portal import clock
from returns_portal.actor import acting_as

LANGUAGES = ("sv", "en-gb")
FOLDER = Path(settings.BASE_DIR) / "templates" / "emails"
TEMPLATES = sorted(path.relative_to(FOLDER.parent).as_posix() for path in FOLDER.rglob("*.*"))
# Of the person and of those who work with them; the builders and the cast know them by these.
NAMES = ("Mira", "Rexhepi", "M.R.", "Blue door")
WORDS = (
    *("trafficking", "människohandel", "prostitution", "victim", "victims", "offer", "offret", "brottsoffer"),
    *("exploited", "exploitation", "utnyttjad", "IOM", "polis", "police", "socialtjänst", "social services", "NGO"),
)
CODE = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{4}-?[0-9A-HJKMNP-TV-Z]{4}\b")


def countries():
    """Every country, in both languages."""
    for language in ("sv", "en"):
        yield from (name for code, name in Locale(language).territories.items() if len(code) == 2 and code.isalpha())


def kinds():
    """Every kind of organisation, in both languages."""
    for language in LANGUAGES:
        with translation.override(language):
            yield from (str(label) for label in Organisation.Kind.labels)


def forbidden():
    """What no mail may hold."""
    people = [user.name for user in User.objects.all()]
    places = [name for pair in Organisation.objects.values_list("name", "short_name") for name in pair]
    words = {*NAMES, *WORDS, *countries(), *kinds(), *people, *places}
    return re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in sorted(words, key=len)), re.IGNORECASE)


def tells(subject, body):
    """What of that stands in a mail, and what of the case stands in its subject."""
    pattern = forbidden()
    # A host's name is no word of ours.
    said = body.replace(settings.PORTAL_ADDRESS, "")
    found = [match.group() for text in (subject, said) for match in pattern.finditer(text)]
    return found + CODE.findall(subject) + re.findall(r"https?:|/", subject)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_no_template_of_a_mail_tells_anything_whatever_it_is_given(template, language, cast, make_case):
    case = make_case(reached="travel")
    with acting_as(cast.hanna):
        case = Case.objects.select_related("referring", "local_office", "coordinator").get(pk=case.pk)
        everything = {
            **{name: getattr(case, name) for name in ("alias", "destination", "referring", "local_office")},
            **{"case": case, "user": cast.hanna, "recipient": cast.hanna, "organisation": cast.sara.organisation},
            **{"name": "Mira Rexhepi", "person": "Mira Rexhepi", "country": "Albania", "land": "Albanien"},
            **{"what": "not_met", "words": notices.words("office_informed"), "sender": cast.sara},
            **{"invitation": Invitation(email="lars@demo.example", organisation=cast.lars.organisation)},
            **{"code": case.code_shown, "codes": [case.code_shown], "cases": 1, "messages": 2, "more": 3},
            **{"link": "https://portal.test/x/", "address": "https://portal.test/y/"},
            **{"activate_url": "https://portal.test/z/", "password_reset_url": "https://portal.test/z/"},
        }
        with translation.override(language):
            body = render_to_string(template, everything)
    assert body.strip()
    assert tells("", body) == []


def test_there_are_templates_to_look_at():
    assert {"emails/notification.txt", "emails/digest.txt"} <= set(TEMPLATES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_mail_of_a_whole_life_tells_anything(language, cast, make_case, deliver):
    User.objects.update(language=language)
    for person in (cast.lars, cast.henrik, cast.ilir, cast.maja):
        save_mail_settings(person, digest="daily", ways=dict.fromkeys(notices.TOPICS, "digest"))
    make_case(reached="closed")
    waits = make_case(reached="travel")
    asked = make_case(reached="more_info")
    deliver()
    for days in (1, 5, 12, 40):
        with clock.moved_to(clock.now() + timedelta(days=days)):
            walk_the_clocks()
            tasks.queue_digests()
            deliver()
    account_mails.send_change(cast.lars, "password_changed")
    sent = [(message.subject, message.body) for message in mail.outbox]
    assert len(sent) > 30
    assert any(waits.code_shown in body for _subject, body in sent)
    assert any(asked.code_shown in body for _subject, body in sent)
    assert [found for subject, body in sent for found in tells(subject, body)] == []
    summaries = [message for message in mail.outbox if message.to[0] == cast.henrik.email]
    assert summaries
    # Nothing tracks the reader, and nobody's name stands beside an address.
    for message in mail.outbox:
        assert message.alternatives == [] if hasattr(message, "alternatives") else message.content_subtype == "plain"
        assert all("<" not in address for address in message.to)


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("", "Mira is waiting"),
        ("", "She lives in Albania."),
        ("", "Resan till Albanien är bokad."),
        ("", "The local IOM office has answered"),
        ("", "Länsstyrelsen väntar på dig"),
        ("", "Socialtjänsten"[:12]),
        ("", "Ring Sara"),
        ("", "a victim of trafficking"),
        ("", "ett offer för människohandel"),
        ("Case K7Q2-9FWM", ""),
        ("See https://portal.test/", ""),
    ],
)
def test_the_look_at_mails_finds_what_it_looks_for(subject, body, cast):
    assert tells(subject, body) != []
