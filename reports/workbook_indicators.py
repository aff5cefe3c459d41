"""The indicator sheet of the report (指标完成): targets as printed, the series apart, how far each is, and its support."""

from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from core.calendar import quarter_name
from core.errors import N_
from milestones.indicator_math import GRADE_NAMES, VERDICTS, Measured
from milestones.indicators import TARGET_KINDS
from milestones.support import SUPPORT_VERDICTS
from milestones.why_not import WhyNot, told
from reports.findings import Words, percent
from reports.quarterly import QuarterlyReport
from reports.quarterly_indicators import Standing
from reports.workbook_cells import Column, merge_text, write_text, write_whole
from reports.workbook_columns import write_said
from reports.workbook_cover import INDICATOR_LIST, INDICATORS
from reports.workbook_lists import NATURES, start_list
from reports.workbook_pages import REPEATED
from reports.workbook_quantities import quantity_as_text, write_quantity, write_share
from reports.workbook_style import Book

_BASELINE, _TARGET, _OFFICIAL = N_("现状值"), N_("目标"), N_("监测值")
_SERIES, _DONE, _SUPPORT, _SOURCE = N_("推算"), N_("完成情况"), N_("规划支撑度"), N_("规划出处")
COLUMNS = (
    Column(N_("序号"), 6),
    Column(N_("指标类别"), 11),
    Column(N_("指标名称"), 26),
    Column(N_("单位"), 11),
    Column(N_("属性"), 8),
    Column(N_("年份"), 6, _BASELINE),
    Column(N_("规划原文"), 10, _BASELINE),
    Column(N_("年份"), 6, _TARGET),
    Column(N_("规划原文"), 16, _TARGET),
    Column(N_("类型"), 11, _TARGET),
    Column(N_("数值或等级"), 10, _OFFICIAL),
    Column(N_("截至"), 9, _OFFICIAL),
    Column(N_("依据文件"), 18, _OFFICIAL),
    Column(N_("推算值"), 10, _SERIES),
    Column(N_("规划支撑值"), 10, _SERIES),
    Column(N_("任务目标值"), 10, _SERIES),
    Column(N_("直线进度值"), 10, _SERIES),
    Column(N_("判定"), 10, _DONE),
    Column(N_("完成程度"), 9, _DONE),
    Column(N_("按推算"), 9, _DONE),
    Column(N_("需要"), 11, _SUPPORT),
    Column(N_("规划安排"), 11, _SUPPORT),
    Column(N_("缺口"), 11, _SUPPORT),
    Column(N_("单位"), 8, _SUPPORT),
    Column(N_("支撑度"), 9.5, _SUPPORT),
    Column(N_("结论"), 12, _SUPPORT),
    Column(N_("说明"), 36),
    Column(N_("表或专栏"), 9, _SOURCE),
    Column(N_("行"), 9.5, _SOURCE),
)
_SECOND_PAGE = next(place for place, column in enumerate(COLUMNS) if column.group == _DONE)


def write_indicators(book: Book, report: QuarterlyReport) -> None:
    """The sheet 指标完成, or 指标清单 of longer periods: what is measured, added up and aimed at."""
    words, cover = book.words, report.cover
    name = INDICATOR_LIST if cover.yearly else INDICATORS
    sheet, row = start_list(book, report, name, COLUMNS, paper="A3", second_page=_SECOND_PAGE)
    for one in report.indicators:
        _write_row(book, sheet, row, one, cover.period.last_quarter)
        row += 1
    if not report.indicators:
        merge_text(book, sheet, row, 0, len(COLUMNS) - 1, words.say(N_("本范围没有指标。")), "text")
        row += 1
    notes = (
        N_(
            "注：监测值是有文件的官方数；推算值按已核实的工程量推算；规划支撑值是项目全部完成时的值；任务目标值是规划承诺全部兑现时的值。"
        ),
        N_("注：指标表待上级下达而正文写有数字的，支撑度按正文值计算，并在说明中注明；目标未定量的不计算，不按 0 计。"),
    )
    for place, note in enumerate(notes):
        merge_text(book, sheet, row + place, REPEATED, _SECOND_PAGE - 1, words.say(note), "note")


