"""The home page of audit: issued editions, corrections, and who approved what of a quarter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func
from sqlmodel import Session, col

from budgets.entries import LedgerEntry
from budgets.lines import BudgetLine
from core.database import select_columns
from milestones.indicators import Indicator
from milestones.milestones import Milestone, MilestoneReport
from milestones.readings import OfficialReading
from milestones.works import WorkEntry
from portfolio.access import Reader
from portfolio.corrections import Correction
from portfolio.facts import APPROVED
from portfolio.periods import ReportingPeriod
from portfolio.plans import Plan
from portfolio.projects import Project
from reports.editions import Edition
from reports.period_waiting import LEDGER, LINES, MILESTONES, READINGS, WORKS
from reports.rollup import Scope

NEWEST = 8  # editions and corrections that the page shows


@dataclass(frozen=True)
class IssuedEdition:
    """An edition as the page lists it."""

    number: int
    issue: int
    plan: str
    period: str
    title: str
    issued_at: datetime
    issued_by: str
    workbook_sha256: str


@dataclass(frozen=True)
class MadeCorrection:
    """A correction as the page lists it."""

    id: int
    number: int
    plan: str
    quarter: int
    title: str
    state: str
    requested_by: str
    decided_by: str | None


@dataclass(frozen=True)
class Approvals:
    """What one person approved of one kind in a quarter; `own` of it were of projects that the person's department leads."""

    by: str
    kind: str
    count: int
    own: int


def newest_editions(session: Session, reader: Reader, scope: Scope) -> list[IssuedEdition]:
    """The newest editions of the plans of the scope that the reader sees."""
    query = (
        select_columns(
            *(Edition.number, Edition.issue, Plan.short_title, ReportingPeriod.name, Edition.title),
            *(Edition.issued_at, Edition.issued_by, Edition.workbook_sha256),
        )
        .join(Plan, col(Plan.id) == Edition.plan_id)
        .join(ReportingPeriod, col(ReportingPeriod.id) == Edition.period_id)
        .where(*_in(reader, scope, Edition.plan_id))
        .order_by(col(Edition.number).desc())
        .limit(NEWEST)
    )
    return [IssuedEdition(*row) for row in session.execute(query)]


def newest_corrections(session: Session, reader: Reader, scope: Scope) -> list[MadeCorrection]:
    """The newest corrections in the same way."""
    query = (
        select_columns(
            *(Correction.id, Correction.number, Plan.short_title, Correction.quarter, Correction.title),
            *(Correction.state, Correction.requested_by, Correction.decided_by),
        )
        .join(Plan, col(Plan.id) == Correction.plan_id)
        .where(*_in(reader, scope, Correction.plan_id))
        .order_by(col(Correction.id).desc())
        .limit(NEWEST)
    )
    return [MadeCorrection(*row) for row in session.execute(query)]


def approvals(session: Session, reader: Reader, scope: Scope) -> list[Approvals]:
    """Who approved what was posted in the quarter of the scope, by person and kind, the most first. A query for each kind."""
    found = [one for kind in _TABLES for one in _approved(session, reader, scope, kind)]
    totals: dict[str, int] = {}
    for one in found:
        totals[one.by] = totals.get(one.by, 0) + one.count
    return sorted(found, key=lambda one: (-totals[one.by], one.by, list(_TABLES).index(one.kind)))


_TABLES: dict[str, Any] = {
    LEDGER: LedgerEntry,
    LINES: BudgetLine,
    WORKS: WorkEntry,
    MILESTONES: MilestoneReport,
    READINGS: OfficialReading,
}


def _approved(session: Session, reader: Reader, scope: Scope, kind: str) -> Sequence[Approvals]:
    table = _TABLES[kind]
    own = func.sum(case((col(table.own_department), 1), else_=0)) if hasattr(table, "own_department") else func.min(0)
    query = select_columns(table.approved_by, func.count(), own)
    plan: Any = Project.plan_id
    if kind == READINGS:
        query, plan = query.join(Indicator, col(Indicator.id) == table.indicator_id), Indicator.plan_id
    elif kind == MILESTONES:
        query = query.join(Milestone, col(Milestone.id) == table.milestone_id)
        query = query.join(Project, col(Project.id) == Milestone.project_id)
    else:
        query = query.join(Project, col(Project.id) == table.project_id)
    query = query.where(
        col(table.state) == APPROVED, col(table.posted_period) == scope.quarter, *_in(reader, scope, plan)
    )
    rows = session.execute(query.group_by(col(table.approved_by)))
    return [Approvals(by or "", kind, count, int(mine)) for by, count, mine in rows]


def _in(reader: Reader, scope: Scope, plan_id: Any) -> list[Any]:
    seen = [reader.sees(plan_id)]
    return seen if scope.plan_ids is None else [*seen, col(plan_id).in_(scope.plan_ids)]
