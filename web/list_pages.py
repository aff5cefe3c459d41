"""指标 and 任务: what the plans want to reach, and the promises with a number, as printed and as read."""

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.errors import N_
from milestones.indicator_math import GRADE_NAMES, VERDICTS
from milestones.indicators import TARGET_KINDS, Indicator
from milestones.reading_reports import waiting_readings
from milestones.readings import OfficialReading
from milestones.support import SUPPORT_VERDICTS
from portfolio.access import Reader
from portfolio.plans import Heading, headings
from reports.commitment_list import COMMITMENT_KINDS, CommitmentFilter, commitment_list
from reports.indicator_list import (
    NO_NATURE,
    QUANTIFIED,
    UNQUANTIFIED,
    IndicatorFilter,
    indicator_categories,
    indicator_list,
)
from reports.indicators import indicator_figures
from reports.rollup import Scope
from web.deps import Chosen, Reading, SignedIn
from web.list_filters import Filters
from web.plan_choice import PlanChoice, plan_choice

router = APIRouter()

# 约束性 stands first: it is what a jurisdiction answers for.
NATURES = {"约束性": N_("约束性"), "预期性": N_("预期性"), NO_NATURE: N_("未印明属性")}
# A target that is no number is never shown as 0 % or 100 %.
BADGES = TARGET_KINDS | {
    "keep": N_("未定量·保持"),
    "trend": N_("未定量·趋势"),
    "grade": N_("等级"),
    "qualitative": N_("未定量·定性"),
}
KINDS = {QUANTIFIED: N_("有定量目标"), UNQUANTIFIED: N_("没有定量目标")} | BADGES


@router.get("/indicators")
def get_indicators(request: Request, reader: SignedIn, session: Reading, choices: Chosen, plan: str = "") -> Response:
    chosen = plan_choice(session, reader, plan)
    filters = Filters(request, choices, chosen)
    categories = {name: name for name in indicator_categories(session, reader, chosen.plan_id)}
    wanted = IndicatorFilter(
        plan_id=chosen.plan_id,
        category=filters.one_of("category", N_("类别"), categories, of_plan=True),
        kind=filters.one_of("kind", N_("目标类型"), KINDS),
        nature=filters.one_of("nature", N_("属性"), NATURES),
        verdict=filters.one_of("verdict", N_("结论"), SUPPORT_VERDICTS),
        text=filters.text(),
    )
    scope = Scope(choices.quarter, None if chosen.plan_id is None else frozenset({chosen.plan_id}), choices.edition)
    figures = {one.indicator_id: one for one in indicator_figures(session, reader, scope)}
    found = indicator_list(session, reader, wanted, choices.quarter, after=filters.after, figures=figures)
    return filters.listed(
        request,
        "indicators/indicators.html",
        chosen=chosen,
        found=found,
        categories=list(categories.items()),
        badges=BADGES,
        kinds=KINDS,
        natures=NATURES,
        verdicts=SUPPORT_VERDICTS,
        grades=GRADE_NAMES,
        judgements=VERDICTS,
        waiting=_waiting(session, reader, chosen),
    )


def _waiting(session: Session, reader: Reader, chosen: PlanChoice) -> list[tuple[OfficialReading, Indicator, str]]:
    """The readings that this reader may accept, each with its indicator and the code of its plan."""
    plans = reader.plans_for("accept_works")
    if plans is not None and not plans:
        return []
    if chosen.plan_id is not None:
        plans = frozenset({chosen.plan_id}) if plans is None else plans & {chosen.plan_id}
    codes = {one.id: one.code for one in chosen.plans}
    return [
        (row, indicator, codes[indicator.plan_id])
        for row, indicator in waiting_readings(session, plans)
        if indicator.plan_id in codes and not reader.actor.stands_behind(row.recorded_by_id, row.recorded_by)
    ]


@router.get("/commitments")
def get_commitments(request: Request, reader: SignedIn, session: Reading, choices: Chosen, plan: str = "") -> Response:
    chosen = plan_choice(session, reader, plan)
    filters = Filters(request, choices, chosen)
    programmes = _programmes(session, chosen)
    known = {str(heading.id): heading.path[-1][1] for heading in programmes}
    programme = filters.one_of("programme", N_("规划类别"), known, of_plan=True)
    wanted = CommitmentFilter(
        plan_id=chosen.plan_id,
        programme_id=None if programme is None else int(programme),
        kind=filters.one_of("kind", N_("类型"), COMMITMENT_KINDS),
        text=filters.text(),
    )
    found = commitment_list(session, reader, wanted, after=filters.after)
    return filters.listed(
        request,
        "commitments/commitments.html",
        chosen=chosen,
        found=found,
        programmes=programmes,
        kinds=COMMITMENT_KINDS,
    )


def _programmes(session: Session, chosen: PlanChoice) -> list[Heading]:
    """The headings of the chosen plan in the order of its tree; none while no plan is chosen, their names would mix."""
    if chosen.plan_id is None:
        return []
    return sorted(headings(session, {chosen.plan_id}).values(), key=lambda heading: [id_ for id_, _ in heading.path])
