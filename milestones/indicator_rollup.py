"""How works become the value of an indicator (推算值, 规划支撑值, 任务目标值): formula, factors, units. Pure, exact fractions.

Source: domain page, section 7. A value is (start + Σ effect) / whole in percent, or Σ effect on top of the baseline; an effect
is quantity x factor in the unit of the formula. Factors and lags are stated assumptions.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache

from core.units import UnknownUnit, converted, dimension, plain_unit
from milestones import why_not
from milestones.indicator_math import IndicatorTerms
from milestones.why_not import WhyNot

SHARE, TOTAL, NO_FORMULA = "share", "total", "none"  # as milestones/indicator_rules.py keeps them


@dataclass(frozen=True)
class MeasureTerms:
    """One measure that moves an indicator, with its stated assumptions.

    `survival`: the share of what is carried out that is assumed to live; 1 but in a scenario.
    """

    measure_id: int
    measure: str
    dimension: str
    factor: Fraction = Fraction(1)
    tier: str = "verified"
    lag_years: int = 0
    assumption: str | None = None
    assumption_en: str | None = None
    survival: Fraction = Fraction(1)

    @cached_property
    def weight(self) -> Fraction:
        """What one unit of works adds: the factor, of which a share is assumed to live."""
        return self.factor * self.survival


@dataclass(frozen=True)
class RuleTerms:
    """A roll-up rule, read: with what its formula begins and what it divides by, in `unit`, the unit of its effects.

    `derived`: the whole follows from the start and the baseline, the plan does not print it. `why_not` says why there is no
    value; `countable` is whether the measures can still be added up in `unit`.
    """

    formula: str
    unit: str | None
    measures: tuple[MeasureTerms, ...] = ()
    whole: Fraction | None = None
    start: Fraction | None = None
    derived: bool = False
    why_not: WhyNot | None = None
    countable: bool = True
    whole_name: str | None = None
    whole_source: str | None = None
    start_source: str | None = None
    assumption: str | None = None
    assumption_en: str | None = None

    def measure(self, measure_id: int) -> MeasureTerms | None:
        return next((one for one in self.measures if one.measure_id == measure_id), None)

    def effect(
        self, measure_id: int, quantity: Fraction | None, unit: str, *, found_alive: bool = False
    ) -> Fraction | None:
        """What a quantity of a measure adds, in the unit of the formula; of what was found alive no share is lost."""
        counted = self.measure(measure_id)
        if quantity is None or counted is None or self.unit is None:
            return None
        return quantity * self.effect_of_one(counted, unit, found_alive=found_alive)

    def effect_of_one(self, counted: MeasureTerms, unit: str, *, found_alive: bool = False) -> Fraction:
        """What one of a unit of a measure adds, in the unit of the formula, which there is."""
        assert self.unit is not None
        return _of_one(unit, self.unit, *(counted.factor if found_alive else counted.weight).as_integer_ratio())

    def value(self, terms: IndicatorTerms, effect: Fraction, unit: str | None) -> Fraction | None:
        """The indicator's value with this effect, in its own unit; None where the formula has no value."""
        if self.why_not is not None:
            return None
        if self.formula == SHARE:
            if self.start is None or not self.whole:
                return None
            return converted((self.start + effect) / self.whole * 100, "%", unit or "%")
        if terms.change:
            return effect
        return None if terms.baseline is None else terms.baseline + effect


@lru_cache(maxsize=1024)
def _of_one(unit: str, to: str, above: int, below: int) -> Fraction:
    return converted(Fraction(above, below), unit, to)


def share_rule(
    measures: tuple[MeasureTerms, ...],
    baseline_percent: Fraction | None,
    *,
    whole: tuple[Fraction, str] | None = None,
    start: tuple[Fraction, str] | None = None,
    reason: WhyNot | None = None,
    whole_name: str | None = None,
    otherwise: str | None = None,
) -> RuleTerms:
    """The rule of a share: the start is given, else baseline x whole; the whole is given, else start / baseline.

    `otherwise` is the unit of its effects while neither is known.
    """
    unit = whole[1] if whole else start[1] if start else otherwise
    counted, uncountable = _countable(measures, unit)
    size = whole[0] if whole else None
    begun = None if start is None or unit is None else converted(start[0], start[1], unit)
    derived = size is None and begun is not None and bool(baseline_percent)
    if derived and begun is not None and baseline_percent:
        size = begun / baseline_percent * 100
    if begun is None and size is not None and baseline_percent is not None:
        begun = baseline_percent / 100 * size
    missing = None
    if not size:
        missing = reason or why_not.no_whole(whole_name)
    elif begun is None:
        missing = why_not.NO_BASELINE
    problem = missing or uncountable
    return RuleTerms(SHARE, unit, measures, size, begun, derived, problem, counted, whole_name)


def total_rule(measures: tuple[MeasureTerms, ...], terms: IndicatorTerms, unit: str | None) -> RuleTerms:
    """The rule of a plain sum in the indicator's own unit, on top of the baseline unless the indicator is a change."""
    counted, problem = _countable(measures, unit)
    problem = why_not.NO_UNIT if unit is None else problem
    if problem is None and not terms.change and terms.baseline is None:
        problem = terms.no_baseline
    return RuleTerms(TOTAL, unit if counted else None, measures, why_not=problem, countable=counted)


def no_rule(reason: WhyNot | None = None) -> RuleTerms:
    """The rule that says that works do not move the indicator."""
    return RuleTerms(NO_FORMULA, None, why_not=reason or why_not.NOT_BY_WORKS, countable=False)


