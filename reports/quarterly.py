"""The leading group's report (领导小组调度报告) of a quarter, a year, the mid-term or the end: one build for every outlet.

Page, workbook, Word, command and API show what `build` gives; editions freeze its canonical data (quarterly_data.py). Every
figure comes from its one definition: money.py, works.py, progress.py, lamps.py, indicators.py, money_movement.py.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from sqlmodel import Session

from core.calendar import Period, last_day
from core.collecting import seldom_collected
from core.errors import N_, Broken
from portfolio.access import Reader
from portfolio.facts import AS_CORRECTED
from reports.correction_readings import reading_corrections
from reports.correction_rows import MONEY, CorrectionRow, correction_rows
from reports.definitions import Definition, definitions
from reports.findings import Sentence
from reports.group_progress import group_progress
from reports.lamp_reading import lamp_counts
from reports.left_out import left_out
from reports.money_figures import MoneyFigures
from reports.order_rows import OrderRow, orders_for
from reports.overview import Overview, known_sum, overview
from reports.quarterly_indicators import CommitmentRow, Standing, commitment_rows, contradiction_rows, standings
from reports.quarterly_lists import MilestoneRow, WarningRow, leaves_of_rows, milestone_rows, warning_rows
from reports.quarterly_money import MOVED, ReportMoney, report_money
from reports.quarterly_money_rows import money_rows
from reports.quarterly_notes import early_closings, notes_of
from reports.quarterly_overview import narrowed
from reports.quarterly_rows import ProjectGroup, ProjectRow, project_groups
from reports.quarterly_scope import Asked, PeriodOutsidePlan, ReportScope, asked_for
from reports.quarterly_years import YearFigures, year_figures
from reports.reported_money import ReportedMoney, together
from reports.state_corrections import state_corrections
from reports.three_figures import GroupProgress

__all__ = ["PeriodOutsidePlan", "QuarterlyReport", "ReportScope", "build", "check"]

TITLE = N_("领导小组季度调度报告")
TITLES = {
    "quarter": TITLE,
    "year": N_("领导小组年度调度报告"),
    "mid-term": N_("规划实施中期评估报告"),
    "final": N_("规划实施末期考核报告"),
}
_PERIODS = {
    "quarter": N_("%(year)s年第%(quarter)s季度"),
    "year": N_("%(year)s年度"),
    "mid-term": N_("%(year)s年中期"),
    "final": N_("%(year)s年末期"),
}


class FiguresDisagree(Broken):
    """The rows of the report do not add up to its roll-up: no report is better than a wrong one."""

    status = 500
    sentence = N_(
        "项目明细与汇总不一致，报告没有生成：%(what)s，明细 %(rows)s，汇总 %(figures)s。请运行 qingshan check。"
    )


@dataclass(frozen=True)
class Issued:
    """The number of an edition: `number` counts all editions of the installation (第…号), `issue` those of the plan (总第…期)."""

    number: int
    issue: int


@dataclass(frozen=True)
class Cover:
    """What the first sheet says about the report. `as_of_on` is the last day of the period, `about` what it is narrowed to.

    What only one plan has (its title, issuer, document) is None where the report is about several; `first_year` and `last_year`
    span all of them. `drafts` names the consultation drafts among the plans.
    """

    title: str
    scope: ReportScope
    about: str | None
    plan_code: str | None
    plan_title: str | None
    short_title: str
    plans: tuple[tuple[str, str], ...]
    jurisdiction: str
    jurisdiction_en: str
    first_year: int
    last_year: int
    issuer: str | None
    document_number: str | None
    drafts: tuple[str, ...]
    source_file: str | None
    period: Period
    period_name: Sentence
    as_of_on: date
    edition: str
    generated_for: str
    issued: Issued | None = None  # None while it is no edition

    @property
    def draft(self) -> bool:
        return bool(self.drafts)

    @property
    def yearly(self) -> bool:
        return self.period.kind != "quarter"


@dataclass(frozen=True)
class QuarterlyReport:
    """Everything that the report shows. `contradictions` and what commitments print have the shape of reports/exports.py."""

    cover: Cover
    overview: Overview
    money: ReportMoney
    progress: GroupProgress | None
    lamps: Mapping[str, int]
    groups: tuple[ProjectGroup, ...]
    ended: tuple[ProjectRow, ...]
    indicators: tuple[Standing, ...]
    commitments: tuple[CommitmentRow, ...]
    contradictions: tuple[dict[str, Any], ...]
    milestones: tuple[MilestoneRow, ...]
    warnings: tuple[WarningRow, ...]
    corrections: tuple[CorrectionRow, ...]
    orders: tuple[OrderRow, ...]
    years: tuple[YearFigures, ...]
    definitions: tuple[Definition, ...]
    notes: tuple[Sentence, ...]

    @property
    def rows(self) -> tuple[ProjectRow, ...]:
        """The projects that count, in the order of the report."""
        return tuple(row for group in self.groups for row in group.rows)

    @cached_property
    def reported(self) -> ReportedMoney:
        """What was reported of any project: the totals of the report show nothing else."""
        return together(row.money.reported for row in self.rows if row.money is not None)

    @cached_property
    def reported_by(self) -> Mapping[tuple[str, str | None], ReportedMoney]:
        """The same of each lead department and programme: by ("department", its name) and ("programme", its name)."""
        found: dict[tuple[str, str | None], list[ReportedMoney]] = {}
        for row in self.rows:
            for key in (("department", row.lead), ("programme", row.programme)):
                found.setdefault(key, []).append(ReportedMoney() if row.money is None else row.money.reported)
        return {key: together(of_group) for key, of_group in found.items()}

    def sums_of(self, by: str, one: MoneyFigures) -> dict[str, int | None]:
        """The sums of the ledger of a department or programme; None where nobody reported any of it. Units: fen."""
        name = None if one.keys[0] is None else str(one.keys[0])
        return self.reported_by.get((by, name), ReportedMoney()).sums(one)


def build(
    session: Session, reader: Reader, scope: ReportScope, period: Period, *, edition: str = AS_CORRECTED
) -> QuarterlyReport:
    """The report of a scope as of the end of a period.

    Errors: NotThere when the reader may not see it; PeriodOutsidePlan; FiguresDisagree; Invalid for an edition that there is not.
    """
    with seldom_collected():
        report = _built(session, reader, scope, period, edition)
    check(report)
    return report


def _built(session: Session, reader: Reader, scope: ReportScope, period: Period, edition: str) -> QuarterlyReport:
    asked = asked_for(session, reader, scope, period, edition)
    figures = overview(session, reader, asked.scope)
    by_project = money_rows(session, reader, asked)
    money = report_money(session, reader, asked, by_project)
    groups, ended = project_groups(session, reader, asked, by_project, tuple(money.sources))
    rows = [row for group in groups for row in group.rows]
    codes = [row.code for row in rows]
    found = standings(session, reader, asked, codes)
    commitments = commitment_rows(session, reader, asked, figures.plans, rows)
    contradictions = contradiction_rows(session, asked, figures.plans, codes)
    if asked.narrow:
        figures = narrowed(session, reader, asked, figures, rows, (found, commitments, contradictions))
    outside = left_out(session, reader, asked.scope)
    archived = None if asked.narrow else len(outside.archived)
    return QuarterlyReport(
        cover=_cover(reader, asked),
        overview=figures,
        money=money,
        progress=_progress(session, reader, asked, money.whole),
        lamps=lamp_counts(row.lamp for row in rows if row.lamp is not None),
        groups=groups,
        ended=ended,
        indicators=found,
        commitments=commitments,
        contradictions=contradictions,
        milestones=milestone_rows(asked, rows),
        warnings=warning_rows(session, reader, asked, leaves_of_rows(rows)),
        corrections=(
            *correction_rows(session, asked, rows),
            *reading_corrections(session, asked, [one.figures.indicator_id for one in found]),
            *state_corrections(session, reader, asked),
        ),
        orders=_orders(session, asked, rows),
        years=year_figures(session, reader, asked) if asked.yearly else (),
        definitions=definitions(figures.total, ended=len(ended), archived=archived or 0),
        notes=notes_of(figures, asked, ended, early_closings(session, asked)),
    )


def _cover(reader: Reader, asked: Asked) -> Cover:
    plan, period = asked.plan, asked.period
    about = asked.wanted.name if asked.narrow else None
    short = asked.place.name if plan is None else plan.short_title
    return Cover(
        title=TITLES[period.kind],
        scope=asked.wanted,
        about=about,
        plan_code=None if plan is None else plan.code,
        plan_title=None if plan is None else plan.title,
        short_title=short,
        plans=tuple((one.code, one.short_title) for one in asked.plans),
        jurisdiction=asked.place.name,
        jurisdiction_en=asked.place.name_en,
        first_year=min(one.first_year for one in asked.plans),
        last_year=max(one.last_year for one in asked.plans),
        issuer=None if plan is None else plan.issuer,
        document_number=None if plan is None else plan.document_number,
        drafts=tuple(one.short_title for one in asked.plans if one.draft),
        source_file=None if plan is None else plan.source_file,
        period=period,
        period_name=Sentence(_PERIODS[period.kind], {"year": period.year, "quarter": period.suffix[1:2]}),
        as_of_on=last_day(period.last_quarter),
        edition=asked.scope.edition,
        generated_for=reader.actor.name,
    )


def _progress(session: Session, reader: Reader, asked: Asked, whole: MoneyFigures) -> GroupProgress | None:
    """The three completion figures of the scope; None without projects."""
    keys = asked.group.by
    money = None if asked.narrow else (whole,)
    found = group_progress(session, reader, asked.scope, keys, level=asked.group.level, money=money)
    return next(iter(asked.own(found, keys)), None)


def _orders(session: Session, asked: Asked, rows: Iterable[ProjectRow]) -> tuple[OrderRow, ...]:
    """The orders of every plan; of a programme or department those about its projects or to it."""
    found = [order for plan in asked.plans for order in orders_for(session, plan, asked.quarter)]
    if not asked.narrow:
        return tuple(found)
    codes = {row.code for row in rows}
    return tuple(one for one in found if one.project_code in codes or one.department == asked.wanted.name)


def check(report: QuarterlyReport) -> None:
    """Errors: FiguresDisagree when the rows of a group, or all of them, or the late facts are not what the roll-up says."""
    total = report.overview.total
    compared: list[tuple[str, tuple[Any, ...], tuple[Any, ...]]] = [
        (group.name or "—", _added(group.rows), _figures(group.figures)) for group in report.groups
    ]
    short, rows = report.cover.short_title, report.rows
    compared.append((short, _added(rows), _figures(report.money.whole)))
    compared.append((short, _added(rows)[:3], (total.projects, total.leaves, total.estimate_fen)))
    for movement in report.money.movements:
        late = sum(
            int(one.change or 0) for one in report.corrections if one.kind == MONEY and one.what == movement.figure
        )
        compared.append((movement.figure, (late,), (movement.corrections_fen,)))
    for what, added, figures in compared:
        if added != figures:
            raise FiguresDisagree(what=what, rows=str(added), figures=str(figures))


def _added(rows: Iterable[ProjectRow]) -> tuple[Any, ...]:
    rows = list(rows)
    leaves = sum(len(row.parts) or 1 for row in rows)
    sums = [sum(getattr(row.money.whole, figure) or 0 for row in rows if row.money) for figure in MOVED[1:]]
    return len(rows), leaves, known_sum(row.estimate_fen for row in rows), *sums


def _figures(figures: MoneyFigures) -> tuple[Any, ...]:
    sums = [getattr(figures, figure) or 0 for figure in MOVED[1:]]
    return figures.projects or 0, figures.leaves or 0, figures.estimate_fen, *sums
