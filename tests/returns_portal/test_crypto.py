import io
import os
import uuid
from datetime import date
from typing import Any, ClassVar

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django import forms
from django.core import serializers
from django.core.exceptions import FieldError, ValidationError
from django.db import connection, models, transaction
from django.test.utils import isolate_apps

from returns_portal import crypto
from returns_portal.crypto import SealedDateField, SealedJSONField, SealedTextField, Shredded, Tampered

AAD = b"cases_casekey.1"
KEY = os.urandom(32)

with isolate_apps("returns_portal"):

    class Folder(models.Model):
        """Stands for a case: has a key, or had one."""

        id = models.UUIDField(primary_key=True, default=uuid.uuid4)
        key = models.BinaryField(null=True)
        # Said here because the type checker does not see managers of isolated models.
        objects: ClassVar[models.Manager["Folder"]] = models.Manager()

        class Meta:
            app_label = "returns_portal"
            db_table = "test_folder"

        def __str__(self) -> str:
            return str(self.pk)

    class Note(crypto.SealedRow):
        """A row with one sealed field of each kind."""

        id = models.UUIDField(primary_key=True, default=uuid.uuid4)
        # Declared before the case on purpose: setting them must not need the key.
        text = SealedTextField(max_length=5000, blank=True)
        other = SealedTextField(blank=True)
        born_on = SealedDateField(blank=True)
        answers = SealedJSONField(default=dict, blank=True)
        folder = models.ForeignKey(Folder, on_delete=models.CASCADE)
        plain = models.CharField(max_length=20, blank=True)
        objects: ClassVar[models.Manager["Note"]] = models.Manager()
        asked: ClassVar[list[uuid.UUID]] = []

        class Meta:
            app_label = "returns_portal"
            db_table = "test_note"

        def __str__(self) -> str:
            return str(self.pk)

        def sealing_key(self) -> bytes:
            Note.asked.append(self.pk)
            if not self.folder.key:
                raise Shredded
            return bytes(self.folder.key)


TABLES = """
CREATE TEMPORARY TABLE test_folder (id uuid PRIMARY KEY, key bytea) ON COMMIT DROP;
CREATE TEMPORARY TABLE test_note (id uuid PRIMARY KEY, text bytea, other bytea, born_on bytea, answers bytea,
    folder_id uuid NOT NULL, plain varchar(20) NOT NULL) ON COMMIT DROP;
"""


@pytest.fixture
def folder(db: None) -> Folder:
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
    Note.asked.clear()
    return Folder.objects.create(key=os.urandom(32))


def note(folder: Folder, **fields: Any) -> Note:
    return Note.objects.create(folder=folder, **fields)


def column(row: Note, name: str) -> bytes | None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {name} FROM test_note WHERE id = %s", [row.pk])  # noqa: S608  # names from this file
        value = cursor.fetchone()[0]
    return None if value is None else bytes(value)


# --- Bytes, keys, files ---


def test_bytes_open_only_with_their_key_and_their_place() -> None:
    sealed = crypto.seal_bytes(KEY, b"Drita", b"a.b.1")
    assert crypto.open_bytes(KEY, sealed, b"a.b.1") == b"Drita"
    assert b"Drita" not in sealed
    assert sealed != crypto.seal_bytes(KEY, b"Drita", b"a.b.1")
    changed = bytes([*sealed[:-1], sealed[-1] ^ 1])
    for key, what, aad in [
        (os.urandom(32), sealed, b"a.b.1"),
        (KEY, sealed, b"a.b.2"),
        (KEY, changed, b"a.b.1"),
        (KEY, sealed[:-1], b"a.b.1"),
        (KEY, b"", b"a.b.1"),
        (KEY, b"\x02" + sealed[1:], b"a.b.1"),
    ]:
        with pytest.raises(Tampered):
            crypto.open_bytes(key, what, aad)


