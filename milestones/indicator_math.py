"""What a value of an indicator says about its target: met or not, how far, and the straight line to it. Pure, exact fractions.

Source: domain page, section 7. An unquantified target is never 0 % nor 100 %; what cannot be judged says why.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from operator import eq, ge, gt, le, lt

from core.errors import N_
from core.text import matching_key
from milestones import why_not
from milestones.why_not import WhyNot

MET, PARTLY, NOT_MET = "met", "partly", "not-met"
VERDICTS = {MET: N_("达成"), PARTLY: N_("部分达成"), NOT_MET: N_("未达成")}
UP, DOWN = "up", "down"
_GRADE = re.compile(r"(劣?)(iii|ii|iv|v|i)(?![a-z])")
_GRADES = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5}
GRADE_NAMES = {1: "Ⅰ", 2: "Ⅱ", 3: "Ⅲ", 4: "Ⅳ", 5: "Ⅴ", 6: "劣Ⅴ"}


@dataclass(frozen=True)
class Goal:
    """The number that counts as the target; `high` is the other end of a range.

    `by_body`: the table delegates the target and the body names this number (按正文值).
    """

    value: Fraction
    operator: str
    high: Fraction | None = None
    year: int | None = None
    by_body: bool = False


@dataclass(frozen=True)
class TargetTerms:
    """A target as read (milestones/indicators.py), its numbers as fractions of the indicator's unit."""

    kind: str
    printed: str = ""
    operator: str | None = None
    value: Fraction | None = None
    high: Fraction | None = None
    year: int | None = None
    reference_operator: str | None = None
    reference: Fraction | None = None

    @property
    def goal(self) -> Goal | None:
        """The number to reach: the target's own, else the one that the body names where the table delegates; else None."""
        if self.kind in ("number", "range") and self.value is not None:
            return Goal(self.value, self.operator or "", self.high, self.year)
        if self.kind == "delegated" and self.reference is not None:
            return Goal(self.reference, self.reference_operator or "", None, self.year, by_body=True)
        return None

    @property
    def unquantified(self) -> WhyNot | None:
        """Why there is no number to reach; None where there is one."""
        return None if self.goal is not None else why_not.UNQUANTIFIED.get(self.kind, why_not.NO_TARGET)


@dataclass(frozen=True)
class IndicatorTerms:
    """What of an indicator decides how its values are judged. `baseline` is in the indicator's own unit.

    `other_unit`: there is a baseline, but in a unit that is not the indicator's.
    """

    direction: str | None = None
    change: bool = False
    baseline: Fraction | None = None
    other_unit: bool = False

    @property
    def no_baseline(self) -> WhyNot:
        """Why there is no baseline to reckon from."""
        return why_not.OTHER_UNIT if self.other_unit else why_not.NO_BASELINE


@dataclass(frozen=True)
class Measured:
    """One reading: a number, a grade (1 to 5 for Ⅰ to Ⅴ, 6 for 劣Ⅴ) or a judgement."""

    value: Fraction | None = None
    grade: int | None = None
    judgement: str | None = None


@dataclass(frozen=True)
class Achievement:
    """Met, partly or not met, and how far where a percentage has a meaning; without a verdict `why_not` says why."""

    verdict: str | None = None
    ratio: Fraction | None = None
    why_not: WhyNot | None = None


def sense(goal: Goal, terms: IndicatorTerms) -> int:
    """1 where more brings the indicator nearer to its goal, -1 where less does."""
    operator = read_operator(goal, terms.direction)
    if goal.high is None and operator in ("≥", ">"):
        return 1
    if goal.high is None and operator in ("≤", "<"):
        return -1
    # A range, or a number to be hit: what brings the baseline nearer, else what is called better.
    start = Fraction(0) if terms.change else terms.baseline
    if start is not None:
        return -1 if start > (goal.value if goal.high is None else goal.high) else 1
    return -1 if terms.direction == DOWN else 1


def near_end(goal: Goal, terms: IndicatorTerms) -> Fraction:
    """The number of the goal that is met first: of a range the end on the side of the baseline."""
    return goal.high if goal.high is not None and sense(goal, terms) < 0 else goal.value


def far_end(goal: Goal, terms: IndicatorTerms) -> Fraction | None:
    """The number beyond which the goal is overshot: of a range its other end, of a number to be hit itself; else None."""
    if goal.high is not None:
        return goal.value if sense(goal, terms) < 0 else goal.high
    return goal.value if read_operator(goal, terms.direction) == "=" else None


def read_operator(goal: Goal, direction: str | None) -> str:
    """How a goal's operator is read: 约 and 力争 as ≥ where up is better, as ≤ where down is, as = where it is to stay."""
    if goal.operator in ("≥", ">", "≤", "<", "="):
        return goal.operator
    return {UP: "≥", DOWN: "≤"}.get(direction or UP, "=")


