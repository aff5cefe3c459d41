"""季度调度: the board of a quarter, with what the office does on it; the quarters of many plans; all periods of a plan."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.calendar import quarter_name, today
from core.errors import N_
from portfolio.access import Reader
from portfolio.periods import PERIOD_STATES, ReportingPeriod
from portfolio.plans import Plan
from reports.order_list import waiting_by_department
from reports.period_flow import add_returns, begin_review, keep_period, open_period
from reports.period_rules import default_due, first_day, periods_of
from reports.return_board import STEPS, return_board
from reports.return_counts import quarters_of
from web.choices import Choices
from web.deps import Chosen, Reading, SignedIn, Writing, answered, leads_to
from web.forms import NO_PROBLEMS, NOTHING_TYPED, Problems, Typed, TypedForm, shown_again, typed_values
from web.pages import page
from web.period_choice import OpenPeriod, movable, own_departments, shown_period
from web.period_shown import SHAPES, period_name, timeline
from web.plan_choice import PlanChoice, plan_choice
from web.project_forms import day_from

router = APIRouter()


@router.get("/quarter")
def get_quarter(
    request: Request, reader: SignedIn, session: Reading, choices: Chosen, plan: str = "", period: str = ""
) -> Response:
    chosen = plan_choice(session, reader, plan.strip())
    one = chosen.plan or (chosen.plans[0] if len(chosen.plans) == 1 else None)
    if one is None:
        return _plans_page(request, session, reader, choices, chosen)
    return _board_page(request, session, reader, choices, one, period.strip(), NOTHING_TYPED, NO_PROBLEMS)


def _plans_page(request: Request, session: Session, reader: Reader, choices: Choices, chosen: PlanChoice) -> Response:
    """One quarter of every plan that the reader sees: the one looked back from, else the last one that has begun in any."""
    last = max((plan.last_year * 10 + 4 for plan in chosen.plans), default=choices.quarter)
    quarter = min(choices.quarter, last)
    found = quarters_of(session, reader.plans_for("view"), quarter)
    return page(
        request,
        "periods/plans.html",
        chosen=chosen,
        quarter=quarter,
        name=quarter_name(quarter),
        lines=[(plan, found.get(plan.id or 0)) for plan in chosen.plans],
        states=PERIOD_STATES,
        shapes=SHAPES,
    )


def _board_page(
    request: Request,
    session: Session,
    reader: Reader,
    choices: Choices,
    plan: Plan,
    name: str,
    typed: Typed,
    problems: Problems,
) -> Response:
    """Errors: NotAPeriod, UnknownPeriod."""
    assert plan.id is not None
    rows = periods_of(session, plan.id)
    row = shown_period(rows, name, choices)
    return page(
        request,
        "periods/board.html",
        chosen=plan_choice(session, reader, plan.code),
        plan=plan,
        row=row,
        lines=timeline(rows, plan.code, choices, row),
        states=PERIOD_STATES,
        shapes=SHAPES,
        problems=problems,
        done=request.query_params.get("done", ""),
        many=request.query_params.get("n", ""),
        **({} if row is None else _board(session, reader, choices, plan, row, typed)),
    )


def _board(
    session: Session, reader: Reader, choices: Choices, plan: Plan, row: ReportingPeriod, typed: Typed
) -> dict[str, Any]:
    due = row.due_on or default_due(row.last_quarter, today())
    is_quarter = row.kind == "quarter"
    board = return_board(session, row, first=own_departments(reader)) if is_quarter else None
    asked = [] if board is None else [one.department_id for one in board.rows]
    return {
        "title": period_name(row, choices.language),
        "board": board,
        "orders": waiting_by_department(session, plan.id or 0, asked),
        "steps": STEPS,
        "own": own_departments(reader),
        "office": reader.may("periods", plan.id),
        "coming": first_day(row.last_quarter) > today(),
        "place": f"/quarter/{plan.code}/{row.name}",
        "typed": typed if typed.fields else typed_values(due_on=due.isoformat()),
    }


def _moved(
    request: Request,
    session: Session,
    reader: Reader,
    choices: Choices,
    place: tuple[str, str],
    typed: Typed,
    shown: Typed,
    move: Callable[[OpenPeriod], str],
) -> Response:
    """Does something about the quarter of this plan, and leads to its board, which says what was done."""
    if done := answered(session, typed.key, reader):
        return done
    found = movable(session, reader, *place)

    def again(problems: Problems) -> Response:
        return _board_page(request, session, reader, choices, found.plan, place[1], shown, problems)

    with shown_again(request, again):
        told = move(found)
    return leads_to(session, typed.key, reader, f"{found.board}&done={told}")


@router.post("/quarter/{code}/{name}/open")
def post_open(
    request: Request, code: str, name: str, reader: SignedIn, typed: TypedForm, session: Writing, choices: Chosen
) -> Response:
    def move(found: OpenPeriod) -> str:
        due = day_from(typed, "due_on", label=N_("截止日"))
        open_period(session, found.plan, found.period, due_on=due, by=reader.actor)
        return "opened"

    return _moved(request, session, reader, choices, (code, name), typed, typed, move)


@router.post("/quarter/{code}/{name}/review")
def post_review(
    request: Request, code: str, name: str, reader: SignedIn, typed: TypedForm, session: Writing, choices: Chosen
) -> Response:
    def move(found: OpenPeriod) -> str:
        begin_review(session, found.plan, found.period, by=reader.actor)
        return "review"

    return _moved(request, session, reader, choices, (code, name), typed, NOTHING_TYPED, move)


@router.post("/quarter/{code}/{name}/returns")
def post_returns(
    request: Request, code: str, name: str, reader: SignedIn, typed: TypedForm, session: Writing, choices: Chosen
) -> Response:
    """Makes the returns of departments that file since the quarter was opened."""

    def move(found: OpenPeriod) -> str:
        count = add_returns(session, keep_period(session, found.plan.id or 0, found.period), by=reader.actor)
        return f"returns&n={count}"

    return _moved(request, session, reader, choices, (code, name), typed, NOTHING_TYPED, move)
