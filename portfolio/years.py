"""The years of projects as of a quarter: a project keeps the years of now, and beside them those that it had before.

A change holds from a quarter on, like every change of what the plan says; a past quarter still shows what held then.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, DateTime, Index, and_, case
from sqlalchemy.orm import aliased
from sqlmodel import Field, Session, SQLModel, col, select

from core.audit import Actor
from core.calendar import now
from core.database import select_columns
from portfolio.projects import Project

YEARS = ("first_year", "last_year")


class FormerYears(SQLModel, table=True):
    """The years that held of a project up to, not including, a quarter. Most projects have none."""

    __tablename__ = "former_years"
    __table_args__ = (Index("ix_former_years_project", "project_id", "until_quarter"),)

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    first_year: int | None = None
    last_year: int | None = None
    until_quarter: int
    # Why the years were changed; unknown of what was changed before this was kept.
    document: str | None = Field(default=None, max_length=200)
    reason: str | None = Field(default=None, max_length=1000)
    recorded_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    recorded_by: str | None = Field(default=None, max_length=120)


def years_in(project: Any, quarter: int) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """The first and last year of a project in a quarter, as columns; `project` has id, first_year and last_year."""
    id_ = project.id if hasattr(project, "id") else project.project_id
    former, other = aliased(FormerYears), aliased(FormerYears)
    asked = and_(col(former.project_id) == id_, col(former.until_quarter) > quarter)
    there = select_columns(other.id).where(col(other.project_id) == id_, col(other.until_quarter) > quarter).exists()

    def held(name: str) -> ColumnElement[Any]:
        first = select_columns(getattr(former, name)).where(asked).order_by(col(former.until_quarter)).limit(1)
        return case((there, first.scalar_subquery()), else_=getattr(project, name))

    return held(YEARS[0]), held(YEARS[1])


def keep_years(
    session: Session, project: Project, from_quarter: int, *, document: str | None, reason: str | None, by: Actor
) -> None:
    """Keeps the present years of a project for the quarters before the one from which others will hold, and why they change."""
    said: dict[str, Any] = {
        "document": document or None,
        "reason": reason or None,
        "recorded_at": now(),
        "recorded_by": by.name,
    }
    assert project.id is not None
    later = select(FormerYears).where(
        FormerYears.project_id == project.id, col(FormerYears.until_quarter) >= from_quarter
    )
    rows = session.exec(later.order_by(col(FormerYears.until_quarter))).all()
    if rows:  # the first of them held in the quarter before; the others never do
        rows[0].until_quarter = from_quarter
        for name, value in said.items():
            setattr(rows[0], name, value)
        session.add(rows[0])
        for row in rows[1:]:
            session.delete(row)
    else:
        years: dict[str, Any] = {name: getattr(project, name) for name in YEARS}
        session.add(FormerYears(project_id=project.id, until_quarter=from_quarter, **years, **said))
    session.flush()


def former_years(session: Session, quarter: int) -> dict[int, tuple[int | None, int | None]]:
    """The years of a quarter of each project that had others than now, by id."""
    rows = session.exec(select(FormerYears).where(col(FormerYears.until_quarter) > quarter))
    newest_first = sorted(rows, key=lambda row: -row.until_quarter)
    return {row.project_id: (row.first_year, row.last_year) for row in newest_first}
