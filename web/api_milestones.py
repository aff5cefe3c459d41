"""Milestones by the API: where they stand, what was reported of them, and reporting."""

from collections.abc import Collection
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel import Session

from core.calendar import quarter_name
from core.errors import N_, Missing, NotThere
from milestones.milestone_reports import (
    change_report,
    discard_report,
    find_report,
    report_milestone,
    submit_reports,
)
from milestones.milestones import REPORTS, WITHDRAWN, Milestone, MilestoneReport
from milestones.report_rules import NewMilestoneReport
from milestones.work_reports import standing_of
from portfolio.access import Reader
from portfolio.facts import AS_CORRECTED
from portfolio.projects import Project
from portfolio.reviewing import keep_places
from reports.exports import plan_for
from reports.milestone_rows import milestone_rows, report_rows
from reports.rollup import Scope
from web.api_answers import ANSWERS, CHANGES, REFUSALS, AsOf, Edition, PlanCode, json_answer, quarter_asked
from web.api_body import Sent, SentJson
from web.api_examples import MILESTONE_CHANGE, MILESTONE_CREATED, MILESTONE_NEW, MILESTONE_REPORT, MILESTONE_STATE
from web.api_fact_shapes import MilestoneChange, MilestoneReportRow, MilestoneRow, NewMilestoneReports, Recorded
from web.api_fields import EntriesBroken, Fields, entries_of, in_place, object_of
from web.api_paging import CursorText, Limit, limit_asked, numbered_place, page_of, paged_answer
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
from web.deps import Reading, RecordId, SignedIn, Writing
from web.project_forms import editable_project

router = APIRouter(prefix="/api/v1", tags=["milestones"])
Recorder = Annotated[Reader, Depends(recorder("milestones"))]

FIELDS = ("kind", "met_on", "document", "note", "correction_reason")


@router.get(
    "/milestones",
    operation_id="listMilestones",
    response_model=list[MilestoneRow],
    responses=ANSWERS,
    summary="The milestones of a plan: planned, expected, met",
)
def get_milestones(
    request: Request,
    reader: SignedIn,
    session: Reading,
    plan: PlanCode = "",
    as_of: AsOf = "",
    edition: Edition = AS_CORRECTED,
    limit: Limit = "",
    cursor: CursorText = "",
) -> Response:
    """Every milestone of counted projects as of the quarter, by number. The weight is an exact pair, in percent."""
    size, after = limit_asked(limit, cursor), numbered_place(cursor)
    quarter = quarter_asked(as_of)
    if not plan:
        raise Missing(field="plan", label=N_("规划"))
    scope = Scope(quarter, frozenset({plan_for(session, reader, plan).id or 0}), edition)
    rows = milestone_rows(session, reader, scope, after=after, size=size)
    return paged_answer(request, *page_of(rows, size, _number))


def _number(row: dict[str, Any]) -> str:
    return str(row["id"])


@router.get(
    "/milestones/reports",
    operation_id="listMilestoneReports",
    response_model=list[MilestoneReportRow],
    responses=ANSWERS,
    summary="What was reported of the milestones of a plan",
)
def get_reports(
    request: Request,
    reader: SignedIn,
    session: Reading,
    plan: PlanCode = "",
    limit: Limit = "",
    cursor: CursorText = "",
) -> Response:
    """Every report in any state, by number."""
    size, after = limit_asked(limit, cursor), numbered_place(cursor)
    if not plan:
        raise Missing(field="plan", label=N_("规划"))
    plan_id = plan_for(session, reader, plan).id
    rows = report_rows(session, reader, plan_id=plan_id, after=after, size=size)
    return paged_answer(request, *page_of(rows, size, _number))


@router.get(
    "/milestones/reports/{id_}",
    operation_id="getMilestoneReport",
    response_model=MilestoneReportRow,
    responses=ANSWERS | example(MILESTONE_REPORT),
    summary="One report of a milestone",
)
def get_report(request: Request, id_: RecordId, reader: SignedIn, session: Reading) -> Response:
    """The row of the list; the ETag is what If-Match asks for when a draft is changed."""
    row = _single(session, reader, id_)
    return json_answer(request, row, record_etag(row["row_version"], row))


def _single(session: Session, reader: Reader, id_: int) -> dict[str, Any]:
    """Errors: NotThere."""
    rows = report_rows(session, reader, only=id_)
    if not rows:
        raise NotThere
    return rows[0]


@router.get(
    "/milestones/{id_}",
    operation_id="getMilestone",
    response_model=MilestoneRow,
    responses=ANSWERS | example(MILESTONE_STATE),
    summary="One milestone as of a quarter",
)
def get_milestone(
    request: Request,
    id_: RecordId,
    reader: SignedIn,
    session: Reading,
    as_of: AsOf = "",
    edition: Edition = AS_CORRECTED,
) -> Response:
    """The row of the list."""
    rows = milestone_rows(session, reader, Scope(quarter_asked(as_of), None, edition), only=id_)
    if not rows:
        raise NotThere
    return json_answer(request, rows[0])


# ---- reporting


