"""导入台账: what was read of a file, how its columns are matched; then it is taken in or given up, by who sent it."""

import json
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from budgets.entries import KINDS, STAGES
from budgets.importing.applying import NotStaged, StillBlocked, abandon_import
from budgets.importing.findings import column_letters, notes_from, problems_from
from budgets.importing.names import LABELS
from budgets.importing.report import findings_of, first_rows, named_sums
from budgets.importing.scope import recordable
from budgets.importing.staging import chosen_for
from budgets.importing.tables import ABANDONED, APPLIED, IMPORT_STATES, READING, STAGED, LedgerImport
from budgets.sources import source_tree
from core.errors import NotThere
from core.files import StoredFile
from core.jobs import Job
from core.money import UNITS
from portfolio.access import Reader
from portfolio.plans import Plan
from web.choices import find_choices
from web.deps import Chosen, Reading, RecordId, SignedIn, Writing, answered, leads_to
from web.forms import NO_PROBLEMS, Problems, Typed, TypedForm, shown_again
from web.import_forms import COLUMN, matching_from
from web.import_jobs import APPLY_IMPORT, READ_IMPORT, start_job
from web.ledger_forms import source_words_by_name
from web.pages import page

router = APIRouter()


@router.get("/money/import/{id_}")
def get_import(request: Request, id_: RecordId, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    return _preview(request, session, _own(session, reader, id_), NO_PROBLEMS)


def _own(session: Session, reader: Reader, id_: int, *, lock: bool = False) -> LedgerImport:
    """Errors: NotThere unless the reader sent the file."""
    row = session.get(LedgerImport, id_, with_for_update=lock)
    if row is None or not reader.actor.did(row.created_by_id, row.created_by):
        raise NotThere
    return row


def _preview(
    request: Request,
    session: Session,
    row: LedgerImport,
    problems: Problems,
    typed: Typed | None = None,
) -> Response:
    assert row.id is not None
    found = findings_of(row)
    language = find_choices(request).language
    return page(
        request,
        "money/import_preview.html",
        row=row,
        plan=session.get_one(Plan, row.plan_id),
        job=None if row.job_id is None else session.get(Job, row.job_id),
        states=IMPORT_STATES,
        reading=row.state == READING,
        staged=row.state == STAGED,
        applied=row.state == APPLIED,
        abandoned=row.state == ABANDONED,
        found=found,
        told=problems_from(found, language),
        notes=notes_from(found, language),
        sums=named_sums(session, found.get("sums", [])),
        rows=first_rows(session, row.id) if row.state == STAGED else [],
        stages=STAGES,
        kinds=KINDS,
        source_names=source_words_by_name(source_tree(session), language),
        labels=LABELS,
        units=UNITS,
        matching=_matching(row, found),
        typed=typed or _typed_of(row, found),
        problems=problems,
        column_field=COLUMN,
    )


def _matching(row: LedgerImport, found: dict[str, Any]) -> list[dict[str, Any]]:
    """The columns of the table: letter, name, what they hold, what stands in the first lines."""
    layout = found.get("layout")
    if row.state != STAGED or layout is None:
        return []
    sample: list[list[str]] = found.get("sample", [])
    width = max([len(layout["headers"]), *(len(cells) for cells in sample)])
    columns = []
    for place in range(width):
        letters = column_letters(place)
        header = layout["headers"][place] if place < len(layout["headers"]) else ""
        values = [cells[place] for cells in sample if place < len(cells) and cells[place]]
        if header or values:
            columns.append({"letters": letters, "header": header, "values": values})
    return columns


def _typed_of(row: LedgerImport, found: dict[str, Any]) -> Typed:
    """The form of the matching as it was used."""
    chosen = chosen_for(row)
    layout = found.get("layout", {})
    line = str(chosen.header_line or layout.get("header_line") or "")
    sheet = row.sheet or found.get("sheet") or ""
    values = {f"{COLUMN}{letters}": name for letters, name in layout.get("columns", {}).items()}
    values |= {"unit": chosen.unit or "", "stage": chosen.stage or "", "header_line": line, "sheet": sheet}
    return Typed({name: (value,) for name, value in values.items()})


# ---- what may be done with it


@router.post("/money/import/{id_}/columns")
def post_columns(
    request: Request, id_: RecordId, reader: SignedIn, choices: Chosen, typed: TypedForm, session: Writing
) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    row = _open_import(session, reader, id_)
    with shown_again(request, lambda problems: _preview(request, session, row, problems, typed)):
        row.settings = json.dumps(asdict(matching_from(typed)), ensure_ascii=False)
        row.sheet = typed["sheet"].strip()[:100] or None
        row.state = READING
        job = start_job(session, row, READ_IMPORT, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/jobs/{job.id}")


@router.post("/money/import/{id_}/apply")
def post_apply(id_: RecordId, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    row = _open_import(session, reader, id_)
    if row.state != STAGED:
        raise NotStaged(state=IMPORT_STATES[row.state])
    if row.blocking_count:
        raise StillBlocked(count=f"{row.blocking_count:,}")
    job = start_job(session, row, APPLY_IMPORT, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/jobs/{job.id}")


@router.post("/money/import/{id_}/abandon")
def post_abandon(id_: RecordId, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    _own(session, reader, id_, lock=True)
    abandon_import(session, id_, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/money/import/{id_}")


def _open_import(session: Session, reader: Reader, id_: int) -> LedgerImport:
    """An import that is still to be decided on, whose file is kept.

    Errors: NotThere, NotStaged.
    """
    row = _own(session, reader, id_, lock=True)
    if row.state in (APPLIED, ABANDONED):
        raise NotStaged(state=IMPORT_STATES[row.state])
    session.get_one(StoredFile, row.file_id)
    recordable(session, reader, row.plan_id)
    return row
