"""What the sheets of every workbook are made of: page set-up, table headers, and how texts and amounts are written."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import ceil

from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from core.errors import N_, Broken
from core.money import FEN_PER, in_unit
from reports.findings import Words
from reports.workbook_long_sheet import LongSheet
from reports.workbook_style import Book

AMOUNT_WIDTHS = {"元": 21.0, "万元": 14.5, "亿元": 13.0}  # room for a total of some billions of 元
_PAPERS = {"A3": 8, "A4": 9}
_FIFTEEN_DIGITS = 10**15
_LONGEST_CELL = 32_000  # a cell holds 32,767 characters
_DANGEROUS = tuple("=+-@\t\r＝＋－＠")
DEMO = N_("演示数据，不是真实数据")
SILENT = N_("规划未载明")


class TooManyDigits(Broken):
    """A spreadsheet keeps 15 digits of a number; money is never written with fewer digits than it has."""

    sentence = N_("金额 %(found)s 元超过电子表格能够准确保存的 15 位数字，不能写入工作簿，请导出 CSV。")


def sheet_name(words: Words, name: str) -> str:
    """A translated name that a sheet may bear."""
    return re.sub(r"[\[\]:*?/\\']", " ", words.say(name))[:31]


def add_sheet(
    book: Book, name: str, *, paper: str, landscape: bool, widths: Sequence[float], caption: str, long: bool = False
) -> Worksheet:
    """A sheet set up for print; the caption stands small on every printed page, with room for signatures below.

    A `long` one is for many thousand rows, which are written nearly in order.
    """
    sheet = book.file.add_worksheet(sheet_name(book.words, name), LongSheet if long else None)
    sheet.set_paper(_PAPERS[paper])
    if landscape:
        sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.5, right=0.5, top=0.65, bottom=0.7)
    sheet.center_horizontally()
    sheet.hide_gridlines(2)
    marked = f"&C{_printed(book.words.say(DEMO))}" if book.demo else ""
    sheet.set_header(f"{marked}&R&8 {_printed(caption)[:160]}", {"margin": 0.3})
    hands = book.words.say(N_("填报人：　　　　　　　审核人：　　　　　　　日期："))
    pages = book.words.say(N_("第 &P 页　共 &N 页"))
    sheet.set_footer(f"&L&9 {hands}&R&9 {pages}", {"margin": 0.3})
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    book.widths[sheet.name] = tuple(widths)
    return sheet


def _printed(text: str) -> str:
    return text.replace("&", "&&")


def add_heading(book: Book, sheet: Worksheet, title: str, under: str, last: int, *, unit: bool, first: int = 0) -> int:
    """The title, and below it what it is about and the money unit; the row after them comes back."""
    row = add_band(book, sheet, 0, last, first=first)
    set_height(book, sheet, row, 30)
    merge_text(book, sheet, row, first, last, title, "title")
    unit_from = max(last - 1, first + 1) if unit else last + 1
    merge_text(book, sheet, row + 1, first, unit_from - 1, under, "under title")
    if unit:
        merge_text(book, sheet, row + 1, unit_from, last, book.unit_note, "unit")
    return row + 2


def add_band(book: Book, sheet: Worksheet, row: int, last: int, *, first: int = 0) -> int:
    """The plain band over demonstration data."""
    if book.demo:
        merge_text(book, sheet, row, first, last, book.words.say(DEMO), "band")
        return row + 1
    return row


@dataclass(frozen=True)
class Column:
    """A column of a table; neighbours with the same group share a header cell above theirs."""

    title: str
    width: float
    group: str | None = None


def add_table_header(book: Book, sheet: Worksheet, row: int, columns: Sequence[Column]) -> int:
    """One row of titles, or two where there are groups; the row after them comes back."""
    style = book.style("header")
    say = book.words.say
    grouped = any(column.group for column in columns)
    title_row = row + 1 if grouped else row
    for place, column in enumerate(columns):
        grow_row(book, sheet, title_row, say(column.title), book.widths[sheet.name][place], "header")
    if not grouped:
        for place, column in enumerate(columns):
            sheet.write_string(row, place, say(column.title), style)
        return row + 1
    place = 0
    while place < len(columns):
        group = columns[place].group
        if group is None:
            sheet.merge_range(row, place, row + 1, place, say(columns[place].title), style)
            place += 1
            continue
        end = place
        while end + 1 < len(columns) and columns[end + 1].group == group:
            end += 1
        if end > place:
            sheet.merge_range(row, place, row, end, say(group), style)
        else:
            sheet.write_string(row, place, say(group), style)
        for below in range(place, end + 1):
            sheet.write_string(row + 1, below, say(columns[below].title), style)
        place = end + 1
    return row + 2


_PIXELS_PER_WIDTH, _POINTS_PER_PIXEL = 7, 0.75
PLAIN_ROW, _TALLEST_ROW = 15.0, 409.0


def grow_row(book: Book, sheet: Worksheet, row: int, text: str, width: float, style: str) -> None:
    """Makes a row as high as a wrapped text needs in a width.

    Office programs fit the height of a row to its text when somebody types, not always when a file is opened or printed, and
    never for merged cells. Rows are written in order, so only the present row of a sheet is remembered.
    """
    size = book.font_size(style)
    across = max((width * _PIXELS_PER_WIDTH - 4) * _POINTS_PER_PIXEL - size * 0.6, size)
    # Of many thousand cells most are short, and many say the same.
    lines = 1 if len(text) * size <= across and "\n" not in text else _lines(text, across, size)
    set_height(book, sheet, row, min(lines * size * 1.42 + 5, _TALLEST_ROW))


_WORD = re.compile(
    r"[!-~]+|.", re.DOTALL
)  # a run of narrow signs stays together, every Chinese character may begin a line


@lru_cache(maxsize=4096)
def _lines(text: str, across: float, size: float) -> int:
    found = 0
    for paragraph in text.split("\n"):
        found += 1 if len(paragraph) * size <= across else _wrapped_lines(paragraph, across, size)
    return found


def _wrapped_lines(paragraph: str, across: float, size: float) -> int:
    """How many lines a paragraph takes, counting as a word processor wraps it."""
    lines, used = 1, 0.0
    if _WIDE_ONLY.fullmatch(paragraph):  # as most names are
        return ceil(len(paragraph) / max(int(across / size), 1))
    for word in _WORD.findall(paragraph):
        wide = sum(size if ord(sign) > _LAST_NARROW else size * 0.53 for sign in word)
        if used and used + wide > across:
            lines, used = lines + 1, 0.0
        lines += max(0, ceil(wide / across) - 1)
        used += wide
    return lines


_WIDE_ONLY = re.compile("[\u2001-\uffff]+")
_LAST_NARROW = 0x2000  # from here on signs are as wide as they are high: dashes, quotes and Chinese


def set_height(book: Book, sheet: Worksheet, row: int, height: float) -> None:
    """Gives a row at least this height, in points."""
    known_row, known = book.heights.get(sheet.name, (row, PLAIN_ROW))
    if known_row != row:
        known = PLAIN_ROW
    if height > known:
        sheet.set_row(row, height)
        book.heights[sheet.name] = (row, height)
        book.extra[sheet.name] = book.extra.get(sheet.name, 0.0) + height - known


def top_of(book: Book, sheet: Worksheet, row: int) -> float:
    """How far down a row begins, in points, while the rows above it are written."""
    return row * PLAIN_ROW + book.extra.get(sheet.name, 0.0)


def merge_text(book: Book, sheet: Worksheet, row: int, first: int, last: int, text: str, style: str) -> None:
    """A text across columns."""
    made = book.style(style)
    grow_row(book, sheet, row, text, sum(book.widths[sheet.name][first : last + 1]), style)
    if first == last:
        sheet.write_string(row, first, text[:_LONGEST_CELL], made)
    else:
        sheet.merge_range(row, first, row, last, text[:_LONGEST_CELL], made)


def write_text(book: Book, sheet: Worksheet, row: int, place: int, text: str | None, style: str = "text") -> None:
    """A text of the data, never a formula; what the plan does not say is said so, in grey."""
    if not text:
        grow_row(book, sheet, row, book.words.say(SILENT), book.widths[sheet.name][place], style)
        sheet.write_string(
            row, place, book.words.say(SILENT), book.style("quiet middle" if style == "middle" else "quiet")
        )
        return
    grow_row(book, sheet, row, text, book.widths[sheet.name][place], style)
    quoted = text.startswith(_DANGEROUS)
    sheet.write_string(row, place, text[:_LONGEST_CELL], book.style(style, quoted=quoted))


def amount_in_cell(fen: int, unit: str) -> float:
    """The amount in a unit as a cell holds it: not rounded, the format shows it with fewer places.

    Errors: TooManyDigits where the cell could not hold every digit.
    """
    per = FEN_PER[unit]
    if abs(fen) < _FIFTEEN_DIGITS:
        return fen // per if fen % per == 0 else fen / per  # the nearest float, as that of the exact decimal
    exact = in_unit(fen, unit)
    found = number_in_cell(exact)
    if found is None:
        raise TooManyDigits(found=f"{Decimal(fen) / FEN_PER['元']:,}")
    return found


def number_in_cell(exact: Decimal) -> float | None:
    """The nearest float when it stands for exactly this decimal (up to 15 digits), else None."""
    if len(exact.normalize().as_tuple().digits) > 15:
        return None
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def share_in_cell(value: Fraction) -> float:
    """A share as a cell holds it: rounded half up to ten decimals, which every spreadsheet program keeps."""
    places = 10**10
    return (value.numerator * places * 2 + value.denominator) // (value.denominator * 2) / places


def write_amount(book: Book, sheet: Worksheet, row: int, place: int, fen: int | None, style: str = "number") -> None:
    """An amount as a number; an empty cell where none is known."""
    made = book.style(style, num_format=book.money_format)
    if fen is None:
        sheet.write_blank(row, place, None, made)
    else:
        sheet.write_number(row, place, amount_in_cell(fen, book.unit), made)


def write_sum(book: Book, sheet: Worksheet, row: int, place: int, cells: str, fen: int | None, style: str) -> None:
    """A live sum of amounts with its value. Rounding to one fen takes the binary dust out of a sum of decimals.

    Where nothing is known yet the sum shows nothing instead of 0, and begins to count when somebody fills a cell.
    """
    places = len(str(FEN_PER[book.unit])) - 1
    formula = f"ROUND(SUM({cells}),{places})"
    if fen is None:
        formula = f'IF(COUNT({cells})=0,"",{formula})'
    value: float | str = "" if fen is None else amount_in_cell(fen, book.unit)
    sheet.write_formula(row, place, f"={formula}", book.style(style, num_format=book.money_format), value)


def write_decimal(book: Book, sheet: Worksheet, row: int, place: int, text: str | None) -> None:
    """A plain decimal of the data as a number with the places that it has; an empty cell for None."""
    exact = None if text is None else Decimal(text)
    found = None if exact is None else number_in_cell(exact)
    if exact is None:
        sheet.write_blank(row, place, None, book.style("number"))
    elif found is None:
        sheet.write_string(row, place, str(text), book.style("number"))
    else:
        places = max(0, -int(exact.as_tuple().exponent))
        shape = "#,##0" + ("." + "0" * places if places else "")
        sheet.write_number(row, place, found, book.style("number", num_format=shape))


def write_whole(book: Book, sheet: Worksheet, row: int, place: int, number: int | None, style: str = "number") -> None:
    """A count or a year; an empty cell for None."""
    shape = "0" if style == "middle" else "#,##0"
    made = book.style(style, num_format=shape)
    if number is None:
        sheet.write_blank(row, place, None, made)
    else:
        sheet.write_number(row, place, number, made)
