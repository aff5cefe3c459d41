"""How Alembic reaches the database: the settings' URL, or the connection that a caller hands over."""

from alembic import context
from sqlmodel import SQLModel

import web.tables  # noqa: F401 (every table, so that autogenerate sees them)
from core.database import Database
from core.settings import settings

context.config.set_main_option("script_location", "migrations")


def run(connection: object) -> None:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=True,
        compare_type=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


handed_over = context.config.attributes.get("connection")
if handed_over is not None:
    run(handed_over)
else:
    database = Database(context.config.attributes.get("url") or settings().database_url)
    with database.engine.connect() as opened:
        run(opened)
        opened.commit()
    database.close()
