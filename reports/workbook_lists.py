"""Three sheets of the quarterly workbook: indicators, commitments and contradictions, as the plan prints them."""

from collections.abc import Sequence
from typing import Any

from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from core.errors import N_
from milestones.indicators import TARGET_KINDS
from reports.contradiction_sheet import FIELDS
from reports.findings import Words
from reports.quarterly import QuarterlyReport
from reports.workbook_cells import (
    Column,
    add_heading,
    add_sheet,
    add_table_header,
    merge_text,
    write_decimal,
    write_text,
    write_whole,
)
from reports.workbook_cover import COMMITMENTS, CONTRADICTIONS, INDICATORS, caption_of
from reports.workbook_projects import BODY, lines_text, operator_text, write_source
from reports.workbook_style import Book

_BASELINE, _TARGET, _SOURCE = N_("现状值"), N_("目标"), N_("规划出处")
_INDICATOR_COLUMNS = (
    Column(N_("序号"), 5.5),
    Column(N_("指标类别"), 12),
    Column(N_("指标名称"), 27),
    Column(N_("单位"), 13),
    Column(N_("属性"), 11),
    Column(N_("年份"), 6, _BASELINE),
    Column(N_("规划原文"), 12, _BASELINE),
    Column(N_("数值"), 10, _BASELINE),
    Column(N_("数值单位"), 12, _BASELINE),
    Column(N_("年份"), 6, _TARGET),
    Column(N_("规划原文"), 17, _TARGET),
    Column(N_("类型"), 12.5, _TARGET),
    Column(N_("符号"), 5.5, _TARGET),
    Column(N_("数值"), 8, _TARGET),
    Column(N_("上限"), 7, _TARGET),
    Column(N_("正文值"), 8, _TARGET),
    Column(N_("说明"), 24),
    Column(N_("表或专栏"), 9, _SOURCE),
    Column(N_("行"), 9.5, _SOURCE),
)
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
_NATURES = {"约束性": N_("约束性"), "预期性": N_("预期性")}
_QUANTIFIED = {
    "number": N_("已定量"),
    "range": N_("已定量"),
    "delegated": N_("未定量，待上级下达"),
    "grade": N_("未定量，按等级判断"),
    "keep": N_("未定量，不低于现状"),
    "trend": N_("未定量，与上次相比"),
    "qualitative": N_("未定量，按定性判断"),
    "none": N_("规划只有现状值"),
}


def _start(book: Book, report: QuarterlyReport, name: str, columns: Sequence[Column]) -> tuple[Worksheet, int]:
    """A landscape sheet with title and repeated header; the first row for data comes back with it."""
    words = book.words
    caption = caption_of(report, words)
    widths = [column.width for column in columns]
    sheet = add_sheet(book, name, paper="A4", landscape=True, widths=widths, caption=caption)
    first = add_heading(book, sheet, words.say(name), caption, len(columns) - 1, unit=False)
    row = add_table_header(book, sheet, first, columns)
    sheet.freeze_panes(row, 3)
    sheet.repeat_rows(first, row - 1)
    return sheet, row


def write_indicators(book: Book, report: QuarterlyReport) -> None:
    words = book.words
    sheet, row = _start(book, report, INDICATORS, _INDICATOR_COLUMNS)
    for one in report.indicators:
        write_text(book, sheet, row, 0, one["no"], "middle")
        write_text(book, sheet, row, 1, one["category"])
        write_text(book, sheet, row, 2, one["name"])
        write_text(book, sheet, row, 3, one["unit"], "middle")
        nature = one["nature"]
        write_text(book, sheet, row, 4, None if nature is None else words.say(_NATURES.get(nature, nature)), "middle")
        write_whole(book, sheet, row, 5, one["baseline_year"], "middle")
        write_text(book, sheet, row, 6, one["baseline"], "middle")
        write_decimal(book, sheet, row, 7, one["baseline_value"])
        _write_or_blank(book, sheet, row, 8, one["baseline_unit"])
        write_whole(book, sheet, row, 9, one["target_year"], "middle")
        write_text(book, sheet, row, 10, one["target"], "middle")
        kind = one["target_kind"]
        write_text(book, sheet, row, 11, None if kind is None else words.say(TARGET_KINDS[kind]), "middle")
        _write_or_blank(book, sheet, row, 12, one["operator"])
        write_decimal(book, sheet, row, 13, one["target_value"])
        write_decimal(book, sheet, row, 14, one["target_high"])
        write_decimal(book, sheet, row, 15, one["reference_target"])
        write_text(book, sheet, row, 16, _quantified(words, one))
        write_source(book, sheet, row, 17, one["source"])
        row += 1
    note = N_("注：“正文值”是规划正文写的数，而指标表待上级下达；目标仍按指标表，正文值只用于测算，并注明按正文值。")
    merge_text(book, sheet, row, 0, len(_INDICATOR_COLUMNS) - 1, words.say(note), "note")


def _write_or_blank(
    book: Book, sheet: Worksheet, row: int, place: int, text: str | None, style: str = "middle"
) -> None:
    """A text that belongs to a number: empty where there is no number, not “规划未载明” once more."""
    if text:
        write_text(book, sheet, row, place, text, style)
    else:
        sheet.write_blank(row, place, None, book.style(style))


def _quantified(words: Words, one: dict[str, Any]) -> str:
    """Whether the target is a number, and what else a reader must know of it."""
    said = [words.say(_QUANTIFIED[one["target_kind"] or "none"])]
    if one["reference_target"] is not None:
        operator = one["reference_operator"] or ""
        said.append(words.say(N_("按正文值 %(value)s"), value=f"{operator}{one['reference_target']}"))
    if one["baseline_unit"] is not None and one["baseline_unit"] != one["unit"]:
        said.append(words.say(N_("现状值单位不同，不能相比")))
    return words.say(N_("；")).join(said)


def write_commitments(book: Book, report: QuarterlyReport) -> None:
    words = book.words
    sheet, row = _start(book, report, COMMITMENTS, _COMMITMENT_COLUMNS)
    for number, one in enumerate(report.commitments, start=1):
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
        write_text(book, sheet, row, 13, one["wording"])
        write_source(book, sheet, row, 14, one["source"])
        row += 1


def write_contradictions(book: Book, report: QuarterlyReport) -> None:
    words = book.words
    sheet, row = _start(book, report, CONTRADICTIONS, _CONTRADICTION_COLUMNS)
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
