"""Works by the API: what was reported, one entry, and the roll-up. Writing: api_work_writing.py."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlmodel import Session

from core.calendar import current_quarter
from core.errors import N_, Missing, NotThere
from milestones.work_list import Cursor, WorkFilter, every_work, find_listed, work_page
from milestones.work_reports import find_work
from portfolio.access import Reader
from portfolio.facts import AS_CORRECTED, AS_ISSUED, must_be_edition
from portfolio.plans import Plan
from reports.exports import plan_for
from reports.ledger_rows import json_list
from reports.rollup import DIMENSIONS, Scope
from reports.work_rows import group_rows, work_row
from reports.works import works_rollup
from web.api_answers import (
    ANSWERS,
    CACHED,
    ROWS,
    AsOf,
    Edition,
    Level,
    PlanCode,
    json_answer,
    level_asked,
    names_asked,
    quarter_asked,
)
from web.api_examples import WORK_ENTRY
from web.api_fact_shapes import WorkRow, WorkSingle
from web.api_paging import CursorText, Limit, dated_place, dated_text, limit_asked, paged_answer
from web.api_words import example
from web.api_writing import record_etag
from web.deps import AppDatabase, Reading, RecordId, SignedIn

router = APIRouter(prefix="/api/v1", tags=["works"])
By = Annotated[str, Query(description=f"Keys, separated by commas: {', '.join(DIMENSIONS)}.")]


@router.get(
    "/works",
    operation_id="listWorks",
    response_model=list[WorkRow],
    responses=ANSWERS,
    summary="The works of a plan: reported, verified, alive, lost",
)
def get_works(
    request: Request,
    reader: SignedIn,
    session: Reading,
    database: AppDatabase,
    plan: PlanCode = "",
    as_of: AsOf = "",
    edition: Edition = AS_CORRECTED,
    limit: Limit = "",
    cursor: CursorText = "",
) -> Response:
    """Every entry of a plan that happened by the end of the quarter, in any state, oldest first. Quantities are exact texts.

    As issued: the accepted ones that had been posted by then.
    """
    must_be_edition(edition)
    size, place = limit_asked(limit, cursor), dated_place(cursor)
    until = quarter_asked(as_of) if as_of.strip() else None
    if not plan:
        raise Missing(field="plan", label=N_("规划"))
    found = plan_for(session, reader, plan)
    assert found.id is not None
    issued = edition == AS_ISSUED
    chosen = WorkFilter(
        until or current_quarter(),
        plan_id=found.id,
        until_quarter=None if issued else until,
        posted_until=until if issued else None,
    )
    plans = {found.id: found.code}
    if size is not None:
        after = None if place is None else Cursor(*place)
        page = work_page(session, reader, chosen, descending=False, after=after, size=size)
        following = page.following
        rows = [work_row(row, plans) for row in page.rows]
        return paged_answer(
            request, rows, None if following is None else dated_text(following.occurred_on, following.id)
        )

    def body() -> Iterator[str]:
        with database.reading() as fresh:
            yield from json_list(work_row(row, plans) for row in every_work(fresh, reader, chosen, descending=False))

    return StreamingResponse(body(), media_type="application/json", headers={"Cache-Control": CACHED})


@router.get(
    "/works/totals",
    operation_id="rollUpWorks",
    response_model=ROWS,
    responses=ANSWERS,
    summary="Works, added up by measure",
)
def get_work_totals(
    request: Request,
    reader: SignedIn,
    session: Reading,
    plan: PlanCode = "",
    by: By = "plan",
    level: Level = "1",
    as_of: AsOf = "",
    edition: Edition = AS_CORRECTED,
) -> Response:
    """Rows of keys and measure: planned, claimed, verified, surviving, lost as exact pairs [numerator, denominator] of `unit`.

    Null is what nobody said; a reported 0 is [0, 1].
    """
    quarter, depth, names = quarter_asked(as_of), level_asked(level), names_asked(by)
    plan_ids = frozenset({plan_for(session, reader, plan).id or 0}) if plan else None
    groups = works_rollup(session, reader, Scope(quarter, plan_ids, edition), names, level=depth)
    return json_answer(request, group_rows(groups, names))


@router.get(
    "/works/{id_}",
    operation_id="getWorkEntry",
    response_model=WorkSingle,
    responses=ANSWERS | example(WORK_ENTRY),
    summary="One entry of works",
)
def get_work_entry(request: Request, id_: RecordId, reader: SignedIn, session: Reading) -> Response:
    """The row of the list, its outline and its version; the ETag is what If-Match asks for when a draft is changed."""
    row = work_single(session, reader, id_)
    return json_answer(request, row, record_etag(row["row_version"], row))


def work_single(session: Session, reader: Reader, id_: int) -> dict[str, Any]:
    """One entry with its outline and version.

    Errors: NotThere.
    """
    row = find_listed(session, reader, id_)
    if row is None:
        raise NotThere
    plans = {row.plan_id: session.get_one(Plan, row.plan_id).code}
    return work_row(row, plans) | {"geometry": find_work(session, id_).geometry, "row_version": row.row_version}
