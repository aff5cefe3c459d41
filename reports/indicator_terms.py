"""Records of indicators, targets and rules as terms of exact fractions, which the pure arithmetic of milestones/ takes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from core.units import MICRO, UnknownUnit, UnlikeUnits, converted, plain_unit
from milestones.aggregation import is_percentage
from milestones.indicator_math import IndicatorTerms, TargetTerms
from milestones.indicator_rollup import (
    NO_FORMULA,
    SHARE,
    Amounts,
    MeasureTerms,
    Promise,
    RuleTerms,
    no_rule,
    share_rule,
    total_rule,
)
from milestones.indicator_rules import IndicatorRule
from milestones.indicators import Indicator, Target
from milestones.why_not import WhyNot, not_convertible


@dataclass(frozen=True)
class RuleRecord:
    """A rule in force with its measures, as kept."""

    rule: IndicatorRule
    measures: tuple[MeasureTerms, ...]


def fraction(micro: int | None) -> Fraction | None:
    """A stored count of millionths."""
    return None if micro is None else Fraction(micro, MICRO)


def indicator_terms(row: Indicator) -> IndicatorTerms:
    """How values of the indicator are judged; a baseline in a convertible unit is converted, in another it is none."""
    baseline = fraction(row.baseline_micro)
    if baseline is not None and row.baseline_unit is not None and row.baseline_unit != row.unit:
        try:
            baseline = converted(baseline, row.baseline_unit, row.unit or "")
        except (UnlikeUnits, UnknownUnit):
            return IndicatorTerms(row.direction, row.change, None, other_unit=True)
    return IndicatorTerms(row.direction, row.change, baseline)


def target_terms(target: Target | None) -> TargetTerms:
    """The target as read; without one in force it is the target of an indicator of which only a baseline is printed."""
    if target is None:
        return TargetTerms("none")
    return TargetTerms(
        kind=target.kind,
        printed=target.printed,
        operator=target.operator,
        value=fraction(target.value_micro),
        high=fraction(target.high_micro),
        year=target.target_year,
        reference_operator=target.reference_operator,
        reference=fraction(target.reference_micro),
    )


def rule_terms(record: RuleRecord | None, row: Indicator, terms: IndicatorTerms, units: list[str]) -> RuleTerms | None:
    """The rule, resolved; `units` are those of the quantities that it counts."""
    if record is None:
        return None
    kept, measures = record.rule, record.measures
    reason = None if kept.why_not is None else WhyNot(kept.why_not, english=kept.why_not_en)
    if kept.formula == NO_FORMULA:
        found = no_rule(reason)
    elif kept.formula == SHARE:
        found = share_rule(
            measures,
            _percent(terms.baseline, row.unit),
            whole=_sized(kept.whole_micro, kept.whole_unit),
            start=_sized(kept.start_micro, kept.start_unit),
            reason=reason,
            whole_name=kept.whole_name,
            otherwise=min(map(plain_unit, units), default=None),
        )
        if row.unit is not None and not is_percentage(row.unit):
            found = replace(found, why_not=not_convertible(row.name, "%", row.unit))
    else:
        found = total_rule(measures, terms, row.unit)
    return replace(
        found,
        whole_name=kept.whole_name,
        whole_source=kept.whole_source,
        start_source=kept.start_source,
        assumption=kept.assumption,
        assumption_en=kept.assumption_en,
    )


def _percent(baseline: Fraction | None, unit: str | None) -> Fraction | None:
    """The baseline of a share in percent; None where it is no share."""
    if baseline is None:
        return None
    try:
        return converted(baseline, unit or "%", "%")
    except (UnlikeUnits, UnknownUnit):
        return None


def _sized(micro: int | None, unit: str | None) -> tuple[Fraction, str] | None:
    return None if micro is None or unit is None else (Fraction(micro, MICRO), unit)


def units_of(
    record: RuleRecord | None,
    amounts: Iterable[Amounts],
    promises: Iterable[Promise],
    usual: Mapping[int, Sequence[str]],
) -> list[str]:
    """The units of the quantities of a rule's measures: of the planned ones, else of the promised, else as other plans write."""
    wanted = {one.measure_id for one in record.measures} if record else set()
    planned = [unit for one in amounts if one.measure_id in wanted for unit in one.written]
    promised = [one.unit for one in promises if one.measure_id in wanted]
    return planned or promised or [unit for id_ in sorted(wanted) for unit in usual.get(id_, ())]
