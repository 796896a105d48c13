"""The app's door: what it registers with `cases` when the portal starts."""

from importlib import import_module
from pkgutil import iter_modules

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

# Guards, step rows, balls, notices, papers, cards, what a new office is asked and what the worker does register
# themselves.
REGISTERING = {"actions", "guards", "steps", "balls", "notices", "pdfs", "clocks", "office", "watch"}


class ReintegrationConfig(AppConfig):
    """Needs, plan, risks, journey, arrival, follow-up and feedback."""

    name = "reintegration"
    verbose_name = _("Return and reintegration")

    def ready(self) -> None:
        """Tell `cases` what must be done before a step, and in which words."""
        for room in iter_modules([self.path], prefix="reintegration."):
            if room.name.removeprefix("reintegration.") in REGISTERING:
                module = import_module(room.name)
                for chapter in iter_modules(getattr(module, "__path__", []), prefix=f"{room.name}."):
                    import_module(chapter.name)
