"""The page that finds a case by who the person is. Words come by POST alone and leave no address."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cases import actions
from cases.forms.search import SearchForm
from partners.http import PortalRequest, reach


@reach("signed-in")
@never_cache
@require_http_methods(["GET", "POST"])
def search(request: PortalRequest) -> HttpResponse:
    """Ask for exact words and a reason; show code and state of what is found, never a name."""
    form = SearchForm(request.POST if request.method == "POST" else None)
    context = {"form": form, "searched": form.is_valid()}
    if form.is_valid():
        context["found"] = actions.search_cases(by=request.user, reason=form.cleaned_data["reason"], sought=form.sought)
    return render(request, "cases/search.html", context)
