"""The forecast of every funding source, gathered from the ledger and the budget lines with a few grouped queries."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func
from sqlmodel import Session, col

from budgets.entries import LedgerEntry
from budgets.lines import QUARTER, YEAR, BudgetLine
from budgets.sources import SourceNode, source_tree
from core.database import select_columns
from portfolio.access import Reader
from portfolio.facts import AS_CORRECTED, counted
from reports.forecast import Forecast, SourceYear, forecast
from reports.money_queries import keyed_leaves, projects_in
from reports.rollup import Scope


@dataclass(frozen=True)
class SourceForecast:
    """One source of the tree with what is known of its year and what is expected."""

    node: SourceNode
    year: SourceYear
    expected: Forecast


@dataclass(frozen=True)
class ForecastSheet:
    """The forecast as of a quarter: the sources with money in the year, and what of it can be added up."""

    quarter: int
    rows: tuple[SourceForecast, ...]

    def total(self, name: str) -> int | None:
        """The sum of one column (year_end_fen, next_quarter_fen, to_raise_fen) where it is known; None where it never is."""
        known = [fen for row in self.rows if (fen := getattr(row.expected, name)) is not None]
        return sum(known) if known else None

    @property
    def not_told(self) -> int:
        """How many sources have no year-end forecast and are therefore in no sum."""
        return sum(row.expected.year_end_fen is None for row in self.rows)


def forecast_sheet(session: Session, reader: Reader, scope: Scope, edition: str = AS_CORRECTED) -> ForecastSheet:
    """The forecast of every source that has a budget or payments in the year of the quarter."""
    year, number = divmod(scope.quarter, 10)
    money = _ledger(session, reader, scope, edition, year)
    lines = _lines(session, reader, scope, edition, year)
    rows = []
    for node in source_tree(session):
        paid, balance = money.get(node.id, (0, 0))
        planned = lines.get(node.id, {})
        if not paid and not balance and not planned:
            continue
        known = SourceYear(
            budget_fen=planned.get(year),
            paid_fen=paid,
            balance_fen=balance,
            quarter_plans={one: planned[year * 10 + one] for one in (1, 2, 3, 4) if year * 10 + one in planned},
            next_budget_fen=planned.get(year + 1),
            next_quarter_plans={
                one: planned[(year + 1) * 10 + one] for one in (1, 2, 3, 4) if (year + 1) * 10 + one in planned
            },
        )
        rows.append(SourceForecast(node, known, forecast(known, number)))
    return ForecastSheet(scope.quarter, tuple(rows))


def _of_scope(query: Any, project_id: Any, reader: Reader, scope: Scope) -> Any:
    """Limits a query to the leaves that the roll-up counts: what is ended or archived pays nothing any more."""
    counted_leaves = keyed_leaves(reader, scope, (), 1, projects_in(reader, scope))
    return query.where(col(project_id).in_(select_columns(counted_leaves.c.leaf_id)))


def _ledger(
    session: Session, reader: Reader, scope: Scope, edition: str, year: int
) -> dict[int | None, tuple[int, int]]:
    """By source: what was paid in the year, and what was received and not yet paid in all years, in fen."""
    fen, stage = col(LedgerEntry.amount_fen), col(LedgerEntry.stage)
    this_year = (stage == "paid") & (col(LedgerEntry.year) == year)
    query = (
        select_columns(
            LedgerEntry.source_id,
            func.sum(case((this_year, fen), else_=0)),
            func.sum(case((stage == "received", fen), (stage == "paid", -fen), else_=0)),
        )
        .where(counted(LedgerEntry, scope.quarter, edition), stage.in_(["received", "paid"]))
        .group_by(col(LedgerEntry.source_id))
    )
    return {
        source: (int(paid), int(balance))
        for source, paid, balance in session.execute(_of_scope(query, LedgerEntry.project_id, reader, scope))
    }


def _lines(session: Session, reader: Reader, scope: Scope, edition: str, year: int) -> dict[int, dict[int, int]]:
    """By source: the sums of this and the next year's lines, in fen by what they cover (2024, 20241 …)."""
    query = (
        select_columns(BudgetLine.source_id, BudgetLine.covers, func.sum(BudgetLine.change_fen))
        .where(
            counted(BudgetLine, scope.quarter, edition),
            col(BudgetLine.span).in_([YEAR, QUARTER]),
            col(BudgetLine.year).in_([year, year + 1]),
        )
        .group_by(col(BudgetLine.source_id), col(BudgetLine.covers))
    )
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for source, covers, fen in session.execute(_of_scope(query, BudgetLine.project_id, reader, scope)):
        found[source][covers] = int(fen)
    return found
