"""填报表: the workbook of a return to be saved, and a filled one sent in: looked at cell by cell, then applied or given up."""

from dataclasses import dataclass
from io import BytesIO

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, StreamingResponse
from sqlmodel import Session, col, select

from budgets.importing.applying import NotStaged, StillBlocked
from budgets.importing.findings import notes_from
from core.errors import N_, Broken, NotThere
from core.files import StoredFile, path_of, store_file
from core.jobs import Job
from core.language import translate
from core.money import UNITS
from core.settings import settings
from portfolio.access import Reader
from reports.pack_contents import return_file_name
from reports.return_board import STEPS
from reports.return_fields import CellKey
from reports.return_rules import FILL
from reports.return_scope import ReturnScope, label_of, scope_of
from reports.return_uploads import (
    ConflictsLeft,
    StagedChange,
    abandon_upload,
    changes_of,
    found_in,
    new_upload,
    problems_of,
    read_again,
    uploads_of,
)
from reports.return_values import text_to_read
from reports.return_workbooks import make_workbook
from reports.returns import ABANDONED, APPLIED, READING, STAGED, UPLOAD_STATES, ReturnUpload
from web.choices import Choices, find_choices
from web.deps import AppDatabase, Chosen, Reading, RecordId, SignedIn, Writing, answered, leads_to
from web.downloads import WORKBOOK_TYPE, pieces, saved_as
from web.exporting import told_export
from web.forms import NO_PROBLEMS, NOTHING_TYPED, Problems, Typed, TypedForm, shown_again
from web.import_forms import Uploaded, file_from
from web.pages import page
from web.return_gate import OpenedReturn, must_be_its_department, opened_return
from web.return_upload_jobs import APPLY_RETURN, READ_RETURN, start_job

router = APIRouter()

SHOWN, SHOWN_CONFLICTS = 500, 400  # changes of a file that its page lists; the form of conflicts has a limit of its own
_ANY_TYPE = "application/octet-stream"


class JumpsNotSeen(Broken):
    sentence = N_("有的工程量比计划大得多，请核对后勾选“这些数字没有错”。")


@dataclass(frozen=True)
class ChangeShown:
    """A change as the page shows it; `number` is its place among the changes of the file."""

    number: int
    change: StagedChange
    project: str
    label: str
    which: str
    base: str
    theirs: str
    ours: str


# ---- the workbook, and sending it in


