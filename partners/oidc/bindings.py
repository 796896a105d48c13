"""Which account an authority's identity opens."""

from allauth.account.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from partners import actions
from partners.models import User
from partners.oidc.session import bindings, forget
from partners.oidc.tokens import Proof


class BoundElsewhere(actions.Refusal):
    """The identity opens another account."""

    sentence = _("This identity already opens another account. One identity opens one account.")


class AlreadyBound(actions.Refusal):
    """The account is opened by another identity."""

    sentence = _("Your account already has another identity. End that connection first.")


def bound_to(proof: Proof) -> User | None:
    """The account that this identity opens: by issuer and subject, and by nothing else."""
    found = SocialAccount.objects.select_related("user__organisation").filter(
        provider=settings.OIDC_ISSUER, uid=proof.subject
    )
    binding = found.first()
    return binding.user if binding else None


@transaction.atomic
def bind(user: User, proof: Proof) -> None:
    """Let this identity open this account from now on; whose account it is learns of it by mail."""
    User.objects.select_for_update(of=("self",)).get(pk=user.pk)  # two at once would both find no other
    if bindings(user).exclude(uid=proof.subject).exists():
        raise AlreadyBound
    try:
        with transaction.atomic():
            binding, made = SocialAccount.objects.get_or_create(
                provider=settings.OIDC_ISSUER, uid=proof.subject, defaults={"user": user}
            )
    except IntegrityError as error:
        raise BoundElsewhere from error
    if binding.user_id != user.pk:
        raise BoundElsewhere
    if made:
        _tell(user, "account_connected")


@transaction.atomic
def unbind(request: HttpRequest, user: User) -> None:
    """End what opens this account by single sign-on; whoever else is in goes out."""
    ended, _rows = bindings(user).delete()
    if ended:
        forget(request)
        actions.end_sessions(user, but=request.session.session_key or "")
        _tell(user, "account_disconnected")


def _tell(user: User, what: str) -> None:
    transaction.on_commit(lambda: get_adapter().send_notification_mail(what, user, {"user": user}), robust=True)
