"""`manage.py rotate_keys`: every wrapped key under the newest one, while the portal serves, killed or not."""

import base64
import io
import signal
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings as portal
from django.core.management import CommandError, call_command
from django.db import connections, transaction

from cases.actions import index_person, rebuild_index, search_cases
from cases.models import Case, CaseKey, Person, SearchKey
from partners.sign_in import FactorAdapter, keys_of_factors
from returns_portal import crypto
from returns_portal.actor import acting_as_system
from returns_portal.crypto import rotation
from returns_portal.models import IndexKey
from tests.processes import environment

ROOT = Path(__file__).resolve().parent.parent
OLD, NEW = portal.SEALING_KEYS[0], ("new", bytes(range(32)))


def rotated(**options):
    """What the command prints."""
    output = io.StringIO()
    call_command("rotate_keys", stdout=output, stderr=output, **options)
    return output.getvalue()


@pytest.fixture
def new_key_in_front(settings):
    """What an operator does before the command."""
    settings.SEALING_KEYS = [NEW, OLD]


@pytest.fixture
def many(cast):
    """Cases that are nothing but a key; a few rows of it stand for a hundred thousand."""

    def make(number):
        cases = [Case(referring=cast.sara.organisation, created_by=cast.sara) for _turn in range(number)]
        Case.objects.bulk_create(cases)
        CaseKey.objects.bulk_create(
            CaseKey(case=case, **dict(zip(("key_id", "wrapped"), crypto.new_data_key(case.pk.bytes), strict=False)))
            for case in cases
        )
        return cases

    return make


def totp_of(user):
    """A second factor of this person, its secret sealed by the newest key."""
    secret = FactorAdapter().encrypt("JBSWY3DPEHPK3PXP")
    return Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": secret})


# --- What it does ---


def test_everything_opens_with_the_new_key_alone_and_the_old_one_may_go(cast, make_case, many, settings):
    case, factor = make_case("referred"), totp_of(cast.hanna)
    many(7)
    secrets = {key.pk: key.open() for key in CaseKey.objects.all()}
    index = IndexKey.objects.get().open()
    settings.SEALING_KEYS = [NEW, OLD]
    said = rotated(batch=3)
    assert "cases.casekey: 8 keys\ncases.casekey: 3 wrapped anew" in said
    assert "cases.casekey: 8 wrapped anew\n" in said
    assert "returns_portal.indexkey: 1 wrapped anew\n" in said
    assert "second factors: 1 sealed anew" in said
    assert f"No longer used, may leave SEALING_KEYS: {OLD[0]}\n" in said

    settings.SEALING_KEYS = [NEW]
    assert {key.pk: key.open() for key in CaseKey.objects.all()} == secrets
    assert IndexKey.objects.get().open() == index
    assert Person.objects.get(case=case).full_name == "Mira Rexhepi"
    factor.refresh_from_db()
    assert FactorAdapter().decrypt(factor.data["secret"]) == "JBSWY3DPEHPK3PXP"
    assert rotated().endswith("Everything is wrapped by new.\n")


def test_every_table_with_wrapped_keys_is_rotated():
    assert {"cases.casekey", "returns_portal.indexkey"} <= {
        model._meta.label_lower for model in rotation.wrapped_tables()
    }
    keeps_keys = {
        model
        for model in apps.get_models()
        if {"wrapped", "key_id"} & {column.name for column in model._meta.concrete_fields}
    }
    assert keeps_keys == set(rotation.wrapped_tables())


def test_the_index_finds_the_same_people_after_the_change(cast, make_case, settings):
    case = make_case("referred")
    before = set(SearchKey.objects.values_list("digest", flat=True))
    settings.SEALING_KEYS = [NEW, OLD]
    rotated()
    settings.SEALING_KEYS = [NEW]
    assert search_cases(by=cast.sara, reason="contact", sought={"full_name": "Mira Rexhepi"}) == [case]
    with transaction.atomic():
        assert rebuild_index() == 1
        assert {bytes(digest) for digest in before}.isdisjoint(
            bytes(digest) for digest in SearchKey.objects.values_list("digest", flat=True)
        )
        assert search_cases(by=cast.sara, reason="contact", sought={"full_name": "mira rexhepi"}) == [case]


def test_a_new_secret_for_the_index_on_request(cast, make_case, new_key_in_front):
    case = make_case("referred")
    SearchKey.objects.all().delete()
    assert "search index: 1 people found again" in rotated(rebuild_index=True)
    assert search_cases(by=cast.sara, reason="contact", sought={"full_name": "Mira Rexhepi"}) == [case]


# --- What it refuses to say ---


