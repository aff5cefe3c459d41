"""Corrections and orders as the home pages count them: what waits for whom. Small queries; their own pages stand elsewhere."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import or_
from sqlmodel import Session, col

from core.database import select_columns
from portfolio.access import Reader
from portfolio.departments import Department
from portfolio.projects import Project
from reports.correction_list import waiting_corrections
from reports.orders import ANSWERED, CLOSED, SupervisionOrder

MOST = 200  # orders that are read for a home page


@dataclass(frozen=True)
class OpenOrder:
    """An order that is not ended. `mine`: the reader's department is asked; `answered`: it waits for the office."""

    id: int
    plan_id: int
    number: int
    title: str
    department: str
    project: str | None
    project_name: str | None
    due_on: date
    answered: bool
    mine: bool

    def late(self, on: date) -> bool:
        return not self.answered and self.due_on < on


def corrections_waiting(session: Session, reader: Reader) -> dict[int, int]:
    """How many corrections wait for the reader, by plan id, where any does."""
    return dict(Counter(row.plan_id for row in waiting_corrections(session, reader)))


def orders_of(session: Session, reader: Reader) -> list[OpenOrder]:
    """The orders that the reader follows (leader, office) or that ask the reader's department, the first due first."""
    plans = reader.plans_for("orders")
    own = {reach.department_id for reach in reader.reaches if reach.role in ("owner", "head")} - {None}
    if plans is not None and not plans and not own:
        return []
    query = (
        select_columns(
            *(SupervisionOrder.id, SupervisionOrder.plan_id, SupervisionOrder.number, SupervisionOrder.title),
            *(Department.name, Project.code, Project.name, SupervisionOrder.due_on, SupervisionOrder.state),
            SupervisionOrder.department_id,
        )
        .join(Department, col(Department.id) == SupervisionOrder.department_id)
        .outerjoin(Project, col(Project.id) == SupervisionOrder.project_id)
        .where(col(SupervisionOrder.state) != CLOSED)
        .order_by(col(SupervisionOrder.due_on), col(SupervisionOrder.id))
        .limit(MOST)
    )
    if plans is not None:
        seen = [col(SupervisionOrder.plan_id).in_(plans), col(SupervisionOrder.department_id).in_(own)]
        query = query.where(or_(*seen))
    return [_order(row, own) for row in session.execute(query)]


def _order(row: Any, own: Collection[int | None]) -> OpenOrder:
    id_, plan_id, number, title, department, code, name, due_on, state, asked = row
    mine, answered = asked in own, state == ANSWERED
    return OpenOrder(id_, plan_id, number, title, department, code, name, due_on, answered, mine)
