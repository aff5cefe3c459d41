"""Sums of works per leaf and measure, as subqueries: what is planned, and what was reported, verified, found alive and lost.

Entries are read from a covering index alone (milestones/works.py), in its order. Unlike units never meet: each sum is of one
unit, and units become one by fractions afterwards (reports/works.py).
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import CTE, Select, Subquery, and_, case, func, literal, or_, true
from sqlalchemy.orm import aliased
from sqlmodel import col

from core.database import select_columns
from milestones.quantities import Quantity
from milestones.works import LOST, REVERSAL, SURVIVING, TIERS, WorkEntry
from portfolio.access import Reader
from portfolio.dated import in_force
from portfolio.facts import counted
from portfolio.projects import Project, ProjectProgramme
from portfolio.states import not_archived
from portfolio.years import years_in
from reports.reported_states import ended_projects
from reports.rollup import Scope, there_in

# What a project is not to exceed is no quantity to deliver.
_LIMITS = ("≤", "<")


# The sums of entries: by tier, losses apart by whether they came after a survival check and lower what is alive.
SUMS = (*(name for name in TIERS if name != LOST), "lost", "lost_before")


def work_sums(
    scope: Scope,
    limited_to: Select[Any] | None,
    names: Sequence[str] = SUMS,
    earlier: Collection[tuple[str, int]] = (),
    *,
    exact: bool = True,
) -> Subquery:
    """One row per leaf, measure and unit: each of these sums, in millionths; null where nothing stands of it.

    What was reversed does not stand, so that a sum is null again (未填报, 未到检查期) and not 0. `lost` is what was lost after a
    survival check, and lowers `surviving`; `lost_before` what was lost before any check. `alive`, when it is asked for, is
    `surviving` less `lost`; in one unit it may be below zero, where what was lost was found alive in another.

    `earlier` names (sum, quarter): a column `verified_20234` has only what had happened by the end of that earlier quarter, of
    what counts as of the scope's quarter. Only gains wait: of what was alive by then a later loss is lost at once.

    Not `exact` takes two thirds of the time, and a sum may be 0 where nothing stands; every other sum is right.
    """
    entry = WorkEntry
    sums = [_sum_of(name, true(), true(), exact).label(name) for name in names]
    sums += [
        _sum_of(name, col(entry.occurred_quarter) <= quarter, _found_by(quarter), exact).label(
            earlier_name(name, quarter)
        )
        for name, quarter in earlier
    ]
    groups = (col(entry.project_id), col(entry.measure_id), col(entry.unit))
    asked = [*_asked(scope, limited_to), col(entry.quantity_micro).is_not(None)]
    return select_columns(*groups, *sums).where(*asked).group_by(*groups).subquery("works")


def earlier_name(name: str, quarter: int) -> str:
    """What the column of a sum as of an earlier quarter is called."""
    return f"{name}_{quarter}"


def _found_by(quarter: int) -> Any:
    """The condition that what a loss lowers had been found alive by the end of a quarter."""
    found = aliased(WorkEntry)
    of = select_columns(found.occurred_quarter).where(col(found.id) == col(WorkEntry.based_on_id))
    return of.correlate(WorkEntry).scalar_subquery() <= quarter


def _sum_of(name: str, among: Any, lost_among: Any, exact: bool) -> Any:
    """One sum of the entries that meet a condition, losses one of their own where they lower what is alive.

    FILTER is quicker than CASE: most rows are of another tier.
    """
    tier, quantity = col(WorkEntry.tier), col(WorkEntry.quantity_micro)
    checked = col(WorkEntry.based_on_id).is_not(None)
    kinds: dict[str, Any] = {
        "lost": and_(tier == LOST, checked),
        "lost_before": and_(tier == LOST, ~checked),
        "alive": or_(and_(tier == SURVIVING, among), and_(tier == LOST, checked, lost_among)),
    }
    added = case((tier == LOST, -quantity), else_=quantity) if name == "alive" else quantity
    kind = kinds[name] if name == "alive" else and_(kinds.get(name, tier == name), among)
    sum_ = func.sum(added).filter(kind)
    return case((func.sum(standing()).filter(kind) > 0, sum_)) if exact else sum_


def not_applicable_sums(scope: Scope, limited_to: Select[Any] | None) -> Subquery:
    """One row per leaf and measure that was reported as 不适用 and has no quantities; `not_applicable` is 1."""
    entry, reported = WorkEntry, aliased(WorkEntry)
    groups = (col(entry.project_id), col(entry.measure_id))
    quantities = (
        select_columns(func.sum(standing(reported)))
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
        .having(func.sum(standing()) > 0, func.coalesce(quantities, 0) == 0)
        .subquery("not_applicable")
    )


def _asked(scope: Scope, limited_to: Select[Any] | None) -> list[Any]:
    asked: list[Any] = [counted(WorkEntry, scope.quarter, scope.edition)]
    if limited_to is not None:
        asked.append(col(WorkEntry.project_id).in_(limited_to))
    return asked


def standing(entry: Any = WorkEntry) -> Any:
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
    first, last = _years(scope.quarter)
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
    first, last = _years(scope.quarter)
    columns: tuple[Any, ...] = (
        col(quantity.id).label("quantity_id"),
        *(col(quantity.project_id), col(quantity.measure_id), col(quantity.unit)),
        *(col(quantity.value_micro), col(quantity.per)),
        *(first.label("first_year"), last.label("last_year")),
        case((years_in(Project, scope.quarter)[1].is_not(None), 1), else_=0).label("own_years"),
    )
    return _planned(scope, limited_to, columns).subquery("planned_rows")


_PACKAGE = aliased(Project)


def _years(quarter: int) -> tuple[Any, Any]:
    """The years of a project or part in a quarter, of a part without any those of its package."""
    own, above = years_in(Project, quarter), years_in(_PACKAGE, quarter)
    return func.coalesce(own[0], above[0]), func.coalesce(own[1], above[1])


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


def leaves_by_plan(reader: Reader, scope: Scope, limited_to: Select[Any] | None) -> CTE:
    """One row (leaf_id, plan_id, project) per leaf of a counted project; `project` is the code of the project or package.

    What keyed_leaves (money_queries.py) gives for these two keys, without reading what only other keys need.
    """
    leaf, top, ended = aliased(Project), aliased(Project), ended_projects(scope.quarter, scope.edition)
    member = (
        select_columns(ProjectProgramme.id)
        .where(col(ProjectProgramme.project_id) == col(top.id), in_force(ProjectProgramme, scope.quarter))
        .exists()
    )
    query = (
        select_columns(col(leaf.id).label("leaf_id"), col(top.plan_id).label("plan_id"), col(top.code).label("project"))
        .join(top, col(top.id) == func.coalesce(leaf.parent_id, leaf.id))
        .where(
            *(not_archived(one, scope.quarter, scope.edition) for one in (leaf, top)),
            *(col(one.id).not_in(ended) for one in (leaf, top)),
            col(top.parent_id).is_(None),
            member,
            reader.sees(top.plan_id),  # type: ignore[arg-type]
        )
    )
    if scope.plan_ids is not None:
        query = query.where(col(top.plan_id).in_(scope.plan_ids))
    if limited_to is not None:
        query = query.where(col(leaf.id).in_(limited_to))
    # Without the word SQLite makes these rows again for every sum.
    return query.cte("counted").prefix_with("MATERIALIZED")