def test_a_key_that_does_not_open_is_named_and_no_old_key_may_go(many, settings):
    broken, *others = many(5)
    settings.SEALING_KEYS = [NEW, OLD]
    wrapped = bytes(broken.key.wrapped)
    CaseKey.objects.filter(pk=broken.pk).update(wrapped=wrapped[:-1] + bytes([wrapped[-1] ^ 1]))
    output = io.StringIO()
    with pytest.raises(CommandError, match=rf"Still in use: {OLD[0]} \(1\)\. Remove no key"):
        call_command("rotate_keys", batch=2, stdout=output, stderr=output)
    assert f"Does not open with the key it names: cases.casekey {broken.pk}" in output.getvalue()
    assert "may leave" not in output.getvalue()
    assert CaseKey.objects.filter(key_id="new").count() == len(others)


def test_a_key_of_an_unknown_name_is_named(many, new_key_in_front):
    lost = many(2)[0]
    CaseKey.objects.filter(pk=lost.pk).update(key_id="lost")
    with pytest.raises(CommandError, match=r"Still in use: lost \(1\)"):
        rotated()


def test_a_factor_that_stays_behind_keeps_its_key(cast, new_key_in_front):
    factor = totp_of(cast.hanna)
    factor.data["secret"] = f"gone:{factor.data['secret'].partition(':')[2]}"
    assert keys_of_factors() == {"new": 1}
    factor.save()
    with pytest.raises(CommandError, match=r"Still in use: gone \(1\)"):
        rotated()
    factor.data["secret"] = f"{OLD[0]}:{factor.data['secret'].partition(':')[2]}"
    factor.save()
    with pytest.raises(CommandError, match=rf"Still in use: {OLD[0]} \(1\)"):
        rotated()


def test_what_is_shredded_stays_shredded_and_holds_nothing_up(many, settings):
    gone, kept = many(2)
    CaseKey.objects.filter(pk=gone.pk).update(wrapped=b"")
    settings.SEALING_KEYS = [NEW, OLD]
    assert "may leave SEALING_KEYS" in rotated()
    assert bytes(CaseKey.objects.get(pk=gone.pk).wrapped) == b""
    with pytest.raises(crypto.Shredded):
        CaseKey.objects.get(pk=gone.pk).open()
    assert CaseKey.objects.get(pk=kept.pk).key_id == "new"


def test_a_batch_has_a_size(new_key_in_front, db):
    with pytest.raises(CommandError, match="--batch"):
        rotated(batch=0)


def test_of_many_keys_that_do_not_open_some_are_named(many, settings):
    many(25)
    settings.SEALING_KEYS = [NEW, (OLD[0], uuid.uuid4().bytes * 2)]
    output = io.StringIO()
    with pytest.raises(CommandError, match=rf"{OLD[0]} \(25\)"):
        call_command("rotate_keys", stdout=output, stderr=output)
    assert output.getvalue().count("Does not open") == 20
    assert "… and 5 more" in output.getvalue()


# --- Meanwhile ---


def elsewhere(work):
    """Run this on a connection of its own; what it raised, if anything."""
    raised = []

    def run():
        try:
            work()
        except Exception as error:
            raised.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, raised


def as_the_portal(work):
    """Run this as a part of the portal that sees everything: a thread gets nothing of the test's rights."""
    with acting_as_system("outbox"):
        return work()


@pytest.mark.django_db(transaction=True)
def test_readers_never_wait_and_never_fail(many, settings):
    cases = many(300)
    secrets = {key.pk: key.open() for key in CaseKey.objects.all()}
    settings.SEALING_KEYS = [NEW, OLD]
    finished, read = threading.Event(), []

    def look():
        for key in CaseKey.objects.all():
            assert key.open() == secrets[key.pk]
            read.append(key.key_id)

    def keep_looking():
        while not finished.is_set():
            as_the_portal(look)

    thread, raised = elsewhere(keep_looking)
    rotated(batch=5)
    finished.set()
    thread.join(30)
    assert raised == []
    assert set(read) == {OLD[0], "new"}
    assert CaseKey.objects.filter(key_id="new").count() == len(cases)


@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_holds_is_taken_at_the_end(many, settings, monkeypatch):
    held = many(20)[3]
    settings.SEALING_KEYS = [NEW, OLD]
    monkeypatch.setattr(rotation, "PAUSE", 0.2)
    holds, let_go = threading.Event(), threading.Event()

    def hold():
        CaseKey.objects.select_for_update().get(pk=held.pk)
        holds.set()
        assert let_go.wait(30)

    thread, raised = elsewhere(lambda: as_the_portal(hold))
    assert holds.wait(30)
    turns = rotation.rotate(CaseKey, 5)
    while CaseKey.objects.filter(key_id="new").count() < 19:
        next(turns)
    let_go.set()
    thread.join(30)
    assert [progress.done for progress in turns][-1] == 20
    assert raised == []


