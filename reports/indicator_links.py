"""Projects of lower plans that support a higher one through links (县 → 市 → 省), each once, as subqueries."""

from typing import Any

from sqlalchemy import CTE, Select, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from core.database import select_columns
from milestones.indicator_rules import ProgrammeLink
from portfolio.access import Reader
from portfolio.dated import in_force
from portfolio.plans import Programme
from portfolio.projects import Project
from reports.rollup import Scope


def _links(reader: Reader, scope: Scope) -> Select[Any]:
    """Which project supports which plan by a link in force; a project of the plan itself is its own already.

    Of every lower plan, whether the reader may see it or not: the figure of a plan is the same for everybody who sees that plan.
    """
    project = aliased(Project)
    query = (
        select_columns(col(Programme.plan_id).label("plan_id"), col(ProgrammeLink.project_id).label("project_id"))
        .join(Programme, col(Programme.id) == col(ProgrammeLink.programme_id))
        .join(project, col(project.id) == col(ProgrammeLink.project_id))
        .where(
            in_force(ProgrammeLink, scope.quarter),
            col(project.plan_id) != col(Programme.plan_id),
            reader.sees(Programme.plan_id),  # type: ignore[arg-type]
        )
    )
    return query if scope.plan_ids is None else query.where(col(Programme.plan_id).in_(scope.plan_ids))


def has_links(session: Session, reader: Reader, scope: Scope) -> bool:
    return session.execute(_links(reader, scope).limit(1)).first() is not None


def linked_leaves(reader: Reader, scope: Scope) -> CTE:
    """One row (plan_id, leaf_id) per plan and project or part that supports it, once whatever the number of its links."""
    links = _links(reader, scope).subquery("link")
    return (
        select_columns(links.c.plan_id, col(Project.id).label("leaf_id"))
        .join(links, or_(col(Project.id) == links.c.project_id, col(Project.parent_id) == links.c.project_id))
        .distinct()
        .cte("linked")
    )
