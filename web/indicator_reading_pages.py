"""Recording an official reading of an indicator, its page with evidence, and changing or discarding one's own draft."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.audit import HistoryLine, history
from core.calendar import current_quarter, quarter_name, today
from core.errors import N_, NotThere, Stale
from core.units import text_from_micro
from milestones.attachments import ATTACHMENT_KINDS
from milestones.evidence import LABELS as EVIDENCE_LABELS
from milestones.indicator_math import GRADE_NAMES
from milestones.indicators import Target
from milestones.reading_reports import (
    SUBJECT,
    change_reading,
    discard_reading,
    find_reading,
    record_reading,
    submit_readings,
    withdrawn_now,
)
from milestones.reading_rules import LABELS, reading_kinds
from milestones.reading_withdrawing import withdraw_reading
from milestones.readings import JUDGEMENTS, READING, OfficialReading
from portfolio.access import Reader
from portfolio.dated import find_in_force
from portfolio.facts import APPROVED, DRAFT, STATES, SUBMITTED
from portfolio.periods import corrected_before, is_closed
from reports.correction_list import correction_of
from web.deps import Reading, RecordId, SignedIn, Writing, answered, leads_to
from web.evidence_shown import evidence_shown
from web.forms import NO_PROBLEMS, NOTHING_TYPED, Problems, Typed, TypedForm, shown_again, typed_values
from web.indicator_forms import OpenIndicator, may, open_indicator, reading_from, typed_reading
from web.pages import page
from web.project_forms import version_from

router = APIRouter()

_HISTORY_LABELS = (
    LABELS
    | {"value_micro": LABELS["value"], "state": N_("状态"), "posted_period": N_("计入季度")}
    | {"withdraws_id": N_("撤回的编号")}
    | EVIDENCE_LABELS
)
_ACTS = {"approve": "accept"}
_HIDDEN = frozenset({"indicator_id", "own_department"})


@router.get("/indicators/{code}/{no}/readings/new")
def get_new_reading(request: Request, code: str, no: str, reader: SignedIn, session: Reading) -> Response:
    found = open_indicator(session, reader, code, no, "record")
    filled = typed_values(quarter=_latest_year(), occurred_on=today().isoformat())
    return _form_page(request, session, found, None, filled, NO_PROBLEMS)


def _latest_year() -> str:
    """The year that most bulletins tell of now: the last one that is over."""
    return str(current_quarter() // 10 - 1)


def _form_page(
    request: Request,
    session: Session,
    found: OpenIndicator,
    row: OfficialReading | None,
    typed: Typed,
    problems: Problems,
) -> Response:
    stale = row is not None and problems.status == Stale.status
    target = find_in_force(session, Target, {"indicator_id": found.id}, current_quarter())
    open_from = corrected_before(session, found.indicator.plan_id)
    return page(
        request,
        "indicators/reading.html",
        found=found,
        row=found.indicator,
        reading=row,
        action=f"{found.address}/readings/new" if row is None else f"{found.address}/readings/{row.id}/edit",
        kinds=reading_kinds(found.indicator, target),
        grades=GRADE_NAMES,
        judgements=JUDGEMENTS,
        labels=LABELS,
        open_from=quarter_name(open_from) if open_from else "",
        versions=_both_versions(row, typed) if stale and row is not None else None,
        row_version=row.row_version if stale and row is not None else typed["row_version"],
        typed=typed,
        problems=problems,
    )


def _both_versions(row: OfficialReading, typed: Typed) -> list[tuple[str, str, str | None]]:
    """(label, what is saved, what was typed) for each field that differs."""
    saved = typed_reading(row)
    return [(LABELS[name], saved[name], typed[name]) for name in LABELS if saved[name].strip() != typed[name].strip()]


@router.post("/indicators/{code}/{no}/readings/new")
def post_new_reading(
    request: Request, code: str, no: str, reader: SignedIn, typed: TypedForm, session: Writing
) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    found = open_indicator(session, reader, code, no, "record")
    with shown_again(request, lambda problems: _form_page(request, session, found, None, typed, problems)):
        submit = typed["act"] == "submit"
        record_reading(session, found.indicator, reading_from(typed), submit=submit, by=reader.actor)
    return leads_to(session, typed.key, reader, f"{found.address}#readings")


# ---- the page of a reading


@router.get("/indicators/{code}/{no}/readings/{id_}")
def get_one_reading(
    request: Request, code: str, no: str, id_: RecordId, reader: SignedIn, session: Reading
) -> Response:
    found = open_indicator(session, reader, code, no)
    return _reading_page(request, session, reader, found, id_, NOTHING_TYPED, NO_PROBLEMS)


def _reading_page(
    request: Request,
    session: Session,
    reader: Reader,
    found: OpenIndicator,
    id_: int,
    typed: Typed,
    problems: Problems,
) -> Response:
    """Errors: NotThere for a reading of another indicator, and for somebody else's draft."""
    row = find_reading(session, id_)
    plan_id = found.indicator.plan_id
    recorded = reader.actor.did(row.recorded_by_id, row.recorded_by)
    pairs = ((row.recorded_by_id, row.recorded_by), (row.submitted_by_id, row.submitted_by))
    own = any(name is not None and reader.actor.stands_behind(id_, name) for id_, name in pairs)
    editing = row.state == DRAFT and recorded and may(reader, "record", plan_id)
    if row.indicator_id != found.id or (row.state == DRAFT and not editing):
        raise NotThere
    withdrawal = withdrawn_now(session, [id_]).get(id_)
    correction = correction_of(session, SUBJECT, id_, None if withdrawal is None else withdrawal.id)
    waits = row.state == SUBMITTED and correction is None and may(reader, "accept_works", plan_id)
    stands = row.state == APPROVED and row.kind == READING and withdrawal is None
    taking_back = stands and may(reader, "record", plan_id)
    return page(
        request,
        "indicators/one_reading.html",
        found=found,
        row=found.indicator,
        one=row,
        plan=found.plan,
        states=STATES,
        grades=GRADE_NAMES,
        judgements=JUDGEMENTS,
        may_edit=editing,
        may_decide=waits and not own,
        own_waits=waits and own,
        may_withdraw=taking_back,
        may_correct=taking_back and is_closed(session, plan_id, row.quarter),
        withdrawal=withdrawal,
        correction=correction,
        evidence=evidence_shown(session, reader, SUBJECT, id_),
        history=_history(session, id_) if may(reader, "history", plan_id) else None,
        labels=_HISTORY_LABELS,
        words_of=STATES | JUDGEMENTS | ATTACHMENT_KINDS,
        typed=typed,
        problems=problems,
    )


