"""Everything that the figures of indicators are made from, read once: the records on which reports/indicators.py calculates.

A scenario changes these records and calculates again, so that there is one definition of every figure.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlmodel import Session

from milestones.indicator_rollup import TOTAL, Amounts, Promise
from milestones.indicators import Indicator, Target
from milestones.overlapping import promises_marked
from portfolio.access import Reader
from portfolio.plans import Plan
from reports.indicator_amounts import amounts_by_plan
from reports.indicator_parts import project_names
from reports.indicator_records import (
    Official,
    indicators_with_targets,
    official_readings,
    promises_by_plan,
    rules_in_force,
    usual_units,
)
from reports.indicator_terms import RuleRecord
from reports.rollup import Scope


@dataclass(frozen=True)
class Gathered:
    """The records of the indicators of a scope, in the order of the plans.

    `rules` and `readings` are by indicator id, `amounts` by plan id and measure id, `promises` by plan id, each with the
    indicator that it is the promise of. `named` are ids and names of projects by code, where amounts are those of projects, but
    for those that the reader may not see. `changed` are amounts of a scenario, by indicator id.
    """

    indicators: tuple[tuple[Indicator, Plan, Target | None], ...]
    rules: Mapping[int, RuleRecord]
    readings: Mapping[int, Sequence[Official]]
    amounts: Mapping[int, Mapping[int, Sequence[Amounts]]]
    promises: Mapping[int, Sequence[tuple[Promise, int | None]]]
    usual: Mapping[int, Sequence[str]]
    named: Mapping[str, tuple[int, str]]
    changed: Mapping[int, Sequence[Amounts]] = field(default_factory=dict)

    def amounts_of(self, row: Indicator) -> list[Amounts]:
        """The amounts of the indicator's plan in the measures of its rule."""
        if row.id is not None and row.id in self.changed:
            return list(self.changed[row.id])
        record, amounts = self.rules.get(row.id or 0), self.amounts.get(row.plan_id, {})
        return [] if record is None else [one for of in record.measures for one in amounts.get(of.measure_id, ())]

    def promises_for(self, row: Indicator) -> tuple[Promise, ...]:
        """The commitments in the measures of the rule. A commitment never supports its own indicator: it is its target."""
        record = self.rules.get(row.id or 0)
        if record is None:
            return ()
        measures = {one.measure_id for one in record.measures}
        own = row.id if record.rule.formula == TOTAL else None
        found = self.promises.get(row.plan_id, ())
        return promises_marked([one for one, of in found if one.measure_id in measures and (of is None or of != own)])


def gathered(
    session: Session,
    reader: Reader,
    scope: Scope,
    indicator_ids: Collection[int] | None = None,
    *,
    by_project: bool = False,
) -> Gathered:
    """The records of every indicator of the scope, or of these; amounts per project only when asked.

    Errors: Invalid for an edition that there is not.
    """
    indicators = indicators_with_targets(session, reader, scope, indicator_ids)
    rules = rules_in_force(session, reader, scope, indicator_ids)
    readings = official_readings(session, scope, [row.id for row, _, _ in indicators if row.id is not None])
    measures = [one for record in rules.values() for one in record.measures]
    wanted = {one.measure_id for one in measures}
    if indicator_ids is not None:
        scope = replace(scope, plan_ids=frozenset(row.plan_id for row, _, _ in indicators))
    lagged = {(one.tier, one.lag_years) for one in measures}
    amounts = amounts_by_plan(session, reader, scope, wanted, lagged=lagged, by_project=by_project)
    promises = promises_by_plan(session, reader, scope, wanted)
    usual = usual_units(session, wanted)
    every = (one for of in amounts.values() for rows in of.values() for one in rows) if by_project else ()
    named = (
        project_names(session, reader, (one.project for one in every if one.project is not None)) if by_project else {}
    )
    return Gathered(tuple(indicators), rules, readings, amounts, promises, usual, named)
