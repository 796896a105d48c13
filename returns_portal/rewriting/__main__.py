"""`python -m returns_portal.rewriting jpg`: a file comes in, the rewritten file or one word goes out."""

import os
import resource
import sys

from returns_portal.rewriting.refusal import Refused

MEMORY = 1536 * 1024**2
SECONDS = 25
REFUSED = 3


def main() -> int:
    """Rewrite what comes in on standard input; 3 and a word on standard error where it cannot be taken."""
    content = sys.stdin.buffer.read()
    # Whatever a decoder prints goes with the errors, never into the file.
    out = os.dup(1)
    os.dup2(2, 1)
    try:
        from returns_portal.rewriting.kinds import REWRITE  # inside: reading a hostile file begins with the limits set

        rewritten = REWRITE[sys.argv[1]](content)
    except Refused as refusal:
        sys.stderr.write(f"\n{refusal}")
        return REFUSED
    with os.fdopen(out, "wb") as target:
        target.write(rewritten)
    return 0


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(main())
