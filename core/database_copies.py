"""A copy of a database as one file: made while others write, looked into, and put in the place of a database.

SQLite is copied by its own online backup, PostgreSQL by pg_dump in the custom format; both see one moment of the database.
"""

import errno
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import URL, text

from core.database import Database
from core.durable import sync_file
from core.errors import N_, Broken
from core.holding import file_of

_VERSION_TABLE, _FILE_TABLE = "alembic_version", "stored_file"
_NAMES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
_INSTALLED = Path("/usr/lib/postgresql")  # where Debian keeps the programs of each version


class NoProgram(Broken):
    status = 503
    sentence = N_("没有找到 %(program)s。请安装 PostgreSQL 客户端（Debian：apt-get install postgresql-client）。")


class ProgramFailed(Broken):
    status = 503
    sentence = N_("%(program)s 没有成功：%(told)s")


class CopyDamaged(Broken):
    sentence = N_("数据库副本 %(file)s 已损坏，不能用：%(told)s")


@dataclass(frozen=True)
class Content:
    """What a copy holds. `tables` are rows by table; `stored` are the names of stored files by hash."""

    revision: str
    tables: dict[str, int]
    stored: dict[str, str]
    sizes: dict[str, int]


def _content(revision: str, tables: dict[str, int], files: list[tuple[str, str, int]]) -> Content:
    return Content(revision, tables, {sha: name for sha, name, _ in files}, {sha: size for sha, _, size in files})


# ---- SQLite


def copy_sqlite(database: Database, target: Path) -> Content:
    """Copies the database into one file without a log beside it, looks it over, and tells what is in it.

    Errors: CopyDamaged.
    """
    with (
        closing(sqlite3.connect(file_of(database), timeout=30)) as source,
        closing(sqlite3.connect(target, isolation_level=None)) as copy,
    ):
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
    content = look_into_sqlite(target)
    sync_file(target)
    return content


