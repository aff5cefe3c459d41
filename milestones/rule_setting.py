"""Putting a roll-up rule in force with its measures, and reading which one holds. People change rules in rule_changing.py.

A rule is never overwritten: a new one ends the old one where it begins, so a past quarter still shows what held then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlmodel import Session, col, select

from core.audit import Actor
from milestones.indicator_rules import IndicatorRule, RuleMeasure
from milestones.quantities import Measure
from portfolio.dated import in_force, put_in_force

RULE_FIELDS = (
    "formula",
    *("whole_micro", "whole_unit", "whole_name", "whole_source"),
    *("start_micro", "start_unit", "start_source"),
    *("why_not", "why_not_en", "assumption", "assumption_en"),
)


@dataclass(frozen=True)
class MeasureShare:
    """One measure of a rule: an exact factor, the tier that counts, the lag, and the assumption that is stated with it."""

    measure_id: int
    factor: Fraction = Fraction(1)
    tier: str = "verified"
    lag_years: int = 0
    assumption: str | None = None
    assumption_en: str | None = None


@dataclass(frozen=True)
class HeldRule:
    """A rule with its measures, each with its name and dimension, in the order of their names."""

    rule: IndicatorRule
    measures: tuple[tuple[RuleMeasure, Measure], ...]

    @property
    def shares(self) -> frozenset[MeasureShare]:
        return frozenset(share_of(row) for row, _ in self.measures)

    def says(self, values: dict[str, Any], shares: Sequence[MeasureShare]) -> bool:
        """Whether this rule already is what is given."""
        return self.shares == frozenset(shares) and all(
            getattr(self.rule, name) == values[name] for name in RULE_FIELDS
        )


def share_of(row: RuleMeasure) -> MeasureShare:
    """A stored measure of a rule, read."""
    factor = Fraction(row.factor_numerator, row.factor_denominator)
    return MeasureShare(row.measure_id, factor, row.tier, row.lag_years, row.assumption, row.assumption_en)


def rules_in_force(session: Session, indicator_ids: Sequence[int], quarter: int) -> dict[int, HeldRule]:
    """The rule of each indicator that holds in a quarter, by indicator id; an indicator without one is not in it."""
    rows = session.exec(
        select(IndicatorRule).where(
            col(IndicatorRule.indicator_id).in_(indicator_ids), in_force(IndicatorRule, quarter)
        )
    ).all()
    measures = measures_of(session, [row.id for row in rows if row.id is not None])
    return {row.indicator_id: HeldRule(row, measures.get(row.id or 0, ())) for row in rows}


def measures_of(session: Session, rule_ids: Sequence[int]) -> dict[int, tuple[tuple[RuleMeasure, Measure], ...]]:
    """The measures of several rules, by rule id."""
    found: dict[int, tuple[tuple[RuleMeasure, Measure], ...]] = {}
    rows = session.exec(
        select(RuleMeasure, Measure)
        .join(Measure, col(Measure.id) == RuleMeasure.measure_id)
        .where(col(RuleMeasure.rule_id).in_(rule_ids))
        .order_by(col(RuleMeasure.rule_id), col(Measure.name))
    )
    for row, measure in rows:
        found[row.rule_id] = (*found.get(row.rule_id, ()), (row, measure))
    return found


def find_rule(session: Session, indicator_id: int, quarter: int) -> HeldRule | None:
    """The rule of one indicator that holds in a quarter."""
    return rules_in_force(session, [indicator_id], quarter).get(indicator_id)


def put_rule(
    session: Session,
    indicator_id: int,
    values: dict[str, Any],
    shares: Sequence[MeasureShare],
    *,
    from_quarter: int,
    document: str | None = None,
    reason: str | None = None,
    by: Actor | None,
) -> IndicatorRule | None:
    """Makes a rule hold from a quarter until the next recorded change; None when the same one held already.

    `by` is None for what the plan itself supports.
    """
    held = find_rule(session, indicator_id, from_quarter)
    if held is not None and held.says(values, shares):
        return None
    row = put_in_force(
        session,
        IndicatorRule,
        {"indicator_id": indicator_id},
        values,
        from_quarter=from_quarter,
        document=document,
        reason=reason,
        by=by,
        anew=True,
    )
    assert row is not None
    assert row.id is not None
    for share in shares:
        session.add(
            RuleMeasure(
                rule_id=row.id,
                measure_id=share.measure_id,
                factor_numerator=share.factor.numerator,
                factor_denominator=share.factor.denominator,
                tier=share.tier,
                lag_years=share.lag_years,
                assumption=share.assumption,
                assumption_en=share.assumption_en,
            )
        )
    session.flush()
    return row


def rule_history(session: Session, indicator_id: int) -> list[HeldRule]:
    """Every rule of an indicator that was ever set, the newest first."""
    query = select(IndicatorRule).where(IndicatorRule.indicator_id == indicator_id)
    rows = session.exec(query.order_by(col(IndicatorRule.effective_from).desc(), col(IndicatorRule.id).desc())).all()
    measures = measures_of(session, [row.id for row in rows if row.id is not None])
    return [HeldRule(row, measures.get(row.id or 0, ())) for row in rows]
