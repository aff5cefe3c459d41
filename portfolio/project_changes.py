"""Changes of projects that a correction asks for: a state reported or withdrawn, a project archived or restored. The tables.

A change counts when its correction is approved: then the state is reported or withdrawn, the project archived or restored, and
posted in the earliest quarter that is not closed. Making and applying them stands in reports/correction_projects.py.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, DateTime, Index, text
from sqlmodel import Field, SQLModel

from core.calendar import now
from core.database import long_id
from core.errors import N_
from portfolio.facts import Fact, fact_checks

REPORTED, WITHDRAWN, ARCHIVED, RESTORED = "state", "withdrawal", "archiving", "restoring"
KINDS = {
    REPORTED: N_("状态"),
    WITHDRAWN: N_("撤销状态"),
    ARCHIVED: N_("归档"),
    RESTORED: N_("恢复"),
}
_STANDING = text("withdraws_id IS NOT NULL AND state <> 'rejected'")


class ProjectChange(Fact, table=True):
    """One change of a project or part: `occurred_on` is the day since when a state holds, of an archiving the end of its quarter.

    `state` is where the change stands, `new_state` the state of the project that it reports.
    """

    __tablename__ = "project_change"
    __table_args__ = (
        Index("ix_project_change_project", "project_id", "state"),
        # A state is withdrawn once at most; what was sent back does not count.
        Index("ix_project_change_withdraws_id", "withdraws_id", unique=True,
              postgresql_where=_STANDING, sqlite_where=_STANDING),
        *fact_checks(),
        CheckConstraint("kind IN ('state', 'withdrawal', 'archiving', 'restoring')", name="kinds"),
        CheckConstraint("(kind = 'state') = (new_state IS NOT NULL)", name="says"),
        CheckConstraint("(kind = 'withdrawal') = (withdraws_id IS NOT NULL)", name="withdraws"),
        CheckConstraint("correction_reason IS NOT NULL", name="reason"),
    )  # fmt: skip

    id: int | None = Field(default=None, sa_column=Column(long_id(), primary_key=True))
    project_id: int = Field(foreign_key="project.id")
    kind: str = Field(max_length=10)
    new_state: str | None = Field(default=None, max_length=20)
    withdraws_id: int | None = Field(default=None, foreign_key="project_state.id")


class FormerArchiving(SQLModel, table=True):
    """An archiving that was taken back: as issued, the project was out of the quarters from one up to, not including, another."""

    __tablename__ = "former_archiving"
    __table_args__ = (Index("ix_former_archiving_project", "project_id", "until_quarter"),)

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    from_quarter: int
    until_quarter: int
    archived_at: datetime = Field(sa_type=DateTime(timezone=True))
    archived_reason: str | None = Field(default=None, max_length=1000)
    restored_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    restored_by: str = Field(max_length=120)