def look_into_sqlite(copy: Path) -> Content:
    """What a copy holds, after its pages and its foreign keys were checked; nothing is written.

    Errors: CopyDamaged.
    """
    try:
        with closing(sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            told = connection.execute("PRAGMA quick_check").fetchone()[0]
            if told != "ok":
                raise CopyDamaged(file=copy.name, told=str(told)[:200])
            dangling = connection.execute("PRAGMA foreign_key_check").fetchone()
            if dangling is not None:
                raise CopyDamaged(file=copy.name, told=f"FOREIGN KEY {dangling[0]} {dangling[1]} → {dangling[2]}")
            names = sorted(name for (name,) in connection.execute(_NAMES) if name != _VERSION_TABLE)
            counted = {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608
            revision = connection.execute(f"SELECT version_num FROM {_VERSION_TABLE}").fetchone()[0]  # noqa: S608
            files = []
            if _FILE_TABLE in counted:
                files = connection.execute(f"SELECT sha256, name, size_bytes FROM {_FILE_TABLE}").fetchall()  # noqa: S608
    except (sqlite3.DatabaseError, TypeError) as error:
        raise CopyDamaged(file=copy.name, told=str(error)) from error
    return _content(revision, counted, files)


# ---- PostgreSQL


def program(name: str) -> str:
    """Where one of PostgreSQL's programs is: the newest that Debian installed, which reads every older server, else on PATH.

    Errors: NoProgram.
    """
    known = sorted(_INSTALLED.glob(f"*/bin/{name}"), key=lambda path: float(path.parent.parent.name))
    found = str(known[-1]) if known else shutil.which(name)
    if found is None:
        raise NoProgram(program=name)
    return found


def copy_postgresql(database: Database, target: Path) -> Content:
    """Dumps the schema `public` as of one moment, counts the rows of the same moment, and tells what is in it.

    Errors: NoProgram, ProgramFailed, CopyDamaged.
    """
    with database.reading() as session:
        # What is counted here and what pg_dump reads are the same snapshot, however much is written meanwhile.
        snapshot = session.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        names = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")).all()
        counted = {
            name: session.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()  # noqa: S608
            for name in names
            if name != _VERSION_TABLE
        }
        revision = session.execute(text(f"SELECT version_num FROM {_VERSION_TABLE}")).scalar_one()  # noqa: S608
        files: list[tuple[str, str, int]] = []
        if _FILE_TABLE in counted:
            listed = session.execute(text(f"SELECT sha256, name, size_bytes FROM {_FILE_TABLE}"))  # noqa: S608
            files = [(sha256, name, size) for sha256, name, size in listed]
        options = ["--format=custom", "--schema=public", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
        run_program("pg_dump", [*options, f"--file={target}"], database.url)
    sync_file(target)
    content, kept = _content(revision, counted, files), look_into_dump(target)
    if (kept.revision, kept.tables, kept.sizes) != (content.revision, content.tables, content.sizes):
        raise CopyDamaged(file=target.name, told="pg_dump")
    return content


def look_into_dump(dump: Path) -> Content:
    """What a dump holds, out of every row in it; it needs no server.

    Errors: NoProgram, CopyDamaged.
    """
    counted: dict[str, int] = {}
    revision = ""
    files: list[tuple[str, str, int]] = []
    try:
        for table, columns, row in _rows(dump):
            counted.setdefault(table, 0)
            if row is None:
                continue
            counted[table] += 1
            if table == _VERSION_TABLE:
                revision = row
            elif table == _FILE_TABLE:
                values = dict(zip(columns, row.split("\t"), strict=True))
                files.append((values["sha256"], values["name"], int(values["size_bytes"])))
    except (ProgramFailed, ValueError) as error:
        raise CopyDamaged(file=dump.name, told=str(error)) from error
    counted.pop(_VERSION_TABLE, None)
    return _content(revision, counted, files)


def _rows(dump: Path) -> Iterator[tuple[str, list[str], str | None]]:
    """Each row as text with its table; a table begins with None.

    Errors: ProgramFailed.
    """
    table: str | None = None
    columns: list[str] = []
    command = [program("pg_restore"), "--data-only", "--file=-", str(dump)]
    with subprocess.Popen(  # noqa: S603 (a program of PostgreSQL, by its full path)
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as reading:
        assert reading.stdout is not None
        assert reading.stderr is not None
        for line in reading.stdout:
            if table is None and line.startswith("COPY public.") and line.endswith("FROM stdin;\n"):
                named, _, rest = line.removeprefix("COPY public.").partition(" (")
                table, columns = named.strip('"'), [name.strip(' "') for name in rest.partition(")")[0].split(",")]
                yield table, columns, None
            elif table is not None and line == "\\.\n":
                table = None
            elif table is not None:
                yield table, columns, line.removesuffix("\n")
        said = reading.stderr.read()
    if reading.returncode or table is not None:
        raise ProgramFailed(program="pg_restore", told=said.strip()[-300:])


def run_program(name: str, options: list[str], url: URL) -> None:
    """Runs one of PostgreSQL's programs on a database; the password never stands on its command line.

    Errors: NoProgram, ProgramFailed; OSError when the disk is full.
    """
    with _given(url) as (where, environment):
        command = [program(name), *options, f"--dbname={where}"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode == -signal.SIGXFSZ or os.strerror(errno.ENOSPC) in done.stderr:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if done.returncode:
        raise ProgramFailed(program=name, told=done.stderr.strip()[-500:] or f"exit {done.returncode}")


def play_in(dump: Path, url: URL, first: tuple[str, ...]) -> None:
    """Puts a dump into the schema `public` after some first statements, all of it in one transaction.

    Whoever is killed on the way sends no COMMIT.
    Errors: NoProgram, ProgramFailed; then nothing has changed.
    """
    options = ["--file=-", "--no-owner", "--no-privileges", "--schema=public"]
    with _given(url) as (where, environment), tempfile.TemporaryFile() as told, ExitStack() as running:
        reading = running.enter_context(
            subprocess.Popen([program("pg_restore"), *options, str(dump)], stdout=subprocess.PIPE, stderr=told)  # noqa: S603
        )
        command = [program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={where}"]
        writing = running.enter_context(
            subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=told)  # noqa: S603
        )
        assert reading.stdout is not None
        assert writing.stdin is not None
        with suppress(BrokenPipeError):  # psql gave up and says why
            writing.stdin.write("".join(f"{statement};\n" for statement in ("BEGIN", *first)).encode())
            shutil.copyfileobj(reading.stdout, writing.stdin)
            if reading.wait() == 0:
                writing.stdin.write(b"COMMIT;\n")
            writing.stdin.close()
        reading.stdout.close()
        if writing.wait() or reading.wait():
            told.seek(0)
            raise ProgramFailed(program="pg_restore | psql", told=told.read().decode(errors="replace").strip()[-500:])


@contextmanager
def _given(url: URL) -> Iterator[tuple[str, dict[str, str]]]:
    query = {name: value for name, value in url.query.items() if isinstance(value, str)}
    parts = {"host": url.host, "port": url.port, "user": url.username, "dbname": url.database, **query}
    environment = {**os.environ, "LC_ALL": "C"}
    if url.password is not None:
        environment["PGPASSWORD"] = str(url.password)
    yield psycopg.conninfo.make_conninfo("", **parts), environment
