"""Quantified commitments (任务清单): promises of a plan with a number."""

from sqlalchemy import BigInteger, Column, Text, UniqueConstraint
from sqlmodel import Field, SQLModel


class Commitment(SQLModel, table=True):
    """One promised number: what, how much, by when, as printed. Units: millionths of `unit`."""

    __tablename__ = "commitment"
    __table_args__ = (UniqueConstraint("plan_id", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    plan_id: int = Field(foreign_key="plan.id")
    key: str = Field(max_length=60)
    position: int
    programme_id: int | None = Field(default=None, foreign_key="programme.id")
    indicator_id: int | None = Field(default=None, foreign_key="indicator.id")
    department_id: int | None = Field(default=None, foreign_key="department.id")
    name: str = Field(sa_column=Column(Text, nullable=False))
    measure_id: int = Field(foreign_key="measure.id", index=True)
    value_micro: int = Field(sa_column=Column(BigInteger, nullable=False))
    unit: str = Field(max_length=40)
    operator: str = Field(max_length=4)
    strive: bool = False
    per: str | None = Field(default=None, max_length=10)
    by_year: int | None = None
    place: str | None = Field(default=None, max_length=400)
    wording: str = Field(sa_column=Column(Text, nullable=False))
    note: str | None = Field(default=None, sa_column=Column(Text))
    row_version: int = 1


class CommitmentProject(SQLModel, table=True):
    """A recorded project that carries a commitment."""

    __tablename__ = "commitment_project"

    commitment_id: int = Field(primary_key=True, foreign_key="commitment.id")
    project_id: int = Field(primary_key=True, foreign_key="project.id", index=True)
