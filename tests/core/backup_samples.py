"""A database with stored files, its backups, and places to restore them to."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core.audit import OPERATOR
from core.backup import Made, make_backup
from core.database import Database, all_tables
from core.files import store_file
from core.settings import settings
from tests.web.visiting import setting

CONTENTS = (b"a photo of trees", b"the minutes of a meeting" * 1000, b"an edition, as issued")


@contextmanager
def own_place(monkeypatch: pytest.MonkeyPatch, folder: Path, **more: str) -> Iterator[Path]:
    """Files, secrets and backups of the program stand in this folder."""
    places = {"files_folder": str(folder / "files"), "secrets_file": str(folder / "secrets")}
    with setting(monkeypatch, **places, **more):
        yield folder


def with_files(database: Database) -> None:
    """Three files and the secrets."""
    with database.writing() as session:
        for number, content in enumerate(CONTENTS):
            store_file(session, content, f"文件{number}.jpg", "image/jpeg", by=OPERATOR)
    settings().secrets_file.parent.mkdir(parents=True, exist_ok=True)
    settings().secrets_file.write_text("a secret of this installation")


def url_of(database: Database) -> str:
    return database.url.render_as_string(hide_password=False)


def everything(database: Database) -> dict[str, list[Any]]:
    """All rows of all tables."""
    with database.reading() as session:
        return {table.name: sorted(map(repr, session.execute(table.select()))) for table in all_tables().sorted_tables}


def backed_up(database: Database, folder: Path, keep: int = 5) -> Made:
    return make_backup(database, folder / "backups", keep)


def shown(folder: Path) -> list[str]:
    """What stands in a folder, by name."""
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
