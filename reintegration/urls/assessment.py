"""Steps 6 to 8, clearing for travel, and the way back."""

from django.urls import path

from reintegration.views import assessment, needs, plan, risks

CASE = "cases/<code:code>"

urlpatterns = [
    path(f"{CASE}/needs/", needs.needs, name="needs"),
    path(f"{CASE}/needs/add/", needs.add_need, name="add-need"),
    path(f"{CASE}/needs/ask/", needs.ask_local_office, name="ask-local-office"),
    path(f"{CASE}/needs/answers/", needs.answers, name="answers"),
    path(f"{CASE}/needs/reception/", needs.confirm_reception, name="confirm-reception"),
    path(f"{CASE}/needs/<uuid:row>/", needs.change_need, name="change-need"),
    path(f"{CASE}/needs/<uuid:row>/delete/", needs.delete_need, name="delete-need"),
    path(f"{CASE}/needs/<uuid:row>/answer/", needs.answer_need, name="answer-need"),
    path(f"{CASE}/needs/<uuid:row>/gap/", needs.accept_gap, name="accept-gap"),
    path(f"{CASE}/needs/<uuid:row>/gap/take-back/", needs.take_back_gap, name="take-back-gap"),
    path(f"{CASE}/plan/", plan.plan, name="plan"),
    path(f"{CASE}/plan/write/", plan.write_plan, name="write-plan"),
    path(f"{CASE}/plan/add/", plan.add_item, name="add-item"),
    path(f"{CASE}/plan/sign/", plan.sign_plan, name="sign-plan"),
    path(f"{CASE}/plan/send/", plan.send_plan, name="send-plan"),
    path(f"{CASE}/plan/answer/", plan.answer_plan, name="answer-plan"),
    path(f"{CASE}/plan/<uuid:row>/", plan.change_item, name="change-item"),
    path(f"{CASE}/plan/<uuid:row>/delete/", plan.delete_item, name="delete-item"),
    path(f"{CASE}/risks/", risks.risks, name="risks"),
    path(f"{CASE}/risks/add/", risks.add_risk, name="add-risk"),
    path(f"{CASE}/risks/<uuid:row>/", risks.change_risk, name="change-risk"),
    path(f"{CASE}/risks/<uuid:row>/review/", risks.review_risk, name="review-risk"),
    path(f"{CASE}/risks/<uuid:row>/delete/", risks.delete_risk, name="delete-risk"),
    path(f"{CASE}/clear-for-travel/", assessment.clear_for_travel, name="clear-for-travel"),
    path(f"{CASE}/back-to-assessment/", assessment.back_to_assessment, name="back-to-assessment"),
]