def _countable(measures: tuple[MeasureTerms, ...], unit: str | None) -> tuple[bool, WhyNot | None]:
    """Whether every measure can be converted to the unit of the formula, and what is to be said where one cannot."""
    if unit is None:
        return False, None
    for one in measures:
        try:
            alike = dimension(unit) == one.dimension
        except UnknownUnit:
            alike = False
        if not alike:
            return False, why_not.not_convertible(one.measure, one.dimension.removeprefix("count of "), unit)
    return True, None


@dataclass(frozen=True)
class Amounts:
    """What one group (a plan or a project) has of one measure, in `unit`; None where nothing says so (未填报, 未到检查期).

    `written` are the units in which its planned quantities are written, as often as they are.
    `lag`: as it stood so many years earlier, which only the roll-up of a rule with that lag counts. `inside`: planned quantity
    that may already lie in another project's (a contradiction of the plan). `supported`: of a lower plan's linked project.
    """

    measure_id: int
    unit: str
    planned: Fraction | None = None
    claimed: Fraction | None = None
    verified: Fraction | None = None
    surviving: Fraction | None = None
    inside: Fraction | None = None
    written: tuple[str, ...] = ()
    timeless: int = 0
    lag: int = 0
    supported: bool = False
    project: str | None = None


TIER_NAMES = ("planned", "claimed", "verified", "surviving", "inside")


@dataclass(frozen=True)
class Effects:
    """Sums of effects by tier, in the unit of the formula; None where nothing of that tier is known.

    `counted` is what the roll-up counts: of each measure the tier of the rule, with its lag.
    """

    planned: Fraction | None = None
    claimed: Fraction | None = None
    verified: Fraction | None = None
    surviving: Fraction | None = None
    counted: Fraction | None = None
    inside: Fraction | None = None
    timeless: int = 0


def summed_effects(rule: RuleTerms, amounts: Iterable[Amounts]) -> Effects:
    """What these amounts add up to under the rule; amounts of other measures are not in it."""
    sums: dict[str, Fraction] = {}
    timeless = 0
    for one in amounts if rule.countable else ():
        counted = rule.measure(one.measure_id)
        if counted is None:
            continue
        timeless += one.timeless
        if rule.unit is None:
            continue
        of_one = rule.effect_of_one(counted, one.unit)
        found = [(name, getattr(one, name), of_one) for name in TIER_NAMES] if one.lag == 0 else []
        if one.lag == counted.lag_years:
            alive = counted.tier == "surviving"
            counted_one = rule.effect_of_one(counted, one.unit, found_alive=True) if alive else of_one
            found.append(("counted", getattr(one, counted.tier), counted_one))
        for name, quantity, each in found:
            if quantity is not None:
                sums[name] = sums[name] + quantity * each if name in sums else quantity * each
    return Effects(**sums, timeless=timeless)


def together(one: Effects, other: Effects) -> Effects:
    """The effects of two groups that share nothing, added up."""
    if other == _NOTHING:
        return one
    sums = {}
    for name in (*TIER_NAMES, "counted"):
        known = [value for value in (getattr(one, name), getattr(other, name)) if value is not None]
        sums[name] = sum(known, Fraction(0)) if known else None
    return Effects(**sums, timeless=one.timeless + other.timeless)


_NOTHING = Effects()


@dataclass(frozen=True)
class WorksUnit:
    """The unit in which needed, planned and gap are given: the measure's own where there is one factor, else the formula's."""

    unit: str
    of_rule: str
    factor: Fraction = Fraction(1)

    def quantity(self, effect: Fraction | None) -> Fraction | None:
        """How much of the measure has this effect."""
        return None if effect is None else converted(effect, self.of_rule, self.unit) / abs(self.factor)


def works_unit(rule: RuleTerms, units: Sequence[str]) -> WorksUnit | None:
    """What the measures of a rule are counted in: the plain unit (亩, not 万亩) that most of these quantities are written in."""
    if not rule.countable or rule.unit is None:
        return None
    factors = {one.weight for one in rule.measures}
    if len(factors) != 1 or not all(factors):
        return WorksUnit(plain_unit(rule.unit), rule.unit)
    plain = Counter(map(plain_unit, units))
    most = min(plain, key=lambda unit: (-plain[unit], unit), default=plain_unit(rule.unit))
    return WorksUnit(most, rule.unit, factors.pop())


@dataclass(frozen=True)
class Promise:
    """A commitment of the plan in a measure of the rule: its value, a yearly one times its years.

    `within` are the commitments in which it may lie, because only projects carry it whose works may lie in those of theirs;
    `inside` is how much of it they may hold already, which the low reading leaves out.
    """

    commitment_id: int
    name: str
    measure_id: int
    measure: str
    quantity: Fraction
    unit: str
    years: int | None = None
    within: frozenset[int] = frozenset()
    inside: Fraction | None = None


def promised_effect(rule: RuleTerms, promises: Iterable[Promise], *, low: bool = False) -> Fraction | None:
    """What the commitments add if they are kept, as printed; None where the plan makes none.

    `low`: without what other commitments may hold already; None where there is nothing of that kind.
    """
    some = list(promises)
    if not rule.countable or (low and not any(one.inside for one in some)):
        return None
    left = [(one, one.quantity - (one.inside or 0) if low else one.quantity) for one in some]
    effects = [rule.effect(one.measure_id, quantity, one.unit) for one, quantity in left]
    known = [effect for effect in effects if effect is not None]
    return sum(known, Fraction(0)) if known else None
