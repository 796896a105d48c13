"""Every catalogue must be whole: nothing untranslated, nothing doubtful, placeholders as in the source."""

import sys
from pathlib import Path

from babel.messages.pofile import read_po

wrong = 0
for path in sorted(Path("locale").glob("*/LC_MESSAGES/*.po")):
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.parts[1])
    is_source = path.parts[1].startswith("en")
    for message in catalogue:
        texts = message.string if isinstance(message.string, tuple | list) else (message.string,)
        faults = [str(fault) for fault in message.check(catalogue)] if any(texts) else []
        if message.id and message.fuzzy:
            faults.append("doubtful (fuzzy)")
        if message.id and not all(texts) and not is_source:
            faults.append("untranslated")
        for fault in faults:
            wrong += 1
            sys.stderr.write(f"{path}:{message.lineno}: {fault}: {message.id!r}\n")
sys.exit(1 if wrong else 0)
