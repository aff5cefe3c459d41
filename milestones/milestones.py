"""Milestones (里程碑): the tables. A project has its milestones; each has a plan that is dated and reports that are facts.

Re-planning keeps the first plan: a new plan ends the old row where it begins.
"""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Index, Text, text
from sqlmodel import Field, SQLModel

from core.calendar import now
from core.database import long_id
from core.errors import N_
from portfolio.dated import Dated
from portfolio.facts import Fact, fact_checks

FREE = "free"
# The standard kinds of domain page section 3, in the order in which they are met.
MILESTONE_KINDS = {
    "approval": N_("立项"),
    "feasibility": N_("可研"),
    "design": N_("初设"),
    "tender": N_("招标"),
    "start": N_("开工"),
    "main": N_("主体完工"),
    "finish": N_("完工"),
    "acceptance": N_("验收"),
    "maintained": N_("管护期满"),
    FREE: N_("其他节点"),
}
FORECAST, ACTUAL, WITHDRAWN = "forecast", "actual", "withdrawn"
REPORTS = {
    FORECAST: N_("预计"),
    ACTUAL: N_("实际"),
    WITHDRAWN: N_("撤销"),
}


class Milestone(SQLModel, table=True):
    """One milestone of a project or part. A removed one stays as history and counts nowhere from its quarter on."""

    __tablename__ = "milestone"
    __table_args__ = (Index("ix_milestone_project", "project_id", "position"),)

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    kind: str = Field(max_length=16)
    name: str = Field(max_length=200)
    position: int
    added_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    added_by: str = Field(max_length=120)
    row_version: int = 1


class MilestonePlan(Dated, table=True):
    """When a milestone is to be met and what it weighs, from a quarter on. The oldest row is the first plan.

    Units: `weight_micro` counts millionths of a percent point; null means an equal share. `dropped`: from this quarter on the
    milestone belongs to the project no longer.
    """

    __tablename__ = "milestone_plan"
    __table_args__ = (Index("ix_milestone_plan_milestone", "milestone_id", "effective_from"),)

    milestone_id: int = Field(foreign_key="milestone.id")
    planned_on: date | None = None
    weight_micro: int | None = Field(default=None, sa_column=Column(BigInteger))
    dropped: bool = False


class MilestoneReport(Fact, table=True):
    """What was reported of a milestone: expected on a day, met on a day, or that an earlier report is withdrawn.

    `on` is the day that is expected or was met, null for a withdrawal. `occurred_on` is that day when it was met, else the day
    of the report. Of the approved reports that count, the newest actual or withdrawal holds, and the newest forecast.
    """

    __tablename__ = "milestone_report"
    __table_args__ = (
        Index("ix_milestone_report_milestone", "milestone_id", "state", "id"),
        Index("ix_milestone_report_waiting", "state", "id", postgresql_where=text("state <> 'approved'"),
              sqlite_where=text("state <> 'approved'")),
        *fact_checks(),
        CheckConstraint("kind IN ('forecast', 'actual', 'withdrawn')", name="kinds"),
        CheckConstraint('(kind = \'withdrawn\') = (met_on IS NULL)', name="day"),
    )  # fmt: skip

    id: int | None = Field(default=None, sa_column=Column(long_id(), primary_key=True))
    milestone_id: int = Field(foreign_key="milestone.id")
    kind: str = Field(max_length=10)
    met_on: date | None = None  # the day that is expected, or on which it was met


class MilestoneTemplate(SQLModel, table=True):
    """The milestones of one type of project, for a project to take over in one click.

    `items` is JSON: a list of {kind, name, weight, share}, weight in percent, share the part of the project's months after
    which it is planned, 0 to 100.
    """

    __tablename__ = "milestone_template"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(max_length=40, unique=True)
    name: str = Field(max_length=60)
    name_en: str = Field(max_length=80)
    position: int
    items: str = Field(sa_column=Column(Text, nullable=False))
    retired: bool = False
    row_version: int = 1
