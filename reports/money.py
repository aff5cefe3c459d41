"""The roll-up of money: plans, ledger, funding gap and rates by any of several keys, as of a quarter, in either edition.

The one definition of these figures for pages, workbooks, command and API. Ended (终止) projects leave it and stand apart in
money_ended.py; what each figure is made of stands in money_rows.py.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, FromClause, Select, Subquery, and_, case, cast, func, null
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from budgets.estimates import Estimate
from budgets.gap import secured_lines
from budgets.sources import fiscal_ids
from core.audit import OPERATOR
from core.calendar import quarter_name
from core.database import select_columns
from portfolio.access import Reach, Reader
from portfolio.dated import in_force
from reports.money_figures import NUMBERS, STAGE_COLUMNS, MoneyFigures, by_stage
from reports.money_groups import MONEY_DIMENSIONS, Group, within, without_stage
from reports.money_queries import ENTRY_KEYS, budget_sums, keyed_leaves, leaves_of, ledger_sums, projects_in, with_keys
from reports.reported_states import reported_projects
from reports.rollup import Scope, check_dimensions, counted_projects, names_of, unknown_last

_STAGES = tuple(STAGE_COLUMNS.values())
_NUMERATORS = ("done_this_year_fen", "fiscal_paid_fen")
_YEARLY = (*_NUMERATORS, "year_plan_fen", "fiscal_budget_fen")
_LEFT_OUT = ("without_year_plan", "without_fiscal_budget")
_YEARLY_ZEROS = (*_NUMERATORS, *_LEFT_OUT)
_PROJECT_ZEROS = ("leaves", "without_estimate", "secured_fen", "started", "unreported", "done_of_estimated_fen")


def money_rollup(
    session: Session, reader: Reader, scope: Scope, by: Sequence[str], *, level: int = 1, inside: Group | None = None
) -> list[MoneyFigures]:
    """The figures of every group, sorted by the keys, unknown groups last. A few grouped queries, names joined afterwards.

    By year or quarter: what happened in each; otherwise cumulative as of the quarter. Counts, estimates and the gap are None
    where the grouping has no meaning for them (year, quarter, source, stage). `inside` limits it to one group, whose
    dimensions must be among `by`.

    Errors: UnknownDimension, UnknownLevel; Invalid for an edition that there is not.
    """
    check_dimensions(by, MONEY_DIMENSIONS, level)
    keys = without_stage(by)
    fiscal = fiscal_ids(session)
    of_entries = bool(set(keys) & set(ENTRY_KEYS))
    found: list[tuple[list[str], list[Any]]] = []
    for made_by in (_flow_query, _budget_query) if of_entries else (_project_query,):
        query = _kept(made_by, reader.plans_for("view"), scope, keys, level, tuple(fiscal))
        if inside is not None:
            query = query.where(*within(inside, _grouped_by(query, keys)))
        columns = [column.name for column in query.selected_columns][len(keys) :]
        found.append((columns, [(row[: len(keys)], row[len(keys) :]) for row in session.execute(query)]))
    rows = _joined(found, of_quarters="quarter" in keys) if of_entries else found[0][1]
    named = _named(session, keys, [ids for ids, _ in rows])
    groups = [MoneyFigures(ids, *sums) for ids, (_, sums) in zip(named, rows, strict=True)]
    if "stage" in by:
        groups = [_in_order(row, (*keys, "stage"), by) for group in groups for row in by_stage(group)]
    return sorted(groups, key=lambda group: unknown_last(group.keys))


def rollup_query(session: Session, reader: Reader, scope: Scope, by: Sequence[str]) -> Select[Any]:
    """The one query of a roll-up by dimensions of projects, for who wants to time or explain it."""
    return _kept(_project_query, reader.plans_for("view"), scope, without_stage(by), 1, tuple(fiscal_ids(session)))


@lru_cache(maxsize=256)
def _kept(
    made_by: Callable[..., Select[Any]],
    seen: frozenset[int] | None,
    scope: Scope,
    keys: tuple[str, ...],
    level: int,
    fiscal: tuple[int, ...],
) -> Select[Any]:
    # Built once for each roll-up that is asked for and then kept: building it costs more than running it on a county's data.
    # Of the reader only the plans matter that it sees.
    return made_by(Reader(OPERATOR, (Reach("leader", seen, None),)), scope, keys, level, fiscal)


def whole_money(session: Session, reader: Reader, scope: Scope) -> MoneyFigures:
    """The figures of everything in the scope; zero projects when there are none."""
    return money_rollup(session, reader, scope, ())[0]


def _project_query(
    reader: Reader, scope: Scope, keys: Sequence[str], level: int, fiscal: Collection[int]
) -> Select[Any]:
    """One row per group of projects: everything that a group can hold."""
    facts, each = counted_projects(reader, scope), _per_project(reader, scope, fiscal)
    joined, columns = with_keys(facts.join(each, each.c.top_id == facts.c.project_id), facts, keys, level)
    secured = func.coalesce(each.c.secured, 0)
    gap = case((facts.c.own.is_(None), each.c.gap_of_leaves), (facts.c.own > secured, facts.c.own - secured), else_=0)
    done = case((facts.c.own.is_(None), each.c.done_of_estimated), else_=each.c.work_done_fen)
    plain = (*_STAGES, *_YEARLY, "budget_fen")
    sums: dict[str, Any] = {name: func.sum(each.c[name]) for name in plain}
    # Of a package the parts are its leaves, of any other project the project itself.
    for name in _LEFT_OUT:
        sums[name] = func.sum(case((facts.c.parts > 0, each.c[f"{name}_parts"]), else_=each.c[f"{name}_own"]))
    sums |= {
        "projects": func.count(),
        "leaves": func.sum(facts.c.leaves),
        "without_estimate": func.sum(facts.c.missing),
        "estimate_fen": func.sum(facts.c.fen),
        "secured_fen": func.sum(secured),
        "gap_fen": func.sum(gap),
        "done_of_estimated_fen": func.sum(done),
        "started": func.sum(each.c.started),
        "unreported": func.sum(case((each.c.reported == 0, 1), else_=0)),
    }
    # Where there are no projects at all, these are 0 and not unknown.
    for name in (*_STAGES, *_YEARLY_ZEROS, *_PROJECT_ZEROS):
        sums[name] = func.coalesce(sums[name], 0)
    # In the order in which a group holds them: many thousand groups come back when every project is one.
    return _grouped(joined, columns, {name: sums.get(name, null()) for name in NUMBERS})


def _per_project(reader: Reader, scope: Scope, fiscal: Collection[int]) -> Subquery:
    """One row per top-level project: what its leaves add up to, each judged by its own estimate, plan and budget."""
    limited_to = projects_in(reader, scope)
    leaf = leaves_of(scope, limited_to)
    money = ledger_sums(scope, (), fiscal, limited_to)
    budget = budget_sums(scope, (), fiscal, limited_to)
    secured = secured_lines(scope.quarter, scope.edition)
    reported = reported_projects(scope.quarter, scope.edition, limited_to)
    estimate = aliased(Estimate)
    promised, is_own = func.coalesce(secured.c.secured_fen, 0), leaf.c.leaf_id == leaf.c.top_id
    is_part = and_(~is_own, leaf.c.is_there == 1)
    cost = col(estimate.amount_fen)
    sums: dict[str, Any] = {column: func.coalesce(func.sum(money.c[column]), 0) for column in _STAGES}
    sums |= _yearly_sums(money, budget)
    sums |= {
        "budget_fen": func.sum(budget.c.planned),
        "done_of_estimated": func.coalesce(func.sum(case((cost.is_not(None), money.c.work_done_fen))), 0),
        "secured": func.sum(secured.c.secured_fen),
        "gap_of_leaves": func.sum(case((cost.is_(None), None), (cost > promised, cost - promised), else_=0)),
        "started": func.coalesce(func.max(reported.c.started), 0),
        "reported": func.count(reported.c.project_id),
    }
    for name, column in zip(_LEFT_OUT, (budget.c.year_plan, budget.c.fiscal_budget), strict=True):
        sums[f"{name}_parts"] = func.sum(case((and_(is_part, column.is_(None)), 1), else_=0))
        sums[f"{name}_own"] = func.sum(case((and_(is_own, column.is_(None)), 1), else_=0))
    return (
        select_columns(leaf.c.top_id, *(expression.label(name) for name, expression in sums.items()))
        .select_from(
            leaf.outerjoin(money, money.c.project_id == leaf.c.leaf_id)
            .outerjoin(budget, budget.c.project_id == leaf.c.leaf_id)
            .outerjoin(secured, secured.c.project_id == leaf.c.leaf_id)
            .outerjoin(reported, reported.c.project_id == leaf.c.leaf_id)
            .outerjoin(estimate, and_(col(estimate.project_id) == leaf.c.leaf_id, in_force(estimate, scope.quarter)))
        )
        .group_by(leaf.c.top_id)
        .subquery("each")
    )


def _yearly_sums(money: Subquery, budget: Subquery) -> dict[str, Any]:
    """Both sides of the yearly rates; leaves without a plan or budget of the year are left out of both."""
    done = case((budget.c.year_plan.is_not(None), func.coalesce(money.c.year_done, 0)))
    paid = case((budget.c.fiscal_budget.is_not(None), func.coalesce(money.c.fiscal_paid, 0)))
    return {
        "done_this_year_fen": func.coalesce(func.sum(done), 0),
        "year_plan_fen": func.sum(budget.c.year_plan),
        "fiscal_paid_fen": func.coalesce(func.sum(paid), 0),
        "fiscal_budget_fen": func.sum(budget.c.fiscal_budget),
    }


def _flow_query(reader: Reader, scope: Scope, keys: Sequence[str], level: int, fiscal: Collection[int]) -> Select[Any]:
    """One row per group with year, quarter or source among its keys: what the ledger holds, and the numerators."""
    limited_to = projects_in(reader, scope)
    keyed = keyed_leaves(reader, scope, keys, level, limited_to)
    money = ledger_sums(scope, keys, fiscal, limited_to)
    sums: dict[str, Any] = {column: func.coalesce(func.sum(money.c[column]), 0) for column in _STAGES}
    joined: FromClause = money.join(keyed, keyed.c.leaf_id == money.c.project_id)
    if "quarter" not in keys:
        # A leaf is left out by its plan of the whole year, whatever its sources: so the rows add up to the whole.
        plan = budget_sums(scope, ("year",) if "year" in keys else (), fiscal, limited_to)
        on = [plan.c.project_id == money.c.project_id]
        on += [plan.c.year == money.c.year] if "year" in keys else []
        joined = joined.outerjoin(plan, and_(*on))
        yearly = _yearly_sums(money, plan)
        sums |= {name: yearly[name] for name in _NUMERATORS}
        # A leaf has one row in each group here, so that counting rows counts leaves.
        left_out = (plan.c.year_plan, money.c.year_done), (plan.c.fiscal_budget, money.c.fiscal_paid)
        for name, (denominator, numerator) in zip(_LEFT_OUT, left_out, strict=True):
            sums[name] = func.count(case((and_(denominator.is_(None), numerator != 0), 1)))
    return _grouped(joined, _columns(keys, keyed, money), sums)


def _budget_query(
    reader: Reader, scope: Scope, keys: Sequence[str], level: int, fiscal: Collection[int]
) -> Select[Any]:
    """One row per group with year, quarter or source among its keys: what was planned, and the denominators."""
    limited_to = projects_in(reader, scope)
    keyed = keyed_leaves(reader, scope, keys, level, limited_to)
    budget = budget_sums(scope, keys, fiscal, limited_to)
    sums: dict[str, Any] = {"budget_fen": func.sum(budget.c.planned)}
    if "quarter" not in keys:
        sums |= {f"{name}_fen": func.sum(budget.c[name]) for name in ("year_plan", "fiscal_budget")}
    joined = budget.join(keyed, keyed.c.leaf_id == budget.c.project_id)
    return _grouped(joined, _columns(keys, keyed, budget), sums)


def _columns(keys: Sequence[str], keyed: FromClause, entries: Subquery) -> dict[str, Any]:
    return {name: entries.c[name] if name in ENTRY_KEYS else keyed.c[f"key_{name}"] for name in keys}


def _grouped(joined: FromClause, columns: dict[str, Any], sums: dict[str, Any]) -> Select[Any]:
    # Two keys may be the same column: labels keep them apart.
    keys = [column.label(f"key_{name}") for name, column in columns.items()]
    # PostgreSQL adds up whole numbers to decimals.
    whole = [cast(expression, BigInteger).label(name) for name, expression in sums.items()]
    query = select_columns(*keys, *whole)
    return query.select_from(joined).group_by(*dict.fromkeys(columns.values()))


def _grouped_by(query: Select[Any], keys: Sequence[str]) -> dict[str, Any]:
    """The columns that a query of `_grouped` groups by, by dimension."""
    return {name: query.selected_columns[f"key_{name}"].element for name in keys}


def _joined(found: list[tuple[list[str], list[Any]]], *, of_quarters: bool) -> list[tuple[tuple[Any, ...], list[Any]]]:
    """One row per group out of what the ledger holds and what was planned, with every number of a group in its place."""
    # A group may have a plan but no entries: sums without rows are 0.
    nothing = dict.fromkeys((*_STAGES, *(() if of_quarters else _YEARLY_ZEROS)), 0)
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for columns, groups in found:
        for ids, sums in groups:
            rows[ids] = rows.get(ids, nothing) | dict(zip(columns, sums, strict=True))
    return [(ids, [sums.get(name) for name in NUMBERS]) for ids, sums in rows.items()]


def _named(session: Session, keys: Sequence[str], groups: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The keys of the groups by name instead of by id."""
    names: list[dict[Any, Any]] = []
    for place, name in enumerate(keys):
        ids = {group[place] for group in groups}
        of_quarters = {id_: quarter_name(id_) for id_ in ids} if name == "quarter" else {}
        names.append(of_quarters or names_of(session, name, ids))
    if not any(names):
        return groups
    return [tuple(named.get(id_, id_) for named, id_ in zip(names, ids, strict=True)) for ids in groups]


def _in_order(figures: MoneyFigures, keys: Sequence[str], by: Sequence[str]) -> MoneyFigures:
    """The keys in the order that was asked for."""
    named = dict(zip(keys, figures.keys, strict=True))
    return replace(figures, keys=tuple(named[name] for name in dict.fromkeys(by)))
