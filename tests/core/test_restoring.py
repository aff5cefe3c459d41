"""Restoring: all comes back as it was, older tables are upgraded, what stood there is moved aside, refusals change nothing."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import text

from core import restoring, schema
from core.audit import OPERATOR
from core.backup_manifest import read_manifest
from core.database import Database
from core.files import damaged_files
from core.holding import InUse
from core.people import add_person
from core.restoring import NoSpace, NotEmpty, OtherKind, Unusable, restore
from core.settings import settings
from reports.self_check import mismatches
from tests.core.backup_samples import CONTENTS, backed_up, everything, own_place, shown, url_of, with_files
from tests.migrations.test_upgrading import DUMPS, load


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    with own_place(monkeypatch, tmp_path):
        yield tmp_path


@pytest.fixture
def another(request: pytest.FixtureRequest, stored: Database) -> Iterator[Callable[[], Database]]:
    """Makes an empty database of the same kind."""
    with ExitStack() as lent:
        copies = request.getfixturevalue("sqlite_copies" if stored.is_sqlite else "postgresql_copies")
        yield lambda: lent.enter_context(copies.lent())


def emptied(place: Path) -> None:
    """The disk of the server is gone; the backups are not."""
    shutil.rmtree(settings().files_folder)
    settings().secrets_file.unlink()


def test_everything_comes_back(stored: Database, another: Callable[[], Database], place: Path) -> None:
    with_files(stored)
    before, made, target = everything(stored), backed_up(stored, place), another()
    emptied(place)
    found = restore(made.path, url_of(target), replace=False)
    assert (found.manifest, found.files, found.aside) == (made.manifest, len(CONTENTS), ())
    assert everything(target) == before
    assert schema.differences(target) == []
    with target.reading() as session:
        assert damaged_files(session) == []
        assert mismatches(session) == []
    assert settings().secrets_file.read_text() == "a secret of this installation"
    assert settings().secrets_file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(Exception, match="append-only"), target.writing() as session:
        session.execute(text("DELETE FROM audit_entry"))
    with target.writing() as session:  # and it counts on
        add_person(session, "wang", "王某", None, by=OPERATOR)


def test_what_stands_there_is_refused_and_with_replace_moved_aside(stored: Database, place: Path) -> None:
    with_files(stored)
    made, before = backed_up(stored, place), everything(stored)
    with stored.writing() as session:
        add_person(session, "wang", "王某", None, by=OPERATOR)
    later = everything(stored)
    settings().secrets_file.write_text("another secret")
    stored.close()
    with pytest.raises(NotEmpty):
        restore(made.path, url_of(stored), replace=False)
    assert everything(stored) == later
    stored.close()
    found = restore(made.path, url_of(stored), replace=True)
    assert everything(stored) == before
    assert len(found.aside) == 2
    assert Path(found.aside[0]).read_text() == "another secret"
    if stored.is_sqlite:
        aside = Database(f"sqlite:///{found.aside[1]}")
        assert everything(aside) == later
        aside.close()
        Path(found.aside[1]).unlink()
    else:
        with stored.reading() as session:
            rows = session.execute(text(f"SELECT count(*) FROM {found.aside[1].split()[1]}.person")).scalar_one()
        assert rows == len(later["person"])


def test_damaged_files_of_the_store_are_healed_and_new_ones_stay(stored: Database, place: Path) -> None:
    with_files(stored)
    made = backed_up(stored, place)
    damaged = sorted(settings().files_folder.glob("*/*"))[0]
    damaged.write_bytes(b"damaged")
    later = settings().files_folder / "ff" / "later"
    later.parent.mkdir(exist_ok=True)
    later.write_bytes(b"a file of after the backup")
    stored.close()
    assert restore(made.path, url_of(stored), replace=True).files == 1
    assert later.exists()
    with stored.reading() as session:
        assert damaged_files(session) == []


@pytest.mark.parametrize("how", ["gone", "changed"])
def test_a_damaged_backup_changes_nothing(
    stored: Database, another: Callable[[], Database], place: Path, how: str
) -> None:
    with_files(stored)
    made, target = backed_up(stored, place), another()
    emptied(place)
    victim = made.path / made.manifest.files[-1].path
    victim.unlink() if how == "gone" else victim.write_bytes(b"changed")
    with pytest.raises(Unusable) as raised:
        restore(made.path, url_of(target), replace=False)
    code = "KeptFileMissing" if how == "gone" else "KeptFileDamaged"
    assert [problem.code for problem in raised.value.problems] == [code]
    assert schema.revision_of(target) is None
    assert not settings().files_folder.exists()


def test_a_database_in_use_is_refused(stored: Database, place: Path) -> None:
    made = backed_up(stored, place)
    server = Database(url_of(stored))
    with server.reading() as session:
        session.execute(text("SELECT 1 FROM person"))
    with pytest.raises(InUse, match="qingshan serve"):
        restore(made.path, url_of(stored), replace=True)
    server.close()
    stored.close()
    assert restore(made.path, url_of(stored), replace=True).aside


def test_a_backup_of_the_other_kind_says_what_to_do(
    sqlite_stored: Database, postgresql_database: Database, place: Path
) -> None:
    made = backed_up(sqlite_stored, place)
    with pytest.raises(OtherKind, match="migrate-database"):
        restore(made.path, url_of(postgresql_database), replace=True)


def test_without_room_nothing_is_begun(
    stored: Database, another: Callable[[], Database], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_files(stored)
    made, target = backed_up(stored, place), another()
    emptied(place)
    usage = shutil.disk_usage(place)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=10))
    with pytest.raises(NoSpace):
        restore(made.path, url_of(target), replace=False)
    assert schema.revision_of(target) is None
    assert not settings().files_folder.exists()


def test_a_backup_of_a_newer_program_is_refused(stored: Database, another: Callable[[], Database], place: Path) -> None:
    with stored.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    made = backed_up(stored, place)
    with pytest.raises(Unusable) as raised:
        restore(made.path, url_of(another()), replace=False)
    assert [problem.code for problem in raised.value.problems] == ["RevisionUnknown"]
    assert "请先升级程序" in str(raised.value.problems[0])


@pytest.mark.parametrize("dump", DUMPS, ids=lambda dump: dump.stem)
def test_a_backup_of_older_tables_is_upgraded(empty_database: Database, place: Path, dump: Path) -> None:
    schema.upgrade(empty_database, dump.stem)
    load(empty_database, dump)
    made = backed_up(empty_database, place)
    assert read_manifest(made.path).revision == dump.stem
    empty_database.close()
    assert restore(made.path, url_of(empty_database), replace=True).upgraded_from == dump.stem
    assert schema.revision_of(empty_database) == schema.newest_revision()
    assert schema.differences(empty_database) == []
    with empty_database.reading() as session:
        assert mismatches(session, 20244) == []


def test_a_restore_that_fails_at_the_end_leaves_what_was_there(
    stored: Database, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_files(stored)
    made, before = backed_up(stored, place), everything(stored)
    settings().secrets_file.write_text("another secret")
    stored.close()

    def broken(*_arguments: object) -> None:
        raise OSError("the disk went away")

    monkeypatch.setattr(schema, "upgrade", broken)
    with pytest.raises(OSError, match="went away"):
        restore(made.path, url_of(stored), replace=True)
    assert everything(stored) == before
    assert settings().secrets_file.read_text() == "another secret"
    assert not [name for name in shown(place) if restoring._ASIDE in name]