@router.post("/indicators/{code}/{no}/readings/{id_}/withdraw")
def post_withdrawal(
    request: Request, code: str, no: str, id_: RecordId, reader: SignedIn, typed: TypedForm, session: Writing
) -> Response:
    """Asks that an accepted reading be taken back; somebody else accepts it."""
    if done := answered(session, typed.key, reader):
        return done
    found = open_indicator(session, reader, code, no, "record")
    row = find_reading(session, id_)
    if row.indicator_id != found.id or row.state == DRAFT:
        raise NotThere

    def again(problems: Problems) -> Response:
        return _reading_page(request, session, reader, found, id_, typed, problems)

    with shown_again(request, again):
        made = withdraw_reading(session, row, reason=typed["reason"], document=typed["document"], by=reader.actor)
    return leads_to(session, typed.key, reader, f"{found.address}/readings/{made.id}")


def _history(session: Session, id_: int) -> list[HistoryLine]:
    """The audit rows of a reading, with quarters by name and millionths as numbers."""

    def said(name: str, value: Any) -> Any:
        if isinstance(value, int) and name in ("quarter", "posted_period"):
            return quarter_name(value)
        return text_from_micro(value) if isinstance(value, int) and name == "value_micro" else value

    lines = []
    for line in history(session, SUBJECT, id_):
        # A draft that was discarded may have left its number to this reading.
        if line.action == "discard":
            break
        changes = tuple(
            (name, said(name, old), said(name, new)) for name, old, new in line.changes if name not in _HIDDEN
        )
        lines.append(HistoryLine(line.at, line.actor, _ACTS.get(line.action, line.action), line.reason, changes))
    return lines


# ---- one's own draft


def _own_draft(session: Session, reader: Reader, found: OpenIndicator, id_: int) -> OfficialReading:
    """Errors: NotThere unless it is of this indicator, still a draft and the reader's own."""
    row = find_reading(session, id_)
    own = reader.actor.did(row.recorded_by_id, row.recorded_by)
    if row.indicator_id != found.id or row.state != DRAFT or not own:
        raise NotThere
    return row


@router.get("/indicators/{code}/{no}/readings/{id_}/edit")
def get_reading(request: Request, code: str, no: str, id_: RecordId, reader: SignedIn, session: Reading) -> Response:
    found = open_indicator(session, reader, code, no, "record")
    row = _own_draft(session, reader, found, id_)
    return _form_page(request, session, found, row, typed_reading(row), NO_PROBLEMS)


@router.post("/indicators/{code}/{no}/readings/{id_}/edit")
def post_reading(
    request: Request, code: str, no: str, id_: RecordId, reader: SignedIn, typed: TypedForm, session: Writing
) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    found = open_indicator(session, reader, code, no, "record")
    row = _own_draft(session, reader, found, id_)
    with shown_again(request, lambda problems: _form_page(request, session, found, row, typed, problems)):
        change_reading(session, row, reading_from(typed), expected_version=version_from(typed), by=reader.actor)
        if typed["act"] == "submit":
            submit_readings(session, [row], by=reader.actor)
    return leads_to(session, typed.key, reader, f"{found.address}#readings")


@router.post("/indicators/{code}/{no}/readings/{id_}/discard")
def post_discard(code: str, no: str, id_: RecordId, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    found = open_indicator(session, reader, code, no, "record")
    row = _own_draft(session, reader, found, id_)
    discard_reading(session, row, expected_version=version_from(typed), by=reader.actor)
    return leads_to(session, typed.key, reader, f"{found.address}#readings")
