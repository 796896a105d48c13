"""What becomes of a refused step, and of a page of a case whose contents are gone."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from cases.actions import StepRefused
from cases.actions.archive import CaseDestroyed, certificates_of

_NOT_TYPED = {"csrfmiddlewaretoken"}


class StepRefusedMiddleware:
    """`StepRefused` becomes a 409 page: the sentence, the list of what is missing, and what was typed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 409 where a step was refused; every other exception goes its way."""
        if isinstance(exception, CaseDestroyed):
            # The case page itself is as it should be; what stood on every other page is gone (410).
            is_case_page = bool(request.resolver_match and request.resolver_match.view_name == "cases:case")
            context = {"case": exception.case, "certificates": certificates_of(exception.case, request.user)}
            return render(request, "cases/archive/destroyed.html", context, status=200 if is_case_page else 410)
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
