"""Many rows at once: each under the id that comes back for it, and no id given twice."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlmodel import Session, col, delete, select

from core.database import Database
from core.files import StoredFile
from core.inserting import insert_for_ids

AT = datetime(2025, 12, 31, 8, tzinfo=UTC)
_TABLE = StoredFile.__table__  # type: ignore[attr-defined]


def _file(name: str) -> dict[str, Any]:
    told = {"media_type": "x/y", "size_bytes": 1, "stored_by_id": None, "stored_by": "填报员", "stored_at": AT}
    return {"sha256": "0" * 64, "name": name, **told}


def _insert(session: Session, *names: str) -> list[int]:
    return insert_for_ids(session, _TABLE, [_file(name) for name in names])


def _added(session: Session, name: str) -> int:
    row = StoredFile(**_file(name))
    session.add(row)
    session.flush()
    return row.id or 0


def _names(session: Session) -> dict[int | None, str]:
    return dict(session.exec(select(StoredFile.id, StoredFile.name)).all())


def test_each_row_stands_under_the_id_that_came_back_for_it(database: Database) -> None:
    names = [f"{number}.xlsx" for number in range(1_500, 0, -1)]
    with database.writing() as session:
        ids = _insert(session, *names)
    with database.reading() as session:
        assert [_names(session)[id_] for id_ in ids] == names
        (one,) = session.exec(select(StoredFile).where(StoredFile.id == ids[0]))
        assert (one.stored_at, one.stored_by_id) == (AT if one.stored_at.tzinfo else AT.replace(tzinfo=None), None)


def test_whoever_comes_next_gets_an_id_of_their_own(database: Database) -> None:
    with database.writing() as session:
        first = _added(session, "a")
        many = _insert(session, "b", "c")
        between = _added(session, "d")
        more = _insert(session, "e")
    with database.writing() as session:
        last = _added(session, "f")
    assert len({first, *many, between, *more, last}) == 6
    with database.reading() as session:
        assert sorted(_names(session).values()) == ["a", "b", "c", "d", "e", "f"]


def test_a_row_that_is_not_written_yet_keeps_its_place(database: Database) -> None:
    with database.writing() as session:
        waiting = StoredFile(**_file("waiting"))
        session.add(waiting)
        ids = _insert(session, "many")
        assert waiting.id is not None
        assert waiting.id not in ids


@pytest.mark.parametrize("gone", [["c"], ["a", "b", "c"], ["a"]])
def test_ids_of_rows_that_were_deleted_do_not_stop_the_next(database: Database, gone: list[str]) -> None:
    with database.writing() as session:
        _insert(session, "a", "b", "c")
    with database.writing() as session:
        session.execute(delete(StoredFile).where(col(StoredFile.name).in_(gone)))
        ids = _insert(session, "d", "e")
        _added(session, "f")
    with database.reading() as session:
        names = _names(session)
    assert [names[id_] for id_ in ids] == ["d", "e"]
    assert sorted(names.values()) == sorted({"a", "b", "c", "d", "e", "f"} - set(gone))


def test_what_was_taken_back_leaves_its_ids_to_others(database: Database) -> None:
    with database.writing() as session:
        with session.begin_nested() as point:
            _insert(session, "a", "b")
            point.rollback()
        ids = _insert(session, "c")
    with database.reading() as session:
        assert _names(session) == {ids[0]: "c"}


def test_no_rows_have_no_ids(database: Database) -> None:
    with database.writing() as session:
        assert _insert(session) == []
