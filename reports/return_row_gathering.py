"""Everything that the rows of a return show, read in grouped queries: as many statements for one project as for a thousand."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlmodel import Session, col

from budgets.estimates import estimates_in_force, package_amounts
from budgets.line_reading import plan_lines
from budgets.lines import YEAR
from core.calendar import quarter_before
from core.database import batches, select_columns
from milestones.milestone_reading import milestones_of
from milestones.schedule import MilestoneState
from portfolio.access import OPERATOR_READER
from portfolio.dated import in_force
from portfolio.facts import APPROVED
from portfolio.periods import ReportingPeriod
from portfolio.plans import Programme
from portfolio.projects import Project, ProjectProgramme
from reports.lamp_reading import project_lamps
from reports.lamps import ProjectLamp
from reports.return_fields import FIELDS, TEXT_FIELDS, CellKey
from reports.return_records import money_in, recorded, works_in
from reports.return_scope import ReturnScope, scope_of
from reports.returns import ACCEPTED, DepartmentReturn, ReturnCell
from reports.rollup import Scope
from reports.works import WorkFigures, works_of_projects

_SINCE_EVER = 0
_FACTS = ("id", "code", "name", "parent_id", "first_year", "last_year")


@dataclass
class Gathered:
    """What was read. Money by cell in fen; `planned` is 本年计划 by leaf and source key; `works` by leaf and measure.

    `sources` and `measures`: of which each leaf has anything at all.
    """

    scope: ReturnScope
    tops: list[int] = field(default_factory=list)
    parts: dict[int, list[int]] = field(default_factory=dict)
    projects: dict[int, Mapping[str, object]] = field(default_factory=dict)
    programmes: dict[int, str] = field(default_factory=dict)
    estimates: dict[int, int] = field(default_factory=dict)
    amounts: dict[int, int | None] = field(default_factory=dict)
    lamps: dict[int, ProjectLamp] = field(default_factory=dict)
    texts: dict[int, dict[str, str]] = field(default_factory=dict)
    recorded: dict[CellKey, str] = field(default_factory=dict)
    money: dict[CellKey, str] = field(default_factory=dict)
    last: dict[CellKey, str] = field(default_factory=dict)
    works: dict[tuple[int, int], WorkFigures] = field(default_factory=dict)
    planned: dict[int, dict[str, int]] = field(default_factory=dict)
    sources: dict[int, set[str]] = field(default_factory=dict)
    measures: dict[int, set[int]] = field(default_factory=dict)
    milestones: dict[int, list[MilestoneState]] = field(default_factory=dict)


def gathered(session: Session, return_: DepartmentReturn) -> Gathered:
    """Everything about the projects of a return as of its quarter; what came before as of the end of the quarter before."""
    found = Gathered(scope_of(session, return_))
    quarter = found.scope.quarter
    before = quarter_before(quarter)
    query = select_columns(ReturnCell.project_id, ReturnCell.field, ReturnCell.key)
    cells = {CellKey(*row) for row in session.execute(query.where(col(ReturnCell.return_id) == return_.id))}
    for batch in batches(found.scope.projects):
        _read_projects(session, batch, quarter, found)
        found.estimates |= estimates_in_force(session, quarter, batch)
        found.money |= money_in(session, batch, before, states=(APPROVED,), since=_SINCE_EVER)
        found.last |= money_in(session, batch, before, states=(APPROVED,))
        found.last |= works_in(session, batch, before, states=(APPROVED,))
        found.milestones |= milestones_of(session, batch, quarter)
        for figures in works_of_projects(session, Scope(before), batch):
            found.works[figures.ids[0], figures.measure_id] = figures
        _read_plans(session, batch, quarter, found)
    found.recorded = recorded(session, return_.plan_id, found.scope.projects, quarter)
    found.tops = [id_ for id_, row in found.projects.items() if row["parent_id"] is None]
    for id_, row in found.projects.items():
        if row["parent_id"] is not None:
            found.parts.setdefault(int(str(row["parent_id"])), []).append(id_)
    for batch in batches(found.tops):
        found.amounts |= package_amounts(session, batch, quarter)
        found.texts |= _texts_before(session, return_.plan_id, batch, before)
    _note_used(found, cells)
    plans = Scope(quarter, frozenset({return_.plan_id}))
    found.lamps = project_lamps(session, OPERATOR_READER, plans, found.tops)
    return found


def _read_projects(session: Session, ids: Collection[int], quarter: int, found: Gathered) -> None:
    columns = [getattr(Project, name) for name in _FACTS]
    query = select_columns(*columns).where(col(Project.id).in_(ids)).order_by(col(Project.position), col(Project.id))
    found.projects |= {row.id: dict(row._mapping) for row in session.execute(query)}
    member = ProjectProgramme
    named = (
        select_columns(member.project_id, Programme.name)
        .join(Programme, col(Programme.id) == member.programme_id)
        .where(col(member.project_id).in_(ids), in_force(member, quarter))
    )
    found.programmes |= dict(session.execute(named).all())


def _read_plans(session: Session, ids: Collection[int], quarter: int, found: Gathered) -> None:
    """年度投资计划 of the quarter's year as approved by the quarter."""
    keys = {node.id: key for key, node in found.scope.sources.items()}
    for line in plan_lines(session, ids, quarter):
        if line.span == YEAR and line.year == quarter // 10 and line.amount_fen is not None:
            plans = found.planned.setdefault(line.project_id, {})
            plans[keys[line.source_id]] = plans.get(keys[line.source_id], 0) + line.amount_fen


def _note_used(found: Gathered, cells: Collection[CellKey]) -> None:
    for key in (*found.money, *found.last, *found.recorded, *cells):
        keyed = FIELDS[key.field].keyed
        if keyed == "source":
            found.sources.setdefault(key.project_id, set()).add(key.key)
        elif keyed == "measure":
            found.measures.setdefault(key.project_id, set()).add(int(key.key))
    for project_id, plans in found.planned.items():
        found.sources.setdefault(project_id, set()).update(plans)
    for project_id, measure_id in found.works:
        found.measures.setdefault(project_id, set()).add(measure_id)


def _texts_before(session: Session, plan_id: int, ids: Collection[int], quarter: int) -> dict[int, dict[str, str]]:
    """What the accepted returns of a quarter say in words, by project and field."""
    cell = ReturnCell
    query = (
        select_columns(cell.project_id, cell.field, cell.value)
        .join(DepartmentReturn, col(DepartmentReturn.id) == cell.return_id)
        .join(ReportingPeriod, col(ReportingPeriod.id) == DepartmentReturn.period_id)
        .where(
            col(DepartmentReturn.plan_id) == plan_id,
            col(DepartmentReturn.state) == ACCEPTED,
            col(ReportingPeriod.last_quarter) == quarter,
            col(ReportingPeriod.kind) == "quarter",
            col(cell.project_id).in_(ids),
            col(cell.field).in_(TEXT_FIELDS),
        )
        .order_by(col(DepartmentReturn.accepted_at))
    )
    found: dict[int, dict[str, str]] = {}
    for project_id, name, value in session.execute(query):
        found.setdefault(project_id, {})[name] = value
    return found
