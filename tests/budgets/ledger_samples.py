"""Sources, entries and a reviewer for tests of the ledger."""

from datetime import date

import pytest

from budgets.approval import Approver
from budgets.entries import NewEntry
from budgets.source_editing import SourceValues, add_source
from core.audit import Actor
from core.database import Database
from tests.samples import SOMEBODY

REVIEWER = Approver(Actor(None, "审核人"))
WAN = 1_000_000


@pytest.fixture
def sources(stored: Database) -> dict[str, int]:
    """Two sources by key: fiscal county money and an own-raised one."""
    with stored.writing() as session:
        found = {}
        for position, (key, name, fiscal) in enumerate((("county", "县级财政", True), ("own", "企业自筹", False))):
            values = SourceValues(name, name, None, position, fiscal)
            found[key] = add_source(session, key, values, by=SOMEBODY).id or 0
    return found


def an_entry(stage: str = "paid", wan: int = 320, on: date = date(2024, 5, 6), **more: object) -> NewEntry:
    return NewEntry(stage, wan * WAN, on, **more)  # type: ignore[arg-type]
