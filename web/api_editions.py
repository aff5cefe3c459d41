"""Editions as JSON: the list, and the canonical data of one, byte for byte as it was issued."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from reports.edition_reading import DATA, edition_bytes, edition_numbered, editions
from reports.exports import plan_for
from web.api_answers import ANSWERS, ROWS, PlanCode, json_answer
from web.deps import Reading, SignedIn

router = APIRouter()

Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="The number of the edition.")]
_GONE: dict[int | str, dict[str, Any]] = {410: ANSWERS[404], 500: ANSWERS[404]}


@router.get("/editions", response_model=ROWS, responses=ANSWERS, summary="Issued reports, newest first")
def get_editions(reader: SignedIn, session: Reading, plan: PlanCode = "") -> Response:
    """Number, plan, period, when and by whom it was issued, and the SHA-256 of its files."""
    plan_ids = frozenset({plan_for(session, reader, plan).id or 0}) if plan else None
    return json_answer([listed.as_row for listed in editions(session, reader, plan_ids)])


@router.get(
    "/editions/{number}.json",
    response_model=dict[str, Any],
    responses=ANSWERS | _GONE,
    summary="The data of an edition",
)
def get_edition_data(number: Number, reader: SignedIn, session: Reading) -> Response:
    """The canonical JSON of the edition, byte for byte as it was issued; its SHA-256 is `data_sha256` of the list."""
    listed = edition_numbered(session, reader, number)
    content = edition_bytes(session, listed.edition, DATA)
    headers = {"Cache-Control": "private, no-store", "ETag": f'"{listed.edition.data_sha256}"'}
    return Response(content, media_type="application/json", headers=headers)


@router.get("/editions/{number}", response_model=dict[str, Any], responses=ANSWERS, summary="One edition")
def get_edition(number: Number, reader: SignedIn, session: Reading) -> Response:
    """The row of the list."""
    return json_answer(edition_numbered(session, reader, number).as_row)
