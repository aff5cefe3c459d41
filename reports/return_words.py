"""The words of accepted returns for the quarterly report: texts of each project, who filled in, who approved, who answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select
from sqlmodel import Session, col

from core.database import select_columns
from portfolio.departments import Department
from portfolio.periods import ReportingPeriod
from portfolio.plans import Plan
from reports.filing import filing_of
from reports.return_fields import TEXT_FIELDS
from reports.returns import ACCEPTED, DepartmentReturn, ReturnCell


@dataclass(frozen=True)
class ReturnWords:
    """What a department said of a project in a quarter, by field of TEXT_FIELDS, and who stands for it.

    `submitted_by` 填报人, `approved_by` 审核人, `answerable` 单位负责人.
    """

    project_id: int
    department: str
    texts: Mapping[str, str] = field(default_factory=dict)
    submitted_by: str | None = None
    approved_by: str | None = None
    answerable: str | None = None
    no_progress_reason: str | None = None


def return_words(session: Session, plan: Plan, quarter: int) -> dict[int, ReturnWords]:
    """What accepted returns say of each top-level project of a plan in a quarter, by its id; others are not in it."""
    assert plan.id is not None
    rows = session.execute(_accepted(plan.id, quarter)).all()
    if not rows:
        return {}
    texts: dict[tuple[int, int], dict[str, str]] = {}
    cell = ReturnCell
    said = select_columns(cell.return_id, cell.project_id, cell.field, cell.value).where(
        col(cell.return_id).in_([row.id for row in rows]), col(cell.field).in_(TEXT_FIELDS)
    )
    for return_id, project_id, name, value in session.execute(said):
        texts.setdefault((return_id, project_id), {})[name] = value
    filed = filing_of(session, plan.id, quarter).by_department
    found: dict[int, ReturnWords] = {}
    for row in rows:
        # Who files a project may have changed since: what was said of it stays with it.
        spoken = [project_id for return_id, project_id in texts if return_id == row.id]
        for project_id in (*filed.get(row.department_id, ()), *spoken):
            own = texts.get((row.id, project_id), {})
            if own or project_id not in found:
                found[project_id] = _words(project_id, row, own)
    return found


def _words(project_id: int, row: Any, texts: Mapping[str, str]) -> ReturnWords:
    names = ("submitted_by", "approved_by", "answerable", "no_progress_reason")
    return ReturnWords(project_id, row.department, texts, **{name: getattr(row, name) for name in names})


def _accepted(plan_id: int, quarter: int) -> Select[Any]:
    return_ = DepartmentReturn
    return (
        select_columns(
            *(return_.id, return_.department_id, col(Department.name).label("department"), return_.submitted_by),
            *(return_.approved_by, return_.answerable, return_.no_progress_reason),
        )
        .join(Department, col(Department.id) == return_.department_id)
        .join(ReportingPeriod, col(ReportingPeriod.id) == return_.period_id)
        .where(
            col(return_.plan_id) == plan_id,
            col(return_.state) == ACCEPTED,
            col(ReportingPeriod.kind) == "quarter",
            col(ReportingPeriod.last_quarter) == quarter,
        )
        .order_by(col(return_.accepted_at), col(return_.id))
    )