def meets(goal: Goal, value: Fraction, direction: str | None) -> bool:
    """Whether a value is at the goal."""
    if goal.high is not None:
        return goal.value <= value <= goal.high
    operator = read_operator(goal, direction)
    return _COMPARED[operator](value, goal.value)


_COMPARED = {"≥": ge, ">": gt, "≤": le, "<": lt, "=": eq}


def progress(goal: Goal, terms: IndicatorTerms, value: Fraction) -> Fraction | None:
    """How far a value has come, uncapped: of a change value / target, of a level (value - baseline) / (target - baseline).

    None where a percentage has no meaning: a limit to a change, no baseline or one in another unit, target equal to it or past.
    """
    end = near_end(goal, terms)
    if terms.change:
        return None if sense(goal, terms) < 0 or end <= 0 else value / end
    start = terms.baseline
    if start is None or start == end or meets(goal, start, terms.direction):
        return None
    return (value - start) / (end - start)


def achievement(
    target: TargetTerms, terms: IndicatorTerms, latest: Measured | None, previous: Measured | None = None
) -> Achievement:
    """What the latest reading says about the target; a delegated target says nothing until the superior sets it."""
    if target.kind in ("delegated", "none"):
        return Achievement(why_not=target.unquantified)
    if latest is None:
        return Achievement(why_not=why_not.NO_READING)
    if target.kind == "grade":
        return _by_grade(target, latest)
    if target.goal is None and latest.judgement is not None:
        return Achievement(latest.judgement)
    return (
        Achievement(why_not=why_not.UNREAD)
        if latest.value is None
        else _by_number(target, terms, latest.value, previous)
    )


def _by_number(target: TargetTerms, terms: IndicatorTerms, value: Fraction, previous: Measured | None) -> Achievement:
    if target.goal is not None:
        done = MET if meets(target.goal, value, terms.direction) else NOT_MET
        return Achievement(done, progress(target.goal, terms, value))
    if target.kind == "keep":
        return _kept(terms, value)
    if target.kind == "trend":
        return _by_trend(terms, value, previous)
    return Achievement(why_not=why_not.UNREAD)


def _kept(terms: IndicatorTerms, value: Fraction) -> Achievement:
    """Not below the baseline, of what should fall not above it."""
    if terms.baseline is None:
        return Achievement(why_not=terms.no_baseline)
    better = value - terms.baseline if terms.direction != DOWN else terms.baseline - value
    return Achievement(MET if better >= 0 else NOT_MET)


def _by_trend(terms: IndicatorTerms, value: Fraction, previous: Measured | None) -> Achievement:
    """The latest against the previous reading, which for the first one is the baseline; unchanged is partly met."""
    before = terms.baseline if previous is None else previous.value
    if before is None:
        return Achievement(why_not=why_not.NO_EARLIER_READING)
    better = value - before if terms.direction != DOWN else before - value
    return Achievement(MET if better > 0 else PARTLY if better == 0 else NOT_MET)


def _by_grade(target: TargetTerms, latest: Measured) -> Achievement:
    wanted = grade_from_text(target.printed)
    if wanted is None or latest.grade is None:
        return Achievement(latest.judgement, why_not=None if latest.judgement else why_not.UNREAD)
    return Achievement(MET if latest.grade <= wanted else NOT_MET)


def grade_from_text(text: str) -> int | None:
    """The grade that a text names: 1 to 5 for Ⅰ to Ⅴ, 6 for 劣Ⅴ; None where it names none."""
    found = _GRADE.search(matching_key(text))
    if found is None:
        return None
    return 6 if found[1] else _GRADES[found[2]]


@dataclass(frozen=True)
class Line:
    """The straight line from the baseline at the end of one year to the target at the end of another."""

    first_year: int
    start: Fraction
    last_year: int
    end: Fraction

    def at(self, quarter: int) -> Fraction:
        """The value at the end of a quarter; before the line its start, after it its end."""
        passed = (quarter // 10 - self.first_year - 1) * 4 + quarter % 10
        whole = (self.last_year - self.first_year) * 4
        return self.start + (self.end - self.start) * Fraction(min(max(passed, 0), whole), whole)


def straight_line(target: TargetTerms, terms: IndicatorTerms, baseline_year: int | None) -> Line | None:
    """The line to the target; of a change it begins at zero. None where an end or its year is not known."""
    goal = target.goal
    start = Fraction(0) if terms.change else terms.baseline
    if goal is None or start is None or goal.year is None or baseline_year is None or goal.year <= baseline_year:
        return None
    return Line(baseline_year, start, goal.year, near_end(goal, terms))
