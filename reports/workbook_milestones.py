"""Milestones and warnings of the report (里程碑与预警): lamps with reason, milestones of the period, warnings about money."""

from datetime import date

from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from budgets.checks import FORMULAS, RULES
from core.errors import N_
from reports.lamp_words import BLUE, GREEN, GREY, RED, WORST_FIRST, YELLOW
from reports.progress_rows import reason_of, ways_of
from reports.quarterly import QuarterlyReport
from reports.quarterly_lists import STANDINGS, MilestoneRow, WarningRow
from reports.workbook_cells import (
    AMOUNT_WIDTHS,
    add_heading,
    add_sheet,
    merge_text,
    write_amount,
    write_text,
    write_whole,
)
from reports.workbook_columns import write_said
from reports.workbook_cover import MILESTONES, caption_of
from reports.workbook_pages import Pages
from reports.workbook_quantities import lamp_text, write_lamp
from reports.workbook_report_money import source_name
from reports.workbook_style import Book

_LAST = 10
_LAMPS = (N_("序号"), N_("项目编号"), N_("项目名称"), N_("牵头部门"), N_("亮灯"), N_("原因"), N_("怎样转绿"))
_DUE = (
    *(N_("序号"), N_("项目编号"), N_("项目名称"), N_("牵头部门"), N_("节点"), N_("首次计划"), N_("现行计划")),
    *(N_("预计"), N_("实际"), N_("偏差（天）"), N_("情况")),
)
_WARNED = (
    *(N_("序号"), N_("项目编号"), N_("项目名称"), N_("核查规则"), N_("资金来源"), N_("查出数"), N_("限额")),
    *(N_("超出"), N_("笔数"), N_("年度"), N_("说明")),
)


def write_milestones(book: Book, report: QuarterlyReport) -> None:
    """The sheet 里程碑与预警: milestones of the period, then every warning with what it rests on."""
    words, caption, money = book.words, caption_of(report, book.words), max(13.0, AMOUNT_WIDTHS[book.unit])
    widths = (6.0, 14.0, 34.0, 18.0, 18.0, money, money, money, 12.0, 11.0, 40.0)
    sheet = add_sheet(book, MILESTONES, paper="A3", landscape=True, widths=widths, caption=caption, long=True)
    row = add_heading(book, sheet, words.say(MILESTONES), caption, _LAST, unit=True)
    sheet.freeze_panes(row, 3)
    pages = Pages(book, sheet, paper="A3", landscape=True)
    row = _write_lamps(pages, row, report)
    row = _write_due(pages, row, report)
    _write_warnings(pages, row, report)
    pages.finish()


def _section(book: Book, sheet: Worksheet, row: int, title: str, under: str) -> int:
    merge_text(book, sheet, row, 0, 2, book.words.say(title), "section")
    merge_text(book, sheet, row, 3, _LAST, under, "under title")
    return row + 1


def _header(book: Book, sheet: Worksheet, row: int, titles: tuple[str, ...]) -> int:
    for place, title in enumerate(titles):
        write_text(book, sheet, row, place, book.words.say(title), "header")
    return row + 1


def _lamp_header(book: Book, sheet: Worksheet, row: int) -> int:
    _header(book, sheet, row, _LAMPS[:5])
    merge_text(book, sheet, row, 5, 7, book.words.say(_LAMPS[5]), "header")
    merge_text(book, sheet, row, 8, _LAST, book.words.say(_LAMPS[6]), "header")
    return row + 1


def _nothing(book: Book, sheet: Worksheet, row: int, text: str) -> int:
    merge_text(book, sheet, row, 0, _LAST, book.words.say(text), "text")
    return row + 2


def _write_lamps(pages: Pages, row: int, report: QuarterlyReport) -> int:
    """Red, yellow and blue ones with why and what would turn them green; green and grey ones are only counted."""
    book, sheet = pages.book, pages.sheet
    words = book.words
    counts = words.beside(*(f"{lamp_text(words, colour)} {report.lamps.get(colour, 0)}" for colour in WORST_FIRST))
    row = _section(book, sheet, row, N_("亮灯"), counts)
    row = pages.head(row, lambda at: _lamp_header(book, sheet, at))
    lit = [one for one in report.rows if one.lamp is not None and one.lamp.colour in (RED, YELLOW, BLUE)]
    if not lit:
        return _nothing(book, sheet, row, N_("没有红灯、黄灯和蓝灯。"))
    lit.sort(key=lambda one: WORST_FIRST.index(one.lamp.colour) if one.lamp else len(WORST_FIRST))
    for number, one in enumerate(lit, start=1):
        assert one.lamp is not None
        row = pages.next(row)
        write_whole(book, sheet, row, 0, number, "middle")
        write_text(book, sheet, row, 1, one.code, "middle")
        write_text(book, sheet, row, 2, one.name)
        write_text(book, sheet, row, 3, one.lead)
        write_lamp(book, sheet, row, 4, one.lamp.colour)
        merge_text(book, sheet, row, 5, 7, reason_of(one.lamp.worst, words), "text")
        merge_text(book, sheet, row, 8, _LAST, ways_of(one.lamp.worst, words), "text")
        row += 1
    grey = {"n": report.lamps.get(GREY, 0), "green": report.lamps.get(GREEN, 0)}
    note = N_("注：绿灯 %(green)s 个、灰灯（没有数据，不能判断）%(n)s 个，见项目调度表。")
    merge_text(book, sheet, row, 0, _LAST, words.say(note, **grey), "note")
    return row + 2


