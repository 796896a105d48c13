"""Steps 11 and 12, and the end of a case."""

from django.urls import path

from reintegration.views import closing, feedback, follow_up

CASE = "cases/<code:code>"

urlpatterns = [
    path(f"{CASE}/follow-up/", follow_up.follow_up, name="follow-up"),
    path(f"{CASE}/follow-up/add/", follow_up.add_contact, name="add-contact"),
    path(f"{CASE}/follow-up/stop/", follow_up.stop, name="stop-contacts"),
    path(f"{CASE}/follow-up/<uuid:row>/", follow_up.contact, name="contact"),
    path(f"{CASE}/follow-up/<uuid:row>/attempt/", follow_up.attempt, name="record-attempt"),
    path(f"{CASE}/lost-contact/", follow_up.lost_contact, name="lost-contact"),
    path(f"{CASE}/feedback/", feedback.feedback, name="feedback"),
    path(f"{CASE}/feedback/add/", feedback.add_report, name="add-report"),
    path(f"{CASE}/feedback/her-words/", feedback.her_words, name="her-words"),
    path(f"{CASE}/feedback/satisfaction/", feedback.satisfaction, name="satisfaction"),
    path(f"{CASE}/feedback/<uuid:row>/", feedback.report, name="report"),
    path(f"{CASE}/feedback/<uuid:row>/edit/", feedback.edit_report, name="edit-report"),
    path(f"{CASE}/feedback/<uuid:row>/release/", feedback.release_report, name="release-report"),
    path(f"{CASE}/feedback/<uuid:row>/retract/", feedback.retract, name="retract-report"),
    path(f"{CASE}/feedback/<uuid:row>/let-go/", feedback.let_go, name="let-words-go"),
    path(f"{CASE}/close/", closing.close, name="close"),
    path(f"{CASE}/end-early/", closing.end_early, name="end-early"),
]
