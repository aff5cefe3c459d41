"""The columns of the project schedule of a quarter, and of the project list by year."""

from collections.abc import Callable

from core.errors import N_
from reports.findings import Words
from reports.quarterly import QuarterlyReport
from reports.quarterly_rows import ProjectRow
from reports.return_fields import COORDINATION, NEXT_STEPS, PROBLEMS, PROGRESS
from reports.workbook_columns import (
    Shown,
    beginning,
    lamp,
    milestones,
    money,
    rate,
    reported,
    said,
    sources,
    spent,
    works,
)


def quarterly_columns(report: QuarterlyReport, words: Words) -> list[Shown]:
    """Every column of the schedule after the number. Source: domain page, section 10."""
    year = report.cover.period.year
    this_year, so_far, funds = N_("本年投资"), N_("累计投资"), N_("资金")

    return [
        *beginning(words),
        sources(report, words),
        money(N_("本年计划"), lambda row: None if row.money is None else row.money.whole.year_plan_fen, this_year),
        spent(N_("本季完成"), _moved("work_done_fen"), this_year),
        spent(N_("本年累计"), _of_year(year, "work_done_fen"), this_year),
        rate(N_("年度投资完成率"), "annual_completion", this_year),
        spent(N_("开工以来累计"), _whole("work_done_fen"), so_far),
        rate(N_("投资完成率"), "investment_completion", so_far),
        spent(N_("下达资金"), _whole("appropriated_fen"), funds),
        spent(N_("到位资金"), _whole("received_fen"), funds),
        rate(N_("到位率"), "receipt", funds),
        spent(N_("支付资金"), _whole("paid_fen"), funds),
        rate(N_("支付率"), "payment", funds),
        *works(
            [
                (N_("总任务"), lambda one: one.figures.planned),
                (N_("本年任务"), lambda one: one.year_task),
                (N_("本季"), reported("flow")),
                (N_("累计"), reported("claimed")),
                (N_("核实"), reported("verified")),
            ]
        ),
        said(N_("形象进度"), 20, _words(PROGRESS)),
        *milestones(report),
        *lamp(words),
        said(N_("存在问题"), 18, _words(PROBLEMS)),
        said(N_("需协调事项"), 18, _words(COORDINATION)),
        said(N_("下一步计划"), 18, _words(NEXT_STEPS)),
        said(N_("填报人"), 11, lambda row: None if row.words is None else row.words.submitted_by),
        said(N_("审核人"), 11, lambda row: None if row.words is None else row.words.approved_by),
        said(N_("单位负责人"), 11, lambda row: None if row.words is None else row.words.answerable),
    ]


def yearly_columns(report: QuarterlyReport, words: Words) -> list[Shown]:
    """The columns of the list by year: for each year what was planned at first and in the end, done and paid."""
    found = [*beginning(words), sources(report, words)]
    for one in report.years:
        group = words.say(N_("%(year)s 年"), year=one.year)
        originals, year = one.originals, one.year
        found += [
            money(N_("年初计划"), lambda row, held=originals: held.get(row.code), group),  # type: ignore[misc]
            money(N_("调整后"), _planned(year), group),
            spent(N_("完成投资"), _of_year(year, "work_done_fen"), group),
            spent(N_("支付"), _of_year(year, "paid_fen"), group),
        ]
    so_far = N_("累计")
    return [
        *found,
        spent(N_("下达"), _whole("appropriated_fen"), so_far),
        spent(N_("到位"), _whole("received_fen"), so_far),
        spent(N_("完成投资"), _whole("work_done_fen"), so_far),
        rate(N_("投资完成率"), "investment_completion", so_far),
        spent(N_("支付"), _whole("paid_fen"), so_far),
        rate(N_("支付率"), "payment", so_far),
        *works(
            [
                (N_("总任务"), lambda one: one.figures.planned),
                (N_("累计"), reported("claimed")),
                (N_("核实"), reported("verified")),
                (N_("保存量"), reported("surviving")),
            ]
        ),
        *milestones(report),
        *lamp(words),
    ]


def _whole(name: str) -> Callable[[ProjectRow], int | None]:
    return lambda row: getattr(row.ended, name, None) if row.money is None else row.money.so_far(name)


def _moved(name: str) -> Callable[[ProjectRow], int | None]:
    return lambda row: None if row.money is None else row.money.in_period(name)


def _of_year(year: int, name: str) -> Callable[[ProjectRow], int | None]:
    return lambda row: None if row.money is None else row.money.in_year(year, name)


def _planned(year: int) -> Callable[[ProjectRow], int | None]:
    def found(row: ProjectRow) -> int | None:
        of_year = None if row.money is None else row.money.years.get(year)
        return None if of_year is None else of_year.budget_fen

    return found


def _words(name: str) -> Callable[[ProjectRow], str | None]:
    def found(row: ProjectRow) -> str | None:
        if row.words is None:
            return None
        return row.words.texts.get(name) or (row.words.no_progress_reason if name == PROGRESS else None)

    return found
