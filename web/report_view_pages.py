"""A report on the screen, and as a workbook: of a plan, a programme of it, a department, or a whole jurisdiction."""

from datetime import date
from io import BytesIO

from fastapi import APIRouter, Request, Response

from budgets.rates import RATES
from core.calendar import period_from_text
from core.errors import N_, Missing, NotThere
from milestones.indicator_math import VERDICTS
from milestones.support import SUPPORT_VERDICTS
from portfolio.facts import EDITIONS
from portfolio.projects import STATES
from reports.correction_rows import KINDS as CORRECTED
from reports.edition_titles import full_name
from reports.exports import plan_for
from reports.findings import words_in
from reports.lamp_words import RED, WORST_FIRST, YELLOW
from reports.money_figures import FIGURES
from reports.narrative import narrative
from reports.orders import ORDER_STATES
from reports.progress_rows import reason_of, ways_of
from reports.quarterly import QuarterlyReport, build
from reports.quarterly_lists import STANDINGS, due_and_met
from reports.quarterly_rows import ProjectRow
from reports.quarterly_scope import KINDS, PLAN, ReportScope
from reports.workbook import write_quarterly
from reports.workbook_corrections import what_of
from web.deps import AppDatabase, Chosen, Reading, SignedIn
from web.downloads import WORKBOOK_TYPE
from web.exporting import told_report
from web.forms import Typed
from web.pages import page
from web.plan_pages import attachment

router = APIRouter()
_FLOWS = {"quarter": N_("本季完成"), "year": N_("本年完成")}  # longer reports are about everything since the start
_MOST_ROWS = 200  # projects, milestones and the like that the page shows; the workbook has them all


def scope_asked(scope: str, plan: str) -> ReportScope:
    """The scope that an address names: plan, programme:name, department:name or jurisdiction:code.

    Errors: NotThere.
    """
    kind, _, name = scope.partition(":")
    if kind not in KINDS or bool(name) == (kind == PLAN):
        raise NotThere
    return ReportScope(kind, plan or None, name or None)


def _built(session: Reading, reader: SignedIn, choices: Chosen, scope: str, plan: str, period: str) -> QuarterlyReport:
    """Errors: NotThere, Missing, NotAPeriod, PeriodOutsidePlan."""
    wanted = scope_asked(scope, plan)
    if not period.strip():
        raise Missing(field="period", label=N_("报告期"))
    return build(session, reader, wanted, period_from_text(period), edition=choices.edition)


def _due(row: ProjectRow, until: date) -> str:
    """How many milestones are met, of how many that are due."""
    states = () if row.lamp is None else row.lamp.progress.milestones
    due, met = due_and_met(states, until)
    return f"{met}/{due}" if states else "—"


@router.get("/reports/view")
def get_report_view(
    request: Request,
    reader: SignedIn,
    session: Reading,
    choices: Chosen,
    scope: str = PLAN,
    plan: str = "",
    period: str = "",
) -> Response:
    report = _built(session, reader, choices, scope, plan, period)
    words = words_in(choices.language)
    lit = [row for row in report.rows if row.lamp is not None and row.lamp.colour in (RED, YELLOW)]
    lit.sort(key=lambda row: WORST_FIRST.index(row.lamp.colour) if row.lamp else 0)
    return page(
        request,
        "reports/view.html",
        report=report,
        said=[words.sentence(one) for one in narrative(report, choices.unit, words.money_unit(choices.unit))],
        notes=[words.sentence(one) for one in report.notes],
        period_name=words.sentence(report.cover.period_name),
        lit=[(row, reason_of(row.lamp.worst, words), ways_of(row.lamp.worst, words)) for row in lit if row.lamp],
        most=_MOST_ROWS,
        figures=FIGURES,
        rates=RATES,
        standings=STANDINGS,
        verdicts=VERDICTS,
        support=SUPPORT_VERDICTS,
        order_states=ORDER_STATES,
        states=STATES,
        flow=_FLOWS.get(report.cover.period.kind),
        due=lambda row: _due(row, report.cover.as_of_on),
        editions=EDITIONS,
        corrected=CORRECTED,
        what_of=lambda one: what_of(words, one),
        typed=Typed({"scope": (scope,), "plan": (plan,), "period": (period,)}),
    )


@router.get("/reports/workbook")
def get_report_workbook(
    request: Request,
    reader: SignedIn,
    session: Reading,
    choices: Chosen,
    database: AppDatabase,
    scope: str = PLAN,
    plan: str = "",
    period: str = "",
) -> Response:
    report = _built(session, reader, choices, scope, plan, period)
    written = BytesIO()
    write_quarterly(report, written, language=choices.language, unit=choices.unit, demo=request.app.state.demo)
    cover = report.cover
    plain = "-".join(
        filter(None, (plan or "report", scope.partition(":")[0] if scope != PLAN else "", str(cover.period)))
    )
    name = full_name(f"{cover.short_title}{cover.about or ''}", cover.period, words_in(choices.language))
    answer = attachment(written.getvalue(), WORKBOOK_TYPE, f"{plain}.xlsx", f"{name}.xlsx")
    plan_id = None if cover.plan_code is None else plan_for(session, reader, cover.plan_code).id
    return told_report(answer, database, reader, plan_id, str(cover.period), kind="quarterly", rows=len(report.rows))
