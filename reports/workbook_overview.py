"""The overview sheet of the quarterly workbook: main figures, and two tables, each with a native chart titled by its finding."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from core.errors import N_
from core.money import shown
from reports.findings import MoneyGroup
from reports.overview import PlanOverview
from reports.quarterly import QuarterlyReport
from reports.workbook_cells import (
    SILENT,
    Column,
    add_heading,
    add_sheet,
    add_table_header,
    merge_text,
    set_height,
    share_in_cell,
    top_of,
    write_amount,
    write_sum,
    write_text,
    write_whole,
)
from reports.workbook_cover import DEFINITIONS, OVERVIEW, caption_of, kinds_text
from reports.workbook_style import ACCENT, INK, LINE, PLANNED_FILL, PLANNED_LINE, Book

_GROUPED = (
    Column(N_("项目数"), 16),
    Column(N_("子项数"), 9),
    Column(N_("无投资估算"), 10),
    Column(N_("总投资"), 17),
    Column(N_("占总投资比重"), 13.5),
)
_NAME_WIDTH = 34
_LAST = len(_GROUPED)
_AMOUNT, _SHARE, _PROJECTS = 4, 5, 1
_CHART_PIXELS, _ROW_PIXELS, _POINTS_PER_PIXEL = 700, 20, 0.75
_MOST_BARS = 15
# What a page holds when the sheet is fitted to its width. Where a font is missing and columns come out wider, the sheet is
# shrunk more and a page holds more, so a chart is not cut in two there either.
_PAGE_POINTS = 750


def write_overview(book: Book, report: QuarterlyReport) -> None:
    words = book.words
    caption = caption_of(report, words)
    widths = [_NAME_WIDTH, *(column.width for column in _GROUPED)]
    sheet = add_sheet(book, OVERVIEW, paper="A4", landscape=False, widths=widths, caption=caption)
    row = add_heading(book, sheet, words.say(OVERVIEW), caption, _LAST, unit=False)
    first = row = _write_figures(book, sheet, row, report) + 1
    view = report.overview
    sections = (
        (N_("按规划类别"), N_("规划类别"), view.by_programme, view.programme_finding),
        (N_("按牵头部门"), N_("牵头部门"), view.by_department, view.department_finding),
    )
    breaks: list[int] = []
    top = 0.0  # where the present page begins
    for title, label, groups, finding in sections:
        if all(group.name is None for group in groups):
            continue  # the figures above say it
        if row > first:
            breaks.append(row)
            top = top_of(book, sheet, row)
        merge_text(book, sheet, row, 0, 2, words.say(title), "section")
        table = _write_groups(book, sheet, row, label, groups, view.total)
        bars = min(len(groups), _MOST_BARS)
        left = _PAGE_POINTS - (top_of(book, sheet, table.after) - top)
        height = next((one for one in (110 + 30 * bars, 110 + 23 * bars) if (one + 50) * _POINTS_PER_PIXEL <= left), 0)
        if not height:
            breaks.append(table.after)
            top = top_of(book, sheet, table.after)
            height = 110 + 30 * bars
        row = _write_chart(book, sheet, table, groups, words.sentence(finding), height)
    sheet.set_h_pagebreaks(breaks)


def _write_figures(book: Book, sheet: Worksheet, row: int, report: QuarterlyReport) -> int:
    words, total = book.words, report.overview.total
    say = words.say
    for place, title in ((0, N_("主要数字")), (1, N_("数值")), (2, N_("单位"))):
        sheet.write_string(row, place, say(title), book.style("header"))
    merge_text(book, sheet, row, 3, _LAST, say(N_("说明")), "header")
    row += 1
    dominance = "" if total.dominance is None else words.sentence(total.dominance.finding)
    disputed = say(
        N_("严重 %(grave)s 处，待裁定 %(undecided)s 处"),
        grave=total.contradictions_grave,
        undecided=total.contradictions_undecided,
    )
    unled = "" if total.without_lead < total.projects else words.sentence(report.overview.department_finding)
    piece, item = N_("个"), N_("项")
    counts: list[tuple[str, int, str, str]] = [
        (N_("项目数"), total.projects, piece, ""),
        (N_("子项数"), total.leaves, piece, say(N_("打包项目按子项目计"))),
        (N_("无投资估算"), total.without_estimate, piece, ""),
        (N_("无牵头部门"), total.without_lead, piece, unled),
        (N_("起止年限不全"), total.without_years, piece, ""),
        (N_("指标数"), total.indicator_count, item, kinds_text(report, words)),
        (N_("任务数"), total.commitments, N_("条"), ""),
        (N_("矛盾数"), total.contradictions, N_("处"), disputed),
    ]
    sheet.write_string(row, 0, say(N_("总投资")), book.style("text"))
    write_amount(book, sheet, row, 1, total.estimate_fen)
    sheet.write_string(row, 2, words.money_unit(book.unit), book.style("middle"))
    _write_remark(book, sheet, row, say(SILENT) if total.estimate_fen is None else dominance)
    row += 1
    for title, value, unit, remark in counts:
        sheet.write_string(row, 0, say(title), book.style("text"))
        write_whole(book, sheet, row, 1, value)
        sheet.write_string(row, 2, say(unit), book.style("middle"))
        _write_remark(book, sheet, row, remark)
        row += 1
    return row


def _write_remark(book: Book, sheet: Worksheet, row: int, text: str) -> None:
    set_height(book, sheet, row, 18)
    merge_text(book, sheet, row, 3, _LAST, text, "text")


@dataclass(frozen=True)
class _Table:
    """The rows of a table of groups, and the first free row after it."""

    first: int
    last: int
    after: int


def _write_groups(
    book: Book, sheet: Worksheet, row: int, label: str, groups: Sequence[MoneyGroup], total: PlanOverview
) -> _Table:
    """A table of groups with live totals, the unit above it at the right."""
    say = book.words.say
    merge_text(book, sheet, row, 3, _LAST, book.unit_note, "unit")
    row = add_table_header(book, sheet, row + 1, (Column(label, _NAME_WIDTH), *_GROUPED))
    first, last = row, row + len(groups) - 1
    total_row = last + 1
    for row, group in enumerate(groups, start=first):
        write_text(book, sheet, row, 0, group.name)
        for place, count in enumerate((group.projects, group.leaves, group.without_estimate), start=1):
            write_whole(book, sheet, row, place, count)
        write_amount(book, sheet, row, _AMOUNT, group.estimate_fen)
        _write_share(book, sheet, row, total_row, group.share, "number")
    sheet.write_string(total_row, 0, say(N_("合计")), book.style("total"))
    for place, count in enumerate((total.projects, total.leaves, total.without_estimate), start=1):
        made = book.style("total number", num_format="#,##0")
        sheet.write_formula(total_row, place, f"=SUM({_cells(first, last, place)})", made, count)
    write_sum(book, sheet, total_row, _AMOUNT, _cells(first, last, _AMOUNT), total.estimate_fen, "total number")
    whole = None if total.estimate_fen is None else Fraction(1)
    _write_share(book, sheet, total_row, total_row, whole, "total number")
    return _Table(first, last, _write_rounding(book, sheet, total_row + 1, groups, total))


def _cells(first: int, last: int, place: int) -> str:
    return f"{xl_rowcol_to_cell(first, place)}:{xl_rowcol_to_cell(last, place)}"


def _write_share(book: Book, sheet: Worksheet, row: int, total_row: int, share: Fraction | None, style: str) -> None:
    made = book.style(style, num_format="0.0%")
    if share is None:
        sheet.write_string(row, _SHARE, "—", made)
        return
    part, whole = xl_rowcol_to_cell(row, _AMOUNT), xl_rowcol_to_cell(total_row, _AMOUNT, row_abs=True)
    sheet.write_formula(row, _SHARE, f"=ROUND({part}/{whole},10)", made, share_in_cell(share))


def _write_rounding(book: Book, sheet: Worksheet, row: int, groups: Sequence[MoneyGroup], total: PlanOverview) -> int:
    """Says so where the rows, each rounded as it is shown, do not add up to the total as it is shown."""
    if total.estimate_fen is None:
        return row
    rows = sum(shown(group.estimate_fen, book.unit) for group in groups if group.estimate_fen is not None)
    residual = shown(total.estimate_fen, book.unit) - rows
    if not residual:
        return row
    text = book.words.say(N_("注：各行四舍五入，显示数之和与合计相差 %(residual)s。"), residual=f"{residual:,}")
    merge_text(book, sheet, row, 0, _LAST, text, "note")
    return row + 1


def _write_chart(
    book: Book, sheet: Worksheet, table: _Table, groups: Sequence[MoneyGroup], finding: str, height: int
) -> int:
    """A bar chart over the table's own cells: of money, or of projects where no money is known. The next free row comes back."""
    say = book.words.say
    by_money = any(group.estimate_fen is not None for group in groups)
    place = _AMOUNT if by_money else _PROJECTS
    last = min(table.last, table.first + _MOST_BARS - 1)
    groups = groups[: last - table.first + 1]
    values = [group.estimate_fen or 0 if by_money else group.projects for group in groups]
    largest = values.index(max(values))
    unit = book.words.money_unit(book.unit) if by_money else say(N_("个"))
    plain = {"fill": {"color": PLANNED_FILL}, "border": {"color": PLANNED_LINE}}
    marked = {"fill": {"color": ACCENT}, "border": {"color": ACCENT}}
    chart = book.file.add_chart({"type": "bar"})
    text: dict[str, Any] = {"color": INK, "size": 9}
    chart.add_series({
        "name": say(N_("总投资")) if by_money else say(N_("项目数")),
        "categories": [sheet.name, table.first, 0, last, 0],
        "values": [sheet.name, table.first, place, last, place],
        "points": [marked if number == largest else plain for number in range(len(groups))],
        **plain,
        "gap": 45,
        "data_labels": {"value": True, "num_format": book.money_format if by_money else "#,##0", "font": text},
    })  # fmt: skip
    # A chart's title that begins with "=" would be read as a formula.
    chart.set_title({"name": f" {finding}", "name_font": {"size": 11, "bold": True, "color": INK}, "overlay": False})
    chart.set_legend({"none": True})
    chart.set_y_axis(
        {
            "reverse": True,
            "crossing": "max",
            "interval_unit": 1,
            "num_font": text,
            "line": {"color": LINE},
            "major_tick_mark": "none",
        }
    )
    axis = {"name": say(N_("单位：%(unit)s"), unit=unit), "name_font": {**text, "bold": False}, "num_font": text}
    grid = {"visible": True, "line": {"color": "#DDE2DF"}}
    chart.set_x_axis({**axis, "num_format": "#,##0", "min": 0, "major_gridlines": grid, "line": {"none": True}})
    chart.set_chartarea({"border": {"color": LINE}})
    chart.set_size({"width": _CHART_PIXELS, "height": height})
    sheet.insert_chart(table.after, 0, chart, {"description": finding, "object_position": 1, "y_offset": 8})
    after = table.after + 1 + -(-height // _ROW_PIXELS)
    source = N_("来源：本表数据；规划出处见“%(projects)s”各行，算法见“%(definitions)s”。")
    named = {"projects": say(N_("项目调度表")), "definitions": say(DEFINITIONS)}
    text_below = say(source, **named)
    if last < table.last:
        text_below += say(N_("图中列前 %(n)s 组。"), n=len(groups))
    merge_text(book, sheet, after, 0, _LAST, text_below, "under title")
    return after + 2
