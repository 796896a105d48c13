"""Mail to people about their accounts: plain text, no names of persons or agencies in the subject."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from partners.models import Invitation, Organisation, User


def send_invitation(invitation: Invitation, token: str) -> None:
    """The way in for somebody new; their language is not known yet, so the office's is taken."""
    local = invitation.organisation.kind == Organisation.Kind.IOM_LOCAL
    with translation.override(User.Language.ENGLISH if local else translation.get_language()):
        body = render_to_string(
            "emails/account/invitation.txt",
            {
                "invitation": invitation,
                "address": settings.PORTAL_ADDRESS + reverse("partners:accept", args=[token]),
            },
        )
        subject = _("An invitation to the Returns Portal")
    EmailMessage(subject, body.strip() + "\n", settings.DEFAULT_FROM_EMAIL, [invitation.email]).send()


def send_change(user: User, what: str) -> None:
    """Tell somebody that how they get in was changed, perhaps by another hand; `what` is a word of the template."""
    with translation.override(user.mail_language):
        body = render_to_string("emails/account/changed.txt", {"what": what})
        subject = _("Your account in the Returns Portal")
    EmailMessage(subject, body.strip() + "\n", settings.DEFAULT_FROM_EMAIL, [user.email]).send()
