"""The finance workbook: what was planned and paid, by source and year, department and programme, with the lists behind it."""

from pathlib import Path
from typing import BinaryIO

from budgets.entries import STAGES
from budgets.rates import RATES
from core.errors import N_
from core.money import formatted
from portfolio.facts import EDITIONS
from reports.finance import TITLE, FinanceReport
from reports.findings import words_in
from reports.forecast import RULE
from reports.money_figures import FIGURES
from reports.workbook_cells import (
    AMOUNT_WIDTHS,
    Column,
    add_band,
    add_sheet,
    merge_text,
    set_height,
    write_amount,
    write_text,
    write_whole,
)
from reports.workbook_finance_lists import FORECAST, caption_of, started, write_entries, write_forecast, write_total
from reports.workbook_finance_tables import write_groups, write_source_years
from reports.workbook_style import Book, open_book

COVER, BY_SOURCE, BY_DEPARTMENT = N_("封面与说明"), N_("来源×年度"), N_("按牵头部门")
BY_PROGRAMME, GAP, WAITING, DEFINITIONS = N_("按规划类别"), N_("资金缺口"), N_("待审核"), N_("口径说明")


def write_finance(
    report: FinanceReport,
    target: Path | str | BinaryIO,
    *,
    language: str = "zh",
    unit: str = "万元",
    demo: bool = False,
) -> None:
    """Writes the finance report. The same report gives the same bytes.

    Errors: TooManyDigits.
    """
    words = words_in(language)
    title = words.beside(words.say(TITLE), caption_of(report, words))
    book = open_book(target, words, unit, demo=demo, title=title, made_on=report.as_of_on)
    _write_cover(book, report)
    caption = caption_of(report, words)
    write_source_years(book, BY_SOURCE, caption, report)
    write_groups(book, BY_DEPARTMENT, caption, N_("牵头部门"), report.by_department, report.whole)
    write_groups(book, BY_PROGRAMME, caption, N_("规划类别"), report.by_programme, report.whole)
    _write_gap(book, report)
    _write_waiting(book, report)
    write_forecast(book, report)
    write_entries(book, report)
    _write_definitions(book, report)
    book.file.close()


def _write_cover(book: Book, report: FinanceReport) -> None:
    words, whole = book.words, report.whole
    sheet = add_sheet(book, COVER, paper="A4", landscape=False, widths=(26, 64), caption=caption_of(report, words))
    row = add_band(book, sheet, 0, 1) + 1
    for text, style, height in (
        (words.say(TITLE), "cover title", 44.0),
        (f"《{report.plan.title}》", "cover plan", 44.0),
        (words.sentence(report.caption), "cover plan", 24.0),
    ):
        set_height(book, sheet, row, height)
        merge_text(book, sheet, row, 0, 1, text, style)
        row += 1
    row += 1
    name = words.money_unit(book.unit)
    figures = ("estimate_fen", "secured_fen", "gap_fen", "budget_fen", *(f"{stage}_fen" for stage in STAGES))
    for figure in figures:
        sheet.write_string(row, 0, words.say(FIGURES[figure].name), book.style("header"))
        fen = getattr(whole, figure)
        shown = "—" if fen is None else f"{formatted(fen, book.unit)} {name}"
        sheet.write_string(row, 1, shown, book.style("text"))
        row += 1
    for key, rate in whole.rates.items():
        sheet.write_string(row, 0, words.say(RATES[key].name), book.style("header"))
        sheet.write_string(row, 1, rate.text, book.style("text"))
        row += 1
    row += 1
    for text in (
        words.say(
            N_("口径：%(edition)s。数据截至 %(day)s。"),
            edition=words.say(EDITIONS[report.edition]),
            day=words.day(report.as_of_on),
        ),
        words.say(
            N_("只有已审核的记账计入；待审核 %(submitted)s 笔、草稿 %(drafts)s 笔未计入，见“待审核”。"),
            submitted=sum(one.submitted for one in report.waiting),
            drafts=sum(one.drafts for one in report.waiting),
        ),
        words.say(N_("比率的分母为空或为零时不计算，显示“—”；一组的比率是分子之和除以分母之和。")),
    ):
        merge_text(book, sheet, row, 0, 1, text, "reading")
        row += 1


