"""Reporting works by the API: new reports and losses, and one's own drafts."""

from collections.abc import Collection
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel import Session, select

from core.calendar import quarter_name
from core.errors import N_, Invalid, Missing
from milestones.quantities import Measure
from milestones.work_reports import (
    change_work_draft,
    discard_work_draft,
    find_work,
    record_work,
    standing_of,
    submit_works,
)
from milestones.work_verifying import record_loss
from milestones.works import CLAIMED, LOST, NOT_APPLICABLE, NewWork, WorkEntry
from portfolio.access import Reader
from portfolio.projects import Project
from portfolio.reviewing import keep_places
from web.api_answers import CHANGES, REFUSALS
from web.api_body import Sent, SentJson
from web.api_examples import WORK_CHANGE, WORK_CREATED, WORK_NEW
from web.api_fact_shapes import NewWorkEntries, Recorded, WorkChange, WorkSingle
from web.api_fields import EntriesBroken, Fields, entries_of, in_place, object_of
from web.api_words import at_a_version, changing, example, writing
from web.api_works import work_single
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
from web.deps import RecordId, Writing
from web.project_forms import editable_project

router = APIRouter(prefix="/api/v1", tags=["works"])
Recorder = Annotated[Reader, Depends(recorder("works"))]

_TEXTS = ("place", "plot", "latitude", "longitude", "geometry", "document", "note", "cause", "correction_reason")
FIELDS = ("measure", "quantity", "unit", "occurred_on", "not_applicable", "as_typed", *_TEXTS)
_NAMES = {"measure_id": "measure"}  # fields that the rules call otherwise


@router.post(
    "/works",
    operation_id="recordWorks",
    status_code=201,
    response_model=Recorded,
    responses=REFUSALS | example(WORK_CREATED, 201),
    summary="Report works, or losses before any check",
    openapi_extra=writing(NewWorkEntries, WORK_NEW),
)
def post_works(reader: Recorder, sent: Sent, session: Writing) -> Response:
    """Up to 1,000 new reports (`tier` claimed) or losses (lost), all of them or none: drafts, or handed over (`submit`)."""
    return once(session, reader, sent, lambda: _record(session, reader, sent))


def _record(session: Session, reader: Reader, sent: SentJson) -> Done:
    entries, submit = entries_of(sent.value)
    projects, measures = Projects(session, reader), _measures(session)

    def read(one: Fields) -> tuple[Project, tuple[str, NewWork]] | None:
        one.known(("project", "tier", *FIELDS))
        tier = one.choice("tier", (CLAIMED, LOST), needed=False) or CLAIMED
        new = _work(one, measures)
        code = one.text("project", needed=True)
        project = None if code is None else projects.named(code)
        return None if new is None or project is None else (project, (tier, new))

    def hold(found: Collection[Project]) -> None:
        keep_places(session, {one.id or 0: standing_of(one) for one in found})

    def record(project: Project, said: tuple[str, NewWork]) -> WorkEntry:
        recording = record_work if said[0] == CLAIMED else record_loss
        return recording(session, project, said[1], submit=submit, by=reader.actor)

    told = [_told(row) for row in record_each(entries, read, hold, record, _NAMES)]
    return Done(201, {"entries": told}, told[0]["href"])


def _told(row: WorkEntry) -> dict[str, Any]:
    return {
        "id": row.id,
        "state": row.state,
        "quarter": quarter_name(row.occurred_quarter),
        "row_version": row.row_version,
        "href": f"/api/v1/works/{row.id}",
    }


def _measures(session: Session) -> dict[str, int]:
    return {name: id_ or 0 for name, id_ in session.exec(select(Measure.name, Measure.id))}


def _work(one: Fields, measures: dict[str, int]) -> NewWork | None:
    """What was sent of one quantity; None when something is wrong with it, which stands in its problems."""
    measure, quantity, unit = one.text("measure", needed=True), one.text("quantity"), one.text("unit", needed=True)
    occurred_on, not_applicable = one.day("occurred_on"), one.flag("not_applicable")
    if measure is not None and measure not in measures:
        expected = N_("已有的一个工程量指标，见 /api/v1/measures")
        one.problems.append(Invalid(field=one.place("measure"), label="measure", found=measure, expected=expected))
    if one.values.get("quantity") in (None, "") and not not_applicable:
        one.problems.append(Missing(field=one.place("quantity"), label="quantity"))
    texts = {name: one.text(name) for name in _TEXTS}
    as_typed = one.flag("as_typed")
    if one.problems or measure is None or unit is None or occurred_on is None:
        return None
    return NewWork(
        measures[measure], quantity, unit, occurred_on, not_applicable=not_applicable, as_typed=as_typed, **texts
    )


@router.patch(
    "/works/{id_}",
    operation_id="changeWorkDraft",
    response_model=WorkSingle,
    responses=CHANGES,
    summary="Change or hand over one's own draft",
    openapi_extra=changing(WorkChange, WORK_CHANGE),
)
def patch_work_entry(request: Request, id_: RecordId, reader: Recorder, sent: Sent, session: Writing) -> Response:
    """Fields that are not sent stay; null empties one. `submit` hands the draft over."""
    return once(session, reader, sent, lambda: _change(request, session, reader, id_, sent))


def _change(request: Request, session: Session, reader: Reader, id_: int, sent: SentJson) -> Done:
    shown = work_single(session, reader, id_)
    editable_project(session, reader, shown["project"], "record")
    version = version_asked(request)
    changes = object_of(sent.value, "")
    changes.known((*FIELDS, "submit"))
    submit, row = changes.flag("submit"), find_work(session, id_)
    keep_places(session, {id_: standing_of(session.get_one(Project, row.project_id))})
    must_be_version(session, row, version)
    before = {name: shown[name] for name in FIELDS if name in shown}
    before |= {"not_applicable": row.kind == NOT_APPLICABLE}
    one = Fields(before | {name: value for name, value in changes.values.items() if name in FIELDS}, "")
    one.problems = changes.problems
    new = _work(one, _measures(session))
    if new is None:
        raise EntriesBroken(one.problems)
    with in_place(_NAMES):
        if changes.values.keys() - {"submit"}:
            change_work_draft(session, row, new, expected_version=version, by=reader.actor)
        if submit:
            submit_works(session, [row], by=reader.actor)
    after = work_single(session, reader, id_)
    return Done(200, after, etag=record_etag(after["row_version"], after))


@router.delete(
    "/works/{id_}",
    operation_id="discardWorkDraft",
    status_code=204,
    responses=CHANGES,
    summary="Discard one's own draft",
    openapi_extra=at_a_version(),
)
def delete_work_entry(request: Request, id_: RecordId, reader: Recorder, session: Writing) -> Response:
    """The draft goes; the audit trail keeps what it said. What was handed over stays."""
    shown = work_single(session, reader, id_)
    editable_project(session, reader, shown["project"], "record")
    version, row = version_asked(request), find_work(session, id_)
    must_be_version(session, row, version)
    discard_work_draft(session, row, expected_version=version, by=reader.actor)
    return Response(status_code=204)
