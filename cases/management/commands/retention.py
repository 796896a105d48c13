"""`manage.py retention [--at ISO]`: what the timetable does each night, by hand."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases.actions.archive import keep_retention
from returns_portal import clock


class Command(BaseCommand):
    """List what is due for destruction; destroy what two people have signed for and nobody has stopped."""

    help = "List what is due for destruction, and carry out the lists that were signed twice and have waited."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--at` is a moment in ISO 8601; without a zone it is Stockholm's."""
        parser.add_argument("--at", help="a moment, for example 2032-01-01T03:00")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it once, and say how much there was of each."""
        try:
            at = clock.moment(options["at"]) if options["at"] else None
        except ValueError as error:
            raise CommandError("--at wants a moment such as 2032-01-01T03:00.") from error
        done = keep_retention(at)
        self.stdout.write(
            f"{done.drafts} drafts deleted, {done.dates} dates renewed, {done.listed} cases listed, "
            f"{done.closed_for_use} closed for use, {done.destroyed} destroyed."
        )
