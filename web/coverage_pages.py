"""规划支撑度: whether the plans' projects are enough for the plans' own targets, and every figure of it opened up."""

from fastapi import APIRouter, Request, Response

from core.errors import N_
from milestones.indicators import OVER_PLACES, OVER_TIME
from milestones.rule_changing import RULE_TIERS
from milestones.support import SUPPORT_VERDICTS
from portfolio.facts import EDITIONS
from reports.coverage_sheet import coverage_sheet
from reports.opened_figure import opened_figure
from web.coverage_formula import formulas
from web.coverage_shown import line_finding, sheet_finding, target_bar, works_in_words
from web.deps import Chosen, Reading, SignedIn
from web.indicator_forms import open_indicator
from web.list_filters import Filters
from web.list_pages import NATURES
from web.pages import page
from web.plan_choice import plan_choice
from web.progress_pages import chosen_scope
from web.told import told

router = APIRouter()

MOST_CARRIERS = 4  # projects that a row of the table names before it leads to the figure's own page
TIERS = {
    "planned": N_("任务"),
    "claimed": N_("上报"),
    "verified": N_("核实合格"),
    "surviving": N_("保存量"),
}


@router.get("/coverage")
def get_coverage(request: Request, reader: SignedIn, session: Reading, choices: Chosen, plan: str = "") -> Response:
    chosen = plan_choice(session, reader, plan.strip())
    filters = Filters(request, choices, chosen)
    verdict = filters.one_of("verdict", N_("结论"), SUPPORT_VERDICTS)
    nature = filters.one_of("nature", N_("属性"), NATURES)
    sheet = coverage_sheet(
        session, reader, chosen_scope(chosen, choices), with_contributions=chosen.plan_id is not None
    )
    kept = [
        one
        for one in sheet.lines
        if (verdict is None or one.figures.coverage.verdict == verdict)
        and (nature is None or (one.figures.nature or "none") == nature)
    ]
    bars = [bar for one in kept if (bar := target_bar(one)) is not None]
    problems = filters.problems
    return page(
        request,
        "coverage/coverage.html",
        status=problems.status if problems else 200,
        chosen=chosen,
        sheet=sheet,
        finding=told(sheet_finding(sheet), choices.language),
        lines=kept,
        bars=bars,
        filters=filters,
        typed=filters.typed,
        problems=problems,
        verdicts=SUPPORT_VERDICTS,
        natures=NATURES,
        tiers=TIERS,
        works=works_in_words,
        most=MOST_CARRIERS,
        editions=EDITIONS,
    )


@router.get("/coverage/{code}/{no}")
def get_coverage_figure(
    request: Request, code: str, no: str, reader: SignedIn, session: Reading, choices: Chosen
) -> Response:
    """The figure opened up (口径): formula with its numbers, rows that count, and rows that were left out with the reason."""
    found = open_indicator(session, reader, code, no)
    opened = opened_figure(session, reader, found.id, choices.quarter, choices.edition)
    return page(
        request,
        "coverage/figure.html",
        found=found,
        row=found.indicator,
        plan=found.plan,
        opened=opened,
        line=opened.line,
        figures=opened.line.figures,
        bar=target_bar(opened.line),
        formulas=formulas(opened.line.figures),
        finding=told(line_finding(opened.line), choices.language),
        verdicts=SUPPORT_VERDICTS,
        tiers=TIERS,
        rule_tiers=RULE_TIERS,
        over_time=OVER_TIME,
        over_places=OVER_PLACES,
        works=works_in_words,
        editions=EDITIONS,
    )
