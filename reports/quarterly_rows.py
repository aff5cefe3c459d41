"""The rows of the report's project schedule (项目调度表): projects by programme or plan, their parts below them.

Texts come from the plan, figures from the one roll-up of each. A few queries, however many projects there are.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import and_, func
from sqlmodel import Session, col

from budgets.estimates import Estimate
from core.database import select_columns
from portfolio.access import Reader
from portfolio.dated import in_force
from portfolio.departments import Department
from portfolio.plans import Heading, headings
from portfolio.projects import Project, ProjectBody
from portfolio.states import not_archived
from portfolio.years import YEARS, years_in
from reports.lamp_reading import project_lamps
from reports.lamps import ProjectLamp
from reports.money_ended import EndedFigures, ended_money
from reports.money_figures import MoneyFigures
from reports.money_groups import within
from reports.money_queries import with_keys
from reports.quarterly_money import ProjectMoney, project_money
from reports.quarterly_money_rows import MoneyRows
from reports.quarterly_scope import Asked
from reports.quarterly_works import ProjectWork, project_works
from reports.reported_states import ended_projects
from reports.return_words import ReturnWords, return_words
from reports.rollup import project_facts, there_in

_MOST_IDS = 10_000  # more ids than this are not named one by one in a statement


@dataclass(frozen=True)
class PartRow:
    """A part of a package; its money stands within the package's and is never added to it. Units: fen."""

    number: str
    project_id: int
    code: str
    name: str
    content: str | None
    place: str | None
    first_year: int | None
    last_year: int | None
    estimate_fen: int | None
    note: str | None


@dataclass(frozen=True)
class ProjectRow:
    """A project of the schedule. `state` is a key of portfolio.projects.STATES, None where none was reported. Units: fen.

    `money` and `lamp` are None for an ended (终止) project, which has `ended` instead; `words` are those of its department's
    accepted return, None without one.
    """

    number: int
    project_id: int
    plan: str
    code: str
    programme: str | None
    package: str | None
    name: str
    content: str | None
    lead: str | None
    body: str | None
    place: str | None
    state: str | None
    first_year: int | None
    last_year: int | None
    estimate_fen: int | None
    note: str | None
    parts: tuple[PartRow, ...] = ()
    money: ProjectMoney | None = None
    works: tuple[ProjectWork, ...] = ()
    lamp: ProjectLamp | None = None
    words: ReturnWords | None = None
    ended: EndedFigures | None = None


@dataclass(frozen=True)
class ProjectGroup:
    """The projects of one programme (of several plans: of one plan) in order, with what the roll-up says of them."""

    name: str | None
    rows: tuple[ProjectRow, ...]
    figures: MoneyFigures


@dataclass(frozen=True)
class _Gathered:
    """What stands beside the rows of projects, by project id or code."""

    tree: Mapping[int, Heading]
    plans: Mapping[int, str]
    bodies: Mapping[int, str]
    leads: Mapping[int, str]
    parts: Mapping[int, Sequence[Any]]
    money: Mapping[str, ProjectMoney] = field(default_factory=dict)
    works: Mapping[str, tuple[ProjectWork, ...]] = field(default_factory=dict)
    lamps: Mapping[int, ProjectLamp] = field(default_factory=dict)
    words: Mapping[int, ReturnWords] = field(default_factory=dict)
    ended: Mapping[str, EndedFigures] = field(default_factory=dict)


def project_groups(
    session: Session, reader: Reader, asked: Asked, money: MoneyRows, sources: Sequence[str]
) -> tuple[tuple[ProjectGroup, ...], tuple[ProjectRow, ...]]:
    """The rows that count, grouped in the plan's order, and the ended projects that do not. `sources` is their reading order."""
    records = _records(session, reader, asked)
    counted = [record for record in records if not record.is_ended]
    ended = [record for record in records if record.is_ended]
    beside = _beside(
        session,
        reader,
        asked,
        [record.id for record in counted],
        project_money(session, reader, asked, money, sources),
        with_ended=bool(ended),
    )
    figures = {one.keys[0]: one for one in money.by(asked.by)}
    groups: dict[str | None, list[_Record]] = {}
    for record in counted:
        heading = beside.tree[record.programme_id].name_at(asked.group.level)
        groups.setdefault(beside.plans[record.plan_id] if asked.by == "plan" else heading, []).append(record)
    number, found = 1, []
    for name, of_group in groups.items():
        rows = tuple(_row(record, place, beside) for place, record in enumerate(of_group, start=number))
        number += len(rows)
        found.append(ProjectGroup(name, rows, figures.get(name) or MoneyFigures((name,))))
    return tuple(found), tuple(_row(record, place, beside) for place, record in enumerate(ended, start=number))


