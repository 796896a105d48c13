"""`manage.py send_reminders [--at ISO]`: one walk over all clocks, by hand."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases.actions.remind import walk_the_clocks
from returns_portal import clock


class Command(BaseCommand):
    """Send what is due now, or what would be due at a given moment."""

    help = "Send the reminders that are due."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--at` is a moment in ISO 8601; without a zone it is Stockholm's."""
        parser.add_argument("--at", help="a moment, for example 2026-12-24T09:00")

    def handle(self, *args: Any, **options: Any) -> None:
        """Walk the clocks once and say how many reminders are new."""
        try:
            at = clock.moment(options["at"]) if options["at"] else None
        except ValueError as error:
            raise CommandError("--at wants a moment such as 2026-12-24T09:00.") from error
        sent = walk_the_clocks(at)
        self.stdout.write(f"{sent} reminders sent.")
