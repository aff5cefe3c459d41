"""The finance report of a plan as a workbook."""

from io import BytesIO

from fastapi import APIRouter, Request, Response

from core.calendar import period_from_text
from core.errors import N_, Missing
from reports.exports import plan_for
from reports.finance import TITLE, build_finance
from reports.workbook_finance import write_finance
from web.deps import AppDatabase, Chosen, Reading, SignedIn
from web.downloads import WORKBOOK_TYPE
from web.exporting import told_report
from web.plan_pages import attachment

router = APIRouter()


@router.get("/plans/{code}/finance-report")
def get_finance_report(
    request: Request,
    code: str,
    reader: SignedIn,
    session: Reading,
    choices: Chosen,
    database: AppDatabase,
    period: str = "",
) -> Response:
    plan = plan_for(session, reader, code)
    if not period.strip():
        raise Missing(field="period", label=N_("报告期"))
    wanted = period_from_text(period)
    report = build_finance(session, reader, plan, wanted, edition=choices.edition)
    written = BytesIO()
    write_finance(report, written, language=choices.language, unit=choices.unit, demo=request.app.state.demo)
    plain, name = f"{code}-finance-{wanted}.xlsx", f"{plan.short_title}{TITLE}{wanted}.xlsx"
    answer = attachment(written.getvalue(), WORKBOOK_TYPE, plain, name)
    return told_report(answer, database, reader, plan.id, str(wanted), kind="finance")
