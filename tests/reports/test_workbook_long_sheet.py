"""A long sheet writes the same bytes as XlsxWriter's own, and refuses rows that come too late."""

from datetime import date
from fractions import Fraction
from io import BytesIO
from random import Random
from typing import Any
from zipfile import ZipFile

import pytest
import xlsxwriter  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from core.units import rounded_text
from reports.workbook_long_sheet import LongSheet, RowIsFinished
from reports.workbook_quantities import quantity_in_cell

TEXTS = ("青山", "a & b < c", " spaces ", "two\nlines", "=1+1", "_x0041_", "长" * 20_000, "")
NUMBERS = (0, 1, -12.5, 0.1 + 0.2, 123456789012345, 1e-9, 1e22, Fraction(1, 3), True)


def written(kind: type[Worksheet], *, rows: int = 3000) -> dict[str, bytes]:
    """The parts of a workbook whose one sheet is of a kind, with every sort of cell, merged headers, gaps and heights."""
    target, dice = BytesIO(), Random(7)
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("长表", kind)
    looks = [book.add_format({"indent": number}) for number in range(5)]
    for number, look in enumerate(looks):  # so that both kinds meet the formats in one order
        sheet.write_blank(0, number, None, look)
    sheet.merge_range(1, 0, 2, 3, "两行", looks[1])
    sheet.freeze_panes(3, 1)
    for row in range(3, rows):
        if row % 37 == 0:
            continue
        if row % 5 == 0:
            sheet.set_row(row, 30 + row % 7)
        for place in sorted(dice.sample(range(40), dice.randint(0, 12))):
            _write(sheet, row, place, dice, dice.choice([*looks, None]))
        if row % 41 == 0:
            sheet.merge_range(row, 40, row, 43, "合并", looks[2])
    sheet.autofilter(3, 0, rows, 39)
    book.close()
    with ZipFile(target) as parts:
        return {name: parts.read(name) for name in parts.namelist() if not name.startswith("docProps")}


def _write(sheet: Any, row: int, place: int, dice: Random, look: Any) -> None:
    kind = dice.randrange(5)
    if kind == 0:
        sheet.write_string(row, place, dice.choice(TEXTS), look)
    elif kind == 1:
        sheet.write_number(row, place, dice.choice(NUMBERS), look)
    elif kind == 2:
        sheet.write_blank(row, place, None, look)
    elif kind == 3:
        sheet.write_formula(row, place, "=ROUND(SUM(A1:A9),2)", look, dice.choice(("", 12.5)))
    else:
        sheet.write_datetime(row, place, date(2024, 12, dice.randint(1, 31)), look)


@pytest.mark.parametrize("rows", [4, 20, 3000])
def test_a_long_sheet_has_the_bytes_of_a_plain_one(rows: int) -> None:
    assert written(LongSheet, rows=rows) == written(Worksheet, rows=rows)


def test_an_empty_long_sheet_has_the_bytes_of_a_plain_one() -> None:
    def empty(kind: type[Worksheet]) -> bytes:
        target = BytesIO()
        book = xlsxwriter.Workbook(target, {"in_memory": True})
        book.add_worksheet("空", kind)
        book.close()
        with ZipFile(target) as parts:
            return parts.read("xl/worksheets/sheet1.xml")

    assert empty(LongSheet) == empty(Worksheet)


def test_a_row_that_was_put_together_takes_nothing_more() -> None:
    book = xlsxwriter.Workbook(BytesIO(), {"in_memory": True})
    sheet, look = book.add_worksheet("长表", LongSheet), book.add_format()
    for row in range(2000):
        sheet.write_number(row, 0, row, look)
    sheet.write_number(1990, 1, 1, look)  # near enough
    sheet.write_number(3, 1, 1, look)
    with pytest.raises(RowIsFinished):
        book.close()


def test_a_quantity_in_a_cell_is_rounded_half_up_to_four_decimals() -> None:
    dice = Random(3)
    for _ in range(2000):
        value = Fraction(dice.randint(-(10**9), 10**9), dice.choice((1, 3, 15, 10**4, 20_000, 10**6)))
        text = rounded_text(value, 4).rstrip("0").rstrip(".") if value.denominator > 1 else str(value)
        places = len(text.partition(".")[2])
        assert quantity_in_cell(value) == (float(text), "#,##0" + ("." + "0" * places if places else ""))
    assert quantity_in_cell(Fraction(1, 20_000)) == (0.0001, "#,##0.0000")
    assert quantity_in_cell(Fraction(-1, 20_000)) == (-0.0001, "#,##0.0000")
