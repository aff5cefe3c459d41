"""What tests of the pages of returns share: the app on the small plan with an open quarter, and the people of it."""

from typing import Any

from httpx2 import Response
from sqlmodel import col, select
from starlette.testclient import TestClient

from core.database import Database
from core.people import Person
from portfolio.departments import Department
from reports.return_cells import values_of
from reports.returns import DepartmentReturn, ReturnNote
from tests.reports.return_samples import Desk, make_desk
from tests.samples import find_small_plan
from tests.web.reading_pages import form_on
from tests.web.visiting import person_in, signed_in_visitor
from web.app import create_app

FOREST = "qingshan-01"
PART = {"HX-Request": "true"}


class Office:
    """Browsers of people on one app. `forestry` and `water` are the numbers of the returns of the two departments."""

    def __init__(self, database: Database) -> None:
        self.database, self.app = database, create_app(database)
        self._open: dict[str, TestClient] = {}
        with database.writing() as session:
            desk = make_desk(session, find_small_plan(session))
            self.forestry, self.water = desk.forestry.id or 0, desk.water.id or 0
            self.forest_id, self.works = desk.forest_id, desk.works.name
            self.work_done, self.paid = desk.money("work_done").name, desk.money("paid", "own").name
            self.contracted, self.actual = desk.money("contracted").name, desk.actual.name

    def client(self, username: str) -> TestClient:
        """Somebody of the desk: owner, head, office, finance."""
        if username not in self._open:
            with self.database.reading() as session:
                person = session.exec(select(Person).where(Person.username == username)).one()
                session.expunge(person)
            self._open[username] = signed_in_visitor(self.app, person)
        return self._open[username]

    def another(self, role: str, department: str | None = None) -> TestClient:
        """Somebody else in a role, of a department where it has one."""
        name = f"{role}-{len(self._open)}"
        more: dict[str, Any] = {}
        if department is not None:
            with self.database.reading() as session:
                found = session.exec(select(Department).where(Department.name == f"qingshan{department}")).one()
                session.expunge(found)
            more["department"] = found
        self._open[name] = signed_in_visitor(self.app, person_in(self.database, name, role, **more))
        return self._open[name]

    @property
    def owner(self) -> TestClient:
        return self.client("owner")

    @property
    def page(self) -> str:
        """The page of the forest project in the return of the forestry bureau."""
        return f"/returns/{self.forestry}/projects/{FOREST}"

    def cells(self) -> dict[str, str]:
        """What the return of the forestry bureau says, by the names of its cells."""
        with self.database.reading() as session:
            return {key.name: value for key, value in values_of(session, self.forestry).items()}

    def row(self) -> DepartmentReturn:
        with self.database.reading() as session:
            row = session.get_one(DepartmentReturn, self.forestry)
            session.expunge(row)
        return row

    def notes(self) -> list[ReturnNote]:
        with self.database.reading() as session:
            rows = list(session.exec(select(ReturnNote).order_by(col(ReturnNote.id))))
            session.expunge_all()
        return rows

    def save(self, client: TestClient | None = None, **changes: Any) -> Response:
        """The page of the forest project sent whole, as a browser without scripts would, after these changes."""
        client = client or self.owner
        return client.post(self.page, data=form_on(client.get(self.page), self.page) | changes)

    def type_in(self, name: str, text: str, client: TestClient | None = None, **more: Any) -> Response:
        """One cell saved while it is typed, by what its page holds now unless `more` says otherwise."""
        client = client or self.owner
        form = form_on(client.get(self.page), self.page)
        sent = {part: form[part] for part in (f"was_{name}", f"unit_{name}", "amount_unit") if part in form}
        return client.post(self.page, data=sent | {"cell": name, name: text} | more, headers=PART)

    def send(self, act: str, client: TestClient, **data: Any) -> Response:
        return client.post(f"/returns/{self.forestry}/{act}", data=data)

    def handed_in(self) -> None:
        """A return with one amount in it, submitted by the owner."""
        assert self.type_in(self.work_done, "320").status_code == 200
        assert self.send("submit", self.owner, answerable="赵局长").status_code == 303


__all__ = ["FOREST", "Desk", "Office"]
