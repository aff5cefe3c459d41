"""Editions (期次): issued reports of a plan, frozen, numbered and hashed: the table. Issuing stands in issuing.py.

The stored bytes are what is downloaded, for ever; the database itself refuses to change or remove a row.
"""

from datetime import datetime

from sqlalchemy import Column, DateTime, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from core.calendar import now


class Edition(SQLModel, table=True):
    """One issued report. `number` counts all editions of this installation, `issue` those of the plan (总第…期).

    `data_sha256` is that of the canonical JSON (reports/quarterly_data.py), `workbook_sha256` that of the workbook;
    both files are kept under those hashes. `checked` is JSON: what the self-check compared before the issue.
    """

    __tablename__ = "edition"
    __table_args__ = (UniqueConstraint("plan_id", "issue"),)

    id: int | None = Field(default=None, primary_key=True)
    number: int = Field(unique=True)
    issue: int
    plan_id: int = Field(foreign_key="plan.id")
    period_id: int = Field(foreign_key="reporting_period.id", unique=True)
    title: str = Field(max_length=200)
    data_sha256: str = Field(max_length=64)
    workbook_sha256: str = Field(max_length=64)
    word_sha256: str | None = Field(default=None, max_length=64)
    word_english_sha256: str | None = Field(default=None, max_length=64)
    data_file_id: int = Field(foreign_key="stored_file.id")
    workbook_file_id: int = Field(foreign_key="stored_file.id")
    word_file_id: int | None = Field(default=None, foreign_key="stored_file.id")
    word_english_file_id: int | None = Field(default=None, foreign_key="stored_file.id")
    demo: bool = False
    note: str | None = Field(default=None, max_length=1000)
    checked: str = Field(sa_column=Column(Text, nullable=False))
    issued_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    issued_by_id: int | None = Field(default=None, foreign_key="person.id")
    issued_by: str = Field(max_length=120)


class WordTemplate(SQLModel, table=True):
    """A Word template of a report that the office edited and put back; the newest one of a plan and kind is used.

    Without one the template that comes with the program is used.
    """

    __tablename__ = "word_template"

    id: int | None = Field(default=None, primary_key=True)
    plan_id: int = Field(foreign_key="plan.id", index=True)
    kind: str = Field(max_length=20)
    file_id: int = Field(foreign_key="stored_file.id")
    note: str | None = Field(default=None, max_length=400)
    uploaded_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    uploaded_by: str = Field(max_length=120)
