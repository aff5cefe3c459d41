"""The pivot as a workbook: the table with live totals, the rates with live ratios, and how each figure is made."""

from collections.abc import Callable

from xlsxwriter.utility import xl_col_to_name  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from budgets.rates import RATES, Rate
from core.calendar import last_day
from core.errors import N_
from portfolio.facts import EDITIONS
from reports.findings import Words, words_in
from reports.money_figures import FIGURES
from reports.money_groups import MONEY_DIMENSIONS
from reports.pivot import Pivot, PivotRow
from reports.pivot_notes import column_name, pivot_notes
from reports.workbook import Target
from reports.workbook_cells import (
    AMOUNT_WIDTHS,
    Column,
    add_heading,
    add_sheet,
    add_table_header,
    merge_text,
    share_in_cell,
    write_amount,
    write_sum,
    write_text,
    write_whole,
)
from reports.workbook_style import Book, open_book

TITLE, RATE_SHEET, DEFINITIONS = N_("资金透视汇总"), N_("比率"), N_("口径说明")
_NAME_WIDTH = 34


def write_pivot(
    table: Pivot, target: Target, *, plan: str | None, language: str = "zh", unit: str = "万元", demo: bool = False
) -> None:
    """Writes the table; `plan` names the plan that it is limited to. The same table gives the same bytes.

    Errors: TooManyDigits.
    """
    words = words_in(language)
    made_on = last_day(table.scope.quarter)
    book = open_book(target, words, unit, demo=demo, title=words.say(TITLE), made_on=made_on)
    caption = caption_of(table, plan, words)
    _write_table(book, table, caption)
    _write_rates(book, table, caption)
    _write_definitions(book, table, caption)
    book.file.close()


