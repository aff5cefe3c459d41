"""Visits to the pages of yearly plans: the form of a year sent as a browser would, what waits, what is stored."""

from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import Response
from sqlmodel import select
from starlette.testclient import TestClient

from budgets.lines import BudgetLine
from budgets.sources import FundingSource
from core.database import Database
from tests.budgets.line_samples import WAN, make_sources
from tests.web.project_visits import small_app
from tests.web.reading_pages import form_on
from tests.web.visiting import visitor_with_role

BUDGET = "/projects/qingshan-01/budget"
PAPER = {"occurred_on": "2023-02-18", "document": "青财〔2023〕1号", "approver": "青山县财政局"}


def add_sources(database: Database) -> None:
    with database.writing() as session:
        make_sources(session)


@pytest.fixture
def app(database: Database) -> FastAPI:
    """The app on the small plan with its sources, which stand in the database."""
    return small_app(database)


@pytest.fixture
def keys(database: Database, app: FastAPI) -> dict[str, int]:
    with database.reading() as session:
        names = {"县级财政": "county", "企业自筹": "own", "资金渠道待定": "pending"}
        return {names[row.name]: row.id or 0 for row in session.exec(select(FundingSource))}


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return visitor_with_role(app, "office")


def send(client: TestClient, span: str = "2023", *, code: str = "qingshan-01", **fields: Any) -> Response:
    address = f"/projects/{code}/budget/{span}"
    return client.post(address, data=form_on(client.get(address), address) | PAPER | fields)


def stored_lines(database: Database) -> list[tuple[int, int, int, int, str]]:
    """(covers, version, 万元, carried 万元, state) of every line."""
    with database.reading() as session:
        rows = session.exec(select(BudgetLine).order_by(BudgetLine.id))  # type: ignore[arg-type]
        return [(r.covers, r.version, r.amount_fen // WAN, r.carried_fen // WAN, r.state) for r in rows]


def waiting_ids(database: Database) -> list[str]:
    with database.reading() as session:
        return [str(id_) for id_ in session.exec(select(BudgetLine.id).where(BudgetLine.state == "submitted"))]


def decide(client: TestClient, ids: list[str], act: str = "approve", **more: Any) -> Response:
    form = form_on(client.get("/money/budgets"), "/money/budgets")
    return client.post("/money/budgets", data=form | {"line": ids, "act": act, **more})
