"""Corrections, meetings and orders, by the API."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, col, select

from core.calendar import quarter_name
from core.database import select_columns
from core.errors import N_, Missing
from portfolio.projects import Project
from reports.correction_list import CorrectionLine, corrections
from reports.editions import Edition
from reports.exports import plan_for
from reports.ledger_rows import utc_text
from reports.order_list import OrderFilter, OrderLine, orders
from reports.orders import Meeting, MeetingItem, SupervisionOrder
from web.api_answers import ANSWERS, PlanCode, json_answer
from web.api_figure_shapes import CorrectionRow, MeetingRow, OrderRow
from web.api_paging import CursorText, Limit, limit_asked, numbered_place, paged_answer
from web.deps import Reading, SignedIn

router = APIRouter(prefix="/api/v1", tags=["follow-up"])
_EVERY = 10**9  # rows, where nobody asked for pages


@router.get(
    "/corrections",
    operation_id="listCorrections",
    response_model=list[CorrectionRow],
    responses=ANSWERS,
    summary="The corrections of a plan, newest first",
)
def get_corrections(
    request: Request,
    reader: SignedIn,
    session: Reading,
    plan: PlanCode = "",
    limit: Limit = "",
    cursor: CursorText = "",
) -> Response:
    """What was asked for, by whom, why, and how it was decided; `facts` and `moved_figures` are counts."""
    size, before = limit_asked(limit, cursor), numbered_place(cursor)
    if not plan:
        raise Missing(field="plan", label=N_("规划"))
    plan_id = plan_for(session, reader, plan).id
    lines, following = corrections(session, reader, plan_id=plan_id, before=before or None, size=size or _EVERY)
    rows = [_correction(one) for one in lines]
    return paged_answer(request, rows, None if following is None else str(following))


def _correction(one: CorrectionLine) -> dict[str, Any]:
    row = one.row
    return {
        **{"id": row.id, "plan": one.plan.code, "number": row.number, "quarter": quarter_name(row.quarter)},
        **{"project": one.project_code, "facts": one.facts, "moved_figures": one.moved},
        **{name: getattr(row, name) for name in ("title", "reason", "document", "state", "requested_by")},
        **{name: getattr(row, name) for name in ("decided_by", "decided_reason")},
        "posted_period": None if row.posted_period is None else quarter_name(row.posted_period),
        **{name: utc_text(getattr(row, name)) for name in ("requested_at", "decided_at")},
    }


@router.get(
    "/orders",
    operation_id="listOrders",
    response_model=list[OrderRow],
    responses=ANSWERS,
    summary="The orders of a plan, what is not ended first",
)
def get_orders(request: Request, reader: SignedIn, session: Reading, plan: PlanCode = "") -> Response:
    """What was asked of which department by when, and how it ended."""
    if not plan:
        raise Missing(field="plan", label=N_("规划"))
    plan_id = plan_for(session, reader, plan).id
    lines, _ = orders(session, reader, OrderFilter(plan_id=plan_id), size=_EVERY)
    return json_answer(request, [_order(one) for one in lines])


def _order(one: OrderLine) -> dict[str, Any]:
    row = one.row
    return {
        **{"id": row.id, "plan": one.plan.code, "department": one.department, "project": one.project_code},
        **{name: getattr(row, name) for name in ("number", "title", "asked", "state", "outcome")},
        **{"issued_on": row.issued_on.isoformat(), "due_on": row.due_on.isoformat(), "overdue": one.overdue},
        "closed_on": None if row.closed_on is None else row.closed_on.isoformat(),
    }


@router.get(
    "/meetings",
    operation_id="listMeetings",
    response_model=list[MeetingRow],
    responses=ANSWERS,
    summary="The meetings on a plan with their items, newest first",
)
def get_meetings(request: Request, reader: SignedIn, session: Reading, plan: PlanCode = "") -> Response:
    """Each item with its project, what was decided, and the numbers of the orders that came of it."""
    if not plan:
        raise Missing(field="plan", label=N_("规划"))
    found = plan_for(session, reader, plan)
    query = (
        select(Meeting, Edition.number)
        .outerjoin(Edition, col(Edition.id) == Meeting.edition_id)
        .where(Meeting.plan_id == found.id)
        .order_by(col(Meeting.held_on).desc(), col(Meeting.id).desc())
    )
    items = _items(session, found.id or 0)
    rows = [
        {
            **{"id": row.id, "plan": found.code, "held_on": row.held_on.isoformat(), "edition": edition},
            **{name: getattr(row, name) for name in ("title", "place", "chair", "document")},
            "items": items.get(row.id or 0, []),
        }
        for row, edition in session.exec(query)
    ]
    return json_answer(request, rows)


def _items(session: Session, plan_id: int) -> dict[int, list[dict[str, Any]]]:
    """The items of every meeting of a plan, by meeting."""
    numbers: dict[int, list[int]] = {}
    given = select(SupervisionOrder.meeting_item_id, SupervisionOrder.number).where(
        SupervisionOrder.plan_id == plan_id, col(SupervisionOrder.meeting_item_id).is_not(None)
    )
    for item_id, number in session.exec(given.order_by(col(SupervisionOrder.number))):
        numbers.setdefault(item_id or 0, []).append(number)
    query = (
        select_columns(MeetingItem, Project.code)
        .join(Meeting, col(Meeting.id) == MeetingItem.meeting_id)
        .outerjoin(Project, col(Project.id) == MeetingItem.project_id)
        .where(col(Meeting.plan_id) == plan_id)
        .order_by(col(MeetingItem.position))
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for row, project in session.execute(query):
        told = {"title": row.title, "project": project, "decision": row.decision, "orders": numbers.get(row.id, [])}
        found.setdefault(row.meeting_id, []).append(told)
    return found
