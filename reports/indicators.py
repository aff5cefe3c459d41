"""The figures of indicators as of a quarter, in either edition: measured, rolled up, if all is finished, if promises are kept.

The one definition for pages, workbooks, command and API. A few grouped queries for a whole plan or a whole province, none per
indicator; projects are fetched only when the contributions are asked for.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlmodel import Session

from milestones import why_not
from milestones.indicator_math import (
    Achievement,
    IndicatorTerms,
    Line,
    Measured,
    TargetTerms,
    achievement,
    straight_line,
)
from milestones.indicator_rollup import (
    Amounts,
    Effects,
    Promise,
    RuleTerms,
    WorksUnit,
    promised_effect,
    summed_effects,
    together,
    works_unit,
)
from milestones.indicators import Indicator, Target
from milestones.support import Coverage, coverage
from milestones.why_not import WhyNot
from portfolio.access import Reader
from portfolio.plans import Plan
from reports.indicator_gathering import Gathered, gathered
from reports.indicator_parts import Contribution, contributions
from reports.indicator_records import Official
from reports.indicator_terms import indicator_terms, rule_terms, target_terms, units_of
from reports.rollup import Scope


@dataclass(frozen=True)
class IndicatorFigures:
    """Everything that is said of one indicator as of a quarter; what is not computable is None, and `coverage.why_not` says why.

    The series stand apart: `official` (监测值), `rolled_up` (推算值), `if_all_finished` (规划支撑值), `if_commitments_kept`
    (任务目标值) and `line`. The `_low` ones leave out what a contradiction may count twice; None where there is none. Where no
    works count nothing is rolled up: null is not 0, nor the baseline, and `rolled_up_why_not` says so.
    `own` are the effects of the plan's own projects and `supported` those of linked lower plans' projects, in `rule.unit`.
    `contributions` is empty unless they were asked for.
    Units: the indicator's own; of `coverage` the measure's.
    """

    indicator_id: int
    plan_id: int
    plan: str
    key: str
    no: str
    position: int
    category: str | None
    name: str
    unit: str | None
    nature: str | None
    over_time: str
    over_places: str
    baseline_printed: str
    baseline_year: int | None
    baseline_unit: str | None
    terms: IndicatorTerms
    target: TargetTerms
    reference_wording: str | None
    rule: RuleTerms | None
    official: Official | None
    readings: tuple[Official, ...]
    rolled_up: Fraction | None
    rolled_up_why_not: WhyNot | None
    if_all_finished: Fraction | None
    if_all_finished_low: Fraction | None
    if_commitments_kept: Fraction | None
    if_commitments_kept_low: Fraction | None
    promises: tuple[Promise, ...]
    own: Effects
    supported: Effects
    coverage: Coverage
    achieved: Achievement
    rolled_up_achieved: Achievement
    line: Line | None
    works_unit: WorksUnit | None = None
    contributions: tuple[Contribution, ...] = ()

    @property
    def unreported(self) -> bool:
        """Whether nothing at all was reported of the works that its rule counts (未填报)."""
        works = (self.own, self.supported)
        known = (getattr(one, name) for one in works for name in ("claimed", "verified", "surviving", "counted"))
        return self.rule is not None and self.rule.why_not is None and all(one is None for one in known)

    @property
    def numerator(self) -> Fraction | None:
        """What the rolled-up share counts, in `rule.unit`; with `denominator` it adds up over places."""
        if self.rolled_up is None or self.rule is None or self.rule.start is None:
            return None
        counted = (self.own.counted or Fraction(0)) + (self.supported.counted or Fraction(0))
        return self.rule.start + counted

    @property
    def denominator(self) -> Fraction | None:
        """What the rolled-up share is a share of."""
        return None if self.numerator is None or self.rule is None else self.rule.whole


def indicator_figures(
    session: Session,
    reader: Reader,
    scope: Scope,
    indicator_ids: Collection[int] | None = None,
    *,
    with_contributions: bool = False,
) -> list[IndicatorFigures]:
    """The figures of every indicator of the scope, or of these, in the order of the plans.

    Errors: Invalid for an edition that there is not.
    """
    return figures_from(gathered(session, reader, scope, indicator_ids, by_project=with_contributions))


def figures_from(records: Gathered) -> list[IndicatorFigures]:
    """The figures that these records give; with contributions where their amounts are those of projects."""
    return [_figures(records, row, plan, target) for row, plan, target in records.indicators]


def _figures(records: Gathered, row: Indicator, plan: Plan, set_target: Target | None) -> IndicatorFigures:
    assert row.id is not None
    kept, readings = records.rules.get(row.id), records.readings.get(row.id, ())
    amounts, promises = records.amounts_of(row), records.promises_for(row)
    terms, target = indicator_terms(row), target_terms(set_target)
    units = units_of(kept, amounts, promises, records.usual)
    rule = rule_terms(kept, row, terms, units)
    counted_in = None if rule is None else works_unit(rule, units)
    own, supported, both = _effects(rule, amounts)
    latest = readings[-1] if readings else None
    previous = readings[-2].measured if len(readings) > 1 else None
    rolled_up = _value(rule, terms, row, both.counted)
    nothing_rolled = why_not.NO_RULE if rule is None else rule.why_not or why_not.NOTHING_COUNTED
    planned = both.planned or Fraction(0)
    return IndicatorFigures(
        indicator_id=row.id,
        plan_id=row.plan_id,
        plan=plan.code,
        key=row.key,
        no=row.no,
        position=row.position,
        category=row.category,
        name=row.name,
        unit=row.unit,
        nature=row.nature,
        over_time=row.over_time,
        over_places=row.over_places,
        baseline_printed=row.baseline_printed,
        baseline_year=row.baseline_year,
        baseline_unit=row.baseline_unit or (row.unit if row.baseline_micro is not None else None),
        terms=terms,
        target=target,
        reference_wording=None if set_target is None else set_target.reference_wording,
        rule=rule,
        official=latest,
        readings=tuple(readings),
        rolled_up=rolled_up,
        rolled_up_why_not=nothing_rolled if rolled_up is None else None,
        if_all_finished=_value(rule, terms, row, planned),
        if_all_finished_low=None if both.inside is None else _value(rule, terms, row, planned - both.inside),
        if_commitments_kept=_kept(rule, terms, row, promises),
        if_commitments_kept_low=_kept(rule, terms, row, promises, low=True),
        promises=promises,
        own=own,
        supported=supported,
        coverage=coverage(target, terms, rule, both, counted_in, row.unit),
        achieved=achievement(target, terms, latest.measured if latest else None, previous),
        rolled_up_achieved=Achievement(why_not=nothing_rolled)
        if rolled_up is None
        else achievement(target, terms, Measured(rolled_up)),
        line=straight_line(target, terms, row.baseline_year or (plan.first_year - 1 if row.change else None)),
        works_unit=counted_in,
        contributions=contributions(rule, amounts, records.named),
    )


def _effects(rule: RuleTerms | None, amounts: Sequence[Amounts]) -> tuple[Effects, Effects, Effects]:
    """The effects of the plan's own projects, of linked ones, and of both together."""
    if rule is None:
        return Effects(), Effects(), Effects()
    own = summed_effects(rule, [one for one in amounts if not one.supported])
    supported = summed_effects(rule, [one for one in amounts if one.supported])
    return own, supported, together(own, supported)


def _value(rule: RuleTerms | None, terms: IndicatorTerms, row: Indicator, effect: Fraction | None) -> Fraction | None:
    return None if rule is None or effect is None else rule.value(terms, effect, row.unit)


def _kept(
    rule: RuleTerms | None, terms: IndicatorTerms, row: Indicator, promises: Sequence[Promise], *, low: bool = False
) -> Fraction | None:
    return None if rule is None else _value(rule, terms, row, promised_effect(rule, promises, low=low))
