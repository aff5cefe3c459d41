"""Making a project, or a package with its parts."""

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, col, select

from budgets.packages import NewPart, create_with_estimate, part_field
from core.audit import Actor
from core.errors import N_, Broken, Missing, NotThere, SeveralBroken
from core.money import UNITS
from portfolio.access import Reader
from portfolio.plans import Plan, find_plan
from portfolio.projects import Project
from portfolio.values import Basis, ProjectValues, check_basis, check_values
from web.deps import Chosen, Reading, SignedIn, Writing, answered, leads_to
from web.forms import NO_PROBLEMS, Problems, Typed, TypedForm, collecting, id_from_text, shown_again, typed_values
from web.pages import page
from web.project_forms import (
    amount_from,
    basis_from,
    first_open,
    offered_in,
    project_from,
    quarters_since,
    spelled,
    unit_from,
)

router = APIRouter()

_FIRST_LINES, _MORE_LINES, _MOST_LINES = 3, 3, 60


@router.get("/projects/new")
def get_new_project(request: Request, reader: SignedIn, session: Reading, choices: Chosen, plan: str = "") -> Response:
    plans = _plans_to_create_in(session, reader)
    if not plan and len(plans) != 1:
        return page(request, "projects/new_where.html", plans=plans)
    found = _plan_to_create_in(session, reader, plan or plans[0].code)
    return _new_page(request, session, found, typed_values(estimate_unit=choices.unit), NO_PROBLEMS)


def _plans_to_create_in(session: Session, reader: Reader) -> list[Plan]:
    """Errors: NotThere for somebody who may not create anywhere."""
    reader.must("create")
    plans = session.exec(select(Plan).order_by(col(Plan.jurisdiction_code), col(Plan.first_year)))
    return [plan for plan in plans if reader.may("create", plan.id)]


def _plan_to_create_in(session: Session, reader: Reader, code: str) -> Plan:
    """Errors: NotThere."""
    plan = find_plan(session, code)
    if plan is None:
        raise NotThere
    reader.must("create", plan.id)
    return plan


def _lines(typed: Typed) -> int:
    """How many lines the parts editor has."""
    lines = id_from_text(typed["part_lines"]) or _FIRST_LINES
    return min(_MOST_LINES, lines + _MORE_LINES if typed["more_parts"] else lines)


def _new_page(request: Request, session: Session, plan: Plan, typed: Typed, problems: Problems) -> Response:
    lines = range(1, _lines(typed) + 1)
    return page(
        request,
        "projects/new.html",
        plan=plan,
        typed=typed,
        problems=problems,
        lines=lines,
        part_field=part_field,
        any_part=any(typed[part_field(name, line)] for line in lines for name in ("name", "estimate")),
        units=UNITS,
        spelled=spelled(typed, "estimate", *(part_field("estimate", line) for line in lines)),
        quarters=quarters_since(first_open(session, plan)),
        **offered_in(session, plan),
    )


@router.post("/projects/new")
def post_project(request: Request, reader: SignedIn, typed: TypedForm, session: Writing, plan: str = "") -> Response:
    if done := answered(session, typed.key, reader):
        return done
    found = _plan_to_create_in(session, reader, plan)
    if typed["more_parts"]:
        return _new_page(request, session, found, typed, NO_PROBLEMS)
    with shown_again(request, lambda problems: _new_page(request, session, found, typed, problems)):
        project = _created(session, found, typed, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/projects/{project.code}")


def _created(session: Session, plan: Plan, typed: Typed, *, by: Actor) -> Project:
    """Errors: SeveralBroken with every field that cannot be accepted; those of create_with_estimate."""
    problems: list[Broken] = []
    values = project_from(session, plan, typed, problems)
    basis = basis_from(typed, plan.start, problems)
    unit = unit_from(typed, problems)
    estimate = amount_from(typed, "estimate", unit, problems)
    parts = _parts_from(typed, unit, problems)
    _add_checks(session, plan, values, basis, problems)
    if problems:
        raise SeveralBroken(problems)
    return create_with_estimate(session, plan, values, estimate, parts, basis, by=by)


def _parts_from(typed: Typed, unit: str | None, problems: list[Broken]) -> list[NewPart]:
    """The lines of the parts editor that something was typed in."""
    parts = []
    for line in range(1, _lines(typed) + 1):
        name, field = typed[part_field("name", line)].strip(), part_field("estimate", line)
        amount = amount_from(typed, field, unit, problems)
        if name:
            parts.append(NewPart(line, name, amount))
        elif typed[field].strip():
            problems.append(Missing(field=part_field("name", line), label=N_("子项目名称")))
    return parts


def _add_checks(session: Session, plan: Plan, values: ProjectValues, basis: Basis, problems: list[Broken]) -> None:
    """Adds what the rules say to what reading the form found, so that one answer names everything."""
    more: list[Broken] = []
    with collecting(more):
        check_values(session, plan, values)
    with collecting(more):
        check_basis(basis, "document", "reason")
    known = {problem.field for problem in problems}
    problems += [problem for problem in more if problem.field not in known]
