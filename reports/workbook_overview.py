"""The overview sheet of the report: what can be read out, the main figures beside those of the last period, tables and charts."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from itertools import pairwise

from xlsxwriter.utility import xl_rowcol_to_cell  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from budgets.entries import STAGES
from budgets.rates import RATES, Rate
from core.errors import N_
from core.money import FEN_PER
from core.units import rounded_text
from reports.findings import Words
from reports.lamp_words import RED
from reports.narrative import narrative
from reports.quarterly import QuarterlyReport
from reports.workbook_cells import (
    SILENT,
    add_heading,
    add_sheet,
    amount_in_cell,
    merge_text,
    set_height,
    share_in_cell,
    top_of,
    write_amount,
    write_text,
    write_whole,
)
from reports.workbook_charts import MARKED, PLAIN, Chart, Series, add_chart, filled
from reports.workbook_cover import OVERVIEW, caption_of, kinds_text
from reports.workbook_overview_tables import (
    write_departments,
    write_lamps,
    write_programmes,
    write_works,
    write_years,
)
from reports.workbook_style import ACCENT, Book

WIDTHS = {"zh": (30.0, 15.0, 11.0, 15.0, 15.0, 13.0, 24.0), "en": (27.0, 14.0, 16.0, 14.0, 14.0, 15.0, 23.0)}
LAST = len(WIDTHS["zh"]) - 1
# What a page holds when the sheet is fitted to its width. Where a font is missing and columns come out wider, the sheet is
# shrunk more and a page holds more, so a chart is not cut in two there either.
_PAGE_POINTS = 880
_PARAGRAPH = 5  # sentences that stand in one cell: a row has a greatest height


def write_overview(book: Book, report: QuarterlyReport) -> None:
    """The sheet 总览: what is read out, the main figures beside the last period's, and the native charts."""
    words, caption = book.words, caption_of(report, book.words)
    sheet = add_sheet(book, OVERVIEW, paper="A4", landscape=False, widths=WIDTHS[words.language], caption=caption)
    row = add_heading(book, sheet, words.say(OVERVIEW), caption, LAST, unit=True)
    row = _write_narrative(book, sheet, row, report)
    row, stages = _write_figures(book, sheet, row, report)
    starts = [(0, 0.0)]
    blocks: list[Callable[[int], int]] = [lambda at: _add_stage_chart(book, sheet, at, report, stages)]
    for write in (write_lamps, write_years, write_programmes, write_works, write_departments):
        blocks.append(partial(write, book, sheet, report))
    row += 1
    for block in blocks:
        starts.append((row, top_of(book, sheet, row)))
        row = block(row)
    starts.append((row, top_of(book, sheet, row)))
    sheet.set_h_pagebreaks(page_breaks(starts))


def page_breaks(starts: Sequence[tuple[int, float]]) -> list[int]:
    """Where pages begin, so that no block is cut that fits one: blocks as (first row, how far down it is), the end last."""
    page, breaks = 0.0, []
    for (row, top), (_, end) in pairwise(starts):
        if end - page > _PAGE_POINTS and top > page:
            breaks.append(row)
            page = top
    return breaks


def _write_narrative(book: Book, sheet: Worksheet, row: int, report: QuarterlyReport) -> int:
    """The paragraph that is read out, in cells that a row can be high enough for."""
    words = book.words
    said = [words.sentence(one) for one in narrative(report, book.unit, words.money_unit(book.unit))]
    merge_text(book, sheet, row, 0, LAST, words.say(N_("本期情况")), "section")
    row += 1
    between = "" if words.language == "zh" else " "
    for start in range(0, len(said), _PARAGRAPH):
        merge_text(book, sheet, row, 0, LAST, between.join(said[start : start + _PARAGRAPH]), "paragraph")
        row += 1
    return row + 1


def _write_figures(book: Book, sheet: Worksheet, row: int, report: QuarterlyReport) -> tuple[int, tuple[int, int]]:
    """The table of main figures; the row after it, and the rows of the amounts that the chart shows."""
    words, money = book.words, report.money
    say = words.say
    titles = (N_("主要数字"), N_("数值"), N_("单位"), N_("上期末"), N_("比上期末"))
    for place, title in enumerate(titles):
        write_text(book, sheet, row, place, say(title), "header")
    merge_text(book, sheet, row, 5, LAST, say(N_("说明")), "header")
    row += 1
    first = row
    dominance = report.overview.total.dominance
    remark = "" if dominance is None else words.sentence(dominance.finding)
    if money.whole.estimate_fen is None:
        remark = say(SILENT)
    for title, name in ((N_("总投资"), "estimate_fen"), *((text, f"{stage}_fen") for stage, text in STAGES.items())):
        note = remark if name == "estimate_fen" else ""
        now = report.reported.so_far(name, getattr(money.whole, name))
        before = report.reported.so_far_before(name, getattr(money.before, name))
        _write_amounts(book, sheet, row, title, (now, before), note)
        row += 1
    stages = (first, row - 1)
    year = money.this_year
    done = None if year is None else year.work_done_fen
    done = report.reported.of_year(report.cover.period.year, "work_done_fen", done)
    for title, fen in ((N_("本年计划"), money.whole.year_plan_fen), (N_("本年完成"), done)):
        _write_amounts(book, sheet, row, title, (fen, None), "", compared=False)
        row += 1
    for key, definition in RATES.items():
        _write_rates(book, sheet, row, definition.name, (money.whole.rates[key], money.before.rates[key]))
        row += 1
    for title, number, unit, note in _counts(report, words):
        sheet.write_string(row, 0, say(title), book.style("text"))
        write_whole(book, sheet, row, 1, number)
        sheet.write_string(row, 2, say(unit), book.style("middle"))
        for place in (3, 4):
            sheet.write_blank(row, place, None, book.style("number"))
        _remark(book, sheet, row, note)
        row += 1
    merge_text(
        book, sheet, row, 0, LAST, say(N_("注：比率的“比上期末”是百分点；“—”是不可计算，空白是没有或不比较。")), "note"
    )
    return row + 1, stages


