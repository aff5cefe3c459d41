"""The cumulative curve (累计曲线): what was done and paid by the end of each quarter, beside what was planned to be.

Rule, shown below the curve: the plan of a year is spread over its quarters as the quarter plans of its source say where all
four are there, else evenly. Money that was carried over counts once. All of it is of the projects that the roll-up counts.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import case, func
from sqlmodel import Session, col

from budgets.lines import QUARTER, YEAR, BudgetLine, span_of
from core.calendar import first_quarter, next_quarter, period_from_text
from core.database import select_columns
from core.errors import N_
from portfolio.access import Reader
from portfolio.facts import counted
from reports.forecast import half_up, plan_curve
from reports.money import money_rollup
from reports.money_groups import Group, within
from reports.money_queries import keyed_leaves, projects_in
from reports.rollup import Scope

RULE = N_(
    "累计计划：年度投资计划分摊到季度后累加，结转只计一次；某来源四个季度都有季度计划的按季度计划的比例，否则每季度四分之一。"
)


@dataclass(frozen=True)
class CurvePoint:
    """The end of a quarter. Units: fen, since the beginning. None: no plan so far, or the quarter is still to come."""

    quarter: int
    planned_fen: int | None
    work_done_fen: int | None
    paid_fen: int | None


@dataclass(frozen=True)
class Curve:
    """The points from the first planned or recorded year to the last; `by_quarters` counts the source years that are spread
    by their quarter plans, `evenly` the others.
    """

    as_of: int
    points: tuple[CurvePoint, ...]
    by_quarters: int
    evenly: int

    @property
    def now(self) -> CurvePoint | None:
        """The point of the quarter that was asked for."""
        return next((point for point in self.points if point.quarter == self.as_of), None)

    @property
    def largest_fen(self) -> int:
        amounts = [fen for one in self.points for fen in (one.planned_fen, one.work_done_fen, one.paid_fen)]
        return max((fen for fen in amounts if fen is not None), default=0)


def curve(session: Session, reader: Reader, scope: Scope, *, inside: Group | None = None) -> Curve:
    """The curve of everything in the scope, or of one group of projects in it, as of its quarter and in its edition.

    It has no points where there is no money.
    """
    plans = _plans(session, reader, scope, inside)
    by = ("quarter", *(inside.by if inside else ()))
    level = inside.level if inside else 1
    flows = {
        period_from_text(str(group.keys[0])).last_quarter: (group.work_done_fen or 0, group.paid_fen or 0)
        for group in money_rollup(session, reader, scope, by, level=level, inside=inside)
    }
    planned, by_quarters, evenly = _spread(plans)
    quarters = sorted({*planned, *flows})
    if not quarters:
        return Curve(scope.quarter, (), 0, 0)
    return Curve(scope.quarter, tuple(_points(quarters, planned, flows, scope.quarter)), by_quarters, evenly)


def _points(
    quarters: list[int], planned: Mapping[int, Fraction], flows: Mapping[int, tuple[int, int]], as_of: int
) -> Iterator[CurvePoint]:
    last = max(*quarters, as_of)
    quarter = first_quarter(quarters[0] // 10)
    so_far, done, paid = Fraction(0), 0, 0
    while quarter <= last:
        so_far += planned.get(quarter, 0)
        flow = flows.get(quarter, (0, 0))
        done, paid = done + flow[0], paid + flow[1]
        past = quarter <= as_of
        yield CurvePoint(quarter, half_up(so_far) if planned else None, done if past else None, paid if past else None)
        quarter = next_quarter(quarter)


def _spread(plans: Mapping[tuple[int, int], Mapping[int, int]]) -> tuple[dict[int, Fraction], int, int]:
    """What is planned for each quarter, exactly; how many source years had quarter plans, and how many had none."""
    found: dict[int, Fraction] = defaultdict(Fraction)
    by_quarters = evenly = 0
    for (_source, year), lines in plans.items():
        if 0 not in lines:  # quarter plans without a plan of the year: the year is what counts
            continue
        of_quarters = {number: fen for number, fen in lines.items() if number}
        shares = plan_curve(of_quarters)
        known = set(of_quarters) >= {1, 2, 3, 4} and sum(of_quarters.values()) > 0
        by_quarters, evenly = by_quarters + known, evenly + (not known)
        for number in (1, 2, 3, 4):
            found[year * 10 + number] += lines[0] * (shares[number] - shares[number - 1])
    return dict(found), by_quarters, evenly


def _plans(
    session: Session, reader: Reader, scope: Scope, inside: Group | None
) -> dict[tuple[int, int], dict[int, int]]:
    """By source and year: the plan of the year (0), without what was carried over into it, and of its quarters (1–4)."""
    group = inside or Group()
    keyed = keyed_leaves(reader, scope, group.by, group.level, projects_in(reader, scope))
    change = col(BudgetLine.change_fen)
    once = change - func.coalesce(BudgetLine.carried_change_fen, 0)
    query = (
        select_columns(
            BudgetLine.source_id,
            BudgetLine.covers,
            func.sum(case((col(BudgetLine.span) == YEAR, once), else_=change)),
        )
        .join(keyed, keyed.c.leaf_id == BudgetLine.project_id)
        .where(
            counted(BudgetLine, scope.quarter, scope.edition),
            col(BudgetLine.span).in_([YEAR, QUARTER]),
            *within(group, {name: keyed.c[f"key_{name}"] for name in group.by}),
        )
        .group_by(col(BudgetLine.source_id), col(BudgetLine.covers))
    )
    found: dict[tuple[int, int], dict[int, int]] = defaultdict(dict)
    for source, covers, fen in session.execute(query):
        year, number = (covers, 0) if span_of(covers) == YEAR else divmod(covers, 10)
        found[source, year][number] = int(fen)
    return dict(found)
