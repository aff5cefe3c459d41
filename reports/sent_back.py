"""What closing a quarter sent back and nobody has reported again since: it counts nowhere until somebody does.

It is told to who recorded it and to the department that files the project, also when the return that it came from had been
accepted. A newer report of the same thing settles it, and so does setting it aside (reports/setting_aside.py). So does the next
closing: what nobody reported again by then is dropped.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, null
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from budgets.entries import LedgerEntry
from budgets.lines import BudgetLine
from core.audit import account_in
from core.calendar import current_quarter
from core.database import select_columns
from milestones.indicators import Indicator
from milestones.milestones import Milestone, MilestoneReport
from milestones.quantities import Measure
from milestones.readings import OfficialReading
from milestones.works import WorkEntry
from portfolio.access import Reader
from portfolio.facts import REJECTED
from portfolio.periods import ReportingPeriod
from portfolio.projects import Project
from reports.filing import filing_departments
from reports.period_sending_back import CLOSING_REASON
from reports.period_waiting import LEDGER, LINES, MILESTONES, READINGS, WORKS
from reports.returns import ReturnFact, SetAside

# What makes two rows reports of the same thing.
_SAME: dict[str, tuple[Any, tuple[str, ...]]] = {
    LEDGER: (LedgerEntry, ("project_id", "stage", "source_id", "occurred_quarter")),
    LINES: (BudgetLine, ("project_id", "covers", "source_id")),
    WORKS: (WorkEntry, ("project_id", "measure_id", "tier", "occurred_quarter")),
    MILESTONES: (MilestoneReport, ("milestone_id", "kind")),
    READINGS: (OfficialReading, ("indicator_id", "quarter")),
}


@dataclass(frozen=True)
class SentBack:
    """A fact that a closing sent back: `kind` is one of FACT_KINDS, `name` its stage, measure, milestone or indicator.

    `people` are the ids of who recorded and who submitted it, `department_id` files its project. Units: fen.
    """

    kind: str
    id: int
    plan_id: int
    project: str | None
    project_name: str | None
    name: str
    fen: int | None
    occurred_on: date
    recorded_by: str
    people: frozenset[int]
    department_id: int | None

    def concerns(self, reader: Reader) -> bool:
        """Whether the reader, or a delegate in the reader's name, recorded it, or the reader answers for it as owner or head."""
        if not self.people.isdisjoint(reader.actor.ids) or account_in(self.recorded_by) in reader.actor.accounts:
            return True
        return self.department_id is not None and any(
            reach.department_id == self.department_id and (reach.plan_ids is None or self.plan_id in reach.plan_ids)
            for reach in reader.reaches
            if reach.role in ("owner", "head")
        )


def sent_back(
    session: Session, plan_ids: Collection[int] | None, *, kinds: Collection[str] = tuple(_SAME), aside: bool = False
) -> list[SentBack]:
    """What the last closing of each of these plans (None: of all) sent back and nobody has reported again, by kind and number.

    With `aside` what was set aside instead, whichever closing sent it back.
    """
    departments: dict[int, int | None] = {}
    rows = [(kind, row) for kind in kinds for row in session.execute(_query(kind, plan_ids, aside=aside))]
    if rows:
        plans = {row.plan_id for _, row in rows}
        for _, project_id, department_id in session.execute(filing_departments(current_quarter(), plans)):
            departments[project_id] = department_id
    return [
        SentBack(
            kind,
            *(row.id, row.plan_id, row.code, row.project_name, row.what),
            None if row.fen is None else int(row.fen),
            *(row.occurred_on, row.recorded_by),
            frozenset(id_ for id_ in (row.recorded_by_id, row.submitted_by_id) if id_ is not None),
            departments.get(row.top_id),
        )
        for kind, row in rows
    ]


def keep_fact(session: Session, kind: str, id_: int) -> None:
    """Keeps a fact from everybody else until the transaction ends: whoever sets it aside at once waits."""
    table, _ = _SAME[kind]
    session.execute(select_columns(table.id).where(col(table.id) == id_).with_for_update()).all()


