"""Fresh, migrated databases for tests: SQLite files and PostgreSQL databases, each a copy of a template migrated once."""

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import web.tables  # noqa: F401 (every table, so that models and migrations can be compared)
from core.database import Database
from tests.postgres import PostgresServer
from tests.samples import make_small_plan

KINDS = ("sqlite", "postgresql")
_numbers = itertools.count(1)


def file_template(folder: Path, name: str, prepare: Callable[[Database], object], above: Path | None = None) -> Path:
    """An SQLite file, empty or a copy of another template, that was prepared once for tests to copy."""
    path = folder / f"{name}.sqlite3"
    if above is not None:
        shutil.copyfile(above, path)
    database = Database(f"sqlite:///{path}")
    prepare(database)
    database.close()  # folds the write-ahead log into the file
    return path


def server_template(
    server: PostgresServer, name: str, prepare: Callable[[Database], object], above: str = "template1"
) -> str:
    """The name of a PostgreSQL database that was prepared once for tests to copy."""
    database = Database(server.create(name, template=above))
    prepare(database)
    database.close()
    return name


def plant(database: Database) -> None:
    """Writes the small plan of samples.py."""
    with database.writing() as session:
        make_small_plan(session)


@contextmanager
def copied_file(template: Path | None, folder: Path) -> Iterator[Database]:
    """An SQLite database that starts as a copy of the template, or empty."""
    path = folder / f"qingshan-{next(_numbers)}.sqlite3"
    if template is not None:
        shutil.copyfile(template, path)
    database = Database(f"sqlite:///{path}")
    try:
        yield database
    finally:
        database.close()


@contextmanager
def copied_database(server: PostgresServer, template: str = "template1") -> Iterator[Database]:
    """A PostgreSQL database that starts as a copy of the template, or empty; dropped afterwards."""
    name = f"test_{next(_numbers)}"
    database = Database(server.create(name, template=template))
    try:
        yield database
    finally:
        database.close()
        server.drop(name)
