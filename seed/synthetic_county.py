"""A whole synthetic county or province: funding sources, projects, money, works and indicators together."""

from sqlmodel import Session

from core.database import all_tables
from core.moving import count_on
from core.settings import settings
from seed.sources import FILE, put_sources, read_sources
from seed.synthetic import fill
from seed.synthetic_indicators import fill_indicators
from seed.synthetic_money import fill_money
from seed.synthetic_works import fill_works


def fill_county(
    session: Session, projects: int, entries: int, works: int, *, per_plan: int = 100, seed: int = 1
) -> None:
    """Fills an empty, migrated database; whoever adds something afterwards gets the next free number."""
    file = settings().seed_folder.parent / FILE
    put_sources(session, read_sources(file), file)
    fill(session, projects, per_plan=per_plan, seed=seed)
    fill_money(session, entries, seed=seed)
    fill_works(session, works, seed=seed)
    fill_indicators(session, seed=seed)
    count_on(session.connection(), all_tables().sorted_tables)
