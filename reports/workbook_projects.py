"""The project sheets of the report: the schedule (项目调度表) of a quarter, the list by year (项目清单) of longer periods.

Two-row headers, subtotals and a total that stay formulas. Further measures of a project stand in rows without a number below it,
parts indented below their package: their number is a text. Only rows whose number is a number are added up.
"""

from collections.abc import Iterable, Sequence

from xlsxwriter.utility import xl_range  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from core.errors import N_
from core.money import FEN_PER, shown
from reports.money_figures import MoneyFigures
from reports.overview import known_sum
from reports.quarterly import QuarterlyReport
from reports.quarterly_rows import PartRow, ProjectGroup, ProjectRow
from reports.workbook_cells import (
    AMOUNT_WIDTHS,
    SILENT,
    Column,
    add_sheet,
    add_table_header,
    amount_in_cell,
    merge_text,
    write_amount,
    write_text,
    write_whole,
)
from reports.workbook_columns import Shown
from reports.workbook_cover import PROJECT_LIST, PROJECTS, caption_of
from reports.workbook_finance_tables import write_rate
from reports.workbook_pages import REPEATED, add_wide_heading, balance, page_starts
from reports.workbook_project_columns import quarterly_columns, yearly_columns
from reports.workbook_style import Book

_NUMBER, _NAME = 0, 2
_MOST_FRAMED = 2_000  # a million borders around nothing would make the file of a province several times as large
_WIDE, _WIDE_BY_YEAR = 2, 3  # sheets of A3 side by side: in one the print would be too small to read


def write_projects(book: Book, report: QuarterlyReport) -> None:
    """The sheet of the projects, as the period asks for it."""
    words, name = book.words, PROJECT_LIST if report.cover.yearly else PROJECTS
    columns = yearly_columns(report, words) if report.cover.yearly else quarterly_columns(report, words)
    caption = caption_of(report, words)
    widths = [6.0, *(one.column.width or AMOUNT_WIDTHS[book.unit] for one in columns)]
    pages = _WIDE_BY_YEAR if len(report.years) > 1 else _WIDE
    starts = page_starts(widths, _may_begin(columns), pages)
    balance(widths, starts)
    sheet = add_sheet(book, name, paper="A3", landscape=True, widths=widths, caption=caption, long=True)
    sheet.fit_to_pages(pages, 0)
    sheet.repeat_columns(0, _NAME)
    first = add_wide_heading(book, sheet, words.say(name), caption, starts, len(columns), unit=True)
    row = add_table_header(book, sheet, first, [Column(N_("序号"), 6), *(one.column for one in columns)])
    sheet.freeze_panes(row, _NAME + 1)
    sheet.repeat_rows(first, row - 1)
    table = _Table(book, sheet, columns, row, framed=len(report.rows) <= _MOST_FRAMED)
    for group in report.groups:
        row = table.write_group(row, group)
    row = table.write_total(row, report.money.whole, report.rows)
    if report.ended:
        merge_text(book, sheet, row, 0, len(columns), words.say(N_("终止项目（不计入小计和合计）")), "group")
        row = table.write_rows(row + 1, report.ended)
    _write_notes(book, sheet, row, report, starts[0] - 1)


def _may_begin(columns: Sequence[Shown]) -> list[int]:
    """The columns with which a page may begin: the first of each group, so that no group is cut in two."""
    groups = [None, *(one.column.group for one in columns)]
    return [place for place in range(REPEATED + 1, len(groups)) if groups[place] and groups[place] != groups[place - 1]]


