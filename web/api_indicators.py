"""Indicators with their figures as JSON, the same as the command line prints."""

from fastapi import APIRouter, Request, Response

from core.errors import N_, Missing
from portfolio.facts import AS_CORRECTED
from reports.exports import plan_for
from reports.indicator_rows import indicator_rows
from reports.rollup import Scope
from web.api_answers import ANSWERS, ROWS, AsOf, Edition, PlanCode, json_answer, quarter_asked
from web.deps import Reading, SignedIn

router = APIRouter(prefix="/api/v1", tags=["indicators"])


@router.get(
    "/indicators",
    operation_id="listIndicators",
    response_model=ROWS,
    responses=ANSWERS,
    summary="Indicators of a plan, and whether it supports them",
)
def get_indicators(
    request: Request,
    reader: SignedIn,
    session: Reading,
    plan: PlanCode = "",
    as_of: AsOf = "",
    edition: Edition = AS_CORRECTED,
) -> Response:
    """Every indicator of a plan with its source, its series and its support; ratios are texts beside their exact pairs."""
    quarter = quarter_asked(as_of)
    if not plan:
        raise Missing(field="plan", label=N_("规划"))
    found = plan_for(session, reader, plan)
    return json_answer(request, indicator_rows(session, reader, found, Scope(quarter, None, edition)))
