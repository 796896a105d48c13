"""Finding a case by who the person is: exact words only, with a reason, and with a line in the trail."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connection, models, transaction
from django.utils.translation import gettext_lazy as _

from cases.models import Case, Person, SearchKey
from cases.models.search_key import name_form, search_digests
from cases.permissions import Section
from partners.models import User
from returns_portal import looks
from returns_portal.models import IndexKey

MOST = 50
BATCH = 500


class SearchReason(models.TextChoices):
    """Why somebody searches. A list and no words: what is typed here could hold what the search must not leave."""

    CONTACT = "contact", _("The person, or somebody who helps them, has made contact")
    DUPLICATE = "duplicate", _("To see whether there is a case before a new referral")
    PAPER = "paper", _("To match a letter or a paper with its case")
    PARTNER = "partner", _("A partner in the case asks")
    EMERGENCY = "emergency", _("Somebody may be in danger")


@transaction.atomic
def index_person(person: Person) -> None:
    """Let the person be found by what their row says now; called wherever an action has written it."""
    _hold_index(alone=False)
    values = {field: getattr(person, field) for field in SearchKey.Field.values}
    found = search_digests(values)
    SearchKey.objects.filter(case_id=person.case_id).exclude(field__in=found).delete()
    SearchKey.objects.bulk_create(
        [SearchKey(case_id=person.case_id, field=field, digest=digest) for field, digest in found.items()],
        update_conflicts=True,
        unique_fields=["case", "field"],
        update_fields=["digest"],
    )


def forget_person(case: Case) -> None:
    """Let nobody find the person any more: the identity is removed, or its key destroyed."""
    SearchKey.objects.filter(case=case).delete()


@transaction.atomic
def rebuild_index() -> int:
    """Begin the index anew with a new secret; how many people can be found again. Needs every case's key."""
    _hold_index(alone=True)
    SearchKey.objects.all().delete()
    IndexKey.objects.all().delete()
    people = Person.objects.select_related("case__key").exclude(case__key=None).exclude(case__key__wrapped=b"")
    number = 0
    for person in people.iterator(BATCH):
        index_person(person)
        number += 1
    return number


def _hold_index(*, alone: bool) -> None:
    """Until this transaction ends: who writes keeps the secret in place, who changes it keeps all writers waiting."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock{'' if alone else '_shared'}(hashtext(%s))", ["cases_searchkey"])


@transaction.atomic
def search_cases(*, by: User, reason: str, sought: Mapping[str, Any]) -> list[Case]:
    """The cases whose person is exactly this one, as far as this reader may see who the person is.

    What is not theirs answers as if it were not there: it is left out by the one statement that finds the others.
    """
    if by.organisation is None:
        raise PermissionDenied
    reason = SearchReason(reason)
    cases = Case.objects.visible_to(by).with_rights_of(by)
    for field, digest in search_digests(sought).items():
        cases = cases.filter(search_keys__field=field, search_keys__digest=digest)
    found = [case for case in cases.order_by("-changed_at", "id")[:MOST] if _may_know(case, by)]
    looks.record(by, None, Section.IDENTITY, "search", f"cases:search:{reason}", shown=[case.pk for case in found])
    _watch(by, sought.get(SearchKey.Field.NAME, ""))
    return found


def _may_know(case: Case, by: User) -> bool:
    access = case.take_access(by)
    return access.may_read(Section.IDENTITY) and not access.keeps_names


def _watch(by: User, name: str) -> None:
    """A search for oneself or a colleague is told, whatever it found."""
    if not (sought := name_form(name)):
        return
    known = dict(User.objects.filter(organisation=by.organisation).values_list("pk", "name"))
    alike = {pk for pk, colleague in known.items() if name_form(colleague) == sought}
    if by.pk in alike:
        looks.alert("own_name_search", by.pk)
    elif alike:
        looks.alert("colleague_search", by.pk)
