"""The database: how it is opened, how a read and a write are begun and ended. Only this file commits."""

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import BigInteger, Engine, Integer, MetaData, Select, create_engine, event, make_url, select
from sqlalchemy import String as SqlString
from sqlmodel import Session, SQLModel

Key = TypeVar("Key", int, str)

# Constraint names are given by rule, so that migrations can name them on both databases.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

THREADS = 40  # requests handled at once; the pool has a connection for each
_BESIDE = (
    4 + 8 * 3
)  # connections for answers without a place (web/deps.py), and for 8 workers: read, write and heartbeat


def key_text(length: int) -> SqlString:
    """A text column that sorts byte by byte on both databases (SQLite does so by itself)."""
    return SqlString(length).with_variant(SqlString(length, collation="C"), "postgresql")


def select_columns(*columns: Any) -> Select[Any]:
    """A query for columns. SQLModel types a column as the value it holds, which SQLAlchemy's own `select` will not take."""
    return select(*columns)


def batches(ids: Iterable[Key], size: int = 5_000) -> list[list[Key]]:
    """The ids, codes or keys once each, in their order, in slices that a database takes in one statement."""
    wanted = sorted(set(ids))
    return [wanted[start : start + size] for start in range(0, len(wanted), size)]


def long_id() -> BigInteger:
    """A 64-bit primary key that both databases count up by themselves."""
    return BigInteger().with_variant(Integer, "sqlite")


class Database:
    """One database: `reading()` for a consistent view, `writing()` for one transaction that ends in a commit."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite and self.url.database and self.url.database != ":memory:":
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        self.engine = _engine(url, sqlite=self.is_sqlite)
        # SQLite allows one writer; waiting here is fair and quick, waiting inside SQLite is neither. A plain lock, because
        # a web request begins its write in one worker thread and may end it in another.
        self._writer = threading.Lock()
        if self.is_sqlite:
            self._reading: Engine = self.engine
            self._writing: Engine = self.engine.execution_options(begin_immediate=True)
        else:
            self._reading = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            self._writing = self.engine

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one moment of the database and writes nothing."""
        with self.open_to_read() as session:
            yield session

    def open_to_read(self) -> Session:
        """The same for who cannot use a block: closing the session ends its view."""
        return Session(self._reading, autoflush=False)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose work is committed together when the block ends, or not at all when it raises."""
        if not self.is_sqlite:
            with Session(self._writing) as session:
                yield session
                session.commit()
            return
        with self._writer, Session(self._writing) as session:
            self._begin(session)
            yield session
            session.commit()

    def _begin(self, session: Session) -> None:
        """Takes SQLite's place of the writer. What was opened while the disk took no writes never writes: it is opened anew."""
        try:
            session.connection()
        except sqlite3.OperationalError as error:
            if not error.sqlite_errorname.startswith("SQLITE_READONLY"):
                raise
            session.rollback()
            self.engine.dispose()
            session.connection()

    def close(self) -> None:
        self.engine.dispose()


def _engine(url: str, *, sqlite: bool) -> Engine:
    if not sqlite:
        # PostgreSQL would take more than a second to compile queries that then run for some milliseconds.
        options = {"options": "-c jit=off"} if "options" not in make_url(url).query else {}
        return create_engine(url, pool_size=THREADS, max_overflow=_BESIDE, pool_pre_ping=True, connect_args=options)
    engine = create_engine(url, pool_size=THREADS, max_overflow=_BESIDE, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # BEGIN is ours to say, below
        cursor = connection.cursor()
        # Without recursive triggers INSERT OR REPLACE removes a row past the triggers that keep a table append-only.
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "recursive_triggers=ON",
            "busy_timeout=30000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        # A transaction that reads and then writes fails at once when another wrote in between: writers say so first.
        immediate = connection.get_execution_options().get("begin_immediate")
        connection.connection.driver_connection.execute("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def all_tables() -> MetaData:
    """The tables of every folder that was imported."""
    return SQLModel.metadata
