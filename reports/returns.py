"""Returns (填报): what a department submits for a quarter of a plan: the tables. How a return moves stands in return_flow.py.

A return is a set of cells. A cell holds what the department says of one thing in this quarter: an amount, a quantity, a day, a
state, a text. The page, the workbook and the merge of both work on cells; when the office accepts the return, what the cells
say beyond what is recorded already becomes facts (ledger entries, works, milestones, states), in one transaction.
"""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, ForeignKey, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from core.calendar import now
from core.database import long_id
from core.errors import N_

DRAFT, SUBMITTED, APPROVED, ACCEPTED, SENT_BACK = "draft", "submitted", "approved", "accepted", "sent-back"
# The states of domain page section 9. A draft without a cell reads 未报.
RETURN_STATES = {
    DRAFT: N_("草稿"),
    SUBMITTED: N_("待部门审核"),
    APPROVED: N_("部门已审"),
    ACCEPTED: N_("已接收"),
    SENT_BACK: N_("已退回"),
}
WEB, FILE = "web", "file"
READING, STAGED, APPLIED, ABANDONED = "reading", "staged", "applied", "abandoned"
UPLOAD_STATES = {
    READING: N_("读取中"),
    STAGED: N_("待确认"),
    APPLIED: N_("已填入"),
    ABANDONED: N_("已放弃"),
}


