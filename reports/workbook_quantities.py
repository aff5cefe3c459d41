"""Quantities of works, shares and lamps in cells."""

from fractions import Fraction

from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from reports.findings import Words
from reports.lamp_words import COLOURS
from reports.workbook_cells import share_in_cell
from reports.workbook_style import Book

_PLACES = 10_000  # four decimals
_SHAPES = ("#,##0", "#,##0.0", "#,##0.00", "#,##0.000", "#,##0.0000")
LAMP_SIGNS = {"red": "●", "yellow": "▲", "green": "■", "blue": "◆", "grey": "○"}


def lamp_text(words: Words, colour: str) -> str:
    """Shape and letter of a lamp."""
    return f"{LAMP_SIGNS[colour]} {words.say(COLOURS[colour])}"


def write_lamp(book: Book, sheet: Worksheet, row: int, place: int, colour: str | None) -> None:
    """A lamp with its shape, letter and colour; an empty cell for None."""
    if colour is None:
        sheet.write_blank(row, place, None, book.style("middle"))
    else:
        sheet.write_string(row, place, lamp_text(book.words, colour), book.style(f"lamp {colour}"))


def write_quantity(
    book: Book, sheet: Worksheet, row: int, place: int, value: Fraction | None, style: str = "number"
) -> None:
    """An exact quantity as a number rounded half up to four decimals, with the places that it then has; empty for None."""
    if value is None:
        sheet.write_blank(row, place, None, book.style(style))
        return
    number, shape = quantity_in_cell(value)
    sheet.write_number(row, place, number, book.style(style, num_format=shape))


def quantity_in_cell(value: Fraction) -> tuple[float, str]:
    """A quantity as a cell holds it, and the format that shows it."""
    if value.denominator == 1:
        return value.numerator, _SHAPES[0]
    # Rounded half up, away from zero.
    scaled = (abs(value.numerator) * 2 * _PLACES + value.denominator) // (2 * value.denominator)
    places = next((places for places in range(4) if scaled % 10 ** (4 - places) == 0), 4)
    return (scaled if value > 0 else -scaled) / _PLACES, _SHAPES[places]


def quantity_as_text(value: Fraction | None) -> str | None:
    """The same quantity as a text, for cells that hold several."""
    if value is None:
        return None
    scaled = abs(value.numerator) * 2 * _PLACES
    whole, rest = divmod((scaled + value.denominator) // (2 * value.denominator), _PLACES)
    decimals = f".{rest:04d}".rstrip("0") if rest else ""
    return f"{'-' if value < 0 and (whole or rest) else ''}{whole:,}{decimals}"


def write_share(
    book: Book, sheet: Worksheet, row: int, place: int, value: Fraction | None, style: str = "number"
) -> None:
    """A share as a percentage with one decimal; — where it cannot be computed."""
    if value is None:
        sheet.write_string(row, place, "—", book.style(style))
    else:
        sheet.write_number(row, place, share_in_cell(value), book.style(style, num_format="0.0%"))
