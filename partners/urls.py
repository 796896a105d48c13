"""The pages about organisations and their people."""

from django.urls import path

from partners import views

app_name = "partners"
urlpatterns = [
    path("organisation/", views.organisation, name="organisation"),
    path("organisation/invite/", views.invite, name="invite"),
    path("organisation/invitations/<uuid:pk>/withdraw/", views.withdraw_invitation, name="withdraw-invitation"),
    path("organisation/colleagues/<uuid:pk>/", views.colleague, name="colleague"),
    path("organisation/colleagues/<uuid:pk>/end/", views.end_colleague, name="end-colleague"),
    path("account/invitation/<str:token>/", views.accept_invitation, name="accept"),
    path("account/language/", views.language, name="language"),
    path("account/settings/", views.own_settings, name="settings"),
    # Takes the place of allauth's list, which ends all others or none.
    path("account/sessions/", views.own_sessions, name="sessions"),
    path("account/sessions/<int:pk>/end/", views.end_session, name="end-session"),
    # allauth has pages for these; here accounts and addresses come from invitations alone.
    path("account/signup/", views.not_here, name="no-signup"),
    path("account/email/", views.not_here, name="no-change-of-address"),
]
