"""The data of a report as JSON: the canonical data that editions freeze, of now."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from core.calendar import period_from_text
from core.errors import N_, Broken
from portfolio.facts import AS_CORRECTED
from reports.exports import plan_for
from reports.quarterly import build
from reports.quarterly_data import canonical_data
from reports.quarterly_scope import department_scope, plan_scope, programme_scope
from web.api_answers import ANSWERS, Edition, bytes_answer
from web.deps import Reading, SignedIn

router = APIRouter(prefix="/api/v1", tags=["reports"])

PlanInPath = Annotated[str, Path(max_length=60, description="Plan code, such as xiaoyi.")]
PeriodInPath = Annotated[str, Path(max_length=9, description="2024Q4, 2024, 2023MID or 2025FINAL.")]
Programme = Annotated[str | None, Query(max_length=200, description="Only what stands under this heading of the plan.")]
LeadDepartment = Annotated[str | None, Query(max_length=200, description="Only what this department leads.")]


class TwoScopes(Broken):
    sentence = N_("报告只能按一个范围：规划类别和牵头部门只写一个，现在写了“%(found)s”和“%(other)s”。")


@router.get(
    "/reports/{plan}/{period}",
    operation_id="getReportData",
    response_model=dict[str, Any],
    responses=ANSWERS,
    summary="Everything that the report of a plan, or of a part of it, says",
)
def get_report_data(
    request: Request,
    plan: PlanInPath,
    period: PeriodInPath,
    reader: SignedIn,
    session: Reading,
    programme: Programme = None,
    department: LeadDepartment = None,
    edition: Edition = AS_CORRECTED,
) -> Response:
    """Fen are whole numbers, exact fractions pairs, days ISO texts; the same bytes whoever asks, in whatever language."""
    found = plan_for(session, reader, plan)
    if programme and department:
        raise TwoScopes(field="department", found=programme, other=department)
    scope = plan_scope(found)
    if programme:
        scope = programme_scope(found, programme)
    elif department:
        scope = department_scope(department, found)
    report = build(session, reader, scope, period_from_text(period), edition=edition)
    return bytes_answer(request, canonical_data(report))
