"""The ledger by the API: the list of a plan, one entry, and writing entries."""

from collections.abc import Collection, Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse
from sqlmodel import Session

from budgets.entries import STAGES, LedgerEntry, NewEntry
from budgets.ledger import change_draft, discard_draft, find_entry, record_entry, source_names, submit_entries
from budgets.ledger_list import Cursor, LedgerFilter, find_row, ledger_page
from budgets.ledger_sums import sums_of
from budgets.locking import lock_projects
from budgets.sources import SourceNode, source_by_name, source_tree
from core.calendar import current_quarter, quarter_name
from core.errors import N_, Missing, NotThere
from portfolio.access import Reader
from portfolio.facts import AS_CORRECTED, AS_ISSUED, must_be_edition
from portfolio.periods import keep_quarters
from portfolio.plans import Plan
from portfolio.projects import Project
from reports.audit_scopes import LEDGER_FILE
from reports.exports import plan_for
from reports.ledger_rows import json_list, ledger_row, ledger_rows
from web.api_answers import ANSWERS, CACHED, CHANGES, REFUSALS, AsOf, Edition, PlanCode, json_answer, quarter_asked
from web.api_body import Sent, SentJson
from web.api_examples import LEDGER_CHANGE, LEDGER_CREATED, LEDGER_ENTRY, LEDGER_NEW
from web.api_fact_shapes import LedgerChange, LedgerRow, LedgerSingle, NewLedgerEntries, Recorded
from web.api_fields import EntriesBroken, Fields, entries_of, in_place, object_of, placed
from web.api_paging import CursorText, Limit, dated_place, dated_text, limit_asked, paged_answer
from web.api_words import at_a_version, changing, example, writing
from web.api_writing import (
    Done,
    Projects,
    must_be_version,
    once,
    record_each,
    record_etag,
    recorder,
    version_asked,
)
from web.deps import AppDatabase, Reading, RecordId, SignedIn, Writing
from web.exporting import told_export
from web.project_forms import editable_project

router = APIRouter(prefix="/api/v1", tags=["ledger"])
Recorder = Annotated[Reader, Depends(recorder("ledger"))]

FIELDS = ("stage", "amount_fen", "occurred_on", "source", "document", "note", "reduction", "correction_reason")
_NAMES = {"amount": "amount_fen"}  # fields that the rules call otherwise


