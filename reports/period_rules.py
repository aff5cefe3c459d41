"""Reporting periods while they are written: how they are found and kept, and what is refused of them.

Whoever moves a period or a return of a plan first takes all periods of the plan (`keep_period`), in their order. Posting takes
its quarters in the same order, so that two people never wait for each other.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlmodel import Session, col, select

from core.calendar import Period, last_day, next_quarter
from core.errors import N_, Broken
from portfolio.periods import ReportingPeriod

_DUE_DAY = 15  # of the second month after the quarter: the returns of the second quarter are due on 15 August
_AT_LEAST = timedelta(days=14)  # what departments get when a quarter is opened late
_NAMED = 5  # what a refusal names before it says how many more there are


class UnknownPeriod(Broken):
    sentence = N_("“%(plan)s”没有报告期 %(found)s；它的报告期从 %(first)s 到 %(last)s。")


class NotBegun(Broken):
    status = 409
    sentence = N_("%(period)s 从 %(day)s 开始，现在还不能开启。")


class NotOver(Broken):
    status = 409
    sentence = N_("%(period)s 到 %(day)s 才结束，现在还不能关账。")


class AlreadyOpened(Broken):
    status = 409
    sentence = N_("%(period)s 已由 %(who)s 开启，截止日是 %(due)s。")


class NotOpened(Broken):
    status = 409
    sentence = N_("%(period)s 还没有开启。")


class AlreadyClosed(Broken):
    status = 409
    sentence = N_("%(period)s 已由 %(who)s 关账。")


class AlreadyIssued(Broken):
    status = 409
    sentence = N_("%(period)s 的报表已经发布，不能再打开；有错误请填更正单，在下一期列示。")


class NotClosed(Broken):
    status = 409
    sentence = N_("%(period)s 没有关账，不需要重新打开。")


class NotTheLastClosed(Broken):
    status = 409
    sentence = N_("只有最后关账的季度可以重新打开；它是 %(last)s。")


class ClosesWithItsQuarter(Broken):
    status = 409
    sentence = N_("%(period)s 随 %(quarter)s 一起关账，请关账 %(quarter)s。")


class ReturnsStillOut(Broken):
    status = 409
    sentence = N_(
        "%(period)s 还有 %(count)s 个部门没有报齐（%(departments)s），报齐后才能开始审核；已报的现在就可以接收。"
    )


class AlreadyUnderReview(Broken):
    status = 409
    sentence = N_("%(period)s 已经在审核。")


class DueTooEarly(Broken):
    sentence = N_("截止日填写的是 %(found)s，早于 %(period)s 的第一天 %(first)s。")


def keep_period(session: Session, plan_id: int, period: Period | str, *, for_update: bool = True) -> ReportingPeriod:
    """The period, read anew and kept, with every other of its plan, until the transaction ends.

    `for_update` for who moves it or a return of it (take it before anything else is written); else it only stays as it is.

    Errors: UnknownPeriod.
    """
    return found_in(kept_periods(session, plan_id, for_update=for_update), period)


def kept_periods(session: Session, plan_id: int, *, for_update: bool = True) -> Sequence[ReportingPeriod]:
    """All periods of a plan in the order of their ends, the quarter before the year that ends with it, kept in that order."""
    query = (
        select(ReportingPeriod)
        .where(ReportingPeriod.plan_id == plan_id)
        .order_by(col(ReportingPeriod.last_quarter), col(ReportingPeriod.id))
        .with_for_update(read=not for_update)
        .execution_options(populate_existing=True)
    )
    return session.exec(query).all()


def periods_of(session: Session, plan_id: int) -> Sequence[ReportingPeriod]:
    """The same for who only reads."""
    query = select(ReportingPeriod).where(ReportingPeriod.plan_id == plan_id)
    return session.exec(query.order_by(col(ReportingPeriod.last_quarter), col(ReportingPeriod.id))).all()


def found_in(rows: Sequence[ReportingPeriod], period: Period | str) -> ReportingPeriod:
    """Errors: UnknownPeriod."""
    name = str(period)
    row = next((row for row in rows if row.name == name), None)
    if row is None:
        quarters = [one.name for one in rows if one.kind == "quarter"] or ["—"]
        facts = {"plan": N_("本规划"), "first": quarters[0], "last": quarters[-1]}
        raise UnknownPeriod(field="period", found=name[:20], **facts)
    return row


def default_due(last_quarter: int, on: date) -> date:
    """The day by which returns are asked for unless the office says another: never sooner than in two weeks."""
    after = last_day(next_quarter(last_quarter))
    return max(date(after.year, after.month - 1, _DUE_DAY), on + _AT_LEAST)


def first_day(last_quarter: int) -> date:
    """The first day of a quarter: 2024-10-01 for 20244."""
    return date(last_quarter // 10, last_quarter % 10 * 3 - 2, 1)


def earlier_unclosed(rows: Sequence[ReportingPeriod], row: ReportingPeriod) -> list[ReportingPeriod]:
    """The quarters before this one that would be closed with it, in their order."""
    return [one for one in rows if one.kind == "quarter" and not one.shut and one.last_quarter < row.last_quarter]


def named(names: Sequence[str]) -> tuple[str, ...]:
    """Some names as a refusal lists them; of many the first ones."""
    return tuple(names[:_NAMED]) + (("…",) if len(names) > _NAMED else ())


def last_shut(rows: Sequence[ReportingPeriod]) -> ReportingPeriod | None:
    """The last quarter that is closed or issued."""
    shut = [one for one in rows if one.kind == "quarter" and one.shut]
    return shut[-1] if shut else None


def at_work(rows: Sequence[ReportingPeriod], on: date) -> ReportingPeriod | None:
    """The quarter that people work on: the earliest one that is open and was opened, else the next to open, else the last.

    Shape: `rows` are the periods of one plan in their order; None of a plan without quarters.
    """
    quarters = [one for one in rows if one.kind == "quarter"]
    opened = [one for one in quarters if not one.shut and one.opened_at is not None]
    if opened:
        return opened[0]
    begun = [one for one in quarters if first_day(one.last_quarter) <= on]
    shut = last_shut(rows)
    after = [one for one in begun if shut is not None and one.last_quarter > shut.last_quarter]
    return after[0] if after else begun[-1] if begun else quarters[0] if quarters else None