@router.post(
    "/milestones",
    operation_id="reportMilestones",
    status_code=201,
    response_model=Recorded,
    responses=REFUSALS | example(MILESTONE_CREATED, 201),
    summary="Report milestones: expected, met or withdrawn",
    openapi_extra=writing(NewMilestoneReports, MILESTONE_NEW),
)
def post_reports(reader: Recorder, sent: Sent, session: Writing) -> Response:
    """Up to 1,000 new reports, all of them or none: drafts, or handed over (`submit`). A milestone is named by its number."""
    return once(session, reader, sent, lambda: _record(session, reader, sent))


def _record(session: Session, reader: Reader, sent: SentJson) -> Done:
    entries, submit = entries_of(sent.value)
    projects = Projects(session, reader)

    def read(one: Fields) -> tuple[Milestone, NewMilestoneReport] | None:
        one.known(("milestone", *FIELDS))
        new = _report(one)
        id_ = one.whole("milestone", N_("节点的编号，见 /api/v1/milestones"))
        milestone = None if id_ is None else _milestone(session, projects, id_)
        return None if new is None or milestone is None else (milestone, new)

    def hold(found: Collection[Milestone]) -> None:
        ids = {one.project_id for one in found}
        keep_places(session, {id_: standing_of(session.get_one(Project, id_)) for id_ in ids})

    def record(milestone: Milestone, new: NewMilestoneReport) -> MilestoneReport:
        return report_milestone(session, milestone, new, submit=submit, by=reader.actor)

    told = [_told(row) for row in record_each(entries, read, hold, record, {})]
    return Done(201, {"entries": told}, told[0]["href"])


def _milestone(session: Session, projects: Projects, id_: int) -> Milestone:
    """Errors: NotThere, also for a milestone of a project of which the reader may not report."""
    row = session.get(Milestone, id_) if id_ < 2**31 else None
    if row is None:
        raise NotThere(field="milestone")
    try:
        projects.named(session.get_one(Project, row.project_id).code)
    except NotThere:
        raise NotThere(field="milestone") from None
    return row


def _told(row: MilestoneReport) -> dict[str, Any]:
    return {
        "id": row.id,
        "state": row.state,
        "quarter": quarter_name(row.occurred_quarter),
        "row_version": row.row_version,
        "href": f"/api/v1/milestones/reports/{row.id}",
    }


def _report(one: Fields) -> NewMilestoneReport | None:
    """What was sent of a milestone; None when something is wrong with it, which stands in its problems."""
    kind = one.choice("kind", REPORTS)
    met_on = one.day("met_on", needed=kind is not None and kind != WITHDRAWN)
    document, note, reason = (one.text(name) for name in ("document", "note", "correction_reason"))
    return None if one.problems or kind is None else NewMilestoneReport(kind, met_on, document, note, reason)


@router.patch(
    "/milestones/reports/{id_}",
    operation_id="changeMilestoneDraft",
    response_model=MilestoneReportRow,
    responses=CHANGES,
    summary="Change or hand over one's own draft",
    openapi_extra=changing(MilestoneChange, MILESTONE_CHANGE),
)
def patch_report(request: Request, id_: RecordId, reader: Recorder, sent: Sent, session: Writing) -> Response:
    """Fields that are not sent stay; null empties one. `submit` hands the draft over."""
    return once(session, reader, sent, lambda: _change(request, session, reader, id_, sent))


def _change(request: Request, session: Session, reader: Reader, id_: int, sent: SentJson) -> Done:
    shown = _single(session, reader, id_)
    editable_project(session, reader, shown["project"], "record")
    version = version_asked(request)
    changes = object_of(sent.value, "")
    changes.known((*FIELDS, "submit"))
    submit, row = changes.flag("submit"), find_report(session, id_)
    project = session.get_one(Project, session.get_one(Milestone, row.milestone_id).project_id)
    keep_places(session, {id_: standing_of(project)})
    must_be_version(session, row, version)
    before = {name: shown[name] for name in FIELDS}
    one = Fields(before | {name: value for name, value in changes.values.items() if name in FIELDS}, "")
    one.problems = changes.problems
    new = _report(one)
    if new is None:
        raise EntriesBroken(one.problems)
    with in_place({}):
        if changes.values.keys() - {"submit"}:
            change_report(session, row, new, expected_version=version, by=reader.actor)
        if submit:
            submit_reports(session, [row], by=reader.actor)
    after = _single(session, reader, id_)
    return Done(200, after, etag=record_etag(after["row_version"], after))


@router.delete(
    "/milestones/reports/{id_}",
    operation_id="discardMilestoneDraft",
    status_code=204,
    responses=CHANGES,
    summary="Discard one's own draft",
    openapi_extra=at_a_version(),
)
def delete_report(request: Request, id_: RecordId, reader: Recorder, session: Writing) -> Response:
    """The draft goes; the audit trail keeps what it said. What was handed over stays."""
    shown = _single(session, reader, id_)
    editable_project(session, reader, shown["project"], "record")
    version, row = version_asked(request), find_report(session, id_)
    must_be_version(session, row, version)
    discard_report(session, row, expected_version=version, by=reader.actor)
    return Response(status_code=204)
