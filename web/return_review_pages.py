"""Handing a return in, and reviewing it: its head approves it, the office accepts it, either sends it back field by field."""

from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.errors import N_
from core.language import translate
from portfolio.access import Reader
from portfolio.reviewing import Reviewer
from reports.return_applying import effects_now
from reports.return_cells import fillers_of
from reports.return_diff import differences
from reports.return_fields import key_from_name
from reports.return_flow import (
    NewNote,
    accept_return,
    approve_return,
    send_back_return,
    submit_return,
    take_back_return,
)
from reports.return_notes import notes_of
from reports.return_rules import ACCEPT, APPROVE, SEND_BACK, SUBMIT, TAKE_BACK, SomeBroken, must_move
from reports.returns import ACCEPTED, APPROVED, DRAFT, SENT_BACK, SUBMITTED
from web.approving import departments_of
from web.choices import Choices, find_choices
from web.deps import Reading, RecordId, SignedIn, Writing, answered, leads_to
from web.forms import (
    NO_PROBLEMS,
    NOTHING_TYPED,
    Problems,
    ShownAgain,
    Typed,
    TypedForm,
    id_from_text,
    shown_again,
    typed_values,
)
from web.pages import page
from web.return_diff_shown import made_counts, shown_groups
from web.return_gate import OpenedReturn, must_be_its_department, opened_return
from web.return_words import RETURN_STAGES, PlacedProblem, noted, problems_in

router = APIRouter()
Made = TypeVar("Made")

_DONE = {
    "submitted": N_("已提交，等待部门审核人审核。"),
    "approved": N_("已审核通过，等待领导小组办公室接收。"),
    "accepted": N_("已接收，形成 %(n)s 条记录。"),
    "sent-back": N_("已退回填报人。"),
}
_WAITS = {
    DRAFT: N_("填报部门还没有提交。"),
    SENT_BACK: N_("已退回，等待填报部门修改后再提交。"),
    SUBMITTED: N_("等待部门审核人审核。"),
    APPROVED: N_("等待领导小组办公室接收。"),
    ACCEPTED: N_("已接收，不再修改。错了的在台账、工程量和节点里冲销或更正。"),
}


# ---- handing in


@router.get("/returns/{id_}/submit")
def get_submit(request: Request, id_: RecordId, reader: SignedIn, session: Reading) -> Response:
    ret = opened_return(session, reader, id_)
    must_be_its_department(reader, ret.row, SUBMIT)
    filled = typed_values(answerable=ret.row.answerable, no_progress_reason=ret.row.no_progress_reason)
    problems = {key: (one,) for key, one in effects_now(session, ret.row).problems.items()}
    found = problems_in(session, ret, SomeBroken(problems), find_choices(request)) if problems else []
    return _submit_page(request, session, ret, filled, NO_PROBLEMS, found)


def _submit_page(
    request: Request,
    session: Session,
    ret: OpenedReturn,
    typed: Typed,
    problems: Problems,
    found: list[PlacedProblem],
) -> Response:
    choices = find_choices(request)
    return page(
        request,
        "returns/submit.html",
        status=problems.status if problems else 200,
        ret=ret,
        groups=shown_groups(session, ret, differences(session, ret.row), choices),
        unfilled=[one for one in ret.projects if not one.filled],
        found=found,
        sent_back_notes=noted(session, ret, choices, notes_of(session, ret.id), open_only=True),
        return_states=RETURN_STAGES,
        typed=typed,
        problems=problems,
    )


