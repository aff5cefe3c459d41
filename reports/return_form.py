"""The form that a department fills in: the sheets of its workbook, their columns and rows. Pure.

Making it of a return stands in return_workbooks.py, writing in workbook_return.py, reading back in return_reading.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from core.errors import N_
from reports.return_fields import SINCE_ON, STATE, STATE_DOCUMENT, TEXT_FIELDS, CellKey

TEMPLATE_VERSION = 1
MARK = "qingshan-return"  # the first cell of the hidden sheet by which a workbook of ours is known
CONTROL, LISTS = "_qingshan", "_options"  # hidden sheets: who made this for whom; what drop-downs offer
KEY_TITLE: str = N_("行标识")

PROGRESS, MONEY, WORKS, MILESTONES = "P", "M", "W", "T"
SPARE = "X"  # rows of the money sheet in which the department chooses project, stage and source itself
SPARE_ROWS = 15
TICK: str = N_("不适用")
SHEETS = {
    PROGRESS: N_("项目进展"),
    MONEY: N_("资金"),
    WORKS: N_("工程量"),
    MILESTONES: N_("里程碑"),
}
TEXT, AMOUNT, QUANTITY, DAY = "text", "amount", "quantity", "day"
Shown = str | float | int | None  # what stands in a cell; a day as ISO text


@dataclass(frozen=True)
class FormColumn:
    """A column of a sheet. `asks`: the department fills it in; `offers`: the hidden list of its drop-down."""

    name: str
    title: str
    width: float
    shape: str = TEXT
    asks: bool = False
    offers: str | None = None


def _project(width: float = 30.0) -> tuple[FormColumn, ...]:
    return FormColumn("code", N_("项目编号"), 12.0), FormColumn("project", N_("项目名称"), width)


# Read back by their titles, in either language: within a sheet no two may look alike.
COLUMNS: dict[str, tuple[FormColumn, ...]] = {
    PROGRESS: (
        *_project(24.0),
        FormColumn("lamp", N_("亮灯与原因"), 20.0),
        FormColumn("state_now", N_("现状态"), 9.0),
        FormColumn("progress_before", N_("上季形象进度"), 24.0),
        FormColumn("state", N_("本季状态"), 10.0, asks=True, offers="states"),
        FormColumn("since_on", N_("状态起始日期"), 12.5, DAY, asks=True),
        FormColumn("document", N_("状态依据文号"), 16.0, asks=True),
        FormColumn("progress", N_("形象进度"), 30.0, asks=True),
        FormColumn("problems", N_("存在问题"), 24.0, asks=True),
        FormColumn("coordination", N_("需协调事项"), 20.0, asks=True),
        FormColumn("next_steps", N_("下一步计划"), 24.0, asks=True),
        FormColumn("lamp_reason", N_("亮灯原因说明"), 20.0, asks=True),
    ),
    MONEY: (
        FormColumn("code", N_("项目编号"), 12.0, offers="codes"),
        FormColumn("project", N_("项目名称"), 32.0),
        FormColumn("stage", N_("环节"), 10.0, offers="stages"),
        FormColumn("source", N_("资金来源"), 20.0, offers="sources"),
        FormColumn("planned", N_("本年计划"), 13.0, AMOUNT),
        FormColumn("cumulative", N_("上季末累计"), 14.0, AMOUNT),
        FormColumn("last", N_("上季发生"), 13.0, AMOUNT),
        FormColumn("recorded", N_("本季已记账"), 13.0, AMOUNT),
        FormColumn("amount", N_("本季合计"), 15.0, AMOUNT, asks=True),
    ),
    WORKS: (
        *_project(),
        FormColumn("measure", N_("工程量指标"), 18.0),
        FormColumn("unit_shown", N_("任务单位"), 9.0),
        FormColumn("target", N_("总任务"), 12.0, QUANTITY),
        FormColumn("cumulative", N_("上季末累计"), 12.0, QUANTITY),
        FormColumn("last", N_("上季完成"), 12.0, QUANTITY),
        FormColumn("recorded", N_("本季已上报"), 12.0, QUANTITY),
        FormColumn("quantity", N_("本季合计"), 13.0, QUANTITY, asks=True),
        FormColumn("unit", N_("计量单位"), 10.0, asks=True, offers="units"),
        FormColumn("not_applicable", N_("不适用"), 9.0, asks=True, offers="ticks"),
    ),
    MILESTONES: (
        *_project(),
        FormColumn("milestone", N_("里程碑名称"), 22.0),
        FormColumn("planned_on", N_("计划日期"), 13.0, DAY),
        FormColumn("forecast_before", N_("已报预计日期"), 13.0, DAY),
        FormColumn("actual_before", N_("已报实际日期"), 13.0, DAY),
        FormColumn("forecast", N_("预计完成日期"), 14.0, DAY, asks=True),
        FormColumn("actual", N_("实际完成日期"), 14.0, DAY, asks=True),
    ),
}
# Columns without which a sheet cannot be read; the others may be deleted or moved.
NEEDED = {kind: frozenset(one.name for one in columns if one.asks or one.offers) for kind, columns in COLUMNS.items()}
# The fields of the sheet of texts, by its columns.
PROGRESS_FIELDS = {"state": STATE, "since_on": SINCE_ON, "document": STATE_DOCUMENT} | {
    name.partition(".")[2]: name for name in TEXT_FIELDS
}
LOCKED = {kind: tuple(one.name for one in columns if not one.asks) for kind, columns in COLUMNS.items()}


@dataclass(frozen=True, slots=True)
class FormRow:
    """A row of a sheet: whose it is, what it shows (as it stands in the file), and what is asked, by column.

    `rest` tells the row from the others of its project: stage and source, a measure, a milestone. `dimension` is what the units
    of a quantity measure; `closed` are columns that ask nothing of this row.
    """

    kind: str
    project_id: int
    code: str
    rest: tuple[str, ...] = ()
    shown: Mapping[str, Shown] = field(default_factory=dict)
    filled: Mapping[str, Shown] = field(default_factory=dict)
    dimension: str = ""
    closed: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """Its key before it is signed."""
        return "|".join((self.kind, self.code, *self.rest))

    @property
    def shown_in_order(self) -> tuple[Shown, ...]:
        """What its locked cells show, in the order of LOCKED."""
        return tuple(self.shown.get(name) for name in LOCKED[MONEY if self.kind == SPARE else self.kind])


class MadeRow(NamedTuple):
    """A row of a workbook that was made, as it comes back out of the database.

    `shown` is in the order of LOCKED; an empty text stands for an empty cell, as in a file that is read.
    """

    kind: str
    project_id: int
    rest: list[str]
    dimension: str
    shown: list[Shown]

    @property
    def names(self) -> tuple[str, ...]:
        """Code and name of its project, which stand first on every sheet."""
        return tuple(str(one) for one in self.shown[:2] if one)


@dataclass(frozen=True)
class MadeWorkbook:
    """A workbook that was made: its titles by sheet and column, its rows by signed key, its cells: the base of the merge."""

    id: int
    return_id: int
    unit: str
    titles: Mapping[str, Mapping[str, str]]
    lists: Mapping[str, tuple[str, ...]]
    rows: Mapping[str, MadeRow]
    base: Mapping[CellKey, str]


@dataclass(frozen=True)
class ReturnForm:
    """Everything that a workbook for a department and period shows. `lists` are the hidden lists by name."""

    token: str
    plan: str
    plan_code: str
    department: str
    period: str
    period_name: str
    unit: str
    due_on: date | None
    made_on: date
    lists: Mapping[str, tuple[str, ...]]
    rows: Mapping[str, tuple[FormRow, ...]]
    notes: tuple[str, ...] = ()
    demo: bool = False

    @property
    def all_rows(self) -> Iterator[FormRow]:
        for several in self.rows.values():
            yield from several


def units_list(dimension: str) -> str:
    """The list that offers the units of a dimension."""
    return f"units {dimension}"


def signed_text(token: str, key: str) -> str:
    """What the signature of a row covers: its workbook and its key."""
    return f"{token}\n{key}"


def control_lines(form: ReturnForm) -> tuple[tuple[str, str], ...]:
    """What the hidden sheet says of the workbook: who made it, for whom."""
    return (
        (MARK, str(TEMPLATE_VERSION)),
        ("token", form.token),
        ("plan", form.plan_code),
        ("department", form.department),
        ("period", form.period),
        ("unit", form.unit),
    )


def control_text(lines: tuple[tuple[str, str], ...]) -> str:
    """The same as it is signed: no line of it can be exchanged."""
    return "\n".join(f"{name}={value}" for name, value in lines)
