"""督办: the list, one order with its thread, giving one, answering it, returning the answer, ending it, and its printed page."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, select

from core.audit import HistoryLine, history
from core.errors import N_, NotThere
from portfolio.access import Reader
from portfolio.projects import Project
from reports.order_list import (
    OrderFilter,
    OrderLine,
    answers_of,
    departments_asked,
    find_order,
    order_counts,
    orders,
)
from reports.ordering import LABELS, SUBJECT, answer_order, close_order, newest_answer, return_answer
from reports.orders import ANSWERED, CLOSED, OPEN, ORDER_STATES, OrderAnswer
from web.answer_files import document_answer, stored_document
from web.deps import Chosen, Reading, RecordId, SignedIn, Writing, answered, leads_to
from web.forms import NO_PROBLEMS, NOTHING_TYPED, Problems, Typed, TypedForm, shown_again
from web.list_filters import Filters
from web.pages import page
from web.period_choice import own_departments
from web.plan_choice import plan_choice
from web.sent_files import Sent

router = APIRouter()

OVERDUE = "overdue"
STATES = {OPEN: ORDER_STATES[OPEN], OVERDUE: N_("逾期"), ANSWERED: ORDER_STATES[ANSWERED], CLOSED: ORDER_STATES[CLOSED]}


@router.get("/orders")
def get_orders(request: Request, reader: SignedIn, session: Reading, choices: Chosen, plan: str = "") -> Response:
    chosen = plan_choice(session, reader, plan.strip())
    filters = Filters(request, choices, chosen)
    names = {str(id_): name for id_, name in departments_asked(session, reader)}
    state = filters.one_of("state", N_("状态"), STATES)
    department = filters.one_of("department", N_("承办部门"), names)
    code = request.query_params.get("project", "").strip()
    project = None if not code else session.exec(select(Project).where(Project.code == code)).first()
    if code and (project is None or not reader.may("view", project.plan_id)):
        raise NotThere
    base = OrderFilter(
        plan_id=chosen.plan_id,
        department_id=None if department is None else int(department),
        project_id=None if project is None else project.id,
    )
    wanted = OrderFilter(
        base.plan_id, None if state == OVERDUE else state, base.department_id, base.project_id, state == OVERDUE
    )
    lines, following = orders(session, reader, wanted, after=filters.after or 0)
    return filters.listed(
        request,
        "orders/orders.html",
        chosen=chosen,
        lines=lines,
        following=following,
        counts=order_counts(session, reader, base),
        states=STATES,
        departments=list(names.items()),
        project=project,
        own=own_departments(reader),
        may_issue=any(reader.may("orders", one.id) for one in chosen.plans),
    )


# ---- one order


@router.get("/orders/{id_}")
def get_order(request: Request, id_: RecordId, reader: SignedIn, session: Reading) -> Response:
    return _order_page(request, session, reader, find_order(session, reader, id_), NOTHING_TYPED, NO_PROBLEMS)


@router.get("/orders/{id_}/print")
def get_printed(request: Request, id_: RecordId, reader: SignedIn, session: Reading) -> Response:
    line = find_order(session, reader, id_)
    return page(
        request, "orders/printed.html", line=line, row=line.row, answers=answers_of(session, id_), states=ORDER_STATES
    )


def _order_page(
    request: Request,
    session: Session,
    reader: Reader,
    line: OrderLine,
    typed: Typed,
    problems: Problems,
    lost: list[str] | None = None,
) -> Response:
    row = line.row
    newest = newest_answer(session, row)
    own = newest is not None and reader.actor.stands_behind(newest.answered_by_id, newest.answered_by)
    giving = reader.may("orders", row.plan_id)
    return page(
        request,
        "orders/order.html",
        line=line,
        row=row,
        answers=answers_of(session, row.id or 0),
        states=ORDER_STATES,
        labels=LABELS,
        may={
            "answer": row.state == OPEN and answers_for(reader, row.plan_id, row.department_id),
            "return": row.state == ANSWERED and giving and not own,
            "close": row.state != CLOSED and giving and not (own and row.state == ANSWERED),
        },
        history=_history(session, row.id or 0) if reader.may("history", row.plan_id) else None,
        lost=lost or [],
        typed=typed,
        problems=problems,
    )


def answers_for(reader: Reader, plan_id: int, department_id: int) -> bool:
    """Whether the reader answers for a department: its people do, the office and finance do not answer for others."""
    own = any(
        reach.role in ("owner", "head") and reach.department_id in (None, department_id) for reach in reader.reaches
    )
    return own and reader.may("record", plan_id, frozenset({department_id}))


def _history(session: Session, id_: int) -> list[HistoryLine]:
    hidden = ("project_id", "department_id", "lamp")
    return [
        HistoryLine(
            line.at, line.actor, line.action, line.reason, tuple(one for one in line.changes if one[0] not in hidden)
        )
        for line in history(session, SUBJECT, id_)
    ]


@router.get("/orders/answers/{id_}/file")
def get_answer_file(id_: RecordId, reader: SignedIn, session: Reading) -> Any:
    answer = session.get(OrderAnswer, id_)
    if answer is None:
        raise NotThere
    find_order(session, reader, answer.order_id)
    return document_answer(session, answer.file_id, f"answer-{id_}")


# ---- what is done with it


def _done(
    request: Request,
    session: Session,
    reader: Reader,
    id_: int,
    typed: Typed,
    do: Callable[[OrderLine], object],
    lost: list[str] | None = None,
) -> Response:
    line = find_order(session, reader, id_)

    def again(problems: Problems) -> Response:
        return _order_page(request, session, reader, find_order(session, reader, id_), typed, problems, lost)

    with shown_again(request, again), session.begin_nested():
        do(line)
    return leads_to(session, typed.key, reader, f"/orders/{id_}")


@router.post("/orders/{id_}/answer")
def post_answer(
    request: Request, id_: RecordId, reader: SignedIn, typed: TypedForm, sent: Sent, session: Writing
) -> Response:
    if done := answered(session, typed.key, reader):
        return done

    def answer(line: OrderLine) -> None:
        if not answers_for(reader, line.row.plan_id, line.row.department_id):
            raise NotThere
        file_id = stored_document(session, sent, "document_file", by=reader.actor)
        answer_order(session, line.row, text=typed["text"], file_id=file_id, by=reader.actor)

    return _done(request, session, reader, id_, typed, answer, sent.names("document_file"))


@router.post("/orders/{id_}/return")
def post_return(request: Request, id_: RecordId, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done

    def give_back(line: OrderLine) -> None:
        reader.must("orders", line.row.plan_id)
        return_answer(session, line.row, reason=typed["reason"], by=reader.actor)

    return _done(request, session, reader, id_, typed, give_back)


@router.post("/orders/{id_}/close")
def post_close(request: Request, id_: RecordId, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done

    def close(line: OrderLine) -> None:
        reader.must("orders", line.row.plan_id)
        unanswered = typed["unanswered"] == "1"
        close_order(session, line.row, outcome=typed["outcome"], unanswered=unanswered, by=reader.actor)

    return _done(request, session, reader, id_, typed, close)
