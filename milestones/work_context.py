"""What a new report of works is compared with: what its project is to deliver, and what was reported of it before."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, func
from sqlmodel import Session, col, select

from core.calendar import current_quarter
from core.database import batches, select_columns
from core.errors import N_
from core.units import MICRO, converted
from milestones.quantities import Quantity
from milestones.work_balances import not_reversed
from milestones.works import CLAIMED, ENTRY, LOST, NOT_APPLICABLE, REVERSAL, WorkEntry
from portfolio.dated import in_force
from portfolio.facts import APPROVED, SUBMITTED
from portfolio.projects import Project


@dataclass(frozen=True)
class Known:
    """A quantity that is known already: `value` in the unit asked for, `unit` the one in which it was given."""

    name: str
    value: Fraction
    unit: str


def largest_known(
    session: Session, project: Project, measure_id: int, unit: str, *, except_id: int | None = None
) -> Known | None:
    """The larger of what is planned of a measure and the largest report of it; None when neither is above zero.

    Of a part both what it is to deliver itself and what its package is to deliver count.
    """
    found = [*_planned(session, project, measure_id, unit), *_reported(session, project, measure_id, unit, except_id)]
    return max((one for one in found if one.value > 0), key=lambda one: one.value, default=None)


def clashing_report(
    session: Session, project: Project, kept: Mapping[str, Any], *, except_id: int | None = None
) -> int | None:
    """The report of the same measure and quarter that a new one cannot stand beside: for 不适用 any, for a quantity 不适用."""
    asked = {name: kept[name] for name in ("measure_id", "occurred_quarter")}
    query = _clashing(kept["kind"] != NOT_APPLICABLE)
    return session.scalars(query, {**asked, "project_id": project.id, "except_id": except_id or 0}).first()


def reported_in(session: Session, project_ids: Collection[int], quarters: Collection[int]) -> set[tuple[int, int, int]]:
    """The projects, measures and quarters of which anything was reported, whether or not it clashes with more."""
    entry = WorkEntry
    found: set[tuple[int, int, int]] = set()
    for ids in batches(project_ids):
        query = select_columns(entry.project_id, entry.measure_id, entry.occurred_quarter).where(
            col(entry.project_id).in_(ids), col(entry.occurred_quarter).in_(quarters)
        )
        found |= {(project_id, measure_id, quarter) for project_id, measure_id, quarter in session.execute(query)}
    return found


@lru_cache
def _clashing(with_quantity: bool) -> Select[Any]:
    # Put together once: of many reports at once that would take longer than asking.
    entry = WorkEntry
    query = select_columns(entry.id).where(
        col(entry.project_id) == bindparam("project_id"),
        col(entry.measure_id) == bindparam("measure_id"),
        col(entry.occurred_quarter) == bindparam("occurred_quarter"),
        col(entry.tier).in_((CLAIMED, LOST)),
        col(entry.kind) != REVERSAL,
        col(entry.state).in_((APPROVED, SUBMITTED)),
        col(entry.id) != bindparam("except_id"),
        not_reversed(),
    )
    if with_quantity:
        query = query.where(col(entry.kind) == NOT_APPLICABLE)
    return query.order_by(col(entry.id)).limit(1)


def _planned(session: Session, project: Project, measure_id: int, unit: str) -> list[Known]:
    """What the project, and its package, are to deliver over their years: each the sum of its quantities."""
    package = None if project.parent_id is None else session.get_one(Project, project.parent_id)
    found = []
    for one in (project, package):
        if one is None:
            continue
        rows = session.exec(
            select(Quantity).where(
                Quantity.project_id == one.id, Quantity.measure_id == measure_id, in_force(Quantity, current_quarter())
            )
        ).all()
        first, last = _years(one, package)
        years = 1 if first is None or last is None else last - first + 1
        total = sum(
            (
                converted(Fraction(row.value_micro, MICRO), row.unit, unit) * (years if row.per == "year" else 1)
                for row in rows
            ),
            Fraction(0),
        )
        if rows:
            found.append(Known(N_("规划任务"), total, rows[0].unit))
    return found


def _years(project: Project, package: Project | None) -> tuple[int | None, int | None]:
    """The years of a project; of a part without its own those of its package."""
    first, last = project.first_year, project.last_year
    if package is None:
        return first, last
    return first if first is not None else package.first_year, last if last is not None else package.last_year


def _reported(session: Session, project: Project, measure_id: int, unit: str, except_id: int | None) -> list[Known]:
    """The largest report of the measure in each unit."""
    entry = WorkEntry
    query = (
        select_columns(entry.unit, func.max(entry.quantity_micro))
        .where(
            col(entry.project_id) == project.id,
            col(entry.measure_id) == measure_id,
            col(entry.tier) == CLAIMED,
            col(entry.kind) == ENTRY,
            col(entry.state).in_((APPROVED, SUBMITTED)),
            col(entry.id) != (except_id or 0),
            not_reversed(),
        )
        .group_by(col(entry.unit))
    )
    return [
        Known(N_("此前最大的一次上报"), converted(Fraction(int(micro), MICRO), given, unit), given)
        for given, micro in session.execute(query)
    ]
