"""What a production server is not started with."""

import pytest
from django.core.checks import registry

from partners import checks

LOCAL = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
NONE = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


@pytest.fixture
def production(settings):
    """The settings of a server behind one proxy."""
    settings.OVER_HTTPS, settings.REQUIRE_MFA, settings.ALLAUTH_TRUSTED_PROXY_COUNT = True, True, 1
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    return settings


def complaints() -> list[str]:
    """What all checks of ours say."""
    ours = [
        check
        for check in registry.registry.get_checks(include_deployment_checks=True)
        if check.__module__ == checks.__name__
    ]
    assert len(ours) == 4
    return [str(message.id) for check in ours for message in check(app_configs=None)]


def test_a_good_server_has_no_complaints(production):
    assert complaints() == []


@pytest.mark.asvs("6.3.4")
def test_the_second_factor_is_on_in_production(production):
    production.REQUIRE_MFA = False
    assert complaints() == ["partners.E001"]
    production.OVER_HTTPS = False
    assert complaints() == []


@pytest.mark.asvs("6.3.1")
@pytest.mark.parametrize("caches", [LOCAL, NONE])
def test_the_limits_are_shared_in_production(production, caches):
    production.CACHES = caches
    assert complaints() == ["partners.E002"]


@pytest.mark.asvs("6.5.5")
@pytest.mark.parametrize(("name", "value"), [("MFA_TOTP_TOLERANCE", 1), ("MFA_TOTP_INSECURE_BYPASS_CODE", "123456")])
def test_codes_are_strict_everywhere(production, name, value):
    setattr(production, name, value)
    assert complaints() == ["partners.E003"]


@pytest.mark.parametrize(("count", "complaint"), [(-1, "partners.E004"), (6, "partners.E004"), (0, "partners.W001")])
def test_proxies_are_counted(production, count, complaint):
    production.ALLAUTH_TRUSTED_PROXY_COUNT = count
    assert complaints() == [complaint]
