"""上下级挂接: which projects of lower plans support a plan, and which higher plans its own projects support."""

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, col, select

from core.calendar import current_quarter, period_from_text, quarter_name
from core.errors import Broken, Invalid, Missing, NotThere
from milestones.indicator_rules import ProgrammeLink
from milestones.plan_links import LABELS, LinkLine, end_link, link_project, links_of
from portfolio.access import Reader
from portfolio.jurisdictions import below
from portfolio.plans import Plan, Programme, headings
from portfolio.projects import Project
from portfolio.values import Basis
from reports.exports import plan_for
from web.deps import Reading, RecordId, SignedIn, Writing, answered, leads_to
from web.forms import (
    NO_PROBLEMS,
    NOTHING_TYPED,
    Problems,
    Typed,
    TypedForm,
    collecting,
    id_from_text,
    raise_any,
    shown_again,
)
from web.pages import page
from web.project_forms import first_open, quarters_since

router = APIRouter()


@router.get("/plans/{code}/links")
def get_links(request: Request, code: str, reader: SignedIn, session: Reading) -> Response:
    return _links_page(request, session, reader, plan_for(session, reader, code), NOTHING_TYPED, NO_PROBLEMS)


def _links_page(
    request: Request, session: Session, reader: Reader, plan: Plan, typed: Typed, problems: Problems
) -> Response:
    assert plan.id is not None
    lower = _lower_plans(session, reader, plan)
    tree = sorted(headings(session, {plan.id}).values(), key=lambda one: [id_ for id_, _ in one.path])
    return page(
        request,
        "plans/links.html",
        plan=plan,
        supported=_seen(reader, links_of(session, plan.id, upward=False)),
        supports=_seen(reader, links_of(session, plan.id, upward=True)),
        lower=[(one.short_title, _projects_of(session, one)) for one in lower],
        programmes=[(str(one.id), "　" * (len(one.path) - 1) + one.path[-1][1]) for one in tree],
        quarters=quarters_since(first_open(session, plan)),
        now=current_quarter(),
        may_link=reader.may("rules", plan.id),
        labels=LABELS,
        typed=typed,
        problems=problems,
    )


def _seen(reader: Reader, lines: list[LinkLine]) -> list[LinkLine]:
    """The links of which the reader may see both ends."""
    return [one for one in lines if reader.may("view", one.lower.id) and reader.may("view", one.higher.id)]


def _lower_plans(session: Session, reader: Reader, plan: Plan) -> list[Plan]:
    inside = below(session, plan.jurisdiction_code) - {plan.jurisdiction_code}
    query = select(Plan).where(col(Plan.jurisdiction_code).in_(inside), reader.sees(Plan.id))  # type: ignore[arg-type]
    return list(session.exec(query.order_by(col(Plan.jurisdiction_code), col(Plan.id))))


def _projects_of(session: Session, plan: Plan) -> list[tuple[str, str]]:
    query = select(Project.code, Project.name).where(
        Project.plan_id == plan.id, col(Project.parent_id).is_(None), col(Project.archived_at).is_(None)
    )
    return [(code, f"{code} {name}") for code, name in session.exec(query.order_by(col(Project.position)))]


@router.post("/plans/{code}/links")
def post_link(request: Request, code: str, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    plan = plan_for(session, reader, code)
    reader.must("rules", plan.id)
    with shown_again(request, lambda problems: _links_page(request, session, reader, plan, typed, problems)):
        project, programme, basis = _link_from(session, reader, plan, typed)
        link_project(session, project, programme, basis, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/plans/{plan.code}/links")


def _link_from(session: Session, reader: Reader, plan: Plan, typed: Typed) -> tuple[Project, Programme, Basis]:
    """Errors: SeveralBroken with every field that cannot be read."""
    problems: list[Broken] = []
    project = session.exec(select(Project).where(Project.code == typed["project"].strip())).first()
    if project is None or not reader.may("view", project.plan_id):
        project = None
        problems.append(Missing(field="project", label=LABELS["project"]))
    programme = session.get(Programme, id_from_text(typed["programme"]) or 0)
    if programme is None or programme.plan_id != plan.id:
        problems.append(Missing(field="programme", label=LABELS["programme"]))
    basis = Basis(plan.start)
    with collecting(problems):
        basis = _basis(typed)
    raise_any(problems)
    assert project is not None
    assert programme is not None
    return project, programme, basis


def _basis(typed: Typed) -> Basis:
    period = period_from_text(typed["from_quarter"], field="from_quarter")
    if period.kind != "quarter" or period.last_quarter > current_quarter():
        expected = quarter_name(current_quarter())
        raise Invalid(
            field="from_quarter", label=LABELS["from_quarter"], found=typed["from_quarter"], expected=expected
        )
    return Basis(period.last_quarter, document=typed["document"], reason=typed["reason"])


@router.get("/plans/{code}/links/{id_}/end")
def get_link_end(request: Request, code: str, id_: RecordId, reader: SignedIn, session: Reading) -> Response:
    plan, line = _open_link(session, reader, code, id_)
    return _end_page(request, session, plan, line, NOTHING_TYPED, NO_PROBLEMS)


def _open_link(session: Session, reader: Reader, code: str, id_: int) -> tuple[Plan, LinkLine]:
    """Errors: NotThere, also for who may not end it."""
    plan = plan_for(session, reader, code)
    reader.must("rules", plan.id)
    assert plan.id is not None
    line = next((one for one in links_of(session, plan.id, upward=False) if one.link.id == id_), None)
    if line is None or line.link.effective_until is not None:
        raise NotThere
    return plan, line


def _end_page(
    request: Request, session: Session, plan: Plan, line: LinkLine, typed: Typed, problems: Problems
) -> Response:
    quarters = quarters_since(max(first_open(session, plan), line.link.effective_from))
    return page(request, "plans/link_end.html", plan=plan, line=line, quarters=quarters, typed=typed, problems=problems)


@router.post("/plans/{code}/links/{id_}/end")
def post_link_end(
    request: Request, code: str, id_: RecordId, reader: SignedIn, typed: TypedForm, session: Writing
) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    plan, line = _open_link(session, reader, code, id_)
    with shown_again(request, lambda problems: _end_page(request, session, plan, line, typed, problems)):
        end_link(session, session.get_one(ProgrammeLink, id_), _basis(typed), by=reader.actor)
    return leads_to(session, typed.key, reader, f"/plans/{plan.code}/links")
