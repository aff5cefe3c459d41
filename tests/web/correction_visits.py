"""What tests of the pages of corrections, orders and meetings share: the app on the small plan with a closed quarter."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlmodel import Session, select
from starlette.testclient import TestClient

from core.database import Database
from core.people import Person
from portfolio.corrections import Correction
from portfolio.departments import Department
from tests.reports.correction_samples import plant
from tests.samples import find_small_plan
from tests.web.visiting import person_in, signed_in_visitor
from web.app import create_app

FOREST = "qingshan-01"
ROLES = ("owner", "stranger", "head", "office", "leader", "finance", "auditor", "admin")
Result = TypeVar("Result")


class Desk:
    """Browsers of people on one app: owner and head are of the forestry bureau, the stranger is an owner of another."""

    def __init__(self, database: Database) -> None:
        self.database, self.app = database, create_app(database)
        self._open: dict[str, TestClient] = {}
        self.do(plant)

    def do(self, act: Callable[[Session], Result]) -> Result:
        with self.database.writing() as session:
            return act(session)

    def client(self, role: str) -> TestClient:
        """Somebody in a role; the same browser every time."""
        if role not in self._open:
            name = {"owner": "林业局", "head": "林业局", "stranger": "水利局"}.get(role)
            more = {} if name is None else {"department": self._department(name)}
            real = "owner" if role == "stranger" else role
            self._open[role] = signed_in_visitor(self.app, person_in(self.database, f"the-{role}", real, **more))
        return self._open[role]

    def both(self) -> TestClient:
        """Who is of the office and of finance."""
        with self.database.reading() as session:
            person = session.exec(select(Person).where(Person.username == "both")).one()
            session.expunge(person)
        return signed_in_visitor(self.app, person)

    def _department(self, name: str) -> Department:
        with self.database.reading() as session:
            found = session.exec(select(Department).where(Department.name == f"qingshan{name}")).one()
            session.expunge(found)
        return found

    def newest(self) -> Correction:
        with self.database.reading() as session:
            row = session.exec(select(Correction).order_by(Correction.id.desc())).first()  # type: ignore[union-attr]
            assert row is not None
            session.expunge(row)
        return row

    def forestry(self) -> Any:
        return self.do(lambda session: find_small_plan(session).forestry.id)
