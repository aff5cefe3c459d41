"""The real plans of the seed files, loaded once on each kind of database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.database import Database
from core.settings import ROOT
from seed.loader import load_plans
from tests import databases

CODES = ["xiaoyi", "tunliu", "jinzhong"]


def load(database: Database) -> None:
    """Loads a plan with money, one without, and a consultation draft."""
    with database.writing() as session:
        load_plans(session, ROOT / "seed" / "plans", CODES)


@pytest.fixture(scope="session")
def sqlite_loaded(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """An SQLite file with the plans in it, that tests copy."""
    return databases.file_template(tmp_path_factory.mktemp("template"), "loaded", load, sqlite_template)


@pytest.fixture(scope="session")
def postgres_loaded(postgres_server: object, postgres_template: str) -> str:
    """A PostgreSQL database with the plans in it, that tests copy."""
    return databases.server_template(postgres_server, "loaded", load, postgres_template)  # type: ignore[arg-type]


@pytest.fixture(params=databases.KINDS)
def loaded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A fresh database that holds the plans; once on each kind."""
    if request.param == "sqlite":
        with databases.copied_file(request.getfixturevalue("sqlite_loaded"), tmp_path) as database:
            yield database
        return
    server, template = (request.getfixturevalue(f"postgres_{name}") for name in ("server", "loaded"))
    with databases.copied_database(server, template) as database:
        yield database


@pytest.fixture
def plans(sqlite_loaded: Path, tmp_path: Path) -> Iterator[Database]:
    """The same on SQLite, for tests where the kind does not matter."""
    with databases.copied_file(sqlite_loaded, tmp_path) as database:
        yield database
