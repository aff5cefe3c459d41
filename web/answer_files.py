"""A document that came with a form that is no evidence of a fact: of a correction, of the answer to an order."""

from typing import Any

from fastapi.responses import FileResponse
from sqlmodel import Session

from core.audit import Actor
from core.errors import NotThere
from core.files import StoredFile, path_of, store_file
from core.settings import settings
from milestones.evidence_types import DOCUMENT, TYPES, check_size, checked_type
from web.downloads import saved_as
from web.sent_files import SentFiles

_TYPES = {one.media_type for one in TYPES}
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, max-age=600",
}


def stored_document(session: Session, sent: SentFiles, field: str, *, by: Actor) -> int | None:
    """The id of the document that came in a field, checked by its content and kept; None where none came.

    Errors: those of check_size and checked_type.
    """
    for one in sent.of(field):
        check_size(one.name, one.size, DOCUMENT, outer=settings().max_upload_bytes, field=field)
        content = one.content()
        found = checked_type(one.name, content, DOCUMENT, field=field)
        return store_file(session, content, one.name, found.media_type, by=by).id
    return None


def document_answer(session: Session, file_id: int | None, plain: str) -> Any:
    """The document as a download; `plain` is its name in plain letters.

    Errors: NotThere where there is none; FileGone.
    """
    file = None if file_id is None else session.get(StoredFile, file_id)
    if file is None:
        raise NotThere
    type_ = file.media_type if file.media_type in _TYPES else "application/octet-stream"
    return FileResponse(path_of(file), media_type=type_, headers=saved_as(file.name, plain) | _HEADERS)
