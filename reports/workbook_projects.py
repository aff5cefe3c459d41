"""The project sheet of the quarterly workbook (项目调度表): two-row header, projects by programme, live subtotals and total.

Parts stand indented below their package with their money in a column of its own, so that no sum takes them twice.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from core.errors import N_
from core.money import shown
from portfolio.projects import STATES
from reports.findings import Words
from reports.overview import known_sum
from reports.quarterly import QuarterlyReport
from reports.quarterly_rows import PartRow, ProjectGroup, ProjectRow
from reports.workbook_cells import (
    AMOUNT_WIDTHS,
    SILENT,
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
from reports.workbook_cover import PROJECTS, caption_of
from reports.workbook_style import Book

_CLASS, _DUTY, _YEARS = N_("规划类别"), N_("责任单位"), N_("起止年限")
_MONEY, _SOURCE = N_("投资估算"), N_("规划出处")
COLUMNS = (
    Column(N_("序号"), 5.5),
    Column(N_("类别"), 13, _CLASS),
    Column(N_("子类别"), 13, _CLASS),
    Column(N_("项目名称"), 27),
    Column(N_("建设内容"), 48),
    Column(N_("牵头部门"), 13, _DUTY),
    Column(N_("建设主体"), 13, _DUTY),
    Column(N_("建设地点"), 13),
    Column(N_("项目状态"), 8),
    Column(N_("起"), 6, _YEARS),
    Column(N_("止"), 6, _YEARS),
    Column(N_("总投资"), AMOUNT_WIDTHS["万元"], _MONEY),
    Column(N_("其中：子项目"), AMOUNT_WIDTHS["万元"], _MONEY),
    Column(N_("工程量（任务）"), 26),
    Column(N_("表或专栏"), 9, _SOURCE),
    Column(N_("行"), 9.5, _SOURCE),
    Column(N_("备注"), 22),
)
_AMOUNT, _OF_PARTS, _REMARK = 11, 12, len(COLUMNS) - 1
_NAME = 3


def write_projects(book: Book, report: QuarterlyReport) -> None:
    words = book.words
    caption = caption_of(report, words)
    widths = [column.width for column in COLUMNS]
    widths[_AMOUNT] = widths[_OF_PARTS] = AMOUNT_WIDTHS[book.unit]
    sheet = add_sheet(book, PROJECTS, paper="A3", landscape=True, widths=widths, caption=caption)
    first = add_heading(book, sheet, words.say(PROJECTS), caption, _REMARK, unit=True)
    row = add_table_header(book, sheet, first, COLUMNS)
    sheet.freeze_panes(row, _NAME + 1)
    sheet.repeat_rows(first, row - 1)
    subtotals = []
    for group in report.groups:
        subtotal = _write_group(book, sheet, row, group)
        subtotals.append(xl_rowcol_to_cell(subtotal, _AMOUNT))
        row = subtotal + 1
    row = _write_total(book, sheet, row, report, subtotals)
    if report.ended:
        merge_text(book, sheet, row, 0, _REMARK, words.say(N_("终止项目（不计入小计和合计）")), "group")
        row = _write_rows(book, sheet, row + 1, report.ended)
    _write_notes(book, sheet, row, report)


def _write_group(book: Book, sheet: Worksheet, row: int, group: ProjectGroup) -> int:
    """The rows of a programme, and below them their subtotal; its row comes back."""
    words, figures = book.words, group.figures
    after = _write_rows(book, sheet, row, group.rows)
    title = words.say(
        N_("小计　%(name)s：%(projects)s 个项目、%(leaves)s 个子项"),
        name=group.name or words.say(SILENT),
        projects=figures.projects,
        leaves=figures.leaves,
    )
    merge_text(book, sheet, after, 0, _AMOUNT - 1, title, "group")
    cells = f"{xl_rowcol_to_cell(row, _AMOUNT)}:{xl_rowcol_to_cell(after - 1, _AMOUNT)}"
    write_sum(book, sheet, after, _AMOUNT, cells, figures.estimate_fen, "group number")
    _write_remark(book, sheet, after, figures.without_estimate, "group")
    return after


def _write_total(book: Book, sheet: Worksheet, row: int, report: QuarterlyReport, subtotals: list[str]) -> int:
    total = report.overview.total
    title = book.words.say(
        N_("合计：%(projects)s 个项目、%(leaves)s 个子项"), projects=total.projects, leaves=total.leaves
    )
    merge_text(book, sheet, row, 0, _AMOUNT - 1, title, "total")
    # A sum takes 255 arguments; the sheet of a plan has some ten programmes.
    write_sum(book, sheet, row, _AMOUNT, ",".join(subtotals) or "0", total.estimate_fen, "total number")
    _write_remark(book, sheet, row, total.without_estimate, "total")
    return row + 1


def _write_remark(book: Book, sheet: Worksheet, row: int, without_estimate: int, style: str) -> None:
    """The rest of a subtotal's row; how many amounts are not in the sum stands in the last cell."""
    for place in range(_OF_PARTS, _REMARK):
        sheet.write_blank(row, place, None, book.style(style))
    text = book.words.say(N_("%(n)s 个子项规划未载明投资"), n=without_estimate) if without_estimate else ""
    merge_text(book, sheet, row, _REMARK, _REMARK, text, style)


