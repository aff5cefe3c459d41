"""The formulas of an indicator with its numbers put in: (33.25% × 945.8 平方公里 + 9,000 亩) ÷ 945.8 平方公里 = 33.8844%."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from core.errors import N_
from core.units import converted, dimension, plain_unit
from milestones.indicator_rollup import SHARE, RuleTerms
from reports.indicators import IndicatorFigures
from web.printed import decimal

Term = tuple[Fraction, str, Fraction]  # how much, in which unit, what one of it adds


@dataclass(frozen=True)
class Formula:
    """One series with its formula; `name` and `meaning` are words to be translated."""

    name: str
    meaning: str
    text: str


def formulas(figures: IndicatorFigures) -> list[Formula]:
    """The formula of every series that has a value."""
    rule = figures.rule
    if rule is None:
        return []
    parts = figures.contributions
    planned = [(one.planned, one.unit, one.terms.weight) for one in parts if one.planned]
    without = [(-one.inside, one.unit, one.terms.weight) for one in parts if one.inside]
    counted = [(one.counted, one.unit, one.terms.weight) for one in parts if one.counted]
    promised = [(one.quantity, one.unit, _weight(rule, one.measure_id)) for one in figures.promises]
    low = [(one.quantity - (one.inside or 0), one.unit, _weight(rule, one.measure_id)) for one in figures.promises]
    rows: list[tuple[str, str, list[Term], Fraction | None]] = [
        (N_("推算值"), N_("按规则计入的工程量，已接收的填报"), counted, figures.rolled_up),
        (N_("规划支撑值"), N_("登记的项目全部完成时"), planned, figures.if_all_finished),
        (N_("规划支撑值（低值）"), N_("可能重复计算的不计"), planned + without, figures.if_all_finished_low),
        (N_("任务目标值"), N_("规划的任务全部兑现时"), promised, figures.if_commitments_kept),
        (N_("任务目标值（低值）"), N_("可能重复计算的不计"), low, figures.if_commitments_kept_low),
    ]
    return [
        Formula(name, meaning, with_numbers(figures, rule, terms, value))
        for name, meaning, terms, value in rows
        if value is not None
    ]


def _weight(rule: RuleTerms, measure_id: int) -> Fraction:
    counted = rule.measure(measure_id)
    return Fraction(1) if counted is None else counted.weight


def with_numbers(figures: IndicatorFigures, rule: RuleTerms, terms: Iterable[Term], value: Fraction) -> str:
    """The formula of one value with its numbers."""
    unit = figures.unit or ""
    works = _works(terms)
    result = quantity(value, unit, places=4)
    baseline = None if figures.terms.baseline is None else quantity(figures.terms.baseline, unit)
    if rule.formula == SHARE and rule.whole is not None and rule.start is not None:
        whole = quantity(rule.whole, rule.unit or "")
        given = rule.start_source is not None or baseline is None
        start = quantity(rule.start, rule.unit or "") if given else f"{baseline} × {whole}"
        return f"({start} + {works}) ÷ {whole} = {result}"
    begun = "" if figures.terms.change or baseline is None else f"{baseline} + "
    return f"{begun}{works} = {result}"


def _works(terms: Iterable[Term]) -> str:
    """What is added, each unit and factor once."""
    sums: dict[tuple[str, Fraction], Fraction] = {}
    for written, of, weight in terms:
        # Quantities of one dimension and one factor stand as one number, in the plain unit of the first.
        unit = plain_unit(of)
        amount = converted(written, of, unit)
        same = next((key for key in sums if key[1] == weight and _alike(key[0], unit)), (unit, weight))
        sums[same] = sums.get(same, Fraction(0)) + converted(amount, unit, same[0])
    said = [
        quantity(amount, unit) + ("" if weight == 1 else f" × {decimal(weight, 6)}")
        for (unit, weight), amount in sums.items()
    ]
    return " + ".join(said) or "0"


def _alike(one: str, other: str) -> bool:
    return dimension(one) == dimension(other)


def quantity(value: Fraction, unit: str, *, places: int = 6) -> str:
    """An amount with its unit; a percent sign stands close."""
    return decimal(value, places) + (unit if unit in ("%", "‰") else f" {unit}" if unit else "")
