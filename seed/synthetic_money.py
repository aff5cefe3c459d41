"""Synthetic money for benchmarks: budget lines and approved entries over the projects of synthetic.py, straight into the tables.

The sums kept per project are then made anew, and the self-check checks them like any others.
"""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session, col, select

from budgets.entries import NEEDS_SOURCE, STAGES, LedgerEntry, same_key
from budgets.lines import BudgetLine
from budgets.sources import source_tree
from budgets.totals import make_totals_anew
from core.calendar import next_quarter, quarter_of
from portfolio.projects import Project

_CHUNK = 10_000
_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
_FIRST, _YEARS = 2021, 5
_RECORDED = {"recorded_at": _MOMENT, "recorded_by": "试验录入", "approved_at": _MOMENT, "approved_by": "试验审核"}


def fill_money(session: Session, entries: int, *, seed: int = 1) -> None:
    """Adds so many approved entries, spread over all projects, and yearly lines for each project and a few sources."""
    chance = random.Random(seed)  # noqa: S311 (a benchmark wants the same numbers again, not secrecy)
    sources = [node.id for node in source_tree(session) if node.takes_money and not node.source.pending]
    ids = [id_ for id_ in session.exec(select(Project.id).order_by(col(Project.id))) if id_ is not None]
    for table, rows in (
        (BudgetLine, _lines(ids, sources, chance)),
        (LedgerEntry, _entries(ids, sources, entries, chance)),
    ):
        for chunk in chunks(rows):
            session.execute(insert(table), chunk)
    make_totals_anew(session, ids)


def _lines(ids: list[int], sources: list[int], chance: random.Random) -> Iterator[dict[str, Any]]:
    for project_id in ids:
        for source_id in chance.sample(sources, 2):
            for year in range(_FIRST, _FIRST + _YEARS):
                amount = chance.randint(1, 5_000) * 1_000_000
                yield _RECORDED | {
                    "project_id": project_id,
                    "span": "year",
                    "covers": year,
                    "year": year,
                    "source_id": source_id,
                    "version": 1,
                    "amount_fen": amount,
                    "carried_fen": 0,
                    "change_fen": amount,
                    "carried_change_fen": 0,
                    "occurred_on": date(year, 2, 20),
                    "occurred_quarter": year * 10 + 1,
                    "posted_period": year * 10 + 1,
                    "document": f"试验〔{year}〕1号",
                    "state": "approved",
                    "row_version": 1,
                }


def _entries(ids: list[int], sources: list[int], count: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    """Entries in the order of their days, as years of work leave them; some were posted a quarter late."""
    days = sorted(
        date(_FIRST + chance.randrange(_YEARS), chance.randint(1, 12), chance.randint(1, 28)) for _ in range(count)
    )
    stages = list(STAGES)
    for number, day in enumerate(days):
        stage = chance.choice(stages)
        project_id = ids[chance.randrange(len(ids))]
        source_id = chance.choice(sources) if stage in NEEDS_SOURCE else None
        amount = chance.randint(1, 30_000_000)
        document, quarter = f"试验凭证{number}", quarter_of(day)
        late = chance.random() < 0.02 and quarter < 20254
        yield _RECORDED | {
            "project_id": project_id,
            "stage": stage,
            "kind": "entry",
            "source_id": source_id,
            "amount_fen": amount,
            "occurred_on": day,
            "occurred_quarter": quarter,
            "year": day.year,
            "document": document,
            "same_key": same_key(project_id, stage, source_id, day, amount, document),
            "ordinal": 1,
            "state": "approved",
            "own_department": False,
            "posted_period": next_quarter(quarter) if late else quarter,
            "row_version": 1,
        }


def chunks(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """The rows in lists of a length that one statement takes."""
    chunk: list[dict[str, Any]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
