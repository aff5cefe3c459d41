"""A database that people have worked in, as each earlier revision left it, upgrades with all its data.

A dump is the small plan of samples.py as rows of a revision, written by the code of that revision. A revision that has landed
gets one when the next one is made.
"""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text

from core import schema
from core.database import Database
from reports.self_check import mismatches

DUMPS = sorted((Path(__file__).parent / "dumps").glob("*.sql"))


def rows(database: Database, columns: dict[str, list[str]]) -> dict[str, list[Any]]:
    """Every row of every table, of the columns named, in the order of the rows' texts."""
    with database.reading() as session:
        return {
            table: sorted(map(repr, session.execute(text(f"SELECT {', '.join(names)} FROM {table}"))))
            for table, names in columns.items()
        }


def columns_of(database: Database) -> dict[str, list[str]]:
    with database.engine.connect() as connection:
        found = inspect(connection)
        return {
            table: [f'"{column["name"]}"' for column in found.get_columns(table)]
            for table in found.get_table_names()
            if table != "alembic_version"
        }


def load(database: Database, dump: Path) -> int:
    statements = dump.read_text(encoding="utf-8").rstrip().removesuffix(";").split(";\nINSERT")
    with database.writing() as session:
        for number, statement in enumerate(statements):
            whole = statement if number == 0 else f"INSERT{statement}"
            session.connection().exec_driver_sql(whole.replace("%", "%%") if not database.is_sqlite else whole)
    return len(statements)


@pytest.mark.parametrize("dump", DUMPS, ids=lambda dump: dump.stem)
def test_a_filled_database_of_an_earlier_revision_keeps_its_data(empty_database: Database, dump: Path) -> None:
    schema.upgrade(empty_database, dump.stem)
    count = load(empty_database, dump)
    columns = columns_of(empty_database)
    before = rows(empty_database, columns)
    assert sum(map(len, before.values())) == count
    schema.upgrade(empty_database)
    assert rows(empty_database, columns) == before
    assert schema.differences(empty_database) == []
    with empty_database.reading() as session:
        assert mismatches(session, 20244) == []


def test_every_landed_revision_has_a_dump() -> None:
    from alembic.script import ScriptDirectory

    revisions = [one.revision for one in ScriptDirectory.from_config(schema.configuration()).walk_revisions()]
    assert {dump.stem for dump in DUMPS} == set(revisions[1:])  # the newest one has no rows that must be kept yet
