"""The list of projects as people read it: filters, and pages by key instead of by number. project_totals.py adds it up.

It is read from the derived list of now, or from any other source with the same columns (reports/past_listing.py has one).
A query is built once for each list that is asked for and then kept: building it costs as much as running it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, func, or_, true, tuple_
from sqlmodel import Session, col, select

from core.database import select_columns
from core.text import matching_key, query_grams
from portfolio.access import Reader
from portfolio.projects import ProjectGram, ProjectListing

PAGE = 50
_EXPORTED = 500  # rows of an export held at once
KEPT = 512  # queries that are kept

Seen = frozenset[int] | None  # the plans that the reader sees; None: every plan

# What a list may be sorted by: the name in the address, and the column (of the derived list each has an index of its own).
SORTS = {
    "order": "order_key",
    "name": "name_sort",
    "programme": "programme_sort",
    "lead": "lead_sort",
    "first_year": "first_year",
    "last_year": "last_year",
    "estimate": "estimate_fen",
    "appropriated": "appropriated_fen",
    "work_done": "work_done_fen",
    "paid": "paid_fen",
}


@dataclass(frozen=True)
class ListSource:
    """What the list is read from: one row per project, with the columns of ProjectListing. `values` fill its parameters."""

    rows: FromClause
    values: Mapping[str, Any] | None = field(default=None, compare=False)

    def column(self, name: str) -> ColumnElement[Any]:
        return self.rows.c[name]


NOW = ListSource(ProjectListing.__table__)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class ProjectFilter:
    """What the list is narrowed to; None or empty means not narrowed."""

    text: str = ""
    plan_id: int | None = None
    programme_id: int | None = None
    lead_id: int | None = None
    no_lead: bool = False
    year: int | None = None
    no_years: bool = False  # the first or the last year is not known
    has_estimate: bool | None = None
    project_ids: frozenset[int] | None = None  # what was found elsewhere, such as the projects of one lamp


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


def conditions(seen: Seen, chosen: ProjectFilter, source: ListSource = NOW) -> list[ColumnElement[bool]]:
    """What the gate and the filter ask of a row of the list."""
    listing = source.rows.c
    asked: list[ColumnElement[bool]] = [true() if seen is None else listing.plan_id.in_(seen)]
    if chosen.plan_id is not None:
        asked.append(listing.plan_id == chosen.plan_id)
    if chosen.programme_id is not None:
        wanted = chosen.programme_id
        asked.append(or_(*(listing[f"programme_{level}"] == wanted for level in (1, 2, 3))))
    if chosen.no_lead:
        asked.append(listing.lead_id.is_(None))
    elif chosen.lead_id is not None:
        asked.append(listing.lead_id == chosen.lead_id)
    if chosen.year is not None:
        asked.append(and_(listing.first_year <= chosen.year, listing.last_year >= chosen.year))
    if chosen.no_years:
        asked.append(or_(listing.first_year.is_(None), listing.last_year.is_(None)))
    if chosen.has_estimate is not None:
        missing = listing.estimate_fen.is_(None)
        asked.append(~missing if chosen.has_estimate else missing)
    if chosen.project_ids is not None:
        asked.append(listing.project_id.in_(sorted(chosen.project_ids)))
    if chosen.text.strip():
        asked += _text_conditions(chosen.text, source)
    return asked


def _text_conditions(text: str, source: ListSource) -> list[ColumnElement[bool]]:
    """Every word stands in the project's texts: found by its pairs of characters, then looked at as a whole."""
    wanted = sorted(query_grams(text))
    if not wanted:
        return []
    whole = [
        source.column("search_text").contains(matching_key(word), autoescape=True)
        for word in text.split()
        if matching_key(word)
    ]
    holding = (
        select(ProjectGram.project_id)
        .where(col(ProjectGram.gram).in_(wanted))
        .group_by(col(ProjectGram.project_id))
        .having(func.count() == len(wanted))
    )
    return [source.column("project_id").in_(holding), *whole]


_COLUMNS = (
    "project_id", "plan_id", "code", "order_key", "name", "name_sort", "programme", "package", "programme_sort",
    "lead_id", "lead", "lead_sort", "body", "first_year", "last_year", "parts", "state", "estimate_fen",
    "appropriated_fen", "work_done_fen", "paid_fen",
)  # fmt: skip


def page_of(
    session: Session,
    reader: Reader,
    chosen: ProjectFilter,
    *,
    source: ListSource = NOW,
    sort: str = "order",
    descending: bool = False,
    after: Cursor | None = None,
    size: int = PAGE,
) -> ListPage:
    """One page of the list. Rows without a value in the sorted column come last, whichever way it is sorted."""
    seen = reader.plans_for("view")
    name = SORTS[sort]
    rows: list[Any] = []
    if after is None or after.value is not None:
        first = _rows_with_a_value(source, seen, chosen, name, descending, after, size + 1)
        rows += session.execute(first, source.values).all()
    if len(rows) <= size and NOW.rows.c[name].nullable:
        last_id = after.project_id if after is not None and after.value is None else 0
        rest = _rows_without(source, seen, chosen, name, last_id, size + 1 - len(rows))
        rows += session.execute(rest, source.values).all()
    following = None
    if len(rows) > size:
        last = rows[size - 1]
        following = Cursor(getattr(last, name), last.project_id)
    return ListPage(rows[:size], following)


@lru_cache(maxsize=KEPT)
def _rows_with_a_value(
    source: ListSource,
    seen: Seen,
    chosen: ProjectFilter,
    name: str,
    descending: bool,
    after: Cursor | None,
    limit: int | None,
) -> Select[Any]:
    column, id_ = source.column(name), source.column("project_id")
    query = _listed(source, seen, chosen).where(column.is_not(None))
    query = query.order_by(column.desc(), id_.desc()) if descending else query.order_by(column, id_)
    if after is not None:
        place = tuple_(column, id_)
        beyond = (after.value, after.project_id)
        query = query.where(place < beyond if descending else place > beyond)
    return query.limit(limit)


@lru_cache(maxsize=KEPT)
def _rows_without(
    source: ListSource, seen: Seen, chosen: ProjectFilter, name: str, last_id: int, limit: int | None
) -> Select[Any]:
    id_ = source.column("project_id")
    query = _listed(source, seen, chosen).where(source.column(name).is_(None), id_ > last_id)
    return query.order_by(id_).limit(limit)


def _listed(source: ListSource, seen: Seen, chosen: ProjectFilter) -> Select[Any]:
    return select_columns(*map(source.column, _COLUMNS)).where(*conditions(seen, chosen, source))


def plans_among(
    session: Session, reader: Reader, chosen: ProjectFilter, plan_ids: Collection[int], source: ListSource = NOW
) -> Sequence[int]:
    """Those of some plans that have projects in the filtered list."""
    plan_id = source.column("plan_id")
    query = select_columns(plan_id).where(*conditions(reader.plans_for("view"), chosen, source), plan_id.in_(plan_ids))
    return session.scalars(query.distinct(), source.values).all()


def every_row(
    session: Session, reader: Reader, chosen: ProjectFilter, *, source: ListSource = NOW, sort: str, descending: bool
) -> Iterable[Any]:
    """All rows of the filtered list in the order of its pages, as they come, for exports."""
    seen, name = reader.plans_for("view"), SORTS[sort]
    piecemeal = {"yield_per": _EXPORTED}
    for query in (
        _rows_with_a_value(source, seen, chosen, name, descending, None, None),
        _rows_without(source, seen, chosen, name, 0, None),
    ):
        yield from session.execute(query, source.values, execution_options=piecemeal)
