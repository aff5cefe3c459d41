"""The timeline (节点时间轴): projects of a plan, programme or department with their milestones, and whole groups in one row each.

Counted like the roll-ups: ended (终止) projects and parts and archived ones are out. Groups are added up by the database,
whatever their number; projects come in pages.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, tuple_
from sqlmodel import Session, col

from core.database import select_columns
from core.text import sorting_key
from milestones.milestone_reading import milestone_dates, milestones_of
from milestones.schedule import MilestoneState, day_as_of
from portfolio.access import Reader
from portfolio.departments import Department
from portfolio.plans import Plan, Programme
from portfolio.projects import Project
from portfolio.years import years_in
from reports.money_queries import leaves_of, projects_in
from reports.rollup import Scope, counted_projects

GROUPS = ("plan", "programme", "department")
PAGE = 40


@dataclass(frozen=True)
class TimelineFilter:
    """Which projects: those under a heading, at whatever depth, or led by a department; None: all of the scope."""

    programme_id: int | None = None
    department_id: int | None = None


@dataclass(frozen=True)
class TimelineProject:
    """A project with its milestones; `parts` are those of its parts that count and have milestones of their own."""

    project_id: int
    code: str
    name: str
    plan_id: int
    first_year: int | None
    last_year: int | None
    states: tuple[MilestoneState, ...]
    parts: tuple["TimelineProject", ...] = ()

    @property
    def every_state(self) -> tuple[MilestoneState, ...]:
        return self.states + tuple(one for part in self.parts for one in part.states)


@dataclass(frozen=True)
class TimelinePage:
    """One page of projects; `following` is the id to go on after, None at the end."""

    rows: tuple[TimelineProject, ...]
    following: int | None


@dataclass(frozen=True)
class TimelineGroup:
    """What the milestones of one plan, heading or department come to; `id` is None for those without a lead department.

    `projects` counts those that have milestones, of `of_projects` that there are.
    """

    id: int | None
    name: str | None
    of_projects: int
    projects: int = 0
    milestones: int = 0
    met: int = 0
    overdue: int = 0
    first_planned_on: date | None = None
    last_planned_on: date | None = None
    last_first_planned_on: date | None = None
    first_actual_on: date | None = None
    last_actual_on: date | None = None
    last_forecast_on: date | None = None


def timeline_page(
    session: Session,
    reader: Reader,
    scope: Scope,
    wanted: TimelineFilter,
    *,
    after: int | None = None,
    size: int = PAGE,
) -> TimelinePage:
    """The projects in the order of their plan, each with its milestones. Three queries, however many there are."""
    facts = counted_projects(reader, scope)
    order = (col(Project.plan_id), col(Project.position), col(Project.id))
    columns = (Project.id, Project.code, Project.name, Project.plan_id, facts.c.first_year, facts.c.last_year)
    query = (
        select_columns(*columns)
        .join(facts, facts.c.project_id == col(Project.id))
        .where(*_conditions(facts, wanted))
        .order_by(*order)
        .limit(size + 1)
    )
    if after is not None:
        place = select_columns(*order).where(col(Project.id) == after)
        last = session.execute(place).first()
        if last is not None:
            query = query.where(tuple_(*order) > tuple(last))
    rows = session.execute(query).all()
    following = rows[size - 1][0] if len(rows) > size else None
    return TimelinePage(tuple(_with_states(session, scope, rows[:size])), following)


def _conditions(facts: Any, wanted: TimelineFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.programme_id is not None:
        found.append(or_(*(facts.c[f"programme_{level}"] == wanted.programme_id for level in (1, 2, 3))))
    if wanted.department_id is not None:
        found.append(facts.c.department_id == wanted.department_id)
    return found


def _with_states(session: Session, scope: Scope, rows: Sequence[Any]) -> list[TimelineProject]:
    leaf = leaves_of(scope, None)
    below = (
        select_columns(
            leaf.c.top_id,
            Project.id,
            Project.code,
            Project.name,
            Project.plan_id,
            *years_in(Project, scope.quarter),
        )
        .join(leaf, leaf.c.leaf_id == col(Project.id))
        .where(leaf.c.top_id.in_([row[0] for row in rows]), leaf.c.top_id != leaf.c.leaf_id)
        .order_by(col(Project.position), col(Project.id))
    )
    of_top: dict[int, list[Any]] = defaultdict(list)
    for top_id, *part in session.execute(below):
        of_top[top_id].append(part)
    ids = [row[0] for row in rows] + [part[0] for parts in of_top.values() for part in parts]
    states = milestones_of(session, ids, scope.quarter, scope.edition)
    return [
        _project(row, states, tuple(_project(part, states) for part in of_top[row[0]] if part[0] in states))
        for row in rows
    ]


def _project(
    row: Sequence[Any], states: Mapping[int, Sequence[MilestoneState]], parts: tuple[TimelineProject, ...] = ()
) -> TimelineProject:
    id_, code, name, plan_id, first_year, last_year = row
    return TimelineProject(id_, code, name, plan_id, first_year, last_year, tuple(states.get(id_, ())), parts)


def timeline_groups(session: Session, reader: Reader, scope: Scope, by: str) -> list[TimelineGroup]:
    """Every plan, heading of the first level or lead department with projects, in order; the unknown one last. Two queries.

    Shape: `by` is one of GROUPS.
    """
    facts = counted_projects(reader, scope)
    key = {"plan": facts.c.plan_id, "programme": facts.c.programme_1, "department": facts.c.department_id}[by]
    counts = dict(session.execute(select_columns(key, func.count()).group_by(key)).all())
    sums = {row[0]: row[1:] for row in session.execute(_group_query(reader, scope, facts, key))}
    names = _names(session, by, set(counts))
    groups = [TimelineGroup(id_, names.get(id_), count, *sums.get(id_, ())) for id_, count in counts.items()]
    return sorted(groups, key=lambda one: _order(one, names))


def _order(group: TimelineGroup, names: dict[Any, Any]) -> tuple[Any, ...]:
    return (group.id is None, sorting_key(group.name or ""), group.id or 0)


def _group_query(reader: Reader, scope: Scope, facts: Any, key: Any) -> Any:
    limited_to = projects_in(reader, scope)
    leaf, dates = leaves_of(scope, limited_to), milestone_dates(scope.quarter, scope.edition, limited_to)
    day = day_as_of(scope.quarter)
    unmet = dates.c.actual_on.is_(None)
    return (
        select_columns(
            key,
            func.count(leaf.c.top_id.distinct()),
            func.count(),
            func.count(dates.c.actual_on),
            func.sum(case((unmet & (dates.c.planned_on < day), 1), else_=0)),
            func.min(dates.c.planned_on),
            func.max(dates.c.planned_on),
            func.max(dates.c.first_planned_on),
            func.min(dates.c.actual_on),
            func.max(dates.c.actual_on),
            func.max(case((unmet & (dates.c.forecast_on >= day), dates.c.forecast_on))),
        )
        .select_from(
            dates.join(leaf, leaf.c.leaf_id == dates.c.project_id).join(facts, facts.c.project_id == leaf.c.top_id)
        )
        .group_by(key)
    )


def _names(session: Session, by: str, ids: set[Any]) -> dict[Any, str]:
    tables: dict[str, tuple[Any, Any]] = {
        "plan": (Plan.id, Plan.short_title),
        "programme": (Programme.id, Programme.name),
        "department": (Department.id, Department.name),
    }
    id_, name = tables[by]
    wanted = ids - {None}
    return dict(session.execute(select_columns(id_, name).where(col(id_).in_(wanted))).all())
