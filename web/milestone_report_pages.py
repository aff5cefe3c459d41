"""Reporting a milestone: the form, a report's own page, and changing, handing over or discarding one's own draft."""

from dataclasses import replace
from datetime import date
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core import audit
from core.audit import HistoryLine
from core.calendar import quarter_name, today
from core.errors import N_, Broken, Missing, NotThere, Stale
from milestones.attachments import ATTACHMENT_KINDS
from milestones.evidence import LABELS as EVIDENCE_LABELS
from milestones.milestone_reports import change_report, discard_report, find_report, report_milestone, submit_reports
from milestones.milestones import ACTUAL, REPORTS, WITHDRAWN, Milestone, MilestoneReport
from milestones.plan_rules import plan_now
from milestones.report_rules import LABELS, NewMilestoneReport, state_now
from milestones.schedule import MilestoneState
from portfolio.access import Reader
from portfolio.facts import DRAFT, STATES
from portfolio.periods import corrected_before, is_closed
from portfolio.projects import Project
from reports.correction_list import correction_of
from reports.milestone_sheet import milestone_sheet
from reports.rollup import Scope
from web.deps import Chosen, Reading, RecordId, SignedIn, Writing, answered, leads_to
from web.evidence_shown import evidence_shown
from web.forms import NO_PROBLEMS, Problems, Typed, TypedForm, collecting, raise_any, shown_again, typed_values
from web.milestone_plan_pages import milestone_for
from web.pages import page
from web.project_forms import Editable, alive, day_from, editable_project, version_from

router = APIRouter()

YES = N_("是")
WORDS = REPORTS | STATES | {YES: YES} | ATTACHMENT_KINDS
HISTORY_LABELS = (
    LABELS
    | EVIDENCE_LABELS
    | {
        "state": N_("状态"),
        "occurred_on": N_("业务日期"),
        "posted_period": N_("记入季度"),
        "own_department": N_("接收人所在部门牵头的项目"),
    }
)


@router.get("/milestones/{id_}/report")
def get_report_form(request: Request, id_: RecordId, reader: SignedIn, session: Reading, kind: str = "") -> Response:
    row, editable = milestone_for(session, reader, id_, "record")
    plan_now(session, row)
    filled = typed_values(kind=kind if kind in REPORTS else ACTUAL, met_on=None)
    return _form(request, session, row, alive(editable), None, filled, NO_PROBLEMS)


def _form(
    request: Request,
    session: Session,
    row: Milestone,
    editable: Editable,
    report: MilestoneReport | None,
    typed: Typed,
    problems: Problems,
) -> Response:
    stale = report is not None and problems.status == Stale.status and version_from(typed) != report.row_version
    closed_before = corrected_before(session, editable.plan.id or 0)
    return page(
        request,
        "milestones/report_form.html",
        milestone=row,
        editable=editable,
        report=report,
        state=state_now(session, row),
        kinds=REPORTS,
        open_from=quarter_name(closed_before) if closed_before else "",
        today=today(),
        action=f"/milestones/{row.id}/report" if report is None else f"/milestones/reports/{report.id}/edit",
        versions=_versions(report, typed) if stale and report is not None else None,
        row_version=report.row_version if stale and report is not None else typed["row_version"],
        typed=typed,
        problems=problems,
    )


def _versions(report: MilestoneReport, typed: Typed) -> list[tuple[str, Any, Any]]:
    """What is saved beside what was typed, where the two differ."""
    saved = _filled(report)

    def said(name: str, one: Typed) -> str:
        return REPORTS.get(one[name], one[name]) if name == "kind" else one[name]

    return [
        (LABELS[name], said(name, saved), said(name, typed)) for name in LABELS if saved[name] != typed[name].strip()
    ]


