"""What staged rows are against the ledger as it stands: which are new, which dated in closed quarters, which take back too much.

A row is known when the ledger already holds as many equals as stand in the file up to it. Entries that were sent back do not
count, so a file that is sent again brings them anew.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, case, func
from sqlmodel import Session, col, select

from budgets.entries import APPROVED, REDUCTION, STAGES, LedgerEntry
from budgets.entry_rules import BelowZero, PeriodClosed
from budgets.importing.tables import ImportRow
from core.calendar import quarter_name
from core.database import select_columns
from core.errors import Broken
from core.money import typed


def held() -> ColumnElement[int]:
    """How many entries of the ledger equal a staged row."""
    return (
        select_columns(func.count())
        .where(col(LedgerEntry.same_key) == col(ImportRow.same_key), col(LedgerEntry.ordinal) > 0)
        .correlate(ImportRow)
        .scalar_subquery()
    )


def highest() -> ColumnElement[int]:
    """The highest ordinal among them; where one in between was sent back it is above their number."""
    return (
        select_columns(func.coalesce(func.max(LedgerEntry.ordinal), 0))
        .where(col(LedgerEntry.same_key) == col(ImportRow.same_key), col(LedgerEntry.ordinal) > 0)
        .correlate(ImportRow)
        .scalar_subquery()
    )


def is_new(import_id: int) -> tuple[ColumnElement[bool], ...]:
    """The condition on staged rows that the ledger does not hold yet."""
    return col(ImportRow.import_id) == import_id, col(ImportRow.ordinal) > held()


def sums_of(session: Session, import_id: int) -> list[dict[str, Any]]:
    """What the file comes to, by stage and source, and how much of it is new. One query."""
    fresh = case((col(ImportRow.ordinal) > held(), 1), else_=0).label("fresh")
    rows = (
        select_columns(ImportRow.stage, ImportRow.source_id, ImportRow.amount_fen, fresh)
        .where(col(ImportRow.import_id) == import_id)
        .subquery()
    )
    column = rows.c
    found = session.execute(
        select_columns(
            column.stage,
            column.source_id,
            func.count(),
            func.sum(column.amount_fen),
            func.sum(column.fresh),
            func.sum(column.fresh * column.amount_fen),
        ).group_by(column.stage, column.source_id)
    )
    order = list(STAGES)
    sums = [
        {
            "stage": stage,
            "source_id": source_id,
            "entries": entries,
            "amount_fen": int(fen),
            "new": int(new),
            "new_fen": int(new_fen),
        }
        for stage, source_id, entries, fen, new, new_fen in found
    ]
    return sorted(sums, key=lambda one: (order.index(one["stage"]), one["source_id"] or 0))


def in_closed_quarters(session: Session, import_id: int, first_open: int) -> Iterator[tuple[int, Broken]]:
    """The lines of new rows that are dated in a closed quarter and give no reason for the correction, with the problem."""
    lines = session.execute(
        select_columns(ImportRow.line, ImportRow.occurred_on, ImportRow.occurred_quarter)
        .where(
            *is_new(import_id),
            col(ImportRow.occurred_quarter) < first_open,
            func.coalesce(ImportRow.correction_reason, "") == "",
        )
        .distinct()
        .order_by(col(ImportRow.line))
    )
    for line, day, quarter in lines:
        yield (
            line,
            PeriodClosed(
                field="occurred_on",
                found=day.isoformat(),
                quarter=quarter_name(quarter),
                open=quarter_name(first_open),
            ),
        )


def taken_back_too_much(session: Session, import_id: int) -> Iterator[tuple[int, str, Broken]]:
    """The lines and stages of new reductions that, together, would take more back than was approved, with the problem."""
    rows = session.execute(
        select_columns(ImportRow.line, ImportRow.project_id, ImportRow.stage, ImportRow.source_id, ImportRow.amount_fen)
        .where(*is_new(import_id), col(ImportRow.kind) == REDUCTION)
        .order_by(col(ImportRow.number))
    ).all()
    if not rows:
        return
    sums = session.execute(
        select_columns(
            LedgerEntry.project_id, LedgerEntry.stage, LedgerEntry.source_id, func.sum(LedgerEntry.amount_fen)
        )
        .where(
            col(LedgerEntry.state) == APPROVED,
            col(LedgerEntry.project_id).in_(
                select(ImportRow.project_id).where(ImportRow.import_id == import_id, ImportRow.kind == REDUCTION)
            ),
        )
        .group_by(col(LedgerEntry.project_id), col(LedgerEntry.stage), col(LedgerEntry.source_id))
    )
    left = {(project_id, stage, source_id): int(fen) for project_id, stage, source_id, fen in sums}
    for line, project_id, stage, source_id, fen in rows:
        key = (project_id, stage, source_id)
        before = left.get(key, 0)
        if before + fen < 0:
            found = typed(-fen, "元")
            yield line, stage, BelowZero(field="amount", stage=STAGES[stage], held=typed(before, "元"), found=found)
        else:
            left[key] = before + fen
