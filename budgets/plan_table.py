"""Yearly plans as a table, years down and sources across, from lines that were read before. Pure: it only adds up."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from budgets.lines import QUARTER, TOTAL, YEAR, span_of, year_of


@dataclass(frozen=True)
class Amount:
    """What one line comes to: its source, what it covers, and the carried-over part. Units: fen."""

    covers: int
    source_id: int
    amount_fen: int
    carried_fen: int = 0


@dataclass(frozen=True)
class PlanRow:
    """One row of the table. `covers` None: all years together, with carried-over money counted once.

    Units: fen. A source without a line has no cell, which is not 0. `all_fen` is 年度投资计划, `fiscal_fen` 年度预算.
    """

    covers: int | None
    cells: dict[int, int]
    all_fen: int
    fiscal_fen: int
    carried_fen: int

    @property
    def span(self) -> str | None:
        return None if self.covers is None else span_of(self.covers)

    @property
    def year(self) -> int | None:
        return None if self.covers is None else year_of(self.covers)


@dataclass(frozen=True)
class PlanTable:
    """The sources that have a line, in the order of the tree, and the rows: the total, each year with its quarters, all years."""

    source_ids: tuple[int, ...]
    rows: tuple[PlanRow, ...]
    years: PlanRow | None


def plan_table(amounts: Iterable[Amount], order: Sequence[int], fiscal: Collection[int]) -> PlanTable:
    """The table of these amounts; several of one line (of the parts of a package) are added up."""
    every = list(amounts)
    by_covers: dict[int, list[Amount]] = {}
    for one in every:
        by_covers.setdefault(one.covers, []).append(one)
    used = {one.source_id for one in every}
    rows = tuple(_row(covers, by_covers[covers], fiscal) for covers in sorted(by_covers, key=_reading_order))
    in_years = [
        Amount(one.covers, one.source_id, one.amount_fen - one.carried_fen)
        for one in every
        if span_of(one.covers) == YEAR
    ]
    years = _row(None, in_years, fiscal) if in_years else None
    return PlanTable(tuple(id_ for id_ in order if id_ in used), rows, years)


def _reading_order(covers: int) -> tuple[int, int]:
    """The total first, then each year before its quarters."""
    return (year_of(covers) or 0, covers if span_of(covers) == QUARTER else 0)


def _row(covers: int | None, amounts: Iterable[Amount], fiscal: Collection[int]) -> PlanRow:
    cells: dict[int, int] = {}
    carried = 0
    for one in amounts:
        cells[one.source_id] = cells.get(one.source_id, 0) + one.amount_fen
        carried += one.carried_fen
    of_fiscal = sum(fen for id_, fen in cells.items() if id_ in fiscal)
    return PlanRow(covers, cells, sum(cells.values()), of_fiscal, carried)


def span_text(covers: int) -> str:
    """What a line covers as addresses write it: total, 2024, 2024Q1."""
    span = span_of(covers)
    if span == TOTAL:
        return "total"
    return str(covers) if span == YEAR else f"{covers // 10}Q{covers % 10}"
