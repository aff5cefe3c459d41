"""The self-check of what is said of an indicator beyond its sums: target, need, support, gap, verdict, reading, commitments.

Written out again from the stored rows; nothing here calls what it checks.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlmodel import Session

from core.units import MICRO, converted, dimension
from milestones.commitments import Commitment, CommitmentProject
from milestones.indicator_rules import IndicatorRule, Overlap, RuleMeasure
from milestones.indicators import Indicator, Target
from milestones.quantities import Measure
from milestones.readings import OfficialReading
from portfolio.facts import APPROVED, AS_ISSUED
from portfolio.plans import Plan
from portfolio.projects import Project
from reports.indicators import IndicatorFigures
from reports.rollup import Scope
from reports.self_check_overlaps import twice_by_cuts
from reports.self_check_reading import Mismatch, holding, stream
from reports.self_check_targets import baseline_of, far_end, is_met, stored_goal, toward_of

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
    carriers: Mapping[int, set[int]]
    overlaps: Sequence[Overlap]


def stored(session: Session, scope: Scope) -> Stored:
    """What holds, and what counts, as of the quarter in its edition; judged in Python."""
    measures: dict[int, list[RuleMeasure]] = defaultdict(list)
    for row in stream(session, RuleMeasure):
        measures[row.rule_id].append(row)
    readings: dict[int, OfficialReading] = {}
    known = [row for row in stream(session, OfficialReading) if _is_known(row, scope)]
    taken_back = {row.withdraws_id for row in known}
    for row in known:
        if row.withdraws_id is None and row.id not in taken_back:
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
        carriers=_carriers(session),
        overlaps=list(holding(session, Overlap, scope.quarter)),
    )


def _is_known(row: OfficialReading, scope: Scope) -> bool:
    """Whether a reading, or that one is taken back, is known as of the quarter in its edition."""
    since = row.posted_period if scope.edition == AS_ISSUED else row.quarter
    return row.state == APPROVED and max(since or 0, row.quarter) <= scope.quarter


def _carriers(session: Session) -> dict[int, set[int]]:
    """The projects that carry each commitment."""
    found: dict[int, set[int]] = defaultdict(set)
    for row in stream(session, CommitmentProject):
        found[row.commitment_id].add(row.project_id)
    return found


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
    baseline = baseline_of(indicator)
    if rule.formula == "total":
        if indicator.change:
            return added
        return None if baseline is None else baseline + added
    whole, start = _whole_and_start(rule, indicator, baseline)
    if whole is None or start is None or whole == 0:
        return None
    return converted((start + added) * 100 / whole, "%", indicator.unit or "%")


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
        promised, low = _promised(kept, rule, indicator)
        pairs["if_commitments_kept"] = (shown.if_commitments_kept, promised)
        pairs["if_commitments_kept_low"] = (shown.if_commitments_kept_low, low)
        pairs |= _support(kept, rule, indicator, shown, sums) if covered.unit is not None else {}
    else:
        figures = (shown.rolled_up, shown.if_all_finished, shown.if_commitments_kept, covered.needed, covered.support)
        pairs["value"] = (figures, (None,) * len(figures))
    for name, (one, again) in pairs.items():
        if one != again:
            yield Mismatch(f"{what} {name}", one, again, shown.plan_id)


def _support(
    kept: Stored, rule: IndicatorRule, indicator: Indicator, shown: IndicatorFigures, sums: Sums
) -> dict[str, tuple[Any, Any]]:
    covered = shown.coverage
    goal = stored_goal(kept.targets.get(shown.indicator_id))
    toward = 1 if goal is None else toward_of(goal, indicator)
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

    def works_to(end: Fraction) -> Fraction:
        more = end - begun
        if rule.formula == "share":
            whole, _ = _whole_and_start(rule, indicator, baseline_of(indicator))
            more = converted(more, indicator.unit or "%", "%") / 100 * (whole or 0)
        return works(more)

    needed, far = works_to(high if high is not None and toward < 0 else value), far_end(goal, indicator)
    over = None if far is None else max(Fraction(0), planned - works_to(far)) or None
    met = needed < 0 or is_met(goal, indicator, begun)
    enough = planned > needed if operator in (">", "<") and high is None else planned >= needed
    share = None if met or needed == 0 else planned / needed
    verdict = "already-met" if met else "short" if not enough else "enough" if over is None else "over"
    return pairs | {
        "needed": (covered.needed, needed),
        "over": (covered.over, over),
        "support": (covered.support, share),
        "support_low": (covered.support_low, None if share is None or low is None else low / needed),
        "gap": (covered.gap, max(Fraction(0), needed - planned)),
        "gap_low": (covered.gap_low, None if low is None else max(Fraction(0), needed - low)),
        "verdict": (covered.verdict, verdict),
    }


def _promised(kept: Stored, rule: IndicatorRule, indicator: Indicator) -> tuple[Fraction | None, Fraction | None]:
    """The value if every commitment is kept, and its low reading; of a plain sum without the indicator's own, its target."""
    factors = {
        one.measure_id: Fraction(one.factor_numerator, one.factor_denominator) for one in kept.measures[rule.id or 0]
    }
    unit = formula_unit(rule, indicator.unit) or ""
    listed = [
        (row, converted(Fraction(micro, MICRO), row.unit, unit))
        for row, micro in kept.promises.get(indicator.plan_id, ())
        if row.measure_id in factors and not (rule.formula == "total" and row.indicator_id == indicator.id)
    ]
    if not listed:
        return None, None
    whole = sum((size * factors[row.measure_id] for row, size in listed), Fraction(0))
    twice: dict[int, Fraction] = {}
    for measure_id in factors:
        sizes = {row.id or 0: size for row, size in listed if row.measure_id == measure_id}
        found = twice_by_cuts(sizes, _within(kept, indicator.plan_id, measure_id))
        if found is not None:
            twice[measure_id] = found
    low = whole - sum((size * factors[measure_id] for measure_id, size in twice.items()), Fraction(0))
    return value_again(rule, indicator, whole), value_again(rule, indicator, low) if twice else None


def _within(kept: Stored, plan_id: int, measure_id: int) -> set[tuple[int, int]]:
    """Which commitment may lie in which: every project that carries it lies in one that carries another."""
    alike = [row.id or 0 for row, _ in kept.promises.get(plan_id, ()) if row.measure_id == measure_id]
    lies_in = {
        (one.inner_project_id, one.outer_project_id)
        for one in kept.overlaps
        if (one.plan_id, one.measure_id) == (plan_id, measure_id)
    }
    found = set()
    for one in alike:
        by = {
            inner: {
                other
                for other in alike
                if other != one and any((inner, o) in lies_in for o in kept.carriers.get(other, ()))
            }
            for inner in kept.carriers.get(one, ())
        }
        if all(by.values()):
            found |= {(one, other) for others in by.values() for other in others}
    return found
