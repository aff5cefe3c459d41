"""Moving a whole database to the other kind: every row of every table, proved equal on both sides before it counts.

All of it is one transaction of the target, tables included: whatever fails or is killed leaves the target as empty as it was.
The proof is a SHA-256 for each table over a canonical text of its rows in the order of the key, read from each side by itself.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Integer, Table, collate, func, inspect, make_url, select, text
from sqlmodel import Session

from core import schema
from core.database import Database, all_tables
from core.durable import copy_file, sha256_of, sync_tree
from core.errors import N_, Broken
from core.files import StoredFile
from core.holding import alone_at, nobody_else, one_at_a_time
from core.inserting import insert_rows
from core.settings import Settings, settings

_BATCH = 2_000
Tell = Callable[[str], object]


class SourceOutdated(Broken):
    status = 409
    sentence = N_(
        "来源数据库的表结构是 %(found)s，需要 %(known)s。请先用 QINGSHAN_DATABASE_URL 指向它，运行 qingshan migrate。"
    )


class TargetNotEmpty(Broken):
    status = 409
    sentence = N_("目标数据库 %(database)s 不是空的（%(table)s），没有迁移，什么也没有改动。")


class Unequal(Broken):
    status = 500
    sentence = N_("迁移后核对不一致，已全部撤销，目标数据库没有改动：%(tables)s。")


@dataclass(frozen=True)
class Moved:
    """A table on both sides: rows, and the SHA-256 over them."""

    table: str
    rows: int
    target_rows: int
    sha256: str
    target_sha256: str

    @property
    def equal(self) -> bool:
        return (self.rows, self.sha256) == (self.target_rows, self.target_sha256)


@dataclass(frozen=True)
class Move:
    """What a move came to. `lost` are stored files whose bytes are missing or damaged, which they were before."""

    tables: tuple[Moved, ...]
    files: int
    copied: int
    lost: tuple[str, ...]


def move_database(source_url: str, target_url: str, *, files_to: Path | None, tell: Tell = lambda _step: None) -> Move:
    """Moves everything into an empty database, and the stored files into another folder where one is named.

    Errors: SourceOutdated, TargetNotEmpty, InUse, CareTaken, Unequal.
    """
    source, target = _opened(source_url), _opened(target_url)
    try:
        if (found := schema.revision_of(source)) != schema.newest_revision():
            raise SourceOutdated(found=found or "–", known=schema.newest_revision())
        _must_be_empty(target)
        with one_at_a_time(source), one_at_a_time(target):
            nobody_else(source)
            nobody_else(target)
            return _moved(source, target, files_to, tell)
    finally:
        source.close()
        target.close()


def _opened(url: str) -> Database:
    known = make_url(Settings(database_url=url).database_url)
    return Database(alone_at(known).render_as_string(hide_password=False))


def _must_be_empty(target: Database) -> None:
    """Errors: TargetNotEmpty."""
    shown = target.url.render_as_string(hide_password=True)
    with target.engine.connect() as connection:
        there = set(inspect(connection).get_table_names())
        if strange := there - all_tables().tables.keys() - {"alembic_version"}:
            raise TargetNotEmpty(database=shown, table=min(strange))
        for name in sorted(there & all_tables().tables.keys()):
            if connection.execute(select(1).select_from(all_tables().tables[name]).limit(1)).first() is not None:
                raise TargetNotEmpty(database=shown, table=name)


def _moved(source: Database, target: Database, files_to: Path | None, tell: Tell) -> Move:
    tables = all_tables().sorted_tables
    with source.reading() as reading, target.writing() as session:
        if not target.is_sqlite:
            session.execute(text("SET LOCAL TIME ZONE 'UTC'"))
        connection = session.connection()
        tell(N_("建立表"))
        schema.upgrade_in(connection)
        _put_off_keys(connection, tables)
        sides = []
        for table in tables:
            tell(table.name)
            sides.append((table, _copied(reading.connection(), session, table)))
        tell(N_("核对"))
        _keys_now(connection, tables)
        count_on(connection, tables)
        moved = tuple(
            Moved(table.name, rows, *_swapped(_digest(connection, table), sha256)) for table, (rows, sha256) in sides
        )
        if wrong := [one.table for one in moved if not one.equal]:
            raise Unequal(tables=", ".join(wrong))
        tell(N_("文件"))
        files, copied, lost = _stored_files(session, files_to)
        tell(N_("提交"))
    tell(N_("已提交"))
    return Move(moved, files, copied, tuple(lost))


def _swapped(target: tuple[int, str], sha256: str) -> tuple[int, str, str]:
    return target[0], sha256, target[1]


# ---- rows


def _copied(source: Connection, session: Session, table: Table) -> tuple[int, str]:
    """Writes every row of a table into the target; their number and hash come back."""
    names = [column.name for column in table.columns]
    digest, count = hashlib.sha256(), 0
    for rows in _batches(source, table):
        for row in rows:
            digest.update(_canonical(row))
        insert_rows(session, table, names, rows, {})
        count += len(rows)
    return count, digest.hexdigest()


def _digest(connection: Connection, table: Table) -> tuple[int, str]:
    digest, count = hashlib.sha256(), 0
    for rows in _batches(connection, table):
        for row in rows:
            digest.update(_canonical(row))
        count += len(rows)
    return count, digest.hexdigest()


def _batches(connection: Connection, table: Table) -> Iterator[list[tuple[Any, ...]]]:
    """The rows in the order of the key, as both databases sort it, never all of them in memory."""
    order = [key if isinstance(key.type, Integer) else collate(key, _bytewise(connection)) for key in table.primary_key]
    query = select(*table.columns).order_by(*order).execution_options(yield_per=_BATCH)
    with connection.execute(query) as result:
        for rows in result.partitions():
            yield [tuple(map(_plain, row)) for row in rows]


def _bytewise(connection: Connection) -> str:
    return "BINARY" if connection.dialect.name == "sqlite" else "C"


def _plain(value: Any) -> Any:
    """A moment in UTC, which SQLite keeps without saying so; everything else as it is."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return value


