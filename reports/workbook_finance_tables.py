"""Two tables of the finance workbook: sources by year, and groups of projects, with live totals and the rates beside them."""

from collections.abc import Sequence
from itertools import groupby

from xlsxwriter.utility import xl_col_to_name  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from budgets.entries import STAGES
from budgets.rates import RATES, Rate
from core.errors import N_
from reports.finance import FinanceReport
from reports.money_figures import MoneyFigures
from reports.workbook_cells import (
    AMOUNT_WIDTHS,
    Column,
    add_heading,
    add_sheet,
    add_table_header,
    merge_text,
    share_in_cell,
    write_amount,
    write_sum,
    write_text,
    write_whole,
)
from reports.workbook_style import ACCENT, INK, LINE, PLANNED_FILL, PLANNED_LINE, Book

_MONEY, _RATES, _COUNTS = N_("金额"), N_("比率"), N_("个数")
_STAGE_COLUMNS = tuple(f"{stage}_fen" for stage in STAGES)
_MOST_GROUPS = 12  # groups that a chart can still name
# What the chart shows: the column of the table, its name and its colour, lighter to darker as the money goes on its way.
_CHARTED = (
    (6, N_("年度投资计划"), PLANNED_FILL),
    (7, STAGES["appropriated"], "#BFD8CC"),
    (8, STAGES["received"], "#9CC4B1"),
    (10, STAGES["work_done"], "#4F8F74"),
    (11, STAGES["paid"], ACCENT),
)


def write_source_years(book: Book, name: str, caption: str, report: FinanceReport) -> None:
    """Each source with its years, a subtotal under each source and the total below."""
    groups, whole = report.by_source_year, report.whole
    words, money = book.words, AMOUNT_WIDTHS[book.unit]
    columns = (
        Column(N_("资金来源"), 22),
        Column(N_("年度"), 10),
        Column(N_("年度投资计划"), money, _MONEY),
        *(Column(text, money, _MONEY) for text in STAGES.values()),
        Column(RATES["receipt"].name, 11, _RATES),
        Column(RATES["budget_execution"].name, 11, _RATES),
    )
    sheet, row = _started(book, name, caption, columns)
    subtotals: dict[int, list[str]] = {place: [] for place in range(3, 8)}
    for source, of_source in groupby(groups, key=lambda one: one.keys[0]):
        rows = list(of_source)
        start = row
        label = report.source_name(None if source is None else str(source), words)
        for one in rows:
            write_text(book, sheet, row, 0, label)
            write_text(book, sheet, row, 1, str(one.keys[1]), "middle")
            write_amount(book, sheet, row, 2, one.budget_fen)
            for place, column in enumerate(_STAGE_COLUMNS, start=3):
                write_amount(book, sheet, row, place, getattr(one, column))
            write_rate(book, sheet, row, 8, one.rates["receipt"])
            write_rate(book, sheet, row, 9, one.rates["budget_execution"])
            row += 1
        title = words.say(N_("小计　%(name)s"), name=label)
        merge_text(book, sheet, row, 0, 1, title, "group")
        sheet.write_blank(row, 2, None, book.style("group"))
        for place, column in enumerate(_STAGE_COLUMNS, start=3):
            letter = xl_col_to_name(place)
            fen = sum(getattr(one, column) or 0 for one in rows)
            write_sum(book, sheet, row, place, f"{letter}{start + 1}:{letter}{row}", fen, "group number")
            subtotals[place].append(f"{letter}{row + 1}")
        for place in (8, 9):
            sheet.write_blank(row, place, None, book.style("group"))
        row += 1
    merge_text(book, sheet, row, 0, 1, words.say(N_("合计")), "total")
    write_amount(book, sheet, row, 2, whole.budget_fen, "total number")
    for place, column in enumerate(_STAGE_COLUMNS, start=3):
        cells = ",".join(subtotals[place]) or "0"
        write_sum(book, sheet, row, place, cells, getattr(whole, column), "total number")
    for place in (8, 9):
        sheet.write_blank(row, place, None, book.style("total"))
    notes = (
        N_("注：按年看的年度投资计划含上年结转；结转跨年只计一次，所以合计不等于各年之和，各来源也不设小计。"),
        N_("注：合同和完成投资一般不分来源，列在“不分来源”。预算执行率只算财政资金。"),
    )
    for number, note in enumerate(notes, start=1):
        merge_text(book, sheet, row + number, 0, len(columns) - 1, words.say(note), "note")


