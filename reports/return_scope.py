"""What a return may speak of: its projects with their parts, sources, measures and milestones, read in a few grouped queries."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Select, or_
from sqlmodel import Session, col, select

from budgets.sources import NotAnEnd, Retired, SourceNode, source_tree
from core.among import among
from core.database import batches, select_columns
from core.errors import N_
from core.units import adds_up
from milestones.milestones import Milestone, MilestonePlan
from milestones.quantities import Measure, check_dimension
from milestones.works import NOT_APPLICABLE
from portfolio.departments import Department
from portfolio.periods import ReportingPeriod
from portfolio.projects import Project
from reports.filing import filing_of
from reports.return_fields import WORKS, CellKey, field_of, must_be_canonical, work_of
from reports.return_rules import NoSuchKey, NotInReturn, OnItsPackage, OnItsParts
from reports.returns import DepartmentReturn, ReturnCell


class ScopedProject(NamedTuple):
    """A project or part of a return. `is_leaf`: money and works stand on it."""

    id: int
    code: str
    name: str
    parent_id: int | None
    is_leaf: bool


@dataclass(frozen=True)
class ReturnScope:
    """Everything that the cells of a return may name. `filed`: projects and parts that the department files by now; the
    others only have cells from before. `milestones`: those that stand, by id, with their project and name.
    """

    period: ReportingPeriod
    department: str
    projects: Mapping[int, ScopedProject]
    filed: frozenset[int]
    sources: Mapping[str, SourceNode] = field(default_factory=dict)
    measures: Mapping[int, Measure] = field(default_factory=dict)
    milestones: Mapping[int, tuple[int, str]] = field(default_factory=dict)
    fitting: set[tuple[str, str]] = field(
        default_factory=set, compare=False
    )  # measures and units that were found to fit

    @property
    def quarter(self) -> int:
        return self.period.last_quarter


def scope_of(session: Session, return_: DepartmentReturn, held: Collection[int] | None = None) -> ReturnScope:
    """What the return may speak of now. As many queries for one project as for a thousand.

    `held`: the projects that it has cells of, from who has read them already.
    """
    period = session.get_one(ReportingPeriod, return_.period_id)
    department = session.exec(select(Department.name).where(Department.id == return_.department_id)).one()
    tops = set(filing_of(session, return_.plan_id, period.last_quarter).by_department.get(return_.department_id, ()))
    if held is None:
        held = session.exec(select(ReturnCell.project_id).where(ReturnCell.return_id == return_.id).distinct()).all()
    projects: dict[int, ScopedProject] = {}
    milestones: dict[int, tuple[int, str]] = {}
    for batch in batches(tops.union(held)):
        projects |= _projects(session, batch)
    filed = frozenset(one.id for one in projects.values() if one.id in tops or one.parent_id in tops)
    for batch in batches(projects):
        milestones |= _milestones(session, batch)
    sources = {node.source.key: node for node in source_tree(session)}
    measures = {row.id or 0: row for row in session.exec(select(Measure))}
    return ReturnScope(period, department, projects, filed, sources, measures, milestones)


def _projects(session: Session, ids: Collection[int]) -> dict[int, ScopedProject]:
    """These projects and their parts that were not archived; those asked for also when they were."""
    rows = session.execute(_projects_query(), {"ids": ids}).all()
    packages = {parent_id for _, _, _, parent_id in rows if parent_id is not None}
    return {id_: ScopedProject(id_, code, name, parent, id_ not in packages) for id_, code, name, parent in rows}


def _milestones(session: Session, ids: Collection[int]) -> dict[int, tuple[int, str]]:
    return {id_: (project_id, name) for id_, project_id, name in session.execute(_milestones_query(), {"ids": ids})}


# To build these queries costs more than to run them for a small return.


@lru_cache(maxsize=1)
def _projects_query() -> Select[Any]:
    asked = or_(among(Project.id, "ids"), among(Project.parent_id, "ids") & col(Project.archived_at).is_(None))
    columns = select_columns(Project.id, Project.code, Project.name, Project.parent_id)
    return columns.where(asked).order_by(col(Project.position), col(Project.id))


@lru_cache(maxsize=1)
def _milestones_query() -> Select[Any]:
    return (
        select_columns(Milestone.id, Milestone.project_id, Milestone.name)
        .join(MilestonePlan, col(MilestonePlan.milestone_id) == Milestone.id)
        .where(
            among(Milestone.project_id, "ids"),
            col(MilestonePlan.effective_until).is_(None),
            col(MilestonePlan.dropped).is_(False),
        )
    )


def must_fit(scope: ReturnScope, key: CellKey, value: str | None = None) -> None:
    """That the return has such a cell, and that the value is one that may stand in it; None only asks for the cell.

    Errors: NotInReturn, NoSuchCell, OnItsParts, OnItsPackage, NoSuchKey; Retired, NotAnEnd; UnknownUnit, OtherDimension;
    Invalid, TooLong.
    """
    field_ = field_of(key)
    project = scope.projects.get(key.project_id)
    if project is None or project.id not in scope.filed:
        raise NotInReturn(found=str(key.project_id) if project is None else project.name)
    if field_.on_leaves and not project.is_leaf:
        raise OnItsParts(project=project.name, label=field_.label)
    if field_.on_top and project.parent_id is not None:
        raise OnItsPackage(project=project.name, label=field_.label)
    if value is not None:
        must_be_canonical(key, value, field_)
    if field_.keyed == "source":
        _must_be_source(scope, key, field_.label)
    elif field_.keyed == "measure":
        _must_be_measure(scope, key, value, field_.label)
    elif field_.keyed == "milestone":
        found = scope.milestones.get(int(key.key)) if key.key.isascii() and key.key.isdigit() else None
        if found is None or found[0] != key.project_id:
            expected = N_("该项目现有的一个节点")
            raise NoSuchKey(label=field_.label, found=key.key, expected=expected)


def _must_be_source(scope: ReturnScope, key: CellKey, label: str) -> None:
    node = scope.sources.get(key.key)
    if node is None:
        raise NoSuchKey(label=label, found=key.key, expected=N_("资金来源表中的一个末级来源"))
    if node.source.retired:
        raise Retired(found=node.source.name)
    if not node.is_end:
        ends = tuple(
            one.source.name for one in scope.sources.values() if one.takes_money and node.source.name in one.path
        )
        raise NotAnEnd(found=node.source.name, known=ends)


def _must_be_measure(scope: ReturnScope, key: CellKey, value: str | None, label: str) -> None:
    unit = "" if value is None or value == NOT_APPLICABLE else work_of(value)[1]
    if (key.key, unit) in scope.fitting:
        return
    measure = scope.measures.get(int(key.key)) if key.key.isascii() and key.key.isdigit() else None
    if measure is None or not adds_up(measure.dimension):
        found = key.key if measure is None else measure.name
        raise NoSuchKey(label=label, found=found, expected=N_("列表中一个可以累加的工程量指标"))
    if unit:
        check_dimension(measure, unit)
    scope.fitting.add((key.key, unit))


def label_of(scope: ReturnScope, key: CellKey) -> tuple[str, str]:
    """What a cell is called: the field, to be translated, and which one of it: a source, a measure, a milestone, or nothing."""
    field_ = field_of(key)
    which = ""
    if field_.keyed == "source":
        node = scope.sources.get(key.key)
        which = key.key if node is None else node.source.name
    elif key.field == WORKS:
        measure = scope.measures.get(int(key.key))
        which = key.key if measure is None else measure.name
    elif field_.keyed == "milestone":
        which = scope.milestones.get(int(key.key), (0, key.key))[1]
    return field_.label, which
