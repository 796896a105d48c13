"""The administration of organisations and people; no case is near it."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core import mail

from partners.models import Invitation, Organisation, User

PAGES = (
    "organisation/",
    "organisation/add/",
    "user/",
    "invitation/",
    "user/{sara}/change/",
    "organisation/{malmo}/change/",
)


@pytest.mark.parametrize("page", PAGES)
def test_pages_open_to_administrators_alone(people, enter, page):
    address = "/admin/partners/" + page.format(sara=people.sara.pk, malmo=people.malmo.pk)
    assert enter(people.ada).get(address).status_code == 200
    assert enter(people.maja).get(address).status_code in (302, 403)


def test_an_organisation_is_founded_with_its_group_and_first_manager(people, enter, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        enter(people.ada).post(
            "/admin/partners/organisation/add/",
            {"kind": "police", "name": "Polisen", "short_name": "Polisen", "country": "SE", "is_active": "on"}
            | {"invite_manager": "Petra@work.example"},
        )
    police = Organisation.objects.get(name="Polisen")
    assert police.group.name == f"organisation:{police.pk}"
    assert Invitation.objects.get(organisation=police).role == User.Role.MANAGER
    assert [message.to for message in mail.outbox] == [["petra@work.example"]]


def _change(client, user: User, **changes: str):
    kept = {"name": user.name, "organisation": str(user.organisation_id), "role": user.role, "is_active": "on"}
    fields = {name: value for name, value in (kept | changes).items() if value}
    return client.post(f"/admin/partners/user/{user.pk}/change/", fields)


def test_a_person_moves_to_another_organisation_and_its_group(people, enter):
    assert _change(enter(people.ada), people.sara, organisation=str(people.umea.pk)).status_code == 302
    assert list(User.objects.get(pk=people.sara.pk).groups.all()) == [people.umea.group]


def test_a_closed_account_leaves_its_group(people, enter):
    assert _change(enter(people.ada), people.sara, is_active="").status_code == 302
    sara = User.objects.get(pk=people.sara.pk)
    assert (sara.is_active, list(sara.groups.all())) == (False, [])


@pytest.mark.parametrize("change", [{"is_active": ""}, {"role": "member"}, {"organisation": ""}])
def test_the_last_manager_is_not_taken_away(people, enter, change):
    assert _change(enter(people.ada), people.maja, **change).status_code == 200
    maja = User.objects.get(pk=people.maja.pk)
    assert (maja.is_manager, maja.is_active) == (True, True)


def test_nobody_administers_and_works_in_an_organisation(people, enter):
    assert _change(enter(people.ada), people.sara, is_staff="on").status_code == 200
    assert not User.objects.get(pk=people.sara.pk).is_staff


def test_a_lost_phone_is_helped(people, enter):
    Authenticator.objects.create(user=people.sara, type="totp", data={"secret": "x"})
    session = enter(people.maja)
    chosen = {"action": "remove_factors", "_selected_action": [str(people.sara.pk), str(people.maja.pk)]}
    enter(people.ada).post("/admin/partners/user/", chosen)
    assert not Authenticator.objects.filter(user=people.sara).exists()
    assert session.get("/account/settings/").status_code == 302


def test_groups_addresses_and_factors_are_not_edited_by_hand():
    assert not any(admin.site.is_registered(model) for model in (Group, EmailAddress, Authenticator))
