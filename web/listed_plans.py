"""The plans that a reader may narrow the project list to, and how rows of the list name theirs."""

from collections import Counter
from collections.abc import Collection
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from sqlalchemy import Select, bindparam
from sqlmodel import Session

from core.database import select_columns
from portfolio.access import Reader
from portfolio.jurisdictions import Jurisdiction
from portfolio.plans import Plan

SELECTABLE = 300  # plans that a list to choose from may hold; who sees more types the plan's code
_DRAFT = "初稿"  # a word of the plan data, Chinese in both languages

Seen = frozenset[int] | None  # the plans that the reader sees; None: every plan
Wanted = Literal["all", "code", "ids", "drafts"]


class ListedPlan(NamedTuple):
    """A plan that the reader sees. A consultation draft says so in its title and beside its place."""

    id: int
    code: str
    title: str
    place: str
    draft: bool
    jurisdiction_code: str


# The queries are on every page: kept, because building one costs more than running it, and on plain columns, which come back
# faster.


@lru_cache(maxsize=512)
def _first_ids(seen: Seen) -> Select[Any]:
    plan = Plan.__table__.c  # type: ignore[attr-defined]
    query = select_columns(plan.id).limit(SELECTABLE + 1)
    return query if seen is None else query.where(plan.id.in_(seen))


@lru_cache(maxsize=512)
def _query(seen: Seen, wanted: Wanted) -> Select[Any]:
    plan, place = Plan.__table__.c, Jurisdiction.__table__.c  # type: ignore[attr-defined]
    query = (
        select_columns(
            *(plan.id, plan.code, plan.short_title, plan.draft, plan.first_year, plan.last_year),
            *(place.code, place.name),
        )
        .where(place.code == plan.jurisdiction_code)
        .order_by(plan.jurisdiction_code, plan.first_year, plan.id)
    )
    if seen is not None:
        query = query.where(plan.id.in_(seen))
    if wanted == "code":
        return query.where(plan.code == bindparam("wanted_code"))
    if wanted == "ids":
        return query.where(plan.id.in_(bindparam("wanted_ids", expanding=True)))
    return query.where(plan.draft) if wanted == "drafts" else query


def too_many_plans(session: Session, reader: Reader) -> bool:
    """Whether the reader sees more plans than a list to choose from can hold."""
    return len(session.execute(_first_ids(reader.plans_for("view"))).all()) > SELECTABLE


def listed_plans(session: Session, reader: Reader) -> list[ListedPlan]:
    """Every plan that the reader sees. Until a jurisdiction has its next plan, its name is enough to tell them apart."""
    rows = session.execute(_query(reader.plans_for("view"), "all")).all()
    several = Counter(row[-2] for row in rows)
    return [_listed(row, with_years=several[row[-2]] > 1) for row in rows]


def find_listed_plan(session: Session, reader: Reader, code: str) -> ListedPlan | None:
    """The plan of that code, when the reader sees it."""
    row = session.execute(_query(reader.plans_for("view"), "code"), {"wanted_code": code}).first()
    return None if row is None else _listed(row, with_years=True)


def listed_plans_of(session: Session, reader: Reader, ids: Collection[int]) -> list[ListedPlan]:
    """Those of some ids that the reader sees."""
    rows = session.execute(_query(reader.plans_for("view"), "ids"), {"wanted_ids": list(ids)})
    return [_listed(row, with_years=True) for row in rows]


def listed_drafts(session: Session, reader: Reader) -> list[ListedPlan]:
    """The consultation drafts that the reader sees."""
    return [_listed(row, with_years=True) for row in session.execute(_query(reader.plans_for("view"), "drafts"))]


def _listed(row: Any, *, with_years: bool) -> ListedPlan:
    id_, code, title, draft, first, last, place_code, place = row
    named = f"{place} {first}–{last}" if with_years else place
    if not draft:
        return ListedPlan(id_, code, title, named, False, place_code)
    marked = title if _DRAFT in title else f"{title}（{_DRAFT}）"
    return ListedPlan(id_, code, marked, f"{named} {_DRAFT}", True, place_code)
