"""Two sheets of the report: corrections (上期更正) with how each figure moved, and orders (督办与会议)."""

from datetime import date
from fractions import Fraction
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from core.calendar import quarter_name
from core.errors import N_
from core.money import FEN_PER
from milestones.milestones import MILESTONE_KINDS
from milestones.works import TIERS
from portfolio.project_changes import KINDS as CHANGES
from reports.correction_rows import KINDS, MILESTONE, MONEY, WORKS, CorrectionRow
from reports.findings import Words
from reports.money_figures import FIGURES
from reports.orders import ORDER_STATES
from reports.quarterly import QuarterlyReport
from reports.workbook_cells import (
    AMOUNT_WIDTHS,
    Column,
    add_heading,
    add_sheet,
    amount_in_cell,
    merge_text,
    write_amount,
    write_text,
    write_whole,
)
from reports.workbook_columns import write_said
from reports.workbook_cover import CORRECTIONS, ORDERS, caption_of
from reports.workbook_lists import start_list
from reports.workbook_milestones import write_day
from reports.workbook_quantities import write_quantity
from reports.workbook_style import Book

_MOVED = (N_("上期末累计"), N_("上期更正"), N_("本期发生"), N_("本期末累计"))
_LISTED = (
    *(N_("序号"), N_("类型"), N_("项目编号"), N_("项目或指标"), N_("事项"), N_("单位"), N_("更正前"), N_("更正后")),
    *(N_("影响"), N_("发生期"), N_("入账期"), N_("更正单"), N_("依据文件"), N_("原因"), N_("批准人")),
    *(N_("登记日期"), N_("登记人")),
)
_LAST = len(_LISTED) - 1


def write_corrections(book: Book, report: QuarterlyReport) -> None:
    """The sheet 上期更正: how each figure of the period came about, then every correction by itself.

    Source: domain page, section 9.
    """
    words, caption, money = book.words, caption_of(report, book.words), max(14.5, AMOUNT_WIDTHS[book.unit])
    widths = (6.0, 10.0, 14.0, 32.0, money, money, money, money, money, 9.0, 9.0, 8.0, 20.0, 30.0, 17.0, 11.0, 17.0)
    sheet = add_sheet(book, CORRECTIONS, paper="A3", landscape=True, widths=widths, caption=caption)
    row = add_heading(book, sheet, words.say(CORRECTIONS), caption, _LAST, unit=True)
    sheet.freeze_panes(row, 4)
    row = _write_movement(book, sheet, row, report)
    merge_text(book, sheet, row, 0, _LAST, words.say(N_("逐笔更正")), "section")
    row += 1
    for place, title in enumerate(_LISTED):
        write_text(book, sheet, row, place, words.say(title), "header")
    sheet.repeat_rows(row)
    row += 1
    if not report.corrections:
        merge_text(book, sheet, row, 0, _LAST, words.say(N_("本期没有对以前各期的更正。")), "text")
        row += 1
    for number, one in enumerate(report.corrections, start=1):
        _write_correction(book, sheet, row, number, one)
        row += 1
    note = N_(
        "注：更正前是以前各期发布时的累计数；同一数字有几笔更正的，逐笔接续。金额的更正之和等于上表的“上期更正”。"
        "项目状态的更正前后是发生期末的状态；归档使项目退出全部汇总，恢复使其重新计入；起止年限自发生期起按新的计。"
    )
    merge_text(book, sheet, row, 0, _LAST, words.say(note), "note")


def _write_movement(book: Book, sheet: Worksheet, row: int, report: QuarterlyReport) -> int:
    """上期末累计 + 上期更正 + 本期发生 = 本期末累计: of the plan and of every stage, the last as a live sum."""
    words = book.words
    merge_text(book, sheet, row, 0, _LAST, words.say(N_("累计数怎样变化")), "section")
    row += 1
    merge_text(book, sheet, row, 0, 3, words.say(N_("数据项")), "header")
    for place, title in enumerate(_MOVED, start=4):
        sheet.write_string(row, place, words.say(title), book.style("header"))
    row += 1
    made = book.style("number", num_format=book.money_format)
    places = len(str(FEN_PER[book.unit])) - 1
    for one in report.money.movements:
        merge_text(book, sheet, row, 0, 3, words.say(FIGURES[one.figure].name), "text")
        for place, fen in enumerate((one.opening_fen, one.corrections_fen, one.flow_fen), start=4):
            write_amount(book, sheet, row, place, fen)
        cells = f"{xl_rowcol_to_cell(row, 4)}:{xl_rowcol_to_cell(row, 6)}"
        sheet.write_formula(row, 7, f"=ROUND(SUM({cells}),{places})", made, amount_in_cell(one.closing_fen, book.unit))
        row += 1
    return row + 1


