"""Moving a database to the other kind and back: every row equal on both sides, or nothing is moved."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import Connection, Table, text
from sqlmodel import col, select

from core import moving, schema
from core.audit import OPERATOR, AuditEntry
from core.database import Database
from core.files import damaged_files, store_file
from core.holding import InUse
from core.moving import SourceOutdated, TargetNotEmpty, Unequal, move_database
from core.people import add_person
from core.settings import settings
from reports.self_check import mismatches
from tests.core.backup_samples import CONTENTS, everything, own_place, url_of, with_files
from tests.migrations.test_upgrading import DUMPS, load
from tests.web.visiting import setting

COUNTERS = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    with own_place(monkeypatch, tmp_path):
        yield tmp_path


Another = Callable[[Database], Database]


@pytest.fixture
def another(request: pytest.FixtureRequest) -> Iterator[Another]:
    """An empty database of the other kind."""
    with ExitStack() as lent:

        def make(database: Database) -> Database:
            copies = request.getfixturevalue("postgresql_copies" if database.is_sqlite else "sqlite_copies")
            return lent.enter_context(copies.lent())

        yield make


def filled(database: Database) -> None:
    """Rows of nearly every table, with what a move may stumble over."""
    schema.upgrade(database, DUMPS[-1].stem)
    load(database, DUMPS[-1])
    schema.upgrade(database)
    with database.writing() as session:
        if not database.is_sqlite:  # the dump brings its own numbers
            for name in ("stored_file", "audit_entry"):
                session.execute(text(f"SELECT setval('{name}_id_seq', (SELECT max(id) FROM {name}))"))
        # Texts that a text format may spoil, keys that languages sort otherwise, and one that points to one after it.
        add = text(
            "INSERT INTO jurisdiction (code, name, name_en, level, parent_code) VALUES (:code, :name, 'X', 1, :parent)"
        )
        for code, parent in (("王", None), ("Zhang", None), ("li", None), ("_x", "王")):
            session.execute(add, {"code": code, "name": "“县”\\ \t\n😀", "parent": parent})
    with_files(database)


def test_everything_is_moved_and_moved_back(empty_database: Database, another: Another, place: Path) -> None:
    source, target = empty_database, another(empty_database)
    filled(source)
    before = everything(source)
    source.close()
    move = move_database(url_of(source), url_of(target), files_to=None)
    assert all(one.equal for one in move.tables)
    assert {one.table: one.rows for one in move.tables} == {name: len(rows) for name, rows in before.items()}
    assert len([one for one in move.tables if one.rows]) > 30
    assert (move.files, move.copied, move.lost) != (0, 0, ())
    with target.reading() as session:
        assert mismatches(session, 20244) == []
    assert schema.differences(target) == []
    target.close()

    back = another(target)
    again = move_database(url_of(target), url_of(back), files_to=None)
    assert [(one.table, one.sha256) for one in again.tables] == [(one.table, one.sha256) for one in move.tables]
    assert everything(back) == before
    for database in (target, back):
        with pytest.raises(Exception, match="append-only"), database.writing() as session:
            session.execute(text("UPDATE audit_entry SET actor = 'x'"))
        with database.writing() as session:  # ids go on after the highest
            add_person(session, "new-one", "新人", None, by=OPERATOR)
        with database.reading() as session:
            ids = list(session.exec(select(AuditEntry.id).order_by(col(AuditEntry.id))))
        assert ids[-1] == max(ids[:-1]) + 1


def test_the_rules_of_keys_are_as_strict_afterwards(sqlite_stored: Database, another: Another, place: Path) -> None:
    target = another(sqlite_stored)
    sqlite_stored.close()
    move_database(url_of(sqlite_stored), url_of(target), files_to=None)
    with target.reading() as session:
        deferrable = "SELECT count(*) FROM pg_constraint WHERE condeferrable OR condeferred"
        assert session.execute(text(deferrable)).scalar_one() == 0
        counters = dict(session.execute(text(COUNTERS)).all())  # type: ignore[arg-type]
        for table in ("project", "audit_entry", "person"):
            highest = session.execute(text(f"SELECT max(id) FROM {table}")).scalar()
            assert counters.get(f"{table}_id_seq") == highest
    with pytest.raises(Exception, match="foreign key"), target.writing() as session:
        session.execute(text("UPDATE programme SET parent_id = 4711"))


def test_files_are_copied_where_another_folder_is_named(
    sqlite_stored: Database, another: Another, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_files(sqlite_stored)
    with sqlite_stored.writing() as session:
        lost = store_file(session, b"soon gone", "丢失.jpg", "image/jpeg", by=OPERATOR).sha256
    (settings().files_folder / lost[:2] / lost).unlink()
    target = another(sqlite_stored)
    sqlite_stored.close()
    move = move_database(url_of(sqlite_stored), url_of(target), files_to=place / "moved")
    assert (move.files, move.copied, move.lost) == (len(CONTENTS) + 1, len(CONTENTS), ("丢失.jpg",))
    with setting(monkeypatch, files_folder=str(place / "moved")), target.reading() as session:
        assert damaged_files(session) == ["丢失.jpg"]


def test_what_must_not_be_moved_is_refused(stored: Database, another: Another, place: Path) -> None:
    target = another(stored)
    schema.upgrade(target)
    with target.writing() as session:
        add_person(session, "wang", "王某", None, by=OPERATOR)
    with pytest.raises(TargetNotEmpty, match="audit_entry"):
        move_database(url_of(stored), url_of(target), files_to=None)
    with pytest.raises(TargetNotEmpty):
        move_database(url_of(stored), url_of(stored), files_to=None)
    with stored.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    with pytest.raises(SourceOutdated, match="qingshan migrate"):
        move_database(url_of(stored), url_of(target), files_to=None)


def test_a_source_in_use_is_refused(stored: Database, another: Another, place: Path) -> None:
    target = another(stored)
    with stored.reading() as session:
        session.execute(text("SELECT 1 FROM person"))
    with pytest.raises(InUse):
        move_database(url_of(stored), url_of(target), files_to=None)


@pytest.mark.parametrize(
    ("table", "spoiling"),
    [
        ("project", "UPDATE project SET contact = 'x' WHERE id = 1"),
        (
            "audit_entry",
            "INSERT INTO audit_entry (id, at, actor, action, subject, subject_id) VALUES (99999, '2024-01-01', 'x', 'x', 'x', 1)",
        ),
        ("person", "UPDATE person SET created_at = '2024-01-01 00:00:00.000001' WHERE id = 1"),
    ],
)
def test_one_row_that_differs_undoes_all(
    empty_database: Database,
    another: Another,
    place: Path,
    table: str,
    spoiling: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source, target = empty_database, another(empty_database)
    filled(source)
    source.close()
    keys_now = moving._keys_now

    def spoil(connection: Connection, tables: list[Table]) -> None:
        keys_now(connection, tables)
        connection.execute(text(spoiling))

    monkeypatch.setattr(moving, "_keys_now", spoil)
    with pytest.raises(Unequal, match=table):
        move_database(url_of(source), url_of(target), files_to=None)
    assert schema.revision_of(target) is None
