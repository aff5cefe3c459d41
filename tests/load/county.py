"""What crowds find in a database: plans as they are printed beside made-up ones with years of money and works."""

from core.database import Database
from core.settings import settings
from seed.loader import load_plans
from seed.synthetic_county import fill_county
from tests.core.backup_samples import url_of
from tests.processes import command


def county(database: Database) -> None:
    """The five plans beside a county of a hundred projects with 8,000 entries."""
    url = url_of(database)
    database.close()
    for words in (("load-synthetic", "--scale", "county"), ("load-plans",)):
        done = command(url)(*words)
        assert done.returncode == 0, done.stderr


def hamlet(database: Database) -> None:
    """A small part of that: one plan beside twenty projects with 400 entries."""
    with database.writing() as session:
        fill_county(session, 20, 400, 100, per_plan=10)
    with database.writing() as session:
        load_plans(session, settings().seed_folder, ["tunliu"])
