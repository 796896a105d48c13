"""How errors stand in the log: where they happened and of which class, never in their own words or with an address."""

import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.http import HttpRequest
from django.urls import Resolver404, resolve


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


class WithoutPaths(logging.Filter):
    """Django quotes the address of what it refuses, and ours hold codes of cases and the words of live links."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Put the name of the route in place of the address."""
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest):
            said, route = record.getMessage(), route_of(request)
            for address in (request.get_full_path(), request.path, request.path_info):
                said = said.replace(address, route) if len(address) > 1 else said
            record.msg, record.args = said, ()
        return True


def route_of(request: HttpRequest) -> str:
    """The name of the route that a request took."""
    try:
        return resolve(request.path_info).view_name or "unnamed path"
    except Resolver404:
        return "unknown path"


class ClassesOnly(logging.Filter):
    """Whoever logs an error itself, Celery above all, quotes its message with it; only the class is let through."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Put the class of each error in place of its words."""
        if isinstance(record.args, tuple):
            record.args = tuple(
                type(said).__name__ if isinstance(said, BaseException) else said for said in record.args
            )
        elif isinstance(record.args, dict) and record.name.startswith("celery"):
            record.args = _of_a_task(record, record.args)
        return True


def _of_a_task(record: logging.LogRecord, said: Any) -> dict[str, Any]:
    """What Celery tells of a task: which one, and the class of what it raised; nothing it was given or gave back."""
    quoted = str(said.get("exc", "")).partition("(")[0]
    error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else quoted
    hidden = {name: "" for name in ("traceback", "args", "kwargs", "return_value") if name in said}
    return {**said, **hidden, **({"exc": error} if "exc" in said else {})}


@contextmanager
def told_by_class(logger: logging.Logger, what: str, otherwise: Callable[[], Any] | None = None) -> Iterator[None]:
    """What goes wrong inside is not the end of what follows; only its class is told, for its words may name people.

    `otherwise` is done where something went wrong. A task that has run out of time ends.
    """
    try:
        yield
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:
        logger.error("%s failed: %s", what, type(error).__name__)
        if otherwise is not None:
            otherwise()
