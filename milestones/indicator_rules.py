"""How works roll up into an indicator (推算值), as data: formula, measures with factors, tier and lag; and what may count twice.

Source: domain page, section 7. Factors, lags and areas are stated assumptions, and are shown.
"""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Text
from sqlmodel import Field, SQLModel

from core.errors import N_
from portfolio.dated import Dated

SHARE, TOTAL, NO_FORMULA = "share", "total", "none"
FORMULAS = {
    SHARE: N_("（起点数量 + Σ 工程量 × 系数）÷ 总体"),
    TOTAL: N_("Σ 工程量 × 系数"),
    NO_FORMULA: N_("不能由工程量推算"),
}


class IndicatorRule(Dated, table=True):
    """The roll-up of one indicator, from a quarter on.

    `share`: the value in percent is (start + Σ effect) / whole. The start is `start_micro`, else baseline % x whole; the whole
    is `whole_micro`, else start / baseline % and then marked derived. Neither known: not computable, and `why_not` says why.
    `total`: the value is Σ effect in the indicator's own unit, on top of the baseline unless the indicator is a change.
    `none`: works do not move it; `why_not` says why.

    Units: millionths of `whole_unit` and `start_unit`.
    """

    __tablename__ = "indicator_rule"
    __table_args__ = (
        Index("ix_indicator_rule_indicator", "indicator_id", "effective_from"),
        CheckConstraint("formula IN ('share', 'total', 'none')", name="formulas"),
        CheckConstraint("formula <> 'none' OR why_not IS NOT NULL", name="reason"),
    )

    indicator_id: int = Field(foreign_key="indicator.id")
    formula: str = Field(max_length=10)
    whole_micro: int | None = Field(default=None, sa_column=Column(BigInteger))
    whole_unit: str | None = Field(default=None, max_length=40)
    whole_name: str | None = Field(default=None, max_length=80)  # 国土面积, 原有水土流失面积
    whole_source: str | None = Field(default=None, max_length=400)
    start_micro: int | None = Field(default=None, sa_column=Column(BigInteger))
    start_unit: str | None = Field(default=None, max_length=40)
    start_source: str | None = Field(default=None, max_length=400)
    why_not: str | None = Field(default=None, max_length=400)
    why_not_en: str | None = Field(default=None, max_length=400)
    assumption: str | None = Field(default=None, sa_column=Column(Text))
    assumption_en: str | None = Field(default=None, sa_column=Column(Text))


class RuleMeasure(SQLModel, table=True):
    """One measure that moves an indicator: its factor as an exact fraction, the tier that counts, and the lag in years.

    Planned values ignore the lag, and only gains wait for it: what is lost of works that count is lost at once.
    """

    __tablename__ = "rule_measure"

    rule_id: int = Field(foreign_key="indicator_rule.id", primary_key=True)
    measure_id: int = Field(foreign_key="measure.id", primary_key=True, index=True)
    factor_numerator: int = 1
    factor_denominator: int = 1
    tier: str = Field(default="verified", max_length=10)
    lag_years: int = 0
    assumption: str | None = Field(default=None, max_length=400)
    assumption_en: str | None = Field(default=None, max_length=400)


class Overlap(Dated, table=True):
    """Works of the inner project may already be in those of the outer one, as a contradiction of the plan says.

    The low reading (`_low`) leaves out what may be in both: of that measure at most the smaller quantity. The headline is as
    printed. Recording: overlap_recording.py.
    """

    __tablename__ = "overlap"
    __table_args__ = (Index("ix_overlap_plan", "plan_id", "measure_id"),)

    plan_id: int = Field(foreign_key="plan.id")
    contradiction_id: int | None = Field(default=None, foreign_key="contradiction.id")
    measure_id: int = Field(foreign_key="measure.id")
    inner_project_id: int = Field(foreign_key="project.id")
    outer_project_id: int = Field(foreign_key="project.id")


class ProgrammeLink(Dated, table=True):
    """A project of a lower plan supports a programme of a higher one (县 → 市 → 省): counted there once, and shown apart."""

    __tablename__ = "programme_link"
    __table_args__ = (
        Index("ix_programme_link_programme", "programme_id", "project_id"),
        Index("ix_programme_link_project", "project_id"),
    )

    programme_id: int = Field(foreign_key="programme.id")
    project_id: int = Field(foreign_key="project.id")