@pytest.mark.django_db(transaction=True)
def test_a_row_that_nobody_lets_go_is_reported(many, settings, monkeypatch):
    held = many(3)[0]
    settings.SEALING_KEYS = [NEW, OLD]
    monkeypatch.setattr(rotation, "PATIENCE", 2)
    monkeypatch.setattr(rotation, "PAUSE", 0.05)
    holds, let_go = threading.Event(), threading.Event()

    def hold():
        CaseKey.objects.select_for_update().get(pk=held.pk)
        holds.set()
        assert let_go.wait(30)

    thread, _raised = elsewhere(lambda: as_the_portal(hold))
    assert holds.wait(30)
    with pytest.raises(CommandError, match=rf"Still in use: {OLD[0]} \(1\)"):
        rotated()
    let_go.set()
    thread.join(30)


@pytest.mark.django_db(transaction=True)
def test_a_key_made_by_a_process_that_knows_only_the_old_one_is_caught(many, settings):
    many(4)
    settings.SEALING_KEYS = [NEW, OLD]
    turns = rotation.rotate(CaseKey, 2)
    next(turns)
    settings.SEALING_KEYS = [OLD]
    late = many(1)[0]
    settings.SEALING_KEYS = [NEW, OLD]
    list(turns)
    assert CaseKey.objects.get(pk=late.pk).key_id == "new"


@pytest.mark.django_db(transaction=True)
def test_who_writes_a_name_while_the_index_is_made_anew_is_found(cast, make_case):
    case = make_case("referred")
    rebuilt, let_go = threading.Event(), threading.Event()

    def rebuild():
        rebuild_index()
        rebuilt.set()
        assert let_go.wait(30)

    def write():
        person = Person.objects.select_related("case__key").get(case=case)
        person.full_name = "Ana Dedaj"
        person.save()
        index_person(person)

    rebuilding, broken = elsewhere(lambda: as_the_portal(rebuild))
    assert rebuilt.wait(30)
    writing, refused = elsewhere(lambda: as_the_portal(write))
    time.sleep(1)
    let_go.set()
    for thread in (rebuilding, writing):
        thread.join(30)
    assert broken == refused == []
    assert search_cases(by=cast.sara, reason="contact", sought={"full_name": "Ana Dedaj"}) == [case]


@pytest.mark.django_db(transaction=True)
def test_a_run_that_is_killed_is_begun_again_and_goes_on(many, settings):
    number = 4000
    many(number)
    secrets = {key.pk: key.open() for key in CaseKey.objects.all()}
    keys = ",".join(f"{name}:{_base64(key)}" for name, key in (NEW, OLD))
    env = environment("console://", SEALING_KEYS=keys)
    command = [sys.executable, "manage.py", "rotate_keys", "--batch", "10"]
    process = subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.DEVNULL)  # noqa: S603  # our own command
    until = time.monotonic() + 60
    while not CaseKey.objects.filter(key_id="new").exists():
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait(30) == -signal.SIGKILL
    done = CaseKey.objects.filter(key_id="new").count()
    assert 0 < done < number
    settings.SEALING_KEYS = [NEW, OLD]
    assert {key.pk: key.open() for key in CaseKey.objects.all()} == secrets
    assert f"cases.casekey: {number - done} wrapped anew" in rotated()
    settings.SEALING_KEYS = [NEW]
    assert {key.pk: key.open() for key in CaseKey.objects.all()} == secrets


def _base64(key):
    return base64.b64encode(key).decode()


def test_a_stranger_among_the_keys_opens_nothing(many, settings):
    """A key of the right name and another content is found out at once, and nothing is written."""
    case = many(1)[0]
    settings.SEALING_KEYS = [NEW, (OLD[0], uuid.uuid4().bytes * 2)]
    with pytest.raises(CommandError, match="Not finished"):
        rotated()
    settings.SEALING_KEYS = [OLD]
    assert len(CaseKey.objects.get(pk=case.pk).open()) == 32


# --- The manual ---


def test_any_two_of_the_three_shares_give_the_list_back_and_one_says_nothing():
    manual = (ROOT / "docs" / "keys.md").read_text(encoding="utf-8")
    split, join = (part.partition("```")[0] for part in manual.split("```python\n")[1:])
    keys = "2026a:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=,2025a:c2Vjb25kLWtleS1vZi10aGlydHktdHdvLWJ5dGVzLWg="
    shares = python(split, keys + "\n").splitlines()
    assert len(shares) == 3
    assert not any(keys in share or _base64(keys.encode()) in share for share in shares)
    for left_out in shares:
        two = [share for share in shares if share != left_out]
        assert python(join, "\n".join(two)).strip() == keys
    assert python(split, keys + "\n").splitlines() != shares


def python(code, typed):
    """What a script of the manual prints."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, input=typed, capture_output=True, text=True, check=True).stdout  # noqa: S603
