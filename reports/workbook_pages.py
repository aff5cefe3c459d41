"""How wide and long sheets fall into printed pages: columns for pages side by side, and headers again on every page."""

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations, pairwise

from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from core.errors import N_
from reports.workbook_cells import add_heading, top_of
from reports.workbook_style import Book

REPEATED = 3  # columns that stand again at the left of every page: number, heading, name
_SLACK = 8.0  # points: less than any column is wide
_POINTS = {"A3": (842.0, 1191.0), "A4": (595.0, 842.0)}
_SIDES, _ENDS = 72.0, 97.0  # margins, as add_sheet sets them


def page_starts(widths: Sequence[float], candidates: Iterable[int], pages: int) -> tuple[int, ...]:
    """The columns with which the pages after the first begin, so that the widest page is as narrow as can be."""
    chosen = combinations(sorted(candidates), pages - 1)
    return min(chosen, key=lambda starts: max(_page_widths(widths, starts)))


def _page_widths(widths: Sequence[float], starts: Sequence[int]) -> list[float]:
    edges = (0, *starts, len(widths))
    repeated = _points_across(widths[:REPEATED])
    return [_points_across(widths[first:last]) + (repeated if first else 0.0) for first, last in pairwise(edges)]


def _points_across(widths: Sequence[float]) -> float:
    return sum(width * _PIXELS + _PADDING for width in widths) * _POINTS_PER_PIXEL


_PIXELS, _PADDING, _POINTS_PER_PIXEL = 7, 5, 0.75  # of a column


def balance(widths: list[float], starts: Sequence[int]) -> None:
    """Widens the narrower pages of A3, each of their columns alike, until all are as wide as the widest, and none than the paper.

    Fitted to so many pages side by side, a sheet is broken where a page is full: page breaks of one's own do not count then,
    and nothing is made larger than it is.
    """
    edges = (0, *starts, len(widths))
    found = _page_widths(widths, starts)
    widest = max(_POINTS["A3"][1] - _SIDES + _SLACK * len(found), *found)
    for place, ((first, last), wide) in enumerate(zip(pairwise(edges), found, strict=True)):
        columns = range(max(first, REPEATED), last)
        more = (widest - _SLACK * place - wide) / len(columns) / _PIXELS / _POINTS_PER_PIXEL
        for column in columns:
            widths[column] += max(more, 0.0)


def add_wide_heading(
    book: Book, sheet: Worksheet, title: str, under: str, starts: Sequence[int], last: int, *, unit: bool
) -> int:
    """The heading above each of the pages side by side, on the later ones as continued; the row after it comes back.

    It spares the repeated columns: a part of a merged cell would stand again on every page.
    """
    row = 0
    for first, end in pairwise((REPEATED, *starts, last + 1)):
        shown = title if first == REPEATED else book.words.say(N_("%(title)s（续）"), title=title)
        row = add_heading(book, sheet, shown, under, end - 1, unit=unit, first=first)
    return row


class Pages:
    """Tables below each other on one sheet, each of whose headers is written again where a printed page begins.

    A sheet repeats one header by itself, and that only below every table.
    """

    def __init__(self, book: Book, sheet: Worksheet, *, landscape: bool, paper: str) -> None:
        self.book, self.sheet = book, sheet
        self.holds = _points_of_page(book.widths[sheet.name], paper, landscape=landscape)
        self.top = 0.0
        self.breaks: list[int] = []
        self.header: Callable[[int], int] = _no_header

    def room(self, row: int) -> int:
        """The row, with which a new page begins where too little of this one is left for a table."""
        if self._used(row) + _LEAST > self.holds:
            self._break(row)
        return row

    def head(self, row: int, header: Callable[[int], int]) -> int:
        """Writes the header of a table; the row after it comes back."""
        self.header = header
        return header(row)

    def next(self, row: int) -> int:
        """Where the next row of the table stands: here, or after the header on a new page."""
        if self._used(row) + _TALL < self.holds:
            return row
        self._break(row)
        return self.header(row)

    def finish(self) -> None:
        """Tells the sheet where its pages begin; spreadsheet programs take a limited number of breaks."""
        self.sheet.set_h_pagebreaks(self.breaks[:_MOST_BREAKS])

    def _break(self, row: int) -> None:
        self.breaks.append(row)
        self.top = top_of(self.book, self.sheet, row)

    def _used(self, row: int) -> float:
        return top_of(self.book, self.sheet, row) - self.top


_LEAST, _TALL = 130.0, 48.0  # points: a header with a few rows below it; a row of three lines
_MOST_BREAKS = 1_000  # a sheet takes no more
_SPARE = 0.96  # where a font is missing, columns and rows come out larger


def _no_header(row: int) -> int:
    return row


def _points_of_page(widths: Sequence[float], paper: str, *, landscape: bool) -> float:
    """How many points of rows a page holds when the sheet is fitted to its width."""
    across, down = _POINTS[paper][::-1] if landscape else _POINTS[paper]
    return (down - _ENDS) / min(1.0, (across - _SIDES) / _points_across(widths)) * _SPARE
