"""Sums of works per leaf and measure, as subqueries: what is planned, and what was reported, verified, found alive and lost.

Entries are read from a covering index alone (milestones/works.py), in its order. Unlike units never meet: each sum is of one
unit, and units become one by fractions afterwards (reports/works.py).
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, Subquery, and_, case, func, literal, or_
from sqlalchemy.orm import aliased
from sqlmodel import col

from core.database import select_columns
from milestones.quantities import Quantity
from milestones.works import LOST, REVERSAL, TIERS, WorkEntry
from portfolio.dated import in_force
from portfolio.facts import counted
from portfolio.projects import Project
from reports.rollup import Scope, there_in

# What a project is not to exceed is no quantity to deliver.
_LIMITS = ("≤", "<")


def work_sums(scope: Scope, limited_to: Select[Any] | None, until: int | None = None) -> Subquery:
    """One row per leaf, measure and unit: a sum for each tier, in millionths; null where nothing stands of it.

    What was reversed does not stand, so that a sum is null again (未填报, 未到检查期) and not 0. `lost` is what was lost after a
    survival check, and lowers `surviving`; `lost_before` what was lost before any check.

    `until`: only what had happened by the end of that earlier quarter, of what counts as of the scope's quarter.
    """
    entry = WorkEntry
    tier, checked = col(entry.tier), col(entry.based_on_id).is_not(None)
    kinds: dict[str, Any] = {name: tier == name for name in TIERS if name != LOST}
    kinds |= {"lost": and_(tier == LOST, checked), "lost_before": and_(tier == LOST, ~checked)}
    sums = [
        case((func.sum(case((kind, _standing()))) > 0, func.sum(case((kind, col(entry.quantity_micro)))))).label(name)
        for name, kind in kinds.items()
    ]
    groups = (col(entry.project_id), col(entry.measure_id), col(entry.unit))
    asked = [*_asked(scope, limited_to, until), col(entry.quantity_micro).is_not(None)]
    return select_columns(*groups, *sums).where(*asked).group_by(*groups).subquery("works")


def not_applicable_sums(scope: Scope, limited_to: Select[Any] | None) -> Subquery:
    """One row per leaf and measure that was reported as 不适用 and has no quantities; `not_applicable` is 1."""
    entry, reported = WorkEntry, aliased(WorkEntry)
    groups = (col(entry.project_id), col(entry.measure_id))
    quantities = (
        select_columns(func.sum(_standing(reported)))
        .where(
            counted(reported, scope.quarter, scope.edition),
            col(reported.project_id) == col(entry.project_id),
            col(reported.measure_id) == col(entry.measure_id),
            col(reported.quantity_micro).is_not(None),
        )
        .scalar_subquery()
    )
    return (
        select_columns(*groups, func.min(entry.unit).label("unit"), literal(1).label("not_applicable"))
        .where(*_asked(scope, limited_to), col(entry.quantity_micro).is_(None))
        .group_by(*groups)
        .having(func.sum(_standing()) > 0, func.coalesce(quantities, 0) == 0)
        .subquery("not_applicable")
    )


def _asked(scope: Scope, limited_to: Select[Any] | None, until: int | None = None) -> list[Any]:
    asked = [counted(WorkEntry, scope.quarter, scope.edition)]
    if until is not None:
        asked.append(col(WorkEntry.occurred_quarter) <= until)
    if limited_to is not None:
        asked.append(col(WorkEntry.project_id).in_(limited_to))
    return asked


def _standing(entry: Any = WorkEntry) -> Any:
    """How many entries a row adds to those that stand: a reversal takes its original away."""
    return case((col(entry.kind) == REVERSAL, -1), else_=1)


def planned_sums(scope: Scope, limited_to: Select[Any] | None) -> Subquery:
    """One row per project or part, measure and unit: what is to be delivered over its years, in millionths.

    A yearly quantity counts its value for every year of the project; of a part without years of its own those of its package.
    `timeless` counts yearly quantities of which no years are known: they are in no sum. Where a package has a quantity of a
    measure of its own, that counts, and its parts' quantities of the same measure do not. Of a part that was added later nothing
    is planned in the quarters before.
    """
    quantity = Quantity
    first, last = _years()
    yearly = col(quantity.per) == "year"
    whole = case((yearly, col(quantity.value_micro) * (last - first + 1)), else_=col(quantity.value_micro))
    groups = (col(quantity.project_id), col(quantity.measure_id), col(quantity.unit))
    columns = (
        *groups,
        func.sum(whole).label("planned"),
        func.count(case((and_(yearly, or_(first.is_(None), last.is_(None))), 1))).label("timeless"),
    )
    return _planned(scope, limited_to, columns).group_by(*groups).subquery("planned")


def planned_rows(scope: Scope, limited_to: Select[Any] | None) -> Subquery:
    """The quantities that these sums are made of, one by one, with the years over which they are delivered.

    `own_years` is 1 where the project or part has a last year of its own, and does not take that of its package.
    """
    quantity = Quantity
    first, last = _years()
    columns: tuple[Any, ...] = (
        col(quantity.id).label("quantity_id"),
        *(col(quantity.project_id), col(quantity.measure_id), col(quantity.unit)),
        *(col(quantity.value_micro), col(quantity.per)),
        *(first.label("first_year"), last.label("last_year")),
        case((col(Project.last_year).is_not(None), 1), else_=0).label("own_years"),
    )
    return _planned(scope, limited_to, columns).subquery("planned_rows")


_PACKAGE = aliased(Project)


def _years() -> tuple[Any, Any]:
    """The years of a project or part, of a part without any those of its package."""
    return (
        func.coalesce(col(Project.first_year), col(_PACKAGE.first_year)),
        func.coalesce(col(Project.last_year), col(_PACKAGE.last_year)),
    )


def _planned(scope: Scope, limited_to: Select[Any] | None, columns: Sequence[Any]) -> Select[Any]:
    """The quantities in force that are to be delivered, each once."""
    quantity, project, package, own = Quantity, Project, _PACKAGE, aliased(Quantity)
    of_package = (
        select_columns(own.id)
        .where(
            col(own.project_id) == col(project.parent_id),
            col(own.measure_id) == col(quantity.measure_id),
            col(own.operator).not_in(_LIMITS),
            in_force(own, scope.quarter),
        )
        .exists()
    )
    asked = [
        in_force(quantity, scope.quarter),
        col(quantity.operator).not_in(_LIMITS),
        there_in(project, scope.quarter),
        or_(col(project.parent_id).is_(None), ~of_package),
    ]
    if limited_to is not None:
        asked.append(col(quantity.project_id).in_(limited_to))
    return (
        select_columns(*columns)
        .select_from(quantity)
        .join(project, col(project.id) == col(quantity.project_id))
        .outerjoin(package, col(package.id) == col(project.parent_id))
        .where(*asked)
    )
