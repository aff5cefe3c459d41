"""Forms that change when milestones are to be met: add one, take over a template, re-plan, take out, weigh."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.errors import Broken, Stale
from milestones.milestone_plans import add_milestone, drop_milestone, replan
from milestones.milestones import MILESTONE_KINDS, Milestone
from milestones.plan_rules import LABELS, NewMilestone, find_milestone, first_open_quarter, plan_now
from milestones.report_rules import state_now
from portfolio.access import Action, Reader
from portfolio.projects import Project
from portfolio.values import Basis, check_basis
from web.deps import Reading, RecordId, SignedIn, Writing, answered, leads_to
from web.forms import NO_PROBLEMS, Problems, Typed, TypedForm, collecting, raise_any, shown_again, typed_values
from web.pages import page
from web.project_forms import Editable, alive, basis_from, day_from, editable_project, quarters_since, version_from

router = APIRouter()


def milestone_quarters(session: Session, editable: Editable, *, since: int = 0) -> list[int]:
    """The quarters from which a change may hold, newest first: none that is closed, and none before the last change."""
    return quarters_since(max(since, first_open_quarter(session, editable.project, editable.since)))


def place_of(editable: Editable) -> str:
    """Where the milestones of a project are shown; those of a part stand on the page of its package."""
    place = f"#{editable.project.code}" if editable.is_part else ""
    return f"/projects/{editable.package.code}/milestones{place}"


def milestone_for(session: Session, reader: Reader, id_: int, action: Action) -> tuple[Milestone, Editable]:
    """The milestone, and the project that it is of.

    Errors: NotThere when there is none, or the reader may not do this; Archived.
    """
    row = find_milestone(session, id_)
    project = session.get_one(Project, row.project_id)
    return row, editable_project(session, reader, project.code, action)


# ---- a new one


@router.get("/projects/{code}/milestones/new")
def get_new(request: Request, code: str, reader: SignedIn, session: Reading) -> Response:
    editable = alive(editable_project(session, reader, code, "edit"))
    filled = typed_values(from_quarter=_oldest(milestone_quarters(session, editable)))
    return _new_page(request, session, editable, filled, NO_PROBLEMS)


def _oldest(quarters: list[int]) -> str:
    """What is added holds from the beginning, as far as that is open."""
    return f"{quarters[-1] // 10}Q{quarters[-1] % 10}"


def _new_page(request: Request, session: Session, editable: Editable, typed: Typed, problems: Problems) -> Response:
    return page(
        request,
        "milestones/new.html",
        editable=editable,
        kinds=MILESTONE_KINDS,
        quarters=milestone_quarters(session, editable),
        typed=typed,
        problems=problems,
    )


@router.post("/projects/{code}/milestones/new")
def post_new(request: Request, code: str, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    editable = editable_project(session, reader, code, "edit")
    with shown_again(request, lambda problems: _new_page(request, session, editable, typed, problems)):
        new, basis = _read_new(session, alive(editable), typed)
        add_milestone(session, editable.project, new, basis, by=reader.actor)
    return leads_to(session, typed.key, reader, place_of(editable))


def _read_new(session: Session, editable: Editable, typed: Typed) -> tuple[NewMilestone, Basis]:
    problems: list[Broken] = []
    planned_on = None
    if typed["planned_on"].strip():
        with collecting(problems):
            planned_on = day_from(typed, "planned_on", label=LABELS["planned_on"])
    basis = basis_from(typed, milestone_quarters(session, editable)[-1], problems)
    raise_any(problems)
    return NewMilestone(typed["kind"], typed["name"], planned_on), basis


# ---- another day, or out


@router.get("/milestones/{id_}/plan")
def get_plan(request: Request, id_: RecordId, reader: SignedIn, session: Reading) -> Response:
    row, editable = milestone_for(session, reader, id_, "edit")
    planned_on = plan_now(session, row).planned_on
    filled = typed_values(row_version=row.row_version, planned_on=planned_on)
    return _plan_page(request, session, row, alive(editable), filled, NO_PROBLEMS)


@router.get("/milestones/{id_}/drop")
def get_drop(request: Request, id_: RecordId, reader: SignedIn, session: Reading) -> Response:
    row, editable = milestone_for(session, reader, id_, "edit")
    plan_now(session, row)
    filled = typed_values(row_version=row.row_version)
    return _plan_page(request, session, row, alive(editable), filled, NO_PROBLEMS, dropping=True)


def _plan_page(
    request: Request,
    session: Session,
    row: Milestone,
    editable: Editable,
    typed: Typed,
    problems: Problems,
    *,
    dropping: bool = False,
) -> Response:
    stale = problems.status == Stale.status and version_from(typed) != row.row_version
    state = state_now(session, row)
    versions: list[tuple[str, Any, Any]] | None = None
    if stale:
        saved = "" if state is None or state.planned_on is None else state.planned_on.isoformat()
        differs = not dropping and saved != typed["planned_on"].strip()
        versions = [(LABELS["planned_on"], saved, typed["planned_on"])] if differs else []
    return page(
        request,
        "milestones/plan.html",
        editable=editable,
        milestone=row,
        state=state,
        dropping=dropping,
        quarters=_quarters_of(session, row, editable),
        versions=versions,
        row_version=row.row_version if stale else typed["row_version"],
        typed=typed,
        problems=problems,
    )


def _quarters_of(session: Session, row: Milestone, editable: Editable) -> list[int]:
    return milestone_quarters(session, editable, since=plan_now(session, row).effective_from)


@router.post("/milestones/{id_}/plan")
def post_plan(request: Request, id_: RecordId, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    row, editable = milestone_for(session, reader, id_, "edit")
    with shown_again(request, lambda problems: _plan_page(request, session, row, editable, typed, problems)):
        _replanned(session, row, alive(editable), typed, reader)
    return leads_to(session, typed.key, reader, f"/projects/{editable.package.code}/milestones#milestone-{id_}")


def _replanned(session: Session, row: Milestone, editable: Editable, typed: Typed, reader: Reader) -> None:
    """Errors: SeveralBroken with every field that cannot be accepted; those of replan."""
    problems: list[Broken] = []
    planned_on = None
    with collecting(problems):
        planned_on = day_from(typed, "planned_on", label=LABELS["planned_on"])
    basis = basis_from(typed, _quarters_of(session, row, editable)[-1], problems)
    with collecting(problems):
        check_basis(basis, "document", "reason")
    raise_any(problems)
    replan(session, row, planned_on, basis, expected_version=version_from(typed), by=reader.actor)


@router.post("/milestones/{id_}/drop")
def post_drop(request: Request, id_: RecordId, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    row, editable = milestone_for(session, reader, id_, "edit")

    def again(problems: Problems) -> Response:
        return _plan_page(request, session, row, editable, typed, problems, dropping=True)

    with shown_again(request, again):
        problems: list[Broken] = []
        basis = basis_from(typed, _quarters_of(session, row, alive(editable))[-1], problems)
        with collecting(problems):
            check_basis(basis, "reason")
        raise_any(problems)
        drop_milestone(session, row, basis, expected_version=version_from(typed), by=reader.actor)
    return leads_to(session, typed.key, reader, place_of(editable))
