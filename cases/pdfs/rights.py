"""The extract for the person: everything that the portal holds on them, as PDF, as JSON, and the files themselves.

Of the people who work with the case it names the organisation and not the person: who asks may be watched, and who
worked may be hunted.
"""

import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cases.codes import country_name, language_name
from cases.models import (
    Case,
    CaseEvent,
    CaseGroupObjectPermission,
    CaseRecord,
    CaseUserObjectPermission,
    Document,
    Extract,
)
from cases.pdfs.senders import name_of, sender_of
from cases.pdfs.words import day
from cases.permissions import Section
from cases.processing import TABLE, DataClass, section_of
from cases.words import event_words
from partners.models import User
from returns_portal import clock, pdf, uploads
from returns_portal.models import Look
from returns_portal.ui import moment_in_words

# What says nothing of the person.
NOT_TOLD = {DataClass.TECHNICAL, DataClass.STAFF}
# Listed in a way of their own, or about the extract itself.
TOLD_ELSEWHERE = {"Document", "CaseEvent", "Extract"}


def build(extract: Extract) -> bytes:
    """The one file: a zip of the PDF, the JSON and the files of the case that may be given out."""
    with translation.override(extract.language):
        told = collect(extract.case, dict(extract.left_out))
        paper = pdf.render("pdf/subject_extract.html", _context(extract, told), language=extract.language)
        files = list(_files(extract.case, dict(extract.left_out)))
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("extract.pdf", paper)
        bundle.writestr("extract.json", json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1))
        for name, content in files:
            bundle.writestr(f"files/{name}", content)
    return kept.getvalue()


def collect(case: Case, left_out: dict[str, str]) -> dict[str, Any]:
    """Everything held, by section, with what is left out and why."""
    grounds = dict(Extract.Ground.choices)
    return {
        "reference": case.code_shown,
        "made_at": clock.now(),
        "left_out": [
            {"section": section, "name": str(Section(section).label), "ground": ground, "why": str(grounds[ground])}
            for section, ground in left_out.items()
        ],
        "case": _facts(case, left_out),
        "sections": {section.value: _records(case, section) for section in Section if section.value not in left_out},
        "events": _events(case, left_out),
        "documents": [_document(row) for row in _documents(case, left_out)],
        "access": list(_access(case)),
        "looks": list(_looks(case, left_out)),
    }


def _facts(case: Case, left_out: dict[str, str]) -> dict[str, str]:
    facts = {
        _("State"): str(case.get_state_display()),
        _("Begun"): day(case.created_at),
        _("Destination"): country_name(case.destination) if case.destination else "",
        _("Kept until"): day(case.retention_on) if case.retention_on else "",
    }
    if Section.IDENTITY.value not in left_out:
        facts |= {_("Alias"): case.alias, _("Language"): language_name(case.language) if case.language else ""}
    return {word: value for word, value in facts.items() if value}


def _records(case: Case, section: Section) -> dict[str, list[dict[str, str]]]:
    """The rows of every register that stands in the section, whoever wrote them, in every round."""
    found: dict[str, list[dict[str, str]]] = {}
    for model in apps.get_models():
        if issubclass(model, CaseRecord) and model.__name__ not in TOLD_ELSEWHERE and section_of(model) == section:
            rows = model._base_manager.filter(case=case).order_by("created_at")
            told = [_row(row, case) for row in rows]
            if told:
                found[str(capfirst(model._meta.verbose_name))] = told
    return found


def _row(row: Any, case: Case) -> dict[str, str]:
    row.case = case  # opens with the key that has been read already
    told = {_("Written"): moment_in_words(row.created_at)}
    processing = TABLE[row._meta.label]
    for field in row._meta.concrete_fields:
        if processing.class_of(field.name) in NOT_TOLD or field.name in {"round", "created_at"} or field.is_relation:
            continue
        value = _in_words(row, field)
        if value:
            told[str(capfirst(field.verbose_name))] = value
    return told


def _in_words(row: Any, field: "models.Field[Any, Any]") -> str:
    """What the field holds, as the person reads it: no code, no machine's way to write a day."""
    if field.choices:
        return str(getattr(row, f"get_{field.name}_display")())
    return _value_in_words(getattr(row, field.attname), field)


