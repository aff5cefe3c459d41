"""关账时退回的内容: what the last closing sent back and nobody has reported again; reporting it, or setting it aside."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from budgets.entries import STAGES
from core.errors import NotThere
from portfolio.access import Reader
from portfolio.plans import Plan
from reports.period_sending_back import CLOSING_REASON
from reports.period_waiting import FACT_KINDS, LEDGER, LINES, MILESTONES, READINGS, WORKS
from reports.returns import SetAside
from reports.sent_back import SentBack, sent_back
from reports.setting_aside import find_sent_back, find_set_aside, notes_of, set_aside
from web.choices import Choices
from web.deps import Chosen, Reading, RecordId, SignedIn, Writing, answered, leads_to
from web.forms import NO_PROBLEMS, NOTHING_TYPED, Problems, Typed, TypedForm, shown_again
from web.pages import page
from web.plan_choice import plan_choice

router = APIRouter()
SHOWN = 500


@router.get("/sent-back")
def get_sent_back(request: Request, reader: SignedIn, session: Reading, choices: Chosen, plan: str = "") -> Response:
    """Everything of a plan for the office and finance; for anybody else what they recorded or answer for.

    Errors: NotThere for a plan that the reader does not see.
    """
    chosen = plan_choice(session, reader, plan.strip())
    if plan.strip() and chosen.plan_id is None:
        raise NotThere
    seen = reader.plans_for("view")
    plans = seen if chosen.plan_id is None else {chosen.plan_id}
    found = [one for one in sent_back(session, plans) if _may_see(reader, one)]
    return page(
        request,
        "periods/sent_back.html",
        rows=[_shown(one, choices) | {"may_set_aside": one.concerns(reader)} for one in found[:SHOWN]],
        count=len(found),
        plan_code=chosen.code,
        reason=CLOSING_REASON,
        kinds=FACT_KINDS,
        aside=_set_aside(
            session, [one for one in sent_back(session, plans, aside=True) if _may_see(reader, one)], choices
        ),
    )


def _set_aside(session: Session, rows: list[SentBack], choices: Choices) -> list[tuple[dict[str, Any], SetAside]]:
    """What was set aside, the newest first, each with who did it and why."""
    shown = {(one.kind, one.id): one for one in rows}
    notes = [note for note in notes_of(session, rows) if (note.kind, note.subject_id) in shown]
    return [(_shown(shown[note.kind, note.subject_id], choices), note) for note in notes[: -SHOWN - 1 : -1]]


def _may_see(reader: Reader, one: SentBack) -> bool:
    return (
        one.concerns(reader)
        or reader.may("periods", one.plan_id)
        or reader.may("approve_money", one.plan_id)
        or reader.may("history", one.plan_id)
    )


def _shown(one: SentBack, choices: Choices) -> dict[str, Any]:
    project = f"/projects/{one.project}"
    rows = {
        LEDGER: f"/money/ledger/{one.id}",
        LINES: f"{project}/budget",
        WORKS: f"/works/{one.id}",
        MILESTONES: f"/milestones/reports/{one.id}",
        READINGS: "/indicators",
    }
    again = {
        LEDGER: f"{project}/ledger/new",
        LINES: f"{project}/budget",
        WORKS: f"{project}/works/new",
        MILESTONES: f"{project}/milestones",
        READINGS: "/indicators",
    }
    return {
        "said": one,
        "stage": STAGES.get(one.name) if one.kind == LEDGER else None,
        "address": choices.url(rows[one.kind]),
        "again": choices.url(again[one.kind]),
    }


# ---- setting aside


@router.get("/sent-back/{kind}/{id_}/set-aside")
def get_set_aside(
    request: Request, kind: str, id_: RecordId, reader: SignedIn, session: Reading, choices: Chosen
) -> Response:
    one = find_sent_back(session, reader, kind, id_)
    return _aside_page(request, session, one, choices, NOTHING_TYPED, NO_PROBLEMS)


def _aside_page(
    request: Request, session: Session, one: SentBack, choices: Choices, typed: Typed, problems: Problems
) -> Response:
    return page(
        request,
        "periods/set_aside.html",
        row=_shown(one, choices),
        one=one,
        kinds=FACT_KINDS,
        earlier=find_set_aside(session, one),
        typed=typed,
        problems=problems,
    )


@router.post("/sent-back/{kind}/{id_}/set-aside")
def post_set_aside(
    request: Request,
    kind: str,
    id_: RecordId,
    reader: SignedIn,
    choices: Chosen,
    typed: TypedForm,
    session: Writing,
) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    one = find_sent_back(session, reader, kind, id_)
    with shown_again(request, lambda problems: _aside_page(request, session, one, choices, typed, problems)):
        set_aside(session, reader, one, reason=typed["reason"])
    plan = session.get_one(Plan, one.plan_id)
    return leads_to(session, typed.key, reader, choices.url("/sent-back", plan=plan.code))
