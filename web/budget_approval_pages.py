"""待审核的年度计划: what departments and the office submitted, for finance to approve or send back, many lines at once."""

from fastapi import APIRouter, Request, Response
from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from budgets.line_approval import approve_lines, reject_lines
from budgets.line_reading import WaitingLine, waiting_lines
from budgets.lines import BudgetLine
from budgets.plan_table import span_text
from budgets.sources import source_tree
from core.errors import N_, Broken
from portfolio.access import Reader
from portfolio.plans import Plan
from portfolio.projects import Project
from web.choices import PAGE_PLACE, Choices, find_choices
from web.deps import Chosen, Reading, SignedIn, Writing, answered, leads_to
from web.forms import NO_PROBLEMS, NOTHING_TYPED, Problems, Typed, TypedForm, id_from_text, shown_again
from web.pages import page
from web.plan_choice import PlanChoice, plan_choice

router = APIRouter()

_PAGE = 100


class NoLineTicked(Broken):
    sentence = N_("没有勾选任何一项。请先勾选要审核的计划。")


@router.get("/money/budgets")
def get_budgets(request: Request, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    reader.must("view")  # everybody sees what waits; only finance decides
    return _list(request, session, reader, choices, NOTHING_TYPED, NO_PROBLEMS)


def _list(
    request: Request, session: Session, reader: Reader, choices: Choices, typed: Typed, problems: Problems
) -> Response:
    chosen = plan_choice(session, reader, request.query_params.get("plan", ""))
    after = id_from_text(request.query_params.get(PAGE_PLACE, ""))
    found = waiting_lines(session, _of_plans(chosen), after=after, limit=_PAGE + 1)
    rows = found[:_PAGE]
    own = {one.line.id for one in rows if reader.actor.stands_behind(one.line.recorded_by_id, one.line.recorded_by)}
    tickable = {one.line.id for one in rows if one.line.id not in own and _may_decide(reader, one)}
    ticked = {id_from_text(text) for text in typed.many("line")}
    if request.query_params.get("tick") == "all":
        ticked = set(tickable)
    return page(
        request,
        "money/budgets.html",
        status=problems.status if problems else 200,
        chosen=chosen,
        rows=rows,
        own=own,
        tickable=tickable,
        ticked=ticked,
        plans={plan.id: plan for plan in chosen.plans},
        sources={node.id: node.source for node in source_tree(session)},
        span_text=span_text,
        typed=typed,
        problems=problems,
        following=rows[-1].line.id if len(found) > _PAGE else None,
        after=after,
        tick_all=choices.here(tick="all", done=None, act=None),
        here=choices.here(tick=None, done=None, act=None),
        done=id_from_text(request.query_params.get("done", "")) or 0,
        act=request.query_params.get("act", ""),
    )


def _of_plans(chosen: PlanChoice) -> ColumnElement[bool]:
    """The condition that a project is of the chosen plan, or of one that the reader sees."""
    plans = chosen.plans if chosen.plan is None else (chosen.plan,)
    return col(Project.plan_id).in_([plan.id for plan in plans])


def _may_decide(reader: Reader, one: WaitingLine) -> bool:
    return reader.may("approve_money", one.project.plan_id)


@router.post("/money/budgets")
def post_budgets(request: Request, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    """Approves the ticked lines, or sends them back with one reason: all of them or none."""
    reader.must("approve_money")
    if done := answered(session, typed.key, reader):
        return done
    choices = find_choices(request)
    with shown_again(request, lambda problems: _list(request, session, reader, choices, typed, problems)):
        count = _decided(session, reader, typed)
    act = "reject" if typed["act"] == "reject" else "approve"
    return leads_to(session, typed.key, reader, choices.here(tick=None, done=count, act=act))


def _decided(session: Session, reader: Reader, typed: Typed) -> int:
    """Errors: NoLineTicked; NotThere when a line is of a plan that the reader does not approve; those of approve_lines."""
    ids = {id_ for text in typed.many("line") if (id_ := id_from_text(text)) is not None}
    if not ids:
        raise NoLineTicked(field="line")
    plans = session.exec(
        select(Plan.id)
        .join(Project, col(Project.plan_id) == Plan.id)
        .join(BudgetLine, col(BudgetLine.project_id) == Project.id)
        .where(col(BudgetLine.id).in_(ids))
        .distinct()
    ).all()
    for plan_id in plans:
        reader.must("approve_money", plan_id)
    if typed["act"] == "reject":
        return reject_lines(session, ids, reason=typed["reason"], by=reader.actor)
    return approve_lines(session, ids, by=reader.actor)
