"""Notes on a return, a project of it or a single cell: comments, and what is to be mended."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from core import audit
from core.audit import Actor
from core.calendar import now
from core.errors import N_, Broken, NotThere
from core.text import needed_text
from reports.return_fields import FIELDS, CellKey, NoSuchCell, field_of
from reports.return_rules import NotInReturn
from reports.return_scope import ReturnScope, scope_of
from reports.returns import DepartmentReturn, ReturnNote

SUBJECT = "department_return"


class AlreadySettled(Broken):
    status = 409
    sentence = N_("这条意见已由 %(who)s 标为已处理。")


@dataclass(frozen=True)
class NewNote:
    """A note on a cell, a field of a project (no key), a project (no field), or the whole return (no project)."""

    text: str
    project_id: int | None = None
    field: str | None = None
    key: str = ""


def notes_of(session: Session, return_id: int) -> Sequence[ReturnNote]:
    """The notes of a return, oldest first."""
    return session.exec(select(ReturnNote).where(ReturnNote.return_id == return_id).order_by(col(ReturnNote.id))).all()


def add_note(session: Session, return_: DepartmentReturn, new: NewNote, *, by: Actor) -> ReturnNote:
    """Adds a comment, in whatever state the return is.

    Errors: Missing, TooLong; NotInReturn, NoSuchCell.
    """
    (row,) = put_notes(session, return_, [new], sends_back=False, by=by)
    return row


def put_notes(
    session: Session, return_: DepartmentReturn, notes: Sequence[NewNote], *, sends_back: bool, by: Actor
) -> list[ReturnNote]:
    """Adds several notes; those that send back say what is to be mended.

    Errors: Missing, TooLong; NotInReturn, NoSuchCell.
    """
    if not notes:
        return []
    assert return_.id is not None
    scope = scope_of(session, return_)
    rows = []
    for new in notes:
        _must_have_place(scope, new)
        text = needed_text(new.text, field="text", label=N_("意见"), limit=1000)
        row = ReturnNote(
            return_id=return_.id,
            project_id=new.project_id,
            field=new.field,
            key=new.key,
            text=text,
            sends_back=sends_back,
            round=return_.round,
            written_by_id=by.id,
            written_by=by.name,
        )
        session.add(row)
        rows.append(row)
    session.flush()
    for row in rows:
        facts: dict[str, Any] = {"note": row.id, "project_id": row.project_id, "field": row.field, "key": row.key}
        audit.record(session, "note", SUBJECT, return_.id, after=facts | {"text": row.text}, by=by)
    return rows


def settle_note(session: Session, note: ReturnNote, *, by: Actor) -> None:
    """Marks a note as dealt with.

    Errors: AlreadySettled.
    """
    session.refresh(note, with_for_update=True)
    if note.settled_at is not None:
        raise AlreadySettled(who=note.settled_by)
    note.settled_at, note.settled_by = now(), by.name
    session.add(note)
    session.flush()
    audit.record(session, "settle-note", SUBJECT, note.return_id, after={"note": note.id}, by=by)


def find_note(session: Session, return_: DepartmentReturn, id_: int) -> ReturnNote:
    """Errors: NotThere."""
    row = session.get(ReturnNote, id_) if 0 < id_ < 2**31 else None
    if row is None or row.return_id != return_.id:
        raise NotThere
    return row


def _must_have_place(scope: ReturnScope, new: NewNote) -> None:
    if new.project_id is None:
        if new.field is not None or new.key:
            raise NoSuchCell(field="note", found=f"{new.field}:{new.key}"[:80])
        return
    if new.project_id not in scope.projects:
        raise NotInReturn(field="note", found=str(new.project_id))
    if new.field is None:
        if new.key:
            raise NoSuchCell(field="note", found=new.key[:80])
    elif new.key:
        field_of(CellKey(new.project_id, new.field, new.key))
    elif new.field not in FIELDS:
        raise NoSuchCell(field="note", found=new.field[:80])
