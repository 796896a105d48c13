"""Partners: who takes part, and how they sign in."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PartnersConfig(AppConfig):
    """Organisations and their people."""

    name = "partners"
    verbose_name = _("Organisations and people")

    def ready(self) -> None:
        """Listen to allauth, which tells of factors by signals alone."""
        from allauth.account.signals import authentication_step_completed  # needs the app registry
        from allauth.mfa import signals  # needs the app registry

        from partners import sign_in  # needs the app registry

        signals.authenticator_added.connect(sign_in.count_enrolment, dispatch_uid="count_enrolment")
        authentication_step_completed.connect(sign_in.renew_session_key, dispatch_uid="renew_session_key")
        signals.authenticator_removed.connect(sign_in.end_other_sessions, dispatch_uid="end_other_sessions")
        signals.authenticator_reset.connect(sign_in.end_other_sessions, dispatch_uid="end_other_sessions")
