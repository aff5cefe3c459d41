"""Who files what: the department that reports each top-level project of a plan in a quarter, the lead where none was named.

The parts of a package are filed with it. Ended (终止) and archived projects need no return; a government files nothing itself.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Select, and_, case, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from core.database import select_columns
from core.people import Person
from portfolio.access import Reader
from portfolio.dated import in_force
from portfolio.departments import Department
from portfolio.facts import AS_CORRECTED
from portfolio.grants import Grant
from portfolio.projects import Project, ProjectBody
from reports.reported_states import ended_projects

GOVERNMENT = "government"


@dataclass(frozen=True)
class Filing:
    """The projects of a plan in a quarter by the department that files them; `nobodys` have none that does."""

    by_department: dict[int, tuple[int, ...]]
    nobodys: tuple[int, ...]


def filing_departments(quarter: int, plan_ids: Collection[int]) -> Select[tuple[int, int, int | None]]:
    """Rows of plan, project and department of every project that a return is about; the department is null where none files."""
    reporting, lead, body = aliased(ProjectBody), aliased(ProjectBody), aliased(Department)
    named = func.coalesce(col(reporting.department_id), col(lead.department_id))
    return (
        select_columns(Project.plan_id, Project.id, case((col(body.kind) != GOVERNMENT, col(body.id))))
        .outerjoin(
            reporting,
            and_(
                col(reporting.project_id) == Project.id,
                col(reporting.role) == "reporting",
                in_force(reporting, quarter),
            ),
        )
        .outerjoin(lead, and_(col(lead.project_id) == Project.id, col(lead.role) == "lead", in_force(lead, quarter)))
        .outerjoin(body, col(body.id) == named)
        .where(
            col(Project.plan_id).in_(plan_ids),
            col(Project.parent_id).is_(None),
            col(Project.archived_at).is_(None),
            col(Project.id).not_in(ended_projects(quarter, AS_CORRECTED)),
        )
        .order_by(col(Project.plan_id), col(Project.position), col(Project.id))
    )


def filings_of(session: Session, plan_ids: Collection[int], quarter: int) -> dict[int, Filing]:
    """Who files what in each of these plans. One query."""
    found: dict[int, dict[int | None, list[int]]] = {id_: defaultdict(list) for id_ in plan_ids}
    for plan_id, project_id, department_id in session.execute(_query(quarter, frozenset(plan_ids))):
        found[plan_id][department_id].append(project_id)
    return {
        plan_id: Filing(
            {id_: tuple(projects) for id_, projects in groups.items() if id_ is not None}, tuple(groups.get(None, ()))
        )
        for plan_id, groups in found.items()
    }


@lru_cache(maxsize=64)
def _query(quarter: int, plan_ids: frozenset[int]) -> Select[tuple[int, int, int | None]]:
    # To build it costs more than to run it on a county's plan.
    return filing_departments(quarter, plan_ids)


def filing_of(session: Session, plan_id: int, quarter: int) -> Filing:
    """Who files what of one plan in a quarter."""
    return filings_of(session, {plan_id}, quarter)[plan_id]


def with_owners(session: Session, department_ids: Collection[int]) -> set[int]:
    """Those of the departments that have somebody who fills for them: of the others the head does."""
    query = (
        select_columns(Grant.department_id)
        .join(Person, col(Person.id) == Grant.person_id)
        .where(col(Grant.department_id).in_(department_ids), col(Grant.role) == "owner", col(Person.active))
    )
    return set(session.scalars(query)) if department_ids else set()


def fills(reader: Reader, plan_id: int, department_id: int, owned: Collection[int]) -> bool:
    """Whether the reader is who fills the return of a department: its owner, or its head where it has none (with_owners)."""
    roles = ("owner",) if department_id in owned else ("owner", "head")
    return any(
        reach.department_id == department_id and (reach.plan_ids is None or plan_id in reach.plan_ids)
        for reach in reader.reaches
        if reach.role in roles
    )
