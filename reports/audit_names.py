"""What the records of audit entries are called, and where they are shown: a query for each kind on the page."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select
from sqlmodel import Session, col

from budgets.entries import LedgerEntry
from budgets.lines import BudgetLine
from budgets.sources import FundingSource
from core.database import select_columns
from core.people import Person
from milestones.indicators import Indicator
from milestones.milestones import Milestone, MilestoneReport
from milestones.quantities import Measure
from milestones.readings import OfficialReading
from milestones.works import WorkEntry
from portfolio.contradictions import Contradiction
from portfolio.corrections import Correction
from portfolio.departments import Department
from portfolio.periods import ReportingPeriod
from portfolio.plans import Plan, Programme
from portfolio.projects import Project
from reports.editions import Edition
from reports.orders import Meeting, SupervisionOrder
from reports.returns import DepartmentReturn


@dataclass(frozen=True)
class RecordName:
    """A record in words, and the address of its page where it has one."""

    text: str
    path: str | None = None


Key = tuple[str, int]
_Said = tuple[Select[Any], Callable[..., RecordName]]


def _under_project(table: Any, path: str) -> _Said:
    query = select_columns(table.id, Project.code, Project.name).join(Project, col(Project.id) == table.project_id)
    return query, lambda id_, code, name: RecordName(f"{code} {name}", path.format(id=id_, code=code))


def _of_plan(table: Any, path: str) -> _Said:
    query = select_columns(table.id, Plan.short_title, table.number, table.title)
    query = query.join(Plan, col(Plan.id) == table.plan_id)
    return query, lambda id_, plan, number, title: RecordName(
        f"{plan} {number} {title}", path.format(id=id_, number=number)
    )


_NAMES: dict[str, _Said] = {
    "project": (
        select_columns(Project.id, Project.code, Project.name),
        lambda _, code, name: RecordName(f"{code} {name}", f"/projects/{code}"),
    ),
    "plan": (
        select_columns(Plan.id, Plan.code, Plan.short_title),
        lambda _, code, title: RecordName(title, f"/plans/{code}"),
    ),
    "programme": (
        select_columns(Programme.id, Plan.short_title, Programme.name).join(Plan, col(Plan.id) == Programme.plan_id),
        lambda _, plan, name: RecordName(f"{plan} {name}"),
    ),
    "department": (
        select_columns(Department.id, Department.name),
        lambda id_, name: RecordName(name, f"/departments/{id_}"),
    ),
    "funding_source": (
        select_columns(FundingSource.id, FundingSource.name),
        lambda id_, name: RecordName(name, f"/money/sources/{id_}"),
    ),
    "measure": (select_columns(Measure.id, Measure.name), lambda _, name: RecordName(name)),
    "person": (
        select_columns(Person.id, Person.username, Person.name),
        lambda id_, username, name: RecordName(f"{name}（{username}）", f"/people/{id_}"),
    ),
    "indicator": (
        select_columns(Indicator.id, Plan.code, Indicator.no, Indicator.name).join(
            Plan, col(Plan.id) == Indicator.plan_id
        ),
        lambda _, code, no, name: RecordName(f"{no} {name}", f"/indicators/{code}/{no}"),
    ),
    "official_reading": (
        select_columns(OfficialReading.id, Plan.code, Indicator.no, Indicator.name)
        .join(Indicator, col(Indicator.id) == OfficialReading.indicator_id)
        .join(Plan, col(Plan.id) == Indicator.plan_id),
        lambda id_, code, no, name: RecordName(f"{no} {name}", f"/indicators/{code}/{no}/readings/{id_}"),
    ),
    "contradiction": (
        select_columns(Contradiction.id, Contradiction.summary),
        lambda id_, summary: RecordName(summary, f"/contradictions/{id_}"),
    ),
    "ledger_entry": _under_project(LedgerEntry, "/money/ledger/{id}"),
    "budget_line": _under_project(BudgetLine, "/projects/{code}/budget"),
    "work_entry": _under_project(WorkEntry, "/works/{id}"),
    "milestone": (
        select_columns(Milestone.id, Project.code, Milestone.name).join(
            Project, col(Project.id) == Milestone.project_id
        ),
        lambda _, code, name: RecordName(f"{code} {name}"),
    ),
    "milestone_report": (
        select_columns(MilestoneReport.id, Project.code, Milestone.name)
        .join(Milestone, col(Milestone.id) == MilestoneReport.milestone_id)
        .join(Project, col(Project.id) == Milestone.project_id),
        lambda id_, code, name: RecordName(f"{code} {name}", f"/milestones/reports/{id_}"),
    ),
    "reporting_period": (
        select_columns(ReportingPeriod.id, Plan.short_title, ReportingPeriod.name).join(
            Plan, col(Plan.id) == ReportingPeriod.plan_id
        ),
        lambda _, plan, name: RecordName(f"{plan} {name}"),
    ),
    "department_return": (
        select_columns(DepartmentReturn.id, Department.name, ReportingPeriod.name)
        .join(Department, col(Department.id) == DepartmentReturn.department_id)
        .join(ReportingPeriod, col(ReportingPeriod.id) == DepartmentReturn.period_id),
        lambda id_, department, period: RecordName(f"{department} {period}", f"/returns/{id_}"),
    ),
    "correction": _of_plan(Correction, "/corrections/{id}"),
    "edition": _of_plan(Edition, "/editions/{number}"),
    "supervision_order": _of_plan(SupervisionOrder, "/orders/{id}"),
    "meeting": (
        select_columns(Meeting.id, Meeting.title),
        lambda id_, title: RecordName(title, f"/meetings/{id_}"),
    ),
}
# Files made of a plan bear its id.
_NAMES |= dict.fromkeys(("ledger", "report", "return_pack"), _NAMES["plan"])


def record_names(session: Session, keys: Iterable[Key]) -> dict[Key, RecordName]:
    """The names of those of the records that still stand."""
    wanted: dict[str, set[int]] = {}
    for subject, id_ in keys:
        wanted.setdefault(subject, set()).add(id_)
    found: dict[Key, RecordName] = {}
    for subject, ids in wanted.items():
        if subject in _NAMES:
            query, named = _NAMES[subject]
            id_column = query.selected_columns[0]
            for row in session.execute(query.where(id_column.in_(ids))):
                found[subject, row[0]] = named(*row)
    return found
