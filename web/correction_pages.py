"""更正单: the list, one with what it moves before and after, and deciding about it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from budgets.entries import STAGES
from core.audit import HistoryLine, history
from core.calendar import quarter_name
from core.errors import N_, NotThere
from milestones.indicator_math import GRADE_NAMES
from milestones.milestones import REPORTS
from milestones.readings import JUDGEMENTS
from milestones.works import TIERS
from portfolio.access import Action, Reader
from portfolio.corrections import APPROVED, CORRECTION_STATES, REQUESTED, Correction
from portfolio.project_changes import KINDS as CHANGES
from portfolio.projects import STATES as PROJECT_STATES
from portfolio.reviewing import Reviewer
from reports.correcting import (
    LABELS,
    RIGHTS,
    SUBJECT,
    approve_correction,
    refuse_correction,
    withdraw_correction,
)
from reports.correction_changes import SUBJECTS
from reports.correction_list import (
    ACTS,
    allowed_in,
    correction_sheet,
    corrections,
    find_correction,
    waiting_corrections,
)
from web.answer_files import document_answer
from web.approving import departments_of
from web.choices import Choices
from web.correction_shown import LEVELS, shown_effects
from web.deps import Chosen, Reading, RecordId, SignedIn, Writing, answered, leads_to
from web.forms import NO_PROBLEMS, NOTHING_TYPED, Problems, Typed, TypedForm, shown_again
from web.list_filters import Filters
from web.pages import page
from web.plan_choice import plan_choice
from web.printed import moment

router = APIRouter()

_HISTORY = LABELS | {
    "number": N_("编号"),
    "quarter": N_("更正的季度"),
    "state": N_("状态"),
    "facts": N_("条数"),
    "posted_period": N_("计入季度"),
    "requested_at": N_("申请时间"),
    "decided_at": N_("审批时间"),
}


@router.get("/corrections")
def get_corrections(request: Request, reader: SignedIn, session: Reading, choices: Chosen, plan: str = "") -> Response:
    chosen = plan_choice(session, reader, plan.strip())
    filters = Filters(request, choices, chosen)
    quarters = {quarter_name(one): quarter_name(one) for one in choices.quarters()}
    quarter = filters.one_of("quarter", N_("更正的季度"), quarters)
    state = filters.one_of("state", N_("状态"), CORRECTION_STATES)
    rows, following = corrections(
        session,
        reader,
        plan_id=chosen.plan_id,
        quarter=None if quarter is None else int(quarter[:4] + quarter[5]),
        state=state,
        before=filters.after,
    )
    waiting = {row.id for row in waiting_corrections(session, reader)}
    return filters.listed(
        request,
        "corrections/corrections.html",
        chosen=chosen,
        rows=rows,
        following=following,
        quarters=list(quarters),
        states=CORRECTION_STATES,
        waiting=waiting,
        may_request=any(reader.may("record", one.id, departments_of(reader)) for one in chosen.plans),
    )


@router.get("/corrections/{id_}")
def get_correction(request: Request, id_: RecordId, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    row = find_correction(session, reader, id_)
    return _detail_page(request, session, reader, row, choices, NOTHING_TYPED, NO_PROBLEMS)


def _detail_page(
    request: Request,
    session: Session,
    reader: Reader,
    row: Correction,
    choices: Choices,
    typed: Typed,
    problems: Problems,
) -> Response:
    sheet = correction_sheet(session, row)
    allowed = allowed_in(reader, row.plan_id)
    mine = reader.actor.did(row.requested_by_id, row.requested_by)
    behind = reader.actor.stands_behind(row.requested_by_id, row.requested_by)
    waits = row.state == REQUESTED
    return page(
        request,
        "corrections/correction.html",
        sheet=sheet,
        row=row,
        groups=shown_effects(sheet.effects, choices.language, choices.unit),
        levels=LEVELS,
        states=CORRECTION_STATES,
        subjects=SUBJECTS,
        acts=ACTS,
        stages=STAGES,
        tiers=TIERS,
        reports=REPORTS,
        grades=GRADE_NAMES,
        judgements=JUDGEMENTS,
        changes=CHANGES,
        project_states=PROJECT_STATES,
        rights=[name for right, name in RIGHTS.items() if right in sheet.rights],
        may={
            "approve": waits and not behind and sheet.rights <= allowed and not sheet.changed,
            "refuse": waits and not behind and bool(sheet.rights & allowed),
            "withdraw": waits and mine,
        },
        mine=waits and behind,
        approved=row.state == APPROVED,
        history=_history(session, row) if reader.may("history", row.plan_id) else None,
        labels=_HISTORY,
        typed=typed,
        problems=problems,
    )


def _history(session: Session, row: Correction) -> list[HistoryLine]:
    def said(name: str, value: Any) -> Any:
        if isinstance(value, int) and name in ("quarter", "posted_period"):
            return quarter_name(value)
        if isinstance(value, str) and name in ("requested_at", "decided_at"):
            return moment(datetime.fromisoformat(value))
        return len(value) if isinstance(value, list) else value

    return [
        HistoryLine(
            line.at,
            line.actor,
            line.action,
            line.reason,
            tuple((name, said(name, old), said(name, new)) for name, old, new in line.changes),
        )
        for line in history(session, SUBJECT, row.id or 0)
    ]


@router.get("/corrections/{id_}/file")
def get_file(id_: RecordId, reader: SignedIn, session: Reading) -> Any:
    row = find_correction(session, reader, id_)
    return document_answer(session, row.file_id, f"correction-{id_}")


# ---- deciding


def _allowed(reader: Reader, row: Correction) -> frozenset[Action]:
    """Errors: NotThere for who decides about nothing in the plan."""
    found = allowed_in(reader, row.plan_id)
    if not found:
        raise NotThere
    return found


def _decided(
    request: Request,
    session: Session,
    reader: Reader,
    id_: int,
    choices: Choices,
    typed: Typed,
    decide: Callable[[Correction], Correction],
) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    row = find_correction(session, reader, id_)

    def again(problems: Problems) -> Response:
        return _detail_page(request, session, reader, find_correction(session, reader, id_), choices, typed, problems)

    # In a savepoint: the page that is shown again shows the correction as it stands.
    with shown_again(request, again), session.begin_nested():
        decide(row)
    return leads_to(session, typed.key, reader, f"/corrections/{id_}")


@router.post("/corrections/{id_}/approve")
def post_approve(
    request: Request, id_: RecordId, reader: SignedIn, choices: Chosen, typed: TypedForm, session: Writing
) -> Response:
    def approve(row: Correction) -> Correction:
        by = Reviewer(reader.actor, departments_of(reader))
        return approve_correction(session, row, allowed=_allowed(reader, row), by=by)

    return _decided(request, session, reader, id_, choices, typed, approve)


@router.post("/corrections/{id_}/refuse")
def post_refuse(
    request: Request, id_: RecordId, reader: SignedIn, choices: Chosen, typed: TypedForm, session: Writing
) -> Response:
    def refuse(row: Correction) -> Correction:
        return refuse_correction(session, row, reason=typed["reason"], allowed=_allowed(reader, row), by=reader.actor)

    return _decided(request, session, reader, id_, choices, typed, refuse)


@router.post("/corrections/{id_}/withdraw")
def post_withdraw(
    request: Request, id_: RecordId, reader: SignedIn, choices: Chosen, typed: TypedForm, session: Writing
) -> Response:
    def withdraw(row: Correction) -> Correction:
        return withdraw_correction(session, row, by=reader.actor)

    return _decided(request, session, reader, id_, choices, typed, withdraw)
