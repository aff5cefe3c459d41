"""What tests of the pages of works share: the app on the small plan, people who report, accept and verify, and entries."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from sqlmodel import col, select
from starlette.testclient import TestClient

from core.database import Database
from core.settings import settings
from milestones.quantities import measure_named
from milestones.works import WorkEntry
from portfolio.projects import Project
from tests.milestones.work_samples import FORESTS, claimed, verified
from tests.web.project_visits import department
from tests.web.reading_pages import form_on
from tests.web.visiting import person_in, setting, signed_in_visitor
from web.app import create_app

FOREST = "qingshan-01"
PACKAGE, PART, SEWAGE = "qingshan-02", "qingshan-02-1", "qingshan-03"
NEW = f"/projects/{FOREST}/works/new"


@pytest.fixture
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for stored files that only this test uses."""
    with setting(monkeypatch, files_folder=str(tmp_path / "files")):
        yield settings().files_folder


class People:
    """Browsers of people on one app, each signed in when first asked for."""

    def __init__(self, database: Database) -> None:
        self.database, self.app = database, create_app(database)
        self._open: dict[str, TestClient] = {}

    def _one(self, name: str, role: str, **more: Any) -> TestClient:
        if name not in self._open:
            self._open[name] = signed_in_visitor(self.app, person_in(self.database, name, role, **more))
        return self._open[name]

    @property
    def owner(self) -> TestClient:
        return self._one("owner", "owner", department=department(self.database, "林业局"))

    @property
    def head(self) -> TestClient:
        return self._one("head", "head", department=department(self.database, "林业局"))

    @property
    def author(self) -> TestClient:
        """A second owner of the same department."""
        return self._one("author", "owner", department=department(self.database, "林业局"))

    @property
    def stranger(self) -> TestClient:
        """An owner of another department."""
        return self._one("stranger", "owner", department=department(self.database, "水利局"))

    def with_role(self, role: str) -> TestClient:
        return self._one(f"the-{role}", role)

    def somebody(self, role: str) -> TestClient:
        """Who has this role; a stranger is an owner of another department."""
        return getattr(self, role) if role in ("owner", "stranger", "head") else self.with_role(role)

    @property
    def office(self) -> TestClient:
        return self.with_role("office")


def measure(database: Database, name: str = FORESTS, unit: str = "亩") -> str:
    """The number of a measure, as the form sends it."""
    with database.writing() as session:
        return str(measure_named(session, name, unit).id)


def report(database: Database, **more: Any) -> dict[str, Any]:
    """What the form of a report sends."""
    filled = {
        "measure_id": measure(database),
        "amount_kind": "quantity",
        "quantity": "800",
        "unit": "亩",
        "occurred_on": "2024-05-06",
        "act": "submit",
    }
    return filled | more


def works(database: Database) -> list[WorkEntry]:
    """Every entry, in order."""
    with database.reading() as session:
        rows = list(session.exec(select(WorkEntry).order_by(col(WorkEntry.id))))
        session.expunge_all()
    return rows


def a_claim(database: Database, quantity: str | None = "1000", code: str = FOREST, **more: Any) -> int:
    """A report that was accepted; its number."""
    with database.writing() as session:
        project = session.exec(select(Project).where(Project.code == code)).one()
        return claimed(session, project, quantity, **more).id or 0


def a_verification(database: Database, claim_id: int, quantity: str = "700", **more: Any) -> int:
    with database.writing() as session:
        return verified(session, session.get_one(WorkEntry, claim_id), quantity, **more).id or 0


def sent_on(client: TestClient, address: str, **changes: Any) -> Response:
    """The form of a page, sent as a browser would after these changes."""
    return client.post(address, data=form_on(client.get(address), address) | changes)
