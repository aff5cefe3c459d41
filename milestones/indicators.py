"""Indicators (指标) of a plan: baselines and targets as printed and as read.

Targets are dated: a revision never rewrites the old one.
"""

from sqlalchemy import BigInteger, Column, Index, Text, UniqueConstraint
from sqlmodel import Field, Session, SQLModel, col, select

from core.errors import N_
from portfolio.dated import Dated, in_force

# Domain page, section 7. `none`: the plan prints a baseline only.
TARGET_KINDS = {
    "number": N_("数值"),
    "range": N_("区间"),
    "keep": N_("保持"),
    "trend": N_("趋势"),
    "grade": N_("等级"),
    "qualitative": N_("定性"),
    "delegated": N_("待上级下达"),
    "none": N_("仅有现状值"),
}
# How values of several periods, and of several places, become one.
OVER_TIME = {
    "sum": N_("各期相加"),
    "last": N_("取期末值"),
    "average": N_("各期平均"),
}
OVER_PLACES = {
    "sum": N_("各地相加"),
    "ratio": N_("分子之和 ÷ 分母之和"),
    "none": N_("不汇总"),
}


class Indicator(SQLModel, table=True):
    """What a plan wants to reach.

    Units: `baseline_micro` counts millionths of `baseline_unit`, or of `unit` when that is null.
    """

    __tablename__ = "indicator"
    __table_args__ = (UniqueConstraint("plan_id", "key"), UniqueConstraint("plan_id", "no"))

    id: int | None = Field(default=None, primary_key=True)
    plan_id: int = Field(foreign_key="plan.id")
    key: str = Field(max_length=60)
    no: str = Field(max_length=20)
    position: int
    category: str | None = Field(default=None, max_length=120)
    name: str = Field(sa_column=Column(Text, nullable=False))
    printed_name: str = Field(sa_column=Column(Text, nullable=False))
    unit: str | None = Field(default=None, max_length=40)
    nature: str | None = Field(default=None, max_length=10)
    direction: str | None = Field(default=None, max_length=10)
    change: bool = False
    # Declared aggregation (domain page, section 7). Running totals are never summed over time, percentages never averaged.
    over_time: str = Field(default="last", max_length=8, sa_column_kwargs={"server_default": "last"})
    over_places: str = Field(default="none", max_length=8, sa_column_kwargs={"server_default": "none"})
    baseline_printed: str = Field(max_length=200)
    baseline_micro: int | None = Field(default=None, sa_column=Column(BigInteger))
    baseline_operator: str | None = Field(default=None, max_length=4)
    baseline_unit: str | None = Field(default=None, max_length=40)
    baseline_year: int | None = None
    note: str | None = Field(default=None, sa_column=Column(Text))
    row_version: int = 1


class Target(Dated, table=True):
    """A target of an indicator, from a quarter on; and the number that the body names where the table delegates it."""

    __tablename__ = "target"
    __table_args__ = (Index("ix_target_indicator", "indicator_id", "effective_from"),)

    indicator_id: int = Field(foreign_key="indicator.id")
    printed: str = Field(max_length=200)
    kind: str = Field(max_length=12)
    operator: str | None = Field(default=None, max_length=4)
    value_micro: int | None = Field(default=None, sa_column=Column(BigInteger))
    high_micro: int | None = Field(default=None, sa_column=Column(BigInteger))
    strive: bool = False
    target_year: int | None = None
    reference_operator: str | None = Field(default=None, max_length=4)
    reference_micro: int | None = Field(default=None, sa_column=Column(BigInteger))
    reference_wording: str | None = Field(default=None, sa_column=Column(Text))
    approver: str | None = Field(default=None, max_length=120)


def targets_in_force(session: Session, indicator_ids: list[int], quarter: int) -> dict[int, Target]:
    """The target of each indicator that holds in a quarter, by indicator id."""
    rows = session.exec(select(Target).where(col(Target.indicator_id).in_(indicator_ids), in_force(Target, quarter)))
    return {row.indicator_id: row for row in rows}
