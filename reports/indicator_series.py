"""The series of one indicator over time, for a chart and its table: each value with the quarter at whose end it stands."""

from dataclasses import dataclass, replace
from fractions import Fraction

from sqlmodel import Session, col

from core.database import select_columns
from core.errors import NotThere
from milestones.indicators import Indicator
from portfolio.access import Reader
from portfolio.plans import Plan
from reports.indicators import IndicatorFigures, indicator_figures
from reports.rollup import Scope


@dataclass(frozen=True)
class Point:
    """A value at the end of a quarter; None where it is not computable."""

    quarter: int
    value: Fraction | None


@dataclass(frozen=True)
class IndicatorSeries:
    """What was measured, what the projects had added by each year, and the straight line; the rest stands in `figures`.

    `rolled_up` has a point for the end of each year of the plan up to the quarter, and one for the quarter itself.
    """

    figures: IndicatorFigures
    official: tuple[Point, ...]
    rolled_up: tuple[Point, ...]
    line: tuple[Point, ...]


def indicator_series(session: Session, reader: Reader, scope: Scope, indicator_id: int) -> IndicatorSeries:
    """The series of an indicator as of a quarter, in its edition; each earlier point as of its own quarter.

    Errors: NotThere; Invalid for an edition that there is not.
    """
    query = (
        select_columns(Plan.id, Plan.first_year, Plan.last_year)
        .join(Indicator, col(Indicator.plan_id) == Plan.id)
        .where(col(Indicator.id) == indicator_id, reader.sees(Plan.id))  # type: ignore[arg-type]
    )
    plan = session.execute(query).first()
    if plan is None:
        raise NotThere
    plan_id, first, last = plan
    ends = [year * 10 + 4 for year in range(first, last + 1) if year * 10 + 4 < scope.quarter]
    every = [
        indicator_figures(session, reader, replace(scope, quarter=at, plan_ids=frozenset({plan_id})), [indicator_id])[0]
        for at in (*ends, scope.quarter)
    ]
    now = every[-1]
    line = now.line
    years = [] if line is None else [year * 10 + 4 for year in range(line.first_year, line.last_year + 1)]
    return IndicatorSeries(
        figures=now,
        official=tuple(Point(one.quarter, one.measured.value) for one in now.readings),
        rolled_up=tuple(Point(at, one.rolled_up) for at, one in zip((*ends, scope.quarter), every, strict=True)),
        line=tuple(Point(at, line.at(at)) for at in years if line is not None),
    )
