"""What was reported of projects by the end of a quarter: which are ended (终止), which were started. Conditions for queries.

Source: domain page, section 3. A project without any report is 未填报, which is not the same as 未开工.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import col

from core.database import select_columns
from portfolio.projects import ProjectState

# Reports that say that building has begun. 缓建 alone does not: it may mean that nothing was begun yet.
STARTED = ("building", "finished", "accepted", "halted")


def since_quarter(state: Any) -> ColumnElement[int]:
    """The quarter number of the day since when a state holds."""
    year, month = func.extract("year", state.since_on), func.extract("month", state.since_on)
    quarter = case((month <= 3, 1), (month <= 6, 2), (month <= 9, 3), else_=4)
    return year * 10 + quarter


def newest(quarter: int) -> ColumnElement[bool]:
    """The condition that a row of ProjectState is the newest one by the end of a quarter."""
    later = aliased(ProjectState)
    replaced = (
        select_columns(later.id)
        .where(
            col(later.project_id) == col(ProjectState.project_id),
            since_quarter(later) <= quarter,
            or_(
                col(later.since_on) > col(ProjectState.since_on),
                and_(col(later.since_on) == col(ProjectState.since_on), col(later.id) > col(ProjectState.id)),
            ),
        )
        .exists()
    )
    return and_(since_quarter(ProjectState) <= quarter, ~replaced)


def ended_projects(quarter: int) -> Select[tuple[int]]:
    """The ids of projects whose newest reported state by the end of a quarter is 终止."""
    return select_columns(ProjectState.project_id).where(col(ProjectState.state) == "ended", newest(quarter))


def reported_projects(quarter: int) -> Subquery:
    """One row (project_id, started 0 or 1) per project or part of which a state was reported by the end of a quarter.

    Started: some report says that building began, and the newest one does not take it back (未开工).
    """
    begun = select_columns(ProjectState.project_id).where(
        col(ProjectState.state).in_(STARTED), since_quarter(ProjectState) <= quarter
    )
    started = and_(col(ProjectState.state) != "not_started", col(ProjectState.project_id).in_(begun))
    return (
        select_columns(col(ProjectState.project_id).label("project_id"), case((started, 1), else_=0).label("started"))
        .where(newest(quarter))
        .subquery("reported")
    )
