"""Reported states of many projects and parts at once, and which projects are archived, as of a quarter in either edition.

As issued, neither a state nor an archiving is known before the quarter in which it was posted: what was issued does not move.
"""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_
from sqlmodel import Session, col, select

from core.calendar import last_day, today
from core.database import select_columns
from core.errors import N_, Invalid
from core.text import checked_text, needed_text
from portfolio.facts import AS_CORRECTED, AS_ISSUED, must_be_edition
from portfolio.project_changes import FormerArchiving
from portfolio.projects import STATES, Project, ProjectState
from portfolio.values import BASIS_LABELS, BASIS_LIMITS


def told_by(state: Any, quarter: int, edition: str) -> ColumnElement[bool]:
    """The condition that a row of ProjectState is known as of a quarter, and was not withdrawn.

    Errors: Invalid for an edition that there is not.
    """
    must_be_edition(edition)
    withdrawn = col(state.withdrawn_period)
    if edition == AS_ISSUED:
        return and_(col(state.posted_period) <= quarter, or_(withdrawn.is_(None), withdrawn > quarter))
    return and_(col(state.since_on) <= last_day(quarter), withdrawn.is_(None))


def not_archived(project: Any, quarter: int, edition: str) -> ColumnElement[bool]:
    """The condition that a project or part is not archived. As corrected, what is archived now counts in no quarter, and what was
    restored counts in each; as issued, what was restored stays out of the quarters in which it was archived.

    Errors: Invalid for an edition that there is not.
    """
    must_be_edition(edition)
    alive = col(project.archived_at).is_(None)
    if edition != AS_ISSUED:
        return alive
    counted = or_(alive, func.coalesce(project.archived_period, 0) > quarter)
    return and_(counted, col(project.id).not_in(formerly_archived(quarter)))


def formerly_archived(quarter: int) -> Select[tuple[int]]:
    """The ids of projects that were archived in a quarter as it was issued, and restored since."""
    former = FormerArchiving
    return select_columns(former.project_id).where(
        col(former.from_quarter) <= quarter, col(former.until_quarter) > quarter
    )


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


def checked_state(state: str, since_on: date, document: str | None, reason: str | None) -> tuple[str, str | None]:
    """Document and reason of a reported state as they are kept.

    Errors: Invalid, Missing, TooLong; a day in the future is refused.
    """
    if state not in STATES:
        raise Invalid(field="state", label=N_("项目状态"), found=state, expected=tuple(STATES.values()))
    named = needed_text(document, field="document", label=BASIS_LABELS["document"], limit=BASIS_LIMITS["document"])
    why = checked_text(reason, field="reason", label=BASIS_LABELS["reason"], limit=BASIS_LIMITS["reason"])
    if since_on > today():
        raise Invalid(
            field="since_on", label=N_("自何日起"), found=since_on.isoformat(), expected=N_("不晚于今天的日期")
        )
    return named, why
