"""What the sign-in page shows in the demo."""

from typing import Any

from django import template
from django.conf import settings

from partners import demo_accounts

register = template.Library()


@register.simple_tag
def single_sign_on() -> str:
    """The name of the authority's identity provider, where one is set."""
    return str(settings.OIDC_NAME) if settings.OIDC_ISSUER else ""


@register.simple_tag
def demo_people() -> list[dict[str, Any]]:
    """The demo's accounts, and nothing anywhere else."""
    if not settings.DEMO:
        return []
    names = {organisation.key: organisation.name for organisation in demo_accounts.ORGANISATIONS}
    return [
        {
            "email": account.email,
            "name": account.name,
            "role": account.role.label,
            "organisation": names.get(account.organisation, ""),
        }
        for account in demo_accounts.ACCOUNTS
    ]
