"""Giving an order (督办): from a project and its lamp, from an item of a meeting, or for a plan."""

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, select

from core.calendar import current_quarter
from core.errors import NotThere
from portfolio.access import Reader
from portfolio.plans import Plan
from portfolio.projects import Project
from portfolio.values import project_values
from reports.ordering import LABELS, NewOrder, issue_order, usual_due
from reports.orders import Meeting, MeetingItem
from web.choices import Choices
from web.deps import Chosen, Reading, SignedIn, Writing, answered, leads_to
from web.forms import NO_PROBLEMS, Problems, Typed, TypedForm, id_from_text, shown_again, typed_values
from web.pages import page
from web.plan_choice import plan_choice
from web.project_forms import day_from, department_names
from web.project_progress_pages import find_progress

router = APIRouter()


@dataclass(frozen=True)
class Asked:
    """Where an order comes from."""

    plan: Plan
    project: Project | None = None
    item: MeetingItem | None = None
    meeting: Meeting | None = None


@router.get("/orders/new")
def get_new(request: Request, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    query = request.query_params
    asked = _asked(session, reader, query.get("plan", ""), query.get("project", ""), query.get("item", ""))
    if asked is None:
        chosen = plan_choice(session, reader, "")
        plans = [one for one in chosen.plans if reader.may("orders", one.id)]
        if not plans:
            raise NotThere
        return page(request, "orders/where.html", plans=plans)
    filled = typed_values(due_on=usual_due().isoformat(), department_id=_department(session, asked))
    if asked.item is not None:
        filled = Typed({**filled.fields, "title": (asked.item.title,), "asked": (asked.item.decision or "",)})
    elif asked.project is not None:
        filled = Typed({**filled.fields, "title": (asked.project.name,)})
    return _form_page(request, session, reader, asked, filled, NO_PROBLEMS, choices)


def _asked(session: Session, reader: Reader, code: str, project_code: str, item: str) -> Asked | None:
    """What the address names; None for nothing.

    Errors: NotThere unless the reader may give orders there.
    """
    project = meeting = found = None
    plan_id: int | None = None
    if item:
        found = session.get(MeetingItem, id_from_text(item) or 0)
        meeting = None if found is None else session.get(Meeting, found.meeting_id)
        if found is None or meeting is None:
            raise NotThere
        plan_id = meeting.plan_id
        project = None if found.project_id is None else session.get(Project, found.project_id)
    elif project_code:
        project = session.exec(select(Project).where(Project.code == project_code.strip())).first()
        if project is None:
            raise NotThere
        plan_id = project.plan_id
    elif code:
        plan_id = session.exec(select(Plan.id).where(Plan.code == code.strip())).first()
        if plan_id is None:
            raise NotThere
    if plan_id is None:
        return None
    reader.must("view", plan_id)
    reader.must("orders", plan_id)
    return Asked(session.get_one(Plan, plan_id), project, found, meeting)


def _department(session: Session, asked: Asked) -> int | None:
    """Who answers for the project: the reporting department, else the lead."""
    if asked.project is None:
        return None
    project = asked.project
    package = project if project.parent_id is None else session.get_one(Project, project.parent_id)
    values = project_values(session, package, current_quarter())
    return values.reporting_id or values.lead_id


def _form_page(
    request: Request,
    session: Session,
    reader: Reader,
    asked: Asked,
    typed: Typed,
    problems: Problems,
    choices: Choices,
) -> Response:
    top = None if asked.project is None else asked.project.parent_id or asked.project.id
    return page(
        request,
        "orders/form.html",
        asked=asked,
        shown=None if top is None else find_progress(session, reader, choices, asked.plan.id, top),
        departments=department_names(session, asked.plan),
        labels=LABELS,
        typed=typed,
        problems=problems,
    )


@router.post("/orders/new")
def post_new(request: Request, reader: SignedIn, typed: TypedForm, session: Writing, choices: Chosen) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    asked = _asked(session, reader, typed["plan"], typed["project"], typed["item"])
    if asked is None:
        raise NotThere

    def again(problems: Problems) -> Response:
        return _form_page(request, session, reader, asked, typed, problems, choices)

    with shown_again(request, again):
        new = NewOrder(
            title=typed["title"],
            asked=typed["asked"],
            department_id=id_from_text(typed["department_id"]),
            due_on=day_from(typed, "due_on", label=LABELS["due_on"]),
            project_id=None if asked.project is None else asked.project.id,
            meeting_item_id=None if asked.item is None else asked.item.id,
        )
        row = issue_order(session, asked.plan, new, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/orders/{row.id}")
