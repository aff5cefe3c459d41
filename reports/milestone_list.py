"""The list of milestones across projects as of a quarter: what is overdue, due, met; in pages, by planned day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, and_, case, func, literal, true, tuple_
from sqlmodel import Session, col

from core.calendar import last_day
from core.database import select_columns
from core.errors import N_
from milestones.milestone_reading import milestone_dates, milestones_of
from milestones.schedule import MilestoneState, day_as_of
from portfolio.access import Reader
from portfolio.departments import Department
from portfolio.projects import Project
from reports.money_queries import leaves_of, projects_in
from reports.rollup import Scope, counted_projects

PAGE = 50
_NEVER = literal(date.max, Date)  # undated ones stand after all others
STANDINGS = {
    "overdue": N_("逾期未完成"),
    "due": N_("本季应完成"),
    "met": N_("本季完成"),
    "later": N_("预计推迟"),
    "ahead": N_("以后到期"),
    "undated": N_("未定日期"),
    "done": N_("已完成"),
}


@dataclass(frozen=True)
class MilestoneFilter:
    """What the list is narrowed to; None or empty: everything."""

    standing: str | None = None
    kind: str | None = None
    department_id: int | None = None


@dataclass(frozen=True)
class ListedMilestone:
    """A milestone with its project or part, the package above it where it is of a part, and who leads."""

    state: MilestoneState
    code: str
    project: str
    top_code: str
    plan_id: int
    lead: str | None


@dataclass(frozen=True)
class MilestoneList:
    """One page; `counts` are those of the whole list by standing, before it is narrowed to one."""

    rows: tuple[ListedMilestone, ...]
    counts: dict[str, int]
    total: int
    following: int | None
    day: date


def milestone_list(
    session: Session, reader: Reader, scope: Scope, wanted: MilestoneFilter, *, after: int | None = None
) -> MilestoneList:
    """Milestones of counted projects: unmet ones first, then by their planned day, undated ones last.

    Four queries, however many there are.
    """
    day = day_as_of(scope.quarter)
    limited_to = projects_in(reader, scope)
    facts, leaf = counted_projects(reader, scope), leaves_of(scope, limited_to)
    dates = milestone_dates(scope.quarter, scope.edition, limited_to)
    joined = dates.join(leaf, leaf.c.leaf_id == dates.c.project_id).join(facts, facts.c.project_id == leaf.c.top_id)
    conditions: list[ColumnElement[bool]] = [true()]
    if wanted.kind is not None:
        conditions.append(dates.c.kind == wanted.kind)
    if wanted.department_id is not None:
        conditions.append(facts.c.department_id == wanted.department_id)
    standings = _conditions(dates, scope.quarter, day)
    counts = _counts(session, joined, standings, conditions)
    if wanted.standing is not None:
        conditions.append(standings[wanted.standing])
    query = (
        select_columns(dates.c.milestone_id, dates.c.project_id, leaf.c.top_id, facts.c.department_id)
        .select_from(joined)
        .where(*conditions)
        .order_by(*_order(dates))
        .limit(PAGE + 1)
    )
    rows = session.execute(_from(query, session, dates, after)).all()
    following = rows[PAGE - 1][0] if len(rows) > PAGE else None
    total = counts["all"] if wanted.standing is None else counts[wanted.standing]
    return MilestoneList(tuple(_listed(session, scope, rows[:PAGE])), counts, total, following, day)


def _conditions(dates: Any, quarter: int, day: date) -> dict[str, ColumnElement[bool]]:
    """What each standing means; a milestone may have several."""
    first = date(quarter // 10, quarter % 10 * 3 - 2, 1)
    unmet, planned, forecast = dates.c.actual_on.is_(None), dates.c.planned_on, dates.c.forecast_on
    return {
        "overdue": and_(unmet, planned < day),
        "due": planned.between(first, last_day(quarter)),
        "met": dates.c.actual_on >= first,
        "later": and_(unmet, planned >= day, forecast > planned),
        "ahead": and_(unmet, planned >= day),
        "undated": and_(unmet, planned.is_(None)),
        "done": dates.c.actual_on.is_not(None),
    }


def _counts(
    session: Session, joined: Any, standings: dict[str, ColumnElement[bool]], conditions: Sequence[Any]
) -> dict[str, int]:
    sums = [func.count(), *(func.sum(case((one, 1), else_=0)) for one in standings.values())]
    found = session.execute(select_columns(*sums).select_from(joined).where(*conditions)).one()
    return {name: int(value or 0) for name, value in zip(("all", *standings), found, strict=True)}


def _order(dates: Any) -> tuple[Any, ...]:
    met = case((dates.c.actual_on.is_(None), 0), else_=1)
    return met, func.coalesce(dates.c.planned_on, _NEVER), dates.c.milestone_id


def _from(query: Select[Any], session: Session, dates: Any, after: int | None) -> Select[Any]:
    """The query from the place after a milestone on; from the beginning when there is no such one any more."""
    if after is None:
        return query
    last = session.execute(select_columns(*_order(dates)).where(dates.c.milestone_id == after)).first()
    return query if last is None else query.where(tuple_(*_order(dates)) > tuple(last))


def _listed(session: Session, scope: Scope, rows: Sequence[Any]) -> list[ListedMilestone]:
    states = milestones_of(session, {row[1] for row in rows}, scope.quarter, scope.edition)
    known = {one.milestone_id: one for own in states.values() for one in own}
    ids = {row[1] for row in rows} | {row[2] for row in rows}
    columns = (Project.id, Project.code, Project.name, Project.plan_id)
    projects = {row[0]: row for row in session.execute(select_columns(*columns).where(col(Project.id).in_(ids)))}
    leads = {row[3] for row in rows} - {None}
    names = dict(
        session.execute(select_columns(Department.id, Department.name).where(col(Department.id).in_(leads))).all()
    )
    return [
        ListedMilestone(
            known[row[0]],
            projects[row[1]][1],
            projects[row[1]][2],
            projects[row[2]][1],
            projects[row[1]][3],
            names.get(row[3]),
        )
        for row in rows
    ]
