"""总览: what is planned, what it costs, what the plans do not say, and what to do next. And 口径, behind every figure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from core.language import translate
from reports.definitions import Definition, definitions
from reports.findings import MoneyGroup, programme_finding
from reports.left_out import left_out
from reports.overview import overview
from web.choices import Choices
from web.deps import Chosen, Reading, SignedIn
from web.group_links import department_links, programme_links
from web.pages import page
from web.plan_choice import plan_choice
from web.progress_shown import lamps_in
from web.told import told

router = APIRouter()
LONG_CHART = 10  # bars shown at once; the others open up below them
# Where each figure's definition stands on its page; links all over the site lead there.
ANCHORS = {
    "项目数": "projects",
    "子项数": "leaves",
    "总投资": "estimate",
    "占总投资比重": "share",
    "无投资估算": "without-estimate",
    "无牵头部门": "without-lead",
    "起止年限不全": "without-years",
    "指标数": "indicators",
    "任务数": "commitments",
    "矛盾数": "contradictions",
}


@dataclass(frozen=True)
class Bar:
    """One row of a chart: a group of projects and the filtered lists that it stands for. Units: fen.

    `links` are (text, address); a heading that several plans share has one for each of them.
    """

    name: str | None
    projects: int
    estimate_fen: int | None
    share: Fraction | None
    links: tuple[tuple[str, str], ...] = ()


@router.get("/overview")
def get_overview(request: Request, reader: SignedIn, session: Reading, choices: Chosen, plan: str = "") -> Response:
    chosen = plan_choice(session, reader, plan)
    scope = chosen.scope(choices.quarter, choices.edition)
    seen = overview(session, reader, scope)
    return page(
        request,
        "overview/overview.html",
        chosen=chosen,
        lamps=lamps_in(session, reader, scope, choices, chosen.code, seen.total.projects) if chosen.plans else None,
        seen=seen,
        programme_finding=told(programme_finding(seen.by_programme, seen.total.projects, None), choices.language),
        department_finding=told(seen.department_finding, choices.language),
        dominance=None if seen.total.dominance is None else told(seen.total.dominance.finding, choices.language),
        programmes=_with_links(seen.by_programme, programme_links(session, choices, chosen)),
        departments=_with_links(seen.by_department, department_links(session, choices, chosen)),
        long_chart=LONG_CHART,
    )


def _with_links(groups: Iterable[MoneyGroup], links: dict[str | None, tuple[tuple[str, str], ...]]) -> list[Bar]:
    bars = [Bar(one.name, one.projects, one.estimate_fen, one.share) for one in groups]
    return [replace(bar, links=links.get(bar.name, ())) for bar in bars]


@router.get("/definitions")
def get_definitions(request: Request, reader: SignedIn, session: Reading, choices: Chosen, plan: str = "") -> Response:
    chosen = plan_choice(session, reader, plan)
    scope = chosen.scope(choices.quarter, choices.edition)
    outside = left_out(session, reader, scope)
    lines = definitions(
        overview(session, reader, scope).total, ended=len(outside.ended), archived=len(outside.archived)
    )
    return page(
        request,
        "overview/definitions.html",
        chosen=chosen,
        outside=outside,
        definitions=[_definition(one, choices) for one in lines],
    )


@dataclass(frozen=True)
class DefinitionLine:
    """A definition in the reader's language, with the place on the page that links lead to."""

    anchor: str
    name: str
    formula: str
    unit: str | None
    counted: Markup
    left_out: Markup


def _definition(one: Definition, choices: Choices) -> DefinitionLine:
    language = choices.language
    return DefinitionLine(
        ANCHORS[one.name],
        translate(one.name, language),
        translate(one.formula, language),
        None if one.unit is None else translate(one.unit, language),
        told(one.counted, language),
        told(one.left_out, language),
    )
