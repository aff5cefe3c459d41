"""A plan on one page: its programme tree with counts and sums at each level, and its lists in short."""

from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from milestones.commitments import Commitment
from milestones.indicators import Indicator
from portfolio.access import Reader
from portfolio.citations import Citation, citations_of
from portfolio.contradictions import Contradiction
from portfolio.jurisdictions import Jurisdiction
from portfolio.periods import ReportingPeriod
from portfolio.plans import DEEPEST_LEVEL, Plan, Programme
from reports.exports import plan_for
from reports.rollup import EstimateFigures, Scope, counted_by_heading, whole


@dataclass(frozen=True)
class TreeLine:
    """A heading with what stands under it, its own projects and those of the headings below counted once."""

    programme: Programme
    figures: EstimateFigures
    citation: Citation | None


@dataclass(frozen=True)
class PlanSheet:
    """A plan as it stands in a quarter. Units: fen."""

    plan: Plan
    jurisdiction: Jurisdiction
    citation: Citation | None
    figures: EstimateFigures
    tree: tuple[TreeLine, ...]
    indicators: int
    commitments: int
    contradictions: int
    grave: int
    undecided: int
    periods: tuple[ReportingPeriod, ...]


def plan_sheet(session: Session, reader: Reader, code: str, quarter: int, edition: str) -> PlanSheet:
    """Errors: NotThere."""
    plan = plan_for(session, reader, code)
    assert plan.id is not None
    scope = Scope(quarter, frozenset({plan.id}), edition)
    contradictions = session.exec(
        select(Contradiction.grave, Contradiction.decided_at).where(Contradiction.plan_id == plan.id)
    ).all()
    return PlanSheet(
        plan=plan,
        jurisdiction=session.get_one(Jurisdiction, plan.jurisdiction_code),
        citation=next(iter(citations_of(session, "plan", [plan.id])[plan.id]), None),
        figures=whole(session, reader, scope),
        tree=tuple(_tree(session, reader, scope, plan.id)),
        indicators=_count(session, Indicator, plan.id),
        commitments=_count(session, Commitment, plan.id),
        contradictions=len(contradictions),
        grave=sum(1 for grave, _ in contradictions if grave),
        undecided=sum(1 for _, decided_at in contradictions if decided_at is None),
        periods=tuple(
            session.exec(
                select(ReportingPeriod)
                .where(ReportingPeriod.plan_id == plan.id)
                .order_by(col(ReportingPeriod.last_quarter), col(ReportingPeriod.id))
            )
        ),
    )


def _count(session: Session, table: type[Indicator] | type[Commitment], plan_id: int) -> int:
    return session.exec(select(func.count()).select_from(table).where(table.plan_id == plan_id)).one()


def _tree(session: Session, reader: Reader, scope: Scope, plan_id: int) -> list[TreeLine]:
    """The headings from the top down, each followed by those below it."""
    programmes = session.exec(select(Programme).where(Programme.plan_id == plan_id)).all()
    cited = citations_of(session, "programme", [row.id for row in programmes if row.id is not None])
    figures: dict[int, EstimateFigures] = {}
    for level in range(1, DEEPEST_LEVEL + 1):
        figures |= counted_by_heading(session, reader, scope, level)
    below: dict[int | None, list[Programme]] = {}
    for row in sorted(programmes, key=lambda row: row.position):
        below.setdefault(row.parent_id, []).append(row)
    nothing = EstimateFigures((), 0, 0, 0, None, None)

    def lines(parent_id: int | None) -> list[TreeLine]:
        found = []
        for row in below.get(parent_id, []):
            id_ = row.id or 0
            found.append(TreeLine(row, figures.get(id_, nothing), next(iter(cited.get(id_, [])), None)))
            found += lines(id_)
        return found

    return lines(None)
