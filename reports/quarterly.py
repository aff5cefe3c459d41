"""The leading group's quarterly report (领导小组季度调度报告): one build for page, workbook, command and API.

Plan data only so far: projects, estimates, indicators, commitments, contradictions, as they hold at the end of the period.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlmodel import Session

from core.calendar import Period
from core.errors import N_, Broken
from portfolio.access import Reader
from portfolio.jurisdictions import Jurisdiction
from portfolio.plans import Plan
from reports.definitions import Definition, definitions
from reports.exports import commitments_of, contradictions_of, indicators_of
from reports.findings import Sentence
from reports.left_out import left_out
from reports.overview import Overview, known_sum, overview
from reports.quarterly_rows import ProjectGroup, ProjectRow, project_groups
from reports.rollup import Scope

TITLE = N_("领导小组季度调度报告")
_TITLES = {"quarter": TITLE, "year": N_("领导小组年度调度报告")}
_PERIODS = {
    "quarter": N_("%(year)s年第%(quarter)s季度"),
    "year": N_("%(year)s年度"),
    "mid-term": N_("%(year)s年中期"),
    "final": N_("%(year)s年末期"),
}


class PeriodOutsidePlan(Broken):
    sentence = N_("《%(plan)s》的规划期是 %(first)s—%(last)s 年，没有 %(found)s 这个报告期。")


class FiguresDisagree(Broken):
    """The rows of the report do not add up to its roll-up: no report is better than a wrong one."""

    status = 500
    sentence = N_(
        "项目明细与汇总不一致，报告没有生成：%(what)s，明细 %(rows)s，汇总 %(figures)s。请运行 qingshan check。"
    )


@dataclass(frozen=True)
class Cover:
    """What the first sheet says about the report. `as_of_on` is the last day of the period."""

    title: str
    plan_code: str
    plan_title: str
    short_title: str
    jurisdiction: str
    jurisdiction_en: str
    first_year: int
    last_year: int
    issuer: str | None
    document_number: str | None
    draft: bool
    source_file: str | None
    period: Period
    period_name: Sentence
    as_of_on: date
    generated_for: str


@dataclass(frozen=True)
class QuarterlyReport:
    """Everything that the report shows. The lists are those of reports/exports.py, in the same shape."""

    cover: Cover
    overview: Overview
    groups: tuple[ProjectGroup, ...]
    ended: tuple[ProjectRow, ...]
    indicators: tuple[dict[str, Any], ...]
    commitments: tuple[dict[str, Any], ...]
    contradictions: tuple[dict[str, Any], ...]
    definitions: tuple[Definition, ...]
    notes: tuple[Sentence, ...]

    @property
    def rows(self) -> tuple[ProjectRow, ...]:
        """The projects that count, in the order of the report."""
        return tuple(row for group in self.groups for row in group.rows)


def build(session: Session, reader: Reader, plan: Plan, period: Period) -> QuarterlyReport:
    """The report of a plan as of the end of a period.

    Errors: NotThere when the reader may not see the plan; PeriodOutsidePlan; FiguresDisagree.
    """
    assert plan.id is not None
    reader.must("view", plan.id)
    if not plan.first_year <= period.year <= plan.last_year:
        facts = {"plan": plan.short_title, "first": plan.first_year, "last": plan.last_year, "found": str(period)}
        raise PeriodOutsidePlan(field="period", **facts)
    quarter = period.last_quarter
    scope = Scope(quarter, frozenset({plan.id}))
    figures = overview(session, reader, scope)
    groups, ended = project_groups(session, reader, plan, scope)
    outside = left_out(session, reader, scope)
    report = QuarterlyReport(
        cover=_cover(session, reader, plan, period),
        overview=figures,
        groups=groups,
        ended=ended,
        indicators=tuple(indicators_of(session, plan, quarter)),
        commitments=tuple(commitments_of(session, plan, quarter)),
        contradictions=tuple(contradictions_of(session, plan, quarter)),
        definitions=definitions(figures.total, ended=len(outside.ended), archived=len(outside.archived)),
        notes=_notes(figures, plan, ended),
    )
    check(report)
    return report


def _cover(session: Session, reader: Reader, plan: Plan, period: Period) -> Cover:
    jurisdiction = session.get_one(Jurisdiction, plan.jurisdiction_code)
    return Cover(
        title=_TITLES.get(period.kind, N_("领导小组调度报告")),
        plan_code=plan.code,
        plan_title=plan.title,
        short_title=plan.short_title,
        jurisdiction=jurisdiction.name,
        jurisdiction_en=jurisdiction.name_en,
        first_year=plan.first_year,
        last_year=plan.last_year,
        issuer=plan.issuer,
        document_number=plan.document_number,
        draft=plan.draft,
        source_file=plan.source_file,
        period=period,
        period_name=Sentence(_PERIODS[period.kind], {"year": period.year, "quarter": period.suffix[1:2]}),
        as_of_on=last_day(period.last_quarter),
        generated_for=reader.actor.name,
    )


def last_day(quarter: int) -> date:
    """The last day of a quarter: 2024-12-31 for 20244."""
    year, number = divmod(quarter, 10)
    return (date(year + 1, 1, 1) if number == 4 else date(year, number * 3 + 1, 1)) - timedelta(days=1)


def _notes(figures: Overview, plan: Plan, ended: Iterable[ProjectRow]) -> tuple[Sentence, ...]:
    """What a reader must know before reading the numbers."""
    total = figures.total
    notes = []
    if plan.draft:
        notes.append(Sentence(N_("本规划是征求意见稿，不是正式印发的文本，数据可能变动。")))
    notes.append(
        Sentence(N_("本报告列示规划写明的项目、投资、指标、任务和矛盾；资金执行、工程进展和亮灯没有填报数据，未列入。"))
    )
    notes.append(
        Sentence(N_("规划没有写明的文字显示“规划未载明”；没有写明的数字留空，不按 0 计，并在合计旁注明个数。"))
    )
    notes.append(Sentence(N_("打包项目的子项目缩进列示，金额记入“其中：子项目”栏，不重复计入小计和合计。")))
    if total.estimate_fen is None:
        notes.append(Sentence(N_("规划没有写明任何项目的投资。")))
    elif total.without_estimate:
        notes.append(Sentence(N_("有 %(n)s 个子项没有投资估算，未计入总投资。"), {"n": total.without_estimate}))
    if number := len(list(ended)):
        notes.append(Sentence(N_("终止项目 %(n)s 个，列在项目调度表末尾，不计入任何合计。"), {"n": number}))
    if total.contradictions:
        facts = {
            "n": total.contradictions,
            "grave": total.contradictions_grave,
            "undecided": total.contradictions_undecided,
        }
        notes.append(
            Sentence(
                N_(
                    "规划文本有 %(n)s 处前后矛盾，其中严重的 %(grave)s 处，待裁定的 %(undecided)s 处；本报告用数见“矛盾”表。"
                ),
                facts,
            )
        )
    return tuple(notes)


def check(report: QuarterlyReport) -> None:
    """Errors: FiguresDisagree when a programme's rows, or all of them, are not what the roll-up says."""
    total = report.overview.total
    compared: list[tuple[str, tuple[Any, ...], tuple[Any, ...]]] = [
        (
            group.name or "—",
            _added(group.rows),
            (group.figures.projects, group.figures.leaves, group.figures.estimate_fen),
        )
        for group in report.groups
    ]
    compared.append((report.cover.short_title, _added(report.rows), (total.projects, total.leaves, total.estimate_fen)))
    for what, rows, figures in compared:
        if rows != figures:
            raise FiguresDisagree(what=what, rows=str(rows), figures=str(figures))


def _added(rows: Iterable[ProjectRow]) -> tuple[int, int, int | None]:
    rows = list(rows)
    return len(rows), sum(len(row.parts) or 1 for row in rows), known_sum(row.estimate_fen for row in rows)
