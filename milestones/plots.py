"""Plots (小班) that are claimed under two projects: flagged, never refused."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.database import select_columns
from milestones.work_balances import not_reversed
from milestones.works import CLAIMED, ENTRY, WorkEntry
from portfolio.facts import APPROVED, SUBMITTED
from portfolio.jurisdictions import Jurisdiction
from portfolio.plans import Plan
from portfolio.projects import Project


@dataclass(frozen=True)
class PlotClaim:
    """One report of works on a plot."""

    entry_id: int
    plan_id: int
    project_id: int
    code: str
    project: str
    measure_id: int
    quantity_micro: int
    unit: str
    occurred_on: date
    state: str


@dataclass(frozen=True)
class PlotTwin:
    """A plot that two projects or parts claim, with all that they claim on it. `plot` is as it was typed first."""

    plot: str
    claims: tuple[PlotClaim, ...]


def plot_twins(session: Session, plan_ids: Collection[int] | None) -> list[PlotTwin]:
    """The plots claimed under two projects of these plans (None: of all plans), by plot.

    Reports that wait count as well as accepted ones, reversed ones do not. A code is of one place: two projects share the plot
    only when one's jurisdiction is the other's or lies inside it.
    """
    entry = WorkEntry
    standing = [
        col(entry.plot_key).is_not(None),
        col(entry.tier) == CLAIMED,
        col(entry.kind) == ENTRY,
        col(entry.state).in_((APPROVED, SUBMITTED)),
        not_reversed(),
    ]
    if plan_ids is not None:
        of_plans = select_columns(Project.id).where(col(Project.plan_id).in_(sorted(plan_ids)))
        standing.append(col(entry.project_id).in_(of_plans))
    shared = select_columns(entry.plot_key).where(*standing).group_by(col(entry.plot_key))
    shared = shared.having(func.count(col(entry.project_id).distinct()) > 1)
    rows = session.execute(
        select_columns(entry, Project, Plan.jurisdiction_code)
        .join(Project, col(Project.id) == col(entry.project_id))
        .join(Plan, col(Plan.id) == col(Project.plan_id))
        .where(*standing, col(entry.plot_key).in_(shared), col(Project.archived_at).is_(None))
        .order_by(col(entry.plot_key), col(entry.id))
    )
    by_plot: dict[str, list[tuple[WorkEntry, Project, str]]] = defaultdict(list)
    for row, project, code in rows:
        by_plot[row.plot_key].append((row, project, code))
    above = _above(session) if by_plot else {}
    return [twin for claims in by_plot.values() for twin in _twins(claims, above)]


def _twins(claims: list[tuple[WorkEntry, Project, str]], above: dict[str, set[str]]) -> Iterator[PlotTwin]:
    """The claims of one code, taken apart by place: each county with what lies around it."""
    innermost = {code for _, _, code in claims if not any(code in above[other] for _, _, other in claims)}
    for place in sorted(innermost):
        here = [(row, project) for row, project, code in claims if code == place or code in above[place]]
        if len({project.id for _, project in here}) > 1:
            yield PlotTwin(here[0][0].plot or "", tuple(_claim(row, project) for row, project in here))


def _claim(row: WorkEntry, project: Project) -> PlotClaim:
    return PlotClaim(
        entry_id=row.id or 0,
        plan_id=project.plan_id,
        project_id=row.project_id,
        code=project.code,
        project=project.name,
        measure_id=row.measure_id,
        quantity_micro=row.quantity_micro or 0,
        unit=row.unit,
        occurred_on=row.occurred_on,
        state=row.state,
    )


def _above(session: Session) -> dict[str, set[str]]:
    """The jurisdictions in which each one lies, by its code."""
    parents = dict(session.exec(select(Jurisdiction.code, Jurisdiction.parent_code)).all())
    found: dict[str, set[str]] = {code: set() for code in parents}
    for code, around in found.items():
        parent = parents[code]
        while parent is not None and parent not in around:
            around.add(parent)
            parent = parents.get(parent)
    return found
