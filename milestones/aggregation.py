"""One value out of several, as the indicator declares: over time (sum, last, average) and over places. Pure, exact fractions.

Source: domain page, section 7. Running totals are never summed over time, percentages never averaged; what is left out is
counted beside the value.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from core.units import UnknownUnit, dimension

SUM, LAST, AVERAGE = "sum", "last", "average"
RATIO, NONE = "ratio", "none"


@dataclass(frozen=True)
class Combined:
    """One value of several, None where the declaration gives none, and how many of them were not known."""

    value: Fraction | None
    left_out: int = 0


@dataclass(frozen=True)
class PlaceValue:
    """The value of one place, and what it is a ratio of where it is one."""

    value: Fraction | None
    numerator: Fraction | None = None
    denominator: Fraction | None = None


def is_percentage(unit: str | None) -> bool:
    """Whether values of this unit are shares, which neither add nor average."""
    if unit is None:
        return False
    try:
        return dimension(unit) == "ratio"
    except UnknownUnit:
        return False


def over_time(how: str, values: Sequence[Fraction | None], *, unit: str | None, running: bool) -> Combined:
    """The value of a longer period out of those of its parts, in their order.

    `running`: the values are running totals (a stock, a cumulative sum), of which only the last one can stand for all.
    """
    known = [value for value in values if value is not None]
    left_out = len(values) - len(known)
    if not known:
        return Combined(None, left_out)
    if running or how == LAST:
        return Combined(values[-1] if values else None, left_out)
    if is_percentage(unit):
        return Combined(None, left_out)
    total = sum(known, Fraction(0))
    if how == SUM:
        return Combined(total, left_out)
    return Combined(total / len(known) if how == AVERAGE else None, left_out)


def over_places(how: str, places: Sequence[PlaceValue], *, unit: str | None) -> Combined:
    """The value of a larger place out of those of its parts: a sum, or the ratio of sums in percent."""
    if how == RATIO:
        pairs = [
            (one.numerator, one.denominator)
            for one in places
            if one.numerator is not None and one.denominator is not None
        ]
        below = sum((denominator for _, denominator in pairs), Fraction(0))
        above = sum((numerator for numerator, _ in pairs), Fraction(0))
        return Combined(above / below * 100 if below else None, len(places) - len(pairs))
    known = [one.value for one in places if one.value is not None]
    if how != SUM or is_percentage(unit) or not known:
        return Combined(None, len(places) - len(known))
    return Combined(sum(known, Fraction(0)), len(places) - len(known))
