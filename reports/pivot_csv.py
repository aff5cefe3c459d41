"""The pivot as CSV: the total first, then each line; amounts exact, in the unit that the header names."""

from collections.abc import Iterator, Sequence

from core.errors import N_
from core.money import typed
from reports.delimited import csv_chunks, harmless
from reports.findings import words_in
from reports.money_groups import MONEY_DIMENSIONS
from reports.pivot import Pivot, PivotRow
from reports.pivot_notes import column_name


def pivot_as_csv(pivot: Pivot, *, language: str = "zh", unit: str = "万元") -> Iterator[str]:
    """The table as CSV text in chunks. What is not known is an empty cell, which is not 0."""
    return csv_chunks(_lines(pivot, language, unit))


def _lines(pivot: Pivot, language: str, unit: str) -> Iterator[Sequence[str]]:
    words = words_in(language)
    in_unit = words.say(N_("（%(unit)s）"), unit=words.money_unit(unit))
    titles = [words.say(MONEY_DIMENSIONS[name]) for name in pivot.wish.rows]
    titles += [column_name(pivot, column, words) + in_unit for column in pivot.columns]
    if pivot.has_across:
        titles.append(words.say(N_("合计")) + in_unit)
    yield [harmless(title) for title in titles]
    whole, below = words.say(N_("合计")), words.say(N_("小计"))
    for line in (pivot.total, *pivot.lines):
        named = [
            pivot.names.label(dimension, key, words).whole
            for dimension, key in zip(pivot.wish.rows, line.keys, strict=False)
        ]
        if len(named) < len(pivot.wish.rows):
            named.append(below if line.subtotal else whole)
        named += [""] * (len(pivot.wish.rows) - len(named))
        yield [*map(harmless, named), *(typed(fen, unit) for fen in _amounts(pivot, line))]


def _amounts(pivot: Pivot, line: PivotRow) -> Sequence[int | None]:
    return (*line.cells, line.across_fen) if pivot.has_across else line.cells
