"""Reading and writing: one consistent view, all or nothing, and nobody's write is lost."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import ColumnElement, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, func, select

from core import audit
from core.among import among
from core.audit import OPERATOR, AuditEntry
from core.database import Database
from core.people import Person, add_person


def _people(database: Database) -> int:
    with database.reading() as session:
        return session.exec(select(func.count()).select_from(Person)).one()


def _at_once(*works: Callable[[], None]) -> None:
    """Runs the works at the same time and raises what any of them raised."""
    raised: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if raised:
        raise raised[0]


def test_a_block_that_raises_writes_nothing(database: Database) -> None:
    def write_halfway() -> None:
        with database.writing() as session:
            add_person(session, "wang", "王某", None, by=OPERATOR)
            raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        write_halfway()
    assert _people(database) == 0


def test_a_block_that_ends_well_is_committed_with_its_audit_row(database: Database) -> None:
    with database.writing() as session:
        add_person(session, "wang", "王某", None, by=OPERATOR)
    assert _people(database) == 1
    with database.reading() as session:
        assert session.exec(select(AuditEntry.action)).all() == ["create"]


def test_many_ids_go_over_as_one_value(database: Database) -> None:
    with database.writing() as session:
        ids = [add_person(session, f"p{number}", "王某", None, by=OPERATOR).id for number in range(3)]
    asked = select(Person.id).order_by(col(Person.id))
    with database.reading() as session:

        def found(condition: ColumnElement[bool], *given: int | None) -> list[int | None]:
            return list(session.scalars(asked.where(condition), {"ids": list(given)}))

        among_them, named = among(Person.id, "ids"), col(Person.username) == "p0"
        assert found(among_them, ids[2], ids[1], 999_999_999_999) == ids[1:]
        assert found(among_them) == []
        assert found(~among_them, ids[1]) == [ids[0], ids[2]]
        assert found(among_them & ~named | named, ids[0], ids[2]) == [ids[0], ids[2]]
        assert found(among_them, *range(200_000)) == ids


def test_reading_leaves_nothing_behind(sqlite_database: Database) -> None:
    with sqlite_database.reading() as session:
        session.execute(text("INSERT INTO jurisdiction (code, name, name_en, level) VALUES ('1', '甲', 'A', 1)"))
    with sqlite_database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM jurisdiction")).scalar_one() == 0


def test_postgresql_refuses_a_write_while_reading(postgresql_database: Database) -> None:
    statement = text("INSERT INTO jurisdiction (code, name, name_en, level) VALUES ('1', '甲', 'A', 1)")
    with pytest.raises(DBAPIError, match="read-only"), postgresql_database.reading() as session:
        session.execute(statement)


def test_a_reader_sees_one_moment_while_others_write(database: Database) -> None:
    with database.reading() as session:
        count = select(func.count()).select_from(Person)
        assert session.exec(count).one() == 0
        with database.writing() as other:
            add_person(other, "wang", "王某", None, by=OPERATOR)
        assert session.exec(count).one() == 0
    assert _people(database) == 1


def test_threads_that_write_at_once_lose_nothing(database: Database) -> None:
    each, threads = 10, 4

    def write(thread: int) -> None:
        for number in range(each):
            with database.writing() as session:
                # The count is read first: a reader that turns writer is what SQLite would refuse.
                before = session.exec(select(func.count()).select_from(Person)).one()
                assert before >= number
                add_person(session, f"t{thread}n{number}", "王某", None, by=OPERATOR)

    _at_once(*(lambda thread=thread: write(thread) for thread in range(threads)))
    assert _people(database) == each * threads
    with database.reading() as session:
        ids = session.exec(select(AuditEntry.id).order_by(col(AuditEntry.id))).all()
    assert len(set(ids)) == each * threads


def test_another_process_that_writes_is_waited_for(sqlite_database: Database) -> None:
    other = Database(sqlite_database.url.render_as_string())  # a lock of its own, like another process
    holding, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with other.writing() as session:
            add_person(session, "wang", "王某", None, by=OPERATOR)
            holding.set()
            may_end.wait(10)

    def follow() -> None:
        holding.wait(10)
        threading.Timer(0.3, may_end.set).start()
        with sqlite_database.writing() as session:
            assert session.exec(select(func.count()).select_from(Person)).one() == 1
            add_person(session, "li4", "李某", None, by=OPERATOR)

    try:
        _at_once(hold, follow)
    finally:
        other.close()
    assert _people(sqlite_database) == 2


def test_sqlite_keeps_foreign_keys_and_survives_a_power_cut(sqlite_database: Database) -> None:
    with sqlite_database.reading() as session:
        told = {name: session.execute(text(f"PRAGMA {name}")).scalar_one() for name in ("foreign_keys", "journal_mode")}
        assert told == {"foreign_keys": 1, "journal_mode": "wal"}
        assert session.execute(text("PRAGMA synchronous")).scalar_one() == 2  # FULL


def test_a_row_that_points_nowhere_is_refused(database: Database) -> None:
    with pytest.raises(DBAPIError), database.writing() as session:
        audit.record(session, "create", "project", 1, by=audit.Actor(4711, "无此人"))


def test_a_database_file_gets_its_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("new") / "deep" / "er" / "q.sqlite3"
    database = Database(f"sqlite:///{path}")
    with database.reading() as session:
        assert session.execute(text("SELECT 1")).scalar_one() == 1
    database.close()
    assert path.exists()
