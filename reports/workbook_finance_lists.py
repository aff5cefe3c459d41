"""Lists of the finance workbook: the forecast of each source, and every entry of the period for reconciliation."""

from collections.abc import Iterable
from fractions import Fraction

from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from budgets.entries import KINDS, STAGES
from core.calendar import quarter_name
from core.errors import N_
from core.money import FEN_PER
from portfolio.facts import EDITIONS
from reports.finance import FinanceReport
from reports.findings import Words
from reports.forecast import RULE
from reports.workbook_cells import (
    AMOUNT_WIDTHS,
    Column,
    add_heading,
    add_sheet,
    add_table_header,
    amount_in_cell,
    merge_text,
    share_in_cell,
    write_amount,
    write_sum,
    write_text,
    write_whole,
)
from reports.workbook_style import Book

FORECAST, RECONCILIATION = N_("年末预测"), N_("对账明细")


def caption_of(report: FinanceReport, words: Words) -> str:
    """What stands small on every printed page and under every title."""
    edition = words.say(EDITIONS[report.edition])
    return words.beside(report.plan.short_title, words.sentence(report.caption), edition)


def started(
    book: Book, report: FinanceReport, name: str, columns: tuple[Column, ...], *, paper: str = "A4", unit: bool = True
) -> tuple[Worksheet, int]:
    """A landscape sheet with title and repeated header; the first row for data comes back with it."""
    words, caption = book.words, caption_of(report, book.words)
    widths = [column.width for column in columns]
    sheet = add_sheet(book, name, paper=paper, landscape=True, widths=widths, caption=caption)
    first = add_heading(book, sheet, words.say(name), caption, len(columns) - 1, unit=unit)
    row = add_table_header(book, sheet, first, columns)
    sheet.freeze_panes(row, 1)
    sheet.repeat_rows(first, row - 1)
    return sheet, row


def write_total(book: Book, sheet: Worksheet, row: int, place: int, start: int, fen: int | None) -> None:
    """Writes the total of a column of sums as a live formula; the sum itself where the table has no row.

    Units: fen; `start` is the first row of the table.
    """
    letter = chr(ord("A") + place)
    if row == start:
        write_amount(book, sheet, row, place, fen, "total number")
    else:
        write_sum(book, sheet, row, place, f"{letter}{start + 1}:{letter}{row}", fen, "total number")


def write_forecast(book: Book, report: FinanceReport) -> None:
    """The sheet that tells how much of each source will have been paid by the end of the year."""
    words, money = book.words, AMOUNT_WIDTHS[book.unit]
    columns = (
        Column(N_("资金来源"), 24),
        Column(N_("本年预算"), money),
        Column(N_("本年已支付"), money),
        Column(N_("年末预计支付"), money),
        Column(N_("预计执行率"), 12),
        Column(N_("下季度用款"), money),
        Column(N_("已到位未支付"), money),
        Column(N_("需筹措资金"), money),
        Column(N_("说明"), 26),
    )
    sheet, row = started(book, report, FORECAST, columns)
    start = row
    for one in report.forecast.rows:
        write_text(book, sheet, row, 0, report.source_name(one.node.source.name, words))
        expected = one.expected
        amounts = (one.year.budget_fen, one.year.paid_fen, expected.year_end_fen)
        for place, fen in enumerate(amounts, start=1):
            write_amount(book, sheet, row, place, fen)
        _write_share(book, sheet, row, 4, expected.execution)
        for place, fen in enumerate((expected.next_quarter_fen, one.year.balance_fen, expected.to_raise_fen), start=5):
            write_amount(book, sheet, row, place, fen)
        reason = "" if expected.why_not is None else words.say(expected.why_not)
        sheet.write_string(row, 8, reason, book.style("text"))
        row += 1
    if row > start:
        sheet.write_string(row, 0, words.say(N_("合计")), book.style("total"))
        rows = report.forecast.rows
        sums = {
            1: _known(one.year.budget_fen for one in rows),
            2: _known(one.year.paid_fen for one in rows),
            3: report.forecast.total("year_end_fen"),
            5: report.forecast.total("next_quarter_fen"),
            6: _known(one.year.balance_fen for one in rows),
            7: report.forecast.total("to_raise_fen"),
        }
        for place, fen in sums.items():
            write_total(book, sheet, row, place, start, fen)
        for place in (4, 8):
            sheet.write_blank(row, place, None, book.style("total"))
        row += 1
    else:
        merge_text(book, sheet, row, 0, len(columns) - 1, words.say(N_("本年没有预算，也没有支付。")), "text")
        row += 1
    merge_text(book, sheet, row, 0, len(columns) - 1, words.say(RULE), "note")


