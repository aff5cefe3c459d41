"""规划: the plans, and each with its programme tree, lists in short, periods, sources and its report."""

from collections import defaultdict
from dataclasses import dataclass
from io import BytesIO

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, col, select

from core.calendar import period_from_text
from core.errors import N_, Missing
from milestones.indicators import TARGET_KINDS
from portfolio.access import Reader
from portfolio.jurisdictions import Jurisdiction
from portfolio.periods import ReportingPeriod
from portfolio.plans import Plan
from reports.carry_over import taken_over_list
from reports.edition_titles import full_name
from reports.exports import plan_for
from reports.findings import words_in
from reports.overview import overview
from reports.plan_sheet import plan_sheet
from reports.quarterly import build
from reports.quarterly_scope import plan_scope
from reports.rollup import Scope
from reports.workbook import write_quarterly
from web.choices import Choices
from web.deps import AppDatabase, Chosen, Reading, SignedIn
from web.downloads import WORKBOOK_TYPE, saved_as
from web.exporting import told_report
from web.forms import Problems, Typed, shown_again
from web.pages import page
from web.plan_choice import plan_choice
from web.told import told

router = APIRouter()


@dataclass(frozen=True)
class Year:
    """The reporting periods of a plan that end in one year: its quarters, and the year, mid-term and final ones."""

    year: int
    quarters: tuple[ReportingPeriod, ...]
    others: tuple[ReportingPeriod, ...]


@router.get("/plans")
def get_plans(request: Request, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    seen = overview(session, reader, Scope(choices.quarter, edition=choices.edition))
    plans = {plan.code: plan for plan in plan_choice(session, reader, "").plans}
    places = session.exec(
        select(Jurisdiction).where(col(Jurisdiction.code).in_({plan.jurisdiction_code for plan in plans.values()}))
    )
    figures = {found.code: found for found in seen.plans}
    return page(
        request,
        "plans/plans.html",
        lines=[(plan, figures[code]) for code, plan in plans.items()],
        places={place.code: place for place in places},
        total=seen.total,
        drafts=seen.drafts_in_sum,
    )


@router.get("/plans/{code}")
def get_plan(request: Request, code: str, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    return _plan_page(request, session, reader, code, choices, Typed())


def _plan_page(
    request: Request,
    session: Session,
    reader: Reader,
    code: str,
    choices: Choices,
    typed: Typed,
    problems: Problems | None = None,
) -> Response:
    sheet = plan_sheet(session, reader, code, choices.quarter, choices.edition)
    assert sheet.plan.id is not None
    seen = overview(session, reader, Scope(choices.quarter, frozenset({sheet.plan.id}), choices.edition))
    more = {} if problems is None else {"problems": problems}
    taken = taken_over_list(session, reader, sheet.plan, choices.quarter, edition=choices.edition)
    return page(
        request,
        "plans/plan.html",
        sheet=sheet,
        taken=taken,
        seen=seen.total,
        finding=told(seen.programme_finding, choices.language),
        kinds=TARGET_KINDS,
        years=years_of(sheet.periods),
        options=period_options(sheet.periods),
        typed=typed if typed["period"] else Typed({"period": (usual_period(sheet.plan, choices.quarter),)}),
        **more,  # type: ignore[arg-type]
    )


def years_of(periods: tuple[ReportingPeriod, ...]) -> list[Year]:
    """The periods year by year."""
    found: dict[int, list[ReportingPeriod]] = defaultdict(list)
    for period in periods:
        found[period.last_quarter // 10].append(period)
    return [
        Year(
            year,
            tuple(one for one in inside if one.kind == "quarter"),
            tuple(one for one in inside if one.kind != "quarter"),
        )
        for year, inside in sorted(found.items())
    ]


def period_options(periods: tuple[ReportingPeriod, ...]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The periods as groups of a select, by year."""
    return [
        (str(year.year), [(one.name, one.name) for one in (*year.quarters, *year.others)]) for year in years_of(periods)
    ]


def usual_period(plan: Plan, quarter: int) -> str:
    """The quarter that is asked for when nobody chose one: the present one, as far as the plan reaches."""
    number = min(max(quarter, plan.start), plan.last_year * 10 + 4)
    return f"{number // 10}Q{number % 10}"


@router.get("/plans/{code}/report")
def get_plan_report(
    request: Request,
    code: str,
    reader: SignedIn,
    session: Reading,
    choices: Chosen,
    database: AppDatabase,
    period: str = "",
) -> Response:
    plan = plan_for(session, reader, code)
    typed = Typed({"period": (period,)})
    with shown_again(request, lambda problems: _plan_page(request, session, reader, code, choices, typed, problems)):
        if not period.strip():
            raise Missing(field="period", label=N_("报告期"))
        wanted = period_from_text(period)
        report = build(session, reader, plan_scope(plan), wanted, edition=choices.edition)
    written = BytesIO()
    write_quarterly(report, written, language=choices.language, unit=choices.unit, demo=request.app.state.demo)
    name = full_name(plan.short_title, wanted, words_in(choices.language))
    answer = attachment(written.getvalue(), WORKBOOK_TYPE, f"{code}-{wanted}.xlsx", f"{name}.xlsx")
    return told_report(answer, database, reader, plan.id, str(wanted), kind="quarterly", rows=len(report.rows))


def attachment(body: bytes, media_type: str, plain_name: str, name: str) -> Response:
    """A file to be saved, under a name in plain letters for old browsers and in any letters for the others."""
    return Response(body, media_type=media_type, headers=saved_as(name, plain_name))
