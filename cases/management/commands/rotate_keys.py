"""`manage.py rotate_keys`: wrap every data key by the newest of `SEALING_KEYS`, and say which old ones may go."""

from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cases.actions import rebuild_index
from partners.sign_in import keys_of_factors, reseal_factors
from returns_portal.actor import acting_as_system
from returns_portal.crypto import WrappedKey, rotation

# So many keys that do not open are named one by one.
SHOWN = 20


class Command(BaseCommand):
    """Rotate the keys while the portal serves. A run that was killed is begun again and goes on."""

    help = "Wrap every data key by the newest of SEALING_KEYS."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How many keys are wrapped in one transaction; and whether the index for search begins anew."""
        parser.add_argument("--batch", type=int, default=rotation.BATCH, help="keys in one transaction")
        parser.add_argument(
            "--rebuild-index", action="store_true", help="give the index for exact search a new secret as well"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Cases' keys, the index's key, second factors; then what is left."""
        if options["batch"] < 1:
            raise CommandError("--batch wants a number above 0.")
        in_use = Counter[str]()
        faulty: list[str] = []
        for model in rotation.wrapped_tables():
            in_use += self._rotate(model, options["batch"], faulty)
        with acting_as_system("keys"):
            self.stdout.write(f"second factors: {reseal_factors()} sealed anew")
            in_use += keys_of_factors()
        if options["rebuild_index"]:
            with acting_as_system("keys"):
                self.stdout.write(f"search index: {rebuild_index()} people found again")
        self._conclude(in_use, faulty)

    def _rotate(self, model: type[WrappedKey], batch: int, faulty: list[str]) -> Counter[str]:
        name = model._meta.label_lower
        before = rotation.keys_in_use(model)
        self.stdout.write(f"{name}: {before.total()} keys")
        progress = rotation.Progress(name)
        for progress in rotation.rotate(model, batch):
            self.stdout.write(f"{name}: {progress.done} wrapped anew")
        faulty += [f"{name} {pk}" for pk in progress.faulty]
        return rotation.keys_in_use(model)

    def _conclude(self, in_use: Counter[str], faulty: list[str]) -> None:
        """Name the old keys that nothing needs; never while anything is left that they, or nobody, can open."""
        newest, *old = [name for name, _key in settings.SEALING_KEYS]
        left = {name: number for name, number in in_use.items() if name != newest}
        for row in faulty[:SHOWN]:
            self.stderr.write(f"Does not open with the key it names: {row}")
        if len(faulty) > SHOWN:
            self.stderr.write(f"… and {len(faulty) - SHOWN} more")
        if left:
            names = ", ".join(f"{name} ({number})" for name, number in sorted(left.items()))
            raise CommandError(f"Not finished. Still in use: {names}. Remove no key, and run the command again.")
        if old:
            self.stdout.write(f"No longer used, may leave SEALING_KEYS: {', '.join(old)}")
            self.stdout.write("Keep them in the safe until the last backup made before now has been destroyed.")
        else:
            self.stdout.write(f"Everything is wrapped by {newest}.")
