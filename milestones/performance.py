"""Performance targets (三级绩效指标) of projects and what was reached of them: the tables.

Source: domain page, sections 7 and 10. They feed the self-evaluation (项目支出绩效自评表).
"""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Index
from sqlmodel import Field, SQLModel

from core.calendar import now
from core.errors import N_
from portfolio.dated import Dated

# First level -> second level, in the order of the form.
LEVELS = {
    "output": N_("产出指标"),
    "benefit": N_("效益指标"),
    "satisfaction": N_("满意度指标"),
}
SECOND_LEVELS = {
    "quantity": ("output", N_("数量指标")),
    "quality": ("output", N_("质量指标")),
    "timeliness": ("output", N_("时效指标")),
    "cost": ("output", N_("成本指标")),
    "economic": ("benefit", N_("经济效益指标")),
    "social": ("benefit", N_("社会效益指标")),
    "ecological": ("benefit", N_("生态效益指标")),
    "sustainable": ("benefit", N_("可持续影响指标")),
    "satisfaction": ("satisfaction", N_("服务对象满意度指标")),
}
REACHED = {
    "full": N_("达成"),
    "partly": N_("部分达成"),
    "not": N_("未达成"),
}


class PerformanceTarget(Dated, table=True):
    """A performance target of a project, from a quarter on. A qualitative one has a text and no value.

    Units: `value_micro` counts millionths of `unit`, `weight_micro` millionths of a point. `better`: up or down.
    """

    __tablename__ = "performance_target"
    __table_args__ = (
        Index("ix_performance_target_project", "project_id", "effective_from"),
        CheckConstraint("better IN ('up', 'down')", name="better"),
    )

    project_id: int = Field(foreign_key="project.id")
    key: str = Field(max_length=40)  # the same through its revisions
    level: str = Field(max_length=16)
    name: str = Field(max_length=200)
    operator: str | None = Field(default=None, max_length=4)
    value_micro: int | None = Field(default=None, sa_column=Column(BigInteger))
    value_text: str | None = Field(default=None, max_length=400)
    unit: str | None = Field(default=None, max_length=40)
    better: str = Field(default="up", max_length=4)
    weight_micro: int = Field(sa_column=Column(BigInteger, nullable=False))
    dropped: bool = False


class PerformanceFrame(Dated, table=True):
    """How the hundred points of a project's self-evaluation are shared out, and its goal (年度总体目标), from a quarter on.

    Units: millionths of a point. A project without a row has the shares of the form (performance_score.DEFAULT_WEIGHTS).
    """

    __tablename__ = "performance_frame"
    __table_args__ = (Index("ix_performance_frame_project", "project_id", "effective_from"),)

    project_id: int = Field(foreign_key="project.id")
    execution_micro: int
    output_micro: int
    benefit_micro: int
    satisfaction_micro: int
    goal: str | None = Field(default=None, max_length=2000)


class PerformanceResult(SQLModel, table=True):
    """What was reached of a performance target in a year. `percent_micro`: of a qualitative one, the share of its weight."""

    __tablename__ = "performance_result"
    __table_args__ = (Index("ix_performance_result_project", "project_id", "year", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    key: str = Field(max_length=40)
    year: int
    value_micro: int | None = Field(default=None, sa_column=Column(BigInteger))
    reached: str | None = Field(default=None, max_length=10)
    percent_micro: int | None = Field(default=None, sa_column=Column(BigInteger))
    document: str | None = Field(default=None, max_length=200)
    why: str | None = Field(default=None, max_length=1000)  # 偏差原因及改进措施
    recorded_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    recorded_by_id: int | None = Field(default=None, foreign_key="person.id")
    recorded_by: str = Field(max_length=120)
