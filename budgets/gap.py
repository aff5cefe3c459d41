"""Secured money and the funding gap (资金缺口): what approved plan lines promise, and what the estimate still lacks.

Secured of a leaf: its total lines where it has any, else its year lines with carried-over money counted once; lines of
资金渠道待定 never count. A package with an estimate of its own is one unit, else each of its parts is one. A unit without an
estimate has no gap, and one that has more than its estimate has an excess, which covers no other's gap.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Subquery, case, func
from sqlmodel import Session, col, select

from budgets.estimates import estimates_in_force
from budgets.lines import TOTAL, YEAR, BudgetLine
from budgets.sources import FundingSource
from core.database import batches, select_columns
from portfolio.facts import AS_CORRECTED, counted
from portfolio.projects import Project
from portfolio.states import ended_parts


@dataclass(frozen=True)
class Funding:
    """What a project or part is estimated at and what is secured of it.

    Units: fen. `secured_fen` is 0 without any approved line. `estimate_fen`, `gap_fen` and `excess_fen` are None where no
    estimate is known; of a package without an own estimate they add up the parts that have one.
    """

    estimate_fen: int | None
    secured_fen: int
    gap_fen: int | None
    excess_fen: int | None


def secured_lines(quarter: int, edition: str = AS_CORRECTED) -> Subquery:
    """One row (project_id, secured_fen) per leaf that has an approved total or year line as of the quarter.

    Errors: Invalid for an edition that there is not.
    """
    pending = select_columns(FundingSource.id).where(col(FundingSource.pending))
    promised = col(BudgetLine.source_id).not_in(pending)
    total, year = col(BudgetLine.span) == TOTAL, col(BudgetLine.span) == YEAR
    once = col(BudgetLine.change_fen) - func.coalesce(BudgetLine.carried_change_fen, 0)
    of_total = func.sum(case((total & promised, col(BudgetLine.change_fen)), else_=0))
    of_years = func.sum(case((year & promised, once), else_=0))
    has_total = func.count(case((total, 1))) > 0
    return (
        select_columns(
            col(BudgetLine.project_id).label("project_id"),
            case((has_total, of_total), else_=of_years).label("secured_fen"),
        )
        .where(counted(BudgetLine, quarter, edition), col(BudgetLine.span).in_([TOTAL, YEAR]))
        .group_by(col(BudgetLine.project_id))
        .subquery("secured")
    )


def secured_amounts(
    session: Session, quarter: int, project_ids: Iterable[int] | None = None, *, edition: str = AS_CORRECTED
) -> dict[int, int]:
    """What is secured, in fen by leaf; leaves without an approved line are not in it."""
    lines = secured_lines(quarter, edition)
    query = select_columns(lines.c.project_id, lines.c.secured_fen)
    if project_ids is None:
        return {id_: int(fen) for id_, fen in session.execute(query)}
    found: dict[int, int] = {}
    for batch in batches(project_ids):
        rows = session.execute(query.where(lines.c.project_id.in_(batch)))
        found |= {id_: int(fen) for id_, fen in rows}
    return found


def funding_of(
    session: Session, project_ids: Collection[int], quarter: int, *, edition: str = AS_CORRECTED
) -> dict[int, Funding]:
    """The funding of each project, package or part, by id, in a fixed number of queries.

    Archived parts and parts that are ended (终止) do not count in their package.
    """
    parts = _parts_of(session, project_ids)
    ended = ended_parts(session, list(project_ids), quarter, edition)
    leaves = {id_: [one for one in parts.get(id_, []) if one not in ended] for id_ in project_ids}
    every = {*project_ids, *(one for ids in leaves.values() for one in ids)}
    estimates = {
        id_: fen for batch in batches(every) for id_, fen in estimates_in_force(session, quarter, batch).items()
    }
    secured = secured_amounts(session, quarter, every, edition=edition)
    found = {}
    for id_ in project_ids:
        # What a package was promised before it had parts still counts, as in the roll-up.
        own = [id_, *leaves[id_]]
        if id_ in parts and id_ not in estimates:
            found[id_] = summed(unit(estimates.get(one), secured.get(one, 0)) for one in own)
        else:
            found[id_] = unit(estimates.get(id_), sum(secured.get(one, 0) for one in own))
    return found


def unit(estimate_fen: int | None, secured_fen: int) -> Funding:
    """The funding of what has one estimate: the gap is never below zero, what is beyond the estimate stands apart."""
    if estimate_fen is None:
        return Funding(None, secured_fen, None, None)
    short = estimate_fen - secured_fen
    return Funding(estimate_fen, secured_fen, max(0, short), max(0, -short))


def summed(fundings: Iterable[Funding]) -> Funding:
    """Several units together: each keeps its own gap."""
    every = list(fundings)
    known = [one for one in every if one.estimate_fen is not None]
    secured = sum(one.secured_fen for one in every)
    if not known:
        return Funding(None, secured, None, None)
    return Funding(
        sum(one.estimate_fen or 0 for one in known),
        secured,
        sum(one.gap_fen or 0 for one in known),
        sum(one.excess_fen or 0 for one in known),
    )


def _parts_of(session: Session, project_ids: Iterable[int]) -> dict[int, list[int]]:
    """The parts that are not archived, by package."""
    found: dict[int, list[int]] = {}
    for batch in batches(project_ids):
        rows = session.exec(
            select(Project.parent_id, Project.id)
            .where(col(Project.parent_id).in_(batch), col(Project.archived_at).is_(None))
            .order_by(col(Project.position), col(Project.id))
        )
        for parent, id_ in rows:
            if parent is not None and id_ is not None:
                found.setdefault(parent, []).append(id_)
    return found
