"""What the progress of projects is read from: one row per project or part, and what is recorded of it as of a quarter.

Each query is built once for a quarter and kept; the ids of a page of projects are parameters of it.
"""

from collections.abc import Collection
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import col

from budgets.entries import LedgerEntry
from budgets.estimates import Estimate
from budgets.lines import YEAR, BudgetLine
from core.database import select_columns
from milestones.quantities import Quantity
from milestones.works import LOST, WorkEntry
from portfolio.dated import in_force
from portfolio.facts import counted
from portfolio.projects import Project, ProjectProgramme, ProjectState
from portfolio.states import not_archived, told_by
from portfolio.years import years_in
from reports.rollup import Scope, there_in
from reports.work_queries import planned_sums, work_sums


class Queries(NamedTuple):
    """The statements of one quarter and edition, for whatever they are limited to."""

    leaves: Select[Any]  # id, top id, code, name, plan, first year, last year, estimate, whether it is there
    states: Select[Any]  # project, state, since, oldest first
    ledger: Select[Any]  # project, stage, fen, fiscal payments of the year, newest quarter
    budget: Select[Any]  # project, fiscal budget of the year
    works: Select[Any]  # project, measure, unit, claimed, verified
    changes: Select[Any]  # project, newest quarter with works that are not 0
    planned: Select[Any]  # project, measure, unit, planned, timeless
    weights: Select[Any]  # project, measure, weight


def limited(scope: Scope, seen: frozenset[int] | None, *, to_ids: bool) -> Select[Any] | None:
    """The ids of the projects and parts that are asked for; None: all. `to_ids`: the parameter `ids` names the projects."""
    asked: list[ColumnElement[bool]] = []
    if seen is not None:
        asked.append(col(Project.plan_id).in_(seen))
    if scope.plan_ids is not None:
        asked.append(col(Project.plan_id).in_(scope.plan_ids))
    if to_ids:
        ids: Any = bindparam("ids", expanding=True)
        asked.append(or_(col(Project.id).in_(ids), col(Project.parent_id).in_(ids)))
    return select_columns(Project.id).where(*asked) if asked else None


@lru_cache(maxsize=64)
def queries(scope: Scope, seen: frozenset[int] | None, fiscal: tuple[int, ...], to_ids: bool) -> Queries:
    """Errors: Invalid for an edition that there is not."""
    kept = limited(scope, seen, to_ids=to_ids)

    def within(query: Select[Any], column: Any) -> Select[Any]:
        return query if kept is None else query.where(col(column).in_(kept))

    works, planned = work_sums(scope, kept), planned_sums(scope, kept)
    return Queries(
        leaves=within(_leaves(scope.quarter, scope.edition), Project.id),
        states=within(_states(scope.quarter, scope.edition), ProjectState.project_id),
        ledger=within(_ledger(scope, fiscal), LedgerEntry.project_id),
        budget=within(_budget(scope, fiscal), BudgetLine.project_id),
        works=select_columns(*(works.c[name] for name in ("project_id", "measure_id", "unit", "claimed", "verified"))),
        changes=within(_changes(scope), WorkEntry.project_id),
        planned=select_columns(*planned.c),
        weights=within(_weights(scope.quarter), Quantity.project_id),
    )


def _leaves(quarter: int, edition: str) -> Select[Any]:
    """A project is there from the quarter on in which it stands under a heading, as in the roll-up."""
    estimate, heading = aliased(Estimate), aliased(ProjectProgramme)
    member = (
        select_columns(heading.id)
        .where(col(heading.project_id) == col(Project.id), in_force(heading, quarter))
        .exists()
    )
    return (
        select_columns(
            Project.id,
            func.coalesce(Project.parent_id, Project.id).label("top_id"),
            *(Project.code, Project.name, Project.plan_id, *years_in(Project, quarter)),
            estimate.amount_fen,
            there_in(Project, quarter),
        )
        .outerjoin(estimate, and_(col(estimate.project_id) == col(Project.id), in_force(estimate, quarter)))
        .where(not_archived(Project, quarter, edition), or_(col(Project.parent_id).is_not(None), member))
        .order_by(col(Project.plan_id), col(Project.position), col(Project.id))
    )


def _states(quarter: int, edition: str) -> Select[Any]:
    return (
        select_columns(ProjectState.project_id, ProjectState.state, ProjectState.since_on)
        .where(told_by(ProjectState, quarter, edition))
        .order_by(col(ProjectState.since_on), col(ProjectState.id))
    )


def _ledger(scope: Scope, fiscal: Collection[int]) -> Select[Any]:
    entry, amount = LedgerEntry, col(LedgerEntry.amount_fen)
    of_year = and_(col(entry.year) == scope.quarter // 10, col(entry.stage) == "paid", col(entry.source_id).in_(fiscal))
    sums = (func.sum(amount), func.sum(case((of_year, amount), else_=0)), func.max(entry.occurred_quarter))
    groups = (col(entry.project_id), col(entry.stage))
    return select_columns(*groups, *sums).where(counted(entry, scope.quarter, scope.edition)).group_by(*groups)


def _budget(scope: Scope, fiscal: Collection[int]) -> Select[Any]:
    line = BudgetLine
    return (
        select_columns(col(line.project_id), func.sum(line.change_fen))
        .where(
            counted(line, scope.quarter, scope.edition),
            col(line.span) == YEAR,
            col(line.year) == scope.quarter // 10,
            col(line.source_id).in_(fiscal),
        )
        .group_by(col(line.project_id))
    )


def _changes(scope: Scope) -> Select[Any]:
    """A reported 0 changes nothing, and neither does 不适用."""
    entry = WorkEntry
    return (
        select_columns(col(entry.project_id), func.max(entry.occurred_quarter))
        .where(counted(entry, scope.quarter, scope.edition), col(entry.tier) != LOST, col(entry.quantity_micro) != 0)
        .group_by(col(entry.project_id))
    )


def _weights(quarter: int) -> Select[Any]:
    groups = (col(Quantity.project_id), col(Quantity.measure_id))
    return (
        select_columns(*groups, func.sum(Quantity.weight_micro))
        .where(in_force(Quantity, quarter), col(Quantity.weight_micro).is_not(None))
        .group_by(*groups)
    )
