"""The plans that a reader may narrow the project list to, and how rows of the list name theirs."""

from collections import Counter
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from sqlalchemy import Select, bindparam, case, exists, literal
from sqlmodel import Session

from core.database import select_columns
from core.errors import N_
from portfolio.access import Reader
from portfolio.jurisdictions import Jurisdiction
from portfolio.plans import Plan

SELECTABLE = 300  # plans that a list to choose from may hold; who sees more types the plan's code
_LARGEST_ID = 2**31 - 1
_DRAFT = N_("初稿")  # Chinese in a title, which is Chinese in both languages; templates translate it beside a place

Seen = frozenset[int] | None  # the plans that the reader sees; None: every plan
Wanted = Literal["all", "code", "ids", "drafts"]


class ListedPlan(NamedTuple):
    """A plan that the reader sees. A consultation draft says so in its title, and pages say so beside its place."""

    id: int
    code: str
    title: str
    place: str
    draft: bool
    jurisdiction_code: str


class OfferedPlans(NamedTuple):
    """The plans that a reader may choose from: none of them when they are too many for a list."""

    plans: list[ListedPlan]
    many: bool
    drafts: bool  # whether any plan that the reader sees is a consultation draft


# The queries are on every page: kept, because building one costs more than running it, and on plain columns, which come back
# faster.


def _columns() -> tuple[Any, ...]:
    plan, place = Plan.__table__.c, Jurisdiction.__table__.c  # type: ignore[attr-defined]
    return plan.id, plan.code, plan.short_title, plan.draft, plan.first_year, plan.last_year, place.code, place.name


@lru_cache(maxsize=512)
def _offered_query(seen: Seen) -> Select[Any]:
    """Rows of the largest id that is offered, whether any plan is a draft, and one plan.

    There is always a row; its plan is null where none is offered.
    """
    plan, place = Plan.__table__, Jurisdiction.__table__  # type: ignore[attr-defined]
    any_seen = select_columns(literal(1)).select_from(plan)
    if seen is not None:
        any_seen = any_seen.where(plan.c.id.in_(seen))
    # A limit to the ids, and not a yes or no, because SQLite would put that question to every one of too many plans.
    up_to = case((exists(any_seen.offset(SELECTABLE).limit(1)), 0), else_=_LARGEST_ID).label("up_to")
    facts = select_columns(up_to, exists(any_seen.where(plan.c.draft)).label("drafts")).subquery()
    offered = plan.c.id <= facts.c.up_to
    if seen is not None:
        offered &= plan.c.id.in_(seen)
    return (
        select_columns(*facts.c, *_columns())
        .select_from(facts.outerjoin(plan, offered).outerjoin(place, place.c.code == plan.c.jurisdiction_code))
        .order_by(plan.c.jurisdiction_code, plan.c.first_year, plan.c.id)
    )


@lru_cache(maxsize=512)
def _query(seen: Seen, wanted: Wanted) -> Select[Any]:
    plan, place = Plan.__table__.c, Jurisdiction.__table__.c  # type: ignore[attr-defined]
    query = (
        select_columns(*_columns())
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


def offered_plans(session: Session, reader: Reader) -> OfferedPlans:
    """What a reader may choose from, in one query."""
    rows = session.execute(_offered_query(reader.plans_for("view"))).all()
    up_to, drafts, first_id = rows[0][:3]
    plans = [] if first_id is None else _told_apart([row[2:] for row in rows])
    return OfferedPlans(plans, up_to == 0, bool(drafts))


def listed_plans(session: Session, reader: Reader) -> list[ListedPlan]:
    """Every plan that the reader sees."""
    return _told_apart(session.execute(_query(reader.plans_for("view"), "all")).all())


def _told_apart(rows: Sequence[Any]) -> list[ListedPlan]:
    """The plans of these rows. Until a jurisdiction has its next plan, its name is enough to tell them apart."""
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
    return ListedPlan(id_, code, marked, named, True, place_code)
