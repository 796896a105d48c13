"""Who holds the ball while needs, plan and risks are assessed."""

from django.utils.translation import gettext_lazy as _

from cases import ball, clocks
from cases.ball import Ball, Task
from cases.models import Case
from cases.permissions import Section
from cases.states import State
from partners.models import Organisation
from reintegration.assessment import assessment_of, forget
from reintegration.balls.journey import at_the_consulate, journey_in_brief

ball.tasks(
    {
        "assess": Task(
            _("finish needs, plan and risks"), _("the journey cannot be booked"), "cases:case", Section.STATUS
        ),
        "answer_needs": Task(
            _("answer about support at home"),
            _("IOM Helsinki calls and the journey waits"),
            "reintegration:answers",
            Section.NEEDS,
        ),
    }
)


@ball.holder(State.ASSESSMENT)
def assessing(case: Case) -> Ball:
    """IOM Helsinki; the local office while its answers are asked and missing."""
    forget(case)  # what was read before the act that passes the ball on
    found = assessment_of(case)
    if found.waits_for_office:
        asked_at = found.asked_office_at or case.state_since
        return Ball(case.local_office, "answer_needs", clocks.due("local_office_answers", case, asked_at))
    due = clocks.due("assessment", case, case.state_since)
    return Ball(Organisation.objects.iom_helsinki(), "assess", due, at_the_consulate(journey_in_brief(case)))
