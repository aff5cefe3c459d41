"""The figure of one indicator opened up (口径): the rows that count, and the rows that were left out with the reason.

Source: domain page, section 8. The rows that count are the contributions of reports/indicators.py; these here are the others.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from core.database import select_columns
from core.errors import N_
from core.units import MICRO
from milestones.indicator_rules import ProgrammeLink
from milestones.quantities import Measure, Quantity
from milestones.works import TIERS, WorkEntry
from portfolio.access import Reader
from portfolio.dated import in_force
from portfolio.facts import APPROVED, DRAFT, REJECTED, SUBMITTED, counted
from portfolio.jurisdictions import below
from portfolio.plans import Plan, Programme
from portfolio.projects import Project
from portfolio.states import not_archived
from portfolio.years import years_in
from reports.coverage_sheet import CoverageLine, coverage_lines
from reports.indicators import IndicatorFigures, indicator_figures
from reports.reported_states import ended_projects
from reports.rollup import Scope

NOT_IN_RULE = N_("推算规则不计入这项工程量")
UNCONVERTIBLE = N_("单位不可换算")
ARCHIVED, ENDED = N_("项目已归档"), N_("项目已终止")
LIMIT = N_("是上限，不是要完成的数量")
OF_PACKAGE = N_("打包项目已有合计，子项不再计")
TIMELESS = N_("每年的任务，起止年限不全")
NOT_YET = N_("所选季度时尚未列入")
NOT_LINKED = N_("下级规划的项目，没有挂接到本规划")
_STATES = {
    DRAFT: N_("草稿，未提交"),
    SUBMITTED: N_("未接收"),
    REJECTED: N_("已退回"),
    APPROVED: N_("非本期"),
}
_LIMITS = ("≤", "<")


@dataclass(frozen=True)
class LeftOut:
    """A planned quantity that is in no figure of the indicator, and why, as a word to be translated."""

    project: str
    name: str
    plan: str
    measure: str
    operator: str
    quantity: Fraction
    unit: str
    per: str | None
    reason: str


@dataclass(frozen=True)
class EntriesLeftOut:
    """Reports of works that do not count, by tier and reason; `quantity` is their sum in `unit`."""

    measure: str
    tier: str
    reason: str
    entries: int
    quantity: Fraction
    unit: str


@dataclass(frozen=True)
class OpenedFigure:
    """An indicator's line with everything that it is made of and that it leaves out."""

    line: CoverageLine
    left_out: tuple[LeftOut, ...]
    entries: tuple[EntriesLeftOut, ...]


def opened_figure(session: Session, reader: Reader, indicator_id: int, quarter: int, edition: str) -> OpenedFigure:
    """The figure of one indicator as of a quarter, opened up.

    Errors: Invalid for an edition that there is not.
    """
    scope = Scope(quarter, None, edition)
    found = indicator_figures(session, reader, scope, [indicator_id], with_contributions=True)
    line = coverage_lines(session, reader, scope, found)[0]
    figures = line.figures
    measures = {} if figures.rule is None else {one.measure_id: one.dimension for one in figures.rule.measures}
    if not measures:
        return OpenedFigure(line, (), ())
    return OpenedFigure(
        line,
        tuple(_quantities(session, reader, scope, line.plan, figures, measures)),
        tuple(_entries(session, scope, figures, measures)),
    )


