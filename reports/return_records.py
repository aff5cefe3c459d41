"""What the records hold of projects for a quarter, in the shape of a return's cells: the base against which a return is read.

Accepted facts count, and those that were handed over and wait: a return says the whole of the quarter, so that neither is
reported twice. Drafts and what was sent back do not. Grouped queries, as many for one project as for a thousand.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from budgets.entries import NEEDS_SOURCE, LedgerEntry
from budgets.sources import FundingSource
from core.among import among
from core.database import batches, select_columns
from core.units import converted
from milestones.milestone_reading import milestones_of
from milestones.milestones import ACTUAL as MET
from milestones.milestones import FORECAST as EXPECTED
from milestones.milestones import WITHDRAWN, Milestone, MilestoneReport
from milestones.works import CLAIMED, ENTRY, NOT_APPLICABLE, WorkEntry
from portfolio.facts import APPROVED, SUBMITTED
from portfolio.projects import Project
from portfolio.states import states_in
from reports.return_fields import (
    ACTUAL,
    FIELDS,
    FORECAST,
    MONEY_FIELDS,
    SINCE_ON,
    STATE,
    STATE_DOCUMENT,
    STATE_FIELDS,
    WORKS,
    CellKey,
    work_text,
)

COUNTING = (APPROVED, SUBMITTED)


def recorded(
    session: Session,
    plan_id: int,
    project_ids: Collection[int],
    quarter: int,
    *,
    fields: Collection[str] = tuple(FIELDS),
) -> dict[CellKey, str]:
    """What is recorded of these projects and parts of a plan, by cell; what nothing is recorded of is not in it.

    Money and works are those of the quarter, milestones and states what holds at its end. `fields`: those that are asked about;
    others of their kind may come with them.
    """
    found: dict[CellKey, str] = {}
    for ids in _batches(session, plan_id, project_ids):
        for of, read in _READERS:
            if not of.isdisjoint(fields):
                found |= read(session, ids, quarter)
    return found


def money_in(
    session: Session, ids: Collection[int], quarter: int, *, states: Sequence[str] = COUNTING, since: int | None = None
) -> dict[CellKey, str]:
    """Money of the quarter by cell; with `since` of all quarters from that one to this one."""
    sums: dict[CellKey, int] = {}
    asked = {"ids": list(ids), "last": quarter, "first": quarter if since is None else since}
    for project_id, stage, source, fen in session.execute(_money_query(tuple(states)), asked):
        key = CellKey(project_id, MONEY_FIELDS[stage], (source or "") if stage in NEEDS_SOURCE else "")
        sums[key] = sums.get(key, 0) + int(fen)
    return {key: str(fen) for key, fen in sums.items()}


def works_in(
    session: Session, ids: Collection[int], quarter: int, *, states: Sequence[str] = COUNTING, since: int | None = None
) -> dict[CellKey, str]:
    """Reported works of the quarter by cell, or that a measure does not apply; what was reversed never was."""
    sums: dict[CellKey, list[tuple[int, str]]] = {}
    without: set[CellKey] = set()
    asked = {"ids": list(ids), "last": quarter, "first": quarter if since is None else since}
    for project_id, measure_id, kind, unit, micro in session.execute(_works_query(tuple(states)), asked):
        key = CellKey(project_id, WORKS, str(measure_id))
        if kind == NOT_APPLICABLE:
            without.add(key)
        else:
            sums.setdefault(key, []).append((int(micro or 0), unit))
    return dict.fromkeys(without - sums.keys(), NOT_APPLICABLE) | {key: added(parts) for key, parts in sums.items()}


# To build these queries costs more than to run them for a small return.


@lru_cache(maxsize=8)
def _money_query(states: tuple[str, ...]) -> Select[Any]:
    entry = LedgerEntry
    keys = (col(entry.project_id), col(entry.stage), col(FundingSource.key))
    return (
        select_columns(*keys, func.sum(entry.amount_fen))
        .outerjoin(FundingSource, col(FundingSource.id) == entry.source_id)
        .where(
            among(entry.project_id, "ids"),
            col(entry.state).in_(states),
            col(entry.occurred_quarter) <= bindparam("last"),
            col(entry.occurred_quarter) >= bindparam("first"),
        )
        .group_by(*keys)
    )


@lru_cache(maxsize=8)
def _works_query(states: tuple[str, ...]) -> Select[Any]:
    entry, reversal = WorkEntry, aliased(WorkEntry)
    undone = select_columns(reversal.id).where(
        col(reversal.reverses_id) == col(entry.id), col(reversal.state).in_(states)
    )
    keys = (col(entry.project_id), col(entry.measure_id), col(entry.kind), col(entry.unit))
    return (
        select_columns(*keys, func.sum(entry.quantity_micro))
        .where(
            among(entry.project_id, "ids"),
            col(entry.state).in_(states),
            col(entry.tier) == CLAIMED,
            col(entry.kind).in_((ENTRY, NOT_APPLICABLE)),
            col(entry.occurred_quarter) <= bindparam("last"),
            col(entry.occurred_quarter) >= bindparam("first"),
            ~undone.exists(),
        )
        .group_by(*keys)
    )


def reversals_waiting(session: Session, ids: Collection[int], quarter: int) -> set[CellKey]:
    """The cells of money and works of which a reversal waits: what is recorded of them is either with it or without it."""
    entry, work = LedgerEntry, WorkEntry
    money = (
        select_columns(col(entry.project_id), col(entry.stage), col(FundingSource.key))
        .outerjoin(FundingSource, col(FundingSource.id) == entry.source_id)
        .where(col(entry.project_id).in_(ids), col(entry.occurred_quarter) == quarter)
        .where(col(entry.state) == SUBMITTED, col(entry.reverses_id).is_not(None))
    )
    works = (
        select_columns(work.project_id, work.measure_id)
        .where(col(work.project_id).in_(ids), col(work.occurred_quarter) == quarter)
        .where(col(work.state) == SUBMITTED, col(work.reverses_id).is_not(None), col(work.tier) == CLAIMED)
    )
    found = {
        CellKey(id_, MONEY_FIELDS[stage], (source or "") if stage in NEEDS_SOURCE else "")
        for id_, stage, source in session.execute(money)
    }
    return found | {CellKey(id_, WORKS, str(measure_id)) for id_, measure_id in session.execute(works)}


def added(parts: Sequence[tuple[int, str]]) -> str:
    """Several quantities of one measure as one, in the first of their units that holds the sum exactly.

    Of units that do not go into each other (亩 and 平方米) the smallest takes the sum, rounded to millionths.
    """
    units = sorted({unit for _, unit in parts}, key=lambda unit: converted(1, unit, parts[0][1]), reverse=True)
    for unit in units:
        total = sum((converted(Fraction(micro), of, unit) for micro, of in parts), Fraction(0))
        if total.denominator == 1:
            return work_text(int(total), unit)
    return work_text(round(total), unit)


def milestones_in(session: Session, ids: Collection[int], quarter: int) -> dict[CellKey, str]:
    """The days on which milestones were met, or are expected, as known at the end of the quarter."""
    found: dict[CellKey, str] = {}
    for project_id, several in milestones_of(session, list(ids), quarter).items():
        for one in several:
            key = str(one.milestone_id)
            if one.actual_on is not None:
                found[CellKey(project_id, ACTUAL, key)] = one.actual_on.isoformat()
            if one.forecast_on is not None:
                found[CellKey(project_id, FORECAST, key)] = one.forecast_on.isoformat()
    report = MilestoneReport
    waiting = (
        select_columns(Milestone.project_id, report.milestone_id, report.kind, report.met_on)
        .join(Milestone, col(Milestone.id) == report.milestone_id)
        .where(
            col(Milestone.project_id).in_(ids),
            col(report.state) == SUBMITTED,
            col(report.occurred_quarter) <= quarter,
        )
        .order_by(col(report.id))
    )
    for project_id, milestone_id, kind, met_on in session.execute(waiting):
        if kind == WITHDRAWN:
            found.pop(CellKey(project_id, ACTUAL, str(milestone_id)), None)
        else:
            found[CellKey(project_id, {MET: ACTUAL, EXPECTED: FORECAST}[kind], str(milestone_id))] = met_on.isoformat()
    return found


def states_held(session: Session, ids: Collection[int], quarter: int) -> dict[CellKey, str]:
    """The state of each project and part at the end of the quarter, with its day and document."""
    found: dict[CellKey, str] = {}
    for project_id, row in states_in(session, ids, quarter).items():
        found[CellKey(project_id, STATE)] = row.state
        found[CellKey(project_id, SINCE_ON)] = row.since_on.isoformat()
        found[CellKey(project_id, STATE_DOCUMENT)] = row.document
    return found


_READERS: tuple[tuple[frozenset[str], Callable[[Session, Collection[int], int], dict[CellKey, str]]], ...] = (
    (frozenset(MONEY_FIELDS.values()), money_in),
    (frozenset({WORKS}), works_in),
    (frozenset({ACTUAL, FORECAST}), milestones_in),
    (frozenset(STATE_FIELDS), states_held),
)


_OF_PLAN = select_columns(Project.id).where(among(Project.id, "ids"), col(Project.plan_id) == bindparam("plan_id"))


def _batches(session: Session, plan_id: int, project_ids: Collection[int]) -> Iterator[list[int]]:
    for batch in batches(project_ids):
        yield list(session.scalars(_OF_PLAN, {"ids": batch, "plan_id": plan_id}))
