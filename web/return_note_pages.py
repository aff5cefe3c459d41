"""批注: what is said of a field of a return, by its department, its head and the office; and that it was dealt with."""

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.errors import NotThere
from portfolio.access import Reader
from reports.return_fields import CellKey, key_from_name
from reports.return_notes import NewNote, add_note, find_note, settle_note
from web.choices import find_choices
from web.deps import RecordId, SignedIn, Writing, answered, leads_to
from web.forms import Typed, TypedForm, id_from_text
from web.return_gate import OpenedReturn, opened_return
from web.return_words import address_of_key

router = APIRouter()


def note_typed(session: Session, ret: OpenedReturn, typed: Typed, reader: Reader) -> tuple[str, CellKey | None] | None:
    """Adds the note, or settles the one, that the pressed button names: what was done and to which cell; None without one.

    Errors: NotThere, NoSuchCell, NotInReturn, Missing, TooLong, AlreadySettled.
    """
    if name := typed["note"]:
        key = key_from_name(name)
        add_note(session, ret.row, NewNote(typed[f"note_{name}"], *key), by=reader.actor)
        return "noted", key
    if typed["settle"]:
        note = find_note(session, ret.row, id_from_text(typed["settle"]) or 0)
        settle_note(session, note, by=reader.actor)
        if note.project_id is None or note.field is None:
            return "settled", None
        return "settled", CellKey(note.project_id, note.field, note.key)
    return None


@router.post("/returns/{id_}/notes")
def post_note(request: Request, id_: RecordId, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    """The same for a return that may not be written into now; a note needs no open return."""
    if done := answered(session, typed.key, reader):
        return done
    ret = opened_return(session, reader, id_)
    if not ret.may_note:
        raise NotThere
    found = note_typed(session, ret, typed, reader)
    if found is None:
        raise NotThere
    done_, key = found
    address = ret.address if key is None else address_of_key(session, ret, key, find_choices(request), done=done_)
    return leads_to(session, typed.key, reader, address)