def caption_of(table: Pivot, plan: str | None, words: Words) -> str:
    """What the table is about: the plan, the quarter, the edition, and the figure where it is one alone."""
    quarter = {"year": table.scope.quarter // 10, "quarter": table.scope.quarter % 10}
    said = [
        plan or words.say(N_("全部规划")),
        words.say(N_("截至%(year)s年第%(quarter)s季度"), **quarter),
        words.say(EDITIONS[table.scope.edition]),
    ]
    if len({column.figure for column in table.columns}) == 1:
        said.append(words.say(FIGURES[table.columns[0].figure].name))
    return words.beside(*said)


def _started(book: Book, name: str, caption: str, columns: list[Column], *, unit: bool = True) -> tuple[Worksheet, int]:
    paper = "A3" if len(columns) > 9 else "A4"
    widths = [column.width for column in columns]
    sheet = add_sheet(book, name, paper=paper, landscape=True, widths=widths, caption=caption)
    first = add_heading(book, sheet, book.words.say(name), caption, len(columns) - 1, unit=unit)
    row = add_table_header(book, sheet, first, columns)
    sheet.freeze_panes(row, 1)
    sheet.repeat_rows(first, row - 1)
    return sheet, row


def _names(table: Pivot) -> list[Column]:
    return [Column(MONEY_DIMENSIONS[name], _NAME_WIDTH) for name in table.wish.rows]


def _write_names(book: Book, sheet: Worksheet, row: int, table: Pivot, line: PivotRow) -> None:
    """The keys of a line; a subtotal says so in the second column, which its total is found by."""
    words, dimensions = book.words, table.wish.rows
    named = [table.names.label(name, key, words).whole for name, key in zip(dimensions, line.keys, strict=False)] or [
        words.say(N_("合计"))
    ]
    if line.subtotal:
        named.append(words.say(N_("小计")))
    style = "text" if len(line.keys) == len(dimensions) else ("group" if line.subtotal else "total")
    for place in range(len(dimensions)):
        if place < len(named):
            write_text(book, sheet, row, place, named[place], style)
        else:
            sheet.write_blank(row, place, None, book.style(style))


def _style(table: Pivot, line: PivotRow) -> str:
    if line.subtotal:
        return "group number"
    return "number" if len(line.keys) == len(table.wish.rows) else "total number"


def _write_table(book: Book, table: Pivot, caption: str) -> None:
    """Rows with live subtotals, and the total at the foot."""
    words, money = book.words, AMOUNT_WIDTHS[book.unit]
    columns = _names(table) + [Column(column_name(table, column, words), money) for column in table.columns]
    if table.has_across:
        columns.append(Column(N_("合计"), money))
    sheet, start = _started(book, TITLE, caption, columns)
    first = len(table.wish.rows)
    sums = _LiveSums(book, sheet, table, start, start + len(table.lines), first)
    for row, line in enumerate((*table.lines, table.total), start=start):
        _write_names(book, sheet, row, table, line)
        for place, fen in enumerate(line.cells, start=first):
            sums.write_down(row, place, line, fen)
        if table.has_across:
            sums.write_across(row, first + len(line.cells), line)
    row = start + len(table.lines) + 1
    for note in pivot_notes(table, book.unit, words):
        merge_text(book, sheet, row, 0, len(columns) - 1, words.say(N_("注：")) + note, "note")
        row += 1


class _LiveSums:
    """Writes amounts: a sum of cells where they come to the amount exactly, else the amount itself."""

    def __init__(self, book: Book, sheet: Worksheet, table: Pivot, start: int, end: int, first: int) -> None:
        self.book, self.sheet, self.table = book, sheet, table
        self.start, self.end, self.first = start, end, first
        self._below: dict[int, tuple[int, int]] = {}  # rows of each subtotal, by its own row
        for row, line in enumerate(table.lines, start=start):
            if line.subtotal:
                owner = row
                self._below[owner] = (row + 1, row)
            elif self._below:
                self._below[owner] = (self._below[owner][0], row)

    def write_down(self, row: int, place: int, line: PivotRow, fen: int | None) -> None:
        """A cell of a row as it is; of a subtotal or the total as the sum of the rows that belong to it."""
        amount = self._amount_of(place)
        inner = self.table.lines[slice(*self._lines_below(row))]
        parts = [amount(one) for one in inner if not one.subtotal]
        if len(line.keys) == len(self.table.wish.rows) or not self._comes_to(parts, fen):
            write_amount(self.book, self.sheet, row, place, fen, _style(self.table, line))
            return
        letter = xl_col_to_name(place)
        first, last = (self.start + one for one in self._lines_below(row))
        cells = f"{letter}{first + 1}:{letter}{last}"
        if not line.subtotal and self._below:
            marks, below = f"$B${first + 1}:$B${last}", self.book.words.say(N_("小计"))
            cells = f'SUMIF({marks},"{below}",{cells})'
        write_sum(self.book, self.sheet, row, place, cells, fen, _style(self.table, line))

    def write_across(self, row: int, place: int, line: PivotRow) -> None:
        """The column of totals: the sum of the cells beside it."""
        if not self._comes_to(list(line.cells), line.across_fen):
            self.write_down(row, place, line, line.across_fen)
            return
        cells = f"{xl_col_to_name(self.first)}{row + 1}:{xl_col_to_name(place - 1)}{row + 1}"
        write_sum(self.book, self.sheet, row, place, cells, line.across_fen, _style(self.table, line))

    def _lines_below(self, row: int) -> tuple[int, int]:
        """The lines that a subtotal or the total adds up, as a slice of all lines."""
        if row in self._below:
            first, last = self._below[row]
            return first - self.start, last + 1 - self.start
        return (0, len(self.table.lines)) if row == self.end else (0, 0)

    def _amount_of(self, place: int) -> Callable[[PivotRow], int | None]:
        number = place - self.first
        if number == len(self.table.columns):
            return lambda line: line.across_fen
        return lambda line: line.cells[number]

    @staticmethod
    def _comes_to(parts: list[int | None], fen: int | None) -> bool:
        known = [part for part in parts if part is not None]
        return bool(known) and sum(known) == fen


def _write_rates(book: Book, table: Pivot, caption: str) -> None:
    """Each group of the first dimension, rate by rate: both sides, and the rate as a live ratio of the two."""
    words, money = book.words, AMOUNT_WIDTHS[book.unit] + 2
    columns = [
        Column(MONEY_DIMENSIONS[table.wish.rows[0]], _NAME_WIDTH),
        Column(N_("比率名称"), 18),
        Column(N_("分子"), money),
        Column(N_("分母"), money),
        Column(N_("比率"), 11),
        Column(N_("未计子项"), 10),
    ]
    sheet, row = _started(book, RATE_SHEET, caption, columns)
    for line in (*table.groups, table.total):
        total = line is table.total
        text = words.say(N_("合计")) if total else table.names.label(table.wish.rows[0], line.keys[0], words).whole
        for name, rate in line.figures.rates.items():
            style = "total number" if total else "number"
            write_text(book, sheet, row, 0, text, "total" if total else "text")
            write_text(book, sheet, row, 1, words.say(RATES[name].name), "total" if total else "text")
            _write_rate(book, sheet, row, 2, rate, style, counts=name == "start")
            write_whole(book, sheet, row, 5, line.figures.left_out[name], style)
            row += 1
    notes = (
        N_(
            "注：一组的比率是分子之和除以分母之和，不是各比率的平均；分母为空或为零时不计算，显示“—”。开工率的分子、分母是项目个数。"
        ),
        N_("注：没有估算、没有本年计划或预算的子项，该比率两边都不计，个数列在“未计子项”。"),
    )
    for place, note in enumerate(notes):
        merge_text(book, sheet, row + place, 0, len(columns) - 1, words.say(note), "note")


def _write_rate(book: Book, sheet: Worksheet, row: int, place: int, rate: Rate, style: str, *, counts: bool) -> None:
    for column, number in ((place, rate.numerator), (place + 1, rate.denominator)):
        if counts:
            write_whole(book, sheet, row, column, number, style)
        else:
            write_amount(book, sheet, row, column, number, style)
    above, below = (f"{xl_col_to_name(column)}{row + 1}" for column in (place, place + 1))
    formula = f'=IF(OR(COUNT({above})=0,N({below})=0),"—",ROUND({above}/{below},10))'
    value = "—" if rate.value is None else share_in_cell(rate.value)
    sheet.write_formula(row, place + 2, formula, book.style(style, num_format="0.00%"), value)


def _write_definitions(book: Book, table: Pivot, caption: str) -> None:
    words = book.words
    sheet, row = _started(book, DEFINITIONS, caption, [Column(N_("名称"), 22), Column(N_("怎样算"), 96)], unit=False)
    figures = dict.fromkeys(column.figure for column in table.columns)
    defined = [(FIGURES[name].name, FIGURES[name].formula) for name in figures]
    defined += [(rate.name, rate.formula) for rate in RATES.values()]
    for name, formula in defined:
        write_text(book, sheet, row, 0, words.say(name), "header")
        write_text(book, sheet, row, 1, words.say(formula))
        row += 1
    counted = N_("只计已审核的；草稿、待审核和已退回的不计；终止和归档的项目不计。空格是没有这个数，不是 0。")
    write_text(book, sheet, row, 0, words.say(N_("计入")), "header")
    write_text(book, sheet, row, 1, words.say(counted))
