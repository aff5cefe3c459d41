"""Columns of the report's project sheets: what stands in each for a project, and how it is written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from budgets.rates import Rate
from core.errors import N_
from portfolio.projects import STATES
from reports.findings import Words
from reports.progress_rows import reason_of
from reports.quarterly import QuarterlyReport
from reports.quarterly_lists import due_and_met
from reports.quarterly_rows import ProjectRow
from reports.quarterly_works import ProjectWork
from reports.workbook_cells import Column, write_amount, write_text, write_whole
from reports.workbook_finance_tables import write_rate
from reports.workbook_quantities import quantity_in_cell, write_lamp
from reports.workbook_style import Book

UNREPORTED = N_("未填报")
NOT_APPLICABLE = N_("不适用")
_MONEY_WIDTH = 0.0  # as wide as an amount in the unit of the book


@dataclass(frozen=True)
class Shown:
    """One column: what it shows of a row, and how. `amount` columns are added up; `rate` names that of a group.

    `each`: the value is that of a measure (a ProjectWork), and the measures of a project stand below each other.
    """

    column: Column
    value: Callable[[Any], Any]
    write: Callable[[Book, Worksheet, int, int, Any], None]
    amount: bool = False
    rate: str | None = None
    each: bool = False


def text(title: str, width: float, value: Callable[[ProjectRow], str | None], group: str | None = None) -> Shown:
    """A text of the plan; what it does not say is said so."""
    return Shown(Column(title, width, group), value, write_text)


def said(title: str, width: float, value: Callable[[ProjectRow], str | None], group: str | None = None) -> Shown:
    """A text that somebody reports; empty where nobody did."""
    return Shown(Column(title, width, group), value, write_said)


def write_said(book: Book, sheet: Worksheet, row: int, place: int, value: str | None) -> None:
    """Writes what somebody reported; a cell with nothing but its border where nobody did."""
    if value:
        write_text(book, sheet, row, place, value)
    else:
        sheet.write_blank(row, place, None, book.style("text"))


def _write_middle(book: Book, sheet: Worksheet, row: int, place: int, number: int | None) -> None:
    write_whole(book, sheet, row, place, number, "middle")


def year(title: str, value: Callable[[ProjectRow], int | None], group: str) -> Shown:
    """A column of years that the plan names."""
    return Shown(Column(title, 6, group), value, _write_middle)


def count(title: str, value: Callable[[ProjectRow], int | None], group: str) -> Shown:
    """A column of whole numbers; empty where there is none."""
    return Shown(Column(title, 6, group), value, _write_middle)


def money(title: str, value: Callable[[ProjectRow], int | None], group: str | None = None) -> Shown:
    """A column of sums that subtotals and the total add up.

    Units: fen; the cell stands in the unit of the book.
    """
    return Shown(Column(title, _MONEY_WIDTH, group), value, write_amount, amount=True)


def spent(title: str, value: Callable[[ProjectRow], int | None], group: str | None = None) -> Shown:
    """The same of sums that departments report: 未填报 is not 0, and is not added up.

    Units: fen; the cell stands in the unit of the book.
    """
    return Shown(Column(title, _MONEY_WIDTH, group), value, _write_spent, amount=True)


def _write_spent(book: Book, sheet: Worksheet, row: int, place: int, fen: int | None) -> None:
    if fen is None:
        sheet.write_string(row, place, book.words.say(UNREPORTED), book.style("quiet middle"))
    else:
        write_amount(book, sheet, row, place, fen)


def rate(title: str, name: str, group: str | None = None) -> Shown:
    """A column of one of RATES by its name; “—” where it cannot be calculated."""

    def found(row: ProjectRow) -> Rate:
        return Rate(None, None) if row.money is None else row.money.whole.rates[name]

    return Shown(Column(title, 9.5, group), found, write_rate, rate=name)


# ---- what both sheets begin and end with


def beginning(words: Words) -> list[Shown]:
    """From the heading to the estimate; texts of the plan stay as printed."""
    years = N_("起止年限")
    return [
        text(N_("规划类别"), 16, lambda row: " / ".join(one for one in (row.programme, row.package) if one) or None),
        text(N_("项目名称"), 30, lambda row: row.name),
        text(N_("牵头部门"), 15, lambda row: row.lead),
        text(N_("建设主体"), 15, lambda row: row.body),
        text(N_("建设地点"), 13, lambda row: row.place),
        Shown(Column(N_("项目状态"), 8 if words.language == "zh" else 12), lambda row: row.state, _write_state),
        year(N_("起"), lambda row: row.first_year, years),
        year(N_("止"), lambda row: row.last_year, years),
        money(N_("总投资"), lambda row: row.estimate_fen),
    ]


def _write_state(book: Book, sheet: Worksheet, row: int, place: int, state: str | None) -> None:
    said_of = UNREPORTED if state is None else STATES[state]
    sheet.write_string(row, place, book.words.say(said_of), book.style("quiet middle" if state is None else "middle"))


def sources(report: QuarterlyReport, words: Words) -> Shown:
    """The funding sources, by their names in the reader's language."""
    english = report.money.sources if words.language == "en" else {}
    comma = words.say(N_("、"))

    def named(row: ProjectRow) -> str | None:
        found = () if row.money is None else row.money.sources
        return comma.join(english.get(name) or name for name in found)

    return said(N_("资金来源"), 16, named)