def _write_gap(book: Book, report: FinanceReport) -> None:
    """Every project with its estimate, what is secured, and what is still to be found; the largest gap first."""
    money = AMOUNT_WIDTHS[book.unit]
    columns = (
        Column(N_("序号"), 6),
        Column(N_("项目编号"), 14),
        Column(N_("项目名称"), 44),
        Column(N_("总投资"), money),
        Column(N_("已落实资金"), money),
        Column(N_("资金缺口"), money),
    )
    sheet, row = started(book, report, GAP, columns)
    start = row
    for number, one in enumerate(sorted(report.by_project, key=lambda one: (-(one.gap_fen or 0), one.keys)), start=1):
        code = str(one.keys[0])
        write_whole(book, sheet, row, 0, number, "middle")
        write_text(book, sheet, row, 1, code, "middle")
        write_text(book, sheet, row, 2, report.project_names.get(code))
        for place, fen in enumerate((one.estimate_fen, one.secured_fen, one.gap_fen), start=3):
            write_amount(book, sheet, row, place, fen)
        row += 1
    merge_text(book, sheet, row, 0, 2, book.words.say(N_("合计")), "total")
    for place, fen in enumerate((report.whole.estimate_fen, report.whole.secured_fen, report.whole.gap_fen), start=3):
        write_total(book, sheet, row, place, start, fen)
    note = N_("注：缺口逐个项目计算，不小于零；某个项目多出的资金不抵另一个项目的缺口。资金渠道待定的计划不算已落实。")
    merge_text(book, sheet, row + 1, 0, len(columns) - 1, book.words.say(note), "note")


def _write_waiting(book: Book, report: FinanceReport) -> None:
    words, money = book.words, AMOUNT_WIDTHS[book.unit]
    columns = (
        Column(N_("环节"), 12),
        Column(N_("资金来源"), 24),
        Column(N_("笔数"), 9, N_("待审核")),
        Column(N_("金额"), money, N_("待审核")),
        Column(N_("笔数"), 9, N_("草稿")),
        Column(N_("金额"), money, N_("草稿")),
    )
    sheet, row = started(book, report, WAITING, columns)
    start = row
    for one in sorted(report.waiting, key=lambda one: list(STAGES).index(one.stage)):
        write_text(book, sheet, row, 0, words.say(STAGES[one.stage]), "middle")
        write_text(book, sheet, row, 1, report.source_name(one.source, words))
        write_whole(book, sheet, row, 2, one.submitted, "middle")
        write_amount(book, sheet, row, 3, one.submitted_fen)
        write_whole(book, sheet, row, 4, one.drafts, "middle")
        write_amount(book, sheet, row, 5, one.drafts_fen)
        row += 1
    if row == start:
        merge_text(book, sheet, row, 0, len(columns) - 1, words.say(N_("没有待审核的记账。")), "text")
    note = N_("注：待审核和草稿不计入任何数字；按今天的状态列示，不随报告期变化。收回、退回、核减和冲销为负数。")
    merge_text(book, sheet, row + 1, 0, len(columns) - 1, words.say(note), "note")


def _write_definitions(book: Book, report: FinanceReport) -> None:
    words = book.words
    columns = (Column(N_("名称"), 20), Column(N_("怎样算"), 90))
    sheet, row = started(book, report, DEFINITIONS, columns, unit=False)
    for name, formula in (
        *((figure.name, figure.formula) for figure in FIGURES.values()),
        *((rate.name, rate.formula) for rate in RATES.values()),
        (FORECAST, RULE),
    ):
        write_text(book, sheet, row, 0, words.say(name), "header")
        write_text(book, sheet, row, 1, words.say(formula))
        row += 1
