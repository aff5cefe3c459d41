"""Backups: whole, verified, made while others write, shared bytes, rotated; and every kind of damage is found."""

import json
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from core.audit import OPERATOR
from core.backup import BackupFolderUnusable, NothingToBackUp, make_backup
from core.backup_manifest import ManifestDamaged, NoBackup, OtherFormat, backups_in, read_manifest, write_manifest
from core.backup_verifying import verify
from core.database import Database
from core.durable import sha256_of
from core.files import store_file
from core.holding import CareTaken, one_at_a_time
from core.people import add_person
from core.settings import settings
from tests.core.backup_samples import CONTENTS, backed_up, own_place, shown, with_files


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    with own_place(monkeypatch, tmp_path):
        yield tmp_path


def codes(folder: Path) -> list[str]:
    """What verifying finds."""
    return [problem.code for problem in verify(folder)[1]]


def test_a_backup_holds_database_files_and_secrets_and_verifies(stored: Database, place: Path) -> None:
    with_files(stored)
    made = backed_up(stored, place)
    manifest, problems = verify(made.path)
    assert problems == []
    assert manifest == made.manifest
    assert manifest.kind == ("sqlite" if stored.is_sqlite else "postgresql")
    assert manifest.tables["stored_file"] == len(CONTENTS)
    assert manifest.tables["project"] == 5
    kept = {file.path: file.sha256 for file in manifest.files}
    assert len(kept) == 2 + len(CONTENTS)
    assert {path: sha256_of(made.path / path) for path in kept} == kept
    assert (made.path / "secrets").read_text() == "a secret of this installation"
    assert stat.S_IMODE((made.path / "secrets").stat().st_mode) == 0o600
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o700
    assert shown(place / "backups") == [made.path.name]


def test_bytes_of_files_are_shared_between_backups(stored: Database, place: Path) -> None:
    with_files(stored)
    first = backed_up(stored, place)
    with stored.writing() as session:
        store_file(session, b"a new one", "new.jpg", "image/jpeg", by=OPERATOR)
    second = backed_up(stored, place)
    names = [file.path for file in first.manifest.files if file.path.startswith("files/")]
    assert len(names) == len(CONTENTS)
    assert all((first.path / name).samefile(second.path / name) for name in names)
    assert len(second.manifest.files) == len(first.manifest.files) + 1
    assert not (second.path / names[0]).samefile(settings().files_folder / names[0].removeprefix("files/"))


def test_bytes_that_rotted_in_an_earlier_backup_are_not_shared(stored: Database, place: Path) -> None:
    with_files(stored)
    first = backed_up(stored, place)
    name = first.manifest.files[-1].path
    (first.path / name).write_bytes(b"rotten")
    assert codes(first.path) == ["KeptFileDamaged"]
    assert codes(backed_up(stored, place).path) == []


def test_only_the_newest_stay_and_the_last_complete_one_always(stored: Database, place: Path) -> None:
    with_files(stored)
    made = [backed_up(stored, place, keep=2) for _ in range(4)]
    assert shown(place / "backups") == sorted(one.path.name for one in made[2:])
    assert made[3].removed == (made[1].path,)
    for one in (place / "backups").glob("*/files"):  # neither here nor in the store
        for file in one.glob("*/*"):
            file.unlink()
    for file in settings().files_folder.glob("*/*"):
        file.unlink()
    for _ in range(3):
        assert not backed_up(stored, place, keep=2).manifest.complete
    complete = [one.path for one in backups_in(place / "backups") if one.manifest and one.manifest.complete]
    assert complete == [made[3].path]


def test_a_lost_file_is_told_and_the_rest_is_backed_up(stored: Database, place: Path) -> None:
    with_files(stored)
    lost = sorted(settings().files_folder.glob("*/*"))[0]
    lost.write_bytes(b"damaged")
    made = backed_up(stored, place)
    assert [file.sha256 for file in made.manifest.lost] == [lost.name]
    assert codes(made.path) == ["StoredFileLost"]


def test_two_do_not_run_at_once_and_cleaning_waits(stored: Database, place: Path) -> None:
    from core.cleaning import clean

    other = Database(stored.url.render_as_string(hide_password=False))
    with one_at_a_time(other):
        with pytest.raises(CareTaken):
            backed_up(stored, place)
        with pytest.raises(CareTaken):
            clean(stored, 1, by=OPERATOR)
    other.close()
    assert backed_up(stored, place).manifest.complete


