"""The carry-over list (结转清单) as a workbook: a line for each unfinished project with live totals, and the works left."""

from fractions import Fraction

from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from core.calendar import last_day
from core.errors import N_
from core.units import rounded_text
from portfolio.facts import EDITIONS
from portfolio.projects import STATES
from reports.carry_over import CarryLine, CarryList, WorkLeft
from reports.findings import Words, words_in
from reports.workbook import Target
from reports.workbook_cells import (
    AMOUNT_WIDTHS,
    Column,
    add_heading,
    add_sheet,
    add_table_header,
    merge_text,
    write_amount,
    write_decimal,
    write_sum,
    write_text,
    write_whole,
)
from reports.workbook_quantities import write_lamp
from reports.workbook_style import Book, open_book

TITLE, WORKS = N_("结转项目清单"), N_("剩余工程量")
_MONEY = ("estimate_fen", "work_done_fen", "paid_fen", "spend_fen", "pay_fen")
_FIRST_MONEY = 6
NOTES = (
    N_(
        "未完工：状态不是完工、验收或终止，节点“完工”也没有完成。剩余投资 = 有效投资估算 − 累计完成投资；没有估算的不计算。"
    ),
    N_("未付资金 = 累计完成投资 − 累计支付，负数是预付。剩余工程量 = 任务 − 核实合格，不小于零；没有任务的不计算。"),
    N_("结转的项目保留原编号，投资、资金和工程量只计入原规划一次。"),
)


def write_carry_over(
    carried: CarryList, target: Target, *, language: str = "zh", unit: str = "万元", demo: bool = False
) -> None:
    """Writes the list. The same list gives the same bytes.

    Errors: TooManyDigits.
    """
    words = words_in(language)
    book = open_book(target, words, unit, demo=demo, title=words.say(TITLE), made_on=last_day(carried.quarter))
    caption = caption_of(carried, words)
    _write_lines(book, carried, caption)
    _write_works(book, carried, caption)
    book.file.close()


def caption_of(carried: CarryList, words: Words) -> str:
    """The plan, the quarter and the edition."""
    quarter = {"year": carried.quarter // 10, "quarter": carried.quarter % 10}
    said = words.say(N_("截至%(year)s年第%(quarter)s季度"), **quarter)
    return words.beside(carried.plan.short_title, said, words.say(EDITIONS[carried.edition]))


def _write_lines(book: Book, carried: CarryList, caption: str) -> None:
    words, money = book.words, AMOUNT_WIDTHS[book.unit]
    columns = (
        *(Column(N_("序号"), 6), Column(N_("项目编号"), 14), Column(N_("项目名称"), 34), Column(N_("起止年限"), 12)),
        *(Column(N_("项目状态"), 9), Column(N_("亮灯"), 6)),
        *(Column(N_("总投资"), money), Column(N_("累计完成投资"), money), Column(N_("累计支付"), money)),
        *(Column(N_("剩余投资"), money), Column(N_("未付资金"), money)),
        *(Column(N_("剩余工程量"), 34), Column(N_("未完成节点"), 24), Column(N_("结转到"), 22)),
    )
    widths = [column.width for column in columns]
    sheet = add_sheet(book, TITLE, paper="A3", landscape=True, widths=widths, caption=caption)
    first = add_heading(book, sheet, words.say(TITLE), caption, len(columns) - 1, unit=True)
    row = start = add_table_header(book, sheet, first, columns)
    sheet.freeze_panes(row, 3)
    sheet.repeat_rows(first, row - 1)
    for number, line in enumerate(carried.lines, start=1):
        write_whole(book, sheet, row, 0, number, "middle")
        _write_line(book, sheet, row, line)
        row += 1
    totals = carried.totals
    for place in range(len(columns)):
        sheet.write_blank(row, place, None, book.style("total"))
    merge_text(book, sheet, row, 0, 5, words.say(N_("合计 %(n)s 个项目"), n=totals.projects), "total")
    if carried.lines:
        for place, name in enumerate(_MONEY, start=_FIRST_MONEY):
            column = chr(ord("A") + place)
            cells = f"{column}{start + 1}:{column}{row}"
            write_sum(book, sheet, row, place, cells, getattr(totals, name), "total number")
    row += 1
    notes = [words.say(note) for note in NOTES]
    if totals.without_estimate:
        notes.insert(
            0, words.say(N_("其中 %(n)s 个项目没有投资估算，剩余投资没有计入它们。"), n=totals.without_estimate)
        )
    for note in notes:
        merge_text(book, sheet, row, 0, len(columns) - 1, note, "note")
        row += 1


def _write_line(book: Book, sheet: Worksheet, row: int, line: CarryLine) -> None:
    words, progress = book.words, line.lamp.progress
    write_text(book, sheet, row, 1, line.code)
    write_text(book, sheet, row, 2, progress.name)
    years = [str(year) for year in (progress.first_year, progress.last_year) if year is not None]
    write_text(book, sheet, row, 3, "–".join(dict.fromkeys(years)), "middle")
    state = STATES[progress.state] if progress.state else N_("未填报")
    write_text(book, sheet, row, 4, words.say(state), "middle")
    write_lamp(book, sheet, row, 5, line.lamp.colour)
    amounts = (line.money.estimate_fen, line.money.work_done_fen, line.money.paid_fen, line.spend_fen, line.pay_fen)
    for place, fen in enumerate(amounts, start=_FIRST_MONEY):
        write_amount(book, sheet, row, place, fen)
    left = [f"{one.measure} {amount_text(one.left)} {one.unit}" for one in line.works if one.left]
    write_text(book, sheet, row, 11, "\n".join(left) or "—")
    unmet = [
        one.name if one.planned_on is None else words.bracketed(one.name, one.planned_on.isoformat())
        for one in line.unmet
    ]
    comma = words.say(N_("、"))
    write_text(book, sheet, row, 12, comma.join(unmet) or "—")
    taken = [words.bracketed(plan.short_title, record.document) for record, plan in line.carried]
    write_text(book, sheet, row, 13, comma.join(taken) or "—")


def amount_text(value: Fraction | None) -> str:
    """An amount of works with up to four decimals, rounded half up; — when there is none."""
    if value is None:
        return "—"
    text = rounded_text(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _write_works(book: Book, carried: CarryList, caption: str) -> None:
    """What is left by measure, of all the projects together."""
    columns = (
        *(Column(N_("工程量指标"), 36), Column(N_("单位"), 14), Column(N_("任务数量"), 16)),
        *(Column(N_("其中已核实"), 16), Column(N_("剩余"), 16)),
    )
    widths = [column.width for column in columns]
    sheet = add_sheet(book, WORKS, paper="A4", landscape=True, widths=widths, caption=caption)
    first = add_heading(book, sheet, book.words.say(WORKS), caption, len(columns) - 1, unit=False)
    row = add_table_header(book, sheet, first, columns)
    sheet.freeze_panes(row, 1)
    for one in carried.totals.works:
        _write_work(book, sheet, row, one)
        row += 1
    note = N_("“其中已核实”不计超过各项目自身任务的部分，一个项目的超额不冲抵另一个项目的剩余。")
    merge_text(book, sheet, row, 0, len(columns) - 1, book.words.say(note), "note")


def _write_work(book: Book, sheet: Worksheet, row: int, one: WorkLeft) -> None:
    write_text(book, sheet, row, 0, one.measure)
    write_text(book, sheet, row, 1, one.unit, "middle")
    for place, value in enumerate((one.planned, one.verified, one.left), start=2):
        write_decimal(book, sheet, row, place, None if value is None else amount_text(value))
