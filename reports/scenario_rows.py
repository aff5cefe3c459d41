"""What a scenario came to as plain data: kept with a decision, and read again as it said it then."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from core.units import rounded_text
from reports.indicators import IndicatorFigures
from reports.scenario import COMPARED, Moved

_COVERED = ("needed", "planned", "gap", "gap_low")


def scenario_rows(moved: Iterable[Moved]) -> list[dict[str, Any]]:
    """Every indicator that moves, before and after; ratios at four decimals beside their exact pairs."""
    return [
        {
            "plan": one.before.plan,
            "no": one.before.no,
            "name": one.before.name,
            "unit": one.before.unit,
            "before": _figures(one.before),
            "after": _figures(one.after),
        }
        for one in moved
        if one.moves
    ]


def _figures(one: IndicatorFigures) -> dict[str, Any]:
    covered = one.coverage
    row: dict[str, Any] = {"verdict": covered.verdict, "works_unit": covered.unit}
    for name in COMPARED:
        row |= _pair(name, getattr(one, name))
    for name in _COVERED:
        row |= _pair(name, getattr(covered, name))
    return row | _pair("support_pct", None if covered.support is None else covered.support * 100)


def _pair(name: str, value: Fraction | None) -> dict[str, Any]:
    if value is None:
        return {name: None, f"{name}_exact": None}
    return {name: rounded_text(value), f"{name}_exact": [value.numerator, value.denominator]}
