"""Fresh databases for tests: SQLite files and PostgreSQL databases, each a copy of a template that was prepared once."""

import itertools
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import web.tables  # noqa: F401 (every table, so that models and migrations can be compared)
from core import schema
from core.database import Database
from tests.postgres import PostgresServer
from tests.samples import make_small_plan

KINDS = ("sqlite", "postgresql")
Step = Callable[[Database], object]


class Copies(ABC):
    """Templates, and copies of them that are lent to one test after the other.

    A Database that comes back is lent again, with another content: it keeps the statements that it compiled. To compile
    them anew for each test would take a third of the whole run.
    """

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._templates: dict[tuple[Step, ...], str] = {}
        self._idle: list[Database] = []

    @contextmanager
    def lent(self, *steps: Step) -> Iterator[Database]:
        """A database on which these steps were taken and nothing else was done."""
        template = self.template(*steps) if steps else None
        database = self._idle.pop() if self._idle else self._another(f"test_{next(self._numbers)}")
        database.close()  # a connection that something opened after its test ended still shows the old content
        self._fill(database, template)
        try:
            yield database
        finally:
            database.close()
            if not database._writer.locked():  # else the next test would wait for ever
                self._idle.append(database)

    def template(self, *steps: Step) -> str:
        """What is copied where these steps were taken: the path of a file or the name of a database."""
        if steps not in self._templates:
            with self.lent(*steps[:-1]) as database:
                steps[-1](database)
                database.close()  # folds the write-ahead log into the file; PostgreSQL copies nothing that is in use
                self._templates[steps] = self._kept(database, f"template_{next(self._numbers)}")
        return self._templates[steps]

    @abstractmethod
    def _another(self, name: str) -> Database:
        """A Database that is not lent; what it leads to need not be there yet."""

    @abstractmethod
    def _fill(self, database: Database, template: str | None) -> None:
        """Puts a copy of the template, or nothing at all, in the place of what was there."""

    @abstractmethod
    def _kept(self, database: Database, name: str) -> str:
        """A copy of the database that stays."""


class FileCopies(Copies):
    """SQLite files in a folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def _another(self, name: str) -> Database:
        return Database(f"sqlite:///{self._folder / name}.sqlite3")

    def _fill(self, database: Database, template: str | None) -> None:
        path = _path(database)
        for old in path.parent.glob(f"{path.name}*"):  # the file, its log and the log's index
            old.unlink()
        if template is not None:
            shutil.copyfile(template, path)

    def _kept(self, database: Database, name: str) -> str:
        return str(shutil.copyfile(_path(database), self._folder / f"{name}.sqlite3"))


class ServerCopies(Copies):
    """Databases of a PostgreSQL server."""

    def __init__(self, server: PostgresServer) -> None:
        super().__init__()
        self._server = server

    def _another(self, name: str) -> Database:
        return Database(self._server.database_url(name))

    def _fill(self, database: Database, template: str | None) -> None:
        assert database.url.database is not None
        self._server.drop(database.url.database)
        self._server.create(database.url.database, template=template or "template1")

    def _kept(self, database: Database, name: str) -> str:
        assert database.url.database is not None
        self._server.create(name, template=database.url.database)
        return name


def _path(database: Database) -> Path:
    assert database.url.database is not None
    return Path(database.url.database)


def plant(database: Database) -> None:
    """Writes the small plan of samples.py."""
    with database.writing() as session:
        make_small_plan(session)


# ---- fixtures: a file of tests may give `database` and `sqlite_database` more steps for its own tests


def on_sqlite(*steps: Step) -> Any:
    """A fixture: a fresh migrated SQLite database on which these steps were taken."""
    return _fixture("sqlite", steps)


def on_postgresql(*steps: Step) -> Any:
    """A fixture: the same on PostgreSQL."""
    return _fixture("postgresql", steps)


def on_both(*steps: Step) -> Any:
    """A fixture: the same on each kind; the test runs once on each."""

    @pytest.fixture(params=KINDS)
    def prepared(request: pytest.FixtureRequest) -> Iterator[Database]:
        with request.getfixturevalue(f"{request.param}_copies").lent(schema.upgrade, *steps) as database:
            yield database

    return prepared


def _fixture(kind: str, steps: tuple[Step, ...]) -> Any:
    @pytest.fixture
    def prepared(request: pytest.FixtureRequest) -> Iterator[Database]:
        with request.getfixturevalue(f"{kind}_copies").lent(schema.upgrade, *steps) as database:
            yield database

    return prepared
