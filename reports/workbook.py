"""Workbooks: the quarterly report, and the filtered project list. Only files named workbook*.py write them."""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

from core.errors import N_
from reports.findings import Words, words_in
from reports.quarterly import QuarterlyReport
from reports.workbook_cells import (
    AMOUNT_WIDTHS,
    Column,
    add_heading,
    add_sheet,
    add_table_header,
    write_amount,
    write_sum,
    write_text,
    write_whole,
)
from reports.workbook_cover import caption_of, write_cover, write_definitions
from reports.workbook_lists import write_commitments, write_contradictions, write_indicators
from reports.workbook_overview import write_overview
from reports.workbook_projects import write_projects
from reports.workbook_style import open_book

Target = Path | str | BinaryIO


def write_quarterly(
    report: QuarterlyReport, target: Target, *, language: str = "zh", unit: str = "万元", demo: bool = False
) -> None:
    """Writes the quarterly report. The same report gives the same bytes, whenever and wherever it is written.

    Errors: TooManyDigits.
    """
    write_quarterly_in(words_in(language), report, target, unit=unit, demo=demo)


def write_quarterly_in(words: Words, report: QuarterlyReport, target: Target, *, unit: str, demo: bool = False) -> None:
    """The same in given words, so that a test can see which texts are asked for."""
    title = f"{words.say(report.cover.title)}　{caption_of(report, words)}"
    book = open_book(target, words, unit, demo=demo, title=title, made_on=report.cover.as_of_on)
    for write in (
        write_cover,
        write_overview,
        write_projects,
        write_indicators,
        write_commitments,
        write_contradictions,
        write_definitions,
    ):
        write(book, report)
    book.file.close()


_LIST = N_("项目清单")
_LISTED = (
    Column(N_("序号"), 6),
    Column(N_("规划"), 22),
    Column(N_("项目编号"), 14),
    Column(N_("规划类别"), 24),
    Column(N_("子类别"), 22),
    Column(N_("项目名称"), 42),
    Column(N_("牵头部门"), 20),
    Column(N_("建设主体"), 20),
    Column(N_("起始年份"), 9),
    Column(N_("结束年份"), 9),
    Column(N_("子项目数"), 9),
    Column(N_("总投资"), AMOUNT_WIDTHS["万元"]),
)
_LIST_AMOUNT = len(_LISTED) - 1
# A list has no period of its own, and its bytes shall not depend on the day: any fixed date serves.
_LIST_MADE_ON = date(2021, 1, 1)


def write_project_list(
    rows: Iterable[Any],
    target: Target,
    *,
    language: str = "zh",
    unit: str = "万元",
    filters_text: str = "",
    plans: Mapping[int, str] | None = None,
    demo: bool = False,
) -> None:
    """Writes the rows of portfolio.listing.every_row as they come; rows leave memory as they are written.

    `plans` names the plans by id, marked where they are drafts; without it a plan is named by its code.

    Errors: TooManyDigits.
    """
    words = words_in(language)
    say = words.say
    book = open_book(target, words, unit, demo=demo, title=say(_LIST), made_on=_LIST_MADE_ON, stream=True)
    widths = [column.width for column in _LISTED]
    widths[_LIST_AMOUNT] = AMOUNT_WIDTHS[unit]
    sheet = add_sheet(book, _LIST, paper="A3", landscape=True, widths=widths, caption=filters_text or say(_LIST))
    first = add_heading(book, sheet, say(_LIST), filters_text, _LIST_AMOUNT, unit=True)
    start = row = add_table_header(book, sheet, first, _LISTED)
    sheet.freeze_panes(start, 6)
    sheet.repeat_rows(first, start - 1)
    total, missing = None, 0
    for one in rows:
        write_whole(book, sheet, row, 0, row - start + 1, "middle")
        named = (plans or {}).get(one.plan_id) or one.order_key.partition(":")[0]
        texts = (named, one.code, one.programme, one.package, one.name, one.lead, one.body)
        for place, text in enumerate(texts, start=1):
            write_text(book, sheet, row, place, text)
        write_whole(book, sheet, row, 8, one.first_year, "middle")
        write_whole(book, sheet, row, 9, one.last_year, "middle")
        write_whole(book, sheet, row, 10, one.parts, "middle")
        write_amount(book, sheet, row, _LIST_AMOUNT, one.estimate_fen)
        if one.estimate_fen is None:
            missing += 1
        else:
            total = (total or 0) + one.estimate_fen
        row += 1
    if row > start:
        sheet.autofilter(start - 1, 0, row - 1, _LIST_AMOUNT)
        text = say(
            N_("合计 %(projects)s 个项目，其中 %(missing)s 个规划未载明投资"), projects=row - start, missing=missing
        )
        sheet.merge_range(row, 0, row, _LIST_AMOUNT - 1, text, book.style("total"))
        cells = f"L{start + 1}:L{row}"
        write_sum(book, sheet, row, _LIST_AMOUNT, cells, total, "total number")
    book.file.close()