def test_data_keys_survive_the_change_of_the_wrapping_key(settings: Any) -> None:
    old, new = ("old", os.urandom(32)), ("new", os.urandom(32))
    settings.SEALING_KEYS = [old]
    key_id, wrapped, plain = crypto.new_data_key(AAD)
    assert (key_id, len(plain), plain in wrapped) == ("old", 32, False)
    settings.SEALING_KEYS = [new, old]
    assert crypto.new_data_key(AAD)[0] == "new"
    assert crypto.unwrap(key_id, wrapped, AAD) == plain
    again_id, again = crypto.rewrap(key_id, wrapped, AAD)
    assert (again_id, crypto.rewrap(again_id, again, AAD)) == ("new", ("new", again))
    settings.SEALING_KEYS = [new]
    assert crypto.unwrap(again_id, again, AAD) == plain
    with pytest.raises(crypto.KeyMissing):
        crypto.unwrap(key_id, wrapped, AAD)
    with pytest.raises(Tampered):
        crypto.unwrap(again_id, again, b"cases_casekey.2")
    for gone in (None, b""):
        with pytest.raises(Shredded):
            crypto.unwrap(again_id, gone, AAD)


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000])
def test_files_of_every_length_come_back(size: int) -> None:
    content = os.urandom(size)
    sealed = b"".join(crypto.seal_stream(io.BytesIO(content), KEY, b"document"))
    assert b"".join(crypto.open_stream(io.BytesIO(sealed), KEY, b"document")) == content


def test_files_are_refused_when_cut_swapped_changed_or_anothers() -> None:
    sealed = b"".join(crypto.seal_stream(io.BytesIO(os.urandom(200_000)), KEY, b"document"))
    head, chunk = 17, 65_536 + 16
    parts = [sealed[head + i * chunk : head + (i + 1) * chunk] for i in range(4)]
    assert len(parts[3]) == 200_000 - 3 * 65_536 + 16
    faults = {
        "a whole chunk missing at the end": sealed[: head + 3 * chunk],
        "cut in a chunk": sealed[:-5],
        "nothing but the head": sealed[:head],
        "no head": sealed[: head - 1],
        "empty": b"",
        "chunks swapped": sealed[:head] + parts[1] + parts[0] + parts[2] + parts[3],
        "chunk left out": sealed[:head] + parts[0] + parts[2] + parts[3],
        "something after the end": sealed + parts[3],
        "a bit changed": sealed[:-1] + bytes([sealed[-1] ^ 1]),
        "another version": b"\x02" + sealed[1:],
    }
    for fault, what in faults.items():
        with pytest.raises(Tampered):
            b"".join(crypto.open_stream(io.BytesIO(what), KEY, b"document"))
            pytest.fail(fault)
    with pytest.raises(Tampered):
        b"".join(crypto.open_stream(io.BytesIO(sealed), KEY, b"another document"))


# --- Fields ---


def test_values_come_back_and_lie_sealed(folder: Folder) -> None:
    long = "She told us that she wants to go home. " * 100
    row = note(folder, text="Drita Hoxha", other=long, born_on=date(1998, 3, 4), answers={"fear": ["när", 3]})
    read = Note.objects.get(pk=row.pk)
    assert (read.text, read.other, read.born_on, read.answers) == (
        "Drita Hoxha",
        long,
        date(1998, 3, 4),
        {"fear": ["när", 3]},
    )
    for name in ("text", "other", "born_on", "answers"):
        value = column(row, name)
        assert value is not None
        assert not any(marker in value for marker in (b"Drita", b"home", b"1998", b"fear"))
    assert len(column(row, "other") or b"") < len(long) / 5


def test_short_values_do_not_tell_their_length(folder: Folder) -> None:
    assert {len(column(note(folder, text="x" * size), "text") or b"") for size in (1, 5, 30)} == {1 + 12 + 32 + 16}


def test_empty_values_are_null_and_need_no_key(folder: Folder) -> None:
    folder.key = None
    row = note(folder, text="", other=None, born_on=None, answers=None)
    assert [column(row, name) for name in ("text", "other", "born_on", "answers")] == [None] * 4
    read = Note.objects.get(pk=row.pk)
    assert (read.text, read.other, read.born_on, read.answers) == ("", "", None, {})
    assert Note.asked == []