def _canonical(row: tuple[Any, ...]) -> bytes:
    return (json.dumps(row, ensure_ascii=False, separators=(",", ":"), default=_told) + "\n").encode()


def _told(value: Any) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no canonical text")


# ---- keys and counters


def _put_off_keys(connection: Connection, tables: list[Table]) -> None:
    """Rows that point to rows of their own table may come before them; until all are there nobody asks."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("PRAGMA defer_foreign_keys=ON"))
        return
    for table, name in _own_keys(tables):
        connection.execute(text(f'ALTER TABLE "{table}" ALTER CONSTRAINT "{name}" DEFERRABLE INITIALLY DEFERRED'))


def _keys_now(connection: Connection, tables: list[Table]) -> None:
    if connection.dialect.name == "sqlite":
        return  # asked at the commit
    connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    for table, name in _own_keys(tables):
        connection.execute(text(f'ALTER TABLE "{table}" ALTER CONSTRAINT "{name}" NOT DEFERRABLE'))


def _own_keys(tables: list[Table]) -> Iterator[tuple[str, str]]:
    for table in tables:
        for constraint in table.foreign_key_constraints:
            if constraint.referred_table is table:
                yield table.name, str(constraint.name)


def count_on(connection: Connection, tables: list[Table]) -> None:
    """PostgreSQL's counters go on after the highest id; SQLite looks for it by itself."""
    if connection.dialect.name == "sqlite":
        return
    for table in tables:
        key = table.autoincrement_column
        if key is None:
            continue
        asked = text("SELECT pg_get_serial_sequence(:table, :column)")
        sequence = connection.execute(asked, {"table": table.name, "column": key.name}).scalar()
        highest = connection.execute(select(func.max(key))).scalar()
        if sequence is not None and highest is not None:
            connection.execute(text("SELECT setval(:sequence, :highest)"), {"sequence": sequence, "highest": highest})


# ---- files


def _stored_files(session: Session, files_to: Path | None) -> tuple[int, int, list[str]]:
    """How many files there are, how many were copied, and the names of those whose bytes are not right."""
    store, copied, lost = settings().files_folder, 0, []
    table = all_tables().tables[str(StoredFile.__tablename__)]
    listed = session.execute(select(table.c.sha256, table.c.name).order_by(table.c.id))
    names: dict[str, str] = dict(listed.all())
    for sha256, name in names.items():
        known = store / sha256[:2] / sha256
        if files_to is None or files_to.absolute() == store.absolute():
            sound = known.is_file() and sha256_of(known) == sha256
        else:
            other = files_to / sha256[:2] / sha256
            sound = other.is_file() and sha256_of(other) == sha256
            if not sound and known.is_file():
                sound = copy_file(known, other, sha256)
                copied += sound
        if not sound:
            lost.append(name)
    if copied and files_to is not None:
        sync_tree(files_to)
    return len(names), copied, lost
