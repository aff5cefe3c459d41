"""Works that wait: for acceptance, and accepted reports that nobody, or nobody yet wholly, has verified."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, true
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from core.calendar import current_quarter
from core.database import select_columns
from milestones.work_balances import not_reversed
from milestones.work_list import COLUMNS, PAGE, WorkFilter, answered_by, conditions, joined, top_project
from milestones.works import CLAIMED, ENTRY, WorkEntry
from portfolio.access import ALLOWED, Action, Reader
from portfolio.corrections import WORK_ENTRY, requested_facts
from portfolio.facts import APPROVED
from portfolio.projects import Project


def waiting_works(
    session: Session, reader: Reader, chosen: WorkFilter, *, after: int | None = None, size: int = PAGE
) -> tuple[Sequence[Any], int, int | None]:
    """The submitted entries that the reader may accept, in the order of their numbers: a page, how many, where to go on."""
    free = col(WorkEntry.id).not_in(requested_facts(WORK_ENTRY))  # what stands in a correction waits there
    return _by_number(session, [*conditions(reader, chosen), free, within(reader, "accept_works")], after, size)


def unverified_claims(
    session: Session, reader: Reader, chosen: WorkFilter, *, after: int | None = None, size: int = PAGE
) -> tuple[Sequence[Any], int, int | None]:
    """The accepted reports of others that are not wholly verified yet, where the reader may verify; in the same way.

    A report that was verified in another unit than its own may still be in it when nothing is left of it.
    """
    entry, verification = WorkEntry, aliased(WorkEntry)
    taken = select_columns(func.coalesce(func.sum(verification.quantity_micro), 0)).where(
        col(verification.based_on_id) == col(entry.id),
        col(verification.state) == APPROVED,
        col(verification.unit) == col(entry.unit),
    )
    asked = [
        *conditions(reader, chosen),
        within(reader, "verify"),
        col(entry.state) == APPROVED,
        col(entry.tier) == CLAIMED,
        col(entry.kind) == ENTRY,
        not_reversed(),
        taken.scalar_subquery() < col(entry.quantity_micro),
        *_not_of(reader),
    ]
    return _by_number(session, asked, after, size)


def _not_of(reader: Reader) -> list[ColumnElement[bool]]:
    """That the reader neither wrote nor handed over an entry."""
    entry, me = WorkEntry, reader.actor
    pairs = ((entry.recorded_by_id, entry.recorded_by), (entry.submitted_by_id, entry.submitted_by))
    if me.id is None:
        return [col(name) != me.name for _, name in pairs]
    others: list[ColumnElement[bool]] = [func.coalesce(id_, 0).not_in(me.ids) for id_, _ in pairs]
    ends = [f"（{account}）" for account in me.accounts]
    return others + [~func.coalesce(name, "").endswith(end, autoescape=True) for _, name in pairs for end in ends]


def _by_number(
    session: Session, asked: Sequence[ColumnElement[bool]], after: int | None, size: int
) -> tuple[Sequence[Any], int, int | None]:
    total = session.execute(joined(select_columns(func.count(col(WorkEntry.id)))).where(*asked)).scalar_one()
    query = joined(select_columns(*COLUMNS)).where(*asked).order_by(col(WorkEntry.id)).limit(size + 1)
    rows = session.execute(query if after is None else query.where(col(WorkEntry.id) > after)).all()
    return rows[:size], total, rows[size - 1].id if len(rows) > size else None


def within(reader: Reader, action: Action) -> ColumnElement[bool]:
    """That the reader may do this to an entry: in the plans, and for the departments, of the roles that allow it."""
    found: list[ColumnElement[bool]] = [false()]
    for reach in reader.reaches:
        if action not in ALLOWED[reach.role]:
            continue
        asked: list[ColumnElement[bool]] = [true()]
        if reach.plan_ids is not None:
            asked.append(col(Project.plan_id).in_(reach.plan_ids))
        if reach.department_id is not None and action in ("record", "verify"):
            asked.append(top_project.in_(answered_by(reach.department_id, current_quarter(), ("lead", "reporting"))))
        found.append(and_(*asked))
    return or_(*found)
