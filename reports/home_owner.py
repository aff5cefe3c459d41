"""The home page of a department: what it still has to fill in this quarter, what was said of it, and its projects as rows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func
from sqlmodel import Session, col

from core.calendar import days_until
from core.database import select_columns
from milestones.schedule import MilestoneState
from portfolio.access import Reader
from portfolio.departments import Department
from portfolio.periods import CLOSED, ISSUED, ReportingPeriod
from portfolio.projects import Project
from reports.filing import filing_departments, filings_of, fills, with_owners
from reports.lamp_reading import project_lamps
from reports.lamp_words import WORST_FIRST
from reports.lamps import ProjectLamp
from reports.return_board import step_of
from reports.returns import ACCEPTED, APPROVED, SENT_BACK, DepartmentReturn, ReturnCell, ReturnNote, ReturnReminder
from reports.rollup import Scope

ROWS = 60  # projects that the page shows; the list of projects has all


@dataclass(frozen=True)
class OwnReturn:
    """A return of the reader's department in an open quarter. `left` counts the projects of which nothing is said yet.

    `fills`: the reader is who fills it; `heads`: the reader approves it, and did not hand it in.
    """

    id: int
    period: str
    quarter: int
    department: str
    step: str
    due_on: date | None
    projects: int
    filled: int
    no_progress: bool
    sent_back_reason: str | None
    fills: bool = True
    heads: bool = False

    @property
    def left(self) -> int:
        return 0 if self.no_progress else max(0, self.projects - self.filled)

    @property
    def out(self) -> bool:
        """Whether the department still has to hand it in."""
        return self.step not in (APPROVED, ACCEPTED)

    def days(self, on: date) -> int | None:
        return days_until(self.due_on, on)


@dataclass(frozen=True)
class Said:
    """What the office or the head said of a return: a reminder, or a note on a field that is still open."""

    return_id: int
    text: str
    by: str
    at: datetime
    project: str | None = None
    reminder: bool = False


@dataclass(frozen=True)
class OwnProject:
    """A project of the department: its lamp, and the milestone that comes next with the days left."""

    lamp: ProjectLamp
    following: MilestoneState | None
    days: int | None


def own_returns(session: Session, reader: Reader, departments: Collection[int]) -> list[OwnReturn]:
    """The returns of these departments in quarters that are open, in the plans that the reader sees, the earliest first."""
    if not departments:
        return []
    due = func.coalesce(col(DepartmentReturn.due_on), col(ReportingPeriod.due_on))
    query = (
        select_columns(DepartmentReturn, ReportingPeriod.name, ReportingPeriod.last_quarter, Department.name, due)
        .join(ReportingPeriod, col(ReportingPeriod.id) == DepartmentReturn.period_id)
        .join(Department, col(Department.id) == DepartmentReturn.department_id)
        .where(
            col(DepartmentReturn.department_id).in_(departments),
            reader.sees(DepartmentReturn.plan_id),  # type: ignore[arg-type]
            col(ReportingPeriod.state).not_in((CLOSED, ISSUED)),
            col(ReportingPeriod.opened_at).is_not(None),
        )
        .order_by(col(ReportingPeriod.last_quarter), col(DepartmentReturn.id))
    )
    rows = session.execute(query).all()
    filled = filled_projects(session, [row[0].id for row in rows])
    owned = with_owners(session, departments)
    filings = {
        quarter: filings_of(session, {row[0].plan_id for row in rows}, quarter) for quarter in {r[2] for r in rows}
    }
    return [
        OwnReturn(
            row.id,
            period,
            quarter,
            department,
            step_of(row.state, filled.get(row.id, 0), row.no_progress_reason),
            day,
            len(filings[quarter][row.plan_id].by_department.get(row.department_id, ())),
            filled.get(row.id, 0),
            row.no_progress_reason is not None,
            row.sent_back_reason if row.state == SENT_BACK else None,
            fills(reader, row.plan_id, row.department_id, owned),
            reader.may("approve_return", row.plan_id, frozenset({row.department_id}))
            and not reader.actor.stands_behind(row.submitted_by_id, row.submitted_by),
        )
        for row, period, quarter, department, day in rows
    ]


def filled_projects(session: Session, return_ids: Collection[int]) -> dict[int, int]:
    """Of how many top-level projects each return says something."""
    top = func.coalesce(col(Project.parent_id), col(Project.id))
    query = (
        select_columns(ReturnCell.return_id, func.count(func.distinct(top)))
        .join(Project, col(Project.id) == ReturnCell.project_id)
        .where(col(ReturnCell.return_id).in_(return_ids))
        .group_by(col(ReturnCell.return_id))
    )
    return dict(session.execute(query).all()) if return_ids else {}


def said_of(session: Session, returns: Sequence[OwnReturn]) -> list[Said]:
    """Open notes and reminders of returns that are still out, the newest first."""
    ids = [one.id for one in returns if one.out]
    if not ids:
        return []
    notes = (
        select_columns(
            ReturnNote.return_id, ReturnNote.text, ReturnNote.written_by, ReturnNote.written_at, Project.name
        )
        .outerjoin(Project, col(Project.id) == ReturnNote.project_id)
        .where(col(ReturnNote.return_id).in_(ids), col(ReturnNote.settled_at).is_(None))
    )
    newest = (
        select_columns(func.max(col(ReturnReminder.id)))
        .where(col(ReturnReminder.return_id).in_(ids))
        .group_by(col(ReturnReminder.return_id))
    )
    reminders = select_columns(
        ReturnReminder.return_id, ReturnReminder.text, ReturnReminder.sent_by, ReturnReminder.sent_at
    ).where(col(ReturnReminder.id).in_(newest))
    found = [Said(*row) for row in session.execute(notes)]
    found += [Said(id_, text, by, at, reminder=True) for id_, text, by, at in session.execute(reminders)]
    return sorted(found, key=lambda one: one.at.replace(tzinfo=None), reverse=True)


def own_projects(
    session: Session, reader: Reader, scope: Scope, departments: Collection[int], plan_ids: Collection[int]
) -> tuple[list[OwnProject], int]:
    """The projects that these departments file in these plans, the worst lamp first, and how many there are in all."""
    rows = session.execute(filing_departments(scope.quarter, plan_ids)).all() if departments else []
    ids = [project_id for _, project_id, department_id in rows if department_id in departments]
    lamps = project_lamps(session, reader, scope, ids) if ids else {}
    order = sorted(lamps.values(), key=lambda one: (WORST_FIRST.index(one.colour), one.progress.code))
    return [_own(lamp) for lamp in order[:ROWS]], len(order)


def _own(lamp: ProjectLamp) -> OwnProject:
    waiting = [one for one in lamp.progress.milestones if not one.met and one.planned_on is not None]
    following = min(waiting, key=lambda one: (one.planned_on, one.position), default=None)
    return OwnProject(lamp, following, None if following is None else following.days_left(lamp.progress.on))
