"""How the sums of a quarter came about: 上期末累计 + 上期更正 + 本期发生 = 本期末累计, for each stage and for the plan.

Source: domain page, section 9. As issued: what had been posted before the quarter; what was posted in it but happened earlier;
what was posted in it and happened in it. As corrected: the same opening; everything else that happened earlier and is approved
by now; what happened in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal
from sqlmodel import Session, col

from budgets.entries import LedgerEntry
from budgets.lines import YEAR, BudgetLine
from core.database import select_columns
from portfolio.access import Reader
from portfolio.facts import AS_ISSUED, counted
from reports.money_figures import STAGE_COLUMNS
from reports.money_groups import MONEY_DIMENSIONS, without_stage
from reports.money_queries import ENTRY_KEYS, keyed_leaves, projects_in
from reports.rollup import Scope, check_dimensions, names_of, unknown_last

BUDGET = "budget_fen"
# What may be grouped by: the quarter is the one of the scope.
MOVEMENT_DIMENSIONS = {name: text for name, text in MONEY_DIMENSIONS.items() if name not in ("quarter", "stage")}


@dataclass(frozen=True)
class Movement:
    """One figure (a stage such as `paid_fen`, or `budget_fen`) of one group, in fen: it always adds up."""

    keys: tuple[str | int | None, ...]
    figure: str
    opening_fen: int  # 上期末累计
    corrections_fen: int  # 上期更正
    flow_fen: int  # 本期发生
    closing_fen: int  # 本期末累计


def movement(
    session: Session,
    reader: Reader,
    scope: Scope,
    by: Sequence[str] = (),
    *,
    level: int = 1,
    first: int | None = None,
) -> list[Movement]:
    """The movement of every figure of every group in the scope's quarter and edition; figures without any row are not in it.

    `first` is the first quarter of a longer period that ends with the scope's. Sorted by the keys, then the plan before the
    stages in their order.

    Errors: UnknownDimension, UnknownLevel; Invalid for an edition that there is not.
    """
    check_dimensions(by, MOVEMENT_DIMENSIONS, level)
    keys = without_stage(by)
    found = []
    for table in (LedgerEntry, BudgetLine):
        found += _of_table(session, reader, scope, keys, level, table, first or scope.quarter)
    names = [names_of(session, name, {ids[place] for ids, _ in found}) for place, name in enumerate(keys)]
    order = {figure: place for place, figure in enumerate((BUDGET, *STAGE_COLUMNS.values()))}
    rows = [
        Movement(tuple(named.get(id_, id_) for named, id_ in zip(names, ids, strict=True)), *values)
        for ids, values in found
    ]
    return sorted(rows, key=lambda row: (unknown_last(row.keys), order[row.figure]))


def _of_table(
    session: Session,
    reader: Reader,
    scope: Scope,
    keys: Sequence[str],
    level: int,
    table: type[LedgerEntry] | type[BudgetLine],
    first: int,
) -> list[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """(key ids, (figure, opening, corrections, flow, closing)) of each group that the table has rows of."""
    limited_to = projects_in(reader, scope)
    keyed = keyed_leaves(reader, scope, keys, level, limited_to)
    entry_columns = {"year": col(table.year), "source": col(table.source_id)}
    chosen = {name: entry_columns[name] for name in ENTRY_KEYS if name in keys}
    asked = [counted(table, scope.quarter, scope.edition)]
    if limited_to is not None:
        asked.append(col(table.project_id).in_(limited_to))
    figure: Any
    amount: Any
    if table is LedgerEntry:
        figure, amount = col(LedgerEntry.stage), col(LedgerEntry.amount_fen)
    else:
        carried = 0 if "year" in keys else func.coalesce(BudgetLine.carried_change_fen, 0)
        figure, amount = literal(BUDGET), col(BudgetLine.change_fen) - carried
        asked.append(col(BudgetLine.span) == YEAR)
    windows = [func.sum(case((window, amount), else_=0)) for window in movement_windows(table, scope.edition, first)]
    sums = [window.label(name) for window, name in zip(windows, ("opening", "corrections", "flow"), strict=True)]
    groups = [col(table.project_id), *chosen.values(), *([figure] if table is LedgerEntry else [])]
    inner = (
        select_columns(
            col(table.project_id).label("project_id"),
            *(column.label(name) for name, column in chosen.items()),
            figure.label("figure"),
            *sums,
            func.sum(amount).label("closing"),
        )
        .where(*asked)
        .group_by(*groups)
        .subquery("moved")
    )
    columns = [inner.c[name] if name in chosen else keyed.c[f"key_{name}"] for name in keys]
    query = (
        select_columns(
            *(column.label(f"key_{name}") for name, column in zip(keys, columns, strict=True)),
            inner.c.figure,
            *(func.sum(inner.c[name]) for name in ("opening", "corrections", "flow", "closing")),
        )
        .select_from(inner.join(keyed, keyed.c.leaf_id == inner.c.project_id))
        .group_by(*dict.fromkeys(columns), inner.c.figure)
    )
    size = len(keys)
    return [
        (tuple(row[:size]), (STAGE_COLUMNS.get(row[size], row[size]), *map(int, row[size + 1 :])))
        for row in session.execute(query)
    ]


def movement_windows(table: Any, edition: str, first: int) -> list[ColumnElement[bool]]:
    """Opening, corrections and flow, as conditions on a row that counts as of the end of a period beginning with a quarter."""
    occurred, posted = col(table.occurred_quarter), col(table.posted_period)
    before = posted < first  # in both editions: what was known when the period before was issued
    late = and_(posted >= first, occurred < first)
    if edition == AS_ISSUED:
        return [before, late, and_(posted >= first, occurred >= first)]
    return [before, late, occurred >= first]
