"""Workbooks: the quarterly report, and the filtered project list. Only files named workbook*.py write them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

from xlsxwriter.utility import xl_range  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from budgets.entries import STAGES
from budgets.rates import RATES, Rate
from core.collecting import seldom_collected
from core.errors import N_
from core.money import FEN_PER
from reports.delimited import ENDED, state_name
from reports.findings import Words, words_in
from reports.quarterly import QuarterlyReport
from reports.workbook_cells import (
    AMOUNT_WIDTHS,
    Column,
    add_heading,
    add_sheet,
    add_table_header,
    amount_in_cell,
    write_amount,
    write_text,
    write_whole,
)
from reports.workbook_corrections import write_corrections, write_orders
from reports.workbook_cover import caption_of, write_cover, write_definitions
from reports.workbook_finance_tables import write_rate
from reports.workbook_indicators import write_indicators
from reports.workbook_lists import write_commitments, write_contradictions
from reports.workbook_milestones import write_milestones
from reports.workbook_overview import write_overview
from reports.workbook_projects import write_projects
from reports.workbook_report_money import write_money
from reports.workbook_style import Book, open_book

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
    title = words.beside(words.say(report.cover.title), caption_of(report, words))
    book = open_book(target, words, unit, demo=demo, title=title, made_on=report.cover.as_of_on)
    lists = (write_indicators, write_commitments, write_projects)
    rest = (write_milestones, write_corrections, write_orders)
    if report.cover.yearly:  # the three lists come first, in the order in which they are assessed
        sheets = (*lists, write_money, *rest)
    else:
        sheets = (write_projects, write_money, write_indicators, *rest, write_commitments)
    with seldom_collected():
        for write in (write_cover, write_overview, *sheets, write_contradictions, write_definitions):
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
    Column(N_("项目状态"), 9),
    Column(N_("起始年份"), 9),
    Column(N_("结束年份"), 9),
    Column(N_("子项目数"), 9),
    Column(N_("总投资"), AMOUNT_WIDTHS["万元"]),
)
_STATE = 8
_ESTIMATE = len(_LISTED) - 1
# What stands after the estimate in a list with money: the amounts, and then the rate of the last column.
_LISTED_MONEY = ("appropriated", "work_done", "paid")
_RATE = Column(RATES["investment_completion"].name, 11)
# A list has no period of its own, and its bytes shall not depend on the day: any fixed date serves.
_LIST_MADE_ON = date(2021, 1, 1)


@dataclass
class _ListSum:
    """What the rows that are not ended (终止) add up to, and how many those are and the others."""

    projects: int = 0
    missing: int = 0
    ended: int = 0
    fen: list[int | None] = field(default_factory=list)  # of each column of amounts, the estimate first

    def add(self, ended: bool, amounts: Sequence[int | None]) -> None:
        if ended:
            self.ended += 1
            return
        self.projects += 1
        self.missing += amounts[0] is None
        for place, fen in enumerate(amounts):
            if fen is not None:
                self.fen[place] = (self.fen[place] or 0) + fen


def write_project_list(
    rows: Iterable[Any],
    target: Target,
    *,
    language: str = "zh",
    unit: str = "万元",
    filters_text: str = "",
    plans: Mapping[int, str] | None = None,
    money: bool = False,
    demo: bool = False,
) -> None:
    """Writes the rows of portfolio.project_list.every_row as they come; rows leave memory as they are written.

    `plans` names the plans by id, marked where they are drafts; without it a plan is named by its code. `money` adds what
    was appropriated, done and paid. Ended (终止) projects are listed and not counted in the last row, as on the page.

    Errors: TooManyDigits.
    """
    words = words_in(language)
    say = words.say
    book = open_book(target, words, unit, demo=demo, title=say(_LIST), made_on=_LIST_MADE_ON, stream=True)
    stages = _LISTED_MONEY if money else ()
    columns = [*_LISTED, *(Column(STAGES[stage], 0) for stage in stages), *((_RATE,) if money else ())]
    amounts = range(_ESTIMATE, _ESTIMATE + 1 + len(stages))
    widths = [AMOUNT_WIDTHS[unit] if place in amounts else column.width for place, column in enumerate(columns)]
    sheet = add_sheet(book, _LIST, paper="A3", landscape=True, widths=widths, caption=filters_text or say(_LIST))
    first = add_heading(book, sheet, say(_LIST), filters_text, len(columns) - 1, unit=True)
    start = row = add_table_header(book, sheet, first, columns)
    sheet.freeze_panes(start, 6)
    sheet.repeat_rows(first, start - 1)
    total = _ListSum(fen=[None] * len(amounts))
    for one in rows:
        write_whole(book, sheet, row, 0, row - start + 1, "middle")
        named = (plans or {}).get(one.plan_id) or one.order_key.partition(":")[0]
        texts = (named, one.code, one.programme, one.package, one.name, one.lead, one.body)
        for place, text in enumerate(texts, start=1):
            write_text(book, sheet, row, place, text)
        write_text(book, sheet, row, _STATE, state_name(words, one.state), "middle")
        for place, number in enumerate((one.first_year, one.last_year, one.parts), start=_STATE + 1):
            write_whole(book, sheet, row, place, number, "middle")
        found = [one.estimate_fen, *(getattr(one, f"{stage}_fen") for stage in stages)]
        for place, fen in zip(amounts, found, strict=True):
            write_amount(book, sheet, row, place, fen)
        if money:
            write_rate(book, sheet, row, amounts.stop, Rate(one.work_done_fen, one.estimate_fen))
        total.add(one.state == ENDED, found)
        row += 1
    if row > start:
        sheet.autofilter(start - 1, 0, row - 1, len(columns) - 1)
        sheet.merge_range(row, 0, row, _ESTIMATE - 1, _total_text(words, total), book.style("total"))
        for place, fen in zip(amounts, total.fen, strict=True):
            _write_total(book, sheet, start, row, place, fen)
        if money:
            sheet.write_blank(row, amounts.stop, None, book.style("total"))
    book.file.close()


def _total_text(words: Words, total: _ListSum) -> str:
    counts = {"projects": total.projects, "missing": total.missing, "ended": total.ended}
    if not total.ended:
        return words.say(N_("合计 %(projects)s 个项目，其中 %(missing)s 个规划未载明投资"), **counts)
    return words.say(
        N_("合计 %(projects)s 个项目，其中 %(missing)s 个规划未载明投资；另有 %(ended)s 个已终止，不计入"), **counts
    )


def _write_total(book: Book, sheet: Worksheet, start: int, row: int, place: int, fen: int | None) -> None:
    """A live sum of the amounts of a column whose rows are not ended: it leaves out a row that is marked as ended later, too.

    Where nothing is known yet the sum shows nothing instead of 0, as in write_sum.
    """
    states, cells = (xl_range(start, column, row - 1, column) for column in (_STATE, place))
    ended = state_name(book.words, ENDED)
    formula = f'ROUND(SUMIF({states},"<>{ended}",{cells}),{len(str(FEN_PER[book.unit])) - 1})'
    if fen is None:
        formula = f'IF(SUMPRODUCT(({states}<>"{ended}")*ISNUMBER({cells}))=0,"",{formula})'
    value: float | str = "" if fen is None else amount_in_cell(fen, book.unit)
    made = book.style("total number", num_format=book.money_format)
    sheet.write_formula(row, place, f"={formula}", made, value)
