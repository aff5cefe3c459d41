"""催报 and 延期: the office reminds departments, one or all that are late, and gives a department more time."""

from datetime import timedelta

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, select

from core.calendar import today
from core.errors import N_, NotThere
from portfolio.access import Reader
from portfolio.departments import Department
from portfolio.periods import ReportingPeriod
from portfolio.plans import Plan
from reports.reminding import NobodyLate, extend_return, remind
from reports.return_board import STEPS, return_board
from reports.returns import DepartmentReturn
from web.choices import Choices
from web.deps import Chosen, Reading, RecordId, SignedIn, Writing, answered, leads_to
from web.forms import NO_PROBLEMS, NOTHING_TYPED, Problems, Typed, TypedForm, id_from_text, shown_again, typed_values
from web.pages import page
from web.period_choice import OpenPeriod, movable
from web.period_shown import period_name
from web.project_forms import day_from

router = APIRouter()
_MORE = timedelta(days=7)


@router.get("/quarter/{code}/{name}/remind")
def get_remind(request: Request, code: str, name: str, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    found = movable(session, reader, code, name)
    return _remind_page(request, session, choices, found, NOTHING_TYPED, NO_PROBLEMS)


def _remind_page(
    request: Request, session: Session, choices: Choices, found: OpenPeriod, typed: Typed, problems: Problems
) -> Response:
    """The departments that are out; ticked are those that the address or the form names, else the late ones."""
    board = return_board(session, found.row)
    named = {id_from_text(text) for text in (*typed.many("return"), *request.query_params.getlist("return"))}
    return page(
        request,
        "periods/remind.html",
        found=found,
        plan=found.plan,
        row=found.row,
        title=period_name(found.row, choices.language),
        rows=[one for one in board.rows if one.out],
        ticked=named or {one.return_id for one in board.rows if one.late},
        steps=STEPS,
        action=f"/quarter/{found.plan.code}/{found.row.name}/remind",
        typed=typed,
        problems=problems,
    )


@router.post("/quarter/{code}/{name}/remind")
def post_remind(
    request: Request, code: str, name: str, reader: SignedIn, typed: TypedForm, session: Writing, choices: Chosen
) -> Response:
    """Reminds the ticked ones; the one button of the board reminds all that are late."""
    if done := answered(session, typed.key, reader):
        return done
    found = movable(session, reader, code, name)
    ids = {id_ for text in typed.many("return") if (id_ := id_from_text(text)) is not None}

    def again(problems: Problems) -> Response:
        return _remind_page(request, session, choices, found, typed, problems)

    with shown_again(request, again):
        if not ids and typed["all"] != "late":
            raise NobodyLate(field="return")
        wanted = None if typed["all"] == "late" else ids
        count = remind(session, found.row, return_ids=wanted, text=typed["text"], by=reader.actor)
    return leads_to(session, typed.key, reader, f"{found.board}&done=reminded&n={count}")


@router.get("/quarter/returns/{id_}/extend")
def get_extend(request: Request, id_: RecordId, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    row, period, plan = _return_of(session, reader, id_)
    due = max(row.due_on or period.due_on or today(), today()) + _MORE
    return _extend_page(request, session, choices, row, period, plan, typed_values(due_on=due.isoformat()), NO_PROBLEMS)


def _return_of(session: Session, reader: Reader, id_: int) -> tuple[DepartmentReturn, ReportingPeriod, Plan]:
    """Errors: NotThere for anybody but the office of its plan."""
    row = session.get(DepartmentReturn, id_)
    if row is None:
        raise NotThere
    reader.must("periods", row.plan_id)
    return row, session.get_one(ReportingPeriod, row.period_id), session.get_one(Plan, row.plan_id)


def _extend_page(
    request: Request,
    session: Session,
    choices: Choices,
    row: DepartmentReturn,
    period: ReportingPeriod,
    plan: Plan,
    typed: Typed,
    problems: Problems,
) -> Response:
    return page(
        request,
        "periods/extend.html",
        row=row,
        period=period,
        plan=plan,
        department=session.exec(select(Department.name).where(Department.id == row.department_id)).one(),
        title=period_name(period, choices.language),
        board=f"/quarter?plan={plan.code}&period={period.name}",
        typed=typed,
        problems=problems,
    )


@router.post("/quarter/returns/{id_}/extend")
def post_extend(
    request: Request, id_: RecordId, reader: SignedIn, typed: TypedForm, session: Writing, choices: Chosen
) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    row, period, plan = _return_of(session, reader, id_)
    board = f"/quarter?plan={plan.code}&period={period.name}"

    def again(problems: Problems) -> Response:
        return _extend_page(request, session, choices, row, period, plan, typed, problems)

    with shown_again(request, again):
        due = day_from(typed, "due_on", label=N_("延期到"))
        extend_return(session, row, due_on=due, reason=typed["reason"], by=reader.actor)
    return leads_to(session, typed.key, reader, f"{board}&done=extended")
