"""Returns that the reader may open: the list, what happened to one, and the sheet that is printed and signed."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col

from core.audit import history
from core.calendar import NotAPeriod, period_from_text, today
from core.database import select_columns
from core.errors import N_
from core.language import translate
from portfolio.access import Reader
from portfolio.departments import Department
from portfolio.periods import ReportingPeriod
from portfolio.plans import Plan
from reports.return_board import step_of
from reports.return_cells import SUBJECT
from reports.return_diff import differences
from reports.return_fields import CellKey
from reports.return_notes import notes_of
from reports.return_scope import scope_of
from reports.return_values import text_to_read
from reports.returns import ACCEPTED, APPROVED, RETURN_STATES, DepartmentReturn, ReturnCell, ReturnFact
from web.approving import departments_of
from web.choices import PAGE_PLACE, Choices
from web.deps import Chosen, Reading, RecordId, SignedIn
from web.forms import id_from_text, typed_values
from web.pages import page
from web.plan_choice import PlanChoice, plan_choice
from web.return_diff_shown import shown_groups
from web.return_gate import OpenedReturn, opened_return, readable
from web.return_words import RETURN_STAGES, noted, place_name

router = APIRouter()

_PER_PAGE = 50
_LABELS = {
    "state": N_("填报状态"),
    "round": N_("报送次数"),
    "due_on": N_("截止日期"),
    "answerable": N_("单位负责人"),
    "no_progress_reason": N_("本期无进展的原因"),
    "text": N_("内容"),
    "facts": N_("形成的记录"),
    "notes": N_("退回的栏目"),
    "own_department": N_("接收人与填报部门同属一个部门"),
}
_ELSEWHERE = ("fill", "note", "settle-note")  # the page of the return shows cells and notes themselves
_MADE = {
    "ledger_entry": N_("台账第 %(n)s 号"),
    "work_entry": N_("工程量第 %(n)s 号"),
    "milestone_report": N_("节点填报第 %(n)s 号"),
    "project_state": N_("项目状态第 %(n)s 号"),
}


@dataclass(frozen=True)
class ListedReturn:
    """A return in the list. `filled` counts its cells."""

    id: int
    quarter: int
    plan: str
    department: str
    own: bool
    stage: str
    round: int
    filled: int
    due_on: date | None
    late: bool
    submitted_by: str | None
    approved_by: str | None
    accepted_by: str | None


@router.get("/returns")
def get_returns(request: Request, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    asked = request.query_params
    chosen = plan_choice(session, reader, asked.get("plan", ""))
    where = [readable(reader), *_filters(chosen, asked.get("period", ""), asked.get("department", ""))]
    own = departments_of(reader)
    state = asked.get("state", "")
    if state in RETURN_STATES:
        where.append(col(DepartmentReturn.state) == state)
    after = id_from_text(asked.get(PAGE_PLACE, "")) or 0
    rows, total = _listed(session, where, own, after)
    return page(
        request,
        "returns/list.html",
        part="list",
        chosen=chosen,
        rows=rows[:_PER_PAGE],
        total=total,
        after=after,
        following=after + _PER_PAGE if len(rows) > _PER_PAGE else None,
        several_plans=len(chosen.plans) > 1 and chosen.plan is None,
        period_options=_periods(session, reader, choices),
        department_options=_departments(session, reader),
        state_options=[(key, translate(name, choices.language)) for key, name in RETURN_STATES.items()],
        return_states=RETURN_STAGES,
        typed=typed_values(
            plan=chosen.code, period=asked.get("period"), department=asked.get("department"), state=state
        ),
    )


def _filters(chosen: PlanChoice, period: str, department: str) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if chosen.plan_id is not None:
        found.append(col(DepartmentReturn.plan_id) == chosen.plan_id)
    try:
        if period.strip():
            found.append(col(ReportingPeriod.name) == str(period_from_text(period)))
    except NotAPeriod:
        found.append(col(ReportingPeriod.name) == "")  # no period is called so
    number = id_from_text(department)
    if department.strip():
        found.append(col(DepartmentReturn.department_id) == (number or 0))
    return found


def _listed(
    session: Session, where: list[ColumnElement[bool]], own: frozenset[int], after: int
) -> tuple[list[ListedReturn], int]:
    """A page of returns, those of the reader's own departments first, then the newest quarters."""
    cells = (
        select_columns(ReturnCell.return_id, func.count().label("filled"))
        .group_by(col(ReturnCell.return_id))
        .subquery()
    )
    query = (
        select_columns(DepartmentReturn, ReportingPeriod, Plan.short_title, Department.name, cells.c.filled)
        .join(ReportingPeriod, col(ReportingPeriod.id) == DepartmentReturn.period_id)
        .join(Plan, col(Plan.id) == DepartmentReturn.plan_id)
        .join(Department, col(Department.id) == DepartmentReturn.department_id)
        .outerjoin(cells, cells.c.return_id == DepartmentReturn.id)
        .where(*where)
    )
    total = session.scalar(query.with_only_columns(func.count()).order_by(None)) or 0
    order = (
        col(DepartmentReturn.department_id).not_in(own),
        col(ReportingPeriod.last_quarter).desc(),
        col(Department.name_sort),
        col(DepartmentReturn.id),
    )
    found = session.execute(query.order_by(*order).offset(after).limit(_PER_PAGE + 1))
    return [_row(one, own) for one in found], total


