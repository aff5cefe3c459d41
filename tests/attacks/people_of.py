"""Who asks: for each role somebody of the plan itself, of another plan, of another department and of other places."""

from dataclasses import dataclass

from sqlmodel import Session

from core.people import Person
from portfolio.departments import Department
from portfolio.grants import DEPARTMENT_ROLES, ROLES
from portfolio.plans import Plan
from tests.samples import CITY, make_person

OWN, OTHER_PLAN, OTHER_DEPARTMENT, OTHER_PLACE, PLACE_ABOVE = "own", "plan", "department", "place", "above"
EVERYWHERE = "everywhere"
PLACES = {
    OWN: "本规划、本部门",
    EVERYWHERE: "不限范围",
    PLACE_ABOVE: "上级地区",
    OTHER_DEPARTMENT: "本规划的其他部门",
    OTHER_PLAN: "别的规划",
    OTHER_PLACE: "别的地区",
}
ABOVE, UNLIMITED, ELSEWHERE = ("office",), ("office", "finance"), ("office", "leader", "finance", "auditor")
Reader = tuple[str, str]
NOBODY: Reader = ("nobody", "")
READERS: tuple[Reader, ...] = (
    NOBODY,
    *((role, OWN) for role in ROLES),
    *((role, EVERYWHERE) for role in UNLIMITED),
    *((role, PLACE_ABOVE) for role in ABOVE),
    *((role, OTHER_DEPARTMENT) for role in DEPARTMENT_ROLES),
    *((role, OTHER_PLAN) for role in ROLES),
    *((role, OTHER_PLACE) for role in ELSEWHERE),
)


@dataclass(frozen=True)
class Staff:
    """Somebody in every role of one plan; owner and head are of its forestry office."""

    people: dict[str, Person]

    def __getitem__(self, role: str) -> Person:
        return self.people[role]


def hire(session: Session, plan: Plan, department: Department) -> Staff:
    return Staff(
        {
            role: make_person(
                session,
                f"{plan.code}-{role}",
                role,
                plan=None if role == "admin" else plan,
                department=department if role in DEPARTMENT_ROLES else None,
            )
            for role in ROLES
        }
    )


def hire_strangers(session: Session, plan: Plan, department: Department, county: str) -> None:
    """Owner and head of another department of the plan; those whose grant names another county, the city above or nothing."""
    for role in DEPARTMENT_ROLES:
        make_person(session, f"{role}-{OTHER_DEPARTMENT}", role, plan=plan, department=department)
    for role in ELSEWHERE:
        make_person(session, f"{role}-{OTHER_PLACE}", role, jurisdiction=county)
    for role in UNLIMITED:
        make_person(session, f"{role}-{EVERYWHERE}", role)
    for role in ABOVE:
        make_person(session, f"{role}-{PLACE_ABOVE}", role, jurisdiction=CITY)


def username(reader: Reader, own: str, other: str) -> str:
    """The user name of a reader, of the plan whose records are asked for or of the other."""
    role, place = reader
    return {OWN: f"{own}-{role}", OTHER_PLAN: f"{other}-{role}"}.get(place, f"{role}-{place}")
