"""The forecast of payments: what a year will come to and what the next quarter needs, per source. Pure arithmetic.

Rule, shown wherever the forecast is: the year is expected to go on as the plan's curve does. The curve is the quarter plan where
all four quarters of the year have one, else a quarter of the year each. What was paid so far, divided by the share of the curve
that is over, is the year-end forecast; it never exceeds what was budgeted, nor falls below what was paid.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from core.errors import N_

RULE = N_(
    "预测规则：按计划进度外推。四个季度都有季度计划的，用季度计划的累计比例；否则每季度按四分之一。"
    "年末预计支付 = 本年已支付 ÷ 已过季度的累计比例，不高于本年预算，不低于已支付。"
    "下季度用款 = 预计还要支付的部分 × 下季度占剩余各季度的比例；已到位未支付的先用，不足部分为需筹措资金。"
)


@dataclass(frozen=True)
class SourceYear:
    """One source in one year, as of the end of a quarter.

    Units: fen. `budget_fen` is None where nothing is budgeted; `quarter_plans` are by quarter 1–4; `balance_fen` is what was
    received and not yet paid, of all years; `next_budget_fen` is what the year after is budgeted, None when nothing is.
    """

    budget_fen: int | None
    paid_fen: int
    balance_fen: int
    quarter_plans: Mapping[int, int]
    next_budget_fen: int | None = None
    next_quarter_plans: Mapping[int, int] | None = None


@dataclass(frozen=True)
class Forecast:
    """What is expected. None: it cannot be told, and `why_not` says why.

    Units: fen; `execution` is year-end payment against the budget as (numerator, denominator).
    """

    year_end_fen: int | None
    execution: tuple[int, int] | None
    next_quarter_fen: int | None
    to_raise_fen: int | None
    why_not: str | None = None


def forecast(source: SourceYear, quarter: int) -> Forecast:
    """The forecast of a source as of the end of a quarter (1–4)."""
    if source.budget_fen is None and not source.paid_fen:
        return _with_next(source, quarter, None, N_("本年没有预算，也没有支付"))
    if source.budget_fen is None:
        return _with_next(source, quarter, None, N_("本年没有预算，无从外推"))
    curve = plan_curve(source.quarter_plans)
    elapsed = curve[quarter]
    if quarter == 4:
        return _with_next(source, quarter, source.paid_fen, None)
    if not elapsed:
        return _with_next(source, quarter, None, N_("按季度计划，至今没有应支付的份额"))
    expected = Fraction(source.paid_fen) / elapsed
    bounded = max(Fraction(source.paid_fen), min(expected, Fraction(source.budget_fen)))
    return _with_next(source, quarter, half_up(bounded), None)


def _with_next(source: SourceYear, quarter: int, year_end: int | None, why_not: str | None) -> Forecast:
    needed = _next_quarter(source, quarter, year_end)
    return Forecast(
        year_end_fen=year_end,
        execution=None if year_end is None or not source.budget_fen else (year_end, source.budget_fen),
        next_quarter_fen=needed,
        to_raise_fen=None if needed is None else max(0, needed - max(0, source.balance_fen)),
        why_not=why_not,
    )


def _next_quarter(source: SourceYear, quarter: int, year_end: int | None) -> int | None:
    """What the next quarter is expected to pay; after the fourth, the first of the year after by its own plan."""
    if quarter == 4:
        if source.next_budget_fen is None:
            return None
        return half_up(source.next_budget_fen * plan_curve(source.next_quarter_plans or {})[1])
    if year_end is None:
        return None
    curve = plan_curve(source.quarter_plans)
    left = 1 - curve[quarter]
    if not left:
        return 0
    # What is left of the year, in the proportion of the curve: the quarters that are over are not planned again.
    return half_up((year_end - source.paid_fen) * (curve[quarter + 1] - curve[quarter]) / left)


def plan_curve(quarter_plans: Mapping[int, int]) -> dict[int, Fraction]:
    """The share of the year that the plan has behind it at the end of each quarter, 0 to 4."""
    total = sum(quarter_plans.get(number, 0) for number in (1, 2, 3, 4))
    if set(quarter_plans) < {1, 2, 3, 4} or total <= 0:
        return {number: Fraction(number, 4) for number in range(5)}
    curve, so_far = {0: Fraction(0)}, 0
    for number in (1, 2, 3, 4):
        so_far += quarter_plans[number]
        curve[number] = Fraction(so_far, total)
    return curve


def half_up(amount: Fraction) -> int:
    """The amount in whole fen; half a fen goes up."""
    return (2 * amount.numerator + amount.denominator) // (2 * amount.denominator)
