"""Native charts of the report, over the cells of the tables beside them; every title says the finding."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from core.errors import N_
from reports.workbook_cells import merge_text
from reports.workbook_style import ACCENT, INK, LINE, PLANNED_FILL, PLANNED_LINE, Book

PIXELS, _ROW_PIXELS = 860, 20
_TEXT: dict[str, Any] = {"color": INK, "size": 9}
PLAIN = {"fill": {"color": PLANNED_FILL}, "border": {"color": PLANNED_LINE}}
MARKED = {"fill": {"color": ACCENT}, "border": {"color": ACCENT}}


def filled(colour: str) -> dict[str, Any]:
    """A bar of one colour."""
    return {"fill": {"color": colour}, "border": {"color": colour}}


@dataclass(frozen=True)
class Series:
    """One row of bars: its name, the column of its values, how it looks, and points that look different."""

    name: str
    place: int
    looks: dict[str, Any] = field(default_factory=lambda: PLAIN)
    points: Sequence[dict[str, Any]] = ()


@dataclass(frozen=True)
class Chart:
    """A chart over rows of a table: `kind` bar (lying) or column (standing), categories in the column `names`."""

    kind: str
    finding: str
    unit: str
    rows: tuple[int, int]
    series: tuple[Series, ...]
    height: int
    shape: str = "#,##0"
    names: int = 0
    source: str = N_("来源：本表数据，算法见“口径说明”。")
    last: int = 6


def add_chart(book: Book, sheet: Worksheet, row: int, one: Chart) -> int:
    """Puts the chart below a table; the first free row after it and its source line comes back."""
    words, (first, last) = book.words, one.rows
    chart = book.file.add_chart({"type": one.kind})
    for series in one.series:
        chart.add_series(
            {
                "name": series.name,
                "categories": [sheet.name, first, one.names, last, one.names],
                "values": [sheet.name, first, series.place, last, series.place],
                **({"points": list(series.points)} if series.points else {}),
                **series.looks,
                "gap": 45,
                "data_labels": {"value": True, "num_format": one.shape, "font": _TEXT},
            }
        )
    # A chart's title that begins with "=" would be read as a formula.
    name = {"name": f" {one.finding}", "name_font": {"size": 11, "bold": True, "color": INK}, "overlay": False}
    chart.set_title(name)
    chart.set_legend({"none": True} if len(one.series) == 1 else {"position": "bottom", "font": _TEXT})
    grid = {"visible": True, "line": {"color": "#DDE2DF"}}
    named = words.say(N_("单位：%(unit)s"), unit=one.unit)
    plain: dict[str, Any] = {"num_font": _TEXT, "line": {"color": LINE}, "major_tick_mark": "none", "interval_unit": 1}
    values = {"name": named, "name_font": {**_TEXT, "bold": False}, "num_font": _TEXT, "num_format": "#,##0", "min": 0}
    values |= {"major_gridlines": grid, "line": {"none": True}}
    lying = one.kind == "bar"
    if lying:
        plain |= {"reverse": True, "crossing": "max"}
    (chart.set_y_axis if lying else chart.set_x_axis)(plain)
    (chart.set_x_axis if lying else chart.set_y_axis)(values)
    chart.set_chartarea({"border": {"color": LINE}})
    chart.set_size({"width": PIXELS, "height": one.height})
    sheet.insert_chart(row, 0, chart, {"description": one.finding, "object_position": 1, "y_offset": 8})
    after = row + 1 + -(-one.height // _ROW_PIXELS)
    merge_text(book, sheet, after, 0, one.last, words.say(one.source), "under title")
    return after + 2