class DepartmentReturn(SQLModel, table=True):
    """The return of a department for a period of a plan. Opening the period makes it.

    `due_on`: a later day than that of the period, granted by the office (`extended_…`). `no_progress_reason`: 本期无进展.
    `round` counts how often it was handed in. `own_department`: accepted by somebody of the same department, which is marked.
    """

    __tablename__ = "department_return"
    __table_args__ = (
        UniqueConstraint("period_id", "department_id"),
        Index("ix_department_return_department", "department_id", "state"),
        CheckConstraint("state IN ('draft', 'submitted', 'approved', 'accepted', 'sent-back')", name="states"),
        CheckConstraint("approved_by_id <> submitted_by_id", name="approved_by_another"),
        CheckConstraint(
            "accepted_by_id <> submitted_by_id AND accepted_by_id <> approved_by_id", name="accepted_by_another"
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    period_id: int = Field(foreign_key="reporting_period.id")
    plan_id: int = Field(foreign_key="plan.id", index=True)
    department_id: int = Field(foreign_key="department.id")
    state: str = Field(default=DRAFT, max_length=10)
    round: int = 0
    due_on: date | None = None
    extended_by: str | None = Field(default=None, max_length=120)
    extended_reason: str | None = Field(default=None, max_length=1000)
    no_progress_reason: str | None = Field(default=None, max_length=1000)
    answerable: str | None = Field(default=None, max_length=120)  # 单位负责人
    submitted_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    submitted_by_id: int | None = Field(default=None, foreign_key="person.id")
    submitted_by: str | None = Field(default=None, max_length=120)  # 填报人
    approved_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    approved_by_id: int | None = Field(default=None, foreign_key="person.id")
    approved_by: str | None = Field(default=None, max_length=120)  # 审核人
    accepted_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    accepted_by_id: int | None = Field(default=None, foreign_key="person.id")
    accepted_by: str | None = Field(default=None, max_length=120)
    own_department: bool = False
    sent_back_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    sent_back_by: str | None = Field(default=None, max_length=120)
    sent_back_reason: str | None = Field(default=None, max_length=1000)
    row_version: int = 1


class ReturnCell(SQLModel, table=True):
    """What a return says of one thing. Without a row nothing is said of it: 未填报, which is not 0.

    Shape: `field` names the kind of thing and `key` which one of it, such as money.paid with the key of a source, works with the
    id of a measure (return_fields.py lists them). `value` is its canonical text: fen, millionths and unit, an ISO day, a key, or
    a person's words. `base`: what stood in the records when the cell was last written, by which a merge tells who changed what.
    """

    __tablename__ = "return_cell"
    __table_args__ = (UniqueConstraint("return_id", "project_id", "field", "key"),)

    id: int | None = Field(default=None, sa_column=Column(long_id(), primary_key=True))
    return_id: int = Field(foreign_key="department_return.id")
    project_id: int = Field(foreign_key="project.id", index=True)
    field: str = Field(max_length=40)
    key: str = Field(default="", max_length=60)
    value: str = Field(sa_column=Column(Text, nullable=False))
    base: str | None = Field(default=None, sa_column=Column(Text))
    origin: str = Field(default=WEB, max_length=4)
    changed_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    changed_by_id: int | None = Field(default=None, foreign_key="person.id")
    changed_by: str = Field(max_length=120)
    row_version: int = 1


class ReturnNote(SQLModel, table=True):
    """A comment on a field of a return, on a project, or on the whole of it. `sends_back`: it names what is to be mended."""

    __tablename__ = "return_note"
    __table_args__ = (Index("ix_return_note_return", "return_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    return_id: int = Field(foreign_key="department_return.id")
    project_id: int | None = Field(default=None, foreign_key="project.id")
    field: str | None = Field(default=None, max_length=40)
    key: str = Field(default="", max_length=60)
    text: str = Field(max_length=1000)
    sends_back: bool = False
    round: int = 0
    written_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    written_by_id: int | None = Field(default=None, foreign_key="person.id")
    written_by: str = Field(max_length=120)
    settled_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    settled_by: str | None = Field(default=None, max_length=120)


class ReturnFact(SQLModel, table=True):
    """A fact that was made of a cell when the return was accepted: subject ledger_entry, work_entry, milestone_report or
    project_state.
    """

    __tablename__ = "return_fact"
    __table_args__ = (
        UniqueConstraint("subject", "subject_id"),
        Index("ix_return_fact_return", "return_id", "project_id"),
    )

    id: int | None = Field(default=None, sa_column=Column(long_id(), primary_key=True))
    return_id: int = Field(foreign_key="department_return.id")
    project_id: int = Field(foreign_key="project.id")
    field: str = Field(max_length=40)
    key: str = Field(default="", max_length=60)
    subject: str = Field(max_length=20)
    subject_id: int = Field(sa_column=Column(long_id(), nullable=False))


class ReturnWorkbook(SQLModel, table=True):
    """A workbook that was made for a return: what stood in it is the base of the merge when it comes back.

    `token` stands in the file, signed. `cells` is JSON: what each cell said when the file was made, and what its rows showed
    (return_workbooks.py).
    """

    __tablename__ = "return_workbook"

    id: int | None = Field(default=None, primary_key=True)
    return_id: int = Field(foreign_key="department_return.id", index=True)
    token: str = Field(max_length=40, unique=True)
    template_version: int
    cells: str = Field(sa_column=Column(Text, nullable=False))
    made_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    made_by: str = Field(max_length=120)


class ReturnUpload(SQLModel, table=True):
    """A filled workbook that came back: read, with its problems and changes as JSON, then applied or given up.

    `workbook_id` is null while the file is read, and for one that is none of our workbooks, which has problems only.
    """

    __tablename__ = "return_upload"

    id: int | None = Field(default=None, primary_key=True)
    return_id: int = Field(foreign_key="department_return.id", index=True)
    workbook_id: int | None = Field(default=None, foreign_key="return_workbook.id")
    file_id: int = Field(foreign_key="stored_file.id")
    marked_file_id: int | None = Field(default=None, foreign_key="stored_file.id")
    job_id: int | None = Field(default=None, sa_column=Column(BigInteger))
    state: str = Field(default=READING, max_length=10)
    blocking_count: int = 0
    problems: str = Field(sa_column=Column(Text, nullable=False))
    changes: str = Field(sa_column=Column(Text, nullable=False))
    uploaded_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    uploaded_by_id: int | None = Field(default=None, foreign_key="person.id")
    uploaded_by: str = Field(max_length=120)
    applied_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class ReturnReminder(SQLModel, table=True):
    """A reminder (催报) that the office sent to a department about its return; it stands on the pages of its people."""

    __tablename__ = "return_reminder"

    id: int | None = Field(default=None, sa_column=Column(long_id(), primary_key=True))
    return_id: int = Field(sa_column=Column(ForeignKey("department_return.id"), nullable=False, index=True))
    text: str = Field(max_length=1000)
    sent_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    sent_by: str = Field(max_length=120)


class SetAside(SQLModel, table=True):
    """One fact that was sent back and is not to be reported again; `kind` is one of FACT_KINDS."""

    __tablename__ = "set_aside"
    __table_args__ = (
        UniqueConstraint("kind", "subject_id"),
        CheckConstraint("kind IN ('ledger', 'lines', 'works', 'milestones', 'readings')", name="kinds"),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=12)
    subject_id: int = Field(sa_column=Column(long_id(), nullable=False))
    reason: str = Field(max_length=1000)
    set_aside_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    set_aside_by_id: int | None = Field(default=None, foreign_key="person.id")
    set_aside_by: str = Field(max_length=120)
