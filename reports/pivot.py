"""The pivot of money: groups down, a dimension or the figures across, totals on top. It only arranges what the roll-up found.

A margin is added up from the groups where that is exact (dimensions of projects fall away), and asked of the roll-up where it
is not: money that was carried over counts once across years, and estimates have no year, quarter or source.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from core.errors import N_, Broken, Invalid
from portfolio.access import Reader
from reports.money import money_rollup
from reports.money_figures import STAGE_COLUMNS, MoneyFigures, added
from reports.money_groups import MONEY_DIMENSIONS
from reports.pivot_keys import KeyNames, key_names
from reports.rollup import DIMENSIONS, Scope, check_dimensions

STAGE = "stage"
ROW_DIMENSIONS = {name: text for name, text in MONEY_DIMENSIONS.items() if name != STAGE}
COLUMN_DIMENSIONS = {
    name: MONEY_DIMENSIONS[name] for name in (STAGE, "year", "quarter", "source", "programme", "department", "plan")
}
# What a table may be about. Where the stages stand side by side the plan and the estimate stand with them.
PIVOT_FIGURES = ("budget_fen", *STAGE_COLUMNS.values(), "estimate_fen", "secured_fen", "gap_fen")
SIDE_BY_SIDE = ("estimate_fen", "gap_fen", "budget_fen", *STAGE_COLUMNS.values())
OF_PROJECTS = frozenset({"estimate_fen", "secured_fen", "gap_fen"})  # they have no year, quarter or source
MOST_ROW_DIMENSIONS, MOST_COLUMNS = 2, 60


class SameDimension(Broken):
    sentence = N_("“%(label)s”选了两次，请为行和列选不同的内容。")


class TooManyColumns(Broken):
    sentence = N_("这样会有 %(found)s 列，最多 %(most)s 列。请把它放到行上，或选一个规划。")


@dataclass(frozen=True)
class PivotWish:
    """What stands down, what stands across (None: nothing), and which figure the cells hold.

    With `columns` "stage" the figures of SIDE_BY_SIDE stand across, and `figure` does not matter.
    """

    rows: tuple[str, ...] = ("programme",)
    columns: str | None = STAGE
    figure: str = "paid_fen"
    level: int = 1

    def check(self) -> None:
        """Errors: UnknownDimension, UnknownLevel, SameDimension; Invalid for rows and figures that there are not."""
        check_dimensions(self.rows, ROW_DIMENSIONS, self.level)
        if not 1 <= len(self.rows) <= MOST_ROW_DIMENSIONS:
            raise Invalid(field="rows", label=N_("行维度"), found=",".join(self.rows), expected=N_("一个或两个"))
        if self.columns is not None:
            check_dimensions((self.columns,), COLUMN_DIMENSIONS, self.level)
        used = [*self.rows, self.columns]
        for name in used:
            if name is not None and used.count(name) > 1:
                raise SameDimension(field="columns", label=MONEY_DIMENSIONS[name])
        if self.figure not in PIVOT_FIGURES:
            raise Invalid(field="figure", label=N_("数据项"), found=self.figure, expected=PIVOT_FIGURES)

    @property
    def across(self) -> str | None:
        """The dimension of the columns; None where figures stand there."""
        return None if self.columns == STAGE else self.columns


@dataclass(frozen=True)
class PivotColumn:
    """One figure, of one group where a dimension stands across: `dimension` None otherwise."""

    figure: str
    dimension: str | None = None
    key: str | int | None = None


@dataclass(frozen=True)
class PivotRow:
    """One line. Units: fen; None is no such figure, which is not 0.

    `keys` are none of the total, the first of a subtotal, all of a row. `across_fen` is the figure without the columns'
    dimension. `figures` is all that the roll-up knows of the line, for its rates.
    """

    keys: tuple[str | int | None, ...]
    cells: tuple[int | None, ...]
    across_fen: int | None
    figures: MoneyFigures
    subtotal: bool = False


@dataclass(frozen=True)
class Pivot:
    """The table. With two dimensions down, each group of the first is a subtotal that stands above its rows."""

    wish: PivotWish
    scope: Scope
    columns: tuple[PivotColumn, ...]
    total: PivotRow
    lines: tuple[PivotRow, ...]
    names: KeyNames = field(repr=False)

    @property
    def rows(self) -> tuple[PivotRow, ...]:
        """The lines that are no subtotals: together they are everything."""
        return tuple(line for line in self.lines if not line.subtotal)

    @property
    def groups(self) -> tuple[PivotRow, ...]:
        """One line for each group of the first dimension."""
        several = len(self.wish.rows) > 1
        return tuple(line for line in self.lines if line.subtotal is several)

    @property
    def has_across(self) -> bool:
        """Whether a column of totals stands beside the others."""
        return self.wish.across is not None

    def keys_of(self, row: PivotRow, column: PivotColumn | None = None) -> dict[str, str | int | None]:
        """The group that a cell is about, by dimension; without a column that of the whole line."""
        keys = dict(zip(self.wish.rows, row.keys, strict=False))
        if column is not None and column.dimension is not None:
            keys[column.dimension] = column.key
        return keys


_Groups = Mapping[tuple[Any, ...], MoneyFigures]


class _Margins:
    """The groups of a table and what they come to without some of their dimensions."""

    def __init__(self, session: Session, reader: Reader, scope: Scope, level: int, by: Sequence[str]) -> None:
        self._asked = (session, reader, scope)
        self._level = level
        self._by = tuple(by)
        self._full = self._from_roll_up(self._by)

    def of(self, kept: Sequence[str]) -> _Groups:
        """The figures of each group of these dimensions, in their order."""
        dropped = [name for name in self._by if name not in kept]
        if not dropped:
            return self._full
        if self._full and all(name in DIMENSIONS for name in dropped):
            return self._added(tuple(kept))
        return self._from_roll_up(tuple(kept))

    def _from_roll_up(self, by: tuple[str, ...]) -> _Groups:
        session, reader, scope = self._asked
        return {group.keys: group for group in money_rollup(session, reader, scope, by, level=self._level)}

    def _added(self, kept: tuple[str, ...]) -> _Groups:
        places = [self._by.index(name) for name in kept]
        found: dict[tuple[Any, ...], list[MoneyFigures]] = {}
        for keys, group in self._full.items():
            found.setdefault(tuple(keys[place] for place in places), []).append(group)
        return {short: added(short, groups) for short, groups in found.items()}


def pivot(session: Session, reader: Reader, scope: Scope, wish: PivotWish) -> Pivot:
    """The table of what the reader sees in the scope.

    Errors: those of PivotWish.check; TooManyColumns.
    """
    wish.check()
    across = wish.across
    by = wish.rows if across is None else (*wish.rows, across)
    margins = _Margins(session, reader, scope, wish.level, by)
    full, lines, whole = margins.of(by), margins.of(wish.rows), margins.of(())[()]
    keys: dict[str, set[Any]] = {name: {keys[place] for keys in lines} for place, name in enumerate(wish.rows)}
    if across is not None:
        keys[across] = {found[-1] for found in full}
        if len(keys[across]) > MOST_COLUMNS:
            raise TooManyColumns(field="columns", found=len(keys[across]), most=MOST_COLUMNS)
    names = key_names(session, keys)
    columns = _columns(wish, keys, names)
    drawn = _Lines(wish, columns)
    found: list[PivotRow] = []
    first = wish.rows[:1]
    groups = margins.of(first)
    of_groups = margins.of((*first, across)) if across else {}
    inside: dict[Any, list[tuple[Any, ...]]] = {}
    for one in sorted(lines, key=lambda keys: names.places(wish.rows, keys)):
        inside.setdefault(one[:1], []).append(one)
    for group in sorted(groups, key=lambda keys: names.places(first, keys)):
        if len(wish.rows) == 1:
            found.append(drawn.row(group, groups[group], of_groups))
            continue
        found.append(drawn.row(group, groups[group], of_groups, subtotal=True))
        found += [drawn.row(one, lines[one], full) for one in inside.get(group, [])]
    total = drawn.row((), whole, margins.of((across,)) if across else {})
    return Pivot(wish, scope, columns, total, tuple(found), names)


def _columns(wish: PivotWish, keys: Mapping[str, set[Any]], names: KeyNames) -> tuple[PivotColumn, ...]:
    """What stands across. Estimates and gaps are left out where the grouping gives them no meaning."""
    if wish.across is not None:
        across = wish.across
        ordered = sorted(keys[across], key=lambda key: names.places((across,), (key,)))
        return tuple(PivotColumn(wish.figure, across, key) for key in ordered)
    if wish.columns is None:
        return (PivotColumn(wish.figure),)
    of_projects = all(name in DIMENSIONS for name in wish.rows)
    return tuple(PivotColumn(name) for name in SIDE_BY_SIDE if of_projects or name not in OF_PROJECTS)


@dataclass(frozen=True)
class _Lines:
    """Makes the lines of one table."""

    wish: PivotWish
    columns: tuple[PivotColumn, ...]

    def row(self, keys: tuple[Any, ...], figures: MoneyFigures, cells: _Groups, *, subtotal: bool = False) -> PivotRow:
        if self.wish.across is None:
            shown = tuple(getattr(figures, column.figure) for column in self.columns)
        else:
            shown = tuple(_amount(cells.get((*keys, column.key)), self.wish.figure) for column in self.columns)
        return PivotRow(keys, shown, getattr(figures, self.wish.figure), figures, subtotal)


def _amount(figures: MoneyFigures | None, figure: str) -> int | None:
    """The figure of a cell. Where the roll-up has no group the ledger holds nothing, which is 0; all else is not known."""
    if figures is None:
        return 0 if figure in STAGE_COLUMNS.values() else None
    return getattr(figures, figure)
