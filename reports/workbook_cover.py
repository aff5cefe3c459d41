"""The first and the last sheet of the quarterly workbook: cover with notes, which can be read out, and definitions (口径说明)."""

from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from core.audit import OPERATOR
from core.errors import N_
from milestones.indicators import TARGET_KINDS
from portfolio.facts import EDITIONS
from reports.findings import Words
from reports.narrative import narrative
from reports.quarterly import Issued, QuarterlyReport
from reports.quarterly_definitions import more_definitions
from reports.workbook_cells import (
    SILENT,
    Column,
    add_band,
    add_heading,
    add_sheet,
    add_table_header,
    merge_text,
    set_height,
    sheet_name,
    write_text,
)
from reports.workbook_style import Book

COVER, OVERVIEW, PROJECTS, PROJECT_LIST = N_("封面与说明"), N_("总览"), N_("项目调度表"), N_("项目清单")
MONEY, INDICATORS, INDICATOR_LIST = N_("资金执行"), N_("指标完成"), N_("指标清单")
MILESTONES, CORRECTIONS, ORDERS = N_("里程碑与预警"), N_("上期更正"), N_("督办与会议")
COMMITMENTS, COMMITMENT_LIST, CONTRADICTIONS, DEFINITIONS = N_("任务"), N_("任务清单"), N_("矛盾"), N_("口径说明")
_CONTENTS = (
    (OVERVIEW, OVERVIEW, N_("一段可以在会上宣读的情况；主要数字与上期末相比；投资、资金、亮灯的图")),
    (PROJECTS, PROJECT_LIST, N_("每个项目的计划、完成、资金、工程量、节点、亮灯和问题，按类别小计")),
    (MONEY, MONEY, N_("资金来源×年度、牵头部门、规划类别：计划、下达、到位、合同、完成投资、支付和比率")),
    (INDICATORS, INDICATOR_LIST, N_("指标的目标，监测值、推算值、规划支撑值、任务目标值分列，支撑度和缺口")),
    (MILESTONES, MILESTONES, N_("亮灯项目和原因；逾期、本期应完成和完成的节点；资金核查提示")),
    (CORRECTIONS, CORRECTIONS, N_("上期末累计怎样变为本期末累计；对以前各期的更正逐笔列出")),
    (ORDERS, ORDERS, N_("领导小组会议的督办事项和办理情况")),
    (COMMITMENTS, COMMITMENT_LIST, N_("规划中带数字的承诺，和承载项目完成的数量")),
    (CONTRADICTIONS, CONTRADICTIONS, N_("规划自相矛盾之处，各种说法、采用哪一种、处理情况")),
    (DEFINITIONS, DEFINITIONS, N_("每个数怎么算、计入什么、未计入什么")),
)
_OPERATOR = N_("系统操作员")  # the only name of an actor that is a word
_WIDTHS = (18, 72)


def caption_of(report: QuarterlyReport, words: Words) -> str:
    """What stands small on every printed page and under every title."""
    cover = report.cover
    parts = [cover.short_title, *([cover.about] if cover.about else []), words.sentence(cover.period_name)]
    if cover.draft and cover.plan_title is not None and words.say(DRAFT) not in cover.short_title:
        parts.insert(1, words.say(DRAFT))
    parts.append(words.say(EDITIONS[cover.edition]))
    if cover.issued is not None:
        parts.append(number_text(cover.issued, words))
    return words.beside(*parts)


DRAFT = N_("征求意见稿")


def number_text(issued: Issued, words: Words) -> str:
    """The number of an edition, of all and of its plan."""
    return words.say(N_("第 %(number)s 号 · 总第 %(issue)s 期"), number=issued.number, issue=issued.issue)


def kinds_text(report: QuarterlyReport, words: Words) -> str:
    """The indicators by target kind, in one line."""
    total = report.overview.total
    return words.say(N_("、")).join(f"{words.say(TARGET_KINDS[kind])} {count}" for kind, count in total.indicators)