def _write_rows(book: Book, sheet: Worksheet, row: int, rows: Iterable[ProjectRow]) -> int:
    for one in rows:
        _write_project(book, sheet, row, one)
        row += 1
        for part in one.parts:
            _write_part(book, sheet, row, part)
            row += 1
    return row


def _write_project(book: Book, sheet: Worksheet, row: int, one: ProjectRow) -> None:
    words = book.words
    write_whole(book, sheet, row, 0, one.number, "middle")
    for place, text in ((1, one.programme), (2, one.package), (_NAME, one.name), (4, one.content)):
        write_text(book, sheet, row, place, text)
    for place, text in ((5, one.lead), (6, one.body), (7, one.place)):
        write_text(book, sheet, row, place, text)
    if one.state is None:
        sheet.write_string(row, 8, words.say(N_("未填报")), book.style("quiet middle"))
    else:
        sheet.write_string(row, 8, words.say(STATES[one.state]), book.style("middle"))
    write_whole(book, sheet, row, 9, one.first_year, "middle")
    write_whole(book, sheet, row, 10, one.last_year, "middle")
    write_amount(book, sheet, row, _AMOUNT, one.estimate_fen)
    known = known_sum(part.estimate_fen for part in one.parts)
    if known is None:
        sheet.write_blank(row, _OF_PARTS, None, book.style("number"))
    else:
        cells = f"{xl_rowcol_to_cell(row + 1, _OF_PARTS)}:{xl_rowcol_to_cell(row + len(one.parts), _OF_PARTS)}"
        write_sum(book, sheet, row, _OF_PARTS, cells, known, "number")
    _write_basis(book, sheet, row, one)


def _write_part(book: Book, sheet: Worksheet, row: int, part: PartRow) -> None:
    for place in range(len(COLUMNS)):
        sheet.write_blank(row, place, None, book.style("text"))
    sheet.write_string(row, 0, part.number, book.style("middle"))
    write_text(book, sheet, row, _NAME, part.name, "part")
    write_text(book, sheet, row, 4, part.content)
    write_amount(book, sheet, row, _OF_PARTS, part.estimate_fen)
    _write_basis(book, sheet, row, part)


def _write_basis(book: Book, sheet: Worksheet, row: int, one: ProjectRow | PartRow) -> None:
    words = book.words
    write_text(book, sheet, row, 13, "\n".join(quantity_text(words, quantity) for quantity in one.quantities))
    write_source(book, sheet, row, 14, one.source)
    if one.note:
        write_text(book, sheet, row, _REMARK, one.note)
    else:
        sheet.write_blank(row, _REMARK, None, book.style("text"))


def quantity_text(words: Words, quantity: dict[str, Any]) -> str:
    """A quantity as the plan means it: measure, operator unless it is plain equality, value, unit, per year, by when."""
    operator = "" if quantity["operator"] == "=" else operator_text(words, quantity["operator"])
    amount = f"{operator}{quantity['value']} {quantity['unit']}"
    if quantity["per"] == "year":
        amount = words.say(N_("每年 %(amount)s"), amount=amount)
    if quantity["by_year"] is not None:
        amount = words.say(N_("%(amount)s（到 %(year)s 年）"), amount=amount, year=quantity["by_year"])
    return words.say(N_("%(measure)s：%(amount)s"), measure=quantity["measure"], amount=amount)


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


def _write_notes(book: Book, sheet: Worksheet, row: int, report: QuarterlyReport) -> None:
    words = book.words
    texts = [
        words.say(N_("打包项目的总投资计入小计和合计，其下子项目只在“其中：子项目”栏列示，不重复相加。")),
        words.say(N_("工程量是规划写明的任务，不是完成数；“行”是规划文本文件的行号。")),
        *_rounding(book, report.groups, report.overview.total.estimate_fen),
    ]
    for number, text in enumerate(texts, start=1):
        line = words.say(N_("注 %(number)s：%(text)s"), number=number, text=text)
        merge_text(book, sheet, row, 0, _REMARK, line, "note")
        row += 1


def _rounding(book: Book, groups: Sequence[ProjectGroup], total: int | None) -> list[str]:
    """Says so where the subtotals, each rounded as it is shown, do not add up to the total as it is shown."""
    if total is None:
        return []
    amounts = [row.estimate_fen for group in groups for row in group.rows if row.estimate_fen is not None]
    residual = shown(total, book.unit) - sum(shown(amount, book.unit) for amount in amounts)
    if not residual:
        return []
    text = N_("各行四舍五入，显示数之和与合计相差 %(residual)s；合计按准确数相加。")
    return [book.words.say(text, residual=f"{residual:,}")]
