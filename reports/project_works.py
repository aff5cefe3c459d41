"""The works of one project and its parts as of a quarter and edition: what is planned, done and waits, for its page and form."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from sqlmodel import Session, col, func, select

from core.database import select_columns
from core.errors import NotThere
from core.units import MICRO, converted, plain_unit
from milestones.quantities import Measure, Quantity
from milestones.works import CLAIMED, ENTRY, WorkEntry
from portfolio.access import Reader
from portfolio.dated import in_force
from portfolio.facts import APPROVED, DRAFT, SUBMITTED
from portfolio.plans import Plan
from portfolio.projects import Project
from portfolio.states import not_archived
from portfolio.values import project_values
from reports.rollup import Scope
from reports.works import WorkFigures, works_of_projects


@dataclass(frozen=True)
class LeafWorks:
    """What one project or part has of each measure."""

    project: Project
    figures: tuple[WorkFigures, ...]


@dataclass(frozen=True)
class ProjectWorks:
    """Everything that the page of a project's works adds up. `project` is the package when a part was asked for.

    `total` is of the project with all its parts; `leaves` are the parts, or the project itself; `waiting` and `drafts` count the
    entries that count nowhere yet.
    """

    project: Project
    plan: Plan
    department_ids: frozenset[int]
    total: tuple[WorkFigures, ...]
    leaves: tuple[LeafWorks, ...]
    waiting: int
    drafts: int

    @property
    def ids(self) -> frozenset[int]:
        """The project and its parts."""
        return frozenset({self.project.id or 0, *(leaf.project.id or 0 for leaf in self.leaves)})


def project_works(session: Session, reader: Reader, code: str, scope: Scope) -> ProjectWorks:
    """The works of a project; a part's code gives those of its package.

    Errors: NotThere; Invalid for an edition that there is not.
    """
    project = session.exec(select(Project).where(Project.code == code)).first()
    if project is not None and project.parent_id is not None:
        project = session.get_one(Project, project.parent_id)
    if project is None or project.id is None:
        raise NotThere
    reader.must("view", project.plan_id)
    values = project_values(session, project, scope.quarter)
    parts = session.exec(
        select(Project)
        .where(Project.parent_id == project.id, not_archived(Project, scope.quarter, scope.edition))
        .order_by(col(Project.position), col(Project.id))
    ).all()
    ids = [project.id, *(part.id for part in parts if part.id is not None)]
    figures = works_of_projects(session, scope, ids) if parts else []
    total = works_of_projects(session, scope, ids, together=True)
    states = dict(
        session.execute(
            select_columns(WorkEntry.state, func.count())
            .where(col(WorkEntry.project_id).in_(ids), col(WorkEntry.state).in_((SUBMITTED, DRAFT)))
            .group_by(col(WorkEntry.state))
        ).all()
    )
    return ProjectWorks(
        project=project,
        plan=session.get_one(Plan, project.plan_id),
        department_ids=frozenset(id_ for id_ in (values.lead_id, values.reporting_id) if id_ is not None),
        total=tuple(total),
        leaves=tuple(
            LeafWorks(one, tuple(row for row in figures if row.ids == (one.id,)) if parts else tuple(total))
            for one in ([project, *parts] if parts else [project])
        ),
        waiting=states.get(SUBMITTED, 0),
        drafts=states.get(DRAFT, 0),
    )


@dataclass(frozen=True)
class KnownMeasure:
    """What is known of one measure of a leaf when a new report is typed: unit, plan, sum and last report.

    All in one unit: that of the last report, else the plain one of the plan (0.5 万亩 is reported in 亩).
    """

    measure_id: int
    name: str
    unit: str
    planned: Fraction | None
    claimed: Fraction | None
    last_on: date | None = None
    last: Fraction | None = None


def known_measures(session: Session, scope: Scope, leaf_ids: Collection[int]) -> dict[int, list[KnownMeasure]]:
    """The measures that each leaf has quantities or works of, by the leaf's id; a part also has those of its package."""
    found: dict[int, list[KnownMeasure]] = {id_: [] for id_ in leaf_ids}
    last = _last_reports(session, leaf_ids)
    for row in works_of_projects(session, scope, leaf_ids):
        id_ = int(row.ids[0])
        report = last.get((id_, row.measure_id))
        unit = plain_unit(row.unit) if report is None else report.unit
        planned, claimed = (
            None if value is None else converted(value, row.unit, unit) for value in (row.planned, row.claimed)
        )
        reported = () if report is None else (report.occurred_on, Fraction(report.quantity_micro or 0, MICRO))
        found[id_].append(KnownMeasure(row.measure_id, row.measure, unit, planned, claimed, *reported))
    parents = dict(
        session.execute(
            select_columns(Project.id, Project.parent_id).where(
                col(Project.id).in_(sorted(leaf_ids)), col(Project.parent_id).is_not(None)
            )
        ).all()
    )
    of_packages = _planned_measures(session, scope, set(parents.values()))
    for id_, parent_id in parents.items():
        own = {one.measure_id for one in found[id_]}
        found[id_] += [one for one in of_packages.get(parent_id, []) if one.measure_id not in own]
    return found


def _planned_measures(session: Session, scope: Scope, ids: Collection[int]) -> dict[int, list[KnownMeasure]]:
    """What packages themselves are to deliver; which part delivers it is not said."""
    query = (
        select_columns(Quantity.project_id, Quantity.measure_id, Measure.name, func.min(Quantity.unit))
        .join(Measure, col(Measure.id) == col(Quantity.measure_id))
        .where(col(Quantity.project_id).in_(sorted(ids)), in_force(Quantity, scope.quarter))
        .group_by(col(Quantity.project_id), col(Quantity.measure_id), col(Measure.name))
        .order_by(col(Quantity.measure_id))
    )
    found: dict[int, list[KnownMeasure]] = {}
    for project_id, measure_id, name, unit in session.execute(query):
        found.setdefault(project_id, []).append(KnownMeasure(measure_id, name, plain_unit(unit), None, None))
    return found


def _last_reports(session: Session, leaf_ids: Collection[int]) -> dict[tuple[int, int], WorkEntry]:
    """The newest report of each leaf and measure that was accepted or handed over."""
    newest = (
        select_columns(WorkEntry.project_id, WorkEntry.measure_id, func.max(WorkEntry.occurred_on).label("on"))
        .where(
            col(WorkEntry.project_id).in_(sorted(leaf_ids)),
            col(WorkEntry.tier) == CLAIMED,
            col(WorkEntry.kind) == ENTRY,
            col(WorkEntry.state).in_((APPROVED, SUBMITTED)),
        )
        .group_by(col(WorkEntry.project_id), col(WorkEntry.measure_id))
        .subquery()
    )
    rows = session.exec(
        select(WorkEntry)
        .join(
            newest,
            (newest.c.project_id == col(WorkEntry.project_id))
            & (newest.c.measure_id == col(WorkEntry.measure_id))
            & (newest.c.on == col(WorkEntry.occurred_on)),
        )
        .where(col(WorkEntry.tier) == CLAIMED, col(WorkEntry.kind) == ENTRY)
        .order_by(col(WorkEntry.id))
    )
    return {(row.project_id, row.measure_id): row for row in rows if row.state in (APPROVED, SUBMITTED)}
