"""Editions as JSON: the list, and the canonical data of one, byte for byte as it was issued."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from reports.edition_reading import DATA, edition_bytes, edition_numbered, editions
from reports.exports import plan_for
from web.api_answers import ANSWERS, PlanCode, bytes_answer, json_answer, problems
from web.api_shapes import EditionRow
from web.deps import Reading, SignedIn

router = APIRouter(prefix="/api/v1", tags=["reports"])

Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="The number of the edition.")]
_GONE = problems(410, 500)


@router.get(
    "/editions",
    operation_id="listEditions",
    response_model=list[EditionRow],
    responses=ANSWERS,
    summary="Issued reports, newest first",
)
def get_editions(request: Request, reader: SignedIn, session: Reading, plan: PlanCode = "") -> Response:
    """Number, plan, period, when and by whom it was issued, and the SHA-256 of its files."""
    plan_ids = frozenset({plan_for(session, reader, plan).id or 0}) if plan else None
    return json_answer(request, [listed.as_row for listed in editions(session, reader, plan_ids)])


@router.get(
    "/editions/{number}.json",
    operation_id="getEditionData",
    response_model=dict[str, Any],
    responses=ANSWERS | _GONE,
    summary="The data of an edition",
)
def get_edition_data(request: Request, number: Number, reader: SignedIn, session: Reading) -> Response:
    """The canonical JSON of the edition, byte for byte as it was issued; its SHA-256 is `data_sha256` of the list."""
    listed = edition_numbered(session, reader, number)
    content = edition_bytes(session, listed.edition, DATA)
    return bytes_answer(request, content, f'"{listed.edition.data_sha256}"')


@router.get(
    "/editions/{number}",
    operation_id="getEdition",
    response_model=EditionRow,
    responses=ANSWERS,
    summary="One edition",
)
def get_edition(request: Request, number: Number, reader: SignedIn, session: Reading) -> Response:
    """The row of the list."""
    return json_answer(request, edition_numbered(session, reader, number).as_row)
