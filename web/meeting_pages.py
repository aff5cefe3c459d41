"""领导小组会议: the list, one meeting with its items and the orders that came of them, recording and changing it, the minutes."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, select

from core.audit import history
from core.calendar import today
from core.errors import Broken, Invalid, NotThere, Stale
from portfolio.access import Reader
from portfolio.plans import Plan
from portfolio.projects import Project
from reports.findings import words_in
from reports.meetings import LABELS, MOST_ITEMS, SUBJECT, NewItem, NewMeeting, change_meeting, items_of, record_meeting
from reports.order_list import editions_before, find_meeting, meeting_sheet, meetings
from reports.orders import ORDER_STATES, Meeting
from web.choices import find_choices
from web.deps import Chosen, Reading, RecordId, SignedIn, Writing, answered, leads_to
from web.forms import (
    NO_PROBLEMS,
    Problems,
    Typed,
    TypedForm,
    collecting,
    id_from_text,
    raise_any,
    shown_again,
    typed_values,
)
from web.pages import page
from web.plan_choice import plan_choice
from web.project_forms import day_from, version_from

router = APIRouter()

_BLANK = 3  # rows for items beyond those that are filled
_TEXTS = ("title", "place", "chair", "present", "document")


@router.get("/meetings")
def get_meetings(request: Request, reader: SignedIn, session: Reading, choices: Chosen, plan: str = "") -> Response:
    chosen = plan_choice(session, reader, plan.strip())
    return page(
        request,
        "meetings/meetings.html",
        chosen=chosen,
        rows=meetings(session, reader, chosen.plan_id),
        recording=[one for one in chosen.plans if reader.may("periods", one.id)],
    )


# ---- recording


@router.get("/meetings/new")
def get_new(request: Request, reader: SignedIn, session: Reading, plan: str = "") -> Response:
    found = _plan(session, reader, plan)
    return _form_page(request, session, found, None, typed_values(held_on=today().isoformat()), NO_PROBLEMS)


def _plan(session: Session, reader: Reader, code: str) -> Plan:
    """Errors: NotThere unless the reader is of its office."""
    plan = session.exec(select(Plan).where(Plan.code == code.strip())).first()
    if plan is None:
        raise NotThere
    reader.must("periods", plan.id)
    return plan


def _form_page(
    request: Request, session: Session, plan: Plan, row: Meeting | None, typed: Typed, problems: Problems
) -> Response:
    filled = max((n for n in range(1, MOST_ITEMS + 1) if typed[f"item_title-{n}"] or typed[f"decision-{n}"]), default=0)
    stale = row is not None and problems.status == Stale.status
    return page(
        request,
        "meetings/form.html",
        plan=plan,
        row=row,
        row_version=row.row_version if row is not None and stale else typed["row_version"],
        editions=editions_before(session, plan.id or 0, today(), words_in(find_choices(request).language)),
        places=range(1, min(filled + _BLANK, MOST_ITEMS) + 1),
        labels=LABELS,
        action="/meetings/new" if row is None else f"/meetings/{row.id}/edit",
        typed=typed,
        problems=problems,
    )


@router.post("/meetings/new")
def post_new(request: Request, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    plan = _plan(session, reader, typed["plan"])

    def again(problems: Problems) -> Response:
        return _form_page(request, session, plan, None, typed, problems)

    with shown_again(request, again):
        row = record_meeting(session, plan, _meeting_from(session, plan, typed), by=reader.actor)
    return leads_to(session, typed.key, reader, f"/meetings/{row.id}")


def _meeting_from(session: Session, plan: Plan, typed: Typed) -> NewMeeting:
    """Errors: SeveralBroken with every field that cannot be read."""
    problems: list[Broken] = []
    held_on, items = today(), []
    with collecting(problems):
        held_on = day_from(typed, "held_on", label=LABELS["held_on"])
    for n in range(1, MOST_ITEMS + 1):
        if any(typed[f"{name}-{n}"].strip() for name in ("item_title", "decision", "project")):
            with collecting(problems):
                items.append(_item(session, plan, typed, n))
    raise_any(problems)
    edition = id_from_text(typed["edition_id"])
    return NewMeeting(held_on, items=items, edition_id=edition, **{name: typed[name] for name in _TEXTS})


def _item(session: Session, plan: Plan, typed: Typed, n: int) -> NewItem:
    """Errors: Invalid for a project that the plan has not."""
    code, project = typed[f"project-{n}"].strip(), None
    if code:
        project = session.exec(select(Project).where(Project.code == code, Project.plan_id == plan.id)).first()
        if project is None:
            label = LABELS["project_id"]
            raise Invalid(field=f"project-{n}", label=label, found=code, expected=f"{plan.code}-…")
    item_id = id_from_text(typed[f"id-{n}"])
    return NewItem(typed[f"item_title-{n}"], typed[f"decision-{n}"], None if project is None else project.id, item_id)


# ---- one meeting


@router.get("/meetings/{id_}")
def get_meeting(request: Request, id_: RecordId, reader: SignedIn, session: Reading) -> Response:
    row = find_meeting(session, reader, id_)
    return page(request, "meetings/meeting.html", **_shown(session, reader, row))


@router.get("/meetings/{id_}/print")
def get_minutes(request: Request, id_: RecordId, reader: SignedIn, session: Reading) -> Response:
    row = find_meeting(session, reader, id_)
    return page(request, "meetings/minutes.html", **_shown(session, reader, row))


def _shown(session: Session, reader: Reader, row: Meeting) -> dict[str, Any]:
    return {
        "sheet": meeting_sheet(session, reader, row),
        "row": row,
        "states": ORDER_STATES,
        "labels": LABELS,
        "may_edit": reader.may("periods", row.plan_id),
        "may_order": reader.may("orders", row.plan_id),
        "history": history(session, SUBJECT, row.id or 0) if reader.may("history", row.plan_id) else None,
    }


@router.get("/meetings/{id_}/edit")
def get_edit(request: Request, id_: RecordId, reader: SignedIn, session: Reading) -> Response:
    row, plan = _editable(session, reader, id_)
    return _form_page(request, session, plan, row, _typed(session, row), NO_PROBLEMS)


def _editable(session: Session, reader: Reader, id_: int) -> tuple[Meeting, Plan]:
    """Errors: NotThere."""
    row = find_meeting(session, reader, id_)
    reader.must("periods", row.plan_id)
    return row, session.get_one(Plan, row.plan_id)


def _typed(session: Session, row: Meeting) -> Typed:
    """The form filled with what is recorded."""
    values: dict[str, Any] = {name: getattr(row, name) for name in (*_TEXTS, "edition_id", "row_version")}
    values["held_on"] = row.held_on.isoformat()
    for n, item in enumerate(items_of(session, row.id or 0), start=1):
        project = None if item.project_id is None else session.get_one(Project, item.project_id).code
        values |= {f"id-{n}": item.id, f"item_title-{n}": item.title}
        values |= {f"decision-{n}": item.decision, f"project-{n}": project}
    return typed_values(**values)


@router.post("/meetings/{id_}/edit")
def post_edit(request: Request, id_: RecordId, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    row, plan = _editable(session, reader, id_)

    def again(problems: Problems) -> Response:
        return _form_page(request, session, plan, row, typed, problems)

    with shown_again(request, again), session.begin_nested():
        new = _meeting_from(session, plan, typed)
        change_meeting(session, plan, row, new, expected_version=version_from(typed), by=reader.actor)
    return leads_to(session, typed.key, reader, f"/meetings/{id_}")
