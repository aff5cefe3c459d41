"""How the returns of periods stand, counted: of one quarter of many plans, or of all periods of one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col

from core.calendar import today
from core.database import select_columns
from portfolio.periods import ReportingPeriod
from reports.returns import ACCEPTED, APPROVED, SENT_BACK, DepartmentReturn

_IN = (APPROVED, ACCEPTED)
_Counted = Sequence[tuple[str, date | None, int]]


@dataclass(frozen=True)
class PlanQuarter:
    """The quarter of one plan with its returns counted; `handed_in` are those that their heads approved, or that are accepted."""

    period: ReportingPeriod
    departments: int
    handed_in: int
    accepted: int
    sent_back: int
    late: int


def quarters_of(session: Session, plan_ids: Collection[int] | None, quarter: int) -> dict[int, PlanQuarter]:
    """The quarter of each of these plans (None: of all) that has one, by plan id. Two queries."""
    asked = [col(ReportingPeriod.kind) == "quarter", col(ReportingPeriod.last_quarter) == quarter]
    if plan_ids is not None:
        asked.append(col(ReportingPeriod.plan_id).in_(plan_ids))
    counted = _counted(session, asked)
    periods = session.scalars(select_columns(ReportingPeriod).where(*asked))
    return {row.plan_id: plan_quarter(row, counted.get(row.id, ())) for row in periods}


def counted_returns(session: Session, periods: Sequence[ReportingPeriod]) -> list[PlanQuarter]:
    """The same of these periods, in their order. One query."""
    counted = _counted(session, [col(ReportingPeriod.id).in_([row.id for row in periods])])
    return [plan_quarter(row, counted.get(row.id or 0, ())) for row in periods]


def _counted(session: Session, asked: Sequence[ColumnElement[bool]]) -> Mapping[int, _Counted]:
    due = func.coalesce(col(DepartmentReturn.due_on), col(ReportingPeriod.due_on))
    query = (
        select_columns(DepartmentReturn.period_id, DepartmentReturn.state, due, func.count())
        .join(ReportingPeriod, col(ReportingPeriod.id) == DepartmentReturn.period_id)
        .where(*asked)
        .group_by(col(DepartmentReturn.period_id), col(DepartmentReturn.state), due)
    )
    found: dict[int, list[tuple[str, date | None, int]]] = {}
    for period_id, state, day, count in session.execute(query):
        found.setdefault(period_id, []).append((state, day, count))
    return found


def plan_quarter(row: ReportingPeriod, counted: _Counted) -> PlanQuarter:
    """The sums of what was counted by state and day."""
    on = today()

    def number(*states: str) -> int:
        return sum(count for state, _, count in counted if state in states)

    late = sum(
        count for state, due, count in counted if not row.shut and state not in _IN and due is not None and due < on
    )
    every = sum(count for _, _, count in counted)
    return PlanQuarter(row, every, number(*_IN), number(ACCEPTED), number(SENT_BACK), late)
