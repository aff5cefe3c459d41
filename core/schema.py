"""Makes or upgrades the tables by the migrations, and tells whether models and migrations agree."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from core.database import Database, all_tables
from core.settings import ROOT


def configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return config


def upgrade(database: Database, revision: str = "head") -> None:
    """Brings the tables to a revision, in one transaction."""
    engine = database.engine.execution_options(begin_immediate=True)
    with engine.connect() as connection:
        upgrade_in(connection, revision)
        connection.commit()


def upgrade_in(connection: Connection, revision: str = "head") -> None:
    """The same in a transaction that the caller began and ends."""
    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def revision_of(database: Database) -> str | None:
    """The revision that the tables are at; None for an empty database."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str | None:
    return ScriptDirectory.from_config(configuration()).get_current_head()


def differences(database: Database) -> list[str]:
    """What the models say that the tables, as migrated, do not: empty when the migrations are complete."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        return [str(difference) for difference in compare_metadata(context, all_tables())]