def milestones(report: QuarterlyReport) -> list[Shown]:
    """节点: how many are due by the end of the period, and how many are met."""
    until, group = report.cover.as_of_on, N_("节点")

    def due(row: ProjectRow) -> tuple[int, int] | None:
        states = () if row.lamp is None else row.lamp.progress.milestones
        return due_and_met(states, until) if states else None

    return [
        count(N_("应完"), lambda row: None if (found := due(row)) is None else found[0], group),
        count(N_("已完"), lambda row: None if (found := due(row)) is None else found[1], group),
    ]


def lamp(words: Words) -> list[Shown]:
    """The two columns of the lamp: its colour, and why it is lit."""
    group = N_("亮灯与原因")
    return [
        Shown(Column(N_("亮灯"), 6.5, group), lambda row: None if row.lamp is None else row.lamp.colour, write_lamp),
        said(N_("原因"), 28, lambda row: None if row.lamp is None else reason_of(row.lamp.worst, words), group),
    ]


# ---- works: every measure of a project stands in a row of its own, so that each number is a number


def works(shown: Sequence[tuple[str, Callable[[ProjectWork], Any]]]) -> list[Shown]:
    """The measures with their units, and a column for each of these sums."""
    group = N_("工程量")
    measures = Shown(Column(N_("指标（单位）"), 27, group), _measure, _write_measure, each=True)
    return [measures, *(Shown(Column(title, 9, group), value, _write_work, each=True) for title, value in shown)]


def _measure(one: ProjectWork) -> tuple[str, str]:
    return one.figures.measure, one.figures.unit


def _write_measure(book: Book, sheet: Worksheet, row: int, place: int, value: tuple[str, str] | None) -> None:
    write_said(book, sheet, row, place, value and book.words.bracketed(*value))


def reported(name: str) -> Callable[[ProjectWork], Any]:
    """A sum of what was reported: 0, 未填报 and 不适用 are three things."""

    def found(one: ProjectWork) -> Any:
        value = one.flow if name == "flow" else getattr(one.figures, name)
        if value is None:
            return NOT_APPLICABLE if one.figures.not_applicable else UNREPORTED
        return value

    return found


def _write_work(book: Book, sheet: Worksheet, row: int, place: int, value: Any) -> None:
    if value is None:
        sheet.write_string(row, place, "—", book.style("number"))
    elif isinstance(value, str):
        sheet.write_string(row, place, book.words.say(value), book.style("quiet middle"))
    else:
        number, shape = quantity_in_cell(value)
        sheet.write_number(row, place, number, book.style("number", num_format=shape))
