"""Money of what is ended (终止): it leaves the counts and sums of the roll-up and is shown apart, here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, case, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from budgets.estimates import Estimate
from core.database import select_columns
from portfolio.access import Reader
from portfolio.dated import in_force
from reports.money_figures import STAGE_COLUMNS
from reports.money_queries import budget_sums, ended_leaves, ledger_sums, projects_in, with_keys
from reports.rollup import DIMENSIONS, Scope, check_dimensions, names_of, project_facts, unknown_last


@dataclass(frozen=True)
class EndedFigures:
    """What is ended in one group. `parts` are ended parts of packages that go on; sums are in fen.

    `estimate_fen` and `budget_fen` are None where none is known; a ledger sum without entries is 0.
    """

    keys: tuple[str | int | None, ...]
    projects: int
    parts: int
    estimate_fen: int | None
    budget_fen: int | None
    appropriated_fen: int
    received_fen: int
    contracted_fen: int
    work_done_fen: int
    paid_fen: int


def ended_money(
    session: Session, reader: Reader, scope: Scope, by: Sequence[str] = (), *, level: int = 1
) -> list[EndedFigures]:
    """The figures of every group that holds something ended, as of the scope's quarter and in its edition, sorted by the keys.

    Errors: UnknownDimension for anything that is no dimension of projects; UnknownLevel.
    """
    check_dimensions(by, DIMENSIONS, level)
    keys = tuple(dict.fromkeys(by))
    facts = project_facts(reader, scope).subquery()
    each = _per_project(reader, scope)
    joined, columns = with_keys(facts.join(each, each.c.top_id == facts.c.project_id), facts, keys, level)
    whole = each.c.tops > 0
    sums: dict[str, Any] = {
        "projects": func.sum(each.c.tops),
        "parts": func.sum(case((whole, 0), else_=each.c.leaves)),
        "estimate_fen": func.sum(case((and_(whole, facts.c.own.is_not(None)), facts.c.own), else_=each.c.estimate_fen)),
        "budget_fen": func.sum(each.c.budget_fen),
    }
    sums |= {column: func.coalesce(func.sum(each.c[column]), 0) for column in STAGE_COLUMNS.values()}
    query = (
        select_columns(
            *(column.label(f"key_{name}") for name, column in columns.items()),
            *(expression.label(name) for name, expression in sums.items()),
        )
        .select_from(joined)
        .group_by(*dict.fromkeys(columns.values()))
    )
    rows = [row for row in session.execute(query) if row.projects is not None]  # without keys there is always a row
    names = [names_of(session, name, {row[place] for row in rows}) for place, name in enumerate(keys)]
    found = [
        EndedFigures(
            tuple(named.get(id_, id_) for named, id_ in zip(names, row[: len(keys)], strict=True)),
            **_whole_numbers(row, sums),
        )
        for row in rows
    ]
    return sorted(found, key=lambda figures: unknown_last(figures.keys))


def _whole_numbers(row: Any, names: Iterable[str]) -> dict[str, Any]:
    """The sums of a row; PostgreSQL adds up whole numbers to decimals."""
    found = {name: getattr(row, name) for name in names}
    return {name: None if value is None else int(value) for name, value in found.items()}


def _per_project(reader: Reader, scope: Scope) -> Any:
    """One row per top-level project that is ended or has ended parts: what the ended ones add up to."""
    limited_to = projects_in(reader, scope)
    leaf, estimate = ended_leaves(scope, limited_to), aliased(Estimate)
    money, budget = ledger_sums(scope, (), (), limited_to), budget_sums(scope, (), (), limited_to)
    sums: dict[str, Any] = {
        "tops": func.sum(case((leaf.c.leaf_id == leaf.c.top_id, 1), else_=0)),
        "leaves": func.count(),
        "estimate_fen": func.sum(estimate.amount_fen),
        "budget_fen": func.sum(budget.c.planned),
    }
    sums |= {column: func.sum(money.c[column]) for column in STAGE_COLUMNS.values()}
    return (
        select_columns(leaf.c.top_id, *(expression.label(name) for name, expression in sums.items()))
        .select_from(
            leaf.outerjoin(money, money.c.project_id == leaf.c.leaf_id)
            .outerjoin(budget, budget.c.project_id == leaf.c.leaf_id)
            .outerjoin(estimate, and_(col(estimate.project_id) == leaf.c.leaf_id, in_force(estimate, scope.quarter)))
        )
        .group_by(leaf.c.top_id)
        .subquery("each")
    )
