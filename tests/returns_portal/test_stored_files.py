"""How files lie on disk: sealed, whole or not at all, under names that nobody outside can say."""

import os
import stat
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

from returns_portal import uploads
from returns_portal.actor import acting_as_system
from returns_portal.crypto import Tampered
from returns_portal.uploads import disk

KEY = os.urandom(32)
DOCUMENT = uuid.uuid4()


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.UPLOADS_DIR = tmp_path / "uploads"
    return tmp_path / "uploads"


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.asvs("5.3.2")
def test_files_lie_sealed_under_names_of_our_own(folder: Path) -> None:
    content = b"Drita Hoxha " * 20_000
    stored_as = uploads.store(DOCUMENT, KEY, content)
    (path,) = files(folder)
    assert path == folder / stored_as
    assert str(DOCUMENT) not in stored_as
    assert b"Drita" not in path.read_bytes()
    modes = [stat.S_IMODE(each.stat().st_mode) for each in (folder, path.parent, path)]
    assert modes == [0o700, 0o700, 0o600]
    assert uploads.read(stored_as, DOCUMENT, KEY) == content
    uploads.remove(stored_as)
    uploads.remove(stored_as)
    assert files(folder) == []


def test_anothers_or_a_changed_file_does_not_open(folder: Path) -> None:
    stored_as = uploads.store(DOCUMENT, KEY, b"x" * 100)
    for document, key in ((uuid.uuid4(), KEY), (DOCUMENT, os.urandom(32))):
        with pytest.raises(Tampered):
            uploads.read(stored_as, document, key)
    (folder / stored_as).write_bytes((folder / stored_as).read_bytes()[:-1])
    with pytest.raises(Tampered):
        uploads.read(stored_as, DOCUMENT, KEY)


def test_the_file_as_it_came_does_not_open_as_the_one_made_anew(folder: Path) -> None:
    as_it_came = uploads.store(DOCUMENT, KEY, b"with a script", part="original")
    assert uploads.read(as_it_came, DOCUMENT, KEY, part="original") == b"with a script"
    with pytest.raises(Tampered):
        uploads.read(as_it_came, DOCUMENT, KEY)


@pytest.mark.asvs("5.3.2")
@pytest.mark.parametrize("name", ["../secret", "ab/../../secret", "/etc/passwd", "", f"ab/{'a' * 32}\n"])
def test_no_other_file_can_be_named(folder: Path, name: str) -> None:
    for act in (lambda: uploads.read(name, DOCUMENT, KEY), lambda: uploads.remove(name)):
        with pytest.raises(ValueError, match="Not the name"):
            act()


@pytest.mark.parametrize("place", ["fsync", "mkdir", "rename"])
def test_a_full_disk_leaves_nothing_behind(folder: Path, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: Any, **_kwargs: Any) -> None:
        raise OSError(28, "No space left on device", "/somewhere/secret")

    monkeypatch.setattr(os if place == "fsync" else Path, place, full)
    with pytest.raises(uploads.UploadFailed) as failure:
        uploads.store(DOCUMENT, KEY, b"x" * 100)
    assert str(failure.value) == "No space left on device"
    assert files(folder) == []


# --- What is left over


def lay(folder: Path, *, hours_ago: float, name: str = "") -> Path:
    """A stored file of some age that no row names."""
    path = folder / (name or uploads.store(uuid.uuid4(), KEY, b"x"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (time.time() - hours_ago * 3600,) * 2)
    return path


def sweep() -> int:
    with acting_as_system("uploads"):
        return uploads.sweep()


def test_a_file_without_a_row_is_swept_after_a_day(db: None, folder: Path) -> None:
    fresh, old = lay(folder, hours_ago=23), lay(folder, hours_ago=25)
    half = lay(folder, hours_ago=25, name=f"ab/{'a' * 32}.part")
    elsewhere = lay(folder, hours_ago=25, name="readme")
    assert sweep() == 2
    assert (fresh.exists(), old.exists(), half.exists(), elsewhere.exists()) == (True, False, False, True)


def test_a_sweep_that_has_lost_sight_of_the_rows_takes_nothing(
    db: None, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "FEW", 2)
    lying = [lay(folder, hours_ago=25) for _number in range(3)]
    assert sweep() == 0
    assert all(path.exists() for path in lying)


@pytest.mark.parametrize("who", ["", "nobody-knows-this-part"])
def test_whoever_does_not_see_every_row_sweeps_nothing(db: None, folder: Path, who: str) -> None:
    old = lay(folder, hours_ago=25)
    with acting_as_system(who), pytest.raises(disk.RowsOutOfSight):
        uploads.sweep()
    assert old.exists()


def test_there_may_be_no_folder_yet(db: None, folder: Path) -> None:
    assert sweep() == 0
