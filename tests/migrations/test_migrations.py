"""The migrations: from nothing to the newest tables and back, and nothing forgotten on the way."""

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from core import schema
from core.database import Database
from tests.samples import make_person, make_small_plan

# Every table whose rows the database itself keeps from being changed or removed.
APPEND_ONLY = (
    *("audit_entry", "ledger_entry", "budget_line", "money_explanation"),
    *("work_entry", "milestone_report", "official_reading", "lamp_rule_set", "scenario_decision"),
    *("project_change", "former_archiving", "set_aside"),
)

SQLITE_TRIGGERS = "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
POSTGRESQL_TRIGGERS = """
    SELECT trigger.tgname, relation.relname FROM pg_trigger AS trigger JOIN pg_class AS relation ON relation.oid = trigger.tgrelid
    WHERE NOT trigger.tgisinternal AND trigger.tgenabled <> 'D'
"""


def _revisions() -> list[str]:
    """Every revision, oldest first."""
    script = ScriptDirectory.from_config(schema.configuration())
    return [revision.revision for revision in reversed(list(script.walk_revisions()))]


def _downgrade(database: Database, revision: str) -> None:
    config = schema.configuration()
    engine = database.engine.execution_options(begin_immediate=True)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
        connection.commit()


def _tables(database: Database) -> set[str]:
    with database.engine.connect() as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


def _triggers(database: Database, table: str) -> set[str]:
    with database.reading() as session:
        rows = session.execute(text(SQLITE_TRIGGERS if database.is_sqlite else POSTGRESQL_TRIGGERS)).all()
    return {name for name, on in rows if on == table}


def _functions(database: Database) -> int:
    """How many functions of our own PostgreSQL holds."""
    asked = text("SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
    with database.reading() as session:
        return session.execute(asked).scalar_one()


def test_the_newest_tables_come_from_nothing(empty_database: Database) -> None:
    assert schema.revision_of(empty_database) is None
    schema.upgrade(empty_database)
    assert schema.revision_of(empty_database) == schema.newest_revision()
    schema.upgrade(empty_database)  # a second time does nothing
    assert schema.revision_of(empty_database) == schema.newest_revision()


def test_migrations_make_exactly_what_the_models_say(database: Database) -> None:
    assert schema.differences(database) == []


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE project DROP COLUMN contact",
        "DROP INDEX ix_project_listing_lead_sort",
        "CREATE TABLE forgotten (id INTEGER PRIMARY KEY)",
    ],
)
def test_a_forgotten_migration_is_noticed(database: Database, statement: str) -> None:
    with database.writing() as session:
        session.execute(text(statement))
    assert schema.differences(database) != []


def test_every_migration_goes_back_and_forth(empty_database: Database) -> None:
    for revision in _revisions():
        schema.upgrade(empty_database, revision)
        made = _tables(empty_database)
        _downgrade(empty_database, "-1")
        schema.upgrade(empty_database, revision)
        assert _tables(empty_database) == made
    assert schema.differences(empty_database) == []
    _downgrade(empty_database, "base")
    assert _tables(empty_database) == set()
    assert empty_database.is_sqlite or _functions(empty_database) == 0
    schema.upgrade(empty_database)
    assert schema.differences(empty_database) == []


def test_the_triggers_stand_after_every_migration(empty_database: Database) -> None:
    for revision in _revisions():
        schema.upgrade(empty_database, revision)
        for table in set(APPEND_ONLY) & _tables(empty_database):
            wanted = {"update", "delete"} if empty_database.is_sqlite else {"change", "truncate"}
            assert _triggers(empty_database, table) >= {f"{table}_no_{what}" for what in wanted}, f"after {revision}"
    assert set(APPEND_ONLY) <= _tables(empty_database)


def test_a_full_database_goes_down_and_up_again(database: Database) -> None:
    with database.writing() as session:
        small = make_small_plan(session)
        make_person(session, "wang", "owner", plan=small.plan, department=small.forestry)
    _downgrade(database, "base")
    assert _tables(database) == set()
    schema.upgrade(database)
    assert schema.differences(database) == []


def test_a_migration_that_fails_leaves_the_tables_as_they_were(empty_database: Database) -> None:
    with empty_database.writing() as session:
        session.execute(text("CREATE TABLE reading (id INTEGER PRIMARY KEY)"))  # in the way of a later step
    with pytest.raises(Exception, match="already exists"):
        schema.upgrade(empty_database)
    assert _tables(empty_database) == {"reading"}
    assert schema.revision_of(empty_database) is None


def test_a_primary_key_counts_beyond_32_bits(database: Database) -> None:
    columns = "id, at, actor, action, subject, subject_id"
    insert = f"INSERT INTO audit_entry ({columns}) VALUES (:id, '2024-01-01', '甲', 'a', 'b', :id)"
    with database.writing() as session:
        session.execute(text(insert), {"id": 2**40})
    with database.reading() as session:
        assert session.execute(text("SELECT subject_id FROM audit_entry")).scalar_one() == 2**40