def sent_back_of_returns(session: Session, return_ids: Collection[int]) -> dict[int, int]:
    """How many amounts of each of these returns, which were accepted, a closing sent back: they count nowhere."""
    query = (
        select_columns(ReturnFact.return_id, func.count())
        .join(LedgerEntry, col(LedgerEntry.id) == ReturnFact.subject_id)
        .where(
            col(ReturnFact.subject) == "ledger_entry",
            col(ReturnFact.return_id).in_(return_ids),
            _still_back(LEDGER),
        )
        .group_by(col(ReturnFact.return_id))
    )
    return dict(session.execute(query).all()) if return_ids else {}


def _still_back(kind: str) -> ColumnElement[bool]:
    """The condition that a closing sent a row back and no newer one says the same."""
    table, same = _SAME[kind]
    newer = aliased(table)
    again = (
        select_columns(newer.id)
        .where(
            *(col(getattr(newer, name)).is_not_distinct_from(col(getattr(table, name))) for name in same),
            col(newer.state) != REJECTED,
            col(newer.id) > col(table.id),
        )
        .exists()
    )
    return and_(
        col(table.state) == REJECTED,
        col(table.rejected_reason) == CLOSING_REASON,
        ~again,
        col(table.id).not_in(_set_aside(kind)),
    )


def _set_aside(kind: str) -> Select[tuple[int]]:
    return select_columns(SetAside.subject_id).where(col(SetAside.kind) == kind)


def _query(kind: str, plan_ids: Collection[int] | None, *, aside: bool) -> Select[Any]:
    table, _ = _SAME[kind]
    parts = {
        LEDGER: (col(LedgerEntry.stage), col(LedgerEntry.amount_fen)),
        LINES: (null(), col(BudgetLine.amount_fen)),
        WORKS: (col(Measure.name), null()),
        MILESTONES: (col(Milestone.name), null()),
        READINGS: (col(Indicator.name), null()),
    }
    what, fen = parts[kind]
    of_plan = kind == READINGS
    plan: Any = Indicator.plan_id if of_plan else Project.plan_id
    top = null() if of_plan else func.coalesce(Project.parent_id, Project.id)
    names = (null(), null()) if of_plan else (col(Project.code), col(Project.name))
    query = select_columns(
        col(table.id).label("id"),
        col(plan).label("plan_id"),
        names[0].label("code"),
        names[1].label("project_name"),
        what.label("what"),
        fen.label("fen"),
        top.label("top_id"),
        *(col(getattr(table, name)).label(name) for name in ("occurred_on", "recorded_by")),
        col(table.recorded_by_id).label("recorded_by_id"),
        # Who puts a line together also submits it.
        (null() if kind == LINES else col(table.submitted_by_id)).label("submitted_by_id"),
    ).where(col(table.id).in_(_set_aside(kind)) if aside else _still_back(kind))
    if of_plan:
        query = query.join(Indicator, col(Indicator.id) == table.indicator_id)
    elif kind == MILESTONES:
        query = query.join(Milestone, col(Milestone.id) == table.milestone_id)
        query = query.join(Project, col(Project.id) == Milestone.project_id)
    else:
        query = query.join(Project, col(Project.id) == table.project_id)
    if kind == WORKS:
        query = query.join(Measure, col(Measure.id) == table.measure_id)
    if kind != LINES and not aside:  # a line does not keep when it was sent back
        last = aliased(ReportingPeriod)
        closed = select_columns(func.max(last.closed_at)).where(
            col(last.plan_id) == col(plan), col(last.kind) == "quarter"
        )
        query = query.where(col(table.rejected_at) >= closed.correlate(Project, Indicator).scalar_subquery())
    if plan_ids is not None:
        query = query.where(col(plan).in_(plan_ids))
    return query.order_by(col(plan), col(table.id))


def concerning(session: Session, reader: Reader) -> Iterator[SentBack]:
    """Those that the reader recorded or answers for, in the plans of which the reader may record."""
    plans = reader.plans_for("record")
    if plans is None or plans:
        yield from (one for one in sent_back(session, plans) if one.concerns(reader))
