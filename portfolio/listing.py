"""The list of projects: a derived row per project, its search index, filters, and pages by key instead of by number."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, insert, or_, tuple_
from sqlmodel import Session, col, select

from core.calendar import current_quarter
from core.database import select_columns
from core.text import grams, matching_key, query_grams, sorting_key
from portfolio.access import Reader
from portfolio.dated import in_force
from portfolio.departments import Department
from portfolio.plans import Heading, Plan, headings
from portfolio.projects import Project, ProjectBody, ProjectGram, ProjectListing, ProjectProgramme

PAGE = 50
_BATCH = 500

# What a list may be sorted by: the name in the address, and the column with an index of its own.
SORTS = {
    "order": ProjectListing.order_key,
    "name": ProjectListing.name_sort,
    "programme": ProjectListing.programme_sort,
    "lead": ProjectListing.lead_sort,
    "first_year": ProjectListing.first_year,
    "last_year": ProjectListing.last_year,
    "estimate": ProjectListing.estimate_fen,
}


@dataclass(frozen=True)
class ProjectFilter:
    """What the list is narrowed to; None or empty means not narrowed."""

    text: str = ""
    plan_id: int | None = None
    programme_id: int | None = None
    lead_id: int | None = None
    no_lead: bool = False
    year: int | None = None
    has_estimate: bool | None = None


@dataclass(frozen=True)
class Cursor:
    """The place between two pages: the sort value (None among the rows without one) and the id of the last row."""

    value: str | int | None
    project_id: int


@dataclass(frozen=True)
class ListPage:
    """Up to PAGE rows, and the cursor of the next page when there is one."""

    rows: Sequence[Any]
    following: Cursor | None


def refresh(session: Session, project_ids: Iterable[int]) -> None:
    """Derives the rows and search entries of these projects anew. Estimates are added by budgets/estimates.py."""
    ids = sorted(set(project_ids))
    quarter = current_quarter()
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        kept = dict(
            session.exec(
                select(ProjectListing.project_id, ProjectListing.estimate_fen).where(
                    col(ProjectListing.project_id).in_(batch)
                )
            ).all()
        )
        session.execute(delete(ProjectListing).where(col(ProjectListing.project_id).in_(batch)))
        session.execute(delete(ProjectGram).where(col(ProjectGram.project_id).in_(batch)))
        rows, entries = derived(session, batch, quarter)
        for row in rows:
            row["estimate_fen"] = kept.get(row["project_id"])
        if rows:
            session.execute(insert(ProjectListing), rows)
            session.execute(insert(ProjectGram), entries)


def derived(session: Session, ids: list[int], quarter: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows (without estimates) and search entries that the facts give for these projects."""
    projects = session.exec(
        select(Project, Plan.code)
        .join(Plan, col(Plan.id) == Project.plan_id)
        .where(col(Project.id).in_(ids), col(Project.archived_at).is_(None), col(Project.parent_id).is_(None))
    ).all()
    members = dict(
        session.exec(
            select(ProjectProgramme.project_id, ProjectProgramme.programme_id).where(
                col(ProjectProgramme.project_id).in_(ids), in_force(ProjectProgramme, quarter)
            )
        ).all()
    )
    tree = headings(session, {project.plan_id for project, _ in projects})
    bodies: dict[tuple[int, str], tuple[int, str, str]] = {
        (project_id, role): (id_, name, sort)
        for project_id, role, id_, name, sort in session.execute(
            select_columns(
                ProjectBody.project_id, ProjectBody.role, Department.id, Department.name, Department.name_sort
            ).join(Department, col(Department.id) == ProjectBody.department_id)
            .where(col(ProjectBody.project_id).in_(ids), in_force(ProjectBody, quarter))
        )
    }  # fmt: skip
    parts: dict[int, list[Project]] = {}
    for part in session.exec(
        select(Project)
        .where(col(Project.parent_id).in_(ids), col(Project.archived_at).is_(None))
        .order_by(col(Project.position), col(Project.id))
    ):
        parts.setdefault(part.parent_id or 0, []).append(part)
    rows, entries = [], []
    for project, plan_code in projects:
        assert project.id is not None
        own_parts = parts.get(project.id, [])
        lead = bodies.get((project.id, "lead"))
        body = bodies.get((project.id, "body"))
        texts = [project.code, project.name, project.content, project.place]
        texts += [text for part in own_parts for text in (part.name, part.content)]
        texts += [found[1] for found in (lead, body) if found]
        row = _row(project, plan_code, tree.get(members.get(project.id, 0)), lead, body, len(own_parts))
        rows.append(row | {"search_text": "\n".join(matching_key(text) for text in texts if text)})
        wanted = set().union(*(grams(text) for text in texts if text))
        entries += [{"gram": gram, "project_id": project.id} for gram in sorted(wanted)]
    return rows, entries


def _row(
    project: Project,
    plan_code: str,
    heading: Heading | None,
    lead: tuple[int, str, str] | None,
    body: tuple[int, str, str] | None,
    parts: int,
) -> dict[str, Any]:
    path = heading.path if heading else ()
    return {
        "project_id": project.id,
        "plan_id": project.plan_id,
        "code": project.code,
        "order_key": f"{plan_code}:{project.position:07d}",
        "name": project.name,
        "name_sort": sorting_key(project.name),
        "programme_1": heading.id_at(1) if heading else None,
        "programme_2": heading.id_at(2) if heading else None,
        "programme_3": heading.id_at(3) if heading else None,
        "programme": heading.name_at(1) if heading else None,
        "package": heading.name_at(2) if heading else None,
        "programme_sort": "|".join(sorting_key(name)[:100] for _, name in path) or None,
        "lead_id": lead[0] if lead else None,
        "lead": lead[1] if lead else None,
        "lead_sort": lead[2] if lead else None,
        "body": body[1] if body else None,
        "first_year": project.first_year,
        "last_year": project.last_year,
        "parts": parts,
    }


