"""Where everything stands in a sheet of a filled form."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Any

from budgets.importing.findings import column_letters
from budgets.importing.reading import Table
from reports.return_form import LOCKED, MONEY, SPARE


@dataclass(frozen=True)
class SheetLayout:
    """Where everything stands in a sheet. Lines count from 1, columns from 0."""

    table: Table
    kind: str
    header_line: int
    columns: Mapping[str, int]

    @cached_property
    def sheet(self) -> str:
        return self.table.sheet or ""

    @cached_property
    def locked(self) -> list[int | None]:
        """The places of the columns that only show something, in the order of LOCKED; None for one that was deleted."""
        return [self.columns.get(name) for name in LOCKED[self.kind]]

    @cached_property
    def shows(self) -> Callable[[Sequence[Any]], Sequence[Any]] | None:
        """What the cells of those columns hold in a row; None where one of them was deleted."""
        places = [place for place in self.locked if place is not None]
        return itemgetter(*places) if len(places) == len(self.locked) > 1 else None

    @cached_property
    def width(self) -> int:
        return max(self.columns.values()) + 1

    @cached_property
    def letters(self) -> Mapping[str, str]:
        """What a spreadsheet calls each column."""
        return {name: column_letters(place) for name, place in self.columns.items()}

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The rows that may stand in the sheet; others were copied from another one."""
        return frozenset({MONEY, SPARE} if self.kind == MONEY else {self.kind})

    @cached_property
    def bad(self) -> Mapping[tuple[int, int], str]:
        """The cells that hold an error or a formula without a value; lines and columns from 0."""
        return self.table.marks.bad