def _write_row(book: Book, sheet: Worksheet, row: int, one: Standing, quarter: int) -> None:
    words, figures = book.words, one.figures
    say = words.say
    write_text(book, sheet, row, 0, figures.no, "middle")
    write_text(book, sheet, row, 1, figures.category)
    write_text(book, sheet, row, 2, figures.name)
    write_text(book, sheet, row, 3, figures.unit, "middle")
    nature = figures.nature
    write_text(book, sheet, row, 4, None if nature is None else say(NATURES.get(nature, nature)), "middle")
    write_whole(book, sheet, row, 5, figures.baseline_year, "middle")
    write_text(book, sheet, row, 6, figures.baseline_printed, "middle")
    write_whole(book, sheet, row, 7, figures.target.year, "middle")
    write_text(book, sheet, row, 8, figures.target.printed, "middle")
    write_text(book, sheet, row, 9, say(TARGET_KINDS[figures.target.kind]), "middle")
    official = figures.official
    _write_measured(book, sheet, row, 10, None if official is None else official.measured)
    write_said(book, sheet, row, 11, None if official is None else quarter_name(official.quarter))
    write_said(book, sheet, row, 12, None if official is None else official.document)
    line = None if figures.line is None else figures.line.at(quarter)
    series = (figures.rolled_up, figures.if_all_finished, figures.if_commitments_kept, line)
    for place, value in enumerate(series, start=13):
        write_quantity(book, sheet, row, place, value)
    achieved, covered = figures.achieved, figures.coverage
    verdict = N_("不能判断") if achieved.verdict is None else VERDICTS[achieved.verdict]
    sheet.write_string(row, 17, say(verdict), book.style("quiet middle" if achieved.verdict is None else "middle"))
    write_share(book, sheet, row, 18, achieved.ratio)
    write_share(book, sheet, row, 19, figures.rolled_up_achieved.ratio)
    for place, value in enumerate((covered.needed, covered.planned, covered.gap), start=20):
        write_quantity(book, sheet, row, place, value)
    write_said(book, sheet, row, 23, covered.unit)
    write_share(book, sheet, row, 24, covered.support)
    sheet.write_string(row, 25, say(SUPPORT_VERDICTS[covered.verdict]), book.style("middle"))
    write_said(book, sheet, row, 26, _remarks(words, one))
    table, first, last = one.source or (None, None, None)
    write_said(book, sheet, row, 27, None if one.source is None else table or say(N_("正文")))
    write_said(book, sheet, row, 28, None if first is None else str(first) if first == last else f"{first}-{last}")


def _write_measured(book: Book, sheet: Worksheet, row: int, place: int, measured: Measured | None) -> None:
    if measured is None:
        sheet.write_string(row, place, book.words.say(N_("未填报")), book.style("quiet middle"))
    elif measured.value is not None:
        write_quantity(book, sheet, row, place, measured.value)
    elif measured.grade is not None:
        sheet.write_string(row, place, GRADE_NAMES[measured.grade], book.style("middle"))
    else:
        said = book.words.say(VERDICTS[measured.judgement]) if measured.judgement else ""
        sheet.write_string(row, place, said, book.style("middle"))


def _remarks(words: Words, one: Standing) -> str:
    """Why something is not computed, the low readings, and whether the number stands in the body of the plan."""
    figures, covered = one.figures, one.figures.coverage
    reasons: list[WhyNot] = list(covered.why_not)
    if figures.achieved.why_not is not None:
        reasons.append(figures.achieved.why_not)
    said = [told(reasons, words.language) or ""]
    if covered.by_body and figures.target.reference is not None:
        value = f"{figures.target.reference_operator or ''}{quantity_as_text(figures.target.reference)}"
        said.append(words.say(N_("按正文值 %(value)s"), value=value))
    if covered.support_low is not None:
        facts = {"share": percent(covered.support_low), "gap": quantity_as_text(covered.gap_low), "unit": covered.unit}
        low = N_("扣除可能重复计算的部分，支撑度 %(share)s%%，缺口 %(gap)s %(unit)s")
        said.append(words.say(low, **facts))
    return words.say(N_("；")).join(part for part in said if part)
