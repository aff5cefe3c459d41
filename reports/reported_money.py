"""Which sums of money were reported at all: a reported 0 is 0, and what nobody reported is None (未填报).

A sum is reported where an approved entry stands in the ledger, or where an accepted return says 0, of which no entry is made.
A sum other than 0 of a return that still waits for finance is not known yet.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, case, func
from sqlmodel import Session, col

from budgets.entries import LedgerEntry
from core.database import select_columns
from portfolio.access import Reader
from portfolio.facts import counted
from portfolio.periods import ReportingPeriod
from reports.money_figures import STAGE_COLUMNS
from reports.money_movement import movement_windows
from reports.money_queries import keyed_leaves, projects_in
from reports.quarterly_scope import Asked
from reports.returns import ACCEPTED, DepartmentReturn, ReturnCell

_FIELDS = {f"money.{stage}": figure for stage, figure in STAGE_COLUMNS.items()}
_ZERO = "0"


@dataclass(frozen=True)
class ReportedMoney:
    """The figures of a project or group (`paid_fen` …) that anything was reported of: in the period, before it, in each year."""

    in_period: frozenset[str] = frozenset()
    before: frozenset[str] = frozenset()
    in_years: frozenset[tuple[int, str]] = frozenset()

    def of_period(self, figure: str, fen: int | None) -> int | None:
        """A sum of the period; None where nothing of it was reported."""
        return fen or (0 if figure in self.in_period else None)

    def of_year(self, year: int, figure: str, fen: int | None) -> int | None:
        """The same of a year, up to the end of the period."""
        return fen or (0 if (year, figure) in self.in_years else None)

    def so_far(self, figure: str, fen: int | None) -> int | None:
        """The same of all that happened up to the end of the period; sums that are not of the ledger stay as they are."""
        if figure not in STAGE_COLUMNS.values():
            return fen
        return fen or (0 if any(figure == known for _, known in self.in_years) else None)

    def so_far_before(self, figure: str, fen: int | None) -> int | None:
        """The same up to the end of the period before."""
        if figure not in STAGE_COLUMNS.values():
            return fen
        return fen or (0 if figure in self.before else None)


def together(found: Iterable[ReportedMoney]) -> ReportedMoney:
    """What was reported of any of them: a group knows a sum as soon as one of its projects does."""
    rows = list(found)
    return ReportedMoney(
        frozenset(name for one in rows for name in one.in_period),
        frozenset(name for one in rows for name in one.before),
        frozenset(name for one in rows for name in one.in_years),
    )


def reported_money(session: Session, reader: Reader, asked: Asked) -> dict[str, ReportedMoney]:
    """What was reported of each counted project by its code. Two grouped queries, however many projects there are."""
    in_period: dict[str, set[str]] = defaultdict(set)
    before: dict[str, set[str]] = defaultdict(set)
    in_years: dict[str, set[tuple[int, str]]] = defaultdict(set)
    for query, figures in ((_entries(reader, asked), STAGE_COLUMNS), (_zeros(reader, asked), _FIELDS)):
        for code, name, year, now, earlier in session.execute(query):
            figure = figures[name]
            in_years[str(code)].add((int(year), figure))
            if now:
                in_period[str(code)].add(figure)
            if earlier:
                before[str(code)].add(figure)
    return {
        code: ReportedMoney(frozenset(in_period[code]), frozenset(before[code]), frozenset(years))
        for code, years in in_years.items()
    }


def _entries(reader: Reader, asked: Asked) -> Select[Any]:
    """(project, stage, year, whether any entry is of the period, whether any was known before it)."""
    limited_to = projects_in(reader, asked.scope)
    keyed = keyed_leaves(reader, asked.scope, ("project",), 1, limited_to)
    opening, _, flow = movement_windows(LedgerEntry, asked.scope.edition, asked.first)
    groups = (keyed.c.key_project, col(LedgerEntry.stage), col(LedgerEntry.year))
    query = (
        select_columns(*groups, func.max(case((flow, 1), else_=0)), func.max(case((opening, 1), else_=0)))
        .select_from(LedgerEntry)
        .join(keyed, keyed.c.leaf_id == LedgerEntry.project_id)
        .where(counted(LedgerEntry, asked.quarter, asked.scope.edition))
    )
    if limited_to is not None:
        query = query.where(col(LedgerEntry.project_id).in_(limited_to))
    return query.group_by(*groups)


def _zeros(reader: Reader, asked: Asked) -> Select[Any]:
    """The same of the cells of accepted returns that say 0. The returns of a closed quarter stay as they are."""
    keyed = keyed_leaves(reader, asked.scope, ("project",), 1, projects_in(reader, asked.scope))
    quarter = col(ReportingPeriod.last_quarter)
    flow, opening = quarter >= asked.first, quarter < asked.first
    return (
        select_columns(
            *(keyed.c.key_project, ReturnCell.field, (quarter // 10).label("year")),
            *(case((window, 1), else_=0) for window in (flow, opening)),
        )
        .select_from(ReturnCell)
        .join(keyed, keyed.c.leaf_id == ReturnCell.project_id)
        .join(DepartmentReturn, col(DepartmentReturn.id) == ReturnCell.return_id)
        .join(ReportingPeriod, col(ReportingPeriod.id) == DepartmentReturn.period_id)
        .where(
            col(DepartmentReturn.state) == ACCEPTED,
            col(ReturnCell.field).in_(_FIELDS),
            col(ReturnCell.value) == _ZERO,
            col(ReportingPeriod.kind) == "quarter",
            quarter <= asked.quarter,
        )
    )