@router.post("/returns/{id_}/submit")
def post_submit(request: Request, id_: RecordId, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    ret = opened_return(session, reader, id_)
    must_be_its_department(reader, ret.row, SUBMIT)

    def move() -> None:
        submit_return(
            session,
            ret.row,
            answerable=typed["answerable"],
            no_progress_reason=typed["no_progress_reason"],
            by=reader.actor,
        )

    _moved(request, session, ret, typed, move, _submit_page)
    return leads_to(session, typed.key, reader, f"{ret.address}/review?done=submitted")


@router.post("/returns/{id_}/take-back")
def post_take_back(request: Request, id_: RecordId, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    """Takes a return back that its head has not approved."""
    if done := answered(session, typed.key, reader):
        return done
    ret = opened_return(session, reader, id_)
    must_be_its_department(reader, ret.row, TAKE_BACK)
    _moved(
        request, session, ret, typed, lambda: take_back_return(session, ret.row, by=reader.actor), _reviewing(reader)
    )
    return leads_to(session, typed.key, reader, f"{ret.address}?done=taken")


def _moved(
    request: Request,
    session: Session,
    ret: OpenedReturn,
    typed: Typed,
    move: Callable[[], Made],
    render: Callable[..., Response],
) -> Made:
    """Makes a move; the page comes back with what stands against it, each problem of a cell with its place."""
    try:
        with shown_again(request, lambda problems: render(request, session, ret, typed, problems, [])):
            made = move()
    except ShownAgain as again:
        if isinstance(again.__cause__, SomeBroken):
            found = problems_in(session, ret, again.__cause__, find_choices(request))
            response = render(request, session, ret, typed, NO_PROBLEMS, found)
            response.status_code = again.__cause__.status
            raise ShownAgain(response) from again
        raise
    return made


# ---- reviewing


@router.get("/returns/{id_}/review")
def get_review(request: Request, id_: RecordId, reader: SignedIn, session: Reading) -> Response:
    ret = opened_return(session, reader, id_)
    return _review_page(request, session, ret, NOTHING_TYPED, NO_PROBLEMS, [], reader=reader)


def _reviewing(reader: Reader) -> Callable[..., Response]:
    def render(*given: Any) -> Response:
        return _review_page(*given, reader=reader)

    return render


def _review_page(
    request: Request,
    session: Session,
    ret: OpenedReturn,
    typed: Typed,
    problems: Problems,
    found: list[PlacedProblem],
    *,
    reader: Reader,
) -> Response:
    choices = find_choices(request)
    rows = differences(session, ret.row)
    return page(
        request,
        "returns/review.html",
        status=problems.status if problems else 200,
        ret=ret,
        groups=shown_groups(session, ret, rows, choices),
        counts=made_counts(rows, choices),
        found=found,
        own_part=_own_part(session, reader, ret),
        waits_for=translate(_WAITS[ret.row.state], choices.language),
        done=_told(request, choices),
        return_states=RETURN_STAGES,
        typed=typed,
        problems=problems,
    )


def _own_part(session: Session, reader: Reader, ret: OpenedReturn) -> bool:
    """Whether the reader took part in the return already, so that somebody else has to decide."""
    row = ret.row
    pairs = [(row.submitted_by_id, row.submitted_by), *fillers_of(session, ret.id)]
    if ret.may_accept:
        pairs.append((row.approved_by_id, row.approved_by))
    return any(name is not None and reader.actor.stands_behind(id_, name) for id_, name in pairs)


def _told(request: Request, choices: Choices) -> str:
    done, count = request.query_params.get("done", ""), request.query_params.get("n", "")
    known = count if count.isascii() and count.isdigit() else "0"
    return translate(_DONE[done], choices.language) % {"n": known} if done in _DONE else ""


def _reviewed(
    request: Request,
    session: Session,
    reader: Reader,
    id_: int,
    typed: Typed,
    act: str,
    move: Callable[[OpenedReturn], str],
) -> Response:
    """Decides about the return, and leads to its review, which says what was done."""
    if done := answered(session, typed.key, reader):
        return done
    ret = opened_return(session, reader, id_)
    must_move(reader, ret.row, act)
    told = _moved(request, session, ret, typed, lambda: move(ret), _reviewing(reader))
    return leads_to(session, typed.key, reader, f"{ret.address}/review?done={told}")


@router.post("/returns/{id_}/approve")
def post_approve(request: Request, id_: RecordId, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    def move(ret: OpenedReturn) -> str:
        approve_return(session, ret.row, expected_version=_seen(typed), by=reader.actor)
        return "approved"

    return _reviewed(request, session, reader, id_, typed, APPROVE, move)


@router.post("/returns/{id_}/accept")
def post_accept(request: Request, id_: RecordId, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    """Makes facts of the return: all of them or none."""

    def move(ret: OpenedReturn) -> str:
        by = Reviewer(reader.actor, departments_of(reader))
        made = accept_return(session, ret.row, expected_version=_seen(typed), by=by)
        return f"accepted&n={len(made)}"

    return _reviewed(request, session, reader, id_, typed, ACCEPT, move)


@router.post("/returns/{id_}/send-back")
def post_send_back(request: Request, id_: RecordId, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    """Sends the return back; a note goes to each field that was ticked or written about."""

    def move(ret: OpenedReturn) -> str:
        reason = typed["reason"]
        notes = _notes(typed, reason)
        send_back_return(session, ret.row, reason=reason, notes=notes, expected_version=_seen(typed), by=reader.actor)
        return "sent-back"

    return _reviewed(request, session, reader, id_, typed, SEND_BACK, move)


def _seen(typed: Typed) -> int | None:
    """The version of the return that stood on the page."""
    return id_from_text(typed["row_version"])


def _notes(typed: Typed, reason: str) -> list[NewNote]:
    """A note for each field that was ticked; without words of its own it takes those of the whole.

    Errors: NoSuchCell.
    """
    written = [name.removeprefix("why_") for name in typed.fields if name.startswith("why_") and typed[name].strip()]
    found = []
    for name in dict.fromkeys((*typed.many("tick"), *written)):
        key = key_from_name(name)
        found.append(NewNote(typed[f"why_{name}"].strip() or reason, key.project_id, key.field, key.key))
    return found