def _counts(report: QuarterlyReport, words: Words) -> list[tuple[str, int | None, str, str]]:
    """Counts of projects and of what the plan lists: title, number, unit, remark."""
    total, whole, progress = report.overview.total, report.money.whole, report.progress
    piece, item = N_("个"), N_("项")
    disputed = words.say(
        N_("严重 %(grave)s 处，待裁定 %(undecided)s 处"),
        grave=total.contradictions_grave,
        undecided=total.contradictions_undecided,
    )
    unled = "" if total.without_lead < total.projects else words.sentence(report.overview.department_finding)
    return [
        (N_("项目数"), total.projects, piece, ""),
        (N_("子项数"), total.leaves, piece, words.say(N_("打包项目按子项目计"))),
        (N_("已开工"), whole.rates["start"].numerator, piece, ""),
        (N_("完工"), None if progress is None else progress.by_count.numerator, piece, ""),
        (N_("没有填报状态"), whole.unreported, piece, ""),
        (N_("红灯"), report.lamps.get(RED, 0), piece, ""),
        (N_("无投资估算"), total.without_estimate, piece, ""),
        (N_("无牵头部门"), total.without_lead, piece, unled),
        (N_("起止年限不全"), total.without_years, piece, ""),
        (N_("指标数"), total.indicator_count, item, kinds_text(report, words)),
        (N_("任务数"), total.commitments, N_("条"), ""),
        (N_("矛盾数"), total.contradictions, N_("处"), disputed),
    ]


def _write_amounts(
    book: Book,
    sheet: Worksheet,
    row: int,
    title: str,
    amounts: tuple[int | None, int | None],
    note: str,
    *,
    compared: bool = True,
) -> None:
    """An amount now and at the end of the last period, and the difference as a live formula."""
    now, before = amounts
    sheet.write_string(row, 0, book.words.say(title), book.style("text"))
    write_amount(book, sheet, row, 1, now)
    write_text(book, sheet, row, 2, book.words.money_unit(book.unit), "middle")
    write_amount(book, sheet, row, 3, before if compared else None)
    made = book.style("number", num_format=book.money_format)
    if now is None or before is None or not compared:
        sheet.write_blank(row, 4, None, made)
    else:
        cells = (xl_rowcol_to_cell(row, place) for place in (1, 3))
        formula = f"=ROUND({'-'.join(cells)},{len(str(FEN_PER[book.unit])) - 1})"
        sheet.write_formula(row, 4, formula, made, amount_in_cell(now - before, book.unit))
    _remark(book, sheet, row, note)


def _write_rates(book: Book, sheet: Worksheet, row: int, title: str, rates: tuple[Rate, Rate]) -> None:
    """A rate now and at the end of the last period, and by how many points it moved."""
    say = book.words.say
    sheet.write_string(row, 0, say(title), book.style("text"))
    for place, one in zip((1, 3), rates, strict=True):
        made = book.style("number", num_format="0.0%")
        if one.value is None:
            sheet.write_string(row, place, "—", made)
        else:
            sheet.write_number(row, place, share_in_cell(one.value), made)
    sheet.write_string(row, 2, "%", book.style("middle"))
    now, before = (one.value for one in rates)
    if now is None or before is None:
        sheet.write_string(row, 4, "—", book.style("number"))
    else:
        points: Fraction = (now - before) * 100
        value = float(rounded_text(points, 1))  # rounded here: a little below zero would be shown as -0.0
        sheet.write_number(row, 4, value, book.style("number", num_format="+0.0;-0.0;0.0"))
    _remark(book, sheet, row, "")


def _remark(book: Book, sheet: Worksheet, row: int, text: str) -> None:
    set_height(book, sheet, row, 17)
    merge_text(book, sheet, row, 5, LAST, text, "text")


def _add_stage_chart(book: Book, sheet: Worksheet, row: int, report: QuarterlyReport, rows: tuple[int, int]) -> int:
    """The money on its way: the estimate as an outline, the stages lighter to darker."""
    words, whole = book.words, report.money.whole
    done, paid = whole.rates["investment_completion"], whole.rates["payment"]
    finding = words.say(N_("投资完成率 %(done)s，支付率 %(paid)s"), done=done.text, paid=paid.text)
    colours: Sequence[str] = ("#BFD8CC", "#9CC4B1", "#7FB09A", "#4F8F74", ACCENT)
    points = (PLAIN, *(filled(colour) for colour in colours))
    merge_text(book, sheet, row, 0, 2, words.say(N_("资金各环节")), "section")
    series = Series(words.say(N_("金额")), 1, PLAIN if whole.estimate_fen else MARKED, points)
    chart = Chart("bar", finding, words.money_unit(book.unit), rows, (series,), 250, book.money_format)
    return add_chart(book, sheet, row + 1, chart)
