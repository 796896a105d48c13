"""Own organisation: who is in it, who is let in, who leaves."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from partners import actions, departures
from partners.models import Invitation, Organisation, User
from tests.partners.conftest import PASSWORD

NEW = {"name": "Nils Ny", "language": "sv", "password": "green horse paper lamp", "rules": "on"}


@pytest.fixture
def link(people, django_capture_on_commit_callbacks):
    """The address in the mail that invites nils@work.example to Malmö."""
    with django_capture_on_commit_callbacks(execute=True):
        actions.invite("Nils@work.example", people.malmo, "member", by=people.maja)
    return re.search(r"/account/invitation/\S+", str(mail.outbox[-1].body)).group()


@pytest.mark.asvs("6.4.1")
def test_a_manager_invites_and_the_invited_person_gets_in_once(people, enter, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        enter(people.maja).post("/organisation/invite/", {"email": "Nils@work.example", "role": "manager"})
    assert mail.outbox[0].to == ["nils@work.example"]
    link = re.search(r"/account/invitation/\S+", str(mail.outbox[0].body)).group()
    assert "Soc Malmö" in Client().get(link).content.decode()
    assert Client().post(link, NEW).headers["Location"] == "/account/login/"
    nils = User.objects.get(email="nils@work.example")
    assert (nils.organisation, nils.role, nils.language) == (people.malmo, "manager", "sv")
    assert list(nils.groups.all()) == [people.malmo.group]
    assert enter(nils, NEW["password"]).get("/organisation/").status_code == 200
    assert Client().get(link).status_code == 410
    assert Client().post(link, NEW).status_code == 410


def test_only_the_hash_of_an_invitation_is_kept(people, link):
    token = link.rstrip("/").rsplit("/", 1)[-1]
    assert token not in str(Invitation.objects.values())
    assert Invitation.objects.get().token_hash == Invitation.hash_of(token)


@pytest.mark.asvs("6.4.1")
def test_an_invitation_lives_three_days(people, link):
    assert Invitation.objects.get().expires_at - timezone.now() > timedelta(hours=71, minutes=59)
    Invitation.objects.update(expires_at=timezone.now())
    assert Client().get(link).status_code == 410
    assert Client().post(link, NEW).status_code == 410
    assert not User.objects.filter(email="nils@work.example").exists()


def test_a_withdrawn_or_repeated_invitation_no_longer_opens(people, link, enter):
    actions.invite("nils@work.example", people.malmo, "member", by=people.maja)
    assert Client().get(link).status_code == 410
    second = Invitation.objects.live().get()
    enter(people.maja).post(f"/organisation/invitations/{second.pk}/withdraw/")
    assert not Invitation.objects.live().exists()


@pytest.mark.parametrize("wrong", [{"password": "short"}, {"password": "password1234"}, {"rules": ""}, {"name": ""}])
def test_the_account_page_asks_again_and_uses_nothing_up(people, link, wrong):
    assert Client().post(link, NEW | wrong).status_code == 200
    assert Invitation.objects.get().is_open


def test_an_address_with_an_account_is_not_invited_again(people, enter):
    response = enter(people.maja).post("/organisation/invite/", {"email": "MONA@work.example", "role": "member"})
    assert response.context["form"].errors.get("email")
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("page", ["invite/", "colleagues/{sara}/", "colleagues/{sara}/end/"])
def test_members_and_administrators_are_refused_the_managers_pages(people, enter, page):
    address = "/organisation/" + page.format(sara=people.sara.pk)
    for person in (people.sara, people.ada):
        client = enter(person)
        assert (client.get(address).status_code, client.post(address).status_code) == (403, 403)


def test_a_foreign_manager_finds_nobody_and_may_nothing(people, enter):
    client = enter(people.mona)
    for page in ("", "end/"):
        assert client.post(f"/organisation/colleagues/{people.sara.pk}/{page}").status_code == 404
    invitation = actions.invite("nils@work.example", people.malmo, "member", by=people.maja)
    assert client.post(f"/organisation/invitations/{invitation.pk}/withdraw/").status_code == 404
    for forbidden in (
        lambda: actions.invite("x@work.example", people.malmo, "member", by=people.mona),
        lambda: actions.end_colleague(people.sara, by=people.mona),
        lambda: actions.change_role(people.sara, "manager", by=people.sara),
        lambda: actions.withdraw_invitation(invitation, by=people.sara),
    ):
        with pytest.raises(PermissionDenied):
            forbidden()


def test_administrators_have_no_organisation_page_and_start_in_the_administration(people, enter):
    client = enter(people.ada)
    assert client.get("/organisation/").status_code == 403
    assert client.get("/").headers["Location"] == "/admin/"
    assert client.get("/account/settings/").status_code == 200


def test_the_last_manager_stays(people, enter):
    client = enter(people.maja)
    response = client.post(f"/organisation/colleagues/{people.maja.pk}/end/")
    assert response.status_code == 409
    assert str(actions.LastManager.sentence) in response.content.decode() or response.context["refusal"]
    assert client.post(f"/organisation/colleagues/{people.maja.pk}/", {"role": "member"}).context["form"].errors
    assert User.objects.get(pk=people.maja.pk).is_manager
    actions.change_role(people.sara, "manager", by=people.maja)
    client.post(f"/organisation/colleagues/{people.maja.pk}/", {"role": "member"})
    assert not User.objects.get(pk=people.maja.pk).is_manager


def test_ending_closes_the_account_and_tells_later_chapters(people, enter, monkeypatch):
    told: list[User] = []
    monkeypatch.setattr(departures, "_told", [told.append])
    response = enter(people.maja).post(f"/organisation/colleagues/{people.sara.pk}/end/")
    assert response.headers["Location"] == "/organisation/"
    sara = User.objects.get(pk=people.sara.pk)
    assert (told, sara.is_active, list(sara.groups.all()), sara.group_ids()) == ([sara], False, [], [])


def test_members_see_their_colleagues_and_no_way_to_change_them(people, enter):
    page = enter(people.sara).get("/organisation/").content.decode()
    assert "Maja" in page
    assert "Mona" not in page
    assert "/organisation/invite/" not in page
    assert "/organisation/colleagues/" not in page


def test_the_page_costs_the_same_with_one_person_and_with_fifty(people, enter):
    client = enter(people.mona)

    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get("/organisation/").status_code == 200
        return len(captured)

    client.get("/organisation/")
    alone = statements()
    for number in range(49):
        actions.make_colleague(email=f"p{number}@work.example", name="P", password="!", organisation=people.umea)
    assert statements() == alone <= 10


def test_an_address_is_one_account_and_helsinki_is_one(people):
    actions.found_organisation(name="IOM Helsinki", kind=Organisation.Kind.IOM_HELSINKI, country="FI")
    assert Organisation.objects.iom_helsinki().name == "IOM Helsinki"
    with pytest.raises(IntegrityError), transaction.atomic():
        actions.found_organisation(name="Another", kind=Organisation.Kind.IOM_HELSINKI, country="FI")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(email="SARA@work.example", name="Twin", password=PASSWORD)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=people.sara.pk).update(is_staff=True)


def test_the_demo_has_its_people_and_loading_twice_adds_none(db):
    actions.load_demo_organisations()
    organisations = actions.load_demo_organisations()
    assert (User.objects.count(), Organisation.objects.count(), len(organisations)) == (13, 9, 9)
    assert User.objects.get(email="ilir@demo.example").check_password("demo")
    assert [office.country for office in Organisation.objects.local_offices()] == ["RO", "AL"]
