"""Who is there in tests under load, signed in straight in the database, and what they write of."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlmodel import Session, col, select

from core.database import Database
from core.people import begin_sign_in
from milestones.milestones import Milestone, MilestoneReport
from milestones.quantities import Measure
from portfolio.departments import Department
from portfolio.grants import DEPARTMENT_ROLES
from portfolio.projects import Project
from tests.samples import make_person

LOOKING = ("leader", "office", "finance", "auditor", "owner", "head")


@dataclass(frozen=True)
class Writing:
    """What a writer needs: who records and who approves, each by the token of a browser, and of what."""

    name: str
    recorder: str
    finance: str
    office: str
    codes: tuple[str, ...]
    milestone_id: int
    measure_id: int
    unit: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def readers(database: Database, count: int) -> list[tuple[str, str]]:
    """So many people of all roles that look at things: their roles and the tokens of their browsers."""
    with database.writing() as session:
        department = session.exec(select(Department).order_by(col(Department.id)).limit(1)).one()
        roles = [LOOKING[number % len(LOOKING)] for number in range(count)]
        return [
            (role, _signed_in(session, f"reader{number}", role, department if role in DEPARTMENT_ROLES else None))
            for number, role in enumerate(roles)
        ]


def writers(database: Database, count: int, measure: tuple[str, str], *, projects: int = 12) -> list[Writing]:
    """So many writers, who write of the same projects, and each of a milestone of their own that is not met yet."""
    with database.writing() as session:
        codes = leaves(session)
        named = tuple(codes[:: max(len(codes) // projects, 1)][:projects])
        reported = select(MilestoneReport.milestone_id)
        unmet = select(Milestone.id).where(col(Milestone.id).not_in(reported)).order_by(col(Milestone.id)).limit(count)
        measured = session.exec(select(Measure).where(Measure.name == measure[0])).first()
        milestone_ids = list(session.exec(unmet))
        assert measured is not None
        return [
            Writing(
                f"w{number}",
                *(_signed_in(session, f"{role}-w{number}", role) for role in ("office", "finance")),
                _signed_in(session, f"second-w{number}", "office"),
                named,
                milestone_ids[number] or 0,
                measured.id or 0,
                measure[1],
            )
            for number in range(count)
        ]


def leaves(session: Session) -> list[str]:
    """The codes of projects without parts, in the order of their plans."""
    packages = select(Project.parent_id).where(col(Project.parent_id).is_not(None))
    rows = select(Project.code).where(col(Project.id).not_in(packages), col(Project.parent_id).is_(None))
    return list(session.exec(rows.order_by(col(Project.plan_id), col(Project.position), col(Project.id))))


def _signed_in(session: Session, username: str, role: str, department: Department | None = None) -> str:
    person = make_person(session, username, role, department=department)
    session.flush()
    return begin_sign_in(session, person)
