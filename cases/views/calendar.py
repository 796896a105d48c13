"""The calendar feed: fetched by calendars, without a session; the secret in the address is all that opens it."""

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from cases import feed as feeds
from cases.actions.inbox import calendar_owner, note_fetched
from partners.http import reach
from partners.models import User
from returns_portal import looks, sessions
from returns_portal.actor import acting_as
from returns_portal.models import Look

AN_HOUR = 3600
# Calendars fetch every few hours. Whoever guesses is stopped by the secret's length; this spares the database.
FETCHES, GUESSES = 60, 30


@sessions.background
@reach("public")
@require_safe
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """The dates of the secret's owner, with the owner's own rights; for every other secret there is nothing here."""
    user = calendar_owner(secret)
    if _too_often(f"link:{user.pk}" if user else f"from:{get_adapter().get_client_ip(request)}", user):
        return HttpResponse(status=429, headers={"Retry-After": str(AN_HOUR)})
    if user is None:
        raise Http404
    with acting_as(user), translation.override(user.mail_language):
        dates = feeds.dates_of(user)
        shown = dict.fromkeys(dated.case_id for dated in dates)
        looks.record(user, None, "", Look.Action.LIST, "cases:calendar-feed", shown=shown)
        note_fetched(user)
        content = feeds.calendar_of(user, dates)
    return HttpResponse(content, content_type="text/calendar; charset=utf-8")


def _too_often(who: str, owner: User | None) -> bool:
    """Whether this link was fetched, or from this address was guessed, too often within the hour."""
    key = f"calendar-feed:{who}:{timezone.now():%d%H}"
    times = int(cache.get(key, 0))
    if times >= (FETCHES if owner else GUESSES):
        return True
    cache.set(key, times + 1, AN_HOUR)
    return False
