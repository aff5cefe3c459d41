"""报表: what can be downloaded, plan by plan."""

from fastapi import APIRouter, Request, Response
from sqlmodel import col, select

from portfolio.periods import ReportingPeriod
from web.deps import Chosen, Reading, SignedIn
from web.pages import page
from web.plan_choice import plan_choice
from web.plan_pages import period_options, usual_period

router = APIRouter()


@router.get("/reports")
def get_reports(request: Request, reader: SignedIn, session: Reading, choices: Chosen, plan: str = "") -> Response:
    chosen = plan_choice(session, reader, plan)
    shown = [chosen.plan] if chosen.plan else list(chosen.plans)
    periods = session.exec(
        select(ReportingPeriod)
        .where(col(ReportingPeriod.plan_id).in_([one.id for one in shown]))
        .order_by(col(ReportingPeriod.last_quarter), col(ReportingPeriod.id))
    ).all()
    return page(
        request,
        "reports/reports.html",
        chosen=chosen,
        lines=[
            (one, period_options(tuple(p for p in periods if p.plan_id == one.id)), usual_period(one, choices.quarter))
            for one in shown
        ],
    )
