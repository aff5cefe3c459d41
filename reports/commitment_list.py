"""Quantified commitments (任务清单) of every plan that the reader sees, with what they count towards and who carries them."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from core.database import select_columns
from core.errors import N_
from milestones.commitments import Commitment, CommitmentProject
from milestones.indicators import Indicator
from milestones.quantities import Measure
from portfolio.access import Reader
from portfolio.citations import Citation, citations_of
from portfolio.departments import Department
from portfolio.plans import Heading, Plan, headings
from portfolio.projects import Project
from reports.indicator_list import contradictions_about
from reports.narrowing import PAGE, holds, page_of_ids

# What a promise may be asked for; one commitment may be several of these.
COMMITMENT_KINDS = {
    "annual": N_("每年"),
    "cumulative": N_("到期累计"),
    "strive": N_("力争"),
    "linked": N_("已关联项目"),
    "unlinked": N_("未关联项目"),
}


@dataclass(frozen=True)
class CommitmentFilter:
    """What the list is narrowed to; None or empty means not narrowed."""

    text: str = ""
    plan_id: int | None = None
    programme_id: int | None = None
    kind: str | None = None


@dataclass(frozen=True)
class CommitmentLine:
    """A commitment with the names of what it points to. `projects` are (code, name)."""

    commitment: Commitment
    plan: Plan
    measure: str
    heading: Heading | None
    department: Department | None
    indicator: Indicator | None
    projects: tuple[tuple[str, str], ...]
    citation: Citation | None
    contradictions: tuple[int, ...]


@dataclass(frozen=True)
class CommitmentList:
    """One page of the list; `kinds` counts what each kind would give with the other filters as they are."""

    lines: tuple[CommitmentLine, ...]
    total: int
    following: int | None
    kinds: dict[str, int]


def commitment_list(
    session: Session, reader: Reader, chosen: CommitmentFilter, *, after: int | None = None, size: int = PAGE
) -> CommitmentList:
    """One page of the commitments, in the order of the plans."""
    carried = select_columns(CommitmentProject.commitment_id).distinct()
    linked = col(Commitment.id).in_(carried).label("linked")
    query = (
        select_columns(
            *(getattr(Commitment, name) for name in ("id", "programme_id", "per", "strive", "operator", "name")),
            *(getattr(Commitment, name) for name in ("wording", "place", "unit")),
            Measure.name.label("measure"),  # type: ignore[attr-defined]
            linked,
        )
        .join(Plan, col(Plan.id) == Commitment.plan_id)
        .join(Measure, col(Measure.id) == Commitment.measure_id)
        .where(reader.sees(Commitment.plan_id))  # type: ignore[arg-type]
        .order_by(col(Plan.id), col(Commitment.position), col(Commitment.id))
    )
    if chosen.plan_id is not None:
        query = query.where(col(Commitment.plan_id) == chosen.plan_id)
    tree = headings(session, None if chosen.plan_id is None else {chosen.plan_id})
    rows = [
        row
        for row in session.execute(query)
        if holds(chosen.text, row.name, row.wording, row.place, row.measure)
        and _below(tree.get(row.programme_id or 0), chosen.programme_id)
    ]
    ids = [row.id for row in rows if chosen.kind is None or _IS[chosen.kind](row)]
    page, following = page_of_ids(ids, after, size)
    counts = Counter(kind for row in rows for kind, fits in _IS.items() if fits(row))
    return CommitmentList(tuple(_lines(session, page, tree)), len(ids), following, dict(counts))


_IS: dict[str, Callable[[Any], bool]] = {
    "annual": lambda row: row.per == "year",
    "cumulative": lambda row: row.per is None,
    "strive": lambda row: row.strive or row.operator == "力争",
    "linked": lambda row: bool(row.linked),
    "unlinked": lambda row: not row.linked,
}


def _below(heading: Heading | None, programme_id: int | None) -> bool:
    return programme_id is None or (heading is not None and any(id_ == programme_id for id_, _ in heading.path))


def _lines(session: Session, ids: list[int], tree: dict[int, Heading]) -> list[CommitmentLine]:
    rows = session.execute(
        select_columns(Commitment, Plan, Measure.name, Department, Indicator)
        .join(Plan, col(Plan.id) == Commitment.plan_id)
        .join(Measure, col(Measure.id) == Commitment.measure_id)
        .outerjoin(Department, col(Department.id) == Commitment.department_id)
        .outerjoin(Indicator, col(Indicator.id) == Commitment.indicator_id)
        .where(col(Commitment.id).in_(ids))
    ).all()
    carriers: dict[int, tuple[tuple[str, str], ...]] = {}
    for commitment_id, code, name in session.exec(
        select(CommitmentProject.commitment_id, Project.code, Project.name)
        .join(Project, col(Project.id) == CommitmentProject.project_id)
        .where(col(CommitmentProject.commitment_id).in_(ids))
        .order_by(col(Project.position))
    ):
        carriers[commitment_id] = (*carriers.get(commitment_id, ()), (code, name))
    cited = citations_of(session, "commitment", ids)
    disputed = contradictions_about(session, "commitment", ids)
    found = {
        row.id: CommitmentLine(
            commitment=row,
            plan=plan,
            measure=measure,
            heading=tree.get(row.programme_id or 0),
            department=department,
            indicator=indicator,
            projects=carriers.get(row.id, ()),
            citation=next(iter(cited[row.id]), None),
            contradictions=disputed.get(row.id, ()),
        )
        for row, plan, measure, department, indicator in rows
    }
    return [found[id_] for id_ in ids]
