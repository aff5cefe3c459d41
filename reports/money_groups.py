"""One group of a roll-up of money, named by its keys, as conditions of a query: what a row opens up to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import col

from budgets.sources import FundingSource
from core.calendar import NotAPeriod, period_from_text, quarter_name
from core.database import select_columns
from core.errors import N_, Invalid
from portfolio.departments import Department
from portfolio.jurisdictions import Jurisdiction
from portfolio.plans import Plan, Programme
from reports.rollup import DIMENSIONS, check_dimensions

MONEY_DIMENSIONS = {
    **DIMENSIONS,
    "year": N_("年度"),
    "quarter": N_("季度"),
    "source": N_("资金来源"),
    "stage": N_("环节"),
}
_NUMBERS = ("year", "first_year", "last_year")


@dataclass(frozen=True)
class Group:
    """The keys of a row by dimension, as the roll-up names them; None is the unknown. Without keys: everything."""

    keys: Mapping[str, str | int | None] = field(default_factory=dict)
    level: int = 1

    @property
    def by(self) -> tuple[str, ...]:
        return tuple(self.keys)


def group_from_text(texts: Mapping[str, str], level: int = 1) -> Group:
    """The group that an address names; an empty text is the unknown one.

    Errors: UnknownDimension, UnknownLevel, Invalid for a year that is no number, NotAPeriod.
    """
    check_dimensions(tuple(texts), MONEY_DIMENSIONS, level)
    keys: dict[str, str | int | None] = {}
    for name, text in texts.items():
        if name in _NUMBERS and text:
            if not (text.isascii() and text.isdigit() and len(text) == 4):
                raise Invalid(field=name, label=MONEY_DIMENSIONS[name], found=text, expected=N_("四位数的年份"))
            keys[name] = int(text)
        elif name == "quarter" and text:
            keys[name] = quarter_name(_quarter(text))
        else:
            keys[name] = text or None
    return Group(keys, level)


def _quarter(text: str) -> int:
    period = period_from_text(text, field="quarter")
    if period.kind != "quarter":
        raise NotAPeriod(field="quarter", found=text[:20])
    return period.last_quarter


def within(group: Group, columns: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    """The conditions that a row belongs to the group. `columns` hold the ids that each dimension groups by."""
    asked: list[ColumnElement[bool]] = []
    for name, key in group.keys.items():
        if name == "stage":  # stages are columns of a row, not conditions on it
            continue
        column = columns[name]
        if key is None:
            asked.append(column.is_(None))
        elif name == "quarter":
            asked.append(column == _quarter(str(key)))
        elif name in _IDS:
            asked.append(column.in_(_IDS[name](key)))
        else:
            asked.append(column == key)
    return asked


_IDS: dict[str, Any] = {
    "plan": lambda key: select_columns(Plan.id).where(col(Plan.code) == key),
    "jurisdiction": lambda key: (
        select_columns(Plan.id)
        .join(Jurisdiction, col(Jurisdiction.code) == Plan.jurisdiction_code)
        .where(col(Jurisdiction.name) == key)
    ),
    "programme": lambda key: select_columns(Programme.id).where(col(Programme.name) == key),
    "department": lambda key: select_columns(Department.id).where(col(Department.name) == key),
    "source": lambda key: select_columns(FundingSource.id).where(col(FundingSource.name) == key),
}


def without_stage(by: Sequence[str]) -> tuple[str, ...]:
    """The dimensions that are grouped by, each once; stages are columns and become rows afterwards."""
    return tuple(name for name in dict.fromkeys(by) if name != "stage")