def _write_due(pages: Pages, row: int, report: QuarterlyReport) -> int:
    book, sheet = pages.book, pages.sheet
    words = book.words
    counts = dict.fromkeys(STANDINGS, 0)
    for one in report.milestones:
        counts[one.standing] += 1
    under = words.beside(*(f"{words.say(STANDINGS[name])} {number}" for name, number in counts.items()))
    row = _section(book, sheet, pages.room(row), N_("节点"), under)
    row = pages.head(row, lambda at: _header(book, sheet, at, _DUE))
    if not report.milestones:
        return _nothing(book, sheet, row, N_("没有逾期、本期应完成或本期完成的节点。"))
    for number, one in enumerate(report.milestones, start=1):
        row = pages.next(row)
        _write_milestone(book, sheet, row, number, one)
        row += 1
    return row + 1


def _write_milestone(book: Book, sheet: Worksheet, row: int, number: int, one: MilestoneRow) -> None:
    write_whole(book, sheet, row, 0, number, "middle")
    write_text(book, sheet, row, 1, one.code, "middle")
    write_text(book, sheet, row, 2, one.name)
    write_text(book, sheet, row, 3, one.lead)
    write_text(book, sheet, row, 4, one.milestone)
    for place, day in enumerate((one.first_planned_on, one.planned_on, one.forecast_on, one.actual_on), start=5):
        write_day(book, sheet, row, place, day)
    write_whole(book, sheet, row, 9, one.slip_days)
    write_text(book, sheet, row, 10, book.words.say(STANDINGS[one.standing]), "middle")


def write_day(book: Book, sheet: Worksheet, row: int, place: int, day: date | None) -> None:
    """A day as a day of the spreadsheet; an empty cell for None."""
    made = book.style("middle", num_format="yyyy-mm-dd")
    if day is None:
        sheet.write_blank(row, place, None, made)
    else:
        sheet.write_datetime(row, place, day, made)


def _write_warnings(pages: Pages, row: int, report: QuarterlyReport) -> None:
    book, sheet = pages.book, pages.sheet
    words = book.words
    open_ = sum(one.explanation is None for one in report.warnings)
    facts = {"n": len(report.warnings), "open": open_}
    under = words.say(N_("共 %(n)s 条，未说明 %(open)s 条；按更正后的数核查，只提示，不阻止记账。"), **facts)
    row = _section(book, sheet, pages.room(row), N_("资金核查提示"), under)
    row = pages.head(row, lambda at: _header(book, sheet, at, _WARNED))
    if not report.warnings:
        _nothing(book, sheet, row, N_("没有查出问题。"))
        return
    for number, one in enumerate(report.warnings, start=1):
        row = pages.next(row)
        _write_warning(book, sheet, row, number, one, report)
        row += 1
    found = dict.fromkeys(one.rule for one in report.warnings)
    for rule in found:
        note = words.say(
            N_("注：%(rule)s：%(formula)s"), rule=words.say(RULES[rule]), formula=words.say(FORMULAS[rule]) % ()
        )
        merge_text(book, sheet, row, 0, _LAST, note, "note")
        row += 1


def _write_warning(
    book: Book, sheet: Worksheet, row: int, number: int, one: WarningRow, report: QuarterlyReport
) -> None:
    words = book.words
    write_whole(book, sheet, row, 0, number, "middle")
    write_text(book, sheet, row, 1, one.code, "middle")
    write_text(book, sheet, row, 2, one.name)
    write_text(book, sheet, row, 3, words.say(RULES[one.rule]))
    write_said(book, sheet, row, 4, None if one.source is None else source_name(report, words, one.source))
    for place, fen in enumerate((one.over_fen, one.limit_fen, one.excess_fen), start=5):
        write_amount(book, sheet, row, place, fen)
    write_whole(book, sheet, row, 8, one.entries)
    write_said(book, sheet, row, 9, words.say(N_("、")).join(map(str, one.years)))
    said = one.explanation or words.say(N_("未说明"))
    sheet.write_string(row, 10, said, book.style("text" if one.explanation else "quiet"))