@router.get(
    "/ledger",
    operation_id="listLedger",
    response_model=list[LedgerRow],
    responses=ANSWERS,
    summary="The ledger of a plan",
)
def get_ledger(
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
    """Every entry of a plan that happened by the end of the quarter, in any state, oldest first; `amount_fen` is in fen.

    As issued: the approved ones that had been posted by then.
    """
    must_be_edition(edition)
    size, place = limit_asked(limit, cursor), dated_place(cursor)
    until = quarter_asked(as_of) if as_of.strip() else None
    if not plan:
        raise Missing(field="plan", label=N_("规划"))
    found = plan_for(session, reader, plan)
    assert found.id is not None
    issued = edition == AS_ISSUED
    chosen = LedgerFilter(
        until or current_quarter(),
        plan_id=found.id,
        until_quarter=None if issued else until,
        posted_until=until if issued else None,
    )
    plans = {found.id: found.code}
    asked = {"as_of": as_of, "edition": edition} if as_of.strip() else {"edition": edition}

    def told(answer: Response, **facts: int) -> Response:
        """The audit trail says who takes a ledger: the whole one, or the first of several pages of it."""
        count = sum(one.entries for one in sums_of(session, reader, chosen).values())
        return told_export(
            answer, database, reader, LEDGER_FILE, found.id, filters=asked, rows=count, format="json", **facts
        )

    if size is not None:
        after = None if place is None else Cursor(*place)
        page = ledger_page(session, reader, chosen, descending=False, after=after, size=size)
        sources, following = source_names(session), page.following
        rows = [ledger_row(row, plans, sources) for row in page.rows]
        answer = paged_answer(
            request, rows, None if following is None else dated_text(following.occurred_on, following.id)
        )
        begins = place is None and following is not None
        return told(answer, page=size) if begins and answer.status_code == 200 else answer

    def body() -> Iterator[str]:
        # A ledger may be long: it is sent as it is read, in a view of its own.
        with database.reading() as fresh:
            yield from json_list(ledger_rows(fresh, reader, chosen, plans))

    return told(StreamingResponse(body(), media_type="application/json", headers={"Cache-Control": CACHED}))


@router.get(
    "/ledger/{id_}",
    operation_id="getLedgerEntry",
    response_model=LedgerSingle,
    responses=ANSWERS | example(LEDGER_ENTRY),
    summary="One entry of the ledger",
)
def get_ledger_entry(request: Request, id_: RecordId, reader: SignedIn, session: Reading) -> Response:
    """The row of the list and its version; the ETag is what If-Match asks for when a draft is changed."""
    row = _single(session, reader, id_)
    return json_answer(request, row, record_etag(row["row_version"], row))


def _single(session: Session, reader: Reader, id_: int) -> dict[str, Any]:
    """Errors: NotThere."""
    row = find_row(session, reader, id_)
    if row is None:
        raise NotThere
    plans = {row.plan_id: session.get_one(Plan, row.plan_id).code}
    return ledger_row(row, plans, source_names(session)) | {"row_version": row.row_version}


@router.post(
    "/ledger",
    operation_id="recordLedgerEntries",
    status_code=201,
    response_model=Recorded,
    responses=REFUSALS | example(LEDGER_CREATED, 201),
    summary="Record entries of the ledger",
    openapi_extra=writing(NewLedgerEntries, LEDGER_NEW),
)
def post_ledger(reader: Recorder, sent: Sent, session: Writing) -> Response:
    """Up to 1,000 new entries, all of them or none: drafts, or handed over for approval (`submit`). Nothing is approved here."""
    return once(session, reader, sent, lambda: _record(session, reader, sent))


def _record(session: Session, reader: Reader, sent: SentJson) -> Done:
    entries, submit = entries_of(sent.value)
    projects, tree = Projects(session, reader), source_tree(session)

    def read(one: Fields) -> tuple[Project, NewEntry] | None:
        one.known(("project", *FIELDS))
        new = _entry(one, tree)
        code = one.text("project", needed=True)
        project = None if code is None else projects.named(code)
        return None if new is None or project is None else (project, new)

    def hold(found: Collection[Project]) -> None:
        if submit:
            keep_quarters(session, {one.plan_id for one in found})
        lock_projects(session, {one.id or 0 for one in found})

    rows = record_each(
        entries, read, hold, lambda of, new: record_entry(session, of, new, submit=submit, by=reader.actor), _NAMES
    )
    told = [_told(row) for row in rows]
    return Done(201, {"entries": told}, told[0]["href"])


def _told(row: LedgerEntry) -> dict[str, Any]:
    """What an answer to a write says of an entry."""
    return {
        "id": row.id,
        "state": row.state,
        "quarter": quarter_name(row.occurred_quarter),
        "row_version": row.row_version,
        "href": f"/api/v1/ledger/{row.id}",
    }


def _entry(one: Fields, tree: list[SourceNode]) -> NewEntry | None:
    """The entry that was sent; None when something is wrong with it, which stands in its problems."""
    stage = one.choice("stage", STAGES)
    amount_fen = one.whole("amount_fen", N_("大于零的整数（单位：分），不带小数；收回、退回或核减另用 reduction 表示"))
    occurred_on = one.day("occurred_on")
    source, source_id = one.text("source"), None
    if source:
        with placed(one.problems, one.pointer, {}):
            source_id = source_by_name(tree, source).id
    texts = {name: one.text(name) for name in ("document", "note", "correction_reason")}
    reduction = one.flag("reduction")
    if one.problems or stage is None or amount_fen is None or occurred_on is None:
        return None
    return NewEntry(stage, amount_fen, occurred_on, source_id, reduction=reduction, **texts)


@router.patch(
    "/ledger/{id_}",
    operation_id="changeLedgerDraft",
    response_model=LedgerSingle,
    responses=CHANGES,
    summary="Change or hand over one's own draft",
    openapi_extra=changing(LedgerChange, LEDGER_CHANGE),
)
def patch_ledger_entry(request: Request, id_: RecordId, reader: Recorder, sent: Sent, session: Writing) -> Response:
    """Fields that are not sent stay; null empties one. `submit` hands the draft over."""
    return once(session, reader, sent, lambda: _change(request, session, reader, id_, sent))


def _change(request: Request, session: Session, reader: Reader, id_: int, sent: SentJson) -> Done:
    shown = _single(session, reader, id_)
    editable_project(session, reader, shown["project"], "record")
    version = version_asked(request)
    changes = object_of(sent.value, "")
    changes.known((*FIELDS, "submit"))
    submit = changes.flag("submit")
    row = find_entry(session, id_)
    if submit:
        keep_quarters(session, {session.get_one(Project, row.project_id).plan_id})
    lock_projects(session, [row.project_id])
    must_be_version(session, row, version)
    before = {name: shown[name] for name in FIELDS if name in shown}
    before |= {"amount_fen": abs(row.amount_fen), "reduction": row.amount_fen < 0}
    one = Fields(before | {name: value for name, value in changes.values.items() if name in FIELDS}, "")
    one.problems = changes.problems
    new = _entry(one, source_tree(session))
    if new is None:
        raise EntriesBroken(one.problems)
    with in_place(_NAMES):
        if changes.values.keys() - {"submit"}:
            change_draft(session, row, new, expected_version=version, by=reader.actor)
        if submit:
            submit_entries(session, [row], by=reader.actor)
    after = _single(session, reader, id_)
    return Done(200, after, etag=record_etag(after["row_version"], after))


@router.delete(
    "/ledger/{id_}",
    operation_id="discardLedgerDraft",
    status_code=204,
    responses=CHANGES,
    summary="Discard one's own draft",
    openapi_extra=at_a_version(),
)
def delete_ledger_entry(request: Request, id_: RecordId, reader: Recorder, session: Writing) -> Response:
    """The draft goes; the audit trail keeps what it said. What was handed over stays."""
    shown = _single(session, reader, id_)
    editable_project(session, reader, shown["project"], "record")
    version, row = version_asked(request), find_entry(session, id_)
    must_be_version(session, row, version)
    discard_draft(session, row, expected_version=version, by=reader.actor)
    return Response(status_code=204)
