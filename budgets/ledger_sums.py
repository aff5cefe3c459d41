"""What entries of the ledger add up to, for the pages of the ledger: by stage, by project, by plan. Grouped queries only."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import Session, col

from budgets.entries import APPROVED, DRAFT, STAGES, SUBMITTED, LedgerEntry
from budgets.ledger_list import LedgerFilter, conditions, with_projects
from core.database import select_columns
from portfolio.access import Reader
from portfolio.projects import Project, ProjectListing


@dataclass(frozen=True)
class StageSums:
    """What entries of one stage add up to. Units: fen. Only `approved_fen` counts anywhere."""

    entries: int = 0
    approved_fen: int = 0
    submitted_fen: int = 0
    submitted: int = 0
    draft_fen: int = 0
    drafts: int = 0

    @property
    def waiting_fen(self) -> int:
        return self.submitted_fen + self.draft_fen

    @property
    def waiting(self) -> int:
        return self.submitted + self.drafts


def sums_of(session: Session, reader: Reader, chosen: LedgerFilter) -> dict[str, StageSums]:
    """What the whole filtered list adds up to, by stage, in one query. Every stage is there."""
    totals = (func.count(), func.coalesce(func.sum(LedgerEntry.amount_fen), 0))
    query = (
        with_projects(select_columns(col(LedgerEntry.stage), col(LedgerEntry.state), *totals))
        .where(*conditions(reader, chosen))
        .group_by(col(LedgerEntry.stage), col(LedgerEntry.state))
    )
    return _by_stage((stage, state, count, int(fen)) for stage, state, count, fen in session.execute(query))


def _by_stage(rows: Iterable[tuple[str, str, int, int]]) -> dict[str, StageSums]:
    found: dict[str, dict[str, int]] = {stage: {} for stage in STAGES}
    for stage, state, count, fen in rows:
        held = found[stage]
        held["entries"] = held.get("entries", 0) + count
        if state == APPROVED:
            held["approved_fen"] = fen
        elif state == SUBMITTED:
            held |= {"submitted": count, "submitted_fen": fen}
        elif state == DRAFT:
            held |= {"drafts": count, "draft_fen": fen}
    return {stage: StageSums(**held) for stage, held in found.items()}


def approved_sums(session: Session, project_ids: Collection[int]) -> dict[tuple[int, str], int]:
    """The approved fen of leaf projects by (project, stage); what has no entries is not there."""
    rows = session.execute(
        select_columns(LedgerEntry.project_id, LedgerEntry.stage, func.sum(LedgerEntry.amount_fen))
        .where(col(LedgerEntry.state) == APPROVED, col(LedgerEntry.project_id).in_(sorted(set(project_ids))))
        .group_by(col(LedgerEntry.project_id), col(LedgerEntry.stage))
    )
    return {(project_id, stage): int(fen) for project_id, stage, fen in rows}


@lru_cache(maxsize=512)
def some_entry(seen: frozenset[int] | None, plan_id: int | None = None) -> ColumnElement[bool]:
    """The condition that there is an approved entry in these plans (None: any), whatever entries add up to.

    The same plans give the same object, so that queries with it can be kept.
    """
    # First whether there is any at all; then project by project, which the index of the ledger answers at once for each.
    anywhere = select_columns(LedgerEntry.id).where(col(LedgerEntry.state) == APPROVED).exists()
    if seen is None and plan_id is None:
        return anywhere
    own = and_(col(LedgerEntry.state) == APPROVED, col(LedgerEntry.project_id) == col(Project.id))
    projects = select_columns(Project.id).where(select_columns(LedgerEntry.id).where(own).exists())
    if seen is not None:
        projects = projects.where(col(Project.plan_id).in_(seen))
    if plan_id is not None:
        projects = projects.where(col(Project.plan_id) == plan_id)
    return and_(anywhere, projects.exists())


def waiting_counts(session: Session, reader: Reader) -> dict[str, StageSums]:
    """How much waits for approval in the plans that the reader sees, by stage; reads only what is not approved."""
    totals = (func.count(), func.coalesce(func.sum(LedgerEntry.amount_fen), 0))
    query = (
        with_projects(select_columns(col(LedgerEntry.stage), col(LedgerEntry.state), *totals))
        # Said as the partial index says it, so that the approved entries are not read.
        .where(col(LedgerEntry.state) != APPROVED, col(LedgerEntry.state).in_([DRAFT, SUBMITTED]))
        .where(reader.sees(Project.plan_id))  # type: ignore[arg-type]
        .group_by(col(LedgerEntry.stage), col(LedgerEntry.state))
    )
    return _by_stage((stage, state, count, int(fen)) for stage, state, count, fen in session.execute(query))


def money_by_plan(session: Session, reader: Reader) -> dict[int, Mapping[str, int | None]]:
    """The estimate and the five sums of each plan that the reader sees, from the kept list. Ended projects stand apart.

    Units: fen; `estimate_fen` is None where no project of the plan has an estimate.
    """
    listed = ProjectListing
    names = [f"{stage}_fen" for stage in STAGES]
    sums = [func.sum(getattr(listed, name)) for name in names]
    rows = session.execute(
        select_columns(listed.plan_id, func.sum(listed.estimate_fen), *sums)
        .where(reader.sees(listed.plan_id), or_(col(listed.state).is_(None), col(listed.state) != "ended"))  # type: ignore[arg-type]
        .group_by(col(listed.plan_id))
    )
    return {
        plan_id: {"estimate_fen": None if estimate is None else int(estimate)}
        | {name: int(fen or 0) for name, fen in zip(names, fens, strict=True)}
        for plan_id, estimate, *fens in rows
    }
