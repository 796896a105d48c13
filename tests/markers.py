"""Words that stand in sealed fields and nowhere else: wherever one turns up, it says whose and which field it was."""

import re
import subprocess
from typing import Any, NamedTuple

from django.apps import apps
from django.db import models

from cases.models import Case
from cases.permissions import NOTE_READ_WITH
from cases.walls import column_of_case
from returns_portal.crypto import SealedTextField

# Text that is one of a list of codes: a marker there would be no answer that the form knows.
CODES = {"gender"}
# Table → the section of process section 4 that its rows belong to; rows with a section of their own say it themselves.
SECTION = {
    "cases_person": "identity",
    "cases_safecontact": "identity",
    "cases_dependant": "referral",
    "cases_referral": "referral",
    "cases_informationrequest": "decision",
    "cases_decision": "decision",
    "cases_counsellingsession": "application",
    "cases_contactattempt": "application",
    "cases_application": "application",
    "cases_thread": "questions",
    "cases_message": "questions",
    "cases_needsasked": "needs",
    "reintegration_need": "needs",
    "reintegration_supportanswer": "needs",
    "reintegration_receptionconfirmation": "needs",
    "reintegration_plan": "plan",
    "reintegration_planitem": "plan",
    "reintegration_risk": "risks",
    "reintegration_journey": "journey",
    "reintegration_arrival": "arrival",
    "reintegration_immediatesupport": "arrival",
    "reintegration_delivery": "arrival",
    "reintegration_arrivalattempt": "arrival",
    "reintegration_arrivalalarm": "arrival",
    "reintegration_contact": "arrival",
    "reintegration_followupattempt": "arrival",
    "reintegration_lostcontactprotocol": "arrival",
    "reintegration_feedbackreport": "feedback",
    "reintegration_closingreport": "feedback",
}
# A sealed field whose section is another than its row's.
SECTION_OF_FIELD = {("cases_application", "health_declaration"): "health"}

_MARK = re.compile(rb"zq([0-9A-Z]{8})x([0-9]{3})")


class Mark(NamedTuple):
    """Where a marker was put."""

    table: str
    field: str
    section: str


class Marks:
    """The markers of some cases."""

    def __init__(self) -> None:
        self.put: dict[tuple[str, str], Mark] = {}

    def in_every_sealed_field(self, case: Case) -> None:
        """Overwrite every sealed text of the case with a marker of its own."""
        for model in apps.get_models():
            names = [
                f.name for f in model._meta.concrete_fields if isinstance(f, SealedTextField) and f.name not in CODES
            ]
            if not names or not column_of_case(model) or model._meta.db_table == "cases_caseevent":
                continue  # history cannot be changed; its notes say nothing but what the walk wrote
            for row in model._base_manager.filter(case_id=case.pk):
                for name in names:
                    setattr(row, name, self._new(case, row, name))
                row.save(update_fields=names)

    def _new(self, case: Case, row: models.Model, field: str) -> str:
        table = row._meta.db_table
        section = getattr(row, "section", "") or SECTION_OF_FIELD.get((table, field)) or SECTION.get(table, "")
        number = f"{len(self.put):03d}"
        self.put[case.code, number] = Mark(table, field, section)
        return f"zq{case.code}x{number}"

    def found_in(self, content: bytes) -> set[tuple[str, Mark]]:
        """The markers in an answer, as (code of the case, where it was put); papers are read as text."""
        if content.startswith(b"%PDF"):
            content = subprocess.run(["pdftotext", "-", "-"], input=content, capture_output=True, check=True).stdout  # noqa: S607
        found = {(code.decode(), number.decode()) for code, number in _MARK.findall(content)}
        return {(code, self.put[code, number]) for code, number in found}


def note_section(verb: str, section: str) -> str:
    """The section whose readers read the note of an event."""
    return str(NOTE_READ_WITH.get(verb, section))


def body_of(response: Any) -> bytes:
    """All that an answer says, its headers included: a file's name is one."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content if content.startswith(b"%PDF") else content + str(response.headers).encode()
