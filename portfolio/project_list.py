"""The list of projects as people read it: filters, pages by key instead of by number, and totals.

A query is built once for each list that is asked for and then kept: building it costs as much as running it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, func, literal, or_, true, tuple_, union_all
from sqlmodel import Session, col, select

from core.database import select_columns
from core.text import matching_key, query_grams
from portfolio.access import Reader
from portfolio.projects import PlanListing, ProjectGram, ProjectListing

PAGE = 50
_EXPORTED = 500  # rows of an export read at once
_KEPT = 512  # queries that are kept

Seen = frozenset[int] | None  # the plans that the reader sees; None: every plan

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


def conditions(seen: Seen, chosen: ProjectFilter) -> list[ColumnElement[bool]]:
    """What the gate and the filter ask of a row of the list."""
    listing = ProjectListing
    asked: list[ColumnElement[bool]] = [true() if seen is None else col(listing.plan_id).in_(seen)]
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
    "lead_id", "lead", "lead_sort", "body", "first_year", "last_year", "parts", "state", "estimate_fen",
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
    seen = reader.plans_for("view")
    column: Any = SORTS[sort]
    rows: list[Any] = []
    if after is None or after.value is not None:
        rows += session.execute(_rows_with_a_value(seen, chosen, sort, descending, after, size + 1)).all()
    if len(rows) <= size and ProjectListing.__table__.c[column.key].nullable:  # type: ignore[attr-defined]
        last_id = after.project_id if after is not None and after.value is None else 0
        rows += session.execute(_rows_without(seen, chosen, sort, last_id, size + 1 - len(rows))).all()
    following = None
    if len(rows) > size:
        last = rows[size - 1]
        following = Cursor(getattr(last, column.key), last.project_id)
    return ListPage(rows[:size], following)


@lru_cache(maxsize=_KEPT)
def _rows_with_a_value(
    seen: Seen, chosen: ProjectFilter, sort: str, descending: bool, after: Cursor | None, limit: int
) -> Select[Any]:
    column: Any = SORTS[sort]
    query = _ordered(
        select_columns(*_COLUMNS).where(*conditions(seen, chosen), column.is_not(None)), column, descending
    )
    if after is not None:
        place = tuple_(column, col(ProjectListing.project_id))
        beyond = (after.value, after.project_id)
        query = query.where(place < beyond if descending else place > beyond)
    return query.limit(limit)


@lru_cache(maxsize=_KEPT)
def _rows_without(seen: Seen, chosen: ProjectFilter, sort: str, last_id: int, limit: int) -> Select[Any]:
    column: Any = SORTS[sort]
    id_ = col(ProjectListing.project_id)
    query = select_columns(*_COLUMNS).where(*conditions(seen, chosen), column.is_(None), id_ > last_id)
    return query.order_by(id_).limit(limit)


def _ordered(query: Select[Any], column: Any, descending: bool) -> Select[Any]:
    id_ = col(ProjectListing.project_id)
    return query.order_by(column.desc(), id_.desc()) if descending else query.order_by(column, id_)


@dataclass(frozen=True)
class ListTotals:
    """What the whole filtered list adds up to: counts, and fen (None when no row has an estimate).

    Ended (终止) projects leave these counts, as they leave the roll-up, and are counted apart.
    """

    projects: int
    without_estimate: int
    estimate_fen: int | None
    ended: int = 0


def totals_of(session: Session, reader: Reader, chosen: ProjectFilter) -> ListTotals:
    """The totals of the filtered list, in one query: from the sums kept by plan where a list is of whole plans."""
    seen = reader.plans_for("view")
    if replace(chosen, plan_id=None, text=chosen.text.strip()) == ProjectFilter():
        return _totals(*session.execute(_kept_sums(seen, chosen.plan_id)).one())
    return _counted(session, seen, chosen)


def _counted(session: Session, seen: Seen, chosen: ProjectFilter) -> ListTotals:
    """The totals, from every row of the filtered list."""
    every, ended = sorted(session.execute(_sums(seen, chosen)).all(), key=lambda row: row.part)
    return _totals(every.projects, every.known, every.fen, ended.projects, ended.known, ended.fen)


def _totals(*sums: Any) -> ListTotals:
    projects, known, fen, ended, ended_known, ended_fen = (int(number or 0) for number in sums)
    counting, with_estimate = projects - ended, known - ended_known
    return ListTotals(counting, counting - with_estimate, fen - ended_fen if with_estimate else None, ended)


@lru_cache(maxsize=_KEPT)
def _kept_sums(seen: Seen, plan_id: int | None) -> Select[Any]:
    """One row: the sums of what was counted for the plans that are seen."""
    kept = PlanListing
    sums = (kept.projects, kept.known, kept.estimate_fen, kept.ended, kept.ended_known, kept.ended_fen)
    query = select_columns(*(func.sum(col(each)) for each in sums))
    if seen is not None:
        query = query.where(col(kept.plan_id).in_(seen))
    return query if plan_id is None else query.where(col(kept.plan_id) == plan_id)


@lru_cache(maxsize=_KEPT)
def _sums(seen: Seen, chosen: ProjectFilter) -> CompoundSelect[Any]:
    """Two rows: the sums of all rows, and those of the ended ones, which are few and found by an index of their own."""
    estimate, asked = col(ProjectListing.estimate_fen), conditions(seen, chosen)
    sums = (func.count().label("projects"), func.count(estimate).label("known"), func.sum(estimate).label("fen"))
    every = select_columns(literal(1).label("part"), *sums).select_from(ProjectListing).where(*asked)
    ended = (
        select_columns(literal(2), *sums)
        .select_from(ProjectListing)
        .where(*asked, col(ProjectListing.state) == "ended")
    )
    return union_all(every, ended)


def every_row(session: Session, reader: Reader, chosen: ProjectFilter, *, sort: str, descending: bool) -> Iterable[Any]:
    """All rows of the filtered list, page by page, for exports."""
    after: Cursor | None = None
    while True:
        page = page_of(session, reader, chosen, sort=sort, descending=descending, after=after, size=_EXPORTED)
        yield from page.rows
        if page.following is None:
            return
        after = page.following
