"""Works as people read them: filters, and pages by key. What they add up to stands in reports/works.py."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from core.database import select_columns
from core.text import matching_key
from milestones.quantities import Measure
from milestones.work_rules import plot_key
from milestones.works import WorkEntry
from portfolio.access import Reader
from portfolio.dated import in_force
from portfolio.facts import APPROVED, REJECTED
from portfolio.projects import Project, ProjectBody, ProjectProgramme

PAGE = 50
_EXPORTED = 500  # rows of an export held at once

_PACKAGE = aliased(Project)
_REVERSAL = aliased(WorkEntry)
top_project = func.coalesce(col(Project.parent_id), col(Project.id))


@dataclass(frozen=True)
class WorkFilter:
    """What the list is narrowed to; None or empty means not narrowed.

    Units: `in_quarter` is the quarter of the business date; `until_quarter` bounds it, and `posted_until` the quarter in which
    an entry was posted. `quarter` is the one whose headings and departments hold.
    """

    quarter: int
    plan_id: int | None = None
    project_ids: frozenset[int] | None = None  # leaf projects
    project_text: str = ""
    programme_ids: frozenset[int] | None = None
    department_id: int | None = None
    measure_id: int | None = None
    tier: str | None = None
    kind: str | None = None
    state: str | None = None
    in_quarter: int | None = None
    plot: str = ""
    plot_keys: frozenset[str] | None = None
    until_quarter: int | None = None
    posted_until: int | None = None
    recorded_by: tuple[int | None, str] | None = None


@dataclass(frozen=True)
class Cursor:
    """The place between two pages: the day and the id of the last row."""

    occurred_on: date
    id: int


@dataclass(frozen=True)
class WorkPage:
    rows: Sequence[Any]
    following: Cursor | None


# What a row holds. `reversal_id` names the entry that reverses it, unless that was sent back.
COLUMNS: tuple[Any, ...] = (
    *(
        getattr(WorkEntry, name)
        for name in (
            *(
                "id",
                "project_id",
                "measure_id",
                "tier",
                "kind",
                "quantity_micro",
                "unit",
                "occurred_on",
                "occurred_quarter",
            ),
            *("based_on_id", "reverses_id", "cause", "place", "plot", "plot_key", "latitude_micro", "longitude_micro"),
            *("document", "note", "correction_reason", "state", "recorded_at", "recorded_by_id", "recorded_by"),
            *("submitted_at", "submitted_by_id", "submitted_by", "approved_at", "approved_by_id", "approved_by"),
            *("own_department", "posted_period", "rejected_at", "rejected_by", "rejected_reason", "row_version"),
        )
    ),
    col(Measure.name).label("measure"),
    col(Project.plan_id),
    col(Project.code),
    col(Project.name),
    top_project.label("top_id"),
    func.coalesce(col(_PACKAGE.code), col(Project.code)).label("top_code"),
    col(_PACKAGE.name).label("package_name"),
    col(_REVERSAL.id).label("reversal_id"),
)


def work_page(
    session: Session,
    reader: Reader,
    chosen: WorkFilter,
    *,
    descending: bool = True,
    after: Cursor | None = None,
    size: int = PAGE,
) -> WorkPage:
    """One page of the entries that the reader sees, by business date."""
    query = listed_query(reader, chosen, descending=descending)
    if after is not None:
        place = tuple_(col(WorkEntry.occurred_on), col(WorkEntry.id))
        beyond = (after.occurred_on, after.id)
        query = query.where(place < beyond if descending else place > beyond)
    rows = session.execute(query.limit(size + 1)).all()
    following = Cursor(rows[size - 1].occurred_on, rows[size - 1].id) if len(rows) > size else None
    return WorkPage(rows[:size], following)


def every_work(session: Session, reader: Reader, chosen: WorkFilter, *, descending: bool = True) -> Iterable[Any]:
    """All entries of the filtered list, as they come, for exports."""
    return session.execute(
        listed_query(reader, chosen, descending=descending), execution_options={"yield_per": _EXPORTED}
    )


def count_works(session: Session, reader: Reader, chosen: WorkFilter) -> int:
    """How many entries the filtered list has."""
    query = joined(select_columns(func.count(col(WorkEntry.id)))).where(*conditions(reader, chosen))
    return session.execute(query).scalar_one()


def find_listed(session: Session, reader: Reader, id_: int) -> Any | None:
    """One entry as the list has it, when the reader sees it."""
    query = joined(select_columns(*COLUMNS)).where(reader.sees(Project.plan_id), col(WorkEntry.id) == id_)  # type: ignore[arg-type]
    return session.execute(query).first()


def plans_of_works(session: Session, ids: Collection[int]) -> dict[int, int]:
    """The plan in which each of these entries stands, by their ids; unknown ones are not in it."""
    query = select_columns(WorkEntry.id, Project.plan_id).join(Project, col(Project.id) == col(WorkEntry.project_id))
    return dict(session.execute(query.where(col(WorkEntry.id).in_(sorted(set(ids))))).all())


# ---- the query


def joined(query: Select[Any]) -> Select[Any]:
    """Entries with their project, its package, their measure and what reverses them, entries first."""
    # Said like this, SQLite looks up the project of each entry and does not begin with the projects.
    of_entry: Any = func.coalesce(col(WorkEntry.project_id), col(WorkEntry.project_id))
    reversing = and_(col(_REVERSAL.reverses_id) == WorkEntry.id, col(_REVERSAL.state) != REJECTED)
    with_project = query.select_from(WorkEntry).join(Project, col(Project.id) == of_entry)
    with_measure = with_project.join(Measure, col(Measure.id) == col(WorkEntry.measure_id))
    return with_measure.outerjoin(_PACKAGE, col(_PACKAGE.id) == Project.parent_id).outerjoin(_REVERSAL, reversing)


def listed_query(reader: Reader, chosen: WorkFilter, *, descending: bool) -> Select[Any]:
    """The rows of a filtered list in their order."""
    query = joined(select_columns(*COLUMNS)).where(*conditions(reader, chosen))
    day, id_ = col(WorkEntry.occurred_on), col(WorkEntry.id)
    return query.order_by(day.desc(), id_.desc()) if descending else query.order_by(day, id_)


def conditions(reader: Reader, chosen: WorkFilter) -> list[ColumnElement[bool]]:
    """What the gate and the filter ask of an entry and its project."""
    entry = WorkEntry
    asked: list[ColumnElement[bool]] = [reader.sees(Project.plan_id)]  # type: ignore[arg-type]
    equal = {
        col(Project.plan_id): chosen.plan_id,
        col(entry.measure_id): chosen.measure_id,
        col(entry.tier): chosen.tier,
        col(entry.kind): chosen.kind,
        col(entry.state): chosen.state,
        col(entry.occurred_quarter): chosen.in_quarter,
    }
    asked += [column == wanted for column, wanted in equal.items() if wanted is not None]
    if chosen.state not in (None, APPROVED):
        asked.append(col(entry.state) != APPROVED)  # in the words of the partial index
    if chosen.plot.strip():
        asked.append(col(entry.plot_key) == plot_key(chosen.plot))
    if chosen.plot_keys is not None:
        asked.append(col(entry.plot_key).in_(sorted(chosen.plot_keys)))
    if chosen.until_quarter is not None:
        asked.append(col(entry.occurred_quarter) <= chosen.until_quarter)
    if chosen.posted_until is not None:
        asked.append(col(entry.posted_period) <= chosen.posted_until)
    if chosen.recorded_by is not None:
        person_id, name = chosen.recorded_by
        asked.append(and_(col(entry.recorded_by) == name, col(entry.recorded_by_id).is_not_distinct_from(person_id)))
    return asked + _of_projects(chosen)


def _of_projects(chosen: WorkFilter) -> list[ColumnElement[bool]]:
    entry = WorkEntry
    asked: list[ColumnElement[bool]] = []
    if chosen.project_ids is not None:
        asked.append(col(entry.project_id).in_(sorted(chosen.project_ids)))
    if chosen.project_text.strip():
        asked.append(col(entry.project_id).in_(_named(chosen.project_text)))
    if chosen.programme_ids is not None:
        under = select_columns(ProjectProgramme.project_id).where(
            col(ProjectProgramme.programme_id).in_(sorted(chosen.programme_ids)),
            in_force(ProjectProgramme, chosen.quarter),
        )
        asked.append(top_project.in_(under))
    if chosen.department_id is not None:
        asked.append(top_project.in_(answered_by(chosen.department_id, chosen.quarter, ("lead",))))
    return asked


def answered_by(department_id: int, quarter: int, roles: Collection[str]) -> Select[Any]:
    """The projects for which a department has one of these roles in a quarter."""
    body = ProjectBody
    return select_columns(body.project_id).where(
        col(body.department_id) == department_id, col(body.role).in_(roles), in_force(body, quarter)
    )


def _named(text: str) -> Select[Any]:
    """The projects and parts whose code or name, or that of their package, holds the text."""
    key = matching_key(text)
    if not key:
        return select_columns(Project.id).where(false())
    leaf, package = aliased(Project), aliased(Project)

    def says(one: Any) -> ColumnElement[bool]:
        return or_(func.lower(one.code) == key, col(one.name_key).contains(key, autoescape=True))

    return (
        select_columns(leaf.id)
        .outerjoin(package, col(package.id) == leaf.parent_id)
        .where(or_(says(leaf), says(package)))
    )
