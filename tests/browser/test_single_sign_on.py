"""Single sign-on in a real browser: the content policy lets its form go to the identity provider, and nowhere else."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from csp.constants import SELF

from tests.partners.identity_provider import IdentityProvider, serving
from tests.partners.test_oidc import name_provider


@pytest.fixture
def authority(town: Any, settings: Any) -> Iterator[IdentityProvider]:
    """Sara's account is connected with an identity provider that the settings name."""
    with serving() as provider:
        name_provider(settings, provider)
        allow_forms_to(settings, provider.issuer)
        SocialAccount.objects.create(user=town.sara, provider=provider.issuer, uid=provider.subject)
        yield provider
        name_provider(settings, None)


def allow_forms_to(settings: Any, *origins: str) -> None:
    policy = deepcopy(settings.CONTENT_SECURITY_POLICY)
    policy["DIRECTIVES"]["form-action"] = [SELF, *origins]
    settings.CONTENT_SECURITY_POLICY = policy


def test_chromium_goes_to_the_provider_and_back(authority, sit_down):
    desk = sit_down()
    desk.open("/account/login/")
    with desk.tab.expect_navigation():
        desk.tab.get_by_test_id("single-sign-on").locator("button").click()
    assert desk.address == "/"
    assert "Sara" in desk.tab.content()
    elsewhere = [complaint for complaint in desk.complaints if complaint.startswith(authority.issuer)]
    assert len(elsewhere) == 1 and "/authorize?" in elsewhere[0]
    desk.complaints.clear()


def test_chromium_stays_where_the_policy_names_no_provider(authority, sit_down, settings):
    allow_forms_to(settings)
    desk = sit_down()
    desk.open("/account/login/")
    with desk.tab.expect_console_message(lambda message: "form-action" in message.text):
        desk.tab.get_by_test_id("single-sign-on").locator("button").click()
    assert desk.address == "/account/login/"
    assert "/authorize" not in authority.seen
    for _moment in range(50):  # the browser reports in its own time
        if sit_down.reports.lines:
            break
        desk.tab.wait_for_timeout(100)
    assert "form-action" in sit_down.reports.lines[0]
    sit_down.forget()