def test_the_key_is_asked_for_only_when_a_value_is_read(folder: Folder) -> None:
    row = note(folder, text="Drita")
    Note.asked.clear()
    read = Note.objects.select_related("folder").get(pk=row.pk)
    read.plain = "seen"
    read.save()
    assert Note.asked == []
    assert read.text == "Drita"
    assert Note.asked == [row.pk]


def test_values_can_be_set_before_the_case(folder: Folder) -> None:
    row = Note(text="Drita", born_on=date(1998, 3, 4))
    assert row.text == "Drita"
    row.folder = folder
    row.save()
    assert (row.text, Note.objects.get(pk=row.pk).born_on) == ("Drita", date(1998, 3, 4))


def test_changes_are_saved_and_reloaded(folder: Folder) -> None:
    row = note(folder, text="Drita", other="stays")
    untouched = column(row, "other")
    stale = Note.objects.get(pk=row.pk)
    row.text = "Arta"
    row.save(update_fields=["text"])
    assert (stale.text, column(row, "other")) == ("Drita", untouched)
    stale.refresh_from_db()
    assert (stale.text, stale.other) == ("Arta", "stays")
    row.text = ""
    row.save()
    assert column(row, "text") is None


def test_deferred_values_are_fetched_when_read(folder: Folder) -> None:
    row = note(folder, text="Drita", other="more")
    assert Note.objects.defer("text").get(pk=row.pk).text == "Drita"
    only = Note.objects.only("plain").get(pk=row.pk)
    only.plain = "x"
    only.save()
    assert (only.text, only.other) == ("Drita", "more")
    changed = Note.objects.only("plain").get(pk=row.pk)
    changed.text = "Arta"
    changed.save()
    assert Note.objects.get(pk=row.pk).text == "Arta"


def test_many_at_once_and_update_or_create(folder: Folder) -> None:
    rows = Note.objects.bulk_create([Note(folder=folder, text=f"Note {i}") for i in range(3)])
    assert [Note.objects.get(pk=row.pk).text for row in rows] == ["Note 0", "Note 1", "Note 2"]
    row, _made = Note.objects.update_or_create(pk=rows[0].pk, defaults={"text": "Changed"})
    assert Note.objects.get(pk=row.pk).text == "Changed"
    new, made = Note.objects.update_or_create(pk=uuid.uuid4(), defaults={"text": "New", "folder": folder})
    assert (made, Note.objects.get(pk=new.pk).text) == (True, "New")


def test_plain_values_never_reach_the_column(folder: Folder) -> None:
    row = note(folder, text="Drita")
    with pytest.raises(TypeError), transaction.atomic():
        Note.objects.filter(pk=row.pk).update(text="Arta")
    row.text = "Arta"
    with pytest.raises(TypeError), transaction.atomic():
        Note.objects.bulk_update([row], ["text"])
    Note.objects.filter(pk=row.pk).update(text=None)
    assert column(row, "text") is None


def test_sealed_values_cannot_be_searched(folder: Folder) -> None:
    row = note(folder, text="Drita")
    for lookup in ("text", "text__exact", "text__in", "text__contains", "answers__fear", "born_on__year"):
        with pytest.raises(FieldError):
            list(Note.objects.filter(**{lookup: ["Drita"]}))
    assert list(Note.objects.filter(text__isnull=False)) == [row]
    assert Note.objects.exclude(text__isnull=False).count() == 0


def test_whatever_reads_rows_without_asking_sees_ciphertext(folder: Folder) -> None:
    row = note(folder, text="Drita", born_on=date(1998, 3, 4))
    (value,) = Note.objects.values_list("text", flat=True)
    (values,) = Note.objects.values("born_on")
    dump = serializers.serialize("json", [row])
    pending = Note(text="Drita")
    for shown in (repr(value), str(value), str(values), dump, repr(row), repr(vars(pending)), f"{vars(row)}"):
        assert "Drita" not in shown
        assert "1998" not in shown


