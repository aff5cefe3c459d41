"""How far works were reported and looked at, as subqueries: what of the verified was checked, and which leaves say nothing.

They go beside the sums of work_queries.py, where a page shows them.
"""

from typing import Any

from sqlalchemy import Select, Subquery, func, literal, or_
from sqlalchemy.orm import aliased
from sqlmodel import col

from core.database import select_columns
from milestones.works import CLAIMED, ENTRY, SURVIVING, VERIFIED, WorkEntry
from portfolio.facts import counted
from portfolio.projects import Project
from reports.rollup import Scope
from reports.work_queries import planned_sums, standing


def checked_sums(scope: Scope, limited_to: Select[Any] | None) -> Subquery:
    """One row per leaf, measure and unit: what was verified and has a survival check since, in millionths (`checked`).

    A verification is counted whole once any check of it stands: what the check did not find alive was looked at, too.
    """
    entry, check = WorkEntry, aliased(WorkEntry)
    looked_at = (
        select_columns(check.based_on_id)
        .where(counted(check, scope.quarter, scope.edition), col(check.tier) == SURVIVING)
        .group_by(col(check.based_on_id))
        .having(func.sum(standing(check)) > 0)
    )
    if limited_to is not None:  # A check is of the leaf that its verification is of.
        looked_at = looked_at.where(col(check.project_id).in_(limited_to))
    groups = (col(entry.project_id), col(entry.measure_id), col(entry.unit))
    query = (
        select_columns(*groups, func.sum(col(entry.quantity_micro)).label("checked"))
        .where(
            counted(entry, scope.quarter, scope.edition),
            col(entry.tier) == VERIFIED,
            col(entry.kind) == ENTRY,
            col(entry.id).in_(looked_at),
        )
        .group_by(*groups)
    )
    if limited_to is not None:
        query = query.where(col(entry.project_id).in_(limited_to))
    return query.subquery("checked")


def unreported_leaves(scope: Scope, limited_to: Select[Any] | None) -> Subquery:
    """One row per project or part and measure that is to be delivered and of which nothing was reported (`unreported` is 1).

    A reported 0 and 不适用 are reports. Of what a package itself is to deliver any part may report.
    """
    planned, entry, part = planned_sums(scope, limited_to), WorkEntry, aliased(Project)
    reports = (
        select_columns(col(entry.project_id).label("project_id"), col(entry.measure_id).label("measure_id"))
        .where(counted(entry, scope.quarter, scope.edition), col(entry.tier) == CLAIMED)
        .group_by(col(entry.project_id), col(entry.measure_id))
        .having(func.sum(standing()) > 0)
    )
    if limited_to is not None:
        own = or_(col(Project.id).in_(limited_to), col(Project.parent_id).in_(limited_to))
        reports = reports.where(col(entry.project_id).in_(select_columns(Project.id).where(own)))
    said = reports.cte("said")
    of_parts = (
        select_columns(part.parent_id, said.c.measure_id)
        .select_from(said.join(part, col(part.id) == said.c.project_id))
        .where(col(part.parent_id).is_not(None))
    )
    known = select_columns(said.c.project_id, said.c.measure_id).union(of_parts).subquery("known")
    groups = (planned.c.project_id, planned.c.measure_id)
    same = (known.c.project_id == planned.c.project_id) & (known.c.measure_id == planned.c.measure_id)
    return (
        select_columns(*groups, func.min(planned.c.unit).label("unit"), literal(1).label("unreported"))
        .select_from(planned.outerjoin(known, same))
        .where(known.c.project_id.is_(None))
        .group_by(*groups)
        .subquery("unreported")
    )
