"""What a production server must not be started with."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning

# Each process would count for itself: a guessed password, or a code used twice, would meet a limit that knows nothing.
KEPT_BY_ONE_PROCESS = {
    "django.core.cache.backends.locmem.LocMemCache",
    "django.core.cache.backends.dummy.DummyCache",
}
MOST_PROXIES = 5


def second_factor_is_required(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A password alone opens nothing where real people's cases are."""
    if settings.OVER_HTTPS and not settings.REQUIRE_MFA:
        return [Error("REQUIRE_MFA is off in production.", hint="Remove it, or set it to on.", id="partners.E001")]
    return []


def limits_are_shared(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The limits of the sign-in and the marks of used codes hold across processes."""
    if settings.OVER_HTTPS and settings.CACHES["default"]["BACKEND"] in KEPT_BY_ONE_PROCESS:
        return [
            Error(
                "The default cache is not shared between processes.",
                hint="Keep it in the database.",
                id="partners.E002",
            )
        ]
    return []


def codes_are_strict(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """No code lives longer than the mark that it was used, and none opens every account."""
    if getattr(settings, "MFA_TOTP_TOLERANCE", 0) or getattr(settings, "MFA_TOTP_INSECURE_BYPASS_CODE", None):
        return [Error("MFA_TOTP_TOLERANCE must be 0, and no code may bypass the second factor.", id="partners.E003")]
    return []


def proxies_are_counted(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The limits per address need the visitor's own address, and no more of the header than our proxies wrote."""
    count = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    if not 0 <= count <= MOST_PROXIES:
        return [
            Error(f"TRUSTED_PROXY_COUNT is {count}.", hint="Count the proxies before the portal.", id="partners.E004")
        ]
    if settings.OVER_HTTPS and settings.SECURE_PROXY_SSL_HEADER and not count:
        return [
            Warning(
                "TRUSTED_PROXY_COUNT is 0: everybody behind the proxy shares one limit.",
                hint="Set it to the number of proxies, and let nobody else reach the port.",
                id="partners.W001",
            )
        ]
    return []
