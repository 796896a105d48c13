"""What becomes of a refused step."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from cases.actions import StepRefused

_NOT_TYPED = {"csrfmiddlewaretoken"}


class StepRefusedMiddleware:
    """`StepRefused` becomes a 409 page: the sentence, the list of what is missing, and what was typed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 409 where a step was refused; every other exception goes its way."""
        if not isinstance(exception, StepRefused):
            return None
        typed = [
            (name.replace("_", " "), "\n".join(values))
            for name, values in request.POST.lists()
            if name not in _NOT_TYPED and any(values)
        ]
        context = {
            "case": exception.case,
            "moved_on": exception.moved_on,
            "blockers": exception.blockers,
            "typed": typed,
        }
        return render(request, "409.html", context, status=409)
