"""The points of a self-evaluation (项目支出绩效自评): how many of its weight an indicator earns, and what they add up to. Pure.

Every figure is exact. What is not reported earns nothing and is not 0: it stays open (未填报), and so does the total.

Source: domain page, section 10.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

EXECUTION = "execution"
DEFAULT_WEIGHTS = {EXECUTION: 10, "output": 50, "benefit": 30, "satisfaction": 10}
FULL_MARKS = 100
UP, DOWN = "up", "down"
# What was reached -> the percent of the weight that it may earn, and whether the upper end is still in the band.
BANDS = {"full": (80, 100, True), "partly": (60, 80, False), "not": (0, 60, False)}


def value_score(actual: Fraction, target: Fraction, weight: Fraction, *, better: str) -> Fraction:
    """The points of a number, between 0 and the weight.

    Where more is better: all of them from the target on, else actual / target of them. Where less is better: all of them up to
    the target, then falling in a straight line to none at twice the target; with a target of 0 there is no line, only 0 or all.
    """
    if (actual >= target) if better == UP else (actual <= target):
        return weight
    if target <= 0:
        return Fraction(0)
    share = actual / target if better == UP else 2 - actual / target
    return weight * min(max(share, Fraction(0)), Fraction(1))


def is_in_band(reached: str, percent: Fraction) -> bool:
    """Whether the percent may be given for what was reached: 达成 80–100, 部分达成 from 60 to below 80, 未达成 below 60."""
    low, high, closed = BANDS[reached]
    return low <= percent <= high if closed else low <= percent < high


def qualitative_score(percent: Fraction, weight: Fraction) -> Fraction:
    """The points of what has no number: the percent of the weight that was given for it, between 0 and the weight."""
    return weight * min(max(percent / 100, Fraction(0)), Fraction(1))


def execution_score(rate: Fraction | None, weight: Fraction) -> Fraction | None:
    """The points of the budget execution rate, which counts as 1 at most; None without a budget."""
    return None if rate is None else weight * min(max(rate, Fraction(0)), Fraction(1))


@dataclass(frozen=True)
class Points:
    """What some lines of a form add up to: their weight, the points earned, and the weight of what is still open (未填报)."""

    weight: Fraction
    earned: Fraction
    open: Fraction

    @property
    def total(self) -> Fraction | None:
        """The points, when nothing is open; never an estimate."""
        return None if self.open else self.earned


def added_points(lines: Iterable[tuple[Fraction, Fraction | None]], *, whole: Fraction | None = None) -> Points:
    """The sum of lines of (weight, points). `whole`: what the weights should add up to; what lacks of it is open, too."""
    weight = earned = still = Fraction(0)
    for each, points in lines:
        weight += each
        if points is None:
            still += each
        else:
            earned += points
    missing = Fraction(0) if whole is None else max(whole - weight, Fraction(0))
    return Points(weight, earned, still + missing)
