"""What may be corrected of a project or an indicator in a quarter: its accepted facts that nobody has undone."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from budgets.entries import LedgerEntry
from core.calendar import last_day, quarter_before
from core.database import select_columns
from milestones.milestone_reading import EVER, milestones_of
from milestones.milestones import Milestone, MilestoneReport
from milestones.quantities import Measure
from milestones.reading_reports import withdrawn_now
from milestones.readings import READING, OfficialReading
from milestones.works import WorkEntry
from portfolio.facts import APPROVED, REJECTED
from portfolio.projects import Project, ProjectState

MOST = 200  # facts of one kind that a form offers


@dataclass(frozen=True)
class Candidates:
    """The facts of a quarter in the order of their days: entries with their leaf, works with measure and leaf,
    milestones, states.

    `archived` is the project itself when it is archived: it may be restored, and nothing else.
    """

    entries: Sequence[tuple[LedgerEntry, Project]] = ()
    works: Sequence[tuple[WorkEntry, Measure, Project]] = ()
    milestones: Sequence[tuple[MilestoneReport, Milestone, Project]] = ()
    readings: Sequence[OfficialReading] = ()
    states: Sequence[tuple[ProjectState, Project]] = ()
    archived: Sequence[Project] = ()

    def __len__(self) -> int:
        return len(self.entries) + len(self.works) + len(self.milestones) + len(self.readings) + len(self.states)


def facts_of_projects(session: Session, project_ids: Collection[int], quarter: int) -> Candidates:
    """Money, works, milestones and states of some projects and parts."""
    return Candidates(
        _entries(session, project_ids, quarter),
        _works(session, project_ids, quarter),
        _milestones(session, project_ids, quarter),
        states=_states(session, project_ids, quarter),
    )


def facts_of_indicator(session: Session, indicator_id: int, quarter: int) -> Candidates:
    """Readings of an indicator."""
    query = select(OfficialReading).where(
        OfficialReading.indicator_id == indicator_id,
        OfficialReading.quarter == quarter,
        OfficialReading.kind == READING,
        OfficialReading.state == APPROVED,
    )
    rows = session.exec(query.order_by(col(OfficialReading.id))).all()
    gone = withdrawn_now(session, [row.id or 0 for row in rows])
    return Candidates(readings=[row for row in rows if row.id not in gone])


def _standing(query: Any, table: Any, project_ids: Collection[int], quarter: int) -> Any:
    """The approved rows of a table that are no reversals and that nobody reversed or is about to."""
    reversal = aliased(table)
    undone = select_columns(reversal.id).where(
        col(reversal.reverses_id) == col(table.id), col(reversal.state) != REJECTED
    )
    return (
        query.where(
            col(table.project_id).in_(project_ids),
            col(table.occurred_quarter) == quarter,
            col(table.state) == APPROVED,
            col(table.reverses_id).is_(None),
            ~undone.exists(),
        )
        .order_by(col(table.occurred_on), col(table.id))
        .limit(MOST)
    )


def _entries(session: Session, project_ids: Collection[int], quarter: int) -> Sequence[tuple[LedgerEntry, Project]]:
    query = select(LedgerEntry, Project).join(Project, col(Project.id) == LedgerEntry.project_id)
    return session.exec(_standing(query, LedgerEntry, project_ids, quarter)).all()


def _works(
    session: Session, project_ids: Collection[int], quarter: int
) -> Sequence[tuple[WorkEntry, Measure, Project]]:
    query = (
        select(WorkEntry, Measure, Project)
        .join(Measure, col(Measure.id) == WorkEntry.measure_id)
        .join(Project, col(Project.id) == WorkEntry.project_id)
    )
    return session.exec(_standing(query, WorkEntry, project_ids, quarter)).all()


def _states(session: Session, project_ids: Collection[int], quarter: int) -> Sequence[tuple[ProjectState, Project]]:
    query = (
        select(ProjectState, Project)
        .join(Project, col(Project.id) == ProjectState.project_id)
        .where(
            col(ProjectState.project_id).in_(project_ids),
            col(ProjectState.withdrawn_period).is_(None),
            col(ProjectState.since_on) > last_day(quarter_before(quarter)),
            col(ProjectState.since_on) <= last_day(quarter),
        )
    )
    return session.exec(query.order_by(col(ProjectState.since_on), col(ProjectState.id)).limit(MOST)).all()


def _milestones(
    session: Session, project_ids: Collection[int], quarter: int
) -> Sequence[tuple[MilestoneReport, Milestone, Project]]:
    states = [state for found in milestones_of(session, project_ids, EVER).values() for state in found]
    ids = [state.actual_report_id for state in states if state.actual_report_id is not None]
    query = (
        select(MilestoneReport, Milestone, Project)
        .join(Milestone, col(Milestone.id) == MilestoneReport.milestone_id)
        .join(Project, col(Project.id) == Milestone.project_id)
        .where(col(MilestoneReport.id).in_(ids), MilestoneReport.occurred_quarter == quarter)
    )
    return session.exec(query.order_by(col(MilestoneReport.met_on), col(MilestoneReport.id))).all()
