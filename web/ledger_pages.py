"""The ledger of one project, and the page of one entry with what may be done about it."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, select

from budgets.approval import approve_entries, reject_entries
from budgets.entries import APPROVED, DRAFT, KINDS, REVERSAL, STAGES, STATES, SUBMITTED
from budgets.estimates import estimates_in_force, package_amounts
from budgets.ledger import find_entry, reverse_entry, submit_entries
from budgets.ledger_list import LedgerFilter, find_row, ledger_page
from budgets.ledger_sums import sums_of
from budgets.locking import lock_projects
from budgets.sources import source_tree
from core.audit import HistoryLine, history
from core.calendar import current_quarter, quarter_name, quarter_of
from core.capital_numerals import capital_numerals
from core.errors import N_, NotThere
from core.money import formatted
from portfolio.access import Reader
from portfolio.corrections import LEDGER_ENTRY
from portfolio.periods import is_closed
from portfolio.plans import Plan
from portfolio.projects import Project
from portfolio.values import project_values
from reports.correction_list import correction_of
from web.approving import approver_for, approving, departments_of
from web.choices import PAGE_PLACE, Choices
from web.deps import Chosen, Reading, RecordId, SignedIn, Writing, answered, leads_to
from web.forms import NO_PROBLEMS, NOTHING_TYPED, Problems, Typed, TypedForm, shown_again
from web.ledger_forms import LABELS, own_draft, source_words
from web.ledger_list_request import as_of
from web.ledger_places import place_from_text, place_text
from web.pages import page
from web.project_forms import editable_project

router = APIRouter()

# What the audit trail calls the columns of an entry.
_FIELDS = LABELS | {
    "amount_fen": LABELS["amount"],
    "source_id": LABELS["source"],
    "state": N_("状态"),
    "posted_period": N_("入账季度"),
    "reverses_id": N_("冲销的编号"),
}


# ---- one project


@router.get("/projects/{code}/ledger")
def get_project_ledger(request: Request, code: str, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    project = session.exec(select(Project).where(Project.code == code)).first()
    if project is None:
        raise NotThere
    reader.must("view", project.plan_id)
    assert project.id is not None
    parts = session.exec(select(Project.id).where(Project.parent_id == project.id)).all()
    ids = frozenset(id_ for id_ in (project.id, *parts) if id_ is not None)
    chosen = LedgerFilter(choices.quarter, project_ids=ids, **as_of(choices))
    after = place_from_text(request.query_params.get(PAGE_PLACE, ""))
    listed = ledger_page(session, reader, chosen, after=after)
    package = project if project.parent_id is None else session.get_one(Project, project.parent_id)
    return page(
        request,
        "projects/ledger.html",
        part="list",
        project=project,
        package=package,
        plan=session.get_one(Plan, project.plan_id),
        rows=listed.rows,
        sums=sums_of(session, reader, chosen),
        estimate_fen=_estimate(session, project, choices),
        source_names=source_words(source_tree(session), choices.language),
        stages=STAGES,
        states=STATES,
        kinds=KINDS,
        after=after,
        following=None if listed.following is None else choices.here(after=place_text(listed.following)),
        may_record=project.archived_at is None and reader.may("record", project.plan_id, _answering(session, package)),
    )


def _answering(session: Session, package: Project) -> frozenset[int]:
    """The departments that answer for a project today."""
    values = project_values(session, package, current_quarter())
    return frozenset(id_ for id_ in (values.lead_id, values.reporting_id) if id_ is not None)


def _estimate(session: Session, project: Project, choices: Choices) -> int | None:
    assert project.id is not None
    if project.parent_id is None:
        return package_amounts(session, [project.id], choices.quarter, choices.edition).get(project.id)
    return estimates_in_force(session, choices.quarter, [project.id]).get(project.id)


# ---- one entry


@router.get("/money/ledger/{id_}")
def get_entry(request: Request, id_: RecordId, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    return _entry_page(request, session, reader, id_, choices, NOTHING_TYPED, NO_PROBLEMS)


def _entry_page(
    request: Request,
    session: Session,
    reader: Reader,
    id_: int,
    choices: Choices,
    typed: Typed,
    problems: Problems,
) -> Response:
    row = find_row(session, reader, id_)
    if row is None:
        raise NotThere
    names = source_words(source_tree(session), choices.language)
    package = session.get_one(Project, row.top_id)
    answering = _answering(session, package)
    may_record = package.archived_at is None and reader.may("record", row.plan_id, answering)
    pairs = ((row.recorded_by_id, row.recorded_by), (row.submitted_by_id, row.submitted_by))
    own_entry = any(reader.actor.stands_behind(id_, name) for id_, name in pairs)
    own_draft = row.state == DRAFT and reader.actor.did(row.recorded_by_id, row.recorded_by)
    correction = correction_of(session, LEDGER_ENTRY, id_, row.reversal_id)
    may_approve = row.state == SUBMITTED and correction is None and reader.may(approving(row.stage), row.plan_id)
    reversible = row.state == APPROVED and row.kind != REVERSAL and row.reversal_id is None
    return page(
        request,
        "money/ledger_detail.html",
        row=row,
        plan=session.get_one(Plan, row.plan_id),
        source=names.get(row.source_id),
        capital=capital_numerals(row.amount_fen),
        twin=_twin(session, reader, row),
        stages=STAGES,
        states=STATES,
        kinds=KINDS,
        labels=LABELS,
        words=STAGES | STATES | KINDS,
        history_labels=_FIELDS,
        may={
            "draft": own_draft and may_record,
            "approve": may_approve and not own_entry,
            "reject": may_approve,
            "reverse": reversible and may_record,
            "correct": reversible and may_record and is_closed(session, row.plan_id, quarter_of(row.occurred_on)),
            "history": reader.may("history", row.plan_id),
        },
        correction=correction,
        own_entry=may_approve and own_entry,
        own_department=may_approve and bool(departments_of(reader) & answering),
        history=_history(session, id_, names, choices) if reader.may("history", row.plan_id) else (),
        typed=typed,
        problems=problems,
    )


def _twin(session: Session, reader: Reader, row: Any) -> Any | None:
    """The other half of a pair: what this entry reverses, or what reverses it."""
    id_ = row.reverses_id or row.reversal_id
    return None if id_ is None else find_row(session, reader, id_)


def _history(session: Session, id_: int, names: dict[int | None, str], choices: Choices) -> list[HistoryLine]:
    """The audit rows of an entry, with ids as names and fen as amounts."""

    def said(name: str, value: Any) -> Any:
        if name == "amount_fen" and isinstance(value, int):
            return formatted(value, choices.unit)
        if name == "posted_period" and isinstance(value, int):
            return quarter_name(value)
        return names.get(value, value) if name == "source_id" else value

    lines = []
    for line in history(session, "ledger_entry", id_):
        changes = tuple(
            (name, said(name, before), said(name, after))
            for name, before, after in line.changes
            if name not in ("project_id", "own_department") and (before, after) != (None, None)
        )
        lines.append(HistoryLine(line.at, line.actor, line.action, line.reason, changes))
    return lines


# ---- what may be done about it


def _act(
    request: Request,
    session: Session,
    reader: Reader,
    id_: int,
    choices: Choices,
    typed: Typed,
    do: Callable[[Any], int],
) -> Response:
    """Does something about an entry that the reader sees, and leads to the entry that came of it."""
    if done := answered(session, typed.key, reader):
        return done
    row = find_row(session, reader, id_)
    if row is None:
        raise NotThere

    def again(problems: Problems) -> Response:
        return _entry_page(request, session, reader, id_, choices, typed, problems)

    with shown_again(request, again):
        led_to = do(row)
    return leads_to(session, typed.key, reader, f"/money/ledger/{led_to}")


@router.post("/money/ledger/{id_}/submit")
def post_submit(
    request: Request, id_: RecordId, reader: SignedIn, choices: Chosen, typed: TypedForm, session: Writing
) -> Response:
    def submit(_row: Any) -> int:
        draft = own_draft(session, reader, id_)
        lock_projects(session, [draft.row.project_id])
        submit_entries(session, [draft.row], by=reader.actor)
        return id_

    return _act(request, session, reader, id_, choices, typed, submit)


@router.post("/money/ledger/{id_}/approve")
def post_approve(
    request: Request, id_: RecordId, reader: SignedIn, choices: Chosen, typed: TypedForm, session: Writing
) -> Response:
    def approve(row: Any) -> int:
        approve_entries(session, [id_], by=approver_for(reader, [row]))
        return id_

    return _act(request, session, reader, id_, choices, typed, approve)


@router.post("/money/ledger/{id_}/reject")
def post_reject(
    request: Request, id_: RecordId, reader: SignedIn, choices: Chosen, typed: TypedForm, session: Writing
) -> Response:
    def reject(row: Any) -> int:
        reject_entries(session, [id_], reason=typed["reason"], by=approver_for(reader, [row]))
        return id_

    return _act(request, session, reader, id_, choices, typed, reject)


@router.post("/money/ledger/{id_}/reverse")
def post_reverse(
    request: Request, id_: RecordId, reader: SignedIn, choices: Chosen, typed: TypedForm, session: Writing
) -> Response:
    def reverse(row: Any) -> int:
        editable_project(session, reader, row.code, "record")
        lock_projects(session, [row.project_id])
        entry = find_entry(session, id_)
        made = reverse_entry(session, entry, reason=typed["reason"], document=typed["document"], by=reader.actor)
        return made.id or 0

    return _act(request, session, reader, id_, choices, typed, reverse)
