"""The fields of a return: what they are called, what may stand in them, and how they are kept. Pure.

A cell is kept as one canonical text: money in whole fen ("32000000"), works in millionths with their unit ("1200000000|亩") or
"not-applicable", days as 2024-03-31, states by their keys, words as they are. return_values.py reads and prints them.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from budgets.entries import STAGES
from core.errors import N_, Broken, Invalid
from core.money import LARGEST_FEN
from core.text import storable
from core.units import MICRO, UnknownUnit, unit_name
from milestones.work_rules import LARGEST_QUANTITY
from milestones.works import NOT_APPLICABLE
from portfolio.projects import STATES

MONEY, QUANTITY, DAY, CHOICE, TEXT = "money", "quantity", "day", "choice", "text"
OFFICE, FINANCE = "office", "finance"
WORKS, ACTUAL, FORECAST = "works", "milestone.actual", "milestone.forecast"
STATE, SINCE_ON, STATE_DOCUMENT = "state.state", "state.since_on", "state.document"
PROGRESS, PROBLEMS, COORDINATION = "text.progress", "text.problems", "text.coordination"
NEXT_STEPS, LAMP_REASON = "text.next_steps", "text.lamp_reason"
TEXT_FIELDS = (PROGRESS, PROBLEMS, COORDINATION, NEXT_STEPS, LAMP_REASON)
STATE_FIELDS = (STATE, SINCE_ON, STATE_DOCUMENT)
_LARGEST_MICRO = LARGEST_QUANTITY * MICRO
EARLIEST_DAY, LATEST_DAY = date(1990, 1, 1), date(2099, 12, 31)


class CellKey(NamedTuple):
    """Which cell: a project or part, a field, and which one of it (a source's key, the id of a measure or milestone)."""

    project_id: int
    field: str
    key: str = ""

    @property
    def name(self) -> str:
        """The cell as forms and problems name it."""
        return f"{self.project_id}:{self.field}:{self.key}"


@dataclass(frozen=True)
class Field:
    """One kind of cell. `approver`: who decides about the facts that are made of it, OFFICE or FINANCE; None makes no fact.

    `keyed`: what its key is, "source", "measure" or "milestone"; None has none. `on_leaves`: a package has none of its own.
    """

    name: str
    label: str
    kind: str
    approver: str | None
    keyed: str | None = None
    on_leaves: bool = False
    on_top: bool = False
    stage: str | None = None
    limit: int = 0


class NoSuchCell(Broken):
    sentence = N_("填报表没有“%(found)s”这一格。")


def _money(stage: str, label: str) -> Field:
    with_source = stage in ("appropriated", "received", "paid")
    approver = FINANCE if with_source else OFFICE
    return Field(f"money.{stage}", label, MONEY, approver, "source" if with_source else None, True, stage=stage)


# In the order in which people read them.
FIELDS: dict[str, Field] = {
    one.name: one
    for one in (
        Field(STATE, N_("项目状态"), CHOICE, OFFICE),
        Field(SINCE_ON, N_("状态起始日期"), DAY, OFFICE),
        Field(STATE_DOCUMENT, N_("状态依据文号"), TEXT, OFFICE, limit=200),
        _money("appropriated", N_("本季下达资金")),
        _money("received", N_("本季到位资金")),
        _money("contracted", N_("本季合同金额")),
        _money("work_done", N_("本季完成投资")),
        _money("paid", N_("本季支付资金")),
        Field(WORKS, N_("本季工程量"), QUANTITY, OFFICE, "measure", True),
        Field(ACTUAL, N_("节点实际日期"), DAY, OFFICE, "milestone"),
        Field(FORECAST, N_("节点预计日期"), DAY, OFFICE, "milestone"),
        Field(PROGRESS, N_("形象进度"), TEXT, None, on_top=True, limit=2000),
        Field(PROBLEMS, N_("存在问题"), TEXT, None, on_top=True, limit=2000),
        Field(COORDINATION, N_("需协调事项"), TEXT, None, on_top=True, limit=2000),
        Field(NEXT_STEPS, N_("下一步计划"), TEXT, None, on_top=True, limit=2000),
        Field(LAMP_REASON, N_("亮灯原因说明"), TEXT, None, on_top=True, limit=1000),
    )
}
MONEY_FIELDS = {stage: f"money.{stage}" for stage in STAGES}
_PLACES = {name: place for place, name in enumerate(FIELDS)}


def reading_order(key: CellKey) -> tuple[int, tuple[int, str, str]]:
    """What cells of one project are sorted by: the fields in their order, then the keys; numbers as numbers."""
    return key[0], _order_within(key[1], key[2])


@lru_cache(maxsize=4096)
def _order_within(field: str, key: str) -> tuple[int, str, str]:
    return _PLACES.get(field, len(FIELDS)), key.rjust(12) if key.isdigit() else "", key


def field_of(key: CellKey) -> Field:
    """Errors: NoSuchCell, also when it has a key and needs none, or the reverse."""
    found = FIELDS.get(key.field)
    if found is None or bool(key.key) != (found.keyed is not None):
        raise NoSuchCell(field=key.name, found=key.name[:80])
    return found


def key_from_name(name: str) -> CellKey:
    """The cell that a form or a list of problems names.

    Errors: NoSuchCell.
    """
    project, _, rest = name.partition(":")
    field, _, key = rest.partition(":")
    if not (project.isascii() and project.isdigit() and len(project) < 10):
        raise NoSuchCell(field=name, found=name[:80])
    found = CellKey(int(project), field, key)
    field_of(found)
    return found


def must_be_canonical(key: CellKey, value: str, field: Field | None = None) -> None:
    """That a value is one that `value_from_text` gives. `field`: that of the cell, from who looked it up.

    Errors: NoSuchCell, Invalid, TooLong, UnknownUnit.
    """
    field = field or field_of(key)
    try:
        if field.kind == MONEY:
            good = value.isascii() and value.isdigit() and str(int(value)) == value and int(value) <= LARGEST_FEN
        elif field.kind == QUANTITY:
            good = value == NOT_APPLICABLE or _is_work(value)
        elif field.kind == DAY:
            good = EARLIEST_DAY <= date.fromisoformat(value) <= LATEST_DAY and len(value) == 10
        elif field.kind == CHOICE:
            good = value in STATES
        else:
            good = bool(value.strip()) and len(value) <= field.limit and storable(value)
    except ValueError:
        good = False
    if not good:
        raise Invalid(field=key.name, label=field.label, found=value, expected=_EXPECTED[field.kind])


_EXPECTED: dict[str, str | tuple[str, ...]] = {
    MONEY: N_("不小于零、不超过 10 万亿元的金额"),
    QUANTITY: N_("不小于零、不超过 100 亿、最多六位小数的数量和单位，或“不适用”"),
    DAY: N_("1990 年至 2099 年之间的日期"),
    CHOICE: tuple(STATES.values()),
    TEXT: N_("不超过规定字数、不含控制字符的文字"),
}


def _is_work(value: str) -> bool:
    micro, unit = work_of(value)
    try:
        return 0 <= micro <= _LARGEST_MICRO and unit_name(unit) == unit and work_text(micro, unit) == value
    except UnknownUnit:
        return False


def work_text(micro: int, unit: str) -> str:
    """A quantity as it is kept."""
    return f"{micro}|{unit}"


def work_of(value: str) -> tuple[int, str]:
    """The millionths and the unit of a kept quantity.

    Errors: ValueError when there is none.
    """
    micro, _, unit = value.partition("|")
    return int(micro), unit
