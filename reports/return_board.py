"""The quarter board: who has reported, who is late, what was sent back. A few grouped queries, whatever the departments.

Steps: 未报 (nothing is in it yet), 草稿, 待部门审核, 部门已审, 已接收, 退回. Days count to the day of the department, which may
be later than that of the quarter.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col

from core.calendar import today
from core.database import select_columns
from core.errors import N_
from portfolio.departments import Department
from portfolio.periods import CLOSED, ISSUED, ReportingPeriod
from portfolio.projects import Project
from reports.filing import Filing, filings_of
from reports.returns import (
    ACCEPTED,
    APPROVED,
    DRAFT,
    SENT_BACK,
    SUBMITTED,
    DepartmentReturn,
    ReturnCell,
    ReturnNote,
    ReturnReminder,
)
from reports.sent_back import sent_back_of_returns

EMPTY = "empty"  # a draft in which nothing stands yet
STEPS = {
    EMPTY: N_("未报"),
    DRAFT: N_("草稿"),
    SUBMITTED: N_("待部门审核"),
    APPROVED: N_("部门已审"),
    ACCEPTED: N_("已接收"),
    SENT_BACK: N_("已退回"),
}
_IN = (APPROVED, ACCEPTED)


@dataclass(frozen=True)
class BoardRow:
    """A department and where its return stands. `days` to its day, below 0 when it is past; None once it is in."""

    return_id: int
    department_id: int
    department: str
    step: str
    due_on: date | None
    days: int | None
    extended: bool
    projects: int
    filled: int
    no_progress: bool
    at: datetime | None
    by: str | None
    round: int
    notes: int
    reminders: int
    reminded_at: datetime | None
    sent_back_reason: str | None
    own_department: bool
    back: int  # amounts of it that closing sent back, although it was accepted

    @property
    def late(self) -> bool:
        return self.days is not None and self.days < 0

    @property
    def out(self) -> bool:
        """Whether the office still waits for it."""
        return self.step not in _IN


@dataclass(frozen=True)
class Nobodys:
    """A project for which no department files."""

    code: str
    name: str


@dataclass(frozen=True)
class Board:
    """The board of a quarter of a plan: departments with the late ones first, and what has no return at all.

    `lacking` are departments that file since the quarter was opened, without a return; ids with names.
    """

    period: ReportingPeriod
    rows: tuple[BoardRow, ...]
    counts: Mapping[str, int]
    nobodys: tuple[Nobodys, ...]
    lacking: tuple[tuple[int, str], ...]

    @property
    def late(self) -> int:
        return sum(row.late for row in self.rows)

    @property
    def all_accepted(self) -> bool:
        return bool(self.rows) and all(row.step == ACCEPTED for row in self.rows)


def return_board(
    session: Session, period: ReportingPeriod, *, first: Collection[int] = (), on: date | None = None
) -> Board:
    """The board of a quarter as of a day, today by default; `first` are departments that stand on top: the reader's own."""
    assert period.id is not None
    on = on or today()
    filing = filings_of(session, {period.plan_id}, period.last_quarter)[period.plan_id]
    returns = _returns(session, period.id)
    back = sent_back_of_returns(session, [found[0].id for found in returns])
    rows = [_row(found, filing, period, on, back) for found in returns]
    rows.sort(key=lambda row: (row.department_id not in first, not row.late, not row.out, _days(row)))
    counts = {step: sum(row.step == step for row in rows) for step in STEPS}
    lacking = filing.by_department.keys() - {row.department_id for row in rows} if period.opened_at else set()
    return Board(period, tuple(rows), counts, _nobodys(session, filing), _named(session, lacking))


def _days(row: BoardRow) -> int:
    return 10**6 if row.days is None else row.days