@router.get("/returns/{id_}/workbook")
def get_workbook_page(request: Request, id_: RecordId, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    return _form_page(request, session, opened_return(session, reader, id_), NOTHING_TYPED, NO_PROBLEMS)


def _form_page(request: Request, session: Session, ret: OpenedReturn, typed: Typed, problems: Problems) -> Response:
    uploads = uploads_of(session, ret.id)
    return page(
        request,
        "returns/upload.html",
        ret=ret,
        typed=typed,
        problems=problems,
        units=UNITS,
        uploads=uploads,
        files=_files_of(session, uploads),
        states=UPLOAD_STATES,
        most_megabytes=settings().max_upload_bytes // 1_000_000,
        return_states=STEPS,
    )


def _files_of(session: Session, uploads: list[ReturnUpload]) -> dict[int, str]:
    """What the files of the uploads are called, by their ids."""
    query = select(StoredFile.id, StoredFile.name).where(col(StoredFile.id).in_({one.file_id for one in uploads}))
    return {id_ or 0: name for id_, name in session.exec(query)}


@router.post("/returns/{id_}/workbook.xlsx")
def post_make_workbook(
    id_: RecordId, reader: SignedIn, choices: Chosen, typed: TypedForm, session: Writing
) -> Response:
    ret = opened_return(session, reader, id_)
    if not (ret.may_fill or reader.may("accept_works", ret.plan.id)):
        raise NotThere
    unit = typed["unit"] if typed["unit"] in UNITS else choices.unit
    made = BytesIO()
    make_workbook(session, ret.row, made, unit=unit, language=choices.language, by=reader.actor)
    name = return_file_name(ret.department.name, ret.period.name, choices.language)
    headers = saved_as(name, f"return-{ret.period.name}.xlsx") | {"Content-Length": str(made.tell())}
    made.seek(0)
    return StreamingResponse(pieces(made), media_type=WORKBOOK_TYPE, headers=headers)


@router.post("/returns/{id_}/workbook")
def post_workbook(
    request: Request, id_: RecordId, reader: SignedIn, typed: TypedForm, upload: Uploaded, session: Writing
) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    ret = _fillable(session, reader, id_)
    with shown_again(request, lambda problems: _form_page(request, session, ret, typed, problems)):
        file = file_from(upload)
        stored = store_file(session, file.content, file.name, _ANY_TYPE, by=reader.actor)
        row = new_upload(session, ret.row, stored, by=reader.actor)
        job = start_job(session, row, READ_RETURN, language=find_choices(request).language, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/jobs/{job.id}")


def _fillable(session: Session, reader: Reader, id_: int) -> OpenedReturn:
    """Errors: NotThere for who may not fill it in."""
    ret = opened_return(session, reader, id_)
    must_be_its_department(reader, ret.row, FILL)
    return ret


# ---- looking at one


@router.get("/returns/{id_}/workbook/{upload_id}")
def get_upload(
    request: Request, id_: RecordId, upload_id: RecordId, reader: SignedIn, session: Reading, choices: Chosen
) -> Response:
    ret = opened_return(session, reader, id_)
    return _preview(request, session, ret, _upload(session, ret, upload_id), NO_PROBLEMS, NOTHING_TYPED)


def _upload(session: Session, ret: OpenedReturn, upload_id: int, *, lock: bool = False) -> ReturnUpload:
    """Errors: NotThere unless the file was sent for this return."""
    row = session.get(ReturnUpload, upload_id, with_for_update=lock)
    if row is None or row.return_id != ret.id:
        raise NotThere
    return row


def _preview(
    request: Request, session: Session, ret: OpenedReturn, row: ReturnUpload, problems: Problems, typed: Typed
) -> Response:
    choices = find_choices(request)
    changes = changes_of(row)
    scope = scope_of(session, ret.row)
    shown = [_shown(scope, number, one, choices) for number, one in enumerate(changes)]
    told, found = problems_of(row, choices.language), found_in(row)
    return page(
        request,
        "returns/upload_preview.html",
        ret=ret,
        row=row,
        file=session.get_one(StoredFile, row.file_id),
        job=None if row.job_id is None else session.get(Job, row.job_id),
        states=UPLOAD_STATES,
        reading=row.state == READING,
        staged=row.state == STAGED,
        applied=row.state == APPLIED,
        abandoned=row.state == ABANDONED,
        told=told,
        told_count=row.blocking_count + int(found.get("warnings", 0)),
        jumps=any(one["severity"] != "blocking" for one in told),
        notes=notes_from(found, choices.language),
        count=len(changes),
        conflicts=[one for one in shown if one.change.is_conflict][:SHOWN_CONFLICTS],
        conflict_count=sum(one.is_conflict for one in changes),
        changes=[one for one in shown if not one.change.is_conflict][:SHOWN],
        problems=problems,
        typed=typed,
        return_states=STEPS,
    )


def _shown(scope: ReturnScope, number: int, one: StagedChange, choices: Choices) -> ChangeShown:
    project = scope.projects.get(one.key.project_id)
    label, which = label_of(scope, one.key)

    def said(value: str | None) -> str:
        return text_to_read(one.key, value, choices.unit, choices.language)

    name = "" if project is None else project.name
    return ChangeShown(
        number, one, name, translate(label, choices.language), which, said(one.base), said(one.theirs), said(one.ours)
    )


@router.get("/returns/{id_}/workbook/{upload_id}/marked")
def get_marked(
    id_: RecordId, upload_id: RecordId, reader: SignedIn, session: Reading, database: AppDatabase
) -> Response:
    row = _upload(session, opened_return(session, reader, id_), upload_id)
    file = None if row.marked_file_id is None else session.get(StoredFile, row.marked_file_id)
    if file is None:
        raise NotThere
    answer = FileResponse(
        path_of(file),
        media_type=WORKBOOK_TYPE,
        filename=file.name,
        content_disposition_type="attachment",
        headers={"Cache-Control": "private, no-store"},
    )
    if reader.actor.did(row.uploaded_by_id, row.uploaded_by):
        return answer
    return told_export(answer, database, reader, "department_return", id_, file=file.name)  # somebody else's work


# ---- what may be done with it


@router.post("/returns/{id_}/workbook/{upload_id}/apply")
def post_apply(
    request: Request, id_: RecordId, upload_id: RecordId, reader: SignedIn, typed: TypedForm, session: Writing
) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    ret = _fillable(session, reader, id_)
    row = _upload(session, ret, upload_id, lock=True)
    if row.state != STAGED:
        raise NotStaged(state=UPLOAD_STATES[row.state])
    if row.blocking_count:
        raise StillBlocked(count=f"{row.blocking_count:,}")
    with shown_again(request, lambda problems: _preview(request, session, ret, row, problems, typed)):
        take, keep = _decisions(row, typed)
        seen = bool(typed["as_typed"])
        if found_in(row).get("warnings") and not seen:
            raise JumpsNotSeen(field="as_typed")
        job = start_job(session, row, APPLY_RETURN, take=take, keep=keep, as_typed=seen, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/jobs/{job.id}")


def _decisions(row: ReturnUpload, typed: Typed) -> tuple[list[str], list[str]]:
    """The cells of conflicts in which the file holds, and those that stay.

    Errors: ConflictsLeft.
    """
    chosen: dict[str, list[CellKey]] = {"file": [], "web": [], "": []}
    for number, one in enumerate(changes_of(row)):
        if one.is_conflict:
            said = typed[f"choice-{number}"] or typed["all"]
            chosen[said if said in chosen else ""].append(one.key)
    if chosen[""]:
        raise ConflictsLeft(count=len(chosen[""]))
    return [key.name for key in chosen["file"]], [key.name for key in chosen["web"]]


@router.post("/returns/{id_}/workbook/{upload_id}/again")
def post_again(
    request: Request, id_: RecordId, upload_id: RecordId, reader: SignedIn, typed: TypedForm, session: Writing
) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    _upload(session, _fillable(session, reader, id_), upload_id)
    row = read_again(session, upload_id)
    job = start_job(session, row, READ_RETURN, language=find_choices(request).language, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/jobs/{job.id}")


@router.post("/returns/{id_}/workbook/{upload_id}/abandon")
def post_abandon(id_: RecordId, upload_id: RecordId, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    _upload(session, _fillable(session, reader, id_), upload_id)
    abandon_upload(session, upload_id, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/returns/{id_}/workbook/{upload_id}")
