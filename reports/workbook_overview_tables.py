"""Tables of the overview sheet, each with its chart: lamps, years, works, programmes and departments."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from xlsxwriter.utility import xl_rowcol_to_cell  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from core.errors import N_
from core.money import shown
from reports.findings import MoneyGroup, Sentence, percent
from reports.overview import PlanOverview
from reports.quarterly import QuarterlyReport
from reports.workbook_cells import (
    Column,
    add_table_header,
    merge_text,
    share_in_cell,
    write_amount,
    write_sum,
    write_text,
    write_whole,
)
from reports.workbook_charts import MARKED, PLAIN, Chart, Series, add_chart, filled
from reports.workbook_finance_tables import write_rate
from reports.workbook_quantities import lamp_text, write_quantity, write_share
from reports.workbook_style import ACCENT, LAMPS, Book

_LAST = 6
_AMOUNT, _SHARE, _PROJECTS = 4, 5, 1
_MOST_BARS = 15
_GROUPED = (N_("项目数"), N_("子项数"), N_("无投资估算"), N_("总投资"), N_("占总投资比重"))


def write_lamps(book: Book, sheet: Worksheet, report: QuarterlyReport, row: int) -> int:
    """How many projects have each lamp, the worst first."""
    words, counts = book.words, report.lamps
    total = sum(counts.values())
    if not total:
        return row
    merge_text(book, sheet, row, 0, 2, words.say(N_("亮灯")), "section")
    columns = (Column(N_("灯"), 0), Column(N_("项目数"), 0), Column(N_("占比"), 0))
    row = first = add_table_header(book, sheet, row + 1, columns)
    for colour, number in counts.items():
        sheet.write_string(row, 0, lamp_text(words, colour), book.style(f"lamp {colour}"))
        write_whole(book, sheet, row, 1, number)
        write_share(book, sheet, row, 2, Fraction(number, total))
        row += 1
    red, yellow = counts.get("red", 0), counts.get("yellow", 0)
    facts = {"red": red, "yellow": yellow, "share": percent(Fraction(red + yellow, total))}
    finding = words.say(N_("红灯 %(red)s 个、黄灯 %(yellow)s 个，合占 %(share)s%%"), **facts)
    points = [filled(LAMPS[colour]) for colour in counts]
    series = Series(words.say(N_("项目数")), 1, PLAIN, points)
    return add_chart(book, sheet, row, Chart("bar", finding, words.say(N_("个")), (first, row - 1), (series,), 240))


def write_years(book: Book, sheet: Worksheet, report: QuarterlyReport, row: int) -> int:
    """Plan, work done and payment of each year."""
    words, years = book.words, [one for one in report.money.years if one.keys[0] is not None]
    if not years:
        return row
    merge_text(book, sheet, row, 0, 2, words.say(N_("按年度")), "section")
    titles = (N_("年度"), N_("年度投资计划"), N_("完成投资"), N_("支付"), N_("年度投资完成率"))
    places = (0, 1, 3, 4, 5)
    for place, title in zip(places, titles, strict=True):
        write_text(book, sheet, row + 1, place, words.say(title), "header")
    sheet.write_string(row + 1, 2, words.say(N_("单位")), book.style("header"))
    row = first = row + 2
    for one in years:
        sheet.write_string(row, 0, words.say(N_("%(year)s 年"), year=one.keys[0]), book.style("middle"))
        write_text(book, sheet, row, 2, words.money_unit(book.unit), "middle")
        for place, fen in zip((1, 3, 4), (one.budget_fen, one.work_done_fen, one.paid_fen), strict=True):
            write_amount(book, sheet, row, place, fen)
        write_rate(book, sheet, row, 5, one.rates["annual_completion"])
        row += 1
    now = report.money.whole.rates["annual_completion"]
    finding = words.say(N_("%(year)s 年投资完成率 %(rate)s"), year=report.cover.period.year, rate=now.text)
    series = (
        Series(words.say(N_("年度投资计划")), 1, PLAIN),
        Series(words.say(N_("完成投资")), 3, filled("#4F8F74")),
        Series(words.say(N_("支付")), 4, filled(ACCENT)),
    )
    chart = Chart("column", finding, words.money_unit(book.unit), (first, row - 1), series, 240)
    return add_chart(book, sheet, row, chart)


def write_works(book: Book, sheet: Worksheet, report: QuarterlyReport, row: int) -> int:
    """Σ verified / Σ task of every measure."""
    words, progress = book.words, report.progress
    if progress is None or not progress.by_works:
        return row
    merge_text(book, sheet, row, 0, 2, words.say(N_("工程量")), "section")
    titles = (N_("工程量指标"), N_("任务数量"), N_("单位"), N_("上报"), N_("核实"), N_("完成率（核实÷任务）"))
    row = add_table_header(book, sheet, row + 1, [Column(title, 0) for title in titles])
    for one in progress.by_works:
        write_text(book, sheet, row, 0, one.measure)
        write_text(book, sheet, row, 2, one.unit, "middle")
        for place, value in zip((1, 3, 4), (one.planned, one.claimed, one.verified), strict=True):
            write_quantity(book, sheet, row, place, value)
        write_share(book, sheet, row, 5, one.value)
        row += 1
    note = N_("注：上报或核实为空的是未填报；没有任务数的不计算完成率。")
    merge_text(book, sheet, row, 0, _LAST, words.say(note), "note")
    return row + 2


@dataclass(frozen=True)
class _Table:
    """The rows of a table of groups, and the first free row after it."""

    first: int
    last: int
    after: int


def write_programmes(book: Book, sheet: Worksheet, report: QuarterlyReport, row: int) -> int:
    """The investment by programme."""
    view = report.overview
    table = (N_("按规划类别"), N_("规划类别"), view.by_programme)
    return _write_section(book, sheet, report, row, table, view.programme_finding)


def write_departments(book: Book, sheet: Worksheet, report: QuarterlyReport, row: int) -> int:
    """The investment by lead department."""
    view = report.overview
    table = (N_("按牵头部门"), N_("牵头部门"), view.by_department)
    return _write_section(book, sheet, report, row, table, view.department_finding)


def _write_section(
    book: Book,
    sheet: Worksheet,
    report: QuarterlyReport,
    row: int,
    table: tuple[str, str, Sequence[MoneyGroup]],
    finding: Sentence,
) -> int:
    title, label, groups = table
    if all(group.name is None for group in groups):
        return row  # the figures above say it
    merge_text(book, sheet, row, 0, 2, book.words.say(title), "section")
    written = _write_groups(book, sheet, row + 1, label, groups, report.overview.total)
    return _write_chart(book, sheet, written, groups, book.words.sentence(finding))


def _write_groups(
    book: Book, sheet: Worksheet, row: int, label: str, groups: Sequence[MoneyGroup], total: PlanOverview
) -> _Table:
    """A table of groups with live totals."""
    row = add_table_header(book, sheet, row, (Column(label, 0), *(Column(title, 0) for title in _GROUPED)))
    first, last = row, row + len(groups) - 1
    total_row = last + 1
    for row, group in enumerate(groups, start=first):
        write_text(book, sheet, row, 0, group.name)
        for place, count in enumerate((group.projects, group.leaves, group.without_estimate), start=1):
            write_whole(book, sheet, row, place, count)
        write_amount(book, sheet, row, _AMOUNT, group.estimate_fen)
        _write_share_of(book, sheet, row, total_row, group.share, "number")
    sheet.write_string(total_row, 0, book.words.say(N_("合计")), book.style("total"))
    for place, count in enumerate((total.projects, total.leaves, total.without_estimate), start=1):
        made = book.style("total number", num_format="#,##0")
        sheet.write_formula(total_row, place, f"=SUM({_cells(first, last, place)})", made, count)
    write_sum(book, sheet, total_row, _AMOUNT, _cells(first, last, _AMOUNT), total.estimate_fen, "total number")
    whole = None if total.estimate_fen is None else Fraction(1)
    _write_share_of(book, sheet, total_row, total_row, whole, "total number")
    return _Table(first, last, _write_rounding(book, sheet, total_row + 1, groups, total))


def _cells(first: int, last: int, place: int) -> str:
    return f"{xl_rowcol_to_cell(first, place)}:{xl_rowcol_to_cell(last, place)}"


def _write_share_of(book: Book, sheet: Worksheet, row: int, total_row: int, share: Fraction | None, style: str) -> None:
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


def _write_chart(book: Book, sheet: Worksheet, table: _Table, groups: Sequence[MoneyGroup], finding: str) -> int:
    """Bars of money, or of projects where no money is known, the longest marked."""
    say = book.words.say
    by_money = any(group.estimate_fen is not None for group in groups)
    last = min(table.last, table.first + _MOST_BARS - 1)
    groups = groups[: last - table.first + 1]
    values = [group.estimate_fen or 0 if by_money else group.projects for group in groups]
    largest = values.index(max(values))
    points = [MARKED if number == largest else PLAIN for number in range(len(groups))]
    series = Series(
        say(N_("总投资")) if by_money else say(N_("项目数")), _AMOUNT if by_money else _PROJECTS, PLAIN, points
    )
    source = N_("来源：本表数据；规划出处见系统中的项目，算法见“口径说明”。图中最多列 15 组。")
    chart = Chart(
        "bar",
        finding,
        book.words.money_unit(book.unit) if by_money else say(N_("个")),
        (table.first, last),
        (series,),
        110 + 28 * len(groups),
        book.money_format if by_money else "#,##0",
        source=source,
    )
    return add_chart(book, sheet, table.after, chart)
