"""The money sheet of the report (资金执行): sources by year, departments and programmes below each other, with live totals.

One header serves all three, so that it stays in sight and stands again on every printed page.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby

from xlsxwriter.utility import xl_col_to_name  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from budgets.entries import STAGES
from budgets.rates import RATES
from core.errors import N_
from reports.findings import Words
from reports.money_figures import MoneyFigures
from reports.overview import known_sum
from reports.quarterly import QuarterlyReport
from reports.workbook_cells import (
    AMOUNT_WIDTHS,
    Column,
    add_heading,
    add_sheet,
    add_table_header,
    merge_text,
    write_amount,
    write_sum,
    write_text,
    write_whole,
)
from reports.workbook_cover import MONEY, caption_of
from reports.workbook_finance_tables import write_rate
from reports.workbook_style import Book

_STAGES = tuple(f"{stage}_fen" for stage in STAGES)
_SHOWN_RATES = ("investment_completion", "annual_completion", "receipt", "payment", "budget_execution")
_AMOUNTS, _RATES, _COUNTS = N_("金额"), N_("比率"), N_("个数")
_YEAR, _PROJECTS, _LEAVES, _ESTIMATE, _PLAN, _FIRST_STAGE = 1, 2, 3, 4, 5, 6
_FIRST_RATE = _FIRST_STAGE + len(_STAGES)
_LAST = _FIRST_RATE + len(_SHOWN_RATES) - 1
_GROUPED = {"department": N_("按牵头部门"), "programme": N_("按规划类别")}
_OF_SOURCES = {"receipt", "budget_execution"}  # the others compare sums of which one is by no source


def write_money(book: Book, report: QuarterlyReport) -> None:
    """The three tables on one sheet; what has no meaning in one of them is left empty there."""
    words, caption, money = book.words, caption_of(report, book.words), AMOUNT_WIDTHS[book.unit]
    widths = [26.0, 8.0, 8.0, 8.0, *([money] * (2 + len(_STAGES))), *([11.0] * len(_SHOWN_RATES))]
    sheet = add_sheet(book, MONEY, paper="A3", landscape=True, widths=widths, caption=caption)
    first = add_heading(book, sheet, words.say(MONEY), caption, _LAST, unit=True)
    row = add_table_header(book, sheet, first, _HEADER)
    sheet.freeze_panes(row, 1)
    sheet.repeat_rows(first, row - 1)
    row = _write_sources(book, sheet, row, report)
    row = _write_groups(book, sheet, row, "department", report)
    row = _write_groups(book, sheet, row, "programme", report)
    notes = (
        N_("注：按年看的年度投资计划含上年结转；结转跨年只计一次，所以合计不等于各年之和，各来源也不设小计。"),
        N_("注：合同和完成投资一般不分来源，列在“不分来源”。预算执行率只算财政资金；按年的比率是该年的。"),
        N_(
            "注：比率是分子之和除以分母之和；没有估算、没有本年计划或预算的子项，该比率两边都不计；分母为空或零显示“—”。"
        ),
    )
    for place, note in enumerate(notes, start=1):
        merge_text(book, sheet, row + place, 0, _LAST, words.say(note), "note")


def source_name(report: QuarterlyReport, words: Words, name: str | None) -> str:
    """What a funding source is called in the reader's language; money without one is not by source."""
    if name is None:
        return words.say(N_("不分来源"))
    return (report.money.sources.get(name) or name) if words.language == "en" else name


_HEADER = (
    Column(N_("资金来源、牵头部门、规划类别"), 0),
    Column(N_("年度"), 0),
    Column(N_("项目数"), 0, _COUNTS),
    Column(N_("子项数"), 0, _COUNTS),
    *(Column(title, 0, _AMOUNTS) for title in (N_("总投资"), N_("年度投资计划"), *STAGES.values())),
    *(Column(RATES[key].name, 0, _RATES) for key in _SHOWN_RATES),
)


def _section(book: Book, sheet: Worksheet, row: int, title: str) -> int:
    merge_text(book, sheet, row, 0, _LAST, book.words.say(title), "group")
    return row + 1


