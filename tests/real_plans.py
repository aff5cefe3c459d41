"""The real plans of the seed files, loaded once on each kind of database."""

from core.database import Database
from core.settings import ROOT
from seed.loader import load_plans
from tests.databases import on_both, on_sqlite

CODES = ["xiaoyi", "tunliu", "jinzhong"]


def load(database: Database) -> None:
    """Loads a plan with money, one without, and a consultation draft."""
    with database.writing() as session:
        load_plans(session, ROOT / "seed" / "plans", CODES)


def load_xiaoyi(database: Database) -> None:
    """Loads the plan with money alone."""
    with database.writing() as session:
        load_plans(session, ROOT / "seed" / "plans", CODES[:1])


loaded = on_both(load)
plans = on_sqlite(load)  # for tests where the kind does not matter
