"""Who takes part: organisations, their people, and the invitations that let people in."""

import hashlib
import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, Group, PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

INVITATION_LIFE = timedelta(hours=72)


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    """The organisations a caseworker speaks of."""

    def active(self) -> "OrganisationQuerySet":
        """Those that take part at present."""
        return self.filter(is_active=True)

    def of_kind(self, *kinds: str) -> "OrganisationQuerySet":
        """Active organisations of these kinds, by name."""
        return self.active().filter(kind__in=kinds).order_by("name")

    def iom_helsinki(self) -> "Organisation":
        """The one coordinating office."""
        return self.active().get(kind=Organisation.Kind.IOM_HELSINKI)

    def lansstyrelsen(self) -> "Organisation":
        """The approving authority; the one founded first where there are several (see `approving`)."""
        first = self.approving().order_by("created_at", "pk").first()
        if first is None:
            raise Organisation.DoesNotExist("No approving authority is set up.")
        return first

    def approving(self) -> "OrganisationQuerySet":
        """Every approving authority, for the referral that names one."""
        return self.of_kind(Organisation.Kind.LANSSTYRELSEN)

    def local_offices(self, country: str = "") -> "OrganisationQuerySet":
        """IOM's offices in the countries of return, or in one of them."""
        offices = self.of_kind(Organisation.Kind.IOM_LOCAL)
        return offices.filter(country=country) if country else offices

    def referring(self) -> "OrganisationQuerySet":
        """Every organisation that may refer a person."""
        return self.of_kind(*REFERRING)