def _write_sources(book: Book, sheet: Worksheet, row: int, report: QuarterlyReport) -> int:
    words, groups = book.words, report.money.by_source_year
    row = _section(book, sheet, row, N_("按资金来源和年度"))
    subtotals: list[int] = []
    for source, of_source in groupby(groups, key=lambda one: one.keys[0]):
        rows, label = list(of_source), source_name(report, words, None if source is None else str(source))
        start = row
        for one in rows:
            _write_line(book, sheet, row, label, one, report.reported.sums(one))
            row += 1
        merge_text(book, sheet, row, 0, _LEAVES, words.say(N_("小计　%(name)s"), name=label), "group")
        for place in (_ESTIMATE, _PLAN, *range(_FIRST_RATE, _LAST + 1)):
            sheet.write_blank(row, place, None, book.style("group"))
        for place, column in enumerate(_STAGES, start=_FIRST_STAGE):
            fen = known_sum(report.reported.so_far(column, getattr(one, column)) for one in rows)
            _write_sum(book, sheet, row, place, [(start, row - 1)], fen, "group number")
        subtotals.append(row)
        row += 1
    if not subtotals:
        merge_text(book, sheet, row, 0, _LAST, words.say(N_("还没有已审核的计划，也没有已审核的记账。")), "text")
        return row + 1
    whole, sums = report.money.whole, report.reported.sums(report.money.whole)
    merge_text(book, sheet, row, 0, _LEAVES, words.say(N_("合计")), "total")
    for place in (_ESTIMATE, *range(_FIRST_RATE, _LAST + 1)):
        sheet.write_blank(row, place, None, book.style("total"))
    write_amount(book, sheet, row, _PLAN, whole.budget_fen, "total number")
    for place, column in enumerate(_STAGES, start=_FIRST_STAGE):
        _write_sum(book, sheet, row, place, [(one, one) for one in subtotals], sums[column], "total number")
    return row + 1


def _write_line(
    book: Book, sheet: Worksheet, row: int, label: str, one: MoneyFigures, sums: Mapping[str, int | None]
) -> None:
    """A source in one year: what has no meaning by source, or was reported by nobody, is left empty."""
    style = "number"
    write_text(book, sheet, row, 0, label)
    write_whole(book, sheet, row, _YEAR, None if one.keys[1] is None else int(one.keys[1]), "middle")
    for place in (_PROJECTS, _LEAVES, _ESTIMATE):
        sheet.write_blank(row, place, None, book.style(style))
    write_amount(book, sheet, row, _PLAN, one.budget_fen)
    for place, column in enumerate(_STAGES, start=_FIRST_STAGE):
        write_amount(book, sheet, row, place, sums[column])
    for place, key in enumerate(_SHOWN_RATES, start=_FIRST_RATE):
        if key in _OF_SOURCES:
            write_rate(book, sheet, row, place, one.rates[key])
        else:
            sheet.write_blank(row, place, None, book.style(style))


def _write_groups(book: Book, sheet: Worksheet, row: int, by: str, report: QuarterlyReport) -> int:
    start = row = _section(book, sheet, row, _GROUPED[by])
    whole, sums = report.money.whole, report.reported.sums(report.money.whole)
    for one in report.money.by_department if by == "department" else report.money.by_programme:
        write_text(book, sheet, row, 0, None if one.keys[0] is None else str(one.keys[0]))
        _write_figures(book, sheet, row, one, report.sums_of(by, one))
        row += 1
    merge_text(book, sheet, row, 0, _YEAR, book.words.say(N_("合计")), "total")
    span = [(start, row - 1)] if row > start else []
    for place, count in ((_PROJECTS, whole.projects or 0), (_LEAVES, whole.leaves or 0)):
        made = book.style("total number", num_format="#,##0")
        letter = xl_col_to_name(place)
        formula = f"=SUM({letter}{start + 1}:{letter}{row})" if span else "=0"
        sheet.write_formula(row, place, formula, made, count)
    for place, column in enumerate(("estimate_fen", "budget_fen", *_STAGES), start=_ESTIMATE):
        fen = sums[column] if column in sums else getattr(whole, column)
        _write_sum(book, sheet, row, place, span, fen, "total number")
    for place, key in enumerate(_SHOWN_RATES, start=_FIRST_RATE):
        write_rate(book, sheet, row, place, whole.rates[key], "total number")
    return row + 1


def _write_figures(book: Book, sheet: Worksheet, row: int, one: MoneyFigures, sums: Mapping[str, int | None]) -> None:
    sheet.write_blank(row, _YEAR, None, book.style("middle"))
    write_whole(book, sheet, row, _PROJECTS, one.projects)
    write_whole(book, sheet, row, _LEAVES, one.leaves)
    for place, column in enumerate(("estimate_fen", "budget_fen", *_STAGES), start=_ESTIMATE):
        write_amount(book, sheet, row, place, sums[column] if column in sums else getattr(one, column))
    for place, key in enumerate(_SHOWN_RATES, start=_FIRST_RATE):
        write_rate(book, sheet, row, place, one.rates[key])


def _write_sum(
    book: Book, sheet: Worksheet, row: int, place: int, spans: Sequence[tuple[int, int]], fen: int | None, style: str
) -> None:
    letter = xl_col_to_name(place)
    cells = ",".join(f"{letter}{first + 1}:{letter}{last + 1}" for first, last in spans) or "0"
    write_sum(book, sheet, row, place, cells, fen, style)
