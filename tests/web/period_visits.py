"""Visits to the pages of a quarter: who comes, and what was done before."""

from collections.abc import Callable

from sqlmodel import Session
from starlette.testclient import TestClient

from core.database import Database
from reports.returns import APPROVED
from tests.reports.period_samples import move, period
from tests.samples import find_small_plan
from tests.web.visiting import person_in, signed_in_visitor, visitor_with_role
from web.app import create_app

BOARD = "/quarter?plan=qingshan&period=2024Q4"
AT = "/quarter/qingshan/2024Q4"


def client_of(database: Database, role: str) -> TestClient:
    """Somebody with the role in the small plan; owner and head are of the forestry office."""
    app = create_app(database)
    if role not in ("owner", "head"):
        return visitor_with_role(app, role)
    with database.reading() as session:
        small = find_small_plan(session)
        session.expunge_all()
    return signed_in_visitor(app, person_in(database, f"the-{role}", role, plan=small.plan, department=small.forestry))


def office(database: Database) -> TestClient:
    return client_of(database, "office")


def done(database: Database, act: Callable[[Session], object]) -> None:
    with database.writing() as session:
        act(session)


def stage(database: Database, name: str = "2024Q4") -> str:
    with database.reading() as session:
        return period(session, name).stage


def all_in(session: Session) -> None:
    for name in ("林业局", "水利局"):
        move(session, name, APPROVED)
