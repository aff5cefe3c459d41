"""The finance report of a plan (资金执行情况报告): one build for page, workbook, command and API.

Everything as of the end of a quarter, in one edition, by the one definition of the roll-up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, case, func, or_
from sqlmodel import Session, col

from budgets.entries import APPROVED, DRAFT, SUBMITTED, LedgerEntry
from budgets.sources import FundingSource
from core.calendar import Period, last_day
from core.database import select_columns
from core.errors import N_
from portfolio.access import Reader
from portfolio.facts import AS_CORRECTED, AS_ISSUED
from portfolio.plans import Plan
from portfolio.projects import Project
from reports.findings import Sentence, Words
from reports.forecast_sheet import ForecastSheet, forecast_sheet
from reports.money import money_rollup, whole_money
from reports.money_figures import MoneyFigures
from reports.money_queries import keyed_leaves, projects_in
from reports.quarterly import PeriodOutsidePlan
from reports.rollup import Scope

TITLE = N_("资金执行情况报告")


@dataclass(frozen=True)
class Waiting:
    """What waits for approval, of one stage and source. Units: fen."""

    stage: str
    source: str | None
    submitted: int
    submitted_fen: int
    drafts: int
    drafts_fen: int


@dataclass(frozen=True)
class PeriodEntry:
    """One entry that counts for the first time in the period: it happened in it, or corrects an earlier one."""

    id: int
    code: str
    project: str
    stage: str
    kind: str
    source: str | None
    occurred_on: date
    posted_period: int
    document: str | None
    note: str | None
    amount_fen: int
    corrects: bool


@dataclass(frozen=True)
class FinanceReport:
    """Everything that the finance report shows, for a plan as of the end of a quarter."""

    plan: Plan
    period: Period
    edition: str
    as_of_on: date
    whole: MoneyFigures
    by_source_year: tuple[MoneyFigures, ...]
    by_department: tuple[MoneyFigures, ...]
    by_programme: tuple[MoneyFigures, ...]
    by_project: tuple[MoneyFigures, ...]
    waiting: tuple[Waiting, ...]
    forecast: ForecastSheet
    entries: tuple[PeriodEntry, ...]
    project_names: dict[str, str]
    english_sources: dict[str, str]  # the English names of the funding sources, by their Chinese ones
    generated_for: str

    @property
    def caption(self) -> Sentence:
        facts = {"year": self.period.year, "quarter": self.period.last_quarter % 10}
        return Sentence(N_("%(year)s年第%(quarter)s季度"), facts)

    def source_name(self, name: str | None, words: Words) -> str:
        """What a funding source is called in the language of the report; money without one is not by source."""
        if name is None:
            return words.say(N_("不分来源"))
        return self.english_sources.get(name, name) if words.language == "en" else name


def build_finance(
    session: Session, reader: Reader, plan: Plan, period: Period, *, edition: str = AS_CORRECTED
) -> FinanceReport:
    """The finance report of a plan.

    Errors: NotThere when the reader may not see the plan; PeriodOutsidePlan for a period before it begins.
    """
    assert plan.id is not None
    reader.must("view", plan.id)
    quarter = period.last_quarter
    if period.year < plan.first_year:
        facts = {"plan": plan.short_title, "first": plan.first_year, "last": plan.last_year, "found": str(period)}
        raise PeriodOutsidePlan(field="period", **facts)
    scope = Scope(quarter, frozenset({plan.id}), edition)

    def groups(*by: str) -> tuple[MoneyFigures, ...]:
        return tuple(money_rollup(session, reader, scope, by))

    by_project = groups("project")
    return FinanceReport(
        plan=plan,
        period=period,
        edition=edition,
        as_of_on=last_day(quarter),
        whole=whole_money(session, reader, scope),
        by_source_year=groups("source", "year"),
        by_department=groups("department"),
        by_programme=groups("programme"),
        by_project=by_project,
        waiting=tuple(_waiting(session, plan)),
        forecast=forecast_sheet(session, reader, scope, edition),
        entries=tuple(_entries(session, reader, plan, quarter, edition)),
        project_names=_names(session, plan),
        english_sources=dict(session.execute(select_columns(FundingSource.name, FundingSource.name_en)).all()),
        generated_for=reader.actor.name,
    )


def _names(session: Session, plan: Plan) -> dict[str, str]:
    query = select_columns(Project.code, Project.name).where(col(Project.plan_id) == plan.id)
    return dict(session.execute(query).all())


def _waiting(session: Session, plan: Plan) -> Sequence[Waiting]:
    """What waits today, by stage and source; it counts nowhere, so it has no quarter."""
    amount, state = col(LedgerEntry.amount_fen), col(LedgerEntry.state)

    def counted_in(name: str) -> tuple[Any, Any]:
        return func.count(case((state == name, 1))), func.sum(case((state == name, amount), else_=0))

    query = (
        select_columns(LedgerEntry.stage, FundingSource.name, *counted_in(SUBMITTED), *counted_in(DRAFT))
        .join(Project, col(Project.id) == LedgerEntry.project_id)
        .outerjoin(FundingSource, col(FundingSource.id) == LedgerEntry.source_id)
        .where(col(Project.plan_id) == plan.id, state.in_([SUBMITTED, DRAFT]))
        .group_by(col(LedgerEntry.stage), col(FundingSource.name), col(FundingSource.position))
        .order_by(col(LedgerEntry.stage), col(FundingSource.position), col(FundingSource.name))
    )
    return [
        Waiting(stage, source, submitted, int(submitted_fen), drafts, int(drafts_fen))
        for stage, source, submitted, submitted_fen, drafts, drafts_fen in session.execute(query)
    ]


def _entries(session: Session, reader: Reader, plan: Plan, quarter: int, edition: str) -> Sequence[PeriodEntry]:
    """The entries of the period: together they are what it added to the figures, as issued, of the one before.

    As issued: what was posted in the quarter. As corrected: what happened in it, and what corrected earlier quarters in it or
    since. What is ended or archived is in no figure, and not here.
    """
    posted, occurred = col(LedgerEntry.posted_period), col(LedgerEntry.occurred_quarter)
    if edition == AS_ISSUED:
        of_period = posted == quarter
    else:
        of_period = or_(occurred == quarter, and_(posted >= quarter, occurred < quarter))
    scope = Scope(quarter, frozenset({plan.id or 0}), edition)
    leaves = keyed_leaves(reader, scope, (), 1, projects_in(reader, scope))
    query = (
        select_columns(
            *(LedgerEntry.id, Project.code, Project.name, LedgerEntry.stage, LedgerEntry.kind, FundingSource.name),
            *(LedgerEntry.occurred_on, posted, LedgerEntry.document, LedgerEntry.note, LedgerEntry.amount_fen),
            occurred < quarter,
        )
        .join(Project, col(Project.id) == LedgerEntry.project_id)
        .outerjoin(FundingSource, col(FundingSource.id) == LedgerEntry.source_id)
        .where(
            col(LedgerEntry.project_id).in_(select_columns(leaves.c.leaf_id)),
            col(LedgerEntry.state) == APPROVED,
            of_period,
        )
        .order_by(col(LedgerEntry.occurred_on), col(LedgerEntry.id))
    )
    return [PeriodEntry(*row) for row in session.execute(query)]
