"""What tests of the ledger's pages share: the app on a small plan with two sources, and people of every role."""

from collections.abc import Iterable
from datetime import date

from fastapi import FastAPI
from sqlmodel import col, select
from starlette.testclient import TestClient

from budgets.approval import Approver, approve_entries
from budgets.entries import LedgerEntry, NewEntry
from budgets.ledger import record_entry
from budgets.source_editing import SourceValues, add_source
from core.audit import Actor
from core.database import Database
from portfolio.periods import CLOSED, ReportingPeriod
from portfolio.projects import Project, ProjectListing
from tests.samples import SOMEBODY, WAN
from web.app import create_app

SOURCES = (("county", "县级财政", True), ("own", "企业自筹", False))
REVIEWER = Approver(Actor(None, "审核人"))
FOREST, PART = "qingshan-01", "qingshan-02-1"


def add_sources(database: Database) -> None:
    """Adds 县级财政 (1) and 企业自筹 (2)."""
    with database.writing() as session:
        for position, (key, name, fiscal) in enumerate(SOURCES):
            add_source(session, key, SourceValues(name, name, None, position, fiscal), by=SOMEBODY)


def ledger_app(database: Database) -> FastAPI:
    """The app on the small plan with its sources, which stand in the database."""
    return create_app(database)


def recorded(
    database: Database,
    code: str = FOREST,
    stage: str = "paid",
    wan: int = 320,
    *,
    on: date = date(2024, 5, 6),
    state: str = "approved",
    by: Actor = SOMEBODY,
    **more: object,
) -> int:
    """An entry that somebody else recorded, in a state; its number."""
    new = NewEntry(stage, wan * WAN, on, **{"source_id": 1, "document": "财建〔2024〕1号", **more})  # type: ignore[arg-type]
    with database.writing() as session:
        project = session.exec(select(Project).where(Project.code == code)).one()
        row = record_entry(session, project, new, submit=state != "draft", by=by)
        assert row.id is not None
        if state == "approved":
            approve_entries(session, [row.id], by=REVIEWER)
        return row.id


def entries(database: Database) -> list[LedgerEntry]:
    """Every entry, in order."""
    with database.reading() as session:
        rows = list(session.exec(select(LedgerEntry).order_by(col(LedgerEntry.id))))
        session.expunge_all()
    return rows


def listed_fen(database: Database, code: str, stage: str = "paid") -> int:
    """What the project list shows."""
    with database.reading() as session:
        row = session.exec(select(ProjectListing).where(ProjectListing.code == code)).one()
        return int(getattr(row, f"{stage}_fen"))


def close_quarters(database: Database, *names: str) -> None:
    with database.writing() as session:
        for period in session.exec(select(ReportingPeriod).where(col(ReportingPeriod.name).in_(names))):
            period.state = CLOSED
            session.add(period)


def grid_form(
    rows: Iterable[Iterable[str]], *, act: str = "submit", unit: str = "万元", **more: str
) -> dict[str, object]:
    """What a browser sends of the grid: every column as often as there are rows."""
    names = ("project", "stage", "source", "occurred_on", "amount", "document", "note", "kind")
    filled = [[*row, *[""] * (len(names) - len(list(row)))] for row in map(list, rows)]
    columns: dict[str, object] = {name: [row[place] for row in filled] for place, name in enumerate(names)}
    return columns | {"amount_unit": unit, "act": act, "correction_reason": "", "pasted": "", **more}


def ticked(client: TestClient, address: str, ids: Iterable[int], **more: str) -> object:
    """The waiting page sent with some entries ticked."""
    return client.post(address, data={"entry": [str(id_) for id_ in ids], **more})