def _quantities(
    session: Session,
    reader: Reader,
    scope: Scope,
    plan: Plan,
    figures: IndicatorFigures,
    measures: dict[int, str],
) -> list[LeftOut]:
    """Planned quantities of the plan and of lower plans that are in no figure, own ones first."""
    quantity, project, package, own = Quantity, aliased(Project), aliased(Project), aliased(Quantity)
    lower = below(session, plan.jurisdiction_code) - {plan.jurisdiction_code}
    of_package = (
        select_columns(own.id)
        .where(
            col(own.project_id) == col(project.parent_id),
            col(own.measure_id) == col(quantity.measure_id),
            col(own.operator).not_in(_LIMITS),
            in_force(own, scope.quarter),
        )
        .exists()
    )
    linked = (
        select_columns(ProgrammeLink.project_id)
        .join(Programme, col(Programme.id) == col(ProgrammeLink.programme_id))
        .where(in_force(ProgrammeLink, scope.quarter), col(Programme.plan_id) == figures.plan_id)
    )
    top = func.coalesce(project.parent_id, project.id)
    query = (
        select_columns(
            quantity,
            Measure.name,
            project.code,
            project.name,
            project.plan_id,
            Plan.short_title,
            ~not_archived(project, scope.quarter, scope.edition),
            col(package.id).is_not(None) & ~not_archived(package, scope.quarter, scope.edition),
            col(project.id).in_(ended_projects(scope.quarter, scope.edition))
            | func.coalesce(package.id, 0).in_(ended_projects(scope.quarter, scope.edition)),
            func.coalesce(project.since_quarter, 0),
            *map(func.coalesce, years_in(project, scope.quarter), years_in(package, scope.quarter)),
            col(project.parent_id).is_not(None) & of_package,
            col(project.id).in_(linked) | top.in_(linked),
        )
        .join(Measure, col(Measure.id) == col(quantity.measure_id))
        .join(project, col(project.id) == col(quantity.project_id))
        .join(Plan, col(Plan.id) == col(project.plan_id))
        .outerjoin(package, col(package.id) == col(project.parent_id))
        .where(
            in_force(quantity, scope.quarter),
            reader.sees(project.plan_id),  # type: ignore[arg-type]
            ((col(project.plan_id) == figures.plan_id) & col(Measure.dimension).in_(set(measures.values())))
            | (col(Plan.jurisdiction_code).in_(lower) & col(quantity.measure_id).in_(measures)),
        )
        .order_by(col(project.plan_id) != figures.plan_id, col(project.plan_id), col(project.code), col(quantity.id))
    )
    rows = []
    for row, measure, code, name, plan_id, title, *facts in session.execute(query):
        reason = _reason(figures, row, measures, plan_id, scope.quarter, facts)
        if reason is not None:
            value = Fraction(row.value_micro, MICRO)
            rows.append(LeftOut(code, name, title, measure, row.operator, value, row.unit, row.per, reason))
    return rows


def _reason(
    figures: IndicatorFigures, row: Quantity, measures: dict[int, str], plan_id: int, quarter: int, facts: list[Any]
) -> str | None:
    """Why a quantity counts nowhere; None where it counts."""
    archived, package_archived, ended, since, first, last, of_package, linked = facts
    if row.measure_id not in measures:
        return NOT_IN_RULE
    reasons = (
        (archived or package_archived, ARCHIVED),
        (ended, ENDED),
        (plan_id != figures.plan_id and not linked, NOT_LINKED),
        (since > quarter, NOT_YET),
        (row.operator in _LIMITS, LIMIT),
        (of_package, OF_PACKAGE),
        (row.per == "year" and (first is None or last is None), TIMELESS),
        (figures.rule is None or not figures.rule.countable, UNCONVERTIBLE),
    )
    return next((reason for holds, reason in reasons if holds), None)


def _entries(
    session: Session, scope: Scope, figures: IndicatorFigures, measures: dict[int, str]
) -> list[EntriesLeftOut]:
    """Reports of the plan's own projects that do not count as of the quarter."""
    entry = WorkEntry
    query = (
        select_columns(Measure.name, entry.tier, entry.state, entry.unit, func.count(), func.sum(entry.quantity_micro))
        .join(Measure, col(Measure.id) == col(entry.measure_id))
        .join(Project, col(Project.id) == col(entry.project_id))
        .where(
            col(Project.plan_id) == figures.plan_id,
            col(entry.measure_id).in_(measures),
            ~counted(entry, scope.quarter, scope.edition),
            col(entry.quantity_micro).is_not(None),
        )
        .group_by(Measure.name, entry.tier, entry.state, entry.unit)
        .order_by(Measure.name, entry.tier, entry.state, entry.unit)
    )
    return [
        EntriesLeftOut(measure, TIERS[tier], _STATES[state], int(n), Fraction(int(micro), MICRO), unit)
        for measure, tier, state, unit, n, micro in session.execute(query)
    ]
