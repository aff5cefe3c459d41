"""One at a time, and alone: what must not run twice on a database, and what must not run while others work on it.

Both are asked of the database itself, so that whoever holds something and is killed holds nothing any more.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from sqlalchemy import URL, text

from core.database import Database
from core.errors import N_, Broken
from core.starving import starved

_NUMBER = 0x5169_6E67  # the advisory lock of PostgreSQL that stands for care of the data
_OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND usesysid IS NOT NULL AND application_name <> :own
"""
ALONE = "qingshan-alone"  # what a connection is called that must be the only one


class CareTaken(Broken):
    status = 409
    sentence = N_("这个数据库正在备份、恢复、迁移或清理，同时只能做一项。请等它做完再试。")


class InUse(Broken):
    status = 409
    sentence = N_("还有程序连着数据库 %(database)s。请先停止 qingshan serve 和 qingshan work，再运行这个命令。")


@contextmanager
def one_at_a_time(database: Database) -> Iterator[None]:
    """Lets one backup, restore, move or cleaning of a database run, whichever process it is in.

    Errors: CareTaken.
    """
    if database.is_sqlite:
        with ExitStack() as opened:
            try:
                known = sqlite3.connect(f"{file_of(database)}.care", timeout=0, isolation_level=None)
                opened.enter_context(closing(known)).execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                    raise CareTaken from error
                # On a disk that takes no writes nobody restores or cleans, and a backup is wanted all the more.
                if starved(error) is None:
                    raise
            yield
        return
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        held = text("SELECT pg_try_advisory_lock(:number)")
        if not connection.execute(held, {"number": _NUMBER}).scalar_one():
            raise CareTaken
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": _NUMBER})


def file_of(database: Database) -> Path:
    """Where an SQLite database is."""
    assert database.url.database is not None
    return Path(database.url.database)


def alone_at(url: URL) -> URL:
    """The address under which `nobody_else` knows our own connections."""
    return url if url.get_backend_name() == "sqlite" else url.update_query_dict({"application_name": ALONE})


def nobody_else(database: Database) -> None:
    """Makes sure that nobody else is connected; SQLite's log is then folded into its file. The database was opened by `alone_at`.

    Errors: InUse.
    """
    shown = database.url.render_as_string(hide_password=True)
    if not database.is_sqlite:
        with database.reading() as session:
            if session.execute(text(_OTHERS), {"own": ALONE}).scalar_one():
                raise InUse(database=shown)
        return
    database.close()  # connections of our own
    if not file_of(database).exists():
        return
    with closing(sqlite3.connect(file_of(database), timeout=1, isolation_level=None)) as connection:
        try:
            # Every open connection holds a share of a file with a write-ahead log; without one the log can be left.
            connection.execute("PRAGMA journal_mode=DELETE")
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                raise InUse(database=shown) from error
            raise
