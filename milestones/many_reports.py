"""Many reports of milestones at once, handed over for acceptance: the rules of milestone_reports.py in a few statements."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session, col, select

from core import audit
from core.audit import Actor
from core.calendar import now
from core.database import batches, select_columns
from core.errors import Broken, ManyBroken
from milestones.milestone_reading import EVER, milestones_of
from milestones.milestone_reports import SUBJECT, facts, stored
from milestones.milestones import FORECAST, Milestone, MilestonePlan, MilestoneReport
from milestones.plan_rules import AlreadyDropped
from milestones.report_rules import AlreadyReported, NewMilestoneReport, checked_against
from milestones.schedule import MilestoneState
from portfolio.editing import Archived
from portfolio.facts import SUBMITTED
from portfolio.leaves import NotALeaf, unfit_leaves
from portfolio.projects import Project
from portfolio.reviewing import Standing, keep_places

_TABLE = MilestoneReport.__table__  # type: ignore[attr-defined]
_ADD = insert(_TABLE).returning(_TABLE.c.id, sort_by_parameter_order=True)


def record_reports(
    session: Session,
    reports: Sequence[tuple[Milestone, NewMilestoneReport]],
    *,
    submitted_by: Actor,
    reason: str | None = None,
    by: Actor,
) -> list[int]:
    """New reports of milestones, submitted; their ids in the same order. No two are of one milestone and kind.

    Errors: ManyBroken with what is wrong by place (Archived, AlreadyDropped, AlreadyReported, SeveralBroken); nothing is written
    then.
    """
    if not reports:
        return []
    projects = _kept_projects(session, {one.project_id for one, _ in reports})
    checked = _checked(session, reports, projects)
    at = now()
    reported = {"recorded_at": at, "recorded_by_id": by.id, "recorded_by": by.name, "state": SUBMITTED}
    submitted = {"submitted_at": at, "submitted_by_id": submitted_by.id, "submitted_by": submitted_by.name}
    rows = [
        {"milestone_id": one.id, **stored(new), **reported, **submitted, "own_department": False, "row_version": 1}
        for (one, _), new in zip(reports, checked, strict=True)
    ]
    ids = list(session.scalars(_ADD, rows))
    lines = [
        audit.as_row("record-milestone", SUBJECT, id_, after=facts(MilestoneReport(**row)), reason=reason, by=by)
        for id_, row in zip(ids, rows, strict=True)
    ]
    audit.record_all(session, lines)
    return ids


def _kept_projects(session: Session, ids: Collection[int]) -> dict[int, Project]:
    found: dict[int, Project] = {}
    for batch in batches(ids):
        found |= {row.id or 0: row for row in session.exec(select(Project).where(col(Project.id).in_(batch)))}
    places = {
        id_: Standing(one.plan_id, (id_,) if one.parent_id is None else (id_, one.parent_id))
        for id_, one in found.items()
    }
    keep_places(session, places)
    return found


def _checked(
    session: Session, reports: Sequence[tuple[Milestone, NewMilestoneReport]], projects: dict[int, Project]
) -> list[NewMilestoneReport]:
    """Errors: ManyBroken."""
    ids = {one.id or 0 for one, _ in reports}
    dropped, waiting = _dropped(session, ids), _waiting(session, ids)
    # Milestones stand on packages too: only what is archived takes none.
    gone = {id_ for id_, problem in unfit_leaves(session, projects).items() if not isinstance(problem, NotALeaf)}
    states: dict[int, MilestoneState] = {
        one.milestone_id: one for several in milestones_of(session, list(projects), EVER).values() for one in several
    }
    problems: dict[int, Broken] = {}
    kept: list[NewMilestoneReport] = []
    for place, (one, new) in enumerate(reports):
        try:
            if one.project_id in gone:
                raise Archived
            if one.id in dropped:
                raise AlreadyDropped(name=one.name)
            kept.append(checked_against(session, projects[one.project_id], one, new, states.get(one.id or 0)))
            if other := waiting.get((one.id or 0, new.kind == FORECAST)):
                raise AlreadyReported(name=one.name, id=other)
        except Broken as problem:
            problems[place] = problem
    if problems:
        raise ManyBroken(problems)
    return kept


def _dropped(session: Session, ids: Collection[int]) -> set[int]:
    plan = MilestonePlan
    query = select_columns(plan.milestone_id).where(col(plan.effective_until).is_(None), col(plan.dropped))
    return {id_ for batch in batches(ids) for id_ in session.scalars(query.where(col(plan.milestone_id).in_(batch)))}


def _waiting(session: Session, ids: Collection[int]) -> dict[tuple[int, bool], int]:
    """The report that waits of each milestone, by it and whether it is a forecast."""
    report = MilestoneReport
    query = select_columns(report.milestone_id, report.kind, report.id).where(col(report.state) == SUBMITTED)
    found: dict[tuple[int, bool], int] = {}
    for batch in batches(ids):
        rows: Sequence[Any] = session.execute(query.where(col(report.milestone_id).in_(batch))).all()
        found |= {(milestone_id, kind == FORECAST): id_ for milestone_id, kind, id_ in rows}
    return found
