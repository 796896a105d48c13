"""The floor as an installed app: its two tables."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReturnsPortalConfig(AppConfig):
    """Outbox and trail of looks."""

    name = "returns_portal"
    verbose_name = _("Returns Portal")
