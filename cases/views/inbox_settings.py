"""How the reader wants to be told: mail, summary, calendar."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from cases import mail_choices
from cases.actions.inbox import end_calendar_link, make_calendar_link, save_mail_settings
from cases.forms.inbox import MailForm
from cases.models import CalendarLink, MailSettings
from partners.http import PortalRequest, reach
from partners.step_up import fresh_factor


@reach("signed-in")
def mail_settings(request: PortalRequest) -> HttpResponse:
    """What comes by mail at once, what in the summary, and what stays in the portal; safety always comes at once."""
    user = request.user
    form = MailForm(request.POST or None) if request.method == "POST" else MailForm(initial=_present(request))
    if form.is_valid():
        save_mail_settings(user, digest=form.cleaned_data["digest"], ways=form.ways)
        messages.success(request, _("Your choices are saved. What waits already comes in the next summary."))
        return redirect("cases:mail-settings")
    link = CalendarLink.objects.filter(user=user).first()
    return render(request, "cases/inbox_settings.html", {"form": form, "link": link})


def _present(request: PortalRequest) -> dict[str, str]:
    own = MailSettings.objects.filter(user=request.user).first()
    return {**mail_choices.choices_of(request.user), "digest": own.digest if own else MailSettings.Digest.DAILY}


@reach("signed-in")
@fresh_factor
def make_calendar(request: PortalRequest) -> HttpResponse:
    """Say what a calendar link is; made by the button, it is shown once, on the answer to the button alone."""
    link = CalendarLink.objects.filter(user=request.user).first()
    if request.method != "POST":
        return render(request, "cases/inbox_calendar.html", {"link": link})
    path = reverse("cases:calendar-feed", args=[make_calendar_link(request.user)])
    return render(request, "cases/inbox_calendar.html", {"address": f"{settings.PORTAL_ADDRESS}{path}"})


@reach("signed-in")
def end_calendar(request: PortalRequest) -> HttpResponse:
    """Ask once, then let the address lead nowhere."""
    if request.method == "POST":
        end_calendar_link(request.user)
        messages.success(request, _("The calendar link no longer works."))
        return redirect("cases:mail-settings")
    return render(request, "cases/inbox_calendar_end.html")
