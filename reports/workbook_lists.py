"""Two lists of the report as the plan prints them: commitments with what of them is done, and contradictions."""

from collections.abc import Sequence
from typing import Any

from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from core.errors import N_
from reports.contradiction_sheet import FIELDS
from reports.findings import Words
from reports.quarterly import QuarterlyReport
from reports.workbook_cells import (
    AMOUNT_WIDTHS,
    Column,
    add_heading,
    add_sheet,
    add_table_header,
    merge_text,
    write_decimal,
    write_text,
    write_whole,
)
from reports.workbook_cover import COMMITMENT_LIST, COMMITMENTS, CONTRADICTIONS, caption_of
from reports.workbook_pages import REPEATED, add_wide_heading, balance
from reports.workbook_quantities import write_quantity, write_share
from reports.workbook_style import Book

_SOURCE, _DONE = N_("规划出处"), N_("承载项目完成")
_COMMITMENT_COLUMNS = (
    Column(N_("序号"), 5.5),
    Column(N_("任务名称"), 22),
    Column(N_("规划类别"), 16),
    Column(N_("责任部门"), 12),
    Column(N_("工程量指标"), 18),
    Column(N_("符号"), 7.5),
    Column(N_("数量"), 10),
    Column(N_("单位"), 10),
    Column(N_("计法"), 6),
    Column(N_("完成年份"), 8.5),
    Column(N_("地点"), 12),
    Column(N_("对应指标"), 8.5),
    Column(N_("承载项目"), 11),
    Column(N_("总量"), 10, _DONE),
    Column(N_("上报"), 10, _DONE),
    Column(N_("核实"), 10, _DONE),
    Column(N_("单位"), 8, _DONE),
    Column(N_("完成率"), 8.5, _DONE),
    Column(N_("规划原文"), 34),
    Column(N_("表或专栏"), 9, _SOURCE),
    Column(N_("行"), 9.5, _SOURCE),
)
_CONTRADICTION_COLUMNS = (
    Column(N_("序号"), 5.5),
    Column(N_("严重"), 6),
    Column(N_("记录"), 14),
    Column(N_("事项"), 9),
    Column(N_("矛盾"), 46),
    Column(N_("各种说法（规划出处）"), 62),
    Column(N_("采用"), 8),
    Column(N_("理由"), 34),
    Column(N_("处理情况"), 30),
)
NATURES = {"约束性": N_("约束性"), "预期性": N_("预期性")}


def start_list(
    book: Book,
    report: QuarterlyReport,
    name: str,
    columns: Sequence[Column],
    *,
    paper: str = "A4",
    second_page: int | None = None,
) -> tuple[Worksheet, int]:
    """A landscape sheet with title and repeated header; the first row for data comes back with it.

    `second_page` is the column with which a second page begins beside the first: in one the print would be too small to read.
    """
    words = book.words
    caption = caption_of(report, words)
    widths = [column.width or AMOUNT_WIDTHS[book.unit] for column in columns]
    if second_page is not None:
        balance(widths, (second_page,))
    sheet = add_sheet(book, name, paper=paper, landscape=True, widths=widths, caption=caption)
    if second_page is None:
        first = add_heading(book, sheet, words.say(name), caption, len(columns) - 1, unit=False)
    else:
        sheet.fit_to_pages(2, 0)
        sheet.repeat_columns(0, REPEATED - 1)
        first = add_wide_heading(book, sheet, words.say(name), caption, (second_page,), len(columns) - 1, unit=False)
    row = add_table_header(book, sheet, first, columns)
    sheet.freeze_panes(row, 3)
    sheet.repeat_rows(first, row - 1)
    return sheet, row


def _write_or_blank(
    book: Book, sheet: Worksheet, row: int, place: int, text: str | None, style: str = "middle"
) -> None:
    """A text that belongs to a number: empty where there is no number, not “规划未载明” once more."""
    if text:
        write_text(book, sheet, row, place, text, style)
    else:
        sheet.write_blank(row, place, None, book.style(style))


