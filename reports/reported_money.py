"""Which sums of money were reported at all: a reported 0 is 0, and what nobody reported is None (未填报).

A sum is reported where an approved entry stands in the ledger (what was reversed does not), or where an accepted return says 0,
of which no entry is made.
A sum other than 0 of a return that still waits for finance is not known yet.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, case
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from budgets.entries import REDUCTION, LedgerEntry
from core.database import select_columns
from portfolio.access import Reader
from portfolio.facts import counted
from portfolio.periods import ReportingPeriod
from reports.money_figures import STAGE_COLUMNS, MoneyFigures
from reports.money_movement import movement_windows
from reports.money_queries import keyed_leaves, projects_in
from reports.quarterly_scope import Asked
from reports.returns import ACCEPTED, DepartmentReturn, ReturnCell

_FIELDS = {f"money.{stage}": figure for stage, figure in STAGE_COLUMNS.items()}
_ZERO = "0"


@dataclass(frozen=True)
class ReportedMoney:
    """The figures of a project or group (`paid_fen` …) that are known even where they come to 0: in the period, before it, and in
    each year. A sum other than 0 is known anyway.
    """

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

    def sums(self, one: MoneyFigures) -> dict[str, int | None]:
        """The sums of the ledger of one group, each as `so_far` tells it. Its rates keep counting what nobody reported as 0."""
        return {figure: self.so_far(figure, getattr(one, figure)) for figure in STAGE_COLUMNS.values()}

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
    """What was reported of each counted project by its code although it may come to 0. Two queries, however many projects."""
    found: dict[str, tuple[set[str], set[str], set[tuple[int, str]]]] = defaultdict(lambda: (set(), set(), set()))
    for query, figures in ((_reductions(reader, asked), STAGE_COLUMNS), (_zeros(reader, asked), _FIELDS)):
        for code, name, year, now, earlier in session.execute(query):
            in_period, before, in_years = found[str(code)]
            in_years.add((int(year), figures[name]))
            if now:
                in_period.add(figures[name])
            if earlier:
                before.add(figures[name])
    return {
        code: ReportedMoney(frozenset(in_period), frozenset(before), frozenset(in_years))
        for code, (in_period, before, in_years) in found.items()
    }


def _reductions(reader: Reader, asked: Asked) -> Select[Any]:
    """(project, stage, year, whether it is of the period, whether it was known before) of each reduction that stands.

    Sums other than 0 speak for themselves: entries that stand come to 0 only where something was taken back.
    """
    limited_to = projects_in(reader, asked.scope)
    keyed = keyed_leaves(reader, asked.scope, ("project",), 1, limited_to)
    opening, _, flow = movement_windows(LedgerEntry, asked.scope.edition, asked.first)
    undoing = aliased(LedgerEntry)
    undone = select_columns(undoing.id).where(
        col(undoing.reverses_id) == col(LedgerEntry.id), counted(undoing, asked.quarter, asked.scope.edition)
    )
    query = (
        select_columns(
            *(keyed.c.key_project, LedgerEntry.stage, LedgerEntry.year),
            *(case((window, 1), else_=0) for window in (flow, opening)),
        )
        .select_from(LedgerEntry)
        .join(keyed, keyed.c.leaf_id == LedgerEntry.project_id)
        .where(
            counted(LedgerEntry, asked.quarter, asked.scope.edition),
            col(LedgerEntry.amount_fen) < 0,
            col(LedgerEntry.kind) == REDUCTION,
            ~undone.exists(),
        )
    )
    return query if limited_to is None else query.where(col(LedgerEntry.project_id).in_(limited_to))


def _zeros(reader: Reader, asked: Asked) -> Select[Any]:
    """The same, one by one, of the cells of accepted returns that say 0. The returns of a closed quarter stay as they are."""
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
