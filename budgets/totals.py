"""The sums of approved money per listed project, kept so that the project list can sort and filter by them.

Derived: written in the transaction that approves, made anew by `qingshan rebuild`, compared with the ledger by `qingshan check`.
"""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import func
from sqlmodel import Session, col

from budgets.entries import APPROVED, STAGES, LedgerEntry
from core.calendar import current_quarter
from core.database import select_columns
from portfolio import listing
from portfolio.projects import Project
from portfolio.states import ended_parts


def add_to_totals(session: Session, changes: Iterable[tuple[int, int | None, str, int]]) -> None:
    """Adds (leaf, its package or None, stage, fen) to what the list shows; an ended part has left its package's sums."""
    rows = list(changes)
    packages = {package for _, package, _, _ in rows if package is not None}
    ended = ended_parts(session, packages, current_quarter()) if packages else set()
    sums: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for leaf, package, stage, fen in rows:
        if leaf not in ended:
            sums[package or leaf][f"{stage}_fen"] += fen
    listing.add_money(session, sums)


def totals_from_ledger(session: Session, project_ids: list[int]) -> dict[int, dict[str, int]]:
    """The sums of these top-level projects and their parts, from the entries; a project without entries has zeros.

    Ended (终止) parts leave the sums of their package, as they leave the roll-up.
    """
    top = func.coalesce(Project.parent_id, Project.id)
    ended = ended_parts(session, project_ids, current_quarter())
    rows = session.execute(
        select_columns(top, LedgerEntry.stage, func.sum(LedgerEntry.amount_fen))
        .join(Project, col(Project.id) == LedgerEntry.project_id)
        .where(
            col(LedgerEntry.state) == APPROVED,
            col(Project.id).in_(project_ids) | col(Project.parent_id).in_(project_ids),
            col(Project.id).not_in(ended),
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
