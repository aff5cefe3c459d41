"""年度投资计划 of a project: what is planned by year and source, what is secured and what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, col, select

from budgets.entries import DRAFT, STATES
from budgets.gap import funding_of
from budgets.line_editing import submit_lines
from budgets.line_reading import PlanLine, counts, plan_lines, wider_plans
from budgets.lines import BudgetLine
from budgets.plan_table import Amount, PlanTable, plan_table, span_text
from budgets.sources import SourceNode, source_tree
from core.errors import N_, Broken, NotThere
from portfolio.access import Reader
from portfolio.facts import AS_CORRECTED
from portfolio.plans import Plan
from portfolio.projects import Project
from portfolio.states import ended_parts, not_archived
from portfolio.values import project_values
from web.choices import Choices, find_choices
from web.deps import Chosen, Reading, SignedIn, Writing, answered, leads_to
from web.forms import NO_PROBLEMS, NOTHING_TYPED, Problems, Typed, TypedForm, shown_again
from web.pages import page
from web.project_forms import alive, editable_project

router = APIRouter()


class NoDrafts(Broken):
    sentence = N_("没有您填写的草稿可以提交。")


@dataclass(frozen=True)
class BudgetView:
    """A project with its plan, the leaves whose lines count, and whether the reader writes lines of it."""

    project: Project
    package: Project
    plan: Plan
    leaves: tuple[Project, ...]
    ended: frozenset[int]
    may_write: bool

    @property
    def is_package(self) -> bool:
        return bool(self.leaves) and self.leaves[0] is not self.project

    @property
    def counted(self) -> list[int]:
        """The ids of the leaves that count: an ended part leaves the counts."""
        return [leaf.id for leaf in self.leaves if leaf.id is not None and leaf.id not in self.ended]


def budget_view(session: Session, reader: Reader, code: str, quarter: int, edition: str = AS_CORRECTED) -> BudgetView:
    """Errors: NotThere, also when the reader may not see the plan."""
    project = session.exec(select(Project).where(Project.code == code)).first()
    if project is None or project.id is None or not reader.may("view", project.plan_id):
        raise NotThere
    package = project if project.parent_id is None else session.get_one(Project, project.parent_id)
    parts = session.exec(
        select(Project)
        .where(Project.parent_id == project.id, not_archived(Project, quarter, edition))
        .order_by(col(Project.position), col(Project.id))
    ).all()
    values = project_values(session, package, quarter)
    answering = frozenset(id_ for id_ in (values.lead_id, values.reporting_id) if id_ is not None)
    here = project.archived_at is None and package.archived_at is None
    return BudgetView(
        project=project,
        package=package,
        plan=session.get_one(Plan, project.plan_id),
        leaves=tuple(parts) or (project,),
        ended=frozenset(ended_parts(session, [project.id], quarter, edition)) if parts else frozenset(),
        may_write=here and not parts and reader.may("budget", project.plan_id, answering),
    )


@router.get("/projects/{code}/budget")
def get_budget(request: Request, code: str, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    view = budget_view(session, reader, code, choices.quarter, choices.edition)
    return _budget_page(request, session, reader, view, choices, NOTHING_TYPED, NO_PROBLEMS)


def _budget_page(
    request: Request,
    session: Session,
    reader: Reader,
    view: BudgetView,
    choices: Choices,
    typed: Typed,
    problems: Problems,
) -> Response:
    tree = source_tree(session)
    lines = plan_lines(session, view.counted, choices.quarter, edition=choices.edition)
    assert view.project.id is not None
    ids = [view.project.id, *(leaf.id for leaf in view.leaves if leaf.id is not None and leaf is not view.project)]
    funding = funding_of(session, ids, choices.quarter, edition=choices.edition)
    own = [line.open for line in lines if line.open is not None and line.open.state == DRAFT]
    return page(
        request,
        "projects/budget.html",
        view=view,
        typed=typed,
        problems=problems,
        table=table_of(lines, tree),
        lines=_in_order(lines, tree),
        sources={node.id: node.source for node in tree},
        funding=funding[view.project.id],
        fundings=funding,
        warnings=_warnings(lines),
        states=STATES,
        own_drafts=sum(1 for row in own if reader.actor.did(row.recorded_by_id, row.recorded_by)),
        waiting=sum(1 for line in lines if line.open is not None and line.open.state != DRAFT),
        years=_years(view, lines),
        span_text=span_text,
        counting=lambda row: counts(row, choices.quarter, choices.edition),
    )


def table_of(lines: Sequence[PlanLine], tree: Sequence[SourceNode]) -> PlanTable:
    """Years down, sources across, of what was approved."""
    amounts = [
        Amount(line.covers, line.source_id, line.amount_fen, line.carried_fen)
        for line in lines
        if line.amount_fen is not None
    ]
    fiscal = {node.id for node in tree if node.source.fiscal}
    return plan_table(amounts, [node.id for node in tree], fiscal)


def _in_order(lines: Sequence[PlanLine], tree: Sequence[SourceNode]) -> list[PlanLine]:
    """The lines as the table reads: the total, each year with its quarters, sources as in the tree."""
    place = {node.id: number for number, node in enumerate(tree)}
    return sorted(lines, key=lambda line: (line.year or 0, line.span == "quarter", line.covers, place[line.source_id]))


def _warnings(lines: Sequence[PlanLine]) -> list[Any]:
    """Where narrower plans come to more than wider ones; what is drafted or waits is looked at as if it were approved."""
    leaves: dict[int, list[PlanLine]] = {}
    for line in lines:
        row = line.open
        seen = line if row is None else replace(line, amount_fen=row.amount_fen, carried_fen=row.carried_fen)
        leaves.setdefault(line.project_id, []).append(seen)
    return [warning for own in leaves.values() for warning in wider_plans(own)]


def _years(view: BudgetView, lines: Sequence[PlanLine]) -> list[int]:
    """The years that forms are offered for: the project's own, those that have lines, and one more for what is carried over."""
    first = view.project.first_year or view.package.first_year or view.plan.first_year
    last = view.project.last_year or view.package.last_year or view.plan.last_year
    planned = [line.year for line in lines if line.year is not None]
    return list(range(min([first, *planned]), max([last, *planned]) + 2))


@router.post("/projects/{code}/budget/drafts")
def post_budget_drafts(request: Request, code: str, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    """Hands the reader's own drafts of this project over to finance."""
    if done := answered(session, typed.key, reader):
        return done
    editable = editable_project(session, reader, code, "budget")
    choices = find_choices(request)

    def again(problems: Problems) -> Response:
        view = budget_view(session, reader, code, choices.quarter, choices.edition)
        return _budget_page(request, session, reader, view, choices, typed, problems)

    with shown_again(request, again):
        drafts = (
            select(BudgetLine)
            .where(BudgetLine.project_id == alive(editable).project.id, BudgetLine.state == DRAFT)
            .order_by(col(BudgetLine.id))
        )
        rows = [row for row in session.exec(drafts) if reader.actor.did(row.recorded_by_id, row.recorded_by)]
        if not rows:
            raise NoDrafts
        submit_lines(session, rows, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/projects/{code}/budget#lines")