def write_cover(book: Book, report: QuarterlyReport) -> None:
    """The first sheet: what the report is, of which plan and period, as of which day, and how to read it."""
    words, cover = book.words, report.cover
    sheet = add_sheet(book, COVER, paper="A4", landscape=False, widths=_WIDTHS, caption=caption_of(report, words))
    sheet.fit_to_pages(1, 1)
    row = add_band(book, sheet, 0, 1) + 1
    about = cover.jurisdiction if cover.plan_title is None else f"《{cover.plan_title}》"
    titles = [(words.say(cover.title), "cover title", 44.0), (about, "cover plan", 44.0)]
    if cover.about is not None:
        titles.append((cover.about, "cover plan", 24.0))
    if cover.draft and cover.plan_title is not None:
        titles.append((words.say(N_("（征求意见稿）")), "cover plan", 24.0))
    titles.append((words.sentence(cover.period_name), "cover plan", 24.0))
    if cover.issued is not None:
        titles.append((number_text(cover.issued, words), "cover number", 20.0))
    for text, style, height in titles:
        set_height(book, sheet, row, height)
        merge_text(book, sheet, row, 0, 1, text, style)
        row += 1
    row = _write_facts(book, sheet, row + 1, report)
    row = _write_sentences(
        book,
        sheet,
        row + 1,
        N_("本期要点"),
        [words.sentence(said) for said in narrative(report, book.unit, words.money_unit(book.unit))],
        "reading",
    )
    row = _write_contents(book, sheet, row + 1, report)
    _write_sentences(book, sheet, row + 1, N_("说明"), [words.sentence(note) for note in report.notes], "note")


def _write_facts(book: Book, sheet: Worksheet, row: int, report: QuarterlyReport) -> int:
    words, cover = book.words, report.cover
    say = words.say
    silent = say(SILENT)
    place = cover.jurisdiction if words.language == "zh" else f"{cover.jurisdiction_en} {cover.jurisdiction}"
    facts = [
        (N_("行政区划"), place),
        (N_("规划期"), say(N_("%(first)s—%(last)s 年"), first=cover.first_year, last=cover.last_year)),
        (N_("发布机关"), cover.issuer or silent),
        (N_("文号"), cover.document_number or silent),
        (N_("规划文本"), cover.source_file or silent),
        (N_("包含规划"), say(N_("、")).join(title for _, title in cover.plans)),
        (N_("数据截至"), words.day(cover.as_of_on)),
        (N_("数据口径"), say(EDITIONS[cover.edition])),
        (N_("金额单位"), words.money_unit(book.unit)),
        (N_("编制"), say(_OPERATOR) if cover.generated_for == OPERATOR.name else cover.generated_for),
    ]
    several = cover.plan_title is None
    left_out = (N_("发布机关"), N_("文号"), N_("规划文本")) if several else (N_("包含规划"),)
    facts = [one for one in facts if one[0] not in left_out]
    for label, value in facts:
        merge_text(book, sheet, row, 0, 0, say(label), "header")
        write_text(book, sheet, row, 1, value)
        row += 1
    return row


def _write_sentences(book: Book, sheet: Worksheet, row: int, title: str, sentences: list[str], style: str) -> int:
    merge_text(book, sheet, row, 0, 1, book.words.say(title), "section")
    row += 1
    for number, text in enumerate(sentences, start=1):
        line = f"{number}. {text}"
        merge_text(book, sheet, row, 0, 1, line, style)
        row += 1
    return row


def _write_contents(book: Book, sheet: Worksheet, row: int, report: QuarterlyReport) -> int:
    words = book.words
    merge_text(book, sheet, row, 0, 1, words.say(N_("本报告的表")), "section")
    row += 1
    for quarterly, yearly, what in _CONTENTS:
        shown = sheet_name(words, yearly if report.cover.yearly else quarterly)
        sheet.write_url(row, 0, f"internal:'{shown}'!A1", book.style("link"), shown)
        merge_text(book, sheet, row, 1, 1, words.say(what), "reading")
        row += 1
    return row


_DEFINED = (
    Column(N_("名称"), 14),
    Column(N_("公式"), 46),
    Column(N_("单位"), 12),
    Column(N_("计入"), 30),
    Column(N_("未计入"), 34),
)


def write_definitions(book: Book, report: QuarterlyReport) -> None:
    """The sheet 口径说明: every figure with its formula and where it comes from."""
    words = book.words
    caption = caption_of(report, words)
    sheet = add_sheet(
        book, DEFINITIONS, paper="A4", landscape=True, widths=[column.width for column in _DEFINED], caption=caption
    )
    row = add_heading(book, sheet, words.say(DEFINITIONS), caption, len(_DEFINED) - 1, unit=False)
    first = row
    row = add_table_header(book, sheet, row, _DEFINED)
    sheet.freeze_panes(row, 1)
    sheet.repeat_rows(first, row - 1)
    for one in (*report.definitions, *more_definitions()):
        unit = words.money_unit(book.unit) if one.unit is None else words.say(one.unit)
        texts = (words.say(one.name), words.say(one.formula), unit, words.sentence(one.counted))
        for place, text in enumerate((*texts, words.sentence(one.left_out))):
            write_text(book, sheet, row, place, text, "middle" if place in (0, 2) else "text")
        row += 1
