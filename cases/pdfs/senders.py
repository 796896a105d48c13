"""Who papers come from and go to: the organisations' rows, and the addresses that administrators keep as texts."""

import re

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cases.defaults import TEXTS
from cases.models import CodeEntry, PortalText
from partners.models import Organisation, User
from returns_portal.pdf import Sender

# The texts of an organisation's kind: under which code its postal address stands.
ADDRESSES = {
    Organisation.Kind.LANSSTYRELSEN: "address_lansstyrelsen",
    Organisation.Kind.IOM_HELSINKI: "address_iom_helsinki",
}


def text_of(code: str) -> str:
    """A text of the portal in the paper's language; the one it came with where its row is missing."""
    is_swedish = (get_language() or "sv").startswith("sv")
    kept = PortalText.objects.filter(code=code).first()
    if kept is not None:
        return kept.text_sv if is_swedish else kept.text_en
    return next((swedish if is_swedish else english for name, swedish, english in TEXTS if name == code), "")


def code_name(code_list: str, code: str) -> str:
    """The name of a code of the programme's own lists, in the paper's language."""
    entry = CodeEntry.objects.filter(code_list=code_list, code=code).first()
    if entry is None:
        return code
    return entry.name_sv if (get_language() or "sv").startswith("sv") else entry.name_en


def sender_of(organisation: Organisation | None = None) -> Sender:
    """The head and foot of an organisation's letters; IOM Helsinki's where none is named."""
    office = organisation or Organisation.objects.iom_helsinki()
    code = ADDRESSES.get(Organisation.Kind(office.kind))
    is_iom = office.kind in {Organisation.Kind.IOM_HELSINKI, Organisation.Kind.IOM_LOCAL}
    return Sender(
        name=name_of(office),
        unit=_("International Organization for Migration") if is_iom else "",
        address=tuple(text_of(code).splitlines()) if code else (),
        phone=office.phone,
        email=office.email,
    )


def name_of(organisation: Organisation) -> str:
    """What an organisation is called in the paper's language; IOM Helsinki has a name in each."""
    return _("IOM Helsinki") if organisation.kind == Organisation.Kind.IOM_HELSINKI else organisation.name


def place_of(sender: Sender) -> str:
    """The town in the last line of an address, without its post code."""
    return re.sub(r"^\S*\d[\d ]*", "", sender.address[-1]).strip() if sender.address else ""


def addressee(organisation: Organisation | None, person: User | None = None) -> tuple[str, ...]:
    """The lines in the window of the envelope: the organisation, and who answers for the case there."""
    if organisation is None:
        return ()
    is_theirs = person is not None and person.organisation_id == organisation.pk
    return (name_of(organisation), *([person.name] if is_theirs and person else []))


def signature(person: User | None, organisation: Organisation | None) -> tuple[str, ...]:
    """The lines under a letter."""
    return tuple(
        line for line in (person.name if person else "", name_of(organisation) if organisation else "") if line
    )
