"""Approving and sending back budget lines, one or hundreds at a time.

An approved line counts by what it adds to the version before, in the quarter of its document or, when that is closed, in the
earliest one that is not.
"""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from budgets.entries import APPROVED, REJECTED, STATES, SUBMITTED
from budgets.lines import BudgetLine
from budgets.locking import lock_projects, must_still_take
from core import audit
from core.audit import Actor
from core.calendar import now
from core.database import batches, select_columns
from core.errors import N_, Broken, NotThere
from core.text import needed_text
from portfolio.periods import earliest_unclosed, keep_quarters
from portfolio.projects import Project

_BATCH = 500


class LineNotSubmitted(Broken):
    status = 409
    sentence = N_("第 %(id)s 号计划的状态是“%(state)s”，不是待审核，没有处理。")


class OwnLine(Broken):
    status = 403
    sentence = N_("第 %(id)s 号计划由您本人填写，须由他人审核。")


def approve_lines(session: Session, ids: Collection[int], *, by: Actor) -> int:
    """Approves submitted lines, all of them or none; how many comes back. The caller asks the gate for each plan.

    Errors: NotThere, LineNotSubmitted, OwnLine; OfArchived, OfPackage.
    """
    plans = _plans_of(session, ids)
    # The quarters are kept as they are: a line is never posted into one that is being closed.
    open_from = {id_: earliest_unclosed(session, id_, lock=True) for id_ in sorted(set(plans.values()))}
    rows = _locked(session, ids, plans)
    _must_be_submitted(rows)
    for row in rows:
        if by.stands_behind(row.recorded_by_id, row.recorded_by):
            raise OwnLine(id=row.id)
    must_still_take(session, {row.id or 0: row.project_id for row in rows})
    before = _approved_before(session, plans)
    at = now()
    changes = []
    for row in rows:
        held = before.get((row.project_id, row.covers, row.source_id))
        posted = max(row.occurred_quarter, open_from[plans[row.project_id]])
        changes.append(
            {
                "id": row.id,
                "state": APPROVED,
                "change_fen": row.amount_fen - (0 if held is None else held.amount_fen),
                "carried_change_fen": row.carried_fen - (0 if held is None else held.carried_fen),
                "approved_at": at,
                "approved_by_id": by.id,
                "approved_by": by.name,
                # Not before the version that it adjusts, whose quarter may have been reopened since.
                "posted_period": posted if held is None else max(posted, held.posted_period or 0),
                "row_version": row.row_version + 1,
            }
        )
    _write(session, "approve", changes, by)
    return len(rows)


def reject_lines(session: Session, ids: Collection[int], *, reason: str, by: Actor) -> int:
    """Sends submitted lines back, with the reason; they count nowhere and stay as they are. How many comes back.

    Errors: NotThere, LineNotSubmitted, Missing, TooLong.
    """
    why = needed_text(reason, field="reason", label=N_("退回原因"), limit=1000)
    plans = _plans_of(session, ids)
    keep_quarters(session, set(plans.values()))
    rows = _locked(session, ids, plans)
    _must_be_submitted(rows)
    changes = [
        {"id": row.id, "state": REJECTED, "rejected_reason": why, "row_version": row.row_version + 1} for row in rows
    ]
    _write(session, "reject", changes, by, reason=why)
    return len(rows)


def _plans_of(session: Session, ids: Collection[int]) -> dict[int, int]:
    """The projects of the lines, each with its plan: neither ever changes, so that they can be kept before the lines."""
    found: dict[int, int] = {}
    for batch in batches(ids, _BATCH):
        query = select_columns(Project.id, Project.plan_id).join(BudgetLine, col(BudgetLine.project_id) == Project.id)
        rows = session.execute(query.where(col(BudgetLine.id).in_(batch)).distinct())
        found.update((project_id, plan_id) for project_id, plan_id in rows)
    return found


def _locked(session: Session, ids: Collection[int], projects: Collection[int]) -> list[BudgetLine]:
    """The lines in the order of their ids, kept from anybody else until the transaction ends; their projects before them.

    Errors: NotThere when one of them is missing.
    """
    lock_projects(session, projects)
    found: list[BudgetLine] = []
    for batch in batches(ids, _BATCH):
        query = select(BudgetLine).where(col(BudgetLine.id).in_(batch)).order_by(col(BudgetLine.id))
        found += session.exec(query.with_for_update().execution_options(populate_existing=True)).all()
    if len(found) != len(set(ids)):
        raise NotThere
    return found


def _must_be_submitted(rows: Iterable[BudgetLine]) -> None:
    for row in rows:
        if row.state != SUBMITTED:
            raise LineNotSubmitted(id=row.id, state=STATES[row.state])


def _approved_before(session: Session, project_ids: Collection[int]) -> dict[tuple[int, int, int], BudgetLine]:
    """The newest approved version of each line of these projects, by (project, covers, source)."""
    rows = session.exec(
        select(BudgetLine)
        .where(col(BudgetLine.project_id).in_(project_ids), BudgetLine.state == APPROVED)
        .order_by(col(BudgetLine.version))
    )
    return {(row.project_id, row.covers, row.source_id): row for row in rows}


def _write(
    session: Session, action: str, changes: list[dict[str, Any]], by: Actor, *, reason: str | None = None
) -> None:
    """The changes and their audit rows, in one statement each."""
    if not changes:
        return
    session.execute(update(BudgetLine), changes)
    kept = ("state", "posted_period", "change_fen", "carried_change_fen")
    audit.record_all(
        session,
        [
            audit.as_row(
                action,
                "budget_line",
                change["id"],
                before={"state": SUBMITTED},
                after={name: change[name] for name in kept if name in change},
                reason=reason,
                by=by,
            )
            for change in changes
        ],
    )
    session.expire_all()
