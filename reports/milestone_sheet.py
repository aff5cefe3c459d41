"""The milestones of one project and its parts as of a quarter, with every report, what waits and what evidence there is."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from sqlmodel import Session, col, select

from core.errors import NotThere
from milestones.evidence import evidence_counts
from milestones.milestone_reading import milestones_of
from milestones.milestone_reports import SUBJECT
from milestones.milestones import Milestone, MilestoneReport
from milestones.schedule import MilestoneState, completion, day_as_of, next_milestone, out_of_order
from portfolio.access import Reader
from portfolio.facts import SUBMITTED
from portfolio.plans import Plan
from portfolio.projects import Project
from portfolio.states import not_archived
from portfolio.values import project_values
from reports.rollup import Scope

_LONGEST = 100  # reports that the page lists


@dataclass(frozen=True)
class LeafMilestones:
    """The milestones of a project or of one of its parts. `waiting` are reports handed over, by milestone."""

    project: Project
    states: tuple[MilestoneState, ...]
    waiting: dict[int, list[MilestoneReport]]
    versions: dict[int, int]

    @property
    def completion(self) -> Fraction | None:
        return completion(self.states)

    @property
    def next(self) -> MilestoneState | None:
        return next_milestone(self.states)

    @property
    def out_of_order(self) -> dict[int, MilestoneState]:
        return out_of_order(self.states)

    def overdue(self, day: date) -> list[MilestoneState]:
        return [one for one in self.states if one.overdue(day)]


@dataclass(frozen=True)
class MilestoneSheet:
    """Everything that the page of a project's milestones shows. `day` is the day of looking."""

    project: Project
    plan: Plan
    department_ids: frozenset[int]
    day: date
    leaves: tuple[LeafMilestones, ...]
    reports: tuple[tuple[MilestoneReport, str], ...]
    evidence: dict[int, int]

    @property
    def states(self) -> list[MilestoneState]:
        return [one for leaf in self.leaves for one in leaf.states]


@dataclass(frozen=True)
class MilestoneSummary:
    """How the milestones of a project and its parts stand, for the project's own page."""

    day: date
    states: tuple[MilestoneState, ...]

    @property
    def met(self) -> int:
        return sum(one.met for one in self.states)

    @property
    def overdue(self) -> int:
        return sum(one.overdue(self.day) for one in self.states)

    @property
    def next(self) -> MilestoneState | None:
        return next_milestone(self.states)


def milestone_summary(session: Session, project_ids: Collection[int], scope: Scope) -> MilestoneSummary:
    """The milestones of a project and its parts in one query."""
    found = milestones_of(session, project_ids, scope.quarter, scope.edition)
    return MilestoneSummary(day_as_of(scope.quarter), tuple(one for own in found.values() for one in own))


def milestone_sheet(session: Session, reader: Reader, code: str, scope: Scope) -> MilestoneSheet:
    """The sheet of a project; of a part that of its package.

    Errors: NotThere.
    """
    project = session.exec(select(Project).where(Project.code == code)).first()
    if project is not None and project.parent_id is not None:
        project = session.get_one(Project, project.parent_id)
    if project is None or project.id is None:
        raise NotThere
    reader.must("view", project.plan_id)
    values = project_values(session, project, scope.quarter)
    below = select(Project).where(Project.parent_id == project.id, not_archived(Project, scope.quarter, scope.edition))
    every = [project, *session.exec(below.order_by(col(Project.position), col(Project.id)))]
    ids = [one.id for one in every if one.id is not None]
    states = milestones_of(session, ids, scope.quarter, scope.edition)
    rows = _reports(session, ids)
    waiting: dict[int, list[MilestoneReport]] = defaultdict(list)
    for row, _ in rows:
        if row.state == SUBMITTED:
            waiting[row.milestone_id].append(row)
    versions = dict(
        session.exec(select(Milestone.id, Milestone.row_version).where(col(Milestone.project_id).in_(ids))).all()
    )
    return MilestoneSheet(
        project=project,
        plan=session.get_one(Plan, project.plan_id),
        department_ids=frozenset(id_ for id_ in (values.lead_id, values.reporting_id) if id_ is not None),
        day=day_as_of(scope.quarter),
        leaves=tuple(LeafMilestones(one, tuple(states.get(one.id or 0, ())), waiting, versions) for one in every),  # type: ignore[arg-type]
        reports=rows,
        evidence=evidence_counts(session, SUBJECT, {row.id or 0 for row, _ in rows}),
    )


def _reports(session: Session, project_ids: list[int]) -> tuple[tuple[MilestoneReport, str], ...]:
    """The reports of these projects with the milestone's name, newest first."""
    query = (
        select(MilestoneReport, Milestone.name)
        .join(Milestone, col(Milestone.id) == MilestoneReport.milestone_id)
        .where(col(Milestone.project_id).in_(project_ids))
        .order_by(col(MilestoneReport.id).desc())
        .limit(_LONGEST)
    )
    return tuple((row, name) for row, name in session.exec(query))
