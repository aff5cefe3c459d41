"""Who may open a return, and what every page of one says of it: whose it is, how far it is, what the reader may do."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, true
from sqlmodel import Session, col

from core.calendar import today
from core.database import select_columns
from core.errors import NotThere
from portfolio.access import Reader
from portfolio.departments import Department
from portfolio.periods import ReportingPeriod
from portfolio.plans import Plan
from portfolio.projects import Project
from reports.filing import filing_of
from reports.return_board import step_of
from reports.return_rules import ACCEPT, APPROVE, FILL, SEND_BACK, SUBMIT, TAKE_BACK, moves_of, must_move
from reports.returns import DepartmentReturn, ReturnCell, ReturnNote
from reports.sent_back import sent_back_of_returns
from web.approving import departments_of

EVERYWHERE = ("office", "auditor")  # read the returns of every department that their grant reaches
OF_THEIR_OWN = ("owner", "head")
# What the department does about its return, and nobody in its place: the office reads it and sends it back.
_OF_THE_DEPARTMENT = frozenset({FILL, SUBMIT, TAKE_BACK})


@dataclass(frozen=True)
class ListedProject:
    """A project of a return in its list: how many of its cells are filled, its parts' among them, and what was sent back."""

    id: int
    code: str
    name: str
    filled: int
    open_notes: int


@dataclass(frozen=True)
class OpenedReturn:
    """A return with what stands on each of its pages. `moves` are those that the role allows in its state."""

    row: DepartmentReturn
    period: ReportingPeriod
    plan: Plan
    department: Department
    projects: tuple[ListedProject, ...]
    moves: frozenset[str]
    own: bool
    may_note: bool
    back: int  # amounts of it that closing sent back, although it was accepted

    @property
    def id(self) -> int:
        assert self.row.id is not None
        return self.row.id

    @property
    def quarter(self) -> int:
        return self.period.last_quarter

    @property
    def filled(self) -> int:
        """How many projects anything was filled in for."""
        return sum(one.filled > 0 for one in self.projects)

    @property
    def stage(self) -> str:
        """One of the steps of the board: 未报 while nothing stands in it."""
        return step_of(self.row.state, self.filled, self.row.no_progress_reason)

    @property
    def open(self) -> bool:
        """Whether its department still has to do something about it."""
        return not self.period.shut and self.row.state in ("draft", "sent-back", "submitted")

    @property
    def due_on(self) -> date | None:
        return self.row.due_on or self.period.due_on

    @property
    def days_left(self) -> int:
        return 0 if self.due_on is None else (self.due_on - today()).days

    @property
    def may_fill(self) -> bool:
        return FILL in self.moves

    @property
    def may_take_back(self) -> bool:
        return TAKE_BACK in self.moves

    @property
    def may_approve(self) -> bool:
        return APPROVE in self.moves

    @property
    def may_accept(self) -> bool:
        return ACCEPT in self.moves

    @property
    def may_send_back(self) -> bool:
        return SEND_BACK in self.moves

    @property
    def address(self) -> str:
        return f"/returns/{self.id}"

    def address_of(self, project_id: int | None) -> str:
        """The page of one project of it; that of the whole for none and for one that it no longer holds."""
        found = next((one for one in self.projects if one.id == project_id), None)
        return self.address if found is None else f"{self.address}/projects/{found.code}"


def opened_return(session: Session, reader: Reader, id_: int) -> OpenedReturn:
    """Errors: NotThere for a return that is not there, and for who may not read it."""
    row = session.get(DepartmentReturn, id_)
    if row is None or not may_read(reader, row.plan_id, row.department_id):
        raise NotThere
    period = session.get_one(ReportingPeriod, row.period_id)
    moves = frozenset[str]() if period.shut else moves_of(reader, row)
    its_own = fills(reader, row)
    if not its_own:
        moves -= _OF_THE_DEPARTMENT
    return OpenedReturn(
        row=row,
        period=period,
        plan=session.get_one(Plan, row.plan_id),
        department=session.get_one(Department, row.department_id),
        projects=listed_projects(session, row, period.last_quarter),
        moves=moves,
        own=row.department_id in departments_of(reader),
        may_note=not period.shut and (its_own or reader.may("accept_works", row.plan_id)),
        back=sent_back_of_returns(session, [id_]).get(id_, 0),
    )


def may_read(reader: Reader, plan_id: int, department_id: int) -> bool:
    """Whether the reader's roles open the returns of a department of a plan."""
    return any(
        (reach.plan_ids is None or plan_id in reach.plan_ids)
        and (reach.role in EVERYWHERE or (reach.role in OF_THEIR_OWN and reach.department_id in (None, department_id)))
        for reach in reader.reaches
    )


def fills(reader: Reader, row: DepartmentReturn) -> bool:
    """Whether the reader is of the department whose return it is."""
    return any(
        reach.role in OF_THEIR_OWN
        and (reach.plan_ids is None or row.plan_id in reach.plan_ids)
        and reach.department_id in (None, row.department_id)
        for reach in reader.reaches
    )


def must_be_its_department(reader: Reader, row: DepartmentReturn, move: str) -> None:
    """That the reader may make a move of the department in some state; whether it is in that state is for the move to tell.

    Errors: NotThere.
    """
    if not fills(reader, row):
        raise NotThere
    must_move(reader, row, move)


def readable(reader: Reader) -> ColumnElement[bool]:
    """The same as a condition on the rows of DepartmentReturn."""
    allowed = []
    for reach in reader.reaches:
        if reach.role not in (*EVERYWHERE, *OF_THEIR_OWN):
            continue
        plans = true() if reach.plan_ids is None else col(DepartmentReturn.plan_id).in_(reach.plan_ids)
        whole = reach.role in EVERYWHERE or reach.department_id is None
        allowed.append(plans if whole else and_(plans, col(DepartmentReturn.department_id) == reach.department_id))
    return or_(*allowed) if allowed else false()


def listed_projects(session: Session, row: DepartmentReturn, quarter: int) -> tuple[ListedProject, ...]:
    """The projects that the department files in the quarter, and those that the return holds cells of, in their order."""
    filed = filing_of(session, row.plan_id, quarter).by_department.get(row.department_id, ())
    top = func.coalesce(col(Project.parent_id), col(Project.id))
    cells = _counted(session, top, ReturnCell, col(ReturnCell.return_id) == row.id)
    waits = and_(col(ReturnNote.return_id) == row.id, col(ReturnNote.settled_at).is_(None), col(ReturnNote.sends_back))
    notes = _counted(session, top, ReturnNote, waits)
    ids = {*filed, *cells}
    if not ids:
        return ()
    query = select_columns(Project.id, Project.code, Project.name).where(col(Project.id).in_(sorted(ids)))
    return tuple(
        ListedProject(id_, code, name, cells.get(id_, 0), notes.get(id_, 0))
        for id_, code, name in session.execute(query.order_by(col(Project.position), col(Project.id)))
    )


def _counted(session: Session, top: Any, table: type[ReturnCell | ReturnNote], where: Any) -> dict[int, int]:
    query = (
        select_columns(top, func.count())
        .select_from(table)
        .join(Project, col(Project.id) == col(table.project_id))
        .where(where)
        .group_by(top)
    )
    return {row[0]: row[1] for row in session.execute(query)}
