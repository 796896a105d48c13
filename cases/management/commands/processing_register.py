"""`manage.py processing_register`: the record of processing (article 30) as CSV on standard output."""

import csv
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import translation

from cases.processing import COLUMNS, register_rows


class Command(BaseCommand):
    """Write out what each field holds, what for, on what ground and how long."""

    help = "Write the record of processing as CSV."

    def add_arguments(self, parser: Any) -> None:
        """`--language sv` or `en-gb`."""
        parser.add_argument("--language", default=settings.LANGUAGE_CODE, choices=["sv", "en-gb"])

    def handle(self, *args: Any, **options: Any) -> None:
        """One line a field."""
        with translation.override(options["language"]):
            out = csv.writer(self.stdout, lineterminator="\n")
            out.writerow([str(column) for column in COLUMNS])
            out.writerows(register_rows())
