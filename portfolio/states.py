"""Reported states of many projects and parts at once, and which projects are archived, as of a quarter in either edition.

As issued, neither a state nor an archiving is known before the quarter in which it was posted: what was issued does not move.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, func, or_
from sqlmodel import Session, col, select

from core.calendar import last_day
from portfolio.facts import AS_CORRECTED, AS_ISSUED, must_be_edition
from portfolio.projects import Project, ProjectState


def told_by(state: Any, quarter: int, edition: str) -> ColumnElement[bool]:
    """The condition that a row of ProjectState is known as of a quarter.

    Errors: Invalid for an edition that there is not.
    """
    must_be_edition(edition)
    if edition == AS_ISSUED:
        return col(state.posted_period) <= quarter
    return col(state.since_on) <= last_day(quarter)


def not_archived(project: Any, quarter: int, edition: str) -> ColumnElement[bool]:
    """The condition that a project or part is not archived. As corrected, what is archived now counts in no quarter.

    Errors: Invalid for an edition that there is not.
    """
    must_be_edition(edition)
    alive = col(project.archived_at).is_(None)
    return or_(alive, func.coalesce(project.archived_period, 0) > quarter) if edition == AS_ISSUED else alive


def states_in(
    session: Session, project_ids: Collection[int], quarter: int, edition: str = AS_CORRECTED
) -> dict[int, ProjectState]:
    """The state that holds at the end of a quarter for each project, by id; those without a report are not in it."""
    query = select(ProjectState).where(
        col(ProjectState.project_id).in_(project_ids), told_by(ProjectState, quarter, edition)
    )
    rows = session.exec(query.order_by(col(ProjectState.since_on), col(ProjectState.id)))
    return {row.project_id: row for row in rows}


def ended_parts(session: Session, package_ids: Collection[int], quarter: int, edition: str = AS_CORRECTED) -> set[int]:
    """The parts of these packages that are ended (终止) by the end of a quarter: they leave the counts."""
    reported = (
        select(ProjectState.project_id)
        .join(Project, col(Project.id) == ProjectState.project_id)
        .where(col(Project.parent_id).in_(package_ids), ProjectState.state == "ended")
    )
    states = states_in(session, set(session.exec(reported)), quarter, edition)
    return {id_ for id_, state in states.items() if state.state == "ended"}
