"""Kinds of needs and of support: IOM's activity codes in their dimensions (process, step 6)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Dimension(models.TextChoices):
    """The dimensions of reintegration that IOM plans and measures by."""

    ECONOMIC = "economic", _("Economic")
    SOCIAL = "social", _("Social")
    PSYCHOSOCIAL = "psychosocial", _("Psychosocial")
    OTHER = "other", _("Other")


class Activity(models.TextChoices):
    """IOM's activity codes: the domain of a need and of an item of the plan."""

    FINANCIAL_SERVICES = "financial_services", _("Financial services")
    JOB_PLACEMENT = "job_placement", _("Job placement")
    MICROBUSINESS = "microbusiness", _("Microbusiness")
    TRAINING = "training", _("Training")
    CHILD_CARE = "child_care", _("Child care")
    EDUCATION = "education", _("Education")
    HOUSING = "housing", _("Housing")
    LEGAL_SERVICES = "legal_services", _("Legal services")
    MEDICAL_SUPPORT = "medical_support", _("Medical support")
    SOCIAL_PROTECTION = "social_protection", _("Social protection")
    PSYCHOSOCIAL_SUPPORT = "psychosocial_support", _("Psychosocial support")
    SPECIAL_SECURITY = "special_security", _("Special security measures")
    MATERIAL_ASSISTANCE = "material_assistance", _("Material assistance")
    OTHER = "other", _("Other")

    @property
    def dimension(self) -> Dimension:
        """The dimension that the activity belongs to."""
        return DIMENSION_OF[self]


DIMENSION_OF: dict[Activity, Dimension] = {
    Activity.FINANCIAL_SERVICES: Dimension.ECONOMIC,
    Activity.JOB_PLACEMENT: Dimension.ECONOMIC,
    Activity.MICROBUSINESS: Dimension.ECONOMIC,
    Activity.TRAINING: Dimension.ECONOMIC,
    Activity.CHILD_CARE: Dimension.SOCIAL,
    Activity.EDUCATION: Dimension.SOCIAL,
    Activity.HOUSING: Dimension.SOCIAL,
    Activity.LEGAL_SERVICES: Dimension.SOCIAL,
    Activity.MEDICAL_SUPPORT: Dimension.SOCIAL,
    Activity.SOCIAL_PROTECTION: Dimension.SOCIAL,
    Activity.PSYCHOSOCIAL_SUPPORT: Dimension.PSYCHOSOCIAL,
    Activity.SPECIAL_SECURITY: Dimension.PSYCHOSOCIAL,
    Activity.MATERIAL_ASSISTANCE: Dimension.OTHER,
    Activity.OTHER: Dimension.OTHER,
}
