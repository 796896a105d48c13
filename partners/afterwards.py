"""What is done once the answer has left, so that its time tells nobody what was done: whether a mail was sent."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)


class Afterwards:
    """Middleware: the server closes an answer when its last byte is sent; what waits for that is done then."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        waiting: list[Callable[[], Any]] = []
        request.afterwards = waiting  # type: ignore[attr-defined]  # filled by `afterwards`
        response = self.get_response(request)
        response._resource_closers.extend(partial(_do, act) for act in waiting)  # type: ignore[attr-defined]
        return response


def afterwards(request: HttpRequest | None, act: Callable[[], Any]) -> None:
    """Do `act` when the request has been answered; outside a request, now."""
    waiting = getattr(request, "afterwards", None)
    if waiting is None:
        act()
    else:
        waiting.append(act)


def _do(act: Callable[[], Any]) -> None:
    try:
        act()
    except Exception:  # nobody is left to be told
        logger.exception("What was to follow an answer has failed.")
