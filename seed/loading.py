"""A plan on its way into the database: what the loader's modules share."""

from dataclasses import dataclass

from sqlmodel import Session

from core.audit import Actor
from core.errors import N_
from portfolio.departments import Department, find_department
from portfolio.editing import Basis
from portfolio.plans import Plan, Programme
from portfolio.projects import Project
from portfolio.recording import NewCitation, Tally
from seed.checking import SeedFolder
from seed.records import Cite

LOADER = Actor(None, N_("规划数据装载"))


@dataclass(frozen=True)
class Loading:
    """A plan on its way in: where its records go and how they are found again by key."""

    session: Session
    seed: SeedFolder
    plan: Plan
    tally: Tally
    programmes: dict[str, Programme]
    projects: dict[str, Project]
    # What a file says anew holds from here on: the plan's first quarter or, once quarters are closed, the earliest that is not.
    from_quarter: int

    @property
    def plan_id(self) -> int:
        assert self.plan.id is not None
        return self.plan.id

    @property
    def basis(self) -> Basis:
        return Basis(from_quarter=self.from_quarter, from_plan=True)


def cited(record: Cite, *, field: str = "", role: str = "main") -> NewCitation:
    """A citation of the seed file as a row to be kept."""
    return NewCitation(record.lines[0], record.lines[1], record.table, record.section, field, role)


def department_id(loading: Loading, name: str | None) -> int | None:
    """The department that a seed record names; the check before made sure that it is there."""
    if name is None:
        return None
    department: Department | None = find_department(loading.session, loading.plan.jurisdiction_code, name)
    assert department is not None
    return department.id
