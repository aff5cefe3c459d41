"""Archiving a project or part, which takes it out of every sum: refused while money stands on it, or waits to.

What was archived counts in no quarter; only figures as issued of quarters that were closed before keep it. So a project with
money is ended (终止) instead: it leaves the counts from that day on, and its money is shown apart.
"""

from sqlalchemy import func, or_
from sqlmodel import Session, col

from budgets.entries import APPROVED, SUBMITTED, LedgerEntry
from budgets.lines import BudgetLine
from core.audit import Actor
from core.database import select_columns
from core.errors import N_, Broken
from portfolio import editing
from portfolio.editing import AlreadyArchived, Archived, claim
from portfolio.projects import Project


class MoneyStands(Broken):
    status = 409
    sentence = N_(
        "这个项目已有 %(entries)s 笔记账、%(lines)s 项计划已审核或待审核，不能归档：归档后这些资金会从汇总中消失。"
        "请改报“终止”；待审核的可以先退回。"
    )


def archive_project(session: Session, project: Project, *, reason: str, expected_version: int, by: Actor) -> None:
    """Takes a project without money out of lists and sums without deleting anything.

    Of a part, the caller then derives the package's estimate anew (budgets.estimates.refresh_listing).

    Errors: MoneyStands; AlreadyArchived, Stale, Missing, TooLong.
    """
    try:
        claim(session, project, expected_version=expected_version)
    except Archived:
        raise AlreadyArchived from None
    entries, lines = (_standing(session, table, project.id) for table in (LedgerEntry, BudgetLine))
    if entries or lines:
        raise MoneyStands(entries=entries, lines=lines)
    editing.archive_project(session, project, reason=reason, expected_version=expected_version, by=by)


def _standing(session: Session, table: type[LedgerEntry] | type[BudgetLine], project_id: int | None) -> int:
    """How many rows of the project and its parts count, or wait to."""
    ids = select_columns(Project.id).where(or_(col(Project.id) == project_id, col(Project.parent_id) == project_id))
    rows = select_columns(func.count()).where(
        col(table.project_id).in_(ids), col(table.state).in_([APPROVED, SUBMITTED])
    )
    return int(session.execute(rows).scalar_one())