def write_groups(
    book: Book, name: str, caption: str, heading: str, groups: Sequence[MoneyFigures], whole: MoneyFigures
) -> None:
    """Groups of projects with counts, amounts and rates; live totals below. Keys of the groups: the name alone."""
    words, money = book.words, AMOUNT_WIDTHS[book.unit]
    amounts = ("estimate_fen", "secured_fen", "gap_fen", "budget_fen", *_STAGE_COLUMNS)
    titles = (N_("总投资"), N_("已落实资金"), N_("资金缺口"), N_("年度投资计划"), *STAGES.values())
    shown = ("investment_completion", "annual_completion", "receipt", "payment", "budget_execution")
    columns = (
        Column(heading, 24),
        Column(N_("项目数"), 7, _COUNTS),
        Column(N_("子项数"), 7, _COUNTS),
        *(Column(title, money, _MONEY) for title in titles),
        *(Column(RATES[key].name, 10, _RATES) for key in shown),
    )
    sheet, row = _started(book, name, caption, columns, paper="A3")
    start = row
    for one in groups:
        write_text(book, sheet, row, 0, None if one.keys[0] is None else str(one.keys[0]))
        write_whole(book, sheet, row, 1, one.projects, "middle")
        write_whole(book, sheet, row, 2, one.leaves, "middle")
        for place, column in enumerate(amounts, start=3):
            write_amount(book, sheet, row, place, getattr(one, column))
        for place, key in enumerate(shown, start=3 + len(amounts)):
            write_rate(book, sheet, row, place, one.rates[key])
        row += 1
    sheet.write_string(row, 0, words.say(N_("合计")), book.style("total"))
    for place, count in ((1, whole.projects), (2, whole.leaves)):
        letter = xl_col_to_name(place)
        formula = f"=SUM({letter}{start + 1}:{letter}{max(row, start + 1)})"
        if row > start:
            sheet.write_formula(row, place, formula, book.style("total number", num_format="0"), count or 0)
        else:
            sheet.write_number(row, place, count or 0, book.style("total number", num_format="0"))
    for place, column in enumerate(amounts, start=3):
        letter = xl_col_to_name(place)
        fen = getattr(whole, column)
        if row > start:
            write_sum(book, sheet, row, place, f"{letter}{start + 1}:{letter}{row}", fen, "total number")
        else:
            write_amount(book, sheet, row, place, fen, "total number")
    for place, key in enumerate(shown, start=3 + len(amounts)):
        write_rate(book, sheet, row, place, whole.rates[key], "total number")
    note = N_("注：比率是分子之和除以分母之和；没有估算、没有本年计划或预算的子项，该比率两边都不计。")
    merge_text(book, sheet, row + 1, 0, len(columns) - 1, words.say(note), "note")
    if row > start:
        _add_chart(book, sheet, row + 3, (start, min(row, start + _MOST_GROUPS) - 1), whole)


def _add_chart(book: Book, sheet: Worksheet, row: int, rows: tuple[int, int], whole: MoneyFigures) -> None:
    """The stages of the first groups side by side, over the table's own cells, titled by what the whole says."""
    words, (first, last) = book.words, rows
    rate = whole.rates["investment_completion"]
    finding = words.say(N_("投资完成率 %(done)s，支付率 %(paid)s"), done=rate.text, paid=whole.rates["payment"].text)
    chart = book.file.add_chart({"type": "column"})
    text = {"color": INK, "size": 9}
    for place, title, colour in _CHARTED:
        chart.add_series(
            {
                "name": words.say(title),
                "categories": [sheet.name, first, 0, last, 0],
                "values": [sheet.name, first, place, last, place],
                "fill": {"color": colour},
                "border": {"color": PLANNED_LINE if place == _CHARTED[0][0] else colour},
                "gap": 60,
            }
        )
    # A chart's title that begins with "=" would be read as a formula.
    chart.set_title({"name": f" {finding}", "name_font": {"size": 11, "bold": True, "color": INK}, "overlay": False})
    chart.set_legend({"position": "bottom", "font": text})
    chart.set_x_axis({"num_font": text, "line": {"color": LINE}})
    unit = words.say(N_("单位：%(unit)s"), unit=words.money_unit(book.unit))
    grid = {"visible": True, "line": {"color": "#DDE2DF"}}
    axis = {"name": unit, "name_font": {**text, "bold": False}, "num_font": text}
    chart.set_y_axis({**axis, "num_format": "#,##0", "major_gridlines": grid})
    chart.set_chartarea({"border": {"color": LINE}})
    chart.set_size({"width": 1300, "height": 380})
    sheet.insert_chart(row, 0, chart, {"description": finding, "object_position": 1})


def _started(
    book: Book, name: str, caption: str, columns: Sequence[Column], *, paper: str = "A4"
) -> tuple[Worksheet, int]:
    widths = [column.width for column in columns]
    sheet = add_sheet(book, name, paper=paper, landscape=True, widths=widths, caption=caption)
    first = add_heading(book, sheet, book.words.say(name), caption, len(columns) - 1, unit=True)
    row = add_table_header(book, sheet, first, columns)
    sheet.freeze_panes(row, 1)
    sheet.repeat_rows(first, row - 1)
    return sheet, row


def write_rate(book: Book, sheet: Worksheet, row: int, place: int, rate: Rate, style: str = "number") -> None:
    """A rate as a percentage, — where it cannot be computed."""
    value, made = rate.value, book.style(style, num_format="0.00%")
    if value is None:
        sheet.write_string(row, place, "—", made)
    else:
        sheet.write_number(row, place, share_in_cell(value), made)
