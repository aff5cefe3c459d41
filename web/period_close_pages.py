"""关账 and reopening: the check list of what waits and what is missing, and the reason."""

from collections import Counter

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from portfolio.access import Reader
from portfolio.periods import PERIOD_STATES
from reports.period_flow import close_period, reopen_period
from reports.period_waiting import FACT_KINDS, closing_of
from reports.return_board import STEPS, return_board
from reports.sent_back import sent_back
from web.choices import Choices
from web.deps import Chosen, Reading, SignedIn, Writing, answered, leads_to
from web.forms import NO_PROBLEMS, NOTHING_TYPED, Problems, Typed, TypedForm, shown_again
from web.pages import page
from web.period_choice import OpenPeriod, movable
from web.period_shown import PLACES, period_name

router = APIRouter()


@router.get("/quarter/{code}/{name}/close")
def get_close(request: Request, code: str, name: str, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    return _close_page(
        request, session, reader, choices, movable(session, reader, code, name), NOTHING_TYPED, NO_PROBLEMS
    )


def _close_page(
    request: Request,
    session: Session,
    reader: Reader,
    choices: Choices,
    found: OpenPeriod,
    typed: Typed,
    problems: Problems,
) -> Response:
    board = return_board(session, found.row)
    closing = closing_of(session, found.plan, found.rows, found.row)
    return page(
        request,
        "periods/close.html",
        found=found,
        plan=found.plan,
        row=found.row,
        title=period_name(found.row, choices.language),
        closing=closing,
        quarters=[period_name(one, choices.language) for one in closing.quarters],
        unopened=[period_name(one, choices.language) for one in closing.earlier_unopened],
        ending=[period_name(one, choices.language) for one in closing.ending],
        waiting=closing.waiting,
        board=board,
        steps=STEPS,
        kinds=FACT_KINDS,
        places=PLACES,
        step_of={one.return_id: one.step for one in board.rows},
        states=PERIOD_STATES,
        action=f"/quarter/{found.plan.code}/{found.row.name}/close",
        typed=typed,
        problems=problems,
    )


@router.post("/quarter/{code}/{name}/close")
def post_close(
    request: Request, code: str, name: str, reader: SignedIn, typed: TypedForm, session: Writing, choices: Chosen
) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    found = movable(session, reader, code, name)

    def again(problems: Problems) -> Response:
        return _close_page(request, session, reader, choices, found, typed, problems)

    with shown_again(request, again):
        close_period(session, found.plan, found.period, reason=typed["reason"], by=reader.actor)
    return leads_to(session, typed.key, reader, f"{found.board}&done=closed")


@router.get("/quarter/{code}/{name}/reopen")
def get_reopen(request: Request, code: str, name: str, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    return _reopen_page(request, session, choices, movable(session, reader, code, name), NOTHING_TYPED, NO_PROBLEMS)


def _reopen_page(
    request: Request, session: Session, choices: Choices, found: OpenPeriod, typed: Typed, problems: Problems
) -> Response:
    return page(
        request,
        "periods/reopen.html",
        found=found,
        plan=found.plan,
        row=found.row,
        title=period_name(found.row, choices.language),
        back=Counter(one.kind for one in sent_back(session, {found.plan.id or 0})),
        kinds=FACT_KINDS,
        action=f"/quarter/{found.plan.code}/{found.row.name}/reopen",
        typed=typed,
        problems=problems,
    )


@router.post("/quarter/{code}/{name}/reopen")
def post_reopen(
    request: Request, code: str, name: str, reader: SignedIn, typed: TypedForm, session: Writing, choices: Chosen
) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    found = movable(session, reader, code, name)
    with shown_again(request, lambda problems: _reopen_page(request, session, choices, found, typed, problems)):
        reopen_period(session, found.plan, found.period, reason=typed["reason"], by=reader.actor)
    return leads_to(session, typed.key, reader, f"{found.board}&done=reopened")
