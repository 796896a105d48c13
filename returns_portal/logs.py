"""How errors stand in the log: where they happened and of which class, never in their own words."""

import logging
import traceback
from types import TracebackType


class WithoutWords(logging.Formatter):
    """An exception's message may quote a row ("Key (email)=(…) already exists"); its class and place are enough."""

    def formatException(  # noqa: N802  # the name that logging asks for
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        """The trace of the error and of those it came from, each ending with its class alone."""
        error, seen, parts = ei[1], set[int](), list[str]()
        while error is not None and id(error) not in seen:
            seen.add(id(error))
            lines = "".join(traceback.format_tb(error.__traceback__))
            parts.append(f"{lines}{type(error).__module__}.{type(error).__qualname__}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\nwhile handling:\n".join(parts)
