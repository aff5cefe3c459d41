"""Milestones and their reports as scripts get them: rows of plain values in the order of their numbers, whole or in pages."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from core.calendar import quarter_name
from core.database import select_columns
from milestones.milestone_reading import milestones_of
from milestones.milestones import Milestone, MilestonePlan, MilestoneReport
from milestones.schedule import day_as_of
from portfolio.access import Reader
from portfolio.dated import in_force
from portfolio.plans import Plan
from portfolio.projects import Project
from reports.ledger_rows import utc_text
from reports.money_queries import leaves_of, projects_in
from reports.rollup import Scope, counted_projects

_PACKAGE = aliased(Project)


def milestone_rows(
    session: Session, reader: Reader, scope: Scope, *, after: int = 0, size: int | None = None, only: int | None = None
) -> list[dict[str, Any]]:
    """Milestones of counted projects as of a quarter, from behind a number on; up to one more than `size`.

    Shape: the weight is an exact pair, in percent. Slips are days behind the first plan, null while nothing is known.
    """
    limited_to = projects_in(reader, scope)
    facts, leaf = counted_projects(reader, scope), leaves_of(scope, limited_to)
    belongs = and_(col(MilestonePlan.milestone_id) == col(Milestone.id), in_force(MilestonePlan, scope.quarter))
    query = (
        select_columns(
            *(Milestone.id, Milestone.project_id, Milestone.row_version, Project.code, Project.name, Plan.code),
            _PACKAGE.code,
        )
        .join(MilestonePlan, belongs)
        .join(Project, col(Project.id) == col(Milestone.project_id))
        .join(Plan, col(Plan.id) == col(Project.plan_id))
        .join(leaf, leaf.c.leaf_id == col(Milestone.project_id))
        .join(facts, facts.c.project_id == leaf.c.top_id)
        .outerjoin(_PACKAGE, col(_PACKAGE.id) == col(Project.parent_id))
        .where(col(MilestonePlan.dropped).is_(False), col(Milestone.id) > after)
        .order_by(col(Milestone.id))
    )
    if only is not None:
        query = query.where(col(Milestone.id) == only)
    if size is not None:
        query = query.limit(size + 1)
    found: Sequence[Any] = session.execute(query).all()
    states = milestones_of(session, {row[1] for row in found}, scope.quarter, scope.edition)
    known = {one.milestone_id: one for own in states.values() for one in own}
    day = day_as_of(scope.quarter)
    return [
        {
            "id": id_,
            "plan": plan,
            "project": code,
            "name": name,
            "package": package,
            "kind": known[id_].kind,
            "milestone": known[id_].name,
            "weight": [known[id_].weight.numerator, known[id_].weight.denominator],
            "first_planned_on": _day(known[id_].first_planned_on),
            "planned_on": _day(known[id_].planned_on),
            "forecast_on": _day(known[id_].forecast_on),
            "actual_on": _day(known[id_].actual_on),
            "overdue": known[id_].overdue(day),
            "slip_days": known[id_].slip_days(day),
            "actual_report": known[id_].actual_report_id,
            "forecast_report": known[id_].forecast_report_id,
            "row_version": version,
        }
        for id_, _, version, code, name, plan, package in found
    ]


def report_rows(
    session: Session,
    reader: Reader,
    *,
    plan_id: int | None = None,
    after: int = 0,
    size: int | None = None,
    only: int | None = None,
) -> list[dict[str, Any]]:
    """Reports of milestones in any state, of the plans that the reader sees, from behind a number on."""
    row = MilestoneReport
    query = (
        select_columns(row, Milestone.name, Milestone.kind, Project.code, Project.name, Plan.code)
        .join(Milestone, col(Milestone.id) == col(row.milestone_id))
        .join(Project, col(Project.id) == col(Milestone.project_id))
        .join(Plan, col(Plan.id) == col(Project.plan_id))
        .where(reader.sees(Project.plan_id), col(row.id) > after)  # type: ignore[arg-type]
        .order_by(col(row.id))
    )
    if plan_id is not None:
        query = query.where(col(Project.plan_id) == plan_id)
    if only is not None:
        query = query.where(col(row.id) == only)
    if size is not None:
        query = query.limit(size + 1)
    return [_report(*found) for found in session.execute(query)]


def _report(row: MilestoneReport, milestone: str, kind: str, code: str, project: str, plan: str) -> dict[str, Any]:
    return {
        "id": row.id,
        "plan": plan,
        "project": code,
        "name": project,
        "milestone": row.milestone_id,
        "milestone_kind": kind,
        "milestone_name": milestone,
        "kind": row.kind,
        "met_on": _day(row.met_on),
        "occurred_on": _day(row.occurred_on),
        "document": row.document,
        "note": row.note,
        "correction_reason": row.correction_reason,
        "state": row.state,
        "posted_period": None if row.posted_period is None else quarter_name(row.posted_period),
        "rejected_reason": row.rejected_reason,
        "recorded_by": row.recorded_by,
        "recorded_at": utc_text(row.recorded_at),
        "submitted_by": row.submitted_by,
        "submitted_at": utc_text(row.submitted_at),
        "approved_by": row.approved_by,
        "approved_at": utc_text(row.approved_at),
        "own_department": row.own_department,
        "row_version": row.row_version,
    }


def _day(day: Any) -> str | None:
    return None if day is None else day.isoformat()
