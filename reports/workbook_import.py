"""The template for importing ledger entries: named columns, drop-down lists, one line that shows how and is not imported."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from budgets.entries import STAGES
from core.errors import N_
from core.money import PLACES
from reports.findings import words_in
from reports.workbook_cells import Column, add_band, add_sheet, add_table_header, merge_text, write_text
from reports.workbook_style import Book, open_book

# Read back by budgets/importing/names.py: these names stay Chinese in both languages.
_COLUMNS = (
    ("序号", 12.0),
    ("项目编号", 16.0),
    ("项目名称", 34.0),
    ("环节", 11.0),
    ("资金来源", 20.0),
    ("发生日期", 13.0),
    ("金额", 16.0),
    ("类型", 10.0),
    ("文号或凭证号", 24.0),
    ("摘要", 30.0),
    ("更正理由", 24.0),
)
EXAMPLE = "示例，不导入"
_SHEET, _LISTS = "台账", "选项"
_KINDS = ("发生", "收回", "退回", "核减")
_LINES = 2_000  # that the drop-down lists reach
_MADE_ON = date(2021, 1, 1)
_NOTES = (
    N_(
        "每行一笔。项目填编号或全名，填一个即可；打包项目填它的子项目。下达、到位、支付须填资金来源，下达和收回、退回、核减须填文号。"
    ),
    N_("金额填正数；收回、退回、核减在“类型”中选择。日期已关账的，须填更正理由。示例行和合计行不导入。"),
)


def write_import_template(
    target: Path | str | BinaryIO,
    projects: Sequence[tuple[str, str]],
    sources: Sequence[str],
    *,
    unit: str = "万元",
    language: str = "zh",
    demo: bool = False,
) -> None:
    """Writes the template; `projects` are the codes and names that its first list offers."""
    words = words_in(language)
    book = open_book(target, words, unit, demo=demo, title=words.say(N_("资金台账导入模板")), made_on=_MADE_ON)
    widths = [width for _name, width in _COLUMNS]
    sheet = add_sheet(
        book, _SHEET, paper="A3", landscape=True, widths=widths, caption=words.say(N_("资金台账导入模板"))
    )
    last = len(_COLUMNS) - 1
    row = add_band(book, sheet, 0, last)
    merge_text(book, sheet, row, 0, last, words.say(N_("资金台账导入模板")), "title")
    for note in _NOTES:
        row += 1
        merge_text(book, sheet, row, 0, last, words.say(note), "note")
    named = [Column(f"{name}（{unit}）" if name == "金额" else name, width) for name, width in _COLUMNS]
    first = add_table_header(book, sheet, row + 1, named)
    for place, column in enumerate(named):
        sheet.write_string(
            first - 1, place, column.title, book.style("header")
        )  # in English they would not be read back
    _write_example(book, sheet, first, projects, sources)
    sheet.freeze_panes(first, 3)
    _add_lists(book, sheet, first, projects, sources)
    book.file.close()


def _write_example(
    book: Book, sheet: Worksheet, row: int, projects: Sequence[tuple[str, str]], sources: Sequence[str]
) -> None:
    code, name = projects[0] if projects else ("xiaoyi-01", "")
    texts = (
        EXAMPLE,
        code,
        name,
        STAGES["paid"],
        sources[0] if sources else "",
        None,
        None,
        _KINDS[0],
        "财建〔2024〕1号",
    )
    for place, text in enumerate(texts):
        if text:
            write_text(book, sheet, row, place, text, "quiet")
        elif text == "":
            sheet.write_blank(row, place, None, book.style("quiet"))
    day = book.style("quiet", num_format="yyyy-mm-dd")
    sheet.write_datetime(row, 5, datetime(2024, 3, 31), day)  # noqa: DTZ001 (a day in a cell, not a moment)
    sheet.write_number(row, 6, 320, book.style("quiet", num_format="#,##0." + "0" * PLACES[book.unit]))
    write_text(book, sheet, row, 9, "一期工程款", "quiet")
    sheet.write_blank(row, 10, None, book.style("quiet"))


def _add_lists(
    book: Book, sheet: Worksheet, first: int, projects: Sequence[tuple[str, str]], sources: Sequence[str]
) -> None:
    """The drop-down lists; what they offer stands on a hidden sheet."""
    lists = book.file.add_worksheet(_LISTS)
    lists.hide()
    offered = {1: [code for code, _name in projects], 3: list(STAGES.values()), 4: list(sources), 7: list(_KINDS)}
    lists.write_row(0, 0, ["项目编号", "环节", "资金来源", "类型", "项目名称"])
    for place, (column, values) in enumerate(offered.items()):
        lists.write_column(1, place, values)
        if values:
            letter = "ABCD"[place]
            source = f"={_LISTS}!${letter}$2:${letter}${len(values) + 1}"
            sheet.data_validation(first, column, first + _LINES, column, {"validate": "list", "source": source})
    lists.write_column(1, 4, [name for _code, name in projects])
    days = {"validate": "date", "criteria": ">=", "value": date(1990, 1, 1), "error_type": "warning"}
    sheet.data_validation(first, 5, first + _LINES, 5, days)
    sheet.data_validation(first, 6, first + _LINES, 6, {"validate": "decimal", "criteria": ">", "value": 0})
    sheet.set_column(5, 5, dict(_COLUMNS)["发生日期"], book.file.add_format({"num_format": "yyyy-mm-dd"}))
