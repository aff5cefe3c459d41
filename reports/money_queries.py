"""Sums of money per leaf, as subqueries: the ledger and the budget lines, grouped by project before anything is joined.

The ledger is read from a covering index alone (budgets/entries.py), in its order: state, project, year, source, stage, quarter.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import CTE, ColumnElement, FromClause, Select, Subquery, and_, case, func, or_
from sqlmodel import col

from budgets.entries import STAGES, LedgerEntry
from budgets.lines import QUARTER, YEAR, BudgetLine
from core.database import select_columns
from portfolio.access import Reader
from portfolio.departments import Department
from portfolio.facts import counted
from portfolio.jurisdictions import Jurisdiction
from portfolio.plans import Plan, Programme
from portfolio.projects import Project
from portfolio.states import not_archived
from reports.reported_states import ended_projects
from reports.rollup import Scope, counted_projects, key_column, there_in

# Dimensions of an entry, not of its project, in the order of the index.
ENTRY_KEYS = ("year", "source", "quarter")


def projects_in(reader: Reader, scope: Scope) -> Select[Any] | None:
    """The ids of all projects and parts that the scope and the reader are limited to; None where nothing is limited."""
    seen = reader.plans_for("view")
    if seen is None and scope.plan_ids is None:
        return None
    query = select_columns(Project.id)
    if seen is not None:
        query = query.where(col(Project.plan_id).in_(seen))
    return query if scope.plan_ids is None else query.where(col(Project.plan_id).in_(scope.plan_ids))


def leaves_of(scope: Scope, limited_to: Select[Any] | None) -> Subquery:
    """One row (leaf_id, top_id) per project and part that is neither archived nor ended. A package is a row of its own, too:
    what was recorded of it before it had parts still counts. So does money of a part that was added later (`is_there` 0), but
    it is no leaf yet.
    """
    query = select_columns(
        col(Project.id).label("leaf_id"),
        func.coalesce(Project.parent_id, Project.id).label("top_id"),
        case((there_in(Project, scope.quarter), 1), else_=0).label("is_there"),
    ).where(
        not_archived(Project, scope.quarter, scope.edition),
        col(Project.id).not_in(ended_projects(scope.quarter, scope.edition)),
    )
    return (query if limited_to is None else query.where(col(Project.id).in_(limited_to))).subquery("leaf")


def keyed_leaves(reader: Reader, scope: Scope, keys: Sequence[str], level: int, limited_to: Select[Any] | None) -> CTE:
    """One row per leaf of a counted project with the ids that it is grouped by (`key_plan` …), made once."""
    facts, leaf = counted_projects(reader, scope), leaves_of(scope, limited_to)
    of_projects = [name for name in keys if name not in ENTRY_KEYS]
    joined, columns = with_keys(leaf.join(facts, facts.c.project_id == leaf.c.top_id), facts, of_projects, level)
    labelled = [column.label(f"key_{name}") for name, column in columns.items()]
    # Without the word SQLite makes these rows again for every row of the ledger.
    query = select_columns(leaf.c.leaf_id, leaf.c.top_id, *labelled).select_from(joined)
    return query.cte("keyed").prefix_with("MATERIALIZED")


def with_keys(
    joined: FromClause, facts: FromClause, keys: Sequence[str], level: int
) -> tuple[FromClause, dict[str, Any]]:
    """The columns that these dimensions of projects group by, and what they are read from.

    Headings, departments and places of one name are one group: the first id of the name stands for all of them.
    """
    columns = {}
    for name in keys:
        columns[name] = key_column(name, level, facts)
        if name in _NAMED:
            first = _NAMED[name].subquery(f"first_{name}")
            joined = joined.outerjoin(first, first.c.id == columns[name])
            columns[name] = first.c.first_id
    return joined, columns


def _first_of_name(id_: Any, name: Any) -> Select[Any]:
    return select_columns(col(id_).label("id"), func.min(id_).over(partition_by=name).label("first_id"))


_NAMED = {
    "programme": _first_of_name(Programme.id, Programme.name),
    "department": _first_of_name(Department.id, Department.name),
    "jurisdiction": _first_of_name(Plan.id, Jurisdiction.name).join(
        Jurisdiction, col(Jurisdiction.code) == Plan.jurisdiction_code
    ),
}


def ledger_sums(scope: Scope, keys: Sequence[str], fiscal: Collection[int], limited_to: Select[Any] | None) -> Subquery:
    """One row per leaf and entry keys: a sum for each stage, and what the yearly rates count (work done, fiscal payments).

    These two are of the scope's year, or of each year where that is a key.
    """
    columns: dict[str, Any] = {
        "year": LedgerEntry.year,
        "source": LedgerEntry.source_id,
        "quarter": LedgerEntry.occurred_quarter,
    }
    chosen = [columns[name].label(name) for name in ENTRY_KEYS if name in keys]
    amount, stage = col(LedgerEntry.amount_fen), col(LedgerEntry.stage)
    done, paid = stage == "work_done", and_(stage == "paid", col(LedgerEntry.source_id).in_(fiscal))
    if "year" not in keys:
        this_year = col(LedgerEntry.year) == scope.quarter // 10
        done, paid = and_(this_year, done), and_(this_year, paid)
    sums = [func.sum(case((stage == name, amount))).label(f"{name}_fen") for name in STAGES]
    sums += [func.sum(case((done, amount))).label("year_done"), func.sum(case((paid, amount))).label("fiscal_paid")]
    project = col(LedgerEntry.project_id)
    asked = [counted(LedgerEntry, scope.quarter, scope.edition)]
    if limited_to is not None:
        asked.append(project.in_(limited_to))
    groups = (project, *(columns[name] for name in ENTRY_KEYS if name in keys))
    return select_columns(project.label("project_id"), *chosen, *sums).where(*asked).group_by(*groups).subquery("money")


def budget_sums(scope: Scope, keys: Sequence[str], fiscal: Collection[int], limited_to: Select[Any] | None) -> Subquery:
    """One row per leaf and entry keys: the plan (`planned`), and the denominators of the yearly rates (`year_plan`,
    `fiscal_budget`, null where there is no such line).

    Money that was carried over counts once across years, and in each of its years where the year is a key. By quarter only
    lines of quarters count, else only those of years.
    """
    columns: dict[str, Any] = {"year": BudgetLine.year, "source": BudgetLine.source_id, "quarter": BudgetLine.covers}
    chosen = [columns[name].label(name) for name in ENTRY_KEYS if name in keys]
    change = col(BudgetLine.change_fen)
    once = change - func.coalesce(BudgetLine.carried_change_fen, 0)
    of_year: ColumnElement[bool] = col(BudgetLine.span) == YEAR
    if "year" not in keys:
        of_year = and_(of_year, col(BudgetLine.year) == scope.quarter // 10)
    of_budget = and_(of_year, col(BudgetLine.source_id).in_(fiscal))
    project = col(BudgetLine.project_id)
    asked = [
        counted(BudgetLine, scope.quarter, scope.edition),
        col(BudgetLine.span) == (QUARTER if "quarter" in keys else YEAR),
    ]
    if limited_to is not None:
        asked.append(project.in_(limited_to))
    sums = (
        func.sum(change if {"year", "quarter"} & set(keys) else once).label("planned"),
        func.sum(case((of_year, change))).label("year_plan"),
        func.sum(case((of_budget, change))).label("fiscal_budget"),
    )
    groups = (project, *(columns[name] for name in ENTRY_KEYS if name in keys))
    return (
        select_columns(project.label("project_id"), *chosen, *sums).where(*asked).group_by(*groups).subquery("budget")
    )


def ended_leaves(scope: Scope, limited_to: Select[Any] | None) -> Subquery:
    """One row (leaf_id, top_id) per project and part that is not archived and is ended (终止), itself or with its package."""
    ended = ended_projects(scope.quarter, scope.edition)
    query = select_columns(
        col(Project.id).label("leaf_id"), func.coalesce(Project.parent_id, Project.id).label("top_id")
    ).where(
        not_archived(Project, scope.quarter, scope.edition),
        or_(col(Project.id).in_(ended), col(Project.parent_id).in_(ended)),
    )
    return (query if limited_to is None else query.where(col(Project.id).in_(limited_to))).subquery("leaf")
