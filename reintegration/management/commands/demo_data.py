"""`manage.py demo_data`: the demo's organisations, people and cases, made through the real actions."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cases.defaults import install_defaults
from cases.models import Case
from partners.actions import load_demo_organisations
from reintegration.demo import programme
from returns_portal.actor import acting_as_system


class Command(BaseCommand):
    """Fill an empty demo database; a first run that broke off is begun anew."""

    help = "Load the demo programme."

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse everything but the demo: these people have a known password."""
        if not settings.DEMO:
            raise CommandError("demo_data is for the demo only: its people have a known password.")
        with acting_as_system("demo"):
            install_defaults()
            load_demo_organisations()
            told = set(Case.objects.values_list("alias", flat=True))
            people = programme.cast()
            for story in programme.STORIES:
                if story.alias not in told:
                    programme.tell(people, story)
        self.stdout.write(f"{len(programme.STORIES)} cases.")
