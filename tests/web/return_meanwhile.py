"""What is recorded while a return is on its way, for tests of acceptances that this refuses."""

from datetime import date

from budgets.approval import Approver, approve_entries
from budgets.entries import STAGES, NewEntry
from budgets.ledger import record_entry
from core.audit import Actor
from core.database import Database
from tests.samples import SOMEBODY, WAN, find_small_plan


def record_more(database: Database, wan: int) -> None:
    """An approved entry of work done on the forest project in the open quarter."""
    with database.writing() as session:
        new = NewEntry("work_done", wan * WAN, date(2025, 11, 3), document="进度款")
        row = record_entry(session, find_small_plan(session).forest, new, submit=True, by=SOMEBODY)
        approve_entries(session, [row.id or 0], by=Approver(Actor(None, "另一人"), frozenset(STAGES)))
