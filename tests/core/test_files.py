"""Stored files: whole or not there, shared by content, kept under plain names."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.audit import OPERATOR
from core.database import Database
from core.files import FileGone, StoredFile, path_of, store_file
from core.settings import settings
from tests.together import at_once


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("QINGSHAN_FILES_FOLDER", str(tmp_path / "files"))
    settings.cache_clear()
    yield tmp_path / "files"
    settings.cache_clear()


def stored(database: Database, content: bytes, name: str = "台账.xlsx") -> StoredFile:
    with database.writing() as session:
        row = store_file(session, content, name, "application/octet-stream", by=OPERATOR)
        session.expunge(row)
    return row


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_file_is_found_again_with_its_bytes(database: Database, folder: Path) -> None:
    row = stored(database, b"one")
    assert path_of(row).read_bytes() == b"one"
    assert (row.name, row.size_bytes) == ("台账.xlsx", 3)
    assert path_of(row).stat().st_mode & 0o077 == 0, "nobody else on the machine reads it"


def test_two_files_with_the_same_content_share_the_bytes_and_keep_their_names(
    sqlite_database: Database, folder: Path
) -> None:
    first, second = stored(sqlite_database, b"same", "一.csv"), stored(sqlite_database, b"same", "二.csv")
    assert (first.id, first.name) != (second.id, second.name)
    assert files_in(folder) == [path_of(first)] == [path_of(second)]


def test_many_who_store_the_same_content_at_once_all_find_it_whole(database: Database, folder: Path) -> None:
    content = os.urandom(3_000_000)
    outcomes = at_once(*[lambda: path_of(stored(database, content)).read_bytes() == content] * 6)
    assert outcomes == [True] * 6
    assert len(files_in(folder)) == 1, "no partial file is left"


def test_bytes_that_were_cut_short_are_written_anew(sqlite_database: Database, folder: Path) -> None:
    row = stored(sqlite_database, b"the whole content")
    path_of(row).write_bytes(b"the who")
    assert path_of(stored(sqlite_database, b"the whole content")).read_bytes() == b"the whole content"


def test_a_folder_that_cannot_be_written_stores_no_record(sqlite_database: Database, folder: Path) -> None:
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("a file stands where the folder should be")
    with pytest.raises(OSError, match="files"):
        stored(sqlite_database, b"one")
    with sqlite_database.reading() as session:
        assert session.get(StoredFile, 1) is None


def test_a_file_that_was_removed_behind_our_back_is_told_as_gone(sqlite_database: Database, folder: Path) -> None:
    row = stored(sqlite_database, b"one")
    path_of(row).unlink()
    with pytest.raises(FileGone, match=r"台账\.xlsx"):
        path_of(row)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("C:\\temp\\三月.xlsx", "三月.xlsx"),
        ("../../etc/passwd", "passwd"),
        ("a\x00b\r\nc.csv", "abc.csv"),
        ("好\ud800.csv", "好.csv"),
        ("gpj.\u202excs.exe", "gpj.xcs.exe"),
        ("", "file"),
        ("folder/", "file"),
        ("长" * 300 + ".xlsx", "长" * 195 + ".xlsx"),
    ],
)
def test_a_name_is_kept_without_what_could_do_harm(database: Database, folder: Path, name: str, kept: str) -> None:
    assert stored(database, name.encode("utf-8", "surrogatepass"), name).name == kept
