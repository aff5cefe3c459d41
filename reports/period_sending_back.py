"""What a closing quarter sends back: facts that were handed over and nobody decided, and returns that were not accepted.

Each kind of fact goes back through its own folder, thousands in one statement; what is sent back re-enters as a correction.
"""

from collections.abc import Sequence

from sqlalchemy import update
from sqlmodel import Session, col, select

from budgets.approval import Approver, reject_entries
from budgets.line_approval import reject_lines
from core import audit
from core.audit import Actor
from core.calendar import now
from core.database import batches
from core.errors import N_
from milestones.milestone_reports import send_back_milestones
from milestones.reading_reports import send_back_readings
from milestones.work_reports import send_back_works
from portfolio.reviewing import Reviewer
from reports.period_waiting import LEDGER, LINES, MILESTONES, READINGS, WORKS, waiting_ids
from reports.returns import SENT_BACK, DepartmentReturn

CLOSING_REASON = N_("季度关账时未审核")
_RETURN = "department_return"


def send_back_facts(session: Session, plan_id: int, quarter: int, *, by: Actor) -> None:
    """Everything that was handed over for the quarter or an earlier one and nobody decided."""
    approver, reviewer, why = Approver(by), Reviewer(by), CLOSING_REASON
    for ids in batches(waiting_ids(session, LEDGER, plan_id, quarter)):
        reject_entries(session, ids, reason=why, by=approver)
    for ids in batches(waiting_ids(session, LINES, plan_id, quarter)):
        reject_lines(session, ids, reason=why, by=by)
    for kind, send_back in (
        (WORKS, send_back_works),
        (MILESTONES, send_back_milestones),
        (READINGS, send_back_readings),
    ):
        for ids in batches(waiting_ids(session, kind, plan_id, quarter)):
            send_back(session, ids, reason=why, by=reviewer)


def send_back_returns(session: Session, ids: Sequence[int], *, by: Actor) -> None:
    """Returns that were not accepted, with the reason; their cells stay."""
    if not ids:
        return
    query = select(DepartmentReturn).where(col(DepartmentReturn.id).in_(ids)).order_by(col(DepartmentReturn.id))
    rows = session.exec(query.with_for_update().execution_options(populate_existing=True)).all()
    changes = [
        {
            "id": row.id,
            "state": SENT_BACK,
            "sent_back_at": now(),
            "sent_back_by": by.name,
            "sent_back_reason": CLOSING_REASON,
            "row_version": row.row_version + 1,
        }
        for row in rows
    ]
    lines = [
        audit.as_row(
            "send-back",
            _RETURN,
            row.id or 0,
            before={"state": row.state},
            after={"state": SENT_BACK},
            reason=CLOSING_REASON,
            by=by,
        )
        for row in rows
    ]
    session.execute(update(DepartmentReturn), changes)
    audit.record_all(session, lines)
