"""Unusual access: who is told of it, and how it is judged. The alerts themselves are rung by `returns_portal.looks`."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from cases.emails import in_words, managers_of, tell
from cases.models import Notification
from partners.models import User
from returns_portal import mail, outbox
from returns_portal.actor import acting_as_system
from returns_portal.models import AccessAlert, OutboxItem


class AlreadyJudged(Exception):
    """Somebody else was first."""


def alerts_for(user: User) -> QuerySet[AccessAlert]:
    """The alerts this person looks after: a manager those of their colleagues, an administrator all.

    To be read as `oversight`: nobody sees alerts by the cases they are about.
    """
    found = AccessAlert.objects.order_by("-at", "id")
    if user.is_staff:
        return found
    if not user.is_manager:
        return found.none()
    return found.filter(user_id__in=User.objects.filter(organisation=user.organisation_id).values("pk"))


def judge_alert(pk: UUID, *, by: User, judgement: str) -> None:
    """Say what came of an alert; nobody judges their own."""
    with acting_as_system("oversight"):
        alert = alerts_for(by).select_for_update().filter(pk=pk).first()
        if alert is None or alert.user_id == by.pk:
            raise PermissionDenied
        if alert.reviewed_at is not None:
            raise AlreadyJudged
        alert.judgement = AccessAlert.Judgement(judgement)
        alert.reviewed_at, alert.reviewed_by_id = timezone.now(), by.pk
        alert.save(update_fields=["judgement", "reviewed_at", "reviewed_by_id"])


@outbox.handles("access-alert")
def tell_of_alert(item: OutboxItem) -> None:
    """Tell the other managers of the person's organisation; where there are none, the administrators."""
    assert item.row_id is not None
    alert = AccessAlert.objects.get(pk=item.row_id)
    person = User.objects.select_related("organisation").get(pk=alert.user_id)
    managers = [user for user in managers_of(person.organisation) if user != person]
    if not managers:
        ring(f"access-alert:{alert.pk}", reverse("cases:alerts"))
    tell(
        Notification(
            recipient=user,
            case=None,
            what="access_alert",
            page=reverse("cases:alerts"),
            key=f"access-alert:{alert.pk}:{user.pk}",
        )
        for user in managers
    )


@outbox.handles("ring-administrators")
def ring_administrators(item: OutboxItem) -> None:
    """Tell every administrator that the portal needs them, and nothing more."""
    ring(item.key, "/admin/")


def ring(occasion: str, page: str) -> None:
    """One mail to each administrator for one occasion."""
    for administrator in User.objects.filter(is_staff=True, is_active=True):
        outbox.put(
            "mail-to-administrator",
            key=f"{occasion}:{administrator.pk}",
            recipient_id=administrator.pk,
            data={"page": page},
        )


@outbox.handles("mail-to-administrator")
def send_to_administrator(item: OutboxItem) -> None:
    """Send one such mail."""
    assert item.recipient_id is not None
    administrator = User.objects.filter(pk=item.recipient_id, is_staff=True, is_active=True).first()
    if administrator is None:
        return
    subject, body = in_words("notification", administrator.mail_language, item.data["page"])
    mail.send(administrator.email, subject, body, message_id=mail.message_id(item))