def _known(amounts: Iterable[int | None]) -> int | None:
    known = [fen for fen in amounts if fen is not None]
    return sum(known) if known else None


def _write_share(book: Book, sheet: Worksheet, row: int, place: int, pair: tuple[int, int] | None) -> None:
    """A share as a percentage; — where there is none."""
    style = book.style("number", num_format="0.00%")
    if pair is None or not pair[1]:
        sheet.write_string(row, place, "—", style)
    else:
        sheet.write_number(row, place, share_in_cell(Fraction(*pair)), style)


def write_entries(book: Book, report: FinanceReport) -> None:
    """Every entry that the period added, with a live sum for each stage below."""
    words, money = book.words, AMOUNT_WIDTHS[book.unit]
    columns = (
        Column(N_("编号"), 8),
        Column(N_("项目编号"), 14),
        Column(N_("项目名称"), 34),
        Column(N_("环节"), 10),
        Column(N_("类型"), 14),
        Column(N_("资金来源"), 18),
        Column(N_("发生日期"), 12),
        Column(N_("入账季度"), 10),
        Column(N_("文号或凭证号"), 24),
        Column(N_("摘要"), 24),
        Column(N_("金额"), money),
        Column(N_("上期更正"), 10),
    )
    sheet, row = started(book, report, RECONCILIATION, columns, paper="A3")
    start = row
    for one in report.entries:
        write_whole(book, sheet, row, 0, one.id, "middle")
        write_text(book, sheet, row, 1, one.code, "middle")
        write_text(book, sheet, row, 2, one.project)
        write_text(book, sheet, row, 3, words.say(STAGES[one.stage]), "middle")
        write_text(book, sheet, row, 4, words.say(KINDS[one.kind]), "middle")
        write_text(book, sheet, row, 5, report.source_name(one.source, words))
        write_text(book, sheet, row, 6, one.occurred_on.isoformat(), "middle")
        write_text(book, sheet, row, 7, quarter_name(one.posted_period), "middle")
        for place, text in ((8, one.document), (9, one.note)):
            write_text(book, sheet, row, place, text or "—")
        write_amount(book, sheet, row, 10, one.amount_fen)
        sheet.write_string(row, 11, words.say(N_("是")) if one.corrects else "", book.style("middle"))
        row += 1
    end = row
    for stage, name in STAGES.items():
        title = words.say(N_("%(stage)s合计"), stage=words.say(name))
        merge_text(book, sheet, row, 0, 9, title, "total")
        fen = sum(one.amount_fen for one in report.entries if one.stage == stage)
        _write_stage_sum(book, sheet, row, start, end, words.say(name), fen)
        sheet.write_blank(row, 11, None, book.style("total"))
        row += 1
    note = N_("注：上期末累计 + 上期更正 + 本期发生 = 本期末累计；本表列出上期更正和本期发生的每一笔。")
    merge_text(book, sheet, row, 0, len(columns) - 1, words.say(note), "note")


def _write_stage_sum(book: Book, sheet: Worksheet, row: int, start: int, end: int, name: str, fen: int) -> None:
    style = book.style("total number", num_format=book.money_format)
    if end == start:
        write_amount(book, sheet, row, 10, fen, "total number")
        return
    places = len(str(FEN_PER[book.unit])) - 1
    cells = f"D{start + 1}:D{end}", f"K{start + 1}:K{end}"
    formula = f'=ROUND(SUMIF({cells[0]},"{name}",{cells[1]}),{places})'
    sheet.write_formula(row, 10, formula, style, amount_in_cell(fen, book.unit))
