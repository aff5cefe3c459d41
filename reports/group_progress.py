"""The three completion figures of groups of projects as of a quarter: by count, by investment, by works, side by side.

Investment and works come from the one roll-up of money and of works; which projects are finished from their states and
milestones. Ended (终止) projects leave all three.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_

from budgets.rates import Rate
from core.database import select_columns
from milestones.milestone_reading import finished_by_milestones, milestone_dates
from portfolio.access import Reader
from portfolio.projects import Project, ProjectState
from portfolio.states import not_archived
from reports.money import money_rollup
from reports.money_figures import MoneyFigures
from reports.money_groups import Group, within
from reports.money_queries import projects_in, with_keys
from reports.reported_states import ended_projects, newest, reported_projects
from reports.rollup import DIMENSIONS, Scope, check_dimensions, counted_projects, names_of, there_in, unknown_last
from reports.three_figures import DueYear, GroupProgress, MeasureFigure, dominating, due_years
from reports.works import works_rollup

_OF_WORKS = ("planned", "claimed", "verified", "surviving", "checked", "unreported")
GROUPS = ("plan", "programme", "department", "jurisdiction", "last_year")


@dataclass(frozen=True)
class _Project:
    """A counted project with the ids of its group. Units: fen."""

    keys: tuple[Any, ...]
    code: str
    name: str
    fen: int | None
    missing: int
    planned_end: date | None
    finished: bool
    reported: bool


def group_progress(
    session: Session,
    reader: Reader,
    scope: Scope,
    by: Sequence[str] = (),
    *,
    level: int = 1,
    looks: bool = False,
    money: Sequence[MoneyFigures] | None = None,
) -> list[GroupProgress]:
    """The figures of every group, sorted by the keys, unknown groups last; without keys one group of everything.

    With `looks` works also say how far they were checked and how many leaves report nothing. `money` is the roll-up of money by
    the same keys, where somebody has it already.

    Errors: UnknownDimension, UnknownLevel; Invalid for an edition that there is not.
    """
    keys = tuple(dict.fromkeys(by))
    check_dimensions(keys, {name: DIMENSIONS[name] for name in GROUPS}, level)
    groups: dict[tuple[Any, ...], list[_Project]] = defaultdict(list)
    for project in _projects(session, reader, scope, keys, level):
        groups[project.keys].append(project)
    names = [names_of(session, name, {ids[place] for ids in groups}) for place, name in enumerate(keys)]
    named = {ids: tuple(known.get(id_, id_) for known, id_ in zip(names, ids, strict=True)) for ids in groups}
    figures = money_rollup(session, reader, scope, keys, level=level) if money is None else money
    invested = {one.keys: one.rates["investment_completion"] for one in figures}
    works: dict[tuple[Any, ...], list[MeasureFigure]] = defaultdict(list)
    for one in works_rollup(session, reader, scope, keys, level=level, looks=looks):
        same = {name: getattr(one, name) for name in _OF_WORKS}
        works[one.keys].append(MeasureFigure(one.measure_id, one.measure, one.unit, **same))
    found = [
        GroupProgress(
            keys=named[ids],
            by_count=Rate(sum(one.finished for one in members), len(members)),
            by_investment=invested[named[ids]],
            by_works=tuple(works.get(named[ids], ())),
            without_estimate=sum(one.missing for one in members),
            unreported=sum(not one.reported for one in members),
            dominant=dominating([(one.code, one.name, one.fen) for one in members]),
            ids=ids,
            whole=set(keys) <= {"plan", "jurisdiction"},
        )
        for ids, members in groups.items()
    ]
    return sorted(found, key=lambda one: unknown_last(one.keys))


def whole_progress(session: Session, reader: Reader, scope: Scope) -> GroupProgress | None:
    """The figures of everything in the scope; None without projects."""
    return next(iter(group_progress(session, reader, scope)), None)


def planned_ends(session: Session, reader: Reader, scope: Scope) -> tuple[DueYear, ...]:
    """What is planned to be finished by the end of each year: so much of the projects, so much of the investment."""
    projects = _projects(session, reader, scope, (), 1)
    return due_years([(one.planned_end, one.fen) for one in projects])


def _projects(session: Session, reader: Reader, scope: Scope, keys: Sequence[str], level: int) -> list[_Project]:
    """The counted projects with their group, in one query, and which of them are finished, in another."""
    facts = counted_projects(reader, scope)
    joined, columns = with_keys(facts, facts, keys, level)
    # Two keys may be the same column (plan and jurisdiction): labels keep them apart.
    labelled = [column.label(f"key_{number}") for number, column in enumerate(columns.values())]
    ends = milestone_dates(scope.quarter, scope.edition, projects_in(reader, scope))
    planned = (
        select_columns(ends.c.project_id, func.max(ends.c.planned_on).label("planned_on"))
        .where(ends.c.kind == "finish")
        .group_by(ends.c.project_id)
        .subquery("ends")
    )
    reported = reported_projects(scope.quarter, scope.edition, projects_in(reader, scope))
    query = (
        select_columns(
            *labelled,
            *(facts.c.project_id, facts.c.project, Project.name, facts.c.fen, facts.c.missing, facts.c.last_year),
            planned.c.planned_on,
            reported.c.project_id.is_not(None),
        )
        .select_from(joined)
        .join(Project, col(Project.id) == facts.c.project_id)
        .outerjoin(planned, planned.c.project_id == facts.c.project_id)
        .outerjoin(reported, reported.c.project_id == facts.c.project_id)
        .order_by(facts.c.project_id)
    )
    finished = finished_ids(session, reader, scope)
    found = []
    for *ids, id_, code, name, fen, missing, last_year, planned_on, is_reported in session.execute(query):
        end = planned_on or (None if last_year is None else date(last_year, 12, 31))
        amount = None if fen is None else int(fen)
        found.append(_Project(tuple(ids), code, name, amount, int(missing), end, id_ in finished, bool(is_reported)))
    return found


def finished_ids(session: Session, reader: Reader, scope: Scope) -> set[int]:
    """The top-level projects that are finished: by their own state or milestones, or because all their parts are.

    The rule of project_progress, as a query.
    """
    kept = projects_in(reader, scope)
    by_state = select_columns(ProjectState.project_id).where(
        col(ProjectState.state).in_(("finished", "accepted")), newest(scope.quarter, scope.edition)
    )
    by_milestones = finished_by_milestones(scope.quarter, scope.edition, kept)
    done = select_columns(Project.id, Project.parent_id).where(
        or_(col(Project.id).in_(by_state), col(Project.id).in_(by_milestones))
    )
    rows = session.execute(done if kept is None else done.where(col(Project.id).in_(kept))).all()
    found = {id_ for id_, parent in rows if parent is None}
    packages = {parent for _, parent in rows if parent is not None} - found
    if not packages:
        return found
    part = aliased(Project)
    alive = select_columns(part.parent_id, part.id).where(
        and_(col(part.parent_id).is_not(None), not_archived(part, scope.quarter, scope.edition)),
        there_in(part, scope.quarter),
        col(part.id).not_in(ended_projects(scope.quarter, scope.edition)),
    )
    finished_parts = {id_ for id_, parent in rows if parent is not None}
    open_ = {parent for parent, id_ in session.execute(alive) if id_ not in finished_parts}
    return found | (packages - open_)


def group_projects(session: Session, reader: Reader, scope: Scope, group: Group) -> list[int]:
    """The ids of the counted projects of one group."""
    facts = counted_projects(reader, scope)
    joined, columns = with_keys(facts, facts, group.by, group.level)
    query = select_columns(facts.c.project_id).select_from(joined).where(*within(group, columns))
    return list(session.scalars(query.order_by(facts.c.project_id)))
