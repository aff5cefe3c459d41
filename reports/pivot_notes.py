"""What has to be said below a pivot: why its rows do not add up to its total, where they do not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.errors import N_
from core.money import formatted, shown
from reports.findings import Words
from reports.money_figures import FIGURES
from reports.pivot import OF_PROJECTS, Pivot, PivotColumn


@dataclass(frozen=True)
class Sum:
    """Parts that stand in a table, and the total that stands beside them. Units: fen; parts that are not known are none."""

    name: str
    parts: tuple[int, ...]
    total: int | None

    @property
    def difference(self) -> int | None:
        """What the parts come to beyond the total; None where there is nothing to compare."""
        return None if self.total is None or not self.parts else sum(self.parts) - self.total

    def residual(self, unit: str) -> Decimal:
        """The sum of the rounded parts beyond the rounded total; 0 where the exact ones do not add up either."""
        if self.total is None or self.difference != 0:
            return Decimal(0)
        return sum((shown(part, unit) for part in self.parts), Decimal(0)) - shown(self.total, unit)


def column_name(pivot: Pivot, column: PivotColumn, words: Words) -> str:
    if column.dimension is None:
        return words.say(FIGURES[column.figure].name)
    return pivot.names.label(column.dimension, column.key, words).whole


def _known(amounts: Iterable[int | None]) -> tuple[int, ...]:
    return tuple(fen for fen in amounts if fen is not None)


def sums_down(pivot: Pivot, words: Words) -> list[Sum]:
    """Each column with its rows and its total, the column of totals last."""
    found = [
        Sum(column_name(pivot, column, words), _known(row.cells[place] for row in pivot.rows), total)
        for place, (column, total) in enumerate(zip(pivot.columns, pivot.total.cells, strict=True))
    ]
    if pivot.has_across:
        name = words.say(N_("合计"))
        found.append(Sum(name, _known(row.across_fen for row in pivot.rows), pivot.total.across_fen))
    return found


def sums_across(pivot: Pivot) -> list[Sum]:
    """Each line with its cells and what stands in the column of totals."""
    if not pivot.has_across:
        return []
    return [Sum("", _known(line.cells), line.across_fen) for line in (pivot.total, *pivot.lines)]


def pivot_notes(pivot: Pivot, unit: str, words: Words) -> list[str]:
    """The sentences below the table, in the words of the reader and the unit that the amounts are printed in."""
    down, across = sums_down(pivot, words), sums_across(pivot)
    return [*_rounded(down, across, unit, words), *_not_added(pivot, down, across, unit, words)]


def _rounded(down: Sequence[Sum], across: Sequence[Sum], unit: str, words: Words) -> Iterable[str]:
    found = [(one.name, residual) for one in down if (residual := one.residual(unit))]
    name = words.money_unit(unit)
    if found:
        listed = words.say(N_("、")).join(f"{title} {residual:+,}" for title, residual in found)
        text = N_("四舍五入：各行显示数之和与合计相差 %(residuals)s（%(unit)s）；合计按准确数相加。")
        yield words.say(text, residuals=listed, unit=name)
    sideways = [residual for one in across if (residual := one.residual(unit))]
    if sideways:
        text = N_("四舍五入：有 %(n)s 行各列显示数之和与该行合计相差，最多 %(residual)s（%(unit)s）。")
        yield words.say(text, n=len(sideways), residual=f"{max(sideways, key=abs):+,}", unit=name)


def _not_added(pivot: Pivot, down: Sequence[Sum], across: Sequence[Sum], unit: str, words: Words) -> Iterable[str]:
    """Why exact amounts do not add up: each time it is said, never smoothed over."""
    used = {*pivot.wish.rows, pivot.wish.across}
    figures = {column.figure for column in pivot.columns}
    differing = [one.difference for one in (*down, *across) if one.difference]
    if "budget_fen" in figures and "quarter" in used:
        yield words.say(N_("按季度看的是季度计划，与年度计划分别编制，所以各季度之和不一定等于合计的年度计划。"))
    elif "budget_fen" in figures and differing and "year" in used:
        carried = formatted(max(differing, key=abs), unit)
        text = N_("按年看的年度计划含上年结转；结转跨年只计一次，所以各年之和比合计多 %(carried)s %(unit)s。")
        yield words.say(text, carried=carried, unit=words.money_unit(unit))
    if figures & OF_PROJECTS and used & {"year", "quarter", "source"}:
        yield words.say(N_("总投资、已落实资金和资金缺口不分年度、季度和来源，只有合计。"))