def _write_correction(book: Book, sheet: Worksheet, row: int, number: int, one: CorrectionRow) -> None:
    words = book.words
    write_whole(book, sheet, row, 0, number, "middle")
    write_text(book, sheet, row, 1, words.say(KINDS[one.kind]), "middle")
    write_said(book, sheet, row, 2, one.code)
    write_text(book, sheet, row, 3, one.name or one.label)
    write_text(book, sheet, row, 4, what_of(words, one))
    unit = words.money_unit(book.unit) if one.kind == MONEY else one.unit
    write_said(book, sheet, row, 5, unit)
    for place, value in enumerate((one.before, one.after, one.change), start=6):
        _write_value(book, sheet, row, place, value, money=one.kind == MONEY)
    write_text(book, sheet, row, 9, quarter_name(one.occurred_quarter), "middle")
    write_text(book, sheet, row, 10, quarter_name(one.posted_period), "middle")
    write_whole(book, sheet, row, 11, one.number, "middle")
    for place, text in enumerate((one.document, one.reason, one.approved_by), start=12):
        write_said(book, sheet, row, place, text)
    write_day(book, sheet, row, 15, one.recorded_on)
    write_said(book, sheet, row, 16, one.recorded_by)


def what_of(words: Words, one: CorrectionRow) -> str:
    """Which figure was corrected, in words."""
    if one.kind == MONEY:
        return words.say(FIGURES[one.what or ""].name)
    if one.kind == WORKS:
        return words.say(N_("%(measure)s（%(tier)s）"), measure=one.label, tier=words.say(TIERS[one.what or ""]))
    if one.kind == MILESTONE:
        kind = words.say(MILESTONE_KINDS[one.what or ""])
        return kind if kind == one.label else words.say(N_("%(kind)s：%(name)s"), kind=kind, name=one.label)
    return words.say(CHANGES.get(one.what or "", KINDS[one.kind]))


def _write_value(book: Book, sheet: Worksheet, row: int, place: int, value: Any, *, money: bool) -> None:
    if value is None:
        sheet.write_string(row, place, "—", book.style("number"))
    elif isinstance(value, date):
        write_day(book, sheet, row, place, value)
    elif isinstance(value, str):
        sheet.write_string(row, place, book.words.say(value), book.style("middle"))
    elif money:
        write_amount(book, sheet, row, place, int(value))
    else:
        write_quantity(book, sheet, row, place, Fraction(value))


_ORDERED = (
    Column(N_("编号"), 7),
    Column(N_("项目编号"), 13),
    Column(N_("项目名称"), 26),
    Column(N_("督办事项"), 26),
    Column(N_("要求"), 34),
    Column(N_("承办部门"), 16),
    Column(N_("会议"), 22),
    Column(N_("下达日期"), 11),
    Column(N_("办理期限"), 11),
    Column(N_("办理状态"), 10),
    Column(N_("答复"), 34),
    Column(N_("办理结果"), 24),
    Column(N_("销号日期"), 11),
)


def write_orders(book: Book, report: QuarterlyReport) -> None:
    """The sheet 督办与会议: every order and where it stands."""
    words = book.words
    sheet, row = start_list(book, report, ORDERS, _ORDERED, paper="A3")
    if not report.orders:
        merge_text(book, sheet, row, 0, len(_ORDERED) - 1, words.say(N_("本期没有督办事项。")), "text")
        return
    for one in report.orders:
        write_whole(book, sheet, row, 0, one.number, "middle")
        for place, text in enumerate((one.project_code, one.project, one.title, one.asked, one.department), start=1):
            write_said(book, sheet, row, place, text)
        write_said(book, sheet, row, 6, one.meeting)
        write_day(book, sheet, row, 7, one.issued_on)
        write_day(book, sheet, row, 8, one.due_on)
        state = words.say(ORDER_STATES[one.state])
        if one.overdue:
            state = words.say(N_("%(state)s（逾期）"), state=state)
        write_text(book, sheet, row, 9, state, "middle")
        for place, text in enumerate((one.answer, one.outcome), start=10):
            write_said(book, sheet, row, place, text)
        write_day(book, sheet, row, 12, one.closed_on)
        row += 1
