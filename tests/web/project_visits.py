"""What tests of the project pages share: the app on a small plan, forms sent as a browser would, what is stored."""

import re
from dataclasses import replace
from typing import Any

from fastapi import FastAPI
from httpx2 import Response
from sqlalchemy import event
from sqlmodel import func, select
from starlette.testclient import TestClient

from budgets.estimates import estimates_in_force
from core.audit import AuditEntry
from core.database import Database
from portfolio.departments import Department
from portfolio.editing import edit_project
from portfolio.plans import Plan, find_plan
from portfolio.projects import Project
from portfolio.values import ProjectValues, project_values
from tests.samples import SOMEBODY, a_basis
from tests.web.reading_pages import form_on
from tests.web.visiting import visitor_with_role
from web.app import create_app


def small_app(database: Database) -> FastAPI:
    """The app on the small plan, which stands in the database: forest 9000, water 25000 in two parts, sewage unknown."""
    return create_app(database)


def office(database: Database) -> TestClient:
    return visitor_with_role(small_app(database), "office")


def sent(client: TestClient, address: str, **changes: Any) -> Response:
    """The form of a page, sent as a browser would after these changes."""
    return client.post(address, data=form_on(client.get(address), address) | changes)


def codes(response: Response) -> list[str]:
    """The project codes of the list, in order."""
    return re.findall(r'<td class="code">([^<]+)</td>', response.text)


def saved(database: Database, code: str, quarter: int = 20264) -> tuple[Project, ProjectValues]:
    """The project as it is stored, with what holds in a quarter."""
    with database.reading() as session:
        project = session.exec(select(Project).where(Project.code == code)).one()
        values = project_values(session, project, quarter)
        session.expunge(project)
    return project, values


def department(database: Database, name: str) -> Department:
    """A department of the small plan."""
    with database.reading() as session:
        found = session.exec(select(Department).where(Department.name == f"qingshan{name}")).one()
        session.expunge(found)
    return found


def stored_plan(database: Database, code: str) -> Plan:
    with database.reading() as session:
        plan = find_plan(session, code)
        assert plan is not None
        session.expunge(plan)
    return plan


def amounts(database: Database, quarter: int = 20264) -> dict[str, int]:
    """The estimates in force, in fen, by code."""
    with database.reading() as session:
        known = dict(session.exec(select(Project.id, Project.code)).all())
        return {known[id_]: fen for id_, fen in estimates_in_force(session, quarter).items()}


def rows_kept(database: Database) -> tuple[int, int]:
    """How many projects, parts among them, and how many audit rows are stored."""
    with database.reading() as session:
        projects = session.exec(select(func.count()).select_from(Project)).one()
        return projects, session.exec(select(func.count()).select_from(AuditEntry)).one()


def count_queries(database: Database, client: TestClient, address: str) -> int:
    """How many queries a page takes."""
    said: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            said.append(statement)

    event.listen(database.engine, "before_cursor_execute", hear)
    assert client.get(address).status_code == 200
    event.remove(database.engine, "before_cursor_execute", hear)
    return len(said)


def change_behind_the_back(database: Database, code: str, **changes: Any) -> None:
    """Somebody else changes a project while a form is open."""
    with database.writing() as session:
        project = session.exec(select(Project).where(Project.code == code)).one()
        values = replace(project_values(session, project, 20264), **changes)
        edit_project(session, project, values, a_basis(20264), expected_version=project.row_version, by=SOMEBODY)
