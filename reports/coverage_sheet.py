"""规划支撑度 as its page shows it: every indicator with its place, what may count twice, and the counts of verdicts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from core.database import select_columns
from milestones.indicator_rules import Overlap
from milestones.quantities import Measure
from milestones.support import ALREADY, ENOUGH, OVER, SHORT
from portfolio.access import Reader
from portfolio.contradictions import Contradiction
from portfolio.dated import in_force
from portfolio.jurisdictions import Jurisdiction
from portfolio.plans import Plan
from portfolio.projects import Project
from reports.coverage import PlanCoverage, ProgrammeCoverage, plan_coverage, programme_coverage
from reports.indicators import IndicatorFigures, indicator_figures
from reports.rollup import Scope

BINDING = "约束性"
_ORDER = (SHORT, OVER, ENOUGH, ALREADY)


@dataclass(frozen=True)
class Dispute:
    """Works of the inner project may lie in those of the outer one; `contradiction_id` says where the plan says so."""

    plan_id: int
    measure_id: int
    measure: str
    inner: str
    inner_name: str
    outer: str
    outer_name: str
    contradiction_id: int | None
    summary: str | None
    summary_en: str | None


@dataclass(frozen=True)
class CoverageLine:
    """One indicator: its figures, where it is, and what its low reading leaves out."""

    figures: IndicatorFigures
    plan: Plan
    place: str
    place_en: str
    disputes: tuple[Dispute, ...] = ()

    @property
    def binding(self) -> bool:
        return self.figures.nature == BINDING

    @property
    def measured(self) -> bool:
        """Whether there is something to draw: what is needed, and so what is missing."""
        return self.figures.coverage.needed is not None

    @property
    def works(self) -> tuple[str, ...]:
        """The names of the measures that its rule counts."""
        return () if self.figures.rule is None else tuple(one.measure for one in self.figures.rule.measures)


@dataclass(frozen=True)
class CoverageSheet:
    """The page: lines with 约束性 ones first, then the short ones; counts per plan and per programme."""

    lines: tuple[CoverageLine, ...]
    plans: tuple[PlanCoverage, ...]
    programmes: tuple[ProgrammeCoverage, ...]

    @property
    def drawn(self) -> tuple[CoverageLine, ...]:
        return tuple(one for one in self.lines if one.measured)

    @property
    def others(self) -> tuple[CoverageLine, ...]:
        """Those of which no percentage can be made: met already, or not computable."""
        return tuple(one for one in self.lines if not one.measured)

    @property
    def worst(self) -> CoverageLine | None:
        """The short one that a leader should hear of first: a binding one, then the one whose projects give the least of it."""
        short = [one for one in self.drawn if one.figures.coverage.verdict == SHORT]
        return min(short, key=_urgency, default=None)


def _urgency(line: CoverageLine) -> tuple[bool, bool, object]:
    # A target for which the plan has projects says more than one for which it has none at all.
    covered = line.figures.coverage
    return not line.binding, not covered.planned, covered.support or 0


def coverage_sheet(
    session: Session, reader: Reader, scope: Scope, *, with_contributions: bool = False, level: int = 1
) -> CoverageSheet:
    """The coverage of every indicator of the scope.

    Errors: UnknownLevel; Invalid for an edition that there is not.
    """
    figures = indicator_figures(session, reader, scope, with_contributions=with_contributions)
    lines = coverage_lines(session, reader, scope, figures)
    programmes = programme_coverage(session, reader, scope, figures, level=level)
    return CoverageSheet(tuple(sorted(lines, key=_rank)), tuple(plan_coverage(figures)), tuple(programmes))


def _rank(line: CoverageLine) -> tuple[bool, int]:
    verdict = line.figures.coverage.verdict
    return not line.binding, _ORDER.index(verdict) if verdict in _ORDER else len(_ORDER)


def coverage_lines(
    session: Session, reader: Reader, scope: Scope, figures: Sequence[IndicatorFigures]
) -> list[CoverageLine]:
    """The figures with their plans and places, and with what the low reading of each leaves out."""
    query = (
        select_columns(Plan, Jurisdiction)
        .join(Jurisdiction, col(Jurisdiction.code) == Plan.jurisdiction_code)
        .where(col(Plan.id).in_({one.plan_id for one in figures}))
    )
    plans = {plan.id: (plan, place) for plan, place in session.execute(query)}
    found = disputes(session, reader, scope)
    lines = []
    for one in figures:
        plan, place = plans[one.plan_id]
        low = one.if_all_finished_low is not None or one.coverage.planned_low is not None
        lines.append(CoverageLine(one, plan, place.name, place.name_en, _of(one, found) if low else ()))
    return lines


def _of(figures: IndicatorFigures, found: Iterable[Dispute]) -> tuple[Dispute, ...]:
    """The overlaps that concern an indicator; in a higher plan those of the projects that support it."""
    rule = figures.rule
    carriers = {one.project for one in figures.contributions}
    return tuple(
        one
        for one in found
        if rule is not None
        and rule.measure(one.measure_id) is not None
        and (one.plan_id == figures.plan_id or one.inner in carriers)
    )


def disputes(session: Session, reader: Reader, scope: Scope) -> list[Dispute]:
    """Every overlap in force of the plans that the reader sees, with the contradiction that says so."""
    inner, outer = aliased(Project), aliased(Project)
    query = (
        select_columns(
            Overlap.plan_id,
            Overlap.measure_id,
            Measure.name,
            inner.code,
            inner.name,
            outer.code,
            outer.name,
            Overlap.contradiction_id,
            Contradiction.summary,
            Contradiction.summary_en,
        )
        .join(Measure, col(Measure.id) == Overlap.measure_id)
        .join(inner, col(inner.id) == Overlap.inner_project_id)
        .join(outer, col(outer.id) == Overlap.outer_project_id)
        .outerjoin(Contradiction, col(Contradiction.id) == Overlap.contradiction_id)
        .where(in_force(Overlap, scope.quarter), reader.sees(Overlap.plan_id))  # type: ignore[arg-type]
        .order_by(col(Overlap.id))
    )
    return [Dispute(*row) for row in session.execute(query)]
