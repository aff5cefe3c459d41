"""Reported states of many projects and parts at once."""

from collections.abc import Collection

from sqlmodel import Session, col, select

from core.calendar import quarter_of
from portfolio.projects import Project, ProjectState


def states_in(session: Session, project_ids: Collection[int], quarter: int) -> dict[int, ProjectState]:
    """The state that holds at the end of a quarter for each project, by id; those without a report are not in it."""
    query = select(ProjectState).where(col(ProjectState.project_id).in_(project_ids))
    rows = session.exec(query.order_by(col(ProjectState.since_on), col(ProjectState.id)))
    return {row.project_id: row for row in rows if quarter_of(row.since_on) <= quarter}


def ended_parts(session: Session, package_ids: Collection[int], quarter: int) -> set[int]:
    """The parts of these packages that are ended (终止) by the end of a quarter: they leave the counts."""
    reported = (
        select(ProjectState.project_id)
        .join(Project, col(Project.id) == ProjectState.project_id)
        .where(col(Project.parent_id).in_(package_ids), ProjectState.state == "ended")
    )
    states = states_in(session, set(session.exec(reported)), quarter)
    return {id_ for id_, state in states.items() if state.state == "ended"}
