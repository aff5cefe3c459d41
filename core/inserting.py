"""Inserting many rows of one table at the speed of the driver."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Dialect, Table, func, insert, select
from sqlalchemy.sql.compiler import SQLCompiler
from sqlmodel import Session

_Into = Callable[[Any], Any]


def insert_rows(
    session: Session, table: Table, names: Sequence[str], rows: Sequence[Sequence[Any]], same: Mapping[str, Any]
) -> None:
    """Inserts rows of these columns in one statement; `same` are the columns in which all of them hold the same.

    Together they name every column that has no default in the database. To prepare each value costs SQLAlchemy more than it
    costs the database to store it: here only values of types that the driver does not know are prepared, and what is the same
    only once.
    """
    if not rows:
        return
    session.flush()
    connection = session.connection()
    every = (*names, *same)
    statement, order, into = _compiled(table, every, connection.dialect)
    tail = tuple(into[name](value) if name in into else value for name, value in same.items())
    prepared = [(place, into[name]) for place, name in enumerate(names) if name in into]
    if prepared:
        rows = [_with(row, prepared) for row in rows]
    if order is None:
        connection.exec_driver_sql(statement, [dict(zip(every, (*row, *tail), strict=True)) for row in rows])
    else:
        connection.exec_driver_sql(statement, [order((*row, *tail)) for row in rows])


def insert_for_ids(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Inserts rows that all name the same columns, and gives their ids in the same order.

    SQLite would be asked row by row. There who writes has the database to itself, and the next ids, one above the highest that
    stands, are those that it would give itself: none of our tables counts deleted rows (AUTOINCREMENT).
    """
    if not rows:
        return []
    if session.connection().dialect.name != "sqlite":
        return list(session.scalars(insert(table).returning(table.c.id, sort_by_parameter_order=True), rows))
    session.flush()
    first = (session.scalar(select(func.max(table.c.id))) or 0) + 1
    names = list(rows[0])
    numbered = [(id_, *(row[name] for name in names)) for id_, row in enumerate(rows, start=first)]
    insert_rows(session, table, ("id", *names), numbered, {})
    return list(range(first, first + len(rows)))


def _with(row: Sequence[Any], prepared: Sequence[tuple[int, _Into]]) -> list[Any]:
    values = list(row)
    for place, into in prepared:
        values[place] = into(values[place])
    return values


@lru_cache(maxsize=64)
def _compiled(table: Table, names: tuple[str, ...], dialect: Dialect) -> tuple[str, _Into | None, Mapping[str, _Into]]:
    """The statement, what puts values in its order where the driver knows them by place, and what prepares those of a column."""
    compiled = insert(table).inline().compile(dialect=dialect, column_keys=list(names))
    places = compiled.positiontup if isinstance(compiled, SQLCompiler) and dialect.positional else None
    into = {name: table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names}
    order = None if places is None else itemgetter(*(names.index(name) for name in places))
    return str(compiled), order, {name: one for name, one in into.items() if one is not None}
