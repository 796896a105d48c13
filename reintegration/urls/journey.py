"""Steps 9 and 10: the journey, the departure, the arrival, deliveries."""

from django.urls import path

from reintegration.views import arrival, departure, hand_over, journey, watch

CASE = "cases/<code:code>"

urlpatterns = [
    path(f"{CASE}/journey/", journey.overview, name="journey"),
    path(f"{CASE}/journey/document/", journey.travel_document, name="travel-document"),
    path(f"{CASE}/journey/legs/add/", journey.add_leg, name="add-leg"),
    path(f"{CASE}/journey/legs/<uuid:row>/", journey.change_leg, name="change-leg"),
    path(f"{CASE}/journey/legs/<uuid:row>/remove/", journey.remove_leg, name="remove-leg"),
    path(f"{CASE}/journey/ticket/", journey.ticket, name="ticket"),
    path(f"{CASE}/journey/details/", journey.details, name="details"),
    path(f"{CASE}/journey/meeting/", journey.meeting, name="meeting"),
    path(f"{CASE}/journey/wish/", journey.wish, name="wish"),
    path(f"{CASE}/journey/pocket-money/", journey.pocket_money, name="pocket-money"),
    path(f"{CASE}/journey/ready/<int:hours>/", journey.ready, name="ready"),
    path(f"{CASE}/journey/booking-notice/", hand_over.booking_notice, name="booking-notice"),
    path(f"{CASE}/journey/answer/", hand_over.answer_booking, name="answer-booking"),
    path(f"{CASE}/hand-over/", hand_over.hand_over, name="hand-over"),
    path(f"{CASE}/hand-over/open/", hand_over.open_pack, name="open-pack"),
    path(f"{CASE}/confirm-departure/", departure.confirm_departure, name="confirm-departure"),
    path(f"{CASE}/report-no-show/", departure.report_no_show, name="report-no-show"),
    path(f"{CASE}/arrival/", arrival.arrival, name="arrival"),
    path(f"{CASE}/arrival/after/", arrival.after_arrival, name="after-arrival"),
    path(f"{CASE}/arrival/support/add/", arrival.add_support, name="add-support"),
    path(f"{CASE}/confirm-arrival/", arrival.confirm_arrival, name="confirm-arrival"),
    path(f"{CASE}/not-met/", watch.not_met, name="not-met"),
    path(f"{CASE}/not-met/done/", watch.tick, name="tick-not-met"),
    path(f"{CASE}/not-met/attempt/", watch.attempt, name="arrival-attempt"),
    path(f"{CASE}/not-met/alarm/<uuid:row>/", watch.answer_alarm, name="answer-alarm"),
    path(f"{CASE}/deliveries/add/", arrival.add_delivery, name="add-delivery"),
    path(f"{CASE}/deliveries/<uuid:row>/edit/", arrival.change_delivery, name="change-delivery"),
]
