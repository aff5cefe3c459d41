"""How a stored target is read, for the self-check: the number to reach, its direction, its ends.

Written out again; nothing here calls what it checks.
"""

from fractions import Fraction

from core.units import MICRO, UnknownUnit, UnlikeUnits, converted
from milestones.indicators import Indicator, Target

Goal = tuple[str, Fraction, Fraction | None]  # operator, number, the other end of a range


def baseline_of(indicator: Indicator) -> Fraction | None:
    """The baseline in the indicator's own unit; None where it is in another one."""
    if indicator.baseline_micro is None:
        return None
    value = Fraction(indicator.baseline_micro, MICRO)
    if indicator.baseline_unit in (None, indicator.unit):
        return value
    try:
        return converted(value, indicator.baseline_unit or "", indicator.unit or "")
    except (UnlikeUnits, UnknownUnit):
        return None


def stored_goal(target: Target | None) -> Goal | None:
    """The number to reach, which the body may name where the table delegates."""
    if target is None:
        return None
    if target.kind in ("number", "range") and target.value_micro is not None:
        high = None if target.high_micro is None else Fraction(target.high_micro, MICRO)
        return target.operator or "", Fraction(target.value_micro, MICRO), high
    if target.kind == "delegated" and target.reference_micro is not None:
        return target.reference_operator or "", Fraction(target.reference_micro, MICRO), None
    return None


def _operator(goal: Goal, indicator: Indicator) -> str:
    """≥, ≤ and so on; what else is printed reads by what is called better."""
    known = {"up": "≥", "down": "≤", "steady": "="}
    return goal[0] if goal[0] in ("≥", ">", "≤", "<", "=") else known[indicator.direction or "up"]


def toward_of(goal: Goal, indicator: Indicator) -> int:
    """1 where more is wanted, -1 where less is."""
    _, value, high = goal
    operator = _operator(goal, indicator)
    if high is None and operator != "=":
        return 1 if operator in ("≥", ">") else -1
    start = Fraction(0) if indicator.change else baseline_of(indicator)
    if start is None:
        return -1 if indicator.direction == "down" else 1
    return -1 if start > (value if high is None else high) else 1


def is_met(goal: Goal, indicator: Indicator, reached: Fraction) -> bool:
    """Whether a value is at the goal."""
    _, value, high = goal
    if high is not None:
        return value <= reached <= high
    return {
        "≥": reached >= value,
        ">": reached > value,
        "≤": reached <= value,
        "<": reached < value,
        "=": reached == value,
    }[_operator(goal, indicator)]


def far_end(goal: Goal, indicator: Indicator) -> Fraction | None:
    """Beyond which number there is too much: the end of a range that is reached last, a number that is to be hit."""
    _, value, high = goal
    if high is not None:
        return high if toward_of(goal, indicator) > 0 else value
    return value if _operator(goal, indicator) == "=" else None
