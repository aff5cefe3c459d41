"""What the filtered list of projects adds up to: counts, estimates and money, without the projects that are ended.

It is read from the sums kept by plan where the list of now is of whole plans, else from the rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, case, func, literal, or_, true, union_all
from sqlmodel import Session

from core.database import select_columns
from portfolio.access import Reader
from portfolio.project_list import KEPT, NOW, ListSource, ProjectFilter, Seen, conditions
from portfolio.projects import PlanListing

_MONEY = ("work_done_fen", "paid_fen")
_SHOWN_MONEY = ("appropriated_fen", *_MONEY)

HasEntries = ColumnElement[bool] | None


@dataclass(frozen=True)
class ListTotals:
    """What the whole filtered list adds up to: counts, and fen (None when no row has an estimate).

    Ended (终止) projects leave these counts, as they leave the roll-up, and are counted apart. `has_money` tells whether a
    project of the plans in question has money now, whatever else the list is narrowed to: without it a list shows none, and
    the sums of money are None.
    """

    projects: int
    without_estimate: int
    estimate_fen: int | None
    ended: int = 0
    has_money: bool = False
    work_done_fen: int | None = None
    paid_fen: int | None = None

    @property
    def rows(self) -> int:
        """The lines of the list, ended projects among them."""
        return self.projects + self.ended


def totals_of(
    session: Session, reader: Reader, chosen: ProjectFilter, source: ListSource = NOW, *, entries: HasEntries = None
) -> ListTotals:
    """The totals of the filtered list, in one query, or two where there is money.

    `entries` is the condition that the plans have money even where it adds up to nothing, which the list alone cannot tell; the
    same condition must be the same object.
    """
    seen = reader.plans_for("view")
    if source is not NOW:
        return _then(session, seen, chosen, source, entries)
    whole = replace(chosen, plan_id=None, text=chosen.text.strip()) == ProjectFilter()
    totals = _kept(session, seen, chosen.plan_id, entries) if whole else _counted(session, seen, chosen, entries)
    if not totals.has_money:
        return totals
    money = (_kept_money if whole else _money)(seen, chosen)
    return _with_money(totals, session.execute(money).one())


def _with_money(totals: ListTotals, sums: Sequence[Any]) -> ListTotals:
    done, paid = (int(fen or 0) for fen in sums)
    return replace(totals, work_done_fen=done, paid_fen=paid)


def _kept(session: Session, seen: Seen, plan_id: int | None, entries: HasEntries) -> ListTotals:
    """The totals of whole plans, from the sums that are kept."""
    *sums, has_money = session.execute(_kept_sums(seen, plan_id, entries)).one()
    counting, with_estimate, fen, ended = (int(number or 0) for number in sums)
    return ListTotals(counting, counting - with_estimate, fen if with_estimate else None, ended, bool(has_money))


def _counted(session: Session, seen: Seen, chosen: ProjectFilter, entries: HasEntries = None) -> ListTotals:
    """The totals, from every row of the filtered list."""
    every, ended = sorted(session.execute(_sums(seen, chosen, entries)).all(), key=lambda row: row.part)
    totals = _totals(every.projects, every.known, every.fen, ended.projects, ended.known, ended.fen)
    return replace(totals, has_money=bool(every.has_money))


def _then(session: Session, seen: Seen, chosen: ProjectFilter, source: ListSource, entries: HasEntries) -> ListTotals:
    """The totals of a source whose rows are made as they are read."""
    has_money = bool(session.scalar(select_columns(_some_money(seen, chosen.plan_id, entries))))
    row = session.execute(_sums_at_once(source, seen, chosen, with_money=has_money), source.values).one()
    totals = replace(_totals(*row[:6]), has_money=has_money)
    return _with_money(totals, row[6:]) if has_money else totals


def _totals(*sums: Any) -> ListTotals:
    projects, known, fen, ended, ended_known, ended_fen = (int(number or 0) for number in sums)
    counting, with_estimate = projects - ended, known - ended_known
    return ListTotals(counting, counting - with_estimate, fen - ended_fen if with_estimate else None, ended)


def _some_money(seen: Seen, plan_id: int | None, entries: HasEntries) -> ColumnElement[bool]:
    """Whether any project of these plans has a sum of money above 0, or there are entries.

    First whether any project at all has, which the index of each column tells at once: that is why they are asked one by
    one, and for amounts above 0.
    """
    listed = ListSource(NOW.rows.alias("anywhere"))
    above = [listed.column(name) > 0 for name in _SHOWN_MONEY]
    anywhere = or_(*(select_columns(literal(1)).where(one).exists() for one in above))
    if seen is None and plan_id is None:
        return anywhere if entries is None else or_(anywhere, entries)
    of_plans = conditions(seen, ProjectFilter(plan_id=plan_id), listed)
    here = and_(anywhere, select_columns(literal(1)).where(*of_plans, or_(*above)).exists())
    return here if entries is None else or_(here, entries)


@lru_cache(maxsize=KEPT)
def _kept_sums(seen: Seen, plan_id: int | None, entries: HasEntries) -> Select[Any]:
    """One row: what was counted for the plans that are seen, without the ended projects, how many those are, and whether
    there is money.
    """
    kept = PlanListing.__table__.c  # type: ignore[attr-defined]
    # Four sums and not six: where thousands of plans are seen, each sum costs more than the rest of the query.
    counting = (kept.projects - kept.ended, kept.known - kept.ended_known, kept.estimate_fen - kept.ended_fen)
    query = select_columns(*map(func.sum, (*counting, kept.ended)), _some_money(seen, plan_id, entries))
    if seen is not None:
        query = query.where(kept.plan_id.in_(seen))
    return query if plan_id is None else query.where(kept.plan_id == plan_id)


@lru_cache(maxsize=KEPT)
def _kept_money(seen: Seen, chosen: ProjectFilter) -> Select[Any]:
    """One row: the money of whole plans. Each sum is a query of its own, which the index of its column answers alone.

    The ended projects are looked up by id: SQLite would rather go through all rows than believe that they are few.
    """
    asked, found = conditions(seen, chosen), ListSource(NOW.rows.alias("found"))
    few = select_columns(found.column("project_id")).where(found.column("state") == "ended")
    ended = NOW.column("project_id").in_(few)

    def total(name: str, *more: ColumnElement[bool]) -> Any:
        sums = select_columns(func.sum(NOW.column(name))).where(*asked, *more)
        return func.coalesce(sums.scalar_subquery(), 0)

    return select_columns(*(total(name) - total(name, ended) for name in _MONEY))


@lru_cache(maxsize=KEPT)
def _money(seen: Seen, chosen: ProjectFilter) -> Select[Any]:
    """One row: the money of the filtered rows, which are gone through once."""
    counting = func.coalesce(NOW.column("state"), "") != "ended"
    sums = (func.sum(case((counting, NOW.column(name)))) for name in _MONEY)
    return select_columns(*sums).where(*conditions(seen, chosen))


@lru_cache(maxsize=KEPT)
def _sums(seen: Seen, chosen: ProjectFilter, entries: HasEntries) -> CompoundSelect[Any]:
    """Two rows: the sums of all rows, and those of the ended ones, which are few and found by an index of their own."""
    estimate, asked = NOW.column("estimate_fen"), conditions(seen, chosen)
    sums = (func.count().label("projects"), func.count(estimate).label("known"), func.sum(estimate).label("fen"))
    has_money = _some_money(seen, chosen.plan_id, entries).label("has_money")
    every = select_columns(literal(1).label("part"), *sums, has_money).select_from(NOW.rows).where(*asked)
    ended = select_columns(literal(2), *sums, true()).select_from(NOW.rows)
    return union_all(every, ended.where(*asked, NOW.column("state") == "ended"))


@lru_cache(maxsize=KEPT)
def _sums_at_once(source: ListSource, seen: Seen, chosen: ProjectFilter, *, with_money: bool) -> Select[Any]:
    """One row: the same from a source whose rows are made as they are read, so that each is made once."""
    money = _MONEY if with_money else ()
    columns = (source.column(name) for name in ("estimate_fen", "state", *money))
    listed = select_columns(*columns).where(*conditions(seen, chosen, source)).cte("listed").prefix_with("MATERIALIZED")
    estimate, is_ended = listed.c.estimate_fen, listed.c.state == "ended"
    ended_fen = case((is_ended, estimate))
    sums = (func.count(), func.count(estimate), func.sum(estimate))
    counting = (func.sum(case((is_ended, 0), else_=listed.c[name])) for name in money)
    return select_columns(*sums, func.count(case((is_ended, 1))), func.count(ended_fen), func.sum(ended_fen), *counting)
