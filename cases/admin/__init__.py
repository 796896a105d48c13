"""Cases in Django admin: rules, lists and texts to change; of a case only what it takes to run the portal."""

from django.contrib import admin
from guardian.models import GroupObjectPermission, UserObjectPermission

from cases.admin.cases import CaseAdmin
from cases.admin.kinds import FixedListAdmin, ReadOnlyAdmin
from cases.admin.lists import CodeEntryAdmin, PortalTextAdmin, ProgrammeNumberAdmin, ProgrammeNumberForm
from cases.admin.operation import LookAdmin, OutboxItemAdmin
from cases.admin.retention import RetentionRuleAdmin, RetentionRuleForm
from cases.admin.rule_form import ClockRuleForm
from cases.admin.rules import ClockRuleAdmin

__all__ = [
    "CaseAdmin",
    "ClockRuleAdmin",
    "ClockRuleForm",
    "CodeEntryAdmin",
    "FixedListAdmin",
    "LookAdmin",
    "OutboxItemAdmin",
    "PortalTextAdmin",
    "ProgrammeNumberAdmin",
    "ProgrammeNumberForm",
    "ReadOnlyAdmin",
    "RetentionRuleAdmin",
    "RetentionRuleForm",
]

# Case rights are granted by events only, and never from the administration.
for model in (GroupObjectPermission, UserObjectPermission):
    if admin.site.is_registered(model):
        admin.site.unregister(model)
