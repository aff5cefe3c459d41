"""The sums of approved money per listed project, kept so that the project list can sort and filter by them.

Derived: written in the transaction that approves, made anew by `qingshan rebuild`, compared with the ledger by `qingshan check`.
"""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import func
from sqlmodel import Session, col

from budgets.entries import APPROVED, STAGES, LedgerEntry
from core.database import select_columns
from portfolio import listing
from portfolio.projects import Project


def add_to_totals(session: Session, changes: Iterable[tuple[int, str, int]]) -> None:
    """Adds (top-level project, stage, fen) to what the list shows."""
    sums: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for project_id, stage, fen in changes:
        sums[project_id][f"{stage}_fen"] += fen
    listing.add_money(session, sums)


def totals_from_ledger(session: Session, project_ids: list[int]) -> dict[int, dict[str, int]]:
    """The sums of these top-level projects and their parts, from the entries; a project without entries has zeros."""
    top = func.coalesce(Project.parent_id, Project.id)
    rows = session.execute(
        select_columns(top, LedgerEntry.stage, func.sum(LedgerEntry.amount_fen))
        .join(Project, col(Project.id) == LedgerEntry.project_id)
        .where(
            col(LedgerEntry.state) == APPROVED,
            col(Project.id).in_(project_ids) | col(Project.parent_id).in_(project_ids),
        )
        .group_by(top, col(LedgerEntry.stage))
    )
    found = {id_: dict.fromkeys((f"{stage}_fen" for stage in STAGES), 0) for id_ in project_ids}
    for id_, stage, fen in rows:
        found[id_][f"{stage}_fen"] = int(fen)
    return found


def make_totals_anew(session: Session, project_ids: list[int]) -> None:
    """Writes the sums of these top-level projects from the entries."""
    listing.set_money(session, totals_from_ledger(session, project_ids))