class Organisation(models.Model):
    """One authority, office or voluntary organisation; access to cases is granted to its group."""

    class Kind(models.TextChoices):
        SOCIAL_SERVICES = "social_services", _("Social services")
        NGO = "ngo", _("Voluntary organisation")
        MIGRATION_AGENCY = "migration_agency", _("Migration Agency")
        POLICE = "police", _("Police")
        LANSSTYRELSEN = "lansstyrelsen", _("Länsstyrelsen")
        IOM_HELSINKI = "iom_helsinki", _("IOM Helsinki")
        IOM_LOCAL = "iom_local", _("Local IOM office")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    name = models.CharField(_("name"), max_length=120, unique=True)
    short_name = models.CharField(_("short name"), max_length=40, help_text=_("As it stands in lists."))
    country = models.CharField(
        _("country"),
        max_length=2,
        default="SE",
        validators=[RegexValidator(r"^[A-Z]{2}$", _("Enter the two letters of the country, such as AL."))],
        help_text=_("Two letters, such as SE or AL."),
    )
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    group = models.OneToOneField(Group, on_delete=models.PROTECT, related_name="organisation", editable=False)
    is_active = models.BooleanField(
        _("takes part"), default=True, help_text=_("When off, its people cannot sign in. Its cases stay.")
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(kind="iom_helsinki", is_active=True),
                name="one_coordinating_office",
                violation_error_message=_("There is already a coordinating office. End that one first."),
            ),
            models.CheckConstraint(
                condition=~Q(country="SE") | ~Q(kind="iom_local"),
                name="local_office_is_abroad",
                violation_error_message=_("A local IOM office is in the country of return, not in Sweden."),
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_referring(self) -> bool:
        """Whether its people refer persons to the programme."""
        return self.kind in REFERRING


REFERRING = (
    Organisation.Kind.SOCIAL_SERVICES,
    Organisation.Kind.NGO,
    Organisation.Kind.MIGRATION_AGENCY,
    Organisation.Kind.POLICE,
)


class UserManager(BaseUserManager["User"]):
    """Makes accounts; an address is one account, whatever its capitals."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """An account without membership in a group; `actions` makes whole colleagues."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """An administrator: Django admin, and never a case."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """The account of this address."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who works with returns. `is_superuser` opens Django admin and no case."""

    class Role(models.TextChoices):
        MEMBER = "member", _("Member")
        MANAGER = "manager", _("Manager")

    class Language(models.TextChoices):
        BROWSER = "", _("As in my browser")
        SWEDISH = "sv", "Svenska"
        ENGLISH = "en-gb", "English"

    class Theme(models.TextChoices):
        SYSTEM = "", _("As on my device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    organisation = models.ForeignKey(
        Organisation,
        verbose_name=_("organisation"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="users",
        help_text=_("Administrators have none."),
    )
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.MEMBER)
    language = models.CharField(_("language"), max_length=5, choices=Language, blank=True, default="")
    theme = models.CharField(_("appearance"), max_length=5, choices=Theme, blank=True, default="")
    phone = models.CharField(_("work phone"), max_length=40, blank=True)
    is_active = models.BooleanField(_("may sign in"), default=True)
    is_staff = models.BooleanField(_("administrator"), default=False)
    joined_at = models.DateTimeField(_("joined"), default=timezone.now, editable=False)

    objects = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = _("person with an account")
        verbose_name_plural = _("people with an account")
        ordering = ("name", "email")
        constraints = (
            models.UniqueConstraint(
                Lower("email"),
                name="one_account_per_email",
                violation_error_message=_("There is already an account with this e-mail address."),
            ),
            models.CheckConstraint(
                condition=Q(is_staff=False, is_superuser=False) | Q(organisation=None),
                name="administrators_have_no_organisation",
                violation_error_message=_("An administrator belongs to no organisation, so that they see no case."),
            ),
        )

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """The name, as Django's own pages ask for it."""
        return self.name

    def get_short_name(self) -> str:
        """The first word of the name."""
        return self.name.partition(" ")[0]

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """A right in Django admin. A right to one object is never answered here, a superuser's least of all."""
        return obj is None and super().has_perm(perm)

    @property
    def organisation_kind(self) -> str:
        """The kind of the person's organisation; empty for administrators."""
        return self.organisation.kind if self.organisation else ""

    @property
    def is_manager(self) -> bool:
        """Whether the person runs their organisation's part of the portal."""
        return self.organisation_id is not None and self.role == self.Role.MANAGER

    @property
    def mail_language(self) -> str:
        """The language of mail and papers to this person, where no browser can be asked."""
        if self.language:
            return self.language
        return self.Language.ENGLISH if self.organisation_kind == Organisation.Kind.IOM_LOCAL else self.Language.SWEDISH

    def group_ids(self) -> list[int]:
        """The groups whose grants count for this person: that of their organisation, while both are active."""
        if not self.is_active or self.organisation is None or not self.organisation.is_active:
            return []
        return [self.organisation.group_id]


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Invitations that still let somebody in, and those that do not."""

    def live(self) -> "InvitationQuerySet":
        """Neither used nor too old."""
        return self.filter(accepted_at=None, expires_at__gt=timezone.now())


def invitation_end() -> datetime:
    """When an invitation made now ends; accounts keep real time, also in the demo."""
    return timezone.now() + INVITATION_LIFE


class Invitation(models.Model):
    """A way in for one person, once, for three days. Only the hash of its token is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("e-mail"))
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), on_delete=models.CASCADE, related_name="invitations"
    )
    role = models.CharField(_("role"), max_length=10, choices=User.Role, default=User.Role.MEMBER)
    invited_by = models.ForeignKey(
        User, verbose_name=_("invited by"), on_delete=models.PROTECT, related_name="invitations_sent"
    )
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("sent"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("valid until"), default=invitation_end)
    accepted_at = models.DateTimeField(_("used"), null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.organisation} ({self.get_role_display()})"

    @property
    def is_open(self) -> bool:
        """Whether it still lets its person in."""
        return self.accepted_at is None and self.expires_at > timezone.now()

    @staticmethod
    def hash_of(token: str) -> str:
        """What is kept of a token; 256 random bits need no slow hash."""
        return hashlib.sha256(token.encode()).hexdigest()
