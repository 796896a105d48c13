"""What counts once counts once, however many ask at the same moment, in however many processes."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.core import mail
from django.db import connection
from django.test import Client

from partners import actions
from partners.models import Invitation, User
from tests.partners.factors import all_at_once, enrol, next_code

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parent.parent.parent
MANY = 12
# So that it is the guard against replay that is tried here and not the limit on tries.
NO_LIMITS = {"login_failed": "1000/m/ip", "login": "1000/m/ip"}


@pytest.fixture(autouse=True)
def _no_limits(settings):
    settings.ACCOUNT_RATE_LIMITS = NO_LIMITS


def waiting_for_a_code(user: User, enter) -> list[Client]:
    """Browsers in which the password is already given."""
    return [enter(user) for _number in range(MANY)]


def come_in(client: Client, code: str) -> bool:
    client.post("/account/2fa/authenticate/", {"code": code})
    return "_auth_user_id" in client.session


@pytest.mark.asvs("6.5.1", "6.5.5")
def test_of_twelve_with_the_same_code_one_comes_in(people, enter):
    secret = enrol(enter(people.sara))
    browsers = waiting_for_a_code(people.sara, enter)
    code = next_code(secret)
    came_in = all_at_once([lambda browser=browser: come_in(browser, code) for browser in browsers])
    assert came_in.count(True) == 1


@pytest.mark.asvs("6.5.1")
def test_of_twelve_with_the_same_recovery_code_one_comes_in(people, enter):
    enrol(enter(people.sara))
    codes = Authenticator.objects.get(user=people.sara, type="recovery_codes").wrap().get_unused_codes()
    browsers = waiting_for_a_code(people.sara, enter)
    came_in = all_at_once([lambda browser=browser: come_in(browser, codes[0]) for browser in browsers])
    assert came_in.count(True) == 1
    assert not come_in(enter(people.sara), codes[0])
    assert come_in(enter(people.sara), codes[1])


@pytest.mark.asvs("6.5.1")
def test_a_code_that_was_used_is_refused_by_another_process(people, enter):
    secret = enrol(enter(people.sara))
    code = next_code(secret)
    assert come_in(enter(people.sara), code)
    assert in_another_process(people.sara, code) == "refused"
    assert in_another_process(people.sara, next_code(secret)) == "taken"  # its mark was lifted


def in_another_process(user: User, code: str) -> str:
    """What a process of its own says to this code."""
    asks = (
        "import django, sys, time; django.setup();"
        "from allauth.mfa.models import Authenticator;"
        f"time.time = lambda: {auth.time.time()};"
        f"factor = Authenticator.objects.get(user_id='{user.pk}', type='totp').wrap();"
        f"sys.stdout.write('taken' if factor.validate_code('{code}') else 'refused')"
    )
    name = connection.settings_dict["NAME"]
    address = re.sub(r"(://[^/]*/)[^?]*", rf"\g<1>{name}", os.environ["DATABASE_URL"])
    settings = {"DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "returns_portal.settings"}
    done = subprocess.run(
        [sys.executable, "-c", asks], cwd=ROOT, env=os.environ | settings, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.asvs("6.4.1", "2.3.4")
def test_of_twelve_who_use_one_invitation_one_gets_an_account(people):
    actions.invite("nils@work.example", people.malmo, "member", by=people.maja)
    link = re.search(r"/account/invitation/\S+", str(mail.outbox[-1].body)).group()
    form = {"language": "sv", "password": "green horse paper lamp", "rules": "on"}
    statuses = all_at_once(
        [lambda name=f"Nils {n}": Client().post(link, form | {"name": name}).status_code for n in range(MANY)]
    )
    assert sorted(statuses) == [302, *[410] * (MANY - 1)]
    assert User.objects.filter(email="nils@work.example").count() == 1
    assert Invitation.objects.get().accepted_at is not None
