"""Who reaches a case: the organisations in it and the people named; the circle closed, opened, widened, narrowed."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import BaseForm, Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cases import actions
from cases import permissions as may
from cases.forms.access import CloseCircleForm, NameForm
from cases.models import BreakGlass, Case, CaseGroupObjectPermission, CaseUserObjectPermission
from cases.permissions import Section
from cases.views.lookup import case_for
from cases.views.registers import record_page
from cases.words import grant_words
from partners.http import PortalRequest, reach
from partners.models import User


class Part(NamedTuple):
    """An organisation that takes part, and since when."""

    name: str
    reason: str
    since: datetime
    by: str
    by_name_only: bool


class Named(NamedTuple):
    """A person who reaches the case, or its identity, by name."""

    id: UUID
    name: str
    organisation: str
    reason: str
    since: datetime
    until: datetime | None
    by: str
    answers: bool
    opens_identity: bool
    may_be_ended: bool


@reach("case")
@require_GET
def access(request: PortalRequest, code: str) -> HttpResponse:
    """Organisations and named people: since when, until when, why, and who let them in."""
    case = case_for(request, code, read=Section.STATUS)
    user, named = request.user, people_of(case, request.user)
    context = {
        "case": case,
        "parts": parts_of(case),
        "named": named,
        "answering": [person for person in _answering(case) if person.pk not in {row.id for row in named}],
        "may_name": actions.is_special(case) and actions.may_name_people(case, user),
        "may_close": actions.may_close_circle(case, user),
        "may_open": actions.may_open_circle(case, user),
        "own_glass": BreakGlass.objects.open().filter(case=case, created_by=user).first(),
    }
    return render(request, "cases/access.html", context)


def parts_of(case: Case) -> list[Part]:
    """The organisations that take part now, by name; the grant that stands longest speaks for the others."""
    grants: Iterable[Any] = (
        CaseGroupObjectPermission.objects.taking_part()
        .filter(content_object=case)
        .select_related("group__organisation", "granted_by")
        .order_by("group__organisation__name", "granted_at")
    )
    found: dict[int, Part] = {}
    for grant in grants:
        by = grant.granted_by.name if grant.granted_by else ""
        found.setdefault(
            grant.group_id,
            Part(grant.group.organisation.name, grant_words(grant.reason), grant.granted_at, by, grant.by_name_only),
        )
    return list(found.values())


def people_of(case: Case, user: User) -> list[Named]:
    """The people named now, by organisation and name; a colleague may be ended by whoever names people."""
    grants: Iterable[Any] = (
        CaseUserObjectPermission.objects.live()
        .filter(content_object=case, user__is_active=True)
        .select_related("user__organisation", "granted_by", "permission")
        .order_by("user__organisation__name", "user__name", "granted_at")
    )
    rows: dict[UUID, list[Any]] = {}
    for grant in grants:
        rows.setdefault(grant.user_id, []).append(grant)
    names = actions.may_name_people(case, user)
    return [
        _named(case, found, names and found[0].user.organisation_id == user.organisation_id) for found in rows.values()
    ]


def _named(case: Case, grants: list[Any], may_be_ended: bool) -> Named:
    first, person = grants[0], grants[0].user
    ends = [grant.valid_until for grant in grants]
    return Named(
        id=person.pk,
        name=person.name,
        organisation=person.organisation.short_name if person.organisation else "",
        reason=grant_words(first.reason),
        since=min(grant.granted_at for grant in grants),
        until=None if None in ends else max(ends),
        by=first.granted_by.name if first.granted_by else _("The portal"),
        answers=person.pk in case.answering_ids,
        opens_identity=case.is_protected
        and (person.pk in case.answering_ids or any(g.permission.codename == may.OPEN_IDENTITY for g in grants)),
        may_be_ended=may_be_ended,
    )


def _answering(case: Case) -> list[User]:
    people = (case.caseworker, case.decider, case.coordinator, case.local_responsible)
    return [person for person in people if person is not None and person.is_active]


@reach("case")
@require_http_methods(["GET", "POST"])
def close_circle(request: PortalRequest, code: str) -> HttpResponse:
    """Close the case to all but named people: what it means, who keeps it, one button."""
    case = case_for(request, code, read=Section.STATUS)
    if case.is_restricted:
        return _moved_on(request, case, "close_circle")
    if not actions.may_close_circle(case, request.user):
        raise PermissionDenied
    colleagues = User.objects.filter(organisation=request.user.organisation, is_active=True).exclude(pk=request.user.pk)
    form = CloseCircleForm(
        request.POST if request.method == "POST" else None,
        colleagues=colleagues.order_by("name"),
        initial={"keep": [person.pk for person in _answering(case)]},
    )

    def act(filled: BaseForm) -> None:
        actions.close_circle(case, by=request.user, keep=list(filled.cleaned_data["keep"]))

    return record_page(
        request,
        case,
        form,
        act,
        title=_("Open the case to named people only"),
        submit_label=_("Close the case to everybody else"),
        back=_page(case),
        success=_("From now on only the named people reach the case. They have been told."),
        template="cases/access_step.html",
        context={"effects": _effects_of_closing(case, request.user)},
    )


def _effects_of_closing(case: Case, user: User) -> list[str]:
    others = [part.name for part in parts_of(case) if user.organisation is None or part.name != user.organisation.name]
    effects = [
        _("Everybody in your organisation who is not chosen loses the case at once, everywhere in the portal."),
        _("For them the case does not exist: no list, no search, no message shows it."),
    ]
    if others:
        effects.append(
            _("At %(who)s the managers and whoever answers for the case keep it. They name their own people.")
            % {"who": ", ".join(others)}
        )
    effects.append(_("A manager of your organisation can open the case to all again."))
    return effects


@reach("case")
@require_http_methods(["GET", "POST"])
def open_circle(request: PortalRequest, code: str) -> HttpResponse:
    """Open the case again to everybody in the organisations that take part."""
    case = case_for(request, code, read=Section.STATUS)
    if not case.is_restricted:
        return _moved_on(request, case, "open_circle")
    if not actions.may_open_circle(case, request.user):
        raise PermissionDenied
    if request.method == "POST":
        actions.open_circle(case, by=request.user)
        messages.success(request, _("The case is open again to the organisations that take part."))
        return redirect(_page(case))
    effects = [_("Everybody at %(who)s can open the case again.") % {"who": part.name} for part in parts_of(case)]
    if case.is_protected:
        effects.append(_("The identity stays protected: it opens for named people only."))
    context = {
        "case": case,
        "form": Form(),
        "title": _("Open the case to the organisations again"),
        "submit_label": _("Open the case again"),
        "cancel_url": _page(case),
        "effects": effects,
    }
    return render(request, "cases/access_step.html", context)


@reach("case")
@require_http_methods(["GET", "POST"])
def name_person(request: PortalRequest, code: str) -> HttpResponse:
    """Let one colleague in by name."""
    case = case_for(request, code, read=Section.STATUS)
    if not actions.may_name_people(case, request.user):
        raise PermissionDenied
    if not actions.is_special(case):
        return _moved_on(request, case, "name_person")
    colleagues = User.objects.filter(organisation=request.user.organisation, is_active=True).exclude(pk=request.user.pk)
    form = NameForm(
        request.POST if request.method == "POST" else None,
        colleagues=colleagues.order_by("name"),
        protected=case.is_protected,
        restricted=case.is_restricted,
    )

    def act(filled: BaseForm) -> None:
        actions.name_person(case, by=request.user, **filled.cleaned_data)

    return record_page(
        request,
        case,
        form,
        act,
        title=_("Let a colleague in by name"),
        submit_label=_("Let in"),
        back=_page(case),
        success=_("Your colleague reaches the case now and has been told."),
        template="cases/access_step.html",
        context={"effects": [_("Everybody in the case sees that somebody was let in.")]},
    )


@reach("case")
@require_http_methods(["GET", "POST"])
def end_person(request: PortalRequest, code: str, user_id: UUID) -> HttpResponse:
    """End a colleague's access by name, from their next request on."""
    case = case_for(request, code, read=Section.STATUS)
    if not actions.may_name_people(case, request.user):
        raise PermissionDenied
    named = {row.id: row for row in people_of(case, request.user) if row.may_be_ended}
    if user_id not in named:
        if request.method == "POST":
            raise actions.StepRefused(case, "end_person")
        raise Http404
    person = User.objects.get(pk=user_id)

    def act(_filled: BaseForm) -> None:
        actions.end_person(case, by=request.user, user=person)

    return record_page(
        request,
        case,
        Form(request.POST if request.method == "POST" else None),
        act,
        title=_("End the access of %(who)s") % {"who": person.name},
        submit_label=_("End the access"),
        back=_page(case) if person != request.user else "/",
        success=_("The access has ended."),
        template="cases/access_step.html",
        context={"effects": _effects_of_ending(case, person), "cancel_url": _page(case)},
    )


def _effects_of_ending(case: Case, person: User) -> list[str]:
    if case.is_restricted:
        return [
            _("%(who)s loses the case with the next press of a button.") % {"who": person.name},
            _("Its messages leave the inbox, and no reminder of it comes any more."),
        ]
    return [_("%(who)s can no longer open the protected identity.") % {"who": person.name}]


def _moved_on(request: PortalRequest, case: Case, verb: str) -> HttpResponse:
    """Nothing is left to do: a press is refused, a look is led to the page that says how it stands."""
    if request.method == "POST":
        raise actions.StepRefused(case, verb)
    return redirect(_page(case))


def _page(case: Case) -> str:
    return f"{case.get_absolute_url()}access/"
