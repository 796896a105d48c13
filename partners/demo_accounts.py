"""The demo's organisations and people, all fictitious; the sign-in page of the demo lists them."""

from typing import NamedTuple

from partners.models import Organisation, User

PASSWORD = "demo"  # noqa: S105  # known on purpose: the demo runs on loopback with invented people


class DemoOrganisation(NamedTuple):
    """One organisation of the demo."""

    key: str
    kind: Organisation.Kind
    name: str
    short_name: str
    country: str = "SE"
    phone: str = ""


class DemoAccount(NamedTuple):
    """One person of the demo; the administrator has no organisation."""

    email: str
    name: str
    role: User.Role
    organisation: str


ORGANISATIONS = (
    DemoOrganisation(
        "malmo", Organisation.Kind.SOCIAL_SERVICES, "Socialtjänsten Malmö", "Soc Malmö", phone="+46 40 555 01 01"
    ),
    DemoOrganisation("ngo", Organisation.Kind.NGO, "Frivilligorganisationen Hamnen", "Hamnen", phone="+46 8 555 02 02"),
    DemoOrganisation(
        "migration_agency",
        Organisation.Kind.MIGRATION_AGENCY,
        "Migrationsverket",
        "Migrationsverket",
        phone="+46 8 555 03 03",
    ),
    DemoOrganisation("police", Organisation.Kind.POLICE, "Polisen", "Polisen", phone="+46 8 555 04 04"),
    DemoOrganisation(
        "lansstyrelsen",
        Organisation.Kind.LANSSTYRELSEN,
        "Länsstyrelsen Stockholm",
        "Länsstyrelsen",
        phone="+46 8 555 05 05",
    ),
    DemoOrganisation(
        "helsinki", Organisation.Kind.IOM_HELSINKI, "IOM Helsinki", "IOM Helsinki", "FI", "+358 9 555 06 06"
    ),
    DemoOrganisation("tirana", Organisation.Kind.IOM_LOCAL, "IOM Tirana", "IOM Tirana", "AL", "+355 4 555 07 07"),
    DemoOrganisation(
        "bucharest", Organisation.Kind.IOM_LOCAL, "IOM Bucharest", "IOM Bucharest", "RO", "+40 21 555 08 08"
    ),
    DemoOrganisation(
        "umea", Organisation.Kind.SOCIAL_SERVICES, "Socialtjänsten Umeå", "Soc Umeå", phone="+46 90 555 09 09"
    ),
)

ACCOUNTS = (
    DemoAccount("sara@demo.example", "Sara", User.Role.MEMBER, "malmo"),
    DemoAccount("maja@demo.example", "Maja", User.Role.MANAGER, "malmo"),
    DemoAccount("nadia@demo.example", "Nadia", User.Role.MEMBER, "ngo"),
    DemoAccount("mikael@demo.example", "Mikael", User.Role.MEMBER, "migration_agency"),
    DemoAccount("petra@demo.example", "Petra", User.Role.MEMBER, "police"),
    DemoAccount("lars@demo.example", "Lars", User.Role.MEMBER, "lansstyrelsen"),
    DemoAccount("lena@demo.example", "Lena", User.Role.MANAGER, "lansstyrelsen"),
    DemoAccount("hanna@demo.example", "Hanna", User.Role.MEMBER, "helsinki"),
    DemoAccount("henrik@demo.example", "Henrik", User.Role.MANAGER, "helsinki"),
    DemoAccount("ilir@demo.example", "Ilir", User.Role.MEMBER, "tirana"),
    DemoAccount("ioana@demo.example", "Ioana", User.Role.MEMBER, "bucharest"),
    DemoAccount("otto@demo.example", "Otto", User.Role.MEMBER, "umea"),
    DemoAccount("admin@demo.example", "Admin", User.Role.MEMBER, ""),
)
