"""A province for benchmarks: 11,700 projects and 800,000 approved entries, made once in a folder and used again."""

from pathlib import Path

from sqlalchemy import text
from sqlmodel import Session, select

from core import schema
from core.database import Database
from core.settings import settings
from portfolio.plans import Plan
from seed.sources import FILE, put_sources, read_sources
from seed.synthetic import fill
from seed.synthetic_money import fill_money

PROJECTS, ENTRIES = 11_700, 800_000


def prepared(folder: Path, projects: int = PROJECTS, entries: int = ENTRIES) -> Database:
    """An analysed SQLite database with the province in it; one that an earlier run left in the folder is used again."""
    folder.mkdir(parents=True, exist_ok=True)
    database = Database(f"sqlite:///{folder / f'province-{projects}-{entries}.sqlite3'}")
    schema.upgrade(database)
    with database.writing() as session:
        if session.exec(select(Plan.id).limit(1)).first() is None:
            _fill(session, projects, entries)
    with database.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
    return database


def _fill(session: Session, projects: int, entries: int) -> None:
    file = settings().seed_folder.parent / FILE
    put_sources(session, read_sources(file), file)
    fill(session, projects)
    fill_money(session, entries)
