"""The projects that no figure counts, each with the reason: ended (终止) and archived ones."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_
from sqlmodel import Session, col

from core.database import select_columns
from portfolio.access import Reader
from portfolio.plans import Plan
from portfolio.projects import Project, ProjectState
from portfolio.states import not_archived, told_by
from reports.rollup import Scope, ended_projects


@dataclass(frozen=True)
class LeftOutProject:
    """A project that does not count. `reason` and `document` are what was recorded when it left the counts."""

    code: str
    name: str
    plan: str
    reason: str | None
    document: str | None


@dataclass(frozen=True)
class LeftOut:
    """Everything of a scope that no figure counts."""

    ended: tuple[LeftOutProject, ...]
    archived: tuple[LeftOutProject, ...]


def left_out(session: Session, reader: Reader, scope: Scope) -> LeftOut:
    """The ended and the archived projects of the plans that the reader sees; an archived one is not counted as ended too."""
    seen: list[Any] = [reader.sees(Project.plan_id), col(Project.parent_id).is_(None)]  # type: ignore[arg-type]
    if scope.plan_ids is not None:
        seen.append(col(Project.plan_id).in_(scope.plan_ids))
    kept = not_archived(Project, scope.quarter, scope.edition)
    base = (
        select_columns(Project.code, Project.name, Plan.short_title, ProjectState.reason, ProjectState.document)
        .join(Plan, col(Plan.id) == Project.plan_id)
        .join(ProjectState, col(ProjectState.project_id) == Project.id)
        .where(
            *seen,
            kept,
            col(Project.id).in_(ended_projects(scope.quarter, scope.edition)),
            told_by(ProjectState, scope.quarter, scope.edition),
            col(ProjectState.state) == "ended",
        )
        .order_by(col(Project.plan_id), col(Project.position), col(ProjectState.since_on), col(ProjectState.id))
    )
    ended = {row[0]: LeftOutProject(*row) for row in session.execute(base)}
    archived = session.execute(
        select_columns(Project.code, Project.name, Plan.short_title, Project.archived_reason)
        .join(Plan, col(Plan.id) == Project.plan_id)
        .where(and_(*seen), ~kept)
        .order_by(col(Project.plan_id), col(Project.position))
    )
    shelved = tuple(LeftOutProject(code, name, plan, reason, None) for code, name, plan, reason in archived)
    return LeftOut(tuple(ended.values()), shelved)