def _value_in_words(value: Any, field: "models.Field[Any, Any]") -> str:
    match value:
        case None | "":
            return ""
        case bool():
            return _("Yes") if value else _("No")
        case datetime():
            return moment_in_words(value)
        case date():
            return day(value)
        case dict():
            return "; ".join(f"{name}: {_value_in_words(one, field)}" for name, one in value.items())
        case list():
            words = [_value_in_words(one, field) for one in value]
            return ("; " if any(isinstance(one, dict) for one in value) else ", ").join(words)
        case str():
            return _code_in_words(value, field)
        case _:
            return str(value)


def _code_in_words(value: str, field: "models.Field[Any, Any]") -> str:
    if isinstance(field, ArrayField) and field.base_field.choices:
        return str(dict(field.base_field.choices).get(value, value))
    if field.name.endswith(("language", "languages")):
        return language_name(value)
    if field.name == "citizenships" and isinstance(field, ArrayField):
        return country_name(value)
    return str(Section(value).label) if field.name == "shared_sections" else value


def _events(case: Case, left_out: dict[str, str]) -> list[dict[str, str]]:
    rows = CaseEvent.objects.filter(case=case).exclude(section__in=left_out).select_related("organisation")
    told = []
    for row in rows.order_by("created_at"):
        row.case = case
        told.append(
            {
                "at": moment_in_words(row.created_at),
                "what": event_words(row.verb),
                "organisation": name_of(row.organisation) if row.organisation else "",
                "note": str(row.note or ""),
            }
        )
    return told


def _documents(case: Case, left_out: dict[str, str]) -> Iterator[Document]:
    for row in Document.objects.filter(case=case).exclude(section__in=left_out).order_by("created_at"):
        row.case = case
        yield row


def _document(row: Document) -> dict[str, str]:
    taken_back = row.withdrawn_at is not None
    return {
        "file": "" if taken_back or not row.is_openable else _file_name(row),
        "name": row.name,
        "kind": str(row.get_kind_display()),
        "section": str(row.get_section_display()),
        "added": moment_in_words(row.created_at),
        "sha256": row.sha256,
        "state": _("taken back, added by mistake") if taken_back else "",
    }


def _file_name(row: Document) -> str:
    return f"{row.created_at:%Y%m%d}-{row.pk.hex[:8]}{PurePosixPath(row.name).suffix.lower()}"


def _files(case: Case, left_out: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    """The files as readers get them: what was taken back may be somebody else's, what is not scanned stays locked."""
    for row in _documents(case, left_out):
        if row.withdrawn_at is None and row.is_openable:
            yield _file_name(row), uploads.read(row.stored_as, row.pk, case.sealing_key())


def _access(case: Case) -> Iterator[dict[str, str]]:
    by_group = CaseGroupObjectPermission.objects.filter(content_object=case)
    by_name = CaseUserObjectPermission.objects.filter(content_object=case)
    organisations = [(grant.group.organisation, grant) for grant in by_group.select_related("group__organisation")]
    organisations += [(grant.user.organisation, grant) for grant in by_name.select_related("user__organisation")]
    for organisation, grant in organisations:
        yield {
            "organisation": name_of(organisation) if organisation else "",
            "from": moment_in_words(grant.granted_at),
            "until": moment_in_words(grant.valid_until) if grant.valid_until else "",
        }


def _looks(case: Case, left_out: dict[str, str]) -> Iterator[dict[str, Any]]:
    """By day, organisation and section: how often somebody looked."""
    lines = Look.objects.filter(case_id=case.pk).exclude(section__in=left_out).order_by("at")
    of_whom = dict(User.objects.exclude(organisation=None).values_list("pk", "organisation__name"))
    counted: dict[tuple[str, str, str, str], int] = defaultdict(int)
    actions, sections = dict(Look.Action.choices), dict(Section.choices)
    for at, user_id, section, action in lines.values_list("at", "user_id", "section", "action"):
        if user_id is not None:
            who, what = str(of_whom.get(user_id, "")), str(actions.get(action, action))
            counted[day(at), who, str(sections.get(section, section)), what] += 1
    for (on, organisation, section, action), times in counted.items():
        yield {"day": on, "organisation": organisation, "section": section, "action": action, "times": times}


def _context(extract: Extract, told: dict[str, Any]) -> dict[str, Any]:
    case = extract.case
    return {
        "told": told,
        "sections": [(Section(name).label, registers) for name, registers in told["sections"].items() if registers],
        "paper": pdf.Paper(
            title=_("What the portal holds on you"),
            reference=case.code_shown,
            made_at=told["made_at"],
            sender=sender_of(case.referring),
            kind=_("Extract"),
        ),
    }
