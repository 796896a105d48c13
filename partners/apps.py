"""Partners: who takes part, and how they sign in."""

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.utils.translation import gettext_lazy as _


class PartnersConfig(AppConfig):
    """Organisations and their people."""

    name = "partners"
    verbose_name = _("Organisations and people")

    def ready(self) -> None:
        """Listen to allauth, which tells of factors by signals alone."""
        from allauth.account import signals as account  # needs the app registry
        from allauth.mfa import signals  # needs the app registry
        from django.contrib.auth.signals import user_logged_in  # needs the app registry

        from partners import checks, sign_in, walls  # noqa: F401  # need the app registry; the walls lay themselves
        from partners.oidc import session  # needs the app registry

        for check in (checks.second_factor_is_required, checks.limits_are_shared, checks.codes_are_strict):
            register(check, Tags.security)
        register(checks.proxies_are_counted, Tags.security, deploy=True)
        signals.authenticator_added.connect(sign_in.count_enrolment, dispatch_uid="count_enrolment")
        user_logged_in.connect(session.remember, dispatch_uid="remember_single_sign_on")
        account.authentication_step_completed.connect(sign_in.renew_session_key, dispatch_uid="renew_session_key")
        signals.authenticator_removed.connect(sign_in.end_other_sessions, dispatch_uid="end_other_sessions")
        signals.authenticator_reset.connect(sign_in.end_other_sessions, dispatch_uid="end_other_sessions")
        for new_password in (account.password_changed, account.password_reset, account.password_set):
            new_password.connect(sign_in.close_doors, dispatch_uid="close_doors")
