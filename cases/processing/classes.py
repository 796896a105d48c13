"""The words of the register: classes of data, purposes, legal bases, and how long something is kept."""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class DataClass(TextChoices):
    """What kind of data a field holds."""

    IDENTITY = "identity", _("Identity")
    CONTACT = "contact", _("Contact and whereabouts")
    SENSITIVE = "sensitive", _("Special categories (article 9)")
    CRIMINAL = "criminal", _("Crimes (article 10)")
    SITUATION = "situation", _("The person’s situation")
    JOURNEY = "journey", _("The journey")
    NARRATIVE = "narrative", _("Free text about a case")
    PROGRESS = "progress", _("How a case goes: state, kind, dates")
    STAFF = "staff", _("People who work here")
    TECHNICAL = "technical", _("Technical: keys, references, checksums")
    RULES = "rules", _("Rules and texts; no personal data")


# What goes with the key when a case is destroyed. The rest is the anonymous skeleton: state, kind, dates, who worked.
EMPTIED = frozenset(
    {
        DataClass.IDENTITY,
        DataClass.CONTACT,
        DataClass.SENSITIVE,
        DataClass.CRIMINAL,
        DataClass.SITUATION,
        DataClass.JOURNEY,
        DataClass.NARRATIVE,
    }
)


class Purpose(TextChoices):
    """What the data is for."""

    RETURN = "return", _("Assisted voluntary return and reintegration, at the person’s own request")
    ACCESS = "access", _("To decide and to show who may see, and has seen, which case")
    WORK = "work", _("To remind, to tell and to pass on work")
    RIGHTS = "rights", _("To answer for the person’s rights, and for retention and destruction")
    SECURITY = "security", _("To keep data secure, and to document breaches")
    OPERATION = "operation", _("To run the portal")


class Basis(TextChoices):
    """On what legal ground; to be confirmed by the controller's counsel."""

    TASK = "task", _("Public interest (article 6.1 e, 9.2 g); for each recipient the person’s consent (9.2 a)")
    DUTY = "duty", _("Legal obligation (article 6.1 c)")
    STAFF = "staff", _("Public interest; legitimate interest of the employer (article 6.1 e and f)")
    NONE = "none", _("No personal data")


class Kept(TextChoices):
    """How long."""

    CASE = "case", _("As long as the case: by the record owner’s rule of retention, then destroyed with its key")
    SKELETON = "skeleton", _("Without end, as the anonymous skeleton of the case")
    TRAIL = "trail", _("As long as the trail must prove who looked")
    ACCOUNT = "account", _("As long as the account, and as the cases it has worked in")
    WEEK = "week", _("Seven days, or less")
    DONE = "done", _("Until it is done")
    ARCHIVE = "archive", _("Without end, as the proof of destruction or of a breach")
    PORTAL = "portal", _("As long as the portal")


@dataclass(frozen=True)
class Processing:
    """One table of ours: what for, on what ground, how long, and which class each of its fields is of.

    `section` is the part of a case whose readers read it; "own" where each row says so itself.
    """

    purpose: Purpose
    basis: Basis
    kept: Kept
    fields: dict[DataClass, str]
    section: str = ""

    def class_of(self, field: str) -> DataClass | None:
        """The class of a field; None for one that nobody has classed."""
        return next((kind for kind, names in self.fields.items() if field in names.split()), None)


def of_a_case(section: str, **fields: str) -> Processing:
    """A table of a case's file; the fields that every such row has are added."""
    found = {DataClass[name]: names for name, names in fields.items()}
    for kind, names in COMMON.items():
        found[kind] = f"{names} {found.get(kind, '')}".strip()
    return Processing(Purpose.RETURN, Basis.TASK, Kept.CASE, found, section)


def of_the_portal(purpose: Purpose, basis: Basis, kept: Kept, **fields: str) -> Processing:
    """Any other table."""
    return Processing(purpose, basis, kept, {DataClass[name]: names for name, names in fields.items()})


COMMON: dict[DataClass, str] = {
    DataClass.TECHNICAL: "id case",
    DataClass.PROGRESS: "round created_at",
    DataClass.STAFF: "created_by",
}
