"""Money warnings: what finance looks into. Each rule is one grouped query over approved entries and plans; none blocks anything.

What blocks (a date in the future, parts that do not add up to their package) is refused where it is written.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from budgets.entries import APPROVED, REJECTED, REVERSAL, LedgerEntry
from budgets.estimates import Estimate
from budgets.gap import funding_of
from budgets.lines import YEAR, BudgetLine
from core.database import select_columns
from core.errors import N_
from portfolio.dated import in_force
from portfolio.facts import AS_CORRECTED, counted
from portfolio.projects import Project
from portfolio.states import not_archived
from portfolio.years import years_in

# 预付款 may reach 30 % of the contract. Source: 财建〔2004〕369号《建设工程价款结算暂行办法》第十二条.
ADVANCE_PERCENT = 30

RULES = {
    "paid_over_received": N_("支付大于到位"),
    "paid_over_work": N_("支付大于完成投资与预付款限额之和"),
    "work_over_estimate": N_("完成投资大于投资估算"),
    "funded_twice": N_("同一来源重复下达"),
    "outside_years": N_("发生日期在起止年限之外"),
    "secured_over_estimate": N_("已落实资金大于投资估算"),
    "carried_over_unspent": N_("结转大于上年未支付的计划"),
}
FORMULAS = {
    "paid_over_received": N_("同一资金来源：累计支付 > 累计到位"),
    "paid_over_work": N_("累计支付 > 累计完成投资 + 累计合同 × 30%%"),
    "work_over_estimate": N_("累计完成投资 > 现行投资估算"),
    "funded_twice": N_("同一项目或同一打包项目内，同一来源、同一文号、同一金额下达两次以上"),
    "outside_years": N_("发生日期早于起始年份或晚于结束年份"),
    "secured_over_estimate": N_("已审核的计划（不含资金渠道待定）> 现行投资估算"),
    "carried_over_unspent": N_(
        "同一项目、同一资金来源：本年计划中的结转 > 上年计划（调整后，含上年的结转）− 上年支付；上年没有计划的为 0"
    ),
}


@dataclass(frozen=True)
class MoneyWarning:
    """One finding about a project or part.

    Units: fen. `over_fen` is what was found, `limit_fen` what it should not exceed, `excess_fen` the difference. `source_id`
    names the source of rules that look at one; `entries` counts the entries behind it where the rule is about entries, and
    `years` names the years of a rule about plans.
    """

    rule: str
    project_id: int
    source_id: int | None
    over_fen: int
    limit_fen: int
    excess_fen: int
    entries: int | None = None
    years: tuple[int, ...] = ()


Condition = ColumnElement[bool]


class AsOf(NamedTuple):
    """The quarter as of which rules look, and the edition."""

    quarter: int
    edition: str


def money_warnings(session: Session, seen: Condition, quarter: int, edition: str = AS_CORRECTED) -> list[MoneyWarning]:
    """Everything found in the projects that the condition (on Project.plan_id) lets through, as of a quarter, by rule.

    Errors: Invalid for an edition that there is not.
    """
    found: list[MoneyWarning] = []
    for rule in RULES:
        found += _FINDERS[rule](session, seen, AsOf(quarter, edition))
    return found


def _sum(stage: str) -> Any:
    return func.sum(case((col(LedgerEntry.stage) == stage, col(LedgerEntry.amount_fen)), else_=0))


def _entries(seen: Condition, when: AsOf, *columns: Any) -> Select[Any]:
    """Approved entries of the projects that count as of a quarter."""
    return (
        select_columns(*columns)
        .select_from(LedgerEntry)
        .join(Project, col(Project.id) == LedgerEntry.project_id)
        .where(counted(LedgerEntry, *when), seen)
    )


def _stands() -> Condition:
    """An entry that is no reversal and was not reversed: there is something to look into."""
    reversal = aliased(LedgerEntry)
    undone = (
        select_columns(reversal.id)
        .where(
            col(reversal.reverses_id) == col(LedgerEntry.id),
            col(reversal.state) == APPROVED,
            # Said as the partial index says it: without it the whole ledger would be read for every entry.
            col(reversal.state) != REJECTED,
        )
        .exists()
    )
    return and_(col(LedgerEntry.kind) != REVERSAL, ~undone)


def _paid_over_received(session: Session, seen: Condition, when: AsOf) -> Iterable[MoneyWarning]:
    paid, received = _sum("paid"), _sum("received")
    keys = (col(LedgerEntry.project_id), col(LedgerEntry.source_id))
    query = _entries(seen, when, *keys, paid, received).group_by(*keys).having(paid > received)
    for project_id, source_id, over, limit in session.execute(query.order_by(*keys)):
        yield _warning("paid_over_received", project_id, source_id, over, limit)


def _paid_over_work(session: Session, seen: Condition, when: AsOf) -> Iterable[MoneyWarning]:
    paid, done, contracted = _sum("paid"), _sum("work_done"), _sum("contracted")
    key = col(LedgerEntry.project_id)
    query = (
        _entries(seen, when, key, paid, done, contracted)
        .group_by(key)
        # Whole numbers on both sides: nothing is divided, so nothing is rounded. By ten and not by hundred, so that sums of
        # the largest amounts stay within 64 bits.
        .having((paid - done) * 10 > contracted * (ADVANCE_PERCENT // 10))
    )
    for project_id, over, worked, contract in session.execute(query.order_by(key)):
        limit = int(worked) + int(contract) * ADVANCE_PERCENT // 100
        yield _warning("paid_over_work", project_id, None, over, limit)


def _work_over_estimate(session: Session, seen: Condition, when: AsOf) -> Iterable[MoneyWarning]:
    """A package with an estimate of its own is compared as a whole, else each leaf with its own."""
    package = aliased(Estimate)
    leaf = aliased(Estimate)
    of_package = col(package.amount_fen)
    unit = case((of_package.is_not(None), col(Project.parent_id)), else_=col(Project.id))
    estimate = func.coalesce(of_package, col(leaf.amount_fen))
    done = _sum("work_done")
    query = (
        _entries(seen, when, unit, done, func.max(estimate))
        .outerjoin(package, and_(col(package.project_id) == col(Project.parent_id), in_force(package, when.quarter)))
        .outerjoin(leaf, and_(col(leaf.project_id) == col(Project.id), in_force(leaf, when.quarter)))
        .group_by(unit)
        .having(done > func.max(estimate))
    )
    for project_id, over, limit in session.execute(query.order_by(unit)):
        yield _warning("work_over_estimate", project_id, None, over, limit)


def _funded_twice(session: Session, seen: Condition, when: AsOf) -> Iterable[MoneyWarning]:
    unit = func.coalesce(Project.parent_id, Project.id)
    keys = (unit, col(LedgerEntry.source_id), col(LedgerEntry.document), col(LedgerEntry.amount_fen))
    query = (
        _entries(seen, when, *keys, func.count(), func.min(LedgerEntry.project_id))
        .where(
            col(LedgerEntry.stage) == "appropriated",
            col(LedgerEntry.amount_fen) > 0,
            _stands(),
        )
        .group_by(*keys)
        .having(func.count() > 1)
    )
    sums: dict[tuple[int, int | None], list[int]] = {}
    for _, source_id, _document, amount, count, leaf in session.execute(query.order_by(*keys)):
        kept = sums.setdefault((leaf, source_id), [0, 0, 0])
        for place, number in enumerate((int(amount) * count, int(amount), count)):
            kept[place] += number
    for (leaf, source_id), (over, limit, count) in sums.items():
        yield _warning("funded_twice", leaf, source_id, over, limit, count)


def _outside_years(session: Session, seen: Condition, when: AsOf) -> Iterable[MoneyWarning]:
    package = aliased(Project)
    first, last = map(func.coalesce, years_in(Project, when.quarter), years_in(package, when.quarter))
    key, year = col(LedgerEntry.project_id), col(LedgerEntry.year)
    amount = func.sum(func.abs(LedgerEntry.amount_fen))
    query = (
        _entries(seen, when, key, amount, func.count())
        .outerjoin(package, package.id == col(Project.parent_id))  # type: ignore[arg-type]
        .where(or_(year < first, year > last), _stands())
        .group_by(key)
    )
    for project_id, over, count in session.execute(query.order_by(key)):
        yield _warning("outside_years", project_id, None, over, 0, count)


def _secured_over_estimate(session: Session, seen: Condition, when: AsOf) -> Iterable[MoneyWarning]:
    tops = select_columns(Project.id).where(seen, col(Project.parent_id).is_(None), not_archived(Project, *when))
    ids = list(session.scalars(tops.order_by(col(Project.id))))
    for project_id, funding in funding_of(session, ids, when.quarter, edition=when.edition).items():
        if funding.excess_fen:
            estimate = funding.estimate_fen or 0
            yield MoneyWarning(
                "secured_over_estimate", project_id, None, estimate + funding.excess_fen, estimate, funding.excess_fen
            )


def _carried_over_unspent(session: Session, seen: Condition, when: AsOf) -> Iterable[MoneyWarning]:
    """Years whose plan carries over (结转) more than the year before left unpaid, together by project and source.

    What may be carried over is budget that was not paid by the end of the year, whether it was dispatched or not: the line of
    that year with its adjustments and what it had carried itself, less payments dated in it; a year that paid more than its
    line left nothing. A refund counts in the year of its own date, so money that came back later is explained, not guessed.
    """
    line, before = _year_lines(seen, when, "line"), _year_lines(seen, when, "before")
    keys = (col(LedgerEntry.project_id), col(LedgerEntry.source_id), col(LedgerEntry.year))
    fen = func.sum(LedgerEntry.amount_fen).label("fen")
    carrying = select_columns(BudgetLine.project_id).where(col(BudgetLine.carried_fen) > 0)
    paid = (
        select_columns(*keys, fen)
        .where(counted(LedgerEntry, *when), col(LedgerEntry.stage) == "paid", keys[0].in_(carrying))
        .group_by(*keys)
        .subquery("paid")
    )

    def of_year_before(row: Any) -> Condition:
        same = (row.c.project_id == line.c.project_id, row.c.source_id == line.c.source_id)
        return and_(*same, row.c.year == line.c.year - 1)

    left = func.coalesce(before.c.fen, 0) - func.coalesce(paid.c.fen, 0)
    unspent = case((before.c.fen.is_(None), 0), (left > 0, left), else_=0)
    query = (
        select_columns(line.c.project_id, line.c.source_id, line.c.year, line.c.carried, unspent)
        .select_from(line.outerjoin(before, of_year_before(before)).outerjoin(paid, of_year_before(paid)))
        .where(line.c.carried > unspent)
        .order_by(line.c.project_id, line.c.source_id, line.c.year)
    )
    sums: dict[tuple[int, int], list[Any]] = {}
    for project_id, source_id, year, carried, limit in session.execute(query):
        kept = sums.setdefault((project_id, source_id), [0, 0, ()])
        for place, more in enumerate((int(carried), int(limit), (year,))):
            kept[place] += more
    for (project_id, source_id), (over, most, years) in sums.items():
        yield MoneyWarning("carried_over_unspent", project_id, source_id, over, most, over - most, years=years)


def _year_lines(seen: Condition, when: AsOf, name: str) -> Any:
    """One row per project, source and year with an approved plan: what it comes to, and how much of it was carried over."""
    keys = (col(BudgetLine.project_id), col(BudgetLine.source_id), col(BudgetLine.year))
    amount, carried = func.sum(BudgetLine.change_fen), func.sum(BudgetLine.carried_change_fen)
    return (
        select_columns(*keys, amount.label("fen"), carried.label("carried"))
        .join(Project, col(Project.id) == BudgetLine.project_id)
        .where(counted(BudgetLine, *when), col(BudgetLine.span) == YEAR, seen)
        .group_by(*keys)
        .subquery(name)
    )


def _warning(
    rule: str, project_id: int, source_id: int | None, over: Any, limit: Any, entries: int | None = None
) -> MoneyWarning:
    return MoneyWarning(rule, project_id, source_id, int(over), int(limit), int(over) - int(limit), entries)


_FINDERS: dict[str, Callable[[Session, Condition, AsOf], Iterable[MoneyWarning]]] = {
    "paid_over_received": _paid_over_received,
    "paid_over_work": _paid_over_work,
    "work_over_estimate": _work_over_estimate,
    "funded_twice": _funded_twice,
    "outside_years": _outside_years,
    "secured_over_estimate": _secured_over_estimate,
    "carried_over_unspent": _carried_over_unspent,
}