@router.post("/milestones/{id_}/report")
def post_report_form(request: Request, id_: RecordId, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    row, editable = milestone_for(session, reader, id_, "record")
    with shown_again(request, lambda problems: _form(request, session, row, editable, None, typed, problems)):
        alive(editable)
        new, submit = _read(typed), typed["act"] == "submit"
        report = report_milestone(session, row, new, submit=submit, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/milestones/reports/{report.id}")


def _read(typed: Typed) -> NewMilestoneReport:
    """What the form says of the milestone.

    Errors: Missing; those of day_from.
    """
    problems: list[Broken] = []
    met_on: date | None = None
    if not typed["kind"]:
        problems.append(Missing(field="kind", label=LABELS["kind"]))
    elif typed["kind"] != WITHDRAWN:
        with collecting(problems):
            met_on = day_from(typed, "met_on", label=LABELS["met_on"])
    raise_any(problems)
    return NewMilestoneReport(typed["kind"], met_on, typed["document"], typed["note"], typed["correction_reason"])


# ---- the page of a report


@router.get("/milestones/reports/{id_}")
def get_report(request: Request, id_: RecordId, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    report = find_report(session, id_)
    row = session.get_one(Milestone, report.milestone_id)
    project = session.get_one(Project, row.project_id)
    sheet = milestone_sheet(session, reader, project.code, Scope(choices.quarter, edition=choices.edition))
    mine = reader.actor.did(report.recorded_by_id, report.recorded_by)
    may_record = sheet.project.archived_at is None and reader.may("record", sheet.plan.id, sheet.department_ids)
    state = state_now(session, row)
    return page(
        request,
        "milestones/report.html",
        report=report,
        milestone=row,
        project=project,
        sheet=sheet,
        state=state,
        kinds=REPORTS,
        states=STATES,
        mine=mine and may_record,
        correction=correction_of(session, "milestone_report", id_),
        may_correct=may_record and _correctable(session, sheet.plan.id or 0, report, state),
        may_accept=reader.may("accept_works", sheet.plan.id),
        evidence=evidence_shown(session, reader, "milestone_report", id_),
        history=_history(session, id_) if reader.may("history", sheet.plan.id) else None,
        labels=HISTORY_LABELS,
        words=WORDS,
    )


def _correctable(session: Session, plan_id: int, report: MilestoneReport, state: MilestoneState | None) -> bool:
    """Whether it is the day that holds, of a quarter that is closed."""
    holds = state is not None and state.actual_report_id == report.id
    return holds and is_closed(session, plan_id, report.occurred_quarter)


def _history(session: Session, id_: int) -> list[HistoryLine]:
    """The audit rows in words: without what the page itself says, and without a mark that was not made."""

    def said(name: str, value: Any) -> Any:
        if name == "posted_period" and value is not None:
            return quarter_name(value)
        return YES if value is True else value

    return [
        replace(
            line,
            action="accept" if line.action == "approve" else line.action,
            changes=tuple(
                (name, said(name, old), said(name, new))
                for name, old, new in line.changes
                if name != "milestone_id" and new is not False
            ),
        )
        for line in audit.history(session, "milestone_report", id_)
    ]


# ---- one's own draft


def _own_draft(session: Session, reader: Reader, id_: int) -> tuple[MilestoneReport, Milestone, Editable]:
    """Errors: NotThere unless the reader wrote it, it is still a draft, and the reader may still report on the project."""
    report = find_report(session, id_)
    if report.state != DRAFT or not reader.actor.did(report.recorded_by_id, report.recorded_by):
        raise NotThere
    row = session.get_one(Milestone, report.milestone_id)
    project = session.get_one(Project, row.project_id)
    return report, row, editable_project(session, reader, project.code, "record")


def _filled(report: MilestoneReport) -> Typed:
    kept = {name: getattr(report, name) for name in LABELS}
    return typed_values(row_version=report.row_version, **kept)


@router.get("/milestones/reports/{id_}/edit")
def get_edit(request: Request, id_: RecordId, reader: SignedIn, session: Reading) -> Response:
    report, row, editable = _own_draft(session, reader, id_)
    return _form(request, session, row, editable, report, _filled(report), NO_PROBLEMS)


@router.post("/milestones/reports/{id_}/edit")
def post_edit(request: Request, id_: RecordId, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    report, row, editable = _own_draft(session, reader, id_)
    with shown_again(request, lambda problems: _form(request, session, row, editable, report, typed, problems)):
        alive(editable)
        change_report(session, report, _read(typed), expected_version=version_from(typed), by=reader.actor)
        if typed["act"] == "submit":
            submit_reports(session, [report], by=reader.actor)
    return leads_to(session, typed.key, reader, f"/milestones/reports/{id_}")


@router.post("/milestones/reports/{id_}/submit")
def post_submit(id_: RecordId, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    report, _, _ = _own_draft(session, reader, id_)
    submit_reports(session, [report], by=reader.actor)
    return leads_to(session, typed.key, reader, f"/milestones/reports/{id_}")


@router.post("/milestones/reports/{id_}/discard")
def post_discard(id_: RecordId, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    report, _, editable = _own_draft(session, reader, id_)
    discard_report(session, report, expected_version=version_from(typed), by=reader.actor)
    return leads_to(session, typed.key, reader, f"/projects/{editable.package.code}/milestones")
