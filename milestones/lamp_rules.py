"""Lamp rules (亮灯规则) as data with versions, and which of them hold for a plan from a quarter on. The tables and the presets.

Source: domain page, section 6. What a lamp says is worked out in reports/lamps.py, never here.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, DateTime, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from core.calendar import now
from core.errors import N_
from portfolio.dated import Dated

LAG, FINANCE, MISMATCH = "lag", "finance", "mismatch"
RULE_KINDS = {
    LAG: N_("进度滞后"),
    FINANCE: N_("预算执行"),
    MISMATCH: N_("资金与工程量不符"),
}
# Parameters of each kind, as the presets have them. Units: percentage points, percent, months, quarters.
PRESETS: dict[str, dict[str, int]] = {
    LAG: {"yellow_points": 10, "red_points": 30, "late_start_red_months": 3},
    FINANCE: {"red_below": 60, "yellow_below": 80, "blue_from": 120},
    MISMATCH: {"paid_ahead_points": 30, "quarters_without_change": 3, "spend_without_evidence_percent": 10},
}


class LampRuleSet(SQLModel, table=True):
    """One version of a rule: its kind and its parameters (JSON, whole numbers). Never changed; a change is a new version."""

    __tablename__ = "lamp_rule_set"
    __table_args__ = (
        UniqueConstraint("key", "version"),
        CheckConstraint("kind IN ('lag', 'finance', 'mismatch')", name="kinds"),
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(max_length=40)
    version: int
    kind: str = Field(max_length=10)
    name: str = Field(max_length=80)
    parameters: str = Field(sa_column=Column(Text, nullable=False))
    reason: str | None = Field(default=None, max_length=1000)
    recorded_by: str = Field(max_length=120)
    recorded_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


class ActiveRuleSet(Dated, table=True):
    """The version of a rule that holds for a plan, from a quarter on; null: the rule holds no longer."""

    __tablename__ = "active_rule_set"
    __table_args__ = (Index("ix_active_rule_set_plan", "plan_id", "key", "effective_from"),)

    plan_id: int = Field(foreign_key="plan.id")
    key: str = Field(max_length=40)
    rule_set_id: int | None = Field(default=None, foreign_key="lamp_rule_set.id")
