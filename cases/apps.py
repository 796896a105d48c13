"""The cases app."""

import contextlib
from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


def install_what_is_new(apps: Any, **_: Any) -> None:
    """A release that brings a rule, a number or a text brings it to databases that stand already."""
    from cases.defaults import install_defaults  # after the apps are loaded

    with contextlib.suppress(LookupError):  # migrated back to before there were any
        install_defaults(apps)


class CasesConfig(AppConfig):
    """What a case is, and how it goes on its way."""

    name = "cases"
    verbose_name = _("Cases")

    def ready(self) -> None:
        """Put the guards, steps, ball holders and papers of the first five steps under their names."""
        post_migrate.connect(install_what_is_new, sender=self, dispatch_uid="cases.defaults")
        from cases import desks, digest, registrations, walls  # noqa: F401  # models must be loaded before they are named
