"""The data that benchmarks run on: the same seed the same rows, of every tier, and the self-check finds nothing wrong."""

from collections import Counter
from pathlib import Path

from sqlmodel import Session, col, select

from core.database import Database
from milestones.works import WorkEntry
from portfolio.access import OPERATOR_READER
from reports.indicators import indicator_figures
from reports.rollup import Scope
from reports.self_check import mismatches
from seed.synthetic import fill
from seed.synthetic_indicators import KINDS, fill_indicators
from seed.synthetic_works import fill_works

_FACTS = ("project_id", "measure_id", "tier", "kind", "quantity_micro", "unit", "based_on_id", "occurred_on")


def filled(database: Database) -> list[tuple[object, ...]]:
    with database.writing() as session:
        fill(session, 20, per_plan=10)
        fill_works(session, 600)
        fill_indicators(session)
    with database.reading() as session:
        return entries(session)


def entries(session: Session) -> list[tuple[object, ...]]:
    rows = session.exec(select(WorkEntry).order_by(col(WorkEntry.id)))
    return [tuple(getattr(row, name) for name in _FACTS) for row in rows]


def test_the_province_for_benchmarks_agrees_with_the_self_check(database: Database) -> None:
    found = filled(database)
    assert len(found) == 600
    assert set(Counter(row[2] for row in found)) == {"claimed", "verified", "surviving", "lost"}
    assert set(Counter(row[3] for row in found)) == {"entry", "reversal", "not-applicable"}
    with database.reading() as session:
        assert mismatches(session, 20254) == []
        figures = indicator_figures(session, OPERATOR_READER, Scope(20254))
        assert len(figures) == 2 * len(KINDS)
        assert all(one.rolled_up is not None and one.if_all_finished is not None for one in figures)


def test_the_same_seed_gives_the_same_province(sqlite_database: Database, tmp_path: Path) -> None:
    from core import schema

    other = Database(f"sqlite:///{tmp_path / 'other.sqlite3'}")
    schema.upgrade(other)
    try:
        assert filled(sqlite_database) == filled(other)
    finally:
        other.close()
