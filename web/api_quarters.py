"""Reporting periods and where returns stand, by the API."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from core.errors import N_, Missing
from reports.exports import plan_for
from reports.ledger_rows import utc_text
from reports.period_rules import found_in, periods_of
from reports.return_board import BoardRow, return_board
from web.api_answers import ANSWERS, PlanCode, json_answer
from web.api_figure_shapes import PeriodRow, ReturnRow
from web.deps import Reading, SignedIn

router = APIRouter(prefix="/api/v1", tags=["quarters"])

PeriodName = Annotated[str, Query(max_length=9, description="The quarter, such as 2024Q4.")]


@router.get(
    "/periods",
    operation_id="listPeriods",
    response_model=list[PeriodRow],
    responses=ANSWERS,
    summary="The reporting periods of a plan, open and closed",
)
def get_periods(request: Request, reader: SignedIn, session: Reading, plan: PlanCode = "") -> Response:
    """Quarters, years, mid-term and final assessment; what is closed or issued takes entries only as corrections."""
    if not plan:
        raise Missing(field="plan", label=N_("规划"))
    found = plan_for(session, reader, plan)
    rows = [
        {
            **{"plan": found.code, "period": row.name, "kind": row.kind, "state": row.stage},
            "takes_entries": not row.shut,
            "opened_at": utc_text(row.opened_at),
            "due_on": None if row.due_on is None else row.due_on.isoformat(),
            "closed_at": utc_text(row.closed_at),
            "issued_at": utc_text(row.issued_at),
        }
        for row in periods_of(session, found.id or 0)
    ]
    return json_answer(request, rows)


@router.get(
    "/returns",
    operation_id="listReturns",
    response_model=list[ReturnRow],
    responses=ANSWERS,
    summary="Where the returns of a quarter stand",
)
def get_returns(
    request: Request, reader: SignedIn, session: Reading, plan: PlanCode = "", period: PeriodName = ""
) -> Response:
    """A row per department that files in the quarter."""
    for name, value, label in (("plan", plan, N_("规划")), ("period", period, N_("报告期"))):
        if not value:
            raise Missing(field=name, label=label)
    found = plan_for(session, reader, plan)
    row = found_in(periods_of(session, found.id or 0), period)
    board = return_board(session, row) if row.kind == "quarter" else None
    lines = () if board is None else board.rows
    return json_answer(request, [_return(one, found.code, row.name) for one in lines])


def _return(one: BoardRow, plan: str, period: str) -> dict[str, Any]:
    return {
        **{"plan": plan, "period": period, "department": one.department, "step": one.step},
        "due_on": None if one.due_on is None else one.due_on.isoformat(),
        **{"days": one.days, "projects": one.projects, "filled": one.filled, "no_progress": one.no_progress},
        **{"round": one.round, "notes": one.notes, "sent_back_reason": one.sent_back_reason},
    }