def _records(session: Session, reader: Reader, asked: Asked) -> "list[_Record]":
    """One record per top-level project of the scope, ended ones too, in the order of the plans."""
    facts = project_facts(reader, asked.scope).subquery()
    joined, columns = with_keys(facts, facts, asked.group.by, asked.group.level)
    deepest = [facts.c[f"programme_{level}"] for level in (3, 2, 1)]
    query = (
        select_columns(
            *(Project.id, Project.plan_id, Project.code, Project.name, Project.content, Project.place, Project.note),
            *(facts.c.first_year, facts.c.last_year, facts.c.department_id, facts.c.fen),
            col(Project.id).in_(ended_projects(asked.quarter, asked.scope.edition)),
            func.coalesce(*deepest),
        )
        .select_from(joined)
        .join(Project, col(Project.id) == facts.c.project_id)
        .where(*within(asked.group, columns))
        .order_by(col(Project.position), col(Project.id))
    )
    places = {plan.id: place for place, plan in enumerate(asked.plans)}
    rows = [_Record(*row) for row in session.execute(query)]
    return sorted(rows, key=lambda row: places[row.plan_id])


class _Record(NamedTuple):
    """A project as it is read, with the deepest heading that it stands under."""

    id: int
    plan_id: int
    code: str
    name: str
    content: str | None
    place: str | None
    note: str | None
    first_year: int | None
    last_year: int | None
    department_id: int | None
    fen: int | None
    is_ended: bool
    programme_id: int


def _beside(
    session: Session,
    reader: Reader,
    asked: Asked,
    ids: list[int],
    money: Mapping[str, ProjectMoney],
    *,
    with_ended: bool,
) -> _Gathered:
    plan_ids = asked.scope.plan_ids or frozenset()
    limit = ids if asked.narrow and len(ids) <= _MOST_IDS else None
    names = dict(session.execute(select_columns(Department.id, Department.name)).all())
    words: dict[int, ReturnWords] = {}
    if not asked.yearly or asked.quarter % 10 == 4:
        for plan in asked.plans:
            words |= return_words(session, plan, asked.quarter)
    return _Gathered(
        tree=headings(session, set(plan_ids)),
        plans={plan.id or 0: plan.code for plan in asked.plans},
        bodies=_bodies(session, asked),
        leads=names,
        parts=_parts(session, asked),
        money=money,
        works=project_works(session, reader, asked),
        lamps=project_lamps(session, reader, asked.scope, limit),
        words=words,
        ended={str(one.keys[0]): one for one in ended_money(session, reader, asked.scope, ("project",))}
        if with_ended
        else {},
    )


def _bodies(session: Session, asked: Asked) -> dict[int, str]:
    """Who builds each project, by its id."""
    query = (
        select_columns(ProjectBody.project_id, Department.name)
        .join(Department, col(Department.id) == ProjectBody.department_id)
        .join(Project, col(Project.id) == ProjectBody.project_id)
        .where(
            col(Project.plan_id).in_(asked.scope.plan_ids or ()),
            col(ProjectBody.role) == "body",
            in_force(ProjectBody, asked.quarter),
        )
    )
    return dict(session.execute(query).all())


def _labelled(quarter: int) -> list[Any]:
    return [year.label(name) for name, year in zip(YEARS, years_in(Project, quarter), strict=True)]


def _parts(session: Session, asked: Asked) -> dict[int, list[Any]]:
    """The parts that count of each package, in order."""
    query = (
        select_columns(
            *(Project.parent_id, Project.id, Project.code, Project.name, Project.content, Project.place, Project.note),
            *(*_labelled(asked.quarter), Estimate.amount_fen),
        )
        .outerjoin(Estimate, and_(col(Estimate.project_id) == Project.id, in_force(Estimate, asked.quarter)))
        .where(
            col(Project.plan_id).in_(asked.scope.plan_ids or ()),
            col(Project.parent_id).is_not(None),
            not_archived(Project, asked.quarter, asked.scope.edition),
            there_in(Project, asked.quarter),
            col(Project.id).not_in(ended_projects(asked.quarter, asked.scope.edition)),
        )
        .order_by(col(Project.position), col(Project.id))
    )
    found: dict[int, list[Any]] = defaultdict(list)
    for row in session.execute(query):
        found[row.parent_id].append(row)
    return found


def _row(record: _Record, number: int, beside: _Gathered) -> ProjectRow:
    heading = beside.tree[record.programme_id]
    lamp = None if record.is_ended else beside.lamps.get(record.id)
    return ProjectRow(
        number=number,
        project_id=record.id,
        plan=beside.plans[record.plan_id],
        code=record.code,
        programme=heading.name_at(1),
        package=heading.name_at(2),
        name=record.name,
        content=record.content,
        lead=None if record.department_id is None else beside.leads.get(record.department_id),
        body=beside.bodies.get(record.id),
        place=record.place,
        state="ended" if record.is_ended else None if lamp is None else lamp.progress.state,
        first_year=record.first_year,
        last_year=record.last_year,
        estimate_fen=None if record.fen is None else int(record.fen),
        note=record.note,
        parts=tuple(
            _part(part, f"{number}.{place}") for place, part in enumerate(beside.parts.get(record.id, ()), start=1)
        ),
        money=beside.money.get(record.code),
        works=beside.works.get(record.code, ()),
        lamp=lamp,
        words=beside.words.get(record.id),
        ended=beside.ended.get(record.code),
    )


def _part(row: Any, number: str) -> PartRow:
    names = ("code", "name", "content", "place", "first_year", "last_year", "note")
    fields = {name: getattr(row, name) for name in names}
    return PartRow(number=number, project_id=row.id, estimate_fen=row.amount_fen, **fields)