def _returns(session: Session, period_id: int) -> Sequence[Any]:
    """A row per department, in the order of the departments."""
    cells = (
        select_columns(ReturnCell.return_id, func.count(func.distinct(_top())).label("filled"))
        .join(Project, col(Project.id) == ReturnCell.project_id)
        .join(DepartmentReturn, col(DepartmentReturn.id) == ReturnCell.return_id)
        .where(col(DepartmentReturn.period_id) == period_id)
        .group_by(col(ReturnCell.return_id))
        .subquery()
    )
    reminders = (
        select_columns(
            ReturnReminder.return_id, func.count().label("sent"), func.max(col(ReturnReminder.sent_at)).label("last")
        )
        .group_by(col(ReturnReminder.return_id))
        .subquery()
    )
    notes = (
        select_columns(ReturnNote.return_id, func.count().label("open"))
        .where(col(ReturnNote.settled_at).is_(None))
        .group_by(col(ReturnNote.return_id))
        .subquery()
    )
    query = (
        select_columns(
            DepartmentReturn, Department.name, cells.c.filled, reminders.c.sent, reminders.c.last, notes.c.open
        )
        .join(Department, col(Department.id) == DepartmentReturn.department_id)
        .outerjoin(cells, cells.c.return_id == DepartmentReturn.id)
        .outerjoin(reminders, reminders.c.return_id == DepartmentReturn.id)
        .outerjoin(notes, notes.c.return_id == DepartmentReturn.id)
        .where(col(DepartmentReturn.period_id) == period_id)
        .order_by(col(Department.name_sort), col(Department.id))
    )
    return session.execute(query).all()


def _top() -> Any:
    """The project that a cell is filed under: a part's is its package."""
    return func.coalesce(col(Project.parent_id), col(Project.id))


def _row(found: Any, filing: Filing, period: ReportingPeriod, on: date, back: Mapping[int, int]) -> BoardRow:
    row, department, filled, sent, last, notes = found
    step = step_of(row.state, filled or 0, row.no_progress_reason)
    due = row.due_on or period.due_on
    waits = step not in _IN and period.state not in (CLOSED, ISSUED)
    at, by = _moved(row)
    return BoardRow(
        return_id=row.id,
        department_id=row.department_id,
        department=department,
        step=step,
        due_on=due,
        days=(due - on).days if waits and due is not None else None,
        extended=row.extended_by is not None,
        projects=len(filing.by_department.get(row.department_id, ())),
        filled=filled or 0,
        no_progress=row.no_progress_reason is not None,
        at=at,
        by=by,
        round=row.round,
        notes=notes or 0,
        reminders=sent or 0,
        reminded_at=last,
        sent_back_reason=row.sent_back_reason if step == SENT_BACK else None,
        own_department=row.own_department and step == ACCEPTED,
        back=back.get(row.id, 0),
    )


def step_of(state: str, filled: int, no_progress_reason: str | None) -> str:
    """The column of the board that a return stands in."""
    return EMPTY if state == DRAFT and not filled and no_progress_reason is None else state


def _moved(row: DepartmentReturn) -> tuple[datetime | None, str | None]:
    """When and by whom the return came to its step."""
    return {
        SUBMITTED: (row.submitted_at, row.submitted_by),
        APPROVED: (row.approved_at, row.approved_by),
        ACCEPTED: (row.accepted_at, row.accepted_by),
        SENT_BACK: (row.sent_back_at, row.sent_back_by),
    }.get(row.state, (None, None))


def _nobodys(session: Session, filing: Filing) -> tuple[Nobodys, ...]:
    if not filing.nobodys:
        return ()
    query = select_columns(Project.code, Project.name).where(col(Project.id).in_(filing.nobodys))
    return tuple(Nobodys(*row) for row in session.execute(query.order_by(col(Project.position), col(Project.id))))


def _named(session: Session, ids: Collection[int]) -> tuple[tuple[int, str], ...]:
    if not ids:
        return ()
    query = select_columns(Department.id, Department.name).where(col(Department.id).in_(sorted(ids)))
    return tuple((id_, name) for id_, name in session.execute(query.order_by(col(Department.name_sort))))
