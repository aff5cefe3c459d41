"""Evidence: photos and documents that belong to a work entry, a milestone report, a reading or a project. The table."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Column, DateTime, Index
from sqlmodel import Field, SQLModel

from core.calendar import now
from core.database import long_id
from core.errors import N_

SUBJECTS = ("work_entry", "milestone_report", "official_reading", "project")
ATTACHMENT_KINDS = {
    "before": N_("施工前照片"),
    "during": N_("施工中照片"),
    "after": N_("完工照片"),
    "document": N_("文件"),
}


class Attachment(SQLModel, table=True):
    """One photo or document of a record. It is taken off with a reason, never deleted."""

    __tablename__ = "attachment"
    __table_args__ = (
        Index("ix_attachment_subject", "subject", "subject_id"),
        Index("ix_attachment_file_id", "file_id"),
        CheckConstraint(
            "subject IN ('work_entry', 'milestone_report', 'official_reading', 'project')", name="subjects"
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    subject: str = Field(max_length=20)
    subject_id: int = Field(sa_column=Column(long_id(), nullable=False))
    file_id: int = Field(foreign_key="stored_file.id")
    kind: str = Field(max_length=10)
    caption: str | None = Field(default=None, max_length=400)
    taken_on: date | None = None
    added_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    added_by_id: int | None = Field(default=None, foreign_key="person.id")
    added_by: str = Field(max_length=120)
    removed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    removed_by: str | None = Field(default=None, max_length=120)
    removed_reason: str | None = Field(default=None, max_length=1000)
