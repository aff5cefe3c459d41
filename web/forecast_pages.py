"""年末预测: what each funding source is expected to pay by the end of the year, and what it needs next quarter."""

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from budgets.rates import Rate
from core.calendar import next_quarter
from portfolio.facts import EDITIONS
from reports.forecast import RULE
from reports.forecast_sheet import ForecastSheet, forecast_sheet
from reports.rollup import Scope
from web.deps import Chosen, Reading, SignedIn
from web.pages import page
from web.plan_choice import plan_choice

router = APIRouter()


@dataclass(frozen=True)
class ForecastTotal:
    """What the sources come to where it is known, in fen; `execution` compares only sources with a forecast."""

    budget_fen: int | None
    paid_fen: int
    balance_fen: int
    year_end_fen: int | None
    next_quarter_fen: int | None
    to_raise_fen: int | None
    execution: Rate


@router.get("/money/forecast")
def get_forecast(request: Request, reader: SignedIn, session: Reading, choices: Chosen, plan: str = "") -> Response:
    chosen = plan_choice(session, reader, plan.strip())
    plan_ids = None if chosen.plan_id is None else frozenset({chosen.plan_id})
    scope = Scope(choices.quarter, plan_ids, choices.edition)
    sheet = forecast_sheet(session, reader, scope, choices.edition)
    amounts = [row.year.budget_fen or 0 for row in sheet.rows] + [row.expected.year_end_fen or 0 for row in sheet.rows]
    return page(
        request,
        "money/forecast.html",
        chosen=chosen,
        sheet=sheet,
        total=_total(sheet),
        largest=max([*amounts, *(row.year.paid_fen for row in sheet.rows)], default=0),
        year=scope.quarter // 10,
        next_one=next_quarter(scope.quarter),
        rule=RULE,
        editions=EDITIONS,
    )


def _total(sheet: ForecastSheet) -> ForecastTotal:
    budgets = [row.year.budget_fen for row in sheet.rows if row.year.budget_fen is not None]
    pairs = [row.expected.execution for row in sheet.rows if row.expected.execution is not None]
    execution = Rate(sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)) if pairs else Rate(None, None)
    return ForecastTotal(
        budget_fen=sum(budgets) if budgets else None,
        paid_fen=sum(row.year.paid_fen for row in sheet.rows),
        balance_fen=sum(row.year.balance_fen for row in sheet.rows),
        year_end_fen=sheet.total("year_end_fen"),
        next_quarter_fen=sheet.total("next_quarter_fen"),
        to_raise_fen=sheet.total("to_raise_fen"),
        execution=execution,
    )
