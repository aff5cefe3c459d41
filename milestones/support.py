"""规划支撑度: whether a plan's own projects are enough for its own target. Pure, exact fractions.

Source: domain page, section 7. A commitment never supports its own indicator; a group shows counts of verdicts, never one
percentage.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from core.errors import N_
from core.units import converted, rounded_text
from milestones import why_not
from milestones.indicator_math import Goal, IndicatorTerms, TargetTerms, far_end, meets, near_end, sense
from milestones.indicator_rollup import SHARE, Effects, RuleTerms, WorksUnit
from milestones.why_not import WhyNot

ENOUGH, SHORT, OVER, ALREADY, NOT_COMPUTABLE = "enough", "short", "over", "already-met", "not-computable"
SUPPORT_VERDICTS = {
    ENOUGH: N_("足够"),
    SHORT: N_("不足"),
    OVER: N_("超出"),
    ALREADY: N_("已达标"),
    NOT_COMPUTABLE: N_("不可计算"),
}


@dataclass(frozen=True)
class Coverage:
    """What the target needs and what the projects give, in `unit`, the measure's own.

    `planned`, `claimed`, `verified` and `surviving` stand side by side; `support` is planned / needed and `gap` what is missing.
    The `_low` figures leave out what a contradiction of the plan may count twice, and are None where there is none. `by_body`:
    the number stands in the body of the plan (按正文值). Without a support `why_not` says why. `over` is how much goes beyond a
    number to be hit or the far end of a range, which is not enough but too much; None where nothing does.
    """

    verdict: str
    unit: str | None = None
    needed: Fraction | None = None
    planned: Fraction | None = None
    claimed: Fraction | None = None
    verified: Fraction | None = None
    surviving: Fraction | None = None
    support: Fraction | None = None
    gap: Fraction | None = None
    planned_low: Fraction | None = None
    support_low: Fraction | None = None
    gap_low: Fraction | None = None
    over: Fraction | None = None
    by_body: bool = False
    why_not: tuple[WhyNot, ...] = ()


def coverage(
    target: TargetTerms,
    terms: IndicatorTerms,
    rule: RuleTerms | None,
    effects: Effects,
    counted_in: WorksUnit | None,
    unit: str | None,
) -> Coverage:
    """The support of one indicator. A rule without any project plans 0, which is not the same as no rule."""
    goal = target.goal
    if (rule is None or rule.why_not is not None) and _met_before(goal, terms):
        # Whatever works do: there is nothing left to support.
        unit_of = None if counted_in is None else counted_in.unit
        return Coverage(ALREADY, unit_of, by_body=_by_body(goal), why_not=(why_not.ALREADY_MET,))
    if rule is None or counted_in is None:
        reasons = _given((target.unquantified, why_not.NO_RULE if rule is None else rule.why_not))
        return Coverage(NOT_COMPUTABLE, by_body=_by_body(goal), why_not=reasons)
    toward = 1 if goal is None else sense(goal, terms)
    tiers = {
        name: _towards(getattr(effects, name), toward, counted_in) for name in ("claimed", "verified", "surviving")
    }
    planned = _towards(effects.planned or Fraction(0), toward, counted_in)
    inside = _towards(effects.inside, toward, counted_in)
    low = None if inside is None or planned is None else planned - inside
    reasons = _given((target.unquantified, _limit(goal, terms), rule.why_not))
    if reasons or goal is None or planned is None:
        return Coverage(
            NOT_COMPUTABLE, counted_in.unit, planned=planned, planned_low=low, by_body=_by_body(goal), why_not=reasons,
            **tiers,
        )  # fmt: skip
    needed = _works_to(near_end(goal, terms), terms, rule, unit, toward, counted_in)
    far = far_end(goal, terms)
    over = None if far is None else planned - _works_to(far, terms, rule, unit, toward, counted_in)
    over = over if over is not None and over > 0 else None
    verdict, without_ratio = _verdict(goal, terms, rule, unit, needed, planned)
    dividing = needed if without_ratio is None else None
    beyond = None if over is None else why_not.beyond(_plain(over), counted_in.unit)
    return Coverage(
        verdict=OVER if verdict == ENOUGH and over is not None else verdict,
        unit=counted_in.unit,
        needed=needed,
        planned=planned,
        support=_ratio(planned, dividing),
        gap=max(Fraction(0), needed - planned),
        planned_low=low,
        support_low=_ratio(low, dividing),
        gap_low=None if low is None else max(Fraction(0), needed - low),
        over=over,
        by_body=goal.by_body,
        why_not=_given((without_ratio, beyond)),
        **tiers,
    )


def _works_to(
    end: Fraction, terms: IndicatorTerms, rule: RuleTerms, unit: str | None, toward: int, counted_in: WorksUnit
) -> Fraction:
    return counted_in.quantity(effect_to(end, terms, rule, unit) * toward) or Fraction(0)


def effect_to(end: Fraction, terms: IndicatorTerms, rule: RuleTerms, unit: str | None) -> Fraction:
    """What must be added to reach a value, in the unit of the formula; below zero where there is too much already."""
    if rule.formula == SHARE:
        assert rule.whole is not None
        assert rule.start is not None
        return converted(end, unit or "%", "%") / 100 * rule.whole - rule.start
    return end if terms.change else end - (terms.baseline or Fraction(0))


def _verdict(
    goal: Goal, terms: IndicatorTerms, rule: RuleTerms, unit: str | None, needed: Fraction, planned: Fraction
) -> tuple[str, WhyNot | None]:
    """The verdict, and why there is no percentage where there is none."""
    begun = rule.value(terms, Fraction(0), unit)
    if needed < 0 or (begun is not None and meets(goal, begun, terms.direction)):
        return ALREADY, why_not.ALREADY_MET
    strict = goal.high is None and goal.operator in (">", "<")
    enough = planned > needed if strict else planned >= needed
    return (ENOUGH if enough else SHORT), (why_not.NOT_MORE if needed == 0 else None)


def _plain(value: Fraction) -> str:
    return rounded_text(value, 6).rstrip("0").rstrip(".")


def _towards(effect: Fraction | None, toward: int, counted_in: WorksUnit) -> Fraction | None:
    return None if effect is None else counted_in.quantity(effect * toward)


def _met_before(goal: Goal | None, terms: IndicatorTerms) -> bool:
    """Whether the baseline is at the goal already; a change begins at nothing."""
    if goal is None or terms.baseline is None or terms.change:
        return False
    return meets(goal, terms.baseline, terms.direction)


def _limit(goal: Goal | None, terms: IndicatorTerms) -> WhyNot | None:
    return why_not.A_LIMIT if goal is not None and terms.change and sense(goal, terms) < 0 else None


def _ratio(part: Fraction | None, whole: Fraction | None) -> Fraction | None:
    return None if part is None or not whole else part / whole


def _by_body(goal: Goal | None) -> bool:
    return goal is not None and goal.by_body


def _given(reasons: Iterable[WhyNot | None]) -> tuple[WhyNot, ...]:
    return tuple(one for one in reasons if one is not None)


@dataclass(frozen=True)
class VerdictCounts:
    """How many indicators of a group have each verdict: the only thing that a plan or programme says about its support."""

    enough: int = 0
    short: int = 0
    over: int = 0
    already: int = 0
    not_computable: int = 0

    @property
    def all(self) -> int:
        return self.enough + self.short + self.over + self.already + self.not_computable


def verdict_counts(verdicts: Iterable[str]) -> VerdictCounts:
    """The verdicts of a group, counted."""
    found = Counter(verdicts)
    return VerdictCounts(found[ENOUGH], found[SHORT], found[OVER], found[ALREADY], found[NOT_COMPUTABLE])
