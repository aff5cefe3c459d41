"""What indicator figures are made from besides works: indicators, targets, rules, commitments and official readings.

One query each for a whole plan or a whole province.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from sqlalchemy import Select, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from core.database import select_columns
from core.units import MICRO
from milestones.commitments import Commitment, CommitmentProject
from milestones.indicator_math import Measured
from milestones.indicator_rollup import MeasureTerms, Promise
from milestones.indicator_rules import IndicatorRule, Overlap, RuleMeasure
from milestones.indicators import Indicator, Target
from milestones.quantities import Measure, Quantity
from milestones.reading_reports import reading_columns_in
from milestones.readings import OfficialReading
from portfolio.access import Reader
from portfolio.dated import in_force
from portfolio.plans import Plan
from portfolio.projects import Project
from reports.indicator_terms import RuleRecord, fraction
from reports.rollup import Scope

_LIMITS = ("≤", "<")  # what is not to be exceeded is no promise to deliver


@dataclass(frozen=True)
class Official:
    """An official reading (监测值): the quarter for whose end it stands, what it says, and the document that says so."""

    id: int
    quarter: int
    measured: Measured
    document: str | None
    agency: str | None


def _narrowed(query: Select[Any], reader: Reader, scope: Scope, indicator_ids: Collection[int] | None) -> Select[Any]:
    query = query.where(reader.sees(Indicator.plan_id))  # type: ignore[arg-type]
    if scope.plan_ids is not None:
        query = query.where(col(Indicator.plan_id).in_(scope.plan_ids))
    return query if indicator_ids is None else query.where(col(Indicator.id).in_(indicator_ids))


def indicators_with_targets(
    session: Session, reader: Reader, scope: Scope, indicator_ids: Collection[int] | None
) -> list[tuple[Indicator, Plan, Target | None]]:
    """Every indicator of the scope with its plan and the target in force, in the order of the plans."""
    query = (
        select_columns(Indicator, Plan, Target)
        .join(Plan, col(Plan.id) == Indicator.plan_id)
        .outerjoin(Target, (col(Target.indicator_id) == Indicator.id) & in_force(Target, scope.quarter))
        .order_by(col(Plan.id), col(Indicator.position), col(Indicator.id))
    )
    rows = session.execute(_narrowed(query, reader, scope, indicator_ids))
    return [(indicator, plan, target) for indicator, plan, target in rows]


def rules_in_force(
    session: Session, reader: Reader, scope: Scope, indicator_ids: Collection[int] | None
) -> dict[int, RuleRecord]:
    """The rule of each indicator that holds in the quarter, by indicator id."""
    query = (
        select_columns(IndicatorRule, RuleMeasure, Measure.name, Measure.dimension)
        .join(Indicator, col(Indicator.id) == IndicatorRule.indicator_id)
        .outerjoin(RuleMeasure, col(RuleMeasure.rule_id) == IndicatorRule.id)
        .outerjoin(Measure, col(Measure.id) == RuleMeasure.measure_id)
        .where(in_force(IndicatorRule, scope.quarter))
        .order_by(col(IndicatorRule.id), col(RuleMeasure.measure_id))
    )
    found: dict[int, RuleRecord] = {}
    for rule, measure, name, dimension in session.execute(_narrowed(query, reader, scope, indicator_ids)):
        record = found.setdefault(rule.indicator_id, RuleRecord(rule, ()))
        if measure is not None:
            terms = MeasureTerms(
                measure_id=measure.measure_id,
                measure=name,
                dimension=dimension,
                factor=Fraction(measure.factor_numerator, measure.factor_denominator),
                tier=measure.tier,
                lag_years=measure.lag_years,
                assumption=measure.assumption,
                assumption_en=measure.assumption_en,
            )
            found[rule.indicator_id] = RuleRecord(rule, (*record.measures, terms))
    return found


def official_readings(session: Session, scope: Scope, indicator_ids: Collection[int]) -> dict[int, list[Official]]:
    """The approved readings of each indicator up to the quarter, by quarter; of several for one quarter the newest."""
    names = ("id", "quarter", "value_micro", "grade", "judgement", "document", "agency")
    columns = [getattr(OfficialReading, name) for name in names]
    found = reading_columns_in(session, columns, indicator_ids, scope.quarter, scope.edition)
    return {
        id_: [
            Official(reading_id, quarter, Measured(fraction(micro), grade, judgement), document, agency)
            for reading_id, quarter, micro, grade, judgement, document, agency in rows
        ]
        for id_, rows in found.items()
    }


def promises_by_plan(
    session: Session, reader: Reader, scope: Scope, measure_ids: Collection[int]
) -> dict[int, list[tuple[Promise, int | None]]]:
    """The commitments of each plan in these measures, each with the indicator that it is the promise of, if any.

    A yearly one counts its value for every year of the projects that carry it, else of the plan. One that only projects carry
    whose works may lie in those of other commitments (an overlap in force) names these as `within`.
    """
    carrier = aliased(Project)
    query = (
        select_columns(
            Commitment,
            Measure.name,
            Plan.first_year,
            Plan.last_year,
            carrier.id,
            carrier.first_year,
            carrier.last_year,
        )
        .join(Measure, col(Measure.id) == Commitment.measure_id)
        .join(Plan, col(Plan.id) == Commitment.plan_id)
        .outerjoin(CommitmentProject, col(CommitmentProject.commitment_id) == Commitment.id)
        .outerjoin(carrier, col(carrier.id) == CommitmentProject.project_id)
        .where(
            col(Commitment.measure_id).in_(measure_ids),
            col(Commitment.operator).not_in(_LIMITS),
            reader.sees(Commitment.plan_id),  # type: ignore[arg-type]
        )
        .order_by(col(Commitment.plan_id), col(Commitment.position), col(Commitment.id), col(carrier.id))
    )
    if scope.plan_ids is not None:
        query = query.where(col(Commitment.plan_id).in_(scope.plan_ids))
    rows = session.execute(query).all() if measure_ids else []
    carriers: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        if row[4] is not None:
            carriers[row[0].id].append(row[4:])
    found: dict[int, dict[int, tuple[Promise, int | None]]] = defaultdict(dict)
    for row, measure, first, last, *_ in rows:
        years = _years(carriers[row.id], first, last) if row.per == "year" else None
        value = Fraction(row.value_micro, MICRO) * (years or 1)
        promise = Promise(row.id, row.name, row.measure_id, measure, value, row.unit, years)
        found[row.plan_id][row.id] = (promise, row.indicator_id)
    _name_within(session, scope, found, {id_: {one[0] for one in some} for id_, some in carriers.items()})
    return {plan_id: list(promises.values()) for plan_id, promises in found.items()}


def _years(carriers: Iterable[Any], first: int, last: int) -> int:
    """The years of the projects that carry a commitment, where they are known, else those of the plan."""
    known = [(begun, ended) for _, begun, ended in carriers if begun is not None and ended is not None]
    if not known:
        return last - first + 1
    return max(ended for _, ended in known) - min(begun for begun, _ in known) + 1


def _name_within(
    session: Session,
    scope: Scope,
    found: dict[int, dict[int, tuple[Promise, int | None]]],
    carriers: dict[int, set[int]],
) -> None:
    query = select_columns(
        col(Overlap.plan_id), col(Overlap.measure_id), col(Overlap.inner_project_id), col(Overlap.outer_project_id)
    ).where(in_force(Overlap, scope.quarter), col(Overlap.plan_id).in_(found))
    outside: dict[tuple[int, int, int], set[int]] = defaultdict(set)
    for plan_id, measure_id, inner, outer in session.execute(query) if found else ():
        outside[plan_id, measure_id, inner].add(outer)
    for plan_id, promises in found.items() if outside else ():
        every = list(promises.items())
        for id_, (promise, indicator_id) in every:
            alike = [other for other, (one, _) in every if one.measure_id == promise.measure_id and other != id_]
            # Only where an outer project carries a promise of its own is there one that this may lie in.
            holding = [
                {other for other in alike if carriers.get(other, set()) & outside[plan_id, promise.measure_id, carrier]}
                for carrier in carriers.get(id_, ())
            ]
            if holding and all(holding):
                promises[id_] = (replace(promise, within=frozenset().union(*holding)), indicator_id)


def usual_units(session: Session, measure_ids: Collection[int]) -> dict[int, list[str]]:
    """The units in which plans write the quantities of these measures, as often as they do."""
    quantity = Quantity
    query = (
        select_columns(quantity.measure_id, quantity.unit, func.count())
        .where(col(quantity.measure_id).in_(measure_ids))
        .group_by(col(quantity.measure_id), col(quantity.unit))
    )
    found: dict[int, list[str]] = defaultdict(list)
    for measure_id, unit, times in session.execute(query) if measure_ids else ():
        found[measure_id] += [unit] * times
    return found
