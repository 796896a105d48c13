"""`manage.py verify_history`: whether anybody has changed, removed or slipped in a line of the trails."""

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from returns_portal import trail
from returns_portal.models import Link


class Command(BaseCommand):
    """Exit 0 where the chain is whole, 1 with the first thing that is wrong."""

    help = "Verify the chain over the trail of looks and the history of cases, and compare it with the anchor file."

    def handle(self, *args: Any, **options: Any) -> None:
        """Walk the chain once."""
        fault = trail.verify()
        if fault is not None:
            self.stderr.write(str(fault))
            sys.exit(1)
        count, anchored = Link.objects.count(), trail.anchored_at()
        if anchored is None:
            self.stderr.write(f"There is no anchor yet in {settings.ANCHOR_FILE}: the end of the chain is not proven.")
        newest = f"; newest anchor {anchored:%Y-%m-%d %H:%M} UTC" if anchored else ""
        self.stdout.write(f"The history is whole: {count} links{newest}.")
