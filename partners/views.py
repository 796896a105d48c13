"""Pages about one's own organisation, one's own account, and the way in."""

from uuid import UUID

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from partners import actions, departures, workload
from partners.devices import device_of
from partners.forms import AcceptForm, InviteForm, LanguageForm, RoleForm, SettingsForm
from partners.http import PortalRequest, reach
from partners.middleware import LANGUAGE_COOKIE
from partners.models import Invitation, User
from partners.step_up import fresh_factor

A_YEAR = 365 * 86400


@reach("signed-in")
def organisation(request: PortalRequest) -> HttpResponse:
    """Own organisation: its people, and for managers the ways to change who they are."""
    own = request.user.organisation
    assert own is not None  # noqa: S101  # `reach` lets in only those who have one
    people = list(own.users.order_by("name"))
    figures = workload.of_people(own, request.user) if request.user.is_manager else {}
    return render(
        request,
        "partners/organisation.html",
        {
            "organisation": own,
            "people": [(person, figures.get(person.pk, [])) for person in people if person.is_active],
            "ended": [person for person in people if not person.is_active] if request.user.is_manager else [],
            "invitations": list(own.invitations.live()) if request.user.is_manager else [],
        },
    )


@reach("managers")
@fresh_factor
def invite(request: PortalRequest) -> HttpResponse:
    """Let a new colleague in."""
    own = request.user.organisation
    assert own is not None  # noqa: S101  # a manager has an organisation
    form = InviteForm(request.POST or None)
    if form.is_valid():
        try:
            actions.invite(organisation=own, by=request.user, **form.cleaned_data)
        except actions.Refusal as refusal:
            form.add_error("email", str(refusal))
        else:
            messages.success(request, _("The invitation is sent. It is valid for three days."))
            return redirect("partners:organisation")
    return render(request, "partners/invite.html", {"form": form, "organisation": own})


@require_POST
@reach("managers")
def withdraw_invitation(request: PortalRequest, pk: UUID) -> HttpResponse:
    """End an invitation before it is used."""
    invitation = get_object_or_404(Invitation, pk=pk, organisation=request.user.organisation)
    actions.withdraw_invitation(invitation, by=request.user)
    messages.success(request, _("The invitation is withdrawn. Its link no longer works."))
    return redirect("partners:organisation")


@reach("managers")
@fresh_factor
def colleague(request: PortalRequest, pk: UUID) -> HttpResponse:
    """One colleague: change the role, or go on to ending the account."""
    person = _colleague_of(request, pk)
    form = RoleForm(request.POST or None, initial={"role": person.role})
    if form.is_valid():
        try:
            actions.change_role(person, form.cleaned_data["role"], by=request.user)
        except actions.Refusal as refusal:
            form.add_error("role", str(refusal))
        else:
            messages.success(request, _("The role is changed."))
            return redirect("partners:organisation")
    return render(request, "partners/colleague.html", {"form": form, "person": person})


@reach("managers")
@fresh_factor
def end_colleague(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Ask once, then close the account."""
    person = _colleague_of(request, pk)
    refusal = ""
    if request.method == "POST":
        try:
            actions.end_colleague(person, by=request.user)
        except actions.Refusal as error:
            refusal = str(error)
        else:
            messages.success(request, _("The account is closed. Open work is back in the queue."))
            return redirect("partners:organisation")
    context = {"person": person, "refusal": refusal, "remains": departures.remains(person)}
    return render(request, "partners/end_colleague.html", context, status=409 if refusal else 200)


@reach("public")
def accept_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """The way in for somebody invited."""
    try:
        invitation = actions.open_invitation(token)
        form = AcceptForm(request.POST or None, email=invitation.email, initial={"language": get_language()})
        if form.is_valid():
            chosen = form.cleaned_data
            user = actions.accept_invitation(token, chosen["name"], chosen["password"], chosen["language"])
            with override(user.language):
                messages.success(request, _("Your account is ready. Sign in to start."))
            return _in_language(redirect("account_login"), user.language)
    except actions.Refusal as refusal:
        return render(request, "partners/invitation_closed.html", {"refusal": refusal}, status=410)
    return render(request, "partners/accept.html", {"form": form, "invitation": invitation})


@require_POST
@reach("public")
def language(request: HttpRequest) -> HttpResponse:
    """The choice in the footer: kept with the account where there is one, and in this browser."""
    form = LanguageForm(request.POST)
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = "/"
    response = redirect(target)
    if form.is_valid():
        if isinstance(request.user, User):
            actions.set_language(request.user, form.cleaned_data["language"])
        return _in_language(response, form.cleaned_data["language"])
    return response


@reach("account")
def own_settings(request: PortalRequest) -> HttpResponse:
    """Language, appearance, phone; and the doors to password, second factor and sessions."""
    user = request.user
    form = SettingsForm(
        request.POST or None, initial={"language": user.language, "theme": user.theme, "phone": user.phone}
    )
    if form.is_valid():
        actions.save_settings(user, **form.cleaned_data)
        with override(user.language or get_language()):
            messages.success(request, _("Your settings are saved."))
        response = redirect("partners:settings")
        response.delete_cookie(LANGUAGE_COOKIE)
        return response
    return render(request, "partners/settings.html", {"form": form})


@reach("account")
def own_sessions(request: PortalRequest) -> HttpResponse:
    """Where one is signed in, and the end of all of it but here."""
    here = request.session.session_key or ""
    if request.method == "POST":
        actions.end_sessions(request.user, but=here)
        messages.success(request, _("You are signed out everywhere else."))
        return redirect("partners:sessions")
    live = actions.sessions_of(request.user, here)
    rows = [(session, device_of(session.user_agent), session.session_key == here) for session in live]
    return render(request, "usersessions/usersession_list.html", {"rows": rows})


@require_POST
@reach("account")
def end_session(request: PortalRequest, pk: int) -> HttpResponse:
    """Sign out in one other place."""
    others = UserSession.objects.filter(user=request.user).exclude(session_key=request.session.session_key)
    get_object_or_404(others, pk=pk).end()
    messages.success(request, _("You are signed out there."))
    return redirect("partners:sessions")


@reach("public")
def not_here(request: HttpRequest) -> HttpResponse:
    """A page that the sign-in library has and the portal does not."""
    raise Http404


def _colleague_of(request: PortalRequest, pk: UUID) -> User:
    return get_object_or_404(User, pk=pk, organisation=request.user.organisation, is_active=True)


def _in_language(response: HttpResponse, code: str) -> HttpResponse:
    response.set_cookie(
        LANGUAGE_COOKIE, code, max_age=A_YEAR, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )
    return response
