"""What each department or other body answers for: projects led, projects built, what they cost, promises made."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import FromClause, Subquery, and_
from sqlmodel import Session, col, func, select

from core.database import select_columns
from core.errors import NotThere
from milestones.commitments import Commitment
from portfolio.access import Reader
from portfolio.citations import Citation, citations_of
from portfolio.contradictions import Contradiction
from portfolio.dated import in_force
from portfolio.departments import Department
from portfolio.jurisdictions import Jurisdiction
from portfolio.plans import Plan
from portfolio.projects import Project, ProjectBody
from reports.findings import MoneyGroup, Sentence, department_finding
from reports.narrowing import holds
from reports.rollup import Scope, counted_projects


@dataclass(frozen=True)
class Load:
    """Projects in one role, counted as everywhere (reports/rollup.py). Units: fen; None when none has an estimate."""

    projects: int = 0
    without_estimate: int = 0
    estimate_fen: int | None = None


NO_LOAD = Load()


@dataclass(frozen=True)
class DepartmentLine:
    """A body with what it leads and builds. A null department is the group of projects whose plan names nobody.

    `share` is what it leads of the estimate of the whole list.
    """

    department: Department | None
    jurisdiction: Jurisdiction | None
    led: Load
    built: Load
    commitments: int
    share: Fraction | None


@dataclass(frozen=True)
class DepartmentList:
    """The bodies, largest load first; `total` is what the led projects of every plan in the list add up to."""

    lines: tuple[DepartmentLine, ...]
    total: Load

    @property
    def several_places(self) -> bool:
        """Whether bodies of more than one jurisdiction are in the list."""
        return len({line.jurisdiction.code for line in self.lines if line.jurisdiction is not None}) > 1

    @property
    def finding(self) -> Sentence:
        """What the list says, in the same words as the chart of the overview."""
        groups = [
            MoneyGroup(
                name=None if line.department is None else line.department.name,
                projects=line.led.projects,
                leaves=line.led.projects,
                without_estimate=line.led.without_estimate,
                estimate_fen=line.led.estimate_fen,
                share=line.share,
            )
            for line in self.lines
            if line.led.projects
        ]
        return department_finding(groups, self.total.projects)


def department_list(session: Session, reader: Reader, scope: Scope, *, text: str = "") -> DepartmentList:
    """Every body of the jurisdictions whose plans the reader sees, in a fixed number of queries."""
    facts = counted_projects(reader, scope)
    led = _loads(session, facts, facts.c.department_id, facts)
    built = _loads(session, facts, col(ProjectBody.department_id), _with_bodies(facts, scope.quarter))
    promised = _promised(session, reader, scope)
    total = _sum(led.values())
    lines = [
        DepartmentLine(
            department=department,
            jurisdiction=jurisdiction,
            led=led.get(department.id, NO_LOAD),
            built=built.get(department.id, NO_LOAD),
            commitments=promised.get(department.id or 0, 0),
            share=_share(led.get(department.id, NO_LOAD), total),
        )
        for department, jurisdiction in _departments(session, reader, scope)
        if holds(text, department.name)
    ]
    lines.sort(key=_order)
    if (None in led or None in built) and not text.strip():
        unknown, unbuilt = led.get(None, NO_LOAD), built.get(None, NO_LOAD)
        lines.append(DepartmentLine(None, None, unknown, unbuilt, 0, _share(unknown, total)))
    return DepartmentList(tuple(lines), total)


def _with_bodies(facts: Subquery, quarter: int) -> FromClause:
    """The counted projects, each beside the body that builds it."""
    builds = and_(
        col(ProjectBody.project_id) == facts.c.project_id,
        col(ProjectBody.role) == "body",
        in_force(ProjectBody, quarter),
    )
    return facts.outerjoin(ProjectBody.__table__, builds)  # type: ignore[attr-defined]


def _loads(session: Session, facts: Subquery, key: Any, rows: FromClause) -> dict[int | None, Load]:
    """What each body is charged with, by its id; None for the projects without one."""
    sums = select_columns(key, func.count(), func.sum(facts.c.missing), func.sum(facts.c.fen))
    return {
        id_: Load(projects, int(missing or 0), None if fen is None else int(fen))
        for id_, projects, missing, fen in session.execute(sums.select_from(rows).group_by(key))
    }


def _departments(session: Session, reader: Reader, scope: Scope) -> list[tuple[Department, Jurisdiction]]:
    plans = select(Plan.jurisdiction_code).where(reader.sees(Plan.id))  # type: ignore[arg-type]
    if scope.plan_ids is not None:
        plans = plans.where(col(Plan.id).in_(scope.plan_ids))
    rows = session.exec(
        select(Department, Jurisdiction)
        .join(Jurisdiction, col(Jurisdiction.code) == Department.jurisdiction_code)
        .where(col(Department.jurisdiction_code).in_(plans))
    )
    return list(rows.all())


def _promised(session: Session, reader: Reader, scope: Scope) -> dict[int, int]:
    query = (
        select(Commitment.department_id, func.count())
        .where(col(Commitment.department_id).is_not(None), reader.sees(Commitment.plan_id))  # type: ignore[arg-type]
        .group_by(col(Commitment.department_id))
    )
    if scope.plan_ids is not None:
        query = query.where(col(Commitment.plan_id).in_(scope.plan_ids))
    return {id_: number for id_, number in session.exec(query) if id_ is not None}


def _sum(loads: Iterable[Load]) -> Load:
    loads = list(loads)
    known = [load.estimate_fen for load in loads if load.estimate_fen is not None]
    return Load(
        sum(load.projects for load in loads),
        sum(load.without_estimate for load in loads),
        sum(known) if known else None,
    )


def _share(load: Load, total: Load) -> Fraction | None:
    return (
        Fraction(load.estimate_fen, total.estimate_fen)
        if load.estimate_fen is not None and total.estimate_fen
        else None
    )


def _order(line: DepartmentLine) -> tuple[Any, ...]:
    name = "" if line.department is None else line.department.name_sort
    return -(line.led.estimate_fen or 0), -line.led.projects, -line.built.projects, name


@dataclass(frozen=True)
class ProjectLine:
    """A project that a body leads or builds. Units: fen."""

    code: str
    name: str
    plan: Plan
    first_year: int | None
    last_year: int | None
    estimate_fen: int | None


@dataclass(frozen=True)
class DepartmentSheet:
    """Everything that one body answers for, as of a quarter. Units: fen."""

    department: Department
    jurisdiction: Jurisdiction
    citation: Citation | None
    led: tuple[ProjectLine, ...]
    built: tuple[ProjectLine, ...]
    led_load: Load
    built_load: Load
    total: Load
    commitments: tuple[Commitment, ...]
    contradictions: tuple[Contradiction, ...]

    @property
    def share(self) -> Fraction | None:
        """What it leads of the estimate of all plans of its jurisdiction that the reader sees."""
        return _share(self.led_load, self.total)


def department_sheet(
    session: Session, reader: Reader, department_id: int, quarter: int, edition: str
) -> DepartmentSheet:
    """The sheet of a body.

    Errors: NotThere, also when the reader sees no plan of its jurisdiction.
    """
    department = session.get(Department, department_id)
    if department is None:
        raise NotThere
    seen = reader.sees(Plan.id)  # type: ignore[arg-type]
    plans = {
        plan.id: plan
        for plan in session.exec(select(Plan).where(Plan.jurisdiction_code == department.jurisdiction_code, seen))
        if plan.id is not None
    }
    if not plans:
        raise NotThere
    scope = Scope(quarter, frozenset(plans), edition)
    rows = _roles(session, reader, scope)
    led = [row for row in rows if row.department_id == department_id]
    built = [row for row in rows if row.body_id == department_id]
    ids = [row.project_id for row in led]
    return DepartmentSheet(
        department=department,
        jurisdiction=session.get_one(Jurisdiction, department.jurisdiction_code),
        citation=next(iter(citations_of(session, "department", [department_id])[department_id]), None),
        led=tuple(_line(row, plans) for row in led),
        built=tuple(_line(row, plans) for row in built),
        led_load=_load(led),
        built_load=_load(built),
        total=_load(rows),
        commitments=tuple(
            session.exec(
                select(Commitment)
                .where(Commitment.department_id == department_id, col(Commitment.plan_id).in_(plans))
                .order_by(col(Commitment.plan_id), col(Commitment.position))
            )
        ),
        contradictions=tuple(
            session.exec(
                select(Contradiction)
                .where(
                    Contradiction.subject == "project",
                    col(Contradiction.subject_id).in_(ids),
                    col(Contradiction.plan_id).in_(plans),
                )
                .order_by(col(Contradiction.grave).desc(), col(Contradiction.position))
            )
        ),
    )


def _roles(session: Session, reader: Reader, scope: Scope) -> list[Any]:
    """Every counted project of the scope with its lead and its builder."""
    facts = counted_projects(reader, scope)
    return list(
        session.execute(
            select_columns(facts, col(Project.name), col(ProjectBody.department_id).label("body_id"))
            .select_from(_with_bodies(facts, scope.quarter))
            .join(Project, col(Project.id) == facts.c.project_id)
            .order_by(facts.c.plan_id, col(Project.position))
        )
    )


def _line(row: Any, plans: dict[int, Plan]) -> ProjectLine:
    fen = None if row.fen is None else int(row.fen)
    return ProjectLine(row.project, row.name, plans[row.plan_id], row.first_year, row.last_year, fen)


def _load(rows: Iterable[Any]) -> Load:
    return _sum(Load(1, int(row.missing), None if row.fen is None else int(row.fen)) for row in rows)
