"""Milestones of the period and warnings about money, as the report lists them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from budgets.checks import money_warnings
from budgets.explanations import explanations_of
from budgets.sources import FundingSource
from core.calendar import quarter_of
from core.errors import N_
from milestones.schedule import MilestoneState, day_as_of
from portfolio.access import Reader
from portfolio.projects import Project
from reports.quarterly_rows import ProjectRow
from reports.quarterly_scope import Asked

MET, LATE, DUE = "met", "late", "due"
STANDINGS = {
    LATE: N_("逾期未完成"),
    DUE: N_("本期应完成"),
    MET: N_("本期完成"),
}


@dataclass(frozen=True)
class MilestoneRow:
    """A milestone that was met in the period, is late at its end, or was due in it. `code` and `name` are those of the leaf.

    `slip_days` are the days behind the first plan, None where nothing is known.
    """

    key: str
    code: str
    name: str
    lead: str | None
    kind: str
    milestone: str
    first_planned_on: date | None
    planned_on: date | None
    forecast_on: date | None
    actual_on: date | None
    standing: str
    slip_days: int | None


@dataclass(frozen=True)
class WarningRow:
    """What a rule about money found. Units: fen. `explanation` is None while nobody has explained it as it stands."""

    key: str
    rule: str
    code: str
    name: str
    source: str | None
    over_fen: int
    limit_fen: int
    excess_fen: int
    entries: int | None
    years: tuple[int, ...]
    explanation: str | None


def due_and_met(states: Iterable[MilestoneState], until: date) -> tuple[int, int]:
    """节点（应完/已完）: how many were planned by a day, and how many are met."""
    found = list(states)
    return sum(1 for one in found if one.planned_on and one.planned_on <= until), sum(one.met for one in found)


def milestone_rows(asked: Asked, rows: Iterable[ProjectRow]) -> tuple[MilestoneRow, ...]:
    """The milestones of the projects that the period is about, late ones first, then in the order of the projects."""
    day = day_as_of(asked.quarter)
    order = list(STANDINGS)
    found = []
    for row in rows:
        if row.lamp is None:
            continue
        leaves = {row.project_id: (row.code, row.name)} | {one.project_id: (one.code, one.name) for one in row.parts}
        for one in row.lamp.progress.milestones:
            standing = _standing(one, asked, day)
            if standing is not None and one.project_id in leaves:
                found.append(_milestone(one, standing, leaves[one.project_id], row, day))
    return tuple(sorted(found, key=lambda one: order.index(one.standing)))


def _standing(one: MilestoneState, asked: Asked, day: date) -> str | None:
    if one.actual_on is not None:
        return MET if asked.first <= quarter_of(one.actual_on) <= asked.quarter else None
    if one.overdue(day):
        return LATE
    due = one.planned_on is not None and asked.first <= quarter_of(one.planned_on) <= asked.quarter
    return DUE if due else None


def _milestone(one: MilestoneState, standing: str, leaf: tuple[str, str], row: ProjectRow, day: date) -> MilestoneRow:
    code, name = leaf
    return MilestoneRow(
        key=f"{code}/{one.position}/{one.name}",
        code=code,
        name=name,
        lead=row.lead,
        kind=one.kind,
        milestone=one.name,
        first_planned_on=one.first_planned_on,
        planned_on=one.planned_on,
        forecast_on=one.forecast_on,
        actual_on=one.actual_on,
        standing=standing,
        slip_days=one.slip_days(day),
    )


def warning_rows(
    session: Session, reader: Reader, asked: Asked, leaves: Mapping[int, tuple[str, str]]
) -> tuple[WarningRow, ...]:
    """What the rules about money find in these leaves (code and name by id), by rule, then in the order of the leaves."""
    seen = reader.sees(Project.plan_id) & col(Project.plan_id).in_(asked.scope.plan_ids or ())  # type: ignore[arg-type]
    found = [
        one for one in money_warnings(session, seen, asked.quarter, asked.scope.edition) if one.project_id in leaves
    ]
    explained = explanations_of(session, found)
    sources = dict(session.exec(select(FundingSource.id, FundingSource.name)).all())
    rows = []
    for one in found:
        code, name = leaves[one.project_id]
        source = sources.get(one.source_id)
        explanation = explained.get(one)
        rows.append(
            WarningRow(
                key=f"{one.rule}/{code}/{source or '-'}",
                rule=one.rule,
                code=code,
                name=name,
                source=source,
                over_fen=one.over_fen,
                limit_fen=one.limit_fen,
                excess_fen=one.excess_fen,
                entries=one.entries,
                years=one.years,
                explanation=None if explanation is None else explanation.reason,
            )
        )
    return tuple(rows)


def leaves_of_rows(rows: Iterable[ProjectRow]) -> dict[int, tuple[str, str]]:
    """Code and name of every project and part of the rows, by id."""
    found: dict[int, tuple[str, str]] = {}
    for row in rows:
        found[row.project_id] = (row.code, row.name)
        found |= {part.project_id: (part.code, part.name) for part in row.parts}
    return found