def test_a_backup_made_while_others_write_is_of_one_moment(stored: Database, place: Path) -> None:
    with_files(stored)
    over = threading.Event()

    def write() -> None:
        number = 0
        while not over.is_set():
            with stored.writing() as session:
                number += 1
                add_person(session, f"p{number}", "甲", None, by=OPERATOR)
                store_file(session, b"%d" % number, f"{number}.jpg", "image/jpeg", by=OPERATOR)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = [backed_up(stored, place) for _ in range(3)]
    finally:
        over.set()
        writer.join()
    for one in made:
        assert codes(one.path) == []
        tables = one.manifest.tables
        # A person and a file are one transaction: neither is there without the other.
        assert tables["person"] == tables["stored_file"] - len(CONTENTS)
    assert made[0].manifest.tables["person"] < made[2].manifest.tables["person"]


@pytest.mark.parametrize("victim", ["database", "file", "secrets", "manifest"])
@pytest.mark.parametrize("how", ["gone", "changed", "cut"])
def test_every_damage_is_found(stored: Database, place: Path, victim: str, how: str) -> None:
    with_files(stored)
    made = backed_up(stored, place)
    paths = {"database": made.manifest.database, "file": made.manifest.files[-1].path, "secrets": "secrets"}
    path = made.path / paths.get(victim, "manifest.json")
    content = path.read_bytes()
    if how == "gone":
        path.unlink()
    elif how == "cut":
        path.write_bytes(content[: len(content) // 2])
    else:
        path.write_bytes(content[:-9] + bytes(one ^ 1 for one in content[-9:]))
    if victim == "manifest":
        with pytest.raises(NoBackup if how == "gone" else ManifestDamaged):
            verify(made.path)
        return
    assert ("KeptFileMissing" if how == "gone" else "KeptFileDamaged") in codes(made.path)


def test_rows_that_no_longer_fit_are_found_though_every_hash_is_right(sqlite_stored: Database, place: Path) -> None:
    import sqlite3
    from dataclasses import replace

    with_files(sqlite_stored)
    made = backed_up(sqlite_stored, place)
    copy = made.path / "database.sqlite3"

    def changed(*statements: str) -> list[str]:
        connection = sqlite3.connect(copy, isolation_level=None)
        for statement in statements:
            connection.execute(statement)
        connection.close()
        files = [
            replace(file, size=copy.stat().st_size, sha256=sha256_of(copy)) if file.path == copy.name else file
            for file in made.manifest.files
        ]
        write_manifest(made.path, replace(made.manifest, files=tuple(files)))
        return codes(made.path)

    assert changed("UPDATE stored_file SET sha256 = 'elsewhere' WHERE id = 1") == ["NotInBackup"]
    assert changed("DELETE FROM stored_file WHERE id = 1") == ["RowsDiffer"]
    assert changed("PRAGMA foreign_keys=OFF", "UPDATE project SET plan_id = 4711 WHERE id = 1") == ["CopyDamaged"]


def test_a_backup_of_a_newer_program_or_another_format_is_told_apart(stored: Database, place: Path) -> None:
    made = backed_up(stored, place)
    with stored.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert "RevisionUnknown" in codes(backed_up(stored, place).path)
    told = json.loads((made.path / "manifest.json").read_text())
    (made.path / "manifest.json").write_text(json.dumps({**told, "format": 2}))
    sum_ = sha256_of(made.path / "manifest.json")
    (made.path / "manifest.json.sha256").write_text(f"{sum_}  manifest.json\n")
    with pytest.raises(OtherFormat):
        read_manifest(made.path)


def test_what_cannot_be_backed_up_says_so(empty_database: Database, place: Path) -> None:
    with pytest.raises(NothingToBackUp):
        make_backup(empty_database, place / "backups", 3)
    assert shown(place / "backups") == []


def test_a_folder_that_takes_nothing_is_told(stored: Database, place: Path) -> None:
    (place / "backups").write_text("a file where the folder should be")
    with pytest.raises(BackupFolderUnusable, match="没有留下不完整的备份"):
        backed_up(stored, place)