def write_commitments(book: Book, report: QuarterlyReport) -> None:
    """The sheet of the commitments with the projects that carry each, and how far they are."""
    words = book.words
    name = COMMITMENT_LIST if report.cover.yearly else COMMITMENTS
    sheet, row = start_list(book, report, name, _COMMITMENT_COLUMNS, paper="A3")
    for number, found in enumerate(report.commitments, start=1):
        one, done = found.printed, found.fulfilment
        write_whole(book, sheet, row, 0, number, "middle")
        write_text(book, sheet, row, 1, one["name"])
        write_text(book, sheet, row, 2, one["programme"])
        write_text(book, sheet, row, 3, one["department"])
        write_text(book, sheet, row, 4, one["measure"])
        strive = "力争" if one["strive"] and one["operator"] != "力争" else ""
        write_text(book, sheet, row, 5, operator_text(words, strive) + operator_text(words, one["operator"]), "middle")
        write_decimal(book, sheet, row, 6, one["value"])
        write_text(book, sheet, row, 7, one["unit"], "middle")
        _write_or_blank(book, sheet, row, 8, words.say(N_("每年")) if one["per"] == "year" else None)
        write_whole(book, sheet, row, 9, one["by_year"], "middle")
        write_text(book, sheet, row, 10, one["place"])
        _write_or_blank(book, sheet, row, 11, one["indicator"])
        _write_or_blank(book, sheet, row, 12, "\n".join(one["projects"]))
        for place, value in enumerate((done.goal, done.claimed, done.verified), start=13):
            write_quantity(book, sheet, row, place, value)
        _write_or_blank(book, sheet, row, 16, done.unit)
        write_share(book, sheet, row, 17, done.completion)
        write_text(book, sheet, row, 18, one["wording"])
        write_source(book, sheet, row, 19, one["source"])
        row += 1
    note = N_("注：总量是每年的承诺乘以年数；上报、核实只计承载项目，没有承载项目的不计算，承载项目没有填报的为空。")
    merge_text(book, sheet, row, 0, len(_COMMITMENT_COLUMNS) - 1, words.say(note), "note")


def write_contradictions(book: Book, report: QuarterlyReport) -> None:
    """The sheet of what the plans say against themselves, grave ones first."""
    words = book.words
    sheet, row = start_list(book, report, CONTRADICTIONS, _CONTRADICTION_COLUMNS)
    # Grave ones first: they are what a leading group decides.
    for number, one in enumerate(sorted(report.contradictions, key=lambda one: not one["grave"]), start=1):
        write_whole(book, sheet, row, 0, number, "middle")
        sheet.write_string(row, 1, words.say(N_("严重")) if one["grave"] else "", book.style("middle"))
        _write_or_blank(book, sheet, row, 2, one["subject"])
        field = FIELDS.get(one["field"])
        write_text(book, sheet, row, 3, one["field"] if field is None else words.say(field), "middle")
        write_text(book, sheet, row, 4, one["summary_en"] if words.language == "en" else one["summary"])
        write_text(book, sheet, row, 5, _readings(words, one["readings"]))
        used = N_("均未采用") if one["in_use"] is None else N_("说法 %(n)s")
        facts = {} if one["in_use"] is None else {"n": one["in_use"] + 1}
        write_text(book, sheet, row, 6, words.say(used, **facts), "middle")
        _write_or_blank(book, sheet, row, 7, one["why"], "text")
        write_text(book, sheet, row, 8, _decided(words, one["decision"]))
        row += 1


BODY = N_("正文")
_WORDED_OPERATORS = {"约": N_("约 "), "力争": N_("力争 ")}


def operator_text(words: Words, operator: str) -> str:
    """The operator in the reader's language: signs stay, 约 and 力争 are words."""
    return words.say(_WORDED_OPERATORS[operator]) if operator in _WORDED_OPERATORS else operator


def write_source(book: Book, sheet: Worksheet, row: int, place: int, source: dict[str, Any] | None) -> None:
    """Table or box and lines of a citation, in two cells; lines outside of tables are the body of the plan."""
    table = None if source is None else source["table"] or book.words.say(BODY)
    write_text(book, sheet, row, place, table, "middle")
    write_text(book, sheet, row, place + 1, lines_text(source), "middle")


def lines_text(source: dict[str, Any] | None) -> str | None:
    """The lines of a citation: 914-920, or 916 alone."""
    if source is None:
        return None
    first, last = source["lines"]
    return str(first) if first == last else f"{first}-{last}"


def _readings(words: Words, readings: Sequence[dict[str, Any]]) -> str:
    """Every reading on a line of its own with its number and its lines."""
    lines = []
    for number, reading in enumerate(readings, start=1):
        source = reading["source"]
        where = "" if source is None else words.say(
            N_("（%(table)s第 %(lines)s 行）"), table=source["table"] or words.say(BODY), lines=lines_text(source)
        )  # fmt: skip
        lines.append(f"{number}. {reading['value']}{where}")
    return "\n".join(lines)


def _decided(words: Words, decision: dict[str, Any] | None) -> str:
    if decision is None:
        return words.say(N_("待裁定"))
    facts = {"text": decision["text"], "document": decision["document"], "by": decision["by"]}
    if decision["reading"] is None:
        return words.say(N_("各种说法均不采用：%(text)s（%(document)s，%(by)s）"), **facts)
    return words.say(N_("采用说法 %(n)s：%(text)s（%(document)s，%(by)s）"), n=decision["reading"] + 1, **facts)
