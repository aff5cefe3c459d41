"""Reports of milestones that wait to be accepted, for who accepts them: with what they change and what looks wrong."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, col, func

from core.database import select_columns
from milestones.evidence import evidence_counts
from milestones.milestone_reading import EVER, milestones_of
from milestones.milestone_reports import SUBJECT
from milestones.milestones import ACTUAL, Milestone, MilestoneReport
from milestones.schedule import ORDER, MilestoneState
from portfolio.access import Reader
from portfolio.corrections import requested_facts
from portfolio.facts import SUBMITTED
from portfolio.projects import Project


@dataclass(frozen=True)
class WaitingReport:
    """A report with its milestone as it stands now. `before` is a milestone of an earlier kind that was met after this day."""

    report: MilestoneReport
    state: MilestoneState | None
    code: str
    project: str
    top_code: str
    project_ids: tuple[int, ...]
    plan_id: int
    evidence: int
    before: MilestoneState | None = None

    @property
    def slip_days(self) -> int | None:
        """How far behind its first plan the milestone is when the report is accepted."""
        first = None if self.state is None else self.state.first_planned_on
        return None if first is None or self.report.met_on is None else (self.report.met_on - first).days


@dataclass(frozen=True)
class WaitingPage:
    """One page of them, oldest first; `total` counts all, `following` is the report to go on after."""

    rows: tuple[WaitingReport, ...]
    total: int
    following: int | None


def waiting_reports(
    session: Session, reader: Reader, *, plan_id: int | None = None, after: int | None = None, size: int = 50
) -> WaitingPage:
    """The reports that the reader may accept, in the order of their numbers."""
    plans = reader.plans_for("accept_works")
    # What stands in a correction waits there.
    free = col(MilestoneReport.id).not_in(requested_facts(SUBJECT))
    conditions: list[Any] = [col(MilestoneReport.state) == SUBMITTED, free]
    if plans is not None:
        conditions.append(col(Project.plan_id).in_(plans))
    if plan_id is not None:
        conditions.append(Project.plan_id == plan_id)

    def joined(*columns: Any) -> Any:
        return (
            select_columns(*columns)
            .join(Milestone, col(Milestone.id) == col(MilestoneReport.milestone_id))
            .join(Project, col(Project.id) == col(Milestone.project_id))
            .where(*conditions)
        )

    total = session.execute(joined(func.count(col(MilestoneReport.id)))).scalar_one()
    columns = (Project.id, Project.code, Project.name, Project.plan_id, Project.parent_id)
    query = joined(MilestoneReport, *columns).order_by(col(MilestoneReport.id)).limit(size + 1)
    rows = session.execute(query if after is None else query.where(col(MilestoneReport.id) > after)).all()
    following = rows[size - 1][0].id if len(rows) > size else None
    return WaitingPage(tuple(_waiting(session, rows[:size])), total, following)


def plans_of_reports(session: Session, ids: Collection[int]) -> dict[int, int]:
    """The plan in which each of these reports stands, by their ids; unknown ones are not in it."""
    query = (
        select_columns(MilestoneReport.id, Project.plan_id)
        .join(Milestone, col(Milestone.id) == col(MilestoneReport.milestone_id))
        .join(Project, col(Project.id) == col(Milestone.project_id))
        .where(col(MilestoneReport.id).in_(ids))
    )
    return dict(session.execute(query).all())


def _waiting(session: Session, rows: Any) -> list[WaitingReport]:
    states = milestones_of(session, {row[1] for row in rows}, EVER)
    evidence = evidence_counts(session, SUBJECT, {row[0].id for row in rows})
    tops = {row[5] for row in rows} - {None}
    codes = dict(session.execute(select_columns(Project.id, Project.code).where(col(Project.id).in_(tops))).all())
    found = []
    for report, project_id, code, name, plan_id, parent_id in rows:
        own = states.get(project_id, [])
        state = next((one for one in own if one.milestone_id == report.milestone_id), None)
        found.append(
            WaitingReport(
                report=report,
                state=state,
                code=code,
                project=name,
                top_code=codes.get(parent_id, code),
                project_ids=tuple(id_ for id_ in (parent_id, project_id) if id_ is not None),
                plan_id=plan_id,
                evidence=evidence.get(report.id, 0),
                before=_met_after(own, state, report.met_on) if report.kind == ACTUAL else None,
            )
        )
    return found


def _met_after(own: list[MilestoneState], state: MilestoneState | None, day: date | None) -> MilestoneState | None:
    """The latest milestone of an earlier kind that was met after that day."""
    if state is None or day is None or state.kind not in ORDER:
        return None
    earlier = [
        one
        for one in own
        if one.kind in ORDER
        and ORDER.index(one.kind) < ORDER.index(state.kind)
        and one.actual_on
        and one.actual_on > day
    ]
    return max(earlier, key=lambda one: one.actual_on or date.min, default=None)
