"""The first and the last sheet of the quarterly workbook: cover with notes, which can be read out, and definitions (口径说明)."""

from typing import Any

from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from core.audit import OPERATOR
from core.errors import N_
from core.money import formatted
from milestones.indicators import TARGET_KINDS
from reports.findings import Sentence, Words
from reports.quarterly import QuarterlyReport
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

COVER, OVERVIEW, PROJECTS = N_("封面与说明"), N_("总览"), N_("项目调度表")
INDICATORS, COMMITMENTS, CONTRADICTIONS, DEFINITIONS = N_("指标"), N_("任务"), N_("矛盾"), N_("口径说明")
_CONTENTS = (
    (OVERVIEW, N_("主要数字；投资按规划类别和牵头部门，附图")),
    (PROJECTS, N_("每个项目的内容、责任单位、起止年限、投资、工程量和出处，按类别小计")),
    (INDICATORS, N_("指标的现状值、目标和目标类型，照规划原文")),
    (COMMITMENTS, N_("规划中带数字的承诺")),
    (CONTRADICTIONS, N_("规划自相矛盾之处，各种说法、采用哪一种、处理情况")),
    (DEFINITIONS, N_("每个数怎么算、计入什么、未计入什么")),
)
_OPERATOR = N_("系统操作员")  # the only name of an actor that is a word
_WIDTHS = (18, 72)


def caption_of(report: QuarterlyReport, words: Words) -> str:
    """What stands small on every printed page and under every title."""
    cover = report.cover
    parts = [cover.short_title, words.sentence(cover.period_name)]
    if cover.draft and words.say(DRAFT) not in cover.short_title:
        parts.insert(1, words.say(DRAFT))
    return "　".join(parts)


DRAFT = N_("征求意见稿")


def highlights(report: QuarterlyReport, unit: str, unit_name: str) -> list[Sentence]:
    """What the report says, in sentences that can be read out in a meeting."""
    total = report.overview.total
    counts: dict[str, Any] = {"projects": total.projects, "leaves": total.leaves}
    if total.estimate_fen is None:
        said = [Sentence(N_("规划列出项目 %(projects)s 个（子项 %(leaves)s 个），没有写明投资。"), counts)]
    else:
        facts = counts | {"amount": formatted(total.estimate_fen, unit), "unit": unit_name}
        template = N_("规划列出项目 %(projects)s 个（子项 %(leaves)s 个），总投资 %(amount)s %(unit)s。")
        said = [Sentence(template, facts)]
    for finding in (report.overview.programme_finding, report.overview.department_finding):
        said.append(Sentence(N_("%(finding)s。"), {"finding": finding}))
    if total.indicator_count:
        kinds = Sentence(N_("%(n)s 项有数值目标，%(delegated)s 项待上级下达"), {
            "n": total.of_kind("number") + total.of_kind("range"),
            "delegated": total.of_kind("delegated"),
        })  # fmt: skip
        facts = {"indicators": total.indicator_count, "kinds": kinds, "commitments": total.commitments}
        said.append(Sentence(N_("指标 %(indicators)s 项，其中 %(kinds)s；带数字的任务 %(commitments)s 条。"), facts))
    if total.without_lead or total.without_years:
        facts = {"lead": total.without_lead, "years": total.without_years}
        said.append(Sentence(N_("没有牵头部门的项目 %(lead)s 个，起止年限不全的 %(years)s 个。"), facts))
    return said


def kinds_text(report: QuarterlyReport, words: Words) -> str:
    """The indicators by target kind, in one line."""
    total = report.overview.total
    return words.say(N_("、")).join(f"{words.say(TARGET_KINDS[kind])} {count}" for kind, count in total.indicators)


def write_cover(book: Book, report: QuarterlyReport) -> None:
    words, cover = book.words, report.cover
    sheet = add_sheet(book, COVER, paper="A4", landscape=False, widths=_WIDTHS, caption=caption_of(report, words))
    sheet.fit_to_pages(1, 1)
    row = add_band(book, sheet, 0, 1) + 1
    titles = [(words.say(cover.title), "cover title", 44.0), (f"《{cover.plan_title}》", "cover plan", 44.0)]
    if cover.draft:
        titles.append((words.say(N_("（征求意见稿）")), "cover plan", 24.0))
    titles.append((words.sentence(cover.period_name), "cover plan", 24.0))
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
        [words.sentence(said) for said in highlights(report, book.unit, words.money_unit(book.unit))],
        "reading",
    )
    row = _write_contents(book, sheet, row + 1)
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
        (N_("数据截至"), words.day(cover.as_of_on)),
        (N_("金额单位"), words.money_unit(book.unit)),
        (N_("编制"), say(_OPERATOR) if cover.generated_for == OPERATOR.name else cover.generated_for),
    ]
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


def _write_contents(book: Book, sheet: Worksheet, row: int) -> int:
    words = book.words
    merge_text(book, sheet, row, 0, 1, words.say(N_("本报告的表")), "section")
    row += 1
    for name, what in _CONTENTS:
        shown = sheet_name(words, name)
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
    for one in report.definitions:
        unit = words.money_unit(book.unit) if one.unit is None else words.say(one.unit)
        texts = (words.say(one.name), words.say(one.formula), unit, words.sentence(one.counted))
        for place, text in enumerate((*texts, words.sentence(one.left_out))):
            write_text(book, sheet, row, place, text, "middle" if place in (0, 2) else "text")
        row += 1
