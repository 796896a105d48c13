"""The floor as an installed app: its two tables."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ReturnsPortalConfig(AppConfig):
    """Outbox and trail of looks."""

    name = "returns_portal"
    verbose_name = _("Returns Portal")

    def ready(self) -> None:
        """End every `migrate` with the walls raised, so that no table is served before; start sign-ins' clocks."""
        from django.contrib.auth.signals import user_logged_in  # needs the app registry

        from returns_portal import trail  # noqa: F401  # lays its chain with the walls
        from returns_portal.sessions import begin  # needs the settings
        from returns_portal.walls import raise_after_migrate  # needs the settings

        post_migrate.connect(raise_after_migrate, sender=self, dispatch_uid="raise_after_migrate")
        user_logged_in.connect(begin, dispatch_uid="begin")
