"""Budget lines as people read them: each line with its versions, as of a quarter in either edition; what waits for approval."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from budgets.entries import APPROVED, DRAFT, SUBMITTED
from budgets.lines import QUARTER, TOTAL, YEAR, BudgetLine, span_of, year_of
from portfolio.facts import AS_CORRECTED, AS_ISSUED
from portfolio.projects import Project


@dataclass(frozen=True)
class PlanLine:
    """One line (project x span x source) as of a quarter, with all of its versions, oldest first.

    Units: fen. `original_fen` is the first approved version (年初), `amount_fen` what holds with every adjustment, both None
    when nothing was approved by then; `carried_fen` is the part of it that was carried over. `open` is the version that is
    still a draft or waiting.
    """

    project_id: int
    covers: int
    source_id: int
    original_fen: int | None
    amount_fen: int | None
    carried_fen: int
    versions: tuple[BudgetLine, ...]

    @property
    def span(self) -> str:
        return span_of(self.covers)

    @property
    def year(self) -> int | None:
        return year_of(self.covers)

    @property
    def adjusted_fen(self) -> int:
        """What the adjustments add to the original."""
        return (self.amount_fen or 0) - (self.original_fen or 0)

    @property
    def open(self) -> BudgetLine | None:
        newest = self.versions[-1]
        return newest if newest.state in (DRAFT, SUBMITTED) else None


def plan_lines(
    session: Session, project_ids: Collection[int], quarter: int, *, edition: str = AS_CORRECTED
) -> list[PlanLine]:
    """Every line of these leaves in the order of what it covers and of its source's id; lines without approval stand too."""
    rows = session.exec(
        select(BudgetLine)
        .where(col(BudgetLine.project_id).in_(project_ids))
        .order_by(
            col(BudgetLine.covers), col(BudgetLine.source_id), col(BudgetLine.project_id), col(BudgetLine.version)
        )
    )
    groups: dict[tuple[int, int, int], list[BudgetLine]] = {}
    for row in rows:
        groups.setdefault((row.covers, row.source_id, row.project_id), []).append(row)
    return [_line(versions, quarter, edition) for versions in groups.values()]


def _line(versions: list[BudgetLine], quarter: int, edition: str) -> PlanLine:
    counting = [row for row in versions if counts(row, quarter, edition)]
    first = versions[0]
    return PlanLine(
        project_id=first.project_id,
        covers=first.covers,
        source_id=first.source_id,
        original_fen=counting[0].change_fen if counting else None,
        amount_fen=sum(row.change_fen or 0 for row in counting) if counting else None,
        carried_fen=sum(row.carried_change_fen or 0 for row in counting),
        versions=tuple(versions),
    )


def counts(row: BudgetLine, quarter: int, edition: str = AS_CORRECTED) -> bool:
    """Whether a version counts as of a quarter; the same as the condition of portfolio/facts.py."""
    by = row.posted_period if edition == AS_ISSUED else row.occurred_quarter
    return row.state == APPROVED and by is not None and by <= quarter


@dataclass(frozen=True)
class WiderPlan:
    """A plan for a narrower span that comes to more than the wider one that it is part of: shown, and not refused.

    `covers` is the wider span: 0 the whole project (against its years), a year (against its quarters). `source_id` is None
    where only the sum over the sources is too much. Units: fen.
    """

    covers: int
    source_id: int | None
    narrower_fen: int
    wider_fen: int


def wider_plans(lines: Iterable[PlanLine]) -> list[WiderPlan]:
    """Where the quarters of a year come to more than the year, or the years to more than the total, of one leaf.

    Carried-over money counts once across years. Spans for which no wider plan was approved are not compared.
    """
    wider: dict[int, dict[int, int]] = {}
    narrower: dict[int, dict[int, int]] = {}
    for line in lines:
        if line.amount_fen is None:
            continue
        if line.span in (TOTAL, YEAR):
            wider.setdefault(line.covers, {})[line.source_id] = line.amount_fen
        if line.span in (YEAR, QUARTER):
            above, fen = (
                (0, line.amount_fen - line.carried_fen) if line.span == YEAR else (line.year or 0, line.amount_fen)
            )
            sums = narrower.setdefault(above, {})
            sums[line.source_id] = sums.get(line.source_id, 0) + fen
    found = []
    for covers in sorted(wider.keys() & narrower.keys()):
        whole, parts = wider[covers], narrower[covers]
        over = [
            WiderPlan(covers, source, parts[source], whole[source])
            for source in sorted(whole.keys() & parts.keys())
            if parts[source] > whole[source]
        ]
        if not over and sum(parts.values()) > sum(whole.values()):
            over = [WiderPlan(covers, None, sum(parts.values()), sum(whole.values()))]
        found += over
    return found


@dataclass(frozen=True)
class WaitingLine:
    """A submitted line with the project that it is of and the version that it would replace (None: the first one)."""

    line: BudgetLine
    project: Project
    package: Project | None
    before: BudgetLine | None

    @property
    def change_fen(self) -> int:
        return self.line.amount_fen - (0 if self.before is None else self.before.amount_fen)


def waiting_lines(
    session: Session, seen: ColumnElement[bool], *, after: int | None = None, limit: int
) -> list[WaitingLine]:
    """The submitted lines of the plans that `seen` allows, oldest first, from after an id on."""
    query = select(BudgetLine, Project).join(Project, col(Project.id) == BudgetLine.project_id)
    query = query.where(BudgetLine.state == SUBMITTED, seen)
    if after is not None:
        query = query.where(col(BudgetLine.id) > after)
    rows = session.exec(query.order_by(col(BudgetLine.id)).limit(limit)).all()
    packages = {
        row.id: row
        for row in session.exec(
            select(Project).where(col(Project.id).in_({p.parent_id for _, p in rows if p.parent_id}))
        )
    }
    approved = session.exec(
        select(BudgetLine)
        .where(col(BudgetLine.project_id).in_({p.id for _, p in rows}), BudgetLine.state == APPROVED)
        .order_by(col(BudgetLine.version))
    )
    before = {(row.project_id, row.covers, row.source_id): row for row in approved}
    return [
        WaitingLine(
            line,
            project,
            packages.get(project.parent_id),
            before.get((line.project_id, line.covers, line.source_id)),
        )
        for line, project in rows
    ]
