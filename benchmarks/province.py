"""A province for benchmarks: 11,700 projects with 800,000 entries of money or 200,000 of works, made once and used again."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text
from sqlmodel import Session, select

from core import schema
from core.database import Database
from core.settings import settings
from portfolio.plans import Plan
from seed.sources import FILE, put_sources, read_sources
from seed.synthetic import fill
from seed.synthetic_indicators import fill_indicators
from seed.synthetic_money import fill_money
from seed.synthetic_works import fill_works

PROJECTS, ENTRIES, WORKS = 11_700, 800_000, 200_000


def prepared(folder: Path, projects: int = PROJECTS, entries: int = ENTRIES) -> Database:
    """An analysed SQLite database with the province and its money; one that an earlier run left in the folder is used again."""
    return _made(folder / f"province-{projects}-{entries}.sqlite3", lambda session: _fill(session, projects, entries))


def prepared_works(folder: Path, projects: int = PROJECTS, entries: int = WORKS) -> Database:
    """The same with works and indicators, and without money."""
    name = f"province-works-{projects}-{entries}.sqlite3"
    return _made(folder / name, lambda session: _fill_works(session, projects, entries))


def _made(path: Path, fill_it: Callable[[Session], None]) -> Database:
    path.parent.mkdir(parents=True, exist_ok=True)
    database = Database(f"sqlite:///{path}")
    schema.upgrade(database)
    with database.writing() as session:
        if session.exec(select(Plan.id).limit(1)).first() is None:
            fill_it(session)
    with database.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
    return database


def _fill(session: Session, projects: int, entries: int) -> None:
    file = settings().seed_folder.parent / FILE
    put_sources(session, read_sources(file), file)
    fill(session, projects)
    fill_money(session, entries)


def _fill_works(session: Session, projects: int, entries: int) -> None:
    fill(session, projects)
    fill_works(session, entries)
    fill_indicators(session)
