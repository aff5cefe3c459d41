"""A scenario (情景): factors, survival, targets and finish years changed on a copy of the records. Pure, exact fractions.

The figures before and after come from the same functions (reports/indicators.py); nothing is kept.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from core.units import converted, plain_unit
from milestones.indicator_rollup import Amounts
from milestones.overlapping import counted_twice
from reports.indicator_gathering import Gathered
from reports.indicator_terms import RuleRecord
from reports.indicators import IndicatorFigures, figures_from

# What is compared of an indicator before and after.
COMPARED = ("rolled_up", "if_all_finished", "if_all_finished_low", "if_commitments_kept", "if_commitments_kept_low")
COVERED = ("needed", "planned", "planned_low", "support", "support_low", "gap", "gap_low", "over", "verdict")


@dataclass(frozen=True)
class PlannedWork:
    """One quantity that a project or part is to deliver, with the plans in which it counts (id, by a link or as its own).

    `ids` are those of the part and its package; `years_of` is the project whose last year holds. `value` is as printed, in
    `unit`, of a yearly one for each year. One of a lower plan that the reader may not see counts, and is not `shown`.
    """

    quantity_id: int
    code: str
    name: str
    project: str
    ids: frozenset[int]
    years_of: int
    measure_id: int
    measure: str
    unit: str
    value: Fraction
    yearly: bool
    first_year: int | None
    last_year: int | None
    plans: tuple[tuple[int, bool], ...]
    shown: bool = True

    @property
    def total(self) -> Fraction | None:
        """What it delivers over its years; None of a yearly one without known years."""
        if not self.yearly:
            return self.value
        if self.first_year is None or self.last_year is None:
            return None
        return self.value * (self.last_year - self.first_year + 1)


@dataclass(frozen=True)
class Scenario:
    """What is changed: factors by (indicator id, measure id), survival by measure, targets by quantity, years by project id."""

    factors: Mapping[tuple[int, int], Fraction] = field(default_factory=dict)
    survivals: Mapping[int, Fraction] = field(default_factory=dict)
    targets: Mapping[int, Fraction] = field(default_factory=dict)
    finishes: Mapping[int, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.factors or self.survivals or self.targets or self.finishes)


@dataclass(frozen=True)
class Copy:
    """The records that a scenario changes: what is gathered, the planned works, and what may lie inside what.

    `overlaps` are (measure id, inner project id, outer project id).
    """

    gathered: Gathered
    works: tuple[PlannedWork, ...]
    overlaps: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True)
class Moved:
    """One indicator before and after."""

    before: IndicatorFigures
    after: IndicatorFigures

    @property
    def moves(self) -> bool:
        return figures_of(self.before) != figures_of(self.after)


def figures_of(one: IndicatorFigures) -> tuple[object, ...]:
    """The figures by which two readings of an indicator are compared."""
    return (
        *(getattr(one, name) for name in COMPARED),
        *(getattr(one.coverage, name) for name in COVERED),
        one.coverage.unit,
    )


def compared(copy: Copy, scenario: Scenario) -> list[Moved]:
    """Every indicator before and after, in the order of the plans."""
    before = figures_from(copy.gathered)
    after = figures_from(changed(copy, scenario)) if scenario else before
    return [Moved(one, other) for one, other in zip(before, after, strict=True)]


def changed(copy: Copy, scenario: Scenario) -> Gathered:
    """The records with the changes of a scenario."""
    gathered = copy.gathered
    rules = {id_: _changed_rule(id_, record, scenario) for id_, record in gathered.rules.items()}
    found = replace(gathered, rules=rules)
    if not scenario.targets and not scenario.finishes:
        return found
    touched = {one.measure_id for one in copy.works if _touches(scenario, one)}
    amounts: dict[int, Sequence[Amounts]] = {}
    for row, plan, _ in gathered.indicators:
        record = rules.get(row.id or 0)
        if record is None or row.id is None:
            continue
        lags = {one.measure_id: one.lag_years for one in record.measures if one.measure_id in touched}
        works = [one for one in copy.works if one.measure_id in lags and plan.id in dict(one.plans)]
        if works and plan.id is not None:
            end = plan.last_year
            delivered = {one.quantity_id: delivered_by(one, scenario, end, lags[one.measure_id]) for one in works}
            amounts[row.id] = _changed_amounts(gathered.amounts_of(row), copy, works, delivered, plan.id)
    return replace(found, changed=amounts)


def _changed_rule(indicator_id: int, record: RuleRecord, scenario: Scenario) -> RuleRecord:
    measures = tuple(
        replace(
            one,
            factor=scenario.factors.get((indicator_id, one.measure_id), one.factor),
            survival=scenario.survivals.get(one.measure_id, one.survival),
        )
        for one in record.measures
    )
    return RuleRecord(record.rule, measures)


def _touches(scenario: Scenario, work: PlannedWork) -> bool:
    return work.quantity_id in scenario.targets or work.years_of in scenario.finishes


def delivered_by(work: PlannedWork, scenario: Scenario, end: int, lag: int) -> Fraction | None:
    """What a planned work has delivered by the plan's last year `end`; None of a yearly one without known years.

    A quantity of a project that finishes later than it should counts only when the finish year, with the lag of the rule, lies
    within the plan; of a yearly one the years that do. What the plan itself says, and an earlier finish, ignore the lag.
    """
    changed_work = replace(work, value=scenario.targets.get(work.quantity_id, work.value))
    last = scenario.finishes.get(work.years_of, work.last_year)
    if last is None or last == work.last_year:
        return changed_work.total
    later = work.last_year is None or last > work.last_year
    if not work.yearly:
        return Fraction(0) if later and last + lag > end else changed_work.value
    counted = max(work.last_year or 0, min(last, end - lag)) if later else last
    if work.first_year is None:
        return None
    return changed_work.value * max(0, counted - work.first_year + 1)


def _changed_amounts(
    amounts: Iterable[Amounts],
    copy: Copy,
    works: Sequence[PlannedWork],
    delivered: Mapping[int, Fraction | None],
    plan_id: int,
) -> list[Amounts]:
    """The amounts of one indicator with what its works deliver now."""
    groups: dict[tuple[int, bool], list[PlannedWork]] = defaultdict(list)
    for one in works:
        groups[one.measure_id, dict(one.plans)[plan_id]].append(one)
    inside = _inside(copy, works, delivered)
    found: list[Amounts] = []
    seen: set[tuple[int, bool]] = set()
    for held in amounts:
        key = (held.measure_id, held.supported)
        some = groups.get(key, []) if held.lag == 0 and key not in seen else []
        seen |= {key} if some else set()
        found.append(_replaced(held, some, delivered, inside) if some else held)
    for key in groups.keys() - seen:
        some = groups[key]
        found.append(_replaced(Amounts(key[0], some[0].unit, supported=key[1]), some, delivered, inside))
    return found


def _replaced(
    held: Amounts,
    works: Iterable[PlannedWork],
    delivered: Mapping[int, Fraction | None],
    inside: Mapping[int, Fraction],
) -> Amounts:
    planned, within, timeless = held.planned, None, held.timeless
    for one in works:
        total = delivered[one.quantity_id]
        if total is None:
            continue
        difference = converted(total - (one.total or 0), one.unit, held.unit)
        planned = difference if planned is None else planned + difference
        timeless -= one.total is None
        if one.quantity_id in inside:
            within = (within or Fraction(0)) + converted(inside[one.quantity_id], one.unit, held.unit)
    return replace(held, planned=planned, inside=within, timeless=timeless)


def _inside(copy: Copy, works: Sequence[PlannedWork], delivered: Mapping[int, Fraction | None]) -> dict[int, Fraction]:
    """What of each work may lie in those of other projects, in its own unit: at most as much as these deliver now."""
    units: dict[int, str] = {}
    for one in works:
        units.setdefault(one.measure_id, plain_unit(one.unit))
    sizes = {
        one.quantity_id: converted(delivered[one.quantity_id] or 0, one.unit, units[one.measure_id]) for one in works
    }
    pairs = [
        (one.quantity_id, other.quantity_id)
        for measure_id, inner, outer in copy.overlaps
        for one in works
        if one.measure_id == measure_id and inner in one.ids
        for other in works
        if other.measure_id == measure_id and outer in other.ids
    ]
    inside = counted_twice(sizes, pairs)
    return {
        one.quantity_id: converted(inside[one.quantity_id], units[one.measure_id], one.unit)
        for one in works
        if one.quantity_id in inside
    }
