"""`manage.py check_balls [--mend]`: whether what every open case says of its ball is what it should say."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from cases import ball
from cases.models import Case
from partners.models import Organisation
from returns_portal.actor import acting_as_system

CHUNK = 500


class Command(BaseCommand):
    """Compute who must do what by when in every open case, and compare it with what is stored."""

    help = "Compare the stored balls of all open cases with what follows from their data."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--mend` stores what should be there."""
        parser.add_argument("--mend", action="store_true", help="store what should be there")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the code of each case that differs, with both; fail where any does and is not mended."""
        with acting_as_system("reminders"):
            self.names = {pk: f"{kind}/{str(pk)[:8]}" for pk, kind in Organisation.objects.values_list("pk", "kind")}
        checked, wrong, after = 0, 0, None
        while True:
            # A transaction for each piece: nobody waits for the whole walk.
            with acting_as_system("reminders"):
                cases = Case.objects.filter(ball.is_open()).order_by("pk")
                pks = list((cases.filter(pk__gt=after) if after else cases).values_list("pk", flat=True)[:CHUNK])
                wrong += self._check(pks)
                if options["mend"]:
                    ball.correct_some(after, len(pks)) if pks else None
            checked += len(pks)
            if len(pks) < CHUNK:
                break
            after = pks[-1]
        self.stdout.write(f"{checked} open cases checked, {wrong} differ{', mended' if options['mend'] else ''}.")
        if wrong and not options["mend"]:
            raise CommandError("Balls differ. Run with --mend to store what should be there.", returncode=1)

    def _check(self, pks: list[UUID]) -> int:
        found = list(ball.differences(Case.objects.filter(pk__in=pks).order_by("pk")))
        for one in found:
            turn = "" if one.is_turn_right else "; the open turn differs"
            stored, should_be = self._said(one.stored), self._said(one.should_be)
            self.stdout.write(f"{one.code}: stored {stored}; should be {should_be}{turn}")
        return len(found)

    def _said(self, stored: ball.Stored) -> str:
        """Codes only: kind of organisation, task, moment."""
        due = stored.due.isoformat() if stored.due else "-"
        who = self.names.get(stored.who, "-") if stored.who else "nobody"
        return f"{who} {stored.what or '-'} {due} {stored.waits_for or '-'}"
