"""Sources and budget lines for tests of yearly plans."""

from datetime import date

import pytest
from sqlmodel import Session

from budgets.line_approval import approve_lines
from budgets.line_editing import put_line
from budgets.lines import BudgetLine, NewLine
from budgets.source_editing import SourceValues, add_source
from core.audit import Actor
from core.database import Database
from portfolio.projects import Project
from tests.samples import SOMEBODY

WAN = 1_000_000
FINANCE = Actor(None, "财政审核人")
DAY = date(2022, 2, 18)


@pytest.fixture
def keyed(stored: Database) -> dict[str, int]:
    """Three sources by key: fiscal county money, an own-raised one, and what is pending."""
    with stored.writing() as session:
        return make_sources(session)


def make_sources(session: Session) -> dict[str, int]:
    found = {}
    kinds = (("county", "县级财政", True), ("own", "企业自筹", False), ("pending", "资金渠道待定", False))
    for position, (key, name, fiscal) in enumerate(kinds):
        values = SourceValues(name, name, None, position, fiscal)
        found[key] = add_source(session, key, values, pending=key == "pending", by=SOMEBODY).id or 0
    return found


def a_line(source_id: int, wan: int, covers: int = 2022, **more: object) -> NewLine:
    known: dict[str, object] = {"occurred_on": DAY, "document": "青财〔2022〕1号", **more}
    return NewLine(covers, source_id, wan * WAN, **known)  # type: ignore[arg-type]


def approved(
    session: Session, project: Project, source_id: int, wan: int, covers: int = 2022, **more: object
) -> BudgetLine:
    """A line that finance approved."""
    row = put_line(session, project, a_line(source_id, wan, covers, **more), submit=True, by=SOMEBODY)
    approve_lines(session, [row.id or 0], by=FINANCE)
    session.refresh(row)
    return row
