"""The data of a report as JSON: the canonical data that editions freeze, of now. Included by api_lists.py."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from core.calendar import period_from_text
from portfolio.facts import AS_CORRECTED
from reports.exports import plan_for
from reports.quarterly import build
from reports.quarterly_data import canonical_data
from reports.quarterly_scope import plan_scope
from web.api_answers import ANSWERS, Edition
from web.deps import Reading, SignedIn

router = APIRouter()

PlanInPath = Annotated[str, Path(max_length=60, description="Plan code, such as xiaoyi.")]
PeriodInPath = Annotated[str, Path(max_length=9, description="2024Q4, 2024, 2023MID or 2025FINAL.")]


@router.get(
    "/reports/{plan}/{period}",
    response_model=dict[str, Any],
    responses=ANSWERS,
    summary="Everything that the report of a plan says",
)
def get_report_data(
    plan: PlanInPath, period: PeriodInPath, reader: SignedIn, session: Reading, edition: Edition = AS_CORRECTED
) -> Response:
    """Fen are whole numbers, exact fractions pairs, days ISO texts; the same bytes whoever asks, in whatever language."""
    found = plan_for(session, reader, plan)
    report = build(session, reader, plan_scope(found), period_from_text(period), edition=edition)
    headers = {"Cache-Control": "private, no-store"}
    return Response(canonical_data(report), media_type="application/json", headers=headers)
