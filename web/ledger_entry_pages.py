"""Recording one entry of the ledger, and changing or discarding one's own draft."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from budgets.entries import LedgerEntry
from budgets.ledger import change_draft, discard_draft, record_entry, submit_entries
from core.calendar import today
from core.errors import Broken, SeveralBroken, Stale
from core.money import UNITS
from portfolio.access import Reader
from web.deps import Chosen, Reading, RecordId, SignedIn, Writing, answered, leads_to
from web.forms import NO_PROBLEMS, Problems, Typed, TypedForm, problems_of, shown_again, typed_values
from web.ledger_forms import (
    OwnDraft,
    entry_from,
    leaf_from,
    leaves_of,
    offered,
    own_draft,
    spelled,
    typed_entry,
)
from web.pages import page
from web.project_forms import Editable, alive, editable_project, version_from

router = APIRouter()


@router.get("/projects/{code}/ledger/new")
def get_new(request: Request, code: str, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    editable = alive(editable_project(session, reader, code, "record"))
    asked = request.query_params
    filled = typed_values(
        amount_unit=choices.unit, occurred_on=today().isoformat(), stage=asked.get("stage"), part=asked.get("part")
    )
    return _new_page(request, session, editable, filled, NO_PROBLEMS)


def _new_page(request: Request, session: Session, editable: Editable, typed: Typed, problems: Problems) -> Response:
    leaves = leaves_of(session, editable.project)
    return page(
        request,
        "money/ledger_entry.html",
        editable=editable,
        entry=None,
        stale=None,
        action=f"/projects/{editable.project.code}/ledger/new",
        parts=[] if leaves[0] is editable.project else leaves,
        typed=typed,
        problems=problems,
        words=spelled(typed, []),
        **offered(session, editable.project.plan_id),
    )


@router.post("/projects/{code}/ledger/new")
def post_new(request: Request, code: str, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    editable = editable_project(session, reader, code, "record")
    with shown_again(request, lambda problems: _new_page(request, session, editable, typed, problems)):
        row = _recorded(session, editable, typed, reader)
    return leads_to(session, typed.key, reader, f"/money/ledger/{row.id}")


def _recorded(session: Session, editable: Editable, typed: Typed, reader: Reader) -> LedgerEntry:
    """Errors: those of leaf_from, entry_from and record_entry."""
    leaf = leaf_from(session, editable, typed)
    return record_entry(session, leaf, entry_from(typed), submit=typed["act"] == "submit", by=reader.actor)


# ---- one's own draft


@router.get("/money/ledger/{id_}/edit")
def get_edit(request: Request, id_: RecordId, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    draft = own_draft(session, reader, id_)
    return _edit_page(request, session, draft, typed_entry(draft.row, choices.unit), NO_PROBLEMS)


def _edit_page(request: Request, session: Session, draft: OwnDraft, typed: Typed, problems: Problems) -> Response:
    stale = problems.status == Stale.status and version_from(typed) != draft.row.row_version
    more: dict[str, Any] = {"row_version": str(draft.row.row_version)} if stale else {}
    return page(
        request,
        "money/ledger_entry.html",
        editable=draft.editable,
        entry=draft.row,
        action=f"/money/ledger/{draft.row.id}/edit",
        parts=[],
        stale=typed_entry(draft.row, typed["amount_unit"] if typed["amount_unit"] in UNITS else "元")
        if stale
        else None,
        typed=Typed({**typed.fields, **{name: (value,) for name, value in more.items()}}),
        problems=problems,
        words=spelled(typed, []),
        **offered(session, draft.editable.project.plan_id),
    )


@router.post("/money/ledger/{id_}/edit")
def post_edit(request: Request, id_: RecordId, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    draft = own_draft(session, reader, id_)
    with shown_again(request, lambda problems: _edit_page(request, session, draft, typed, problems)):
        change_draft(session, draft.row, entry_from(typed), expected_version=version_from(typed), by=reader.actor)
        if typed["act"] == "submit":
            submit_entries(session, [draft.row], by=reader.actor)
    return leads_to(session, typed.key, reader, f"/money/ledger/{id_}")


@router.post("/money/ledger/{id_}/discard")
def post_discard(id_: RecordId, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    draft = own_draft(session, reader, id_)
    discard_draft(session, draft.row, expected_version=version_from(typed), by=reader.actor)
    return leads_to(session, typed.key, reader, f"/projects/{draft.editable.project.code}/ledger")


# ---- the amount in words


@router.get("/money/capital-numerals")
def get_capital_numerals(request: Request, reader: SignedIn, choices: Chosen) -> Response:
    """The amount that is being typed, in words; what is wrong with it where it is no amount."""
    typed = Typed({name: (value,) for name, value in request.query_params.items()})
    wrong: list[Broken] = []
    words = spelled(typed, wrong)
    told = problems_of(SeveralBroken(wrong), choices.language) if wrong else NO_PROBLEMS
    return page(request, "projects/_words.html", words=words, told=told)
