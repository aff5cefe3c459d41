"""Plans of money and what the year will come to, by the API: budget lines and the forecast."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import col

from budgets.line_reading import PlanLine, plan_lines
from budgets.lines import TOTAL
from budgets.sources import source_tree
from core.calendar import quarter_name
from core.database import select_columns
from core.errors import N_, Missing
from core.settings import settings
from portfolio.facts import AS_CORRECTED, must_be_edition
from portfolio.projects import Project
from reports.exports import plan_for
from reports.findings import Words, words_in
from reports.forecast_sheet import SourceForecast, forecast_sheet
from reports.rollup import Scope
from web.api_answers import ANSWERS, AsOf, Edition, PlanCode, json_answer, quarter_asked
from web.api_figure_shapes import BudgetLineRow, ForecastRow
from web.deps import Reading, SignedIn

router = APIRouter(prefix="/api/v1", tags=["figures"])


@router.get(
    "/budget-lines",
    operation_id="listBudgetLines",
    response_model=list[BudgetLineRow],
    responses=ANSWERS,
    summary="Investment plans and budgets of a plan's projects",
)
def get_budget_lines(
    request: Request,
    reader: SignedIn,
    session: Reading,
    plan: PlanCode = "",
    as_of: AsOf = "",
    edition: Edition = AS_CORRECTED,
) -> Response:
    """Every line (project x span x source) as of the quarter: at its first approval, with every adjustment, carried over."""
    must_be_edition(edition)
    quarter = quarter_asked(as_of)
    if not plan:
        raise Missing(field="plan", label=N_("规划"))
    found = plan_for(session, reader, plan)
    codes = dict(
        session.execute(select_columns(Project.id, Project.code).where(col(Project.plan_id) == found.id)).all()
    )
    names = {node.id: node.source.name for node in source_tree(session)}
    lines = plan_lines(session, list(codes), quarter, edition=edition)
    rows = [_line(one, found.code, codes[one.project_id], names[one.source_id]) for one in lines]
    return json_answer(request, rows)


def _line(one: PlanLine, plan: str, project: str, source: str) -> dict[str, Any]:
    covers = None if one.span == TOTAL else quarter_name(one.covers) if one.covers > 9999 else str(one.covers)
    return {
        **{"plan": plan, "project": project, "span": one.span, "covers": covers, "source": source},
        **{"original_fen": one.original_fen, "amount_fen": one.amount_fen, "carried_fen": one.carried_fen},
        **{"versions": len(one.versions), "waiting": None if one.open is None else one.open.state},
    }


@router.get(
    "/forecast",
    operation_id="getForecast",
    response_model=list[ForecastRow],
    responses=ANSWERS,
    summary="What the year will come to, by source",
)
def get_forecast(
    request: Request,
    reader: SignedIn,
    session: Reading,
    plan: PlanCode = "",
    as_of: AsOf = "",
    edition: Edition = AS_CORRECTED,
) -> Response:
    """Paid and budgeted of the year, expected at its end, needed next quarter; `execution` is an exact pair."""
    must_be_edition(edition)
    quarter = quarter_asked(as_of)
    plan_ids = frozenset({plan_for(session, reader, plan).id or 0}) if plan else None
    sheet = forecast_sheet(session, reader, Scope(quarter, plan_ids, edition), edition)
    words = words_in(settings().language)
    return json_answer(request, [_forecast(one, words) for one in sheet.rows])


def _forecast(one: SourceForecast, words: Words) -> dict[str, Any]:
    year, told = one.year, one.expected
    return {
        "source": one.node.source.name,
        **{"budget_fen": year.budget_fen, "paid_fen": year.paid_fen, "balance_fen": year.balance_fen},
        "year_end_fen": told.year_end_fen,
        "execution": None if told.execution is None else list(told.execution),
        **{"next_quarter_fen": told.next_quarter_fen, "to_raise_fen": told.to_raise_fen},
        "why_not": None if told.why_not is None else words.say(told.why_not),
    }