def _row(found: Any, own: frozenset[int]) -> ListedReturn:
    row, period, plan, department, filled = found
    due = row.due_on or period.due_on
    out = row.state not in (APPROVED, ACCEPTED) and not period.shut
    return ListedReturn(
        id=row.id,
        quarter=period.last_quarter,
        plan=plan,
        department=department,
        own=row.department_id in own,
        stage=step_of(row.state, filled or 0, row.no_progress_reason),
        round=row.round,
        filled=filled or 0,
        due_on=due,
        late=out and due is not None and due < today(),
        submitted_by=row.submitted_by,
        approved_by=row.approved_by,
        accepted_by=row.accepted_by,
    )


def _periods(session: Session, reader: Reader, choices: Choices) -> list[tuple[str, str]]:
    query = (
        select_columns(ReportingPeriod.name, ReportingPeriod.last_quarter)
        .join(DepartmentReturn, col(DepartmentReturn.period_id) == ReportingPeriod.id)
        .where(readable(reader))
        .distinct()
        .order_by(col(ReportingPeriod.last_quarter).desc())
    )
    return [(name, name) for name, _ in session.execute(query)]


def _departments(session: Session, reader: Reader) -> list[tuple[str, str]]:
    query = (
        select_columns(Department.id, Department.name, Department.name_sort)
        .join(DepartmentReturn, col(DepartmentReturn.department_id) == Department.id)
        .where(readable(reader))
        .distinct()
        .order_by(col(Department.name_sort))
    )
    return [(str(id_), name) for id_, name, _ in session.execute(query)]


# ---- one return


@router.get("/returns/{id_}/history")
def get_history(request: Request, id_: RecordId, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    """Who did what to the return and when, what was said of it, and the facts that its acceptance made."""
    ret = opened_return(session, reader, id_)
    lines = [
        replace(line, changes=tuple(one for one in line.changes if one[0] in _LABELS and one[2] is not False))
        for line in history(session, SUBJECT, id_, limit=500)
        if line.action not in _ELSEWHERE
    ]
    return page(
        request,
        "returns/history.html",
        ret=ret,
        lines=lines,
        labels=_LABELS,
        return_states=RETURN_STAGES,
        notes=noted(session, ret, choices, notes_of(session, id_)),
        facts=_facts(session, ret, choices),
    )


def _facts(session: Session, ret: OpenedReturn, choices: Choices) -> list[dict[str, Any]]:
    """The facts that were made of the return, each with its own page."""
    rows = list(session.scalars(select_columns(ReturnFact).where(col(ReturnFact.return_id) == ret.id)))
    if not rows:
        return []
    scope = scope_of(session, ret.row)
    codes = {one.id: one for one in scope.projects.values()}
    cells = session.execute(
        select_columns(ReturnCell.project_id, ReturnCell.field, ReturnCell.key, ReturnCell.value).where(
            col(ReturnCell.return_id) == ret.id
        )
    )
    said = {CellKey(*row[:3]): row[3] for row in cells}
    found = []
    for row in rows:
        key = CellKey(row.project_id, row.field, row.key)
        project = codes.get(row.project_id)
        value = said.get(key)
        found.append(
            {
                "code": "" if project is None else project.code,
                "project": "" if project is None else project.name,
                "label": place_name(scope, key, choices.language).removeprefix("" if project is None else project.name),
                "said": "" if value is None else text_to_read(key, value, choices.unit, choices.language),
                "name": translate(_MADE[row.subject], choices.language) % {"n": row.subject_id},
                "address": _fact_address(row, "" if project is None else project.code),
            }
        )
    return found


def _fact_address(row: ReturnFact, code: str) -> str:
    return {
        "ledger_entry": f"/money/ledger/{row.subject_id}",
        "work_entry": f"/works/{row.subject_id}",
        "milestone_report": f"/milestones/reports/{row.subject_id}",
        "project_state": f"/projects/{code}",
    }[row.subject]


@router.get("/returns/{id_}/sheet")
def get_sheet(request: Request, id_: RecordId, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    """填报表: everything that the return says, to be printed and signed."""
    ret = opened_return(session, reader, id_)
    groups = shown_groups(session, ret, differences(session, ret.row), choices, jumps_first=False)
    return page(
        request,
        "returns/sheet.html",
        ret=ret,
        groups=groups,
        unfilled=[one for one in ret.projects if not one.filled],
        return_states=RETURN_STAGES,
    )
