"""Two people on one app, one of whom asked the other to act for them, and browsers of both."""

from datetime import timedelta

from sqlmodel import Session, select
from starlette.testclient import TestClient

from core.audit import Actor
from core.calendar import today
from core.database import Database
from core.people import Person, acting_for
from portfolio.delegating import NewDelegation, arrange_delegation
from portfolio.delegations import Delegation
from portfolio.departments import Department
from portfolio.grants import grant_role
from tests.samples import SOMEBODY, make_person
from tests.web.visiting import signed_in_visitor
from web.app import create_app

OFFICE, FINANCE = ("office",), ("finance",)


class Pair:
    """王芳 is away and 李四 acts for her; both have the same roles, so that each could decide on what the other did.

    赵六 has them too and acts for nobody.
    """

    def __init__(self, database: Database, roles: tuple[str, ...] = OFFICE, department: str | None = None) -> None:
        self.database, self.app = database, create_app(database)
        with database.writing() as session:
            people = [make_person(session, username, None) for username in ("wang", "li", "zhao")]
            for person, name in zip(people, ("王芳", "李四", "赵六"), strict=True):
                person.name = name
                for role in roles:
                    grant_role(session, person, role, department_id=_department(session, department), by=SOMEBODY)
            session.flush()
            wang, li, zhao = people
            self.wang, self.li, self.zhao = wang.actor, li.actor, zhao.actor
            self.li_for_wang = acting_for(self.li, wang.id or 0, wang.username, wang.name)
            self.delegation = lend(session, wang, li).id or 0

    def browser(self, username: str) -> TestClient:
        """A new browser of somebody, in the own name."""
        with self.database.reading() as session:
            person = session.exec(select(Person).where(Person.username == username)).one()
            session.expunge(person)
        return signed_in_visitor(self.app, person)

    def acting(self) -> TestClient:
        """A browser of 李四 in the name of 王芳."""
        client = self.browser("li")
        assert client.post(f"/acting/{self.delegation}").headers["location"] == "/"
        return client

    def as_whom(self, actor: Actor) -> TestClient:
        """The browser in which this actor would act."""
        if actor.acts_for is not None:
            return self.acting()
        return self.browser({self.wang: "wang", self.li: "li", self.zhao: "zhao"}[actor])

    def ends(self) -> None:
        """The last day of the delegation passes."""
        with self.database.writing() as session:
            row = session.get_one(Delegation, self.delegation)
            row.from_on, row.until_on = today() - timedelta(days=3), today() - timedelta(days=1)
            session.add(row)


def lend(session: Session, person: Person, to: Person, days: int = 7) -> Delegation:
    new = NewDelegation(to.id or 0, today(), today() + timedelta(days=days), "出差")
    return arrange_delegation(session, person, new, by=person.actor)


def _department(session: Session, name: str | None) -> int | None:
    if name is None:
        return None
    return session.exec(select(Department.id).where(Department.name == name)).one()
