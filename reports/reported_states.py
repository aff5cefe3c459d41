"""What was reported of projects by the end of a quarter: which are ended (终止), which were started. Conditions for queries.

Source: domain page, section 3. A project without any report is 未填报, which is not the same as 未开工. Started is what a state
says, or what its milestones say (milestones/milestone_reading.py).
"""

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, literal, or_, union_all
from sqlalchemy.orm import aliased
from sqlmodel import col

from core.database import select_columns
from milestones.milestone_reading import started_by_milestones
from portfolio.facts import AS_CORRECTED
from portfolio.projects import ProjectState
from portfolio.states import told_by

# Reports that say that building has begun. 缓建 alone does not: it may mean that nothing was begun yet.
STARTED = ("building", "finished", "accepted", "halted")


def newest(quarter: int, edition: str) -> ColumnElement[bool]:
    """The condition that a row of ProjectState is the newest one as of a quarter."""
    later = aliased(ProjectState)
    replaced = (
        select_columns(later.id)
        .where(
            col(later.project_id) == col(ProjectState.project_id),
            told_by(later, quarter, edition),
            or_(
                col(later.since_on) > col(ProjectState.since_on),
                and_(col(later.since_on) == col(ProjectState.since_on), col(later.id) > col(ProjectState.id)),
            ),
        )
        .exists()
    )
    return and_(told_by(ProjectState, quarter, edition), ~replaced)


@lru_cache(maxsize=256)  # part of nearly every query: building it anew took a twentieth of the time of a report
def ended_projects(quarter: int, edition: str) -> Select[tuple[int]]:
    """The ids of projects whose newest reported state as of a quarter is 终止."""
    return select_columns(ProjectState.project_id).where(col(ProjectState.state) == "ended", newest(quarter, edition))


def reported_projects(quarter: int, edition: str = AS_CORRECTED, limited_to: Any = None) -> Subquery:
    """One row (project_id, started 0 or 1) per project or part of which a state was reported by the end of a quarter, or whose
    milestones say that it began.

    Started by its state: some report says that building began, and the newest one does not take it back (未开工). Started by
    its milestones: 开工 is met, as schedule.started_on says. Either is enough.
    """
    begun = select_columns(ProjectState.project_id).where(
        col(ProjectState.state).in_(STARTED), told_by(ProjectState, quarter, edition)
    )
    started = and_(col(ProjectState.state) != "not_started", col(ProjectState.project_id).in_(begun))
    by_state = select_columns(
        col(ProjectState.project_id).label("project_id"), case((started, 1), else_=0).label("started")
    ).where(newest(quarter, edition))
    dates = started_by_milestones(quarter, edition, limited_to).subquery("begun")
    by_milestones = select_columns(dates.c.project_id, literal(1).label("started"))
    said = union_all(by_state, by_milestones).subquery("said")
    return (
        select_columns(said.c.project_id, func.max(said.c.started).label("started"))
        .group_by(said.c.project_id)
        .subquery("reported")
    )