@pytest.mark.asvs("11.3.3")
def test_ciphertext_moved_to_another_row_column_or_case_is_refused(folder: Folder) -> None:
    mine, theirs = note(folder, text="Drita"), note(folder, text="Arta", other="x")
    foreign = Folder.objects.create(key=os.urandom(32))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE test_note SET text = (SELECT text FROM test_note WHERE id = %s)", [mine.pk])
        cursor.execute("UPDATE test_note SET other = text WHERE id = %s", [mine.pk])
    assert Note.objects.get(pk=mine.pk).text == "Drita"
    with pytest.raises(Tampered):
        _ = Note.objects.get(pk=theirs.pk).text
    with pytest.raises(Tampered):
        _ = Note.objects.get(pk=mine.pk).other
    Note.objects.filter(pk=mine.pk).update(folder=foreign)
    with pytest.raises(Tampered):
        _ = Note.objects.get(pk=mine.pk).text


def test_a_copied_row_is_refused_before_it_is_written(folder: Folder) -> None:
    row = note(folder, text="Drita")
    row.pk, row._state.adding = uuid.uuid4(), True
    with pytest.raises(Tampered), transaction.atomic():
        row.save()
    assert Note.objects.count() == 1


def test_a_shredded_row_still_loads_counts_and_reloads(folder: Folder) -> None:
    row = note(folder, text="Drita")
    Folder.objects.update(key=None)
    read = Note.objects.select_related("folder").get(pk=row.pk)
    read.refresh_from_db()
    assert (read.plain, Note.objects.filter(text__isnull=False).count()) == ("", 1)
    with pytest.raises(Shredded):
        _ = read.text
    with pytest.raises(Shredded):
        read.other = "more"
        read.save()


def test_a_form_shows_checks_and_saves(folder: Folder) -> None:
    class NoteForm(forms.ModelForm):
        class Meta:
            model = Note
            fields = ("text", "other")

    row = note(folder, text="Drita", other="line")
    form = NoteForm(instance=row)
    assert (form.initial["text"], form.initial["other"]) == ("Drita", "line")
    assert isinstance(form.fields["other"].widget, forms.Textarea)
    assert isinstance(form.fields["text"].widget, forms.TextInput)
    form = NoteForm({"text": "Arta", "other": "line"}, instance=row)
    assert form.changed_data == ["text"]
    form.save()
    assert Note.objects.get(pk=row.pk).text == "Arta"
    assert not NoteForm({"text": "x" * 5001, "other": ""}, instance=row).is_valid()
    row.text = "x" * 5001
    with pytest.raises(ValidationError):
        row.clean_fields()


def test_the_day_field_takes_a_day_in_a_form(folder: Folder) -> None:
    class DayForm(forms.ModelForm):
        class Meta:
            model = Note
            fields = ("born_on",)

    row = note(folder, born_on=date(1998, 3, 4))
    assert DayForm(instance=row).initial["born_on"] == date(1998, 3, 4)
    DayForm({"born_on": "1997-01-02"}, instance=row).save()
    assert Note.objects.get(pk=row.pk).born_on == date(1997, 1, 2)


def test_migrations_carry_no_more_than_needed() -> None:
    _name, path, args, kwargs = Note._meta.get_field("text").deconstruct()
    assert (path, args, kwargs) == (
        "returns_portal.crypto.SealedTextField",
        [],
        {"max_length": 5000, "blank": True},
    )
    copy: Any = SealedTextField(*args, **kwargs)
    assert (copy.null, copy.serialize, copy.max_length) == (True, False, 5000)
    assert Note._meta.get_field("born_on").db_type(connection) == "bytea"


# --- What an attacker with the database might try ---


@pytest.mark.asvs("11.3.4")
def test_a_million_nonces_are_all_different() -> None:
    # GCM is lost when one key meets one nonce twice.
    million = 1_000_000
    assert len({crypto.seal_bytes(KEY, b"", b"")[1:13] for _turn in range(million)}) == million


