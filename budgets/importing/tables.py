"""Importing ledger entries from a file: the tables that hold what was read until it is applied, all or nothing."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Column, DateTime, Text
from sqlmodel import Field, SQLModel

from core.database import key_text
from core.errors import N_

READING, STAGED, APPLIED, ABANDONED = "reading", "staged", "applied", "abandoned"
IMPORT_STATES = {
    READING: N_("读取中"),
    STAGED: N_("待确认"),
    APPLIED: N_("已导入"),
    ABANDONED: N_("已放弃"),
}


class LedgerImport(SQLModel, table=True):
    """One file on its way into the ledger of a plan, with what was found in it."""

    __tablename__ = "ledger_import"

    id: int | None = Field(default=None, primary_key=True)
    plan_id: int = Field(foreign_key="plan.id", index=True)
    file_id: int | None = Field(default=None, foreign_key="stored_file.id")
    job_id: int | None = Field(default=None, sa_column=Column(BigInteger))
    file_name: str = Field(max_length=200)
    sheet: str | None = Field(default=None, max_length=100)
    settings: str = Field(
        sa_column=Column(Text, nullable=False)
    )  # JSON: what the person chose (settings in reading.py)
    findings: str | None = Field(default=None, sa_column=Column(Text))  # JSON: what reading found (findings.py)
    state: str = Field(default=READING, max_length=10)
    row_count: int = 0
    new_count: int = 0
    known_count: int = 0
    blocking_count: int = 0
    warning_count: int = 0
    created_by_id: int | None = Field(default=None, foreign_key="person.id")
    created_by: str = Field(max_length=120)
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    applied_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))


class ImportRow(SQLModel, table=True):
    """One entry that such a file says, complete: what cannot be read becomes a finding and no row.

    `line` is the line of the file; in a table with a column per stage one line says several entries. `ordinal` counts
    equals within the file. Rows go when their import is applied or abandoned.
    """

    __tablename__ = "import_row"

    import_id: int = Field(primary_key=True, foreign_key="ledger_import.id")
    number: int = Field(primary_key=True)
    line: int
    project_id: int
    stage: str = Field(max_length=12)
    kind: str = Field(max_length=10)
    source_id: int | None = None
    amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    occurred_on: date
    occurred_quarter: int
    document: str | None = Field(default=None, max_length=200)
    note: str | None = Field(default=None, sa_column=Column(Text))
    correction_reason: str | None = Field(default=None, max_length=1000)
    same_key: str = Field(sa_column=Column(key_text(32), nullable=False))
    ordinal: int