class _Table:
    """The sheet with its columns, of which `start` is the first row of data. `framed`: empty cells get their borders, too."""

    def __init__(self, book: Book, sheet: Worksheet, columns: Sequence[Shown], start: int, *, framed: bool) -> None:
        self.book, self.sheet, self.columns, self.start = book, sheet, columns, start
        self.framed = framed
        self.estimate = next(place for place, one in enumerate(columns, start=1) if one.amount)

    def write_rows(self, row: int, rows: Iterable[ProjectRow]) -> int:
        book, sheet, blank = self.book, self.sheet, self.book.style("text")
        shown_in = [(place, one.write, one.value) for place, one in enumerate(self.columns, start=1) if not one.each]
        empty = [_NUMBER, *(place for place, _, _ in shown_in)] if self.framed else []
        of_each = [(place, one.write, one.value) for place, one in enumerate(self.columns, start=1) if one.each]
        for one in rows:
            write_whole(book, sheet, row, _NUMBER, one.number, "middle")
            for place, write, value in shown_in:
                write(book, sheet, row, place, value(one))
            for below in range(max(len(one.works), 1)):
                for place in empty if below else ():
                    sheet.write_blank(row, place, None, blank)
                for place, write, value in of_each:
                    if one.works:
                        write(book, sheet, row, place, value(one.works[below]))
                    else:
                        sheet.write_blank(row, place, None, blank)
                row += 1
            for part in one.parts:
                self._write_part(row, part)
                row += 1
        return row

    def _write_part(self, row: int, part: PartRow) -> None:
        book, sheet, blank = self.book, self.sheet, self.book.style("text")
        sheet.write_string(row, _NUMBER, part.number, book.style("middle"))
        for place in range(1, len(self.columns) + 1):
            sheet.write_blank(row, place, None, blank)
        write_text(book, sheet, row, _NAME, part.name, "part")
        write_amount(book, sheet, row, self.estimate, part.estimate_fen, "part number")

    def write_group(self, row: int, group: ProjectGroup) -> int:
        """The rows of a group and below them their subtotal; the row after it comes back."""
        after = self.write_rows(row, group.rows)
        figures, words = group.figures, self.book.words
        title = words.say(
            N_("小计　%(name)s：%(projects)s 个项目、%(leaves)s 个子项"),
            name=group.name or words.say(SILENT),
            projects=figures.projects,
            leaves=figures.leaves,
        )
        self._write_sums(after, title, "group", (row, after - 1), group.rows, figures)
        return after + 1

    def write_total(self, row: int, figures: MoneyFigures, rows: Sequence[ProjectRow]) -> int:
        title = self.book.words.say(
            N_("合计：%(projects)s 个项目、%(leaves)s 个子项"), projects=figures.projects, leaves=figures.leaves
        )
        self._write_sums(row, title, "total", (self.start, max(row - 1, self.start)), rows, figures)
        return row + 1

    def _write_sums(
        self,
        row: int,
        title: str,
        style: str,
        span: tuple[int, int],
        rows: Sequence[ProjectRow],
        figures: MoneyFigures,
    ) -> None:
        """A row of live sums; rates of a group are those of the roll-up: Σ numerators / Σ denominators."""
        book, sheet = self.book, self.sheet
        merge_text(book, sheet, row, 0, self.estimate - 1, title, style)
        for place, one in enumerate(self.columns, start=1):
            if place < self.estimate:
                continue
            if one.amount:
                fen = known_sum(one.value(project) for project in rows)
                self._write_sum(row, place, span, fen, f"{style} number")
            elif one.rate is not None:
                write_rate(book, sheet, row, place, figures.rates[one.rate], f"{style} number")
            else:
                sheet.write_blank(row, place, None, book.style(style))
        if figures.without_estimate:
            left_out = book.words.say(N_("%(n)s 个子项规划未载明投资"), n=figures.without_estimate)
            merge_text(book, sheet, row, self.estimate + 1, self.estimate + 1, left_out, style)

    def _write_sum(self, row: int, place: int, span: tuple[int, int], fen: int | None, style: str) -> None:
        """The sum of the rows whose number is a number: parts and subtotals have a text there."""
        book = self.book
        numbers, cells = (xl_range(span[0], column, span[1], column) for column in (_NUMBER, place))
        formula = f'ROUND(SUMIF({numbers},">0",{cells}),{len(str(FEN_PER[book.unit])) - 1})'
        if fen is None:
            formula = f'IF(COUNT({cells})=0,"",{formula})'
        value: float | str = "" if fen is None else amount_in_cell(fen, book.unit)
        self.sheet.write_formula(row, place, f"={formula}", book.style(style, num_format=book.money_format), value)


def _write_notes(book: Book, sheet: Worksheet, row: int, report: QuarterlyReport, last: int) -> None:
    words = book.words
    texts = [
        words.say(
            N_("打包项目的投资计入小计和合计；子项目的投资用斜体列示，不重复相加。各比率按分子之和除以分母之和计算。")
        ),
        words.say(
            N_("工程量：总任务是规划写明的任务，本年任务只含写明每年数量的任务；本期和累计是上报数，核实是核实合格数。")
        ),
        *_rounding(book, report.groups, report.money.whole.estimate_fen),
    ]
    for number, said_below in enumerate(texts, start=1):
        line = words.say(N_("注 %(number)s：%(text)s"), number=number, text=said_below)
        merge_text(book, sheet, row, REPEATED, last, line, "note")
        row += 1


def _rounding(book: Book, groups: Sequence[ProjectGroup], total: int | None) -> list[str]:
    """Says so where the rows, each rounded as it is shown, do not add up to the total as it is shown."""
    if total is None:
        return []
    amounts = [row.estimate_fen for group in groups for row in group.rows if row.estimate_fen is not None]
    residual = shown(total, book.unit) - sum(shown(amount, book.unit) for amount in amounts)
    if not residual:
        return []
    said_below = N_("各行四舍五入，显示数之和与合计相差 %(residual)s；合计按准确数相加。")
    return [book.words.say(said_below, residual=f"{residual:,}")]