@pytest.mark.asvs("11.3.4")
def test_chunks_of_files_never_share_key_and_nonce() -> None:
    content = bytes(3 * 65_536)
    first, second = (b"".join(crypto.seal_stream(io.BytesIO(content), KEY, b"document")) for _turn in range(2))
    assert first[1:17] != second[1:17]  # the salt, of which each file's own key is made
    size = 65_536 + 16
    chunks = [sealed[17 + i * size : 17 + (i + 1) * size][:65_536] for sealed in (first, second) for i in range(3)]
    assert len(set(chunks)) == 6  # the same zeros, six times sealed


@pytest.mark.asvs("11.3.3")
def test_every_changed_byte_and_every_cut_is_noticed() -> None:
    sealed = crypto.seal_bytes(KEY, b"Drita", b"a.b.1")
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        for what in (bytes(changed), sealed[:place], sealed[place + 1 :]):
            with pytest.raises(Tampered):
                crypto.open_bytes(KEY, what, b"a.b.1")


@pytest.mark.asvs("11.3.2")
def test_the_cipher_is_aes_gcm_with_256_bits_and_a_full_tag(folder: Folder) -> None:
    sealed = column(note(folder, text="Drita"), "text") or b""
    assert (sealed[:1], len(sealed)) == (b"\x01", 1 + 12 + 32 + 16)
    key = folder.key or b""
    assert len(key) == 32
    aad = f"test_note.text.{Note.objects.get().pk}".encode()
    opened = Cipher(algorithms.AES(key), modes.GCM(sealed[1:13], sealed[-16:])).decryptor()
    opened.authenticate_additional_data(aad)
    assert opened.update(sealed[13:-16]) + opened.finalize() == b"\x00Drita\x80" + bytes(25)


@pytest.mark.asvs("11.3.3")
def test_a_value_belongs_to_one_table(folder: Folder) -> None:
    row = note(folder, text="Drita")
    sealed = column(row, "text") or b""
    key = bytes(folder.key or b"")
    assert b"Drita" in crypto.open_bytes(key, sealed, f"test_note.text.{row.pk}".encode())
    for place in (f"test_folder.text.{row.pk}", f"test_note.other.{row.pk}", f"test_note.text.{uuid.uuid4()}", ""):
        with pytest.raises(Tampered):
            crypto.open_bytes(key, sealed, place.encode())


@pytest.mark.asvs("11.3.3")
def test_an_older_value_of_the_same_row_is_the_only_thing_that_can_be_put_back(folder: Folder) -> None:
    """Said plainly: a row restored from a backup opens, for it is that row."""
    row = note(folder, text="Drita")
    before = column(row, "text")
    row.text = "Arta"
    row.save()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE test_note SET text = %s WHERE id = %s", [before, row.pk])
    assert Note.objects.get(pk=row.pk).text == "Drita"


def test_a_case_key_moved_to_another_case_does_not_open(make_case: Any) -> None:
    mine, theirs = make_case(), make_case()
    wrapped = bytes(mine.key.wrapped)
    type(mine.key).objects.filter(pk=theirs.pk).update(wrapped=wrapped)
    with pytest.raises(Tampered):
        type(mine).objects.get(pk=theirs.pk).sealing_key()


def test_a_key_is_unwrapped_once_for_an_instance(make_case: Any) -> None:
    case = make_case()
    assert case.key.open() is case.key.open()
    assert str(case.key) == case.key.key_id
    assert crypto.WrappedKey.wrap_aad is not type(case.key).wrap_aad
    with pytest.raises(NotImplementedError):
        crypto.WrappedKey.wrap_aad(case.key)
    with pytest.raises(NotImplementedError):
        crypto.SealedRow.sealing_key(case)


def test_errors_never_say_what_was_sealed(folder: Folder) -> None:
    row = note(folder, text="Drita")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE test_note SET other = text WHERE id = %s", [row.pk])
    with pytest.raises(Tampered) as caught:
        _ = Note.objects.get(pk=row.pk).other
    assert (str(caught.value), caught.value.__cause__) == ("", None)
