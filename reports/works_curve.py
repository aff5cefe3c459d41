"""The cumulative curve of one measure: what was reported and verified by the end of each quarter, beside the plan.

Unlike measures never add, so a curve is of one measure. Rule, shown below it: what each leaf is to deliver is spread evenly over
the months of its years. All of it is of the projects that the roll-up counts.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from core.calendar import first_quarter, last_day, next_quarter
from core.database import select_columns
from core.errors import N_
from core.units import MICRO, converted
from milestones.works import CLAIMED, VERIFIED, WorkEntry
from portfolio.access import Reader
from portfolio.facts import counted
from portfolio.projects import Project
from portfolio.years import years_in
from reports.money_groups import Group, within
from reports.money_queries import keyed_leaves, projects_in
from reports.progress_math import time_progress
from reports.rollup import Scope
from reports.work_queries import planned_sums

WORKS_RULE = N_("累计计划：各子项的任务量按其起止年限逐月平均分摊；起止年限不全的子项不计入计划线。")


@dataclass(frozen=True)
class WorksPoint:
    """The end of a quarter, since the beginning, in the unit of the curve. None: no plan, or the quarter is still to come."""

    quarter: int
    planned: Fraction | None
    claimed: Fraction | None
    verified: Fraction | None


@dataclass(frozen=True)
class WorksCurve:
    """The points of one measure. `target` is what all leaves are to deliver, `undated` how many of them have no years."""

    as_of: int
    unit: str
    points: tuple[WorksPoint, ...]
    target: Fraction | None
    undated: int

    @property
    def now(self) -> WorksPoint | None:
        return next((point for point in self.points if point.quarter == self.as_of), None)

    @property
    def largest(self) -> Fraction:
        amounts = [one for point in self.points for one in (point.planned, point.claimed, point.verified)]
        return max((one for one in amounts if one is not None), default=Fraction(0))


@dataclass(frozen=True)
class _Plan:
    """What one leaf is to deliver, and over which years."""

    quantity: Fraction
    first_year: int | None
    last_year: int | None


def works_curve(
    session: Session, reader: Reader, scope: Scope, measure_id: int, *, inside: Group | None = None
) -> WorksCurve:
    """The curve of a measure of everything in the scope, or of one group of projects; without points where it has nothing."""
    plans, unit = _plans(session, reader, scope, measure_id, inside)
    flows, unit = _flows(session, reader, scope, measure_id, inside, unit)
    dated = [plan for plan in plans if plan.first_year is not None and plan.last_year is not None]
    target = sum((plan.quantity for plan in plans), Fraction(0)) if plans else None
    years = [plan.first_year for plan in dated if plan.first_year] + [quarter // 10 for quarter, _ in flows]
    ends = [plan.last_year * 10 + 4 for plan in dated if plan.last_year] + [quarter for quarter, _ in flows]
    undated = len(plans) - len(dated)
    if not years:
        return WorksCurve(scope.quarter, unit, (), target, undated)
    points = _points(first_quarter(min(years)), max(*ends, scope.quarter), dated, flows, scope.quarter)
    return WorksCurve(scope.quarter, unit, tuple(points), target, undated)


def _points(
    quarter: int, last: int, plans: list[_Plan], flows: Mapping[tuple[int, str], Fraction], as_of: int
) -> Iterator[WorksPoint]:
    claimed = verified = Fraction(0)
    while quarter <= last:
        claimed += flows.get((quarter, CLAIMED), Fraction(0))
        verified += flows.get((quarter, VERIFIED), Fraction(0))
        day, planned = last_day(quarter), Fraction(0)
        for plan in plans:
            planned += plan.quantity * (time_progress(plan.first_year, plan.last_year, day) or 0)
        past = quarter <= as_of
        yield WorksPoint(quarter, planned if plans else None, claimed if past else None, verified if past else None)
        quarter = next_quarter(quarter)


def _plans(
    session: Session, reader: Reader, scope: Scope, measure_id: int, inside: Group | None
) -> tuple[list[_Plan], str]:
    """What each leaf is to deliver of the measure, in the unit of the first that is met; empty unit without any."""
    group = inside or Group()
    limited_to = projects_in(reader, scope)
    keyed = keyed_leaves(reader, scope, group.by, group.level, limited_to)
    planned, package = planned_sums(scope, limited_to), aliased(Project)
    query = (
        select_columns(
            planned.c.unit,
            planned.c.planned,
            *map(func.coalesce, years_in(Project, scope.quarter), years_in(package, scope.quarter)),
        )
        .select_from(planned.join(keyed, keyed.c.leaf_id == planned.c.project_id))
        .join(Project, col(Project.id) == planned.c.project_id)
        .outerjoin(package, col(package.id) == col(Project.parent_id))
        .where(planned.c.measure_id == measure_id, planned.c.planned.is_not(None))
        .where(*within(group, {name: keyed.c[f"key_{name}"] for name in group.by}))
        .order_by(planned.c.project_id)
    )
    unit, found = "", []
    for own, micro, first, last in session.execute(query):
        unit = unit or own
        found.append(_Plan(converted(Fraction(int(micro), MICRO), own, unit), first, last))
    return found, unit


def _flows(
    session: Session, reader: Reader, scope: Scope, measure_id: int, inside: Group | None, unit: str
) -> tuple[dict[tuple[int, str], Fraction], str]:
    """What was reported and verified in each quarter, by (quarter, tier)."""
    group = inside or Group()
    keyed = keyed_leaves(reader, scope, group.by, group.level, projects_in(reader, scope))
    entry = WorkEntry
    groups = (col(entry.occurred_quarter), col(entry.tier), col(entry.unit))
    query = (
        select_columns(*groups, func.sum(entry.quantity_micro))
        .join(keyed, keyed.c.leaf_id == col(entry.project_id))
        .where(
            counted(entry, scope.quarter, scope.edition),
            col(entry.measure_id) == measure_id,
            col(entry.tier).in_((CLAIMED, VERIFIED)),
            *within(group, {name: keyed.c[f"key_{name}"] for name in group.by}),
        )
        .group_by(*groups)
        .order_by(*groups)
    )
    found: dict[tuple[int, str], Fraction] = defaultdict(Fraction)
    for quarter, tier, own, micro in session.execute(query):
        unit = unit or own
        if micro is not None:
            found[quarter, tier] += converted(Fraction(int(micro), MICRO), own, unit)
    return dict(found), unit
