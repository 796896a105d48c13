"""The cases app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CasesConfig(AppConfig):
    """What a case is, and how it goes on its way."""

    name = "cases"
    verbose_name = _("Cases")

    def ready(self) -> None:
        """Put the guards, steps, ball holders and papers of the first five steps under their names."""
        from cases import desks, registrations  # noqa: F401  # models must be loaded before guards can name them
