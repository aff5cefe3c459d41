"""发布版: one edition, readable on the page, and its files, byte for byte as they were issued."""

from collections.abc import Mapping
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from reports.edition_changes import changes_since_before
from reports.edition_contents import contents_of
from reports.edition_reading import (
    KINDS,
    MEDIA_TYPES,
    edition_after,
    edition_before,
    edition_bytes,
    edition_data,
    edition_numbered,
    file_name,
)
from reports.editions import Edition
from reports.findings import words_in
from web.choices import Choices
from web.deps import Chosen, Reading, RecordId, SignedIn
from web.downloads import saved_as
from web.edition_changes_shown import KINDS as CHANGE_KINDS
from web.edition_changes_shown import ShownTable, changes_shown
from web.edition_fields import FIELD_LABELS
from web.pages import page

router = APIRouter()


@router.get("/editions/{number}")
def get_edition(request: Request, number: RecordId, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    listed = edition_numbered(session, reader, number)
    data = edition_data(session, listed.edition)
    before = edition_before(session, listed.edition)
    return page(
        request,
        "editions/edition.html",
        listed=listed,
        contents=contents_of(data, choices.unit, words_in(choices.language)),
        kinds=KINDS,
        before=before,
        after=edition_after(session, listed.edition),
        changes=[] if before is None else _changes(session, before, data, choices),
        change_kinds=CHANGE_KINDS,
    )


def _changes(session: Session, before: Edition, data: Mapping[str, Any], choices: Choices) -> list[ShownTable]:
    found = changes_since_before(session, before, data)
    return changes_shown(found, FIELD_LABELS, choices.language, choices.unit)


@router.get("/editions/{number}/file.{kind}")
def get_edition_file(
    number: RecordId,
    kind: Literal["xlsx", "docx", "en.docx", "json"],
    reader: SignedIn,
    session: Reading,
    choices: Chosen,
) -> Response:
    listed = edition_numbered(session, reader, number)
    content = edition_bytes(session, listed.edition, kind)
    name = file_name(listed, kind, words_in(choices.language))
    plain = f"{listed.plan.code}-{listed.period.name}-{number}.{kind}"
    return Response(content, media_type=MEDIA_TYPES[kind], headers=saved_as(name, plain))
