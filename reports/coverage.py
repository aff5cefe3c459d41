"""规划支撑度 of plans and programmes: counts of verdicts, never one percentage; and which projects carry which indicators.

Source: domain page, section 7. A programme speaks of the indicators that its projects carry, with the verdict of the whole plan.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from sqlmodel import Session

from milestones.indicator_math import sense
from milestones.support import VerdictCounts, verdict_counts
from portfolio.access import Reader
from reports.indicators import IndicatorFigures
from reports.rollup import Scope
from reports.works import WorkFigures, works_rollup


@dataclass(frozen=True)
class PlanCoverage:
    """The verdicts of a plan's indicators, counted; `binding` those of the 约束性 ones alone."""

    plan_id: int
    plan: str
    counts: VerdictCounts
    binding: VerdictCounts


@dataclass(frozen=True)
class Carried:
    """An indicator that a programme's own projects carry, and what they have of its measures, in `unit`."""

    indicator_id: int
    no: str
    name: str
    verdict: str
    unit: str
    planned: Fraction
    verified: Fraction | None


@dataclass(frozen=True)
class ProgrammeCoverage:
    """The indicators that the projects of one programme carry; a None programme is that of projects without one."""

    plan_id: int
    plan: str
    programme: str | None
    counts: VerdictCounts
    carried: tuple[Carried, ...]


def plan_coverage(figures: Iterable[IndicatorFigures]) -> list[PlanCoverage]:
    """One row per plan, in the order in which the figures come."""
    plans: dict[int, list[IndicatorFigures]] = defaultdict(list)
    for one in figures:
        plans[one.plan_id].append(one)
    return [
        PlanCoverage(
            plan_id,
            rows[0].plan,
            verdict_counts(one.coverage.verdict for one in rows),
            verdict_counts(one.coverage.verdict for one in rows if one.nature == "约束性"),
        )
        for plan_id, rows in plans.items()
    ]


def programme_coverage(
    session: Session, reader: Reader, scope: Scope, figures: Sequence[IndicatorFigures], *, level: int = 1
) -> list[ProgrammeCoverage]:
    """One row per plan and programme whose own projects carry an indicator. Two grouped queries.

    Errors: UnknownLevel; Invalid for an edition that there is not.
    """
    with_rule = [one for one in figures if one.rule is not None and one.rule.countable]
    measures = {terms.measure_id for one in with_rule if one.rule is not None for terms in one.rule.measures}
    if not measures:
        return []
    scope = replace(scope, plan_ids=frozenset(one.plan_id for one in with_rule))
    rows = works_rollup(session, reader, scope, ("plan", "programme"), level=level, measure_ids=measures)
    groups: dict[tuple[int, int | None], list[WorkFigures]] = defaultdict(list)
    for row in rows:
        groups[row.ids[0], row.ids[1]].append(row)
    found = []
    for (plan_id, _), works in groups.items():
        carried = [one for row in with_rule if row.plan_id == plan_id and (one := _carried(row, works)) is not None]
        if carried:
            counts = verdict_counts(one.verdict for one in carried)
            found.append(ProgrammeCoverage(plan_id, works[0].keys[0], works[0].keys[1], counts, tuple(carried)))
    return found


def _carried(figures: IndicatorFigures, works: Iterable[WorkFigures]) -> Carried | None:
    """What a group has of the indicator's measures; None where it has nothing of them."""
    rule, unit = figures.rule, figures.works_unit
    if rule is None or unit is None:
        return None
    sums: dict[str, Fraction] = {}
    for row in works:
        for name in ("planned", "verified"):
            effect = rule.effect(row.measure_id, getattr(row, name), row.unit)
            if effect is not None:
                sums[name] = sums.get(name, Fraction(0)) + effect
    if not sums:
        return None
    goal = figures.target.goal
    toward = 1 if goal is None else sense(goal, figures.terms)  # as the figures of the plan are
    planned = unit.quantity(sums.get("planned", Fraction(0)) * toward) or Fraction(0)
    verified = None if "verified" not in sums else unit.quantity(sums["verified"] * toward)
    return Carried(
        figures.indicator_id, figures.no, figures.name, figures.coverage.verdict, unit.unit, planned, verified
    )