def conditions(reader: Reader, chosen: ProjectFilter) -> list[ColumnElement[bool]]:
    """What the gate and the filter ask of a row of the list."""
    listing = ProjectListing
    asked: list[ColumnElement[bool]] = [reader.sees(listing.plan_id)]  # type: ignore[arg-type]
    if chosen.plan_id is not None:
        asked.append(col(listing.plan_id) == chosen.plan_id)
    if chosen.programme_id is not None:
        wanted = chosen.programme_id
        levels = (listing.programme_1, listing.programme_2, listing.programme_3)
        asked.append(or_(*(col(level) == wanted for level in levels)))
    if chosen.no_lead:
        asked.append(col(listing.lead_id).is_(None))
    elif chosen.lead_id is not None:
        asked.append(col(listing.lead_id) == chosen.lead_id)
    if chosen.year is not None:
        asked.append(and_(col(listing.first_year) <= chosen.year, col(listing.last_year) >= chosen.year))
    if chosen.has_estimate is not None:
        missing = col(listing.estimate_fen).is_(None)
        asked.append(~missing if chosen.has_estimate else missing)
    if chosen.text.strip():
        asked += _text_conditions(chosen.text)
    return asked


def _text_conditions(text: str) -> list[ColumnElement[bool]]:
    """Every word stands in the project's texts: found by its pairs of characters, then looked at as a whole."""
    wanted = sorted(query_grams(text))
    if not wanted:
        return []
    whole = [
        col(ProjectListing.search_text).contains(matching_key(word), autoescape=True)
        for word in text.split()
        if matching_key(word)
    ]
    holding = (
        select(ProjectGram.project_id)
        .where(col(ProjectGram.gram).in_(wanted))
        .group_by(col(ProjectGram.project_id))
        .having(func.count() == len(wanted))
    )
    return [col(ProjectListing.project_id).in_(holding), *whole]


_COLUMNS = tuple(getattr(ProjectListing, name) for name in (
    "project_id", "plan_id", "code", "order_key", "name", "name_sort", "programme", "package", "programme_sort",
    "lead_id", "lead", "lead_sort", "body", "first_year", "last_year", "parts", "estimate_fen",
))  # fmt: skip


def page_of(
    session: Session,
    reader: Reader,
    chosen: ProjectFilter,
    *,
    sort: str = "order",
    descending: bool = False,
    after: Cursor | None = None,
    size: int = PAGE,
) -> ListPage:
    """One page of the list. Rows without a value in the sorted column come last, whichever way it is sorted."""
    column: Any = SORTS[sort]
    asked = conditions(reader, chosen)
    rows: list[Any] = []
    if after is None or after.value is not None:
        query = _ordered(select_columns(*_COLUMNS).where(*asked, column.is_not(None)), column, descending)
        if after is not None:
            place = tuple_(column, col(ProjectListing.project_id))
            beyond = (after.value, after.project_id)
            query = query.where(place < beyond if descending else place > beyond)
        rows += session.execute(query.limit(size + 1)).all()
    if len(rows) <= size and ProjectListing.__table__.c[column.key].nullable:  # type: ignore[attr-defined]
        query = select_columns(*_COLUMNS).where(*asked, column.is_(None)).order_by(col(ProjectListing.project_id))
        if after is not None and after.value is None:
            query = query.where(col(ProjectListing.project_id) > after.project_id)
        rows += session.execute(query.limit(size + 1 - len(rows))).all()
    following = None
    if len(rows) > size:
        last = rows[size - 1]
        following = Cursor(getattr(last, column.key), last.project_id)
    return ListPage(rows[:size], following)


def _ordered(query: Select[Any], column: Any, descending: bool) -> Select[Any]:
    id_ = col(ProjectListing.project_id)
    return query.order_by(column.desc(), id_.desc()) if descending else query.order_by(column, id_)


@dataclass(frozen=True)
class ListTotals:
    """What the whole filtered list adds up to: counts, and fen (None when no row has an estimate)."""

    projects: int
    without_estimate: int
    estimate_fen: int | None


def totals_of(session: Session, reader: Reader, chosen: ProjectFilter) -> ListTotals:
    """The totals of the filtered list, in one query."""
    estimate = col(ProjectListing.estimate_fen)
    row = session.execute(
        select(func.count(), func.count(estimate), func.sum(estimate)).where(*conditions(reader, chosen))
    ).one()
    return ListTotals(row[0], row[0] - row[1], None if row[2] is None else int(row[2]))


def every_row(session: Session, reader: Reader, chosen: ProjectFilter, *, sort: str, descending: bool) -> Iterable[Any]:
    """All rows of the filtered list, page by page, for exports."""
    after: Cursor | None = None
    while True:
        page = page_of(session, reader, chosen, sort=sort, descending=descending, after=after, size=_BATCH)
        yield from page.rows
        if page.following is None:
            return
        after = page.following
