"""The self-check of what is said of an indicator beyond its sums: target, need, support, gap, verdict, reading, commitments.

Written out again from the stored rows; nothing here calls what it checks.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlmodel import Session

from core.units import MICRO, UnknownUnit, UnlikeUnits, converted, dimension
from milestones.commitments import Commitment, CommitmentProject
from milestones.indicator_rules import IndicatorRule, RuleMeasure
from milestones.indicators import Indicator, Target
from milestones.quantities import Measure
from milestones.readings import OfficialReading
from portfolio.facts import APPROVED, AS_ISSUED
from portfolio.plans import Plan
from portfolio.projects import Project
from reports.indicators import IndicatorFigures
from reports.rollup import Scope
from reports.self_check_reading import Mismatch, holding, stream

Sums = Mapping[str, Fraction | None]


@dataclass(frozen=True)
class Stored:
    """The rows that decide what is said of indicators, by the id of what they belong to."""

    rules: Mapping[int, IndicatorRule]
    measures: Mapping[int, Sequence[RuleMeasure]]
    dimensions: Mapping[int | None, str]
    targets: Mapping[int, Target]
    readings: Mapping[int, OfficialReading]
    promises: Mapping[int, Sequence[tuple[Commitment, int]]]


def stored(session: Session, scope: Scope) -> Stored:
    """What holds, and what counts, as of the quarter in its edition; judged in Python."""
    measures: dict[int, list[RuleMeasure]] = defaultdict(list)
    for row in stream(session, RuleMeasure):
        measures[row.rule_id].append(row)
    readings: dict[int, OfficialReading] = {}
    for row in stream(session, OfficialReading):
        since = row.posted_period if scope.edition == AS_ISSUED else row.quarter
        if row.state == APPROVED and max(since, row.quarter) <= scope.quarter:
            held = readings.get(row.indicator_id)
            if held is None or (held.quarter, held.id) < (row.quarter, row.id):
                readings[row.indicator_id] = row
    return Stored(
        rules={row.indicator_id: row for row in holding(session, IndicatorRule, scope.quarter)},
        measures=measures,
        dimensions={row.id: row.dimension for row in stream(session, Measure)},
        targets={row.indicator_id: row for row in holding(session, Target, scope.quarter)},
        readings=readings,
        promises=_promises(session),
    )


def _promises(session: Session) -> dict[int, list[tuple[Commitment, int]]]:
    """The commitments of each plan, each with its millionths over all its years."""
    years = {row.id: (row.first_year, row.last_year) for row in stream(session, Project)}
    spans = {row.id: (row.first_year, row.last_year) for row in stream(session, Plan)}
    carried: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in stream(session, CommitmentProject):
        if None not in years[row.project_id]:
            carried[row.commitment_id].append(years[row.project_id])
    found: dict[int, list[tuple[Commitment, int]]] = defaultdict(list)
    for row in stream(session, Commitment):
        if row.operator not in ("≤", "<") and row.value_micro is not None:
            known = carried[row.id] or [spans[row.plan_id]]
            times = max(last for _, last in known) - min(first for first, _ in known) + 1 if row.per == "year" else 1
            found[row.plan_id].append((row, row.value_micro * times))
    return found


def formula_unit(rule: IndicatorRule, unit: str | None) -> str | None:
    """The unit in which effects are added."""
    return (rule.whole_unit or rule.start_unit) if rule.formula == "share" else unit


def is_computable(kept: Stored, rule: IndicatorRule | None, indicator: Indicator) -> bool:
    """Whether the rule gives the indicator a value at all."""
    if rule is None or rule.formula == "none":
        return False
    unit = formula_unit(rule, indicator.unit)
    if unit is None or any(kept.dimensions[one.measure_id] != dimension(unit) for one in kept.measures[rule.id or 0]):
        return False
    if rule.formula == "share" and indicator.unit is not None and dimension(indicator.unit) != "ratio":
        return False
    return value_again(rule, indicator, None) is not None


def value_again(rule: IndicatorRule, indicator: Indicator, effect: Fraction | None) -> Fraction | None:
    """The value by the formula with an effect, written out again."""
    added = effect or Fraction(0)
    baseline = _baseline(indicator)
    if rule.formula == "total":
        if indicator.change:
            return added
        return None if baseline is None else baseline + added
    whole, start = _whole_and_start(rule, indicator, baseline)
    if whole is None or start is None or whole == 0:
        return None
    return converted((start + added) * 100 / whole, "%", indicator.unit or "%")


def _baseline(indicator: Indicator) -> Fraction | None:
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


def _whole_and_start(
    rule: IndicatorRule, indicator: Indicator, baseline: Fraction | None
) -> tuple[Fraction | None, Fraction | None]:
    whole = None if rule.whole_micro is None else Fraction(rule.whole_micro, MICRO)
    start = None
    if rule.start_micro is not None:
        unit = rule.start_unit or ""
        start = converted(Fraction(rule.start_micro, MICRO), unit, rule.whole_unit or unit)
    share = None if baseline is None else converted(baseline, indicator.unit or "%", "%") / 100
    if whole is None and start is not None and share:
        whole = start / share
    if start is None and whole is not None and share is not None:
        start = whole * share
    return whole, start


# ---- what the target needs


def support_mismatches(
    kept: Stored, indicator: Indicator, shown: IndicatorFigures, sums: Sums, edition: str
) -> Iterator[Mismatch]:
    """Where need, tiers, support, gap, verdict, reading or commitments are not what the rows come to.

    `sums` are effects in the unit of the formula; they are looked at only where the rule gives a value.
    """
    what = f"indicator {edition} {shown.key}"
    rule, covered = kept.rules.get(shown.indicator_id), shown.coverage
    reading = kept.readings.get(shown.indicator_id)
    pairs: dict[str, tuple[Any, Any]] = {
        "official": (
            shown.official and (shown.official.id, shown.official.measured.value),
            reading and (reading.id, None if reading.value_micro is None else Fraction(reading.value_micro, MICRO)),
        )
    }
    if is_computable(kept, rule, indicator) and rule is not None:
        pairs["rule"] = (covered.unit is not None and shown.rule is not None and shown.rule.why_not is None, True)
        pairs["if_commitments_kept"] = (shown.if_commitments_kept, _promised(kept, rule, indicator))
        pairs |= _support(kept, rule, indicator, shown, sums) if covered.unit is not None else {}
    else:
        figures = (shown.rolled_up, shown.if_all_finished, shown.if_commitments_kept, covered.needed, covered.support)
        pairs["value"] = (figures, (None,) * len(figures))
    for name, (one, again) in pairs.items():
        if one != again:
            yield Mismatch(f"{what} {name}", one, again)


def _support(
    kept: Stored, rule: IndicatorRule, indicator: Indicator, shown: IndicatorFigures, sums: Sums
) -> dict[str, tuple[Any, Any]]:
    covered = shown.coverage
    goal = _goal(kept.targets.get(shown.indicator_id))
    toward = 1 if goal is None else _toward(goal, indicator)
    factors = {(one.factor_numerator, one.factor_denominator) for one in kept.measures[rule.id or 0]}
    above, below = factors.pop() if len(factors) == 1 else (1, 1)

    def works(effect: Fraction) -> Fraction:
        size = converted(effect, formula_unit(rule, indicator.unit) or "", covered.unit or "")
        return size * toward * below / abs(above)

    known = {name: None if effect is None else works(effect) for name, effect in sums.items()}
    planned, inside = known["planned"] or Fraction(0), known["inside"]
    low = None if inside is None else planned - inside
    again = {name: known[name] for name in ("claimed", "verified", "surviving")}
    again |= {"planned": planned, "planned_low": low}
    pairs: dict[str, tuple[Any, Any]] = {name: (getattr(covered, name), value) for name, value in again.items()}
    if goal is None or (indicator.change and toward < 0):
        return pairs | {"verdict": (covered.verdict, "not-computable"), "needed": (covered.needed, None)}
    operator, value, high = goal
    begun = value_again(rule, indicator, None) or Fraction(0)
    more = (high if high is not None and toward < 0 else value) - begun
    if rule.formula == "share":
        whole, _ = _whole_and_start(rule, indicator, _baseline(indicator))
        more = converted(more, indicator.unit or "%", "%") / 100 * (whole or 0)
    needed = works(more)
    met = needed < 0 or _met(goal, indicator, begun)
    enough = planned > needed if operator in (">", "<") and high is None else planned >= needed
    share = None if met or needed == 0 else planned / needed
    return pairs | {
        "needed": (covered.needed, needed),
        "support": (covered.support, share),
        "support_low": (covered.support_low, None if share is None or low is None else low / needed),
        "gap": (covered.gap, max(Fraction(0), needed - planned)),
        "gap_low": (covered.gap_low, None if low is None else max(Fraction(0), needed - low)),
        "verdict": (covered.verdict, "already-met" if met else "enough" if enough else "short"),
    }


_Goal = tuple[str, Fraction, Fraction | None]  # operator, number, the other end of a range


def _goal(target: Target | None) -> _Goal | None:
    if target is None:
        return None
    if target.kind in ("number", "range") and target.value_micro is not None:
        high = None if target.high_micro is None else Fraction(target.high_micro, MICRO)
        return target.operator or "", Fraction(target.value_micro, MICRO), high
    if target.kind == "delegated" and target.reference_micro is not None:
        return target.reference_operator or "", Fraction(target.reference_micro, MICRO), None
    return None


def _operator(goal: _Goal, indicator: Indicator) -> str:
    """≥, ≤ and so on; what else is printed reads by what is called better."""
    known = {"up": "≥", "down": "≤", "steady": "="}
    return goal[0] if goal[0] in ("≥", ">", "≤", "<", "=") else known[indicator.direction or "up"]


def _toward(goal: _Goal, indicator: Indicator) -> int:
    """1 where more is wanted, -1 where less is."""
    _, value, high = goal
    operator = _operator(goal, indicator)
    if high is None and operator != "=":
        return 1 if operator in ("≥", ">") else -1
    start = Fraction(0) if indicator.change else _baseline(indicator)
    if start is None:
        return -1 if indicator.direction == "down" else 1
    return -1 if start > (value if high is None else high) else 1


def _met(goal: _Goal, indicator: Indicator, reached: Fraction) -> bool:
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


def _promised(kept: Stored, rule: IndicatorRule, indicator: Indicator) -> Fraction | None:
    """The value if every commitment is kept; of a plain sum without the indicator's own, which is its target."""
    factors = {
        one.measure_id: Fraction(one.factor_numerator, one.factor_denominator) for one in kept.measures[rule.id or 0]
    }
    unit = formula_unit(rule, indicator.unit) or ""
    effects = [
        converted(Fraction(micro, MICRO), row.unit, unit) * factors[row.measure_id]
        for row, micro in kept.promises.get(indicator.plan_id, ())
        if row.measure_id in factors and not (rule.formula == "total" and row.indicator_id == indicator.id)
    ]
    return value_again(rule, indicator, sum(effects, Fraction(0))) if effects else None
